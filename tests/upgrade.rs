//! Running revisions on real databases: up, down, stamp, history, status, and every way in which it may not go well.

mod support;

use plinth::database::migrations;
use plinth::dialect::DialectName;
use plinth::error::Code;
use plinth::migrate::log::history::Direction;
use plinth::migrate::report::verbs::{Logged, Options, Progress};
use plinth::value::Value;
use serde_json::{json, Value as Json};
use std::fs;
use std::sync::Barrier;
use support::revisions::{Draft, Place};

on_both!(
    up_down_history_and_status,
    far_and_near,
    a_failing_statement_undoes_its_revision_alone,
    what_is_wrong_with_the_folder_changes_nothing,
    what_was_edited_after_it_ran,
    a_folder_that_is_gone,
    sql_that_does_something_else,
    stamps,
    twenty_at_once,
    nothing_is_made_by_looking,
    what_is_printed_does_the_same_by_hand,
    outside_a_transaction,
    what_others_added_is_not_lost,
    progress,
    a_panic_is_an_error_and_leaves_nothing_behind,
);

const A: &str = "20260101000000";
const B: &str = "20260102000000";
const C: &str = "20260103000000";

fn text(name: &str) -> Json {
    json!({ "name": name, "kind": "text", "nullable": true })
}

fn users() -> Json {
    json!({ "name": "users", "primaryKey": ["id"], "columns": [
        { "name": "id", "kind": "id" }, { "name": "email", "kind": "text" } ] })
}

fn create(place: &Place, table: &Json) -> String {
    place.dialect.create_table(&serde_json::from_value(table.clone()).unwrap()) + ";\n"
}

/// A: users. B: users.phone. C: tasks.
fn three(place: &Place) {
    first(place);
    phone(place, B, "phone", &[A]);
    let tasks =
        json!({ "name": "tasks", "primaryKey": ["id"], "columns": [{ "name": "id", "kind": "id" }, text("title")] });
    let up = create(place, &tasks);
    let operations = json!([{ "op": "createTable", "table": tasks }]);
    let (version, down) = (C, "DROP TABLE tasks;");
    place.write(Draft { version, name: "tasks", after: &[B], operations, up: &up, down });
}

fn first(place: &Place) {
    let up = format!("-- users\n\n{}", create(place, &users()));
    let operations = json!([{ "op": "createTable", "table": users() }]);
    place.write(Draft { version: A, name: "users", after: &[], operations, up: &up, down: "DROP TABLE users;" });
}

fn phone(place: &Place, version: &str, column: &str, after: &[&str]) {
    let operations = json!([{ "op": "addColumn", "table": "users", "column": text(column) }]);
    let kind = if place.dialect.name() == DialectName::Sqlite { "TEXT" } else { "text COLLATE \"C\"" };
    let up = format!("ALTER TABLE users ADD COLUMN {column} {kind};\n");
    let down = format!("ALTER TABLE users DROP COLUMN {column};\n");
    place.write(Draft { version, name: column, after, operations, up: &up, down: &down });
}

