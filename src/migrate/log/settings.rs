//! Settings that a database itself holds: `plinth_settings`, a row for each, its name and its value. The table is made with the
//! first of them.

use super::own_table::{create_missing, exists};
use crate::dialect::Dialect;
use crate::error::Result;
use crate::schema::{Column, Kind, Table};
use crate::statement::{Execute, Statement};
use crate::value::Value;

/// The table.
pub const TABLE: &str = "plinth_settings";

fn table() -> Table {
    let text = || Kind::Text { max: None };
    Table {
        name: TABLE.into(),
        columns: vec![Column::new("name", text()), Column::new("value", text())],
        primary_key: vec!["name".into()],
        ..Table::default()
    }
}

/// The value of a setting; `None` if it is not set.
pub fn read(dialect: &dyn Dialect, connection: &mut dyn Execute, name: &str) -> Result<Option<String>> {
    if !exists(dialect, connection, TABLE)? {
        return Ok(None);
    }
    let statement = Statement::new(format!("SELECT value FROM {TABLE} WHERE name = $1")).bind(name);
    let rows = connection.query(&statement).map_err(|error| error.table(TABLE))?;
    Ok(rows.first().map(|row| row.first().and_then(Value::as_str).unwrap_or_default().to_owned()))
}

/// Sets a setting that is not set. Within a transaction.
pub fn add(dialect: &dyn Dialect, connection: &mut dyn Execute, name: &str, value: &str) -> Result<()> {
    create_missing(dialect, connection, &table())?;
    let statement = Statement::new(format!("INSERT INTO {TABLE} (name, value) VALUES ($1, $2)"));
    connection.execute(&statement.bind(name).bind(value)).map(|_| ()).map_err(|error| error.table(TABLE))
}

/// Removes a setting.
pub fn remove(connection: &mut dyn Execute, name: &str) -> Result<()> {
    let statement = Statement::new(format!("DELETE FROM {TABLE} WHERE name = $1")).bind(name);
    connection.execute(&statement).map(|_| ()).map_err(|error| error.table(TABLE))
}
