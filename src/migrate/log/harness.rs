//! Diesel's harness for what we run: it keeps `__diesel_schema_migrations`, the set of revisions of a database.
//!
//! To Diesel a revision is a `Migration`, whose transaction is ours: `Dialect::revision_transaction` holds the revision's
//! statements, Diesel's row and the history's row together.

use crate::dialect::Dialect;
use crate::dialect::Work;
use crate::engine::postgres;
use crate::engine::sqlite;
use crate::error::{Code, Error, Result};
use crate::statement::{Execute, Row, Statement, Watch};
use diesel::connection::BoxableConnection;
use diesel::migration::{Migration, MigrationMetadata, MigrationName, MigrationVersion};
use diesel::pg::Pg;
use diesel::sqlite::{Sqlite, SqliteConnection};
use diesel_migrations::MigrationHarness;
use std::cell::RefCell;
use std::fmt;

/// The table that Diesel keeps.
pub const TABLE: &str = "__diesel_schema_migrations";

type Failed = Box<dyn std::error::Error + Send + Sync>;

/// The versions of the revisions that are applied, in order. Changes nothing, even if there never
/// was one.
pub fn applied(dialect: &dyn Dialect, connection: &mut dyn Execute) -> Result<Vec<String>> {
    if dialect.columns(connection, TABLE)?.is_empty() {
        return Ok(Vec::new());
    }
    let rows = connection.query(&Statement::new(format!("SELECT version FROM {TABLE} ORDER BY version")))?;
    Ok(rows.iter().filter_map(|row| row.first()?.as_str().map(str::to_owned)).collect())
}

/// The statement that makes the table where it is missing, for a script.
pub fn script() -> &'static str {
    diesel::migration::CREATE_MIGRATIONS_TABLE.trim_end().trim_end_matches(';')
}

/// The statement that records a revision as applied, or as not applied, for a script.
pub fn line(version: &str, applied: bool) -> String {
    // A version is digits.
    match applied {
        true => format!("INSERT INTO {TABLE} (version) VALUES ('{version}')"),
        false => format!("DELETE FROM {TABLE} WHERE version = '{version}'"),
    }
}

/// Runs the work of a revision, and records it as applied.
pub fn run_up(connection: &mut dyn Execute, version: &str, work: Work<'_>) -> Result<()> {
    run(connection, version, work, Direction::Up)
}

/// Runs the work that takes a revision back, and records it as not applied.
pub fn run_down(connection: &mut dyn Execute, version: &str, work: Work<'_>) -> Result<()> {
    run(connection, version, work, Direction::Down)
}

#[derive(Clone, Copy)]
enum Direction {
    Up,
    Down,
}

fn run(connection: &mut dyn Execute, version: &str, work: Work<'_>, direction: Direction) -> Result<()> {
    let unknown = || Error::new(Code::Internal, "Diesel's harness cannot run on a connection that is only lent.");
    let (concrete, watch) = connection.parts();
    let concrete = concrete.ok_or_else(unknown)?;
    let revision = Revision { name: Name(version.to_owned()), work: RefCell::new(work), watch: RefCell::new(watch) };
    if let Some(sqlite) = concrete.downcast_mut::<sqlite::admin::AdminConnection>() {
        harnessed(sqlite.diesel(), &revision, direction).map_err(|error| ours(error, sqlite::admin::from_diesel))
    } else if let Some(postgres) = concrete.downcast_mut::<postgres::admin::AdminConnection>() {
        harnessed(postgres.diesel()?, &revision, direction).map_err(|error| ours(error, postgres::admin::from_diesel))
    } else {
        Err(unknown())
    }
}

fn harnessed<DB: diesel::backend::Backend, C: MigrationHarness<DB>>(
    connection: &mut C,
    revision: &dyn Migration<DB>,
    direction: Direction,
) -> std::result::Result<(), Failed> {
    // Makes the table where it is missing.
    connection.applied_migrations()?;
    match direction {
        Direction::Up => connection.run_migration(revision)?,
        Direction::Down => connection.revert_migration(revision)?,
    };
    Ok(())
}

/// The source of a failure: the work, whose errors are ours, or a statement of the harness.
fn ours(failed: Failed, of_diesel: fn(diesel::result::Error) -> Error) -> Error {
    let failed = match failed.downcast::<Error>() {
        Ok(error) => return *error,
        Err(failed) => failed,
    };
    match failed.downcast::<diesel::result::Error>() {
        Ok(error) => of_diesel(*error),
        Err(failed) => Error::new(Code::Internal, format!("Diesel's harness failed: {failed}.")),
    }
}

/// A revision as Diesel sees it: a name, and work that knows of itself which way it leads.
struct Revision<'a> {
    name: Name,
    work: RefCell<Work<'a>>,
    watch: RefCell<Option<&'a mut dyn Watch>>,
}

/// A connection that tells of its statements.
struct Told<'a> {
    connection: &'a mut dyn Execute,
    watch: &'a mut dyn Watch,
}

impl Execute for Told<'_> {
    fn batch(&mut self, sql: &str) -> Result<()> {
        self.watch.before(self.connection, sql)?;
        self.connection.batch(sql)
    }

    fn execute(&mut self, statement: &Statement) -> Result<usize> {
        self.watch.before(self.connection, &statement.sql)?;
        self.connection.execute(statement)
    }

    fn query(&mut self, statement: &Statement) -> Result<Vec<Row>> {
        self.connection.query(statement)
    }
}

struct Name(String);

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl MigrationName for Name {
    fn version(&self) -> MigrationVersion<'_> {
        MigrationVersion::from(&self.0)
    }
}

impl MigrationMetadata for Name {
    fn run_in_transaction(&self) -> bool {
        false
    }
}

impl Revision<'_> {
    fn on(&self, connection: &mut dyn Execute) -> std::result::Result<(), Failed> {
        let mut work = self.work.borrow_mut();
        let done = match self.watch.borrow_mut().as_deref_mut() {
            Some(watch) => work(&mut Told { connection, watch }),
            None => work(connection),
        };
        done.map_err(Failed::from)
    }
}

impl Migration<Sqlite> for Revision<'_> {
    fn run(&self, connection: &mut dyn BoxableConnection<Sqlite>) -> std::result::Result<(), Failed> {
        let connection = connection.downcast_mut::<SqliteConnection>().ok_or("not a connection of ours")?;
        self.on(&mut sqlite::admin::Lent(connection))
    }

    fn revert(&self, connection: &mut dyn BoxableConnection<Sqlite>) -> std::result::Result<(), Failed> {
        self.run(connection)
    }

    fn metadata(&self) -> &dyn MigrationMetadata {
        &self.name
    }

    fn name(&self) -> &dyn MigrationName {
        &self.name
    }
}

impl Migration<Pg> for Revision<'_> {
    fn run(&self, connection: &mut dyn BoxableConnection<Pg>) -> std::result::Result<(), Failed> {
        let connection = connection.downcast_mut::<postgres::admin::for_diesel::PgConnection>();
        self.on(connection.ok_or("not a connection of ours")?)
    }

    fn revert(&self, connection: &mut dyn BoxableConnection<Pg>) -> std::result::Result<(), Failed> {
        self.run(connection)
    }

    fn metadata(&self) -> &dyn MigrationMetadata {
        &self.name
    }

    fn name(&self) -> &dyn MigrationName {
        &self.name
    }
}
