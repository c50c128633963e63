//! The proof of a revision: on a scratch database with rows in every table its SQL is run up, down and up again. Each time
//! it must lead exactly where its operations say, and no row may be lost or changed that they do not give up.

use super::functions::{self, Missing};
use super::onlookers::Onlookers;
use super::rows::{seed, seed_new, Unseeded};
use super::snapshot::{snapshot, Snapshot};
use super::trace::{touched, Trace};
use super::{random_values, restored, same};
use crate::dialect::shape::{compare, Difference, Object, Shape};
use crate::dialect::sqlite::syntax::Sqlite;
use crate::dialect::{quote, Dialect, Work};
use crate::diff::{apply, reverse, Operation};
use crate::engine::sqlite::admin::AdminConnection;
use crate::error::{Code, Error, Result};
use crate::migrate::disk::split::{controls_transaction, no_transaction, statements, Piece};
use crate::migrate::run::refused;
use crate::schema::order::creation_order;
use crate::schema::{Kind, Schema};
use crate::statement::{Execute, Statement};
use crate::value::Value;
use serde::Serialize;
use std::fmt;

/// A revision to prove.
#[derive(Clone, Copy, Debug)]
pub struct Proof<'a> {
    /// The schema on which it is applied.
    pub from: &'a Schema,
    /// The intended changes.
    pub operations: &'a [Operation],
    /// The script that leads up.
    pub up: &'a str,
    /// The script that leads back.
    pub down: &'a str,
}

/// The parts that a proof could not try.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Proven {
    /// Tables that had no rows, because none was found that they could hold.
    pub unseeded: Vec<Unseeded>,
}

/// Where in its proof a revision is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Up,
    Down,
    Again,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Step::Up => "up",
            Step::Down => "down",
            Step::Again => "up again",
        })
    }
}

/// Proves a revision on a SQLite database in memory; see `prove`.
pub fn prove_sqlite(proof: &Proof<'_>) -> Result<Proven> {
    prove(&Sqlite, &mut AdminConnection::open(":memory:", 1000)?, proof)
}

/// Proves a revision. The connection is to an empty SQLite database that is not needed afterwards,
/// or to any PostgreSQL database in which a schema may be created: existing objects are not
/// touched, and nothing is left behind.
///
/// Fails with `ProofFailed`; the message names the step, and the statement with its line or the
/// table and column. If a person has to decide the values of rows in columns that come back, fails
/// with `DecisionRequired`: `questions` asks.
pub fn prove(dialect: &dyn Dialect, connection: &mut dyn Execute, proof: &Proof<'_>) -> Result<Proven> {
    let to = apply(proof.from, proof.operations)?;
    let within = !no_transaction(proof.up) && !no_transaction(proof.down);
    let run = Run { dialect, proof, to: &to, within };
    run.keeps_its_transaction(Step::Up, proof.up)?;
    run.keeps_its_transaction(Step::Down, proof.down)?;
    if !within {
        run.stays_inside(connection, &[proof.up, proof.down])?;
    }
    let name = uuid::Uuid::now_v7().simple().to_string();
    let mut proven = Proven::default();
    dialect.scratch(connection, within, &name, &mut |connection| {
        proven = run.prove(connection)?;
        Ok(())
    })?;
    Ok(proven)
}

/// Creates the tables of a schema if none exist.
pub fn create(dialect: &dyn Dialect, connection: &mut dyn Execute, schema: &Schema) -> Result<()> {
    let order = creation_order(&schema.tables);
    let add = |(at, key): &(usize, usize)| {
        let table = &schema.tables[*at];
        Some((*at, *key, dialect.add_foreign_key(&table.name, &table.foreign_keys[*key])?))
    };
    let later: Vec<(usize, usize, String)> = order.forward.iter().filter_map(add).collect();
    for at in order.tables {
        let mut table = schema.tables[at].clone();
        let mut keys = 0..;
        table.foreign_keys.retain(|_| {
            let key = keys.next();
            !later.iter().any(|(of, number, _)| *of == at && Some(*number) == key)
        });
        connection.batch(&dialect.create_table(&table)).map_err(|error| error.table(&table.name))?;
        for index in &table.indexes {
            connection.batch(&dialect.create_index(&table, index)).map_err(|error| error.table(&table.name))?;
        }
    }
    later.iter().try_for_each(|(_, _, sql)| connection.batch(sql))
}

