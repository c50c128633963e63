//! Transactions that their callers steer, one step after the other, and what runs in a transaction of its own.

use super::executor::Executor;
use super::stream::Streams;
use super::{broken, Shared};
use crate::engine::packed::Outcome;
use crate::engine::task::{Completion, Control, Run, Task, Work};
use crate::engine::watch::Watch;
use crate::error::{Code, Error, Result};
use crate::plan::Action;
use crate::sql::{significant, Kind, Rules};
use std::time::Instant;

/// Whether a plan is a statement that SQLite refuses in a transaction: https://www.sqlite.org/lang_vacuum.html
pub(super) fn must_run_alone(run: &Run) -> bool {
    run.plan.action == Action::Raw && first_word(run).eq_ignore_ascii_case("VACUUM")
}

/// Whether a plan writes, as far as its text tells: of raw SQL, such as one that begins with WITH, only the database may know.
pub(super) fn surely_writes(run: &Run) -> bool {
    const WORDS: [&str; 9] = ["INSERT", "UPDATE", "DELETE", "REPLACE", "CREATE", "DROP", "ALTER", "REINDEX", "VACUUM"];
    if run.plan.action != Action::Raw {
        return run.plan.writes();
    }
    let first = first_word(run);
    WORDS.iter().any(|word| first.eq_ignore_ascii_case(word))
}

/// The first word of a plan's statement.
fn first_word(run: &Run) -> &str {
    let sql = &run.plan.nodes[0].sql;
    let first = significant(sql, Rules::Sqlite).find(|token| !matches!(token.kind, Kind::Sign(';')));
    first.map_or("", |first| &sql[first.at])
}

/// The answer to a task whose session is over.
pub(super) fn session_ended() -> Error {
    Error::new(Code::SessionEnded, "The transaction has ended.")
        .hint("Await every call of a transaction inside its function.")
}

/// Rows of parameters.
pub(super) fn rows(run: &Run) -> usize {
    run.params.chunks.iter().map(|c| c.rows).sum()
}

/// Runs a plan that is one statement, inside an open transaction.
pub(super) fn statement(executor: &mut Executor, run: &Run) -> Result<Outcome> {
    let before = executor.connection().total_changes();
    let result = executor.run(run);
    // ON CONFLICT FAIL and RAISE(FAIL) keep what was done up to the failure.
    if result.is_err() && executor.connection().total_changes() != before {
        return Err(Error::new(Code::Internal, "A statement failed and left changes behind."));
    }
    result
}

/// Runs a plan so that a failure undoes all of it, inside an open transaction.
pub(super) fn in_savepoint(executor: &mut Executor, run: &Run) -> Result<Outcome> {
    executor.control("SAVEPOINT plinth_rows")?;
    let result = executor.run(run);
    if executor.connection().in_transaction() {
        if result.is_err() {
            executor.control("ROLLBACK TO plinth_rows")?;
        }
        executor.control("RELEASE plinth_rows")?;
    }
    result
}

/// Runs a plan in a transaction of its own. Raw SQL that gives no rows goes without: VACUUM cannot be in one.
pub(super) fn run_alone(executor: &mut Executor, run: &Run) -> Result<Outcome> {
    let writes = executor.writes(run)?;
    let bare = run.plan.action == Action::Raw && !executor.returns(run);
    // A statement that commits by itself may do so and be interrupted after that: then its result
    // would not be known.
    let stoppable = executor.is_stoppable() && writes;
    if bare && (!stoppable || must_run_alone(run)) {
        return alone(executor, run, writes);
    }
    if !writes {
        executor.connection().look_beside_read()?;
        if run.plan.nodes.len() == 1 {
            return executor.run(run);
        }
    }
    executor.begin(if writes { "BEGIN IMMEDIATE" } else { "BEGIN" })?;
    let result = executor.run(run).and_then(|outcome| {
        executor.check()?;
        let ended = if writes { executor.commit() } else { executor.control("COMMIT") };
        ended.map(|()| outcome)
    });
    if result.is_err() && executor.connection().in_transaction() {
        executor.control("ROLLBACK")?;
    }
    result
}

/// Runs a statement that commits by itself.
fn alone(executor: &mut Executor, run: &Run, writes: bool) -> Result<Outcome> {
    if !writes {
        executor.connection().look_beside_read()?;
        return executor.run(run);
    }
    executor.connection().look_before_commit()?;
    let result = executor.run(run);
    executor.committed()?;
    result
}

/// Begins a transaction, as its caller asked.
pub(super) fn begin(executor: &mut Executor, sql: &'static str, task: &Task) -> Result<()> {
    let clock = task.watch.clock();
    let begun = executor.stoppable(task.stop.as_ref(), |executor| executor.begin(sql));
    task.watch.control(sql, clock, begun.is_ok());
    begun
}

/// Steers a transaction, as its caller asked.
pub(super) fn watched(executor: &mut Executor, sql: &'static str, watch: &Watch) -> Result<()> {
    let clock = watch.clock();
    let done = executor.control(sql);
    watch.control(sql, clock, done.is_ok());
    done
}

/// An open transaction that its caller steers.
pub(super) struct Session {
    read_only: bool,
    /// Why the database rolled it back by itself, if it did.
    lost: Option<Error>,
    streams: Streams,
}

