//! A revision in steps, from the one at which it is to its last, which records it as done.

use super::batches::Filled;
use super::course::Course;
use super::rows;
use super::way::OnlineScript;
use crate::dialect::online::OnlineWay;
use crate::dialect::postgres::unfinished_index::{drop_index, dropped_index, find_index, Checked};
use crate::dialect::Dialect;
use crate::error::{Code, Error, Result};
use crate::migrate::log::shapes;
use crate::migrate::log::unfinished::{check_finished, Unfinished};
use crate::migrate::run::capitals::check_folded;
use crate::migrate::run::destroyed;
use crate::migrate::run::entry::Note;
use crate::migrate::run::held::Held;
use crate::migrate::run::json_texts::check_json;
use crate::migrate::run::losses::Losses;
use crate::migrate::run::refused;
use crate::migrate::run::runner::{harnessed, is_current, refused_by, Attempt, Runner};
use crate::migrate::run::running::Script;
use crate::migrate::run::statement_waits::StatementWaits;
use crate::migrate::run::touched::Touched;
use crate::migrate::run::verify::{expected, Before, Change};
use crate::migrate::steps::step::State;
use crate::schema::Table;
use crate::statement::Execute;

/// How far a step outside a transaction has come: its statements may have run, wholly or in part.
pub(super) const BEGUN: &str = "begun";

/// How often a statement outside a transaction is tried that the server ended because of a deadlock.
const TRIES: u32 = 3;

impl<'a> Runner<'a> {
    /// Runs the steps that are left; `begun` is how far an earlier run has come. `None` if the database holds already what they
    /// make: then they have not begun.
    pub(in crate::migrate::run) fn run_online(
        &mut self,
        here: &State<'_>,
        (script, online): (&Script<'_>, &OnlineScript<'_>),
        begun: Option<Unfinished>,
    ) -> Result<Option<Attempt>> {
        let Script { revision, direction, step, .. } = *script;
        let note = Note::begin(self.by, revision, direction, self.dialect).of_script(&online.file, &online.checksum);
        let touched = Touched::of(self.dialect.naming(), &step.from, &step.operations);
        let (id, edited) = (revision.id(), online.is_edited.then_some(online.text));
        let change = Change { id: &id, from: &step.from, to: &step.to, touched: &touched, edited };
        let before = match &begun {
            Some(_) => change.midway(self.dialect, self.connection)?,
            None if !is_current(self.dialect, self.connection, here)? => return Ok(Some(Attempt::Stale)),
            None => change.before(self.dialect, self.connection)?,
        };
        if begun.is_none() && !self.may_begin(script, (&touched, &before))? {
            return Ok(None);
        }
        let mut course = Course { script, online, at: begun };
        for number in course.done()..online.steps.len() - 1 {
            self.run_step(&mut course, number).map_err(|error| self.failed(&course, number, error))?;
        }
        let last = online.steps.len() - 1;
        self.finish(&course, (&change, &before), note).map_err(|error| self.failed(&course, last, error)).map(Some)
    }

    /// The error of the step of the number from 0, with the rows that forbid it.
    fn failed(&mut self, course: &Course<'_, '_>, number: usize, error: Error) -> Error {
        let step = course.script.step;
        let rows = match error.code {
            // Reported with their keys already; or the shape is not as expected, for which no row is to blame.
            Code::RowsRefused | Code::RevisionFailed => None,
            _ => refused::explain(self.dialect, self.connection, &step.from, &step.operations, &error),
        };
        course.located(rows.unwrap_or(error), number)
    }

    /// Checks what is checked before a revision begins; false if the database holds already what it makes.
    fn may_begin(&mut self, script: &Script<'_>, (touched, before): (&Touched, &Before)) -> Result<bool> {
        let Script { revision, direction, step, .. } = *script;
        let (dialect, guard) = (self.dialect, self.guard);
        check_finished(dialect, self.connection)?;
        if Held::find((dialect, &mut *self.connection), script, touched, before)?.is_some() {
            return Ok(false);
        }
        check_json(dialect, self.connection, &step.from, &step.operations)
            .map_err(|error| refused_by(&revision.id(), error))?;
        let destroyed = destroyed::by(dialect, revision, direction, step);
        dialect.revision_transaction(self.connection, &[], &mut |connection| {
            destroyed::check(dialect, connection, guard, (direction, &destroyed))
        })?;
        Ok(true)
    }