/// One proof.
pub(super) struct Run<'a> {
    pub dialect: &'a dyn Dialect,
    pub proof: &'a Proof<'a>,
    pub to: &'a Schema,
    /// Whether all of it is one transaction.
    pub within: bool,
}

/// The rows that must still exist after a step.
struct Kept<'a> {
    /// The rows at `from`, as they began.
    start: &'a Snapshot,
    /// The schema that they are in now.
    now: &'a Schema,
    /// The changes of their tables on the way.
    trace: &'a Trace,
}

impl Run<'_> {
    fn prove(&self, connection: &mut dyn Execute) -> Result<Proven> {
        let Proof { from, operations, up, down } = *self.proof;
        let mut there = Trace::of(from, operations);
        let round: Vec<Operation> = operations.iter().cloned().chain(reverse(operations)).collect();
        let mut round = Trace::of(from, &round);
        for trace in [&mut there, &mut round] {
            trace.read_defaults(|kind, value| self.stored(connection, kind, value))?;
        }
        let mut proven = Proven::default();
        let mut onlookers = Onlookers::default();
        self.prepare(connection, &mut |connection| {
            create(self.dialect, connection, from)?;
            let seeded = seed(self.dialect, connection, from, &there.later(from, self.to))?;
            proven.unseeded = seeded.unseeded;
            onlookers = Onlookers::create(self.dialect, connection, (from, self.to), &there, &round)?;
            Ok(())
        })?;
        let before = self.shape(connection, from)?;
        let after = self.shape(connection, self.to)?;

        let start = snapshot(connection, from)?;
        self.arrive(connection, Step::Up, up, &after)?;
        self.reads(connection, Step::Up, self.to)?;
        self.keeps(connection, Step::Up, &Kept { start: &start, now: self.to, trace: &there })?;
        self.look(connection, Step::Up, &onlookers, &there)?;

        // The objects that the revision brings must not block its down script.
        let to = self.to;
        let new: Vec<&str> =
            to.tables.iter().map(|table| table.name.as_str()).filter(|name| there.after(name).is_none()).collect();
        self.prepare(connection, &mut |connection| {
            let seeded = seed_new(self.dialect, connection, to, &new)?;
            proven.unseeded.extend(seeded.unseeded);
            Ok(())
        })?;
        self.arrive(connection, Step::Down, down, &before)?;
        self.reads(connection, Step::Down, from)?;
        self.keeps(connection, Step::Down, &Kept { start: &start, now: from, trace: &round })?;
        self.look(connection, Step::Down, &onlookers, &round)?;

        let start = snapshot(connection, from)?;
        self.arrive(connection, Step::Again, up, &after)?;
        self.keeps(connection, Step::Again, &Kept { start: &start, now: self.to, trace: &there })?;
        self.look(connection, Step::Again, &onlookers, &there)?;
        Ok(proven)
    }

    /// Makes something of our own, whole or not at all.
    pub fn prepare(&self, connection: &mut dyn Execute, work: Work<'_>) -> Result<()> {
        let (begin, end) = match self.within {
            true => ("SAVEPOINT plinth_prepare", "RELEASE plinth_prepare"),
            false => ("BEGIN", "COMMIT"),
        };
        connection.batch(begin)?;
        work(connection).and_then(|()| connection.batch(end)).map_err(|error| {
            // The failure matters, not the connection that is gone.
            let undo = if self.within { "ROLLBACK TO plinth_prepare" } else { "ROLLBACK" };
            let _ = connection.batch(undo);
            self.unprepared(connection, error)
        })
    }

    /// A default of this kind as it is stored.
    pub fn stored(
        &self,
        connection: &mut dyn Execute,
        kind: &Kind,
        value: &serde_json::Value,
    ) -> Result<Option<Value>> {
        let sql = self.dialect.typed(kind, &self.dialect.literal(kind, value));
        let rows = connection.query(&Statement::new(format!("SELECT {sql}")))?;
        Ok(rows.into_iter().flatten().next())
    }

    /// The shape that a schema has here.
    pub fn shape(&self, connection: &mut dyn Execute, schema: &Schema) -> Result<Shape> {
        self.dialect.normalize(connection, schema).map_err(|error| self.unprepared(connection, error))
    }

    pub fn unprepared(&self, connection: &mut dyn Execute, error: Error) -> Error {
        let name = self.dialect.name();
        if let Some(missing) = self.missing(connection, &error) {
            let message = format!("The proof on {name} could not begin: {}.", missing.what);
            return Error::new(Code::ProofFailed, message).table(missing.table).hint(missing.hint);
        }
        let before = format!("The proof on {name} could not begin: its tables and rows cannot be made:");
        let hint = hint_of(&error);
        Error { hint, ..error.recoded(Code::ProofFailed).in_context(&before) }
    }

    /// The function without which the database refused something.
    fn missing(&self, connection: &mut dyn Execute, error: &Error) -> Option<Missing> {
        let Proof { from, operations, .. } = *self.proof;
        let refused = error.code == Code::SqlFailed;
        refused.then(|| functions::missing(self.dialect, connection, [from, self.to], operations))?
    }

    /// A script that ended the transaction around it would change what is not its own.
    pub fn keeps_its_transaction(&self, step: Step, script: &str) -> Result<()> {
        let rules = self.dialect.name().rules();
        for (number, piece) in statements(script, rules).iter().enumerate() {
            let first: String = piece.sql.chars().take_while(|letter| letter.is_ascii_alphabetic()).collect();
            let attaches = ["ATTACH", "DETACH"].contains(&first.to_ascii_uppercase().as_str());
            if attaches || controls_transaction(piece.sql, rules) {
                let place = self.place(number, piece);
                let what = format!("{place} must not be in it: a revision is one transaction");
                return Err(self.failed(step, what).hint(
                    "Take it out. A script whose first line is `-- plinth: no transaction` runs without a transaction.",
                ));
            }
        }
        Ok(())
    }

    /// Runs a script and looks where it has led.
    pub fn arrive(&self, connection: &mut dyn Execute, step: Step, script: &str, expected: &Shape) -> Result<()> {
        self.run(connection, step, script)?;
        self.arrived(connection, step, script, expected)
    }

    /// Looks where a script that has run has led.
    pub fn arrived(&self, connection: &mut dyn Execute, step: Step, script: &str, expected: &Shape) -> Result<()> {
        let found = self.dialect.introspect(connection, None)?;
        let differences: Vec<Difference> = compare(expected, &found);
        let Some(first) = differences.first() else { return Ok(()) };
        let nothing = statements(script, self.dialect.name().rules()).is_empty();
        let empty = if nothing { "the script holds no statement, and " } else { "" };
        let all: Vec<String> = differences.iter().take(8).map(Difference::to_string).collect();
        let more = differences.len().saturating_sub(8);
        let more = if more > 0 { format!("; and {more} more") } else { String::new() };
        let what = format!("{empty}it does not lead where its operations say: {}{more}", all.join("; "));
        let mut error = self.failed(step, what).table(first.table.spelled());
        error.columns.extend(column(&first.object));
        error.expected.clone_from(&first.expected);
        error.found.clone_from(&first.found);
        Err(error.hint("Make the SQL match operations.json; declare other changes in the models first."))
    }

    /// Looks whether each row can be read: a script may have written what its column only holds.
    fn reads(&self, connection: &mut dyn Execute, step: Step, schema: &Schema) -> Result<()> {
        for table in &schema.tables {
            for column in &table.columns {
                let (name, of) = (quote(&column.name), quote(&table.name));
                let Some(readable) = self.dialect.readable(&column.kind, &name) else { continue };
                let other = format!("SELECT 1 FROM {of} WHERE {name} IS NOT NULL AND NOT ({readable}) LIMIT 1");
                if !connection.query(&Statement::new(other))?.is_empty() {
                    let what = format!("it leaves values of {}.{} that cannot be read", table.name, column.name);
                    let hint =
                        "A moment is text such as 2026-11-20T10:00:00.000Z: write strftime('%Y-%m-%dT%H:%M:%fZ', ...).";
                    return Err(self.failed(step, what).table(&table.name).column(&column.name).hint(hint));
                }
            }
        }
        Ok(())
    }

    pub fn run(&self, connection: &mut dyn Execute, step: Step, script: &str) -> Result<()> {
        let pieces = statements(script, self.dialect.name().rules());
        let mut broken: Option<Error> = None;
        let mut work = |connection: &mut dyn Execute| {
            for (number, piece) in pieces.iter().enumerate() {
                if let Err(error) = self.dialect.run_statement(connection, piece.sql, &mut |_, _| ()) {
                    let place = self.place(number, piece);
                    broken = Some(self.failed(step, format!("{place} failed: {}", error.clause())));
                    return Err(error);
                }
            }
            Ok(())
        };
        let tables = touched(self.proof.operations);
        let result = match (no_transaction(script), self.within) {
            (true, _) => work(connection),
            (false, true) => self.dialect.rehearse(connection, &tables, &mut work),
            (false, false) => self.dialect.revision_transaction(connection, &tables, &mut work),
        };
        result.map_err(|error| self.explained(connection, step, broken, error))
    }

    /// Why a script failed, when all that it did is undone: `broken` tells the statement.
    fn explained(&self, connection: &mut dyn Execute, step: Step, broken: Option<Error>, error: Error) -> Error {
        let failed = broken.unwrap_or_else(|| self.failed(step, error.clause()));
        let Proof { from, operations, .. } = *self.proof;
        // The value that rows get in a restored column cannot be guessed if a constraint decides about it.
        if let Some(undecided) = restored::refused(from, operations, &error).filter(|_| step == Step::Down) {
            return undecided.asks(failed, error.constraint);
        }
        if let Some(missing) = self.missing(connection, &error) {
            return self.failed(step, missing.what).table(missing.table).hint(missing.hint);
        }
        let up = (step != Step::Down).then_some(());
        if let Some((what, table, columns)) =
            up.and_then(|()| refused::reason(self.dialect, connection, from, operations, &error))
        {
            let message = format!("{} (rows that it tries have {what}).", failed.clause());
            let hint =
                "The revision gives rows a value that is refused: write it with another --backfill, or change the \
                 constraint.";
            let failed = Error { constraint: error.constraint, ..failed.says(message) };
            return failed.columns(columns).table(table).hint(hint);
        }
        let hint = hint_of(&error);
        Error { hint, ..error.recoded(failed.code).says(failed.message) }
    }

    /// Compares the rows that were at `from` with the present ones.
    fn keeps(&self, connection: &mut dyn Execute, step: Step, kept: &Kept<'_>) -> Result<()> {
        let Kept { start, now, trace } = *kept;
        let rows = snapshot(connection, now)?;
        let (before, after) = ((self.proof.from, start), (now, &rows));
        match same::lost(before, after, trace).or_else(|| random_values::fault(before, after, trace)) {
            None => Ok(()),
            Some(loss) => {
                let columns: Vec<String> = loss.column.into_iter().collect();
                let error = self.failed(step, loss.what).table(loss.table).columns(columns);
                Err(Error { expected: loss.expected, found: loss.found, ..error })
            }
        }
    }

    fn look(&self, connection: &mut dyn Execute, step: Step, onlookers: &Onlookers, trace: &Trace) -> Result<()> {
        match onlookers.disturbed(self.dialect, connection, self.within, trace)? {
            None => Ok(()),
            Some((table, what)) => Err(self.failed(step, what).table(table)),
        }
    }

    /// `statement 2 (line 14, "ALTER TABLE ...")`.
    fn place(&self, number: usize, piece: &Piece<'_>) -> String {
        let number = number + 1;
        if let Some(words) = self.dialect.in_words(piece.sql) {
            return format!("statement {number} (line {}, {words})", piece.line);
        }
        let first = piece.sql.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with("--"));
        let mut first = first.unwrap_or_default().to_owned();
        if let Some((end, _)) = first.char_indices().nth(80) {
            first.truncate(end);
            first.push('…');
        }
        format!("statement {number} (line {}, `{first}`)", piece.line)
    }

    pub fn failed(&self, step: Step, what: impl fmt::Display) -> Error {
        Error::new(Code::ProofFailed, format!("The proof on {} failed at `{step}`: {what}.", self.dialect.name()))
    }
}

/// A hint, if the one of calls on an open database does not fit.
fn hint_of(error: &Error) -> Option<String> {
    error.hint.clone().filter(|_| error.code != Code::SqlFailed)
}

fn column(object: &Object) -> Option<String> {
    match object {
        Object::Column(name) | Object::Nullable(name) | Object::Default(name) | Object::ColumnComment(name) => {
            Some(name.spelled().to_owned())
        }
        _ => None,
    }
}
