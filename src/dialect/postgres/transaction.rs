//! Administrative work as one transaction; init, reset and runners of revisions one at a time in a database.

use super::brief_locks::{tried, tried_for};
use super::locked::Tries;
use crate::dialect::waiting::{wait, Holder};
use crate::dialect::Work;
use crate::error::Result;
use crate::statement::{Execute, Statement};
use crate::value::Value;
use std::time::Duration;

/// The letters of `plinth`, as the number of an advisory lock; such locks are a database's own, whatever the schema.
pub const LOCK: i64 = 0x706c_696e_7468;

/// The end of the application name of a session that holds the lock for another session, which
/// works.
const FOR: &str = " lock for ";

/// The lock in pg_locks, as `l`: https://www.postgresql.org/docs/current/view-pg-locks.html
pub const HELD: &str = "l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 AND l.database = (SELECT oid FROM \
                        pg_database WHERE datname = current_database()) AND (l.classid::bigint << 32) + l.objid::bigint";

/// The settings with which a person's SQL in a revision means the same on every machine.
pub(super) const SAME: &str =
    "SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO, YMD'; SET LOCAL extra_float_digits = 1;";

/// The setting with which rows that a policy hides from the role make a statement fail, instead of being left out.
pub(super) const ALL_ROWS: &str = "SET LOCAL row_security = off;";

/// Runs `work` while no other init, reset or runner of revisions works, and commits, or undoes all of it.
pub(super) fn exclusive(connection: &mut dyn Execute, work: Work<'_>) -> Result<()> {
    tried(connection, &mut |connection| begin_exclusive(connection, ""), work)
}

/// The same with the settings of a revision. The lock is the transaction's: a session's would stay behind with a pooler that
/// gives the next transaction another session.
pub(super) fn repair(connection: &mut dyn Execute, start: bool, work: Work<'_>) -> Result<()> {
    let mut patience = connection.patience();
    if start {
        patience.locks.all = patience.locks.all.min(START);
    }
    tried_for(connection, &patience, &mut |connection| begin_exclusive(connection, SAME), work)
}

/// For how long the repair of a start asks for locks: without it the process can start, too.
const START: Duration = Duration::from_secs(10);

/// Runs `work`, and commits, or undoes all of it. The caller sees to it that no other does the
/// same. Rows that a policy hides from this role make a statement fail: an UPDATE would leave them out.
pub(super) fn shared(connection: &mut dyn Execute, work: Work<'_>) -> Result<()> {
    let settings = format!("{SAME} {ALL_ROWS}");
    tried(connection, &mut |connection| begin_shared(connection, &settings), work)
}

/// Runs one statement of a script outside of a transaction as a transaction of its own.
pub(super) fn alone(connection: &mut dyn Execute, work: Work<'_>) -> Result<()> {
    tried(connection, &mut |connection| begin_shared(connection, ""), work)
}

fn begin_shared(connection: &mut dyn Execute, settings: &str) -> Result<()> {
    let begun = begin(connection, settings);
    if begun.is_err() {
        let _ = connection.batch("ROLLBACK");
    }
    begun
}

fn begin_exclusive(connection: &mut dyn Execute, settings: &str) -> Result<()> {
    let sql = format!("SELECT pg_try_advisory_xact_lock({LOCK})");
    let mut ask = |connection: &mut dyn Execute| {
        let held = begin(connection, settings).and_then(|()| truth(connection, &sql));
        if !matches!(held, Ok(true)) {
            // If the connection is gone, so is the transaction.
            let _ = connection.batch("ROLLBACK");
        }
        held
    };
    wait(connection, &mut ask, &mut holder)
}

/// Runs work that only reads, on one snapshot.
pub(super) fn snapshot(connection: &mut dyn Execute, work: Work<'_>) -> Result<()> {
    Tries::default().reading(connection, "REPEATABLE READ", work)
}

/// Runs work that only reads in a savepoint, with whose end the locks of its tables end. Rows that a policy hides make it
/// fail, instead of missing in what it counts.
pub(super) fn attempt(connection: &mut dyn Execute, work: Work<'_>) -> Result<()> {
    Tries::default().run(connection, &mut |connection| {
        connection.batch("SAVEPOINT plinth_attempt; SET LOCAL row_security = off")?;
        let result = work(connection);
        let ended = connection.batch("ROLLBACK TO SAVEPOINT plinth_attempt; RELEASE SAVEPOINT plinth_attempt");
        result.and(ended)
    })
}

