//! Stopping a task: by its caller, or because its time is over. The thread that runs it looks here
//! before and while it does.

use crate::error::{Code, Error, Result};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// Why a task is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Its caller does not want it any more.
    Aborted,
    /// It has taken too long.
    Late,
}

/// It runs, or has run.
const BEGUN: u8 = 1;
const ABORTED: u8 = 2;
const LATE: u8 = 4;

/// The least that a stopped task waits for its server, and the most.
const PATIENCE: (Duration, Duration) = (Duration::from_millis(150), Duration::from_secs(5));
/// How much of the patience is left for an answer to reach its caller.
const ON_ITS_WAY: Duration = Duration::from_millis(100);

/// The state of a task that may be stopped. Other tasks have none, and cost nothing.
#[derive(Debug)]
pub struct Stop {
    state: AtomicU8,
    /// The moment at which it is late by itself: that of a blocking call, whose caller cannot stop
    /// it.
    deadline: Option<Instant>,
    /// How long a server is waited for when the task is stopped.
    patience: Duration,
    /// Whether the task ends a transaction or a part of it: then it runs all the same.
    ends: bool,
    /// Wakes the task that waits for an answer of a server.
    wake: Notify,
}

impl Stop {
    /// Of a task that is late after so long; without a limit it is stopped by `stop` alone.
    pub fn after(limit: Option<Duration>) -> Self {
        let deadline = limit.and_then(|limit| Instant::now().checked_add(limit));
        Stop { deadline, ..Stop::by_caller(limit) }
    }

    /// Of a task that its caller stops. `limit`: after how long, if that is known.
    ///
    /// A server that does not answer delays the answer to the caller by a fifth of the limit, or by 250 ms where that is more.
    pub fn by_caller(limit: Option<Duration>) -> Self {
        let (least, most) = PATIENCE;
        let fifth = limit.map_or(least, |limit| (limit / 5).saturating_sub(ON_ITS_WAY));
        let patience = fifth.clamp(least, most);
        Stop { state: AtomicU8::default(), deadline: None, patience, ends: false, wake: Notify::new() }
    }

    /// Of a task that ends a transaction or a part of it. It always runs: when it is stopped, its server is waited for by the
    /// patience of `limit`, and no longer. It is stopped by its caller, and after `left` if that is known.
    pub fn of_end(limit: Option<Duration>, left: Option<Duration>) -> Self {
        let deadline = left.and_then(|left| Instant::now().checked_add(left));
        Stop { deadline, ends: true, ..Stop::by_caller(limit) }
    }

    /// Whether the task ends a transaction or a part of it.
    pub fn ends(&self) -> bool {
        self.ends
    }

    /// How long a server is waited for when the task is stopped. A task that ends a transaction waits no longer for its answer.
    pub fn patience(&self) -> Duration {
        self.patience
    }

    /// Stops the task; the first reason counts. `true` if it had not begun: then it never will, and
    /// the thread that stops it answers it.
    pub fn stop(&self, why: Why) -> bool {
        let bit = if why == Why::Aborted { ABORTED } else { LATE };
        let new = |state: u8| (state & (ABORTED | LATE) == 0).then_some(state | bit);
        let waited = self.state.fetch_update(Ordering::SeqCst, Ordering::SeqCst, new) == Ok(0);
        self.wake.notify_one();
        waited && !self.ends
    }

    /// The task is about to run. Errors: `ABORTED`, `TIMEOUT`, where it was stopped before.
    pub fn begin(&self) -> Result<()> {
        self.look();
        self.state.fetch_or(BEGUN, Ordering::SeqCst);
        self.check()
    }

    /// The task did not run, and waits again: a stop now answers it. Errors: `ABORTED`, `TIMEOUT`, if it was stopped
    /// before.
    pub fn wait_again(&self) -> Result<()> {
        let new = |state: u8| (state & (ABORTED | LATE) == 0).then_some(0);
        match self.state.fetch_update(Ordering::SeqCst, Ordering::SeqCst, new) {
            Ok(_) => Ok(()),
            Err(_) => self.check(),
        }
    }

