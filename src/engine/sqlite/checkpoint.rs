//! Moving the write-ahead log into the file: in the background, so that no commit waits for it.

use super::connection::{Connection, BUSY_TIMEOUT};
use super::disk::OpenFiles;
use super::target::Target;
use libsqlite3_sys as ffi;
use std::ffi::{c_char, c_int, c_void};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Frames in the log after which a checkpoint is worth its while, as SQLite's own default.
const FRAMES: u32 = 1000;
/// The least time between two checkpoints: each syncs the file and reads a sample of it, and while writes go on every commit
/// asks for one.
const PAUSE: Duration = Duration::from_millis(100);
/// Frames in the log after which the writer waits for a checkpoint: 64 MiB.
const LONG: u32 = 16_384;

/// The log, as its writer sees it.
#[derive(Default)]
pub struct Log {
    /// Frames in it after the last commit.
    frames: AtomicU32,
    /// Whether a checkpoint has moved the log except for later commits.
    has_rest: AtomicBool,
    wanted: Mutex<Wanted>,
    wake: Condvar,
}

#[derive(Default)]
struct Wanted {
    checkpoint: bool,
    end: bool,
}

impl Log {
    fn lock(&self) -> MutexGuard<'_, Wanted> {
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the background does not keep up.
    pub fn is_long(&self) -> bool {
        self.frames.load(Ordering::Relaxed) > LONG
    }

    /// Whether the writer is to move the rest of the log, asked once for each checkpoint. The log starts over only from a
    /// moment at which all of it is moved, and while writes go on a checkpoint in the background never meets that moment:
    /// then the file of the log grows, and each commit has to sync its length too.
    pub fn take_rest(&self) -> bool {
        self.has_rest.load(Ordering::Relaxed) && self.has_rest.swap(false, Ordering::Relaxed)
    }

    /// Has SQLite tell after each commit how long the log is, instead of moving it into the file then and there.
    ///
    /// # Safety
    /// The log must outlive the connection.
    pub unsafe fn watch(&self, connection: &Connection) {
        let log: *const Log = self;
        // SAFETY: the log outlives the connection, as the caller guarantees; the hook only reads through the pointer.
        unsafe { ffi::sqlite3_wal_hook(connection.handle(), Some(on_commit), log.cast_mut().cast()) };
    }

    /// Makes checkpoints when they are wanted, until the end. Runs on a thread of its own.
    pub fn keep_short(&self, target: &Target, stop: &Arc<AtomicBool>) {
        let mut connection: Option<Connection> = None;
        loop {
            let mut wanted = self.lock();
            while !wanted.checkpoint && !wanted.end {
                wanted = self.wake.wait(wanted).unwrap_or_else(PoisonError::into_inner);
            }
            if wanted.end {
                return;
            }
            wanted.checkpoint = false;
            drop(wanted);
            if connection.is_none() {
                connection = Connection::stoppable(target, stop, None, BUSY_TIMEOUT).ok();
            }
            if let Some(connection) = connection.as_ref().filter(|connection| connection.look().is_ok()) {
                let before = OpenFiles::of(connection).log();
                // Whatever prevents it now, the next commit asks again.
                let _ = connection.batch("PRAGMA wal_checkpoint(PASSIVE)");
                let after = OpenFiles::of(connection).log();
                let rest = before.zip(after).is_some_and(|(before, after)| after.has_rest_since(&before));
                self.has_rest.store(rest, Ordering::Relaxed);
                // The changes that it has written are known from now on. What is wrong, the next
                // call tells.
                let _ = connection.look();
            }
            connection = connection.filter(|c| !c.stale());
            drop(self.wake.wait_timeout_while(self.lock(), PAUSE, |wanted| !wanted.end));
        }
    }

    /// Ends the thread that makes checkpoints.
    pub fn end(&self) {
        self.lock().end = true;
        self.wake.notify_all();
    }
}

unsafe extern "C" fn on_commit(log: *mut c_void, _: *mut ffi::sqlite3, _: *const c_char, frames: c_int) -> c_int {
    // SAFETY: the pointer is the one that `Log::watch` registered, whose caller guarantees that the log outlives the connection.
    let log = unsafe { &*log.cast::<Log>() };
    log.frames.store(frames as u32, Ordering::Relaxed);
    // Once: the thread that pauses is not woken by every commit.
    if frames as u32 >= FRAMES && !std::mem::replace(&mut log.lock().checkpoint, true) {
        log.wake.notify_one();
    }
    ffi::SQLITE_OK
}
