//! The knowledge of SQLite and the operating system about the files of an open database. Only the log is ever opened here:
//! closing any descriptor of a file drops all POSIX locks that the process holds on it, and SQLite locks the other files.

use super::connection::Connection;
use libsqlite3_sys as ffi;
use std::ffi::{c_char, c_int, c_void, CStr};
use std::fs::{File, Metadata};
use std::io::{ErrorKind, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::ptr;
use std::time::SystemTime;

/// The first page of a database begins with this many bytes that describe it (https://www.sqlite.org/fileformat.html).
const HEADER: usize = 100;
const MAGIC: &[u8] = b"SQLite format 3\0";
const MAIN: &CStr = c"main";
/// The lock in the wal-index that a checkpoint holds (https://www.sqlite.org/walformat.html).
const CHECKPOINT_LOCK: c_int = 1;
/// The part of the wal-index that SQLite maps at once.
const REGION: c_int = 32_768;
/// Unix's error for links that lead to each other (ELOOP), which has no name in Rust's standard
/// library yet.
const LOOP: i32 = if cfg!(any(target_os = "linux", target_os = "android")) { 40 } else { 62 };

/// The operating system's answer about a path.
pub enum Found {
    /// The file that it leads to.
    File(Stat),
    /// That it leads to no file.
    Missing,
    /// Nothing: a folder on the way may not be entered, or the device fails.
    Unknown,
}

/// A file, as far as it matters whether it is still the same.
#[derive(Clone, Copy, Debug)]
pub struct Stat {
    /// Which file it is.
    pub id: FileId,
    /// Its length in bytes.
    pub size: u64,
    /// When it was written to.
    pub modified: Option<SystemTime>,
}

/// Which file it is, whatever its name: device and inode. Other systems than Unix have nothing of the kind in Rust's
/// standard library; Windows lets no file be deleted or renamed that SQLite has open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileId(u64, u64);

impl FileId {
    #[cfg(unix)]
    fn of(metadata: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        FileId(metadata.dev(), metadata.ino())
    }

    #[cfg(not(unix))]
    fn of(_: &Metadata) -> Self {
        FileId(0, 0)
    }
}

/// The file at a path, whose links are followed.
pub fn find(path: &Path) -> Found {
    match std::fs::metadata(path) {
        Ok(found) => Found::File(Stat { id: FileId::of(&found), size: found.len(), modified: found.modified().ok() }),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Found::Missing,
        Err(error) if cfg!(unix) && error.raw_os_error() == Some(LOOP) => Found::Missing,
        Err(_) => Found::Unknown,
    }
}

/// The length of an open log. It is asked for after each commit. A query of the file's metadata would cost as much as a third
/// of the commit: Linux keeps exact times of change for files that are asked for them, so that the next sync writes the time, too.
#[derive(Debug)]
pub struct LogLength(File);

impl LogLength {
    /// That of the log at a path; `None` if another file is there by now.
    pub fn of(path: &Path, id: FileId) -> Option<Self> {
        let file = File::open(path).ok()?;
        let same = file.metadata().is_ok_and(|found| FileId::of(&found) == id);
        same.then_some(LogLength(file))
    }

    /// In bytes; `None` if that cannot be known.
    pub fn now(&self) -> Option<u64> {
        (&self.0).seek(SeekFrom::End(0)).ok()
    }
}

/// The bytes that describe a database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header([u8; HEADER]);

impl Header {
    /// Whether they are those of a SQLite database.
    pub fn is_sqlite(&self) -> bool {
        self.0.starts_with(MAGIC)
    }

    /// Whether the counter of its changes is behind the other's.
    pub fn is_older_than(&self, other: &Header) -> bool {
        (self.number(24).wrapping_sub(other.number(24)) as i32) < 0
    }

    fn number(&self, at: usize) -> u32 {
        u32::from_be_bytes([self.0[at], self.0[at + 1], self.0[at + 2], self.0[at + 3]])
    }

    /// How long the file was after the checkpoint that wrote this.
    pub fn file_size(&self) -> u64 {
        let page = match u16::from_be_bytes([self.0[16], self.0[17]]) {
            1 => 65_536,
            size => u64::from(size),
        };
        page * u64::from(self.number(28))
    }
}

/// How far the write-ahead log is, as all processes that have the database open share it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Log {
    /// Frames that are committed, and the marks of this turn of the log.
    pub committed: (u32, u64),
    /// Bytes of a frame.
    frame: u64,
    /// Pages of the database after the last commit; 0 if no commit is known.
    pub pages: u32,
    /// How far checkpoints are; they alone write to the main file.
    pub checkpoints: Checkpoints,
}

