//! What PostgreSQL's SQLSTATEs mean: https://www.postgresql.org/docs/current/errcodes-appendix.html

use crate::error::{Code, Error};
use std::error::Error as _;
use tokio_postgres::error::DbError;

/// What a server says of a failure, beside its SQLSTATE. The DETAIL is not among it but for names: it holds values.
#[derive(Clone, Debug, Default)]
pub(super) struct Fault<'a> {
    pub message: &'a str,
    pub table: Option<&'a str>,
    pub column: Option<&'a str>,
    pub constraint: Option<&'a str>,
    /// The columns of the key concerned.
    pub key: Vec<String>,
}

/// The error of a statement that the server refused, or whose connection broke: `CONNECTION_LOST`, of which the caller
/// knows whether it may have committed.
pub fn from_postgres(error: &tokio_postgres::Error) -> Error {
    if let Some(fault) = error.as_db_error() {
        return from_state(fault.code().code(), &Fault::from(fault));
    }
    let reason = error.source().map_or_else(|| error.to_string(), |source| format!("{error}: {source}"));
    match error.is_closed() || error.source().is_some_and(|source| source.is::<std::io::Error>()) {
        true => lost(&reason),
        false => Error::new(Code::Internal, format!("PostgreSQL could not be talked to: {reason}.")),
    }
}

/// The error of a SQLSTATE.
pub(super) fn from_state(state: &str, fault: &Fault<'_>) -> Error {
    let message = fault.message;
    match state {
        "23505" => unique(fault),
        "23502" => not_null(fault),
        "23503" | "23001" => foreign_key(fault),
        "23514" => refused_by(fault, |name| format!("A row does not meet the check {name}.")),
        "23P01" => refused_by(fault, |name| format!("A row is excluded by another: {name}.")),
        // What RAISE EXCEPTION says when it is told nothing else.
        "P0001" => Error::new(Code::CheckViolation, format!("A trigger refused the statement: {message}.")),
        "40001" => Error::new(Code::SerializationFailure, "A transaction beside this one came before it.")
            .hint("Run the transaction again, from its beginning; `retries` of transaction() does so."),
        "40P01" => Error::new(Code::Deadlock, "Transactions waited for each other, and this one was ended.")
            .hint("Run the transaction again, from its beginning; touch rows in the same order everywhere."),
        "55P03" => Error::new(Code::Busy, "Another connection holds a lock for longer than the timeout.")
            .hint("Make the call again, or shorten the transaction that holds the lock."),
        "57014" => Error::new(Code::Timeout, "The statement was ended: it ran for too long, or was cancelled.")
            .hint("`statement_timeout` says how long statements may run."),
        "25006" => Error::new(Code::ReadOnly, "The database can only be read.")
            .hint("The transaction is read-only, or the server is a standby: `target_session_attrs=read-write`."),
        "25P02" => session_failed(),
        // What Plinth writes gives more than one row only if a key is not one row's.
        "21000" => refused(message).hint(
            "In a call by key: several rows have it to the millisecond, which is all that a Date has of a moment. Change \
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
        "42P01" | "42703" | "3F000" => refused(message).hint("Create what is missing with initDb() or `plinth init`."),
        "42601" if message.contains("multiple commands") => {
            Error::new(Code::SqlRefused, "sql`` does not run several statements at once.")
                .hint("Write one statement a call.")
        }
        // The messages of the next ones hold the value.
        "22021" | "22P05" => {
            Error::new(Code::ValueInvalid, "PostgreSQL cannot hold this text: it has a NUL character.")
                .hint("Use a bytes column for data that may hold one.")
        }
        "22003" => Error::new(Code::ValueInvalid, "A number is out of the range of its column."),
        "22001" => Error::new(Code::ValueInvalid, "A text is too long for its column."),
        "22P02" | "22P03" | "22007" | "22008" => {
            let kind = message.split([':', '：']).next().unwrap_or_default();
            Error::new(Code::ValueInvalid, format!("A value is not of its type: {kind}."))
        }
        // What is bound and what the SQL has a place for differ; statements that Plinth writes agree with themselves.
        "42P18" => {
            let number =
                message.rsplit_once('$').map_or("", |(_, rest)| rest).trim_end_matches(|c: char| !c.is_ascii_digit());
            let value = if number.is_empty() { "A value".into() } else { format!("Value {number}") };
            Error::new(Code::SqlRefused, format!("{value} of the SQL stands where its type cannot be told.")).hint(
                "In quotes or a comment it is not bound: build the text in JavaScript. Elsewhere say its type: \
                 ${value}::text.",
            )
        }
        "08P01" if message.starts_with("bind message supplies") => super::refused::misplaced(None),
        // Idle for too long, or told to go: https://www.postgresql.org/docs/current/errcodes-appendix.html
        "57P01" | "57P02" | "57P04" | "57P05" | "25P03" | "25P04" => lost(message),
        state if state.starts_with("08") => lost(message),
        _ => refused(message),
    }
}

impl<'a> From<&'a DbError> for Fault<'a> {
    fn from(fault: &'a DbError) -> Self {
        Fault {
            message: fault.message(),
            table: fault.table(),
            column: fault.column(),
            constraint: fault.constraint(),
            key: fault.detail().map(key_columns).unwrap_or_default(),
        }
    }
}

