//! The verbs of migrations on a database: its place, its revisions, and the lock that keeps other
//! processes out.

use super::inspect::inspect;
use super::{administer, explain, is_missing, tell_rows, Target};
use crate::dialect::{self, Dialect};
use crate::drift::expected::Against;
use crate::drift::{self, DriftReport, Grades, RowScan, ScanProgress};
use crate::engine::postgres::admin::AdminConnection;
use crate::engine::settings::Settings;
use crate::error::{Code, Error, Result};
use crate::migrate::disk::folder;
use crate::migrate::disk::graph::Graph;
use crate::migrate::log::lock::Lock;
use crate::migrate::log::protection::Protection;
use crate::migrate::log::recorded::Recorded;
use crate::migrate::log::repairs;
use crate::migrate::report::status;
use crate::migrate::report::verbs::{
    DowngradeReport, HistoryReport, Options, Report, StampReport, StatusReport, UpgradeReport,
};
use crate::migrate::run::adopt;
use crate::migrate::run::printed;
use crate::migrate::run::runner::Runner;
use crate::migrate::Revision;
use crate::schema::Models;
use crate::statement::{Execute, Patience};
use serde::Serialize;
use std::time::Duration;

/// Applies what is pending: all of it without `to`.
pub fn upgrade(
    target: &Target,
    models: Option<&Models>,
    options: &Options,
    report: Report<'_>,
) -> Result<UpgradeReport> {
    let to = options.to.as_deref().unwrap_or("head");
    let upgraded = match options.sql {
        true => looking(target, options, recorded_and_tables, |dialect, graph, found| {
            printed::upgrade(dialect, graph, found, to, &options.by)
        }),
        false => run(target, options, report, |runner| adopt::upgrade(runner, to)),
    };
    upgraded.map_err(|error| {
        let error = tell_rows(models, target.naming(), error);
        models.map_or(error.clone(), |models| explain(models, target.naming(), error))
    })
}

/// Takes revisions back, the last applied first: that one without `to`.
pub fn downgrade(target: &Target, options: &Options, report: Report<'_>) -> Result<DowngradeReport> {
    let to = options.to.as_deref().unwrap_or("-1");
    // Opening would make the database, and there is nothing to take back.
    if options.sql || is_missing(target)? {
        return with_recorded(target, options, |dialect, graph, recorded| {
            let printed = printed::downgrade(dialect, graph, &recorded, to, &options.by)?;
            Ok(DowngradeReport { sql: printed.sql.filter(|_| options.sql), ..printed })
        });
    }
    run(target, options, report, |runner| runner.downgrade(to)).map_err(|error| tell_rows(None, target.naming(), error))
}

/// Records revisions as applied, or as not applied, without running anything.
pub fn stamp(target: &Target, options: &Options) -> Result<StampReport> {
    let to = options.to.as_deref().ok_or_else(|| {
        Error::new(Code::RevisionUnknown, "A stamp needs the revision at which the database is.")
            .expected("head, base or a version")
    })?;
    run(target, options, &mut |_| {}, |runner| runner.stamp(to))
}

/// All revisions, and what was done to this database.
pub fn history(target: &Target, options: &Options) -> Result<HistoryReport> {
    let look = |dialect: &dyn Dialect, connection: &mut dyn Execute| {
        Ok((Recorded::read(dialect, connection)?, repairs::read(dialect, connection)?))
    };
    looking(target, options, look, |dialect, graph, (recorded, repairs)| {
        Ok(status::history(dialect, graph, recorded, repairs))
    })
}

/// The revisions of a database, and whether it drifted.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Standing {
    /// Head against current.
    #[serde(flatten)]
    pub status: StatusReport,
    /// Whether what would destroy data asks for a word; `None` if the role may not read that.
    pub protected: Option<bool>,
    /// How many differences drift would report; `None` if reading alone does not tell.
    pub drift: Option<Grades>,
    /// The reason why the drift is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drift_unknown: Option<String>,
}

