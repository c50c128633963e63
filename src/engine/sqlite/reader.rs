//! The threads that read: waiting reads share one snapshot, so that the file is locked once for all of them.

use super::executor::Executor;
use super::queue::Queue;
use super::session::{self, session_ended, Session};
use super::{broken, lock, Shared};
use crate::engine::packed::Outcome;
use crate::engine::task::{Completion, Task, Work};
use crate::error::Result;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Reads that share one snapshot at most; more are left for other readers.
const BATCH: usize = 64;
/// Answers wait at most so long for the rest of their batch.
const PATIENCE: Duration = Duration::from_micros(500);

/// Runs until the queue is closed and empty.
pub(super) fn run(shared: &Arc<Shared>) {
    let mut executor: Option<Executor> = None;
    loop {
        let tasks = shared.reads.take(BATCH, true);
        if tasks.is_empty() {
            return;
        }
        let open = match &mut executor {
            Some(executor) => Ok(executor),
            None => {
                shared.open(tasks[0].stop.as_ref().filter(|_| tasks.len() == 1)).map(|opened| executor.insert(opened))
            }
        };
        let looked = open.and_then(|executor| executor.connection().look_beside_read().map(|()| executor));
        match looked {
            Ok(executor) => batch(shared, executor, tasks),
            Err(error) => shared.answer_all(tasks.iter().map(|t| t.ticket), &error),
        }
        // A transaction that could not be ended would show the same moment for ever.
        if executor.as_ref().is_some_and(|e| e.connection().stale() || e.connection().in_transaction()) {
            executor = None;
        }
    }
}

fn batch(shared: &Arc<Shared>, executor: &mut Executor, tasks: Vec<Task>) {
    let several = tasks.len() > 1 || matches!(&tasks[0].work, Work::Run(run) if run.plan.nodes.len() > 1);
    let snapshot = several && executor.control("BEGIN").is_ok();
    let mut start = Instant::now();
    let mut answers = Vec::with_capacity(tasks.len());
    for task in tasks {
        match read(executor, &task) {
            // Raw SQL that writes, as only the database could tell.
            None => {
                let refused = shared.writes.push([task]);
                shared.refuse(refused);
            }
            Some(result) => answers.push(Completion { ticket: task.ticket, result }),
        }
        if start.elapsed() > PATIENCE {
            shared.answer(std::mem::take(&mut answers));
            start = Instant::now();
        }
    }
    if snapshot {
        // A read transaction has nothing to lose.
        let _ = executor.control("COMMIT");
    }
    shared.answer(answers);
}

fn read(executor: &mut Executor, task: &Task) -> Option<Result<Outcome>> {
    let Work::Run(run) = &task.work else { return Some(Err(broken())) };
    match executor.writes(run) {
        Ok(true) => None,
        Ok(false) => {
            let start = Instant::now();
            let result = executor.stoppable(task.stop.as_ref(), |executor| executor.run(run));
            run.pace.ran_elsewhere(start.elapsed());
            if executor.connection().took_big() {
                run.pace.met_big();
            }
            Some(result)
        }
        Err(error) => Some(Err(error)),
    }
}

/// Runs one session that reads a single snapshot, on a connection and thread of its own.
pub(super) fn session(shared: &Arc<Shared>, queue: &Queue, begin: &Task) {
    let opened = shared.open(begin.stop.as_ref()).and_then(|mut executor| {
        session::begin(&mut executor, "BEGIN", begin)?;
        // A transaction takes its snapshot with its first read.
        executor.connection().batch("SELECT 1 FROM sqlite_schema LIMIT 1")?;
        Ok(executor)
    });
    match opened {
        Ok(mut executor) => {
            shared.answer(vec![Completion { ticket: begin.ticket, result: Ok(Outcome::default()) }]);
            let mut session = Session::new(true);
            loop {
                let tasks = queue.take(BATCH, true);
                if tasks.is_empty() {
                    break;
                }
                let (last, over) = session.steps(shared, &mut executor, tasks);
                shared.answer(last.into_iter().collect());
                if over {
                    break;
                }
            }
        }
        Err(error) => shared.answer_all([begin.ticket], &error),
    }
    lock(&shared.snapshots).remove(&begin.session);
    shared.answer_all(queue.end().iter().map(|t| t.ticket), &session_ended());
}
