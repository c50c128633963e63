//! The proof of a revision in steps: it must lead where the one transaction leads, with the same values in all rows. Its trigger
//! must fill what its batches fill, and what is done before the last step must be undone by the statements that it has for it.
//! Steps that were edited by hand are proven the same way, beside the script of one transaction, edited or not.

use super::filled::TICK;
use super::proof::{create, Proof, Run, Step};
use super::rows::seed;
use super::snapshot::{canonical, snapshot, Snapshot};
use super::step_run::Place;
use super::trace::Trace;
use crate::dialect::online::{OnlineStep, OnlineWay};
use crate::dialect::postgres::blocking_scan::Scans;
use crate::dialect::shape::{compare, Shape};
use crate::dialect::Dialect;
use crate::diff::apply;
use crate::error::Result;
use crate::migrate::disk::split::statements;
use crate::schema::{Kind, Schema, Table};
use crate::statement::{Execute, Row};
use crate::value::Value;
use std::thread::sleep;

/// The steps of a revision each way; without them that way is one transaction.
#[derive(Clone, Copy, Debug)]
pub struct Ways<'a> {
    /// Up.
    pub up: Option<&'a [OnlineStep]>,
    /// Back.
    pub down: Option<&'a [OnlineStep]>,
}

/// The rows on which steps are tried.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Rows {
    /// Several in each table. A script may refuse them if a column that an expression fills is unique.
    Several,
    /// Only one in such a table.
    Fewer,
    /// None.
    No,
}

/// Proves the steps of a revision that is proven as one transaction. The connection is as for `prove`; the work is not one
/// transaction. Errors: `ProofFailed`, whose message names the step.
pub fn prove_steps(
    dialect: &dyn Dialect,
    connection: &mut dyn Execute,
    proof: &Proof<'_>,
    ways: Ways<'_>,
) -> Result<()> {
    let to = apply(proof.from, proof.operations)?;
    let run = Run { dialect, proof, to: &to, within: false };
    let make = |connection: &mut dyn Execute| {
        run.prepare(connection, &mut |connection| create(dialect, connection, proof.from))
    };
    run.all_stay_inside(connection, &[], ways)?;
    run.prove_on(connection, &make, &[Rows::Several, Rows::Fewer], ways)
}

/// The same for steps that were edited by hand, or stand beside scripts that were. `before` are the scripts that made the
/// existing objects, if those were edited too. A script by hand may ask for other rows than ours: then there are none.
pub fn replay_steps(
    dialect: &dyn Dialect,
    connection: &mut dyn Execute,
    before: &[String],
    proof: &Proof<'_>,
    ways: Ways<'_>,
) -> Result<()> {
    let to = apply(proof.from, proof.operations)?;
    let run = Run { dialect, proof, to: &to, within: false };
    let make = |connection: &mut dyn Execute| run.begin_replay(connection, before);
    run.all_stay_inside(connection, before, ways)?;
    run.prove_on(connection, &make, &[Rows::Several, Rows::Fewer, Rows::No], ways)
}

