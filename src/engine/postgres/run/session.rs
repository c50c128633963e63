//! A transaction on a connection that is its own for as long as it lasts.

use super::runner;
use super::stop::stoppable;
use super::stream::Streams;
use super::wire::{Connection, Ran};
use crate::engine::packed::Outcome;
use crate::engine::postgres::error::failure::{Cause, Failure};
use crate::engine::postgres::error::sqlstate::session_failed;
use crate::engine::task::{Control, Isolation, Run, Stream, Task, Work};
use crate::engine::watch::Watch;
use crate::error::{Code, Error, Result};
use crate::plan::Action;
use futures_util::future::join;

/// A transaction.
pub struct Session {
    /// Its beginning; sent with its first statement.
    begin: Option<String>,
    /// Whether a statement was refused: then everything is, until a rollback.
    failed: bool,
    /// Whether it only reads.
    reads: bool,
    streams: Streams,
}

impl Session {
    /// Begins; `None` for a control that begins nothing.
    pub fn begin(control: Control) -> Option<Self> {
        let (isolation, reads) = match control {
            Control::Begin(isolation) => (isolation, false),
            Control::BeginRead(Isolation::Default) => (Isolation::RepeatableRead, true),
            Control::BeginRead(isolation) => (isolation, true),
            _ => return None,
        };
        let level = match isolation {
            Isolation::Default => "",
            Isolation::ReadCommitted => " ISOLATION LEVEL READ COMMITTED",
            Isolation::RepeatableRead => " ISOLATION LEVEL REPEATABLE READ",
            Isolation::Serializable => " ISOLATION LEVEL SERIALIZABLE",
        };
        let mode = if reads { " READ ONLY" } else { "" };
        Some(Session { begin: Some(format!("BEGIN{level}{mode}")), failed: false, reads, streams: Streams::default() })
    }

    /// Runs or steers; also tells whether the session has ended with it.
    pub async fn step(&mut self, connection: &Connection, task: &Task) -> (Result<Outcome>, bool) {
        let (watch, stop) = (&task.watch, task.stop.as_deref());
        let (result, commits) = match &task.work {
            Work::Run(run) => (stoppable(connection, stop, "", self.run(connection, run)).await, false),
            Work::Stream(stream) => {
                (stoppable(connection, stop, "", self.stream(connection, stream, watch)).await, false)
            }
            Work::Control(Control::Commit) => return (self.commit(connection, watch).await, true),
            Work::Control(Control::Rollback) => return (self.rollback(connection, watch).await, true),
            Work::Control(Control::Savepoint(n)) => {
                (self.steer(connection, format!("SAVEPOINT p{n}"), watch).await, false)
            }
            Work::Control(Control::Release(n)) => (self.release(connection, *n, watch).await, false),
            Work::Control(Control::Undo(n)) => (self.undo(connection, *n, watch).await, false),
            Work::Control(Control::Begin(_) | Control::BeginRead(_)) => (Err(Failure::unsent(twice())), false),
        };
        match result {
            Ok(outcome) => (Ok(outcome), false),
            Err(mut failure) => {
                if self.reads && failure.error.code == Code::ReadOnly {
                    failure.error = only_reads();
                }
                self.failed |= failure.cause == Cause::Refused || failure.cause == Cause::Stale;
                let ended = failure.is_lost();
                (Err(failure.into_error(commits)), ended)
            }
        }
    }

    async fn run(&mut self, connection: &Connection, run: &Run) -> Ran<Outcome> {
        // Refused here, what is known to write leaves the transaction as it was.
        if self.reads && !matches!(run.plan.action, Action::Select | Action::Raw) {
            return Err(Failure::unsent(only_reads()));
        }
        match self.begin.take() {
            None => runner::run(connection, run, true).await,
            Some(begin) => {
                let before = run.watch.apart();
                let begun = watched(connection, &begin, &before);
                let result = connection.begun(begun, runner::run(connection, run, true)).await;
                run.watch.before(&before);
                result.and_then(|result| result)
            }
        }
    }

    async fn stream(&mut self, connection: &Connection, stream: &Stream, watch: &Watch) -> Ran<Outcome> {
        match self.begin.take() {
            None => self.streams.step(connection, stream, self.failed, watch).await,
            Some(begin) => {
                let before = watch.apart();
                let step = self.streams.step(connection, stream, self.failed, watch);
                let (begun, result) = join(watched(connection, &begin, &before), step).await;
                watch.before(&before);
                begun.and(result)
            }
        }
    }

    async fn steer(&mut self, connection: &Connection, sql: String, watch: &Watch) -> Ran<Outcome> {
        let steered = watched(connection, &sql, watch);
        match self.begin.take() {
            None => steered.await.map(|()| Outcome::default()),
            Some(begin) => {
                let (begun, steered) = join(watched(connection, &begin, watch), steered).await;
                begun.and(steered).map(|()| Outcome::default())
            }
        }
    }

    async fn release(&mut self, connection: &Connection, n: u32, watch: &Watch) -> Ran<Outcome> {
        match self.failed {
            // The caller has caught an error inside: what it keeps is gone already.
            true => Err(Failure { error: session_failed(), cause: Cause::Refused }),
            false => self.steer(connection, format!("RELEASE SAVEPOINT p{n}"), watch).await,
        }
    }

    async fn undo(&mut self, connection: &Connection, n: u32, watch: &Watch) -> Ran<Outcome> {
        let sql = format!("ROLLBACK TO SAVEPOINT p{n}; RELEASE SAVEPOINT p{n}");
        let undone = self.steer(connection, sql, watch).await;
        if undone.is_ok() {
            self.streams.undone();
            self.failed = false;
        }
        undone
    }

    /// Of a transaction that has failed the server makes a rollback, and calls that a success.
    async fn commit(&mut self, connection: &Connection, watch: &Watch) -> Result<Outcome> {
        if self.begin.is_some() {
            return Ok(Outcome::default());
        }
        if self.failed {
            let rolled_back = watched(connection, "ROLLBACK", watch).await;
            return rolled_back.map_err(|failure| failure.into_error(false)).and(Err(session_failed()));
        }
        let committed = watched(connection, "COMMIT", watch).await;
        committed.map(|()| Outcome::default()).map_err(|failure| failure.into_error(true))
    }

    async fn rollback(&mut self, connection: &Connection, watch: &Watch) -> Result<Outcome> {
        if self.begin.is_some() {
            return Ok(Outcome::default());
        }
        let rolled_back = watched(connection, "ROLLBACK", watch).await;
        rolled_back.map(|()| Outcome::default()).map_err(|failure| failure.into_error(false))
    }
}

/// Steers a transaction, as its caller asked.
async fn watched(connection: &Connection, sql: &str, watch: &Watch) -> Ran<()> {
    let clock = watch.clock();
    let done = connection.steer(sql).await;
    watch.control(sql, clock, done.is_ok());
    done
}

fn twice() -> Error {
    Error::new(Code::Internal, "A session began twice.")
}

/// A write in a transaction that only reads.
fn only_reads() -> Error {
    Error::new(Code::ReadOnly, "A readOnly transaction does not write.")
        .hint("Leave out readOnly, or write in another transaction.")
}

/// A call of a session that does not exist.
pub fn ended() -> Error {
    Error::new(Code::SessionEnded, "The transaction has ended.")
        .hint("Make calls before it ends: await each one inside it.")
}
