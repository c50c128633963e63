//! Every change by hand in random databases is found as drift, named with its table and object, and
//! nothing else is; foreign objects are not differences.

#[path = "support/schemas/mod.rs"]
mod schemas;
mod support;

use plinth::dialect::name::Name;
use plinth::dialect::shape::Shape;
use plinth::dialect::{Dialect, DialectName};
use plinth::drift::{findings, Basis, Findings, Known, Live};
use plinth::engine::sqlite::admin::AdminConnection;
use plinth::migrate::prove::proof::create;
use plinth::schema::Schema;
use plinth::statement::Execute;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use schemas::{by_hand, check, schema, ByHand, Scene, Told, What, ALL};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use support::Database;

/// The default number of databases.
const CASES: u32 = 25;
/// How often each of them is changed.
const CHANGES: usize = 12;

type Holds = Result<(), TestCaseError>;

struct Nothing;

impl Known for Nothing {
    fn had_table(&self, _: &Name) -> bool {
        false
    }

    fn had_column(&self, _: &Name, _: &Name) -> bool {
        false
    }
}

/// A database with the tables of a schema.
struct Place<'a> {
    dialect: &'static dyn Dialect,
    connection: &'a mut dyn Execute,
    schema: &'a Schema,
    expected: Shape,
}

fn failed(what: &str, why: impl std::fmt::Debug) -> TestCaseError {
    TestCaseError::fail(format!("{what}: {why:#?}"))
}

impl<'a> Place<'a> {
    fn new(name: DialectName, connection: &'a mut dyn Execute, schema: &'a Schema) -> Result<Self, TestCaseError> {
        let dialect = name.dialect();
        let expected = dialect.normalize(connection, schema).map_err(|error| failed("normalize", error))?;
        create(dialect, connection, schema).map_err(|error| failed("create", error))?;
        Ok(Place { dialect, connection, schema, expected })
    }

    fn find(&mut self) -> Result<Findings, TestCaseError> {
        let live = Live::read(self.dialect, self.connection).map_err(|error| failed("read", error))?;
        let basis = Basis { schema: Some(self.schema), expected: &self.expected, known: &Nothing, of_revisions: true };
        Ok(findings(self.dialect, &basis, &live))
    }

    fn run(&mut self, sql: &str) -> Holds {
        self.connection.batch(sql).map_err(|error| failed(sql, error))
    }

    /// Changes the database by hand, looks at it, and takes the change back. Tells whether the database took it.
    fn change(&mut self, by_hand: &ByHand) -> Result<bool, TestCaseError> {
        let Some(scene) = Scene::new(self.dialect, self.schema, &self.expected, by_hand) else { return Ok(false) };
        let Some(made) = scene.make(by_hand) else { return Ok(false) };
        self.run("SAVEPOINT as_it_should_be")?;
        let taken = self.connection.batch(&made.sql).is_ok();
        let found = if taken { Some(self.find()) } else { None };
        self.run("ROLLBACK TO as_it_should_be")?;
        let Some(found) = found.transpose()? else { return Ok(false) };

        let told: BTreeSet<Told> = found
            .differences
            .iter()
            .map(|it| (it.table.clone(), it.object.to_owned(), it.name.clone().unwrap_or_default()))
            .collect();
        prop_assert_eq!(told.len(), found.differences.len(), "reported twice: {:#?}", found.differences);
        let must: BTreeSet<Told> = made.differs.iter().cloned().collect();
        let beyond: Vec<&Told> = told.iter().filter(|it| !must.contains(it) && !made.may.contains(it)).collect();
        let unseen: Vec<&Told> = must.iter().filter(|it| !told.contains(it)).collect();
        let is_right = beyond.is_empty() && unseen.is_empty();
        prop_assert!(
            is_right,
            "{}\nnot seen: {:?}\nnot changed: {:?}\n{:#?}",
            made.sql,
            unseen,
            beyond,
            found.differences
        );
        let foreign: Vec<(String, String)> = found.foreign.into_iter().map(|thing| (thing.what, thing.name)).collect();
        prop_assert_eq!(&foreign, &made.foreign, "{}", made.sql);
        Ok(true)
    }
}

/// How often the databases took each change.
type Tally = RefCell<BTreeMap<What, u32>>;

fn law(place: Result<Place<'_>, TestCaseError>, changes: &[ByHand], tally: &Tally) -> Holds {
    let mut place = place?;
    let before = place.find()?;
    prop_assert_eq!(before, Findings::default());
    for by_hand in changes {
        if place.change(by_hand)? {
            *tally.borrow_mut().entry(by_hand.what).or_default() += 1;
        }
    }
    prop_assert_eq!(place.find()?, Findings::default());
    Ok(())
}

/// The law says nothing of a change that no database took.
fn assert_all_were_made(tally: &Tally, but: &[What]) {
    let tally = tally.borrow();
    eprintln!("{tally:?}");
    let never: Vec<&What> = ALL.iter().filter(|what| !but.contains(what) && !tally.contains_key(what)).collect();
    assert!(never.is_empty(), "never made: {never:?}");
}

#[test]
fn on_sqlite() {
    let tally = Tally::default();
    check(CASES, (schema(), vec(by_hand(), CHANGES)), |(schema, changes)| {
        let mut connection = AdminConnection::open(":memory:", 1000).unwrap();
        law(Place::new(DialectName::Sqlite, &mut connection, &schema), &changes, &tally)
    });
    assert_all_were_made(&tally, &[What::NotValid, What::DropPrimaryKey, What::Comment]);
}

#[test]
fn on_postgres() {
    let Some(database) = Database::new() else { return };
    let (connection, tally) = (RefCell::new(database.open()), Tally::default());
    check(CASES, (schema(), vec(by_hand(), CHANGES)), |(schema, changes)| {
        let connection = &mut *connection.borrow_mut();
        connection.batch("BEGIN; CREATE SCHEMA law; SET LOCAL search_path = law").unwrap();
        let result = law(Place::new(DialectName::Postgres, connection, &schema), &changes, &tally);
        connection.batch("ROLLBACK").unwrap();
        result
    });
    assert_all_were_made(&tally, &[]);
}
