//! One runner at a time on PostgreSQL: an idle session that holds an advisory lock. On SQLite each revision's own
//! transaction is the lock.

use crate::dialect::postgres::{patiently, truth, LOCK};
use crate::engine::postgres::admin::AdminConnection;
use crate::engine::postgres::Target;
use crate::error::{Code, Error, Result};
use crate::statement::{Execute, Statement};

/// Where the lock is in pg_locks: https://www.postgresql.org/docs/current/view-pg-locks.html
const HELD: &str = "l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 AND l.database = (SELECT oid FROM \
                    pg_database WHERE datname = current_database()) AND (l.classid::bigint << 32) + l.objid::bigint";

/// The lock, held until this is dropped. It is the one that init and reset take for their transactions.
///
/// The session does nothing else: what waited in the session that works would keep a snapshot, and what is not in a
/// transaction outlives the COMMIT of each revision, and CREATE INDEX CONCURRENTLY.
pub struct Lock {
    session: AdminConnection,
}

impl Lock {
    /// Waits for the lock, for at most a minute.
    pub fn take(target: &Target) -> Result<Lock> {
        let mut session = AdminConnection::open(target)?;
        // Servers before PostgreSQL 14 do not know the setting.
        session.query(&Statement::new(
            "SELECT set_config(name, '0', false) FROM pg_settings WHERE name IN ('idle_session_timeout', 'statement_timeout')",
        ))?;
        match patiently(|| truth(&mut session, &format!("SELECT pg_try_advisory_lock({LOCK})"))) {
            Ok(()) => Ok(Lock { session }),
            Err(error) if error.code == Code::Busy => Err(match holder(&mut session) {
                Some(holder) => error.found(holder),
                None => error,
            }),
            Err(error) => Err(error),
        }
    }

    /// Fails where the lock is lost: its session broke, or something between us and the server gave it to others.
    pub fn check(&mut self) -> Result<()> {
        let held = truth(
            &mut self.session,
            &format!("SELECT EXISTS (SELECT FROM pg_locks l WHERE {HELD} = {LOCK} AND pid = pg_backend_pid())"),
        )?;
        match held {
            true => Ok(()),
            false => Err(Error::new(Code::ConnectionLost, "The lock that keeps other runners out was lost.").hint(
                "Behind a pooler of transactions, MIGRATION_DATABASE_URL names the server itself: locks need a session.",
            )),
        }
    }
}

/// The session that holds the lock, as an administrator finds it.
fn holder(session: &mut AdminConnection) -> Option<String> {
    let sql = format!(
        "SELECT concat_ws(' ', 'the session', l.pid, 'of', a.usename, 'since', a.backend_start::timestamptz(0)) \
         FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid WHERE {HELD} = {LOCK}"
    );
    let rows = session.query(&Statement::new(sql)).ok()?;
    rows.first()?.first()?.as_str().map(str::to_owned)
}

impl Drop for Lock {
    fn drop(&mut self) {
        // The server lets go when the session ends; this is sooner.
        let _ = self.session.batch(&format!("SELECT pg_advisory_unlock({LOCK})"));
    }
}
