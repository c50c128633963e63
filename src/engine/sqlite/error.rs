//! The meaning of SQLite's result codes: https://www.sqlite.org/rescode.html

use super::aggregates::SUM_OUT_OF_RANGE;
use super::changes::{NOT_AN_ARRAY, NOT_AN_OBJECT, OUT_OF_RANGE};
use crate::error::{Aside, Code, Error};
use libsqlite3_sys as ffi;

/// SQLite's error message for text that is not JSON.
const MALFORMED_JSON: &str = "malformed JSON";

/// SQLite's error message for foreign-key actions or triggers that start each other too often. The limit is compiled in:
/// `.cargo/config.toml`.
const TOO_DEEP: &str = "too many levels of trigger recursion";

/// The error of an extended result code and the message that SQLite gave with it.
pub fn from_code(extended: i32, message: &str) -> Error {
    match extended {
        ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY | ffi::SQLITE_CONSTRAINT_ROWID => {
            unique(message)
        }
        ffi::SQLITE_CONSTRAINT_NOTNULL => {
            let (table, columns) = named_columns(message);
            Error::not_null(&table, &columns)
        }
        ffi::SQLITE_CONSTRAINT_CHECK => Error::check(after_colon(message)),
        ffi::SQLITE_CONSTRAINT_FOREIGNKEY | ffi::SQLITE_CONSTRAINT_TRIGGER => match message.contains("FOREIGN KEY") {
            true => Error::new(Code::ForeignKeyViolation, "A foreign key references a row that does not exist."),
            false => Error::new(Code::CheckViolation, format!("A trigger refused the statement: {message}.")),
        },
        _ => primary(extended & 0xff, message),
    }
}

/// Diesel keeps SQLite's message and drops its code; the messages of these codes are fixed texts of SQLite's.
pub fn from_message(message: &str) -> Error {
    let folded = message.to_ascii_lowercase();
    let codes = [
        ("database is locked", ffi::SQLITE_BUSY),
        ("database schema is locked", ffi::SQLITE_LOCKED),
        ("table is locked", ffi::SQLITE_LOCKED),
        ("readonly database", ffi::SQLITE_READONLY),
        ("read-only", ffi::SQLITE_READONLY),
        ("disk i/o error", ffi::SQLITE_IOERR),
        ("disk image is malformed", ffi::SQLITE_CORRUPT),
        ("database or disk is full", ffi::SQLITE_FULL),
        ("unable to open", ffi::SQLITE_CANTOPEN),
        ("not a database", ffi::SQLITE_NOTADB),
        ("permission denied", ffi::SQLITE_PERM),
    ];
    let code = codes.iter().find(|(text, _)| folded.contains(text)).map_or(ffi::SQLITE_ERROR, |(_, code)| *code);
    // The reason is hidden as well, and is still that of this thread's last system call that failed.
    let reason = || std::io::Error::last_os_error().raw_os_error();
    let full = code == ffi::SQLITE_IOERR && reason().is_some_and(no_room);
    from_code(if full { ffi::SQLITE_FULL } else { code }, message)
}

/// Whether the operating system refused a write for want of room: by the disk, a quota, or a limit of the file's size.
pub fn no_room(errno: i32) -> bool {
    const EFBIG: i32 = 27;
    const ENOSPC: i32 = 28;
    const EDQUOT: i32 = if cfg!(target_os = "linux") { 122 } else { 69 };
    cfg!(unix) && [EFBIG, ENOSPC, EDQUOT].contains(&errno)
}

fn primary(code: i32, message: &str) -> Error {
    match code {
        ffi::SQLITE_BUSY | ffi::SQLITE_LOCKED => {
            Error::new(Code::Busy, "Another connection holds the database's lock for longer than the timeout.")
                .hint("Make the call again, or shorten the transaction that holds the lock.")
        }
        ffi::SQLITE_READONLY => Error::new(Code::ReadOnly, "The database is read-only.")
            .hint("Check the permissions of the file and of its folder: SQLite writes files beside it."),
        ffi::SQLITE_FULL => Error::new(Code::DiskFull, "There is no room left for the database.")
            // SQLite has one code for both.
            .hint(
                "Nothing was written. Free some space, then make the call again. If there is space, a row of the table has \
                 the greatest key, 2^63 - 1: give it another key.",
            ),
        ffi::SQLITE_IOERR => Error::new(Code::IoFailed, format!("Reading or writing the database failed: {message}.")),
        ffi::SQLITE_CORRUPT => Error::new(Code::Corrupt, format!("The database is damaged: {message}."))
            .hint("Restore a backup (`plinth restore`); `PRAGMA integrity_check` lists the damage."),
        ffi::SQLITE_NOTADB => {
            Error::new(Code::NotADatabase, "The file is not a SQLite database.").hint("Check the path in DATABASE_URL.")
        }
        ffi::SQLITE_CANTOPEN | ffi::SQLITE_PERM => Error::new(Code::CannotOpen, "The database file cannot be opened.")
            .hint("Check that the path is a file, and that you may read and write it and its folder."),
        ffi::SQLITE_CONSTRAINT => Error::new(Code::CheckViolation, format!("A constraint refused the row: {message}.")),
        _ => {
            match message {
                SUM_OUT_OF_RANGE | OUT_OF_RANGE => return Error::out_of_range(),
                NOT_AN_ARRAY => return Error::not_json_of("a JSON array"),
                NOT_AN_OBJECT => return Error::not_json_of("a JSON object"),
                _ => {}
            }
            let error = Error::new(Code::SqlFailed, format!("SQLite refused the statement: {message}."));
            if message == MALFORMED_JSON {
                return error.hint(
                    "A stored value, or one of the SQL, is read as JSON and is not: find the rows with WHERE NOT \
                     json_valid(<column>), and correct them.",
                );
            }
            if message == TOO_DEEP {
                let told = "The statement was stopped: its foreign-key actions or triggers start each other through more than \
                            5,000 levels of rows.";
                return Error::new(Code::SqlFailed, told)
                    .expected("at most 5,000 levels")
                    .found("more")
                    .hint("Nothing was changed. Delete or change the rows furthest from the first one, then make the call again.");
            }
            if let Some(obstacle) = message.strip_prefix("error in ") {
                return Error { aside: Some(Box::new(Aside::Obstacle(obstacle.into()))), ..error };
            }
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
        return Error::unique_by(name.trim_end_matches('\''));
    }
    let (table, columns) = named_columns(message);
    Error::unique(&table, &columns)
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
