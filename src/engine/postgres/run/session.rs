//! A transaction on a connection that is its own for as long as it lasts.

use super::runner;
use super::stop::stoppable;
use super::stream::Streams;
use super::wire::{Connection, Ran, COMMIT, PATIENCE};
use crate::engine::packed::Outcome;
use crate::engine::postgres::error::failure::{lost, Cause, Failure};
use crate::engine::postgres::error::sqlstate::session_failed;
use crate::engine::stop::Stop;
use crate::engine::task::{Control, Isolation, Run, Step, Stream, Task, Work};
use crate::engine::watch::Watch;
use crate::error::{Code, Error, Result};
use crate::plan::Action;
use futures_util::future::join;
use std::future::{pending, Future};
use std::time::Duration;
use tokio::time::sleep;

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
                let most = self.patience_of(stop);
                in_time(connection, stop, most, self.stream(connection, stream, watch)).await
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
                let most = self.patience_of(stop);
                in_time(connection, stop, most, self.undo(connection, *n, watch)).await
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
                // The effect of SQL is known to the server alone.
                let writes = run.plan.writes() || run.plan.action == Action::Raw;
                let result = connection.begun(begun, runner::run(connection, run, true), writes).await;
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
        let committed = stoppable(connection, stop, "ROLLBACK", watched(connection, COMMIT, watch)).await;
        committed.map(|()| Outcome::default()).map_err(|failure| failure.into_error(true))
    }

    async fn rollback(&mut self, connection: &Connection, watch: &Watch, stop: Option<&Stop>) -> Result<Outcome> {
        if self.begin.is_some() {
            return Ok(Outcome::default());
        }
        match self.roll_back(connection, stop, watch).await {
            Err(failure) if !connection.is_abandoned() => Err(failure.into_error(false)),
            // The server rolls back what a connection has left.
            _ => Ok(Outcome::default()),
        }
    }

    /// Rolls back. A connection on which that is refused or takes too long is given up: nothing else may run in its transaction.
    async fn roll_back(&mut self, connection: &Connection, stop: Option<&Stop>, watch: &Watch) -> Ran<()> {
        let most = self.patience_of(stop).unwrap_or(PATIENCE);
        let rolled_back = in_time(connection, stop, Some(most), watched(connection, "ROLLBACK", watch)).await;
        if rolled_back.as_ref().is_err_and(|failure| !failure.is_lost()) {
            connection.give_up();
        }
        rolled_back
    }

    /// How long the server is waited for at most by what ends a part of the transaction, before that is stopped; `None`: as
    /// long as it takes.
    fn patience_of(&self, stop: Option<&Stop>) -> Option<Duration> {
        self.patience.filter(|_| stop.is_none_or(|stop| stop.why().is_none()))
    }
}

/// Runs work that must be done, and that no stop ends. A connection on which it takes longer than `most`, or than the patience
/// of `stop` from when it is stopped, is given up.
async fn in_time<T>(
    connection: &Connection,
    stop: Option<&Stop>,
    most: Option<Duration>,
    work: impl Future<Output = Ran<T>>,
) -> Ran<T> {
    let stopped = async {
        match stop {
            Some(stop) => {
                stop.stopped().await;
                sleep(stop.patience()).await;
            }
            None => pending().await,
        }
    };
    let long = async {
        match most {
            Some(most) => sleep(most).await,
            None => pending().await,
        }
    };
    tokio::select! {
        biased;
        result = work => return result,
        () = stopped => {}
        () = long => {}
    }
    connection.give_up();
    Err(Failure { error: lost(), cause: Cause::Lost { certain: true } })
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
