//! A copy of a database beside it, which keeps what a reset destroys: `app.kept-<time>.db`.

use super::admin::AdminConnection;
use super::connection::{Target, BUSY_TIMEOUT};
use super::part::{failed, folder_of, Part};
use crate::error::{Code, Error, Result};
use crate::statement::{Execute, Statement};
use std::fs;
use std::path::{Path, PathBuf};

/// What stands between the name of a database and the time of a copy.
const MARK: &str = ".kept-";

/// Copies a database beside it, under this time. The caller has the write lock, so that the copy is what the caller destroys.
/// The copy has the mode and the owner of the original, and its name only once it is whole.
///
/// Errors: `DISK_FULL`, `IO_FAILED`; nothing is left of it then.
pub fn copy(target: &Target, time: &str) -> Result<PathBuf> {
    let path = Path::new(&target.path);
    let copy = unused(path, time);
    write(target, path, &copy).map_err(|error| {
        error
            .in_context("What the reset destroys cannot be kept:")
            .hint("Nothing was changed. Make room there, or make a backup elsewhere and say --no-keep (keep: false).")
    })?;
    Ok(copy)
}

/// Takes the oldest copies away, so that so many stay; gives the names of those that went.
pub fn remove_oldest(target: &Target, count: usize) -> Result<Vec<PathBuf>> {
    let path = Path::new(&target.path);
    let (start, end) = name_of(path);
    let folder = folder_of(path);
    let entries = fs::read_dir(folder).map_err(|error| failed(folder, &error))?;
    let mut copies: Vec<PathBuf> = entries
        .filter_map(|entry| {
            let name = entry.ok()?.file_name().into_string().ok()?;
            let time = name.strip_prefix(&start)?.strip_suffix(&end)?;
            time.starts_with(|first: char| first.is_ascii_digit()).then(|| folder.join(&name))
        })
        .collect();
    copies.sort();
    copies.truncate(copies.len().saturating_sub(count));
    for copy in &copies {
        fs::remove_file(copy).map_err(|error| failed(copy, &error))?;
    }
    Ok(copies)
}

/// The bytes of a database that a copy would have.
pub fn size(connection: &mut dyn Execute) -> Result<i64> {
    let sql = "SELECT (page_count - freelist_count) * page_size FROM pragma_page_count, pragma_freelist_count, pragma_page_size";
    Ok(connection.query(&Statement::new(sql))?.first().and_then(|row| row[0].as_int()).unwrap_or_default())
}

fn write(target: &Target, original: &Path, copy: &Path) -> Result<()> {
    let like = fs::metadata(original).map_err(|error| failed(original, &error))?;
    let mut part = Part::begin(copy, Some(like.permissions()))?;
    let name = part.path().to_str().ok_or_else(|| Error::new(Code::CannotOpen, "The path is not Unicode."))?;
    // VACUUM INTO takes an empty file.
    let mut connection = AdminConnection::open(&target.path, BUSY_TIMEOUT.as_millis() as u32)?;
    connection.execute(&Statement::new("VACUUM main INTO ?").bind(name))?;
    drop(connection);
    part.own_like(&like)?;
    part.finish()
}

/// What comes before and after the time in the names of copies.
fn name_of(path: &Path) -> (String, String) {
    let text = |part: Option<&std::ffi::OsStr>| part.map(|part| part.to_string_lossy().into_owned());
    let start = text(path.file_stem()).unwrap_or_default() + MARK;
    let end = text(path.extension()).map(|extension| format!(".{extension}")).unwrap_or_default();
    (start, end)
}

fn unused(path: &Path, time: &str) -> PathBuf {
    let (start, end) = name_of(path);
    // Colons are no part of a name everywhere.
    let time = time.replace(':', "-");
    let name = |more: &str| folder_of(path).join(format!("{start}{time}{more}{end}"));
    let others = (2..).map(|n| name(&format!("-{n}")));
    std::iter::once(name("")).chain(others).find(|path| !path.exists()).unwrap_or_else(|| name(""))
}