fn up_down_history_and_status(place: &Place) {
    three(place);
    let status = place.status();
    assert_eq!((status.current, status.head.as_deref(), status.applied), (None, Some(C), 0));
    assert_eq!(status.pending.iter().map(|p| p.version.as_str()).collect::<Vec<_>>(), [A, B, C]);

    let report = place.upgrade("+1").unwrap();
    assert_eq!((report.from.len(), report.applied.len(), report.current.as_deref()), (0, 1, Some(A)));
    place.run("INSERT INTO users (email) VALUES ('ada'), ('bob')");
    let report = place.upgrade("head").unwrap();
    assert_eq!((report.from, report.already_applied), (vec![A.to_owned()], 1));
    let names: Vec<&str> = report.applied.iter().map(|ran| ran.name.as_str()).collect();
    assert_eq!((names, report.current.as_deref()), (vec!["phone", "tasks"], Some(C)));
    assert_eq!(place.number("SELECT count(*) FROM users WHERE phone IS NULL"), 2);

    let before = place.snapshot();
    let again = place.upgrade("head").unwrap();
    assert_eq!((again.applied.len(), again.already_applied), (0, 3));
    assert_eq!(before, place.snapshot());

    let back = place.downgrade("-1").unwrap();
    assert_eq!((back.reverted[0].version.as_str(), back.current.as_deref()), (C, Some(B)));
    assert!(!place.has("tasks"));
    let back = place.downgrade("base").unwrap();
    assert_eq!(back.reverted.iter().map(|ran| ran.version.as_str()).collect::<Vec<_>>(), [B, A]);
    assert_eq!((back.current, place.has("users")), (None, false));

    place.upgrade(B).unwrap();
    let history = place.history();
    let applied: Vec<(&str, bool)> = history.revisions.iter().map(|r| (r.version.as_str(), r.applied)).collect();
    assert_eq!(applied, [(A, true), (B, true), (C, false)]);
    assert_eq!(
        (history.revisions[1].by.as_deref(), history.revisions[1].after.as_slice()),
        (Some("ada@host"), &[A.to_owned()][..])
    );
    assert!(history.revisions[1].applied_at.as_ref().unwrap().ends_with('Z') && history.revisions[2].by.is_none());
    use Direction::{Down, Up};
    let entries: Vec<_> = history.log.iter().filter_map(Logged::revision).collect();
    let log: Vec<(&str, Direction)> = entries.iter().map(|e| (e.version.as_str(), e.direction)).collect();
    assert_eq!(log, [(A, Up), (B, Up), (C, Up), (C, Down), (B, Down), (A, Down), (A, Up), (B, Up)]);
    assert_eq!(entries[0].checksum.len(), 64);
    assert_eq!(place.status().problems, []);
}

fn far_and_near(place: &Place) {
    three(place);
    assert_eq!(place.upgrade("2026010").unwrap_err().code, Code::RevisionUnknown);
    assert_eq!(place.upgrade("2025").unwrap_err().code, Code::RevisionUnknown);
    assert_eq!(place.upgrade("+4").unwrap_err().code, Code::RevisionUnknown);
    assert_eq!(place.upgrade("-1").unwrap_err().code, Code::RevisionUnknown);
    assert_eq!(place.upgrade("20260102").unwrap().current.as_deref(), Some(B));
    let past = place.downgrade("-3").unwrap_err();
    assert!(past.code == Code::RevisionUnknown && past.message.contains("past the base"), "{past:?}");
    assert_eq!(place.downgrade(C).unwrap_err().code, Code::RevisionUnknown);
    assert_eq!(place.downgrade(A).unwrap().current.as_deref(), Some(A));
    assert_eq!(place.downgrade("base").unwrap().reverted.len(), 1);
    assert_eq!(place.downgrade("base").unwrap().reverted.len(), 0);
    assert_eq!(place.downgrade("-1").unwrap_err().code, Code::RevisionUnknown);
}

fn a_failing_statement_undoes_its_revision_alone(place: &Place) {
    first(place);
    let id = "20260102000000_broken";
    let up = "-- header\n\nCREATE TABLE extra (id integer);\nINSERT INTO extra VALUES (1);\nINSERT INTO nowhere\n  VALUES (1);\n";
    place.write(Draft { version: B, name: "broken", after: &[A], up, down: "SELECT 1;", ..Draft::default() });
    let error = place.upgrade("head").unwrap_err();
    assert_eq!(error.code, Code::RevisionFailed, "{error:?}");
    let file = format!("migrations/{id}/up.{}.sql", place.dialect.name());
    let start = format!("Statement 3 (line 5) of {file} failed: ");
    assert!(error.message.starts_with(&start) && error.message.contains("nowhere"), "{error:?}");
    assert!(place.has("users") && !place.has("extra"));
    assert_eq!(place.status().applied, 1);
    let sql = fs::read_to_string(place.file(id, "up")).unwrap();
    fs::write(place.file(id, "up"), sql.replace("nowhere", "extra")).unwrap();
    assert_eq!(place.upgrade("head").unwrap().applied.len(), 1);
    assert_eq!(place.number("SELECT count(*) FROM extra"), 2);
}

