//! The threads of an engine: each runs some of its connections, on a runtime of its own.

use super::linger::Linger;
use super::schedule::Need;
use super::state::{closed, Job, Order, Shared};
use crate::engine::packed::Outcome;
use crate::engine::postgres::connect::servers::{connect, Connected, Driver, Probe};
use crate::engine::postgres::error::failure::Failure;
use crate::engine::postgres::run::runner;
use crate::engine::postgres::run::session::{self, Session};
use crate::engine::postgres::run::stop::stoppable;
use crate::engine::postgres::run::wire::{Connection, Ran};
use crate::engine::task::{Completion, Run, Work};
use crate::error::{Code, Error, Result};
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::{unbounded_channel, UnboundedReceiver};
use tokio::sync::watch;
use tokio::task::{spawn_local, JoinHandle, JoinSet, LocalSet};
use tokio::time::{sleep, sleep_until};

/// How often a job is given to another connection before its failure is told.
const ATTEMPTS: u32 = 3;
/// Between attempts to connect while the server restarts.
const PAUSE: Duration = Duration::from_millis(50);

/// Whether the engine goes on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// It does.
    Running,
    /// What is running is finished.
    Closing,
    /// Nobody waits for anything.
    Abandoned,
}

/// What the tasks of one thread share.
struct Worker {
    shared: Arc<Shared>,
    phase: watch::Receiver<Phase>,
    /// Answers that are handed over together.
    outbox: RefCell<Vec<Completion>>,
    linger: Linger,
}

