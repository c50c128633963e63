//! init and reset on real files: fresh, again, over what others made, half-way failures, ten at once.

use plinth::dialect::found::TableKind;
use plinth::dialect::sqlite::introspect::{columns, inventory};
use plinth::dialect::sqlite::syntax::Sqlite;
use plinth::engine::sqlite::admin::{enable_wal, AdminConnection};
use plinth::error::{Code, Result};
use plinth::init::InitReport;
use plinth::migrate::log::protection::Guard;
use plinth::reset::{ResetReport, Survey};
use plinth::schema::Models;
use plinth::statement::{Execute, Statement};
use plinth::value::Value;
use serde_json::{json, Value as Json};
use std::sync::Barrier;
use tempfile::TempDir;

struct Database {
    folder: TempDir,
}

impl Database {
    fn new() -> Self {
        Database { folder: tempfile::tempdir().unwrap() }
    }

    fn open(&self) -> AdminConnection {
        let path = self.folder.path().join("app ü.db");
        AdminConnection::open(path.to_str().unwrap(), 20_000).unwrap()
    }
}

fn table(name: &str, columns: Json, more: Json) -> Json {
    let mut all = vec![json!({ "property": "id", "name": "id", "kind": "id" })];
    all.extend(columns.as_array().unwrap().iter().cloned());
    let mut model = json!({ "model": name, "table": name, "primaryKey": ["id"], "columns": all });
    model.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    model
}

fn reference(name: &str, target: &str) -> (Json, Json) {
    let column = json!({ "property": name, "name": name, "kind": "integer", "nullable": true });
    (column, json!({ "columns": [name], "target": target, "references": ["id"] }))
}

/// users <-> organizations, items -> users, comments -> comments: `extra` are more columns of users.
fn models_with(extra: &[Json]) -> Models {
    let (organization, to_organizations) = reference("organization_id", "organizations");
    let (owner, to_users) = reference("owner_id", "users");
    let (parent, to_comments) = reference("parent_id", "comments");
    let name = json!({ "property": "name", "name": "name", "kind": "text" });
    let mut users = vec![name, organization];
    users.extend_from_slice(extra);
    let text = json!({ "format": 1, "models": [
        table("items", json!([owner]), json!({ "foreignKeys": [to_users] })),
        table("users", json!(users), json!({ "foreignKeys": [to_organizations], "indexes": [{ "parts": [{ "column": "name" }] }] })),
        table("organizations", json!([owner]), json!({ "foreignKeys": [to_users] })),
        table("comments", json!([parent]), json!({ "foreignKeys": [to_comments] })),
    ]});
    Models::from_json(&text.to_string()).unwrap()
}

fn init(connection: &mut dyn Execute, models: &Models) -> Result<InitReport> {
    plinth::init::init(&Sqlite, connection, models)
}

fn reset(connection: &mut dyn Execute, models: &Models) -> Result<ResetReport> {
    plinth::reset::reset(&Sqlite, connection, models, (Guard::Open, &mut |_, _| Ok(Default::default())))
}

fn survey(connection: &mut dyn Execute) -> Result<Survey> {
    plinth::reset::survey(&Sqlite, connection)
}

fn models() -> Models {
    models_with(&[])
}

fn rows(connection: &mut dyn Execute, sql: &str) -> Vec<Vec<Value>> {
    connection.query(&Statement::new(sql)).unwrap()
}

fn number(connection: &mut dyn Execute, sql: &str) -> i64 {
    rows(connection, sql)[0][0].as_int().unwrap()
}

/// The whole schema and the number of its changes: equal before and after what must change nothing.
fn snapshot(connection: &mut dyn Execute) -> Vec<Vec<Value>> {
    let mut all = rows(connection, "SELECT type, name, sql FROM sqlite_schema ORDER BY name");
    all.extend(rows(connection, "PRAGMA schema_version"));
    all
}

#[test]
fn fresh_then_again() {
    let database = Database::new();
    let mut connection = database.open();
    let report = init(&mut connection, &models()).unwrap();
    assert_eq!(report.created.tables, ["comments", "users", "items", "organizations"]);
    assert_eq!(report.created.indexes, ["users_name_idx"]);
    assert!(report.existing.tables.is_empty() && report.pending.is_empty());
    assert!(rows(&mut connection, "PRAGMA foreign_key_check").is_empty());
    assert_eq!(number(&mut connection, "SELECT count(*) FROM plinth_seeds"), 0);

    let before = snapshot(&mut connection);
    let again = init(&mut connection, &models()).unwrap();
    assert!(again.created.tables.is_empty() && again.created.indexes.is_empty() && again.pending.is_empty());
    assert_eq!(again.existing.tables, ["comments", "users", "items", "organizations"]);
    assert_eq!(snapshot(&mut connection), before);
}

