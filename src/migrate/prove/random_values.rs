//! Whether rows got random UUIDs where a revision gives them some. Each run gives others: their kind is compared, and that no two
//! are the same. Pure.

use super::same::Loss;
use super::snapshot::Snapshot;
use super::trace::{RandomColumn, Trace};
use crate::schema::defaults::is_uuid;
use crate::schema::{Schema, Table};
use crate::statement::Row;
use crate::value::Value;
use std::collections::{HashMap, HashSet};

const EXPECTED: &str = "a random UUID of version 7, another one for each row";

/// The first value on the way from some rows to others that is not what it should be.
pub(super) fn fault(before: (&Schema, &Snapshot), after: (&Schema, &Snapshot), trace: &Trace) -> Option<Loss> {
    trace.tables.iter().find_map(|traced| {
        let table = after.0.table(&traced.to)?;
        let now = after.1.get(&traced.to)?;
        let old = before.0.table(&traced.from).zip(before.1.get(&traced.from));
        traced.random_columns().into_iter().find_map(|column| fault_of(&column, old, (table, now)))
    })
}

fn fault_of(
    column: &RandomColumn<'_>,
    old: Option<(&Table, &Vec<Row>)>,
    (table, now): (&Table, &[Row]),
) -> Option<Loss> {
    // Values that rows had before stay, each in as many rows: only NULL was replaced.
    let mut earlier: HashMap<String, usize> = HashMap::new();
    if let (Some(name), Some((before, rows))) = (column.before, old) {
        for text in texts(before, name, rows) {
            *earlier.entry(text.to_ascii_lowercase()).or_default() += 1;
        }
    }
    let at = position(table, column.after)?;
    let place = format!("{}.{}", table.name, column.after);
    let loss = |what: String, found: String| Loss {
        table: table.name.clone(),
        column: Some(column.after.to_owned()),
        what,
        expected: Some(EXPECTED.into()),
        found: Some(found),
    };
    let mut seen = HashSet::new();
    let twice = |text: &str| {
        Some(loss(format!("the column `{place}` has the same random UUID in two rows: {text}"), text.to_owned()))
    };
    now.iter().find_map(|row| match &row[at] {
        Value::Text(text) if earlier.contains_key(text) => {
            let left = earlier.get_mut(text)?;
            let more = *left == 0;
            *left = left.saturating_sub(1);
            more.then(|| twice(text)).flatten()
        }
        Value::Text(text) if !is_version_7(text) => Some(loss(
            format!("the column `{place}` has a value that is not a UUID of version 7: {text}"),
            text.clone(),
        )),
        Value::Text(text) if !seen.insert(text) => twice(text),
        Value::Text(_) => None,
        _ => Some(loss(format!("the column `{place}` has a row without a random UUID"), "no UUID".into())),
    })
}

fn texts<'a>(table: &Table, name: &str, rows: &'a [Row]) -> impl Iterator<Item = &'a str> {
    let at = position(table, name);
    rows.iter().filter_map(move |row| match &row[at?] {
        Value::Text(text) => Some(text.as_str()),
        _ => None,
    })
}

fn position(table: &Table, name: &str) -> Option<usize> {
    table.columns.iter().position(|column| column.name == name)
}

fn is_version_7(text: &str) -> bool {
    let bytes = text.as_bytes();
    is_uuid(text) && bytes[14] == b'7' && matches!(bytes[19], b'8' | b'9' | b'a' | b'b')
}
