//! Work that only reads, beside others that hold the locks of tables: it neither waits for long nor keeps others waiting.

use crate::dialect::Work;
use crate::error::{Code, Error, Result};
use crate::statement::{Execute, Statement};
use crate::value::Value;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long one lock is waited for at once, in milliseconds: far below the server's
/// `deadlock_timeout`, a second, so that no transaction is ever ended for a deadlock with a reader.
const ONCE: u64 = 100;
/// How long work is tried again in all.
const ALL: Duration = Duration::from_secs(2);
/// How long one waits before it tries again, without any lock.
const PAUSE: Duration = Duration::from_millis(50);

/// The table that is locked against readers, and by which session; one that waits for its turn keeps them out too. The server
/// opens tables to write their expressions, so that the one in the way is not known otherwise.
const LOCKED: &str = "
SELECT c.relname::text, concat_ws(' ', 'the session', l.pid, 'of ' || a.usename, 'since ' || a.backend_start::timestamptz(0))
FROM pg_locks l
JOIN pg_class c ON c.oid = l.relation AND c.relkind IN ('r', 'p') AND pg_table_is_visible(c.oid)
JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = ANY (current_schemas(false))
LEFT JOIN pg_stat_activity a ON a.pid = l.pid
WHERE l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND l.mode = 'AccessExclusiveLock' AND l.pid <> pg_backend_pid()
ORDER BY NOT l.granted, 1
LIMIT 1";

/// One time for all that is tried again.
pub(super) struct Tries {
    end: Instant,
}

impl Default for Tries {
    fn default() -> Self {
        Tries { end: Instant::now() + ALL }
    }
}

impl Tries {
    /// Runs work as a transaction that only reads, and that gives up each lock which it is not given at once.
    pub fn reading(&self, connection: &mut dyn Execute, isolation: &str, work: Work<'_>) -> Result<()> {
        self.run(connection, &mut |connection| {
            connection.batch(&format!(
                "BEGIN ISOLATION LEVEL {isolation} READ ONLY; SET LOCAL statement_timeout = 0; \
                 SET LOCAL lock_timeout = {ONCE}"
            ))?;
            let result = work(connection);
            let ended = connection.batch("ROLLBACK");
            result.and(ended)
        })
    }

    /// Runs work that undoes itself, again while somebody holds a lock that it needs and there is time left.
    pub fn run(&self, connection: &mut dyn Execute, work: Work<'_>) -> Result<()> {
        loop {
            match work(connection) {
                Err(error) if error.code != Code::Busy => return Err(error),
                Err(_) if Instant::now() < self.end => sleep(PAUSE),
                Err(error) => return Err(named(connection, error)),
                Ok(()) => return Ok(()),
            }
        }
    }
}

/// The error, with the table that is locked and the session that holds its lock, as far as that can
/// be seen.
fn named(connection: &mut dyn Execute, error: Error) -> Error {
    let Ok(rows) = connection.query(&Statement::new(LOCKED)) else { return error };
    let text = |at: usize| rows.first().and_then(|row| row.get(at)).and_then(Value::as_str);
    let (Some(table), Some(holder)) = (text(0), text(1)) else { return error };
    error
        .says(format!("The table `{table}` is locked for longer than {} seconds.", ALL.as_secs()))
        .table(table)
        .found(holder)
}
