//! The one error type: a stable code, where it happened, what was expected and found, and a way out.

mod change;
mod code;
mod violation;

pub use code::Code;

use serde::Serialize;
use std::fmt;
use std::panic::{catch_unwind, AssertUnwindSafe};

/// One fault of a schema.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The model, by its name in `schema({...})`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The property of the column.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// What is wrong, and how to mend it.
    pub message: String,
}

/// One column of a primary key, for an error about the row that has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KeyPart {
    /// The property of the column.
    pub name: String,
    /// Whether it is a number: `int`, `bigint`; else it is text.
    pub kind: &'static str,
    /// The value, as text.
    pub text: String,
}

/// A loss of data that a call on a protected database would cause.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Lost {
    /// The table; `None` if that is not known.
    pub table: Option<String>,
    /// How many rows it has; `None` if they cannot be counted.
    pub rows: Option<i64>,
    /// The loss, as a sentence without its end: `drops the table users with all its rows`.
    pub what: String,
}

impl Lost {
    /// The same with the number of rows.
    pub fn told(&self) -> String {
        let rows = match self.rows {
            None if self.table.is_none() => return self.what.clone(),
            None => "rows unknown".to_owned(),
            Some(1) => "1 row".to_owned(),
            Some(rows) => format!("{rows} rows"),
        };
        format!("{} ({rows})", self.what)
    }
}

/// The keys of some rows, which a message tells if none of their columns is private.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowKeys {
    /// The table.
    pub table: String,
    /// The columns of its primary key, and whether their values may hold what a person has written.
    pub columns: Vec<(String, bool)>,
    /// The message with the keys: `2 rows of tasks have no title: id 1, 3.`
    pub message: String,
}

/// Parts of an error for the core alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Aside {
    /// Keys of the rows that the message is about: a caller decides whether they may be shown.
    Rows(RowKeys),
    /// The view or trigger that keeps SQLite from an ALTER TABLE, and why: `view v: no such table: main.gone`.
    Obstacle(String),
}

/// Everything a caller learns of a failure. Never holds a password or the value of a private column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Error {
    /// The kind of failure.
    pub code: Code,
    /// One sentence for a person.
    pub message: String,
    /// The model, by its name in `schema({...})`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The table, by its name in the database.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table: Option<String>,
    /// The columns concerned, by their names in the database.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// The primary key of the row concerned.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub key: Vec<KeyPart>,
    /// The violated constraint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub constraint: Option<String>,
    /// The value or state that was expected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// The value or state that was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found: Option<String>,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// Each fault of a schema, or each difference that keeps a database from being adopted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<Problem>,
    /// The losses of data that a call on a protected database would cause.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lost: Vec<Lost>,
    /// Parts that only the core uses.
    #[serde(skip)]
    pub aside: Option<Box<Aside>>,
    /// Which of many rows, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row: Option<usize>,
    /// Which parameter of the call, from 0, counted over all its rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub param: Option<usize>,
    /// Whether the same call, or the transaction that it was part of, may succeed when it is made again.
    pub retryable: bool,
    /// Of a write whose connection broke: false: nothing of it is in the database; true: that is
    /// not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub may_have_committed: Option<bool>,
}

/// The result of everything that can fail.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An error with a code and a sentence; the rest is added by the methods below.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Error {
            code,
            message: message.into(),
            model: None,
            table: None,
            columns: Vec::new(),
            key: Vec::new(),
            constraint: None,
            expected: None,
            found: None,
            hint: None,
            problems: Vec::new(),
            lost: Vec::new(),
            aside: None,
            row: None,
            param: None,
            retryable: code.is_retryable(),
            may_have_committed: None,
        }
    }

    /// Names the model.
    pub fn model(mut self, model: impl Into<String>) -> Self {
        self.model = Some(model.into());
        self
    }

    /// Names the row by its primary key.
    pub fn key(mut self, key: Vec<KeyPart>) -> Self {
        self.key = key;
        self
    }

    /// Has the message tell the keys of rows, if none of their columns is private. `private` says it of a table and its
    /// column; where it does not know, what a person may have written counts as private.
    pub fn tell_rows(mut self, private: impl Fn(&str, &str) -> Option<bool>) -> Self {
        if let Some(Aside::Rows(rows)) = self.aside.take().map(|aside| *aside) {
            let is_private = |(column, written): &(String, bool)| private(&rows.table, column).unwrap_or(*written);
            if !rows.columns.iter().any(is_private) {
                self.message = rows.message;
            }
        }
        self
    }

    /// Says the same under another code.
    pub fn recoded(mut self, code: Code) -> Self {
        self.code = code;
        self.retryable = code.is_retryable();
        self
    }

    /// Says it in another message.
    pub fn says(mut self, message: impl Into<String>) -> Self {
        self.message = message.into();
        self.aside = None;
        self
    }

    /// Begins the message with what was going on: `20260101000000_phones cannot be applied:`.
    pub fn in_context(mut self, before: &str) -> Self {
        self.message = format!("{before} {}", self.message);
        if let Some(Aside::Rows(rows)) = self.aside.as_deref_mut() {
            rows.message = format!("{before} {}", rows.message);
        }
        self
    }

    /// Whether this `view` or `trigger` keeps the statement from running.
    pub fn blames(&self, kind: &str, name: &str) -> bool {
        let Some(Aside::Obstacle(text)) = self.aside.as_deref() else { return false };
        let rest = text.strip_prefix(kind).and_then(|rest| rest.strip_prefix(' ')?.strip_prefix(name));
        rest.is_some_and(|rest| rest.starts_with(": "))
    }

    /// The message without its full stop, as part of a longer sentence.
    pub fn clause(&self) -> &str {
        self.message.strip_suffix('.').unwrap_or(&self.message)
    }

    /// Names the table.
    pub fn table(mut self, table: impl Into<String>) -> Self {
        self.table = Some(table.into());
        self
    }

    /// Names one more column.
    pub fn column(mut self, column: impl Into<String>) -> Self {
        self.columns.push(column.into());
        self
    }

    /// Names the columns.
    pub fn columns(mut self, columns: impl Into<Vec<String>>) -> Self {
        self.columns = columns.into();
        self
    }

    /// Says which of many rows it was, from 0.
    pub fn row(mut self, row: impl Into<Option<usize>>) -> Self {
        self.row = row.into();
        self
    }

    /// Says whether the write may be in the database; `None`: that is not the question.
    pub fn committed(mut self, may: impl Into<Option<bool>>) -> Self {
        self.may_have_committed = may.into();
        self
    }

    /// Names the constraint.
    pub fn constraint(mut self, name: impl Into<String>) -> Self {
        self.constraint = Some(name.into());
        self
    }

    /// Says what would have been right.
    pub fn expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self
    }

    /// Names the value or state that was found.
    pub fn found(mut self, found: impl Into<String>) -> Self {
        self.found = Some(found.into());
        self
    }

    /// Says what to do about it.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// Does work whose panic is a failure like any other: `INTERNAL`. Resources of the work,
/// connections and locks, are dropped on the way; the caller must not use objects that the work has
/// left half-way.
pub fn caught<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(panicked()))
}

/// The error of a panic. Its own message may hold a value, so it is not repeated.
pub fn panicked() -> Error {
    Error::new(Code::Internal, "Plinth panicked; the message is on the standard error output.")
        .hint("This is a fault of Plinth: please report it with that message.")
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
