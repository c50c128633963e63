//! A SQLite connection and its prepared statements, over the C interface: the row path's own, without a layer between.

use super::aggregates;
use super::bound::Bound;
use super::changes;
use super::error::{from_code, no_room};
use super::files::Files;
use super::folders;
use super::functions;
use super::process::initialize;
use super::target::{Durability, Target};
use super::waiter::{on_busy, on_progress, Waiter};
use crate::engine::stop::Stop;
use crate::error::{Code, Error, Result};
use libsqlite3_sys as ffi;
use std::cell::{Cell, RefCell};
use std::ffi::{c_char, c_int, CStr, CString};
use std::ptr;
use std::sync::atomic::AtomicBool;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a statement waits for another connection's lock.
pub const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// Steps of a statement after which it looks whether it is to stop.
const STEPS: c_int = 1_000;
/// The least that reads the file.
pub(super) const FIRST_READ: &str = "SELECT 1 FROM sqlite_schema LIMIT 1";

/// An open connection.
#[derive(Debug)]
pub struct Connection {
    db: *mut ffi::sqlite3,
    pub(super) waiter: Box<Waiter>,
    /// Whether it failed in a way that may last as long as it is open: a new one may find the cause gone.
    stale: Cell<bool>,
    files: Arc<Files>,
    /// Whether it has files that are watched.
    watched: Cell<bool>,
    /// Whether a big row was read: see `took_big`.
    pub(super) big: Cell<bool>,
}

// SAFETY: SQLite in multi-thread mode lets a connection move between threads, as long as one at a time uses it.
unsafe impl Send for Connection {}

impl Connection {
    /// Opens a database, creating the file, and no folder.
    ///
    /// Errors: `CANNOT_OPEN`, `NOT_A_DATABASE`, `READ_ONLY`, `BUSY`, ...
    pub fn open(target: &Target) -> Result<Self> {
        Self::stoppable(target, &Arc::default(), None, BUSY_TIMEOUT)
    }

    /// The same; when `stop` is set, what it runs is interrupted and waits for no lock any more; nor does the opening itself
    /// when its `task` is stopped, or longer than `patience`, which statements keep to as well.
    pub fn stoppable(
        target: &Target,
        stop: &Arc<AtomicBool>,
        task: Option<&Arc<Stop>>,
        patience: Duration,
    ) -> Result<Self> {
        initialize();
        // A database that was open is not created anew.
        let (_opening, known) = target.files.opening()?;
        if !target.memory && !known {
            folders::check(target)?;
        }
        let connection = Self::connect(target, !known && target.create, stop, task)?;
        connection.set_busy_timeout(patience);
        let configured = connection.configure(target);
        configured.map_err(|e| if task.is_some_and(|t| t.why().is_some()) { e } else { at(&target.path, e) })?;
        connection.stop_by(None);
        if !target.memory {
            connection.watched.set(target.files.opened(&connection, target)?);
        }
        Ok(connection)
    }

    /// A connection of a database that is open, for nothing but looking at its files.
    pub fn witness(target: &Target) -> Result<Self> {
        let witness = Self::connect(target, false, &Arc::default(), None)?;
        // SAFETY: the connection is open.
        unsafe { ffi::sqlite3_busy_timeout(witness.db, BUSY_TIMEOUT.as_millis() as c_int) };
        witness.batch(FIRST_READ)?;
        Ok(witness)
    }

    /// A connection to a file as it is: it is neither created nor switched to the log, and nothing watches it.
    pub fn plain(path: &str, task: &Arc<Stop>) -> Result<Self> {
        initialize();
        let target = Target::new(path, false, Durability::Full);
        let connection = Self::connect(&target, false, &Arc::default(), Some(task))?;
        connection.set_up();
        Ok(connection)
    }

