//! Revisions that are recorded as applied, or as not applied, without running anything.

use super::entry::{stamp_one, stamped};
use super::runner::Runner;
use crate::dialect::name::Name;
use crate::dialect::Dialect;
use crate::error::Result;
use crate::migrate::disk::graph::Graph;
use crate::migrate::disk::record::Revision;
use crate::migrate::log::harness;
use crate::migrate::log::history::{self, Direction as Event, Entry};
use crate::migrate::log::recorded::{prepare, Recorded};
use crate::migrate::log::shapes;
use crate::migrate::report::verbs::StampReport;
use crate::migrate::steps::{destination, fold};
use crate::statement::Execute;

impl Runner<'_> {
    /// Records what counts as applied, without running anything.
    pub fn stamp(&mut self, to: &str) -> Result<StampReport> {
        let wanted = destination::stamp(self.graph, to)?;
        let (dialect, by, graph) = (self.dialect, self.by, self.graph);
        let mut report = StampReport::default();
        dialect.revision_transaction(self.connection, &[], &mut |connection| {
            dialect.prepare(connection)?;
            prepare(dialect, connection)?;
            let recorded = Recorded::read(dialect, connection)?;
            recorded.check_finished()?;
            report = StampReport::default();
            for version in recorded.applied.iter().filter(|v| !wanted.iter().any(|r| r.version == **v)) {
                harness::run_down(connection, version, &mut |_| Ok(()))?;
                let name = graph.get(version).map(|revision| revision.name.clone());
                let known = recorded.log.iter().find(|entry| entry.version == *version);
                let name = name.or(known.map(|entry| entry.name.clone())).unwrap_or_default();
                let entry = Entry { name, direction: Event::Unstamp, ..stamped(by, version) };
                history::add(dialect, connection, &entry)?;
                report.removed.push(version.clone());
            }
            for revision in &wanted {
                let there = recorded.applied.contains(&revision.version);
                if there && !recorded.is_edited(dialect, revision) {
                    continue;
                }
                if !there {
                    harness::run_up(connection, &revision.version, &mut |_| Ok(()))?;
                }
                stamp_one(dialect, connection, by, revision)?;
                report.stamped.push(revision.version.clone());
            }
            report.current = Recorded::read(dialect, connection)?.current();
            note_shapes(dialect, connection, graph, &wanted)
        })?;
        Ok(report)
    }
}

/// Stores the shapes of the schema at these revisions. If they cannot be known, as when a function
/// of the database is missing, nothing is stored.
fn note_shapes(
    dialect: &dyn Dialect,
    connection: &mut dyn Execute,
    graph: &Graph<'_>,
    revisions: &[&Revision],
) -> Result<()> {
    shapes::forget(connection)?;
    let Ok(schema) = fold::fold(graph, revisions.iter().copied()) else { return Ok(()) };
    let Ok(expected) = dialect.normalize(connection, &schema) else { return Ok(()) };
    let names: Vec<Name> = schema.tables.iter().map(|table| dialect.naming().name(&table.name)).collect();
    shapes::write(dialect, connection, &schema, &names, &expected)
}
