//! The values of existing rows in a column: those that a revision gives them, and those that are invented for a column that may
//! not be NULL and has no backfill, on the way back from a revision that dropped it or let it be NULL.

use super::ddl::{default_sql, literal, text_literal};
use super::rebuild::Rows;
use crate::dialect::parts::{named_before, Givers};
use crate::dialect::{quote, DialectName};
use crate::diff::{Applier, Operation, RowValue};
use crate::error::Result;
use crate::schema::{Column, ForeignKey, IndexKey, Kind, Table, Unique};
use serde_json::json;
use std::cmp::Reverse;

/// The number of a row in the order of rowids, where values must differ: a column of the rows that are copied.
pub(super) const ROW: &str = "plinth_row";

/// A random UUID of version 7 in the form in which UUIDs are stored: 48 bits of milliseconds, the version, 12 random bits, the variant,
/// 62 random bits. `random()` gives each row, and each place, another number.
const RANDOM: &str = "printf('%08x-%04x-7%03x-%04x-%012x', (unixepoch('now', 'subsec') * 1000) >> 16, \
    (unixepoch('now', 'subsec') * 1000) & 65535, random() & 4095, 32768 | (random() & 16383), random() & 281474976710655)";

/// The value that a revision gives rows in a column, as SQL.
pub(super) fn row_value(value: &RowValue, column: &Column) -> Result<String> {
    Givers { dialect: DialectName::Sqlite, default: default_sql(column), random: RANDOM }.sql(value, column)
}

/// The rules for the values of a column.
pub(super) struct Rules<'a> {
    /// No two rows may have the same, alone or with other columns.
    pub unique: bool,
    /// The key by which it points to a table.
    key: Option<&'a ForeignKey>,
}

impl<'a> Rules<'a> {
    /// Of a column, by its table as it is to be.
    pub fn of(table: &'a Table, column: &str) -> Self {
        let names = |columns: &[String]| columns.iter().any(|name| name == column);
        let orders = |key: &IndexKey| matches!(key, IndexKey::Column(name) if name == column);
        let unique = names(&table.primary_key)
            || table.uniques.iter().any(|unique| names(&unique.columns))
            || table.indexes.iter().any(|index| index.unique && index.parts.iter().any(|part| orders(&part.key)));
        // The key of several columns says more: what leads there leads to the parents of the others, too.
        let keys = table.foreign_keys.iter().filter(|key| names(&key.columns));
        Rules { unique, key: keys.min_by_key(|key| Reverse(key.columns.len())) }
    }

    /// Whether any value will do.
    pub fn free(&self) -> bool {
        !self.unique && self.key.is_none()
    }
}

/// The table as the batch leaves it, with what later operations will want of the column: after a rename, on the way back.
pub(super) fn foreseen(after: &Applier, name: &str, operation: &Operation, later: &[Operation]) -> Table {
    let mut table = after.table(name).cloned().unwrap_or_default();
    let (Operation::AddColumn { column, .. } | Operation::AlterColumn { to: column, .. }) = operation else {
        return table;
    };
    let (mut of, mut called) = (name.to_owned(), column.name.clone());
    let mut last = after.clone();
    let mut renames = Vec::new();
    for operation in later {
        if matches!(operation, Operation::RenameTable { .. } | Operation::RenameColumn { .. }) {
            renames.push(operation);
        }
        match operation {
            Operation::RenameTable { from, to } if *from == of => of.clone_from(to),
            Operation::RenameColumn { table, from, to } if *table == of && *from == called => called.clone_from(to),
            _ => {}
        }
        if last.apply(operation).is_err() {
            return table;
        }
    }
    let Some(last) = last.table(&of) else { return table };
    if Rules::of(last, &called).unique {
        table.uniques.push(Unique { name: String::new(), columns: vec![column.name.clone()] });
    }
    for key in &last.foreign_keys {
        let key = named_before(key, &of, &renames);
        let parent = after.table(&key.table);
        let there = |reference: &String| parent.is_some_and(|parent| parent.column(reference).is_some());
        if key.columns.contains(&column.name) && key.references.iter().all(there) {
            table.foreign_keys.push(key);
        }
    }
    table
}

