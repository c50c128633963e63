//! A file in the making: written under the name `<file>.part`, and renamed when it is whole and on the disk.

use super::error::no_room;
use super::folders;
use crate::error::{Code, Error, Result};
use std::fs::{self, File, Metadata, OpenOptions, Permissions};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// A file that is not whole yet. It is removed if it is dropped as such.
pub struct Part {
    file: PathBuf,
    path: PathBuf,
    /// Locked as long as it is open, so that two processes never write the same one. It is closed when SQLite has closed its
    /// own: closing any descriptor of a file drops the locks that SQLite has on it.
    open: File,
    /// The permissions to read and write it once it is whole; `None`: those that the system gives by
    /// default.
    permissions: Option<Permissions>,
    whole: bool,
}

impl Part {
    /// Begins a file that must not be there yet. A part that a killed process has left is written
    /// anew.
    ///
    /// Errors: `CANNOT_OPEN`, `BUSY` where another process writes it, `DISK_FULL`, `READ_ONLY`.
    pub fn begin(file: &Path, permissions: Option<Permissions>) -> Result<Self> {
        refuse_existing(file)?;
        let folder = folder_of(file);
        if !folder.is_dir() {
            return Err(Error::new(Code::CannotOpen, format!("The folder {} does not exist.", folder.display()))
                .expected("a path in an existing folder")
                .hint("Create the folder first, or name a file in another one."));
        }
        let path = with(file, ".part");
        // Locked until the new one is.
        let _left = remove_left(&path)?;
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(true);
        #[cfg(unix)]
        if permissions.is_some() {
            // It is readable by its owner alone until its permissions are known.
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        }
        let open = options.open(&path).map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => busy(&path),
            _ => failed(&path, &error),
        })?;
        lock(&open, &path)?;
        Ok(Part { file: file.to_owned(), path, open, permissions, whole: false })
    }

    /// Where it is until it is whole.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Has its content on the disk.
    pub fn sync(&self) -> Result<()> {
        self.open.sync_all().map_err(|error| failed(&self.path, &error))
    }

    /// Its length in bytes.
    pub fn size(&self) -> Result<u64> {
        self.open.metadata().map(|found| found.len()).map_err(|error| failed(&self.path, &error))
    }

    /// Gives it the owner of another file. Only root gives files away: others keep it, and then for themselves.
    #[cfg(unix)]
    pub fn own_like(&mut self, original: &Metadata) -> Result<()> {
        use std::os::unix::fs::{fchown, MetadataExt};
        let own = self.open.metadata().map_err(|error| failed(&self.path, &error))?;
        let same = (original.uid(), original.gid()) == (own.uid(), own.gid());
        if !same && fchown(&self.open, Some(original.uid()), Some(original.gid())).is_err() {
            self.permissions = None;
        }
        Ok(())
    }

    /// The same; elsewhere a file is its writer's.
    #[cfg(not(unix))]
    pub fn own_like(&mut self, _original: &Metadata) -> Result<()> {
        Ok(())
    }

    /// Gives it its name, and has that on the disk. Errors: as for `begin`.
    pub fn finish(mut self) -> Result<()> {
        if let Some(permissions) = self.permissions.take() {
            self.open.set_permissions(permissions).map_err(|error| failed(&self.path, &error))?;
        }
        self.sync()?;
        rename(&self.path, &self.file).map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => exists(&self.file),
            _ => failed(&self.file, &error),
        })?;
        self.whole = true;
        let file = self.file.clone();
        // Closed before anybody in this process is likely to open it by its new name.
        drop(self);
        folders::sync(folder_of(&file)).map_err(|error| failed(&file, &error))
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if !self.whole {
            remove(&self.path);
        }
    }
}

/// The folder that a file is in.
pub fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A path with more at its end.
pub fn with(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}

/// An error of the operating system about a file.
pub fn failed(path: &Path, error: &io::Error) -> Error {
    let message = format!("{}: {error}.", path.display());
    match error.kind() {
        _ if error.raw_os_error().is_some_and(no_room) => {
            Error::new(Code::DiskFull, message).hint("Nothing was written. Free some space, then make the call again.")
        }
        ErrorKind::PermissionDenied => {
            Error::new(Code::CannotOpen, message).hint("Check that you may write to the folder, and read the file.")
        }
        ErrorKind::ReadOnlyFilesystem => Error::new(Code::ReadOnly, message),
        ErrorKind::NotFound | ErrorKind::IsADirectory | ErrorKind::NotADirectory => {
            Error::new(Code::CannotOpen, message).hint("Check the path.")
        }
        _ => Error::new(Code::IoFailed, message),
    }
}

fn exists(file: &Path) -> Error {
    Error::new(Code::CannotOpen, format!("{} exists, and nothing is written over it.", file.display()))
        .expected("a path without a file")
        .found("a file or folder")
        .hint("Name another file, or move this one away.")
}

