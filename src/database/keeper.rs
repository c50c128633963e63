//! The rows and tables that a reset destroys are kept first: on PostgreSQL in tables, on SQLite in
//! a file beside the database.

use super::Target;
use crate::dialect::Dialect;
use crate::engine::sqlite::kept_file;
use crate::error::Result;
use crate::kept::{self, keep::too_much, Keeping, Limits, Loss};
use crate::reset::{is_own, KeptOfReset, Survey};
use crate::statement::Execute;
use crate::time;
use std::fs;
use std::path::PathBuf;

/// Keeps what a reset destroys, and knows what to take back where the reset fails.
pub(super) struct Keeper<'a> {
    target: &'a Target,
    by: &'a str,
    limits: Option<Limits>,
    file: Option<PathBuf>,
}

impl<'a> Keeper<'a> {
    pub fn new(target: &'a Target, by: &'a str, limits: Option<Limits>) -> Self {
        Keeper { target, by, limits, file: None }
    }

    /// Within the transaction of the reset, before anything is dropped.
    pub fn keep(
        &mut self,
        dialect: &dyn Dialect,
        connection: &mut dyn Execute,
        survey: &Survey,
    ) -> Result<KeptOfReset> {
        let Some(limits) = self.limits else { return Ok(KeptOfReset::default()) };
        match self.target {
            Target::Postgres(_) => self.in_tables(dialect, connection, limits),
            Target::Sqlite(target) if target.memory || target.path.starts_with("file:") => Ok(KeptOfReset::default()),
            Target::Sqlite(target) => {
                if !survey.tables.iter().any(|table| !is_own(&table.name) && table.rows != Some(0)) {
                    return Ok(KeptOfReset::default());
                }
                let bytes = kept_file::size(connection)?;
                if bytes > limits.max_bytes {
                    return Err(too_much("the database", bytes, limits.max_bytes));
                }
                let file = kept_file::copy(target, &time::now())?;
                let kept_file = Some(file.to_string_lossy().into_owned());
                self.file = Some(file);
                Ok(KeptOfReset { kept_file, ..KeptOfReset::default() })
            }
        }
    }

    fn in_tables(&self, dialect: &dyn Dialect, connection: &mut dyn Execute, limits: Limits) -> Result<KeptOfReset> {
        let tables = dialect.standing_tables(connection)?;
        let losses: Vec<Loss> = tables.into_iter().map(|(schema, table)| Loss::of_table(Some(schema), table)).collect();
        let keeping = Keeping { by: self.by, why: "reset", limits };
        Ok(KeptOfReset { kept: kept::keep(dialect, connection, &losses, &keeping)?, ..KeptOfReset::default() })
    }

    /// After the reset: the oldest copies go; of a reset that failed, its own.
    pub fn settle(&self, done: bool) -> Result<Vec<String>> {
        let (Target::Sqlite(target), Some(limits), Some(file)) = (self.target, self.limits, &self.file) else {
            return Ok(Vec::new());
        };
        if !done {
            let _ = fs::remove_file(file);
            return Ok(Vec::new());
        }
        let removed = kept_file::remove_oldest(target, file, limits.count)?;
        Ok(removed.iter().map(|path| path.to_string_lossy().into_owned()).collect())
    }
}
