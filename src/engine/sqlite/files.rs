//! Whether the files of a database are still those that were opened. SQLite goes on writing to a file that was deleted or
//! replaced, and to a log that was: what it commits there is lost. So the names are looked at before each commit, after its
//! sync, and at most once a second beside reads. When a name leads elsewhere, the handle is dead: nothing is opened or
//! created anew, and no call succeeds any more.
//!
//! As long as a connection is open, it holds a lock on the main file, so that no other process may delete the log or leave
//! it; only checkpoints write to the main file. All else that happens to the files is not SQLite's doing.

use super::connection::Connection;
use super::content::{Content, Damage};
use super::disk::{find, FileId, Found, LogLength, OpenFiles, Stat};
use super::file_events::FileEvents;
use super::lock;
use super::target::Target;
use crate::error::{Code, Error, Result};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError, RwLock, RwLockReadGuard};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Time between looks beside reads, in microseconds.
const PAUSE: u64 = 1_000_000;
/// How old a look may be before a commit, in microseconds: those one after the other share the look between them. The look
/// after the sync is always made.
const RECENT: u64 = 1000;
/// How long a main file must be left alone after its log was deleted before the log is moved into it: a restore deletes
/// the log and copies the file right after that.
const QUIET: Duration = Duration::from_millis(500);

/// The files of one database handle, shared by all its connections.
#[derive(Debug)]
pub struct Files {
    known: Mutex<Known>,
    /// Why the handle is dead.
    gone: OnceLock<Error>,
    /// SQLite's report of damaged content.
    damage: Mutex<Option<Error>>,
    /// Whether the log was deleted, and some of its content can still be moved into the main file.
    savable: AtomicBool,
    /// When they were looked at, in microseconds since `since`; 0: never.
    looked: AtomicU64,
    since: Instant,
    /// Connections are opened side by side; while one is closed none is opened, since the last one deletes the log.
    openings: RwLock<()>,
}

/// What is known of the files.
#[derive(Debug, Default)]
struct Known {
    /// From the first opening on.
    main: Option<(PathBuf, FileId)>,
    /// As long as a connection is open: the last one takes its log away.
    log: Option<LogFiles>,
    connections: usize,
}

/// The files beside the main one, and the main one as checkpoints have left it.
#[derive(Debug)]
struct LogFiles {
    wal: (PathBuf, FileId),
    shm: (PathBuf, FileId),
    /// `None` where the system has no descriptor left: then each look is one at the paths.
    length: Option<LogLength>,
    /// `None` until it could be read: not while a checkpoint was running.
    content: Option<Content>,
    /// A connection that does nothing but look, so that it is in no transaction.
    witness: Connection,
    /// The system's events for these files; `None` if it reports nothing.
    events: Option<FileEvents>,
    /// The last look at each path, if it found all of them as they were, in microseconds since `Files::since`.
    unchanged: Option<u64>,
}

/// What has happened to a file.
struct Fault {
    path: PathBuf,
    happened: &'static str,
    /// Whether it is the log alone that is gone, and the main file the one that was last seen.
    savable: bool,
}

impl Fault {
    fn of(path: &Path, happened: &'static str) -> Self {
        Fault { path: path.to_owned(), happened, savable: false }
    }

    fn error(&self) -> Error {
        let message = format!("{} was {} while the database was open.", self.path.display(), self.happened);
        Error::new(Code::FileGone, message).hint(HINT).committed(false)
    }
}

impl Default for Files {
    fn default() -> Self {
        Files {
            known: Mutex::default(),
            gone: OnceLock::new(),
            damage: Mutex::default(),
            savable: AtomicBool::new(false),
            looked: AtomicU64::new(0),
            since: Instant::now(),
            openings: RwLock::default(),
        }
    }
}

