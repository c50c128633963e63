//! Copying a whole database by SQLite's backup interface, as it is at one moment, while others use it.

use super::connection::{Connection, BUSY_TIMEOUT, FIRST_READ};
use super::disk::OpenFiles;
use super::error::{from_code, no_room};
use super::part::Part;
use super::target::Target;
use crate::engine::stop::Stop;
use crate::error::{Code, Error, Result};
use libsqlite3_sys as ffi;
use serde::{Deserialize, Serialize};
use std::ffi::{c_int, CStr};
use std::fs::{self, Permissions};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::thread;

/// Pages that are copied between two reports.
const STEP: c_int = 1000;

/// How far a copy has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Progress {
    /// Pages that are copied.
    pub pages: u64,
    /// Of how many.
    pub of: u64,
}

/// A file that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    /// Its pages.
    pub pages: u64,
    /// Its length.
    pub bytes: u64,
}

/// The watch over a copy.
pub struct Watch<'a> {
    /// By what it is stopped.
    pub stop: &'a Arc<Stop>,
    /// The function that gets its progress.
    pub report: &'a mut dyn FnMut(&Progress),
}

/// How closely SQLite looks for damage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Check {
    /// At pages, rows, and whether indexes hold what the rows do (`PRAGMA integrity_check`).
    #[default]
    Full,
    /// At pages and rows (`PRAGMA quick_check`).
    Quick,
}

/// How often two connections try to begin at the same moment while others write.
const ATTEMPTS: usize = 20;

/// Copies a database into a new file, as it is at one moment. What is copied is checked at the same time, by a
/// thread that reads the database at that moment too: a full check takes longer than the copy.
///
/// Errors: `CANNOT_OPEN` where the file exists, `CORRUPT`, `DISK_FULL`, `BUSY`, `TIMEOUT`, ... Nothing is left behind.
pub fn backup(target: &Target, file: &Path, check: Check, watch: &mut Watch<'_>) -> Result<Copied> {
    let connection = Connection::open(target)?;
    connection.stop_by(Some(watch.stop));
    let cancelled = Arc::new(AtomicBool::new(false));
    let mut checker = None;
    if !target.memory {
        let other = Connection::stoppable(target, &cancelled, Some(watch.stop), BUSY_TIMEOUT)?;
        other.stop_by(Some(watch.stop));
        checker = begin_together(&connection, &other)?.then_some(other);
    }
    let snapshot = if checker.is_some() { Snapshot(&connection) } else { Snapshot::of(&connection)? };
    thread::scope(|scope| {
        let checking = checker.map(|checker| scope.spawn(move || check_integrity(&checker, check)));
        let sound = || match checking {
            Some(checking) => checking.join().unwrap_or_else(|_| Err(crate::error::panicked())),
            None => check_integrity(&connection, check),
        };
        let copied = snapshot.write(file, permissions(&connection), sound, watch);
        // A check of what was not copied has no reason to go on.
        cancelled.store(copied.is_err(), Ordering::Relaxed);
        copied
    })
}

/// Copies a database into a new file, damaged or not.
pub(super) fn copy_unchecked(target: &Target, file: &Path, watch: &mut Watch<'_>) -> Result<Copied> {
    let connection = Connection::open(target)?;
    connection.stop_by(Some(watch.stop));
    let snapshot = Snapshot::of(&connection)?;
    snapshot.write(file, permissions(&connection), || Ok(()), watch)
}

/// Begins a read transaction on two connections; whether both read the database as it is at one moment. If not, neither has one.
fn begin_together(one: &Connection, other: &Connection) -> Result<bool> {
    // It changes with each commit of another connection, and not within a transaction.
    let version = || text(other, "PRAGMA data_version");
    for _ in 0..ATTEMPTS {
        let before = version()?;
        begin(one)?;
        begin(other)?;
        if version()? == before {
            return Ok(true);
        }
        one.batch("COMMIT")?;
        other.batch("COMMIT")?;
    }
    Ok(false)
}

/// Begins a read transaction, and reads, by which it has its moment.
fn begin(connection: &Connection) -> Result<()> {
    connection.batch("BEGIN")?;
    connection.batch(FIRST_READ)
}

/// A database as it is at one moment: a read transaction, open as long as this is. Without it a copy begins anew with each
/// commit of another connection.
pub(super) struct Snapshot<'a>(&'a Connection);

impl<'a> Snapshot<'a> {
    pub(super) fn of(connection: &'a Connection) -> Result<Self> {
        begin(connection)?;
        Ok(Snapshot(connection))
    }

    pub(super) fn pages(&self) -> Result<u64> {
        count(self.0, "PRAGMA page_count")
    }

    /// Writes it into a new file. The file has its name when its content is on the disk, and `sound` has found no damage.
    pub(super) fn write(
        &self,
        file: &Path,
        permissions: Option<Permissions>,
        sound: impl FnOnce() -> Result<()>,
        watch: &mut Watch<'_>,
    ) -> Result<Copied> {
        let part = Part::begin(file, permissions)?;
        let path = part.path().to_str().ok_or_else(|| Error::new(Code::CannotOpen, "The path is not Unicode."))?;
        {
            let copy = Connection::plain(path, watch.stop)?;
            // No other process has it open, and nothing of it counts before it is whole: no
            // journal, no sync meanwhile.
            copy.batch("PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF")?;
            Copy::begin(self, &copy)?.run(watch, &|| Ok(()))?;
            // One file, which can be read even if nothing can be written beside it.
            if text(&copy, "PRAGMA journal_mode=DELETE")? != "delete" {
                return Err(Error::new(Code::Internal, "The copy cannot be closed as one file."));
            }
        }
        part.sync()?;
        sound()?;
        let copied = Copied { pages: self.pages()?, bytes: part.size()? };
        // A file that was replaced meanwhile is not the database any more, whatever SQLite says of it.
        self.0.look().map_err(|gone| gone.committed(false))?;
        part.finish()?;
        Ok(copied)
    }
}

