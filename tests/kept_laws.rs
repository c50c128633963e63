//! The law of what is kept: whatever a random change destroys of random rows, `restore` brings back to the letter once the
//! change is taken back; and without that it brings it back to the letter, or refuses.

mod support;

#[path = "support/schemas/mod.rs"]
mod schemas;

use plinth::dialect::postgres::syntax::Postgres;
use plinth::dialect::sqlite::syntax::Sqlite;
use plinth::dialect::{quote, Dialect};
use plinth::diff::{apply, diff, reverse, Operation, Outcome};
use plinth::engine::sqlite::admin::AdminConnection;
use plinth::error::{Code, Error};
use plinth::kept::{self, left, Effect, Keeping, Limits, RestoreReport};
use plinth::migrate::prove::proof::create;
use plinth::migrate::prove::rows::seed;
use plinth::migrate::prove::trace::Trace;
use plinth::schema::Schema;
use plinth::statement::{Execute, Statement};
use proptest::test_runner::TestCaseError;
use schemas::{change, check, Care};
use std::cell::Cell;
use std::collections::BTreeMap;
use support::Database;

/// The rows of an entry: the text of the key, and those of the other columns.
type Rows = BTreeMap<Vec<String>, Vec<String>>;

/// A random change of a database with rows.
struct Case<'a> {
    dialect: &'a dyn Dialect,
    from: &'a Schema,
    to: Schema,
    operations: Vec<Operation>,
}

/// The rows of an entry: the table, its key, the columns.
struct Watched {
    number: i64,
    table: String,
    key: Vec<String>,
    columns: Vec<String>,
    rows: Rows,
}

fn told(error: &Error) -> String {
    format!("{error:?}")
}

impl Case<'_> {
    /// Runs operations as one transaction, what is lost kept before.
    fn run(
        &self,
        connection: &mut dyn Execute,
        from: &Schema,
        operations: &[Operation],
        keep: bool,
    ) -> Result<Vec<Watched>, Error> {
        let dialect = self.dialect;
        let statements = dialect.render(from, operations)?;
        let mut watched = Vec::new();
        let tables: Vec<String> = from.tables.iter().map(|table| table.name.clone()).collect();
        dialect.revision_transaction(connection, &tables, &mut |connection| {
            let effect = Effect::of(dialect.naming(), from, operations);
            left::before(dialect, connection, &effect)?;
            let mut numbers: Vec<i64> = Vec::new();
            if keep {
                let keeping = Keeping { by: "ada", why: "upgrade", limits: Limits::default() };
                let kept = kept::keep(dialect, connection, &effect.losses, &keeping)?;
                numbers = kept.iter().map(|kept| kept.number).collect();
                for entry in
                    kept::list(dialect, connection)?.into_iter().filter(|entry| numbers.contains(&entry.number))
                {
                    // A row that only its lost values identify finds no way back.
                    if entry.details.key.is_empty() || entry.details.key.iter().any(|name| entry.columns.contains(name))
                    {
                        continue;
                    }
                    let whole = entry.columns.is_empty();
                    let lost = entry.details.columns.iter().filter(|column| whole || column.lost.is_some());
                    let columns = lost.map(|column| column.name.clone()).collect();
                    let mut one = Watched {
                        number: entry.number,
                        table: entry.table,
                        key: entry.details.key,
                        columns,
                        rows: Rows::new(),
                    };
                    one.rows = read(dialect, connection, &one)?;
                    watched.push(one);
                }
            }
            for sql in &statements {
                dialect.run_statement(connection, sql, &mut |_, _| {})?;
            }
            connection.settle()?;
            left::after(dialect, connection, &effect, &numbers)
        })?;
        Ok(watched)
    }

    fn law(&self, connection: &mut dyn Execute, back: bool, restored: &Cell<usize>) -> Result<(), String> {
        let Case { dialect, from, to, operations } = self;
        create(*dialect, connection, from).map_err(|error| told(&error))?;
        connection.batch("BEGIN").map_err(|error| told(&error))?;
        let later = Trace::of(from, operations).later(from, to);
        // Rows for which no value can be found are not a case.
        if seed(*dialect, connection, from, &later).is_err() {
            return connection.batch("ROLLBACK").map_err(|error| told(&error));
        }
        connection.batch("COMMIT").map_err(|error| told(&error))?;
        // Changes that rows refuse have tests of their own.
        let Ok(watched) = self.run(connection, from, operations, true) else { return Ok(()) };
        if back && self.run(connection, to, &reverse(operations), false).is_err() {
            return Ok(());
        }
        let mut left: Vec<&Watched> = watched.iter().collect();
        let all = |left: &[&Watched]| left.iter().rev().map(|one| one.number).collect::<Vec<_>>();
        if back {
            // Together, in whatever order, rows come back after those that they point to, and in circles.
            restore(*dialect, connection, &all(&left)).map_err(|error| told(&error))?;
            left.clear();
        }
        for _ in 0..=left.len() {
            left.retain(|one| restore(*dialect, connection, &[one.number]).is_err());
        }
        if let Err(error) = restore(*dialect, connection, &all(&left)) {
            if error.code != Code::RestoreRefused {
                return Err(told(&error));
            }
        } else {
            left.clear();
        }
        for one in watched.iter().filter(|one| !left.iter().any(|other| other.number == one.number)) {
            let now = match read(*dialect, connection, one) {
                Ok(now) => now,
                // If names have changed and not back, only restore itself finds the rows.
                Err(_) if !back => continue,
                Err(error) => return Err(told(&error)),
            };
            // The key may be of another kind by now.
            let values = |rows: &Rows| {
                let mut values: Vec<Vec<String>> = rows.values().cloned().collect();
                values.sort();
                values
            };
            if (back && now != one.rows) || values(&now) != values(&one.rows) {
                return Err(format!("{}: {:?}\nwas {:?}\nis  {now:?}", one.table, one.columns, one.rows));
            }
            restored.set(restored.get() + one.rows.len());
        }
        Ok(())
    }
}

