//! The connection of the writer between the calls of an open transaction: left where the caller's thread finds it. A short
//! statement runs there, which takes less time than handing it to the writer; all else is the writer's.

use super::bound::End;
use super::executor::Executor;
use super::lock;
use super::queue::Queue;
use super::session::Session;
use crate::engine::task::{Inline, Task, Work};
use std::sync::{Mutex, TryLockError};
use std::time::Instant;

/// A transaction that waits for its next call.
pub(super) struct OpenTransaction {
    // Its streams end before their connection: fields drop in order.
    pub(super) session: Session,
    pub(super) executor: Executor,
    /// The number of its session.
    pub(super) number: u32,
}

/// The place of the transaction that waits for its next call. Only the writer puts it there and takes it away.
#[derive(Default)]
pub(super) struct Lending(Mutex<Option<OpenTransaction>>);

impl Lending {
    /// Leaves a transaction, before the writer waits for its next call.
    pub(super) fn leave(&self, open: OpenTransaction) {
        *lock(&self.0) = Some(open);
    }

    /// Takes it back, after a call on another thread that runs in it. The writer does so before it takes tasks of the session
    /// from the queue: so a caller that finds the transaction here and no such task in the queue knows that all ran.
    pub(super) fn take_back(&self) -> Option<OpenTransaction> {
        lock(&self.0).take()
    }

    /// Runs a call of a session on this thread; `None` if it has to go to the writer, since it may take long, can be stopped,
    /// or comes behind another one.
    pub(super) fn run(&self, queue: &Queue, task: &Task) -> Option<Inline> {
        let mut place = match self.0.try_lock() {
            Ok(place) => place,
            Err(TryLockError::Poisoned(place)) => place.into_inner(),
            Err(TryLockError::WouldBlock) => return None,
        };
        let OpenTransaction { session, executor, .. } = place.as_mut().filter(|open| open.number == task.session)?;
        let Work::Run(run) = &task.work else { return None };
        // A write reads the rest of every open stream first.
        let short = executor.is_short(run) && !run.pace.is_slow() && !session.has_streams();
        if !short || task.stop.is_some() || queue.holds(task.session) {
            return None;
        }
        let began = Instant::now();
        executor.connection().took_big();
        executor.connection().waiter.bound.watch(began);
        let result = session.step(executor, task).0;
        let ended = Instant::now();
        // A big value takes long in one step: then the next calls of the plan are the writer's.
        if let End::Late(took) = executor.connection().waiter.bound.end(began, ended) {
            run.pace.was_late(took);
        }
        if executor.connection().took_big() {
            run.pace.met_big();
        }
        Some(Inline { result, began, ended })
    }
}
