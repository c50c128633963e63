//! Reads a query from the JSON that the JavaScript side builds, and checks every name in it against the models.

use super::aggregate::is_grouped;
use super::{Counted, Filter, Include, Insert, Matching, Nulls, Operator, Order, Query, Reading, Select};
use crate::deep_json;
use crate::error::{Code, Error, Result};
use crate::plan::Wire;
use crate::schema::{Kind, Models};
use serde_json::Value;

/// Relations may be included this deep; deeper is a mistake.
const MAX_DEPTH: usize = 16;

/// Reads one query.
///
/// Form: `{"op":"list","model":"users","where":[["email","eq"],["or",[[...],[...]]],["not",[...]],["posts","some",[...]],
/// ["data","path","number","gt"]],"orderBy":[["id","desc","last"],["data","asc","first","path"]],"limit":true,"offset":true,"select":["id"],"include":[["posts",{...}]],"counts":[["posts",[...]]],"skips":true,"checks":true,"lock":["update","wait"]}`.
/// A filter is a list of conditions, all of which must hold. `set` is a list of names, or of names with their change:
/// `["title",["points","add"],["version","next"]]`. Names are those of JavaScript.
///
/// Values cross apart from the query. The parameters of its plan have the order in which `QueryWriter` (`lib/query`) writes
/// the parts that bind them: `where`, `after`, `orderBy`, `limit`, `offset`, `include`, `counts`; or `set`, then `where`; or
/// `columns`, `set`, `version`.
///
/// Errors: `UNKNOWN_MODEL`, `UNKNOWN_COLUMN`, `UNKNOWN_OPERATOR`, `UNKNOWN_RELATION`, `QUERY_INVALID`.
pub fn parse(models: &Models, text: &str) -> Result<Query> {
    let json = deep_json::read(text).map_err(|e| invalid(format!("The query is not JSON: {e}.")))?;
    let operation = json["op"].as_str().ok_or_else(|| invalid("The query names no operation."))?;
    if operation == "sql" {
        return raw(&json);
    }
    let name = json["model"].as_str().unwrap_or_default();
    let model = models.index(name).ok_or_else(|| {
        Error::new(Code::UnknownModel, format!("There is no model \"{name}\" in the schema."))
            .hint(one_of("The models are", models.models.iter().map(|m| &m.name)))
    })?;
    let reader = Reader { models, model };
    match operation {
        "list" => {
            let mut select = reader.select(&json, 0)?;
            super::page::limit(&mut select, &json["after"])?;
            select.lock = super::lock::parse(&json["lock"])?;
            Ok(Query::Select(select))
        }
        "count" => {
            let (rows, distinct) = (reader.matching(&json)?, reader.distinct(&json["distinct"])?);
            Ok(if distinct.is_empty() { Query::Count(rows) } else { Query::Combinations(rows, distinct) })
        }
        "exists" => Ok(Query::Exists(reader.matching(&json)?)),
        "aggregate" => Ok(Query::Aggregate(super::aggregate::parse(&reader, &json)?)),
        "insert" => Ok(Query::Insert(reader.insert(&json)?)),
        "insertNew" => {
            let on = reader.columns(&json["on"])?;
            if !on.is_empty() {
                reader.unique_key(&on, "skipDuplicates")?;
            }
            Ok(Query::InsertNew { insert: reader.insert(&json)?, on })
        }
        "upsert" => {
            let on = reader.columns(&json["on"])?;
            reader.unique_key(&on, "upsert on")?;
            let version = json["version"].as_str().map(|name| reader.column(name)).transpose()?;
            let (insert, set) = (reader.insert(&json)?, reader.assignments(&json["set"])?);
            Ok(Query::Upsert { insert, on, set, version, returning: json["returning"].as_bool().unwrap_or(true) })
        }
        "update" => Ok(Query::Update {
            rows: reader.matching(&json)?,
            set: reader.assignments(&json["set"])?,
            returning: json["returning"].as_bool().unwrap_or(false),
        }),
        "claim" => {
            reader.claimable()?;
            Ok(Query::Claim { select: reader.select(&json, 0)?, set: reader.assignments(&json["set"])? })
        }
        "delete" => {
            Ok(Query::Delete { rows: reader.matching(&json)?, returning: json["returning"].as_bool().unwrap_or(false) })
        }
        other => Err(invalid(format!("There is no operation \"{other}\"."))),
    }
}

