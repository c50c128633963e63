//! Running revisions: one at a time, each whole or not at all, on what is really there.

use super::capitals::check_folded;
use super::destroyed;
use super::entry::Note;
use super::held::Held;
use super::json_texts::check_json;
use super::losses::Losses;
use super::refused;
use super::running::{coded, lost, Script};
use super::told::Told;
use super::touched::Touched;
use super::verify::{expected, Change};
use crate::dialect::Dialect;
use crate::error::{Code, Error, Result};
use crate::kept::Limits;
use crate::migrate::disk::graph::Graph;
use crate::migrate::disk::record::{Direction, Revision};
use crate::migrate::log::harness;
use crate::migrate::log::lock::Lock;
use crate::migrate::log::protection::Guard;
use crate::migrate::log::recorded::{prepare, Recorded};
use crate::migrate::log::shapes;
use crate::migrate::log::unfinished::{self, check_finished};
use crate::migrate::report::verbs::{DowngradeReport, Progress, Ran, Report, UpgradeReport};
use crate::migrate::steps::destination;
use crate::migrate::steps::step::{State, Step};
use crate::statement::Execute;
use std::collections::BTreeSet;

/// The runner of revisions, and its database.
pub struct Runner<'a> {
    /// The database's.
    pub dialect: &'a dyn Dialect,
    /// The connection that works.
    pub connection: &'a mut dyn Execute,
    /// The lock that keeps other processes out, if transactions do not.
    pub lock: Option<&'a mut Lock>,
    /// The revisions of the folder.
    pub graph: &'a Graph<'a>,
    /// The user that asks, for the log.
    pub by: &'a str,
    /// How much is kept of what revisions destroy; `None` if nothing is.
    pub keep: Option<Limits>,
    /// Whether what destroys data needs the word of a protected database.
    pub guard: Guard<'a>,
    /// Whether revisions run in steps that can; `None` if those do whose tables are large.
    pub online: Option<bool>,
    /// The function that gets the progress.
    pub report: Report<'a>,
}

/// How an attempt ended.
pub(super) enum Attempt {
    /// The revision ran.
    Done(Ran),
    /// Others changed what is applied between the plan and the transaction.
    Stale,
}

impl<'a> Runner<'a> {
    /// Applies what is pending up to `to`.
    pub fn upgrade(&mut self, to: &str) -> Result<UpgradeReport> {
        let recorded = self.recorded()?;
        recorded.check_whole(self.dialect, self.graph)?;
        let goals = destination::upgrade(self.graph, &recorded.applied, to)?;
        let goals = self.half_done_first(&recorded, goals, Direction::Up)?;
        let mut report = UpgradeReport {
            dialect: self.dialect.name(),
            already_applied: recorded.applied.len(),
            from: recorded.applied.into_iter().collect(),
            ..UpgradeReport::default()
        };
        report.applied = self.run_revisions(&goals, Direction::Up)?;
        report.current = self.recorded()?.current();
        Ok(report)
    }

    /// Takes revisions back, the last applied first, down to `to`.
    pub fn downgrade(&mut self, to: &str) -> Result<DowngradeReport> {
        let recorded = self.recorded()?;
        self.check_known(&recorded)?;
        let goals = destination::downgrade(self.graph, &recorded.with_half_done(), to)?;
        let goals = self.half_done_first(&recorded, goals, Direction::Down)?;
        if let Some(edited) = goals.iter().find(|revision| recorded.is_edited(self.dialect, revision)) {
            return Err(recorded.edited_error(self.dialect, edited));
        }
        let reverted = self.run_revisions(&goals, Direction::Down)?;
        let current = self.recorded()?.current();
        Ok(DowngradeReport { dialect: self.dialect.name(), reverted, current, sql: None })
    }

    fn recorded(&mut self) -> Result<Recorded> {
        Recorded::read(self.dialect, self.connection)
    }

