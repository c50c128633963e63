//! The report of a comparison: the live database against what it should hold.

use super::expected::{Against, Expected, Made};
use super::rows::RowScan;
use super::seen::{see, Look, Project, Seen};
use super::{Finding, Findings, Grade};
use crate::dialect::found::SequenceReading;
use crate::dialect::{Dialect, DialectName};
use crate::error::{Code, Error, Result};
use crate::migrate::disk::graph::Graph;
use crate::schema::Schema;
use crate::statement::Execute;
use serde::Serialize;

/// How many differences have which grade.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Grades {
    /// Those that a repair would risk nothing for.
    pub safe: usize,
    /// Objects that existed and are gone.
    pub missing_data: usize,
    /// Objects that a repair would have to destroy.
    pub destructive: usize,
    /// Differences that a person has to decide.
    pub blocked: usize,
}

/// The report of drift. URL and the time it took are added by the caller.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DriftReport {
    /// `sqlite` or `postgres`.
    pub dialect: DialectName,
    /// The side that the database was compared with.
    pub against: Against,
    /// The last revision that is applied.
    pub current: Option<String>,
    /// Applied revisions that this release does not know.
    pub ahead: Vec<String>,
    /// The revision that is half done: its changes are not drift.
    pub unfinished: Option<String>,
    /// How many differences have which grade.
    pub grades: Grades,
    /// Differences, and what is foreign.
    #[serde(flatten)]
    pub findings: Findings,
}

/// Compares. Reads catalogs, and rows only if a scan of them is asked for; creates tables in a scratch schema, and only then,
/// if what should be there is not stored. Errors: see `see`.
pub fn drift(
    dialect: &dyn Dialect,
    connection: &mut dyn Execute,
    graph: &Graph<'_>,
    models: Option<&Schema>,
    mut scan: Option<&mut RowScan<'_>>,
) -> Result<DriftReport> {
    let mut made = Made::new();
    loop {
        let project = Project { graph, models, made: &made };
        match look(dialect, connection, &project, scan.as_deref_mut())? {
            Look::Seen(seen) => return Ok(report(dialect, graph, *seen)),
            // Outside of the snapshot, in which nothing can be created.
            Look::Unknown(expected) => made = expected.make(dialect, connection).map_err(unmade)?,
        }
    }
}

/// The same, without making anything anew: the reason if what should be there is not stored.
pub fn drift_by_what_is_stored(
    dialect: &dyn Dialect,
    connection: &mut dyn Execute,
    graph: &Graph<'_>,
    models: Option<&Schema>,
) -> Result<std::result::Result<DriftReport, String>> {
    let project = Project { graph, models, made: &Made::new() };
    Ok(match look(dialect, connection, &project, None)? {
        Look::Seen(seen) => Ok(report(dialect, graph, *seen)),
        Look::Unknown(expected) => Err(reason(&expected)),
    })
}

fn look(
    dialect: &dyn Dialect,
    connection: &mut dyn Execute,
    project: &Project<'_>,
    mut scan: Option<&mut RowScan<'_>>,
) -> Result<Look> {
    let mut seen = None;
    dialect.snapshot(connection, &mut |connection| {
        seen = Some(see(dialect, connection, project, scan.as_deref_mut())?);
        Ok(())
    })?;
    let mut seen = seen.ok_or_else(|| Error::new(Code::Internal, "A snapshot ended without its work."))?;
    if let Look::Seen(seen) = &mut seen {
        // Outside of the snapshot, which would keep the locks of all these tables.
        let reading = SequenceReading { rows: scan.is_some(), in_transaction: false };
        seen.read_sequences(dialect, connection, project, reading)?;
    }
    Ok(seen)
}

/// The report of a look.
fn report(dialect: &dyn Dialect, graph: &Graph<'_>, seen: Seen) -> DriftReport {
    DriftReport {
        dialect: dialect.name(),
        against: seen.expected.against(),
        current: seen.expected.recorded.current(),
        ahead: seen.expected.ahead(graph),
        unfinished: seen.expected.recorded.unfinished.map(|unfinished| unfinished.revision),
        grades: grades(&seen.findings.differences),
        findings: seen.findings,
    }
}

/// How many differences have which grade.
pub fn grades(differences: &[Finding]) -> Grades {
    let count = |grade: Grade| differences.iter().filter(|difference| difference.grade == grade).count();
    Grades {
        safe: count(Grade::Safe),
        missing_data: count(Grade::MissingData),
        destructive: count(Grade::Destructive),
        blocked: count(Grade::Blocked),
    }
}

fn reason(expected: &Expected) -> String {
    let Some(stored) = &expected.stored else {
        return "The expected form of the tables is not stored: `plinth init` or `plinth upgrade` stores it.".into();
    };
    match stored.values().any(|stored| !stored.comparable) {
        true => {
            "The expected form of the tables was stored by another major version of the server or of Plinth, or under \
                 another search path: `plinth init` stores it anew."
                .into()
        }
        false => "The expected form of some tables is not stored: `plinth drift` makes it anew and compares.".into(),
    }
}

/// An error of making shapes anew: the way out is that a role with the permission stores them.
pub fn unmade(error: Error) -> Error {
    match error.hint {
        Some(_) => error,
        None => error.hint(
            "The expected form of the tables is not stored in this database, and cannot be made anew here: run \
             `plinth init` once as a role that may create tables, on the primary.",
        ),
    }
}
