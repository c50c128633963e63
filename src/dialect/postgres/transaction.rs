//! Administrative work as one transaction; init, reset and runners of revisions one at a time in a database.

use crate::dialect::Work;
use crate::error::{Code, Error, Result};
use crate::statement::{Execute, Statement};
use crate::value::Value;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// The letters of `plinth`, as the number of an advisory lock; such locks are a database's own, whatever the schema.
pub const LOCK: i64 = 0x706c_696e_7468;

/// How long one waits for another's work.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long one waits before it asks for the lock again.
const PAUSE: Duration = Duration::from_millis(25);

/// What a person wrote into a revision means the same on every machine.
pub(super) const SAME: &str =
    "SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO, YMD'; SET LOCAL extra_float_digits = 1;";

/// Runs `work` while no other init, reset or runner of revisions works, and commits, or undoes all of it.
pub(super) fn exclusive(connection: &mut dyn Execute, work: Work<'_>) -> Result<()> {
    let sql = format!("SELECT pg_try_advisory_xact_lock({LOCK})");
    patiently(|| {
        let held = begin(connection, "").and_then(|()| truth(connection, &sql));
        if !matches!(held, Ok(true)) {
            // Where the connection is gone, so is the transaction.
            let _ = connection.batch("ROLLBACK");
        }
        held
    })?;
    finish(connection, work)
}

/// Runs `work`, and commits, or undoes all of it. Whoever calls sees to it that no other does the same.
pub(super) fn shared(connection: &mut dyn Execute, work: Work<'_>) -> Result<()> {
    let begun = begin(connection, SAME);
    if begun.is_err() {
        let _ = connection.batch("ROLLBACK");
    }
    begun?;
    finish(connection, work)
}

/// Runs work that only reads, on one snapshot.
pub(super) fn snapshot(connection: &mut dyn Execute, work: Work<'_>) -> Result<()> {
    connection.batch("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = 0")?;
    let result = work(connection);
    let ended = connection.batch("ROLLBACK");
    result.and(ended)
}

fn finish(connection: &mut dyn Execute, work: Work<'_>) -> Result<()> {
    let result = work(connection).and_then(|()| connection.batch("COMMIT"));
    if result.is_err() {
        let _ = connection.batch("ROLLBACK");
    }
    result
}

/// Asks for the lock until it is given, for at most a minute.
///
/// One statement that waits would be a transaction with a snapshot, for whose end the holder's CREATE INDEX CONCURRENTLY
/// waits in turn, unseen by the server's search for deadlocks.
pub fn patiently(mut ask: impl FnMut() -> Result<bool>) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    while !ask()? {
        if Instant::now() >= deadline {
            let seconds = PATIENCE.as_secs();
            return Err(Error::new(
                Code::Busy,
                format!("Another process has been changing the tables of this database for {seconds} seconds."),
            )
            .hint("Make the call again when it has finished."));
        }
        sleep(PAUSE);
    }
    Ok(())
}

/// The answer of a question.
pub fn truth(connection: &mut dyn Execute, sql: &str) -> Result<bool> {
    Ok(connection.query(&Statement::new(sql))?.first().is_some_and(|row| row.first() == Some(&Value::Bool(true))))
}

/// Read committed, whatever the server's default: each statement sees what was committed before it, so that what is read
/// after the lock is what its last holder left. A role's time limits are for its queries: rewriting a table is none. But
/// nobody waits for ever. Types are read as the server spells them by itself.
fn begin(connection: &mut dyn Execute, first: &str) -> Result<()> {
    connection.batch(&format!(
        "BEGIN ISOLATION LEVEL READ COMMITTED; \
         SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0; \
         SET LOCAL client_min_messages = warning; SET LOCAL quote_all_identifiers = off; \
         {first} SET LOCAL lock_timeout = '10s'"
    ))
}
