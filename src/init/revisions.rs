//! init with revisions: they make the tables, and the models are only compared with them.

use super::{ahead, seeds, shapes, tell_capitals, Init, InitReport, Names};
use crate::dialect::found::Inventory;
use crate::dialect::Dialect;
use crate::diff::{diff, Choices, Outcome};
use crate::error::Result;
use crate::kept::Limits;
use crate::migrate::disk::graph::Graph;
use crate::migrate::log::lock::Lock;
use crate::migrate::log::own_table::create_missing;
use crate::migrate::log::protection::Guard;
use crate::migrate::log::recorded::Recorded;
use crate::migrate::report::verbs::{Ran, Report};
use crate::migrate::run::adopt;
use crate::migrate::run::runner::Runner;
use crate::migrate::steps::fold;
use crate::migrate::write::renames::still_to_do;
use crate::schema::{Models, Schema, Table};
use crate::statement::Execute;

/// The revisions to which a database is brought, and how.
pub struct Revisions<'a> {
    /// Those of the folder; not none.
    pub graph: &'a Graph<'a>,
    /// The user that asks, for the log.
    pub by: &'a str,
    /// How much is kept of what is destroyed; `None` if nothing is.
    pub keep: Option<Limits>,
    /// Whether what destroys data needs the word of a protected database.
    pub guard: Guard<'a>,
    /// Whether pending revisions are applied, and not only reported.
    pub auto: bool,
    /// Whether revisions run in steps that can; `None` if those do whose tables are large.
    pub online: Option<bool>,
    /// Keeps other processes out, if transactions do not do so by themselves; only called if there
    /// is something to do.
    pub hold: &'a dyn Fn(&mut dyn Execute) -> Result<Option<Lock>>,
    /// The function that gets the progress.
    pub report: Report<'a>,
}

/// Applies pending revisions, or adopts tables that existed before the first revision; then
/// compares the models.
pub fn init(
    dialect: &dyn Dialect,
    connection: &mut dyn Execute,
    models: &Models,
    revisions: Revisions<'_>,
) -> Result<InitReport> {
    let graph = revisions.graph;
    let head = fold::head(graph)?;
    let before = dialect.inventory(connection)?;
    let recorded = Recorded::read(dialect, connection)?;
    let ahead = ahead::unknown_to(graph, &recorded);
    if !ahead.is_empty() {
        return ahead::start(dialect, connection, models, ahead);
    }
    recorded.check_whole(dialect, graph)?;
    let mut report = InitReport { dialect: dialect.name(), ..InitReport::default() };
    let pending = graph.revisions().iter().filter(|r| !recorded.applied.contains(&r.version));
    let pending: Vec<String> = pending.map(|revision| revision.id()).collect();
    if !revisions.auto {
        report.pending.extend(recorded.unfinished.iter().map(|half| format!("{}.", half.told(None))));
        report.pending.extend(pending.iter().map(|id| format!("The revision {id} is not applied.")));
    } else if !pending.is_empty() || recorded.unfinished.is_some() {
        (report.migrated, report.adopted) = advance(dialect, connection, revisions)?;
    }
    shapes::complete(dialect, connection, graph)?;
    if dialect.columns(connection, &seeds().name)?.is_empty() {
        seeds_table(dialect, connection)?;
    }
    tell(dialect, connection, models, &before, &mut report)?;
    report.pending.extend(missing_revision(&head, &models.schema));
    Ok(report)
}

/// If the database has revisions and none were given: its tables are theirs to make, and are only
/// compared.
pub fn leave(
    dialect: &dyn Dialect,
    connection: &mut dyn Execute,
    models: &Models,
    current: &str,
) -> Result<InitReport> {
    let before = dialect.inventory(connection)?;
    let mut report = InitReport { dialect: dialect.name(), ..InitReport::default() };
    if dialect.columns(connection, &seeds().name)?.is_empty() {
        seeds_table(dialect, connection)?;
    }
    tell(dialect, connection, models, &before, &mut report)?;
    tell_capitals(dialect, connection, models, &mut report)?;
    let names = Names::of(dialect, &before);
    let missing = models.schema.tables.iter().filter(|table| names.get(&table.name).is_none());
    report.pending.extend(missing.map(|table| {
        let table = &table.name;
        format!(
            "The table `{table}` does not exist: revisions create the tables here (the database is at {current}), and \
             no revisions were found."
        )
    }));
    Ok(report)
}

/// Brings the database to head. Returns the revisions that ran, and whether the database was adopted.
fn advance(dialect: &dyn Dialect, connection: &mut dyn Execute, revisions: Revisions<'_>) -> Result<(Vec<Ran>, bool)> {
    let Revisions { graph, by, keep, guard, online, report, .. } = revisions;
    let mut lock = (revisions.hold)(connection)?;
    let lock = lock.as_mut();
    let mut runner = Runner { dialect, connection, lock, graph, by, keep, guard, online, report };
    let upgraded = adopt::upgrade(&mut runner, "head")?;
    Ok((upgraded.applied, upgraded.adopted))
}

fn seeds_table(dialect: &dyn Dialect, connection: &mut dyn Execute) -> Result<()> {
    dialect.transaction(connection, &mut |connection| {
        dialect.prepare(connection)?;
        create_seeds(dialect, connection)
    })
}

/// Makes the table of seeds where it is missing.
pub(crate) fn create_seeds(dialect: &dyn Dialect, connection: &mut dyn Execute) -> Result<()> {
    create_missing(dialect, connection, &seeds())
}

/// The tables of the models that were made, those that existed before, and their differences.
pub(crate) fn tell(
    dialect: &dyn Dialect,
    connection: &mut dyn Execute,
    models: &Models,
    before: &Inventory,
    report: &mut InitReport,
) -> Result<()> {
    let after = dialect.inventory(connection)?;
    let (was, is) = (Names::of(dialect, before), Names::of(dialect, &after));
    let there: Vec<&Table> = models.schema.tables.iter().filter(|table| is.get(&table.name).is_some()).collect();
    for table in there.iter().filter(|table| was.get(&table.name).is_none()) {
        report.created.tables.push(table.name.clone());
    }
    let indexes = models.schema.tables.iter().flat_map(|table| &table.indexes).map(|index| &index.name);
    for index in indexes.filter(|index| is.get(index).is_some() && was.get(index).is_none()) {
        report.created.indexes.push(index.clone());
    }
    let compared = InitReport::default();
    let mut init = Init { dialect, connection, names: is, report: compared };
    for table in there.into_iter().filter(|table| was.get(&table.name).is_some()) {
        if let Some(super::Holder::Table(kind)) = init.names.get(&table.name) {
            init.compare(table, *kind)?;
        }
    }
    report.existing = init.report.existing;
    report.pending.extend(init.report.pending);
    Ok(())
}

/// A sentence where the models say what no revision makes.
pub(crate) fn missing_revision(head: &Schema, models: &Schema) -> Option<String> {
    let what = match diff(head, &still_to_do(models, head), &Choices::default()) {
        Ok(Outcome::Operations(operations)) if operations.is_empty() => return None,
        Ok(Outcome::Operations(operations)) => match operations.len() {
            1 => "a change".to_owned(),
            n => format!("{n} changes"),
        },
        Ok(Outcome::Questions(_)) | Err(_) => "changes".to_owned(),
    };
    Some(format!("The models have {what} that no revision makes: `plinth revision` writes one."))
}