    fn connect(target: &Target, create: bool, stop: &Arc<AtomicBool>, task: Option<&Arc<Stop>>) -> Result<Self> {
        let path = CString::new(target.path.as_str())
            .map_err(|_| Error::new(Code::CannotOpen, "The path of the database holds a NUL character."))?;
        let mut flags = ffi::SQLITE_OPEN_READWRITE | ffi::SQLITE_OPEN_NOMUTEX | ffi::SQLITE_OPEN_EXRESCODE;
        if target.path.starts_with("file:") {
            // Its `mode` says whether to create, and must not allow more than the flags do.
            flags |= ffi::SQLITE_OPEN_URI | ffi::SQLITE_OPEN_CREATE;
        } else if create {
            flags |= ffi::SQLITE_OPEN_CREATE;
        }
        let mut db = ptr::null_mut();
        // SAFETY: both pointers are valid; the handle is closed on drop even when opening failed.
        let code = unsafe { ffi::sqlite3_open_v2(path.as_ptr(), &mut db, flags, ptr::null()) };
        let waiter = Box::new(Waiter {
            stop: Arc::clone(stop),
            task: RefCell::new(task.cloned()),
            patience: Cell::new(BUSY_TIMEOUT),
            since: Cell::new(Instant::now()),
            bound: Bound::default(),
        });
        let (stale, watched, big, files) =
            (Cell::default(), Cell::default(), Cell::default(), Arc::clone(&target.files));
        let connection = Connection { db, waiter, stale, files, watched, big };
        if code != ffi::SQLITE_OK {
            return Err(at(&target.path, connection.error()));
        }
        Ok(connection)
    }

    /// Settings that last as long as the connection, and leave the file alone.
    fn set_up(&self) {
        // SAFETY: the connection is open; the calls match SQLite's documentation.
        unsafe {
            let waiter: *const Waiter = &*self.waiter;
            ffi::sqlite3_busy_handler(self.db, Some(on_busy), waiter.cast_mut().cast());
            ffi::sqlite3_progress_handler(self.db, STEPS, Some(on_progress), waiter.cast_mut().cast());
            // Query plans must not depend on bound values: otherwise range queries are prepared anew at every bind.
            ffi::sqlite3_db_config(self.db, ffi::SQLITE_DBCONFIG_ENABLE_QPSG, 1 as c_int, ptr::null_mut::<c_int>());
            // A text in double quotes is a name, never a value.
            ffi::sqlite3_db_config(self.db, ffi::SQLITE_DBCONFIG_DQS_DML, 0 as c_int, ptr::null_mut::<c_int>());
            functions::register(self.db);
            aggregates::register(self.db);
            changes::register(self.db);
        }
    }

    fn configure(&self, target: &Target) -> Result<()> {
        self.set_up();
        if !target.memory {
            self.enable_wal()?;
            // Opens the log, and takes the lock that keeps other processes from taking it away.
            self.batch(FIRST_READ).map_err(|error| folders::unreadable(&target.path, error))?;
        }
        let synchronous = match target.durability {
            Durability::Full => "FULL",
            Durability::Normal => "NORMAL",
        };
        self.batch(&format!("PRAGMA synchronous={synchronous}; PRAGMA foreign_keys=ON; PRAGMA cache_size=-16384;"))
    }

    /// Switching to WAL takes an exclusive lock and fails at once, whatever the busy timeout, when another process starts
    /// at the same moment: so it is tried again.
    fn enable_wal(&self) -> Result<()> {
        let start = Instant::now();
        let mut pause = Duration::from_millis(1);
        loop {
            match self.batch("PRAGMA journal_mode=WAL") {
                Err(error)
                    if error.code == Code::Busy && start.elapsed() < self.waiter.patience.get() && !self.stopped() =>
                {
                    std::thread::sleep(pause);
                    pause = (pause * 2).min(Duration::from_millis(50));
                }
                // A file that may only be read, or whose folder may, keeps the journal it has.
                Err(error) if matches!(error.code, Code::ReadOnly | Code::CannotOpen) => return Ok(()),
                other => return other,
            }
        }
    }

