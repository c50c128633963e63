//! SQLite: one thread writes, several read, all on connections of their own; a database in memory has a single connection.

mod connection;
mod error;
mod executor;
mod functions;
mod pack;
mod queue;
mod reader;
mod writer;

pub use connection::{initialize, version, Connection, Durability, Target, BUSY_TIMEOUT};
pub use error::from_code;

use super::packed::Outcome;
use super::task::{Completion, Control, Engine, Run, Sink, Task, Work};
use crate::error::{Code, Error, Result};
use executor::Executor;
use libsqlite3_sys as ffi;
use queue::Queue;
use std::collections::HashMap;
use std::ffi::{c_char, c_int, c_void};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc::{sync_channel, SyncSender};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// Frames in the log after which a checkpoint is worth its while, as SQLite's own default.
const CHECKPOINT_FRAMES: u32 = 1000;
/// Frames in the log after which the writer waits for a checkpoint: 64 MiB.
const LONG_LOG: u32 = 16_384;
/// Tickets of blocking tasks are taken from the top, where no caller's are.
const BLOCKING: u32 = 1 << 31;

/// A SQLite database.
pub struct Sqlite {
    shared: Arc<Shared>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    started: AtomicBool,
    /// The connection of blocking calls, with its open session; not used for a database in memory.
    blocking: Mutex<Option<Blocking>>,
    /// Keeps a database in memory alive from the start: it goes with its last connection.
    anchor: Mutex<Option<Connection>>,
}

struct Blocking {
    executor: Executor,
    session: Option<writer::Session>,
}

/// What the threads share.
pub(crate) struct Shared {
    target: Target,
    writes: Queue,
    reads: Queue,
    /// Tasks of sessions that read a snapshot.
    snapshots: Queue,
    sink: Arc<dyn Sink>,
    closed: AtomicBool,
    /// Callers that wait for the answer to a blocking task on a database in memory.
    waiting: Mutex<HashMap<u32, SyncSender<Result<Outcome>>>>,
    /// Frames in the write-ahead log after the last commit.
    log: AtomicU32,
    checkpoint: (Mutex<bool>, Condvar),
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
        if !self.target.memory {
            return self.sink.deliver(completions);
        }
        let (blocking, rest): (Vec<_>, Vec<_>) = completions.into_iter().partition(|c| c.ticket >= BLOCKING);
        for completion in blocking {
            if let Some(sender) = lock(&self.waiting).remove(&completion.ticket) {
                // Nobody waits any more: then nobody needs the answer.
                let _ = sender.send(completion.result);
            }
        }
        if !rest.is_empty() {
            self.sink.deliver(rest);
        }
    }

    fn refuse(&self, tasks: Vec<Task>) {
        self.answer(tasks.into_iter().map(|t| Completion { ticket: t.ticket, result: Err(closed()) }).collect());
    }

    fn log_is_long(&self) -> bool {
        self.log.load(Ordering::Relaxed) > LONG_LOG
    }

    /// Has SQLite tell after each commit how long the log is, instead of moving it into the file then and there.
    fn watch(self: &Arc<Self>, connection: &Connection) {
        if !self.target.memory {
            // SAFETY: `self` outlives the connection: the writer's thread holds both and drops the connection first.
            unsafe { ffi::sqlite3_wal_hook(connection.handle(), Some(on_commit), Arc::as_ptr(self).cast_mut().cast()) };
        }
    }
}

unsafe extern "C" fn on_commit(shared: *mut c_void, _: *mut ffi::sqlite3, _: *const c_char, frames: c_int) -> c_int {
    // SAFETY: see `Shared::watch`.
    let shared = unsafe { &*shared.cast::<Shared>() };
    shared.log.store(frames as u32, Ordering::Relaxed);
    if frames as u32 >= CHECKPOINT_FRAMES {
        let (flag, wake) = &shared.checkpoint;
        *lock(flag) = true;
        wake.notify_one();
    }
    ffi::SQLITE_OK
}

/// Moves the log into the file, in the background and in no one's way.
fn checkpoints(shared: &Arc<Shared>) {
    let mut connection: Option<Connection> = None;
    let (flag, wake) = &shared.checkpoint;
    loop {
        let mut wanted = lock(flag);
        while !*wanted && !shared.closed.load(Ordering::SeqCst) {
            wanted = wake.wait(wanted).unwrap_or_else(PoisonError::into_inner);
        }
        if shared.closed.load(Ordering::SeqCst) {
            return;
        }
        *wanted = false;
        drop(wanted);
        if connection.is_none() {
            connection = Connection::open(&shared.target).ok();
        }
        if let Some(connection) = &connection {
            // Whatever prevents it now, the next commit asks again.
            let _ = connection.batch("PRAGMA wal_checkpoint(PASSIVE)");
        }
    }
}

impl Sqlite {
    /// A database; nothing is opened before the first task.
    pub fn new(target: Target, sink: Arc<dyn Sink>) -> Self {
        let anchor = if target.memory { Connection::open(&target).ok() } else { None };
        let shared = Shared {
            target,
            writes: Queue::default(),
            reads: Queue::default(),
            snapshots: Queue::default(),
            sink,
            closed: AtomicBool::new(false),
            waiting: Mutex::default(),
            log: AtomicU32::new(0),
            checkpoint: Default::default(),
        };
        Sqlite {
            shared: Arc::new(shared),
            threads: Mutex::default(),
            started: AtomicBool::new(false),
            blocking: Mutex::default(),
            anchor: Mutex::new(anchor),
        }
    }