fn what_is_wrong_with_the_folder_changes_nothing(place: &Place) {
    three(place);
    place.upgrade(A).unwrap();
    let record = place.dir().join("20260102000000_phone/operations.json");
    let good = fs::read_to_string(&record).unwrap();
    for bad in ["{", "[]", &good.replace("\"format\": 1", "\"format\": 2")] {
        fs::write(&record, bad).unwrap();
        assert_eq!(place.refuses().code, Code::RevisionInvalid);
    }
    fs::write(&record, &good).unwrap();
    let up = place.file("20260102000000_phone", "up");
    let aside = up.with_extension("aside");
    fs::rename(&up, &aside).unwrap();
    assert_eq!(place.refuses().code, Code::RevisionInvalid);
    fs::rename(&aside, &up).unwrap();
    let twin = place.dir().join("20260102000000_twin");
    fs::create_dir(&twin).unwrap();
    for file in fs::read_dir(record.parent().unwrap()).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), twin.join(file.file_name())).unwrap();
    }
    assert_eq!(place.refuses().code, Code::RevisionInvalid);
    fs::remove_dir_all(&twin).unwrap();
    assert_eq!(place.upgrade("head").unwrap().applied.len(), 2);
}

fn what_was_edited_after_it_ran(place: &Place) {
    three(place);
    place.upgrade(B).unwrap();
    let file = place.file("20260102000000_phone", "up");
    let sql = fs::read_to_string(&file).unwrap();
    // As a checkout on Windows has it.
    fs::write(&file, sql.replace('\n', "\r\n")).unwrap();
    assert_eq!(place.status().problems, []);
    fs::write(&file, sql + "-- more\n").unwrap();
    let error = place.refuses();
    assert_eq!(error.code, Code::RevisionEdited);
    assert!(error.message.contains("20260102000000_phone/up."), "{error:?}");
    assert_eq!(place.status().problems.iter().map(|p| p.code).collect::<Vec<_>>(), [Code::RevisionEdited]);
    assert!(place.history().revisions[1].edited);
    assert_eq!(place.downgrade("-1").unwrap_err().code, Code::RevisionEdited);
    // What is meant is taken note of.
    assert_eq!(place.stamp(B).unwrap().stamped, [B]);
    assert_eq!(place.upgrade("head").unwrap().applied.len(), 1);
}

fn a_folder_that_is_gone(place: &Place) {
    three(place);
    place.upgrade(B).unwrap();
    fs::remove_dir_all(place.dir().join("20260103000000_tasks")).unwrap();
    fs::rename(place.dir().join("20260102000000_phone"), place.dir().join("aside")).unwrap();
    let error = place.refuses();
    assert!(error.code == Code::RevisionMissing && error.message.contains(B), "{error:?}");
    assert_eq!(place.downgrade("-1").unwrap_err().code, Code::RevisionMissing);
    assert_eq!(place.status().problems[0].code, Code::RevisionMissing);
    let known = &place.history().revisions[1];
    assert_eq!((known.version.as_str(), known.name.as_str(), known.applied, known.missing), (B, "phone", true, true));
    fs::rename(place.dir().join("aside"), place.dir().join("20260102000000_phone")).unwrap();
    assert_eq!(place.upgrade("head").unwrap().applied.len(), 0);
}

fn sql_that_does_something_else(place: &Place) {
    first(place);
    place.upgrade("head").unwrap();
    let operations = json!([{ "op": "addColumn", "table": "users", "column": text("phone") }]);
    let up = "ALTER TABLE users ADD COLUMN phone integer;";
    place.write(Draft { version: B, name: "phone", after: &[A], operations, up, down: "SELECT 1;" });
    let error = place.refuses();
    assert_eq!((error.code, error.table.as_deref()), (Code::RevisionFailed, Some("users")), "{error:?}");
    assert!(error.message.contains("`users.phone`"), "{error:?}");
    // A person's SQL in it may not change objects that its operations do not name.
    fs::remove_dir_all(place.dir().join("20260102000000_phone")).unwrap();
    place.write(Draft {
        version: B,
        name: "fill",
        after: &[A],
        up: "SELECT 1;",
        down: "SELECT 1;",
        ..Draft::default()
    });
    fs::write(place.file("20260102000000_fill", "up"), "ALTER TABLE users ADD COLUMN age integer;").unwrap();
    let error = place.refuses();
    assert!(error.code == Code::RevisionFailed && error.message.contains("users.age"), "{error:?}");
    fs::write(place.file("20260102000000_fill", "up"), "INSERT INTO users (email) VALUES ('root');").unwrap();
    assert_eq!(place.upgrade("head").unwrap().applied.len(), 1);
    assert_eq!(place.number("SELECT count(*) FROM users"), 1);
}

