//! A database as its callers see it: models, the dialect that compiles queries over them, and the engine that runs them.

pub mod backup;
mod explain;
mod inspect;
mod keeper;
pub mod kept;
pub mod migrations;
pub mod protection;
pub mod repairs;
mod respell;

use crate::dialect;
use crate::dialect::compile::{compile, Syntax};
use crate::dialect::name::Naming;
use crate::dialect::{Dialect, DialectName};
use crate::engine::postgres;
use crate::engine::settings::Settings;
use crate::engine::sqlite::{self, Durability};
use crate::engine::url::{self, Location};
use crate::engine::{Engine, Sink};
use crate::error::{caught, Code, Error, Result};
use crate::init::revisions::Revisions;
use crate::init::{self, InitReport};
use crate::kept::Limits;
use crate::migrate::disk::graph::Graph;
use crate::migrate::log::recorded::Recorded;
use crate::migrate::report::verbs::Options;
use crate::plan::Plan;
use crate::query;
use crate::reset::{self, ResetReport, Survey};
use crate::schema::Models;
use crate::statement::{Execute, Patience};
use explain::explain;
use keeper::Keeper;
use serde::Serialize;
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// An open database.
pub struct Database {
    /// Its models.
    pub models: Models,
    /// The engine that runs its plans.
    pub engine: Box<dyn Engine>,
    /// Where it is.
    pub target: Target,
    syntax: Box<dyn Syntax + Send + Sync>,
    plans: Mutex<Plans>,
}

#[derive(Default)]
struct Plans {
    next: u32,
    known: HashMap<u32, Arc<Plan>>,
}

/// The place of a database, with the settings to connect to it.
#[derive(Clone, Debug)]
pub enum Target {
    /// SQLite, in a file or in memory.
    Sqlite(sqlite::Target),
    /// PostgreSQL.
    Postgres(postgres::Target),
}

impl Target {
    /// How the database compares names.
    fn naming(&self) -> Naming {
        match self {
            Target::Sqlite(_) => dialect::sqlite::syntax::Sqlite.naming(),
            Target::Postgres(_) => dialect::postgres::syntax::Postgres.naming(),
        }
    }
}

/// The meaning of a URL, for people and for guards.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Described {
    /// How reports name it. Holds no password.
    pub shown: String,
    /// Its name: of a file without folder and ending, of a server the database's.
    pub name: String,
    /// Which database it is.
    pub dialect: DialectName,
    /// Whether it is on another machine.
    pub remote: bool,
}

fn locate(settings: &Settings) -> Result<Location> {
    url::parse(&settings.url, Path::new(&settings.base))
}

/// The meaning of the URL in these settings.
pub fn describe(settings: &Settings) -> Result<Described> {
    let location = locate(settings)?;
    let (dialect, remote) = match &location {
        Location::SqliteFile { .. } | Location::SqliteMemory => (DialectName::Sqlite, false),
        Location::Postgres(_) => (DialectName::Postgres, location.remote()),
    };
    Ok(Described { shown: location.shown(), name: location.name(), dialect, remote })
}

/// The database that settings mean. One in memory gets a name, so that several connections of this process find it.
pub fn target(settings: &Settings) -> Result<Target> {
    let durability = match settings.durability.as_deref() {
        Some("normal") => Durability::Normal,
        _ => Durability::Full,
    };
    Ok(match locate(settings)? {
        Location::SqliteFile { path, create } => {
            Target::Sqlite(sqlite::Target { create, ..sqlite::Target::new(path, false, durability) })
        }
        Location::SqliteMemory => {
            let path = format!("file:/plinth-{}?vfs=memdb", uuid::Uuid::now_v7().simple());
            Target::Sqlite(sqlite::Target::new(path, true, durability))
        }
        Location::Postgres(url) => Target::Postgres(postgres::Target::new(&url, settings)?),
    })
}

/// Runs administrative work on a connection of its own, with which a panic ends too. `creates`:
/// whether a missing database is created.
fn administer<T>(
    target: &Target,
    creates: bool,
    patience: Patience,
    work: impl FnOnce(&dyn Dialect, &mut dyn Execute) -> Result<T>,
) -> Result<T> {
    caught(|| match target {
        Target::Sqlite(target) => sqlite::admin::run(target, |connection| {
            connection.set_patience(patience);
            work(&dialect::sqlite::syntax::Sqlite, connection)
        }),
        Target::Postgres(target) => {
            let mut connection = match postgres::admin::AdminConnection::open(target) {
                Err(error) if error.code == Code::UnknownDatabase && creates => {
                    postgres::admin::create_database(target)?;
                    postgres::admin::AdminConnection::open(target)?
                }
                opened => opened?,
            };
            connection.set_patience(patience);
            connection.set_sight(dialect::postgres::BLOCKED);
            work(&dialect::postgres::syntax::Postgres, &mut connection)
        }
    })
}

