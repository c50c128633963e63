//! How the statements of one script wait for locks, each as its locks demand. A script that sets `lock_timeout` or
//! `statement_timeout`, or controls transactions by itself, is left alone.

use crate::dialect::lock_wait::LockWait;
use crate::dialect::{Dialect, Work};
use crate::error::Result;
use crate::migrate::disk::split::controls_transaction;
use crate::sql::{significant, Rules};
use crate::statement::Execute;

/// How the statements of a script wait.
pub(super) struct StatementWaits {
    /// Whether the script leaves that to Plinth.
    managed: bool,
    /// Whether the script is one transaction.
    transactional: bool,
    /// How statements wait now.
    now: LockWait,
    /// Whether the transaction may hold locks that keep others from a table.
    holds: bool,
}

impl StatementWaits {
    /// Of a script that is about to run; `transactional`: as one transaction.
    pub fn of<'a>(mut statements: impl Iterator<Item = &'a str>, transactional: bool) -> Self {
        let by_hand = |sql: &str| names_a_limit(sql) || !transactional && controls_transaction(sql, Rules::Postgres);
        let now = if transactional { LockWait::Brief } else { LockWait::Session };
        let managed = !statements.any(by_hand);
        StatementWaits { managed, transactional, now, holds: false }
    }

    /// Whether Plinth decides how the statements wait.
    pub fn is_managed(&self) -> bool {
        self.managed
    }

    /// The transaction holds such locks from the beginning.
    pub fn hold(&mut self) {
        self.holds = true;
    }

    /// Runs a statement, with the settings that it needs.
    pub fn run(
        &mut self,
        dialect: &dyn Dialect,
        connection: &mut dyn Execute,
        statement: &str,
        work: Work<'_>,
    ) -> Result<()> {
        if !self.managed {
            return work(connection);
        }
        let wait = dialect.lock_wait(statement);
        if self.transactional {
            self.holds |= !matches!(wait, LockWait::Rows | LockWait::Unlimited);
            // Any wait of a transaction that holds such locks keeps others waiting.
            self.set(dialect, connection, if self.holds { LockWait::Brief } else { wait })?;
            return work(connection);
        }
        match wait {
            LockWait::Brief => dialect.statement_transaction(connection, work),
            LockWait::Unlimited => {
                self.set(dialect, connection, wait)?;
                let result = work(connection);
                let ended = self.set(dialect, connection, LockWait::Session);
                result.and(ended)
            }
            LockWait::Rows | LockWait::Session => work(connection),
        }
    }

    /// After the statements: what Plinth notes of them waits as they did at first.
    pub fn end(&mut self, dialect: &dyn Dialect, connection: &mut dyn Execute) -> Result<()> {
        match self.managed && self.transactional {
            true => self.set(dialect, connection, LockWait::Brief),
            false => Ok(()),
        }
    }

    fn set(&mut self, dialect: &dyn Dialect, connection: &mut dyn Execute, wait: LockWait) -> Result<()> {
        if wait == self.now {
            return Ok(());
        }
        self.now = wait;
        dialect.set_lock_wait(connection, wait, self.transactional)
    }
}

/// Whether a statement names one of the settings that are set here: as a word, or as the text for `set_config`.
fn names_a_limit(sql: &str) -> bool {
    significant(sql, Rules::Postgres).any(|token| {
        let name = sql[token.at].trim_matches(['"', '\'']).to_ascii_lowercase();
        name == "lock_timeout" || name == "statement_timeout"
    })
}
