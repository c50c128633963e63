//! A connection for administration: schema, introspection, seeds. Slow and general; rows of models take the packed path.

use super::connection::BUSY_TIMEOUT;
use super::error::{from_code, from_message};
use super::folders;
use super::target::Target;
use crate::error::{Code, Error, Result};
use crate::statement::{Execute, Patience, Row, Statement, Watch};
use crate::value::Value;
use diesel::connection::SimpleConnection;
use diesel::deserialize;
use diesel::prelude::*;
use diesel::query_builder::BoxedSqlQuery;
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use diesel::row::{Field, NamedRow};
use diesel::sql_types;
use diesel::sqlite::{Sqlite, SqliteConnection, SqliteType};
use libsqlite3_sys as ffi;
use std::any::Any;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long `enable_wal` goes on trying.
const WAL_PATIENCE: Duration = Duration::from_secs(30);

/// A SQLite connection of Diesel's that runs administrative statements.
pub struct AdminConnection {
    // Closed before the other: fields drop in order.
    inner: SqliteConnection,
    /// Of the row path: open as long, so that the log stays, and its files can be looked at.
    row_path: Option<super::Connection>,
    patience: Patience,
}

impl AdminConnection {
    /// Opens the database at a path, a `file:` URI or `:memory:`, with foreign keys enforced. Waits up to
    /// `busy_timeout_ms` for the locks of others.
    pub fn open(path_or_uri: &str, busy_timeout_ms: u32) -> Result<Self> {
        let inner = SqliteConnection::establish(path_or_uri).map_err(|error| from_message(&error.to_string()))?;
        let mut connection = AdminConnection { inner, row_path: None, patience: Patience::default() };
        connection.batch(&format!("PRAGMA busy_timeout = {busy_timeout_ms}; PRAGMA foreign_keys = ON"))?;
        Ok(connection)
    }

    /// Says how long it waits for others that change the tables.
    pub fn set_patience(&mut self, patience: Patience) {
        self.patience = patience;
    }

    /// The connection of Diesel's.
    pub fn diesel(&mut self) -> &mut SqliteConnection {
        &mut self.inner
    }
}

/// Does administrative work on a database: its file and the last folder of its path are created, and it is on the
/// write-ahead log.
///
/// Errors in opening are those of the row path's own connection, which is opened first: Diesel's has no extended codes.
/// `FILE_GONE` where the files are not those that were opened when the work is done.
pub fn run<T>(target: &Target, work: impl FnOnce(&mut AdminConnection) -> Result<T>) -> Result<T> {
    if !target.memory && !target.files.opening()?.1 {
        folders::prepare(target)?;
    }
    let row_path = super::Connection::open(target)?;
    let mut connection = AdminConnection::open(&target.path, BUSY_TIMEOUT.as_millis() as u32)?;
    let before = row_path.data_version();
    connection.row_path = Some(row_path);
    let result = work(&mut connection);
    let Some(row_path) = &connection.row_path else { return result };
    row_path.look().map_err(|gone| {
        // Work that only reads leaves it as it was.
        let written = before.is_none() || row_path.data_version() != before;
        Error { may_have_committed: Some(written), ..gone }
    })?;
    result
}

/// A connection of Diesel's that is somebody else's.
pub struct Lent<'a>(pub &'a mut SqliteConnection);

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
        Lent(&mut self.inner).batch(sql)
    }

    fn execute(&mut self, statement: &Statement) -> Result<usize> {
        Lent(&mut self.inner).execute(statement)
    }

    fn query(&mut self, statement: &Statement) -> Result<Vec<Row>> {
        Lent(&mut self.inner).query(statement)
    }

    fn parts(&mut self) -> (Option<&mut dyn Any>, Option<&mut dyn Watch>) {
        (Some(self), None)
    }

    fn patience(&self) -> Patience {
        self.patience.clone()
    }
}

