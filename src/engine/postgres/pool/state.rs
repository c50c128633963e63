//! The state that the threads of an engine share: the pool with its connections' mailboxes,
//! sessions, and the way answers go.

pub use super::job::Job;
use super::schedule::{Pool, Step};
use crate::engine::packed::Outcome;
use crate::engine::postgres::connect::target::Target;
use crate::engine::postgres::error::failure::lost;
use crate::engine::postgres::run::session;
use crate::engine::task::{Completion, PoolUse, Sink};
use crate::error::{Code, Error, Result};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use tokio::sync::Notify;

/// The purpose of a connection beside the pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beside {
    /// Calls that block. They wait for a server that restarts, and keep their connection.
    Blocking,
    /// Probes of health. They report a server that is away at once, and their connection is closed when none has come for a while.
    Health,
}

/// An order to a worker.
pub enum Order {
    /// Open a connection for this slot of the pool.
    Open(usize),
    /// Run this on a connection beside the pool.
    Beside(Beside, Job),
}

/// Shared by all threads of an engine.
pub struct Shared {
    /// Where the database is.
    pub target: Target,
    sink: Arc<dyn Sink>,
    state: Mutex<State>,
    /// Wakes the task that looks after the pool.
    pub look: Notify,
    closed: AtomicBool,
}

/// The state that the lock protects.
pub struct State {
    /// The pool, which hands out the jobs.
    pub pool: Pool<Job>,
    /// Of each slot, where its connection takes jobs.
    pub mailboxes: Vec<Option<UnboundedSender<Vec<Job>>>>,
    sessions: HashMap<u32, Place>,
    /// The threads.
    pub workers: Vec<UnboundedSender<Order>>,
    /// Whether the server has ever answered.
    answered: bool,
    /// Since when no connection can be opened, and why.
    pub outage: Option<(Instant, Error)>,
}

/// Where a session is.
enum Place {
    /// It waits for a connection, and these wait for it.
    Waiting(Vec<Job>),
    /// On the connection of this slot.
    At(usize),
    /// Its connection broke.
    Lost,
}

impl Shared {
    /// For a database; nothing is connected yet.
    pub fn new(target: Target, sink: Arc<dyn Sink>) -> Self {
        let size = target.pool.size;
        let state = State {
            pool: Pool::new(size, Instant::now()),
            mailboxes: (0..size.max(1)).map(|_| None).collect(),
            sessions: HashMap::new(),
            workers: Vec::new(),
            answered: false,
            outage: None,
        };
        Shared { target, sink, state: Mutex::new(state), look: Notify::new(), closed: AtomicBool::new(false) }
    }

    /// The state.
    pub fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How far the pool is in use.
    pub fn pool_use(&self) -> PoolUse {
        let (used, waiting) = self.lock().pool.used();
        PoolUse { size: self.target.pool.size, used, waiting }
    }

