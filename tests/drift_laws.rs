//! A database that only Plinth touched has no drift: after each of random revisions up and down, after `init` without revisions,
//! after adoption and after `stamp`; and in the written cases.

#[path = "support/schemas/mod.rs"]
mod schemas;
mod support;

use plinth::database::{self, migrations};
use plinth::dialect::DialectName;
use plinth::diff::{apply, diff, Choices, Operation, Outcome};
use plinth::drift::{self, DriftReport, Finding};
use plinth::error::Result as Answer;
use plinth::migrate::disk::folder;
use plinth::migrate::disk::graph::Graph;
use plinth::migrate::log::protection::Guard;
use plinth::migrate::report::verbs::{Logged, Options};
use plinth::migrate::run::runner::Runner;
use plinth::schema::{Models, Schema};
use plinth::statement::Execute;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use schemas::{check, models_json, schema, walk, Walk};
use std::fs;
use std::path::Path;
use support::restored::RESTORE;
use support::revisions::{Draft, Place};

/// How many changes a walk has at most.
const STEPS: usize = 20;
/// The default number of walks and schemas.
const CASES: u32 = 5;

type Holds = Result<(), TestCaseError>;

/// Where a walk goes next.
#[derive(Clone, Copy, Debug)]
enum Move {
    /// To a new revision.
    On,
    /// One revision back.
    Down,
    /// To the newest revision.
    Up,
    /// Nowhere: all revisions are recorded anew.
    Stamp,
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let step = prop_oneof![4 => Just(Move::On), 2 => Just(Move::Down), 1 => Just(Move::Up), 1 => Just(Move::Stamp)];
    vec(step, STEPS)
}

fn failed(when: &str, why: impl std::fmt::Debug) -> TestCaseError {
    TestCaseError::fail(format!("{when}: {why:#?}"))
}

/// Nothing differs, and nothing is there but what is Plinth's.
fn nothing(when: &str, report: Answer<DriftReport>) -> Holds {
    let found = report.map_err(|error| failed(when, error))?.findings;
    let told: Vec<&Finding> = found.differences.iter().collect();
    prop_assert!(told.is_empty(), "{}: {:#?}", when, told);
    let strange =
        found.foreign.iter().find(|thing| !["a table of Plinth", "a table of Diesel"].contains(&&*thing.what));
    prop_assert_eq!(strange, None, "{}", when);
    Ok(())
}

fn drift(place: &Place, models: Option<&Models>, options: &Options) -> Answer<DriftReport> {
    migrations::drift(&place.target, models, options, &mut |_| {})
}

/// No drift by what the database stores, without anything made anew.
fn stored(when: &str, place: &Place) -> Holds {
    let seen = migrations::seen(&place.target, None, &place.options()).map_err(|error| failed(when, error))?;
    nothing(when, Ok(seen.map_err(|reason| failed(when, reason))?))
}

fn operations(from: &Schema, to: &Schema) -> Vec<Operation> {
    match diff(from, to, &Choices::default()) {
        Ok(Outcome::Operations(operations)) => operations,
        other => panic!("{other:?}"),
    }
}

/// The revisions of a place, one after the other, and a connection that runs them.
struct Line<'a> {
    place: &'a Place,
    connection: Box<dyn Execute>,
    /// The schema after each revision.
    schemas: Vec<Schema>,
    applied: usize,
}

impl<'a> Line<'a> {
    fn new(place: &'a Place) -> Self {
        Line { place, connection: place.open(), schemas: Vec::new(), applied: 0 }
    }

    fn version(number: usize) -> String {
        format!("202601010000{number:02}")
    }

    /// Writes the next revision.
    fn write(&mut self, operations: &[Operation], to: &Schema) {
        let number = self.schemas.len();
        let (version, before) = (Line::version(number), number.checked_sub(1).map(Line::version));
        let after: Vec<&str> = before.as_deref().into_iter().collect();
        let from = self.schemas.last().cloned().unwrap_or_default();
        self.place.render(Draft::of(&version, "step", &after), &from, to, operations);
        self.schemas.push(to.clone());
    }