fn stamps(place: &Place) {
    three(place);
    assert_eq!(place.stamp("-1").unwrap_err().code, Code::RevisionUnknown);
    let report = place.stamp(B).unwrap();
    assert_eq!(
        (report.stamped, report.removed.len(), report.current.as_deref()),
        (vec![A.to_owned(), B.to_owned()], 0, Some(B))
    );
    assert!(!place.has("users"));
    assert_eq!(place.upgrade("head").unwrap().applied.len(), 1);
    let report = place.stamp("base").unwrap();
    assert_eq!((report.stamped.len(), report.removed.len(), report.current), (0, 3, None));
    assert!(place.has("tasks"));
    let log = place.history().log;
    let last = log.last().and_then(Logged::revision).unwrap();
    assert_eq!((last.direction, last.version.as_str(), last.name.as_str()), (Direction::Unstamp, C, "tasks"));
    assert_eq!(place.stamp("head").unwrap().stamped.len(), 3);
    assert_eq!(place.stamp("head").unwrap().stamped.len(), 0);
}

fn twenty_at_once(place: &Place) {
    three(place);
    let barrier = Barrier::new(20);
    let applied: usize = std::thread::scope(|scope| {
        let work = || {
            barrier.wait();
            place.upgrade("head").unwrap().applied.len()
        };
        let threads: Vec<_> = (0..20).map(|_| scope.spawn(work)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(applied, 3);
    assert_eq!(place.history().log.len(), 3);
    assert_eq!(place.number("SELECT count(*) FROM __diesel_schema_migrations"), 3);
}

fn nothing_is_made_by_looking(place: &Place) {
    three(place);
    assert_eq!(place.status().pending.len(), 3);
    assert_eq!(place.history().log.len(), 0);
    assert_eq!(place.downgrade("base").unwrap().reverted.len(), 0);
    if let plinth::database::Target::Sqlite(target) = &place.target {
        assert!(!std::path::Path::new(&target.path).exists());
    }
    let sql = plinth::migrate::report::verbs::Options { sql: true, ..place.options() };
    let report = plinth::database::migrations::upgrade(&place.target, None, &sql, &mut |_| {}).unwrap();
    let sql = report.sql.unwrap();
    assert!(sql.contains("-- users\n") && sql.contains("ADD COLUMN phone") && report.applied.is_empty(), "{sql}");
    assert!(!place.has("__diesel_schema_migrations") && !place.has("users"));
}

fn what_is_printed_does_the_same_by_hand(place: &Place) {
    three(place);
    let options = plinth::migrate::report::verbs::Options { sql: true, to: None, ..place.options() };
    let up = || plinth::database::migrations::upgrade(&place.target, None, &options, &mut |_| {}).unwrap().sql.unwrap();
    place.run(&up());
    assert_eq!(up(), "", "nothing is left to do");
    let status = place.status();
    assert_eq!((status.pending.len(), status.applied, status.problems.len()), (0, 3, 0), "{status:?}");
    assert_eq!(place.upgrade("head").unwrap().applied.len(), 0, "the checksums are those of the files");
    // The record shows a release that lacks the newest revision the expected content of the
    // database.
    let (newest, aside) = (place.dir().join("20260103000000_tasks"), place.dir().join("aside"));
    fs::rename(&newest, &aside).unwrap();
    let report = migrations::drift(&place.target, None, &place.options(), &mut |_| {}).unwrap();
    assert_eq!((report.findings.differences, report.ahead), (vec![], vec![C.to_owned()]));
    fs::rename(&aside, &newest).unwrap();
    let options = plinth::migrate::report::verbs::Options { to: Some("base".into()), ..options };
    let down = plinth::database::migrations::downgrade(&place.target, &options, &mut |_| {}).unwrap().sql.unwrap();
    place.run(&down);
    assert!(!place.has("users") && place.status().applied == 0);
    assert_eq!(place.history().log.len(), 6);
}

fn outside_a_transaction(place: &Place) {
    first(place);
    let index = |name: &str, on: &str| {
        let way = if place.dialect.name() == DialectName::Postgres { "CONCURRENTLY " } else { "" };
        format!("CREATE INDEX {way}{name} ON users ({on});\n")
    };
    let added = |name: &str, on: &str| json!({ "op": "addIndex", "table": "users", "index": { "name": name, "parts": [{ "column": on }] } });
    let operations = json!([added("users_a_idx", "email"), added("users_b_idx", "id")]);
    let up = format!("-- plinth: no transaction\n{}{}", index("users_a_idx", "email"), index("users_b_idx", "nothing"));
    let down = "-- plinth: no transaction\nDROP INDEX users_a_idx;\nDROP INDEX users_b_idx;\n";
    place.write(Draft { version: B, name: "indexes", after: &[A], operations, up: &up, down });
    let error = place.upgrade("head").unwrap_err();
    assert!(error.code == Code::RevisionFailed && error.message.contains("Statement 2 (line 3)"), "{error:?}");
    assert!(error.message.contains("has run:"), "{error:?}");
    assert!(error.hint.as_ref().unwrap().contains("stays"), "{error:?}");
    assert_eq!(place.status().applied, 1);
    place.run("DROP INDEX users_a_idx");
    let file = place.file("20260102000000_indexes", "up");
    fs::write(&file, up.replace("nothing", "id")).unwrap();
    assert_eq!(place.upgrade("head").unwrap().applied.len(), 1);
    assert_eq!(place.downgrade("-1").unwrap().reverted.len(), 1);
}

fn what_others_added_is_not_lost(place: &Place) {
    first(place);
    phone(place, B, "phone", &[A]);
    place.upgrade(A).unwrap();
    place.run("CREATE INDEX mine ON users (email); CREATE TABLE theirs (id integer)");
    place.run("ALTER TABLE users ADD COLUMN extra integer DEFAULT 7");
    place.upgrade("head").unwrap();
    assert_eq!(place.downgrade("-1").unwrap().reverted.len(), 1);
    // The same index and column again, and a change that would lose them.
    let operations = json!([{ "op": "addColumn", "table": "users", "column": text("mobile") }]);
    let up = format!(
        "{} DROP INDEX mine;",
        fs::read_to_string(place.file("20260102000000_phone", "up")).unwrap().replace("phone", "mobile")
    );
    fs::remove_dir_all(place.dir().join("20260102000000_phone")).unwrap();
    place.write(Draft { version: B, name: "mobile", after: &[A], operations, up: &up, down: "SELECT 1;" });
    let error = place.refuses();
    assert!(error.code == Code::Drifted && error.message.contains("`mine`"), "{error:?}");
    assert_eq!(place.column("SELECT extra FROM users"), [Value::Null; 0]);
}

fn progress(place: &Place) {
    three(place);
    let mut steps = Vec::new();
    plinth::database::migrations::upgrade(&place.target, None, &place.options(), &mut |step| steps.push(step.clone()))
        .unwrap();
    let told: Vec<(&str, usize, usize)> = steps.iter().map(|s| (s.name.as_str(), s.statement, s.statements)).collect();
    assert_eq!(told, [("users", 1, 1), ("phone", 1, 1), ("tasks", 1, 1)]);
    assert!(steps[1].text.starts_with("ALTER TABLE users ADD COLUMN phone") && steps[1].direction == "up");
}

fn a_panic_is_an_error_and_leaves_nothing_behind(place: &Place) {
    three(place);
    place.upgrade(A).unwrap();
    place.run("INSERT INTO users (email) VALUES ('ada')");
    let to = |to: &str| Options { to: Some(to.into()), ..place.options() };
    // Under the lock, and in the transaction of the last revision.
    let step = &mut |step: &Progress| assert!(step.revision != C, "injected");
    let error = migrations::upgrade(&place.target, None, &to("head"), step).unwrap_err();
    assert_eq!((error.code, error.retryable), (Code::Internal, false), "{error:?}");
    assert!(error.hint.is_some() && !format!("{error:?}").contains("injected"), "{error:?}");
    assert_eq!((place.status().current.as_deref(), place.has("tasks")), (Some(B), false));
    // The lock is free.
    assert_eq!(place.upgrade("head").unwrap().applied.len(), 1);

    let back = migrations::downgrade(&place.target, &to("base"), &mut |_| panic!("injected"));
    assert_eq!(back.unwrap_err().code, Code::Internal);
    assert_eq!((place.status().current.as_deref(), place.has("tasks")), (Some(C), true));
    place.downgrade(A).unwrap();
    assert_eq!(place.number("SELECT count(*) FROM users"), 1);
}