/// Runs a worker until its engine is closed. `looks_after`: whether it is the one that looks after the pool.
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
        let mut blocking = None;
        while let Some(order) = orders.recv().await {
            match order {
                Order::Open(at) => drop(spawn_local(open(Rc::clone(&worker), at))),
                Order::Blocking(job) => {
                    let mailbox = blocking.get_or_insert_with(|| {
                        let (mailbox, jobs) = unbounded_channel();
                        spawn_local(serve_blocking(Rc::clone(&worker), jobs));
                        mailbox
                    });
                    // Its reader lives as long as the mailbox.
                    let _ = mailbox.send(job);
                }
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

impl Worker {
    async fn closing(&self) {
        let mut phase = self.phase.clone();
        // Where the sender is gone, so is the engine.
        let _ = phase.wait_for(|phase| *phase != Phase::Running).await;
    }

    /// Answers a job; answers of one moment are handed over as one.
    fn answer(self: &Rc<Self>, job: Job, result: Result<Outcome>) {
        if job.caller.is_some() {
            return self.shared.answer(job, result);
        }
        let mut outbox = self.outbox.borrow_mut();
        outbox.push(Completion { ticket: job.task.ticket, result });
        if outbox.len() == 1 {
            let worker = Rc::clone(self);
            // Runs behind the tasks that are ready now.
            spawn_local(async move { worker.shared.deliver(worker.outbox.take()) });
        }
    }
}

/// Opens the connection of a slot, and serves it.
async fn open(worker: Rc<Worker>, at: usize) {
    let shared = &worker.shared;
    loop {
        let connected = tokio::select! {
            connected = connect(&shared.target, Probe::Needed) => connected,
            () = worker.closing() => return,
        };
        match connected {
            Ok(Connected { client, driver, way }) => {
                let (mailbox, jobs) = unbounded_channel();
                {
                    let mut state = shared.lock();
                    if shared.is_closed() {
                        return;
                    }
                    let now = Instant::now();
                    state.reached();
                    state.mailboxes[at] = Some(mailbox);
                    state.pool.opened(at, now);
                    shared.pump(&mut state, now);
                    shared.look.notify_one();
                }
                let connection = Rc::new(Connection::new(client, way, shared.target.clone()));
                return serve(worker, at, connection, driver, jobs).await;
            }
            Err(error) => {
                if give_up(shared, at, error) {
                    return;
                }
                sleep(PAUSE).await;
            }
        }
    }
}

/// A connection of the pool could not be opened. Gives whether to stop trying: then those that wait for it are told.
fn give_up(shared: &Shared, at: usize, error: Error) -> bool {
    let now = Instant::now();
    let mut state = shared.lock();
    if shared.is_passing(&mut state, &error, now) {
        return false;
    }
    state.pool.failed(at, now);
    let hopeless = if state.pool.connected() { Vec::new() } else { state.take_waiting() };
    if hopeless.is_empty() {
        shared.pump(&mut state, now);
    }
    drop(state);
    shared.fail(hopeless, &error);
    true
}

/// Runs what comes in at a connection's mailbox, until the mailbox is taken away or the connection breaks.
async fn serve(
    worker: Rc<Worker>,
    at: usize,
    connection: Rc<Connection>,
    driver: Driver,
    mut mailbox: UnboundedReceiver<Vec<Job>>,
) {
    let mut driver = spawn_local(driver);
    let mut running = JoinSet::new();
    let mut session: Option<(u32, Session)> = None;
    let mut left = Vec::new();
    'serving: loop {
        let jobs = tokio::select! {
            biased;
            jobs = mailbox.recv() => jobs,
            _ = &mut driver => break,
        };
        let Some(jobs) = jobs else { break };
        let mut jobs = jobs.into_iter();
        while let Some(job) = jobs.next() {
            if connection.is_lost() && session.is_none() {
                left.push(job);
                left.extend(jobs);
                break 'serving;
            }
            if job.task.session != 0 {
                step(&worker, at, &connection, &mut session, job).await;
            } else if job.need() == Need::Alone {
                alone(&worker, at, &connection, job).await;
            } else {
                running.spawn_local(alone_of(Rc::clone(&worker), at, Rc::clone(&connection), job));
            }
            if connection.is_abandoned() {
                left.extend(jobs);
                break 'serving;
            }
        }
        while running.try_join_next().is_some() {}
    }
    while running.join_next().await.is_some() {}
    worker.shared.gone(at, left, mailbox, session.map(|(number, _)| number));
    end(connection, driver).await;
}

/// The driver says goodbye to the server when nobody uses its client any more.
async fn end(connection: Rc<Connection>, driver: JoinHandle<()>) {
    if connection.is_abandoned() {
        return driver.abort();
    }
    drop(connection);
    if !driver.is_finished() {
        // A panic in it ends with the connection.
        let _ = driver.await;
    }
}

async fn alone_of(worker: Rc<Worker>, at: usize, connection: Rc<Connection>, job: Job) {
    alone(&worker, at, &connection, job).await;
}

/// Runs a job that belongs to no session, and asks for more.
async fn alone(worker: &Rc<Worker>, at: usize, connection: &Connection, job: Job) {
    let Work::Run(run) = &job.task.work else { return worker.answer(job, Err(session::ended())) };
    if let Err(error) = job.begin() {
        worker.shared.done(at);
        return worker.answer(job, Err(error));
    }
    let result = worker.linger.during(run_alone(connection, &job, run)).await;
    worker.shared.done(at);
    match result {
        Err(failure) if runs_again(&job, &failure) => worker.shared.again(job),
        result => {
            let result = told(&job, result);
            worker.answer(job, result);
        }
    }
}

/// Runs a job's plan, which belongs to no session.
async fn run_alone(connection: &Connection, job: &Job, run: &Run) -> Ran<Outcome> {
    stoppable(connection, job.task.stop.as_deref(), "ROLLBACK", runner::run(connection, run, false)).await
}

/// Whether a job whose connection broke is given to another one: it surely did not run, or only reads.
fn runs_again(job: &Job, failure: &Failure) -> bool {
    let safe = failure.surely_did_not_run() || job.only_reads();
    let stopped = job.task.stop.as_ref().is_some_and(|stop| stop.why().is_some());
    failure.is_lost() && !stopped && safe && job.attempts < ATTEMPTS
}

/// The result as the caller learns it.
fn told(job: &Job, result: Ran<Outcome>) -> Result<Outcome> {
    result.map_err(|failure| failure.into_error(!job.only_reads()))
}

/// Runs a job of a session.
async fn step(worker: &Rc<Worker>, at: usize, connection: &Connection, session: &mut Option<(u32, Session)>, job: Job) {
    let number = job.task.session;
    match (session.as_mut(), &job.task.work) {
        (None, Work::Control(control)) if Session::begin(*control).is_some() => {
            if let Err(error) = job.begin() {
                worker.shared.released(at, number);
                return worker.answer(job, Err(error));
            }
            *session = Session::begin(*control).map(|begun| (number, begun));
            worker.answer(job, Ok(Outcome::default()));
        }
        (Some((open, running)), _) if *open == number => {
            if let Err(error) = job.begin() {
                return worker.answer(job, Err(error));
            }
            let (result, ended) = worker.linger.during(running.step(connection, &job.task)).await;
            if ended {
                *session = None;
                worker.shared.released(at, number);
            }
            worker.answer(job, result);
        }
        _ => worker.answer(job, Err(session::ended())),
    }
}

/// Runs blocking calls, one after the other, on a connection of their own.
async fn serve_blocking(worker: Rc<Worker>, mut mailbox: UnboundedReceiver<Job>) {
    let mut open: Option<(Rc<Connection>, JoinHandle<()>)> = None;
    let mut session: Option<Session> = None;
    while let Some(mut job) = mailbox.recv().await {
        if let Err(error) = job.begin() {
            worker.answer(job, Err(error));
            continue;
        }
        loop {
            if session.is_none() && open.as_ref().is_some_and(|(connection, _)| connection.is_lost()) {
                if let Some((connection, driver)) = open.take() {
                    spawn_local(end(connection, driver));
                }
            }
            let connection = match &open {
                Some((connection, _)) => connection,
                None => match connect_blocking(&worker).await {
                    Ok(Connected { client, driver, way }) => {
                        let connection = Connection::new(client, way, worker.shared.target.clone());
                        &open.insert((Rc::new(connection), spawn_local(driver))).0
                    }
                    Err(error) => {
                        worker.answer(job, Err(error));
                        break;
                    }
                },
            };
            let result = match (&job.task.work, session.as_mut()) {
                (_, Some(running)) => {
                    let (result, ended) = running.step(connection, &job.task).await;
                    if ended {
                        session = None;
                    }
                    result
                }
                (Work::Control(control), None) => {
                    session = Session::begin(*control);
                    session.as_ref().map(|_| Outcome::default()).ok_or_else(session::ended)
                }
                (Work::Run(run), None) => match worker.linger.during(run_alone(connection, &job, run)).await {
                    Err(failure) if runs_again(&job, &failure) => {
                        job.attempts += 1;
                        continue;
                    }
                    result => told(&job, result),
                },
                (Work::Stream(_), None) => Err(session::ended()),
            };
            worker.answer(job, result);
            break;
        }
    }
    if let Some((connection, driver)) = open {
        end(connection, driver).await;
    }
}

async fn connect_blocking(worker: &Worker) -> Result<Connected> {
    let shared = &worker.shared;
    loop {
        let connected = tokio::select! {
            connected = connect(&shared.target, Probe::Needed) => connected,
            () = worker.closing() => return Err(closed()),
        };
        match connected {
            Ok(connected) => {
                shared.lock().reached();
                return Ok(connected);
            }
            Err(error) if shared.is_passing(&mut shared.lock(), &error, Instant::now()) => sleep(PAUSE).await,
            Err(error) => return Err(error),
        }
    }
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
                for at in state.pool.take_idle(idle, now) {
                    state.mailboxes[at] = None;
                }
            }
            shared.pump(&mut state, now);
            (state.take_expired(now), state.outage.clone())
        };
        let waited = shared.target.pool.acquire_timeout.as_millis();
        let error = match reason {
            Some((_, error)) => error,
            None => Error::new(Code::PoolTimeout, format!("No connection was free within {waited} ms."))
                .hint("End transactions and sessions sooner, or raise pool.size or pool.acquireTimeoutMs."),
        };
        shared.fail(expired, &error);
    }
}
