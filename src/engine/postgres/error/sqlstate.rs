//! The meaning of PostgreSQL's SQLSTATEs:
//! https://www.postgresql.org/docs/current/errcodes-appendix.html

use super::violated::{foreign_key, located, not_null, points_here, unique, Fault};
use crate::error::{Code, Error};
use std::error::Error as _;
use tokio_postgres::error::DbError;

/// The error of a statement that the server refused, or whose connection broke: `CONNECTION_LOST`, of which the caller
/// knows whether it may have committed.
pub fn from_postgres(error: &tokio_postgres::Error) -> Error {
    if let Some(fault) = error.as_db_error() {
        return from_state(fault.code().code(), &Fault::from(fault));
    }
    let reason = error.source().map_or_else(|| error.to_string(), |source| format!("{error}: {source}"));
    match error.is_closed() || error.source().is_some_and(|source| source.is::<std::io::Error>()) {
        true => lost(&reason),
        false => Error::new(Code::Internal, format!("The communication with PostgreSQL failed: {reason}.")),
    }
}

/// The server's function that binds values to a statement.
const BIND: &str = "exec_bind_message";

/// The server's function that ends a statement whose time is up.
const INTERRUPT: &str = "ProcessInterrupts";

const POOLED: &str =
    "A pooler that gives each transaction another connection cannot keep prepared statements: add prepare=false to \
     DATABASE_URL. For migrations and init, set MIGRATION_DATABASE_URL to the server itself.";

/// Whether values do not fit the prepared statement that the server has by this name: it is another's.
pub(in crate::engine::postgres) fn is_another_statement(error: &tokio_postgres::Error) -> bool {
    error.as_db_error().is_some_and(|fault| fault.code().code() == "08P01" && fault.routine() == Some(BIND))
}

/// The error of a prepared statement that is another's.
pub(in crate::engine::postgres) fn pooled(error: &tokio_postgres::Error) -> Error {
    refused(error.as_db_error().map_or("", DbError::message)).hint(POOLED)
}

/// Whether a statement's name is unknown, or is another's.
pub(in crate::engine::postgres) fn is_of_names(error: &tokio_postgres::Error) -> bool {
    error.as_db_error().is_some_and(|fault| matches!(fault.code().code(), "26000" | "42P05"))
}

/// The error of a statement whose rows are of a type that the server could not be asked for.
pub(in crate::engine::postgres) fn types_unknown(error: &tokio_postgres::Error) -> Error {
    let reason = error.as_db_error().map_or("", DbError::message);
    let message = format!("The type of a column could not be found out behind a pooler: {reason}.");
    let error = Error::new(Code::SqlFailed, message).hint(
        "Types of CREATE TYPE and of extensions are asked for by prepared statements: read such a column as text \
         (column::text), or without a pooler.",
    );
    error.committed(true)
}