impl Run<'_> {
    /// Proves steps on tables that `make` makes, with the first rows that the scripts of one transaction take; the last ones
    /// are not tried with these.
    fn prove_on(
        &self,
        connection: &mut dyn Execute,
        make: &dyn Fn(&mut dyn Execute) -> Result<()>,
        choices: &[Rows],
        ways: Ways<'_>,
    ) -> Result<()> {
        let mut on_scratch = |work: &mut dyn FnMut(&mut dyn Execute) -> Result<()>| {
            let name = uuid::Uuid::now_v7().simple().to_string();
            self.dialect.scratch(connection, false, &name, &mut |connection| {
                make(connection)?;
                work(connection)
            })
        };
        let mut rows = choices.last().copied().unwrap_or(Rows::No);
        for choice in choices.iter().copied().filter(|choice| *choice != rows) {
            let mut are_taken = false;
            on_scratch(&mut |connection| {
                are_taken = self.takes(connection, choice);
                Ok(())
            })?;
            if are_taken {
                rows = choice;
                break;
            }
        }
        on_scratch(&mut |connection| {
            self.seed(connection, rows)?;
            self.lead_there_and_back(connection, ways)
        })
    }

    /// See `stays_inside`.
    fn all_stay_inside(&self, connection: &mut dyn Execute, before: &[String], ways: Ways<'_>) -> Result<()> {
        let steps = [ways.up, ways.down].into_iter().flatten().flatten();
        let texts = steps.flat_map(|step| step.statements.iter().chain(step.undo.iter().flatten()));
        let whole = [self.proof.up, self.proof.down];
        let scripts: Vec<&str> = before.iter().chain(texts).map(String::as_str).chain(whole).collect();
        self.stays_inside(connection, &scripts)
    }

    /// Whether the scripts of one transaction take these rows, up and back.
    fn takes(&self, connection: &mut dyn Execute, rows: Rows) -> bool {
        let Proof { up, down, .. } = *self.proof;
        self.seed(connection, rows).is_ok()
            && self.run(connection, Step::Up, up).is_ok()
            && self.run(connection, Step::Down, down).is_ok()
    }

    /// Gives the tables of the schema before their rows.
    fn seed(&self, connection: &mut dyn Execute, rows: Rows) -> Result<()> {
        let Proof { from, operations, .. } = *self.proof;
        if rows == Rows::No {
            return Ok(());
        }
        self.prepare(connection, &mut |connection| {
            let mut there = Trace::of(from, operations);
            there.read_defaults(|kind, value| self.stored(connection, kind, value))?;
            let mut later = there.later(from, self.to);
            if rows == Rows::Several {
                later.values_mut().for_each(|later| later.most = later.most.filter(|most| *most == 0));
            }
            seed(self.dialect, connection, from, &later).map(|_| ())
        })
    }

    fn lead_there_and_back(&self, connection: &mut dyn Execute, ways: Ways<'_>) -> Result<()> {
        let before = self.shape(connection, self.proof.from)?;
        // A function that the models call may exist only since an edited script has run: the script may make it.
        let after = self.same_as_whole(connection, Step::Up, ways, None)?;
        self.same_as_whole(connection, Step::Down, ways, Some(&before))?;
        self.undoes(connection, Step::Again, ways, &before)?;
        self.go(connection, Step::Again, ways)?;
        self.arrived(connection, Step::Again, self.proof.up, &after)?;
        self.undoes(connection, Step::Down, ways, &after)
    }

    /// One way in steps and as one transaction: both lead to one shape, with the same rows. `expected` is this shape if it is
    /// known; else the schema says it.
    fn same_as_whole(
        &self,
        connection: &mut dyn Execute,
        step: Step,
        ways: Ways<'_>,
        expected: Option<&Shape>,
    ) -> Result<Shape> {
        let (script, to) = self.whole(step);
        let Some(steps) = steps_of(step, ways) else {
            self.run(connection, step, script)?;
            return self.arrived_at(connection, step, expected);
        };
        let first = self.rehearsed(connection, script, to)?;
        sleep(TICK);
        let whole = [first, self.rehearsed(connection, script, to)?];
        let old = Scans::read(connection)?;
        for (at, one) in steps.iter().enumerate() {
            let place = Place { step, at, old: &old };
            match &one.way {
                OnlineWay::Batches { table, key } => {
                    self.finds_rows(connection, place, (table, key))?;
                    self.fill(connection, place, (table, key), &one.statements)?;
                }
                _ => self.run_step(connection, place, &one.way, &one.statements)?,
            }
        }
        let after = self.arrived_at(connection, step, expected)?;
        let found = snapshot(connection, to)?;
        match differing(to, &whole, &found) {
            None => Ok(after),
            Some(table) => Err(self
                .failed(step, format!("its steps leave other rows in `{table}` than its one transaction"))
                .table(table)),
        }
    }

    /// Compares the present shape with the expected one, and gives that.
    fn arrived_at(&self, connection: &mut dyn Execute, step: Step, expected: Option<&Shape>) -> Result<Shape> {
        let (script, to) = self.whole(step);
        let expected = match expected {
            Some(shape) => shape.clone(),
            None => self.shape(connection, to)?,
        };
        self.arrived(connection, step, script, &expected)?;
        Ok(expected)
    }

    /// The script of one way, and the schema to which it leads.
    fn whole(&self, step: Step) -> (&str, &Schema) {
        match step {
            Step::Down => (self.proof.down, self.proof.from),
            Step::Up | Step::Again => (self.proof.up, self.to),
        }
    }

    /// Goes one way, in steps if there are any.
    fn go(&self, connection: &mut dyn Execute, step: Step, ways: Ways<'_>) -> Result<()> {
        match steps_of(step, ways) {
            Some(steps) => {
                let (old, mut steps) = (Scans::read(connection)?, steps.iter().enumerate());
                steps.try_for_each(|(at, one)| {
                    self.run_step(connection, Place { step, at, old: &old }, &one.way, &one.statements)
                })
            }
            None => self.run(connection, step, self.whole(step).0),
        }
    }

    /// The rows after a script, which is undone.
    fn rehearsed(&self, connection: &mut dyn Execute, script: &str, to: &Schema) -> Result<Snapshot> {
        connection.batch("BEGIN")?;
        let rows = self.run_whole(connection, script).and_then(|()| snapshot(connection, to));
        connection.batch("ROLLBACK")?;
        rows
    }

    /// Runs a script in the transaction that is open.
    fn run_whole(&self, connection: &mut dyn Execute, script: &str) -> Result<()> {
        let mut pieces = statements(script, self.dialect.name().rules()).into_iter();
        pieces.try_for_each(|piece| self.dialect.run_statement(connection, piece.sql, &mut |_, _| ()))
    }

    /// The first step is done and undone, then the first two, and so on to the last but one: each time the shape is as before,
    /// and no row or value is lost.
    fn undoes(&self, connection: &mut dyn Execute, step: Step, ways: Ways<'_>, before: &Shape) -> Result<()> {
        let Some(steps) = steps_of(step, ways) else { return Ok(()) };
        let old = Scans::read(connection)?;
        let from = if step == Step::Down { self.to } else { self.proof.from };
        let rows = snapshot(connection, from)?;
        for count in 1..steps.len() {
            let done = &steps[..count];
            for (at, one) in done.iter().enumerate() {
                self.run_step(connection, Place { step, at, old: &old }, &one.way, &one.statements)?;
            }
            for (at, one) in done.iter().enumerate().rev() {
                let Some(undo) = &one.undo else {
                    return Err(self.failed(step, format!("step {} has no undo", at + 1)));
                };
                self.undo_step(connection, Place { step, at, old: &old }, &one.way, undo)?;
            }
            let hint = "Correct what stands below `-- plinth: undo` at the step that makes it.";
            let found = self.dialect.introspect(connection, None)?;
            if let Some(difference) = compare(before, &found).first() {
                let what = format!("the undo from step {count} back leaves a difference: {difference}");
                return Err(self.failed(step, what).table(difference.table.spelled()).hint(hint));
            }
            let left = snapshot(connection, from)?;
            if let Some(table) = from.tables.iter().find(|table| is_any_lost(&rows, &left, table)) {
                let what = format!("the undo from step {count} back loses rows or values of `{}`", table.name);
                return Err(self.failed(step, what).table(&table.name).hint(hint));
            }
        }
        Ok(())
    }
}

