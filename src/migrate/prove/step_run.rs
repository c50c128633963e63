//! One step of a revision as its proof runs it: as a run in earnest does, and with a look at what it keeps other sessions from.

use super::proof::{Run, Step};
use crate::dialect::online::OnlineWay;
use crate::dialect::postgres::blocking_scan::{BlockingScan, Scans, SETTINGS};
use crate::dialect::postgres::online_tables::is_key;
use crate::dialect::postgres::reach::reaches_out;
use crate::dialect::postgres::row_batches::RowBatch;
use crate::dialect::DialectName;
use crate::error::{Code, Error, Result};
use crate::migrate::disk::split;
use crate::sql::{significant, Kind, Rules, Token};
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
    /// Errors: a statement of these scripts that is not undone with the scratch schema in which it is tried.
    pub(super) fn stays_inside(&self, connection: &mut dyn Execute, scripts: &[&str]) -> Result<()> {
        if self.dialect.name() != DialectName::Postgres {
            return Ok(());
        }
        let all: Vec<&str> = scripts
            .iter()
            .flat_map(|script| split::statements(script, Rules::Postgres).into_iter().map(|piece| piece.sql))
            .collect();
        let tables = self.proof.from.tables.iter().chain(&self.to.tables);
        let tables: Vec<&str> = tables.map(|table| table.name.as_str()).collect();
        let Some((statement, what)) = reaches_out(connection, &all, &tables)? else { return Ok(()) };
        let first = statement.lines().find(|line| !line.trim_start().starts_with("--")).unwrap_or_default();
        let what = format!(
            "`{first}` says `{what}`: the proof runs on a real database, other objects of which this may change"
        );
        Err(self
            .failed(Step::Up, what)
            .hint("Name tables without a schema: a revision runs in the first schema of the connection."))
    }

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
            let plain = not_concurrently(statement);
            if let Err(error) = connection.batch(plain.as_deref().unwrap_or(statement)) {
                return Err(self.broken(connection, place, statement, error));
            }
        }
        Ok(())
    }

    fn run_transaction(&self, connection: &mut dyn Execute, place: Place<'_>, statements: &[String]) -> Result<()> {
        let before = self.begin(connection)?;
        for statement in statements {
            if let Err(error) = connection.batch(statement) {
                return Err(self.broken(connection, place, statement, error));
            }
        }
        self.blocks_no_session_long(connection, place, &before)?;
        connection.batch("COMMIT").map_err(|error| self.broken(connection, place, "COMMIT", error))
    }

    /// Runs a statement that needs no transaction: first in one, in which it can be seen what it keeps others from, then alone.
    fn run_outside(&self, connection: &mut dyn Execute, place: Place<'_>, statement: &str) -> Result<()> {
        if let Some(plain) = not_concurrently(statement) {
            // The same without waiting for the snapshots of all sessions of this database, which have no part in it.
            return connection.batch(&plain).map_err(|error| self.broken(connection, place, statement, error));
        }
        let before = self.begin(connection)?;
        if let Err(error) = connection.batch(statement) {
            return Err(self.broken(connection, place, statement, error));
        }
        self.blocks_no_session_long(connection, place, &before)?;
        connection.batch("ROLLBACK")?;
        connection.batch(statement).map_err(|error| self.broken(connection, place, statement, error))
    }

    fn begin(&self, connection: &mut dyn Execute) -> Result<Scans> {
        connection.batch("BEGIN")?;
        connection.batch(SETTINGS)?;
        Scans::read(connection)
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
            connection.query(&Statement::new(sql)).map_err(|error| self.broken(connection, place, update, error))?;
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
                .at(place, &format!("its batches go by {}, which are not a key of `{table}`", key.join(", ")))
                .table(table)
                .expected("the columns of the primary key, or of a unique index without NULL, in their order")
                .found(key.join(", "))),
        }
    }

    /// Errors: the open transaction has read all rows of a table while others could not write it, as a step must not.
    fn blocks_no_session_long(&self, connection: &mut dyn Execute, place: Place<'_>, before: &Scans) -> Result<()> {
        let Some(BlockingScan { table, lock, waiting }) = before.blocking_since(connection, place.old)? else {
            return Ok(());
        };
        connection.batch("ROLLBACK")?;
        let what =
            format!("it reads all rows of `{table}` under its lock {lock}: {waiting} of others would wait for that");
        let hint = "Make an index with CREATE INDEX CONCURRENTLY in a step `statement`, a foreign key or check NOT VALID, \
                    which a later step validates, and change rows in a step `batches`. Or delete the file: the revision \
                    then runs as one transaction.";
        Err(self.at(place, &what).table(table).hint(hint))
    }

    /// The error of a step.
    pub(super) fn at(&self, Place { step, at, .. }: Place<'_>, what: &str) -> Error {
        self.failed(step, format!("step {}: {what}", at + 1))
    }

    /// The error of a statement that failed. The transaction around it is undone. An error of the server, which says nothing
    /// of the statement, stays what it is.
    fn broken(&self, connection: &mut dyn Execute, place: Place<'_>, statement: &str, error: Error) -> Error {
        // The failure matters, not the connection that is gone.
        let _ = connection.batch("ROLLBACK");
        let Place { step, at, .. } = place;
        let first = statement.lines().next().unwrap_or_default();
        let failed = self.failed(step, format!("step {} failed at `{first}`: {}", at + 1, error.clause()));
        match error.code {
            Code::Busy | Code::Deadlock | Code::Timeout | Code::ConnectionLost | Code::ServerUnavailable => {
                error.says(failed.message)
            }
            _ => error.recoded(failed.code).says(failed.message),
        }
    }
}

/// A statement on an index without CONCURRENTLY; `None` if it has not the word.
fn not_concurrently(statement: &str) -> Option<String> {
    let mut words = significant(statement, Rules::Postgres);
    let is = |token: &Token, word: &str| statement[token.at.clone()].eq_ignore_ascii_case(word);
    let first = words.next()?;
    if !["create", "drop", "reindex"].iter().any(|verb| is(&first, verb)) {
        return None;
    }
    let word = words.take(3).find(|token| token.kind == Kind::Word && is(token, "concurrently"))?;
    Some(format!("{}{}", &statement[..word.at.start], &statement[word.at.end..]))
}
