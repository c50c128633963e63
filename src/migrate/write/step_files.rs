//! The files of a revision that runs in steps on PostgreSQL: rendered, proven beside the one transaction, and written as text.

use super::trial::Scratch;
use crate::dialect::online::{Blocking, Online, OnlineStep};
use crate::dialect::DialectName;
use crate::diff::Operation;
use crate::error::{Code, Error, Result};
use crate::migrate::disk::online;
use crate::migrate::disk::record::{file_name, online_file_name, Direction, Revision};
use crate::migrate::disk::script::Header;
use crate::migrate::prove::in_steps::Ways;
use crate::migrate::prove::proof::Proof;
use crate::schema::Schema;

/// One way of a revision on a database that locks tables.
#[derive(Debug, Default)]
pub(super) struct StepFile {
    /// Its steps, if it needs any and has them.
    pub steps: Option<Vec<OnlineStep>>,
    /// Why it has none, although it blocks other sessions.
    pub blocks: Vec<Blocking>,
}

impl StepFile {
    /// Of operations on a schema.
    pub fn render(dialect: DialectName, schema: &Schema, operations: &[Operation]) -> Result<Self> {
        Ok(match dialect.dialect().render_online(schema, operations)? {
            Online::Steps(steps) => StepFile { steps: Some(steps), blocks: Vec::new() },
            Online::Brief => StepFile::default(),
            Online::Blocks(blocks) => StepFile { steps: None, blocks },
        })
    }

    /// The text of the file, if there are steps.
    pub fn write(&self, header: &Header, direction: Direction) -> Option<String> {
        let whole = file_name(DialectName::Postgres, direction);
        let last = format!(
            "-- In steps, in which other sessions wait for moments only: `plinth upgrade` takes them for large tables.\n\
             -- The same as {whole}: edit or delete it when you edit that.\n"
        );
        // A template may hold SQL, which would belong to no step.
        self.steps.as_ref().map(|steps| online::write(&(header.write(None) + &last), steps))
    }
}

/// Proves the steps of both ways; where they fail, the revision has none, and says why.
pub(super) fn prove(scratch: &mut Scratch<'_>, proof: &Proof<'_>, files: &mut [StepFile; 2]) -> Result<()> {
    let [up, down] = &*files;
    if up.steps.is_none() && down.steps.is_none() {
        return Ok(());
    }
    let failed = match scratch.prove_steps(proof, Ways { up: up.steps.as_deref(), down: down.steps.as_deref() }) {
        Err(error) if error.code == Code::ProofFailed => error,
        other => return other,
    };
    for file in files.iter_mut().filter(|file| file.steps.is_some()) {
        let table = failed.table.clone().or_else(|| proof.from.tables.first().map(|table| table.name.clone()));
        let sentence = format!("No steps, since they failed: {}", failed.message);
        *file = StepFile { steps: None, blocks: vec![Blocking { table: table.unwrap_or_default(), sentence }] };
    }
    Ok(())
}

/// What is wrong with steps beside a script that was edited, if it is stale.
pub(super) fn stale(revision: &Revision, direction: Direction) -> Option<Error> {
    let (file, whole) = (online_file_name(direction), file_name(DialectName::Postgres, direction));
    revision.stale(direction).then(|| {
        let message = format!(
            "{} is not used any more: {whole} was edited, and this file was not. Edit it to do the same, or delete it.",
            revision.path(&file)
        );
        Error::new(Code::RevisionInvalid, message)
    })
}
