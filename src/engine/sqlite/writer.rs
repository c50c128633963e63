//! The one thread that writes. Waiting writes are gathered into one transaction, so that they share one sync to the disk;
//! each is answered only after the commit that holds it. A member that would spoil it for the others is found out, and
//! all of them are run again, one by one.

use super::connection::{Connection, BUSY_TIMEOUT};
use super::executor::Executor;
use super::lending::{Left, OpenTransaction};
use super::session::{self, in_savepoint, must_run_alone, rows, run_alone, session_ended, statement, Session};
use super::stream::Streams;
use super::{broken, Shared};
use crate::engine::packed::Outcome;
use crate::engine::stop::Stop;
use crate::engine::task::{Completion, Control, Run, Step, Stream, Task, Work};
use crate::engine::watch::Watch;
use crate::error::{Code, Error, Result};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Writes gathered into one transaction at most, in number and in time: the first waits for the last.
const GROUP: usize = 1024;
const GROUP_TIME: Duration = Duration::from_millis(5);
/// A turn after which the writer looks for the next task before it sleeps. After a longer one, such as a sync to the disk, that
/// would cost more than the time it saves.
const QUICK: Duration = Duration::from_micros(100);
/// How long the writer waits for a checkpoint, and how long it lets be in between.
const CHECKPOINT_PATIENCE: Duration = Duration::from_millis(50);
const CHECKPOINT_PAUSE: Duration = Duration::from_secs(1);

/// Runs until the queue is closed and empty.
pub(super) fn run(shared: &Arc<Shared>) {
    let mut executor: Option<Executor> = None;
    let mut streams = Streams::default();
    let mut checkpointed = Instant::now();
    let mut quick = true;
    loop {
        if let Some(idle) = executor.take() {
            shared.lending.leave(Left::Idle(idle));
        }
        shared.writes.wait(quick);
        let start = Instant::now();
        executor = match shared.lending.take_back() {
            Some(Left::Open(open)) => transaction(shared, open, None),
            left => {
                let idle = match left {
                    Some(Left::Idle(idle)) => Some(idle),
                    _ => None,
                };
                let tasks = shared.writes.take(GROUP, false);
                if tasks.is_empty() {
                    return;
                }
                tasks_of(shared, idle, &mut streams, tasks)
            }
        };
        if let Some(executor) = &executor {
            checkpoint(shared, executor.connection(), &mut checkpointed);
        }
        executor = executor.filter(|executor| !executor.connection().stale());
        quick = start.elapsed() < QUICK;
    }
}

/// Runs tasks, and the transaction that one of them begins. Gives the connection back, if it could be opened.
fn tasks_of(
    shared: &Arc<Shared>,
    mut executor: Option<Executor>,
    streams: &mut Streams,
    tasks: Vec<Task>,
) -> Option<Executor> {
    let first = tasks.first().and_then(|task| task.stop.as_ref()).filter(|_| tasks.len() == 1);
    let begin = match ready(shared, &mut executor, first) {
        Ok(executor) => Writer { shared, executor, streams, joined: true }.turn(tasks),
        Err(error) => {
            shared.answer_all(tasks.iter().map(|t| t.ticket), &error);
            None
        }
    };
    match begin {
        Some(begin) => executor.and_then(|executor| begin_transaction(shared, executor, begin)),
        None => executor,
    }
}

/// The open executor; opened now where it is not, so that a failure to open is answered and the next task tries again.
fn ready<'a>(
    shared: &Arc<Shared>,
    executor: &'a mut Option<Executor>,
    task: Option<&Arc<Stop>>,
) -> Result<&'a mut Executor> {
    match executor {
        Some(executor) => Ok(executor),
        None => {
            let opened = shared.open(task)?;
            if !shared.target.memory {
                // SAFETY: this thread holds both, and drops the connection first.
                unsafe { shared.log.watch(opened.connection()) };
            }
            Ok(executor.insert(opened))
        }
    }
}

struct Writer<'a> {
    shared: &'a Arc<Shared>,
    executor: &'a mut Executor,
    /// Streams outside of any transaction.
    streams: &'a mut Streams,
    /// Whether tasks that come meanwhile join the group: not if a transaction or a stream is to begin before them.
    joined: bool,
}

