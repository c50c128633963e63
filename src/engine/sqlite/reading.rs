//! A connection for administration that only reads and can be stopped, which Diesel's cannot.

use super::connection::{Connection, Raw};
use super::target::Target;
use crate::engine::stop::Stop;
use crate::error::{Code, Error, Result};
use crate::statement::{Execute, Row, Statement};
use crate::value::Value;
use libsqlite3_sys as ffi;
use std::ffi::c_int;
use std::slice;
use std::sync::Arc;

/// A connection whose statements end when its task is stopped.
pub struct ReadingConnection {
    inner: Connection,
    stop: Arc<Stop>,
}

/// Does work that only reads, until it is stopped. Errors: those of the work; `TIMEOUT`; `FILE_GONE` if the files are not
/// those that were opened when the work is done.
pub fn run<T>(target: &Target, stop: &Arc<Stop>, work: impl FnOnce(&mut ReadingConnection) -> Result<T>) -> Result<T> {
    let inner = Connection::open(target)?;
    inner.batch("PRAGMA query_only = ON")?;
    inner.stop_by(Some(stop));
    let mut connection = ReadingConnection { inner, stop: Arc::clone(stop) };
    let result = work(&mut connection);
    connection.inner.look().map_err(|gone| gone.committed(false))?;
    result
}

impl Execute for ReadingConnection {
    fn batch(&mut self, sql: &str) -> Result<()> {
        self.inner.batch(sql)
    }

    fn execute(&mut self, statement: &Statement) -> Result<usize> {
        self.query(statement)?;
        Ok(self.inner.changes() as usize)
    }

    fn query(&mut self, statement: &Statement) -> Result<Vec<Row>> {
        // A short statement ends before SQLite asks whether it is to stop.
        self.stop.check()?;
        let raw = self.inner.prepare(&statement.sql)?;
        if raw.statement.is_null() {
            return Ok(Vec::new());
        }
        for (at, value) in statement.binds.iter().enumerate() {
            self.bind(&raw, at as c_int + 1, value)?;
        }
        let mut rows = Vec::new();
        loop {
            // SAFETY: the statement is live, and what it binds was copied.
            match unsafe { ffi::sqlite3_step(raw.statement) } {
                // SAFETY: a row is current.
                ffi::SQLITE_ROW => rows.push(unsafe { row(&raw) }),
                ffi::SQLITE_DONE => return Ok(rows),
                _ => return Err(self.inner.error()),
            }
        }
    }
}

impl ReadingConnection {
    fn bind(&self, raw: &Raw, at: c_int, value: &Value) -> Result<()> {
        let statement = raw.statement;
        let length = |bytes: &[u8]| {
            c_int::try_from(bytes.len()).map_err(|_| Error::new(Code::Internal, "A value is too long for SQLite."))
        };
        // SAFETY: the statement is live, pointers and lengths agree, and SQLite copies texts and bytes.
        let code = unsafe {
            match value {
                Value::Null => ffi::sqlite3_bind_null(statement, at),
                Value::Bool(flag) => ffi::sqlite3_bind_int(statement, at, c_int::from(*flag)),
                Value::Int(number) => ffi::sqlite3_bind_int64(statement, at, *number),
                Value::Real(number) => ffi::sqlite3_bind_double(statement, at, *number),
                Value::Text(text) => {
                    let bytes = text.as_bytes();
                    let copy = ffi::SQLITE_TRANSIENT();
                    ffi::sqlite3_bind_text(statement, at, bytes.as_ptr().cast(), length(bytes)?, copy)
                }
                Value::Bytes(bytes) => {
                    let copy = ffi::SQLITE_TRANSIENT();
                    ffi::sqlite3_bind_blob(statement, at, bytes.as_ptr().cast(), length(bytes)?, copy)
                }
            }
        };
        if code == ffi::SQLITE_OK {
            Ok(())
        } else {
            Err(self.inner.error())
        }
    }
}

/// The current row.
///
/// # Safety
/// A row of the statement is current.
unsafe fn row(raw: &Raw) -> Row {
    // SAFETY: a row of the statement is current, as the caller guarantees, and every column that is read is counted.
    unsafe { (0..ffi::sqlite3_column_count(raw.statement)).map(|at| value(raw, at)).collect() }
}

/// A value of the current row.
///
/// # Safety
/// A row of the statement is current, and has this column.
unsafe fn value(raw: &Raw, at: c_int) -> Value {
    let statement = raw.statement;
    // SAFETY: the caller guarantees a current row that has this column; SQLite's bytes are copied before the next call.
    unsafe {
        match ffi::sqlite3_column_type(statement, at) {
            ffi::SQLITE_NULL => Value::Null,
            ffi::SQLITE_INTEGER => Value::Int(ffi::sqlite3_column_int64(statement, at)),
            ffi::SQLITE_FLOAT => Value::Real(ffi::sqlite3_column_double(statement, at)),
            kind => {
                let start = ffi::sqlite3_column_blob(statement, at).cast::<u8>();
                let length = ffi::sqlite3_column_bytes(statement, at) as usize;
                let bytes = if start.is_null() { &[] } else { slice::from_raw_parts(start, length) };
                match kind {
                    // By its bytes: text in a database need not be UTF-8.
                    ffi::SQLITE_TEXT => Value::Text(String::from_utf8_lossy(bytes).into_owned()),
                    _ => Value::Bytes(bytes.to_vec()),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Durability;
    use super::*;
    use std::time::{Duration, Instant};

    const ENDLESS: &str = "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n) SELECT count(*) FROM n";

    fn with<T>(limit: Option<Duration>, work: impl FnOnce(&mut ReadingConnection) -> Result<T>) -> Result<T> {
        let folder = tempfile::tempdir().unwrap();
        let target = Target::new(folder.path().join("a.db").to_str().unwrap(), false, Durability::Full);
        run(&target, &Arc::new(Stop::after(limit)), work)
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
        ];
        let mut statement = Statement::new("SELECT ?, ?, ?, ?, ?, ?");
        statement.binds = values.clone();
        assert_eq!(with(None, |connection| connection.query(&statement)), Ok(vec![values]));
    }

    #[test]
    fn a_statement_ends_in_time() {
        let start = Instant::now();
        let limit = Some(Duration::from_millis(50));
        let error = with(limit, |connection| connection.query(&Statement::new(ENDLESS))).unwrap_err();
        assert_eq!(error.code, Code::Timeout);
        assert!(start.elapsed() < Duration::from_secs(10));
    }

    #[test]
    fn nothing_is_written() {
        let error = with(None, |connection| connection.batch("CREATE TABLE t (a)")).unwrap_err();
        assert_eq!(error.code, Code::ReadOnly);
    }
}