fn busy(path: &Path) -> Error {
    Error::new(Code::Busy, format!("Another process is writing {}.", path.display()))
        .hint("Wait for its end, or name another file.")
}

fn refuse_existing(file: &Path) -> Result<()> {
    match fs::symlink_metadata(file) {
        Ok(_) => Err(exists(file)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(failed(file, &error)),
    }
}

/// Removes what a killed process has left; gives it while it is locked.
fn remove_left(path: &Path) -> Result<Option<File>> {
    let left = match OpenOptions::new().read(true).write(true).open(path) {
        Ok(left) => left,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(path, &error)),
    };
    lock(&left, path)?;
    remove(path);
    Ok(Some(left))
}

/// Removes what killed processes have left of files that are named like this one up to the mark, and then by their time: each
/// process writes its own, so that none begins what another has left. What is still written stays.
pub fn remove_others_left(file: &Path, mark: &str) {
    let Some(name) = file.file_name().and_then(|name| name.to_str()) else { return };
    let Some(start) = name.rfind(mark).map(|at| &name[..at + mark.len()]) else { return };
    for entry in fs::read_dir(folder_of(file)).into_iter().flatten().flatten() {
        let other = entry.file_name();
        let time = other.to_str().and_then(|other| other.strip_prefix(start)?.strip_suffix(".part"));
        if time.is_some_and(|time| time.starts_with(|first: char| first.is_ascii_digit())) {
            let _ = remove_left(&entry.path());
        }
    }
}

/// Removes the file and what SQLite may have written beside it. A file that cannot be removed is
/// met by the next one.
fn remove(path: &Path) {
    for end in ["", "-journal", "-wal", "-shm"] {
        let _ = fs::remove_file(with(path, end));
    }
}

/// Errors: `BUSY` where another process has the lock. If a file system knows no locks, there is
/// none.
#[cfg(any(target_os = "linux", target_os = "macos"))]
fn lock(file: &File, path: &Path) -> Result<()> {
    use rustix::fs::{flock, FlockOperation};
    match flock(file, FlockOperation::NonBlockingLockExclusive) {
        Err(rustix::io::Errno::WOULDBLOCK) => Err(busy(path)),
        _ => Ok(()),
    }
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
fn lock(_: &File, _: &Path) -> Result<()> {
    Ok(())
}

/// Renames a file, over no other one.
fn rename(from: &Path, to: &Path) -> io::Result<()> {
    #[cfg(any(target_os = "linux", target_os = "macos"))]
    {
        use rustix::fs::{renameat_with, RenameFlags, CWD};
        use rustix::io::Errno;
        match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
            // Not every file system can do it.
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {}
            renamed => return renamed.map_err(Into::into),
        }
    }
    match fs::symlink_metadata(to) {
        Ok(_) => Err(ErrorKind::AlreadyExists.into()),
        Err(_) => fs::rename(from, to),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_process_has_left_is_written_anew_and_what_is_written_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.db");
        let part = with(&file, ".part");
        for end in ["", "-journal", "-wal"] {
            fs::write(with(&part, end), "left").unwrap();
        }
        let first = Part::begin(&file, None).unwrap();
        assert_eq!(first.size().unwrap(), 0);
        assert!(!with(&part, "-journal").exists() && !with(&part, "-wal").exists());
        if cfg!(any(target_os = "linux", target_os = "macos")) {
            assert_eq!(Part::begin(&file, None).err().unwrap().code, Code::Busy);
        }
        drop(first);
        assert!(!part.exists(), "what is not whole goes");
        Part::begin(&file, None).unwrap().finish().unwrap();
        assert!(file.exists() && !part.exists());
        assert_eq!(Part::begin(&file, None).err().unwrap().code, Code::CannotOpen);
    }

    #[test]
    fn what_others_have_left_goes_unless_they_write_it_still() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| folder.path().join(name);
        let names = ["a.kept-1.db.part", "a.kept-1.db", "a.kept-mine.db.part", "b.kept-1.db.part", "a.db.part"];
        for name in names {
            fs::write(file(name), "left").unwrap();
        }
        let written = Part::begin(&file("a.kept-2.db"), None).unwrap();
        remove_others_left(&file("a.kept-3.db"), ".kept-");
        let there: Vec<&str> = names.into_iter().filter(|name| file(name).exists()).collect();
        assert_eq!(there, names[1..]);
        if cfg!(any(target_os = "linux", target_os = "macos")) {
            assert!(written.path().exists(), "it is locked");
        }
    }

    #[test]
    fn a_file_that_comes_meanwhile_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.db");
        let part = Part::begin(&file, None).unwrap();
        fs::write(&file, "another").unwrap();
        assert_eq!(part.finish().unwrap_err().code, Code::CannotOpen);
        assert_eq!(fs::read_to_string(&file).unwrap(), "another");
        assert!(!with(&file, ".part").exists());
    }
}