impl Writer<'_> {
    fn connection(&self) -> &Connection {
        self.executor.connection()
    }

    /// Runs tasks as they came. A session has the writer to itself: what came after its beginning goes back and waits. Gives
    /// the task that begins it.
    fn turn(mut self, mut tasks: Vec<Task>) -> Option<Task> {
        if let Err(gone) = self.shared.target.files.alive() {
            self.shared.answer_all(tasks.iter().map(|t| t.ticket), &gone);
            return None;
        }
        self.shared.anchor.release();
        let single = tasks.iter().position(|t| !matches!(t.work, Work::Run(_))).and_then(|at| {
            self.shared.writes.put_back(tasks.split_off(at + 1));
            tasks.pop()
        });
        self.joined = single.is_none();
        if !tasks.is_empty() {
            self.group(tasks);
        }
        match single {
            Some(Task { ticket, session: 0, work: Work::Stream(stream), watch, stop }) => {
                let result = self.stream(&stream, &watch, stop.as_ref());
                self.shared.answer(vec![Completion { ticket, result }]);
                None
            }
            single => single,
        }
    }

    /// Runs tasks that stand alone.
    fn group(&mut self, tasks: Vec<Task>) {
        let mut tasks = VecDeque::from(tasks);
        while let Some(first) = tasks.pop_front() {
            if tasks.is_empty() {
                tasks = self.more();
            }
            if tasks.is_empty() {
                let result = self.alone(&first);
                return self.shared.answer(vec![Completion { ticket: first.ticket, result }]);
            }
            if let Err(error) = self.executor.control("BEGIN IMMEDIATE") {
                // All have waited as long as the first: one after the other they would wait for hours.
                return self.shared.answer_all([first].iter().chain(&tasks).map(|t| t.ticket), &error);
            }
            let (members, results) = self.members(first, &mut tasks);
            if results.len() == members.len() {
                match self.executor.commit() {
                    Ok(()) => {
                        let pairs = members.iter().zip(results);
                        self.shared.answer(pairs.map(|(t, result)| Completion { ticket: t.ticket, result }).collect());
                        continue;
                    }
                    // What was committed must not run again.
                    Err(gone) if gone.code == Code::FileGone => {
                        return self.shared.answer_all(members.iter().chain(&tasks).map(|t| t.ticket), &gone);
                    }
                    Err(_) => {}
                }
            }
            // Nothing of the group is in the database. One member may have been the cause, or all of them together
            // (no room left): run alone, each gets the answer that is its own.
            self.undo();
            for task in &members {
                let result = self.alone(task);
                self.shared.answer(vec![Completion { ticket: task.ticket, result }]);
            }
        }
    }

    /// Tasks that have come meanwhile and may join the group.
    fn more(&self) -> VecDeque<Task> {
        if self.joined {
            return self.shared.writes.more(GROUP);
        }
        VecDeque::new()
    }

    /// Runs members of one group, those too that arrive meanwhile; with one result fewer when the last spoiled it.
    fn members(&mut self, first: Task, tasks: &mut VecDeque<Task>) -> (Vec<Task>, Vec<Result<Outcome>>) {
        let start = Instant::now();
        let (mut members, mut results) = (vec![first], Vec::new());
        while let Some(result) = self.member(&members[members.len() - 1]) {
            results.push(result);
            if members.len() >= GROUP || start.elapsed() > GROUP_TIME {
                break;
            }
            if tasks.is_empty() {
                *tasks = self.more();
            }
            match tasks.pop_front() {
                Some(task) => members.push(task),
                None => break,
            }
        }
        (members, results)
    }

    /// One member of a group. `None` when it spoiled the group: what it left behind is more than its answer says.
    fn member(&mut self, task: &Task) -> Option<Result<Outcome>> {
        let result = standing_alone(task).and_then(|run| {
            self.executor.stoppable(task.stop.as_ref(), |executor| match executor.writes(run)? {
                false => executor.run(run),
                // A statement that fails undoes what it did by itself; several of them need a savepoint.
                true if rows(run) <= 1 => statement(executor, run),
                true => in_savepoint(executor, run),
            })
        });
        let spoiled = !self.connection().in_transaction()
            || self.connection().deferred_violations()
            || matches!(&result, Err(error) if error.code == Code::Internal)
            || (result.is_err() && standing_alone(task).is_ok_and(must_run_alone));
        (!spoiled).then_some(result)
    }

    /// A task in a transaction of its own.
    fn alone(&mut self, task: &Task) -> Result<Outcome> {
        let run = standing_alone(task)?;
        self.executor.stoppable(task.stop.as_ref(), |executor| run_alone(executor, run))
    }

    /// A stream outside of any transaction, of a database in memory: what it gives is read at once, lest others wait for
    /// the one connection until its last row is asked for.
    fn stream(&mut self, stream: &Stream, watch: &Watch, stop: Option<&Arc<Stop>>) -> Result<Outcome> {
        let Writer { executor, streams, .. } = self;
        executor.stoppable(stop, |executor| {
            if !matches!(stream.step, Step::Open { .. }) {
                return streams.step(executor, stream, watch);
            }
            executor.control("BEGIN")?;
            let first = streams.step(executor, stream, watch);
            streams.detach(executor);
            // There is nothing that it could lose.
            let _ = executor.control("COMMIT");
            first
        })
    }

    fn undo(&mut self) {
        undo(self.executor);
    }
}

