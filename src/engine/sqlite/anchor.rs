//! Spares the locks of reads that come one after the other: half of what such a read costs.
//!
//! While any connection of the process holds a read transaction, SQLite need not lock the file for the others'. So when
//! reads come quickly one is held open beside them. They stay fresh, each having a snapshot of its own; but what is held
//! keeps the log from starting over, so it is let go of before each write of this process, and soon in any case.

use super::connection::Connection;
use super::target::Target;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Reads without a write between them, after which holding on is worth its while.
const READS: i32 = 32;
/// The longest time that a reader keeps the log from starting over, and the number of reads after which it may do so again.
const HELD: Duration = Duration::from_millis(100);
const REST: i32 = 2000;

/// A read transaction held open for others' sake.
#[derive(Default)]
pub struct Anchor {
    connection: Mutex<Option<Connection>>,
    held: AtomicBool,
    reads: AtomicI32,
    ended: AtomicBool,
    taken: Condvar,
}

impl Anchor {
    fn lock(&self) -> MutexGuard<'_, Option<Connection>> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a read that is about to be made; tells whether it is time to hold on.
    #[inline]
    pub fn wanted(&self) -> bool {
        !self.held.load(Ordering::Relaxed) && self.reads.fetch_add(1, Ordering::Relaxed) >= READS
    }

    /// Whether it is holding on.
    #[inline]
    pub fn is_held(&self) -> bool {
        self.held.load(Ordering::Relaxed)
    }

    /// Holds on, from now until a write or the watch lets go.
    #[cold]
    pub fn take(&self, target: &Target) {
        self.reads.store(0, Ordering::Relaxed);
        let mut connection = self.lock();
        if self.ended.load(Ordering::Relaxed) || self.held.load(Ordering::Relaxed) {
            return;
        }
        if connection.is_none() {
            *connection = Connection::open(target).ok();
            // Nothing here is worth a wait.
            connection.iter().for_each(|c| c.set_busy_timeout(Duration::ZERO));
        }
        // A transaction takes its snapshot with its first read. If that fails, reads go on as they
        // are.
        let begun = |c: &Connection| c.batch("BEGIN; SELECT 1 FROM sqlite_schema LIMIT 1").is_ok();
        if connection.as_ref().is_some_and(begun) {
            self.held.store(true, Ordering::Relaxed);
            self.taken.notify_all();
        } else {
            *connection = None;
        }
    }

    /// Lets go, for a write that is about to be made.
    #[inline]
    pub fn release(&self) {
        self.reads.store(0, Ordering::Relaxed);
        if self.held.load(Ordering::Relaxed) {
            self.end_transaction(&mut self.lock());
        }
    }

    #[cold]
    fn end_transaction(&self, connection: &mut Option<Connection>) {
        if self.held.swap(false, Ordering::Relaxed) && connection.as_ref().is_some_and(|c| c.batch("COMMIT").is_err()) {
            *connection = None;
        }
    }

    /// Lets go in time of what is held, until the end. Runs on a thread of its own.
    pub fn watch(&self) {
        let mut connection = self.lock();
        while !self.ended.load(Ordering::Relaxed) {
            let wait = |guard| match self.held.load(Ordering::Relaxed) {
                true => {
                    self.taken.wait_timeout(guard, HELD).map(|(guard, _)| guard).unwrap_or_else(|e| e.into_inner().0)
                }
                false => self.taken.wait(guard).unwrap_or_else(PoisonError::into_inner),
            };
            let held = self.held.load(Ordering::Relaxed);
            connection = wait(connection);
            if held {
                self.reads.store(-REST, Ordering::Relaxed);
                self.end_transaction(&mut connection);
            }
        }
    }

    /// Closes the connection; nothing is held after this.
    pub fn end(&self) {
        let mut connection = self.lock();
        self.ended.store(true, Ordering::Relaxed);
        self.held.store(false, Ordering::Relaxed);
        *connection = None;
        self.taken.notify_all();
    }
}
