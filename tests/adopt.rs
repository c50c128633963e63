//! init and reset with revisions: fresh, pending, adopted, refused; nothing done by halves.

mod support;

use plinth::database;
use plinth::error::Code;
use plinth::init::InitReport;
use plinth::migrate::log::history::Direction;
use plinth::migrate::report::verbs::{Logged, Options};
use plinth::schema::Models;
use plinth::value::Value;
use serde_json::{json, Value as Json};
use std::sync::Barrier;
use support::revisions::{Draft, Place};

on_both!(
    fresh_then_again,
    without_auto_nothing_is_applied,
    models_ahead_of_the_revisions_are_told,
    a_database_of_revisions_is_theirs,
    tables_from_before_are_adopted,
    what_is_missing_is_added,
    indexes_of_others_are_left_alone,
    what_differs_is_refused,
    rows_in_the_way_are_named,
    ten_inits_at_once,
    init_beside_upgrade,
    reset_ends_at_head,
    a_reset_that_fails_changes_nothing,
    a_reset_over_what_cannot_be_undone,
);

const A: &str = "20260101000000";
const B: &str = "20260102000000";

/// users with email, unique; notes that point to users; `extra` more columns of users.
fn json_models(extra: &[Json], more: Json) -> Json {
    let mut columns = vec![
        json!({ "property": "id", "name": "id", "kind": "id" }),
        json!({ "property": "email", "name": "email", "kind": "text" }),
    ];
    columns.extend_from_slice(extra);
    let mut users = json!({ "model": "users", "table": "users", "primaryKey": ["id"], "columns": columns });
    users.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let notes = json!({ "model": "notes", "table": "notes", "primaryKey": ["id"], "columns": [
        { "property": "id", "name": "id", "kind": "id" },
        { "property": "userId", "name": "user_id", "kind": "integer", "nullable": true } ],
        "foreignKeys": [{ "columns": ["user_id"], "target": "users", "references": ["id"], "onDelete": "cascade" }] });
    json!({ "format": 1, "models": [users, notes] })
}

fn phone() -> Json {
    json!({ "property": "phone", "name": "phone", "kind": "text", "nullable": true })
}

fn rest() -> Json {
    json!({ "uniques": [{ "columns": ["email"] }], "indexes": [{ "parts": [{ "column": "phone" }] }] })
}

fn of(json: &Json) -> Models {
    Models::from_json(&json.to_string()).unwrap()
}

/// The tables of the revisions.
fn head() -> Models {
    of(&json_models(&[phone()], rest()))
}

/// A: users and notes without phone. B: the phone, its index, and that emails are unique.
fn revisions(place: &Place) {
    let first = of(&json_models(&[], json!({}))).schema;
    let second = head().schema;
    place.generate(Draft::of(A, "first", &[]), &Default::default(), &first);
    place.generate(Draft::of(B, "phone", &[A]), &first, &second);
}

fn init(place: &Place, models: &Models) -> plinth::error::Result<InitReport> {
    database::init(&place.target, models, &place.options())
}

fn fresh_then_again(place: &Place) {
    revisions(place);
    let report = init(place, &head()).unwrap();
    assert_eq!(report.migrated.iter().map(|ran| ran.version.as_str()).collect::<Vec<_>>(), [A, B]);
    assert_eq!((report.adopted, report.pending), (false, vec![]));
    assert_eq!(
        (report.created.tables, report.created.indexes),
        (vec!["users".to_owned(), "notes".to_owned()], vec!["users_phone_idx".to_owned()])
    );
    assert!(place.has("plinth_seeds"));
    let before = place.snapshot();
    let again = init(place, &head()).unwrap();
    assert!(again.migrated.is_empty() && again.created.tables.is_empty() && again.pending.is_empty());
    assert_eq!(again.existing.tables, ["users", "notes"]);
    assert_eq!(place.snapshot(), before);
}

fn without_auto_nothing_is_applied(place: &Place) {
    revisions(place);
    let options = Options { auto: Some(false), ..place.options() };
    let report = database::init(&place.target, &head(), &options).unwrap();
    assert_eq!(report.pending.len(), 2);
    assert!(report.pending[0].contains("20260101000000_first") && report.migrated.is_empty());
    assert!(!place.has("users"));
    place.upgrade(A).unwrap();
    let report = database::init(&place.target, &head(), &options).unwrap();
    assert!(report.pending[0].contains("20260102000000_phone"), "{:?}", report.pending);
    assert_eq!(place.status().applied, 1);
}

