//! The folders that a database file is in.

use crate::error::{Code, Error, Result};
use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::Path;

/// Creates the missing parent folders of a database; says what a path is that cannot be a database.
pub fn prepare(path: &str) -> Result<()> {
    if path.starts_with("file:") {
        return Ok(());
    }
    let path = Path::new(path);
    if path.is_dir() {
        return Err(Error::new(Code::CannotOpen, format!("{} is a folder, not a database file.", path.display()))
            .expected("a file")
            .found("a folder")
            .hint("Name a file in DATABASE_URL, for example sqlite:///./app.db."));
    }
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => create(parent).map_err(|e| {
            Error::new(Code::CannotOpen, format!("The folder {} cannot be created: {e}.", parent.display()))
                .hint("Check the path in DATABASE_URL and the permissions of its folders.")
        }),
        _ => Ok(()),
    }
}

/// Creates a folder and its missing parents, so that a power cut does not take them away with the database in them. SQLite
/// does the same for the names in the last of them.
fn create(folder: &Path) -> io::Result<()> {
    let missing = |folder: &&Path| !folder.as_os_str().is_empty() && !folder.exists();
    let created: Vec<&Path> = folder.ancestors().take_while(missing).collect();
    fs::create_dir_all(folder)?;
    for folder in created.into_iter().rev() {
        sync(folder.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new(".")))?;
    }
    Ok(())
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
