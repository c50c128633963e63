//! PostgreSQL: connections of a pool on two threads, statements that stand alone pipelined, sessions on connections of their own.

pub mod admin;
mod codec;
pub mod connect;
mod error;
mod pool;
mod run;

pub use connect::target::Target;

use super::packed::Outcome;
use super::stop::answer;
use super::task::{Completion, Engine, Inline, PoolUse, Run, Sink, Task, PROBE, SNAPSHOT};
use crate::error::{Code, Error, Result};
use pool::state::{closed, Beside, Job, Order, Shared};
use pool::thread;
use pool::worker::Phase;
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use tokio::sync::mpsc::unbounded_channel;
use tokio::sync::watch;

/// Threads that run connections: one packs rows while the other waits for the server.
const THREADS: usize = 2;

/// A PostgreSQL database.
pub struct Postgres {
    shared: Arc<Shared>,
    phase: watch::Sender<Phase>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Postgres {
    /// A database; nothing is connected before the first task.
    pub fn new(target: Target, sink: Arc<dyn Sink>) -> Self {
        Postgres {
            shared: Arc::new(Shared::new(target, sink)),
            phase: watch::Sender::new(Phase::Running),
            threads: Mutex::default(),
        }
    }

    fn threads(&self) -> MutexGuard<'_, Vec<JoinHandle<()>>> {
        self.threads.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts the threads; where the operating system has none left, the next task tries again.
    fn start(&self) -> Result<()> {
        let mut threads = self.threads();
        if !threads.is_empty() || self.shared.is_closed() {
            return Ok(());
        }
        let mut workers = Vec::new();
        for number in 0..THREADS.min(self.shared.target.pool.size.max(1)) {
            let (orders, received) = unbounded_channel();
            let (shared, phase) = (Arc::clone(&self.shared), self.phase.subscribe());
            let work = move || thread::run(shared, received, phase, number == 0);
            let thread = std::thread::Builder::new().name("plinth-postgres".into()).spawn(work);
            match thread {
                Ok(thread) => threads.push(thread),
                // With fewer of these it is slower, no more.
                Err(_) if number > 0 => break,
                Err(error) => {
                    let message = format!("The operating system refuses a thread: {error}.");
                    return Err(Error::new(Code::CannotOpen, message)
                        .hint("Raise the limit of processes and threads (ulimit -u), or open fewer databases."));
                }
            }
            workers.push(orders);
        }
        self.shared.lock().workers = workers;
        Ok(())
    }

    /// Hands a job to a connection beside the pool. Errors: `CLOSED`.
    fn beside(&self, beside: Beside, job: Job) -> Result<()> {
        let state = self.shared.lock();
        let worker = state.workers.first().ok_or_else(closed)?;
        worker.send(Order::Beside(beside, job)).map_err(|_| closed())
    }

    /// Has the probes among tasks run beside the pool, so that one whose connections are all in use does not look like a
    /// database that is down; gives the other tasks.
    fn without_probes(&self, tasks: Vec<Task>) -> Vec<Task> {
        let is_probe = |task: &Task| task.session == PROBE;
        if !tasks.iter().any(is_probe) {
            return tasks;
        }
        let (probes, others): (Vec<_>, Vec<_>) = tasks.into_iter().partition(is_probe);
        for task in probes {
            let ticket = task.ticket;
            if let Err(error) = self.beside(Beside::Health, Job::new(task, None)) {
                self.shared.deliver(vec![Completion { ticket, result: Err(error) }]);
            }
        }
        others
    }

    fn end(&self, phase: Phase) {
        let left = self.shared.close();
        self.shared.fail(left, &closed());
        self.phase.send_replace(phase);
        let threads = std::mem::take(&mut *self.threads());
        for thread in threads {
            // A thread that panicked has nothing left to wait for.
            let _ = thread.join();
        }
    }
}

impl Engine for Postgres {
    fn submit(&self, tasks: Vec<Task>) {
        match self.start() {
            Ok(()) => {
                let tasks = self.without_probes(tasks);
                self.shared.submit(tasks.into_iter().map(|task| Job::new(task, None)));
            }
            Err(error) => {
                let jobs = tasks.into_iter().map(|task| Job::new(task, None)).collect();
                self.shared.fail(jobs, &error);
            }
        }
    }

    fn run_blocking(&self, task: Task) -> Result<Outcome> {
        self.start()?;
        let (sender, receiver) = sync_channel(1);
        let (stop, ticket) = (task.stop.clone(), task.ticket);
        let in_pool = task.session & SNAPSHOT != 0;
        if in_pool {
            self.shared.submit([Job::new(task, Some(sender))]);
        } else {
            self.beside(Beside::Blocking, Job::new(task, Some(sender)))?;
        }
        let result = answer(&receiver, stop.as_deref()).unwrap_or_else(|| Err(closed()));
        if in_pool && result.is_err() {
            // A session that was stopped before it began never will: what ends it must not wait for a connection.
            self.shared.forget(ticket);
        }
        result
    }

    fn run_inline(&self, _: &Run) -> Option<Inline> {
        // Every answer is a round trip away.
        None
    }

    fn verify(&self) -> Result<()> {
        Ok(())
    }

    fn pool(&self) -> Option<PoolUse> {
        Some(self.shared.pool_use())
    }

    fn forget(&self, ticket: u32) {
        self.shared.forget(ticket);
    }

    fn close(&self) {
        self.end(Phase::Closing);
    }

    fn abandon(&self) {
        self.end(Phase::Abandoned);
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.close();
    }
}
