//! Copying a whole database by SQLite's backup interface: into a new file, and from a file into a database that others have open.

use super::connection::{Connection, Target, BUSY_TIMEOUT, FIRST_READ};
use super::disk::{find, Found, OpenFiles};
use super::error::{from_code, no_room};
use super::folders;
use super::part::{self, Part};
use crate::engine::stop::Stop;
use crate::error::{Code, Error, Result};
use libsqlite3_sys as ffi;
use serde::Serialize;
use std::ffi::{c_int, CStr};
use std::fs::{self, Permissions};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

/// Pages that are copied between two reports.
const STEP: c_int = 1000;
/// How long a checkpoint after a restore waits for those that read.
const CHECKPOINT_PATIENCE: Duration = Duration::from_millis(500);

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

/// A database that was restored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// What it holds now.
    pub copied: Copied,
    /// Where that is which it held before; none where there was no database.
    pub before: Option<PathBuf>,
}

/// Who watches a copy.
pub struct Watch<'a> {
    /// By what it is stopped.
    pub stop: &'a Arc<Stop>,
    /// Who hears how far it has come.
    pub report: &'a mut dyn FnMut(&Progress),
}

/// Copies a database into a new file, as it is at one moment.
///
/// Errors: `CANNOT_OPEN` where the file exists, `CORRUPT`, `DISK_FULL`, `BUSY`, `TIMEOUT`, ... Nothing is left behind.
pub fn backup(target: &Target, file: &Path, watch: &mut Watch<'_>) -> Result<Copied> {
    let connection = Connection::open(target)?;
    connection.stop_by(Some(watch.stop));
    let snapshot = Snapshot::of(&connection)?;
    let copied = snapshot.write(file, permissions(&connection), watch);
    // A file that was replaced meanwhile is not the database any more, whatever SQLite says of it.
    connection.look().map_err(|gone| gone.committed(false))?;
    copied
}

/// Puts the content of a file in the place of what a database holds, which is kept in `before`. The database stays open for
/// all others: they read what it held until all is there. Where there is no database, it is made.
///
/// Errors: `CANNOT_OPEN`, `NOT_A_DATABASE`, `CORRUPT` of the given file; `QUERY_INVALID` where it does not fit; `DISK_FULL`,
/// `BUSY`, `TIMEOUT`, ... The database then holds what it did.
pub fn restore(
    target: &Target,
    file: &Path,
    before: &dyn Fn(&Path) -> PathBuf,
    watch: &mut Watch<'_>,
) -> Result<Restored> {
    let given = Given::open(file, watch.stop)?;
    let snapshot = Snapshot::of(&given.connection).map_err(|error| given.blame(error))?;
    check_integrity(&given.connection).map_err(|error| given.blame(error))?;
    if !target.path.starts_with("file:") && !Path::new(&target.path).exists() {
        return create(target, &snapshot, watch);
    }
    let database = Connection::open(target)?;
    database.stop_by(Some(watch.stop));
    let (path, _) = OpenFiles::of(&database).names().ok_or_else(no_file)?;
    given.check_against(&database, &path)?;
    let kept = before(&path);
    // The lock to write is taken before anything is kept: what is committed until then is kept, and nothing comes after it.
    let mut copy = Copy::begin(&snapshot, &database)?;
    copy.step(0, watch.stop)?;
    let pages = snapshot.pages()?;
    let copied = keep(target, &kept, pages, watch)
        .and_then(|kept| {
            let report = &mut |p: &Progress| (watch.report)(&Progress { pages: kept + p.pages, of: kept + p.of });
            copy.run(&mut Watch { stop: watch.stop, report })
        })
        .and_then(|()| database.look().map_err(|gone| gone.committed(true)));
    if let Err(error) = copied {
        drop(copy);
        if error.may_have_committed != Some(true) {
            // Nothing has happened; then nothing need be kept.
            let _ = fs::remove_file(&kept);
        }
        return Err(error);
    }
    drop(copy);
    // The log is as long as the database now. Whatever keeps it from being moved now, the next checkpoint tries again.
    database.set_busy_timeout(CHECKPOINT_PATIENCE);
    let _ = database.batch("PRAGMA wal_checkpoint(TRUNCATE)");
    database.set_busy_timeout(BUSY_TIMEOUT);
    database.look().map_err(|gone| gone.committed(true))?;
    let bytes = pages * count(&database, "PRAGMA page_size")?;
    Ok(Restored { copied: Copied { pages, bytes }, before: Some(kept) })
}

