//! Reads the rows of a statement that runs, packing them.

use super::connection::Connection;
use super::executor::Statement;
use super::pack::{self, Column};
use crate::engine::keys::{captures, Captured, Key};
use crate::engine::pace::BIG_ROW;
use crate::engine::packed::{write_decimal, Chunk, Outcome, CHUNK_ROWS, CHUNK_SLOTS};
use crate::engine::stop::Why;
use crate::engine::unreadable::{unreadable, Skipped};
use crate::error::{Error, Result};
use crate::plan::{Action, Check, Form, Plan, Wire};
use libsqlite3_sys as ffi;
use std::ffi::{c_int, CStr};

/// What to do about a moment that is not in our form.
const OTHER_MOMENT: &str =
    "Moments are text such as 2026-11-20T10:00:00.000Z: in other forms they have another order. \
    Rewrite them with sql``, by strftime('%Y-%m-%dT%H:%M:%fZ', column), or declare the column as text.";

/// What was read of a statement.
pub(super) struct Read {
    /// The keys that includes need.
    pub(super) keys: Captured,
    /// Rows that could be read.
    pub(super) rows: usize,
    /// Why it went no further.
    pub(super) end: End,
}

/// Why no more rows were read.
pub(super) enum End {
    /// There are none.
    Done,
    /// As many as were asked for.
    Full,
    /// The next one cannot be read.
    Failed(Box<Error>),
}

/// Which rows are read.
pub(super) struct Portion<'a> {
    /// The plan of the statement.
    pub(super) plan: &'a Plan,
    /// The place of the statement in its plan.
    pub(super) index: usize,
    /// How many of its next rows at most.
    pub(super) most: usize,
}

/// Steps through the next rows of a statement, packing them. One that cannot be read ends it, unless the plan leaves such
/// rows out; these count too, lest a stream gathers errors without end.
pub(super) fn rows(
    connection: &Connection,
    statement: &mut Statement,
    portion: Portion<'_>,
    outcome: &mut Outcome,
) -> Result<Read> {
    let Portion { plan, index, most } = portion;
    let Statement { raw, columns } = statement;
    let mut keys: Captured = captures(plan, index).into_iter().map(|output| (output, Vec::new())).collect();
    let mut chunk = Chunk::new(index, columns.len());
    let (mut seen, mut count, mut end) = (0, 0, End::Full);
    while seen < most {
        // SAFETY: the statement is live and its parameters are bound.
        match unsafe { ffi::sqlite3_step(raw.statement) } {
            ffi::SQLITE_ROW => {}
            ffi::SQLITE_DONE => {
                end = End::Done;
                break;
            }
            _ => return Err(connection.error()),
        }
        // The first step may have prepared the statement anew, with other columns: SELECT * after an ALTER TABLE.
        if seen == 0 && plan.action == Action::Raw {
            outcome.columns = raw_columns(raw.statement, columns);
        }
        if chunk.rows == CHUNK_ROWS || chunk.ints.len() + 2 * columns.len() > CHUNK_SLOTS {
            let next = chunk.next();
            outcome.chunks.push(std::mem::replace(&mut chunk, next));
            stop_at_bound(connection)?;
        }
        seen += 1;
        let size = chunk.size();
        // Only rows that are left out have others behind them: what is packed behind the last whole row is not read.
        let mark = plan.skips.then(|| chunk.mark());
        // SAFETY: a row is current, and has as many columns as are described.
        unsafe {
            if let Err(column) = pack::row(raw.statement, columns, &mut chunk) {
                let error = failed(plan, index, raw.statement, columns, column);
                let error = if columns[column].wire == Wire::Time { error.hint(OTHER_MOMENT) } else { error };
                if let Some(mark) = mark {
                    chunk.cut(mark);
                    outcome.skipped.push(Skipped { node: index, error });
                    continue;
                }
                end = End::Failed(Box::new(error));
                break;
            }
            if chunk.size() - size > BIG_ROW {
                connection.big.set(true);
                stop_at_bound(connection)?;
            }
            for (output, keys) in &mut keys {
                keys.push(key(ffi::sqlite3_column_value(raw.statement, *output as c_int)));
            }
        }
        count += 1;
    }
    if chunk.rows > 0 {
        outcome.chunks.push(chunk);
    }
    Ok(Read { keys, rows: count, end })
}

