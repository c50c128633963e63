//! Transactions that change tables, beside others that use them: each lock is waited for briefly, since a session that waits for
//! the lock of a table keeps from it all that come later. Then the whole transaction is undone and tried again.

use crate::dialect::waiting::told;
use crate::dialect::{quote, Work};
use crate::error::{Code, Error, Result};
use crate::statement::{Blocker, Due, Execute, LockTries, Patience, Statement, Wait};
use crate::value::Value;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// The pause after the first try, and the longest. 200 tries take a little less than five minutes.
const PAUSES: (Duration, Duration) = (Duration::from_millis(20), Duration::from_millis(1500));

/// For how many tries a session that is not seen is still taken for the one in the way: it is not seen in each.
const REMEMBERED: u32 = 5;

/// Begins a transaction, runs work and commits; tries all of it again while others hold locks that it needs.
///
/// Errors: `BUSY` with the session that holds the lock if it was tried too often or for too long.
pub(super) fn tried(connection: &mut dyn Execute, begin: Work<'_>, work: Work<'_>) -> Result<()> {
    let patience = connection.patience();
    tried_for(connection, &patience, begin, work)
}

/// The same with another patience than that of the connection.
pub(super) fn tried_for(
    connection: &mut dyn Execute,
    patience: &Patience,
    begin: Work<'_>,
    work: Work<'_>,
) -> Result<()> {
    let mut refusals = Refusals::default();
    let result = loop {
        let begun = Instant::now();
        if let Err(error) = begin(connection) {
            break Err(error);
        }
        let (result, blocker) = finish(connection, work);
        match result {
            Err(error) if is_of_locks(&error) => {
                // Work that was undone is time that was waited.
                patience.spend(begun.elapsed());
                refusals.saw(blocker);
                if let Err(error) = refusals.pause(connection, patience, error) {
                    break Err(error);
                }
            }
            result => break result,
        }
    };
    if refusals.count > 0 {
        connection.look_at_once(false);
    }
    result
}

/// Commits, or undoes all and gives the session that was in the way, if it was seen.
fn finish(connection: &mut dyn Execute, work: Work<'_>) -> (Result<()>, Option<Blocker>) {
    let result = work(connection).and_then(|()| connection.batch("COMMIT"));
    let blocker = result.as_ref().err().and_then(|_| connection.blocker());
    if result.is_err() {
        // If the connection is gone, so is the transaction.
        let _ = connection.batch("ROLLBACK");
    }
    (result, blocker)
}

/// Whether others held a lock for longer than it is waited for, or waited for one of this transaction in turn.
fn is_of_locks(error: &Error) -> bool {
    matches!(error.code, Code::Busy | Code::Deadlock)
}

/// How often a transaction was refused a lock, since when, and the session that was seen to hold it.
#[derive(Default)]
struct Refusals {
    count: u32,
    first: Option<Instant>,
    blocker: Option<Blocker>,
    /// The number of tries since that session was seen.
    unseen: u32,
    due: Due,
}

impl Refusals {
    /// Notes the session that was in the way of a try. One that was not seen for some tries is in the way no more.
    fn saw(&mut self, blocker: Option<Blocker>) {
        self.unseen = if blocker.is_some() { 0 } else { self.unseen + 1 };
        if blocker.is_some() || self.unseen > REMEMBERED {
            self.blocker = blocker;
        }
    }

