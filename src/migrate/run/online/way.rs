//! The way in which a revision runs: as one transaction, or in the steps of its online script.

use super::hindrance::hindrance;
use crate::dialect::online::OnlineStep;
use crate::dialect::{Dialect, DialectName};
use crate::error::Result;
use crate::migrate::disk::online;
use crate::migrate::disk::record::{checksum, online_file_name, Direction, Revision};
use crate::migrate::run::runner::Runner;
use crate::migrate::run::running::Script;
use crate::statement::Execute;

/// The size of a table in bytes from which its revisions run in steps.
const LARGE: i64 = 32 * 1024 * 1024;

/// The online script of a revision.
pub struct OnlineScript<'a> {
    /// The name of the file.
    pub file: String,
    /// The file, as messages name it.
    pub path: String,
    /// Its text.
    pub text: &'a str,
    /// The SHA-256 of the text, over text with LF.
    pub checksum: String,
    /// Whether a person has written or edited it.
    pub is_edited: bool,
    /// Its steps; not none.
    pub steps: Vec<OnlineStep>,
}

impl<'a> OnlineScript<'a> {
    /// The script that a revision has, whether or not it is stale; `None` if it has none. Errors: `REVISION_INVALID`.
    pub fn of(revision: &'a Revision, direction: Direction) -> Result<Option<Self>> {
        let file = online_file_name(direction);
        let Some(text) = revision.files.get(&file) else { return Ok(None) };
        let path = revision.path(&file);
        let steps = online::read(text, &path)?;
        let is_edited = revision.edited_online(direction);
        Ok(Some(OnlineScript { file, path, text, checksum: checksum(text), is_edited, steps }))
    }
}

impl Runner<'_> {
    /// The online script of a revision that is to run in steps; without it the revision runs as its script says, and beside that
    /// stands the reason if it would run in steps otherwise. Errors: `ONLINE_REFUSED` if it is to run in steps and cannot, or if
    /// both ways would break the same.
    pub(in crate::migrate::run) fn online_script<'s>(
        &mut self,
        script: &Script<'s>,
    ) -> Result<(Option<OnlineScript<'s>>, Option<String>)> {
        let Script { revision, direction, step, .. } = *script;
        let is_possible = self.dialect.name() == DialectName::Postgres && !step.rendered;
        if !is_possible || self.online == Some(false) || revision.online(direction).is_none() {
            return Ok((None, None));
        }
        let is_wanted = self.online == Some(true);
        if !is_wanted && !is_any_large(self.dialect, self.connection, &step.tables)? {
            return Ok((None, None));
        }
        let Some(online) = OnlineScript::of(revision, direction)? else { return Ok((None, None)) };
        match hindrance(self.dialect, self.connection, (script, &online.steps))? {
            None => Ok((Some(online), None)),
            Some(hindrance) if !is_wanted && hindrance.leaves_one_transaction() => Ok((None, Some(hindrance.sentence))),
            Some(hindrance) => Err(hindrance.error(&online.path)),
        }
    }
}

/// Whether one of these tables, as far as they exist, is so large that it is worth the steps.
fn is_any_large(dialect: &dyn Dialect, connection: &mut dyn Execute, tables: &[String]) -> Result<bool> {
    for table in tables {
        if dialect.bytes(connection, table)? > LARGE {
            return Ok(true);
        }
    }
    Ok(false)
}
