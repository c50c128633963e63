//! The connection of the writer while it waits for its next task: left where the caller's thread finds it. A transaction begins
//! there if nothing has to be waited for, and a short statement of an open one runs there, which takes less time than handing it
//! to the writer; all else is the writer's.

use super::bound::End;
use super::connection::BUSY_TIMEOUT;
use super::executor::Executor;
use super::queue::Queue;
use super::session::Session;
use super::{lock, Shared};
use crate::engine::pace::{Pace, BOUND};
use crate::engine::packed::Outcome;
use crate::engine::task::{Inline, Task, Work};
use std::sync::{Mutex, MutexGuard, TryLockError};
use std::time::{Duration, Instant};

/// A transaction that waits for its next call.
pub(super) struct OpenTransaction {
    // Its streams end before their connection: fields drop in order.
    pub(super) session: Session,
    pub(super) executor: Executor,
    /// The number of its session.
    pub(super) number: u32,
}

/// The connection of the writer, left by it.
#[allow(clippy::large_enum_variant)] // A database has one.
pub(super) enum Left {
    /// In no transaction.
    Idle(Executor),
    Open(OpenTransaction),
}

/// The place of the writer's connection while it waits. Only the writer puts it there and takes it away.
pub(super) struct Lending {
    place: Mutex<Option<Left>>,
    /// Whether transactions begin quickly.
    pub(super) begins: Pace,
}

impl Default for Lending {
    fn default() -> Self {
        Lending { place: Mutex::default(), begins: Pace::quick() }
    }
}

impl Lending {
    /// Leaves the connection, before the writer waits for its next task.
    pub(super) fn leave(&self, left: Left) {
        *lock(&self.place) = Some(left);
    }

    /// Takes it back, after a call on another thread that uses it. The writer does so before it takes tasks from the queue: so a
    /// caller that finds the connection here and no task of its own in the queue knows that all ran.
    pub(super) fn take_back(&self) -> Option<Left> {
        lock(&self.place).take()
    }

    /// Runs a call of a session on this thread; `None` if it has to go to the writer, since it may take long, can be stopped,
    /// or comes behind another one.
    pub(super) fn run(&self, queue: &Queue, task: &Task) -> Option<Inline> {
        let mut place = self.place()?;
        let Some(Left::Open(OpenTransaction { session, executor, number })) = place.as_mut() else { return None };
        let Work::Run(run) = &task.work else { return None };
        // A write reads the rest of every open stream first.
        let short = executor.is_short(run) && !run.pace.is_slow() && !session.has_streams();
        if *number != task.session || !short || task.stop.is_some() || queue.holds(task.session) {
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

    /// Begins a transaction on this thread; `None` if it has to go to the writer, since it would have to wait, can be stopped, is
    /// watched, or comes behind another task.
    pub(super) fn begin(&self, shared: &Shared, task: &Task) -> Option<Inline> {
        let mut place = self.place()?;
        let Some(Left::Idle(executor)) = place.as_mut() else { return None };
        let bare = task.stop.is_none() && !task.watch.is_on() && self.begins.is_quick();
        if !bare || !shared.writes.is_empty() || shared.target.files.is_dead() {
            return None;
        }
        shared.anchor.release();
        let began = Instant::now();
        executor.connection().set_busy_timeout(Duration::ZERO);
        let begun = executor.takes("BEGIN IMMEDIATE");
        executor.connection().set_busy_timeout(BUSY_TIMEOUT);
        // The writer says what is wrong.
        if !begun {
            return None;
        }
        executor.know_short_plans();
        let ended = Instant::now();
        // The system or the disk is slow, or the log had to be read after a crash.
        if ended - began > BOUND {
            self.begins.was_late(ended - began);
        }
        let Some(Left::Idle(executor)) = place.take() else { return None };
        *place = Some(Left::Open(OpenTransaction { session: Session::new(false), executor, number: task.session }));
        Some(Inline { result: Ok(Outcome::default()), began, ended })
    }

    /// The place, unless the writer is at it.
    fn place(&self) -> Option<MutexGuard<'_, Option<Left>>> {
        match self.place.try_lock() {
            Ok(place) => Some(place),
            Err(TryLockError::Poisoned(place)) => Some(place.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }
}
