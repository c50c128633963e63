//! The part that the connections of one thread share: answers, and how one job runs.

use super::linger::Linger;
use super::state::{Job, Shared};
use crate::engine::packed::Outcome;
use crate::engine::postgres::error::failure::Failure;
use crate::engine::postgres::run::runner;
use crate::engine::postgres::run::stop::stoppable;
use crate::engine::postgres::run::wire::{Connection, Ran};
use crate::engine::task::{Completion, Run};
use crate::error::{Code, Result};
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::{spawn_local, JoinHandle};
use tokio::time::timeout;

/// How often a job is handed to another connection before its failure is reported.
const ATTEMPTS: u32 = 3;
/// Between attempts to connect while the server restarts.
pub(super) const PAUSE: Duration = Duration::from_millis(50);

/// Whether the engine goes on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// It does.
    Running,
    /// What is running is finished.
    Closing,
    /// No call waits any more.
    Abandoned,
}

/// The part that the tasks of one thread share.
pub(super) struct Worker {
    pub(super) shared: Arc<Shared>,
    pub(super) phase: watch::Receiver<Phase>,
    /// Answers that are handed over together.
    pub(super) outbox: RefCell<Vec<Completion>>,
    pub(super) linger: Linger,
}

impl Worker {
    pub(super) async fn closing(&self) {
        let mut phase = self.phase.clone();
        // If the sender is gone, so is the engine.
        let _ = phase.wait_for(|phase| *phase != Phase::Running).await;
    }

    /// Answers a job; answers of one moment are handed over as one.
    pub(super) fn answer(self: &Rc<Self>, job: Job, result: Result<Outcome>) {
        if job.caller.is_some() {
            return self.shared.answer(job, result);
        }
        let mut outbox = self.outbox.borrow_mut();
        outbox.push(Completion { ticket: job.task.ticket, result });
        if outbox.len() == 1 {
            let worker = Rc::clone(self);
            // Runs behind the tasks that are ready now.
            spawn_local(async move { worker.shared.deliver(worker.outbox.take()) });
        }
    }
}

/// How long a server is waited for to take a goodbye.
const GOODBYE: Duration = Duration::from_secs(1);

/// The driver says goodbye to the server when its client is not used any more.
pub(super) async fn end(connection: Rc<Connection>, mut driver: JoinHandle<()>) {
    if connection.is_abandoned() {
        return driver.abort();
    }
    drop(connection);
    if !driver.is_finished() {
        // A panic in it ends with the connection.
        if timeout(GOODBYE, &mut driver).await.is_err() {
            driver.abort();
        }
    }
}

/// Runs a job's plan, which belongs to no session.
pub(super) async fn run_alone(connection: &Connection, job: &Job, run: &Run) -> Ran<Outcome> {
    stoppable(connection, job.task.stop.as_deref(), "ROLLBACK", runner::run(connection, run, false)).await
}

/// Whether a job whose connection broke is given to another one: it surely did not run, or only reads.
pub(super) fn runs_again(job: &Job, failure: &Failure) -> bool {
    let safe = failure.surely_did_not_run() || job.only_reads();
    let stopped = job.task.stop.as_ref().is_some_and(|stop| stop.why().is_some());
    failure.is_lost() && !stopped && safe && job.attempts < ATTEMPTS
}

/// Whether a job that was to begin its session goes to another connection with that: what was sent is undone where it came to,
/// since nothing was committed.
pub(super) fn begins_again(job: &Job, result: &Result<Outcome>) -> bool {
    let lost = result.as_ref().is_err_and(|error| error.code == Code::ConnectionLost);
    let stopped = job.task.stop.as_ref().is_some_and(|stop| stop.why().is_some());
    lost && !stopped && job.attempts < ATTEMPTS
}

/// The result as the caller learns it.
pub(super) fn told(job: &Job, result: Ran<Outcome>) -> Result<Outcome> {
    result.map_err(|failure| failure.into_error(!job.only_reads()))
}
