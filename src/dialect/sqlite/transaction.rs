//! Administrative work as one transaction, which holds the write lock from its beginning.

use crate::error::{Code, Result};
use crate::statement::Execute;
use std::thread::sleep;
use std::time::Duration;

/// How often a statement that met a lock is tried again, beyond the busy timeout of each attempt.
const ATTEMPTS: u32 = 5;

/// Runs `work` between BEGIN IMMEDIATE and COMMIT, or undoes all of it.
///
/// Immediate, because a transaction that reads first and writes later fails with SQLITE_BUSY_SNAPSHOT, whatever the
/// timeout, when another writes in between. So what `work` reads is what it then changes.
pub fn immediate<T>(connection: &mut dyn Execute, work: impl FnOnce(&mut dyn Execute) -> Result<T>) -> Result<T> {
    patiently(connection, "BEGIN IMMEDIATE")?;
    let result = work(connection).and_then(|done| patiently(connection, "COMMIT").map(|()| done));
    if result.is_err() {
        // Some failures (a full disk) have rolled back already: https://www.sqlite.org/lang_transaction.html
        let _ = connection.batch("ROLLBACK");
    }
    result
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
