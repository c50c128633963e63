//! Which plans are short: their statement takes few steps, whatever the tables hold. It has no loop over a table, and runs no
//! trigger and no foreign-key action.

use super::connection::Connection;
use super::executor::Executor;
use crate::engine::task::Run;
use crate::error::Result;
use crate::plan::Action;
use libsqlite3_sys as ffi;
use std::collections::HashMap;
use std::ffi::{c_int, CStr};

/// The most bytes of values that a short call has: more of them take long to write.
const MOST_BYTES: usize = 64 << 10;
/// Plans that are known at most; then all are looked at again.
const KEPT: usize = 1024;

/// The short plans of a connection, as its database is.
#[derive(Default)]
pub(super) struct ShortPlans {
    /// The version of the schema that they were found with; `None`: nothing is known.
    schema: Option<i64>,
    known: HashMap<u64, bool>,
}

impl ShortPlans {
    /// Forgets all of them, until the next transaction: SQL of a person may have made a trigger.
    pub(super) fn forget(&mut self) {
        self.schema = None;
    }
}

impl Executor {
    /// A transaction that may write has begun, so that nothing else changes the schema: plans that were found short in this
    /// schema are so in all of it. On a rollback journal none are: there a statement may have to wait for readers.
    pub(super) fn know_short_plans(&mut self) {
        let schema = self.number("PRAGMA schema_version");
        if schema.is_none() || schema != self.short.schema || self.short.known.len() > KEPT {
            let schema = schema.filter(|_| self.connection.is_on_log().unwrap_or(false));
            self.short = ShortPlans { schema, known: HashMap::new() };
        }
    }

    /// Whether a call is short: its plan was found so, and it has one row of few values.
    pub(super) fn is_short(&self, run: &Run) -> bool {
        let few = match run.params.chunks.as_slice() {
            [] => true,
            [chunk] => chunk.rows <= 1 && chunk.text.len() + chunk.bytes.len() <= MOST_BYTES,
            _ => false,
        };
        few && self.short.schema.is_some() && self.short.known.get(&run.id) == Some(&true)
    }

    /// Finds out whether a plan is short. One that cannot be looked at is not.
    pub(super) fn find_short(&mut self, run: &Run) {
        if self.short.schema.is_none() || self.short.known.contains_key(&run.id) {
            return;
        }
        let short = match run.plan.nodes.as_slice() {
            // One value of a person's SQL may take as long as a loop, and a recursive query has none over a table.
            _ if run.plan.action == Action::Raw => false,
            [node] => is_short(&self.connection, &node.sql).unwrap_or(false),
            _ => false,
        };
        self.short.known.insert(run.id, short);
    }
}

/// Whether the program of a statement is short: https://www.sqlite.org/opcode.html
fn is_short(connection: &Connection, sql: &str) -> Result<bool> {
    // AUTOINCREMENT looks for its line in this table, which has one for each table.
    let sequences = root_page(connection)?;
    let mut tables: HashMap<i64, i64> = HashMap::new();
    let mut short = true;
    connection.each_row(&format!("EXPLAIN {sql}"), |row| {
        let cursor = row.number(2);
        match row.text(1) {
            b"OpenRead" | b"OpenWrite" | b"ReopenIdx" => {
                tables.insert(cursor, row.number(3));
            }
            // Other cursors are over rows that this statement has made.
            b"Next" | b"Prev" | b"Count" => {
                short &= tables.get(&cursor).is_none_or(|root| Some(*root) == sequences);
            }
            b"Program" | b"SorterNext" | b"RowSetRead" | b"Clear" => short = false,
            // Tables of modules, whose work is not known.
            [b'V', second, ..] if second.is_ascii_uppercase() => short = false,
            _ => {}
        }
    })?;
    Ok(short)
}

/// The page at which the table of AUTOINCREMENT begins, if the database has one.
fn root_page(connection: &Connection) -> Result<Option<i64>> {
    let mut root = None;
    connection.each_row("SELECT rootpage FROM sqlite_schema WHERE name = 'sqlite_sequence'", |row| {
        root = Some(row.number(0));
    })?;
    Ok(root)
}

/// The row that a statement gives.
struct Row(*mut ffi::sqlite3_stmt);

impl Row {
    fn number(&self, column: c_int) -> i64 {
        // SAFETY: the statement is live, and stands on a row.
        unsafe { ffi::sqlite3_column_int64(self.0, column) }
    }

    fn text(&self, column: c_int) -> &[u8] {
        // SAFETY: the statement is live and stands on a row; the text lives until its next step, for which the row is gone.
        unsafe {
            let text = ffi::sqlite3_column_text(self.0, column);
            if text.is_null() {
                return b"";
            }
            CStr::from_ptr(text.cast()).to_bytes()
        }
    }
}

impl Connection {
    /// Calls `each` with every row of a statement without parameters.
    fn each_row(&self, sql: &str, mut each: impl FnMut(&Row)) -> Result<()> {
        let raw = self.prepare(sql)?;
        loop {
            // SAFETY: the statement is live.
            match unsafe { ffi::sqlite3_step(raw.statement) } {
                ffi::SQLITE_ROW => each(&Row(raw.statement)),
                ffi::SQLITE_DONE => return Ok(()),
                _ => return Err(self.error()),
            }
        }
    }
}
