//! The folders that a database file is in.

use super::disk::{find, Found};
use super::target::Target;
use crate::error::{Code, Error, Result};
use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::Path;

/// Checks that a database file can be where its target says: that its folder exists, that no folder
/// has its name, and that it exists itself if it must not be made. A path that cannot be looked at
/// is left to SQLite.
///
/// Errors: `CANNOT_OPEN`.
pub fn check(target: &Target) -> Result<()> {
    if target.path.starts_with("file:") {
        return Ok(());
    }
    let path = Path::new(&target.path);
    if path.is_dir() {
        return Err(Error::new(Code::CannotOpen, format!("{} is a folder, not a database file.", path.display()))
            .expected("a file")
            .found("a folder")
            .hint("Name a file in DATABASE_URL, for example sqlite:///./app.db."));
    }
    if !target.create && is_missing(path) {
        let message =
            format!("The database file {} does not exist, and create=false forbids creating it.", path.display());
        return Err(Error::new(Code::CannotOpen, message).expected("an existing file").found("nothing").hint(
            "Mount the volume that holds it. For a database that is new: run `plinth init` once with a URL without \
             create=false.",
        ));
    }
    match path.ancestors().skip(1).take_while(|folder| is_missing(folder)).last() {
        Some(folder) => {
            let message = format!("The folder {} does not exist.", folder.display());
            Err(Error::new(Code::CannotOpen, message).expected("an existing folder").found("nothing").hint(
                "Check the path in DATABASE_URL, and that its volume is mounted; or create the folder. initDb() and \
                 `plinth init` create only the last folder of a path.",
            ))
        }
        None => Ok(()),
    }
}

/// The same for a database that is to be made: its folder is created if the folder above it exists.
pub fn prepare(target: &Target) -> Result<()> {
    if target.path.starts_with("file:") || !target.create {
        return check(target);
    }
    if let Some(folder) = Path::new(&target.path).parent() {
        if is_missing(folder) && folder.parent().is_some_and(|above| !is_missing(above)) {
            create(folder).map_err(|e| {
                Error::new(Code::CannotOpen, format!("The folder {} cannot be created: {e}.", folder.display()))
                    .hint("Check the path in DATABASE_URL and the permissions of its folders.")
            })?;
        }
    }
    check(target)
}

/// The error of a first read. A file on the write-ahead log needs two more beside it, also to be read: in a folder that
/// cannot be written SQLite reads it only if both exist.
pub fn unreadable(path: &str, error: Error) -> Error {
    if !matches!(error.code, Code::CannotOpen | Code::ReadOnly) || path.starts_with("file:") {
        return error;
    }
    let log = format!("{path}-wal");
    match fs::metadata(&log) {
        Ok(log_file) if log_file.len() > 0 => error.hint(format!(
            "Allow this process to write the file and its folder: {log} holds commits that are not in the file yet.",
        )),
        _ => error.hint(
            "Allow this process to write the file and its folder: SQLite makes two files beside it, also to read. Or, if \
             no process writes to the database as long as it is open here, add ?immutable=1 to the URL \
             (sqlite:///./app.db?immutable=1). Beside a process that writes, an immutable database reads wrong rows.",
        ),
    }
}

/// Whether a path leads to nothing. One that may not be looked at is not known to.
fn is_missing(path: &Path) -> bool {
    !path.as_os_str().is_empty() && matches!(find(path), Found::Missing)
}

/// Creates a folder, so that a power cut does not take it away with the database in it. SQLite does the same for the names
/// in it. Another process may create it at the same time.
fn create(folder: &Path) -> io::Result<()> {
    match fs::create_dir(folder) {
        Err(e) if e.kind() != ErrorKind::AlreadyExists || !folder.is_dir() => Err(e),
        _ => sync(folder.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."))),
    }
}

/// Has the names in a folder written. A folder that may not be read cannot be synced, nor can any on some file systems;
/// Windows needs no such thing.
pub fn sync(folder: &Path) -> io::Result<()> {
    if cfg!(windows) {
        return Ok(());
    }
    match File::open(folder) {
        Ok(folder) => match folder.sync_all() {
            Err(e) if matches!(e.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported) => Ok(()),
            synced => synced,
        },
        Err(_) => Ok(()),
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_cannot_be_synced_is_left_so() {
        let folder = Path::new("/proc/self");
        assert_eq!(File::open(folder).unwrap().sync_all().unwrap_err().kind(), ErrorKind::InvalidInput);
        sync(folder).unwrap();
    }
}
