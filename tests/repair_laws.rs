//! Whatever is changed by hand in random databases with rows: a safe repair keeps every row and leaves exactly the rest, and a
//! destructive one leaves nothing but what rows forbid or a person has to decide.

#[path = "support/schemas/mod.rs"]
mod schemas;
mod support;

use plinth::dialect::shape::Shape;
use plinth::dialect::{quote, Dialect, DialectName};
use plinth::drift::{Finding, Grade};
use plinth::engine::sqlite::admin::AdminConnection;
use plinth::migrate::disk::graph::Graph;
use plinth::migrate::log::protection::Guard;
use plinth::migrate::log::shapes;
use plinth::migrate::prove::proof::create;
use plinth::migrate::prove::rows::seed;
use plinth::repair::plan::key;
use plinth::repair::report::Outcome;
use plinth::repair::{planned, run, Asked, RepairReport, Wanted};
use plinth::schema::Schema;
use plinth::statement::{Execute, Statement};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use schemas::{by_hand, check, schema, ByHand, Scene, What};
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use support::Database;

/// The default number of databases.
const CASES: u32 = 12;
/// How many changes are made of each, one at a time.
const CHANGES: usize = 6;

type Fails<T> = Result<T, TestCaseError>;

fn failed(what: &str, why: impl std::fmt::Debug) -> TestCaseError {
    TestCaseError::fail(format!("{what}: {why:#?}"))
}

/// The rows of each table: of each row its values by column.
type Rows = BTreeMap<String, Vec<BTreeMap<String, String>>>;

struct Place<'a> {
    dialect: &'static dyn Dialect,
    connection: &'a mut dyn Execute,
    schema: &'a Schema,
    expected: Shape,
}

impl<'a> Place<'a> {
    /// A database with the tables of a schema, rows in them, and a record of what they look like.
    fn new(name: DialectName, connection: &'a mut dyn Execute, schema: &'a Schema) -> Fails<Self> {
        let dialect = name.dialect();
        let expected = dialect.normalize(connection, schema).map_err(|error| failed("normalize", error))?;
        connection.batch("BEGIN").map_err(|error| failed("begin", error))?;
        create(dialect, connection, schema).map_err(|error| failed("create", error))?;
        seed(dialect, connection, schema, &HashMap::new()).map_err(|error| failed("seed", error))?;
        let names: Vec<_> = expected.tables.keys().cloned().collect();
        shapes::prepare(dialect, connection)
            .and_then(|()| shapes::write(dialect, connection, schema, &names, &expected))
            .and_then(|()| connection.batch("COMMIT"))
            .map_err(|error| failed("store", error))?;
        Ok(Place { dialect, connection, schema, expected })
    }

    fn shape(&mut self) -> Fails<Shape> {
        self.dialect.introspect(self.connection, None).map_err(|error| failed("introspect", error))
    }

    fn rows(&mut self) -> Fails<Rows> {
        let mut all = Rows::new();
        for (name, table) in &self.shape()?.tables {
            let columns: Vec<&str> = table.columns.keys().map(|column| column.spelled()).collect();
            if columns.is_empty() {
                continue;
            }
            let list: Vec<String> = columns.iter().map(|column| quote(column)).collect();
            // As PostgreSQL shows any type; SQLite's values are what they are.
            let list: Vec<String> = match self.dialect.name() {
                DialectName::Postgres => list.iter().map(|column| format!("{column}::text")).collect(),
                DialectName::Sqlite => list,
            };
            let sql = format!("SELECT {} FROM {}", list.join(", "), quote(name.spelled()));
            let rows = self.connection.query(&Statement::new(sql)).map_err(|error| failed("rows", error))?;
            let row = |row: Vec<_>| {
                let values = row.iter().zip(&columns);
                values.map(|(value, column)| ((*column).to_owned(), format!("{value:?}"))).collect()
            };
            all.insert(name.spelled().to_owned(), rows.into_iter().map(row).collect());
        }
        Ok(all)
    }