/// Switches the database to the write-ahead log, where it is not on it already; for `:memory:`, which has none, nothing.
///
/// While others open the same file the switch fails with "database is locked" whatever the busy timeout: SQLite does
/// not call the busy handler where waiting might deadlock. So it is tried again, for a limited time.
pub fn enable_wal(connection: &mut dyn Execute) -> Result<()> {
    let deadline = Instant::now() + WAL_PATIENCE;
    for attempt in 0.. {
        match try_wal(connection) {
            Err(error) if error.code == Code::Busy && Instant::now() < deadline => sleep(jitter(attempt)),
            result => return result,
        }
    }
    unreachable!("the deadline ends the attempts")
}

fn try_wal(connection: &mut dyn Execute) -> Result<()> {
    let rows = connection.query(&Statement::new("PRAGMA journal_mode"))?;
    let mode = rows.first().and_then(|row| row.first()).and_then(Value::as_str);
    if !matches!(mode, Some("wal" | "memory")) {
        connection.query(&Statement::new("PRAGMA journal_mode = WAL"))?;
    }
    Ok(())
}

/// A pause that differs between processes that began together.
fn jitter(attempt: u32) -> Duration {
    let most = 1_000_u64 << attempt.min(6);
    let random = RandomState::new().build_hasher().finish();
    Duration::from_micros(most / 2 + random % most)
}

fn bound(statement: &Statement) -> BoxedSqlQuery<'_, Sqlite, diesel::query_builder::SqlQuery> {
    let mut query = diesel::sql_query(&statement.sql).into_boxed::<Sqlite>();
    for value in &statement.binds {
        query = match value {
            Value::Null => query.bind::<sql_types::Nullable<sql_types::Text>, _>(None::<&str>),
            Value::Bool(flag) => query.bind::<sql_types::Bool, _>(*flag),
            Value::Int(number) => query.bind::<sql_types::BigInt, _>(*number),
            Value::Real(number) => query.bind::<sql_types::Double, _>(*number),
            Value::Text(text) => query.bind::<sql_types::Text, _>(text.as_str()),
            Value::Bytes(bytes) => query.bind::<sql_types::Binary, _>(bytes.as_slice()),
        };
    }
    query
}

/// A row whose columns are not known beforehand.
struct DynamicRow(Row);

impl QueryableByName<Sqlite> for DynamicRow {
    fn build<'a>(row: &impl NamedRow<'a, Sqlite>) -> deserialize::Result<Self> {
        let mut values = Vec::with_capacity(row.field_count());
        for i in 0..row.field_count() {
            let field = diesel::row::Row::get(row, i).ok_or("a row is shorter than its statement says")?;
            let value = match field.value() {
                None => Value::Null,
                Some(mut value) => match value.value_type() {
                    None => Value::Null,
                    Some(SqliteType::SmallInt | SqliteType::Integer | SqliteType::Long) => {
                        Value::Int(value.read_long())
                    }
                    Some(SqliteType::Float | SqliteType::Double) => Value::Real(value.read_double()),
                    // By its bytes: text in a database need not be UTF-8.
                    Some(SqliteType::Text) => Value::Text(String::from_utf8_lossy(value.read_blob()).into_owned()),
                    Some(SqliteType::Binary) => Value::Bytes(value.read_blob().to_vec()),
                },
            };
            values.push(value);
        }
        Ok(DynamicRow(values))
    }
}

