//! The unreadable part of a row: its error, and generated keys, which are checked before the caller
//! gets them.

use super::decode::{value, Column};
use super::stored::{integer, write_text, Stored};
use crate::engine::unreadable::{check_generated, unreadable};
use crate::error::{Code, Error, Result};
use crate::plan::Plan;
use tokio_postgres::Row;

/// A generated key, which is the first column of its row. Errors: `VALUE_UNREADABLE`.
pub fn generated(plan: &Plan, row: &Row) -> Result<i64> {
    let ty = row.columns().first().map(|column| Stored::of(column.type_()));
    let key = ty.and_then(|ty| integer(&ty, value(row, 0)?));
    let key = key.ok_or_else(|| {
        let error =
            Error::new(Code::ValueUnreadable, "The key that the database generated for a row is not an integer.");
        match &plan.generated {
            Some(origin) => error.model(&origin.model).table(&origin.table).column(&origin.column),
            None => error,
        }
    })?;
    check_generated(plan, key).map(|()| key)
}

/// The error for a column of a row that cannot be read.
pub fn failed(plan: &Plan, index: usize, row: &Row, columns: &[Column], column: usize) -> Error {
    let given = &row.columns()[column];
    let found = format!("a value of the type {}", given.type_().name());
    unreadable(plan, index, column, (given.name(), &found), |at| {
        let mut text = Vec::new();
        write_text(&columns[at].stored, value(row, at)?, &mut text)?;
        String::from_utf8(text).ok()
    })
}
