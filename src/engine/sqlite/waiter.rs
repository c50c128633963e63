//! How a connection waits for the locks of others, and stops.

use super::bound::Bound;
use crate::engine::stop::Stop;
use std::cell::{Cell, RefCell};
use std::ffi::{c_int, c_void};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How a connection waits for the locks of others.
#[derive(Debug)]
pub struct Waiter {
    /// Set when its answers are not wanted any more.
    pub stop: Arc<AtomicBool>,
    /// By what the statement that runs can be stopped.
    pub task: RefCell<Option<Arc<Stop>>>,
    /// How long it waits for one lock.
    pub patience: Cell<Duration>,
    /// When it began to wait.
    pub since: Cell<Instant>,
    /// When what it runs is stopped, if it runs on the thread that asks.
    pub bound: Bound,
}

impl Waiter {
    /// Whether what it runs is to stop.
    pub fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed) || self.task.borrow().as_ref().is_some_and(|task| task.why().is_some())
    }

    /// How long the task that runs may still take.
    fn left(&self) -> Option<Duration> {
        self.task.borrow().as_ref().and_then(|task| task.left())
    }
}

/// Tells whether to wait on for a lock, for `sqlite3_busy_handler`.
///
/// # Safety
/// Registered with the connection's own waiter, and called on the thread that uses the connection.
pub unsafe extern "C" fn on_busy(waiter: *mut c_void, attempt: c_int) -> c_int {
    // SAFETY: the pointer is to the connection's own waiter, which outlives it, and only this thread uses both, as the caller
    // guarantees.
    let waiter = unsafe { &*waiter.cast::<Waiter>() };
    if attempt == 0 {
        waiter.since.set(Instant::now());
    }
    let left = waiter.patience.get().saturating_sub(waiter.since.get().elapsed());
    if left.is_zero() || waiter.stopped() {
        return 0;
    }
    let pause = Duration::from_millis((attempt as u64 * 2).clamp(1, 50)).min(left);
    std::thread::sleep(waiter.left().map_or(pause, |left| pause.min(left)));
    1
}

/// Tells whether to stop, for `sqlite3_progress_handler`.
///
/// # Safety
/// As for `on_busy`.
pub unsafe extern "C" fn on_progress(waiter: *mut c_void) -> c_int {
    // SAFETY: the pointer is to the connection's own waiter, which outlives it, and only this thread uses both, as the caller
    // guarantees.
    let waiter = unsafe { &*waiter.cast::<Waiter>() };
    c_int::from(waiter.stopped() || waiter.bound.is_behind())
}