/// An error of Diesel's.
pub fn from_diesel(error: DieselError) -> Error {
    let DieselError::DatabaseError(kind, information) = error else {
        return Error::new(Code::Internal, format!("An administrative statement failed: {error}"));
    };
    let message = information.message();
    match kind {
        DatabaseErrorKind::UniqueViolation => from_code(ffi::SQLITE_CONSTRAINT_UNIQUE, message),
        DatabaseErrorKind::ForeignKeyViolation => from_code(ffi::SQLITE_CONSTRAINT_FOREIGNKEY, message),
        DatabaseErrorKind::NotNullViolation => from_code(ffi::SQLITE_CONSTRAINT_NOTNULL, message),
        DatabaseErrorKind::CheckViolation => from_code(ffi::SQLITE_CONSTRAINT_CHECK, message),
        _ => from_message(message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open() -> AdminConnection {
        AdminConnection::open(":memory:", 100).unwrap()
    }

    #[test]
    fn values_come_back_as_they_went_in() {
        let values = vec![
            Value::Null,
            Value::Int(i64::MIN),
            Value::Real(0.1),
            Value::Text("a\0é🦀".into()),
            Value::Text(String::new()),
            Value::Bytes(vec![0, 255]),
            Value::Bytes(vec![]),
        ];
        let mut statement = Statement::new("SELECT ?, ?, ?, ?, ?, ?, ?");
        statement.binds = values.clone();
        assert_eq!(open().query(&statement).unwrap(), vec![values]);
        let statement = Statement { sql: "SELECT ?".into(), binds: vec![Value::Bool(true)] };
        assert_eq!(open().query(&statement).unwrap(), vec![vec![Value::Int(1)]]);
    }

    #[test]
    fn foreign_keys_are_on() {
        assert_eq!(open().query(&Statement::new("PRAGMA foreign_keys")).unwrap(), vec![vec![Value::Int(1)]]);
    }

    #[test]
    fn execute_counts_rows() {
        let mut connection = open();
        connection.batch("CREATE TABLE t (a); INSERT INTO t VALUES (1), (2)").unwrap();
        assert_eq!(connection.execute(&Statement::new("DELETE FROM t")).unwrap(), 2);
    }

    #[test]
    fn errors_have_codes() {
        let mut connection = open();
        connection.batch("CREATE TABLE t (a UNIQUE, b NOT NULL DEFAULT 1); INSERT INTO t (a) VALUES (1)").unwrap();
        let mut code = |sql: &str| connection.execute(&Statement::new(sql)).unwrap_err().code;
        assert_eq!(code("INSERT INTO t (a) VALUES (1)"), Code::UniqueViolation);
        assert_eq!(code("INSERT INTO t VALUES (2, NULL)"), Code::NotNullViolation);
        assert_eq!(code("nonsense"), Code::SqlFailed);
        assert_eq!(connection.batch("SELECT 'a\0b'").unwrap_err().code, Code::Internal);
    }

    #[cfg(unix)]
    #[test]
    fn only_work_that_writes_may_have_committed() {
        for (sql, written) in [("SELECT 1 FROM sqlite_schema", false), ("CREATE TABLE t (a)", true)] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("a.db");
            let target = Target::new(path.to_str().unwrap(), false, super::super::Durability::Full);
            let error = run(&target, |connection| {
                connection.batch(sql)?;
                std::fs::remove_file(folder.path().join("a.db-wal")).unwrap();
                Ok(())
            });
            let error = error.unwrap_err();
            assert_eq!((error.code, error.may_have_committed), (Code::FileGone, Some(written)), "{sql}");
        }
    }

    #[test]
    fn unusable_files() {
        let folder = tempfile::tempdir().unwrap();
        let code = |path: &std::path::Path| {
            let opened = AdminConnection::open(path.to_str().unwrap(), 100);
            opened.and_then(|mut c| c.query(&Statement::new("SELECT * FROM sqlite_schema"))).unwrap_err().code
        };
        assert_eq!(code(folder.path()), Code::CannotOpen);
        assert_eq!(code(&folder.path().join("missing/file.db")), Code::CannotOpen);
        let text = folder.path().join("notes.txt");
        std::fs::write(&text, "not a database, but long enough to be read as one".repeat(20)).unwrap();
        assert_eq!(code(&text), Code::NotADatabase);
    }

    #[test]
    fn a_locked_file_is_busy() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let mut one = AdminConnection::open(path.to_str().unwrap(), 10).unwrap();
        let mut other = AdminConnection::open(path.to_str().unwrap(), 10).unwrap();
        one.batch("BEGIN IMMEDIATE").unwrap();
        let error = other.batch("BEGIN IMMEDIATE").unwrap_err();
        assert_eq!((error.code, error.retryable), (Code::Busy, true));
    }

    #[test]
    fn wal_is_enabled_once_and_not_in_memory() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = AdminConnection::open(folder.path().join("a.db").to_str().unwrap(), 100).unwrap();
        for _ in 0..2 {
            enable_wal(&mut file).unwrap();
            let mode = file.query(&Statement::new("PRAGMA journal_mode")).unwrap();
            assert_eq!(mode[0][0].as_str(), Some("wal"));
        }
        enable_wal(&mut open()).unwrap();
    }
}
