//! The folder of migrations: the revisions in it, read and written. A write is whole or has not been.

use super::record::{file_name, invalid, online_file_name, script_names, told, Direction, Record, Revision, RECORD};
use super::version;
use crate::dialect::DialectName;
use crate::error::{Code, Error, Result};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// How a folder begins that is being written. It becomes a revision by its renaming.
const UNFINISHED: &str = ".plinth-";

/// After this time a folder that is still being written is what a crash left behind.
const ABANDONED: Duration = Duration::from_secs(3600);

/// The revisions of a folder, in the order of their versions. No folder, no revisions; what does
/// not look like a revision is left alone. Fails with `RevisionInvalid` if one is not whole, or two
/// contradict each other.
pub fn read(dir: &Path) -> Result<Vec<Revision>> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(&error, "read", &told(dir, ""))),
    };
    let mut names: Vec<String> = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| failed(&error, "read", &told(dir, "")))?;
        if let Ok(name) = entry.file_name().into_string() {
            names.push(name);
        }
    }
    names.sort();
    let mut revisions: Vec<Revision> = Vec::new();
    for name in names {
        if let Some(revision) = read_one(dir, &name)? {
            check_version(&revision, revisions.last())?;
            revisions.push(revision);
        }
    }
    check_after(&revisions)?;
    Ok(revisions)
}

/// The revision of this name; `None` if the folder has no file of a revision.
fn read_one(dir: &Path, name: &str) -> Result<Option<Revision>> {
    let Some((version, slug)) = name.split_once('_') else { return Ok(None) };
    if version.is_empty() || !version.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(None);
    }
    let folder = dir.join(name);
    let path = told(&folder, "");
    if !folder.is_dir() {
        // Other tools have `0001_name.sql`; a whole version is meant as ours.
        return match version::moment(version) {
            None => Ok(None),
            Some(_) => Err(invalid(format!("{path} is a file, and a revision is a folder."))
                .expected("a folder, as `plinth revision` makes it")
                .found("a file")
                .hint(format!(
                    "Make a folder with `plinth revision --empty`, put the SQL into it, and take {name} away."
                ))),
        };
    }
    if version::moment(version).is_none() {
        return Err(invalid(format!("{path} does not begin with a version."))
            .expected("YYYYMMDDHHMMSS, a moment in UTC, before the first _")
            .found(version)
            .hint("Rename the folder, or move it elsewhere if it is not a revision."));
    }
    let record_path = told(&folder, RECORD);
    let Some(text) = read_text(&folder, RECORD)? else {
        return Err(invalid(format!("{record_path} is missing."))
            .expected(format!("{RECORD} and the SQL"))
            .found("a folder without it")
            .hint("Restore it from version control, or delete the folder if it is not a revision."));
    };
    let Record { after, operations, checksums, .. } = Record::read(&text, &record_path)?;
    let mut files = BTreeMap::new();
    for file in script_names() {
        if let Some(text) = read_text(&folder, &file)? {
            files.insert(file, text);
        }
    }
    let revision = Revision { version: version.into(), name: slug.into(), after, operations, checksums, folder, files };
    check_files(&revision)?;
    Ok(Some(revision))
}

/// The text of a file, without the mark that some editors put at its beginning; `None` if the file
/// does not exist.
fn read_text(folder: &Path, file: &str) -> Result<Option<String>> {
    let bytes = match fs::read(folder.join(file)) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(&error, "read", &told(folder, file))),
    };
    let text = String::from_utf8(bytes).map_err(|_| {
        invalid(format!("{} is not UTF-8.", told(folder, file)))
            .expected("text in UTF-8")
            .found("other bytes")
            .hint("Save the file as UTF-8.")
    })?;
    Ok(Some(text.strip_prefix('\u{feff}').map_or(text.clone(), str::to_owned)))
}

/// Each script that the record names is there, except those in steps, which may be deleted; each database has both ways or
/// none, and a script in steps stands beside the one that it is for.
fn check_files(revision: &Revision) -> Result<()> {
    let missing = |file: &str, because: String| {
        invalid(format!("{} is missing: {because}.", revision.path(file)))
            .expected(file)
            .found(revision.files.keys().map(String::as_str).collect::<Vec<_>>().join(", "))
            .hint("Restore it from version control.")
    };
    let ways = [Direction::Up, Direction::Down];
    let online = ways.map(online_file_name);
    let mut needed = revision.checksums.keys().filter(|file| !online.contains(file));
    if let Some(file) = needed.find(|file| !revision.files.contains_key(*file)) {
        return Err(missing(file, format!("{RECORD} has its checksum")));
    }
    for dialect in DialectName::ALL {
        let [up, down] = ways.map(|way| file_name(dialect, way));
        match (revision.files.contains_key(&up), revision.files.contains_key(&down)) {
            (true, false) => return Err(missing(&down, format!("{up} is there"))),
            (false, true) => return Err(missing(&up, format!("{down} is there"))),
            _ => {}
        }
    }
    for (way, online) in ways.into_iter().zip(&online) {
        let whole = file_name(DialectName::Postgres, way);
        if revision.files.contains_key(online) && !revision.files.contains_key(&whole) {
            return Err(missing(&whole, format!("{online} is there")));
        }
    }
    Ok(())
}