    /// Carries out a move; tells whether it was one.
    fn go(&mut self, step: Move) -> Answer<bool> {
        let (head, applied) = (self.schemas.len(), self.applied);
        self.applied = match step {
            Move::On | Move::Up if applied < head => head,
            Move::Down if applied > 0 => applied - 1,
            Move::Stamp if applied > 0 => applied,
            _ => return Ok(false),
        };
        let revisions = folder::read(&self.place.dir())?;
        let graph = Graph::new(&revisions);
        let connection = self.connection.as_mut();
        let report = &mut |_: &_| {};
        let mut runner = Runner {
            dialect: self.place.dialect,
            connection,
            lock: None,
            graph: &graph,
            by: "ada",
            keep: None,
            guard: Guard::Open,
            online: None,
            report,
        };
        match step {
            Move::On | Move::Up => runner.upgrade("head").map(drop)?,
            Move::Down => runner.downgrade("-1").map(drop)?,
            Move::Stamp => {
                runner.stamp("base")?;
                runner.stamp(&Line::version(applied - 1))?;
            }
        }
        Ok(true)
    }

    /// No drift; `made`: also if what should be there is not stored, and is made anew.
    fn holds(&mut self, when: &str, made: bool) -> Holds {
        let revisions = folder::read(&self.place.dir()).map_err(|error| failed(when, error))?;
        let (dialect, graph) = (self.place.dialect, Graph::new(&revisions));
        if made {
            return nothing(when, drift::drift(dialect, self.connection.as_mut(), &graph, None, None));
        }
        let seen = drift::drift_by_what_is_stored(dialect, self.connection.as_mut(), &graph, None);
        let seen = seen.map_err(|error| failed(when, error))?;
        nothing(when, Ok(seen.map_err(|reason| failed(when, reason))?))
    }
}

fn no_drift_on_the_way(place: &Place, walk: &Walk, moves: &[Move]) -> Holds {
    let mut line = Line::new(place);
    line.write(&operations(&Schema::default(), &walk.from), &walk.from);
    let mut steps = walk.steps.iter();
    for (number, step) in std::iter::once(&Move::Up).chain(moves).enumerate() {
        if let Move::On = step {
            let Some((operations, to)) = steps.next() else { break };
            line.write(operations, to);
        }
        let when = format!("move {number}, {step:?}");
        if line.go(*step).map_err(|error| failed(&when, error))? {
            line.holds(&when, false)?;
        }
    }
    line.connection.batch("DROP TABLE plinth_shape").unwrap();
    line.holds("without what is stored", true)
}

fn no_drift_without_a_way(place: &Place, schema: &Schema) -> Holds {
    let models = Models::from_json(&models_json(schema)).map_err(|error| failed("models", error))?;
    let init = |options: &Options| database::init(&place.target, &models, options);
    let alone = Options::default();
    init(&alone).map_err(|error| failed("init", error))?;
    nothing("init", drift(place, Some(&models), &alone))?;
    if place.dialect.name() == DialectName::Postgres {
        place.run(RESTORE);
        nothing("restored", drift(place, Some(&models), &alone))?;
    }
    let again = init(&alone).map_err(|error| failed("init again", error))?;
    prop_assert_eq!(again.drift.map(|grades| grades == Default::default()), Some(true));

    Line::new(place).write(&operations(&Schema::default(), schema), schema);
    let adopted = init(&place.options()).map_err(|error| failed("adoption", error))?;
    prop_assert!(adopted.adopted);
    stored("adoption", place)?;

    place.stamp("base").map_err(|error| failed("stamp base", error))?;
    // Nothing is expected at base: the tables exist, and belong to no revision.
    let at_base = drift(place, Some(&models), &place.options()).map_err(|error| failed("at base", error))?;
    prop_assert_eq!(at_base.findings.differences, Vec::new());
    place.stamp("head").map_err(|error| failed("stamp head", error))?;
    nothing("stamp head", drift(place, Some(&models), &place.options()))?;
    init(&place.options()).map_err(|error| failed("init at head", error))?;
    stored("init at head", place)?;

    let recorded = || {
        let last = place.history().log.pop();
        last.and_then(|logged| match logged {
            Logged::Revision(entry) => entry.operations,
            Logged::Repair { .. } => None,
        })
    };
    let by_runner = recorded();
    by_script(place).map_err(|error| failed("scripts", error))?;
    prop_assert_eq!(recorded(), by_runner);
    nothing("scripts", drift(place, Some(&models), &place.options()))
}