    fn run_revisions(&mut self, goals: &[&'a Revision], direction: Direction) -> Result<Vec<Ran>> {
        self.check_losses(goals, direction)?;
        let mut state: Option<State<'a>> = None;
        let mut ran = Vec::new();
        for revision in goals {
            ran.extend(self.run_revision(&mut state, revision, direction)?);
        }
        Ok(ran)
    }

    /// Asks for the word of a protected database before anything runs, for all that these revisions would destroy.
    fn check_losses(&mut self, goals: &[&'a Revision], direction: Direction) -> Result<()> {
        if !self.guard.closes(self.dialect, self.connection)? {
            return Ok(());
        }
        let applied = harness::applied(self.dialect, self.connection)?;
        let mut state = State::new(self.graph, applied.into_iter().collect())?;
        let mut losses = Vec::new();
        for revision in goals {
            // A step that cannot be made is an error when its turn comes.
            let Ok(step) = state.step(self.dialect, revision, direction) else { break };
            losses.extend(destroyed::by(self.dialect, revision, direction, &step));
            state.take(revision, direction, step.to);
        }
        destroyed::check(self.dialect, self.connection, self.guard, (direction, &losses))
    }

    /// Runs one revision; does nothing if others have run it meanwhile.
    fn run_revision(
        &mut self,
        state: &mut Option<State<'a>>,
        revision: &Revision,
        direction: Direction,
    ) -> Result<Option<Ran>> {
        loop {
            if let Some(lock) = &mut self.lock {
                lock.check()?;
            }
            let unfinished = unfinished::read(self.dialect, self.connection)?;
            if let Some(unfinished) = unfinished.filter(|unfinished| unfinished.revision == revision.version) {
                return self.go_on(revision, direction, unfinished).map(Some);
            }
            let applied: BTreeSet<String> = harness::applied(self.dialect, self.connection)?.into_iter().collect();
            if applied.contains(&revision.version) == (direction == Direction::Up) {
                return Ok(None);
            }
            let mut here = match state.take().filter(|state| *state.applied() == applied) {
                Some(state) => state,
                None => State::new(self.graph, applied)?,
            };
            let step = here.step(self.dialect, revision, direction)?;
            if let Attempt::Done(ran) = self.attempt(&here, revision, direction, &step)? {
                here.take(revision, direction, step.to);
                *state = Some(here);
                return Ok(Some(ran));
            }
        }
    }

    fn attempt(&mut self, here: &State<'a>, revision: &Revision, direction: Direction, step: &Step) -> Result<Attempt> {
        let mut script = Script::of(self.dialect, revision, direction, step);
        let (online, not_online) = self.online_script(&script)?;
        if let Some(online) = online {
            if let Some(attempt) = self.run_online(here, (&script, &online), None)? {
                return Ok(attempt);
            }
        }
        script.not_online.clone_from(&not_online);
        let attempt = match script.no_transaction {
            false => self.inside(here, &script),
            true => self.outside(here, &script),
        };
        let attempt = attempt.map(|attempt| match attempt {
            Attempt::Done(ran) => Attempt::Done(Ran { not_online, ..ran }),
            Attempt::Stale => Attempt::Stale,
        });
        attempt.map_err(|error| {
            let mut error = coded(error);
            if script.no_transaction && error.code == Code::RevisionFailed {
                error = error.hint(
                    "The script runs outside a transaction: what it did so far stays. Undo that by hand, or write the \
                     statements so that they can be run again (IF NOT EXISTS), then run the upgrade again.",
                );
            }
            let rows = refused::explain(self.dialect, self.connection, &step.from, &step.operations, &error);
            match rows {
                Some(rows) => refused_by(&revision.id(), rows),
                None => lost(error),
            }
        })
    }

    /// The statements, what Diesel records and our row, as one transaction.
    fn inside(&mut self, here: &State<'a>, script: &Script<'_>) -> Result<Attempt> {
        let Script { revision, direction, step, .. } = *script;
        let begin = || Note::begin(self.by, revision, direction, self.dialect);
        let destroyed = destroyed::by(self.dialect, revision, direction, step);
        let (dialect, guard, mut stale, mut tries) = (self.dialect, self.guard, false, 0);
        let (keep, mut kept, mut note) = (self.keep.map(|limits| (limits, self.by)), Vec::new(), begin());
        let mut told = Told::default();
        let report = &mut *self.report;
        let mut report = |progress: &Progress| told.once(progress, &mut *report);
        let result = dialect.revision_transaction(self.connection, &step.tables, &mut |connection| {
            // The notes of an earlier try were undone with it.
            note = begin();
            tries += 1;
            if !is_current(dialect, connection, here)? {
                stale = true;
                return Err(Error::new(Code::Internal, "Another process has changed the applied revisions."));
            }
            dialect.prepare(connection)?;
            prepare(dialect, connection)?;
            check_finished(dialect, connection)?;
            destroyed::check(dialect, connection, guard, (direction, &destroyed))?;
            script.lock_tables(dialect, connection)?;
            let losses = Losses::keep(dialect, connection, script, keep)?;
            let adopted = run_step(dialect, connection, script, (here, &mut report))?;
            note.adopted(adopted);
            // The rows of an adopted step hold what people have put there, not what the step has left.
            if !adopted {
                losses.note(connection)?;
            }
            kept = losses.kept;
            note.write(dialect, connection)
        });
        match (stale, result) {
            (true, _) => Ok(Attempt::Stale),
            (false, Err(error)) => Err(error),
            (false, Ok(())) => Ok(Attempt::Done(Ran { tries: (tries > 1).then_some(tries), ..note.ran(step, kept) })),
        }
    }

    /// The statements one by one; then what is recorded of them.
    fn outside(&mut self, here: &State<'a>, script: &Script<'_>) -> Result<Attempt> {
        let Script { revision, direction, step, .. } = *script;
        if !is_current(self.dialect, self.connection, here)? {
            return Ok(Attempt::Stale);
        }
        check_finished(self.dialect, self.connection)?;
        let mut note = Note::begin(self.by, revision, direction, self.dialect);
        let touched = Touched::of(self.dialect.naming(), &step.from, &step.operations);
        let id = revision.id();
        let edited = (!step.rendered && revision.edited(self.dialect.name(), direction)).then_some(step.sql.as_str());
        let change = Change { id: &id, from: &step.from, to: &step.to, touched: &touched, edited };
        let before = change.before(self.dialect, self.connection)?;
        check_json(self.dialect, self.connection, &step.from, &step.operations)
            .map_err(|error| refused_by(&id, error))?;
        let keep = self.keep.map(|limits| (limits, self.by));
        let (dialect, guard, mut losses) = (self.dialect, self.guard, None);
        let destroyed = destroyed::by(dialect, revision, direction, step);
        // In a transaction of its own, which is over before the first statement begins.
        dialect.revision_transaction(self.connection, &[], &mut |connection| {
            destroyed::check(dialect, connection, guard, (direction, &destroyed))?;
            losses = Some(Losses::keep(dialect, connection, script, keep)?);
            Ok(())
        })?;
        script.run(self.dialect, self.connection, &mut *self.report)?;
        let expected = change.after(self.dialect, self.connection, &before)?;
        check_folded(self.dialect, self.connection, &step.from, &step.operations)
            .map_err(|error| refused_by(&id, error))?;
        dialect.revision_transaction(self.connection, &[], &mut |connection| {
            dialect.prepare(connection)?;
            prepare(dialect, connection)?;
            shapes::write(dialect, connection, &step.to, &touched.names(), &expected)?;
            harnessed(connection, revision, direction, &mut |_| Ok(()))?;
            losses.iter().try_for_each(|losses| losses.note(connection))?;
            note.write(dialect, connection)
        })?;
        Ok(Attempt::Done(note.ran(step, losses.map(|losses| losses.kept).unwrap_or_default())))
    }

    /// Applies a revision in the transaction that the caller has begun; `None` if the revision cannot run in one.
    pub fn run_in_transaction(&mut self, state: &mut State<'_>, revision: &Revision) -> Result<Option<Ran>> {
        let (dialect, connection) = (self.dialect, &mut *self.connection);
        let step = state.step(dialect, revision, Direction::Up)?;
        let script = Script::of(dialect, revision, Direction::Up, &step);
        if script.no_transaction {
            return Ok(None);
        }
        let mut note = Note::begin(self.by, revision, Direction::Up, dialect);
        prepare(dialect, connection)?;
        script.lock_tables(dialect, connection)?;
        note.adopted(run_step(dialect, connection, &script, (state, &mut *self.report)).map_err(coded)?);
        note.write(dialect, connection)?;
        let ran = note.ran(&step, Vec::new());
        state.take(revision, Direction::Up, step.to);
        Ok(Some(ran))
    }
}

/// Whether what is applied is still what the plan was made for.
pub(super) fn is_current(dialect: &dyn Dialect, connection: &mut dyn Execute, here: &State<'_>) -> Result<bool> {
    Ok(harness::applied(dialect, connection)?.iter().eq(here.applied()))
}

/// Runs a step within a transaction, and looks at what it leaves behind. Gives whether it counts as done without its SQL, since
/// the database holds already what it makes.
fn run_step(
    dialect: &dyn Dialect,
    connection: &mut dyn Execute,
    script: &Script<'_>,
    (here, report): (&State<'_>, Report<'_>),
) -> Result<bool> {
    let Script { revision, direction, step, .. } = *script;
    let touched = Touched::of(dialect.naming(), &step.from, &step.operations);
    let id = revision.id();
    let edited = (!step.rendered && revision.edited(dialect.name(), direction)).then_some(step.sql.as_str());
    let change = Change { id: &id, from: &step.from, to: &step.to, touched: &touched, edited };
    let before = change.before(dialect, connection)?;
    let held = Held::find((dialect, &mut *connection), script, &touched, &before)?;
    let mut refusal = None;
    // SQL that a person has written may expect what exists.
    if let Some(held) = held.as_ref().filter(|_| edited.is_none()) {
        match held.adopt(dialect, connection, here) {
            Ok(expected) => {
                harnessed(connection, revision, direction, &mut |_| Ok(()))?;
                shapes::write(dialect, connection, &step.to, &touched.names(), &expected)?;
                return Ok(true);
            }
            // A rebuild makes indexes and constraints anew, so that the script may well run; values of a column it would overwrite.
            Err(error) if error.code == Code::AdoptionRefused && !held.holds_values() => refusal = Some(error),
            Err(error) => return Err(refused_by(&id, error)),
        }
    }
    check_json(dialect, connection, &step.from, &step.operations).map_err(|error| refused_by(&id, error))?;
    // Before the locks of the tables, if SQL that a person has written does not make what it needs: it makes tables like these.
    let wanted = match edited {
        None => Some(expected(dialect, connection, &step.to, &touched.names())?),
        Some(_) => None,
    };
    let ran =
        harnessed(connection, revision, direction, &mut |connection| script.run(dialect, connection, &mut *report));
    ran.map_err(|error| match (refusal, &held) {
        (Some(refusal), _) if matches!(error.code, Code::RevisionFailed | Code::SqlFailed | Code::SqlRefused) => {
            refusal
        }
        (None, Some(held)) => held.explain(here, error),
        _ => error,
    })?;
    connection.settle()?;
    let expected = match wanted {
        None => change.after(dialect, connection, &before)?,
        Some(expected) => {
            change.after_as(dialect, connection, &before, &expected)?;
            expected
        }
    };
    check_folded(dialect, connection, &step.from, &step.operations).map_err(|error| refused_by(&id, error))?;
    shapes::write(dialect, connection, &step.to, &touched.names(), &expected)?;
    Ok(false)
}

/// Rows that keep a revision from being applied, and which one.
pub(super) fn refused_by(id: &str, error: Error) -> Error {
    match error.code {
        Code::RowsRefused => error.in_context(&format!("{id} cannot be applied:")),
        _ => error,
    }
}

pub(super) fn harnessed(
    connection: &mut dyn Execute,
    revision: &Revision,
    direction: Direction,
    work: crate::dialect::Work<'_>,
) -> Result<()> {
    match direction {
        Direction::Up => harness::run_up(connection, &revision.version, work),
        Direction::Down => harness::run_down(connection, &revision.version, work),
    }
}
