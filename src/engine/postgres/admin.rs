//! A connection for administration: schema, introspection, seeds. Slow and general; rows of models take the packed path.

use super::cell::read;
use super::connect::{connect, Connected, Driver};
use super::error::{from_state, key_columns, Fault};
use super::target::Target;
use crate::error::{Code, Error, Result};
use crate::statement::{Execute, Row, Statement, Watch};
use crate::value::Value;
use diesel::connection::SimpleConnection;
use diesel::deserialize;
use diesel::pg::{Pg, PgTypeMetadata};
use diesel::prelude::*;
use diesel::query_builder::{BoxedSqlQuery, SqlQuery};
use diesel::result::{DatabaseErrorInformation, DatabaseErrorKind, Error as DieselError};
use diesel::row::{Field, NamedRow};
use diesel::sql_types;
use diesel_async::async_connection_wrapper::AsyncConnectionWrapper;
use diesel_async::AsyncPgConnection;
use std::any::Any;
use std::thread::{self, JoinHandle};
use tokio::runtime::Builder;
use tokio::sync::oneshot;

/// What Diesel has of a PostgreSQL connection.
pub type DieselConnection = AsyncConnectionWrapper<AsyncPgConnection>;

/// A PostgreSQL connection of Diesel's that runs administrative statements.
pub struct AdminConnection {
    /// Taken when it is dropped, so that the thread sees its end.
    inner: Option<DieselConnection>,
    driver: Option<JoinHandle<()>>,
}

impl AdminConnection {
    /// Connects. Not to be called in a runtime: it waits, as all that it does.
    pub fn open(target: &Target) -> Result<Self> {
        let (client, driver) = on_thread(target)?;
        let made =
            Builder::new_current_thread().build().map_err(no_runtime)?.block_on(AsyncPgConnection::try_from(client));
        let inner =
            made.map_err(|error| Error::new(Code::ConnectionLost, format!("The connection broke: {error}.")))?;
        Ok(AdminConnection { inner: Some(inner.into()), driver: Some(driver) })
    }

    /// The connection of Diesel's.
    pub fn diesel(&mut self) -> Result<&mut DieselConnection> {
        self.inner.as_mut().ok_or_else(|| Error::new(Code::Internal, "The connection is closed."))
    }
}

impl Drop for AdminConnection {
    fn drop(&mut self) {
        drop(self.inner.take());
        if let Some(driver) = self.driver.take() {
            // It has told the server by then.
            drop(driver.join());
        }
    }
}

fn no_runtime(error: std::io::Error) -> Error {
    Error::new(Code::Internal, format!("A runtime could not be made: {error}."))
}

/// Connects on a thread of its own, which then moves the connection's bytes until its end.
fn on_thread(target: &Target) -> Result<(tokio_postgres::Client, JoinHandle<()>)> {
    let target = target.clone();
    let runtime = Builder::new_current_thread().enable_all().build().map_err(no_runtime)?;
    let (sender, receiver) = oneshot::channel();
    let work = move || {
        runtime.block_on(async {
            let connected = connect(&target).await;
            let (answer, driver): (_, Option<Driver>) = match connected {
                Ok(Connected { client, driver, .. }) => (Ok(client), Some(driver)),
                Err(error) => (Err(error), None),
            };
            if sender.send(answer).is_ok() {
                if let Some(driver) = driver {
                    driver.await;
                }
            }
        });
    };
    let driver = thread::Builder::new().name("plinth-admin".into()).spawn(work);
    let driver = driver.map_err(|error| Error::new(Code::Internal, format!("A thread could not be made: {error}.")))?;
    let client = receiver.blocking_recv().map_err(|_| Error::new(Code::Internal, "A connection's thread ended."))??;
    Ok((client, driver))
}

/// A connection of Diesel's that is somebody else's.
pub struct Lent<'a>(pub &'a mut DieselConnection);

impl Execute for Lent<'_> {
    fn batch(&mut self, sql: &str) -> Result<()> {
        self.0.batch_execute(sql).map_err(from_diesel)
    }

    fn execute(&mut self, statement: &Statement) -> Result<usize> {
        bound(statement).execute(self.0).map_err(from_diesel)
    }

    fn query(&mut self, statement: &Statement) -> Result<Vec<Row>> {
        let rows: Vec<DynamicRow> = bound(statement).load(self.0).map_err(from_diesel)?;
        Ok(rows.into_iter().map(|row| row.0).collect())
    }
}

impl Execute for AdminConnection {
    fn batch(&mut self, sql: &str) -> Result<()> {
        Lent(self.diesel()?).batch(sql)
    }

    fn execute(&mut self, statement: &Statement) -> Result<usize> {
        Lent(self.diesel()?).execute(statement)
    }

    fn query(&mut self, statement: &Statement) -> Result<Vec<Row>> {
        Lent(self.diesel()?).query(statement)
    }

    fn parts(&mut self) -> (Option<&mut dyn Any>, Option<&mut dyn Watch>) {
        (Some(self), None)
    }
}

/// The type of a parameter whose type PostgreSQL is to find out: a null's.
struct Unknown;

impl sql_types::SqlType for Unknown {
    type IsNull = sql_types::is_nullable::NotNull;
}

impl sql_types::SingleValue for Unknown {}

impl diesel::query_builder::QueryId for Unknown {
    type QueryId = Self;
}

impl sql_types::HasSqlType<Unknown> for Pg {
    fn metadata(_: &mut Self::MetadataLookup) -> PgTypeMetadata {
        PgTypeMetadata::new(0, 0)
    }
}