    /// Runs the step of the number from 0, and notes that it is done.
    fn run_step(&mut self, course: &mut Course<'_, '_>, number: usize) -> Result<()> {
        if let Some(lock) = &mut self.lock {
            lock.check()?;
        }
        let online = course.online;
        let step = &online.steps[number];
        (self.report)(&course.progress(number, step.statements.first().map_or("", String::as_str)));
        let dialect = self.dialect;
        match (&step.way, step.statements.as_slice()) {
            (OnlineWay::Transaction, statements) => {
                let mut noted = None;
                dialect.revision_transaction(self.connection, &[], &mut |connection| {
                    noted = Some(course.note(dialect, connection, number + 1, None)?);
                    run_all(dialect, connection, statements)
                })?;
                course.at = noted;
                Ok(())
            }
            (OnlineWay::Batches { table, key }, [update]) => {
                if course.at.is_none() {
                    course.note_alone(dialect, self.connection, (number, None))?;
                }
                self.fill(course, number, Filled { table, key, update })
            }
            (OnlineWay::Statement | OnlineWay::Batches { .. }, statements) => {
                if course.cursor().is_none() {
                    statements.iter().try_for_each(|statement| check_free(self.connection, statement))?;
                    course.note_alone(dialect, self.connection, (number, Some(BEGUN)))?;
                }
                for statement in statements {
                    self.run_outside(course, statement)?;
                }
                course.note_alone(dialect, self.connection, (number + 1, None))
            }
        }
    }

    /// Runs a statement outside a transaction, which may have run before, wholly or in part. Errors: `ROWS_REFUSED`.
    pub(super) fn run_outside(&mut self, course: &Course<'_, '_>, statement: &str) -> Result<()> {
        let (dialect, connection) = (self.dialect, &mut *self.connection);
        if let Some((name, tables)) = dropped(course, statement) {
            // By its name alone it might be found on another table, or in another schema.
            for table in &tables {
                if let Some(index) = find_index(connection, &name, table)? {
                    return run_alone(dialect, connection, &drop_index(&index));
                }
            }
            return Ok(());
        }
        let index = match Checked::of(statement) {
            Some(Checked::Index { name, table }) => Some((name, table)),
            _ => None,
        };
        for tries in 1.. {
            if let Some((name, table)) = &index {
                match find_index(connection, name, table)? {
                    Some(index) if index.is_valid => return Ok(()),
                    Some(index) => run_alone(dialect, connection, &drop_index(&index))?,
                    None => {}
                }
            }
            let Err(error) = run_alone(dialect, connection, statement) else { break };
            if error.code == Code::Deadlock && tries < TRIES {
                continue;
            }
            let rows = rows::explain(connection, course.script.step, statement, &error);
            if let Some((name, table)) = &index {
                clear(dialect, connection, (name, table));
            }
            return Err(rows.unwrap_or(error));
        }
        Ok(())
    }