pub(super) fn invalid(message: impl Into<String>) -> Error {
    Error::new(Code::QueryInvalid, message)
}

fn one_of<'a>(lead: &str, names: impl Iterator<Item = &'a String>) -> String {
    format!("{lead}: {}.", names.map(String::as_str).collect::<Vec<_>>().join(", "))
}

fn raw(json: &Value) -> Result<Query> {
    let pieces = strings(&json["pieces"])?;
    let params = strings(&json["params"])?
        .iter()
        .map(|p| match p.as_str() {
            "int" => Ok(Wire::Int),
            "bigint" => Ok(Wire::Bigint),
            "real" => Ok(Wire::Real),
            "bool" => Ok(Wire::Bool),
            "time" => Ok(Wire::Time),
            "text" => Ok(Wire::Text),
            "bytes" => Ok(Wire::Bytes),
            other => Err(invalid(format!("There is no kind of value \"{other}\"."))),
        })
        .collect::<Result<Vec<_>>>()?;
    if pieces.len() != params.len() + 1 {
        return Err(invalid("SQL must have one piece of text more than values."));
    }
    Ok(Query::Raw { pieces, params })
}

fn strings(json: &Value) -> Result<Vec<String>> {
    let list = json.as_array().ok_or_else(|| invalid("The query lacks a list."))?;
    list.iter()
        .map(|v| v.as_str().map(str::to_owned).ok_or_else(|| invalid("The query holds a name that is not valid text.")))
        .collect()
}

/// Reads the parts of a query that belong to one model.
pub(super) struct Reader<'a> {
    pub(super) models: &'a Models,
    pub(super) model: usize,
}

