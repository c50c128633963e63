//! Putting the content of a file in the place of what a database holds, while others have the database open.

use super::backup::{check_integrity, copy_unchecked, count, text, Check, Copied, Copy, Progress, Snapshot, Watch};
use super::connection::{Connection, BUSY_TIMEOUT};
use super::disk::{find, Found, OpenFiles};
use super::folders;
use super::part;
use super::target::Target;
use crate::engine::stop::Stop;
use crate::error::{Code, Error, Result};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// How long a checkpoint after a restore waits for those that read.
const CHECKPOINT_PATIENCE: Duration = Duration::from_millis(500);

/// The text between the name of a database and the moment of a restore in the name of the file that
/// keeps the previous content.
pub const MARK: &str = ".before-restore-";

/// A database that was restored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// Its present content.
    pub copied: Copied,
    /// The place of its previous content; `None` if there was no database.
    pub before: Option<PathBuf>,
}

/// Puts the content of a file in the place of what a database holds, which is kept in `before`. The
/// database stays open for all others: they read what it held until all is there. A missing
/// database is created. `allow` is asked when no other process can write any more, and before
/// anything is kept or written.
///
/// Errors: those of `allow`; `CANNOT_OPEN`, `NOT_A_DATABASE`, `CORRUPT` of the given file; `QUERY_INVALID` where it does not fit; `DISK_FULL`,
/// `BUSY`, `TIMEOUT`, ... The database then holds what it did.
pub fn restore(
    target: &Target,
    file: &Path,
    before: &dyn Fn(&Path) -> PathBuf,
    allow: &mut dyn FnMut() -> Result<()>,
    watch: &mut Watch<'_>,
) -> Result<Restored> {
    let given = Given::open(file, watch.stop)?;
    let snapshot = Snapshot::of(&given.connection).map_err(|error| given.blame(error))?;
    let stamp = given.stamp()?;
    check_integrity(&given.connection, Check::Full).map_err(|error| given.blame(error))?;
    if !target.path.starts_with("file:") && !Path::new(&target.path).exists() {
        return create(target, &snapshot, watch);
    }
    let database = Connection::open(target).map_err(unreadable)?;
    // Whatever its other connections wait for: this is not to be lost with the power.
    database.batch("PRAGMA synchronous=FULL")?;
    database.stop_by(Some(watch.stop));
    let (path, _) = OpenFiles::of(&database).names().ok_or_else(no_file)?;
    given.check_against(&database, &path)?;
    let kept = before(&path);
    // The lock to write is taken before anything is kept: what is committed until then is kept, and nothing comes after it.
    let mut copy = Copy::begin(&snapshot, &database)?;
    copy.step(0, watch.stop)?;
    allow()?;
    let pages = snapshot.pages()?;
    let before = keep(target, &kept, pages, watch)?;
    let report = &mut |p: &Progress| (watch.report)(&Progress { pages: before + p.pages, of: before + p.of });
    let replaced = copy.run(&mut Watch { stop: watch.stop, report }, &|| given.look(stamp.as_ref()));
    drop(copy);
    if let Err(error) = replaced {
        // Nothing has happened, and nothing need be kept; but if the system failed, the content of
        // the disk is not known.
        if error.code != Code::IoFailed {
            let _ = fs::remove_file(&kept);
        }
        return Err(error);
    }
    database.look().map_err(|gone| gone.committed(true))?;
    // The log is as long as the database now. Whatever keeps it from being moved now, the next checkpoint tries again.
    database.set_busy_timeout(CHECKPOINT_PATIENCE);
    let _ = database.batch("PRAGMA wal_checkpoint(TRUNCATE)");
    database.set_busy_timeout(BUSY_TIMEOUT);
    database.look().map_err(|gone| gone.committed(true))?;
    target.files.mended();
    let bytes = pages * count(&database, "PRAGMA page_size")?;
    Ok(Restored { copied: Copied { pages, bytes }, before: Some(kept) })
}