/// Begins a transaction that holds the lock, in a session that does nothing else while the session of this number works.
///
/// Each attempt is a transaction of its own. One statement that waits would keep a snapshot, for whose end the holder's CREATE
/// INDEX CONCURRENTLY waits in turn, unseen by the server's search for deadlocks; and within one transaction the server shows
/// what other sessions do as it was at first.
pub fn take_lock(connection: &mut dyn Execute, works: i64) -> Result<()> {
    let name = format!("left(current_setting('application_name'), 40) || '{FOR}{works}'");
    // Servers before PostgreSQL 17 do not know the last of these settings.
    let settings = format!(
        "SELECT set_config(name, '0', true) FROM pg_settings \
         WHERE name IN ('statement_timeout', 'idle_in_transaction_session_timeout', 'transaction_timeout') \
         UNION ALL SELECT set_config('application_name', {name}, true)"
    );
    let sql = format!("SELECT pg_try_advisory_xact_lock({LOCK})");
    let mut ask = |connection: &mut dyn Execute| {
        let begun = connection.batch("BEGIN ISOLATION LEVEL READ COMMITTED");
        let held = begun
            .and_then(|()| connection.query(&Statement::new(settings.as_str())))
            .and_then(|_| truth(connection, &sql));
        if !matches!(held, Ok(true)) {
            // If the connection is gone, so is the transaction.
            let _ = connection.batch("ROLLBACK");
        }
        held
    };
    wait(connection, &mut ask, &mut holder)?;
    end_snapshot(connection)
}

/// Whether a transaction that `take_lock` began still holds the lock.
pub fn holds_lock(connection: &mut dyn Execute) -> Result<bool> {
    let sql = format!("SELECT EXISTS (SELECT FROM pg_locks l WHERE {HELD} = {LOCK} AND pid = pg_backend_pid())");
    let held = truth(connection, &sql)?;
    end_snapshot(connection)?;
    Ok(held)
}

/// Ends the snapshot of the last statement. Within a transaction a statement of the extended protocol keeps its snapshot until the
/// next one begins, and CREATE INDEX CONCURRENTLY of another session waits for it; one of the simple protocol keeps none.
fn end_snapshot(connection: &mut dyn Execute) -> Result<()> {
    connection.batch("SELECT 1")
}

/// The number of this session, as others find it.
pub fn session_number(connection: &mut dyn Execute) -> Result<i64> {
    let rows = connection.query(&Statement::new("SELECT pg_backend_pid()::bigint"))?;
    Ok(rows.first().and_then(|row| row.first()).and_then(Value::as_int).unwrap_or_default())
}

/// The session that holds the lock. Its mark moves as long as the session that works runs a
/// statement and waits neither for a lock nor for its client, or begins one statement after the
/// other. A session that this role may not see counts as working.
fn holder(connection: &mut dyn Execute) -> Result<Holder> {
    let sql = format!(
        "SELECT concat_ws(' ', 'the session', l.pid, 'of ' || a.usename, 'since ' || a.backend_start::timestamptz(0)), \
         concat_ws(', ', 'pg_terminate_backend(' || l.pid || ')', \
             'pg_terminate_backend(' || nullif(w.pid, l.pid) || ')'), \
         concat_ws(' ', l.pid, CASE \
             WHEN w.pid IS NOT NULL AND (w.state IS NULL OR w.state = 'disabled') THEN clock_timestamp() \
             WHEN w.state = 'active' AND coalesce(w.wait_event_type, '') NOT IN ('Lock', 'Client') THEN clock_timestamp() \
             ELSE w.state_change END) \
         FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid \
         LEFT JOIN pg_stat_activity w \
             ON w.pid = coalesce(substring(a.application_name FROM '{FOR}([0-9]+)$')::integer, l.pid) \
         WHERE {HELD} = {LOCK}"
    );
    let rows = connection.query(&Statement::new(sql))?;
    let text = |at: usize| rows.first()?.get(at)?.as_str().map(str::to_owned);
    Ok(Holder {
        name: text(0),
        end: text(1).filter(|calls| !calls.is_empty()).map(|calls| format!("end it (`SELECT {calls}`)")),
        mark: text(2).unwrap_or_default(),
    })
}

/// The answer of a question.
pub fn truth(connection: &mut dyn Execute, sql: &str) -> Result<bool> {
    Ok(connection.query(&Statement::new(sql))?.first().is_some_and(|row| row.first() == Some(&Value::Bool(true))))
}

/// Read committed, whatever the server's default: each statement sees what was committed before it,
/// so that what is read after the lock is what its last holder left. A role's time limits are for
/// its queries: rewriting a table is none. But the wait for a lock is short. Types are read as the
/// server spells them by itself.
fn begin(connection: &mut dyn Execute, first: &str) -> Result<()> {
    let once = connection.patience().locks.once.as_millis();
    connection.batch(&format!(
        "BEGIN ISOLATION LEVEL READ COMMITTED; \
         SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0; \
         SET LOCAL client_min_messages = warning; SET LOCAL quote_all_identifiers = off; \
         {first} SET LOCAL lock_timeout = '{once}ms'"
    ))
}
