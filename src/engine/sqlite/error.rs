//! What SQLite's result codes mean: https://www.sqlite.org/rescode.html

use super::aggregates::OUT_OF_RANGE;
use crate::error::{Code, Error};
use libsqlite3_sys as ffi;

/// The error of an extended result code and the message that SQLite gave with it.
pub fn from_code(extended: i32, message: &str) -> Error {
    match extended {
        ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY | ffi::SQLITE_CONSTRAINT_ROWID => {
            unique(message)
        }
        ffi::SQLITE_CONSTRAINT_NOTNULL => {
            let (table, columns) = named_columns(message);
            let mut error = Error::new(Code::NotNullViolation, null_words(&table, &columns));
            error.columns = columns;
            error.table(table)
        }
        ffi::SQLITE_CONSTRAINT_CHECK => {
            let name = after_colon(message);
            Error::new(Code::CheckViolation, format!("A row does not meet the check {name}.")).constraint(name)
        }
        ffi::SQLITE_CONSTRAINT_FOREIGNKEY | ffi::SQLITE_CONSTRAINT_TRIGGER => match message.contains("FOREIGN KEY") {
            true => Error::new(Code::ForeignKeyViolation, "A foreign key would point to no row."),
            false => Error::new(Code::CheckViolation, format!("A trigger refused the statement: {message}.")),
        },
        _ => primary(extended & 0xff, message),
    }
}

fn primary(code: i32, message: &str) -> Error {
    match code {
        ffi::SQLITE_BUSY | ffi::SQLITE_LOCKED => {
            Error::new(Code::Busy, "Another connection holds the database's lock for longer than the timeout.")
                .hint("Make the call again, or shorten the transaction that holds the lock.")
        }
        ffi::SQLITE_READONLY => Error::new(Code::ReadOnly, "The database can only be read.")
            .hint("Check the permissions of the file and of its folder: SQLite writes files beside it."),
        ffi::SQLITE_FULL => Error::new(Code::DiskFull, "There is no room left for the database.")
            // SQLite has one code for both.
            .hint(
                "Nothing was written. Free some space, then make the call again. If there is space, a row of the table has \
                 the greatest key, 2^63 - 1: give it another key.",
            ),
        ffi::SQLITE_IOERR => Error::new(Code::IoFailed, format!("Reading or writing the database failed: {message}.")),
        ffi::SQLITE_CORRUPT => Error::new(Code::Corrupt, format!("The database is damaged: {message}."))
            .hint("Restore it from a backup; `PRAGMA integrity_check` lists the damage."),
        ffi::SQLITE_NOTADB => {
            Error::new(Code::NotADatabase, "The file is not a SQLite database.").hint("Check the path in DATABASE_URL.")
        }
        ffi::SQLITE_CANTOPEN | ffi::SQLITE_PERM => Error::new(Code::CannotOpen, "The database file cannot be opened.")
            .hint("Check that the path is a file, and that you may read and write it and its folder."),
        ffi::SQLITE_CONSTRAINT => Error::new(Code::CheckViolation, format!("A constraint refused the row: {message}.")),
        _ => {
            if message == OUT_OF_RANGE {
                return Error::new(Code::ValueInvalid, "A number is out of the range of its column.");
            }
            let error = Error::new(Code::SqlFailed, format!("SQLite refused the statement: {message}."));
            match message.contains("no such table") || message.contains("no such column") {
                true => error.hint("Create what is missing with initDb() or `plinth init`."),
                false => error,
            }
        }
    }
}

fn unique(message: &str) -> Error {
    // "UNIQUE constraint failed: users.email, users.name", or "...: index 'name'" for an index over expressions.
    if let Some(name) = after_colon(message).strip_prefix("index '") {
        let name = name.trim_end_matches('\'');
        return Error::new(Code::UniqueViolation, format!("A row with the same values of {name} is there already."))
            .constraint(name);
    }
    let (table, columns) = named_columns(message);
    let mut error = Error::new(Code::UniqueViolation, unique_words(&table, &columns));
    error.columns = columns;
    error.table(table)
}

/// What is said of columns in which no two rows may be alike.
pub fn unique_words(table: &str, columns: &[String]) -> String {
    format!("A row of {table} with the same {} is there already.", columns.join(", "))
}

/// What is said of columns that may not be NULL.
pub fn null_words(table: &str, columns: &[String]) -> String {
    format!("{table}.{} may not be null.", columns.join(", "))
}

fn after_colon(message: &str) -> &str {
    message.split_once(": ").map_or("", |(_, rest)| rest)
}

/// Table and columns of "...: table.column, table.column".
fn named_columns(message: &str) -> (String, Vec<String>) {
    let named = after_colon(message);
    let (table, columns) = named.split_once('.').unwrap_or(("", named));
    // A comma alone may be part of a name.
    let columns = columns.split(&format!(", {table}.")).map(str::to_owned).collect();
    (table.to_owned(), columns)
}
