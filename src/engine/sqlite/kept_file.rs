//! A copy of a database beside it, which keeps what a reset destroys: `app.kept-<time>.db`.

use super::admin::AdminConnection;
use super::connection::BUSY_TIMEOUT;
use super::part::{failed, folder_of, remove_others_left, Part};
use super::target::Target;
use crate::error::{Code, Error, Result};
use crate::statement::{Execute, Statement};
use std::fs;
use std::path::{Path, PathBuf};

/// The text between the name of a database and the time of a copy.
const MARK: &str = ".kept-";

/// The form of this time.
const FORM: &str = "0000-00-00T00-00-00.000Z";

/// Copies a database beside it, under this time. The caller has the write lock, so that the copy is what the caller destroys.
/// The copy has the mode and the owner of the original, and its name only once it is whole.
///
/// Errors: `DISK_FULL`, `IO_FAILED`; after an error no file is left.
pub fn copy(target: &Target, time: &str) -> Result<PathBuf> {
    let path = Path::new(&target.path);
    let copy = unused(path, time);
    write(target, path, &copy).map_err(|error| {
        error
            .in_context("The content that the reset destroys cannot be kept:")
            .hint("Nothing was changed. Make room there, or make a backup elsewhere and use --no-keep (keep: false).")
    })?;
    Ok(copy)
}

/// Takes the oldest copies away, so that so many stay with the one that was just made; gives the names of those that went. The
/// one just made stays whatever its name says of its time: a clock may have been set back.
pub fn remove_oldest(target: &Target, made: &Path, count: usize) -> Result<Vec<PathBuf>> {
    let path = Path::new(&target.path);
    let folder = folder_of(path);
    let entries = fs::read_dir(folder).map_err(|error| failed(folder, &error))?;
    let mut copies: Vec<((String, u32), PathBuf)> = entries
        .filter_map(|entry| {
            let name = entry.ok()?.file_name().into_string().ok()?;
            Some((time_of(path, &name)?, folder.join(&name)))
        })
        .filter(|(_, copy)| copy.file_name() != made.file_name())
        .collect();
    copies.sort();
    copies.truncate((copies.len() + 1).saturating_sub(count));
    let copies: Vec<PathBuf> = copies.into_iter().map(|(_, copy)| copy).collect();
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
    remove_others_left(copy, MARK);
    let mut part = Part::begin(copy, Some(like.permissions()))?;
    let name = part.path().to_str().ok_or_else(|| Error::new(Code::CannotOpen, "The path is not Unicode."))?;
    // VACUUM INTO takes an empty file.
    let mut connection = AdminConnection::open(&target.path, BUSY_TIMEOUT.as_millis() as u32)?;
    connection.execute(&Statement::new("VACUUM main INTO ?").bind(name))?;
    drop(connection);
    part.own_like(&like)?;
    part.finish()
}

/// The text before and after the time in the names of copies.
fn name_of(path: &Path) -> (String, String) {
    let text = |part: Option<&std::ffi::OsStr>| part.map(|part| part.to_string_lossy().into_owned());
    let start = text(path.file_stem()).unwrap_or_default() + MARK;
    let end = text(path.extension()).map(|extension| format!(".{extension}")).unwrap_or_default();
    (start, end)
}

/// When a copy of this name was made, and which of that moment it is; `None` for any other file, such as a copy that a person has
/// given another name to keep it.
fn time_of(path: &Path, name: &str) -> Option<(String, u32)> {
    let (start, end) = name_of(path);
    let rest = name.strip_prefix(&start)?.strip_suffix(&end)?;
    let (time, more) = rest.split_at_checked(FORM.len())?;
    let fits = |(form, byte): (u8, u8)| if form == b'0' { byte.is_ascii_digit() } else { byte == form };
    let number = match more.strip_prefix('-') {
        Some(number) => number.parse().ok()?,
        None if more.is_empty() => 1,
        None => return None,
    };
    FORM.bytes().zip(time.bytes()).all(fits).then(|| (time.to_owned(), number))
}

fn unused(path: &Path, time: &str) -> PathBuf {
    let (start, end) = name_of(path);
    // Colons are no part of a name everywhere.
    let time = time.replace(':', "-");
    let name = |more: &str| folder_of(path).join(format!("{start}{time}{more}{end}"));
    let others = (2..).map(|n| name(&format!("-{n}")));
    std::iter::once(name("")).chain(others).find(|path| !path.exists()).unwrap_or_else(|| name(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_a_reset_gives_are_copies() {
        let time = |name: &str| time_of(Path::new("/data/app.db"), name);
        let moment = "2026-11-30T10-15-00.000Z";
        assert_eq!(time(&format!("app.kept-{moment}.db")), Some((moment.into(), 1)));
        assert_eq!(time(&format!("app.kept-{moment}-12.db")), Some((moment.into(), 12)));
        for name in [
            "2026",
            "2026-11-30",
            "2026-11-30T10-15-00.000Z-mine",
            "2026-11-30T10-15-00.000Zé",
            "é26-11-30T10-15-00.000Z",
        ] {
            assert_eq!(time(&format!("app.kept-{name}.db")), None, "{name}");
        }
        assert_eq!(time(&format!("other.kept-{moment}.db")), None);
        assert_eq!(time(&format!("app.kept-{moment}.db.part")), None);
    }
}