#[test]
fn the_report_as_javascript_sees_it() {
    let mut connection = AdminConnection::open(":memory:", 100).unwrap();
    let report = reset(&mut connection, &Models::from_json(r#"{"format":1,"models":[]}"#).unwrap()).unwrap();
    let init = json!({ "dialect": "sqlite", "created": { "tables": [], "indexes": [] }, "existing": { "tables": [] }, "pending": [],
        "migrated": [], "adopted": false, "ahead": [], "repaired": [], "drift": null });
    let expected = json!({ "dialect": "sqlite", "dropped": { "tables": [], "views": [], "triggers": [] }, "kept": [], "init": init });
    assert_eq!(serde_json::to_value(&report).unwrap(), expected);
}

#[test]
fn differences_are_seen_and_left() {
    let database = Database::new();
    let mut connection = database.open();
    connection.batch("CREATE TABLE USERS (id INTEGER PRIMARY KEY, Name CHAR(5), old TEXT)").unwrap();
    let report = init(&mut connection, &models()).unwrap();
    assert_eq!(report.existing.tables, ["users"]);
    assert_eq!(report.created.tables, ["comments", "items", "organizations"]);
    assert_eq!(
        report.pending,
        [
            "The column `users.name` is `CHAR(5)`, the models declare `TEXT`.",
            "The table `users` has no column `organization_id`, which the models declare.",
            "The table `users` has a column `old`, which no model declares.",
            "The table `users` has no index `users_name_idx`, which the models declare.",
        ]
    );
    assert_eq!(columns(&mut connection, "users").unwrap().len(), 3);
}

#[test]
fn a_name_that_another_object_holds_changes_nothing() {
    for (sql, words) in [
        ("CREATE VIEW Comments AS SELECT 1", "a view"),
        ("CREATE TABLE t (a); CREATE INDEX comments ON t (a)", "an index of the table `t`"),
        ("CREATE TABLE t (a); CREATE INDEX users_name_idx ON t (a)", "an index of the table `t`"),
        ("CREATE TABLE users_name_idx (a)", "a table"),
    ] {
        let database = Database::new();
        let mut connection = database.open();
        connection.batch(sql).unwrap();
        let before = snapshot(&mut connection);
        let error = init(&mut connection, &models()).unwrap_err();
        assert!(error.code == Code::SqlFailed && error.message.contains(words) && error.hint.is_some(), "{error:?}");
        assert_eq!(snapshot(&mut connection), before);
        // The connection is not left within a transaction.
        connection.batch("BEGIN; COMMIT").unwrap();
    }
}

#[test]
fn a_table_that_sqlite_refuses_undoes_all() {
    let database = Database::new();
    let mut connection = database.open();
    let bad = table("zzz", json!([]), json!({ "checks": [{ "sql": "nonsense()" }] }));
    let good = table("aaa", json!([]), json!({}));
    let models = Models::from_json(&json!({ "format": 1, "models": [good, bad] }).to_string()).unwrap();
    let error = init(&mut connection, &models).unwrap_err();
    assert_eq!((error.code, error.table.as_deref()), (Code::SqlFailed, Some("zzz")));
    assert_eq!(number(&mut connection, "SELECT count(*) FROM sqlite_schema"), 0);
}

#[test]
fn resets_and_inits_at_once() {
    let database = Database::new();
    enable_wal(&mut database.open()).unwrap();
    let barrier = Barrier::new(8);
    std::thread::scope(|scope| {
        for i in 0..8 {
            let (database, barrier) = (&database, &barrier);
            scope.spawn(move || {
                let mut connection = database.open();
                barrier.wait();
                for _ in 0..5 {
                    match i % 2 {
                        0 => drop(init(&mut connection, &models()).unwrap()),
                        _ => drop(reset(&mut connection, &models()).unwrap()),
                    }
                }
            });
        }
    });
    let mut connection = database.open();
    assert_eq!(init(&mut connection, &models()).unwrap().existing.tables.len(), 4);
    assert_eq!(rows(&mut connection, "PRAGMA integrity_check")[0][0].as_str(), Some("ok"));
}

const FOREIGN: &str = r#"
CREATE TABLE "select" ("from" INTEGER PRIMARY KEY AUTOINCREMENT, "a""b" TEXT);
CREATE TABLE "quo""te's [x] `y`; DROP TABLE t; --" (a);
CREATE TABLE "Größe 🦀" (id INTEGER PRIMARY KEY, other REFERENCES "select" ON DELETE RESTRICT);
CREATE TABLE "" (a);
CREATE TABLE one (id INTEGER PRIMARY KEY, two NOT NULL REFERENCES two DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE two (id INTEGER PRIMARY KEY, one NOT NULL REFERENCES one DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE keyed (a, b, c AS (a + b), PRIMARY KEY (a, b)) WITHOUT ROWID;
CREATE TABLE orphan (a REFERENCES nowhere(b));
CREATE INDEX "i""x" ON "select" ("a""b");
CREATE VIEW "v""w" AS SELECT * FROM "select";
CREATE VIEW broken AS SELECT * FROM not_there;
CREATE VIEW over AS SELECT * FROM broken;
CREATE TRIGGER "t""g" BEFORE DELETE ON "select" BEGIN SELECT raise(ABORT, 'no'); END;
CREATE TRIGGER "into view" INSTEAD OF INSERT ON "v""w" BEGIN SELECT 1; END;
CREATE VIRTUAL TABLE search USING fts5(body);
CREATE VIRTUAL TABLE boxes USING rtree(id, minX, maxX);
INSERT INTO search VALUES ('hello'), ('world');
INSERT INTO "select" ("a""b") VALUES ('x'), ('y'), ('z');
INSERT INTO "Größe 🦀" VALUES (1, 1);
BEGIN; INSERT INTO one VALUES (1, 1); INSERT INTO two VALUES (1, 1); COMMIT;
ANALYZE;
"#;

#[test]
fn what_is_there_is_seen() {
    let database = Database::new();
    let mut connection = database.open();
    connection.batch(FOREIGN).unwrap();
    let found = inventory(&mut connection).unwrap();
    let kind = |name: &str| found.tables.iter().find(|table| table.name == name).map(|table| table.kind);
    assert_eq!(kind("Größe 🦀"), Some(TableKind::Ordinary));
    assert_eq!(kind(""), Some(TableKind::Ordinary));
    assert_eq!(kind("search"), Some(TableKind::Virtual));
    assert_eq!(kind("search_content"), Some(TableKind::Shadow));
    assert_eq!(kind("boxes_node"), Some(TableKind::Shadow));
    assert_eq!(kind("sqlite_sequence"), None);
    assert_eq!(found.views, ["v\"w", "broken", "over"]);
    assert_eq!(found.triggers, ["t\"g", "into view"]);
    assert_eq!((found.indexes[0].name.as_str(), found.indexes[0].table.as_str()), ("i\"x", "select"));
    let names: Vec<_> = columns(&mut connection, "keyed").unwrap().into_iter().map(|column| column.name).collect();
    assert_eq!(names, ["a", "b", "c"]);
    let surveyed = survey(&mut connection).unwrap();
    let counted = |name: &str| surveyed.tables.iter().find(|table| table.name == name).map(|table| table.rows);
    assert_eq!(counted("select"), Some(Some(3)));
    assert_eq!(counted("search"), Some(Some(2)));
    assert_eq!(counted("search_content"), None);
}

#[test]
fn reset_drops_whatever_is_there() {
    let database = Database::new();
    let mut connection = database.open();
    connection.batch(FOREIGN).unwrap();
    init(&mut connection, &models()).unwrap();
    connection.batch("INSERT INTO users (name) VALUES ('a'), ('b')").unwrap();
    let report = reset(&mut connection, &models()).unwrap();
    let dropped = |name: &str| report.dropped.tables.iter().any(|table| table.name == name);
    assert!(dropped("") && dropped("search") && dropped("users") && dropped("plinth_seeds"));
    assert_eq!(report.init.created.tables.len(), 4);
    let found = inventory(&mut connection).unwrap();
    let names: Vec<_> = found.tables.iter().map(|table| table.name.as_str()).collect();
    assert_eq!(names, ["comments", "users", "items", "organizations", "plinth_seeds", "plinth_shape"]);
    assert!(found.views.is_empty() && found.triggers.is_empty());
    // Identities begin again, and foreign keys are enforced as before.
    connection.batch("INSERT INTO users (name) VALUES ('c')").unwrap();
    assert_eq!(number(&mut connection, "SELECT id FROM users"), 1);
    assert_eq!(number(&mut connection, "PRAGMA foreign_keys"), 1);
    assert_eq!(rows(&mut connection, "PRAGMA integrity_check")[0][0].as_str(), Some("ok"));
}

#[test]
fn reset_drops_virtual_tables_of_unknown_modules() {
    let database = Database::new();
    let mut connection = database.open();
    connection.batch("CREATE TABLE kept (a); PRAGMA writable_schema = ON").unwrap();
    let sql =
        "INSERT INTO sqlite_schema VALUES ('table', 'alien', 'alien', 0, 'CREATE VIRTUAL TABLE alien USING nobody(x)')";
    connection.batch(sql).unwrap();
    drop(connection);
    let mut connection = database.open();
    let surveyed = survey(&mut connection).unwrap();
    assert_eq!(
        surveyed.tables.iter().map(|t| (t.name.as_str(), t.rows)).collect::<Vec<_>>(),
        [("kept", Some(0)), ("alien", None)]
    );
    reset(&mut connection, &models()).unwrap();
    assert!(!inventory(&mut connection).unwrap().tables.iter().any(|table| table.name == "alien"));
    assert_eq!(number(&mut connection, "PRAGMA writable_schema"), 0);
    let mut other = database.open();
    assert_eq!(number(&mut other, "SELECT count(*) FROM users"), 0);
    assert_eq!(rows(&mut other, "PRAGMA integrity_check")[0][0].as_str(), Some("ok"));
}

#[test]
fn a_reset_that_fails_half_way_changes_nothing() {
    let database = Database::new();
    let mut connection = database.open();
    connection.batch(FOREIGN).unwrap();
    let before = rows(&mut connection, "SELECT type, name, sql FROM sqlite_schema ORDER BY rowid");
    let bad = table("zzz", json!([]), json!({ "checks": [{ "sql": "nonsense()" }] }));
    let bad = Models::from_json(&json!({ "format": 1, "models": [bad] }).to_string()).unwrap();
    assert_eq!(reset(&mut connection, &bad).unwrap_err().code, Code::SqlFailed);
    assert_eq!(rows(&mut connection, "SELECT type, name, sql FROM sqlite_schema ORDER BY rowid"), before);
    assert_eq!(number(&mut connection, "SELECT count(*) FROM \"select\""), 3);
    assert_eq!(number(&mut connection, "SELECT count(*) FROM search WHERE search MATCH 'hello'"), 1);
    assert_eq!(number(&mut connection, "SELECT max(seq) FROM sqlite_sequence"), 3);
    assert_eq!(number(&mut connection, "PRAGMA foreign_keys"), 1);
}

#[test]
fn a_reset_within_a_transaction_is_refused() {
    let mut connection = AdminConnection::open(":memory:", 100).unwrap();
    connection.batch("CREATE TABLE t (a); BEGIN").unwrap();
    assert!(reset(&mut connection, &models()).unwrap_err().message.contains("transaction"));
    assert_eq!(number(&mut connection, "SELECT count(*) FROM t"), 0);
}

#[test]
fn reset_leaves_foreign_keys_off_where_they_were() {
    let mut connection = AdminConnection::open(":memory:", 100).unwrap();
    connection.batch("PRAGMA foreign_keys = OFF").unwrap();
    reset(&mut connection, &models()).unwrap();
    assert_eq!(number(&mut connection, "PRAGMA foreign_keys"), 0);
}

#[test]
fn ten_at_once() {
    for _ in 0..5 {
        let database = Database::new();
        let barrier = Barrier::new(10);
        let created: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..10)
                .map(|_| {
                    scope.spawn(|| {
                        barrier.wait();
                        let mut connection = database.open();
                        enable_wal(&mut connection).unwrap();
                        init(&mut connection, &models()).unwrap().created.tables.len()
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(created, 4);
        let mut connection = database.open();
        assert_eq!(rows(&mut connection, "PRAGMA journal_mode")[0][0].as_str(), Some("wal"));
    }
}

/// The file of `a_process_of_ten`; without it, the function is not a test.
const FILE: &str = "PLINTH_TEST_FILE";

#[test]
fn ten_processes_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("app.db");
    let itself = std::env::current_exe().unwrap();
    let start = || {
        let mut command = std::process::Command::new(&itself);
        command.args(["--exact", "a_process_of_ten"]).env(FILE, &file).stdout(std::process::Stdio::piped());
        command.spawn().unwrap()
    };
    let processes: Vec<_> = (0..10).map(|_| start()).collect();
    for process in processes {
        let output = process.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }
    let mut connection = AdminConnection::open(file.to_str().unwrap(), 100).unwrap();
    assert_eq!(init(&mut connection, &models()).unwrap().existing.tables.len(), 4);
}

#[test]
fn a_process_of_ten() {
    let Ok(file) = std::env::var(FILE) else { return };
    let mut connection = AdminConnection::open(&file, 20_000).unwrap();
    enable_wal(&mut connection).unwrap();
    init(&mut connection, &models()).unwrap();
}
