//! The list of what is kept: its entries, and taking one of them away.

use crate::dialect::keep::Definition;
use crate::dialect::{quote, Dialect};
use crate::error::{Code, Error, Result};
use crate::kept::loss::{Lost, Renamed};
use crate::statement::{Execute, Row, Statement};
use crate::value::Value;
use serde::{Deserialize, Serialize};

/// What was kept, as reports of the step name it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Kept {
    /// The number of the entry.
    pub number: i64,
    /// `users.phone`, or `users` for all its rows.
    pub what: String,
    /// How many rows.
    pub rows: i64,
    /// Older entries of the same that were dropped for it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dropped: Vec<i64>,
}

/// An entry of the list.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KeptEntry {
    /// Its number.
    pub number: i64,
    /// `users.phone`, or `users` for all its rows.
    pub what: String,
    /// The table; of another schema than the first with it.
    pub table: String,
    /// The columns whose values are kept; empty if all rows are kept whole.
    pub columns: Vec<String>,
    /// How many rows.
    pub rows: i64,
    /// How many bytes their values have.
    pub bytes: i64,
    /// Since when, `YYYY-MM-DDTHH:MM:SS.sssZ`.
    pub kept_at: String,
    /// The user that destroyed it.
    pub by: String,
    /// The step that destroyed it.
    pub why: String,
    /// What was destroyed, as SQL declares it.
    pub definition: String,
    /// Details that only restoring needs.
    #[serde(skip)]
    pub details: Details,
    /// The schema of the table; empty if the database has none.
    #[serde(skip)]
    pub schema: String,
}

/// Details that restoring needs beside the rows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Details {
    /// The columns that are kept.
    pub columns: Vec<KeptColumn>,
    /// The columns of the key; empty if no key identifies a row.
    pub key: Vec<String>,
    /// Other names after the step.
    pub renamed: Renamed,
    /// The statements that make the table again; none of columns, and of a table that cannot be
    /// made again.
    pub definition: Option<Definition>,
}

/// A column that is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeptColumn {
    /// Its name.
    pub name: String,
    /// Its type.
    pub declared: String,
    /// Its type, collation and default, as it is added to a table again; missing in entries of earlier releases.
    #[serde(default)]
    pub added: Option<String>,
    /// How it lost its values; none of a column that did not.
    pub lost: Option<Lost>,
}

/// What was taken away.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DropReport {
    /// The entries as they were.
    pub dropped: Vec<KeptEntry>,
    /// Whether nothing of it can be read in the files any more; `None` if the files are the server's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub erased: Option<bool>,
    /// Why something of it still can.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_erased: Option<String>,
}

const COLUMNS: &str = "number, what, \"schema\", \"table\", \"rows\", bytes, kept_at, \"by\", why, definition, details";

/// All that is kept, the oldest first.
pub fn list(dialect: &dyn Dialect, connection: &mut dyn Execute) -> Result<Vec<KeptEntry>> {
    if !dialect.has_kept(connection)? {
        return Ok(Vec::new());
    }
    let sql = format!("SELECT {COLUMNS} FROM {} ORDER BY number", dialect.kept_list());
    Ok(connection.query(&Statement::new(sql))?.iter().map(read).collect())
}

/// The entry of this number. Errors: `KEPT_UNKNOWN`.
pub(super) fn entry(dialect: &dyn Dialect, connection: &mut dyn Execute, number: i64) -> Result<KeptEntry> {
    let all = list(dialect, connection)?;
    let numbers: Vec<String> = all.iter().map(|entry| entry.number.to_string()).collect();
    all.into_iter().find(|entry| entry.number == number).ok_or_else(|| {
        let found = match numbers.is_empty() {
            true => "no entries".to_owned(),
            false if numbers.len() == 1 => format!("the entry {}", numbers[0]),
            false => format!("the entries {}", numbers.join(", ")),
        };
        Error::new(Code::KeptUnknown, format!("Nothing is kept under the number {number}."))
            .expected("a number of the list")
            .found(found)
            .hint("`plinth kept` lists the entries.")
    })
}

/// Says whether what is done with an entry may be done. Called within the transaction that does it.
pub type Allow<'a> = &'a dyn Fn(&mut dyn Execute, &[KeptEntry]) -> Result<()>;

