//! Administrative work as one transaction, one at a time in a database.

use crate::dialect::Work;
use crate::error::Result;
use crate::statement::Execute;

/// The letters of `plinth`, as the number of an advisory lock; such locks are a database's own, whatever the schema.
const LOCK: u64 = 0x706c_696e_7468;

/// Runs `work` while no other init or reset runs, and commits, or undoes all of it.
///
/// Read committed, whatever the server's default: each statement sees what was committed before it, so that what is read
/// after the lock is what its last holder left. A role's time limit for statements is for its queries: neither waiting
/// for ten other processes nor counting rows is one. But nobody waits for ever. Types are read as the server spells them
/// by itself.
pub(super) fn exclusive(connection: &mut dyn Execute, work: Work<'_>) -> Result<()> {
    let result = begin(connection).and_then(|()| work(connection)).and_then(|()| connection.batch("COMMIT"));
    if result.is_err() {
        // Where the connection is gone, so is the transaction.
        let _ = connection.batch("ROLLBACK");
    }
    result
}

fn begin(connection: &mut dyn Execute) -> Result<()> {
    connection.batch(&format!(
        "BEGIN ISOLATION LEVEL READ COMMITTED; \
         SET LOCAL statement_timeout = 0; SET LOCAL client_min_messages = warning; \
         SET LOCAL quote_all_identifiers = off; \
         SET LOCAL lock_timeout = '60s'; SELECT pg_advisory_xact_lock({LOCK}); SET LOCAL lock_timeout = '10s'"
    ))
}
