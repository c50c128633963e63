//! The values of existing rows in a column: those that a revision gives them, and those that are invented for a column that may
//! not be NULL and has no backfill, on the way back from a revision that dropped it or let it be NULL.

use super::convert::comparable;
use super::ddl::{default_sql, literal, text_literal};
use crate::dialect::parts::{named_before, Givers};
use crate::dialect::{quote, DialectName};
use crate::diff::{Applier, Constraint, Operation, RowValue};
use crate::error::Result;
use crate::schema::{Column, ForeignKey, Index, IndexKey, Kind, Table};
use serde_json::{json, Value};

/// The remark on values that the revision invents.
pub(super) const WHY: &str = "-- What these rows held is not known: they get a value that may stand there.\n";

/// A random UUID of version 7: 12 hexadecimal digits of milliseconds, the version, and the random end of one of version 4, whose
/// variant is the same. Servers before 18 have no `uuidv7()`.
const RANDOM: &str = "(lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0') || '7' || \
    substr(replace(gen_random_uuid()::text, '-', ''), 14))::uuid";

/// The value that a revision gives rows in a column, as SQL.
pub(super) fn row_value(value: &RowValue, column: &Column) -> Result<String> {
    Givers { dialect: DialectName::Postgres, default: default_sql(column), random: RANDOM }.sql(value, column)
}

/// The rules for the values of a column, now or by the end of the operations.
pub(super) struct Rules {
    /// No two rows may have the same, alone or with other columns.
    pub unique: bool,
    /// The key by which it refers to an existing table.
    pub key: Option<ForeignKey>,
}

impl Rules {
    /// Of a column of a table, by the existing schema and the rest of the operations.
    pub(super) fn of(schema: &Applier, rest: &[Operation], table: &Table, column: &Column) -> Self {
        let leads = |key: &ForeignKey| key.columns.contains(&column.name) && reachable(schema, key, table, column);
        let mut unique = table.primary_key.contains(&column.name)
            || table.uniques.iter().any(|unique| unique.columns.contains(&column.name))
            || table.indexes.iter().any(|index| index.unique && orders(index, &column.name));
        let mut key: Option<ForeignKey> = None;
        // The key of several columns says more: what leads there leads to the parents of the others, too.
        let mut prefer = |other: &ForeignKey| {
            if leads(other) && key.as_ref().is_none_or(|key| key.columns.len() < other.columns.len()) {
                key = Some(other.clone());
            }
        };
        table.foreign_keys.iter().for_each(&mut prefer);
        // Names as they are at that place of the list, and how they came to be: on the way back renames are in between.
        let (mut of, mut name) = (table.name.clone(), column.name.clone());
        let mut renames = Vec::new();
        for operation in rest {
            match operation {
                Operation::RenameTable { from, to } => {
                    renames.push(operation);
                    if *from == of {
                        of.clone_from(to);
                    }
                }
                Operation::RenameColumn { table, from, to } => {
                    renames.push(operation);
                    if *table == of && *from == name {
                        name.clone_from(to);
                    }
                }
                Operation::AddConstraint { table, constraint } if *table == of => match constraint {
                    Constraint::Unique(added) => unique |= added.columns.contains(&name),
                    Constraint::ForeignKey(added) => {
                        prefer(&named_before(added, &of, &renames));
                    }
                    Constraint::Check(_) => {}
                },
                Operation::AddIndex { table, index } if *table == of => unique |= index.unique && orders(index, &name),
                Operation::AlterPrimaryKey { table, to, .. } if *table == of => unique |= to.contains(&name),
                _ => {}
            }
        }
        Rules { unique, key }
    }
}

fn orders(index: &Index, column: &str) -> bool {
    index.parts.iter().any(|part| matches!(&part.key, IndexKey::Column(name) if name == column))
}

/// Whether rows can be looked for there now: the columns are there, and of the types that they will be compared with.
fn reachable(schema: &Applier, key: &ForeignKey, table: &Table, column: &Column) -> bool {
    let Some(target) = schema.table(&key.table) else { return false };
    key.columns.iter().zip(&key.references).all(|(own, reference)| {
        let own = if *own == column.name { Some(column) } else { table.column(own) };
        let other = target.column(reference);
        other.is_some_and(|other| own.is_none_or(|own| comparable(&own.kind, &other.kind)))
    })
}

