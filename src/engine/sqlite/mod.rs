//! SQLite: one thread writes, several read, all on connections of their own; a database in memory has a single connection.

pub mod admin;
mod aggregates;
mod anchor;
pub mod backup;
mod bound;
mod changes;
mod checkpoint;
mod connection;
mod content;
mod disk;
pub(crate) mod error;
mod executor;
mod failure;
mod file_events;
mod files;
mod folders;
mod functions;
mod inline;
pub mod kept_file;
mod lending;
mod many;
mod pack;
mod part;
mod process;
mod queue;
mod reader;
pub mod reading;
mod refused;
pub mod restore;
mod rows;
mod session;
mod short;
mod stream;
mod target;
mod waiter;
mod writer;

pub use connection::{Connection, BUSY_TIMEOUT};
pub use files::Files;
pub use process::initialize;
pub use target::{Durability, Target};

use super::packed::Outcome;
use super::stop::{self, Stop};
use super::task::{Completion, Control, Engine, Inline, Run, Sink, Task, Work, SNAPSHOT};
use crate::error::{Code, Error, Result};
use anchor::Anchor;
use checkpoint::Log;
use executor::Executor;
use lending::Lending;
use queue::Queue;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc::{sync_channel, SyncSender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

/// Tickets of blocking tasks are taken from the top, where callers have none.
const BLOCKING: u32 = 1 << 31;

/// A SQLite database.
pub struct Sqlite {
    shared: Arc<Shared>,
    threads: Mutex<Threads>,
    /// Whether the threads that every database needs are there.
    started: AtomicBool,
    /// The connection of blocking calls, with its open session; not used for a database in memory.
    blocking: Mutex<Option<Blocking>>,
    /// Keeps a database in memory alive from the start: it goes with its last connection.
    keeper: Mutex<Option<Connection>>,
}

#[derive(Default)]
struct Threads {
    writer: Vec<JoinHandle<()>>,
    /// Readers, snapshots and the checkpointer: all that may still give work to the writer, or need nothing of it.
    others: Vec<JoinHandle<()>>,
}

struct Blocking {
    // Its streams end before their connection: fields drop in order.
    session: Option<session::Session>,
    executor: Executor,
}

impl Blocking {
    /// Whether a new connection may succeed where this one fails, and nothing is lost with it.
    fn stale(&self) -> bool {
        self.session.is_none() && self.executor.connection().stale()
    }
}

/// The state that the threads share.
pub(crate) struct Shared {
    target: Target,
    /// The transaction that waits for its next call. Its connection goes before the log, which it tells of commits.
    lending: Lending,
    writes: Queue,
    reads: Queue,
    /// The tasks of each session that reads a snapshot.
    snapshots: Mutex<HashMap<u32, Arc<Queue>>>,
    sink: Arc<dyn Sink>,
    closed: AtomicBool,
    /// Set when no more answers are wanted.
    stop: Arc<AtomicBool>,
    /// Whether the database could be opened once.
    opened: AtomicBool,
    /// Callers that wait for the answer to a blocking task which goes the way of all others.
    waiting: Mutex<HashMap<u32, SyncSender<Result<Outcome>>>>,
    log: Log,
    anchor: Anchor,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A task that its queue does not run: a fault of ours.
pub(super) fn broken() -> Error {
    Error::new(Code::Internal, "A task reached a queue that does not run it.")
}

fn closed() -> Error {
    Error::new(Code::Closed, "The database handle is closed.")
        .hint("Make calls before close(), or open() a new handle.")
}

impl Shared {
    fn answer(&self, completions: Vec<Completion>) {
        if completions.is_empty() {
            return;
        }
        if completions.iter().all(|c| c.ticket < BLOCKING) {
            return self.sink.deliver(completions);
        }
        let (blocking, rest): (Vec<_>, Vec<_>) = completions.into_iter().partition(|c| c.ticket >= BLOCKING);
        for completion in blocking {
            if let Some(sender) = lock(&self.waiting).remove(&completion.ticket) {
                // A caller that waits no more does not need the answer.
                let _ = sender.send(completion.result);
            }
        }
        if !rest.is_empty() {
            self.sink.deliver(rest);
        }
    }

    fn answer_all(&self, tickets: impl IntoIterator<Item = u32>, error: &Error) {
        let failed = |ticket| Completion { ticket, result: Err(error.clone()) };
        self.answer(tickets.into_iter().map(failed).collect());
    }

    fn refuse(&self, tasks: Vec<Task>) {
        self.answer_all(tasks.iter().map(|t| t.ticket), &closed());
    }

    /// Opens a connection, for a task that may be stopped meanwhile.
    fn open(&self, task: Option<&Arc<Stop>>) -> Result<Executor> {
        let executor = Executor::open(&self.target, &self.stop, task, BUSY_TIMEOUT)?;
        self.opened.store(true, Ordering::Relaxed);
        Ok(executor)
    }
}

impl Sqlite {
    /// A database; nothing is opened before the first task.
    pub fn new(target: Target, sink: Arc<dyn Sink>) -> Self {
        let keeper = if target.memory { Connection::open(&target).ok() } else { None };
        let shared = Shared {
            target,
            lending: Lending::default(),
            writes: Queue::default(),
            reads: Queue::default(),
            snapshots: Mutex::default(),
            sink,
            closed: AtomicBool::new(false),
            stop: Arc::default(),
            opened: AtomicBool::new(false),
            waiting: Mutex::default(),
            log: Log::default(),
            anchor: Anchor::default(),
        };
        Sqlite {
            shared: Arc::new(shared),
            threads: Mutex::default(),
            started: AtomicBool::new(false),
            blocking: Mutex::default(),
            keeper: Mutex::new(keeper),
        }
    }

    /// Starts the threads; where the operating system has none left, the next task tries again.
    fn start(&self) -> Result<()> {
        if self.started.load(Ordering::SeqCst) {
            return Ok(());
        }
        let mut threads = lock(&self.threads);
        if threads.writer.is_empty() {
            let thread = self.spawn("plinth-writer", writer::run)?;
            threads.writer.push(thread);
        }
        if !self.shared.target.memory && threads.others.is_empty() {
            let thread = self.spawn("plinth-reader", reader::run)?;
            threads.others.push(thread);
            // With fewer of these it is slower, no more.
            let readers = std::thread::available_parallelism().map_or(2, |n| n.get().clamp(1, 4));
            threads.others.extend((1..readers).map_while(|_| self.spawn("plinth-reader", reader::run).ok()));
            threads.others.extend(self.spawn("plinth-checkpoint", |s| s.log.keep_short(&s.target, &s.stop)).ok());
            threads.others.extend(self.spawn("plinth-anchor", |shared| shared.anchor.watch()).ok());
        }
        self.started.store(true, Ordering::SeqCst);
        Ok(())
    }

    fn spawn(&self, name: &str, work: impl FnOnce(&Arc<Shared>) + Send + 'static) -> Result<JoinHandle<()>> {
        let shared = Arc::clone(&self.shared);
        std::thread::Builder::new().name(name.into()).spawn(move || work(&shared)).map_err(|error| {
            Error::new(Code::CannotOpen, format!("The operating system refuses a thread: {error}."))
                .hint("Raise the limit of processes and threads (ulimit -u), or open fewer databases.")
        })
    }

    /// A read is about to be made on the calling thread.
    fn reading(&self) {
        let shared = &self.shared;
        // The watch that lets go in time is one of the threads.
        if shared.anchor.wanted() && self.start().is_ok() {
            shared.anchor.take(&shared.target);
        }
    }

    /// Begins a session that reads a snapshot, on a thread of its own.
    fn snapshot(&self, begin: Task) {
        let (ticket, session) = (begin.ticket, begin.session);
        let queue = Arc::new(Queue::default());
        lock(&self.shared.snapshots).insert(session, Arc::clone(&queue));
        match self.spawn("plinth-snapshot", move |shared| reader::session(shared, &queue, &begin)) {
            Ok(thread) => {
                let others = &mut lock(&self.threads).others;
                others.retain(|t| !t.is_finished());
                others.push(thread);
            }
            Err(error) => {
                lock(&self.shared.snapshots).remove(&session);
                self.shared.answer_all([ticket], &error);
            }
        }
    }

    /// A blocking call that goes the way of all others, and waits.
    fn run_in_turn(&self, mut task: Task) -> Result<Outcome> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let ticket = BLOCKING | (NEXT.fetch_add(1, Ordering::Relaxed) & !BLOCKING);
        task.ticket = ticket;
        task.session |= if task.session == 0 { 0 } else { BLOCKING };
        let (sender, receiver) = sync_channel(1);
        lock(&self.shared.waiting).insert(ticket, sender);
        let stop = task.stop.clone();
        self.submit(vec![task]);
        stop::answer(&receiver, stop.as_deref()).unwrap_or_else(|| Err(closed()))
    }
}

impl Engine for Sqlite {
    fn submit(&self, tasks: Vec<Task>) {
        if self.shared.closed.load(Ordering::SeqCst) {
            return self.shared.refuse(tasks);
        }
        if let Err(error) = self.start() {
            return self.shared.answer_all(tasks.iter().map(|t| t.ticket), &error);
        }
        let shared = &self.shared;
        let (mut reads, mut writes) = (Vec::new(), Vec::new());
        for task in tasks {
            match &task.work {
                _ if shared.target.memory => writes.push(task),
                Work::Control(Control::BeginRead(_)) => self.snapshot(task),
                _ if task.session & SNAPSHOT != 0 => {
                    let queue = lock(&shared.snapshots).get(&task.session).cloned();
                    let left = match queue {
                        Some(queue) => queue.push([task]),
                        None => vec![task],
                    };
                    shared.answer_all(left.iter().map(|t| t.ticket), &session::session_ended());
                }
                Work::Run(run) if task.session == 0 && !session::surely_writes(run) => reads.push(task),
                _ => writes.push(task),
            }
        }
        for (queue, tasks) in [(&shared.reads, reads), (&shared.writes, writes)] {
            if !tasks.is_empty() {
                shared.refuse(queue.push(tasks));
            }
        }
    }

    fn run_blocking(&self, task: Task) -> Result<Outcome> {
        if self.shared.closed.load(Ordering::SeqCst) {
            return Err(closed());
        }
        // A snapshot has a thread and a connection of its own.
        if self.shared.target.memory || task.session & SNAPSHOT != 0 {
            return self.run_in_turn(task);
        }
        let mut blocking = lock(&self.blocking);
        let Blocking { executor, session } = match &mut *blocking {
            Some(open) => open,
            None => blocking.insert(Blocking { session: None, executor: self.shared.open(task.stop.as_ref())? }),
        };
        self.shared.target.files.alive()?;
        match &task.work {
            Work::Run(run) if !run.plan.writes() => self.reading(),
            _ => self.shared.anchor.release(),
        }
        let result = match (&task.work, session.as_mut()) {
            (Work::Control(begin @ (Control::Begin(_) | Control::BeginRead(_))), None) => {
                let reads = matches!(begin, Control::BeginRead(_));
                let sql = if reads { "BEGIN" } else { "BEGIN IMMEDIATE" };
                let begun = session::begin(executor, sql, &task);
                *session = begun.is_ok().then(|| session::Session::new(reads));
                begun.map(|()| Outcome::default())
            }
            (_, Some(open)) => {
                let (result, ended) = open.step(executor, &task);
                if ended {
                    *session = None;
                }
                result
            }
            (Work::Run(run), None) => executor.stoppable(task.stop.as_ref(), |e| session::run_alone(e, run)),
            (Work::Control(_) | Work::Stream(_), None) => Err(session::session_ended()),
        };
        blocking.take_if(|b| b.stale());
        result
    }

    fn run_inline(&self, run: &Run) -> Option<Inline> {
        self.read_inline(run)
    }

    fn run_in_session(&self, task: &Task) -> Option<Inline> {
        let shared = &self.shared;
        match &task.work {
            _ if shared.closed.load(Ordering::SeqCst) => None,
            Work::Control(Control::Begin(_)) if !shared.target.memory => shared.lending.begin(shared, task),
            _ => shared.lending.run(&shared.writes, task),
        }
    }

    fn verify(&self) -> Result<()> {
        self.shared.target.files.sound()
    }

    fn forget(&self, _: u32) {
        // The thread that comes to it passes over it.
    }

    fn close(&self) {
        let shared = &self.shared;
        shared.closed.store(true, Ordering::SeqCst);
        shared.reads.close();
        for queue in lock(&shared.snapshots).values() {
            queue.close();
        }
        shared.log.end();
        shared.anchor.end();
        // Readers may still hand raw SQL to the writer: its queue closes after them.
        let Threads { writer, others } = std::mem::take(&mut *lock(&self.threads));
        // A thread that panicked has nothing left to wait for.
        others.into_iter().for_each(|thread| drop(thread.join()));
        shared.writes.close();
        writer.into_iter().for_each(|thread| drop(thread.join()));
        *lock(&self.blocking) = None;
        *lock(&self.keeper) = None;
    }

    fn abandon(&self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        [&self.shared.reads, &self.shared.writes].into_iter().for_each(|queue| drop(queue.end()));
        self.close();
    }
}

impl Drop for Sqlite {
    fn drop(&mut self) {
        self.close();
    }
}