/// Begins a transaction, and runs it to its end. Gives the connection back.
fn begin_transaction(shared: &Arc<Shared>, mut executor: Executor, begin: Task) -> Option<Executor> {
    let read_only = match begin.work {
        Work::Control(Control::Begin(_)) => false,
        // A database in memory has no other connection to read a snapshot on: it is kept as it is meanwhile.
        Work::Control(Control::BeginRead(_)) => true,
        _ => {
            shared.answer_all([begin.ticket], &session_ended());
            return Some(executor);
        }
    };
    let began = Instant::now();
    let begun = session::begin(&mut executor, "BEGIN IMMEDIATE", &begin);
    if begun.is_ok() {
        executor.know_short_plans();
        shared.lending.begins.ran_elsewhere(began.elapsed());
    }
    if let Err(error) = begun {
        let busy = (error.code == Code::Busy).then(|| error.clone());
        shared.answer(vec![Completion { ticket: begin.ticket, result: Err(error) }]);
        if let Some(busy) = busy {
            // They have waited as long as this one: one after the other they would wait for hours.
            shared.answer_all(shared.writes.late(BUSY_TIMEOUT).iter().map(|t| t.ticket), &busy);
        }
        return Some(executor);
    }
    let answer = Completion { ticket: begin.ticket, result: Ok(Outcome::default()) };
    let open = OpenTransaction { session: Session::new(read_only), executor, number: begin.session };
    transaction(shared, open, Some(answer))
}

/// A transaction that its caller steers: its tasks, and no others, until it ends. `answer`: that of the task which began it.
/// Gives the connection back.
fn transaction(shared: &Arc<Shared>, mut open: OpenTransaction, mut answer: Option<Completion>) -> Option<Executor> {
    let number = open.number;
    loop {
        shared.lending.leave(Left::Open(open));
        // Its caller finds the connection there when it hears of this.
        shared.answer(answer.into_iter().collect());
        let turn = shared.writes.wait_session(number, BUSY_TIMEOUT);
        let Some(Left::Open(back)) = shared.lending.take_back() else { return None };
        open = back;
        // They wait as long as for another process, lest a session that is never ended keeps them for ever.
        shared.answer_all(turn.expired.iter().map(|t| t.ticket), &held());
        let over;
        (answer, over) = open.session.steps(shared, &mut open.executor, shared.writes.take_session(number));
        if !over && !turn.closed {
            continue;
        }
        if !over {
            // The database is closed over an open session.
            undo(&mut open.executor);
        }
        shared.answer(answer.into_iter().collect());
        return Some(open.executor);
    }
}

fn undo(executor: &mut Executor) {
    if executor.connection().in_transaction() {
        // There is nothing to do about a failure: SQLite rolls back when the connection closes.
        let _ = executor.control("ROLLBACK");
    }
}

/// Moves what a checkpoint in the background has left of the log, so that the log starts over. If those checkpoints do not keep
/// up, the log would grow without end: then the writer waits for one, a moment. A snapshot that is held open is waited for in
/// vain, so it is not tried at every turn.
fn checkpoint(shared: &Shared, connection: &Connection, last: &mut Instant) {
    if shared.log.take_rest() && connection.look().is_ok() {
        // Whatever prevents it now, the next checkpoint asks again.
        let _ = connection.batch("PRAGMA wal_checkpoint(PASSIVE)");
        // The changes that it has written are known from now on.
        let _ = connection.look();
    }
    if shared.log.is_long() && last.elapsed() > CHECKPOINT_PAUSE && connection.look().is_ok() {
        connection.set_busy_timeout(CHECKPOINT_PATIENCE);
        let _ = connection.batch("PRAGMA wal_checkpoint(RESTART)");
        connection.set_busy_timeout(BUSY_TIMEOUT);
        let _ = connection.look();
        *last = Instant::now();
    }
}

fn held() -> Error {
    Error::new(
        Code::Busy,
        "A transaction or a session of this process has held the writer for longer than the timeout.",
    )
    .hint("End it first: await the transaction, or close the session; and do not call the outer db where it is open.")
}

/// The plan of a task that is in no session: one whose session has ended must not run outside it.
fn standing_alone(task: &Task) -> Result<&Run> {
    match &task.work {
        Work::Run(run) if task.session == 0 => Ok(run),
        Work::Run(_) => Err(session_ended()),
        Work::Control(_) | Work::Stream(_) => Err(broken()),
    }
}