/// Ends the reading of rows whose statement is past its bound: SQLite itself looks only once in many steps.
fn stop_at_bound(connection: &Connection) -> Result<()> {
    match connection.waiter.bound.is_behind() {
        true => Err(Why::Late.error()),
        false => Ok(()),
    }
}

unsafe fn key(value: *mut ffi::sqlite3_value) -> Option<Key> {
    // SAFETY: the caller has a current row.
    unsafe {
        match ffi::sqlite3_value_type(value) {
            ffi::SQLITE_INTEGER => Some(Key::Int(ffi::sqlite3_value_int64(value))),
            ffi::SQLITE_TEXT => Some(Key::Text(pack::text(value).into())),
            _ => None,
        }
    }
}

/// Describes the columns of a raw statement as they are now.
fn raw_columns(statement: *mut ffi::sqlite3_stmt, columns: &mut Vec<Column>) -> Vec<(String, Wire)> {
    let text = |pointer: *const std::ffi::c_char| {
        // SAFETY: SQLite's texts end with NUL and live until the statement is prepared anew.
        (!pointer.is_null()).then(|| unsafe { CStr::from_ptr(pointer) }.to_string_lossy().into_owned())
    };
    columns.clear();
    // SAFETY: the statement is live and the numbers are below its count of columns.
    unsafe {
        (0..ffi::sqlite3_column_count(statement))
            .map(|i| {
                let (wire, form) = pack::declared(text(ffi::sqlite3_column_decltype(statement, i)).as_deref());
                columns.push(Column { wire, form, check: Check::Any, hidden: false });
                (text(ffi::sqlite3_column_name(statement, i)).unwrap_or_default(), wire)
            })
            .collect()
    }
}

/// The error for a column of the current row that cannot be read.
fn failed(plan: &Plan, index: usize, statement: *mut ffi::sqlite3_stmt, columns: &[Column], column: usize) -> Error {
    // SAFETY: a row is current; the name is copied at once.
    let name = unsafe {
        let name = ffi::sqlite3_column_name(statement, column as c_int);
        if name.is_null() {
            String::new()
        } else {
            CStr::from_ptr(name).to_string_lossy().into_owned()
        }
    };
    unreadable(plan, index, column, (&name, found(statement, column)), |at| key_text(statement, at, &columns[at]))
}

/// A number or a text of the current row, as text.
fn key_text(statement: *mut ffi::sqlite3_stmt, at: usize, column: &Column) -> Option<String> {
    // SAFETY: a row is current.
    let key = unsafe { key(ffi::sqlite3_column_value(statement, at as c_int)) };
    match (key?, column.form) {
        (Key::Int(n), Form::Decimal(scale)) => {
            let mut out = Vec::new();
            write_decimal(&mut out, n, scale);
            String::from_utf8(out).ok()
        }
        (Key::Int(n), _) => Some(n.to_string()),
        (Key::Text(text), _) => String::from_utf8(text.into()).ok(),
    }
}

/// What is in a cell, in words.
fn found(statement: *mut ffi::sqlite3_stmt, column: usize) -> &'static str {
    // SAFETY: a row is current.
    match unsafe { ffi::sqlite3_column_type(statement, column as c_int) } {
        ffi::SQLITE_INTEGER => "an integer",
        ffi::SQLITE_FLOAT => "a real",
        ffi::SQLITE_TEXT => "text",
        ffi::SQLITE_BLOB => "bytes",
        _ => "null",
    }
}
