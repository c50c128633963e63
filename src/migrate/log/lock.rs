//! One runner at a time on PostgreSQL: an idle session that holds an advisory lock. On SQLite each revision's own
//! transaction is the lock.

use crate::dialect::postgres::{session_number, take_lock, truth, HELD, LOCK};
use crate::engine::postgres::admin::AdminConnection;
use crate::engine::postgres::Target;
use crate::error::{Code, Error, Result};
use crate::statement::{Execute, Statement};

/// The lock, held until this is dropped. It is the one that init and reset take for their transactions.
///
/// The session does nothing else: what waited in the session that works would keep a snapshot, and what is not in a
/// transaction outlives the COMMIT of each revision, and CREATE INDEX CONCURRENTLY.
pub struct Lock {
    session: AdminConnection,
}

impl Lock {
    /// Waits for the lock, as long as the patience of the connection that is to work allows.
    pub fn take(target: &Target, works: &mut dyn Execute) -> Result<Lock> {
        let mut session = AdminConnection::open(target)?;
        session.set_patience(works.patience());
        // Servers before PostgreSQL 14 do not know the setting.
        session.query(&Statement::new(
            "SELECT set_config(name, '0', false) FROM pg_settings WHERE name IN ('idle_session_timeout', 'statement_timeout')",
        ))?;
        take_lock(&mut session, session_number(works)?)?;
        Ok(Lock { session })
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

impl Drop for Lock {
    fn drop(&mut self) {
        // The server lets go when the session ends; this is sooner.
        let _ = self.session.batch(&format!("SELECT pg_advisory_unlock({LOCK})"));
    }
}