impl diesel::serialize::ToSql<sql_types::Nullable<Unknown>, Pg> for Value {
    fn to_sql(&self, _: &mut diesel::serialize::Output<'_, '_, Pg>) -> diesel::serialize::Result {
        Ok(diesel::serialize::IsNull::Yes)
    }
}

fn bound(statement: &Statement) -> BoxedSqlQuery<'_, Pg, SqlQuery> {
    let mut query = diesel::sql_query(&statement.sql).into_boxed::<Pg>();
    for value in &statement.binds {
        query = match value {
            Value::Null => query.bind::<sql_types::Nullable<Unknown>, _>(value),
            Value::Bool(flag) => query.bind::<sql_types::Bool, _>(*flag),
            Value::Int(number) => query.bind::<sql_types::BigInt, _>(*number),
            Value::Real(number) => query.bind::<sql_types::Double, _>(*number),
            Value::Text(text) => query.bind::<sql_types::Text, _>(text.as_str()),
            Value::Bytes(bytes) => query.bind::<sql_types::Binary, _>(bytes.as_slice()),
        };
    }
    query
}

/// A row whose columns nobody knows beforehand.
struct DynamicRow(Row);

impl QueryableByName<Pg> for DynamicRow {
    fn build<'a>(row: &impl NamedRow<'a, Pg>) -> deserialize::Result<Self> {
        let mut values = Vec::with_capacity(row.field_count());
        for i in 0..row.field_count() {
            let field = diesel::row::Row::get(row, i).ok_or("a row is shorter than its statement says")?;
            values.push(match field.value() {
                None => Value::Null,
                Some(value) => {
                    let unread = || format!("the column {} is of a type that is not read: cast it to text", i + 1);
                    read(value.get_oid().get(), value.as_bytes()).ok_or_else(unread)?
                }
            });
        }
        Ok(DynamicRow(values))
    }
}

/// An error of Diesel's.
pub fn from_diesel(error: DieselError) -> Error {
    match error {
        DieselError::DatabaseError(kind, information) => {
            from_state(state(&kind, information.message()), &fault(information.as_ref()))
        }
        DieselError::DeserializationError(reason) => {
            Error::new(Code::ValueUnreadable, format!("A value could not be read: {reason}."))
        }
        error => Error::new(Code::Internal, format!("An administrative statement failed: {error}")),
    }
}

fn fault(information: &(dyn DatabaseErrorInformation + Send + Sync)) -> Fault<'_> {
    Fault {
        message: information.message(),
        table: information.table_name(),
        column: information.column_name(),
        constraint: information.constraint_name(),
        key: information.details().map(key_columns).unwrap_or_default(),
    }
}

/// Diesel keeps the SQLSTATEs of constraints and drops the others; what these say depends on the server's language, so
/// that elsewhere than in English they are all "refused".
fn state(kind: &DatabaseErrorKind, message: &str) -> &'static str {
    match kind {
        DatabaseErrorKind::UniqueViolation => "23505",
        DatabaseErrorKind::ForeignKeyViolation | DatabaseErrorKind::RestrictViolation => "23503",
        DatabaseErrorKind::NotNullViolation => "23502",
        DatabaseErrorKind::CheckViolation => "23514",
        DatabaseErrorKind::ExclusionViolation => "23P01",
        DatabaseErrorKind::SerializationFailure => "40001",
        DatabaseErrorKind::ReadOnlyTransaction => "25006",
        DatabaseErrorKind::ClosedConnection => "08006",
        // The words of tokio-postgres, which are always English.
        DatabaseErrorKind::UnableToSendCommand if message.contains("conn") || message.contains("comm") => "08006",
        _ => {
            let states = [
                ("permission denied", "42501"),
                ("must be owner", "42501"),
                ("deadlock detected", "40P01"),
                ("due to lock timeout", "55P03"),
                ("could not obtain lock", "55P03"),
                ("canceling statement", "57014"),
                ("terminating connection", "57P01"),
                ("current transaction is aborted", "25P02"),
                ("No space left on device", "53100"),
                ("invalid byte sequence", "22021"),
                ("does not exist", "42P01"),
            ];
            states.iter().find(|(text, _)| message.contains(text)).map_or("", |(_, state)| state)
        }
    }
}

/// Creates the database where the server has none of its name; says whether it did. Somebody else who creates it at the
/// same time is as good.
pub fn create_database(target: &Target) -> Result<bool> {
    let missing = match AdminConnection::open(target) {
        Ok(_) => return Ok(false),
        Err(error) if error.code == Code::UnknownDatabase => error,
        Err(error) => return Err(error),
    };
    let Some(name) = target.database() else { return Err(missing) };
    // Databases that every server has; a role may be kept out of either.
    let opened = AdminConnection::open(&target.with_database("postgres"))
        .or_else(|_| AdminConnection::open(&target.with_database("template1")));
    let Ok(mut connection) = opened else { return Err(missing) };
    match connection.batch(&format!("CREATE DATABASE \"{}\"", name.replace('"', "\"\""))) {
        Ok(()) => Ok(true),
        Err(error) => match AdminConnection::open(target) {
            Ok(_) => Ok(false),
            Err(_) => {
                Err(Error::new(Code::UnknownDatabase, format!("{} It could not be created: {error}", missing.message))
                    .hint("Create it with a role that may, or GRANT CREATEDB to the role of DATABASE_URL."))
            }
        },
    }
}