/// How far checkpoints are: frames that are in the main file, that may be there, and the marks of this turn of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checkpoints(u32, u32, u64);

impl Checkpoints {
    /// Frames that are in the main file.
    pub fn moved(self) -> u32 {
        self.0
    }

    /// Whether the last one came to its end.
    pub fn is_complete(self) -> bool {
        self.0 == self.1
    }
}

impl Log {
    /// Bytes of a frame before its page.
    pub const FRAME_HEADER: u64 = 24;

    /// Where a frame is in the log; the first is 1.
    pub fn frame_at(&self, frame: u32) -> u64 {
        32 + u64::from(frame - 1) * self.frame
    }

    /// Bytes of a page.
    pub fn page_size(&self) -> u64 {
        self.frame - Self::FRAME_HEADER
    }

    /// How long the main file is once all of the log is in it.
    pub fn main_size(&self) -> u64 {
        u64::from(self.pages) * self.page_size()
    }

    /// Whether the header of a frame, its first 16 bytes, has the marks of this turn of the log.
    pub fn is_of_this_turn(&self, frame: &[u8; 16]) -> bool {
        let word = |at: usize| u64::from(u32::from_ne_bytes([frame[at], frame[at + 1], frame[at + 2], frame[at + 3]]));
        word(8) << 32 | word(12) == self.committed.1
    }

    /// The least that the log's file holds.
    pub fn file_size(&self) -> u64 {
        match self.committed.0 {
            0 => 0,
            frames => 32 + u64::from(frames) * self.frame,
        }
    }

    /// Whether a checkpoint has moved some of it, and left some. If a snapshot is held open, it
    /// comes no further than that.
    pub fn has_rest_since(&self, before: &Log) -> bool {
        self.committed.1 == before.committed.1 && self.checkpoints.0 > before.checkpoints.0 && !self.is_moved()
    }

    /// Whether all of it is in the main file.
    pub fn is_moved(&self) -> bool {
        self.checkpoints.0 >= self.committed.0
    }
}

/// A connection's files, as SQLite knows them.
pub struct OpenFiles<'a>(&'a Connection);

/// Keeps checkpoints of all processes out until it is dropped.
pub struct NoCheckpoints<'a>(&'a OpenFiles<'a>);

impl<'a> OpenFiles<'a> {
    /// Those of this connection.
    pub fn of(connection: &'a Connection) -> Self {
        OpenFiles(connection)
    }

    /// The paths of the main file and of the log, links resolved; `None` for a database that has no file.
    pub fn names(&self) -> Option<(PathBuf, PathBuf)> {
        // SAFETY: the connection is open; SQLite's names live as long, and are copied at once.
        unsafe {
            let main = ffi::sqlite3_db_filename(self.0.handle(), MAIN.as_ptr());
            if main.is_null() || *main == 0 {
                return None;
            }
            Some((path(main), path(ffi::sqlite3_filename_wal(main))))
        }
    }

    /// Whether the path leads to another file than the open one, or to none.
    pub fn has_moved(&self) -> bool {
        let mut moved: c_int = 0;
        self.control(ffi::SQLITE_FCNTL_HAS_MOVED, ptr::addr_of_mut!(moved).cast()) && moved != 0
    }

    /// The first bytes of the open main file; zeros where it is shorter. `None` where they cannot be read.
    pub fn header(&self) -> Option<Header> {
        let mut header = [0; HEADER];
        self.read(&mut header, 0).map(|()| Header(header))
    }

    /// Reads from the open main file; zeros behind its end. `None` where it cannot be read.
    pub fn read(&self, buffer: &mut [u8], at: u64) -> Option<()> {
        read(self.main()?, buffer, at)
    }

    /// Reads from the open log.
    pub fn read_log(&self, buffer: &mut [u8], at: u64) -> Option<()> {
        read(self.file(ffi::SQLITE_FCNTL_JOURNAL_POINTER)?, buffer, at)
    }