/// The columns of a DETAIL in any language: "Key (tenant, email)=(1, ada@example.com) already exists." None where the
/// key has expressions.
pub(super) fn key_columns(detail: &str) -> Vec<String> {
    let names = detail.split_once(")=(").and_then(|(start, _)| start.split_once('('));
    match names {
        Some((_, names)) if !names.contains(['(', ')', '\'']) => {
            names.split(", ").map(|name| name.trim_matches('"').replace("\"\"", "\"")).collect()
        }
        _ => Vec::new(),
    }
}

fn lost(reason: &str) -> Error {
    Error::new(Code::ConnectionLost, format!("The connection to the server broke: {reason}."))
}

fn refused(message: &str) -> Error {
    Error::new(Code::SqlFailed, format!("PostgreSQL refused the statement: {message}."))
}

/// Names what the server names.
fn located(mut error: Error, fault: &Fault<'_>) -> Error {
    error.table = fault.table.map(str::to_owned);
    error.constraint = fault.constraint.map(str::to_owned);
    error
}

fn refused_by(fault: &Fault<'_>, say: impl Fn(&str) -> String) -> Error {
    located(Error::new(Code::CheckViolation, say(fault.constraint.unwrap_or_default())), fault)
}

fn unique(fault: &Fault<'_>) -> Error {
    let message = match fault.table {
        Some(table) if !fault.key.is_empty() => {
            format!("A row of {table} with the same {} is there already.", fault.key.join(", "))
        }
        _ => format!("A row with the same values of {} is there already.", fault.constraint.unwrap_or_default()),
    };
    let error = Error { columns: fault.key.clone(), ..Error::new(Code::UniqueViolation, message) };
    located(error, fault)
}

fn not_null(fault: &Fault<'_>) -> Error {
    let column = fault.column.unwrap_or_default();
    let name = fault.table.map_or_else(|| column.to_owned(), |table| format!("{table}.{column}"));
    let mut error = Error::new(Code::NotNullViolation, format!("{name} may not be null."));
    error.columns.extend(fault.column.map(str::to_owned));
    located(error, fault)
}

/// The server names the table with the key, whichever of both tables the statement was about.
fn foreign_key(fault: &Fault<'_>) -> Error {
    let table = fault.table.unwrap_or_default();
    let mut error = Error::new(Code::ForeignKeyViolation, "");
    error.message = match points_here(fault) {
        true => format!("Rows of {table} still point to it."),
        false if fault.key.is_empty() => "A foreign key would point to no row.".into(),
        false => {
            error.columns.clone_from(&fault.key);
            format!("{table}.{} would point to no row.", fault.key.join(", "))
        }
    };
    located(error, fault)
}