/// The error of a SQLSTATE.
pub(super) fn from_state(state: &str, fault: &Fault<'_>) -> Error {
    let message = fault.message;
    match state {
        "23505" => unique(fault),
        "23502" => not_null(fault),
        "23503" => foreign_key(fault, points_here(fault)),
        "23001" => foreign_key(fault, true),
        "23514" => located(Error::check(fault.constraint.unwrap_or_default()), fault),
        "23P01" => {
            let name = fault.constraint.unwrap_or_default();
            located(Error::new(Code::CheckViolation, format!("A row is excluded by another: {name}.")), fault)
        }
        // The default state of RAISE EXCEPTION.
        "P0001" => Error::new(Code::CheckViolation, format!("A trigger refused the statement: {message}.")),
        "40001" => Error::new(Code::SerializationFailure, "A concurrent transaction changed the same data first.")
            .hint("Run the transaction again, from its beginning; `retries` of transaction() does so."),
        "40P01" => Error::new(Code::Deadlock, "A deadlock with another transaction ended this one.")
            .hint("Run the transaction again, from its beginning; touch rows in the same order everywhere."),
        // A limit of time ends a statement by an interrupt; a lock that is not to be waited for fails where it is taken.
        "55P03" if fault.routine.is_some_and(|routine| routine != INTERRUPT) => {
            Error::new(Code::Busy, "Another transaction has locked the row, and noWait asks not to wait for it.")
                .hint("Make the call again later, or without noWait (in SQL: NOWAIT).")
        }
        "55P03" => Error::new(Code::Busy, "Another connection holds a lock for longer than the timeout.")
            .hint("Make the call again, or shorten the transaction that holds the lock."),
        "57014" => Error::new(Code::Timeout, "The statement was ended: it ran for too long, or was cancelled.")
            .hint("`statement_timeout` sets how long statements may run."),
        "25006" => Error::new(Code::ReadOnly, "The database is read-only.")
            .hint("The transaction is read-only, or the server is a standby: `target_session_attrs=read-write`."),
        "25P02" => session_failed(),
        // A statement of Plinth gives more than one row only if a key is not unique to one row.
        "21000" => refused(message).hint(
            "In a call by key: several rows have the same key to the millisecond, the precision of a Date. Change \
             them with updateMany, deleteMany or sql``, or let the column hold milliseconds: timestamptz(3).",
        ),
        "53100" => Error::new(Code::DiskFull, "There is no room left for the database.")
            .hint("Nothing was written. Free some space, then make the call again."),
        "53300" => Error::new(Code::TooManyConnections, "The server takes no more connections."),
        "57P03" => Error::new(Code::ServerUnavailable, format!("The server cannot be used now: {message}.")),
        "58030" => Error::new(Code::IoFailed, format!("Reading or writing the database failed: {message}.")),
        "XX001" | "XX002" => {
            Error::new(Code::Corrupt, format!("The database is damaged: {message}.")).hint("Restore it from a backup.")
        }
        "42501" => Error::new(Code::PermissionDenied, format!("The role of the URL may not do this: {message}."))
            .hint("GRANT it to the role, or use another in DATABASE_URL."),
        "3D000" => Error::new(Code::UnknownDatabase, format!("The server has no such database: {message}.")),
        // Columns with a collation each, compared.
        "42P21" | "42P22" => refused(message).hint(
            "Two columns that are compared, such as the two sides of a relation, have different collations: give both \
             the same one with ALTER TABLE ... ALTER COLUMN ... TYPE text COLLATE ....",
        ),
        "42P01" | "42703" | "3F000" => refused(message).hint("Create what is missing with initDb() or `plinth init`."),
        "42601" if fault.routine == Some("exec_parse_message") => {
            Error::new(Code::SqlRefused, "sql`` does not run several statements at once.")
                .hint("Write one statement a call.")
        }
        // The messages of the next ones hold the value.
        "22021" | "22P05" => {
            Error::new(Code::ValueInvalid, "PostgreSQL cannot hold this text: it has a NUL character or bytes that are not UTF-8.")
                .hint("Use a bytes column for data that may hold one.")
        }
        "22003" => Error::out_of_range(),
        // The errors of a strict path in JSON of another type: append() and merge() use such paths.
        "22039" => Error::not_json_of("a JSON array"),
        "2203C" => Error::not_json_of("a JSON object"),
        "2200H" => Error::new(Code::ValueInvalid, format!("There is no number left for a new row: {message}."))
            .hint(
                "A row has had the greatest number of the key: 2^53 - 1 of c.id(), 2^63 - 1 of c.bigId(). Give that row another \
                 key, then set the sequence back: SELECT setval(pg_get_serial_sequence('<table>', '<column>'), max(<column>)) \
                 FROM <table>.",
            ),
        "22001" => Error::new(Code::ValueInvalid, "A text is too long for its column."),
        "22P02" | "22P03" | "22007" | "22008" => {
            let kind = before_value(message).map(|kind| format!(": {kind}")).unwrap_or_default();
            Error::new(Code::ValueInvalid, format!("A value is not of its type{kind}."))
        }
        // What is bound and what the SQL has a place for differ; statements that Plinth writes agree with themselves.
        "42P18" => {
            let number = message.rsplit_once('$').map_or("", |(_, rest)| rest);
            let number = &number[..number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len())];
            let value = if number.is_empty() { "A value".into() } else { format!("Value {number}") };
            Error::new(Code::SqlRefused, format!("The SQL uses {value} in a place that does not show its type.")).hint(
                "In quotes or a comment it is not bound: build the text in JavaScript. Elsewhere write its type: \
                 ${value}::text.",
            )
        }
        // The server goes on after it; what a pooler says in this state ends the connection.
        "08P01" if fault.routine == Some(BIND) => super::refused::misplaced(None),
        // A prepared statement is gone, or there is one of its name already.
        "26000" | "42P05" => refused(message).hint(POOLED),
        // Idle for too long, or ended by an administrator:
        // https://www.postgresql.org/docs/current/errcodes-appendix.html
        "57P01" | "57P02" | "57P04" | "57P05" | "25P03" | "25P04" => lost(message),
        state if state.starts_with("08") => lost(message),
        _ => match &fault.dependents {
            Some(dependents) => refused(&format!("{message} ({dependents})")),
            None => refused(message),
        },
    }
}

