//! One step of a revision as its proof runs it: as a run in earnest does, and with a look at what it keeps other sessions from.

use super::proof::{Run, Step};
use crate::dialect::online::OnlineWay;
use crate::dialect::postgres::blocking_scan::Scans;
use crate::dialect::postgres::online_tables::is_key;
use crate::dialect::postgres::row_batches::RowBatch;
use crate::error::{Error, Result};
use crate::statement::{Execute, Statement};
use crate::value::Value;

/// A step of a way.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    /// The direction.
    pub step: Step,
    /// The number, from 0.
    pub at: usize,
    /// The tables before the first step: those that steps make have no rows of others.
    pub old: &'a Scans,
}

impl Run<'_> {
    /// Runs the statements of a step.
    pub(super) fn run_step(
        &self,
        connection: &mut dyn Execute,
        place: Place<'_>,
        way: &OnlineWay,
        statements: &[String],
    ) -> Result<()> {
        match way {
            OnlineWay::Transaction => self.run_transaction(connection, place, statements),
            OnlineWay::Statement => {
                statements.iter().try_for_each(|statement| self.run_outside(connection, place, statement))
            }
            OnlineWay::Batches { table, key } => {
                statements.iter().try_for_each(|update| self.run_batch(connection, place, (table, key), update))
            }
        }
    }

    /// Runs the statements that undo a step. They may block: a foreign key that comes back has its rows looked at.
    pub(super) fn undo_step(
        &self,
        connection: &mut dyn Execute,
        place: Place<'_>,
        way: &OnlineWay,
        statements: &[String],
    ) -> Result<()> {
        let ends = if *way == OnlineWay::Statement { ["", ""] } else { ["BEGIN", "COMMIT"] };
        let all = [ends[0]].into_iter().chain(statements.iter().map(String::as_str)).chain([ends[1]]);
        for statement in all.filter(|statement| !statement.is_empty()) {
            if let Err(error) = connection.batch(statement) {
                return Err(self.broken(connection, place, statement, &error));
            }
        }
        Ok(())
    }

    fn run_transaction(&self, connection: &mut dyn Execute, place: Place<'_>, statements: &[String]) -> Result<()> {
        connection.batch("BEGIN")?;
        let before = Scans::read(connection)?;
        for statement in statements {
            if let Err(error) = connection.batch(statement) {
                return Err(self.broken(connection, place, statement, &error));
            }
        }
        self.blocks_nobody_long(connection, place, &before)?;
        connection.batch("COMMIT").map_err(|error| self.broken(connection, place, "COMMIT", &error))
    }

    /// Runs a statement that needs no transaction. In one it can be seen what it keeps others from; a statement that refuses to
    /// run in one is made for not keeping them.
    fn run_outside(&self, connection: &mut dyn Execute, place: Place<'_>, statement: &str) -> Result<()> {
        connection.batch("BEGIN")?;
        let before = Scans::read(connection)?;
        if connection.batch(statement).is_ok() {
            self.blocks_nobody_long(connection, place, &before)?;
            return connection.batch("COMMIT").map_err(|error| self.broken(connection, place, statement, &error));
        }
        connection.batch("ROLLBACK")?;
        connection.batch(statement).map_err(|error| self.broken(connection, place, statement, &error))
    }

    /// Fills all rows as one batch. Errors: a row that has no value afterwards, over which a run would stop.
    fn run_batch(
        &self,
        connection: &mut dyn Execute,
        place: Place<'_>,
        (table, key): (&str, &[String]),
        update: &str,
    ) -> Result<()> {
        let all = RowBatch { table, key, after: None, upto: None, skips_locked: false };
        let sql = all.update(update, 0).unwrap_or_else(|| update.to_owned());
        let rows =
            connection.query(&Statement::new(sql)).map_err(|error| self.broken(connection, place, update, &error))?;
        match rows.first().and_then(|row| row.get(1)).and_then(Value::as_int).unwrap_or_default() {
            0 => Ok(()),
            left => {
                let what = format!("its batches leave {left} rows of `{table}` that still meet their condition");
                let hint =
                    "The UPDATE of a step in batches gives each row a value by which the row no longer meets the \
                            condition.";
                Err(self.at(place, &what).table(table).hint(hint))
            }
        }
    }

    /// Errors: batches of a table by columns that are not its key, by which they would not find each row.
    pub(super) fn finds_rows(
        &self,
        connection: &mut dyn Execute,
        place: Place<'_>,
        (table, key): (&str, &[String]),
    ) -> Result<()> {
        match is_key(connection, table, key)? {
            true => Ok(()),
            false => Err(self
                .at(place, &format!("its batches go by {}, which is no key of `{table}`", key.join(", ")))
                .table(table)
                .expected("the columns of the primary key, or of a unique index without NULL, in their order")
                .found(key.join(", "))),
        }
    }

    /// Errors: the open transaction has read all rows of a table while others could not write it, as a step must not.
    fn blocks_nobody_long(&self, connection: &mut dyn Execute, place: Place<'_>, before: &Scans) -> Result<()> {
        let Some((table, lock)) = before.blocking_since(connection, place.old)? else { return Ok(()) };
        connection.batch("ROLLBACK")?;
        let waits = if lock == "ACCESS EXCLUSIVE" { "reads and writes" } else { "writes" };
        let what =
            format!("it reads all rows of `{table}` under its lock {lock}: {waits} of others would wait for that");
        let hint = "Make an index with CREATE INDEX CONCURRENTLY in a step `statement`, and a foreign key or check NOT \
                    VALID, which a later step validates. Or delete the file: the revision then runs as one transaction.";
        Err(self.at(place, &what).table(table).hint(hint))
    }

    /// The error of a step.
    fn at(&self, Place { step, at, .. }: Place<'_>, what: &str) -> Error {
        self.failed(step, format!("step {}: {what}", at + 1))
    }

    /// The error of a statement that failed. The transaction around it is undone.
    fn broken(
        &self,
        connection: &mut dyn Execute,
        Place { step, at, .. }: Place<'_>,
        statement: &str,
        error: &Error,
    ) -> Error {
        // The failure matters, not the connection that is gone.
        let _ = connection.batch("ROLLBACK");
        let first = statement.lines().next().unwrap_or_default();
        let failed = self.failed(step, format!("step {} failed at `{first}`: {}", at + 1, error.clause()));
        error.clone().recoded(failed.code).says(failed.message)
    }
}
