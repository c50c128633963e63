//! A script as it runs: statement by statement, with its place in every error.

use super::statement_waits::StatementWaits;
use crate::dialect::Dialect;
use crate::diff::Operation;
use crate::error::{Code, Error, Result};
use crate::migrate::disk::record::{file_name, Direction, Revision};
use crate::migrate::disk::split::{controls_transaction, no_transaction, statements};
use crate::migrate::report::verbs::{Progress, Report};
use crate::migrate::steps::step::Step;
use crate::statement::Execute;
use std::collections::BTreeSet;

/// The SQL of a step.
pub struct Script<'a> {
    /// The revision.
    pub(super) revision: &'a Revision,
    /// Whether it leads up or down.
    pub(super) direction: Direction,
    /// The step.
    pub(super) step: &'a Step,
    /// The file, as messages name it.
    path: String,
    /// The statements, and their lines.
    pieces: Vec<(&'a str, usize)>,
    /// Whether it runs outside a transaction.
    pub no_transaction: bool,
    /// Why it runs instead of the steps.
    pub(super) not_online: Option<String>,
}

impl<'a> Script<'a> {
    /// The script of a step.
    pub fn of(dialect: &dyn Dialect, revision: &'a Revision, direction: Direction, step: &'a Step) -> Self {
        let file = revision.path(&file_name(dialect.name(), direction));
        let pieces = statements(&step.sql, dialect.name().rules()).into_iter().map(|piece| (piece.sql, piece.line));
        Script {
            revision,
            direction,
            step,
            path: if step.rendered { format!("{file}, as generated anew,") } else { file },
            pieces: pieces.collect(),
            no_transaction: no_transaction(&step.sql),
            not_online: None,
        }
    }

    /// The tables that are locked before anything else is done: those that the script alters, if they are several. A try that is
    /// refused the lock of one has done no work on another, and kept no session from it.
    fn locked_first(&self) -> Vec<&str> {
        let Step { from, operations, .. } = self.step;
        let altered = operations.iter().filter_map(Operation::alters).collect::<BTreeSet<_>>();
        let tables: Vec<&str> = altered.into_iter().filter(|name| from.table(name).is_some()).collect();
        match !self.no_transaction && tables.len() > 1 && self.waits().is_managed() {
            true => tables,
            false => Vec::new(),
        }
    }

    fn waits(&self) -> StatementWaits {
        StatementWaits::of(self.pieces.iter().map(|(sql, _)| *sql), !self.no_transaction)
    }

    /// Locks these tables.
    pub fn lock_tables(&self, dialect: &dyn Dialect, connection: &mut dyn Execute) -> Result<()> {
        dialect.lock_tables(connection, &self.locked_first())
    }

    /// Runs it. Its errors say which statement failed, and keep their codes where these say more than that.
    pub fn run(&self, dialect: &dyn Dialect, connection: &mut dyn Execute, report: Report<'_>) -> Result<()> {
        self.check_transaction(dialect)?;
        let mut waits = self.waits();
        if !self.locked_first().is_empty() {
            waits.hold();
        }
        let statements: Vec<&str> = self.pieces.iter().map(|(sql, _)| *sql).collect();
        let mut estimate = dialect.estimate(connection, &statements);
        for (at, (sql, line)) in self.pieces.iter().enumerate() {
            let mut progress = self.progress(at, sql);
            let estimated_ms = estimate.take().map(|time| time.as_millis() as i64);
            report(&Progress { estimated_ms, ..progress.clone() });
            let mut copied = |rows: u64, of: u64| {
                progress.rows = i64::try_from(rows).ok();
                progress.of = i64::try_from(of).ok();
                report(&progress);
            };
            let ran = waits
                .run(dialect, connection, sql, &mut |connection| dialect.run_statement(connection, sql, &mut copied));
            ran.map_err(|error| self.located(error, at, *line))?;
        }
        waits.end(dialect, connection)
    }

    /// Refuses a script whose own COMMIT would keep a part of it although the rest fails.
    fn check_transaction(&self, dialect: &dyn Dialect) -> Result<()> {
        let mut pieces = self.pieces.iter().enumerate();
        let control = pieces.find(|(_, (sql, _))| controls_transaction(sql, dialect.name().rules()));
        match control {
            Some((at, (sql, line))) if !self.no_transaction => Err(Error::new(
                Code::RevisionInvalid,
                format!(
                    "Statement {} (line {line}) of {} is `{sql}`: a revision runs in one transaction, which this would end.",
                    at + 1,
                    self.path
                ),
            )
            .expected("statements that change tables and rows")
            .found(*sql)
            .hint(
                "Remove the statement. If the script must run outside a transaction, its first line is `-- plinth: no \
                 transaction`. Nothing was changed.",
            )),
            _ => Ok(()),
        }
    }

    fn progress(&self, at: usize, sql: &str) -> Progress {
        Progress {
            revision: self.revision.version.clone(),
            name: self.revision.name.clone(),
            direction: self.direction.word(),
            statement: at + 1,
            statements: self.pieces.len(),
            text: sql.lines().next().unwrap_or_default().to_owned(),
            rows: None,
            of: None,
            estimated_ms: None,
            not_online: self.not_online.clone().filter(|_| at == 0),
        }
    }

    fn located(&self, error: Error, at: usize, line: usize) -> Error {
        let place = format!("Statement {} (line {line}) of {}", at + 1, self.path);
        let left = match at {
            0 => String::new(),
            _ if !self.no_transaction => String::new(),
            1 => " The statement before it has run: the script runs outside a transaction.".into(),
            n => format!(" The {n} statements before it have run: the script runs outside a transaction."),
        };
        let message = format!("{place} failed: {}{left}", error.message);
        coded(error).says(message)
    }
}

/// An error with a code for the result of a revision: a failure of its SQL, if nothing more precise
/// is known.
pub fn coded(error: Error) -> Error {
    match error.code {
        Code::SqlFailed | Code::SqlRefused | Code::Internal | Code::ValueInvalid | Code::SessionFailed => {
            // A hint about init's handling of a missing table does not help with a script.
            let hint =
                "Nothing was changed. Correct the SQL; `plinth revision` writes it anew if its folder is deleted.";
            error.recoded(Code::RevisionFailed).hint(hint)
        }
        _ => error,
    }
}

/// An error whose connection broke: how to go on.
pub(super) fn lost(error: Error) -> Error {
    match error.code {
        Code::ConnectionLost => error.hint(
            "Run it again: it continues from the present revision. Each revision is applied whole or not at all.",
        ),
        _ => error,
    }
}
