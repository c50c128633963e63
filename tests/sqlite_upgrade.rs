//! Running revisions on files of SQLite: a full disk, a lock, a process that dies; tables made anew by hand.

mod support;

use plinth::dialect::sqlite::syntax::Sqlite;
use plinth::engine::sqlite::admin::AdminConnection;
use plinth::error::{Code, Result};
use plinth::migrate::disk::folder;
use plinth::migrate::disk::graph::Graph;
use plinth::migrate::log::protection::Guard;
use plinth::migrate::report::verbs::UpgradeReport;
use plinth::migrate::run::runner::Runner;
use plinth::statement::{Execute, Patience};
use serde_json::{json, Value as Json};
use std::time::Duration;
use support::revisions::{Draft, Place};

const A: &str = "20260101000000";
const B: &str = "20260102000000";

fn place() -> Place {
    Place::sqlite().unwrap()
}

fn users(more: &[Json]) -> Json {
    let mut columns = vec![json!({ "name": "id", "kind": "id" }), json!({ "name": "email", "kind": "text" })];
    columns.extend_from_slice(more);
    json!({ "name": "users", "primaryKey": ["id"], "columns": columns })
}

fn first(place: &Place) {
    let up = place.dialect.create_table(&serde_json::from_value(users(&[])).unwrap());
    let operations = json!([{ "op": "createTable", "table": users(&[]) }]);
    place.write(Draft {
        version: A,
        name: "users",
        operations,
        up: &up,
        down: "DROP TABLE users;",
        ..Draft::default()
    });
    place.upgrade("head").unwrap();
}

/// Makes users anew, with a nullable column more.
fn rebuild(place: &Place) {
    let phone = json!({ "name": "phone", "kind": "text", "nullable": true });
    let operations = json!([{ "op": "addColumn", "table": "users", "column": phone }]);
    let table = users(std::slice::from_ref(&phone));
    let create = place.dialect.create_table(&serde_json::from_value(table).unwrap());
    let up = format!(
        "{};\nINSERT INTO \"new\" (id, email) SELECT id, email FROM users;\nDROP TABLE users;\n\
         PRAGMA legacy_alter_table = ON;\nALTER TABLE \"new\" RENAME TO users;\nPRAGMA legacy_alter_table = OFF;\n",
        create.replace("CREATE TABLE \"users\"", "CREATE TABLE \"new\"")
    );
    place.write(Draft { version: B, name: "phone", after: &[A], operations, up: &up, down: "SELECT 1;" });
}

/// An upgrade on a connection of ours.
fn upgrade(place: &Place, connection: &mut AdminConnection) -> Result<UpgradeReport> {
    let revisions = folder::read(&place.dir()).unwrap();
    let graph = Graph::new(&revisions);
    let report = &mut |_: &plinth::migrate::report::verbs::Progress| {};
    let (by, keep, guard) = ("me", None, Guard::Open);
    Runner { dialect: &Sqlite, connection, lock: None, graph: &graph, by, keep, guard, online: None, report }
        .upgrade("head")
}

fn connect(place: &Place, busy: u32) -> AdminConnection {
    let plinth::database::Target::Sqlite(target) = &place.target else { unreachable!() };
    AdminConnection::open(&target.path, busy).unwrap()
}

#[test]
fn a_full_disk_leaves_everything_as_it_was() {
    let place = place();
    first(&place);
    place.run(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) \
         INSERT INTO users (email) SELECT hex(randomblob(100)) FROM n",
    );
    rebuild(&place);
    let before = place.snapshot();
    let mut connection = connect(&place, 1000);
    let pages = place.number("PRAGMA page_count");
    connection.batch(&format!("PRAGMA max_page_count = {}", pages + 20)).unwrap();
    let error = upgrade(&place, &mut connection).unwrap_err();
    assert_eq!(error.code, Code::DiskFull, "{error:?}");
    assert!(error.message.contains("Statement 2 (line"), "{error:?}");
    assert_eq!(place.snapshot(), before);
    connection.batch("PRAGMA max_page_count = 1000000").unwrap();
    assert_eq!(upgrade(&place, &mut connection).unwrap().applied.len(), 1);
    assert_eq!(place.number("SELECT count(*) FROM users WHERE phone IS NULL"), 2000);
}

#[test]
fn a_lock_that_does_not_come_is_busy() {
    let place = place();
    first(&place);
    rebuild(&place);
    let mut holder = place.open();
    holder.batch("BEGIN IMMEDIATE").unwrap();
    let mut connection = connect(&place, 10);
    connection.set_patience(Patience::new(Duration::from_millis(100), Patience::STANDSTILL, None));
    let error = upgrade(&place, &mut connection).unwrap_err();
    assert_eq!((error.code, error.retryable), (Code::Busy, true));
    holder.batch("COMMIT").unwrap();
    assert_eq!(upgrade(&place, &mut connection).unwrap().applied.len(), 1);
    // Settings are what they were.
    assert_eq!(
        connection.query(&plinth::statement::Statement::new("PRAGMA foreign_keys")).unwrap()[0][0].as_int(),
        Some(1)
    );
    let timeout = connection.query(&plinth::statement::Statement::new("PRAGMA busy_timeout")).unwrap()[0][0].as_int();
    assert_eq!(timeout, Some(10));
}

