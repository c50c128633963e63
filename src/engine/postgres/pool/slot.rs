//! One connection of the pool: it is opened, runs jobs, and is closed when it breaks or is idle for too long.

use super::schedule::Need;
use super::state::{Job, Shared};
use super::worker::{begins_again, end, run_alone, runs_again, told, Worker, PAUSE};
use crate::engine::packed::Outcome;
use crate::engine::postgres::connect::servers::{connect, Connected, Driver, Probe};
use crate::engine::postgres::run::session::{self, Session};
use crate::engine::postgres::run::wire::Connection;
use crate::engine::task::Work;
use crate::error::Error;
use std::rc::Rc;
use std::time::Instant;
use tokio::sync::mpsc::{unbounded_channel, UnboundedReceiver};
use tokio::task::{spawn_local, JoinSet};
use tokio::time::sleep;

/// Opens the connection of a slot, and serves it.
pub(super) async fn open(worker: Rc<Worker>, at: usize) {
    let shared = &worker.shared;
    loop {
        let connected = tokio::select! {
            connected = connect(&shared.target, Probe::Needed) => connected,
            () = worker.closing() => return,
        };
        match connected {
            Ok(Connected { client, driver, notices, way }) => {
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
                let connection = Rc::new(Connection::new(client, way, notices, shared.target.clone()));
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

/// A connection of the pool could not be opened. Gives whether to stop trying: then the jobs that
/// wait for it get the error.
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

/// Runs a job of a session.
async fn step(
    worker: &Rc<Worker>,
    at: usize,
    connection: &Connection,
    session: &mut Option<(u32, Session)>,
    mut job: Job,
) {
    let number = job.task.session;
    if session.is_none() {
        let begun = job.begins.take().and_then(Session::begin);
        *session = begun.map(|begun| (number, begun));
    }
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
            let unbegun = running.unbegun();
            let (result, ended) = worker.linger.during(running.step(connection, &job.task)).await;
            if ended {
                *session = None;
                if unbegun.is_some() && begins_again(&job, &result) {
                    job.task.watch.again();
                    job.begins = unbegun;
                    return worker.shared.begin_again(at, job);
                }
                worker.shared.released(at, number);
            }
            worker.answer(job, result);
        }
        _ => worker.answer(job, Err(session::ended())),
    }
}
