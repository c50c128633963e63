//! A half-done revision that is taken back: the steps that are done, and the one that may be half done, undone in reverse.

use super::course::Course;
use super::forward::{run_all, BEGUN};
use crate::dialect::online::{OnlineStep, OnlineWay};
use crate::error::{Error, Result};
use crate::migrate::disk::record::Direction;
use crate::migrate::log::history;
use crate::migrate::log::unfinished::Unfinished;
use crate::migrate::report::verbs::Ran;
use crate::migrate::run::destroyed;
use crate::migrate::run::entry::Note;
use crate::migrate::run::runner::Runner;
use crate::migrate::run::running::Script;
use crate::migrate::steps::step::State;

impl Runner<'_> {
    /// Takes the revision back to where it began, and notes that in the log. What is recorded as applied stays. Errors:
    /// `REVISION_UNFINISHED` if a step cannot be undone; then nothing is.
    pub(super) fn take_back(&mut self, here: &State<'_>, course: &mut Course<'_, '_>) -> Result<Ran> {
        let Some(begun) = course.at.clone() else {
            return Err(Error::new(crate::error::Code::Internal, "Nothing began."));
        };
        let Script { revision, direction, step, .. } = *course.script;
        let back = match direction {
            Direction::Up => Direction::Down,
            Direction::Down => Direction::Up,
        };
        let note = Note::begin(self.by, revision, back, self.dialect);
        let note = match back {
            // It stays applied, by the script that applied it.
            Direction::Up => note.again(history::entries(self.dialect, self.connection)?, &revision.version),
            Direction::Down => note.of_script(&course.online.file, &course.online.checksum),
        };
        check_undo(course, &begun)?;
        self.check_taken_back(here, course, back)?;
        self.undo_half(course).map_err(|error| course.located(error, course.done()))?;
        while course.done() > 0 {
            let number = course.done() - 1;
            self.undo(course, number).map_err(|error| course.located(error, number))?;
        }
        let (dialect, mut note) = (self.dialect, note);
        dialect.revision_transaction(self.connection, &[], &mut |connection| {
            // Read again by this transaction alone: the row is as the last step left it.
            course.at.iter().try_for_each(|at| at.end(connection))?;
            note.write(dialect, connection)
        })?;
        let mut ran = note.ran(step, Vec::new());
        (ran.online, ran.taken_back) = (true, true);
        ran.steps = usize::try_from(begun.step).ok();
        Ok(ran)
    }

    /// Asks for the word of a protected database, if what the steps have made so far holds data.
    fn check_taken_back(&mut self, here: &State<'_>, course: &Course<'_, '_>, back: Direction) -> Result<()> {
        let (dialect, guard) = (self.dialect, self.guard);
        let Script { revision, direction, step, .. } = *course.script;
        let mut after = State::new(here.graph(), here.applied().clone())?;
        after.take(revision, direction, step.to.clone());
        let Ok(reverse) = after.step(dialect, revision, back) else { return Ok(()) };
        let destroyed = destroyed::by(dialect, revision, back, &reverse);
        dialect.revision_transaction(self.connection, &[], &mut |connection| {
            destroyed::check(dialect, connection, guard, (back, &destroyed))
        })
    }

    /// Undoes the step after those that are done, as far as it may have come.
    fn undo_half(&mut self, course: &mut Course<'_, '_>) -> Result<()> {
        let (number, online) = (course.done(), course.online);
        let Some(step) = half_done(course) else { return Ok(()) };
        (self.report)(&course.progress(number, "undo"));
        let statements = step.undo.as_deref().unwrap_or_default();
        match online.steps[number].way {
            OnlineWay::Statement => statements.iter().try_for_each(|statement| self.run_outside(course, statement)),
            _ => self.undo_in_transaction(course, statements, number),
        }
    }

    /// Undoes the step of the number from 0, the last that is done. A statement outside a transaction counts as half done from
    /// before it runs, since it may run in part.
    fn undo(&mut self, course: &mut Course<'_, '_>, number: usize) -> Result<()> {
        if let Some(lock) = &mut self.lock {
            lock.check()?;
        }
        let online = course.online;
        let statements = online.steps[number].undo.as_deref().unwrap_or_default();
        (self.report)(&course.progress(number, statements.first().map_or("undo", String::as_str)));
        match online.steps[number].way {
            OnlineWay::Statement => {
                course.note_alone(self.dialect, self.connection, (number, Some(BEGUN)))?;
                statements.iter().try_for_each(|statement| self.run_outside(course, statement))
            }
            OnlineWay::Transaction | OnlineWay::Batches { .. } => self.undo_in_transaction(course, statements, number),
        }
    }

    /// Undoes a step in one transaction, after which so many are done.
    fn undo_in_transaction(&mut self, course: &mut Course<'_, '_>, statements: &[String], done: usize) -> Result<()> {
        let (dialect, mut noted) = (self.dialect, None);
        dialect.revision_transaction(self.connection, &[], &mut |connection| {
            noted = Some(course.note(dialect, connection, done, None)?);
            run_all(dialect, connection, statements)
        })?;
        course.at = noted;
        Ok(())
    }
}

/// The step after those that are done, if some of it may be done: a transaction is whole or has not been.
fn half_done<'s>(course: &Course<'s, '_>) -> Option<&'s OnlineStep> {
    let step = course.online.steps.get(course.done())?;
    match step.way {
        OnlineWay::Transaction => None,
        OnlineWay::Statement | OnlineWay::Batches { .. } => course.cursor().map(|_| step),
    }
}

/// Fails if a step cannot be undone that is done, or may be half done.
fn check_undo(course: &Course<'_, '_>, begun: &Unfinished) -> Result<()> {
    let done = course.online.steps.iter().take(course.done()).chain(half_done(course));
    match done.enumerate().find(|(_, step)| step.undo.is_none()) {
        None => Ok(()),
        Some((number, _)) => {
            let message = format!(
                "Step {} of {} cannot be undone: {}.",
                number + 1,
                course.online.path,
                begun.told(Some(course.online.steps.len())).replacen("The", "the", 1)
            );
            Err(begun.cannot(message, "Let it go on to its end, then revert it. Nothing was changed."))
        }
    }
}