/// Takes the entries of these numbers and their rows away, for good, in one transaction. Errors: `KEPT_UNKNOWN`; those of `allow`.
pub fn drop_kept(
    dialect: &dyn Dialect,
    connection: &mut dyn Execute,
    numbers: &[i64],
    allow: Allow<'_>,
) -> Result<DropReport> {
    let mut dropped = Vec::new();
    dialect.transaction(connection, &mut |connection| {
        let mut found: Vec<KeptEntry> = Vec::new();
        for number in numbers {
            if !found.iter().any(|entry| entry.number == *number) {
                found.push(entry(dialect, connection, *number)?);
            }
        }
        allow(connection, &found)?;
        for entry in &found {
            remove(dialect, connection, entry.number, &entry.table)?;
        }
        dropped = found;
        Ok(())
    })?;
    Ok(DropReport { dropped, erased: None, not_erased: None })
}

/// Takes an entry and its rows away, if these are still there.
fn remove(dialect: &dyn Dialect, connection: &mut dyn Execute, number: i64, table: &str) -> Result<()> {
    if dialect.has_kept_table(connection, number, table)? {
        connection.batch(&format!("DROP TABLE {}", dialect.kept_table(number, table)))?;
    }
    let statement = Statement::new(format!("DELETE FROM {} WHERE number = $1", dialect.kept_list())).bind(number);
    connection.execute(&statement).map(drop)
}

/// Takes away what is more than `count` entries of the same, the oldest first; gives their numbers.
pub(super) fn remove_oldest(
    dialect: &dyn Dialect,
    connection: &mut dyn Execute,
    entry: &KeptEntry,
    count: usize,
) -> Result<Vec<i64>> {
    let of_a_kind =
        |other: &KeptEntry| (&other.schema, &other.what, &other.table) == (&entry.schema, &entry.what, &entry.table);
    let same: Vec<KeptEntry> = list(dialect, connection)?.into_iter().filter(of_a_kind).collect();
    let mut removed = Vec::new();
    for old in &same[..same.len().saturating_sub(count)] {
        remove(dialect, connection, old.number, &old.table)?;
        removed.push(old.number);
    }
    Ok(removed)
}

/// Adds an entry; gives its number.
pub(super) fn add(dialect: &dyn Dialect, connection: &mut dyn Execute, entry: &KeptEntry) -> Result<i64> {
    let details = serde_json::to_string(&entry.details)
        .map_err(|error| Error::new(Code::Internal, format!("The record of kept rows is not valid JSON: {error}.")))?;
    let sql = format!(
        "INSERT INTO {} (what, \"schema\", \"table\", \"rows\", bytes, kept_at, \"by\", why, definition, details) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING number",
        dialect.kept_list()
    );
    let statement = Statement::new(sql)
        .bind(entry.what.as_str())
        .bind(entry.schema.as_str())
        .bind(entry.table.as_str())
        .bind(entry.rows)
        .bind(entry.bytes)
        .bind(entry.kept_at.as_str())
        .bind(entry.by.as_str())
        .bind(entry.why.as_str())
        .bind(entry.definition.as_str())
        .bind(details.as_str());
    let rows = connection.query(&statement)?;
    rows.first().and_then(|row| row[0].as_int()).ok_or_else(|| Error::new(Code::Internal, "An entry has no number."))
}

fn read(row: &Row) -> KeptEntry {
    let text = |column: usize| row.get(column).and_then(Value::as_str).unwrap_or_default().to_owned();
    let int = |column: usize| row.get(column).and_then(Value::as_int).unwrap_or_default();
    let details: Details = serde_json::from_str(&text(10)).unwrap_or_default();
    let whole = details.columns.iter().all(|column| column.lost.is_none());
    let lost = details.columns.iter().filter(|column| !whole && column.lost.is_some());
    KeptEntry {
        number: int(0),
        what: text(1),
        table: text(3),
        columns: lost.map(|column| column.name.clone()).collect(),
        rows: int(4),
        bytes: int(5),
        kept_at: text(6),
        by: text(7),
        why: text(8),
        definition: text(9),
        details,
        schema: text(2),
    }
}

/// Columns as SQL lists them, each of the row `of`.
pub(super) fn columns_of(of: &str, names: &[String]) -> Vec<String> {
    names.iter().map(|name| format!("{of}.{}", quote(name))).collect()
}
