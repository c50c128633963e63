//! The record of a revision: operations.json, the SQL beside it, and whether that was edited. Reads texts, opens no file.

use crate::deep_json;
use crate::dialect::DialectName;
use crate::diff::Operation;
use crate::error::{Code, Error, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The version of operations.json. How each kind is stored is part of it.
pub const FORMAT: u32 = 1;

/// The name of the record in its folder.
pub const RECORD: &str = "operations.json";

/// Which way a script leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// To what the revision makes.
    Up,
    /// Back.
    Down,
}

impl Direction {
    /// `up` or `down`, as in the names of files.
    pub fn word(self) -> &'static str {
        match self {
            Direction::Up => "up",
            Direction::Down => "down",
        }
    }
}

/// One revision, as its folder holds it.
#[derive(Clone, Debug, PartialEq)]
pub struct Revision {
    /// `YYYYMMDDHHMMSS`.
    pub version: String,
    /// The part of the folder's name after the version.
    pub name: String,
    /// The versions of the leaves that existed when it was written.
    pub after: Vec<String>,
    /// Its changes.
    pub operations: Vec<Operation>,
    /// The checksum of each script as it was generated, by its file's name.
    pub checksums: BTreeMap<String, String>,
    /// Its folder.
    pub folder: PathBuf,
    /// The existing scripts, by their files' names, as they are.
    pub files: BTreeMap<String, String>,
}

impl Revision {
    /// `20261120101500_add_phone`.
    pub fn id(&self) -> String {
        format!("{}_{}", self.version, self.name)
    }

    /// The path of one of its files as messages tell it: `migrations/20261120101500_add_phone/up.sqlite.sql`.
    pub fn path(&self, file: &str) -> String {
        told(&self.folder, file)
    }

    /// The script for a database. Fails with `RevisionInvalid` where the revision was written for others only.
    pub fn script(&self, dialect: DialectName, direction: Direction) -> Result<&str> {
        let file = file_name(dialect, direction);
        self.files.get(&file).map(String::as_str).ok_or_else(|| {
            let here: Vec<&str> = self.files.keys().map(String::as_str).collect();
            Error::new(Code::RevisionInvalid, format!("The revision {} has no SQL for {dialect}.", self.id()))
                .expected(self.path(&file))
                .found(if here.is_empty() { "no SQL at all".into() } else { here.join(", ") })
                .hint(format!(
                    "Write the file by hand; or, if no database has this revision, delete its folder and generate it \
                     again with `{dialect}` among the dialects."
                ))
        })
    }

    /// The part that a database records of it: its predecessors and its changes, as JSON.
    pub fn recorded(&self) -> String {
        // Records hold strings, numbers and lists: nothing that JSON cannot say.
        serde_json::to_string(&Recorded {
            format: FORMAT,
            after: self.after.clone(),
            operations: self.operations.clone(),
        })
        .unwrap_or_default()
    }

    /// The revision of which a database has recorded this, without its files; `None` if a newer Plinth recorded it.
    pub fn from_recorded(version: &str, name: &str, recorded: &str) -> Option<Revision> {
        let recorded = deep_json::read(recorded).ok()?;
        let Recorded { format, after, operations } = serde_json::from_value(recorded).ok()?;
        let (version, name) = (version.to_owned(), name.to_owned());
        (format == FORMAT).then(|| Revision {
            version,
            name,
            after,
            operations,
            checksums: BTreeMap::new(),
            folder: PathBuf::new(),
            files: BTreeMap::new(),
        })
    }

    /// Whether the script is not what was generated any more. A missing one was not edited.
    pub fn edited(&self, dialect: DialectName, direction: Direction) -> bool {
        let file = file_name(dialect, direction);
        self.is_edited(&file)
    }

    /// The script for PostgreSQL in steps, as it is; `None` if there is none, or it is stale.
    pub fn online(&self, direction: Direction) -> Option<&str> {
        let text = self.files.get(&online_file_name(direction)).map(String::as_str);
        text.filter(|_| !self.stale(direction))
    }

    /// Whether the script in steps is not what was generated any more. A missing one was not edited: it may be
    /// deleted when the script of one transaction is edited.
    pub fn edited_online(&self, direction: Direction) -> bool {
        self.is_edited(&online_file_name(direction))
    }

    /// Whether the script of one transaction was edited, and the one in steps is still what was generated beside it.
    pub fn stale(&self, direction: Direction) -> bool {
        let file = online_file_name(direction);
        self.files.contains_key(&file) && self.edited(DialectName::Postgres, direction) && !self.is_edited(&file)
    }

    fn is_edited(&self, file: &str) -> bool {
        self.files.get(file).is_some_and(|text| self.checksums.get(file) != Some(&checksum(text)))
    }
}

/// `up.sqlite.sql`.
pub fn file_name(dialect: DialectName, direction: Direction) -> String {
    format!("{}.{dialect}.sql", direction.word())
}

/// `up.postgres.online.sql`: the same change in steps.
pub fn online_file_name(direction: Direction) -> String {
    format!("{}.{}.online.sql", direction.word(), DialectName::Postgres)
}

