//! Diesel's harness, the log and the lock, on both databases.

mod support;

use plinth::dialect::postgres::syntax::Postgres;
use plinth::dialect::sqlite::syntax::Sqlite;
use plinth::dialect::{Dialect, Transactions};
use plinth::engine::sqlite::admin::AdminConnection;
use plinth::error::{Code, Error, Result};
use plinth::migrate::log::harness::{applied, run_down, run_up};
use plinth::migrate::log::history::{self, Direction, Entry};
use plinth::migrate::log::lock::Lock;
use plinth::statement::{Execute, Statement};
use std::time::{Duration, Instant};
use support::Database;

fn memory() -> AdminConnection {
    AdminConnection::open(":memory:", 100).unwrap()
}

fn within(connection: &mut dyn Execute, work: impl FnOnce(&mut dyn Execute) -> Result<()>) -> Result<()> {
    connection.batch("BEGIN").unwrap();
    let result = work(connection);
    connection.batch(if result.is_ok() { "COMMIT" } else { "ROLLBACK" }).unwrap();
    result
}

fn entry(version: &str, direction: Direction) -> Entry {
    let (name, checksum, by) = ("add_phone ü".into(), "abc".into(), "ada@host".into());
    let started_at = "2026-11-20T10:15:00.123Z".into();
    Entry {
        version: version.into(),
        name,
        checksum,
        direction,
        started_at,
        took_ms: 7,
        by,
        operations: Some("{}".into()),
        script: None,
        script_checksum: None,
    }
}

fn up_and_down(dialect: &dyn Dialect, connection: &mut dyn Execute) {
    assert_eq!(applied(dialect, connection).unwrap(), [""; 0]);
    for version in ["20260101000001", "20260101000000"] {
        let table = format!("t{version}");
        let run = |c: &mut dyn Execute| {
            run_up(c, version, &mut |inner| {
                assert!(inner.parts().0.is_none());
                inner.batch(&format!("CREATE TABLE {table} (id integer)"))
            })
        };
        within(connection, run).unwrap();
    }
    assert_eq!(applied(dialect, connection).unwrap(), ["20260101000000", "20260101000001"]);
    let table = |name: &str| Statement::new(format!("SELECT count(*) FROM {name}"));
    connection.query(&table("t20260101000000")).unwrap();

    // A failure undoes everything, and keeps its error.
    let fails = |inner: &mut dyn Execute| {
        inner.batch("CREATE TABLE gone (id integer)")?;
        Err(Error::new(Code::RowsRefused, "three rows").table("users"))
    };
    let error = within(connection, |c| run_up(c, "20260101000002", &mut { fails })).unwrap_err();
    assert_eq!((error.code, error.table.as_deref()), (Code::RowsRefused, Some("users")));
    connection.query(&table("gone")).unwrap_err();
    let twice = within(connection, |c| run_up(c, "20260101000001", &mut |_| Ok(()))).unwrap_err();
    assert_eq!(twice.code, Code::UniqueViolation);

    within(connection, |c| run_down(c, "20260101000001", &mut |inner| inner.batch("DROP TABLE t20260101000001")))
        .unwrap();
    assert_eq!(applied(dialect, connection).unwrap(), ["20260101000000"]);
}

fn log(dialect: &dyn Dialect, connection: &mut dyn Execute) {
    assert_eq!(history::entries(dialect, connection).unwrap(), []);
    for _ in 0..2 {
        history::prepare(dialect, connection).unwrap();
    }
    let written = [
        entry("1", Direction::Up),
        entry("2", Direction::Stamp),
        entry("2", Direction::Unstamp),
        entry("1", Direction::Down),
    ];
    for entry in &written {
        history::add(dialect, connection, entry).unwrap();
    }
    let read = history::entries(dialect, connection).unwrap();
    assert_eq!(read, written);
    assert_eq!(history::of(&read[..2], "2").map(|e| e.direction), Some(Direction::Stamp));
    assert_eq!(history::of(&read, "2"), None);
}

#[test]
fn sqlite_up_and_down() {
    up_and_down(&Sqlite, &mut memory());
}

#[test]
fn postgres_up_and_down() {
    let Some(database) = Database::new() else { return };
    up_and_down(&Postgres, &mut database.open());
}

#[test]
fn sqlite_log() {
    log(&Sqlite, &mut memory());
}

#[test]
fn postgres_log() {
    let Some(database) = Database::new() else { return };
    let mut connection = database.open();
    connection.batch("SET TimeZone = 'Asia/Kolkata'; SET DateStyle = 'German'").unwrap();
    log(&Postgres, &mut connection);
}

#[test]
fn one_lock_for_all_that_changes_tables() {
    let Some(database) = Database::new() else { return };
    let target = support::target(&database.url);
    let mut lock = Lock::take(&target, &mut database.open()).unwrap();
    lock.check().unwrap();
    // Transactions of the one who holds it run; those of others wait.
    let mut own = database.open();
    Postgres.revision_transaction(&mut own, &[], &mut |c| c.batch("CREATE TABLE mine (id integer)")).unwrap();
    let start = Instant::now();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            Postgres.transaction(&mut database.open(), &mut |c| c.batch("CREATE TABLE theirs (id integer)")).unwrap();
            start.elapsed()
        });
        let second = scope.spawn(|| Lock::take(&target, &mut database.open()).map(|_| start.elapsed()));
        std::thread::sleep(Duration::from_millis(300));
        // A waiting session does not block a statement that waits for all transactions.
        own.batch("CREATE INDEX CONCURRENTLY mine_idx ON mine (id)").unwrap();
        drop(lock);
        assert!(waiting.join().unwrap() >= Duration::from_millis(300));
        assert!(second.join().unwrap().unwrap() >= Duration::from_millis(300));
    });
}

#[test]
fn a_lock_that_was_lost_is_noticed() {
    let Some(database) = Database::new() else { return };
    let mut lock = Lock::take(&support::target(&database.url), &mut database.open()).unwrap();
    let killed = "SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_database d ON d.oid = database \
                  WHERE locktype = 'advisory' AND datname = current_database()";
    database.open().query(&Statement::new(killed)).unwrap();
    assert_eq!(lock.check().unwrap_err().code, Code::ConnectionLost);
    let mut next = Lock::take(&support::target(&database.url), &mut database.open()).unwrap();
    next.check().unwrap();
}
