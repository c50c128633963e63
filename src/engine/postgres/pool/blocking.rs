//! Blocking calls: one after the other, on a connection of their own.

use super::state::{closed, Job};
use super::worker::{end, run_alone, runs_again, told, Worker, PAUSE};
use crate::engine::packed::Outcome;
use crate::engine::postgres::connect::servers::{connect, Connected, Probe};
use crate::engine::postgres::run::session::{self, Session};
use crate::engine::postgres::run::wire::Connection;
use crate::engine::task::Work;
use crate::error::Result;
use std::rc::Rc;
use std::time::Instant;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::{spawn_local, JoinHandle};
use tokio::time::sleep;

/// Runs blocking calls, one after the other, on a connection of their own.
pub(super) async fn serve_blocking(worker: Rc<Worker>, mut mailbox: UnboundedReceiver<Job>) {
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
