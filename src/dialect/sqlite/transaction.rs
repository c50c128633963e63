//! Administrative work as one transaction, which holds the write lock from its beginning.

use super::holder::holder;
use crate::dialect::waiting::wait;
use crate::dialect::Work;
use crate::error::{Code, Error, Result};
use crate::statement::{Execute, Statement};
use crate::value::Value;
use std::thread::sleep;
use std::time::Duration;

/// How long SQLite itself waits for the write lock before it is looked at the holder.
const ATTEMPT_MS: u64 = 200;

/// How often a COMMIT that met a lock is tried again, beyond the busy timeout of each attempt.
const ATTEMPTS: u32 = 5;

/// Runs `work` between BEGIN IMMEDIATE and COMMIT, or undoes all of it.
///
/// Immediate, because a transaction that reads first and writes later fails with SQLITE_BUSY_SNAPSHOT, whatever the
/// timeout, when another writes in between. So what `work` reads is what it then changes.
pub fn immediate<T>(connection: &mut dyn Execute, work: impl FnOnce(&mut dyn Execute) -> Result<T>) -> Result<T> {
    begin(connection)?;
    let result = work(connection).and_then(|done| patiently(connection, "COMMIT").map(|()| done));
    if result.is_err() {
        // Some failures (a full disk) have rolled back already: https://www.sqlite.org/lang_transaction.html
        let _ = connection.batch("ROLLBACK");
    }
    result
}

/// Runs work that only reads, on the snapshot of its first read.
pub(super) fn snapshot(connection: &mut dyn Execute, work: Work<'_>) -> Result<()> {
    connection.batch("BEGIN")?;
    let result = work(connection);
    let ended = connection.batch("ROLLBACK");
    result.and(ended)
}

/// `immediate` with foreign keys off, so that neither cycles nor rows are in the way; afterwards they are as before.
pub(super) fn without_foreign_keys(connection: &mut dyn Execute, what: &str, work: Work<'_>) -> Result<()> {
    let enforced = foreign_keys(connection)?;
    connection.batch("PRAGMA foreign_keys = OFF")?;
    // Within a transaction the pragma does nothing, and says nothing: https://www.sqlite.org/pragma.html#pragma_foreign_keys
    if foreign_keys(connection)? {
        return Err(Error::new(Code::SqlFailed, format!("{what} cannot run within a transaction."))
            .hint("Commit or roll back the open transaction of this connection first."));
    }
    let result = immediate(connection, work);
    if enforced {
        let restored = connection.batch("PRAGMA foreign_keys = ON");
        return result.and(restored);
    }
    result
}

fn foreign_keys(connection: &mut dyn Execute) -> Result<bool> {
    Ok(number(connection, "PRAGMA foreign_keys")? == Some(1))
}

/// Begins a transaction that holds the write lock, once others have let go of it.
fn begin(connection: &mut dyn Execute) -> Result<()> {
    let before = number(connection, "PRAGMA busy_timeout")?;
    let mut ask = |connection: &mut dyn Execute| match connection.batch("BEGIN IMMEDIATE") {
        Ok(()) => Ok(true),
        Err(error) if error.code == Code::Busy => Ok(false),
        Err(error) => Err(error),
    };
    // Short, so that it is looked at the holder in between.
    connection.batch(&format!("PRAGMA busy_timeout = {ATTEMPT_MS}"))?;
    let begun = wait(connection, &mut ask, &mut holder);
    let restored = connection.batch(&format!("PRAGMA busy_timeout = {}", before.unwrap_or_default()));
    begun.and_then(|()| {
        restored.inspect_err(|_| {
            let _ = connection.batch("ROLLBACK");
        })
    })
}

fn number(connection: &mut dyn Execute, sql: &str) -> Result<Option<i64>> {
    let rows = connection.query(&Statement::new(sql))?;
    Ok(rows.first().and_then(|row| row.first()).and_then(Value::as_int))
}

fn patiently(connection: &mut dyn Execute, sql: &str) -> Result<()> {
    for attempt in 1.. {
        match connection.batch(sql) {
            Err(error) if error.code == Code::Busy && attempt < ATTEMPTS => {
                sleep(Duration::from_millis(u64::from(attempt) * 10));
            }
            result => return result,
        }
    }
    unreachable!("the last attempt returns")
}