impl Files {
    /// Whether the handle is alive, as far as that was found out. Errors: `FILE_GONE`.
    #[inline]
    pub fn alive(&self) -> Result<()> {
        match self.gone.get() {
            None => Ok(()),
            Some(error) => {
                self.save(&mut lock(&self.known));
                Err(error.clone())
            }
        }
    }

    /// Whether the handle is known to be dead.
    pub fn is_dead(&self) -> bool {
        self.gone.get().is_some()
    }

    /// Remembers that SQLite found content damaged.
    pub fn damaged(&self, error: &Error) {
        lock(&self.damage).get_or_insert_with(|| error.clone());
    }

    /// All of its content has been replaced: what was found damaged is gone.
    pub fn mended(&self) {
        *lock(&self.damage) = None;
    }

    /// Whether the database is sound, as far as that was found out. Errors: `FILE_GONE`, `CORRUPT`, `NOT_A_DATABASE`.
    pub fn sound(&self) -> Result<()> {
        self.look()?;
        lock(&self.damage).clone().map_or(Ok(()), Err)
    }

    /// Looks at the files before a connection is opened, and keeps others from being closed meanwhile; tells whether the
    /// database was open before, so that it must not be created. Errors: `FILE_GONE`.
    pub fn opening(&self) -> Result<(RwLockReadGuard<'_, ()>, bool)> {
        let opening = self.openings.read().unwrap_or_else(PoisonError::into_inner);
        self.look()?;
        let known = lock(&self.known).main.is_some();
        Ok((opening, known))
    }

    /// Takes a connection that was opened; tells whether it has files at all. Errors: `FILE_GONE`.
    pub fn opened(&self, connection: &Connection, target: &Target) -> Result<bool> {
        let files = OpenFiles::of(connection);
        let Some((resolved, wal)) = files.names() else { return Ok(false) };
        let uri = target.path.starts_with("file:");
        let mut known = lock(&self.known);
        if known.main.is_none() {
            let given = if uri { resolved.clone() } else { PathBuf::from(&target.path) };
            match find(&given) {
                Found::File(stat) if !files.has_moved() => known.main = Some((given, stat.id)),
                // A file system of SQLite's own has no such path.
                Found::Missing if uri => return Ok(false),
                Found::Unknown => return Ok(false),
                _ => return Err(Fault::of(&given, REPLACED).error()),
            }
        }
        let check = if files.has_moved() { Err(Fault::of(&resolved, REPLACED)) } else { known.check(self.now()) };
        check.map_err(|fault| self.die(&mut known, &fault))?;
        if known.log.is_none() && connection.is_on_log()? {
            let mut shm = resolved.into_os_string();
            shm.push("-shm");
            let witness = Connection::witness(target)?;
            known.log = LogFiles::of(witness, known.main.as_ref(), &wal, shm.as_ref());
            // With options in its URI SQLite may keep them elsewhere, or not share them.
            if known.log.is_none() && !uri {
                return Err(Fault::of(&wal, MISSING).error());
            }
        }
        known.connections += 1;
        Ok(true)
    }

    /// Closes a connection that was taken. On the files of a dead handle nothing is done any more.
    pub fn close(&self, close: impl FnOnce()) {
        let _alone = self.openings.write().unwrap_or_else(PoisonError::into_inner);
        // Whatever is found, it is closed.
        let _ = self.look();
        let mut known = lock(&self.known);
        known.connections -= 1;
        let last = if known.connections == 0 { known.log.take() } else { None };
        drop(known);
        drop(last);
        close();
    }

    /// Looks whether the files are those that were opened. Errors: `FILE_GONE`; the handle is dead from then on.
    pub fn look(&self) -> Result<()> {
        self.alive()?;
        let mut known = lock(&self.known);
        let now = self.now();
        self.looked.store(now, Ordering::Relaxed);
        if known.is_quiet(now) {
            return Ok(());
        }
        known.check(now).map_err(|fault| self.die(&mut known, &fault))
    }