    /// Why it is to stop, if it is.
    pub fn why(&self) -> Option<Why> {
        self.look();
        match self.state.load(Ordering::SeqCst) {
            state if state & ABORTED != 0 => Some(Why::Aborted),
            state if state & LATE != 0 => Some(Why::Late),
            _ => None,
        }
    }

    /// Errors: `ABORTED`, `TIMEOUT`, where it is to stop.
    pub fn check(&self) -> Result<()> {
        self.why().filter(|_| !self.ends).map_or(Ok(()), |why| Err(why.error()))
    }

    /// How long until it is late by itself; `None`: it never is.
    pub fn left(&self) -> Option<Duration> {
        self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }

    /// Resolves when it is stopped.
    pub async fn stopped(&self) -> Why {
        loop {
            if let Some(why) = self.why() {
                return why;
            }
            self.wake.notified().await;
        }
    }

    fn look(&self) {
        if self.left().is_some_and(|left| left.is_zero()) {
            self.stop(Why::Late);
        }
    }
}

/// Waits for the answer to a blocking task, as long as the task may take: one that has not begun by
/// then is not waited for. `None` if nothing is left to answer.
pub fn answer<T>(answers: &Receiver<Result<T>>, stop: Option<&Stop>) -> Option<Result<T>> {
    if let Some((stop, left)) = stop.and_then(|stop| Some((stop, stop.left()?))) {
        match answers.recv_timeout(left) {
            Err(RecvTimeoutError::Timeout) if stop.stop(Why::Late) => return Some(Err(Why::Late.error())),
            Err(RecvTimeoutError::Timeout) => {}
            answered => return answered.ok(),
        }
    }
    answers.recv().ok()
}

impl Why {
    /// The error that the caller gets. Nothing of the call is in the database.
    pub fn error(self) -> Error {
        let error = match self {
            Why::Aborted => Error::new(Code::Aborted, "The call was stopped by its signal."),
            Why::Late => Error::new(Code::Timeout, "The call was stopped: it took longer than its timeout."),
        };
        error.committed(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_never_runs_and_the_first_reason_counts() {
        let stop = Stop::by_caller(None);
        assert!(stop.stop(Why::Late));
        assert!(!stop.stop(Why::Aborted));
        assert_eq!(stop.begin().unwrap_err().code, Code::Timeout);
    }

    #[test]
    fn what_runs_is_answered_by_who_runs_it() {
        let stop = Stop::by_caller(None);
        assert_eq!(stop.begin(), Ok(()));
        assert!(!stop.stop(Why::Aborted));
        assert_eq!(stop.check().unwrap_err().code, Code::Aborted);
        assert_eq!(stop.begin().unwrap_err().code, Code::Aborted, "it is not run again");
    }

    #[test]
    fn what_waits_again_is_answered_by_who_stops_it() {
        let stop = Stop::by_caller(None);
        assert_eq!((stop.begin(), stop.wait_again()), (Ok(()), Ok(())));
        assert!(stop.stop(Why::Late));
        assert_eq!(stop.wait_again().unwrap_err().code, Code::Timeout);
    }

    #[test]
    fn a_server_is_waited_for_by_a_part_of_the_limit() {
        let patience = |ms| Stop::by_caller(Some(Duration::from_millis(ms))).patience().as_millis();
        assert_eq!(Stop::by_caller(None).patience().as_millis(), 150);
        assert_eq!([patience(1), patience(1000), patience(10_000), patience(600_000)], [150, 150, 1900, 5000]);
    }

    #[test]
    fn what_ends_a_transaction_runs_though_it_is_stopped() {
        let stop = Stop::of_end(None, Some(Duration::ZERO));
        assert_eq!((stop.why(), stop.begin(), stop.check()), (Some(Why::Late), Ok(()), Ok(())));
        assert!(!Stop::of_end(None, None).stop(Why::Aborted), "the one who runs it answers it");
        assert_eq!(stop.wait_again(), Ok(()));
    }

    #[test]
    fn a_deadline_stops_by_itself() {
        assert_eq!(Stop::after(Some(Duration::ZERO)).why(), Some(Why::Late));
        assert_eq!(Stop::after(Some(Duration::from_secs(3600))).why(), None);
    }
}