/// Takes all back, and applies it again, by the scripts that are printed for people.
fn by_script(place: &Place) -> Answer<()> {
    let to = |to: &str| Options { sql: true, to: Some(to.into()), ..place.options() };
    let down = migrations::downgrade(&place.target, &to("base"), &mut |_| {})?.sql;
    place.open().batch(&down.unwrap_or_default())?;
    let up = migrations::upgrade(&place.target, None, &to("head"), &mut |_| {})?.sql;
    place.open().batch(&up.unwrap_or_default())
}

/// Empties a place that serves all cases.
fn empty(place: &Place) {
    place.run("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
    let _ = fs::remove_dir_all(place.dir());
}

#[test]
fn revisions_leave_no_drift_on_sqlite() {
    check(CASES, (walk(STEPS), moves()), |(walk, moves)| no_drift_on_the_way(&Place::sqlite().unwrap(), &walk, &moves));
}

#[test]
fn revisions_leave_no_drift_on_postgres() {
    let Some(place) = Place::postgres() else { return };
    check(CASES, (walk(STEPS), moves()), |(walk, moves)| {
        let result = no_drift_on_the_way(&place, &walk, &moves);
        empty(&place);
        result
    });
}

#[test]
fn init_adoption_and_stamp_leave_no_drift_on_sqlite() {
    check(CASES, schema(), |schema| no_drift_without_a_way(&Place::sqlite().unwrap(), &schema));
}

#[test]
fn init_adoption_and_stamp_leave_no_drift_on_postgres() {
    let Some(place) = Place::postgres() else { return };
    check(CASES, schema(), |schema| {
        let result = no_drift_without_a_way(&place, &schema);
        empty(&place);
        result
    });
}

/// The schemas of a written case; `None` if its end is a question or an error.
fn case(folder: &Path) -> Option<(Schema, Vec<Operation>)> {
    let read = |name: &str| fs::read_to_string(folder.join(name)).ok();
    let schema = |name: &str| read(name).map(|text| Models::from_json(&text).unwrap().schema).unwrap_or_default();
    let choices = read("choices.json").map(|text| serde_json::from_str(&text).unwrap()).unwrap_or_default();
    let from = schema("from.json");
    match diff(&from, &schema("to.json"), &choices) {
        Ok(Outcome::Operations(operations)) => Some((from, operations)),
        _ => None,
    }
}

/// At the first schema of each case and at the second there is no drift.
fn cases_leave_no_drift(moves: &[Move], law: impl Fn(&Walk, &[Move]) -> Holds) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut seen = 0;
    for folder in fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()) {
        let Some((from, operations)) = case(&folder) else { continue };
        let to = apply(&from, &operations).unwrap();
        let walk = Walk { from, steps: vec![(operations, to)] };
        if let Err(error) = law(&walk, moves) {
            panic!("{}: {error}", folder.display());
        }
        seen += 1;
    }
    assert!(seen >= 30, "the cases were not found");
}

#[test]
fn the_written_cases_leave_no_drift_on_sqlite() {
    cases_leave_no_drift(&[Move::On, Move::Down], |walk, moves| {
        no_drift_on_the_way(&Place::sqlite().unwrap(), walk, moves)
    });
}

#[test]
fn the_written_cases_leave_no_drift_on_postgres() {
    let Some(place) = Place::postgres() else { return };
    cases_leave_no_drift(&[Move::On], |walk, moves| {
        let result = no_drift_on_the_way(&place, walk, moves);
        empty(&place);
        result
    });
}
