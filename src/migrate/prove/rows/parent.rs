//! The rows of a table that other tables point to.

use super::values::Cell;
use crate::dialect::quote;
use crate::error::Result;
use crate::schema::{Column, Kind, Table};
use crate::statement::{Execute, Statement};
use crate::value::Value;
use serde_json::json;

/// The rows of a table, for those that point to it.
pub(super) struct Parent {
    pub columns: Vec<String>,
    pub rows: Vec<Vec<Cell>>,
}

impl Parent {
    /// The existing rows: their numbers, texts and UUIDs, to which foreign keys may point.
    pub fn read(connection: &mut dyn Execute, table: &Table) -> Result<Parent> {
        let columns = names(table);
        let listed: Vec<String> = columns.iter().map(|name| quote(name)).collect();
        let sql = format!("SELECT {} FROM {}", listed.join(", "), quote(&table.name));
        let cell = |(column, value): (&Column, &Value)| match (&column.kind, value) {
            (Kind::Bigint, Value::Int(number)) => Cell::Value(json!(number.to_string())),
            (Kind::Id | Kind::BigId | Kind::Integer | Kind::Int32, Value::Int(number)) => Cell::Value(json!(number)),
            (Kind::Text { .. } | Kind::Uuid | Kind::Enum { .. }, Value::Text(text)) => Cell::Value(json!(text)),
            _ => Cell::Null,
        };
        let rows = connection.query(&Statement::new(sql))?;
        let rows = rows.iter().map(|row| table.columns.iter().zip(row).map(cell).collect()).collect();
        Ok(Parent { columns, rows })
    }

    /// The values of its rows in these columns, without rows that have NULL there.
    pub fn values(&self, columns: &[String]) -> Vec<Vec<Cell>> {
        let at: Option<Vec<usize>> =
            columns.iter().map(|name| self.columns.iter().position(|column| column == name)).collect();
        let Some(at) = at else { return Vec::new() };
        let rows = self.rows.iter().map(|row| at.iter().map(|at| row[*at].clone()).collect::<Vec<_>>());
        let mut values: Vec<Vec<Cell>> = Vec::new();
        for row in rows.filter(|row| row.iter().all(|cell| matches!(cell, Cell::Value(_)))) {
            if !values.contains(&row) {
                values.push(row);
            }
        }
        values
    }
}

/// The names of all columns.
pub(super) fn names(table: &Table) -> Vec<String> {
    table.columns.iter().map(|column| column.name.clone()).collect()
}
