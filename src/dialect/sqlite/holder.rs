//! The process that holds the write lock of a file, and whether it makes progress.

use crate::dialect::waiting::Holder;
use crate::error::Result;
use crate::statement::{Execute, Statement};
use crate::value::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// The byte of the `-shm` file that the writer locks: https://www.sqlite.org/walformat.html#wal_locks
#[cfg(target_os = "linux")]
const WRITE_LOCK: &str = "120";

/// The holder of the write lock, and how far its work has come. The mark of progress is what the holder writes: each COMMIT, and
/// the pages of a long transaction, which SQLite writes into the log before the COMMIT.
pub(super) fn holder(connection: &mut dyn Execute) -> Result<Holder> {
    let version = connection.query(&Statement::new("PRAGMA data_version"))?;
    let version = version.first().and_then(|row| row.first()).and_then(Value::as_int).unwrap_or_default();
    let files = connection.query(&Statement::new("SELECT file FROM pragma_database_list WHERE name = 'main'"))?;
    let file = files.first().and_then(|row| row.first()).and_then(Value::as_str).unwrap_or_default();
    // One in memory has no files.
    let beside = |end: &str| Some(PathBuf::from(format!("{file}{end}"))).filter(|_| !file.is_empty());
    let log = beside("-wal").and_then(|log| fs::metadata(log).ok());
    let written =
        log.and_then(|log| Some((log.len(), log.modified().ok()?.duration_since(UNIX_EPOCH).ok()?.as_nanos())));
    let name = beside("-shm").and_then(|shm| process(&shm)).map(|process| match process == std::process::id() {
        true => "a transaction of this process".to_owned(),
        false => format!("the process {process}"),
    });
    Ok(Holder { name, end: None, mark: format!("{version} {written:?}") })
}

/// The process that holds the lock, as Linux lists it. The file must not be opened: closing it would end all locks that
/// this process has on it.
#[cfg(target_os = "linux")]
fn process(shm: &Path) -> Option<u32> {
    use std::os::unix::fs::MetadataExt;
    let inode = fs::metadata(shm).ok()?.ino().to_string();
    let locks = fs::read_to_string("/proc/locks").ok()?;
    // `1: POSIX  ADVISORY  WRITE 4711 08:01:131 120 120`
    locks.lines().find_map(|line| {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        let [_, "POSIX", _, "WRITE", process, place, from, _] = words[..] else { return None };
        let is_it = place.rsplit(':').next() == Some(&inode) && from == WRITE_LOCK;
        process.parse().ok().filter(|_| is_it)
    })
}

#[cfg(not(target_os = "linux"))]
fn process(_: &Path) -> Option<u32> {
    None
}