    /// Runs the last step, and records in its transaction that the revision is done.
    fn finish(
        &mut self,
        course: &Course<'_, '_>,
        (change, before): (&Change<'_>, &Before),
        mut note: Note,
    ) -> Result<Attempt> {
        if let Some(lock) = &mut self.lock {
            lock.check()?;
        }
        let Script { revision, direction, step, .. } = *course.script;
        let (dialect, guard, steps) = (self.dialect, self.guard, &course.online.steps);
        let statements = steps.last().map(|step| step.statements.as_slice()).unwrap_or_default();
        (self.report)(&course.progress(steps.len() - 1, statements.first().map_or("", String::as_str)));
        let names = change.touched.names();
        // Before the locks of the tables: it makes tables like these.
        let expected = expected(dialect, self.connection, &step.to, &names)?;
        let destroyed = destroyed::by(dialect, revision, direction, step);
        let (keep, mut kept) = (self.keep.map(|limits| (limits, self.by)), Vec::new());
        dialect.revision_transaction(self.connection, &step.tables, &mut |connection| {
            let noted = course.note(dialect, connection, steps.len(), None)?;
            destroyed::check(dialect, connection, guard, (direction, &destroyed))?;
            let losses = Losses::keep(dialect, connection, course.script, keep)?;
            harnessed(connection, revision, direction, &mut |connection| run_all(dialect, connection, statements))?;
            connection.settle()?;
            change.after_as(dialect, connection, before, &expected)?;
            check_folded(dialect, connection, &step.from, &step.operations)
                .map_err(|error| refused_by(change.id, error))?;
            shapes::write(dialect, connection, &step.to, &names, &expected)?;
            losses.note(connection)?;
            noted.end(connection)?;
            note.write(dialect, connection)?;
            kept = losses.kept;
            Ok(())
        })?;
        let mut ran = note.ran(step, kept);
        (ran.online, ran.steps) = (true, Some(steps.len()));
        Ok(Attempt::Done(ran))
    }
}

/// The index that a statement drops, and the names that its table may have at that point; `None` if neither the steps nor the
/// schemas of the revision know its table.
fn dropped(course: &Course<'_, '_>, statement: &str) -> Option<(String, Vec<String>)> {
    let name = dropped_index(statement)?;
    let step = course.script.step;
    let texts = course.online.steps.iter().flat_map(|step| step.statements.iter().chain(step.undo.iter().flatten()));
    let made = texts.filter_map(|text| match Checked::of(text) {
        Some(Checked::Index { name: made, table }) if made == name => Some(table),
        _ => None,
    });
    let has = |table: &&Table| table.indexes.iter().any(|index| index.name == name);
    let known = step.from.tables.iter().chain(&step.to.tables).filter(has).map(|table| table.name.clone());
    let tables: Vec<String> = made.chain(known).collect();
    (!tables.is_empty()).then_some((name, tables))
}

/// Fails if a statement that has not run makes an index whose name is taken: it would count as made.
fn check_free(connection: &mut dyn Execute, statement: &str) -> Result<()> {
    let Some(Checked::Index { name, table }) = Checked::of(statement) else { return Ok(()) };
    match find_index(connection, &name, &table)? {
        Some(index) if index.is_valid => {
            let message = format!("The index {name} of {table} exists already, and this step would make it.");
            Err(Error::new(Code::RevisionFailed, message)
                .table(table.as_str())
                .constraint(name.as_str())
                .expected("no index of this name")
                .found("an index that others have made")
                .hint("Drop that index, or give it another name."))
        }
        _ => Ok(()),
    }
}

/// Runs the statements of a step within its transaction.
pub(super) fn run_all(dialect: &dyn Dialect, connection: &mut dyn Execute, statements: &[String]) -> Result<()> {
    let mut waits = StatementWaits::of(statements.iter().map(String::as_str), true);
    for statement in statements {
        let mut run = |connection: &mut dyn Execute| dialect.run_statement(connection, statement, &mut |_, _| ());
        waits.run(dialect, connection, statement, &mut run)?;
    }
    waits.end(dialect, connection)
}

/// Runs one statement outside a transaction, which waits for locks as it needs.
fn run_alone(dialect: &dyn Dialect, connection: &mut dyn Execute, statement: &str) -> Result<()> {
    let mut waits = StatementWaits::of(std::iter::once(statement), false);
    waits.run(dialect, connection, statement, &mut |connection| connection.batch(statement))
}

/// Takes away the index that a failed statement has left: it keeps rows from being written, and no query uses it. If that
/// fails, too, the next run does it.
fn clear(dialect: &dyn Dialect, connection: &mut dyn Execute, (name, table): (&str, &str)) {
    let found = find_index(connection, name, table);
    if let Ok(Some(index)) = found {
        if !index.is_valid {
            drop(run_alone(dialect, connection, &drop_index(&index)));
        }
    }
}