impl Reader<'_> {
    pub(super) fn name(&self) -> &str {
        &self.models.models[self.model].name
    }

    pub(super) fn column(&self, name: &str) -> Result<usize> {
        let model = &self.models.models[self.model];
        model.property(name).ok_or_else(|| {
            Error::new(Code::UnknownColumn, format!("There is no column \"{name}\" in {}.", model.name))
                .table(&self.models.table(self.model).name)
                .column(name)
                .hint(one_of("The columns are", model.properties.iter().map(|p| &p.name)))
        })
    }

    pub(super) fn columns(&self, json: &Value) -> Result<Vec<usize>> {
        strings(json)?.iter().map(|name| self.column(name)).collect()
    }

    fn insert(&self, json: &Value) -> Result<Insert> {
        Ok(Insert { model: self.model, columns: self.columns(&json["columns"])? })
    }

    pub(super) fn matching(&self, json: &Value) -> Result<Matching> {
        Ok(Matching { model: self.model, filter: self.filter(&json["where"])? })
    }

    fn select(&self, json: &Value, depth: usize) -> Result<Select> {
        if depth > MAX_DEPTH {
            return Err(invalid(format!("Relations are included more than {MAX_DEPTH} levels deep.")));
        }
        let table = self.models.table(self.model);
        let columns = match &json["select"] {
            Value::Null => {
                let shown = |c: &usize| !self.models.models[self.model].properties[*c].private;
                (0..table.columns.len()).filter(shown).collect()
            }
            list => self.columns(list)?,
        };
        let mut order = Vec::new();
        for part in json["orderBy"].as_array().into_iter().flatten() {
            let column = self.column(part[0].as_str().unwrap_or_default())?;
            let by = self.order(column, part);
            let json = matches!(table.columns[column].kind, Kind::Json);
            if json != by.path || matches!(table.columns[column].kind, Kind::Bytes) {
                let name = &self.models.models[self.model].properties[column].name;
                return Err(invalid(format!("{}.{name} has no order: rows cannot be sorted by it.", self.name()))
                    .table(&table.name)
                    .column(name));
            }
            order.push(by);
        }
        let mut include = Vec::new();
        for part in json["include"].as_array().into_iter().flatten() {
            include.push(self.include(part[0].as_str().unwrap_or_default(), &part[1], depth)?);
        }
        let mut counts = Vec::new();
        for part in json["counts"].as_array().into_iter().flatten() {
            let relation = self.relation_named(part[0].as_str().unwrap_or_default())?;
            counts.push(Counted { relation, filter: self.related(relation).filter(&part[1])? });
        }
        Ok(Select {
            rows: self.matching(json)?,
            columns,
            distinct: self.distinct(&json["distinct"])?,
            order,
            limit: json["limit"].as_bool().unwrap_or(false),
            offset: json["offset"].as_bool().unwrap_or(false),
            skips: json["skips"].as_bool().unwrap_or(false),
            checks: json["checks"].as_bool().unwrap_or(false),
            lock: None,
            include,
            counts,
            exact: if json["exact"].is_null() { Vec::new() } else { self.columns(&json["exact"])? },
        })
    }

    /// Columns whose combinations of values are distinguished.
    fn distinct(&self, json: &Value) -> Result<Vec<usize>> {
        let columns = if json.is_null() { Vec::new() } else { self.columns(json)? };
        let table = self.models.table(self.model);
        match columns.iter().find(|column| !is_grouped(&table.columns[**column].kind)) {
            None => Ok(columns),
            Some(column) => {
                let name = &self.models.models[self.model].properties[*column].name;
                let message =
                    format!("{}.{name} cannot be compared: distinct takes no JSON and no bytes.", self.name());
                Err(invalid(message).table(&table.name).column(name))
            }
        }
    }

    fn relation(&self, name: &str) -> Option<usize> {
        self.models.models[self.model].relations.iter().position(|r| r.name == name)
    }

    fn related(&self, relation: usize) -> Self {
        Reader { models: self.models, model: self.models.models[self.model].relations[relation].target }
    }

    /// Direction and place of nulls, from `[..., "desc", "last"]`.
    pub(super) fn order(&self, column: usize, part: &Value) -> Order {
        let desc = part[1] == "desc";
        let nulls = match part[2].as_str() {
            Some("first") => Nulls::First,
            Some("last") => Nulls::Last,
            _ => Nulls::of(desc),
        };
        Order { column, desc, nulls, path: part[3] == "path" }
    }

    fn include(&self, name: &str, json: &Value, depth: usize) -> Result<Include> {
        let relation = self.relation_named(name)?;
        Ok(Include { relation, select: self.related(relation).select(json, depth + 1)? })
    }

    fn relation_named(&self, name: &str) -> Result<usize> {
        let model = &self.models.models[self.model];
        self.relation(name).ok_or_else(|| {
            let hint = match model.relations.is_empty() {
                true => format!("{} has no relations; declare them in the second argument of schema().", model.name),
                false => one_of("The relations are", model.relations.iter().map(|r| &r.name)),
            };
            Error::new(Code::UnknownRelation, format!("There is no relation \"{name}\" in {}.", model.name))
                .table(&self.models.table(self.model).name)
                .hint(hint)
        })
    }

    fn filter(&self, json: &Value) -> Result<Filter> {
        let list = match json {
            Value::Null => return Ok(Filter::And(Vec::new())),
            Value::Array(list) => list,
            _ => return Err(invalid("A filter is a list of conditions.")),
        };
        let mut all = list.iter().map(|condition| self.condition(condition)).collect::<Result<Vec<_>>>()?;
        Ok(if all.len() == 1 { all.remove(0) } else { Filter::And(all) })
    }

    fn condition(&self, json: &Value) -> Result<Filter> {
        let name = json[0].as_str().ok_or_else(|| invalid("A condition begins with a name."))?;
        let several = |list: &Value| -> Result<Vec<Filter>> {
            list.as_array().ok_or_else(|| invalid("and/or take a list."))?.iter().map(|f| self.filter(f)).collect()
        };
        match name {
            "and" => Ok(Filter::And(several(&json[1])?)),
            "or" => Ok(Filter::Or(several(&json[1])?)),
            "not" => Ok(self.filter(&json[1])?.negated()),
            _ => {
                if let Some(relation) = self.relation(name) {
                    return self.relates(relation, json[1].as_str().unwrap_or_default(), &json[2]);
                }
                let column = self.column(name)?;
                let operator = json[1].as_str().unwrap_or_default();
                let kind = &self.models.table(self.model).columns[column].kind;
                let unknown = |operator: &str| {
                    Error::new(
                        Code::UnknownOperator,
                        format!("{}.{name} cannot be compared with \"{operator}\".", self.name()),
                    )
                    .table(&self.models.table(self.model).name)
                    .column(name)
                };
                if operator == "path" && matches!(kind, Kind::Json) {
                    let operator = json[3].as_str().unwrap_or_default();
                    let at = json[2].as_str().and_then(|reading| at_path(reading, operator));
                    let (reading, operator) = at.ok_or_else(|| unknown(operator))?;
                    return Ok(Filter::At(column, reading, operator));
                }
                let operator = operator_for(kind, operator).ok_or_else(|| unknown(operator))?;
                Ok(Filter::Compare(column, operator))
            }
        }
    }

    /// The condition on the rows of a relation. Every row meets a filter if none meets its
    /// opposite.
    fn relates(&self, relation: usize, operator: &str, json: &Value) -> Result<Filter> {
        let filter = self.related(relation).filter(json)?;
        let related = |filter: Filter| Filter::Related(relation, Box::new(filter));
        match operator {
            "some" => Ok(related(filter)),
            "none" => Ok(related(filter).negated()),
            "every" => Ok(related(filter.negated()).negated()),
            _ => {
                let name = &self.models.models[self.model].relations[relation].name;
                let message = format!("{}.{name} cannot be asked \"{operator}\".", self.name());
                Err(Error::new(Code::UnknownOperator, message).table(&self.models.table(self.model).name))
            }
        }
    }
}