fn lost(reason: &str) -> Error {
    Error::new(Code::ConnectionLost, format!("The connection to the server broke: {reason}."))
}

fn refused(message: &str) -> Error {
    Error::new(Code::SqlFailed, format!("PostgreSQL refused the statement: {message}."))
}

/// The part of a message before the value that it ends with: invalid input syntax for type integer:
/// "twelve". None if the value may stand elsewhere, as in other languages.
fn before_value(message: &str) -> Option<&str> {
    const QUOTES: [char; 9] = ['"', '\'', '«', '»', '„', '“', '”', '「', '」'];
    let (kind, value) = message.split_once([':', '：'])?;
    let kind = kind.trim_end();
    (!kind.contains(QUOTES) && value.trim_start().starts_with(QUOTES)).then_some(kind)
}

/// A call in a transaction that has failed.
pub fn session_failed() -> Error {
    Error::new(Code::SessionFailed, "The transaction has failed: it can only be rolled back.").hint(
        "Let the error of the failed call end the transaction, or call rollback() of the session. A call that may fail is made in a transaction inside it.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(state: &str, fault: &Fault<'_>) -> Error {
        from_state(state, fault)
    }

    #[test]
    fn values_are_not_repeated() {
        for (state, message) in [
            ("22P02", "invalid input syntax for type integer: \"secret\""),
            ("22P02", "invalid input value for enum mood: \"secret\""),
            ("22008", "date/time field value out of range: \"secret\""),
            ("22021", "invalid byte sequence for encoding \"UTF8\": 0x00"),
            ("22P02", "»secret:« ist keine gültige Zahl: »secret«"),
            ("22P02", "\"secret: 1\"は整数ではありません"),
            ("22007", "secret"),
        ] {
            let error = of(state, &Fault { message, ..Fault::default() });
            assert_eq!(error.code, Code::ValueInvalid);
            assert!(!error.message.contains("secret"), "{error}");
        }
    }

    #[test]
    fn what_a_change_refuses_repeats_no_value() {
        for (state, expected) in [
            ("22003", "a number within the range of its column"),
            ("22039", "a JSON array"),
            ("2203C", "a JSON object"),
        ] {
            let error = of(state, &Fault { message: "the value \"secret\" is refused", ..Fault::default() });
            assert_eq!((error.code, error.expected.as_deref()), (Code::ValueInvalid, Some(expected)));
            assert!(!error.message.contains("secret"), "{error}");
        }
    }

    #[test]
    fn what_is_known_of_a_value_is_said_where_it_stands_last() {
        for (message, said) in [
            ("invalid input syntax for type integer: \"twelve\"", ": invalid input syntax for type integer."),
            ("ungültige Eingabesyntax für Typ integer: »zwölf«", ": ungültige Eingabesyntax für Typ integer."),
            ("\"12:30\" ist keine Zahl", "."),
        ] {
            let error = of("22P02", &Fault { message, ..Fault::default() });
            assert_eq!(error.message, format!("A value is not of its type{said}"));
        }
    }

    #[test]
    fn statements_that_meet_anothers_have_the_hint() {
        for state in ["26000", "42P05"] {
            let error = of(state, &Fault { message: "why", ..Fault::default() });
            assert_eq!(error.code, Code::SqlFailed);
            let hint = error.hint.unwrap();
            assert!(hint.contains("prepare=false") && hint.contains("MIGRATION_DATABASE_URL"), "{state}");
        }
    }

    #[test]
    fn what_is_worth_a_retry_says_so() {
        for (state, code, retryable) in [
            ("40001", Code::SerializationFailure, true),
            ("40P01", Code::Deadlock, true),
            ("55P03", Code::Busy, true),
            ("57P03", Code::ServerUnavailable, true),
            ("57014", Code::Timeout, false),
            ("25006", Code::ReadOnly, false),
            ("25P02", Code::SessionFailed, false),
            ("53100", Code::DiskFull, false),
            ("42501", Code::PermissionDenied, false),
            ("42P01", Code::SqlFailed, false),
            ("42601", Code::SqlFailed, false),
            ("57P01", Code::ConnectionLost, false),
            ("08006", Code::ConnectionLost, false),
        ] {
            let error = of(state, &Fault { message: "why", ..Fault::default() });
            assert_eq!((error.code, error.retryable), (code, retryable), "{state}");
        }
    }
}