    /// Waits before the next try. Errors: the refusal, with the session that holds the lock, if there is to be no other try.
    fn pause(&mut self, connection: &mut dyn Execute, patience: &Patience, error: Error) -> Result<()> {
        let LockTries { most, all, .. } = patience.locks;
        let first = *self.first.get_or_insert_with(Instant::now);
        self.count += 1;
        let left = all.saturating_sub(first.elapsed()).min(patience.limit.saturating_sub(patience.waited()));
        if self.count >= most || left.is_zero() {
            return Err(self.last(error, first.elapsed()));
        }
        if self.due.is_now(first.elapsed()) {
            let holder = self.blocker.as_ref().map(|blocker| blocker.name.clone());
            let waited_ms = first.elapsed().as_millis() as u64;
            patience.tell(&Wait { holder, waited_ms, tries: Some(self.count) });
        }
        // The session that holds the lock is seen only while the lock is waited for.
        let begun = Instant::now();
        connection.look_at_once(true);
        match self.blocker.as_ref().and_then(|blocker| blocker.vacuums.clone()) {
            Some(table) => end_vacuum(connection, &table),
            None => sleep(pause(self.count).min(left)),
        }
        patience.spend(begun.elapsed());
        Ok(())
    }

    /// The error of the last try.
    fn last(&self, error: Error, waited: Duration) -> Error {
        let times = match self.count {
            1 => "once".to_owned(),
            n => format!("{n} times in {}", told(Duration::from_millis(waited.as_millis() as u64))),
        };
        let holder = match &self.blocker {
            Some(blocker) => format!("the lock is held by {}", blocker.name),
            None => "the session that holds the lock was not seen".to_owned(),
        };
        let message = format!("{} The call was tried {times}: {holder}.", error.message);
        let end = self.blocker.as_ref().and_then(|blocker| blocker.end.as_deref());
        let end = end.map(|end| format!(" {end}.")).unwrap_or_default();
        let hint =
            format!("Nothing of this transaction was changed. Make the call again when the other has ended.{end}");
        let table = self.blocker.as_ref().and_then(|blocker| blocker.table.clone()).or(error.table.clone());
        let error = Error { table, ..error.says(message).hint(hint) };
        match &self.blocker {
            Some(blocker) => error.found(blocker.name.as_str()),
            None => error,
        }
    }
}

/// The pause after so many tries: each a quarter longer than the one before.
fn pause(tries: u32) -> Duration {
    let (least, most) = PAUSES;
    least.mul_f64(1.25_f64.powi(tries.min(100) as i32 - 1)).min(most)
}

/// Locks these tables against all other sessions, as far as they exist.
pub(super) fn lock(connection: &mut dyn Execute, tables: &[&str]) -> Result<()> {
    let mut existing = Vec::new();
    for table in tables.iter().map(|table| quote(table)) {
        let there = Statement::new("SELECT to_regclass($1) IS NOT NULL").bind(Value::Text(table.clone()));
        if connection.query(&there)?.first().is_some_and(|row| row.first() == Some(&Value::Bool(true))) {
            existing.push(table);
        }
    }
    match existing.is_empty() {
        true => Ok(()),
        false => connection.batch(&format!("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE", existing.join(", "))),
    }
}

/// Has the server's own vacuum give way: it does so for a session that has waited for its lock for `deadlock_timeout`. A lock of
/// this mode keeps no other session from reading and writing meanwhile. A vacuum that must not be put off does not give way.
fn end_vacuum(connection: &mut dyn Execute, table: &str) {
    let asked = connection.batch(&format!(
        "BEGIN; SET LOCAL statement_timeout = 0; \
         DO $$ BEGIN PERFORM set_config('lock_timeout', (setting::bigint + 500)::text, true) FROM pg_settings \
         WHERE name = 'deadlock_timeout'; END $$; \
         LOCK TABLE {table} IN SHARE UPDATE EXCLUSIVE MODE"
    ));
    // A role that may not lock the table tries again, as beside any other session.
    drop(asked.and(connection.batch("ROLLBACK")));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_all_tries_take_about_five_minutes() {
        let pauses: Vec<Duration> = (1..LockTries::default().most).map(pause).collect();
        assert!(pauses.is_sorted() && pauses[0] == PAUSES.0 && pauses.last() == Some(&PAUSES.1));
        let all: Duration = pauses.iter().sum();
        assert!(all > Duration::from_secs(240) && all <= LockTries::default().all, "{all:?}");
    }
}
