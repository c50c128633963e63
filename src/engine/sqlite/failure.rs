//! A plan that failed: which row of its parameters met the error, and which foreign key it violated.

use super::connection::Connection;
use super::pack;
use crate::engine::packed::{Bind, Cursor, ParamChunk};
use crate::engine::task::Run;
use crate::error::{Code, Error};
use crate::plan::Action;
use libsqlite3_sys as ffi;

/// An error, and the row of parameters that met it.
pub(super) struct Failure {
    pub(super) error: Error,
    /// The chunk of the parameters.
    pub(super) chunk: usize,
    /// The row in that chunk.
    pub(super) row: usize,
}

impl Failure {
    /// The error for the caller. It names the row, and the foreign key if one was violated.
    pub(super) fn into_error(self, run: &Run, connection: &Connection) -> Error {
        let row = self.number(run);
        let error = match self.error.code {
            Code::ForeignKeyViolation => self.name_foreign_key(run, connection),
            _ => self.error,
        };
        error.row(row)
    }

    /// Which of many rows it was.
    fn number(&self, run: &Run) -> Option<usize> {
        let rows = |chunks: &[ParamChunk]| chunks.iter().map(|c| c.rows).sum::<usize>();
        let chunks = &run.params.chunks;
        (rows(chunks) > 1).then(|| rows(&chunks[..self.chunk]) + self.row)
    }

    /// SQLite says only that some foreign key failed: the plan's probes find out which.
    fn name_foreign_key(self, run: &Run, connection: &Connection) -> Error {
        let Some(chunk) = run.params.chunks.get(self.chunk) else { return self.error };
        let mut cursor = Cursor::new(chunk);
        for _ in 0..self.row {
            cursor.skip(&run.plan.params);
        }
        let values: Vec<Bind<'_>> = run.plan.params.iter().map(|p| cursor.next(p)).collect();
        for probe in &run.plan.probes {
            let found = connection.prepare(&probe.sql).and_then(|raw| {
                for (i, param) in probe.params.iter().enumerate() {
                    // SAFETY: the statement is live and new; `values` outlive it.
                    unsafe { pack::bind(raw.statement, i + 1, &run.plan.params[*param], values[*param])? };
                }
                // SAFETY: the statement is live, and `values` outlive it.
                Ok(unsafe { ffi::sqlite3_step(raw.statement) } == ffi::SQLITE_ROW)
            });
            if found == Ok(true) {
                let error = match run.plan.action {
                    Action::Delete => Error::still_pointed_to(&probe.table, &probe.columns),
                    _ => Error::points_nowhere(&probe.table, &probe.columns),
                };
                return error.constraint(&probe.constraint);
            }
        }
        self.error
    }
}
