//! The log's entry of a revision: as it runs, and as it is stamped.

use crate::dialect::Dialect;
use crate::error::Result;
use crate::kept::Kept;
use crate::migrate::disk::record::{checksum, file_name, Direction, Revision};
use crate::migrate::log::history::{self, Direction as Event, Entry};
use crate::migrate::report::verbs::Ran;
use crate::migrate::steps::step::Step;
use crate::statement::Execute;
use crate::time;
use std::time::Instant;

/// Records that a revision counts as applied.
pub fn stamp_one(dialect: &dyn Dialect, connection: &mut dyn Execute, by: &str, revision: &Revision) -> Result<()> {
    let checksum = checksum_of(dialect, revision);
    let operations = Some(revision.recorded());
    let entry = Entry { name: revision.name.clone(), checksum, operations, ..stamped(by, &revision.version) };
    history::add(dialect, connection, &entry)
}

/// The log's entry of a revision that begins now.
pub(super) fn entry_of(dialect: &dyn Dialect, by: &str, revision: &Revision, direction: Direction) -> Entry {
    let direction = match direction {
        Direction::Up => Event::Up,
        Direction::Down => Event::Down,
    };
    let (name, checksum) = (revision.name.clone(), checksum_of(dialect, revision));
    let operations = (direction == Event::Up).then(|| revision.recorded());
    Entry { name, checksum, direction, operations, ..stamped(by, &revision.version) }
}

/// An entry that has only the user and the revision that is stamped now.
pub(super) fn stamped(by: &str, version: &str) -> Entry {
    Entry {
        version: version.into(),
        name: String::new(),
        checksum: String::new(),
        direction: Event::Stamp,
        started_at: time::now(),
        took_ms: 0,
        by: by.into(),
        operations: None,
        script: None,
        script_checksum: None,
    }
}

fn checksum_of(dialect: &dyn Dialect, revision: &Revision) -> String {
    revision.files.get(&file_name(dialect.name(), Direction::Up)).map(|text| checksum(text)).unwrap_or_default()
}

/// The log's entry of a revision that runs.
pub(super) struct Note {
    entry: Entry,
    start: Instant,
    /// Whether it counts as done without its SQL.
    adopted: bool,
}

impl Note {
    /// Begins now.
    pub fn begin(by: &str, revision: &Revision, direction: Direction, dialect: &dyn Dialect) -> Self {
        Note { entry: entry_of(dialect, by, revision, direction), start: Instant::now(), adopted: false }
    }

    /// The same for a script in steps.
    pub fn of_script(mut self, file: &str, checksum: &str) -> Self {
        (self.entry.script, self.entry.script_checksum) = (Some(file.to_owned()), Some(checksum.to_owned()));
        self
    }

    /// The same for a revision that stays applied, by the entry that made it so.
    pub fn again(mut self, log: Vec<Entry>, version: &str) -> Self {
        if let Some(before) = history::of(&log, version) {
            self.entry.script.clone_from(&before.script);
            self.entry.script_checksum.clone_from(&before.script_checksum);
            self.entry.checksum.clone_from(&before.checksum);
            self.entry.operations.clone_from(&before.operations);
        }
        self
    }

    /// Notes whether the step counts as done without its SQL: then the log says that it was stamped.
    pub fn adopted(&mut self, adopted: bool) {
        self.adopted = adopted;
        self.entry.direction = match (self.entry.direction, adopted) {
            (Event::Up, true) => Event::Stamp,
            (Event::Down, true) => Event::Unstamp,
            (direction, _) => direction,
        };
    }

    /// Writes it.
    pub fn write(&mut self, dialect: &dyn Dialect, connection: &mut dyn Execute) -> Result<()> {
        self.entry.took_ms = self.start.elapsed().as_millis() as i64;
        history::add(dialect, connection, &self.entry)
    }

    /// The same for the report.
    pub fn ran(self, step: &Step, kept: Vec<Kept>) -> Ran {
        let Entry { version, name, took_ms, .. } = self.entry;
        Ran {
            version,
            name,
            took_ms,
            rendered: step.rendered && !self.adopted,
            adopted: self.adopted,
            online: false,
            not_online: None,
            steps: None,
            taken_back: false,
            tries: None,
            kept,
        }
    }
}
