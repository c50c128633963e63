//! The log of repairs: `plinth_repairs`, a row for each repair that changed the database.

use super::own_table::{create_missing, exists};
use crate::dialect::{quote, Dialect};
use crate::error::Result;
use crate::schema::{Column, Kind, Table};
use crate::statement::{Execute, Row, Statement};
use crate::value::Value;
use serde::Serialize;
use serde_json::{json, Value as Json};

/// The table.
pub const TABLE: &str = "plinth_repairs";

/// One row of the log.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Repair {
    /// When it began, `YYYY-MM-DDTHH:MM:SS.sssZ`.
    pub started_at: String,
    /// How long it took, in milliseconds.
    pub took_ms: i64,
    /// The user that ran it.
    pub by: String,
    /// The statements that ran.
    pub sql: String,
    /// The differences that it ended, a list.
    pub differences: Json,
}

fn table() -> Table {
    let text = || Kind::Text { max: None };
    Table {
        name: TABLE.into(),
        columns: vec![
            Column::new("id", Kind::Id),
            Column::new("started_at", Kind::Timestamp),
            Column::new("took_ms", Kind::Integer),
            Column::new("by", text()),
            Column::new("sql", text()),
            Column::new("differences", text()),
        ],
        primary_key: vec!["id".into()],
        ..Table::default()
    }
}

/// Adds a row, within the transaction of the repair; creates the table if it is missing.
pub fn add(dialect: &dyn Dialect, connection: &mut dyn Execute, repair: &Repair) -> Result<()> {
    create_missing(dialect, connection, &table())?;
    // The moment as a literal: how a parameter of its type is written differs between databases.
    let statement = Statement::new(format!(
        "INSERT INTO {TABLE} (took_ms, {by}, sql, differences, started_at) VALUES ($1, $2, $3, $4, {started_at})",
        by = quote("by"),
        started_at = dialect.literal(&Kind::Timestamp, &json!(repair.started_at)),
    ))
    .bind(repair.took_ms)
    .bind(repair.by.as_str())
    .bind(repair.sql.as_str())
    .bind(repair.differences.to_string().as_str());
    connection.execute(&statement).map(|_| ()).map_err(|error| error.table(TABLE))
}

/// The rows, in the order in which they were written; an empty list if the table does not exist.
pub fn read(dialect: &dyn Dialect, connection: &mut dyn Execute) -> Result<Vec<Repair>> {
    if !exists(dialect, connection, TABLE)? {
        return Ok(Vec::new());
    }
    let sql = format!("SELECT started_at, took_ms, {}, sql, differences FROM {TABLE} ORDER BY id", quote("by"));
    let rows = connection.query(&Statement::new(sql)).map_err(|error| error.table(TABLE))?;
    let text = |row: &Row, column: usize| row.get(column).and_then(Value::as_str).unwrap_or_default().to_owned();
    let repair = |row: &Row| Repair {
        started_at: text(row, 0),
        took_ms: row.get(1).and_then(Value::as_int).unwrap_or_default(),
        by: text(row, 2),
        sql: text(row, 3),
        differences: serde_json::from_str(&text(row, 4)).unwrap_or_default(),
    };
    Ok(rows.iter().map(repair).collect())
}
