//! A thread that stays awake for a moment when a call has come or gone: to be woken takes longer than a quick answer does.

use std::cell::Cell;
use std::future::Future;
use std::time::{Duration, Instant};
use tokio::sync::Notify;
use tokio::task::yield_now;

/// How long a thread stays awake.
const MOMENT: Duration = Duration::from_micros(60);
/// A thread that waits longer for an answer than this sleeps meanwhile: the moment would be over
/// before it comes.
const QUICK: Duration = Duration::from_micros(300);

/// The work that keeps a thread awake.
pub struct Linger {
    /// Whether this machine has a processor to spare for it.
    able: bool,
    until: Cell<Instant>,
    running: Cell<usize>,
    /// Whether the last call was answered quickly.
    quick: Cell<bool>,
    begins: Notify,
}

impl Linger {
    /// Nothing runs yet.
    pub fn new() -> Self {
        Linger {
            able: std::thread::available_parallelism().is_ok_and(|n| n.get() > 1),
            until: Cell::new(Instant::now()),
            running: Cell::new(0),
            quick: Cell::new(false),
            begins: Notify::new(),
        }
    }

    /// Runs a call.
    pub async fn during<T>(&self, call: impl Future<Output = T>) -> T {
        let start = Instant::now();
        self.running.set(self.running.get() + 1);
        if self.quick.get() {
            self.stay(start);
        }
        let result = call.await;
        self.running.set(self.running.get() - 1);
        let now = Instant::now();
        self.quick.set(now.duration_since(start) < QUICK);
        self.stay(now);
        result
    }

    fn stay(&self, now: Instant) {
        if self.able {
            self.until.set(now + MOMENT);
            self.begins.notify_one();
        }
    }

    /// Keeps the thread awake when it is to be. If several calls run, their answers come thick
    /// enough by themselves.
    pub async fn keep_awake(&self) {
        loop {
            self.begins.notified().await;
            while self.running.get() <= 1 && Instant::now() < self.until.get() {
                // Looks at the sockets, and does not wait for them.
                yield_now().await;
            }
        }
    }
}