/// Head against current, and the database against what it stores of its own tables.
pub fn status(target: &Target, options: &Options) -> Result<Standing> {
    let look = |dialect: &dyn Dialect, connection: &mut dyn Execute| {
        let recorded = Recorded::read(dialect, connection)?;
        // The default of both, of a database that does not exist, is that it is not protected.
        let (is_protected, is_hidden) = match Protection::read(dialect, connection) {
            Ok(protection) => (protection.is_some(), false),
            Err(error) if error.code == Code::PermissionDenied => (false, true),
            Err(error) => return Err(error),
        };
        Ok((recorded, is_protected, is_hidden))
    };
    let (status, has_history, protected) =
        looking(target, options, look, |dialect, graph, (recorded, is_protected, is_hidden)| {
            let protected = (!is_hidden).then_some(is_protected);
            Ok((status::status(dialect, graph, &recorded), recorded.has_history(), protected))
        })?;
    let of_models = || (None, Some("No revision is applied: `plinth drift` compares with the models.".to_owned()));
    let (drift, drift_unknown) = match has_history.then(|| seen(target, None, options)) {
        None => of_models(),
        Some(Ok(Ok(report))) if report.against == Against::Models => of_models(),
        Some(Ok(Ok(report))) => (Some(report.grades), None),
        Some(Ok(Err(reason))) => (None, Some(reason)),
        // The problem that it reports of the revisions is in the status already.
        Some(Err(error)) => (None, Some(error.message)),
    };
    Ok(Standing { status, protected, drift, drift_unknown })
}

/// The live database against its own revisions, or against the models if it has none; see `drift`. `report` hears how far a
/// scan of rows has come.
pub fn drift(
    target: &Target,
    models: Option<&Models>,
    options: &Options,
    report: &mut dyn FnMut(&ScanProgress),
) -> Result<DriftReport> {
    let revisions = revisions(options)?;
    let graph = Graph::new(&revisions);
    if is_missing(target)? {
        return Err(Error::new(Code::CannotOpen, "The database file does not exist: run initDb() or plinth init."));
    }
    let schema = models.map(|models| &models.schema);
    let Some(rows) = &options.rows else {
        return administer(target, false, options.patience(), |dialect, connection| {
            drift::drift(dialect, connection, &graph, schema, None)
        });
    };
    let naming = target.naming();
    let is_private =
        |table: &str, column: &str| models?.is_private(|one, other| naming.same(one, other), table, column);
    let mut scan = RowScan { deep: rows.deep, only: None, is_private: &is_private, report };
    let limit = rows.timeout.map(|limit| Duration::from_secs_f64(limit.clamp(0.0, LONGEST_MS) / 1000.0));
    inspect(target, limit, |dialect, connection| drift::drift(dialect, connection, &graph, schema, Some(&mut scan)))
}

/// The longest limit in milliseconds; whatever may take longer has none.
const LONGEST_MS: f64 = i32::MAX as f64;

/// The same from what is stored alone: the reason if it is not stored.
pub fn seen(
    target: &Target,
    models: Option<&Models>,
    options: &Options,
) -> Result<std::result::Result<DriftReport, String>> {
    let revisions = revisions(options)?;
    let graph = Graph::new(&revisions);
    if is_missing(target)? {
        return Ok(Err("The database file does not exist.".into()));
    }
    let schema = models.map(|models| &models.schema);
    administer(target, false, options.patience(), |dialect, connection| {
        drift::drift_by_what_is_stored(dialect, connection, &graph, schema)
    })
}

/// How many differences drift would report now, or why that is not known: it keeps no process from starting.
pub(super) fn drifted(
    dialect: &dyn Dialect,
    connection: &mut dyn Execute,
    models: &Models,
    options: &Options,
) -> std::result::Result<Grades, String> {
    let seen = revisions(options).and_then(|revisions| {
        let (graph, schema) = (Graph::new(&revisions), Some(&models.schema));
        match revisions.is_empty() {
            // What is not stored, as of a table that the models have changed since, is made anew: else no start would repair it.
            true => drift::drift(dialect, connection, &graph, schema, None).map(Ok),
            // If revisions are pending they make the new objects of the models, not a repair.
            false => drift::drift_by_what_is_stored(dialect, connection, &graph, schema),
        }
    });
    let seen = seen.map_err(|error| error.message)?.map(|report| report.grades);
    match options.auto {
        // The reason alone names a run of init, which this is.
        Some(false) => seen.map_err(|_| UNCOMPARED.to_owned()),
        _ => seen,
    }
}

/// The reason why init does not know the drift if it applies no revisions.
const UNCOMPARED: &str =
    "Not compared: automatic migration is off (ENABLE_AUTO_MIGRATION), and the expected form of the tables is not \
     stored. `plinth drift` compares, `plinth upgrade` stores it.";

/// The revisions of the folder, in order.
pub(super) fn revisions(options: &Options) -> Result<Vec<Revision>> {
    options.dir.as_deref().map_or(Ok(Vec::new()), folder::read)
}

