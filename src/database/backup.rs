//! Backup and restore of a database. Of PostgreSQL they are the work of its own programs, which the errors name.

use super::{is_missing, Target};
use crate::engine::sqlite::backup::{backup as copy, Copied, Progress, Watch};
use crate::engine::sqlite::restore::restore as replace;
use crate::engine::stop::Stop;
use crate::error::{caught, Code, Error, Result};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// What both are told.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Options {
    /// The file that is written, or restored; absolute.
    pub file: PathBuf,
    /// How reports name the database.
    pub url: String,
    /// How long it may take, in milliseconds.
    pub timeout: Option<f64>,
    /// Of a restore: the moment that names the backup of what is there.
    #[serde(default)]
    pub moment: String,
}

/// A file that was written, or restored.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The file.
    pub file: PathBuf,
    /// Its length.
    pub bytes: u64,
    /// Its pages.
    pub pages: u64,
    /// Of a restore: the file with what the database held before.
    pub before: Option<PathBuf>,
}

impl Options {
    /// Reads options from JSON.
    pub fn from_json(json: &str) -> Result<Self> {
        serde_json::from_str(json)
            .map_err(|error| Error::new(Code::Internal, format!("The options are no JSON: {error}.")))
    }

    fn stop(&self) -> Arc<Stop> {
        let limit = self.timeout.map(|limit| Duration::from_secs_f64(limit.clamp(0.0, f64::from(i32::MAX)) / 1000.0));
        Arc::new(Stop::after(limit))
    }
}

/// Copies a database into a new file, while others go on writing.
pub fn backup(target: &Target, options: &Options, report: &mut dyn FnMut(&Progress)) -> Result<Report> {
    let Target::Sqlite(sqlite) = target else {
        let url = quoted(&options.url);
        let line = format!("pg_dump --format=custom --file={} {url}", quoted(&options.file.to_string_lossy()));
        return Err(only_files("backup()", &line));
    };
    if is_missing(target)? {
        return Err(Error::new(Code::CannotOpen, "The database file does not exist: there is nothing to back up."));
    }
    let stop = options.stop();
    let copied = caught(|| copy(sqlite, &options.file, &mut Watch { stop: &stop, report }))?;
    Ok(Report { file: options.file.clone(), bytes: copied.bytes, pages: copied.pages, before: None })
}

/// Puts the content of a file in the place of what a database holds; that is kept in a file beside it.
pub fn restore(target: &Target, options: &Options, report: &mut dyn FnMut(&Progress)) -> Result<Report> {
    let Target::Sqlite(sqlite) = target else {
        let url = quoted(&options.url);
        let file = quoted(&options.file.to_string_lossy());
        let line = format!("pg_restore --clean --if-exists --single-transaction --dbname={url} {file}");
        return Err(only_files("restore()", &line));
    };
    // Errors: a file that was open and is gone.
    is_missing(target)?;
    let (stop, before) = (options.stop(), |path: &Path| before(path, &options.moment));
    let restored = caught(|| replace(sqlite, &options.file, &before, &mut Watch { stop: &stop, report }))?;
    let Copied { pages, bytes } = restored.copied;
    Ok(Report { file: options.file.clone(), bytes, pages, before: restored.before })
}

/// Where the database keeps what it holds before a restore: `app.before-restore-20261120101500123.db` beside `app.db`.
fn before(path: &Path, moment: &str) -> PathBuf {
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!("{name}.before-restore-{moment}.db"))
}

fn only_files(call: &str, line: &str) -> Error {
    Error::new(Code::QueryInvalid, format!("{call} is for SQLite files; a PostgreSQL server has a program for it."))
        .expected("a SQLite database")
        .found("a PostgreSQL database")
        .hint(format!("Run: {line}"))
}

/// A word of a command line.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_what_was_there() {
        for (path, expected) in [
            ("/data/app.db", "/data/app.before-restore-1.db"),
            ("/data/app", "/data/app.before-restore-1.db"),
            ("/da.ta/it's.v2.sqlite", "/da.ta/it's.v2.before-restore-1.db"),
        ] {
            assert_eq!(before(Path::new(path), "1"), Path::new(expected));
        }
    }

    #[test]
    fn words_of_a_command_line() {
        assert_eq!(quoted("it's"), r"'it'\''s'");
    }
}
