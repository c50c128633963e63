//! Plans that run once for each row of parameters: inserts, and upserts of many rows.

use super::executor::Executor;
use super::failure::Failure;
use super::rows::{rows, End, Portion};
use crate::engine::packed::{Cursor, Outcome};
use crate::engine::task::Run;
use crate::engine::unreadable::check_generated;
use crate::error::Result;
use libsqlite3_sys as ffi;

/// Whether a call has more than one row of parameters.
pub(super) fn has_many_rows(run: &Run) -> bool {
    run.params.chunks.iter().map(|chunk| chunk.rows).sum::<usize>() > 1
}

impl Executor {
    /// Inserts the rows of a call.
    pub(super) fn insert(&mut self, run: &Run) -> std::result::Result<Outcome, Failure> {
        let statement = self.statement(run, 0).map_err(|error| Failure { error, chunk: 0, row: 0 })?;
        let mut outcome = Outcome::default();
        let mut before = 0;
        for (number, chunk) in run.params.chunks.iter().enumerate() {
            let mut cursor = Cursor::new(chunk);
            outcome.keys.reserve(chunk.rows);
            for row in 0..chunk.rows {
                let failed = |error| Failure { error, chunk: number, row };
                self.check().map_err(failed)?;
                let bound = self.bind(statement, 0, &run.plan.params, &mut cursor);
                // SAFETY: the statement is live; its parameters borrow from `run`, and it is reset before they go.
                let code = unsafe {
                    let code = if bound.is_ok() { ffi::sqlite3_step(statement) } else { ffi::SQLITE_OK };
                    let code = if code == ffi::SQLITE_ROW { ffi::SQLITE_DONE } else { code };
                    ffi::sqlite3_reset(statement);
                    code
                };
                bound.map_err(failed)?;
                if code != ffi::SQLITE_DONE {
                    return Err(failed(self.connection.error()));
                }
                if run.plan.skips_duplicates && self.connection.changes() == 0 {
                    continue;
                }
                let key = self.connection.last_key();
                check_generated(&run.plan, key).map_err(|error| failed(error.committed(false)))?;
                if run.plan.skips_duplicates {
                    outcome.keys.push((before + row) as i64);
                }
                outcome.keys.push(key);
                outcome.changes += 1;
            }
            before += chunk.rows;
        }
        Ok(outcome)
    }

    /// Runs the one statement of a plan for each row of parameters.
    pub(super) fn each_row(&mut self, run: &Run) -> std::result::Result<Outcome, Failure> {
        let mut outcome = Outcome::default();
        let raw = self.statement(run, 0).map_err(|error| Failure { error, chunk: 0, row: 0 })?;
        let mut before = 0;
        for (number, chunk) in run.params.chunks.iter().enumerate() {
            let mut cursor = Cursor::new(chunk);
            for row in 0..chunk.rows {
                let one = self.one_row(run, raw, &mut cursor);
                let one = one.map_err(|error| Failure { error, chunk: number, row })?;
                outcome.add_row(before + row, one, &run.plan);
            }
            before += chunk.rows;
        }
        Ok(outcome)
    }

    /// Runs the one statement of a plan for the next row of parameters.
    fn one_row(&mut self, run: &Run, raw: *mut ffi::sqlite3_stmt, cursor: &mut Cursor<'_>) -> Result<Outcome> {
        self.check()?;
        let mut outcome = Outcome::default();
        let bound = self.bind(raw, 0, &run.plan.params, cursor);
        let Executor { plans, connection, .. } = &mut *self;
        let read = bound.and_then(|()| {
            let statement = plans.peek_mut(&run.id).and_then(|statements| statements.first_mut());
            let portion = Portion { plan: &run.plan, index: 0, most: usize::MAX };
            rows(connection, statement.ok_or_else(super::broken)?, portion, &mut outcome)
        });
        // SAFETY: the statement is live; nothing bound outlives its source.
        unsafe { ffi::sqlite3_reset(raw) };
        if let End::Failed(error) = read?.end {
            return Err(*error);
        }
        outcome.changes = self.connection.changes();
        Ok(outcome)
    }
}
