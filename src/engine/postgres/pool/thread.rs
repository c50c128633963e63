//! The threads of an engine: each runs some of its connections, on a runtime of its own.

use super::beside::Lanes;
use super::linger::Linger;
use super::slot::open;
use super::state::{Order, Shared};
use super::worker::{Phase, Worker};
use crate::error::{Code, Error};
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::watch;
use tokio::task::{spawn_local, LocalSet};
use tokio::time::sleep_until;

/// Runs a thread until its engine is closed. `looks_after`: whether it is the one that looks after the pool.
pub fn run(
    shared: Arc<Shared>,
    mut orders: UnboundedReceiver<Order>,
    phase: watch::Receiver<Phase>,
    looks_after: bool,
) {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
        // The operating system gives no event queue: then there are no connections either.
        let left = shared.lock().take_waiting();
        shared.fail(left, &Error::new(Code::CannotOpen, "The operating system refuses what a connection needs."));
        return;
    };
    let mut abandoned = phase.clone();
    let worker = Rc::new(Worker { shared, phase, outbox: RefCell::default(), linger: Linger::new() });
    let local = LocalSet::new();
    let work = async {
        if looks_after {
            spawn_local(look_after(Rc::clone(&worker)));
        }
        let mut lanes = Lanes::default();
        while let Some(order) = orders.recv().await {
            match order {
                Order::Open(at) => drop(spawn_local(open(Rc::clone(&worker), at))),
                Order::Beside(beside, job) => lanes.send(&worker, beside, job),
            }
        }
    };
    runtime.block_on(async {
        let keep_awake = worker.linger.keep_awake();
        let finished = async {
            local.run_until(work).await;
            local.await;
        };
        tokio::select! {
            () = finished => {}
            () = keep_awake => {}
            _ = abandoned.wait_for(|phase| *phase == Phase::Abandoned) => {}
        }
    });
    // A name that is being looked up cannot be interrupted.
    runtime.shutdown_background();
}

/// Looks after the pool: work that has waited too long, connections that have had none for long.
async fn look_after(worker: Rc<Worker>) {
    let shared = &worker.shared;
    let idle = shared.target.pool.idle_timeout;
    loop {
        let next = shared.lock().pool.next_look(idle, Instant::now());
        tokio::select! {
            () = worker.closing() => return,
            () = shared.look.notified() => continue,
            () = async { match next {
                Some(next) => sleep_until(next.into()).await,
                None => std::future::pending().await,
            } } => {}
        }
        let now = Instant::now();
        let (expired, reason) = {
            let mut state = shared.lock();
            if let Some(idle) = idle {
                state.close_idle(idle, now);
            }
            shared.pump(&mut state, now);
            (state.take_expired(now), state.outage.clone())
        };
        let waited = shared.target.pool.acquire_timeout.unwrap_or_default().as_millis();
        let error = match reason {
            Some((_, error)) => error,
            None => Error::new(Code::PoolTimeout, format!("No connection was free within {waited} ms."))
                .hint("End transactions and sessions sooner, or raise pool.size or pool.acquireTimeoutMs."),
        };
        shared.fail(expired, &error);
    }
}
