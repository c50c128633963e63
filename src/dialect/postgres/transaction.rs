//! Administrative work as one transaction; init and reset one at a time in a database.

use crate::dialect::Work;
use crate::error::Result;
use crate::statement::Execute;

/// The letters of `plinth`, as the number of an advisory lock; such locks are a database's own, whatever the schema.
pub const LOCK: u64 = 0x706c_696e_7468;

/// Runs `work` while no other init, reset or runner of revisions works, and commits, or undoes all of it.
pub(super) fn exclusive(connection: &mut dyn Execute, work: Work<'_>) -> Result<()> {
    let lock = format!("SET LOCAL lock_timeout = '60s'; SELECT pg_advisory_xact_lock({LOCK});");
    committed(connection, &lock, work)
}

/// Runs `work`, and commits, or undoes all of it. Whoever calls sees to it that no other does the same.
pub(super) fn shared(connection: &mut dyn Execute, work: Work<'_>) -> Result<()> {
    // What a person wrote into a revision means the same on every machine.
    committed(connection, "SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO, YMD';", work)
}

fn committed(connection: &mut dyn Execute, first: &str, work: Work<'_>) -> Result<()> {
    let result = begin(connection, first).and_then(|()| work(connection)).and_then(|()| connection.batch("COMMIT"));
    if result.is_err() {
        // Where the connection is gone, so is the transaction.
        let _ = connection.batch("ROLLBACK");
    }
    result
}

/// Read committed, whatever the server's default: each statement sees what was committed before it, so that what is read
/// after the lock is what its last holder left. A role's time limits are for its queries: neither waiting for ten other
/// processes nor rewriting a table is one. But nobody waits for ever. Types are read as the server spells them by itself.
fn begin(connection: &mut dyn Execute, first: &str) -> Result<()> {
    connection.batch(&format!(
        "BEGIN ISOLATION LEVEL READ COMMITTED; \
         SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0; \
         SET LOCAL client_min_messages = warning; SET LOCAL quote_all_identifiers = off; \
         {first} SET LOCAL lock_timeout = '10s'"
    ))
}