/// The lock that keeps other processes out while the connection works, if transactions do not do so
/// by themselves.
pub(super) fn hold(target: &Target, connection: &mut dyn Execute) -> Result<Option<Lock>> {
    match target {
        Target::Sqlite(_) => Ok(None),
        Target::Postgres(target) => Lock::take(target, connection).map(Some),
    }
}

fn run<T>(
    target: &Target,
    options: &Options,
    report: Report<'_>,
    work: impl FnOnce(&mut Runner<'_>) -> Result<T>,
) -> Result<T> {
    // Before anything is opened: what is wrong with the folder is wrong whatever the database.
    let revisions = revisions(options)?;
    let graph = Graph::new(&revisions);
    administer(target, true, options.patience(), |dialect, connection| {
        let mut lock = hold(target, connection)?;
        let (lock, by) = (lock.as_mut(), options.by.as_str());
        let (keep, guard, online) = (options.keep_in(dialect, connection)?, options.guard(), options.online);
        work(&mut Runner { dialect, connection, lock, graph: &graph, by, keep, guard, online, report })
    })
}

/// Looks at what a database records, and changes nothing.
fn with_recorded<T>(
    target: &Target,
    options: &Options,
    work: impl FnOnce(&dyn Dialect, &Graph<'_>, Recorded) -> Result<T>,
) -> Result<T> {
    looking(target, options, Recorded::read, work)
}

fn recorded_and_tables(dialect: &dyn Dialect, connection: &mut dyn Execute) -> Result<(Recorded, Vec<String>)> {
    Ok((Recorded::read(dialect, connection)?, adopt::ordinary_tables(dialect, connection)?))
}

/// Does work on what a look at the database finds. A database that does not exist has nothing, and is not created.
fn looking<F: Default, T>(
    target: &Target,
    options: &Options,
    look: impl FnOnce(&dyn Dialect, &mut dyn Execute) -> Result<F>,
    work: impl FnOnce(&dyn Dialect, &Graph<'_>, F) -> Result<T>,
) -> Result<T> {
    let revisions = revisions(options)?;
    let graph = Graph::new(&revisions);
    let found = match is_missing(target)? {
        true => Ok(F::default()),
        false => administer(target, false, Patience::default(), look),
    };
    let found = match found {
        Err(error) if error.code == Code::UnknownDatabase => F::default(),
        found => found?,
    };
    match target {
        Target::Sqlite(_) => work(&dialect::sqlite::syntax::Sqlite, &graph, found),
        Target::Postgres(_) => work(&dialect::postgres::syntax::Postgres, &graph, found),
    }
}

/// Writes the revisions that lead to the models; gives JSON. The settings are those of a PostgreSQL server to prove them on.
pub fn revise(schema: &str, options: &str, settings: Option<&str>) -> Result<String> {
    let (models, options) = (Models::from_json(schema)?, read(options)?);
    let target = settings.map(prover).transpose()?;
    let mut open = || open(target.as_ref());
    json(&crate::migrate::write::revise::revise(&models.schema, &options, Some(&mut open))?)
}

/// Models against head; gives JSON. The settings are those of a PostgreSQL server to prove revisions on.
pub fn check(schema: &str, options: &str, settings: Option<&str>) -> Result<String> {
    let (models, options) = (Models::from_json(schema)?, read(options)?);
    let target = settings.map(prover).transpose()?;
    let mut open = || open(target.as_ref());
    json(&crate::migrate::write::check::check(&models.schema, &options, Some(&mut open))?)
}

fn prover(settings: &str) -> Result<Target> {
    super::target(&Settings::from_json(settings)?)
}

/// A connection to try revisions on. A database that does not exist yet counts as none: a proof
/// must not create it.
fn open(target: Option<&Target>) -> Result<Option<Box<dyn Execute>>> {
    let Some(Target::Postgres(target)) = target else { return Ok(None) };
    match AdminConnection::open(target) {
        Ok(connection) => Ok(Some(Box::new(connection))),
        Err(error) if error.code == Code::UnknownDatabase => Ok(None),
        Err(error) => Err(error),
    }
}

/// Options, from JSON.
pub fn read<T: serde::de::DeserializeOwned>(options: &str) -> Result<T> {
    serde_json::from_str(options)
        .map_err(|error| Error::new(Code::Internal, format!("The options cannot be read: {error}.")))
}

fn json(report: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string(report)
        .map_err(|error| Error::new(Code::Internal, format!("A report is not valid JSON: {error}.")))
}
