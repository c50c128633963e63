//! Why a call failed, as far as what happens next depends on it: may it be made again, can the transaction go on, was it committed.

use super::sqlstate::from_postgres;
use crate::error::{Code, Error};
use tokio_postgres::error::{DbError, SqlState};

/// A call that failed.
#[derive(Debug)]
pub struct Failure {
    /// The error that the caller gets.
    pub error: Error,
    /// Where it came from.
    pub cause: Cause,
}

/// Where a failure came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// It was never sent.
    Unsent,
    /// The server refused it, and with it the transaction that it was part of.
    Refused,
    /// A prepared statement is not valid any more: nothing ran, and once prepared again it may succeed.
    Stale,
    /// The connection is gone. `certain`: the server has reported so instead of running it.
    Lost {
        /// Whether it surely did not run.
        certain: bool,
    },
}

/// The states with which a server ends a connection instead of running the statement. A crash and
/// an immediate shutdown (57P02) are not among them, nor what a pooler says of its server: they may
/// come behind a commit.
const INSTEAD: [&str; 5] = ["57P01", "57P04", "57P05", "25P03", "25P04"];

/// The hint for a write that may be in the database.
const UNCLEAR: &str = "It may have been committed: check before you retry.";

impl Failure {
    /// A failure before anything was sent.
    pub fn unsent(error: Error) -> Self {
        Failure { error, cause: Cause::Unsent }
    }

    /// The failure in a report of tokio-postgres. `ended`: whether the server has announced before
    /// that it ends this connection.
    pub fn of(error: &tokio_postgres::Error, ended: bool) -> Self {
        let told = from_postgres(error);
        let cause = match error.as_db_error() {
            Some(db) if told.code == Code::ConnectionLost => {
                Cause::Lost { certain: INSTEAD.contains(&db.code().code()) }
            }
            Some(db) if is_outdated(db) => Cause::Stale,
            Some(_) => Cause::Refused,
            None if is_encoding(error) => Cause::Unsent,
            None => Cause::Lost { certain: ended },
        };
        let error = if matches!(cause, Cause::Lost { .. }) { lost() } else { told };
        Failure { error, cause }
    }

    /// The same, of an insert that was undone as a whole: nothing of it is in the database.
    pub fn undone(mut self) -> Self {
        if self.error.code == Code::ValueUnreadable {
            self.error = self.error.committed(false);
        }
        self
    }

    /// The same, of a write that may have been committed all the same.
    pub fn unclear(mut self) -> Self {
        self.error = self.error.committed(true).hint(UNCLEAR);
        self
    }

    /// Whether the connection is gone.
    pub fn is_lost(&self) -> bool {
        matches!(self.cause, Cause::Lost { .. })
    }

    /// Whether the server has reported that it did not run.
    pub fn surely_did_not_run(&self) -> bool {
        self.cause == Cause::Lost { certain: true }
    }

    /// The error for a caller whose call would have committed something: where the connection is gone, it says whether
    /// that can be known. `sent`: whether anything was sent that commits.
    pub fn into_error(self, sent: bool) -> Error {
        match self.cause {
            Cause::Lost { certain } => {
                let may = sent && !certain;
                let hint = match may {
                    true => UNCLEAR,
                    false => "Nothing was committed: make the call again.",
                };
                let retryable = !may && self.error.code == Code::ConnectionLost;
                Error { retryable, may_have_committed: Some(may), ..self.error.hint(hint) }
            }
            _ => self.error,
        }
    }
}

/// Whether a prepared statement is gone, or gives other columns than it did. The name of the server's own function stands
/// in for its message, which is in the server's language.
fn is_outdated(db: &DbError) -> bool {
    match *db.code() {
        SqlState::INVALID_SQL_STATEMENT_NAME => true,
        SqlState::FEATURE_NOT_SUPPORTED => db.routine() == Some("RevalidateCachedQuery"),
        _ => false,
    }
}

/// Whether the server could not bind values to a prepared statement since columns have other types than when it was
/// prepared: an operator or an assignment that it had found does not fit any more.
pub fn is_outdated_at_bind(error: &tokio_postgres::Error) -> bool {
    matches!(error.code(), Some(&(SqlState::DATATYPE_MISMATCH | SqlState::UNDEFINED_FUNCTION)))
}

/// The connection broke.
pub fn lost() -> Error {
    Error::new(Code::ConnectionLost, "The connection to the server broke while the call was running.")
}

/// A value that could not be written the way its parameter wants it.
fn is_encoding(error: &tokio_postgres::Error) -> bool {
    // The kinds of errors are private, and their texts are not translated.
    let text = error.to_string();
    text.starts_with("error serializing parameter") || text.starts_with("error encoding message")
}