    /// How far the log is. Only for a connection that is on the log: else this would make a wal-index.
    pub fn log(&self) -> Option<Log> {
        let (file, methods) = self.main()?;
        let mut region: *mut c_void = ptr::null_mut();
        // SAFETY: the file is open, and this region of the wal-index is mapped as long as it is.
        let code = unsafe { methods.xShmMap?(file, 0, REGION, 0, &mut region) };
        // Read-only: the wal-index of another user is mapped all the same.
        if !matches!(code & 0xff, ffi::SQLITE_OK | ffi::SQLITE_READONLY) || region.is_null() {
            return None;
        }
        // SAFETY: within the region, and aligned. Other processes may write to it meanwhile.
        let word = |at: usize| unsafe { region.cast::<u32>().add(at / 4).read_volatile() };
        // SAFETY: bytes 14 and 15 are within the region, and aligned for 16 bits. Other processes may write to them meanwhile.
        let page = u64::from(unsafe { region.cast::<u16>().add(14 / 2).read_volatile() });
        let marks = u64::from(word(32)) << 32 | u64::from(word(36));
        Some(Log {
            committed: (word(16), marks),
            frame: Log::FRAME_HEADER + (page & 0xfe00) + ((page & 1) << 16),
            pages: word(20),
            checkpoints: Checkpoints(word(96), word(128), marks),
        })
    }

    /// Keeps checkpoints out; `None` while one is running.
    pub fn no_checkpoints(&self) -> Option<NoCheckpoints<'_>> {
        self.lock(ffi::SQLITE_SHM_LOCK).then(|| NoCheckpoints(self))
    }

    fn lock(&self, action: c_int) -> bool {
        let Some((file, methods)) = self.main() else { return false };
        let Some(lock) = methods.xShmLock else { return false };
        // SAFETY: the file is open. SQLite itself takes this lock only while this connection makes a checkpoint.
        unsafe { lock(file, CHECKPOINT_LOCK, 1, action | ffi::SQLITE_SHM_SHARED) == ffi::SQLITE_OK }
    }

    fn main(&self) -> Option<OpenFile<'a>> {
        self.file(ffi::SQLITE_FCNTL_FILE_POINTER)
    }

    fn file(&self, operation: c_int) -> Option<OpenFile<'a>> {
        let mut file: *mut ffi::sqlite3_file = ptr::null_mut();
        let found = self.control(operation, ptr::addr_of_mut!(file).cast());
        if !found || file.is_null() {
            return None;
        }
        // SAFETY: the file belongs to the open connection; its methods are static, and null while it is not open.
        unsafe { (*file).pMethods.as_ref() }.map(|methods| (file, methods))
    }

    fn control(&self, operation: c_int, argument: *mut c_void) -> bool {
        // SAFETY: the connection is open, and the caller's argument is what the operation asks for.
        unsafe { ffi::sqlite3_file_control(self.0.handle(), MAIN.as_ptr(), operation, argument) == ffi::SQLITE_OK }
    }
}

impl Drop for NoCheckpoints<'_> {
    fn drop(&mut self) {
        self.0.lock(ffi::SQLITE_SHM_UNLOCK);
    }
}

/// An open file, as SQLite has it.
type OpenFile<'a> = (*mut ffi::sqlite3_file, &'a ffi::sqlite3_io_methods);

fn read((file, methods): OpenFile<'_>, buffer: &mut [u8], at: u64) -> Option<()> {
    let (length, at) = (c_int::try_from(buffer.len()).ok()?, i64::try_from(at).ok()?);
    // SAFETY: the file is open and the buffer as long as the passed length.
    let code = unsafe { methods.xRead?(file, buffer.as_mut_ptr().cast(), length, at) };
    (code == ffi::SQLITE_OK || code == ffi::SQLITE_IOERR_SHORT_READ).then_some(())
}

/// # Safety
/// The text must end with NUL.
unsafe fn path(text: *const c_char) -> PathBuf {
    // SAFETY: the text ends with NUL, as the caller guarantees, and is only read here.
    let text = unsafe { CStr::from_ptr(text) };
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        PathBuf::from(std::ffi::OsStr::from_bytes(text.to_bytes()))
    }
    #[cfg(not(unix))]
    PathBuf::from(text.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A log of so many frames, of which so many are moved.
    fn log(frames: u32, moved: u32, turn: u64) -> Log {
        Log { committed: (frames, turn), frame: 4120, pages: 10, checkpoints: Checkpoints(moved, moved, turn) }
    }

    #[test]
    fn what_a_snapshot_keeps_in_the_log_is_no_rest_of_a_checkpoint() {
        let before = log(1000, 400, 7);
        assert!(log(1100, 1000, 7).has_rest_since(&before), "committed meanwhile");
        assert!(log(1100, 900, 7).has_rest_since(&before), "kept for a read that is over soon");
        assert!(!log(1000, 1000, 7).has_rest_since(&before), "all is moved");
        assert!(!log(1100, 400, 7).has_rest_since(&before), "a snapshot holds the frames after 400");
        assert!(!log(1100, 1050, 8).has_rest_since(&before), "begun anew meanwhile");
    }
}