    fn start(&self) {
        if self.started.swap(true, Ordering::SeqCst) {
            return;
        }
        self.spawn("plinth-writer", writer::run);
        if !self.shared.target.memory {
            let readers = std::thread::available_parallelism().map_or(2, |n| n.get().clamp(1, 4));
            for _ in 0..readers {
                self.spawn("plinth-reader", reader::run);
            }
            self.spawn("plinth-checkpoint", checkpoints);
        }
    }

    fn spawn(&self, name: &str, work: impl FnOnce(&Arc<Shared>) + Send + 'static) {
        let shared = Arc::clone(&self.shared);
        let thread = std::thread::Builder::new().name(name.into()).spawn(move || work(&shared));
        match thread {
            Ok(thread) => {
                let mut threads = lock(&self.threads);
                threads.retain(|t| !t.is_finished());
                threads.push(thread);
            }
            Err(_) => self.shared.closed.store(true, Ordering::SeqCst),
        }
    }

    /// On a database in memory a blocking call goes the way of all others, and waits.
    fn run_in_turn(&self, mut task: Task) -> Result<Outcome> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let ticket = BLOCKING | (NEXT.fetch_add(1, Ordering::Relaxed) & !BLOCKING);
        task.ticket = ticket;
        task.session |= if task.session == 0 { 0 } else { BLOCKING };
        let (sender, receiver) = sync_channel(1);
        lock(&self.shared.waiting).insert(ticket, sender);
        self.submit(vec![task]);
        receiver.recv().unwrap_or_else(|_| Err(closed()))
    }
}

impl Engine for Sqlite {
    fn submit(&self, tasks: Vec<Task>) {
        if self.shared.closed.load(Ordering::SeqCst) {
            return self.shared.refuse(tasks);
        }
        self.start();
        let shared = &self.shared;
        let (mut reads, mut writes, mut snapshots) = (Vec::new(), Vec::new(), Vec::new());
        for task in tasks {
            let snapshot = task.session & SNAPSHOT != 0;
            match &task.work {
                _ if shared.target.memory => writes.push(task),
                Work::Control(Control::BeginRead) => {
                    self.spawn("plinth-snapshot", move |shared| reader::session(shared, &task));
                }
                _ if snapshot => snapshots.push(task),
                Work::Run(run) if task.session == 0 && !run.plan.writes() => reads.push(task),
                _ => writes.push(task),
            }
        }
        for (queue, tasks) in [(&shared.reads, reads), (&shared.writes, writes), (&shared.snapshots, snapshots)] {
            if !tasks.is_empty() {
                shared.refuse(queue.push(tasks));
            }
        }
    }

    fn run_blocking(&self, task: Task) -> Result<Outcome> {
        if self.shared.closed.load(Ordering::SeqCst) {
            return Err(closed());
        }
        if self.shared.target.memory {
            return self.run_in_turn(task);
        }
        let mut blocking = lock(&self.blocking);
        let Blocking { executor, session } = match &mut *blocking {
            Some(open) => open,
            None => blocking.insert(Blocking { executor: Executor::open(&self.shared.target)?, session: None }),
        };
        match (&task.work, session.as_mut()) {
            (Work::Control(begin @ (Control::Begin | Control::BeginRead)), None) => {
                executor.control(if *begin == Control::Begin { "BEGIN IMMEDIATE" } else { "BEGIN" })?;
                *session = Some(writer::Session::default());
                Ok(Outcome::default())
            }
            (work, Some(open)) => {
                let (result, ended) = open.step(executor, work);
                if ended {
                    *session = None;
                }
                result
            }
            (Work::Run(run), None) => writer::run_alone(executor, run),
            (Work::Control(_), None) => Err(broken()),
        }
    }

    fn run_inline(&self, run: &Run) -> Option<Result<Outcome>> {
        let shared = &self.shared;
        if shared.target.memory || run.plan.writes() || shared.closed.load(Ordering::SeqCst) {
            return None;
        }
        let mut blocking = self.blocking.try_lock().ok()?;
        let Blocking { executor, session } = match &mut *blocking {
            Some(open) => open,
            None => blocking.insert(Blocking { executor: Executor::open(&shared.target).ok()?, session: None }),
        };
        if session.is_some() {
            return None;
        }
        executor.connection().set_busy_timeout(Duration::ZERO);
        let result = executor.run(run);
        executor.connection().set_busy_timeout(BUSY_TIMEOUT);
        (!matches!(&result, Err(error) if error.code == Code::Busy)).then_some(result)
    }

    fn close(&self) {
        let shared = &self.shared;
        shared.writes.close();
        shared.reads.close();
        shared.snapshots.close();
        // Readers may still hand raw SQL to the writer; it finds the queue closed and answers so.
        let threads = std::mem::take(&mut *lock(&self.threads));
        shared.closed.store(true, Ordering::SeqCst);
        {
            // Under the lock, so that the wake cannot fall between the checkpointer's look and its sleep.
            let _guard = lock(&shared.checkpoint.0);
            shared.checkpoint.1.notify_all();
        }
        for thread in threads {
            // A thread that panicked has nothing left to wait for.
            let _ = thread.join();
        }
        *lock(&self.blocking) = None;
        *lock(&self.anchor) = None;
    }
}

/// Sessions with this bit read a snapshot; the caller chooses their numbers so.
pub const SNAPSHOT: u32 = 1 << 30;

impl Drop for Sqlite {
    fn drop(&mut self) {
        self.close();
    }
}