fn read(dialect: &dyn Dialect, connection: &mut dyn Execute, one: &Watched) -> Result<Rows, Error> {
    let text = |name: &String| match dialect.name().as_str() {
        // Of a row: a name alone that SQLite does not find is a text to it.
        "sqlite" => format!("typeof(t.{0}) || quote(t.{0})", quote(name)),
        _ => format!("coalesce((t.{})::text, 'NULL')", quote(name)),
    };
    let columns: Vec<String> = one.key.iter().chain(&one.columns).map(text).collect();
    let sql = format!("SELECT {} FROM {} AS t", columns.join(", "), quote(&one.table));
    let rows = connection.query(&Statement::new(sql))?;
    let texts = |row: &[plinth::value::Value]| row.iter().map(|value| format!("{value:?}")).collect::<Vec<_>>();
    Ok(rows.iter().map(|row| (texts(&row[..one.key.len()]), texts(&row[one.key.len()..]))).collect())
}

fn holds(dialect: &dyn Dialect, back: bool, cases: u32, open: &dyn Fn() -> Box<dyn Execute>) {
    let restored = Cell::new(0);
    check(cases, change(Care::Free), |change| {
        let operations = match diff(&change.from, &change.to, &change.choices) {
            Ok(Outcome::Operations(operations)) => operations,
            Ok(Outcome::Questions(_)) | Err(_) => return Ok(()),
        };
        let Ok(to) = apply(&change.from, &operations) else { return Ok(()) };
        let words: Vec<String> = operations.iter().map(Operation::describe).collect();
        let case = Case { dialect, from: &change.from, to, operations };
        case.law(open().as_mut(), back, &restored)
            .map_err(|fault| TestCaseError::fail(format!("{fault}\n{}", words.join("\n"))))
    });
    assert!(restored.get() > 50, "only {} rows were destroyed", restored.get());
}

fn in_memory() -> Box<dyn Execute> {
    Box::new(AdminConnection::open(":memory:", 1000).unwrap())
}

#[test]
fn sqlite_brings_back_what_was_destroyed() {
    holds(&Sqlite, true, 300, &in_memory);
}

#[test]
fn sqlite_brings_it_back_or_refuses_without_the_way_back() {
    holds(&Sqlite, false, 200, &in_memory);
}

fn on_postgres(back: bool) {
    let Some(database) = Database::new() else { return };
    let emptied = || -> Box<dyn Execute> {
        let mut connection = database.open();
        // Values are compared as texts, before and after, which a server may be set to write in
        // other forms or cut short.
        connection
            .batch(
                "SET DateStyle = 'ISO, YMD'; SET TimeZone = 'UTC'; SET IntervalStyle = 'postgres'; \
                 SET bytea_output = 'hex'; SET extra_float_digits = 1",
            )
            .unwrap();
        connection
            .batch("SET client_min_messages = warning; DROP SCHEMA IF EXISTS public, plinth_kept CASCADE; CREATE SCHEMA public")
            .unwrap();
        Box::new(connection)
    };
    holds(&Postgres, back, 60, &emptied);
}

#[test]
fn postgres_brings_back_what_was_destroyed() {
    on_postgres(true);
}

#[test]
fn postgres_brings_it_back_or_refuses_without_the_way_back() {
    on_postgres(false);
}

/// Brings entries back; nothing stands against it.
fn restore(dialect: &dyn Dialect, connection: &mut dyn Execute, numbers: &[i64]) -> Result<RestoreReport, Error> {
    kept::restore(dialect, connection, (numbers, false), &|_, _| Ok(()))
}
