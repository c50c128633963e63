//! A release whose database is ahead of it: a newer release has applied revisions that this one does not know. During a
//! deployment both run, and the older one starts again if one of its processes ends.

use super::revisions::tell;
use super::InitReport;
use crate::dialect::Dialect;
use crate::error::{Code, Error, Result};
use crate::migrate::disk::graph::Graph;
use crate::migrate::log::history;
use crate::migrate::log::recorded::Recorded;
use crate::schema::Models;
use crate::statement::Execute;

/// The revisions that a newer release has applied: after all of the folder, or with a later number, and with a record of what
/// they changed. A merge brings revisions that were begun before the folder's newest. None if others are missing in the
/// folder: that is a folder that has lost something, whichever release it is of.
pub(super) fn unknown_to(graph: &Graph<'_>, recorded: &Recorded) -> Vec<String> {
    let missing: Vec<&String> = recorded.applied.iter().filter(|version| graph.get(version).is_none()).collect();
    let head = graph.head().map(|revision| revision.version.as_str()).unwrap_or_default();
    let order = recorded.in_order();
    let known = order.iter().rposition(|version| graph.get(version).is_some());
    let is_after_known = |version: &str| known.is_some_and(|known| order[known..].iter().any(|it| it == version));
    let is_later = |version: &str| version > head || is_after_known(version);
    let by_newer = |version: &&String| {
        let entry = history::of(&recorded.log, version);
        is_later(version) && entry.is_some_and(|entry| entry.operations.is_some())
    };
    if !missing.iter().all(by_newer) {
        return Vec::new();
    }
    // One that is half done is not recorded as applied yet.
    let begun = recorded.unfinished.iter().map(|unfinished| &unfinished.revision);
    let begun = begun.filter(|version| graph.get(version).is_none() && is_later(version) && !missing.contains(version));
    missing.iter().copied().chain(begun).cloned().collect()
}

/// Starts without changing anything, if all that the models name is there. Errors: `REVISION_AHEAD`.
pub(super) fn start(
    dialect: &dyn Dialect,
    connection: &mut dyn Execute,
    models: &Models,
    ahead: Vec<String>,
) -> Result<InitReport> {
    let naming = dialect.naming();
    for table in &models.schema.tables {
        let found = dialect.columns(connection, &table.name)?;
        let is_there = |name: &String| found.iter().any(|column| naming.same(&column.name, name));
        let missing = table.columns.iter().map(|column| &column.name).find(|name| !is_there(name));
        match missing {
            None => {}
            Some(_) if found.is_empty() => return Err(gone(&ahead, &table.name, None)),
            Some(column) => return Err(gone(&ahead, &table.name, Some(column))),
        }
    }
    let mut report = InitReport { dialect: dialect.name(), ..InitReport::default() };
    let before = dialect.inventory(connection)?;
    tell(dialect, connection, models, &before, &mut report)?;
    report.ahead = ahead;
    Ok(report)
}

fn gone(ahead: &[String], table: &str, column: Option<&str>) -> Error {
    let what = match column {
        Some(column) => format!("the column `{table}.{column}`"),
        None => format!("the table `{table}`"),
    };
    let newest = ahead.last().map(String::as_str).unwrap_or_default();
    let message = format!(
        "A newer release has brought this database to revision {newest}, and {what} of this release's models is gone."
    );
    let error = Error::new(Code::RevisionAhead, message)
        .table(table)
        .expected("a database that has all that the models name")
        .found(format!("revisions that this release does not know: {}", ahead.join(", ")))
        .hint("Deploy the newer release. To keep both running during a deployment, drop what the older one needs only in the release after.");
    match column {
        Some(column) => error.columns([column.to_owned()]),
        None => error,
    }
}