    /// The same before a commit.
    pub fn look_before_commit(&self) -> Result<()> {
        self.look_unless_within(RECENT)
    }

    /// The same beside a read: at most once a second.
    #[inline]
    pub fn look_beside_read(&self) -> Result<()> {
        self.look_unless_within(PAUSE)
    }

    #[inline]
    fn look_unless_within(&self, pause: u64) -> Result<()> {
        match self.looked.load(Ordering::Relaxed) {
            looked if looked != 0 && self.now().saturating_sub(looked) < pause => self.alive(),
            _ => self.look(),
        }
    }

    /// Microseconds since `since`.
    fn now(&self) -> u64 {
        self.since.elapsed().as_micros() as u64
    }

    fn die(&self, known: &mut Known, fault: &Fault) -> Error {
        // Known before the wait: what is called meanwhile waits for its end, and then fails.
        if self.gone.set(fault.error()).is_ok() && fault.savable {
            sleep(QUIET);
            self.savable.store(true, Ordering::Relaxed);
        }
        self.save(known);
        self.gone.get_or_init(|| fault.error()).clone()
    }

    /// Moves the content of a deleted log into the main file: it is lost with its last descriptor
    /// otherwise. Only while no other process can have begun a log of its own, and while the main
    /// file is the one last seen: a backup that was copied over it is not ours. A save that
    /// transactions prevented is tried again.
    fn save(&self, known: &mut Known) {
        let Known { main: Some((path, id)), log: Some(log), .. } = known else { return };
        if !self.savable.load(Ordering::Relaxed) {
            return;
        }
        let files = OpenFiles::of(&log.witness);
        let ours = matches!(find(&log.wal.0), Found::Missing)
            && matches!(same(&log.shm), Ok(Some(_)) | Err(Fault { happened: MISSING, .. }))
            && matches!(find(path), Found::File(stat) if stat.id == *id)
            && log.content.as_ref().is_some_and(|content| content.is_untouched(&files, path));
        let moved = || files.log().is_none_or(|log| log.is_moved());
        let stop = !ours || log.witness.batch("PRAGMA wal_checkpoint(PASSIVE)").is_err() || moved();
        if !stop {
            log.content = Content::of(&files, path);
        }
        self.savable.store(!stop, Ordering::Relaxed);
    }
}

const HINT: &str = "Put the files back, the -wal file with the others, or restore a backup; then open() a new handle. \
    Backups are made by `plinth backup` and put back by `plinth restore`, while the server runs: a program that opens the \
    file by other means (fs.copyFileSync, a second SQLite library) in the same process takes the locks away that protect it.";
const MISSING: &str = "deleted or moved";
const REPLACED: &str = "replaced by another file";
const CUT: &str = "cut short";
const OVERWRITTEN: &str = "overwritten";

impl Known {
    /// Whether nothing has happened since the last look at each path. That look is made once a
    /// second even so: a file system that is mounted over a path causes no event.
    fn is_quiet(&mut self, now: u64) -> bool {
        let Some(beside) = &mut self.log else { return false };
        let (Some(events), Some(last)) = (&mut beside.events, beside.unchanged) else { return false };
        if events.take() {
            // Until a look at each path comes to its end.
            beside.unchanged = None;
            return false;
        }
        // Writes to the log cause no events either: each commit would be one.
        now.saturating_sub(last) < PAUSE && beside.is_whole()
    }