/// Applies what is pending and creates what is missing; see `init`.
pub fn init(target: &Target, models: &Models, options: &Options) -> Result<InitReport> {
    let work = |dialect: &dyn Dialect, connection: &mut dyn Execute| {
        let keep = options.keep_in(dialect, connection)?;
        let mut report = start(target, models, options, (dialect, connection), keep)?
            .drifted(migrations::drifted(dialect, connection, models, options));
        if repairs::at_start(target, (dialect, connection), models, options, &mut report)? {
            // What was repaired is left no more.
            report.pending = start(target, models, options, (dialect, connection), keep)?.pending;
            report = report.drifted(migrations::drifted(dialect, connection, models, options));
        }
        Ok(report)
    };
    administer(target, true, options.patience(), work)
        .map_err(|error| explain(models, target.naming(), tell_rows(Some(models), target.naming(), error)))
}

/// Applies what is pending, or creates what is missing.
fn start(
    target: &Target,
    models: &Models,
    options: &Options,
    (dialect, connection): (&dyn Dialect, &mut dyn Execute),
    keep: Option<Limits>,
) -> Result<InitReport> {
    with_revisions(target, options, keep, |revisions| match revisions {
        Some(revisions) => init::revisions::init(dialect, connection, models, revisions),
        None => {
            let recorded = Recorded::read(dialect, connection)?;
            // No revisions, but a database that has some: their folder was not deployed.
            if options.dir.is_some() {
                recorded.check(dialect, &Graph::new(&[]))?;
            }
            match recorded.current() {
                Some(current) => init::revisions::leave(dialect, connection, models, &current),
                None => {
                    recorded.check_finished()?;
                    init::init(dialect, connection, models)
                }
            }
        }
    })
}

/// Drops everything, then applies the revisions, or creates the models' tables; see `reset`.
pub fn reset(target: &Target, models: &Models, options: &Options) -> Result<ResetReport> {
    let work = |dialect: &dyn Dialect, connection: &mut dyn Execute| {
        let limits = options.keep_in(dialect, connection)?;
        let mut keeper = Keeper::new(target, &options.by, limits);
        let mut keep = |connection: &mut dyn Execute, survey: &Survey| keeper.keep(dialect, connection, survey);
        let result = with_revisions(target, options, limits, |revisions| match revisions {
            Some(revisions) => reset::reset_to(dialect, connection, models, revisions, (options.guard(), &mut keep)),
            None => reset::reset(dialect, connection, models, (options.guard(), &mut keep)),
        });
        let dropped_files = keeper.settle(result.is_ok())?;
        let mut report = result?;
        report.kept.dropped_files = dropped_files;
        if let Some(erased) = dialect.erase(connection, true)? {
            (report.erased, report.not_erased) = (Some(erased.is_ok()), erased.err());
        }
        report.init = report.init.drifted(migrations::drifted(dialect, connection, models, options));
        Ok(report)
    };
    administer(target, true, options.patience(), work)
        .map_err(|error| explain(models, target.naming(), tell_rows(Some(models), target.naming(), error)))
}