/// Whether the statement took away what a foreign key points to. The message then names the key's table after the
/// constraint: update or delete on table "users" violates foreign key constraint "tasks_owner_fkey" on table "tasks".
fn points_here(fault: &Fault<'_>) -> bool {
    let (Some(table), Some(constraint)) = (fault.table, fault.constraint) else { return false };
    let after = fault.message.rsplit_once(constraint).map_or("", |(_, after)| after);
    let word = |c: char| c.is_alphanumeric() || c == '_';
    after
        .match_indices(table)
        .any(|(at, _)| !after[..at].ends_with(word) && !after[at + table.len()..].starts_with(word))
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
    fn violations_say_what_they_violate() {
        let fault = Fault {
            message: "duplicate key value violates unique constraint \"users_email_key\"",
            table: Some("users"),
            constraint: Some("users_email_key"),
            key: key_columns("Key (email, \"createdAt\")=(ada@example.com, secret) already exists."),
            ..Fault::default()
        };
        let error = of("23505", &fault);
        assert_eq!(error.code, Code::UniqueViolation);
        assert_eq!(error.message, "A row of users with the same email, createdAt is there already.");
        assert_eq!(error.columns, ["email", "createdAt"]);
        assert_eq!(error.constraint.as_deref(), Some("users_email_key"));
        let error = of("23505", &Fault { key: key_columns("Key (lower(email))=(secret) already exists."), ..fault });
        assert_eq!(error.message, "A row with the same values of users_email_key is there already.");

        let error = of("23502", &Fault { table: Some("users"), column: Some("name"), ..Fault::default() });
        assert_eq!((error.code, error.message.as_str()), (Code::NotNullViolation, "users.name may not be null."));
        assert_eq!(error.columns, ["name"]);
        let error = of("23514", &Fault { constraint: Some("users_age_check"), ..Fault::default() });
        assert_eq!(error.message, "A row does not meet the check users_age_check.");
    }

    #[test]
    fn foreign_keys_say_which_side_is_wrong() {
        fn fault<'a>(message: &'a str, detail: &str) -> Fault<'a> {
            Fault {
                message,
                table: Some("tasks"),
                constraint: Some("tasks_owner_id_fkey"),
                key: key_columns(detail),
                ..Fault::default()
            }
        }
        let missing = of(
            "23503",
            &fault(
                "insert or update on table \"tasks\" violates foreign key constraint \"tasks_owner_id_fkey\"",
                "Key (owner_id)=(5) is not present in table \"users\".",
            ),
        );
        assert_eq!(missing.message, "tasks.owner_id would point to no row.");
        assert_eq!(missing.columns, ["owner_id"]);
        for other in ["users", "tasks"] {
            let message = format!(
                "update or delete on table \"{other}\" violates foreign key constraint \"tasks_owner_id_fkey\" on table \"tasks\""
            );
            let left = of("23503", &fault(&message, "Key (id)=(5) is still referenced from table \"tasks\"."));
            assert_eq!(left.message, "Rows of tasks still point to it.");
            assert!(left.columns.is_empty());
        }
    }

    #[test]
    fn values_are_not_repeated() {
        for (state, message) in [
            ("22P02", "invalid input syntax for type integer: \"secret\""),
            ("22P02", "invalid input value for enum mood: \"secret\""),
            ("22008", "date/time field value out of range: \"secret\""),
            ("22003", "value \"secret\" is out of range for type integer"),
            ("22021", "invalid byte sequence for encoding \"UTF8\": 0x00"),
        ] {
            let error = of(state, &Fault { message, ..Fault::default() });
            assert_eq!(error.code, Code::ValueInvalid);
            assert!(!error.message.contains("secret"), "{error}");
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
