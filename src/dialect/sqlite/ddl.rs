//! Tables and indexes as SQLite's DDL, with the declared types of TYPES.md, every constraint named.

use crate::dialect::parts::{constraint, list, references};
use crate::dialect::quote;
use crate::schema::defaults::scaled;
use crate::schema::names::{fold, kind_check_name, primary_key_name};
use crate::schema::{Column, Default, ForeignKey, Index, IndexKey, Kind, SystemColumns, Table};
use serde_json::Value;

/// The names of a row's number, in any case: https://www.sqlite.org/rowidtable.html. A column under one of them would hide
/// it from the copy of a table, which keeps it.
pub const SYSTEM_COLUMNS: SystemColumns =
    SystemColumns { database: "SQLite", contains: |name| ["rowid", "_rowid_", "oid"].contains(&fold(name).as_str()) };

/// The clock in the form in which timestamps are stored.
pub(super) const NOW: &str = "(strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))";
/// The day in the form in which dates are stored.
const TODAY: &str = "(strftime('%Y-%m-%d', 'now'))";

/// CREATE TABLE, one column or constraint a line. Indexes are not in it: see `create_index`.
pub fn create_table(table: &Table) -> String {
    let mut lines: Vec<String> = table.columns.iter().map(|column| column_line(table, column)).collect();
    if !identity(table) && !table.primary_key.is_empty() {
        lines.push(constraint(&primary_key_name(&table.name), &format!("PRIMARY KEY ({})", list(&table.primary_key))));
    }
    lines.extend(table.uniques.iter().map(|u| constraint(&u.name, &format!("UNIQUE ({})", list(&u.columns)))));
    lines.extend(table.columns.iter().filter_map(|column| kind_check(&table.name, column)));
    lines.extend(table.checks.iter().map(|check| constraint(&check.name, &format!("CHECK ({})", check.sql))));
    lines.extend(table.foreign_keys.iter().map(|key| constraint(&key.name, &references(key))));
    format!("CREATE TABLE {} (\n  {}\n)", quote(&table.name), lines.join(",\n  "))
}

/// CREATE INDEX.
pub fn create_index(table: &str, index: &Index) -> String {
    let parts: Vec<String> = index
        .parts
        .iter()
        .map(|part| {
            let key = match &part.key {
                IndexKey::Column(column) => quote(column),
                IndexKey::Expression(sql) => format!("({sql})"),
            };
            if part.desc {
                key + " DESC"
            } else {
                key
            }
        })
        .collect();
    let unique = if index.unique { "UNIQUE " } else { "" };
    let mut sql = format!("CREATE {unique}INDEX {} ON {} ({})", quote(&index.name), quote(table), parts.join(", "));
    if let Some(filter) = &index.filter {
        sql.push_str(&format!(" WHERE {filter}"));
    }
    sql
}

/// The type with which a column of this kind is declared. Its words decide SQLite's affinity
/// (https://www.sqlite.org/datatype3.html#determination_of_column_affinity), and introspection reads the kind from them.
pub fn declared_type(kind: &Kind) -> String {
    match kind {
        Kind::Id | Kind::BigId | Kind::Integer | Kind::Bigint => "INTEGER".into(),
        Kind::Int32 => "INT".into(),
        // BLOB for its affinity, none: that of REAL stores whole numbers as integers, and so turns -0 into 0.
        Kind::Real => "REAL BLOB".into(),
        Kind::Decimal { precision, scale } => format!("DECIMAL_INT({precision},{scale})"),
        Kind::Text { max: Some(max) } => format!("VARCHAR({max})"),
        Kind::Text { max: None } | Kind::Enum { .. } => "TEXT".into(),
        Kind::Boolean => "BOOLEAN".into(),
        Kind::Uuid => "UUID TEXT".into(),
        Kind::Timestamp => "TIMESTAMP TEXT".into(),
        Kind::Date => "DATE TEXT".into(),
        Kind::Json => "JSON TEXT".into(),
        Kind::Bytes => "BLOB".into(),
    }
}

/// The SQL of a default, None if the column has none. The schema is valid: its defaults fit their
/// kinds.
pub fn default_sql(column: &Column) -> Option<String> {
    let value = match column.default.as_ref()? {
        Default::Now if column.kind == Kind::Date => return Some(TODAY.into()),
        Default::Now => return Some(NOW.into()),
        Default::Value(value) => value,
    };
    Some(literal(&column.kind, value))
}

/// A value of this kind, in the canonical form of a default, as SQL; null is NULL, except JSON's
/// own null.
pub fn literal(kind: &Kind, value: &Value) -> String {
    match (kind, value) {
        (kind, Value::Null) if *kind != Kind::Json => "NULL".into(),
        (Kind::Json, json) => text_literal(&json.to_string()),
        (Kind::Decimal { precision, scale }, Value::String(digits)) => {
            scaled(digits, *precision, *scale).unwrap_or_default().to_string()
        }
        (Kind::Bigint, Value::String(digits)) => digits.clone(),
        (Kind::Bytes, Value::String(hex)) => format!("X'{hex}'"),
        (_, Value::Bool(flag)) => u8::from(*flag).to_string(),
        // Debug writes the fewest digits that read back as the same double, and always a point or an exponent.
        (Kind::Real, number) => format!("{:?}", number.as_f64().unwrap_or_default()),
        (_, Value::String(text)) => text_literal(text),
        (_, other) => other.to_string(),
    }
}

/// A text in quotes.
pub fn text_literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Whether the primary key is an identity, which SQLite wants declared on its column.
fn identity(table: &Table) -> bool {
    table.columns.iter().any(|column| matches!(column.kind, Kind::Id | Kind::BigId))
}

/// The CHECK that a column's kind brings with it.
pub(super) fn kind_check(table: &str, column: &Column) -> Option<String> {
    Some(constraint(&kind_check_name(table, column)?, &format!("CHECK ({})", kind_condition(column)?)))
}

/// A foreign key of one column, as it is written with the column.
pub(super) fn inline_key(key: &ForeignKey) -> String {
    let whole = constraint(&key.name, &references(key));
    let columns = format!("FOREIGN KEY ({}) ", list(&key.columns));
    whole.replacen(&columns, "", 1)
}

/// A column, as CREATE TABLE and ALTER TABLE declare it.
pub(super) fn column_line(table: &Table, column: &Column) -> String {
    let mut line = format!("{} {}", quote(&column.name), declared_type(&column.kind));
    if matches!(column.kind, Kind::Id | Kind::BigId) {
        line.push_str(&format!(" CONSTRAINT {} PRIMARY KEY AUTOINCREMENT", quote(&primary_key_name(&table.name))));
        return line;
    }
    if !column.nullable {
        line.push_str(" NOT NULL");
    }
    if let Some(default) = default_sql(column) {
        line.push_str(" DEFAULT ");
        line.push_str(&default);
    }
    line
}

/// The condition of that CHECK.
pub(super) fn kind_condition(column: &Column) -> Option<String> {
    let name = quote(&column.name);
    Some(match &column.kind {
        Kind::Enum { values, .. } => {
            let words: Vec<String> = values.iter().map(|value| text_literal(value)).collect();
            format!("{name} IN ({})", words.join(", "))
        }
        Kind::Text { max: Some(max) } => format!("length({name}) <= {max}"),
        Kind::Boolean => format!("{name} IN (0, 1)"),
        Kind::Json => format!("json_valid({name})"),
        _ => return None,
    })
}
