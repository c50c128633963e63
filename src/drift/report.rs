//! The report of a comparison: the live database against what it should hold.

use super::expected::{Expected, Made};
use super::grade::{add_sequences, findings};
use super::rows::{self, RowScan};
use super::{Basis, Findings, Grade, Live};
use crate::dialect::name::Name;
use crate::dialect::shape::Shape;
use crate::dialect::{Dialect, DialectName};
use crate::error::{Code, Error, Result};
use crate::migrate::disk::graph::Graph;
use crate::migrate::disk::record::Revision;
use crate::migrate::log::shapes::StoredShapes;
use crate::migrate::steps::fold;
use crate::schema::Schema;
use crate::statement::Execute;
use serde::Serialize;

/// What the database is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Against {
    /// Its own applied revisions.
    Revisions,
    /// The models: it has no revisions.
    Models,
}

/// How many differences have which grade.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Grades {
    /// Those that a repair would risk nothing for.
    pub safe: usize,
    /// What was there and is gone.
    pub missing_data: usize,
    /// What a repair would have to destroy.
    pub destructive: usize,
    /// What a person has to decide.
    pub blocked: usize,
}

/// What drift reports. URL and the time it took are added by the caller.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DriftReport {
    /// `sqlite` or `postgres`.
    pub dialect: DialectName,
    /// What the database was compared with.
    pub against: Against,
    /// The last revision that is applied.
    pub current: Option<String>,
    /// Applied revisions that this release does not know.
    pub ahead: Vec<String>,
    /// The revision that is half done: what it changes is no drift.
    pub unfinished: Option<String>,
    /// How many differences have which grade.
    pub grades: Grades,
    /// Differences, and what is foreign.
    #[serde(flatten)]
    pub findings: Findings,
}

/// Compares. Reads catalogs, and rows only if a scan of them is asked for; creates tables in a scratch schema, and only then,
/// if what should be there is not stored. Errors: `REVISION_MISSING`, see `Expected::read`.
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
            Look::Seen(seen) => return Ok(seen.report(dialect, graph)),
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
        Look::Seen(seen) => Ok(seen.report(dialect, graph)),
        Look::Unknown(expected) => Err(reason(&expected)),
    })
}

enum Look {
    Seen(Box<Seen>),
    Unknown(Box<Expected>),
}

/// What was seen, and what should be there.
struct Seen {
    expected: Expected,
    shape: Shape,
    live: Live,
    findings: Findings,
}

/// What the database is compared with, as far as it does not tell by itself.
struct Project<'a> {
    graph: &'a Graph<'a>,
    models: Option<&'a Schema>,
    made: &'a Made,
}

impl Project<'_> {
    /// The revision that is half done, if its folder is there.
    fn half_done(&self, expected: &Expected) -> Option<&Revision> {
        self.graph.get(&expected.recorded.unfinished.as_ref()?.revision)
    }
}

impl Seen {
    fn basis<'a>(expected: &'a Expected, shape: &'a Shape, nothing: &'a StoredShapes) -> Basis<'a> {
        Basis {
            schema: Some(&expected.schema),
            expected: shape,
            known: expected.stored.as_ref().unwrap_or(nothing),
            of_revisions: expected.of_revisions,
        }
    }

    fn report(self, dialect: &dyn Dialect, graph: &Graph<'_>) -> DriftReport {
        let Seen { expected, findings, .. } = self;
        DriftReport {
            dialect: dialect.name(),
            against: if expected.of_revisions { Against::Revisions } else { Against::Models },
            current: expected.recorded.current(),
            ahead: expected.ahead(graph),
            unfinished: expected.recorded.unfinished.map(|it| it.revision),
            grades: grades(&findings),
            findings,
        }
    }
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
        let Seen { expected, shape, live, findings } = seen.as_mut();
        let changed = project.half_done(expected).map(|revision| fold::touched(&revision.operations));
        let is_settled = |name: &&Name| {
            let is_changed = |changed: &String| dialect.naming().same(changed, name.spelled());
            shape.tables.contains_key(name) && !changed.iter().flatten().any(is_changed)
        };
        let tables: Vec<Name> = live.shape.tables.keys().filter(is_settled).cloned().collect();
        // Outside of the snapshot, which would keep the locks of all these tables.
        let behind = dialect.sequences_behind(connection, &tables, scan.is_some())?;
        let nothing = StoredShapes::new();
        add_sequences(dialect, (&Seen::basis(expected, shape, &nothing), live), &behind, findings);
    }
    Ok(seen)
}

fn see(
    dialect: &dyn Dialect,
    connection: &mut dyn Execute,
    project: &Project<'_>,
    scan: Option<&mut RowScan<'_>>,
) -> Result<Look> {
    let Project { graph, models, made } = *project;
    let expected = Expected::read(dialect, connection, graph, models)?;
    let Some(shape) = expected.shape(made) else { return Ok(Look::Unknown(Box::new(expected))) };
    let live = Live::read(dialect, connection)?;
    let nothing = StoredShapes::new();
    let basis = Seen::basis(&expected, &shape, &nothing);
    let mut findings = findings(dialect, &basis, &live);
    if let Some(revision) = project.half_done(&expected) {
        let changed = fold::touched(&revision.operations);
        let is_changed = |table: &String| changed.iter().any(|name| dialect.naming().same(name, table));
        findings.differences.retain(|difference| !is_changed(&difference.table));
    }
    if let Some(scan) = scan {
        rows::scan(dialect, connection, (&basis, &live), &mut findings, scan)?;
    }
    Ok(Look::Seen(Box::new(Seen { expected, shape, live, findings })))
}

fn grades(findings: &Findings) -> Grades {
    let count = |grade: Grade| findings.differences.iter().filter(|difference| difference.grade == grade).count();
    Grades {
        safe: count(Grade::Safe),
        missing_data: count(Grade::MissingData),
        destructive: count(Grade::Destructive),
        blocked: count(Grade::Blocked),
    }
}

fn reason(expected: &Expected) -> String {
    let Some(stored) = &expected.stored else {
        return "The database does not store what its tables should look like: `plinth init` or `plinth upgrade` stores it."
            .into();
    };
    match stored.values().any(|stored| !stored.comparable) {
        true => {
            "What the tables should look like was stored by another major version of the server or of Plinth, or under \
                 another search path: `plinth init` stores it anew."
                .into()
        }
        false => "What some tables should look like is not stored: `plinth init` stores it.".into(),
    }
}

/// An error of making shapes anew: what helps is that somebody stores them who may.
fn unmade(error: Error) -> Error {
    match error.hint {
        Some(_) => error,
        None => error.hint(
            "What the tables should look like is not stored in this database, and cannot be made anew here: run \
             `plinth init` once as a role that may create tables, on the primary.",
        ),
    }
}
