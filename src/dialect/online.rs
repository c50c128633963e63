//! The steps of a revision that runs online: each is work of its own, for which other sessions wait only briefly.

/// How the statements of a step run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OnlineWay {
    /// As one transaction, which changes no rows of a table in use.
    Transaction,
    /// One by one, each outside a transaction: they read all rows of a table, and block no session meanwhile.
    Statement,
    /// One UPDATE, for some rows of the table at a time, in the order of its primary key.
    Batches {
        /// The table.
        table: String,
        /// The columns of its primary key.
        key: Vec<String>,
    },
}

/// A step of a revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnlineStep {
    /// How it runs.
    pub way: OnlineWay,
    /// A line each: the lock that it takes, whether it reads or writes rows, and why it is a step of its own.
    pub notes: Vec<String>,
    /// Its statements, without semicolons. That of `Batches` has `BATCH` after its WHERE.
    pub statements: Vec<String>,
    /// The statements that undo it, run in the same way, except those of `Batches`, which run as one transaction; empty if
    /// there is nothing to undo, `None` if it cannot be undone.
    pub undo: Option<Vec<String>>,
}

/// The place in an UPDATE, `WHERE {BATCH} (condition)`, where a run in batches puts the condition of the rows of one batch, and
/// AND. To a person who runs the script it is a comment.
pub const BATCH: &str = "/* plinth: rows of a batch */";

/// The beginning of the names of the triggers and functions that fill rows while a revision runs in steps.
pub const FILL: &str = "plinth_fill";

/// The way in which a revision can run without blocking other sessions for long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Online {
    /// These steps. The last one is a `Transaction`, which may be without statements.
    Steps(Vec<OnlineStep>),
    /// The one transaction: it needs its locks for a moment only.
    Brief,
    /// None: the one transaction blocks other sessions while it reads or writes rows.
    Blocks(Vec<Blocking>),
}

/// A reason why a revision blocks other sessions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocking {
    /// The table that is blocked, by its name before the revision.
    pub table: String,
    /// The reason, as a sentence.
    pub sentence: String,
}