    /// Whether the engine is closed.
    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }

    /// Takes no more tasks; connections end when they have done what they were given.
    pub fn close(&self) -> Vec<Job> {
        self.closed.store(true, Ordering::SeqCst);
        let mut state = self.lock();
        state.mailboxes.iter_mut().for_each(|mailbox| *mailbox = None);
        state.workers.clear();
        let left = state.take_waiting();
        self.look.notify_one();
        left
    }

    /// Takes new jobs.
    pub fn submit(&self, jobs: impl IntoIterator<Item = Job>) {
        let now = Instant::now();
        let mut refused = Vec::new();
        let mut state = self.lock();
        for job in jobs {
            if self.is_closed() {
                refused.push(Box::new((job, closed())));
            } else if let Err(refusal) = self.place(&mut state, job, now) {
                refused.push(refusal);
            }
        }
        self.pump(&mut state, now);
        drop(state);
        for refusal in refused {
            let (job, error) = *refusal;
            self.answer(job, Err(error));
        }
    }

    /// Until when what waits from now on may wait.
    fn deadline(&self, now: Instant) -> Option<Instant> {
        self.target.pool.acquire_timeout.map(|limit| now + limit)
    }

    fn place(&self, state: &mut State, job: Job, now: Instant) -> std::result::Result<(), Box<(Job, Error)>> {
        let (session, deadline) = (job.task.session, self.deadline(now));
        if session == 0 || job.begins() {
            if job.begins() {
                state.sessions.insert(session, Place::Waiting(Vec::new()));
            }
            state.pool.push(job.need(), job, deadline);
            return Ok(());
        }
        match state.sessions.get_mut(&session) {
            Some(Place::Waiting(queue)) => queue.push(job),
            Some(Place::At(at)) => {
                let at = *at;
                state.send(at, vec![job]);
            }
            Some(Place::Lost) => {
                state.sessions.remove(&session);
                let error = Error { may_have_committed: Some(false), retryable: true, ..lost() };
                return Err(Box::new((job, error.hint("Nothing was committed: make the transaction again."))));
            }
            None => return Err(Box::new((job, session::ended()))),
        }
        Ok(())
    }

    /// Gives work to connections, and has others opened, as the pool decides.
    pub fn pump(&self, state: &mut State, now: Instant) {
        let mut batches: Vec<Vec<Job>> = Vec::new();
        batches.resize_with(state.mailboxes.len(), Vec::new);
        let mut any = false;
        while let Some(step) = state.pool.step(now) {
            match step {
                Step::Run(at, job) => {
                    let session = job.task.session;
                    batches[at].push(job);
                    any = true;
                    if session != 0 {
                        let waited = state.sessions.insert(session, Place::At(at));
                        if let Some(Place::Waiting(queue)) = waited {
                            batches[at].extend(queue);
                        }
                    }
                }
                Step::Open(at) => {
                    let worker = at % state.workers.len().max(1);
                    if let Some(worker) = state.workers.get(worker) {
                        // A worker that is gone takes no order: the engine is closed.
                        let _ = worker.send(Order::Open(at));
                    }
                }
            }
        }
        if any {
            for (at, jobs) in batches.into_iter().enumerate().filter(|(_, jobs)| !jobs.is_empty()) {
                state.send(at, jobs);
            }
        }
        if state.pool.is_waiting() {
            self.look.notify_one();
        }
    }

    /// Notes that no connection could be opened, and gives whether to try again: a server that has
    /// answered before may be restarting, so that for a while calls wait for it; after that they
    /// fail at once.
    pub fn is_passing(&self, state: &mut State, error: &Error, now: Instant) -> bool {
        let since = state.outage.as_ref().map_or(now, |(since, _)| *since);
        state.outage = Some((since, error.clone()));
        let away = matches!(error.code, Code::ConnectionRefused | Code::ServerUnavailable | Code::ConnectionLost);
        let waits = self.target.pool.acquire_timeout.is_none_or(|limit| now.duration_since(since) < limit);
        away && state.answered && waits && !self.is_closed()
    }

    /// A connection has done its job: it is given others.
    pub fn done(&self, at: usize) {
        let now = Instant::now();
        let mut state = self.lock();
        state.pool.answered(at, now);
        self.pump(&mut state, now);
    }

    /// A session has ended, and its connection is free.
    pub fn released(&self, at: usize, session: u32) {
        self.lock().sessions.remove(&session);
        self.done(at);
    }

    /// The connection of a slot is gone; what it was given and did not begin goes to others.
    pub fn gone(&self, at: usize, mut left: Vec<Job>, mut mailbox: UnboundedReceiver<Vec<Job>>, session: Option<u32>) {
        let now = Instant::now();
        let mut state = self.lock();
        state.mailboxes[at] = None;
        // Jobs are sent under the lock: what is not here now will not be sent here.
        while let Ok(jobs) = mailbox.try_recv() {
            left.extend(jobs);
        }
        state.pool.closed(at);
        if let Some(session) = session {
            state.sessions.insert(session, Place::Lost);
        }
        if self.is_closed() {
            drop(state);
            return self.fail(left, &closed());
        }
        let (whole, parts): (Vec<_>, Vec<_>) = left.into_iter().partition(|job| job.task.session == 0 || job.begins());
        // The last first: each goes before all that waits.
        for job in whole.into_iter().rev() {
            if job.begins() {
                state.sessions.insert(job.task.session, Place::Waiting(Vec::new()));
            }
            state.again(job, self.deadline(now));
        }
        // Those of a session that begins elsewhere follow it; all others are refused.
        let refused: Vec<_> = parts.into_iter().filter_map(|job| self.place(&mut state, job, now).err()).collect();
        self.pump(&mut state, now);
        drop(state);
        for refusal in refused {
            let (job, error) = *refusal;
            self.answer(job, Err(error));
        }
    }

    /// A job goes to another connection with its session, which broke before it began.
    pub fn begin_again(&self, at: usize, job: Job) {
        self.again(job);
        self.done(at);
    }

    /// A job that did not run is given to another connection.
    pub fn again(&self, mut job: Job) {
        let now = Instant::now();
        let mut state = self.lock();
        let waits = if self.is_closed() { Err(closed()) } else { job.wait_again() };
        if let Err(error) = waits {
            state.sessions.remove(&job.task.session);
            drop(state);
            return self.answer(job, Err(error));
        }
        if job.attempts > 1 {
            // Two connections were dead: others that idle may be so as well, for the same reason.
            state.close_idle(Duration::ZERO, now);
        }
        if job.begins.is_some() {
            state.sessions.insert(job.task.session, Place::Waiting(Vec::new()));
        }
        state.again(job, self.deadline(now));
        self.pump(&mut state, now);
    }

    /// A task that waits was stopped, and is answered: those of the session that it was to begin are, too.
    pub fn forget(&self, ticket: u32) {
        let mut state = self.lock();
        let removed = state.pool.take(|job| job.task.ticket == ticket);
        let behind = state.with_sessions(removed.into_iter().collect());
        drop(state);
        self.fail(behind.into_iter().filter(|job| job.task.ticket != ticket).collect(), &session::ended());
    }

    /// Answers a job.
    pub fn answer(&self, job: Job, result: Result<Outcome>) {
        match job.caller {
            // A caller that waits no more does not need the answer.
            Some(caller) => drop(caller.send(result)),
            None => self.sink.deliver(vec![Completion { ticket: job.task.ticket, result }]),
        }
    }

    /// Hands over answers together.
    pub fn deliver(&self, completions: Vec<Completion>) {
        self.sink.deliver(completions);
    }

    /// Answers jobs that wait, and those behind them, with an error.
    pub fn fail(&self, jobs: Vec<Job>, error: &Error) {
        for job in jobs {
            self.answer(job, Err(error.clone()));
        }
    }
}

