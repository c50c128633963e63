//! The transaction of a revision on PostgreSQL: its settings, and that it is all or nothing.

mod support;

use plinth::dialect::postgres::syntax::Postgres;
use plinth::dialect::Transactions;
use plinth::error::{Code, Error};
use plinth::statement::{Execute, LockTries, Patience, Statement};
use std::time::Duration;
use support::Database;

fn setting(connection: &mut dyn Execute, name: &str) -> String {
    let rows = connection.query(&Statement::new(format!("SHOW {name}"))).unwrap();
    rows[0][0].as_str().unwrap().to_owned()
}

fn count(connection: &mut dyn Execute) -> Option<i64> {
    connection.query(&Statement::new("SELECT count(*) FROM t")).ok()?[0][0].as_int()
}

#[test]
fn a_revision_is_all_or_nothing() {
    let Some(database) = Database::new() else { return };
    let mut connection = database.open();
    let odd =
        "SET statement_timeout = '5s'; SET default_transaction_isolation = serializable; SET TimeZone = 'Asia/Tokyo'";
    connection.batch(odd).unwrap();
    Postgres
        .revision_transaction(&mut connection, &["t".into()], &mut |connection| {
            connection.batch("CREATE TABLE t (a timestamptz); INSERT INTO t VALUES ('2026-01-01 00:00')")?;
            for (name, value) in [
                ("statement_timeout", "0"),
                ("idle_in_transaction_session_timeout", "0"),
                ("lock_timeout", "40ms"),
                ("transaction_isolation", "read committed"),
                ("TimeZone", "UTC"),
            ] {
                assert_eq!(setting(connection, name), value, "{name}");
            }
            Ok(())
        })
        .unwrap();
    assert_eq!(count(&mut connection), Some(1));
    assert_eq!(
        (setting(&mut connection, "statement_timeout"), setting(&mut connection, "TimeZone")),
        ("5s".into(), "Asia/Tokyo".into())
    );

    // An error of the work's, and one of the server's: neither leaves anything, and the connection goes on.
    let refused = Postgres.revision_transaction(&mut connection, &[], &mut |connection| {
        connection.batch("INSERT INTO t VALUES (now()); DROP TABLE t")?;
        Err(Error::new(Code::Drifted, "no"))
    });
    assert_eq!(refused.unwrap_err().code, Code::Drifted);
    let failed = Postgres.revision_transaction(&mut connection, &[], &mut |connection| {
        connection.batch("INSERT INTO t VALUES (now())")?;
        connection.batch("INSERT INTO nothing VALUES (1)")
    });
    assert_eq!(failed.unwrap_err().code, Code::SqlFailed);
    // What is only found out at the end counts too.
    let late = Postgres.revision_transaction(&mut connection, &[], &mut |connection| {
        connection.batch(
            "CREATE TABLE u (a int PRIMARY KEY, b int REFERENCES u DEFERRABLE INITIALLY DEFERRED); INSERT INTO u VALUES (1, 2)",
        )
    });
    assert_eq!(late.unwrap_err().code, Code::ForeignKeyViolation);
    assert_eq!(count(&mut connection), Some(1));
    assert!(connection.query(&Statement::new("SELECT * FROM u")).is_err());
}

#[test]
fn a_table_that_somebody_holds_is_not_waited_for_without_end() {
    let Some(database) = Database::new() else { return };
    let (mut connection, mut other) = (database.open(), database.open());
    connection.batch("CREATE TABLE t (a int)").unwrap();
    other.batch("BEGIN; SELECT * FROM t").unwrap();
    // Minutes of it are no test's.
    let locks = LockTries { all: Duration::from_millis(300), ..LockTries::default() };
    connection.set_patience(Patience::default().asking(locks));
    let mut tries = 0;
    let refused = Postgres.revision_transaction(&mut connection, &["t".into()], &mut |connection| {
        tries += 1;
        connection.batch("ALTER TABLE t ADD b int")
    });
    assert_eq!(refused.unwrap_err().code, Code::Busy);
    assert!(tries > 1);
    other.batch("ROLLBACK").unwrap();
    Postgres.revision_transaction(&mut connection, &[], &mut |c| c.batch("ALTER TABLE t ADD b int")).unwrap();
}