    fn check(&mut self, now: u64) -> std::result::Result<(), Fault> {
        let Some((path, id)) = &self.main else { return Ok(()) };
        // Read before the files are looked at: a checkpoint that begins after that is another's.
        let log = self.log.as_ref().and_then(|beside| OpenFiles::of(&beside.witness).log());
        let main = match find(path) {
            Found::File(stat) => stat,
            Found::Missing => return Err(Fault::of(path, MISSING)),
            Found::Unknown => return Ok(()),
        };
        if main.id != *id {
            return Err(Fault::of(path, REPLACED));
        }
        let Some(beside) = &mut self.log else { return Ok(()) };
        beside.unchanged = None;
        let files = OpenFiles::of(&beside.witness);
        // The main file first: where it was overwritten, nothing may be saved into it.
        let untouched = beside.content.as_ref().is_some_and(|content| !content.is_touched(&main));
        let mut unchanged = None;
        match (&mut beside.content, &log) {
            (Some(content), Some(log)) if content.is_current(&main, log.checkpoints) => unchanged = Some(now),
            (Some(content), _) => content.check(&files, path).map_err(|damage| Fault::of(path, damage.into()))?,
            (none, _) => *none = Content::of(&files, path),
        }
        let shm = same(&beside.shm);
        let wal = same(&beside.wal).map_err(|fault| {
            let ours = shm.is_ok() || matches!(find(&beside.shm.0), Found::Missing);
            Fault { savable: untouched && ours && fault.happened == MISSING, ..fault }
        })?;
        shm?;
        let Some(log) = log else { return Ok(()) };
        if wal.is_some_and(|wal| wal.size < log.file_size()) {
            // Unless it was begun anew meanwhile.
            if files.log().is_some_and(|now| now.committed == log.committed) {
                return Err(Fault::of(&beside.wal.0, CUT));
            }
        }
        beside.unchanged = unchanged;
        Ok(())
    }
}

impl From<Damage> for &'static str {
    fn from(damage: Damage) -> Self {
        match damage {
            Damage::Cut => CUT,
            Damage::Overwritten => OVERWRITTEN,
        }
    }
}

/// The file at a path, which must be the one that was opened; `None` if nothing is known of it.
fn same((path, id): &(PathBuf, FileId)) -> std::result::Result<Option<Stat>, Fault> {
    match find(path) {
        Found::File(stat) if stat.id == *id => Ok(Some(stat)),
        Found::File(_) => Err(Fault::of(path, REPLACED)),
        Found::Missing => Err(Fault::of(path, MISSING)),
        Found::Unknown => Ok(None),
    }
}

impl LogFiles {
    /// Those at these paths; `None` if they do not exist.
    fn of(witness: Connection, main: Option<&(PathBuf, FileId)>, wal: &Path, shm: &Path) -> Option<Self> {
        let (Found::File(of_wal), Found::File(of_shm)) = (find(wal), find(shm)) else { return None };
        let length = LogLength::of(wal, of_wal.id);
        let (files, path) = (OpenFiles::of(&witness), &main?.0);
        let mut content = Content::of(&files, path);
        // The log of a process that was killed: what of it is in the file is known once a checkpoint has come to its end.
        if content.as_ref().is_some_and(|content| !content.is_settled()) {
            // Whatever prevents it now, a later one does as well.
            let _ = witness.batch("PRAGMA wal_checkpoint(PASSIVE)");
            content = Content::of(&files, path);
        }
        // As SQLite opened the file, and by the name that is looked at: it may lead there by a link.
        let resolved = files.names().map_or_else(|| path.clone(), |(main, _)| main);
        let events = FileEvents::of(&[path, &resolved], &[wal, shm]);
        let (wal, shm) = ((wal.to_owned(), of_wal.id), (shm.to_owned(), of_shm.id));
        Some(LogFiles { wal, shm, length, content, witness, events, unchanged: None })
    }

    /// Whether the log holds all that was committed to it, and its counters are those with which the content is known. They
    /// change without an event if the log starts over; a file that is overwritten after that would pass for a checkpoint's work.
    fn is_whole(&self) -> bool {
        let files = OpenFiles::of(&self.witness);
        let (Some(log), Some(size)) = (files.log(), self.length.as_ref().and_then(LogLength::now)) else {
            return false;
        };
        size >= log.file_size() && self.content.as_ref().is_some_and(|content| content.is_at(log.checkpoints))
    }
}