impl State {
    /// A connection was opened.
    pub fn reached(&mut self) {
        (self.answered, self.outage) = (true, None);
    }

    /// Closes the connections that have had nothing to do for so long.
    pub fn close_idle(&mut self, idle: Duration, now: Instant) {
        for at in self.pool.take_idle(idle, now) {
            self.mailboxes[at] = None;
        }
    }

    fn send(&mut self, at: usize, jobs: Vec<Job>) {
        // A mailbox is taken out of here and emptied under one lock: what is sent is read.
        if let Some(mailbox) = &self.mailboxes[at] {
            let _ = mailbox.send(jobs);
        }
    }

    fn again(&mut self, job: Job, deadline: Option<Instant>) {
        self.pool.push_again(job.need(), job, deadline);
    }

    /// All that waits for a connection, and what waits for sessions among it.
    pub fn take_waiting(&mut self) -> Vec<Job> {
        let jobs = self.pool.take_waiting();
        self.with_sessions(jobs)
    }

    /// What has waited too long, and what waits for sessions among it.
    pub fn take_expired(&mut self, now: Instant) -> Vec<Job> {
        let jobs = self.pool.take_expired(now);
        self.with_sessions(jobs)
    }

    fn with_sessions(&mut self, jobs: Vec<Job>) -> Vec<Job> {
        let mut all = Vec::with_capacity(jobs.len());
        for job in jobs {
            let session = job.task.session;
            all.push(job);
            if let Some(Place::Waiting(_)) = self.sessions.get(&session) {
                if let Some(Place::Waiting(queue)) = self.sessions.remove(&session) {
                    all.extend(queue);
                }
            }
        }
        all
    }
}

/// A call on a closed handle.
pub fn closed() -> Error {
    Error::new(Code::Closed, "The database handle is closed.")
        .hint("Make calls before close(), or open() a new handle.")
}