impl Session {
    /// A transaction that has just begun.
    pub(super) fn new(read_only: bool) -> Self {
        Session { read_only, lost: None, streams: Streams::default() }
    }

    /// Whether streams are open in it.
    pub(super) fn has_streams(&self) -> bool {
        !self.streams.is_empty()
    }

    /// Several steps; tells whether the transaction has ended. A call after its end is refused. The last answer is left to the
    /// caller, for when the connection is where the next call looks for it.
    pub(super) fn steps(
        &mut self,
        shared: &Shared,
        executor: &mut Executor,
        tasks: Vec<Task>,
    ) -> (Option<Completion>, bool) {
        let (mut last, mut over) = (None, false);
        for task in tasks {
            shared.answer(last.take().into_iter().collect());
            let result = if over {
                Err(session_ended())
            } else {
                let began = Instant::now();
                let (result, ended) = self.step(executor, &task);
                if let Work::Run(run) = &task.work {
                    run.pace.ran_elsewhere(began.elapsed());
                }
                over = ended;
                result
            };
            last = Some(Completion { ticket: task.ticket, result });
        }
        (last, over)
    }

    /// One step; tells whether the transaction has ended.
    pub(super) fn step(&mut self, executor: &mut Executor, task: &Task) -> (Result<Outcome>, bool) {
        let work = &task.work;
        if let Some(error) = &self.lost {
            let ends = matches!(work, Work::Control(Control::Commit | Control::Rollback));
            let result = match work {
                Work::Control(Control::Rollback) => Ok(Outcome::default()),
                _ => Err(Error::new(
                    Code::SessionEnded,
                    format!("The database rolled the transaction back after an earlier error: {error}"),
                )
                .hint("Roll back and begin again.")),
            };
            return (result, ends);
        }
        if let (Err(gone), Work::Run(_) | Work::Stream(_)) = (executor.connection().look_beside_read(), work) {
            return (Err(gone), false);
        }
        let (result, ended) = match work {
            Work::Run(run) => (executor.stoppable(task.stop.as_ref(), |executor| self.run(executor, run)), false),
            Work::Stream(stream) => {
                let streams = &mut self.streams;
                (executor.stoppable(task.stop.as_ref(), |e| streams.step(e, stream, &task.watch)), false)
            }
            Work::Control(control) => match task.stop.as_ref().map_or(Ok(()), |stop| stop.begin()) {
                // From here on nothing stops it: its caller learns what came of it.
                Ok(()) => self.control(executor, *control, &task.watch),
                Err(error) => return (Err(error), false),
            },
        };
        if let (Err(error), false) = (&result, ended || executor.connection().in_transaction()) {
            self.lost = Some(error.clone());
            self.streams.clear();
        }
        (result, ended)
    }

    fn run(&mut self, executor: &mut Executor, run: &Run) -> Result<Outcome> {
        let writes = executor.writes(run)?;
        executor.find_short(run);
        if self.read_only && (writes || run.plan.locks) {
            return Err(Error::new(Code::ReadOnly, "A readOnly transaction does not write.")
                .hint("Leave out readOnly, or write in another transaction."));
        }
        if writes {
            executor.unstoppable(|executor| self.streams.detach(executor));
        }
        // Reading what a write returns may fail after the write.
        if rows(run) <= 1 && !(writes && executor.returns(run)) {
            let before = executor.connection().total_changes();
            let result = executor.run(run);
            // ON CONFLICT FAIL and RAISE(FAIL) keep what was done up to the failure: half of a call. That is rare, and a
            // savepoint for every call is dear: so the transaction goes.
            if result.is_err() && executor.connection().total_changes() != before {
                executor.control("ROLLBACK")?;
            }
            return result;
        }
        in_savepoint(executor, run)
    }

    fn control(&mut self, executor: &mut Executor, control: Control, watch: &Watch) -> (Result<Outcome>, bool) {
        match control {
            Control::Undo(_) => self.streams.detach(executor),
            Control::Commit | Control::Rollback => self.streams.clear(),
            _ => {}
        }
        let script = |sql: String| {
            let clock = watch.clock();
            let done = executor.connection().batch(&sql);
            watch.control(&sql, clock, done.is_ok());
            (done.map(|()| Outcome::default()), false)
        };
        match control {
            Control::Savepoint(n) => script(format!("SAVEPOINT plinth_{n}")),
            Control::Release(n) => script(format!("RELEASE plinth_{n}")),
            Control::Undo(n) => script(format!("ROLLBACK TO plinth_{n}; RELEASE plinth_{n}")),
            Control::Rollback => (watched(executor, "ROLLBACK", watch).map(|()| Outcome::default()), true),
            Control::Commit => {
                let clock = watch.clock();
                let gone = executor.connection().look_beside_read();
                let result = match self.read_only {
                    true => executor.control("COMMIT").and(gone),
                    false => executor.commit(),
                };
                watch.control("COMMIT", clock, result.is_ok());
                if result.is_err() && executor.connection().in_transaction() {
                    // A commit that a deferred foreign key forbids leaves the transaction open.
                    let _ = executor.control("ROLLBACK");
                }
                (result.map(|()| Outcome::default()), true)
            }
            Control::Begin(_) | Control::BeginRead(_) => (Err(broken()), false),
        }
    }
}