    /// How long statements wait for another connection's lock from now on.
    pub fn set_busy_timeout(&self, timeout: Duration) {
        self.waiter.patience.set(timeout);
    }

    /// Whether the database is on the write-ahead log.
    pub fn is_on_log(&self) -> Result<bool> {
        let raw = self.prepare("PRAGMA journal_mode")?;
        // SAFETY: the statement is live; its text is compared before it is finalized.
        unsafe {
            let row = ffi::sqlite3_step(raw.statement) == ffi::SQLITE_ROW;
            let mode = if row { ffi::sqlite3_column_text(raw.statement, 0) } else { ptr::null() };
            Ok(!mode.is_null() && CStr::from_ptr(mode.cast()) == c"wal")
        }
    }

    /// Looks whether its files are those that were opened. Errors: `FILE_GONE`.
    #[inline]
    pub fn look(&self) -> Result<()> {
        match self.watched.get() {
            true => self.files.look(),
            false => Ok(()),
        }
    }

    /// The same before a commit.
    pub fn look_before_commit(&self) -> Result<()> {
        match self.watched.get() {
            true => self.files.look_before_commit(),
            false => Ok(()),
        }
    }

    /// The same beside a read: at most once a second.
    #[inline]
    pub fn look_beside_read(&self) -> Result<()> {
        match self.watched.get() {
            true => self.files.look_beside_read(),
            false => Ok(()),
        }
    }

    /// The raw handle.
    pub fn handle(&self) -> *mut ffi::sqlite3 {
        self.db
    }

    /// Statements from now on end, and wait for no lock any more, when this task is stopped.
    pub fn stop_by(&self, task: Option<&Arc<Stop>>) {
        *self.waiter.task.borrow_mut() = task.cloned();
    }

    fn stopped(&self) -> bool {
        self.waiter.stopped()
    }

    /// Whether a new connection may succeed where this one fails: it was opened for reading only, lost its file, ...
    pub fn stale(&self) -> bool {
        self.stale.get()
    }

    /// Runs a script without parameters.
    pub fn batch(&self, sql: &str) -> Result<()> {
        let sql = CString::new(sql).map_err(|_| Error::new(Code::SqlFailed, "The SQL holds a NUL character."))?;
        // SAFETY: the connection is open and the text ends with NUL.
        let code = unsafe { ffi::sqlite3_exec(self.db, sql.as_ptr(), None, ptr::null_mut(), ptr::null_mut()) };
        if code == ffi::SQLITE_OK {
            Ok(())
        } else {
            Err(self.error())
        }
    }

    /// The error of the last call that failed.
    pub fn error(&self) -> Error {
        // SAFETY: both functions accept any connection, even one that failed to open; the message is copied at once.
        let (code, error) = unsafe {
            let message = CStr::from_ptr(ffi::sqlite3_errmsg(self.db)).to_string_lossy();
            let code = ffi::sqlite3_extended_errcode(self.db);
            let ended = matches!(code & 0xff, ffi::SQLITE_INTERRUPT | ffi::SQLITE_BUSY);
            if let (true, Some(why)) = (ended, self.waiter.task.borrow().as_ref().and_then(|task| task.why())) {
                return why.error();
            }
            let full = code & 0xff == ffi::SQLITE_IOERR && no_room(ffi::sqlite3_system_errno(self.db));
            (code, from_code(if full { ffi::SQLITE_FULL } else { code }, &message))
        };
        let lasting = [Code::ReadOnly, Code::CannotOpen, Code::IoFailed, Code::NotADatabase, Code::Corrupt];
        if lasting.contains(&error.code) {
            self.stale.set(true);
            // Damage may be what is left of a file that was cut short or overwritten; what came of the call is not known.
            if let Err(gone) = self.look() {
                return gone.committed(None);
            }
            let damaged = matches!(error.code, Code::Corrupt | Code::NotADatabase);
            // A virtual table reports damage of content of its own.
            if damaged && self.watched.get() && code != ffi::SQLITE_CORRUPT_VTAB {
                self.files.damaged(&error);
            }
        }
        error
    }