/// The UPDATE that gives each row (or, of an old column, each that is NULL) a value.
pub(super) fn fill(table: &Table, column: &Column, rules: &Rules, only_nulls: bool) -> String {
    let (name, set) = (quote(&table.name), quote(&column.name));
    let nulls = if only_nulls { format!("{set} IS NULL") } else { String::new() };
    let filter = |condition: &str| if condition.is_empty() { String::new() } else { format!(" WHERE {condition}") };
    if !rules.unique {
        let value = match &rules.key {
            Some(key) => format!("coalesce({}, {})", parent(table, column, key, None), neutral(&column.kind)),
            None => neutral(&column.kind),
        };
        return format!("{WHY}UPDATE {name} SET {set} = {value}{}", filter(&nulls));
    }
    let value = match &rules.key {
        Some(key) => parent(table, column, key, Some("n.n")),
        None => {
            // Behind the existing values, if the kind has an order to count in.
            let after = format!("(SELECT coalesce(max({set}), 0) FROM {name}) + n.n");
            numbered(&column.kind, if only_nulls && countable(&column.kind) { &after } else { "n.n" })
        }
    };
    let rows = format!("SELECT ctid, row_number() OVER (ORDER BY ctid) AS n FROM {name}{}", filter(&nulls));
    format!("{WHY}UPDATE {name} SET {set} = {value}\n  FROM ({rows}) AS n\n  WHERE {name}.ctid = n.ctid")
}

/// The key of a row that the column may point to: of the first, or the n-th. The key's existing
/// columns decide which parent rows are possible.
fn parent(table: &Table, column: &Column, key: &ForeignKey, nth: Option<&str>) -> String {
    let mut wanted = None;
    let mut given = Vec::new();
    for (own, reference) in key.columns.iter().zip(&key.references) {
        let reference = quote(reference);
        if *own == column.name {
            wanted = Some(reference);
        } else if table.column(own).is_some() {
            given.push(format!("parent.{reference} = {}.{}", quote(&table.name), quote(own)));
        }
    }
    let wanted = format!("parent.{}", wanted.unwrap_or_default());
    let filter = if given.is_empty() { String::new() } else { format!(" WHERE {}", given.join(" AND ")) };
    // If they do, rows differ by them.
    let offset = nth.filter(|_| given.is_empty()).map(|n| format!(" OFFSET {n} - 1")).unwrap_or_default();
    format!("(SELECT {wanted} FROM {} AS parent{filter} ORDER BY {wanted} LIMIT 1{offset})", quote(&key.table))
}

/// The plainest value of a kind, as SQL.
pub(super) fn neutral(kind: &Kind) -> String {
    let value = match kind {
        Kind::Id | Kind::BigId | Kind::Integer | Kind::Int32 | Kind::Bigint | Kind::Decimal { .. } => json!(0),
        Kind::Real => json!(0.0),
        Kind::Text { .. } | Kind::Bytes => json!(""),
        Kind::Boolean => json!(false),
        Kind::Uuid => json!("00000000-0000-0000-0000-000000000000"),
        Kind::Timestamp => json!("1970-01-01T00:00:00.000Z"),
        Kind::Date => json!("1970-01-01"),
        Kind::Json => json!({}),
        Kind::Enum { values, .. } => json!(values.first()),
    };
    match (kind, value) {
        (Kind::Real, Value::Number(_)) => "0".into(),
        (kind, value) => literal(kind, &value),
    }
}

fn countable(kind: &Kind) -> bool {
    use Kind::*;
    matches!(kind, Id | BigId | Integer | Int32 | Bigint | Real)
}

/// The n-th value of a kind, as SQL.
fn numbered(kind: &Kind, n: &str) -> String {
    match kind {
        Kind::Id | Kind::BigId | Kind::Integer | Kind::Int32 | Kind::Bigint | Kind::Real => n.to_owned(),
        Kind::Decimal { scale, .. } => format!("{n} / {}::numeric", 10_u64.pow(u32::from(*scale))),
        Kind::Text { .. } => format!("{n}::text"),
        Kind::Boolean => format!("{n} = 2"),
        Kind::Uuid => format!("lpad(to_hex({n}), 32, '0')::uuid"),
        Kind::Timestamp => format!("timestamptz 'epoch' + {n} * interval '1 millisecond'"),
        Kind::Date => format!("date '1970-01-01' + {n}::integer"),
        Kind::Json => format!("to_jsonb({n})"),
        Kind::Bytes => format!("decode(lpad(to_hex({n}), 16, '0'), 'hex')"),
        Kind::Enum { values, .. } => {
            let words: Vec<String> = values.iter().map(|word| text_literal(word)).collect();
            format!("(ARRAY[{}])[1 + ({n} - 1) % {}]", words.join(", "), values.len())
        }
    }
}