/// The names that scripts can have.
pub fn script_names() -> impl Iterator<Item = String> {
    let ways = [Direction::Up, Direction::Down];
    let whole = DialectName::ALL.into_iter().flat_map(move |dialect| ways.map(move |way| file_name(dialect, way)));
    whole.chain(ways.map(online_file_name))
}

/// SHA-256 of a text, hex, its CRLF read as LF: a checkout on Windows is not an edit.
pub fn checksum(text: &str) -> String {
    let mut hash = Sha256::new();
    let mut parts = text.split("\r\n");
    hash.update(parts.next().unwrap_or_default());
    for part in parts {
        hash.update("\n");
        hash.update(part);
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The part of a revision that a database holds.
#[derive(Serialize, Deserialize)]
struct Recorded {
    format: u32,
    after: Vec<String>,
    operations: Vec<Operation>,
}

/// The content of operations.json.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// `FORMAT`.
    pub format: u32,
    /// See `Revision`.
    pub after: Vec<String>,
    /// See `Revision`.
    pub operations: Vec<Operation>,
    /// See `Revision`.
    pub checksums: BTreeMap<String, String>,
}

impl Record {
    /// Reads the text of the file at `path`, which the errors (`RevisionInvalid`) name.
    pub fn read(text: &str, path: &str) -> Result<Record> {
        let json: Value = deep_json::read(text).map_err(|error| {
            invalid(format!("{path} is not JSON: {error}"))
                .expected("JSON, as `plinth revision` wrote it")
                .found(text.lines().nth(error.line().saturating_sub(1)).unwrap_or_default())
                .hint("Restore it from version control; a conflict of a merge must be resolved in it.")
        })?;
        check_format(&json, path)?;
        let record: Record = serde_json::from_value(json.clone()).map_err(|error| {
            invalid(format!("{path} is not a valid record of a revision: {error}"))
                .expected("format, after, operations, checksums")
                .found(error.to_string())
                .hint("Restore it from version control. Edit the changes of a revision in its SQL, not here.")
        })?;
        let known = serde_json::to_value(&record).map_err(|error| Error::new(Code::Internal, error.to_string()))?;
        if let Some(key) = unknown(&json, &known, "") {
            return Err(invalid(format!("{path} has an unknown key: {key}"))
                .expected("the keys that `plinth revision` wrote")
                .found(key)
                .hint("Remove the key; or update Plinth, if a newer version wrote it."));
        }
        let names: Vec<String> = script_names().collect();
        if let Some(name) = record.checksums.keys().find(|name| !names.contains(*name)) {
            return Err(invalid(format!("{path} has a checksum of `{name}`, which is not the name of a script."))
                .expected(names.join(", "))
                .found(name.clone())
                .hint("Restore it from version control."));
        }
        Ok(record)
    }

    /// The text of the file.
    pub fn write(&self) -> String {
        // Records hold strings, numbers and lists: nothing that JSON cannot say.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }
}

fn check_format(json: &Value, path: &str) -> Result<()> {
    let expected = format!("format {FORMAT}");
    match json.get("format") {
        Some(format) if *format == FORMAT => Ok(()),
        Some(Value::Number(newer)) if newer.as_u64().is_some_and(|newer| newer > u64::from(FORMAT)) => {
            Err(invalid(format!("{path} is of the newer format {newer}: this Plinth reads format {FORMAT}."))
                .expected(expected)
                .found(format!("format {newer}"))
                .hint("Update Plinth to the version that wrote it."))
        }
        other => {
            let found = other.map_or("no format".into(), |other| format!("format {other}"));
            Err(invalid(format!("{path} is not a record of a revision: it has {found}."))
                .expected(expected)
                .found(found)
                .hint("Restore it from version control."))
        }
    }
}

/// The first key in `json` that was not read, with the way to it. A value that means nothing (null,
/// false, []) may be left out of the written form, and so is not missed.
fn unknown(json: &Value, known: &Value, at: &str) -> Option<String> {
    match (json, known) {
        (Value::Object(json), Value::Object(known)) => json.iter().find_map(|(key, value)| {
            let at = if at.is_empty() { key.clone() } else { format!("{at}.{key}") };
            match known.get(key) {
                Some(known) => unknown(value, known, &at),
                None if says_nothing(value) => None,
                None => Some(at),
            }
        }),
        (Value::Array(json), Value::Array(known)) => json
            .iter()
            .zip(known)
            .enumerate()
            .find_map(|(i, (value, known))| unknown(value, known, &format!("{at}[{i}]"))),
        _ => None,
    }
}

fn says_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

/// A path as messages tell it: from the folder of all migrations on, so that it reads the same on every machine.
pub(super) fn told(folder: &std::path::Path, file: &str) -> String {
    let mut parts: Vec<String> = folder
        .iter()
        .rev()
        .take(2)
        .map(|part| part.to_string_lossy().into_owned())
        .filter(|part| part != "/")
        .collect();
    parts.reverse();
    parts.push(file.into());
    parts.retain(|part| !part.is_empty());
    parts.join("/")
}

pub(super) fn invalid(message: impl Into<String>) -> Error {
    Error::new(Code::RevisionInvalid, message)
}
