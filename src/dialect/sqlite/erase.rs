//! Leaving nothing of deleted rows in the files of a SQLite database: neither in free pages nor in the write-ahead log.

use crate::error::{Code, Result};
use crate::statement::{Execute, Statement};

/// See `Contents::overwrite`: https://www.sqlite.org/pragma.html#pragma_secure_delete
pub(super) fn overwrite(connection: &mut dyn Execute) -> Result<()> {
    connection.query(&Statement::new("PRAGMA secure_delete = ON")).map(drop)
}

/// See `Contents::erase`. Pages that were free before may hold rows that were deleted long ago: a VACUUM leaves them out. Then
/// the log, in which all of it still is, is moved into the main file and cut off.
pub(super) fn erase(connection: &mut dyn Execute, whole: bool) -> Result<std::result::Result<(), String>> {
    let number = |connection: &mut dyn Execute, sql: &str| -> Result<Option<i64>> {
        Ok(connection.query(&Statement::new(sql))?.first().and_then(|row| row[0].as_int()))
    };
    let mut cut_off = || -> Result<bool> {
        if whole && number(connection, "PRAGMA freelist_count")? > Some(0) {
            connection.batch("VACUUM")?;
        }
        Ok(number(connection, "PRAGMA wal_checkpoint(TRUNCATE)")? == Some(0))
    };
    let left = "Another connection reads or writes, so the write-ahead log still holds the rows: they go when the log \
                is next truncated.";
    match cut_off() {
        Ok(true) => Ok(Ok(())),
        Ok(false) => Ok(Err(left.to_owned())),
        Err(error) if error.code == Code::Busy => Ok(Err(left.to_owned())),
        Err(error) => Err(error),
    }
}