/// Writes what a database holds, before so many pages take its place; gives how many it has.
fn keep(target: &Target, file: &Path, more: u64, watch: &mut Watch<'_>) -> Result<u64> {
    let report = &mut |p: &Progress| (watch.report)(&Progress { pages: p.pages, of: p.of + more });
    let copied = backup(target, file, &mut Watch { stop: watch.stop, report });
    Ok(copied.map_err(|error| error.in_context("What is there cannot be kept:"))?.pages)
}

/// Makes a database that is not there.
fn create(target: &Target, snapshot: &Snapshot<'_>, watch: &mut Watch<'_>) -> Result<Restored> {
    let path = Path::new(&target.path);
    folders::prepare(&target.path)?;
    // SQLite would take it for the log of the new file.
    if let Some(log) = ["-wal", "-journal"].map(|end| part::with(path, end)).into_iter().find(|log| log.exists()) {
        let message = format!("{} is there, and the database it belongs to is not.", log.display());
        return Err(Error::new(Code::CannotOpen, message).hint("Put the database back beside it, or move it away."));
    }
    Ok(Restored { copied: snapshot.write(path, None, watch)?, before: None })
}

/// The file that is to be restored.
struct Given<'a> {
    path: &'a Path,
    connection: Connection,
}

impl<'a> Given<'a> {
    fn open(path: &'a Path, stop: &Arc<Stop>) -> Result<Self> {
        let found = fs::metadata(path).map_err(|error| part::failed(path, &error))?;
        if !found.is_file() {
            return Err(Error::new(Code::CannotOpen, format!("{} is no file.", path.display())).expected("a file"));
        }
        // SQLite takes an empty file for a database without tables, which nobody has backed up.
        if found.len() == 0 {
            return Err(not_a_backup(path).found("an empty file"));
        }
        let text = path.to_str().ok_or_else(|| Error::new(Code::CannotOpen, "The path of the file is not Unicode."))?;
        Ok(Given { path, connection: Connection::plain(text, stop)? })
    }

    /// An error about this file and not about the database.
    fn blame(&self, error: Error) -> Error {
        match error.code {
            Code::NotADatabase => not_a_backup(self.path),
            Code::Timeout | Code::Aborted => error,
            _ => error.in_context(&format!("{}:", self.path.display())),
        }
    }

    /// Whether the database can take its place page by page.
    fn check_against(&self, database: &Connection, path: &Path) -> Result<()> {
        let same_file = match (find(self.path), find(path)) {
            (Found::File(one), Found::File(other)) if cfg!(unix) => one.id == other.id,
            _ => fs::canonicalize(self.path).ok() == fs::canonicalize(path).ok(),
        };
        if same_file {
            let message = format!("{} is the database itself.", self.path.display());
            return Err(Error::new(Code::QueryInvalid, message).expected("the file of a backup"));
        }
        for (pragma, what) in [("page_size", "pages of this many bytes"), ("encoding", "text in this encoding")] {
            let (found, expected) = (
                text(&self.connection, &format!("PRAGMA {pragma}"))?,
                text(database, &format!("PRAGMA {pragma}"))?,
            );
            if found != expected {
                let message = format!("{} does not fit into the open database: {pragma}.", self.path.display());
                return Err(Error::new(Code::QueryInvalid, message)
                    .expected(format!("{what}: {expected}"))
                    .found(found)
                    .hint(
                        "Stop all programs that have the database open, move the database and its -wal away, and make the \
                         call again: it then makes the database anew.",
                    ));
            }
        }
        Ok(())
    }
}

fn not_a_backup(path: &Path) -> Error {
    Error::new(Code::NotADatabase, format!("{} is not a SQLite database.", path.display()))
        .expected("a file that backup() wrote, or another SQLite database")
}

fn no_file() -> Error {
    Error::new(Code::QueryInvalid, "A database in memory has no file that could be restored.")
        .hint("Restore into a file, and open that.")
}

/// A database as it is at one moment: a read transaction, open as long as this is. Without it a copy begins anew with each
/// commit of another connection.
struct Snapshot<'a>(&'a Connection);

