//! A database's records of its revisions: the set that is applied, and the log; and whether the
//! folder agrees.

use super::harness;
use super::history::{self, Entry};
use super::shapes;
use super::unfinished::{self, Unfinished};
use crate::dialect::Dialect;
use crate::error::{Code, Error, Result};
use crate::migrate::disk::graph::Graph;
use crate::migrate::disk::record::{checksum, file_name, Direction, Revision};
use crate::statement::Execute;
use std::collections::BTreeSet;

/// The records of a database.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recorded {
    /// The versions that are applied.
    pub applied: BTreeSet<String>,
    /// The runs, in order.
    pub log: Vec<Entry>,
    /// The revision that is half done.
    pub unfinished: Option<Unfinished>,
}

/// Creates the tables in which we record, if they are missing.
pub fn prepare(dialect: &dyn Dialect, connection: &mut dyn Execute) -> Result<()> {
    history::prepare(dialect, connection)?;
    unfinished::prepare(dialect, connection)?;
    shapes::prepare(dialect, connection)
}

impl Recorded {
    /// Reads it. Changes nothing.
    pub fn read(dialect: &dyn Dialect, connection: &mut dyn Execute) -> Result<Self> {
        let applied = harness::applied(dialect, connection)?.into_iter().collect();
        let log = history::entries(dialect, connection)?;
        Ok(Recorded { applied, log, unfinished: unfinished::read(dialect, connection)? })
    }

    /// Whether revisions have ever been run or stamped here.
    pub fn has_history(&self) -> bool {
        !self.applied.is_empty() || !self.log.is_empty()
    }

    /// The versions in the order in which they were applied, by the log; those that it does not know first.
    pub fn in_order(&self) -> Vec<String> {
        let place = |version: &String| {
            self.log.iter().rposition(|entry| entry.version == *version && entry.direction.applies())
        };
        let mut order: Vec<(Option<usize>, &String)> = self.applied.iter().map(|v| (place(v), v)).collect();
        order.sort();
        order.into_iter().map(|(_, version)| version.clone()).collect()
    }

    /// The same with a revision whose up is half done as the last.
    pub fn with_half_done(&self) -> Vec<String> {
        let unfinished = self.unfinished.iter().filter(|unfinished| unfinished.leads(Direction::Up));
        self.in_order().into_iter().chain(unfinished.map(|unfinished| unfinished.revision.clone())).collect()
    }

    /// The last of those that are applied.
    pub fn current(&self) -> Option<String> {
        self.applied.last().cloned()
    }

    /// Whether what was applied is not what the files hold now. A script that ran without us is not known, and one in steps that
    /// was deleted since is compared with nothing.
    pub fn is_edited(&self, dialect: &dyn Dialect, revision: &Revision) -> bool {
        self.edited_file(dialect, revision).is_some()
    }

    /// The file that is not what was applied, with the SHA-256 that it had.
    fn edited_file(&self, dialect: &dyn Dialect, revision: &Revision) -> Option<(String, String)> {
        let entry = history::of(&self.log, &revision.version).filter(|_| self.applied.contains(&revision.version))?;
        let whole = (file_name(dialect.name(), Direction::Up), entry.checksum.clone());
        // Other databases run the script of one transaction: it must stay what these steps were proven beside.
        let steps = entry.script.clone().zip(entry.script_checksum.clone());
        let whole = match (&entry.script, &entry.script_checksum) {
            // A line of an earlier version has the checksum of the steps alone.
            (Some(script), None) => (script.clone(), entry.checksum.clone()),
            _ => whole,
        };
        [Some(whole), steps].into_iter().flatten().find(|(file, before)| {
            let now = revision.files.get(file).map(|text| checksum(text));
            now.is_some_and(|now| now != *before)
        })
    }

    /// An error for each applied revision whose file is not what ran.
    pub fn edited(&self, dialect: &dyn Dialect, graph: &Graph<'_>) -> Vec<Error> {
        graph.revisions().iter().filter(|r| self.is_edited(dialect, r)).map(|r| self.edited_error(dialect, r)).collect()
    }

    /// The error of one of them.
    pub fn edited_error(&self, dialect: &dyn Dialect, revision: &Revision) -> Error {
        let whole = || (file_name(dialect.name(), Direction::Up), String::new());
        let (file, before) = self.edited_file(dialect, revision).unwrap_or_else(whole);
        let found = revision.files.get(&file).map(|text| checksum(text)).unwrap_or_default();
        let error = Error::new(
            Code::RevisionEdited,
            format!("{} is not what was applied to this database: it was edited afterwards.", revision.path(&file)),
        );
        error.expected(before).found(found).hint(format!(
            "Restore the file from version control, and put the change into a new revision. If the database already \
             agrees with the file, `plinth stamp {}` records that.",
            self.current().unwrap_or_default()
        ))
    }

    /// Errors: `REVISION_UNFINISHED` if a revision is half done.
    pub fn check_finished(&self) -> Result<()> {
        self.unfinished.as_ref().map_or(Ok(()), |unfinished| Err(unfinished.error()))
    }

    /// Fails where a revision is applied that has no folder, or that was edited after, or is half done.
    pub fn check(&self, dialect: &dyn Dialect, graph: &Graph<'_>) -> Result<()> {
        self.check_finished()?;
        self.check_whole(dialect, graph)
    }

    /// The same of the applied revisions alone, whether or not another one is half done.
    pub fn check_whole(&self, dialect: &dyn Dialect, graph: &Graph<'_>) -> Result<()> {
        graph.check_applied(&self.applied)?;
        match self.edited(dialect, graph).into_iter().next() {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }
}