/// No two have one version. They come in the order of their folders' names.
fn check_version(revision: &Revision, before: Option<&Revision>) -> Result<()> {
    match before {
        Some(before) if before.version == revision.version => {
            let (one, other) = (before.id(), revision.id());
            Err(invalid(format!("Two revisions have the version {}: {one} and {other}.", revision.version))
                .expected("one revision for each version")
                .found(format!("{one}, {other}"))
                .hint("Rename the folder of the one that no database has applied, to a later version."))
        }
        _ => Ok(()),
    }
}

/// The revisions that a revision comes after exist, and came before it.
fn check_after(revisions: &[Revision]) -> Result<()> {
    for revision in revisions {
        let path = revision.path(RECORD);
        for version in &revision.after {
            if *version >= revision.version {
                return Err(invalid(format!(
                    "{path}: `after` has {version}, which is not earlier than {}.",
                    revision.version
                ))
                .expected("earlier versions")
                .found(version.clone())
                .hint("A folder that is renamed keeps its place: give it a version later than those in its `after`."));
            }
            if revisions.binary_search_by(|other| other.version.cmp(version)).is_err() {
                return Err(invalid(format!("{path}: `after` has {version}, and no folder has this version."))
                    .expected(format!("the folder of {version}"))
                    .found("no such folder")
                    .hint(
                        "Restore the folder from version control. If it was renamed, change `after` to its new \
                           version.",
                    ));
            }
        }
    }
    Ok(())
}

/// Writes a revision's folder, with the record and the scripts, by its files' names; all of it or nothing, whatever
/// happens to the machine meanwhile. Gives its path.
pub fn write(dir: &Path, id: &str, record: &Record, files: &BTreeMap<String, String>) -> Result<PathBuf> {
    let folder = dir.join(id);
    let path = told(&folder, "");
    if fs::symlink_metadata(&folder).is_ok() {
        return Err(invalid(format!("{path} already exists.")).hint("Run it again: it takes a later version."));
    }
    let failed = |error: io::Error| failed(&error, "write", &path);
    fs::create_dir_all(dir).map_err(failed)?;
    sweep(dir);
    let unfinished = dir.join(format!("{UNFINISHED}{id}-{}", std::process::id()));
    let written = write_into(&unfinished, record, files).and_then(|()| fs::rename(&unfinished, &folder));
    if let Err(error) = written {
        let _ = fs::remove_dir_all(&unfinished);
        return Err(failed(error));
    }
    sync_folder(dir).map_err(failed)?;
    Ok(folder)
}

fn write_into(folder: &Path, record: &Record, files: &BTreeMap<String, String>) -> io::Result<()> {
    fs::create_dir(folder)?;
    let record = (RECORD.to_owned(), record.write());
    for (name, text) in files.iter().chain([(&record.0, &record.1)]) {
        let mut file = File::create_new(folder.join(name))?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
    }
    sync_folder(folder)
}

/// Has the names in a folder written. Windows opens no folders, and needs no such thing.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(windows) {
        return Ok(());
    }
    File::open(folder)?.sync_all()
}

/// Takes away what a crash left behind. A file that cannot be taken away does no harm.
fn sweep(dir: &Path) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let ours = entry.file_name().to_str().is_some_and(|name| name.starts_with(UNFINISHED));
        let changed = entry.metadata().and_then(|data| data.modified()).ok();
        let age = changed.and_then(|then| SystemTime::now().duration_since(then).ok());
        if ours && age.is_some_and(|age| age > ABANDONED) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

fn failed(error: &io::Error, what: &str, path: &str) -> Error {
    let code = match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem if what == "write" => Code::ReadOnly,
        io::ErrorKind::PermissionDenied => Code::CannotOpen,
        io::ErrorKind::StorageFull => Code::DiskFull,
        _ => Code::IoFailed,
    };
    Error::new(code, format!("Cannot {what} {path}: {error}."))
}