#[test]
fn children_triggers_views_and_indexes_outlive_a_table_made_anew() {
    let place = place();
    first(&place);
    place.run(
        "CREATE TABLE log (id INTEGER PRIMARY KEY, user_id INTEGER REFERENCES users (id) ON DELETE CASCADE); \
         INSERT INTO users (email) VALUES ('ada'), ('bob'); INSERT INTO log (user_id) VALUES (1), (2); \
         CREATE INDEX mine ON users (lower(email)) WHERE email <> ''; CREATE VIEW seen AS SELECT email FROM users; \
         CREATE TRIGGER noted AFTER INSERT ON users BEGIN INSERT INTO log (user_id) VALUES (NEW.id); END",
    );
    rebuild(&place);
    assert_eq!(place.upgrade("head").unwrap().applied.len(), 1);
    assert_eq!(place.number("SELECT count(*) FROM log"), 2);
    place.run("INSERT INTO users (email) VALUES ('eve')");
    assert_eq!(place.number("SELECT count(*) FROM log"), 3);
    assert_eq!(place.number("SELECT count(*) FROM seen"), 3);
    assert_eq!(
        place.number("SELECT count(*) FROM sqlite_schema WHERE name IN ('mine', 'noted') AND tbl_name = 'users'"),
        2
    );
}

#[test]
fn what_others_added_to_a_table_that_is_made_anew() {
    for (added, lost) in [
        ("ALTER TABLE users ADD COLUMN extra INTEGER", "`users.extra`"),
        ("ALTER TABLE users ADD COLUMN twice TEXT GENERATED ALWAYS AS (email || email) VIRTUAL", "`users.twice`"),
    ] {
        let place = place();
        first(&place);
        place.run(added);
        rebuild(&place);
        let error = place.refuses();
        assert!(error.code == Code::Drifted && error.message.contains(lost), "{error:?}");
    }
    // The same with what only CREATE TABLE can say.
    for (from, to, lost) in [
        ("\"email\" TEXT NOT NULL", "\"email\" TEXT NOT NULL COLLATE NOCASE", "`users.email`"),
        ("\"email\" TEXT NOT NULL", "\"email\" TEXT NOT NULL CHECK (email <> '')", "`users`"),
    ] {
        let place = place();
        first(&place);
        let sql = place.column("SELECT sql FROM sqlite_schema WHERE name = 'users'")[0].as_str().unwrap().to_owned();
        assert!(sql.contains(from), "{sql}");
        place.run(&format!("DROP TABLE users; {}", sql.replace(from, to)));
        rebuild(&place);
        let error = place.refuses();
        assert!(error.code == Code::Drifted && error.message.contains(lost), "{error:?}");
    }
}

#[test]
fn rows_without_their_parent_are_refused() {
    let place = place();
    first(&place);
    let notes = json!({ "name": "notes", "primaryKey": ["id"], "columns": [
        { "name": "id", "kind": "id" }, { "name": "user_id", "kind": "integer", "nullable": true } ] });
    let up = place.dialect.create_table(&serde_json::from_value(notes.clone()).unwrap());
    let operations = json!([{ "op": "createTable", "table": notes }]);
    place.write(Draft { version: B, name: "notes", after: &[A], operations, up: &up, down: "DROP TABLE notes;" });
    place.upgrade("head").unwrap();
    place.run(
        "INSERT INTO users (id, email) VALUES (1, 'ada'); INSERT INTO notes (user_id) VALUES (1), (7), (NULL), (8)",
    );
    let key = json!({ "name": "notes_user_id_fkey", "columns": ["user_id"], "table": "users", "references": ["id"] });
    let mut with = notes.clone();
    with["foreignKeys"] = json!([key]);
    let create = place.dialect.create_table(&serde_json::from_value(with).unwrap());
    let up = format!(
        "{};\nINSERT INTO \"new\" SELECT id, user_id FROM notes;\nDROP TABLE notes;\nALTER TABLE \"new\" RENAME TO notes;\n",
        create.replace("CREATE TABLE \"notes\"", "CREATE TABLE \"new\"")
    );
    let operations = json!([{ "op": "addConstraint", "table": "notes", "constraint": { "foreignKey": key } }]);
    place.write(Draft { version: "20260103000000", name: "key", after: &[B], operations, up: &up, down: "SELECT 1;" });
    let error = place.refuses();
    assert_eq!((error.code, error.table.as_deref()), (Code::RowsRefused, Some("notes")), "{error:?}");
    assert!(error.message.contains("id 2, 4"), "{error:?}");
}
