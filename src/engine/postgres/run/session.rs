//! A transaction on a connection that is its own for as long as it lasts.

use super::runner;
use super::stop::stoppable;
use super::stream::Streams;
use super::wire::{Connection, Ran};
use crate::engine::packed::Outcome;
use crate::engine::postgres::error::failure::{lost, Cause, Failure};
use crate::engine::postgres::error::sqlstate::session_failed;
use crate::engine::stop::Stop;
use crate::engine::task::{Control, Isolation, Run, Step, Stream, Task, Work};
use crate::engine::watch::Watch;
use crate::error::{Code, Error, Result};
use futures_util::future::join;
use std::future::Future;
use std::time::Duration;
use tokio::time::timeout;

/// A transaction.
pub struct Session {
    /// Its begin, until that is sent with its first statement.
    unbegun: Option<Control>,
    begin: Option<String>,
    /// Whether a statement was refused: then everything is, until a rollback.
    failed: bool,
    /// Whether it only reads.
    reads: bool,
    /// For how long its end is waited for, since a call in it was stopped.
    patience: Option<Duration>,
    streams: Streams,
}

/// How long a ROLLBACK is waited for: a connection that does not answer is closed, which is one too.
const PATIENCE: Duration = Duration::from_secs(5);

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
        let begin = Some(format!("BEGIN{level}{mode}"));
        Some(Session {
            unbegun: Some(control),
            begin,
            failed: false,
            reads,
            patience: None,
            streams: Streams::default(),
        })
    }

    /// Its begin, as long as nothing was sent.
    pub fn unbegun(&self) -> Option<Control> {
        self.begin.as_ref().and(self.unbegun)
    }

    /// Runs or steers; also tells whether the session has ended with it.
    pub async fn step(&mut self, connection: &Connection, task: &Task) -> (Result<Outcome>, bool) {
        let (watch, stop) = (&task.watch, task.stop.as_deref());
        let result = match &task.work {
            Work::Run(run) => stoppable(connection, stop, "", self.run(connection, run)).await,
            Work::Stream(stream) if matches!(stream.step, Step::Close) => {
                let patience = self.patience_of(stop);
                in_time(connection, patience, self.stream(connection, stream, watch)).await
            }
            Work::Stream(stream) => stoppable(connection, stop, "", self.stream(connection, stream, watch)).await,
            Work::Control(Control::Commit) => return (self.commit(connection, watch, stop).await, true),
            Work::Control(Control::Rollback) => return (self.rollback(connection, watch, stop).await, true),
            Work::Control(Control::Savepoint(n)) => {
                stoppable(connection, stop, "", self.steer(connection, format!("SAVEPOINT p{n}"), watch)).await
            }
            Work::Control(Control::Release(n)) => {
                stoppable(connection, stop, "", self.release(connection, *n, watch)).await
            }
            Work::Control(Control::Undo(n)) => {
                let patience = self.patience_of(stop);
                in_time(connection, patience, self.undo(connection, *n, watch)).await
            }
            Work::Control(Control::Begin(_) | Control::BeginRead(_)) => Err(Failure::unsent(twice())),
        };
        if let Some(stop) = stop.filter(|stop| stop.why().is_some()) {
            self.patience = Some(stop.patience());
        }
        match result {
            Ok(outcome) => (Ok(outcome), false),
            Err(mut failure) => {
                if self.reads && failure.error.code == Code::ReadOnly {
                    failure.error = only_reads();
                }
                self.failed |= failure.cause == Cause::Refused || failure.cause == Cause::Stale;
                let ended = failure.is_lost();
                (Err(failure.into_error(false)), ended)
            }
        }
    }

    async fn run(&mut self, connection: &Connection, run: &Run) -> Ran<Outcome> {
        // Refused here, what is known to write leaves the transaction as it was.
        if self.reads && (run.plan.writes() || run.plan.locks) {
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
    async fn commit(&mut self, connection: &Connection, watch: &Watch, stop: Option<&Stop>) -> Result<Outcome> {
        if self.begin.is_some() {
            return Ok(Outcome::default());
        }
        if self.failed {
            return self.rollback(connection, watch, stop).await.and(Err(session_failed()));
        }
        let committed = stoppable(connection, stop, "", watched(connection, "COMMIT", watch)).await;
        committed.map(|()| Outcome::default()).map_err(|failure| failure.into_error(true))
    }

    async fn rollback(&mut self, connection: &Connection, watch: &Watch, stop: Option<&Stop>) -> Result<Outcome> {
        if self.begin.is_some() {
            return Ok(Outcome::default());
        }
        let patience = self.patience_of(stop).unwrap_or(PATIENCE);
        match in_time(connection, Some(patience), watched(connection, "ROLLBACK", watch)).await {
            Err(failure) if !connection.is_abandoned() => Err(failure.into_error(false)),
            // The server rolls back what a connection has left.
            _ => Ok(Outcome::default()),
        }
    }

    /// For how long the server is waited for by what ends a part of the transaction; `None`: as long as it takes.
    fn patience_of(&self, stop: Option<&Stop>) -> Option<Duration> {
        stop.map(Stop::patience).or(self.patience)
    }
}

/// Runs work that must be done, and that no stop ends. A connection on which it takes longer is given up.
async fn in_time<T>(connection: &Connection, patience: Option<Duration>, work: impl Future<Output = Ran<T>>) -> Ran<T> {
    let Some(patience) = patience else { return work.await };
    timeout(patience, work).await.unwrap_or_else(|_| {
        connection.give_up();
        Err(Failure { error: lost(), cause: Cause::Lost { certain: true } })
    })
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
