//! Aggregates: numbers over the rows that match, for all of them or for each group.

use super::parse::{invalid, Reader};
use super::{Matching, Operator, Order};
use crate::error::{Code, Error, Result};
use crate::schema::Kind;
use serde_json::Value;

/// The digits that every decimal column fits into.
const MAX_PRECISION: u8 = 18;

/// Numbers over rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Aggregate {
    /// Which rows.
    pub rows: Matching,
    /// The columns whose values make a group; without any, all rows are one.
    pub groups: Vec<usize>,
    /// What is wanted of each group, behind its columns.
    pub measures: Vec<Measure>,
    /// Which groups.
    pub having: Having,
    /// In which order; groups that are alike in it follow their columns.
    pub order: Vec<GroupOrder>,
    /// Whether a limit is bound.
    pub limit: bool,
    /// Whether an offset is bound.
    pub offset: bool,
}

/// One number over the rows of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measure {
    /// What is done with the values.
    pub function: Function,
    /// Whose values; `None`: the rows themselves are counted.
    pub column: Option<usize>,
}

/// What is done with the values of a group. Nulls are left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    /// How many.
    Count,
    /// How many different ones.
    CountDistinct,
    /// Their sum, exact except for reals.
    Sum,
    /// Their sum as a double, divided by how many.
    Avg,
    /// The least.
    Min,
    /// The greatest.
    Max,
}

/// A condition on a group; true or false, never unknown.
#[derive(Clone, Debug, PartialEq)]
pub enum Having {
    /// All of these.
    And(Vec<Having>),
    /// Any of these.
    Or(Vec<Having>),
    /// Not this.
    Not(Box<Having>),
    /// A comparison, as in a filter.
    Compare(Measure, Operator),
}

/// One part of an order of groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupOrder {
    /// By a column of the group.
    Column(Order),
    /// By a measure; of the order only direction and nulls count.
    Measure(Measure, Order),
}

/// Whether rows can be grouped by a column of this kind: whether equal values are the same to every database.
pub(super) fn is_grouped(kind: &Kind) -> bool {
    !matches!(kind, Kind::Json | Kind::Bytes)
}

impl Measure {
    /// The kind of its values, over a column of this kind; `None` if the function does not take such.
    pub fn kind(self, column: Option<&Kind>) -> Option<Kind> {
        use Kind::{BigId, Bigint, Date, Decimal, Id, Int32, Integer, Real, Text, Timestamp};
        match (self.function, column) {
            (Function::Count, _) => Some(Integer),
            (Function::CountDistinct, Some(kind)) => is_grouped(kind).then_some(Integer),
            (Function::Sum, Some(Id | Integer | Int32)) => Some(Integer),
            (Function::Sum, Some(BigId | Bigint)) => Some(Bigint),
            (Function::Sum, Some(Decimal { scale, .. })) => Some(Decimal { precision: MAX_PRECISION, scale: *scale }),
            (Function::Sum, Some(Real)) => Some(Real),
            (Function::Avg, Some(Id | BigId | Integer | Bigint | Int32 | Decimal { .. } | Real)) => Some(Real),
            (
                Function::Min | Function::Max,
                Some(
                    kind @ (Id
                    | BigId
                    | Integer
                    | Bigint
                    | Int32
                    | Decimal { .. }
                    | Real
                    | Text { .. }
                    | Timestamp
                    | Date),
                ),
            ) => Some(kind.clone()),
            _ => None,
        }
    }

    /// Whether a group may have none: no value is there to add up.
    pub fn nullable(self) -> bool {
        !matches!(self.function, Function::Count | Function::CountDistinct)
    }
}

