//! The error that names refused rows: how many they are, and the keys of some. It holds no value except keys.

use crate::error::{Aside, Code, Error, RowKeys};
use crate::schema::{Kind, Table};
use crate::statement::Row;
use crate::value::Value;

/// How many keys are reported.
pub(super) const KEYS: usize = 5;

/// The columns of a table's primary key, and whether their values may hold what a person has written.
pub fn key_of(table: &Table) -> Vec<(String, bool)> {
    let written = |kind: &Kind| matches!(kind, Kind::Text { .. } | Kind::Enum { .. } | Kind::Json | Kind::Bytes);
    let column = |name: &String| (name.clone(), table.column(name).is_none_or(|column| written(&column.kind)));
    table.primary_key.iter().map(column).collect()
}

/// The error that names rows: so many have `what`, and some have these keys, which `Error::tell_rows` adds.
pub(super) fn refusal(
    (table, columns): (&str, &[String]),
    key: &[(String, bool)],
    what: &str,
    count: i64,
    keys: &[Row],
) -> Error {
    let rows = counted(table, what, count);
    let mut error =
        Error::new(Code::RowsRefused, format!("{rows}.")).table(table).columns(columns).found(count.to_string());
    if !key.is_empty() {
        let keys = &keys[..keys.len().min(KEYS)];
        let message = format!("{rows}: {}.", named(key, keys, count > KEYS as i64));
        let rows = RowKeys { table: table.to_owned(), columns: key.to_vec(), message };
        error.aside = Some(Box::new(Aside::Rows(rows)));
    }
    error
}

/// `2 rows of users have NULL in users.phone`.
pub fn counted(table: &str, what: &str, count: i64) -> String {
    match count {
        1 => format!("One row of {table} has {what}"),
        n => format!("{n} rows of {table} have {what}"),
    }
}

/// `id 1, 3, ...`; `more`: whether there are others.
pub fn named(key: &[(String, bool)], keys: &[Row], more: bool) -> String {
    let names: Vec<&str> = key.iter().map(|(name, _)| name.as_str()).collect();
    let told = keys.iter().map(told).collect::<Vec<_>>().join(", ");
    format!("{} {told}{}", names.join(", "), if more { ", ..." } else { "" })
}

/// The key of a row.
fn told(row: &Row) -> String {
    let parts: Vec<String> = row
        .iter()
        .map(|value| match value {
            Value::Null => "NULL".into(),
            Value::Bool(flag) => flag.to_string(),
            Value::Int(number) => number.to_string(),
            Value::Real(number) => number.to_string(),
            Value::Text(text) => format!("`{text}`"),
            Value::Bytes(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        })
        .collect();
    match parts.len() {
        1 => parts.concat(),
        _ => format!("({})", parts.join(", ")),
    }
}

/// `users.email`, `users.(tenant, email)`.
pub fn listed(table: &str, columns: &[String]) -> String {
    match columns {
        [one] => format!("{table}.{one}"),
        many => format!("{table}.({})", many.join(", ")),
    }
}