fn models_ahead_of_the_revisions_are_told(place: &Place) {
    revisions(place);
    let ahead = of(&json_models(
        &[phone(), json!({ "property": "age", "name": "age", "kind": "integer", "nullable": true })],
        rest(),
    ));
    let report = init(place, &ahead).unwrap();
    assert_eq!(report.pending.len(), 1, "{:?}", report.pending);
    assert!(report.pending[0].contains("plinth revision"));
}

fn a_database_of_revisions_is_theirs(place: &Place) {
    revisions(place);
    init(place, &head()).unwrap();
    place.run("DROP TABLE notes");
    let report = database::init(&place.target, &head(), &Options::default()).unwrap();
    assert!(report.created.tables.is_empty() && !place.has("notes"), "{report:?}");
    assert!(report.pending.iter().any(|told| told.contains("`notes`") && told.contains("revisions")), "{report:?}");
}

fn tables_from_before_are_adopted(place: &Place) {
    database::init(&place.target, &head(), &Options::default()).unwrap();
    place.run("INSERT INTO users (email) VALUES ('ada'); INSERT INTO notes (user_id) VALUES (1)");
    revisions(place);
    let report = init(place, &head()).unwrap();
    assert_eq!((report.adopted, report.migrated.len(), report.pending.len()), (true, 0, 0), "{report:?}");
    let log = place.history().log;
    let directions = log.iter().filter_map(Logged::revision).map(|entry| entry.direction);
    assert_eq!(directions.collect::<Vec<_>>(), [Direction::Stamp, Direction::Stamp]);
    assert_eq!(place.number("SELECT count(*) FROM users") + place.number("SELECT count(*) FROM notes"), 2);
    assert_eq!(place.downgrade("-1").unwrap().reverted.len(), 1);
    assert!(!init(place, &head()).unwrap().adopted);
}

fn what_is_missing_is_added(place: &Place) {
    database::init(&place.target, &of(&json_models(&[], json!({}))), &Options::default()).unwrap();
    place.run("INSERT INTO users (email) VALUES ('ada'), ('bob'); DROP TABLE notes");
    revisions(place);
    let report = init(place, &head()).unwrap();
    assert!(report.adopted && report.created.tables == ["notes"], "{report:?}");
    assert_eq!(place.number("SELECT count(*) FROM users WHERE phone IS NULL"), 2);
    assert_eq!(place.open().batch("INSERT INTO users (email) VALUES ('ada')").unwrap_err().code, Code::UniqueViolation);
    place.downgrade("base").unwrap();
    assert!(!place.has("users"));
}

fn indexes_of_others_are_left_alone(place: &Place) {
    database::init(&place.target, &of(&json_models(&[], json!({}))), &Options::default()).unwrap();
    place.run("INSERT INTO users (email) VALUES ('ada'); CREATE INDEX by_hand ON users (lower(email))");
    revisions(place);
    // On SQLite the unique constraint that is missing takes a rebuild.
    assert!(init(place, &head()).unwrap().adopted);
    assert_eq!(place.open().batch("CREATE INDEX by_hand ON users (email)").unwrap_err().code, Code::SqlFailed);
}

fn what_differs_is_refused(place: &Place) {
    let other = json!({ "property": "phone", "name": "phone", "kind": "integer", "nullable": true });
    database::init(&place.target, &of(&json_models(&[other], json!({}))), &Options::default()).unwrap();
    place.run("INSERT INTO users (email, phone) VALUES ('ada', 7)");
    revisions(place);
    let before = place.snapshot();
    let error = init(place, &head()).unwrap_err();
    assert_eq!((error.code, error.table.as_deref()), (Code::AdoptionRefused, Some("users")));
    assert!(error.message.contains("`users.phone`"), "{error:?}");
    assert_eq!(place.snapshot(), before);
    // Objects that others added would be lost if a table is made anew: it is not touched.
    place.run("ALTER TABLE users DROP COLUMN phone; ALTER TABLE users ADD COLUMN mine integer");
    let before = place.snapshot();
    let error = init(place, &head()).unwrap_err();
    assert!(error.code == Code::AdoptionRefused && error.message.contains("`users.mine`"), "{error:?}");
    assert_eq!(place.snapshot(), before);
}