/// The operator of this name, where the kind has it.
pub(super) fn operator_for(kind: &Kind, name: &str) -> Option<Operator> {
    let operator = operator(name)?;
    let fits = match operator {
        Operator::Eq | Operator::Key | Operator::Ne | Operator::IsNull | Operator::NotNull => true,
        Operator::In | Operator::NotIn => !matches!(kind, Kind::Json),
        Operator::Lt | Operator::Lte | Operator::Gt | Operator::Gte => {
            !matches!(kind, Kind::Json | Kind::Boolean | Kind::Uuid | Kind::Bytes | Kind::Enum { .. })
        }
        Operator::Like | Operator::Prefix => matches!(kind, Kind::Text { .. }),
    };
    fits.then_some(operator)
}

/// The operator of this name, where a place in JSON that is read so has it.
fn at_path(reading: &str, name: &str) -> Option<(Reading, Operator)> {
    let operator = operator(name)?;
    let ordered = matches!(operator, Operator::Lt | Operator::Lte | Operator::Gt | Operator::Gte);
    let text = matches!(operator, Operator::Like | Operator::Prefix);
    let (reading, fits) = match reading {
        "json" => (Reading::Json, !ordered && !text),
        "number" => (Reading::Number, ordered),
        "text" => (Reading::Text, ordered || text),
        _ => return None,
    };
    fits.then_some((reading, operator))
}

fn operator(name: &str) -> Option<Operator> {
    Some(match name {
        "eq" => Operator::Eq,
        "key" => Operator::Key,
        "ne" => Operator::Ne,
        "in" => Operator::In,
        "notIn" => Operator::NotIn,
        "lt" => Operator::Lt,
        "lte" => Operator::Lte,
        "gt" => Operator::Gt,
        "gte" => Operator::Gte,
        "like" => Operator::Like,
        "prefix" => Operator::Prefix,
        "null" => Operator::IsNull,
        "notNull" => Operator::NotNull,
        _ => return None,
    })
}
