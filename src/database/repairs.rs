//! Repair of drift on a database: its place, its revisions, and the lock that keeps other processes
//! out.

use super::migrations::revisions;
use super::{administer, explain, is_missing, tell_rows, Target};
use crate::dialect::Dialect;
use crate::drift::Grades;
use crate::error::{Code, Error, Result};
use crate::init::InitReport;
use crate::kept::Limits;
use crate::migrate::disk::graph::Graph;
use crate::migrate::log::protection::Guard;
use crate::migrate::report::verbs::Options;
use crate::repair::report::Outcome;
use crate::repair::{self, Asked, RepairReport, Wanted};
use crate::schema::Models;
use crate::statement::Execute;
use serde::Deserialize;

/// The options of a repair, beside those of all verbs.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct RepairOptions {
    /// What was decided.
    #[serde(flatten)]
    pub wanted: Wanted,
    /// Whether it may drop extra objects.
    pub destructive: bool,
    /// Whether it is only planned.
    pub plan: bool,
}

impl RepairOptions {
    /// Reads options from JSON; others among them are passed over.
    pub fn from_json(json: &str) -> Result<Self> {
        serde_json::from_str(json)
            .map_err(|error| Error::new(Code::Internal, format!("The options are not valid JSON: {error}.")))
    }
}

/// Repairs the live database, or tells what a repair would do.
pub fn repair(
    target: &Target,
    models: Option<&Models>,
    options: &Options,
    asked: &RepairOptions,
) -> Result<RepairReport> {
    let revisions = revisions(options)?;
    let graph = Graph::new(&revisions);
    if is_missing(target)? {
        return Err(Error::new(Code::CannotOpen, "The database file does not exist: run initDb() or plinth init."));
    }
    let place = Place { target, models, graph: &graph, by: &options.by, guard: options.guard(), keep: None };
    let work = |dialect: &dyn Dialect, connection: &mut dyn Execute| {
        let place = Place { keep: options.keep_in(dialect, connection)?, ..place };
        place.asked(asked, false, |wanted| match asked.plan {
            true => repair::planned(dialect, connection, wanted),
            false => repair::run(dialect, connection, wanted),
        })
    };
    administer(target, false, options.patience(), work).map_err(|error| place.explained(error))
}

/// The repair of a start: what is safe and reads no large table. It takes nothing away from a
/// protected database, since no person is there to give the word. Tells whether something was
/// changed. A failure of the repair does not keep a process from starting, unless the database
/// itself cannot be used.
pub(super) fn at_start(
    target: &Target,
    (dialect, connection): (&dyn Dialect, &mut dyn Execute),
    models: &Models,
    options: &Options,
    report: &mut InitReport,
) -> Result<bool> {
    let destructive = options.destructive && !options.guard().closes(dialect, connection)?;
    let wished = |grades: &Grades| grades.safe > 0 || destructive && grades.destructive > 0;
    if !options.repair || !report.ahead.is_empty() || !report.drift.as_ref().is_some_and(wished) {
        return Ok(false);
    }
    let revisions = revisions(options)?;
    let graph = Graph::new(&revisions);
    let (by, guard, keep) = (options.by.as_str(), options.guard(), options.keep_in(dialect, connection)?);
    let place = Place { target, models: Some(models), graph: &graph, by, guard, keep };
    let asked = RepairOptions { destructive, ..RepairOptions::default() };
    match place.asked(&asked, true, |wanted| repair::run(dialect, connection, wanted)) {
        Ok(repaired) if repaired.outcome == Outcome::Repaired => {
            report.kept = repaired.kept;
            report.repaired = repaired.repaired.into_iter().map(|finding| finding.message).collect();
            Ok(true)
        }
        Ok(_) => Ok(false),
        Err(error) if is_refusal(error.code) => {
            report.pending.push(format!("The repair of drift was refused: {}", place.explained(error).message));
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

/// Whether a start goes on without its repair.
fn is_refusal(code: Code) -> bool {
    use Code::{Busy, CheckViolation, Deadlock, Drifted, ForeignKeyViolation, NotNullViolation};
    use Code::{PermissionDenied, ReadOnly, RevisionMissing, RevisionUnfinished, RowsRefused, UniqueViolation};
    matches!(
        code,
        Busy | Deadlock
            | Drifted
            | PermissionDenied
            | ReadOnly
            | RowsRefused
            | RevisionMissing
            | RevisionUnfinished
            | UniqueViolation
            | NotNullViolation
            | CheckViolation
            | ForeignKeyViolation
    )
}

/// The database and revisions that a repair works on.
pub(super) struct Place<'a> {
    /// Where the database is.
    pub target: &'a Target,
    /// The models.
    pub models: Option<&'a Models>,
    /// The revisions of the folder.
    pub graph: &'a Graph<'a>,
    /// The user that asks for it.
    pub by: &'a str,
    /// How much is kept of what it destroys.
    pub keep: Option<Limits>,
    /// Whether what destroys data needs the word of a protected database.
    pub guard: Guard<'a>,
}

impl Place<'_> {
    /// Works with all that a repair is asked. `start`: whether it is part of a start.
    pub fn asked<T>(
        &self,
        options: &RepairOptions,
        start: bool,
        work: impl FnOnce(&Asked<'_>) -> Result<T>,
    ) -> Result<T> {
        let naming = self.target.naming();
        let is_private =
            |table: &str, column: &str| self.models?.is_private(|one, other| naming.same(one, other), table, column);
        work(&Asked {
            graph: self.graph,
            models: self.models.map(|models| &models.schema),
            wanted: &options.wanted,
            destructive: options.destructive,
            start,
            is_private: &is_private,
            by: self.by,
            keep: self.keep,
            guard: self.guard,
        })
    }

    fn explained(&self, error: Error) -> Error {
        let naming = self.target.naming();
        let error = tell_rows(self.models, naming, error);
        self.models.map_or(error.clone(), |models| explain(models, naming, error))
    }
}
