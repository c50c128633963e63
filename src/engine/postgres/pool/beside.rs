//! Connections beside the pool, each for calls that run one after the other: those that block, and the probes of health.

use super::state::{closed, Beside, Job};
use super::worker::{begins_again, end, run_alone, runs_again, told, Worker, PAUSE};
use crate::engine::packed::Outcome;
use crate::engine::postgres::connect::servers::{connect, Connected, Probe};
use crate::engine::postgres::run::session::{self, Session};
use crate::engine::postgres::run::wire::Connection;
use crate::engine::task::{Work, PROBE};
use crate::error::Result;
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::{unbounded_channel, UnboundedReceiver, UnboundedSender};
use tokio::task::{spawn_local, JoinHandle};
use tokio::time::{sleep, timeout};

/// How long the connection of probes is kept without one, if those of the pool are never closed.
const KEPT: Duration = Duration::from_secs(30);

/// The connections beside the pool that one thread has: each is served from the first job on that needs it.
#[derive(Default)]
pub(super) struct Lanes {
    blocking: Option<UnboundedSender<Job>>,
    health: Option<UnboundedSender<Job>>,
}

impl Lanes {
    /// Hands a job to its connection.
    pub(super) fn send(&mut self, worker: &Rc<Worker>, beside: Beside, job: Job) {
        let lane = match beside {
            Beside::Blocking => &mut self.blocking,
            Beside::Health => &mut self.health,
        };
        let mailbox = lane.get_or_insert_with(|| {
            let (mailbox, jobs) = unbounded_channel();
            spawn_local(Lane { worker: Rc::clone(worker), beside, open: None, session: None }.serve(jobs));
            mailbox
        });
        // Its reader lives as long as the mailbox.
        let _ = mailbox.send(job);
    }
}

/// One connection beside the pool.
struct Lane {
    worker: Rc<Worker>,
    beside: Beside,
    open: Option<(Rc<Connection>, JoinHandle<()>)>,
    session: Option<Session>,
}

impl Lane {
    /// Runs jobs until there will be no more.
    async fn serve(mut self, mut mailbox: UnboundedReceiver<Job>) {
        while let Some(job) = self.next(&mut mailbox).await {
            self.run(job).await;
        }
        self.hang_up();
    }

    /// The next job. A connection that is not needed is closed meanwhile.
    async fn next(&mut self, mailbox: &mut UnboundedReceiver<Job>) -> Option<Job> {
        if self.beside == Beside::Health && self.open.is_some() {
            let idle = self.worker.shared.target.pool.idle_timeout.unwrap_or(KEPT);
            match timeout(idle, mailbox.recv()).await {
                Ok(job) => return job,
                Err(_) => self.hang_up(),
            }
        }
        mailbox.recv().await
    }

    async fn run(&mut self, mut job: Job) {
        loop {
            // Before it connects, so that a job that was stopped meanwhile, or whose session is gone, costs nothing, and behind that.
            let connected = match job.check().and_then(|()| self.serves(&job)) {
                Ok(()) => self.connect().await,
                Err(error) => Err(error),
            };
            let result = match connected.and_then(|connection| job.begin().map(|()| connection)) {
                Ok(connection) => self.step(&connection, &job).await,
                Err(error) => Some(Err(error)),
            };
            // Its server rolls back what is left on it, and frees the locks.
            if self.open.as_ref().is_some_and(|(connection, _)| connection.is_abandoned()) {
                self.hang_up();
            }
            if let Some(result) = result.or_else(|| job.wait_again().err().map(Err)) {
                return self.worker.answer(job, result);
            }
        }
    }

    /// Whether there is the session that a job needs. Errors: `SESSION_ENDED`.
    fn serves(&self, job: &Job) -> Result<()> {
        let begins = match &job.task.work {
            Work::Run(_) => job.task.session == 0 || job.task.session == PROBE,
            Work::Control(control) => Session::begin(*control).is_some(),
            Work::Stream(_) => false,
        };
        match begins || self.session.is_some() {
            true => Ok(()),
            false => Err(session::ended()),
        }
    }

    /// Runs a job; `None` if it is to run again.
    async fn step(&mut self, connection: &Connection, job: &Job) -> Option<Result<Outcome>> {
        let result = match (&job.task.work, self.session.as_mut()) {
            (_, Some(running)) => {
                let unbegun = running.unbegun();
                let (result, ended) = running.step(connection, &job.task).await;
                if ended || connection.is_abandoned() {
                    self.session = None;
                }
                if ended && unbegun.is_some() && begins_again(job, &result) {
                    self.session = unbegun.and_then(Session::begin);
                    return None;
                }
                result
            }
            (Work::Control(control), None) => {
                self.session = Session::begin(*control);
                self.session.as_ref().map(|_| Outcome::default()).ok_or_else(session::ended)
            }
            (Work::Run(run), None) => match self.worker.linger.during(run_alone(connection, job, run)).await {
                Err(failure) if runs_again(job, &failure) => {
                    return None;
                }
                result => told(job, result),
            },
            (Work::Stream(_), None) => Err(session::ended()),
        };
        Some(result)
    }

    /// The connection; made if there is none that can be used.
    async fn connect(&mut self) -> Result<Rc<Connection>> {
        let begun = self.session.as_ref().is_some_and(|session| session.unbegun().is_none());
        if !begun && self.open.as_ref().is_some_and(|(connection, _)| connection.is_lost()) {
            self.hang_up();
        }
        if let Some((connection, _)) = &self.open {
            return Ok(Rc::clone(connection));
        }
        let Connected { client, driver, notices, way } = self.reach().await?;
        let connection = Rc::new(Connection::new(client, way, notices, self.worker.shared.target.clone()));
        self.open = Some((Rc::clone(&connection), spawn_local(driver)));
        Ok(connection)
    }

    async fn reach(&self) -> Result<Connected> {
        let shared = &self.worker.shared;
        loop {
            let connected = tokio::select! {
                connected = connect(&shared.target, Probe::Needed) => connected,
                () = self.worker.closing() => return Err(closed()),
            };
            match connected {
                Ok(connected) => {
                    shared.lock().reached();
                    return Ok(connected);
                }
                Err(error) if self.beside == Beside::Health => return Err(error),
                Err(error) if shared.is_passing(&mut shared.lock(), &error, Instant::now()) => sleep(PAUSE).await,
                Err(error) => return Err(error),
            }
        }
    }

    /// Ends the connection, behind what comes next.
    fn hang_up(&mut self) {
        if let Some((connection, driver)) = self.open.take() {
            spawn_local(end(connection, driver));
        }
    }
}
