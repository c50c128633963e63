//! Running revisions on a real PostgreSQL server: connections that break, locks, schemas, what only it has.

mod support;

use plinth::database::migrations;
use plinth::error::Code;
use plinth::statement::Statement;
use serde_json::json;
use std::time::{Duration, Instant};
use support::revisions::{Draft, Place};

const A: &str = "20260101000000";
const B: &str = "20260102000000";

fn slow(place: &Place) {
    let up = "CREATE TABLE one (id integer);\nSELECT pg_sleep(30);\nCREATE TABLE two (id integer);\n";
    place.write(Draft { version: A, name: "slow", up, down: "DROP TABLE one;", ..Draft::default() });
}

/// Of pg_stat_activity: the session that holds the lock of runners.
const HOLDS: &str = "state = 'idle in transaction' AND pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory')";

/// Ends the sessions that this condition names, when there are such.
fn end(place: &Place, which: &str) {
    let mut connection = place.open();
    let start = Instant::now();
    let sql = format!(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
         WHERE datname = current_database() AND pid <> pg_backend_pid() AND ({which})"
    );
    while connection.query(&Statement::new(sql.as_str())).unwrap().is_empty() {
        assert!(start.elapsed() < Duration::from_secs(20), "no such session: {which}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_connection_that_breaks_leaves_nothing() {
    let Some(place) = Place::postgres() else { return };
    slow(&place);
    let error = std::thread::scope(|scope| {
        let running = scope.spawn(|| place.upgrade("head").unwrap_err());
        end(&place, "query LIKE '%pg_sleep(30)%'");
        running.join().unwrap()
    });
    assert_eq!(error.code, Code::ConnectionLost, "{error:?}");
    assert!(error.message.contains("Statement 2 (line 2)"), "{error:?}");
    assert!(!place.has("one") && place.status().applied == 0);
    // The next process is not kept out.
    let file = place.file("20260101000000_slow", "up");
    std::fs::write(&file, std::fs::read_to_string(&file).unwrap().replace("30", "0")).unwrap();
    assert_eq!(place.upgrade("head").unwrap().applied.len(), 1);
}

#[test]
fn the_lock_of_one_that_is_killed_goes_to_the_next() {
    let Some(place) = Place::postgres() else { return };
    slow(&place);
    std::thread::scope(|scope| {
        let first = scope.spawn(|| place.upgrade("head").unwrap_err());
        while place.number("SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(30)%' AND pid <> pg_backend_pid() AND datname = current_database()") == 0 {
            std::thread::sleep(Duration::from_millis(20));
        }
        let file = place.file("20260101000000_slow", "up");
        std::fs::write(&file, std::fs::read_to_string(&file).unwrap().replace("30", "0")).unwrap();
        let second = scope.spawn(|| place.upgrade("head").unwrap());
        std::thread::sleep(Duration::from_millis(300));
        assert!(!second.is_finished());
        // The one who works, and the one who holds the lock: as when a process is killed.
        end(&place, &format!("query LIKE '%pg_sleep(30)%' OR ({HOLDS} AND query = 'SELECT 1')"));
        assert_eq!(first.join().unwrap().code, Code::ConnectionLost);
        assert_eq!(second.join().unwrap().applied.len(), 1);
    });
}

#[test]
fn a_lock_that_is_lost_between_revisions_stops_the_upgrade() {
    let Some(place) = Place::postgres() else { return };
    let up = "SELECT pg_sleep(1);";
    place.write(Draft { version: A, name: "sleeps", up, down: "SELECT 1;", ..Draft::default() });
    place.write(Draft {
        version: B,
        name: "second",
        after: &[A],
        up: "SELECT 1;",
        down: "SELECT 1;",
        ..Draft::default()
    });
    let error = std::thread::scope(|scope| {
        let running = scope.spawn(|| place.upgrade("head").unwrap_err());
        // The one that holds the lock, while the first revision is at work.
        let working =
            "EXISTS (SELECT FROM pg_stat_activity WHERE query LIKE '%pg_sleep(1)%' AND pid <> pg_backend_pid())";
        end(&place, &format!("{HOLDS} AND {working}"));
        running.join().unwrap()
    });
    assert_eq!(error.code, Code::ConnectionLost);
    assert_eq!(place.status().current.as_deref(), Some(A));
}

#[test]
fn the_schema_of_the_url_is_made() {
    let Some(place) = Place::postgres() else { return };
    let plinth::database::Target::Postgres(_) = &place.target else { unreachable!() };
    let table = json!({ "name": "users", "primaryKey": ["id"], "columns": [{ "name": "id", "kind": "id" }] });
    let up = place.dialect.create_table(&serde_json::from_value(table.clone()).unwrap());
    let operations = json!([{ "op": "createTable", "table": table }]);
    place.write(Draft {
        version: A,
        name: "users",
        operations,
        up: &up,
        down: "DROP TABLE users;",
        ..Draft::default()
    });
    place.run(&format!(
        "ALTER DATABASE {} SET search_path = mine, public",
        place.column("SELECT current_database()::text")[0].as_str().unwrap()
    ));
    assert_eq!(place.upgrade("head").unwrap().applied.len(), 1);
    let schemas = place.column("SELECT DISTINCT relnamespace::regnamespace::text FROM pg_class WHERE relname IN ('users', 'plinth_history', '__diesel_schema_migrations')");
    assert_eq!(schemas, ["mine".into()]);
    assert_eq!(place.downgrade("base").unwrap().reverted.len(), 1);
}

#[test]
fn what_hangs_on_a_table_stays() {
    let Some(place) = Place::postgres() else { return };
    let table = json!({ "name": "users", "primaryKey": ["id"], "columns": [{ "name": "id", "kind": "id" }, { "name": "name", "kind": "text" }] });
    let up = place.dialect.create_table(&serde_json::from_value(table.clone()).unwrap());
    let operations = json!([{ "op": "createTable", "table": table }]);
    place.write(Draft {
        version: A,
        name: "users",
        operations,
        up: &up,
        down: "DROP TABLE users;",
        ..Draft::default()
    });
    place.upgrade("head").unwrap();
    place.run(
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; \
         CREATE TRIGGER mine BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION f(); \
         CREATE VIEW seen AS SELECT id FROM users; CREATE INDEX others ON users (lower(name))",
    );
    let operations = json!([{ "op": "renameColumn", "table": "users", "from": "name", "to": "title" }]);
    let up = "ALTER TABLE users RENAME COLUMN name TO title;";
    let bad = format!("{up} DROP TRIGGER mine ON users;");
    let id = "20260102000000_rename";
    place.write(Draft {
        version: B,
        name: "rename",
        after: &[A],
        operations: operations.clone(),
        up: &bad,
        down: "SELECT 1;",
    });
    let error = place.refuses();
    assert!(error.code == Code::Drifted && error.message.contains("trigger `mine`"), "{error:?}");
    std::fs::remove_dir_all(place.dir().join(id)).unwrap();
    place.write(Draft {
        version: B,
        name: "rename",
        after: &[A],
        operations,
        up,
        down: "ALTER TABLE users RENAME COLUMN title TO name;",
    });
    assert_eq!(place.upgrade("head").unwrap().applied.len(), 1);
    assert_eq!(place.downgrade("-1").unwrap().reverted.len(), 1);
    assert!(place.has("seen"));
}

#[test]
fn rows_that_a_constraint_refuses_are_named() {
    let Some(place) = Place::postgres() else { return };
    let column = |name: &str| json!({ "name": name, "kind": "text", "nullable": true });
    let table =
        json!({ "name": "users", "primaryKey": ["id"], "columns": [{ "name": "id", "kind": "id" }, column("email")] });
    let up = place.dialect.create_table(&serde_json::from_value(table.clone()).unwrap());
    let operations = json!([{ "op": "createTable", "table": table }]);
    place.write(Draft {
        version: A,
        name: "users",
        operations,
        up: &up,
        down: "DROP TABLE users;",
        ..Draft::default()
    });
    place.upgrade("head").unwrap();
    place
        .run("INSERT INTO users (email) VALUES ('secret'), (NULL), ('secret'), (NULL), (NULL), (NULL), (NULL), (NULL)");
    let unique = json!([{ "op": "addConstraint", "table": "users", "constraint": { "unique": { "name": "users_email_key", "columns": ["email"] } } }]);
    let up = "ALTER TABLE users ADD CONSTRAINT users_email_key UNIQUE (email);";
    place.write(Draft { version: B, name: "unique", after: &[A], operations: unique, up, down: "SELECT 1;" });
    let error = place.refuses();
    assert_eq!(
        (error.code, error.table.as_deref(), error.columns.as_slice()),
        (Code::RowsRefused, Some("users"), &["email".to_owned()][..])
    );
    assert!(
        error.message.contains("2 rows of users have the same users.email: id 1, 3.")
            && !error.message.contains("secret"),
        "{error:?}"
    );
    std::fs::remove_dir_all(place.dir().join("20260102000000_unique")).unwrap();
    let mut now = column("email");
    now.as_object_mut().unwrap().remove("nullable");
    let strict = json!([{ "op": "alterColumn", "table": "users", "from": column("email"), "to": now }]);
    let up = "ALTER TABLE users ALTER COLUMN email SET NOT NULL;";
    place.write(Draft { version: B, name: "strict", after: &[A], operations: strict, up, down: "SELECT 1;" });
    let error = place.refuses();
    assert_eq!((error.code, error.found.as_deref()), (Code::RowsRefused, Some("6")));
    assert!(error.message.contains("6 rows of users have NULL in users.email: id 2, 4, 5, 6, 7, ..."), "{error:?}");
}

#[test]
fn who_waits_is_not_in_the_way_of_concurrent_indexes() {
    let Some(place) = Place::postgres() else { return };
    place.run("CREATE TABLE plain (id integer)");
    let up = "-- plinth: no transaction\nSELECT pg_sleep(0.5);\nCREATE INDEX CONCURRENTLY plain_idx ON plain (id);\n";
    place.write(Draft { version: A, name: "index", up, down: "DROP INDEX plain_idx;", ..Draft::default() });
    let start = Instant::now();
    let applied: usize = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..6).map(|_| scope.spawn(|| place.upgrade("head").unwrap().applied.len())).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(applied, 1);
    assert!(start.elapsed() < Duration::from_secs(20));
    migrations::status(&place.target, &place.options()).unwrap();
}