    /// A number that changes when another connection commits.
    pub fn data_version(&self) -> Option<i64> {
        let raw = self.prepare("PRAGMA data_version").ok()?;
        // SAFETY: the statement is live.
        unsafe {
            let row = ffi::sqlite3_step(raw.statement) == ffi::SQLITE_ROW;
            row.then(|| ffi::sqlite3_column_int64(raw.statement, 0))
        }
    }

    /// Whether a transaction is open.
    pub fn in_transaction(&self) -> bool {
        // SAFETY: the connection is open.
        unsafe { ffi::sqlite3_get_autocommit(self.db) == 0 }
    }

    /// Whether deferred foreign keys are violated at this moment: a COMMIT would fail.
    pub fn deferred_violations(&self) -> bool {
        let (mut current, mut highest) = (0, 0);
        // SAFETY: the connection is open and both pointers are valid.
        unsafe { ffi::sqlite3_db_status(self.db, ffi::SQLITE_DBSTATUS_DEFERRED_FKS, &mut current, &mut highest, 0) };
        current != 0
    }

    /// Rows changed by the last statement.
    pub fn changes(&self) -> u64 {
        // SAFETY: the connection is open.
        unsafe { ffi::sqlite3_changes64(self.db) as u64 }
    }

    /// Rows changed since the connection was opened.
    pub fn total_changes(&self) -> u64 {
        // SAFETY: the connection is open.
        unsafe { ffi::sqlite3_total_changes64(self.db) as u64 }
    }

    /// The key of the last row inserted.
    pub fn last_key(&self) -> i64 {
        // SAFETY: the connection is open.
        unsafe { ffi::sqlite3_last_insert_rowid(self.db) }
    }

    /// Prepares one statement for many uses.
    pub fn prepare(&self, sql: &str) -> Result<Raw> {
        let mut statement = ptr::null_mut();
        let mut tail: *const c_char = ptr::null();
        let length = c_int::try_from(sql.len()).map_err(|_| Error::new(Code::SqlFailed, "The SQL is too long."))?;
        // SAFETY: text and length agree, and the pointers are valid.
        let code = unsafe {
            ffi::sqlite3_prepare_v3(
                self.db,
                sql.as_ptr().cast(),
                length,
                ffi::SQLITE_PREPARE_PERSISTENT,
                &mut statement,
                &mut tail,
            )
        };
        if code != ffi::SQLITE_OK {
            return Err(self.error());
        }
        let used = tail as usize - sql.as_ptr() as usize;
        Ok(Raw { statement, rest: sql.len() - used.min(sql.len()) })
    }
}

fn at(path: &str, error: Error) -> Error {
    error.in_context(&format!("{path}:"))
}

impl Drop for Connection {
    fn drop(&mut self) {
        let close = || {
            // SAFETY: statements are dropped before their connection (see `Executor`); a null handle is accepted by both.
            unsafe {
                if self.files.is_dead() {
                    // Nothing is moved into files that are not ours, and no log is deleted by its name.
                    let none = ptr::null_mut::<c_int>();
                    ffi::sqlite3_db_config(self.db, ffi::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1 as c_int, none);
                }
                ffi::sqlite3_close(self.db);
            }
        };
        match self.watched.get() {
            true => self.files.close(close),
            false => close(),
        }
    }
}

/// A prepared statement. It must not outlive its connection.
pub struct Raw {
    /// The handle; null for an empty text.
    pub statement: *mut ffi::sqlite3_stmt,
    /// How many bytes of the text follow the statement.
    pub(super) rest: usize,
}

// SAFETY: SQLite in multi-thread mode lets a statement move between threads with its connection, as long as one at a time uses
// them.
unsafe impl Send for Raw {}

impl Drop for Raw {
    fn drop(&mut self) {
        // SAFETY: the handle is ours; null is accepted.
        unsafe { ffi::sqlite3_finalize(self.statement) };
    }
}