/// Calls `work` with the revisions of the folder; with `None` if it has no revision.
fn with_revisions<T>(
    target: &Target,
    options: &Options,
    keep: Option<Limits>,
    work: impl FnOnce(Option<Revisions<'_>>) -> Result<T>,
) -> Result<T> {
    let revisions = migrations::revisions(options)?;
    let graph = Graph::new(&revisions);
    if revisions.is_empty() {
        return work(None);
    }
    let hold = |connection: &mut dyn Execute| migrations::hold(target, connection);
    let auto = options.auto.unwrap_or(true);
    let (by, guard, online) = (options.by.as_str(), options.start_guard(), options.online);
    work(Some(Revisions { graph: &graph, by, keep, guard, auto, online, hold: &hold, report: &mut |_| {} }))
}

/// The objects that a reset would destroy.
pub fn survey(target: &Target) -> Result<Survey> {
    if is_missing(target)? {
        return Ok(Survey::default());
    }
    match administer(target, false, Patience::default(), reset::survey) {
        Err(error) if error.code == Code::UnknownDatabase => Ok(Survey::default()),
        survey => survey,
    }
}

/// Whether the file does not exist, so that opening would make it. Errors: `FILE_GONE` if it was open before.
fn is_missing(target: &Target) -> Result<bool> {
    match target {
        Target::Sqlite(t) => {
            t.files.look()?;
            Ok(!t.memory && !t.path.starts_with("file:") && !Path::new(&t.path).exists())
        }
        Target::Postgres(_) => Ok(false),
    }
}

impl Database {
    /// Whether statements are kept prepared on their connections. `None` for SQLite, whose connections are all its own, and
    /// while no connection has found it out.
    pub fn prepares(&self) -> Option<bool> {
        match &self.target {
            Target::Sqlite(_) => None,
            Target::Postgres(target) => target.prepare.kept(),
        }
    }

    /// Whether transactions are read committed unless they ask for more. `None` while no connection has found it out; SQLite
    /// runs them one after the other, and reads outside of them see what was committed.
    pub fn reads_committed(&self) -> Option<bool> {
        match &self.target {
            Target::Sqlite(_) => Some(true),
            Target::Postgres(target) => target.read_committed.get().copied(),
        }
    }

    /// Opens a database; it connects with its first task.
    pub fn open(models: Models, target: Target, sink: Arc<dyn Sink>) -> Self {
        let (engine, syntax): (Box<dyn Engine>, Box<dyn Syntax + Send + Sync>) = match &target {
            Target::Sqlite(target) => {
                (Box::new(sqlite::Sqlite::new(target.clone(), sink)), Box::new(dialect::sqlite::syntax::Sqlite))
            }
            Target::Postgres(target) => {
                (Box::new(postgres::Postgres::new(target.clone(), sink)), Box::new(dialect::postgres::syntax::Postgres))
            }
        };
        Database { models, engine, target, syntax, plans: Mutex::default() }
    }

    /// An error of the database in the words of its models: see `explain`.
    pub fn explain(&self, error: Error) -> Error {
        explain(&self.models, self.target.naming(), error)
    }

    /// Compiles a query, given as JSON (see `query::parse`), and keeps its plan under the number returned.
    pub fn compile(&self, query: &str) -> Result<(u32, Arc<Plan>)> {
        let query = query::parse(&self.models, query)?;
        let plan = Arc::new(compile(self.syntax.as_ref(), &self.models, &query));
        let mut plans = self.plans.lock().unwrap_or_else(PoisonError::into_inner);
        plans.next += 1;
        let number = plans.next;
        plans.known.insert(number, Arc::clone(&plan));
        Ok((number, plan))
    }

    /// The plan of this number.
    pub fn plan(&self, number: u32) -> Option<Arc<Plan>> {
        self.plans.lock().unwrap_or_else(PoisonError::into_inner).known.get(&number).cloned()
    }

    /// Forgets a plan. Connections drop its statements as they need the room.
    pub fn release(&self, number: u32) {
        self.plans.lock().unwrap_or_else(PoisonError::into_inner).known.remove(&number);
    }
}

/// Tells the keys of the rows of which an error speaks, as far as they are not private.
fn tell_rows(models: Option<&Models>, naming: Naming, error: Error) -> Error {
    error.tell_rows(|table, column| models?.is_private(|one, other| naming.same(one, other), table, column))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statement::Statement;

    #[test]
    fn a_panic_in_administrative_work_is_an_error_and_frees_the_lock() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:///{}", folder.path().join("a.db").display());
        let target = target(&Settings::of(url, "/")).unwrap();
        let models = Models::from_json(r#"{"format":1,"models":[]}"#).unwrap();
        init(&target, &models, &Options::default()).unwrap();
        let error = administer(&target, true, Patience::default(), |_, connection| -> Result<()> {
            connection.batch("BEGIN IMMEDIATE; CREATE TABLE half (id)")?;
            panic!("injected: a secret");
        })
        .unwrap_err();
        assert_eq!((error.code, error.retryable), (Code::Internal, false));
        assert!(error.hint.is_some() && !format!("{error:?}").contains("secret"), "{error:?}");
        // Nothing waits for a lock, and nothing of it is left.
        let tables = administer(&target, true, Patience::default(), |_, connection| {
            connection.batch("CREATE TABLE whole (id)")?;
            connection.query(&Statement::new("SELECT name FROM sqlite_schema WHERE name IN ('half', 'whole')"))
        });
        assert_eq!(tables.unwrap(), vec![vec![crate::value::Value::Text("whole".into())]]);
        let dropped = reset(&target, &models, &Options::default()).unwrap().dropped.tables;
        assert_eq!(
            dropped.iter().map(|table| table.name.as_str()).collect::<Vec<_>>(),
            ["plinth_seeds", "plinth_shape", "whole"]
        );
    }
}
