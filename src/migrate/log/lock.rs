//! One runner at a time on PostgreSQL: an idle session that holds an advisory lock in a transaction. On SQLite each revision's own
//! transaction is the lock.

use crate::dialect::postgres::{holds_lock, session_number, take_lock};
use crate::engine::postgres::admin::AdminConnection;
use crate::engine::postgres::Target;
use crate::error::{Code, Error, Result};
use crate::statement::Execute;

/// The lock, held until this is dropped. It is the one that init and reset take for their transactions.
///
/// The session does nothing else: what waited in the session that works would keep a snapshot, and what is not in a
/// transaction outlives the COMMIT of each revision, and CREATE INDEX CONCURRENTLY. The lock and the settings are those of a
/// transaction that has no snapshot between its statements: those of a session would stay behind with a pooler, which gives it
/// to others after each transaction, and keep all other runners out.
pub struct Lock {
    session: AdminConnection,
}

impl Lock {
    /// Waits for the lock, as long as the patience of the connection that is to work allows.
    pub fn take(target: &Target, works: &mut dyn Execute) -> Result<Lock> {
        let mut session = AdminConnection::open(target)?;
        session.set_patience(works.patience());
        take_lock(&mut session, session_number(works)?)?;
        Ok(Lock { session })
    }

    /// Fails where the lock is lost: its session broke, or something between us and the server gave it to others.
    pub fn check(&mut self) -> Result<()> {
        match holds_lock(&mut self.session)? {
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
        self.session.leave();
    }
}