/// Whether a row of before is gone, or a value of it. A value that replaces NULL is not a loss.
fn is_any_lost(before: &Snapshot, after: &Snapshot, table: &Table) -> bool {
    let none = Vec::new();
    let rows = |of: &Snapshot| of.get(&table.name).unwrap_or(&none).clone();
    let mut left = rows(after);
    let text = |at: usize, value: &Value| canonical(&table.columns[at].kind, value);
    let is_kept = |row: &Row, other: &Row| {
        let mut pairs = row.iter().zip(other).enumerate();
        pairs.all(|(at, (value, other))| *value == Value::Null || text(at, value) == text(at, other))
    };
    rows(before).iter().any(|row| match left.iter().position(|other| is_kept(row, other)) {
        Some(at) => {
            left.swap_remove(at);
            false
        }
        None => true,
    })
}

fn steps_of<'a>(step: Step, ways: Ways<'a>) -> Option<&'a [OnlineStep]> {
    match step {
        Step::Down => ways.down,
        Step::Up | Step::Again => ways.up,
    }
}

/// The first table whose rows are not those that two runs of the one transaction agree on.
fn differing<'a>(schema: &'a Schema, whole: &[Snapshot; 2], found: &Snapshot) -> Option<&'a str> {
    let none = Vec::new();
    let differs = schema.tables.iter().find(|table| {
        let rows = |of: &Snapshot| of.get(&table.name).unwrap_or(&none).clone();
        let [one, other, found] = [rows(&whole[0]), rows(&whole[1]), rows(found)];
        !agree(|column| &table.columns[column].kind, [&one, &other], &found)
    });
    differs.map(|table| table.name.as_str())
}

/// Whether rows are alike, in any order, in the columns in which two runs are: the time of a run and random values are not. Of
/// those it compares only whether they are NULL.
fn agree<'k>(kind: impl Fn(usize) -> &'k Kind, runs: [&[Row]; 2], found: &[Row]) -> bool {
    let columns = runs[0].first().map_or(0, Vec::len);
    let column = |rows: &[Row], at: usize| {
        let mut values: Vec<String> = rows.iter().map(|row| canonical(kind(at), &row[at])).collect();
        values.sort();
        values
    };
    let steady: Vec<bool> = (0..columns).map(|at| column(runs[0], at) == column(runs[1], at)).collect();
    let of = |rows: &[Row]| {
        let shown = |(value, (at, steady)): (&Value, (usize, &bool))| match steady {
            true => canonical(kind(at), value),
            false => (*value == Value::Null).to_string(),
        };
        let row = |row: &Row| row.iter().zip(steady.iter().enumerate()).map(shown).collect::<Vec<String>>();
        let mut rows: Vec<Vec<String>> = rows.iter().map(row).collect();
        rows.sort();
        rows
    };
    of(runs[0]) == of(found)
}
