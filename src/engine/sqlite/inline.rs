//! Reads on the thread that asks: of plans that were quick, waiting for nothing, and stopped at a bound.

use super::bound::End;
use super::connection::{Connection, BUSY_TIMEOUT, FIRST_READ};
use super::executor::Executor;
use super::{Blocking, Sqlite};
use crate::engine::task::Inline;
use crate::engine::Run;
use crate::error::{Code, Error};
use crate::plan::Action;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

impl Sqlite {
    /// Runs a read of a quick plan on the calling thread; `None`: it goes the usual way, and nothing of it has happened.
    pub(super) fn read_inline(&self, run: &Run) -> Option<Inline> {
        let shared = &self.shared;
        let reads = run.plan.action == Action::Select && !run.plan.locks;
        // The first opening may take long (locks, recovery), so that it is left to the other threads.
        let ready = shared.opened.load(Ordering::Relaxed) && !shared.closed.load(Ordering::SeqCst);
        if !run.pace.is_quick() || !reads || shared.target.memory || !ready {
            return None;
        }
        let mut blocking = self.blocking.try_lock().ok()?;
        let Blocking { executor, session } = match &mut *blocking {
            Some(open) => open,
            None => {
                let executor = Executor::open(&shared.target, &shared.stop, None, Duration::ZERO).ok()?;
                executor.connection().set_busy_timeout(BUSY_TIMEOUT);
                blocking.insert(Blocking { session: None, executor })
            }
        };
        if session.is_some() {
            return None;
        }
        // A reading of the clock costs more than it should here: what is held was taken after a look, and is held shortly.
        let files = &shared.target.files;
        let looked = if shared.anchor.is_held() { files.alive() } else { files.look_beside_read() };
        if let Err(gone) = looked {
            let now = Instant::now();
            return Some(Inline { result: Err(gone), began: now, ended: now });
        }
        self.reading();
        let result = run_bounded(executor, run);
        // A transaction that could not be ended would show the same moment for ever.
        blocking.take_if(|b| b.stale() || b.executor.connection().in_transaction());
        result
    }
}

/// Runs a read, with all of its statements in one snapshot; `None`: it was stopped, or met a lock.
fn run_bounded(executor: &mut Executor, run: &Run) -> Option<Inline> {
    // Blocking reads use this connection, too.
    executor.connection().took_big();
    let began = Instant::now();
    let snapshot = run.plan.nodes.len() > 1;
    if snapshot {
        executor.control("BEGIN").ok()?;
    }
    executor.connection.set_busy_timeout(Duration::ZERO);
    executor.connection.waiter.bound.begin(began);
    let result = executor.run(run);
    let ended = Instant::now();
    let end = executor.connection.waiter.bound.end(began, ended);
    if snapshot {
        // A read transaction has nothing to lose; one that stays open is noticed by the caller.
        let _ = executor.control("COMMIT");
    }
    if matches!(end, End::Stopped) {
        // The schema may be what took so long: it is read again whole, or the next try is stopped there, too.
        let _ = executor.connection().batch(FIRST_READ);
    }
    executor.connection.set_busy_timeout(BUSY_TIMEOUT);
    if executor.connection().took_big() {
        run.pace.met_big();
    }
    match end {
        End::InTime => {}
        End::Late(took) => run.pace.was_late(took),
        End::Stopped => {
            run.pace.was_stopped();
            return None;
        }
    }
    let waits = matches!(&result, Err(Error { code: Code::Busy, .. }));
    (!waits).then_some(Inline { result, began, ended })
}

impl Connection {
    /// Whether a row above `BIG_ROW` was read since this was last asked.
    #[inline]
    pub(super) fn took_big(&self) -> bool {
        self.big.take()
    }
}
