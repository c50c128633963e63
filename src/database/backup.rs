//! Backup and restore of a database. Of PostgreSQL they are the work of its own programs, which the errors name.

use super::{administer, is_missing, Target};
use crate::engine::sqlite::backup::{backup as copy, Check, Copied, Progress, Watch};
use crate::engine::sqlite::restore::{restore as replace, MARK};
use crate::engine::stop::Stop;
use crate::error::{caught, Code, Error, Result};
use crate::migrate::log::protection::{Guard, Protection, Word};
use crate::reset::lost;
use crate::statement::Patience;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// The options of both.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Options {
    /// The file that is written, or restored; absolute.
    pub file: PathBuf,
    /// How reports name the database.
    pub url: String,
    /// How long it may take, in milliseconds.
    pub timeout: Option<f64>,
    /// Of a backup: how closely SQLite looks for damage.
    #[serde(default)]
    pub check: Check,
    /// Of a restore: the moment that names the backup of the previous content.
    #[serde(default)]
    pub moment: String,
    /// Of a restore: the word of a protected database, as it was given.
    #[serde(default)]
    pub word: Option<Word>,
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
            .map_err(|error| Error::new(Code::Internal, format!("The options are not valid JSON: {error}.")))
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
    let copied = caught(|| copy(sqlite, &options.file, options.check, &mut Watch { stop: &stop, report }))?;
    Ok(Report { file: options.file.clone(), bytes: copied.bytes, pages: copied.pages, before: None })
}

/// Puts the content of a file in the place of what a database holds; that is kept in a file beside it. A protected database asks
/// for its word, and stays protected by it, whatever the file holds.
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
    let mut protection = None;
    let mut allow = || {
        protection = asked(target, options)?;
        Ok(())
    };
    let watch = &mut Watch { stop: &stop, report };
    let restored = caught(|| replace(sqlite, &options.file, &before, &mut allow, watch))?;
    if let Some(protection) = protection {
        protect_again(target, &protection)?;
    }
    let Copied { pages, bytes } = restored.copied;
    Ok(Report { file: options.file.clone(), bytes, pages, before: restored.before })
}

/// Asks for the word of a protected database; gives its protection. The protection of a damaged
/// database cannot be read, and it must be possible to restore it: its content is kept as it is.
fn asked(target: &Target, options: &Options) -> Result<Option<Protection>> {
    let guard = Guard::Word(options.word.as_ref());
    let asked = administer(target, false, Patience::default(), |dialect, connection| {
        guard.check(dialect, connection, "the restore", |connection| {
            Ok(lost(&dialect.survey(connection)?, "replaces"))
        })?;
        Protection::read(dialect, connection)
    });
    match asked {
        Err(error) if matches!(error.code, Code::Corrupt | Code::NotADatabase) => Ok(None),
        asked => asked,
    }
}

/// The file may hold no protection, or one by another word.
fn protect_again(target: &Target, protection: &Protection) -> Result<()> {
    let protected = administer(target, false, Patience::default(), |dialect, connection| {
        dialect.transaction(connection, &mut |connection| {
            if Protection::read(dialect, connection)?.is_some() {
                protection.remove(connection)?;
            }
            protection.add(dialect, connection)
        })
    });
    protected.map_err(|error| error.in_context("The file was restored, but the protection of the database was not:"))
}

/// Where the database keeps what it holds before a restore: `app.before-restore-20261120101500123.db` beside `app.db`.
fn before(path: &Path, moment: &str) -> PathBuf {
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!("{name}{MARK}{moment}.db"))
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