impl Drop for Snapshot<'_> {
    fn drop(&mut self) {
        // A read transaction has nothing to lose.
        let _ = self.0.batch("COMMIT");
    }
}

/// A copy of one database into another, whose lock it takes with its first step. The part that it
/// has written is undone if it is dropped before its end.
pub(super) struct Copy<'a> {
    to: &'a Connection,
    backup: *mut ffi::sqlite3_backup,
}

impl<'a> Copy<'a> {
    pub(super) fn begin(from: &'a Snapshot<'_>, to: &'a Connection) -> Result<Self> {
        let main = c"main".as_ptr();
        // SAFETY: both connections are open, on this thread, and outlive the copy.
        let backup = unsafe { ffi::sqlite3_backup_init(to.handle(), main, from.0.handle(), main) };
        match backup.is_null() {
            true => Err(to.error()),
            false => Ok(Copy { to, backup }),
        }
    }

    /// Copies all that is left. Before each step `look` says whether what is copied still is what it was.
    pub(super) fn run(&mut self, watch: &mut Watch<'_>, look: &dyn Fn() -> Result<()>) -> Result<()> {
        loop {
            self.to.look().map_err(|gone| gone.committed(false))?;
            look()?;
            let done = self.step(STEP, watch.stop)?;
            // SAFETY: the copy is not finished.
            let (left, of) =
                unsafe { (ffi::sqlite3_backup_remaining(self.backup), ffi::sqlite3_backup_pagecount(self.backup)) };
            (watch.report)(&Progress { pages: (of - left).max(0) as u64, of: of.max(0) as u64 });
            if done {
                return Ok(());
            }
        }
    }

    /// Copies so many pages; whether all are there, and committed.
    pub(super) fn step(&mut self, pages: c_int, stop: &Arc<Stop>) -> Result<bool> {
        stop.check()?;
        // SAFETY: the copy is not finished.
        match unsafe { ffi::sqlite3_backup_step(self.backup, pages) } {
            ffi::SQLITE_OK => Ok(false),
            ffi::SQLITE_DONE => Ok(true),
            code => Err(self.error(code, stop)),
        }
    }

    /// SQLite tells the connections of a failure only at the end, so that the system's reason has to be asked for at once.
    fn error(&self, code: c_int, stop: &Arc<Stop>) -> Error {
        let full = code & 0xff == ffi::SQLITE_IOERR
            && code != ffi::SQLITE_IOERR_FSYNC
            && std::io::Error::last_os_error().raw_os_error().is_some_and(no_room);
        // SAFETY: the texts of SQLite's codes are static.
        let text = unsafe { CStr::from_ptr(ffi::sqlite3_errstr(code)) }.to_string_lossy();
        match stop.why() {
            Some(why) if matches!(code & 0xff, ffi::SQLITE_BUSY | ffi::SQLITE_LOCKED | ffi::SQLITE_INTERRUPT) => {
                why.error()
            }
            _ => from_code(if full { ffi::SQLITE_FULL } else { code }, &text).committed(false),
        }
    }
}

impl Drop for Copy<'_> {
    fn drop(&mut self) {
        // SAFETY: it is finished once, here; a failure was reported by its step.
        unsafe { ffi::sqlite3_backup_finish(self.backup) };
    }
}

/// Errors: `CORRUPT`, with the first damage that SQLite finds. Rows that a CHECK would refuse are
/// not damage.
pub(super) fn check_integrity(connection: &Connection, check: Check) -> Result<()> {
    connection.batch("PRAGMA ignore_check_constraints=ON")?;
    let pragma = match check {
        Check::Full => "PRAGMA integrity_check(1)",
        Check::Quick => "PRAGMA quick_check(1)",
    };
    match text(connection, pragma)?.as_str() {
        "ok" => Ok(()),
        damage => Err(from_code(ffi::SQLITE_CORRUPT, damage.trim_end_matches('.'))),
    }
}

/// The permissions to read and write a database; none for one in memory.
fn permissions(connection: &Connection) -> Option<Permissions> {
    let (path, _) = OpenFiles::of(connection).names()?;
    fs::metadata(path).ok().map(|found| found.permissions())
}

pub(super) fn count(connection: &Connection, pragma: &str) -> Result<u64> {
    text(connection, pragma)?.parse().map_err(|_| Error::new(Code::Internal, format!("{pragma} is not a number.")))
}

/// The first value of a statement.
pub(super) fn text(connection: &Connection, sql: &str) -> Result<String> {
    let raw = connection.prepare(sql)?;
    // SAFETY: the statement is live, and its text is copied before it is finalized.
    unsafe {
        if ffi::sqlite3_step(raw.statement) != ffi::SQLITE_ROW {
            return Err(connection.error());
        }
        let text = ffi::sqlite3_column_text(raw.statement, 0);
        Ok(if text.is_null() { String::new() } else { CStr::from_ptr(text.cast()).to_string_lossy().into_owned() })
    }
}