/// Writes what a database holds, before so many pages take its place; gives how many it has.
fn keep(target: &Target, file: &Path, more: u64, watch: &mut Watch<'_>) -> Result<u64> {
    part::remove_others_left(file, MARK);
    let report = &mut |p: &Progress| (watch.report)(&Progress { pages: p.pages, of: p.of + more });
    let copied = copy_unchecked(target, file, &mut Watch { stop: watch.stop, report });
    Ok(copied.map_err(|error| error.in_context("The existing content cannot be kept:"))?.pages)
}

/// Makes a missing database, from one that was checked.
fn create(target: &Target, snapshot: &Snapshot<'_>, watch: &mut Watch<'_>) -> Result<Restored> {
    let path = Path::new(&target.path);
    folders::prepare(target)?;
    // SQLite would take it for the log of the new file.
    if let Some(log) = ["-wal", "-journal"].map(|end| part::with(path, end)).into_iter().find(|log| log.exists()) {
        let message = format!("{} exists without its database.", log.display());
        return Err(Error::new(Code::CannotOpen, message).hint("Put the database back beside it, or move it away."));
    }
    Ok(Restored { copied: snapshot.write(path, None, || Ok(()), watch)?, before: None })
}

/// The file that is to be restored.
struct Given<'a> {
    path: &'a Path,
    connection: Connection,
}

/// The parts of a file that change with its content.
#[derive(PartialEq)]
struct Stamp(u64, SystemTime);

impl Stamp {
    fn of(path: &Path) -> Option<Self> {
        let found = fs::metadata(path).ok()?;
        Some(Stamp(found.len(), found.modified().ok()?))
    }
}

impl<'a> Given<'a> {
    fn open(path: &'a Path, stop: &Arc<Stop>) -> Result<Self> {
        let found = fs::metadata(path).map_err(|error| part::failed(path, &error))?;
        if !found.is_file() {
            return Err(Error::new(Code::CannotOpen, format!("{} is not a file.", path.display())).expected("a file"));
        }
        // SQLite takes an empty file for a database without tables, which is never a backup.
        if found.len() == 0 {
            return Err(not_a_backup(path).found("an empty file"));
        }
        let text = path.to_str().ok_or_else(|| Error::new(Code::CannotOpen, "The path of the file is not Unicode."))?;
        Ok(Given { path, connection: Connection::plain(text, stop)? })
    }

    /// The size and time of the file; none on the write-ahead log, where SQLite itself may change
    /// it, and keeps what this connection reads.
    fn stamp(&self) -> Result<Option<Stamp>> {
        let mode = text(&self.connection, "PRAGMA journal_mode")?;
        Ok(Stamp::of(self.path).filter(|_| mode != "wal"))
    }

    /// Whether it still is what was checked: pages of another file in its place would be written unread. Errors: `BUSY`.
    fn look(&self, stamp: Option<&Stamp>) -> Result<()> {
        match stamp {
            Some(stamp) if Stamp::of(self.path).as_ref() != Some(stamp) => {
                let message =
                    format!("{} was changed while it was restored. Nothing was restored.", self.path.display());
                Err(Error::new(Code::Busy, message).hint("Make the call again once no other process writes the file."))
            }
            _ => Ok(()),
        }
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
            let (found, expected) =
                (text(&self.connection, &format!("PRAGMA {pragma}"))?, text(database, &format!("PRAGMA {pragma}"))?);
            if found != expected {
                let message = format!("{} does not fit into the database: its {pragma} differs.", self.path.display());
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

/// A database of which not even the first page can be read: there is nothing that could be kept, or written into.
fn unreadable(error: Error) -> Error {
    match error.code {
        Code::NotADatabase | Code::Corrupt => error.hint(
            "Stop all programs that have the file open, move it and its -wal away, and make the call again: it then makes the \
             database anew.",
        ),
        _ => error,
    }
}

fn no_file() -> Error {
    Error::new(Code::QueryInvalid, "A database in memory has no file that could be restored.")
        .hint("Restore into a file, and open that.")
}