fn rows_in_the_way_are_named(place: &Place) {
    database::init(&place.target, &of(&json_models(&[], json!({}))), &Options::default()).unwrap();
    place.run("INSERT INTO users (email) VALUES ('ada'), ('bob'), ('ada'), ('ada')");
    revisions(place);
    let before = place.snapshot();
    let error = init(place, &head()).unwrap_err();
    assert_eq!((error.code, error.table.as_deref()), (Code::AdoptionRefused, Some("users")), "{error:?}");
    assert!(error.message.contains("3 rows of users have the same users.email: id 1, 3, 4"), "{error:?}");
    assert!(!error.message.contains("ada"));
    assert_eq!(place.snapshot(), before);
}

fn at_once<T: Send>(n: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let barrier = Barrier::new(n);
    std::thread::scope(|scope| {
        let (barrier, work) = (&barrier, &work);
        let run = move |i: usize| {
            barrier.wait();
            work(i)
        };
        let threads: Vec<_> = (0..n).map(|i| scope.spawn(move || run(i))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

fn ten_inits_at_once(place: &Place) {
    revisions(place);
    let reports = at_once(10, |_| init(place, &head()).unwrap());
    assert_eq!(reports.iter().map(|report| report.migrated.len()).sum::<usize>(), 2);
    assert!(reports.iter().all(|report| !report.adopted));
    assert_eq!(place.history().log.len(), 2);
}

fn init_beside_upgrade(place: &Place) {
    revisions(place);
    let ran = at_once(8, |i| match i % 2 {
        0 => init(place, &head()).unwrap().migrated.len(),
        _ => place.upgrade("head").unwrap().applied.len(),
    });
    assert_eq!(ran.iter().sum::<usize>(), 2);
    assert_eq!(place.status().pending, []);
}

fn reset_ends_at_head(place: &Place) {
    database::init(&place.target, &of(&json_models(&[], json!({}))), &Options::default()).unwrap();
    place.run("CREATE TABLE theirs (id integer); INSERT INTO users (email) VALUES ('ada')");
    revisions(place);
    for _ in 0..2 {
        let report = database::reset(&place.target, &head(), &place.options()).unwrap();
        assert!(report.dropped.tables.iter().any(|table| table.name == "users"));
        assert_eq!((report.init.migrated.len(), report.init.pending.len()), (2, 0), "{report:?}");
        assert_eq!(report.init.created.tables, ["users", "notes"]);
        assert!(!place.has("theirs") && place.has("plinth_seeds"));
        assert_eq!(place.status().pending, []);
        assert_eq!(place.history().log.len(), 2);
    }
}

fn a_reset_that_fails_changes_nothing(place: &Place) {
    revisions(place);
    init(place, &head()).unwrap();
    place.run("INSERT INTO users (email) VALUES ('ada')");
    let up = "CREATE TABLE more (id integer);\nnonsense;";
    place.write(Draft {
        version: "20260103000000",
        name: "bad",
        after: &[B],
        up,
        down: "SELECT 1;",
        ..Draft::default()
    });
    let before = place.snapshot();
    let error = database::reset(&place.target, &head(), &place.options()).unwrap_err();
    assert!(error.code == Code::RevisionFailed && error.message.contains("Statement 2 (line 2)"), "{error:?}");
    assert_eq!(place.snapshot(), before);
    assert_eq!(place.column("SELECT email FROM users"), [Value::from("ada")]);
}

fn a_reset_over_what_cannot_be_undone(place: &Place) {
    revisions(place);
    let up = "-- plinth: no transaction\nINSERT INTO users (email) VALUES ('root');\n";
    place.write(Draft {
        version: "20260103000000",
        name: "root",
        after: &[B],
        up,
        down: "SELECT 1;",
        ..Draft::default()
    });
    let up = "INSERT INTO notes (user_id) SELECT id FROM users;\n";
    place.write(Draft {
        version: "20260104000000",
        name: "notes",
        after: &["20260103000000"],
        up,
        down: "SELECT 1;",
        ..Draft::default()
    });
    for _ in 0..2 {
        let report = database::reset(&place.target, &head(), &place.options()).unwrap();
        assert_eq!(report.init.migrated.len(), 4);
        assert_eq!(place.number("SELECT count(*) FROM notes"), 1);
    }
}
