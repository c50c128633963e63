//! One look at a database: what should be there, what is, and how they differ.

use super::basis::{Basis, Live};
use super::expected::{Expected, Made};
use super::finding::Findings;
use super::grade::{add_sequences, findings};
use super::rows::{self, RowScan};
use crate::dialect::found::SequenceReading;
use crate::dialect::name::Name;
use crate::dialect::online::FILL;
use crate::dialect::shape::Shape;
use crate::dialect::Dialect;
use crate::error::Result;
use crate::migrate::disk::graph::Graph;
use crate::migrate::steps::fold;
use crate::schema::Schema;
use crate::statement::Execute;

/// The project that the database is compared with, as far as the database does not record it.
pub struct Project<'a> {
    /// The revisions of the folder.
    pub graph: &'a Graph<'a>,
    /// The models.
    pub models: Option<&'a Schema>,
    /// The shapes that were made anew.
    pub made: &'a Made,
}

/// What was seen.
pub struct Seen {
    /// The records of the database, and the expected content that follows from them.
    pub expected: Expected,
    /// What should be there.
    pub shape: Shape,
    /// The live content.
    pub live: Live,
    /// How they differ.
    pub findings: Findings,
}

/// How a look ended.
pub enum Look {
    /// The tables are known.
    Seen(Box<Seen>),
    /// What should be there has to be made anew first, outside of the transaction of the look.
    Unknown(Box<Expected>),
}

impl Seen {
    /// The two sides that were compared.
    pub fn basis(&self) -> Basis<'_> {
        basis(&self.expected, &self.shape)
    }

    /// Reads where the sequences of the tables that should be there stand, and adds those that are behind.
    pub fn read_sequences(
        &mut self,
        dialect: &dyn Dialect,
        connection: &mut dyn Execute,
        project: &Project<'_>,
        reading: SequenceReading,
    ) -> Result<()> {
        let is_changed = project.half_done(dialect, &self.expected);
        let is_settled = |name: &&Name| self.shape.tables.contains_key(name) && !is_changed(name.spelled());
        let tables: Vec<Name> = self.live.shape.tables.keys().filter(is_settled).cloned().collect();
        self.live.behind = dialect.sequences_behind(connection, &tables, reading)?;
        add_sequences(dialect, (&basis(&self.expected, &self.shape), &self.live), &mut self.findings);
        Ok(())
    }
}

impl Project<'_> {
    /// Fails if a revision is half done that the folder does not have: its changes would count as drift.
    fn check_known(&self, expected: &Expected) -> Result<()> {
        match &expected.recorded.unfinished {
            Some(unfinished) if self.graph.get(&unfinished.revision).is_none() => {
                let message = format!(
                    "{}, and its folder is missing here: its changes cannot be distinguished from drift.",
                    unfinished.told(None)
                );
                let hint = format!("Compare with the release that began it. {}", unfinished.ways());
                Err(unfinished.refusal(message, hint))
            }
            _ => Ok(()),
        }
    }

    /// Whether a revision that is half done changes a table, if its folder is there.
    fn half_done<'a>(&self, dialect: &'a dyn Dialect, expected: &Expected) -> impl Fn(&str) -> bool + 'a {
        let unfinished = expected.recorded.unfinished.as_ref();
        let revision = unfinished.and_then(|unfinished| self.graph.get(&unfinished.revision));
        let changed = revision.map(|revision| fold::touched(&revision.operations)).unwrap_or_default();
        move |table| changed.iter().any(|name| dialect.naming().same(name, table))
    }
}

fn basis<'a>(expected: &'a Expected, shape: &'a Shape) -> Basis<'a> {
    Basis { schema: Some(&expected.schema), expected: shape, known: expected, of_revisions: expected.of_revisions }
}

/// Looks at a database, within a transaction. Where sequences stand is read apart: see `read_sequences`. Errors:
/// `REVISION_UNFINISHED` if a revision is half done that the folder does not have; `REVISION_MISSING`, see `Expected::read`.
pub fn see(
    dialect: &dyn Dialect,
    connection: &mut dyn Execute,
    project: &Project<'_>,
    scan: Option<&mut RowScan<'_>>,
) -> Result<Look> {
    let expected = Expected::read(dialect, connection, project.graph, project.models)?;
    project.check_known(&expected)?;
    let Some(shape) = expected.shape(project.made) else { return Ok(Look::Unknown(Box::new(expected))) };
    let live = Live::read(dialect, connection)?;
    let mut findings = findings(dialect, &basis(&expected, &shape), &live);
    let is_changed = project.half_done(dialect, &expected);
    findings.differences.retain(|difference| !is_changed(&difference.table));
    if expected.recorded.unfinished.is_some() {
        findings.foreign.retain(|thing| !thing.name.starts_with(FILL));
    }
    if let Some(scan) = scan {
        rows::scan(dialect, connection, (&basis(&expected, &shape), &live), &mut findings, scan)?;
    }
    Ok(Look::Seen(Box::new(Seen { expected, shape, live, findings })))
}