impl<'a> Snapshot<'a> {
    fn of(connection: &'a Connection) -> Result<Self> {
        connection.batch("BEGIN")?;
        connection.batch(FIRST_READ)?;
        Ok(Snapshot(connection))
    }

    fn pages(&self) -> Result<u64> {
        count(self.0, "PRAGMA page_count")
    }

    /// Writes it into a new file, and has it checked and on the disk before it gets its name.
    fn write(&self, file: &Path, permissions: Option<Permissions>, watch: &mut Watch<'_>) -> Result<Copied> {
        let part = Part::begin(file, permissions)?;
        let path = part.path().to_str().ok_or_else(|| Error::new(Code::CannotOpen, "The path is not Unicode."))?;
        {
            let copy = Connection::plain(path, watch.stop)?;
            // Nobody else has it open, and nothing of it counts before it is whole: no journal, no sync meanwhile.
            copy.batch("PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF")?;
            Copy::begin(self, &copy)?.run(watch)?;
            // One file, which can be read where nothing can be written beside it.
            if text(&copy, "PRAGMA journal_mode=DELETE")? != "delete" {
                return Err(Error::new(Code::Internal, "The copy cannot be closed as one file."));
            }
        }
        // The disk writes while the check reads.
        let (synced, sound) = thread::scope(|scope| {
            let syncing = scope.spawn(|| part.sync());
            let sound = Connection::plain(path, watch.stop).and_then(|copy| check_integrity(&copy));
            (syncing.join().unwrap_or_else(|_| Err(crate::error::panicked())), sound)
        });
        sound?;
        synced?;
        let copied = Copied { pages: self.pages()?, bytes: part.size()? };
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

/// A copy of one database into another, whose lock it takes with its first step. What it has written is undone if it is
/// dropped before its end.
struct Copy<'a> {
    to: &'a Connection,
    backup: *mut ffi::sqlite3_backup,
}

impl<'a> Copy<'a> {
    fn begin(from: &'a Snapshot<'_>, to: &'a Connection) -> Result<Self> {
        let main = c"main".as_ptr();
        // SAFETY: both connections are open, on this thread, and outlive the copy.
        let backup = unsafe { ffi::sqlite3_backup_init(to.handle(), main, from.0.handle(), main) };
        match backup.is_null() {
            true => Err(to.error()),
            false => Ok(Copy { to, backup }),
        }
    }

    /// Copies all that is left.
    fn run(&mut self, watch: &mut Watch<'_>) -> Result<()> {
        loop {
            self.to.look().map_err(|gone| gone.committed(false))?;
            let done = self.step(STEP, watch.stop)?;
            // SAFETY: the copy is not finished.
            let (left, of) = unsafe {
                (ffi::sqlite3_backup_remaining(self.backup), ffi::sqlite3_backup_pagecount(self.backup))
            };
            (watch.report)(&Progress { pages: (of - left).max(0) as u64, of: of.max(0) as u64 });
            if done {
                return Ok(());
            }
        }
    }

    /// Copies so many pages; whether all are there, and committed.
    fn step(&mut self, pages: c_int, stop: &Arc<Stop>) -> Result<bool> {
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
        // SAFETY: it is finished once, here; what failed was told by its step.
        unsafe { ffi::sqlite3_backup_finish(self.backup) };
    }
}

/// Errors: `CORRUPT`, with the first damage that SQLite finds. Rows that a CHECK would refuse are no damage.
fn check_integrity(connection: &Connection) -> Result<()> {
    connection.batch("PRAGMA ignore_check_constraints=ON")?;
    match text(connection, "PRAGMA integrity_check(1)")?.as_str() {
        "ok" => Ok(()),
        damage => Err(from_code(ffi::SQLITE_CORRUPT, damage.trim_end_matches('.'))),
    }
}

/// Who may read and write a database; none for one in memory.
fn permissions(connection: &Connection) -> Option<Permissions> {
    let (path, _) = OpenFiles::of(connection).names()?;
    fs::metadata(path).ok().map(|found| found.permissions())
}

fn count(connection: &Connection, pragma: &str) -> Result<u64> {
    text(connection, pragma)?.parse().map_err(|_| Error::new(Code::Internal, format!("{pragma} is no number.")))
}

/// The first value of a statement.
fn text(connection: &Connection, sql: &str) -> Result<String> {
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
