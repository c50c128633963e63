//! What is asked of an engine, and how its answers come back.

use super::pace::Pace;
use super::packed::{Outcome, Params};
use super::stop::Stop;
use super::watch::Watch;
use crate::error::{Code, Error, Result};
use crate::plan::Plan;
use std::sync::Arc;
use std::time::Instant;

/// Sessions with this bit read a snapshot, on a connection of their own; the caller chooses their numbers so.
pub const SNAPSHOT: u32 = 1 << 30;

/// The session of health probes, which has no session's number: with a pool they run beside it.
pub const PROBE: u32 = SNAPSHOT;

/// How far a pool of connections is in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolUse {
    /// Connections at most.
    pub size: usize,
    /// Those at work, or kept by a transaction.
    pub used: usize,
    /// Calls and transactions that wait for one.
    pub waiting: usize,
}

/// A call to run.
pub struct Task {
    /// The caller's number for it; comes back with the answer.
    pub ticket: u32,
    /// The session it belongs to; 0: none, it stands alone.
    pub session: u32,
    /// What to do.
    pub work: Work,
    /// Where statements that steer a session are noted.
    pub watch: Watch,
    /// By what it can be stopped; `None`: it cannot.
    pub stop: Option<Arc<Stop>>,
}

/// The work of a task.
pub enum Work {
    /// Runs a plan.
    Run(Run),
    /// Steers a session.
    Control(Control),
    /// Reads rows of a session a batch at a time.
    Stream(Stream),
}

/// A plan and its parameters.
pub struct Run {
    /// The plan's number, under which a connection keeps its statements prepared.
    pub id: u64,
    /// The plan.
    pub plan: Arc<Plan>,
    /// How quick its runs were; shared by all runs of the plan.
    pub pace: Arc<Pace>,
    /// The parameters.
    pub params: Params,
    /// Where its statements are noted.
    pub watch: Watch,
}

/// Rows that are read a batch at a time. A session may have several such streams open; they end with it at the latest.
pub struct Stream {
    /// The caller's number for it.
    pub number: u32,
    /// What to do.
    pub step: Step,
}

/// What is done with a stream. It is closed by its last rows, by an error, or on request.
pub enum Step {
    /// Opens it, and gives its first rows.
    Open {
        /// The plan and its parameters.
        run: Arc<Run>,
        /// Rows given at once.
        batch: usize,
    },
    /// Gives the next rows.
    Next,
    /// Closes it, though it may have more; again: nothing.
    Close,
}

/// The answer to a step of a stream that is not open.
pub fn stream_ended() -> Error {
    Error::new(Code::SessionEnded, "The stream has ended.")
        .hint("A stream ends with the transaction or session that it was opened in.")
}

/// The control of a session, beside running plans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    /// Begins a transaction that may write; waits for its turn.
    Begin(Isolation),
    /// Begins a transaction that reads one snapshot.
    BeginRead(Isolation),
    /// Commits and ends.
    Commit,
    /// Rolls back and ends.
    Rollback,
    /// Sets a savepoint of this number.
    Savepoint(u32),
    /// Keeps what was done since the savepoint.
    Release(u32),
    /// Undoes what was done since the savepoint, and removes it.
    Undo(u32),
}

/// How much a transaction sees of those beside it. SQLite runs them one after the other, which is as serializable as can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isolation {
    /// The default of the database; for a snapshot, repeatable read.
    Default,
    /// Each statement sees what was committed before it.
    ReadCommitted,
    /// All statements see what was committed before the first.
    RepeatableRead,
    /// As if transactions ran one after the other.
    Serializable,
}

impl Isolation {
    /// By the number under which JavaScript knows it.
    pub fn of(n: u32) -> Option<Self> {
        let all = [Isolation::Default, Isolation::ReadCommitted, Isolation::RepeatableRead, Isolation::Serializable];
        all.get(n as usize).copied()
    }
}

/// The answer to a task.
pub struct Completion {
    /// The task's ticket.
    pub ticket: u32,
    /// Its result.
    pub result: Result<Outcome>,
}

/// The answer to a call that ran on the calling thread.
pub struct Inline {
    /// Its result.
    pub result: Result<Outcome>,
    /// When it began.
    pub began: Instant,
    /// When it ended.
    pub ended: Instant,
}

/// Where answers go. Called from the engine's threads.
pub trait Sink: Send + Sync {
    /// Takes answers, in the order in which they came about.
    fn deliver(&self, completions: Vec<Completion>);
}

/// An engine: a database that runs tasks.
pub trait Engine: Send + Sync {
    /// Takes tasks; each is answered once, through the sink.
    fn submit(&self, tasks: Vec<Task>);
    /// Runs a task on the calling thread and waits for it. Sessions of blocking calls are apart
    /// from those of `submit`, except those that read a snapshot.
    fn run_blocking(&self, task: Task) -> Result<Outcome>;
    /// Runs a read at once on the calling thread, if its plan was quick the last times; it waits for no lock there, and is
    /// stopped at the bound of `Pace`. `None`: it did not run, or was stopped, and is to be submitted.
    fn run_inline(&self, run: &Run) -> Option<Inline>;
    /// Runs a call of a session at once on the calling thread, where that is cheaper than handing it over and certain to be
    /// short, or begins its transaction there; `None` where it is not. The thread has handed over all calls that come before it:
    /// those of this session, and of all sessions if it begins a transaction.
    fn run_in_session(&self, _task: &Task) -> Option<Inline> {
        None
    }
    /// Whether the database is still the one that was opened, as far as can be found without asking
    /// it.
    fn verify(&self) -> Result<()>;
    /// How far its pool of connections is in use; `None` where it has none.
    fn pool(&self) -> Option<PoolUse> {
        None
    }
    /// A task was stopped before it began, and answered: it need not be kept any longer.
    fn forget(&self, ticket: u32);
    /// Waits for what is running, then closes every connection. Tasks that come later are answered with `CLOSED`.
    fn close(&self);
    /// Closes without waiting longer than it must, for when no caller is left to hear an answer:
    /// queued work is dropped, running work is interrupted and rolled back. Tasks may go
    /// unanswered.
    fn abandon(&self);
}
