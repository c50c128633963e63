//! A task on its way through the pool: what it needs of a connection, and whether it may run again on another.

use super::schedule::Need;
use crate::engine::packed::Outcome;
use crate::engine::postgres::run::runner::needs_alone;
use crate::engine::task::{Control, Task, Work};
use crate::error::Result;
use crate::plan::Action;
use std::sync::mpsc::SyncSender;

/// A task on its way.
pub struct Job {
    /// The task.
    pub task: Task,
    /// The thread that waits for it, if a thread does.
    pub caller: Option<SyncSender<Result<Outcome>>>,
    /// How often it was given to a connection that broke before it ran.
    pub attempts: u32,
    /// The begin of its session, if the connection broke before it ran: both go to another connection.
    pub begins: Option<Control>,
}

impl Job {
    /// A new job.
    pub fn new(task: Task, caller: Option<SyncSender<Result<Outcome>>>) -> Self {
        Job { task, caller, attempts: 0, begins: None }
    }

    /// The kind of connection that it needs.
    pub fn need(&self) -> Need {
        match &self.task.work {
            _ if self.begins.is_some() => Need::Alone,
            Work::Control(_) | Work::Stream(_) => Need::Alone,
            // A cancel request names a connection, not a statement.
            _ if self.task.stop.is_some() => Need::Alone,
            Work::Run(run) if needs_alone(run) => Need::Alone,
            Work::Run(run) if run.plan.action == Action::Select => Need::Read,
            Work::Run(_) => Need::Write,
        }
    }

    /// It is about to run. Errors: `ABORTED`, `TIMEOUT`, where it was stopped before.
    pub fn begin(&self) -> Result<()> {
        self.task.stop.as_ref().map_or(Ok(()), |stop| stop.begin())
    }

    /// It waits for a connection once more. Errors: `ABORTED`, `TIMEOUT`, where it was stopped meanwhile.
    pub fn wait_again(&mut self) -> Result<()> {
        self.attempts += 1;
        self.task.stop.as_ref().map_or(Ok(()), |stop| stop.wait_again())
    }

    /// Whether it may still run. Errors: `ABORTED`, `TIMEOUT`, where it was stopped.
    pub fn check(&self) -> Result<()> {
        self.task.stop.as_ref().map_or(Ok(()), |stop| stop.check())
    }

    /// Whether it begins a session.
    pub fn begins(&self) -> bool {
        self.begins.is_some() || matches!(self.task.work, Work::Control(Control::Begin(_) | Control::BeginRead(_)))
    }

    /// Whether it only reads, so that it may run twice.
    pub fn only_reads(&self) -> bool {
        matches!(&self.task.work, Work::Run(run) if run.plan.action == Action::Select)
    }
}