/// The value of a column that rows never had (`old` is none), or where theirs is NULL. `rows` are what the others get.
pub(super) fn fill(table: &Table, column: &Column, old: Option<&str>, rows: &Rows) -> String {
    let rules = Rules::of(table, &column.name);
    let given = rules.key.map(|key| given(key, column, rows)).unwrap_or_default();
    let value = match (rules.key, rules.unique) {
        // If the other columns of a key say which rows are meant, rows differ by them.
        (Some(key), unique) if !unique || !given.is_empty() => {
            format!("coalesce({}, {})", first_parent(key, column, &given), neutral(&column.kind))
        }
        (Some(key), _) => nth_parent(key, column),
        (None, false) => neutral(&column.kind),
        (None, true) => match old {
            Some(old) if countable(&column.kind) => {
                // Behind the existing values.
                format!("(SELECT coalesce(max({old}), 0) FROM {}) + {ROW}", quote(&table.name))
            }
            _ => numbered(&column.kind),
        },
    };
    match old {
        Some(old) => format!("coalesce({old}, {value})"),
        None => value,
    }
}

/// The column of the parent to which this one points.
fn reference(key: &ForeignKey, column: &Column) -> String {
    let pairs = key.columns.iter().zip(&key.references);
    quote(pairs.clone().find(|(own, _)| **own == column.name).map_or("", |(_, reference)| reference))
}

/// The values of rows in the other columns of a key, as pairs of the parent's column and an
/// expression over the row.
fn given(key: &ForeignKey, column: &Column, rows: &Rows) -> Vec<(String, String)> {
    let others = key.columns.iter().zip(&key.references).filter(|(own, _)| **own != column.name);
    others.filter_map(|(own, reference)| Some((quote(reference), rows.value(own)?.to_owned()))).collect()
}

fn first_parent(key: &ForeignKey, column: &Column, given: &[(String, String)]) -> String {
    let (wanted, table) = (reference(key, column), quote(&key.table));
    if given.is_empty() {
        return format!("(SELECT min({wanted}) FROM {table})");
    }
    // Under names of our own, which no column of the row has.
    let named: Vec<String> =
        given.iter().enumerate().map(|(at, (reference, _))| format!(", {reference} AS plinth_{at}")).collect();
    let met: Vec<String> = given.iter().enumerate().map(|(at, (_, value))| format!("plinth_{at} = {value}")).collect();
    let parents = format!("SELECT {wanted} AS plinth_wanted{} FROM {table}", named.concat());
    format!("(SELECT min(plinth_wanted) FROM ({parents}) WHERE {})", met.join(" AND "))
}

fn nth_parent(key: &ForeignKey, column: &Column) -> String {
    let wanted = reference(key, column);
    let numbered = format!("SELECT {wanted}, row_number() OVER (ORDER BY {wanted}) AS n FROM {}", quote(&key.table));
    format!("(SELECT parent.{wanted} FROM ({numbered}) AS parent WHERE parent.n = {ROW})")
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
    literal(kind, &value)
}

fn countable(kind: &Kind) -> bool {
    use Kind::*;
    matches!(kind, Id | BigId | Integer | Int32 | Bigint | Real | Decimal { .. })
}

/// The value of a kind that belongs to a row's number, as SQL.
fn numbered(kind: &Kind) -> String {
    match kind {
        Kind::Id | Kind::BigId | Kind::Integer | Kind::Int32 | Kind::Bigint | Kind::Decimal { .. } => ROW.to_owned(),
        Kind::Real => format!("CAST({ROW} AS REAL)"),
        Kind::Text { .. } | Kind::Json => format!("CAST({ROW} AS TEXT)"),
        Kind::Boolean => format!("{ROW} = 2"),
        Kind::Uuid => format!("printf('00000000-0000-0000-0000-%012x', {ROW})"),
        Kind::Timestamp => format!("strftime('%Y-%m-%dT%H:%M:%fZ', {ROW} / 1000.0, 'unixepoch')"),
        Kind::Date => format!("date('1970-01-01', {ROW} || ' days')"),
        Kind::Bytes => format!("unhex(printf('%016x', {ROW}))"),
        Kind::Enum { values, .. } => {
            let words: Vec<String> =
                values.iter().enumerate().map(|(n, word)| format!("WHEN {n} THEN {}", text_literal(word))).collect();
            format!("CASE ({ROW} - 1) % {} {} END", values.len(), words.join(" "))
        }
    }
}