    fn ask<T>(&mut self, destructive: bool, work: impl FnOnce(&mut dyn Execute, &Asked<'_>) -> T) -> T {
        let asked = Asked {
            guard: Guard::Open,
            graph: &Graph::new(&[]),
            models: Some(self.schema),
            wanted: &Wanted::default(),
            destructive,
            start: false,
            is_private: &|_, _| None,
            by: "law",
            keep: None,
        };
        work(self.connection, &asked)
    }

    fn repair(&mut self, destructive: bool, made: &str) -> Fails<RepairReport> {
        let dialect = self.dialect;
        let report = self.ask(destructive, |connection, asked| run(dialect, connection, asked));
        let report = report.map_err(|error| failed(made, error))?;
        let left = self.ask(destructive, |connection, asked| planned(dialect, connection, asked));
        let left = left.map_err(|error| failed(made, error))?;
        prop_assert!(left.outcome == Outcome::Nothing, "{}\n{:#?}\n{:#?}", made, report, left);
        let keys = |list: &[Finding]| list.iter().map(|it| format!("{:?}", key(it))).collect::<Vec<_>>();
        prop_assert_eq!(keys(&report.remaining), keys(&left.remaining), "{}", made);
        Ok(report)
    }
}

/// Whether all values still exist, in the columns of both sides.
fn kept(before: &Rows, after: &Rows, made: &str, report: &RepairReport) -> Fails<()> {
    for (table, rows) in before {
        let Some(now) = after.get(table) else { return Err(failed("a table is gone", (made, table))) };
        let both = |row: &BTreeMap<String, String>, other: Option<&BTreeMap<String, String>>| {
            let is_retyped = |column: &String| {
                report
                    .repaired
                    .iter()
                    .any(|it| it.table == *table && it.object == "column" && it.name.as_ref() == Some(column))
            };
            let there = |column: &String| other.is_none_or(|row| row.contains_key(column));
            let values = row.iter().filter(|(column, _)| there(column) && !is_retyped(column));
            values.map(|(column, value)| format!("{column}={value}")).collect::<Vec<_>>()
        };
        let mut old: Vec<_> = rows.iter().map(|row| both(row, now.first())).collect();
        let mut new: Vec<_> = now.iter().map(|row| both(row, rows.first())).collect();
        old.sort();
        new.sort();
        prop_assert_eq!(old, new, "{}\n{:#?}", made, report);
    }
    Ok(())
}

/// How many of which changes were repaired, and how often something was left.
type Tally = RefCell<BTreeMap<What, (u32, u32)>>;

fn law(place: Fails<Place<'_>>, change: &ByHand, tally: &Tally) -> Fails<()> {
    let mut place = place?;
    let Some(scene) = Scene::new(place.dialect, place.schema, &place.expected, change) else { return Ok(()) };
    let Some(made) = scene.make(change) else { return Ok(()) };
    if place.connection.batch(&made.sql).is_err() {
        return Ok(());
    }
    let before = place.rows()?;
    let safe = place.repair(false, &made.sql)?;
    // A renamed object does not exist under its other name any more.
    let is_safe = |it: &Finding| it.grade != Grade::Destructive || !it.alike.is_empty();
    prop_assert!(safe.repaired.iter().all(is_safe), "{:#?}", safe);
    kept(&before, &place.rows()?, &made.sql, &safe)?;
    let all = place.repair(true, &made.sql)?;
    let waits = |it: &Finding| it.why.ends_with("It waits until the objects that it names are repaired.");
    let open = |it: &Finding| it.why.ends_with("neither is touched until that is decided.");
    let follows = |it: &Finding| it.fix.starts_with("Decide about");
    let is_left = all.remaining.iter().all(|it| it.grade == Grade::Blocked || waits(it) || open(it) || follows(it));
    prop_assert!(is_left, "{}\n{:#?}", made.sql, all);
    let mut tally = tally.borrow_mut();
    let count = tally.entry(change.what).or_default();
    *(if all.remaining.is_empty() { &mut count.0 } else { &mut count.1 }) += 1;
    Ok(())
}

#[test]
fn on_sqlite() {
    let tally = Tally::default();
    check(CASES * 4, (schema(), vec(by_hand(), CHANGES)), |(schema, changes)| {
        changes.iter().try_for_each(|change| {
            let mut connection = AdminConnection::open(":memory:", 1000).unwrap();
            law(Place::new(DialectName::Sqlite, &mut connection, &schema), change, &tally)
        })
    });
    eprintln!("ended, left: {:?}", tally.borrow());
}

#[test]
fn on_postgres() {
    let Some(database) = Database::new() else { return };
    let (connection, tally) = (RefCell::new(database.open()), Tally::default());
    check(CASES, (schema(), vec(by_hand(), CHANGES)), |(schema, changes)| {
        changes.iter().try_for_each(|change| {
            let connection = &mut *connection.borrow_mut();
            let _ = connection.batch("ROLLBACK");
            connection.batch("DROP SCHEMA IF EXISTS law CASCADE; CREATE SCHEMA law; SET search_path = law").unwrap();
            law(Place::new(DialectName::Postgres, connection, &schema), change, &tally)
        })
    });
    eprintln!("ended, left: {:?}", tally.borrow());
}
