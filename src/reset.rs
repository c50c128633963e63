//! reset: drops everything in a database, including objects of others, and creates the models'
//! tables.

use crate::dialect::found::Inventory;
use crate::dialect::{Dialect, DialectName};
use crate::error::{Lost, Result};
use crate::init::revisions::{create_seeds, missing_revision, tell, Revisions};
use crate::init::{create_missing, InitReport};
use crate::kept::Kept;
use crate::migrate::log::protection::{Guard, Protection};
use crate::migrate::log::settings;
use crate::migrate::run::runner::Runner;
use crate::migrate::steps::fold;
use crate::migrate::steps::step::State;
use crate::schema::names::fold;
use crate::schema::Models;
use crate::statement::Execute;
use serde::Serialize;

pub use crate::dialect::found::{Survey, SurveyedTable};

/// The objects that a reset destroyed, and those that it made. URL and the time it took are added
/// by the caller.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ResetReport {
    /// `sqlite` or `postgres`.
    pub dialect: DialectName,
    /// What is gone.
    pub dropped: Survey,
    /// The part of it that was kept before.
    #[serde(flatten)]
    pub kept: KeptOfReset,
    /// Whether nothing of it can be read in the files any more; `None` if the files are the server's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub erased: Option<bool>,
    /// Why something of it still can.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_erased: Option<String>,
    /// What was created after it.
    pub init: InitReport,
}

/// The rows that a reset has kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KeptOfReset {
    /// In tables.
    pub kept: Vec<Kept>,
    /// In a file beside the database.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept_file: Option<String>,
    /// Older such files that were deleted for it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dropped_files: Vec<String>,
}

/// Keeps the content of the survey before it is dropped.
pub type Keep<'a> = &'a mut dyn FnMut(&mut dyn Execute, &Survey) -> Result<KeptOfReset>;

/// The objects that a reset would destroy. Changes nothing.
pub fn survey(dialect: &dyn Dialect, connection: &mut dyn Execute) -> Result<Survey> {
    dialect.survey(connection)
}

/// Drops all and creates from the models, as one transaction: where it fails, nothing has changed.
pub fn reset(
    dialect: &dyn Dialect,
    connection: &mut dyn Execute,
    models: &Models,
    (guard, keep): (Guard<'_>, Keep<'_>),
) -> Result<ResetReport> {
    let mut report = ResetReport { dialect: dialect.name(), ..ResetReport::default() };
    dialect.reset_transaction(connection, &mut |connection| {
        let protection = drop_all(dialect, connection, (guard, &mut *keep), &mut report)?;
        report.init = create_missing(dialect, connection, models)?;
        protect_again(dialect, connection, protection)
    })?;
    Ok(report)
}

/// Drops all, if the guard lets it, and keeps it before. Gives the protection that has to be there again.
fn drop_all(
    dialect: &dyn Dialect,
    connection: &mut dyn Execute,
    (guard, keep): (Guard<'_>, Keep<'_>),
    report: &mut ResetReport,
) -> Result<Option<Protection>> {
    let mut dropped = dialect.survey(connection)?;
    guard.check(dialect, connection, "the reset", |_| Ok(lost(&dropped, "drops")))?;
    let protection = Protection::read(dialect, connection)?;
    report.kept = keep(connection, &dropped)?;
    dialect.drop_all(connection)?;
    // Room is what a survey tells before.
    dropped.bytes = None;
    if protection.is_some() {
        dropped.tables.retain(|table| table.name != settings::TABLE);
    }
    report.dropped = dropped;
    Ok(protection)
}

/// The tables of a survey, to those who are asked for the word of a protected database; the verb says what is done to them.
pub fn lost(survey: &Survey, verb: &str) -> Vec<Lost> {
    let tables = survey.tables.iter().filter(|table| !is_own(&table.name));
    let lost = tables.map(|SurveyedTable { name, rows }| Lost {
        table: Some(name.clone()),
        rows: *rows,
        what: format!("{verb} the table {name}"),
    });
    lost.collect()
}

/// Whether Plinth keeps a table for itself.
pub fn is_own(table: &str) -> bool {
    let folded = fold(table);
    folded.starts_with("plinth_") || folded.starts_with("__diesel_")
}

/// Protects the database again.
fn protect_again(dialect: &dyn Dialect, connection: &mut dyn Execute, protection: Option<Protection>) -> Result<()> {
    protection.map_or(Ok(()), |protection| protection.add(dialect, connection))
}

/// Drops all and runs all revisions, as one transaction: where it fails, nothing has changed. Revisions that cannot run in
/// a transaction, and all after the first of them, come after it.
pub fn reset_to(
    dialect: &dyn Dialect,
    connection: &mut dyn Execute,
    models: &Models,
    revisions: Revisions<'_>,
    (guard, keep): (Guard<'_>, Keep<'_>),
) -> Result<ResetReport> {
    let Revisions { graph, by, hold, report: steps, .. } = revisions;
    let head = fold::head(graph)?;
    let mut report = ResetReport { dialect: dialect.name(), ..ResetReport::default() };
    let mut left = false;
    dialect.reset_transaction(connection, &mut |connection| {
        report.init = InitReport { dialect: dialect.name(), ..InitReport::default() };
        let protection = drop_all(dialect, connection, (guard, &mut *keep), &mut report)?;
        // Nothing of it is there again: from here on nothing comes back that hung on it.
        connection.settle()?;
        dialect.prepare(connection)?;
        create_seeds(dialect, connection)?;
        protect_again(dialect, connection, protection)?;
        let mut state = State::new(graph, Default::default())?;
        let (lock, guard) = (None, Guard::Open);
        let mut runner = Runner {
            dialect,
            connection,
            lock,
            graph,
            by,
            keep: None,
            guard,
            online: Some(false),
            report: &mut *steps,
        };
        for revision in graph.revisions() {
            match runner.run_in_transaction(&mut state, revision)? {
                Some(ran) => report.init.migrated.push(ran),
                None => {
                    left = true;
                    break;
                }
            }
        }
        Ok(())
    })?;
    if left {
        let mut lock = hold(connection)?;
        let lock = lock.as_mut();
        let guard = Guard::Open;
        let mut runner =
            Runner { dialect, connection, lock, graph, by, keep: None, guard, online: Some(false), report: steps };
        let upgraded = runner.upgrade("head")?;
        report.init.migrated.extend(upgraded.applied);
    }
    tell(dialect, connection, models, &Inventory::default(), &mut report.init)?;
    report.init.pending.extend(missing_revision(&head, &models.schema));
    Ok(report)
}