/// Form: `{"where":[...],"groupBy":["status"],"measures":[["count"],["sum","points"]],"having":[[["sum","points"],"gt"],
/// ["or",[[...],[...]]]],"orderBy":[["status","asc"],[["count"],"desc","last"]],"limit":true,"offset":true}`.
pub(super) fn parse(reader: &Reader<'_>, json: &Value) -> Result<Aggregate> {
    let groups = match &json["groupBy"] {
        Value::Null => Vec::new(),
        list => reader.columns(list)?,
    };
    let table = reader.models.table(reader.model);
    if let Some(column) = groups.iter().find(|column| !is_grouped(&table.columns[**column].kind)) {
        let name = &reader.models.column(reader.model, *column).1.name;
        let message = format!("{}: rows cannot be grouped by {name}.", reader.name());
        return Err(invalid(message).table(&table.name).column(name));
    }
    let measures = list(&json["measures"])?.iter().map(|m| measure(reader, m)).collect::<Result<Vec<_>>>()?;
    let order = match &json["orderBy"] {
        Value::Null => Vec::new(),
        parts => list(parts)?.iter().map(|part| group_order(reader, &groups, part)).collect::<Result<Vec<_>>>()?,
    };
    if groups.is_empty() && measures.is_empty() {
        return Err(invalid("An aggregate asks for nothing."));
    }
    Ok(Aggregate {
        rows: reader.matching(json)?,
        groups,
        measures,
        having: having(reader, &json["having"])?,
        order,
        limit: json["limit"].as_bool().unwrap_or(false),
        offset: json["offset"].as_bool().unwrap_or(false),
    })
}

fn list(json: &Value) -> Result<&Vec<Value>> {
    json.as_array().ok_or_else(|| invalid("The aggregate lacks a list."))
}

fn measure(reader: &Reader<'_>, json: &Value) -> Result<Measure> {
    let name = json[0].as_str().unwrap_or_default();
    let function = match name {
        "count" => Function::Count,
        "countDistinct" => Function::CountDistinct,
        "sum" => Function::Sum,
        "avg" => Function::Avg,
        "min" => Function::Min,
        "max" => Function::Max,
        other => return Err(invalid(format!("There is no aggregate \"{other}\"."))),
    };
    let column = json[1].as_str().map(|name| reader.column(name)).transpose()?;
    let measure = Measure { function, column };
    let table = reader.models.table(reader.model);
    match measure.kind(column.map(|c| &table.columns[c].kind)) {
        Some(_) => Ok(measure),
        None => Err(Error::new(Code::QueryInvalid, format!("{}: there is no {name} of this column.", reader.name()))
            .table(&table.name)
            .column(json[1].as_str().unwrap_or_default())),
    }
}

fn group_order(reader: &Reader<'_>, groups: &[usize], json: &Value) -> Result<GroupOrder> {
    let direction = |column| reader.order(column, json);
    match json[0].as_str() {
        None => Ok(GroupOrder::Measure(measure(reader, &json[0])?, direction(0))),
        Some(name) => {
            let column = reader.column(name)?;
            match groups.contains(&column) {
                true => Ok(GroupOrder::Column(direction(column))),
                false => Err(invalid(format!("{}.{name} is not a column of groupBy.", reader.name()))),
            }
        }
    }
}

fn having(reader: &Reader<'_>, json: &Value) -> Result<Having> {
    let mut all = match json {
        Value::Null => Vec::new(),
        parts => list(parts)?.iter().map(|part| condition(reader, part)).collect::<Result<Vec<_>>>()?,
    };
    Ok(if all.len() == 1 { all.remove(0) } else { Having::And(all) })
}

fn condition(reader: &Reader<'_>, json: &Value) -> Result<Having> {
    let several = |json: &Value| list(json)?.iter().map(|part| having(reader, part)).collect::<Result<Vec<_>>>();
    match json[0].as_str() {
        Some("and") => Ok(Having::And(several(&json[1])?)),
        Some("or") => Ok(Having::Or(several(&json[1])?)),
        Some("not") => Ok(Having::Not(Box::new(having(reader, &json[1])?))),
        Some(other) => Err(invalid(format!("having knows no \"{other}\"."))),
        None => {
            let measure = measure(reader, &json[0])?;
            let column = measure.column.map(|c| &reader.models.table(reader.model).columns[c].kind);
            let name = json[1].as_str().unwrap_or_default();
            let operator = measure.kind(column).and_then(|kind| super::parse::operator_for(&kind, name));
            let operator = operator.ok_or_else(|| {
                Error::new(Code::UnknownOperator, format!("An aggregate cannot be compared with \"{name}\"."))
                    .table(&reader.models.table(reader.model).name)
            })?;
            Ok(Having::Compare(measure, operator))
        }
    }
}
