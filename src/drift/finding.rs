//! Findings: differences and foreign things as a report holds them.

use crate::dialect::correction::Correction;
use serde::Serialize;

/// The risk of repairing a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Grade {
    /// Nothing can be lost.
    Safe,
    /// Rows or values were there and are gone: what a repair makes is empty.
    MissingData,
    /// Values, or rules that somebody added, would be lost.
    Destructive,
    /// No statement can say what should be meant: a person has to decide.
    Blocked,
}

/// One difference between what should be there and what is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// The table.
    pub table: String,
    /// The part that differs: `table`, `column`, `nullable`, `default`, `primary key`, `unique`,
    /// `check`, `foreign key`, `constraint`, `index`, `options`, `comment`, `sequence`, `rows`
    /// (they break a rule that the table has) or `damage` (of the file, which has no table: its
    /// name is empty).
    pub object: &'static str,
    /// The column, the constraint or the index; none for the table itself, and for a constraint without a name.
    pub name: Option<String>,
    /// How it should be; `None` if it should not exist.
    pub expected: Option<String>,
    /// How it is; `None` if it is missing.
    pub found: Option<String>,
    /// The risk of a repair.
    pub grade: Grade,
    /// The difference as a sentence.
    pub message: String,
    /// Why it has this grade.
    pub why: String,
    /// What to do about it.
    pub fix: String,
    /// The line of the models that would declare what was found; `None` if no line can.
    pub model: Option<String>,
    /// The rows that keep it from being repaired, or that are the difference; `None` if rows were not read for it.
    pub rows: Option<RowsFound>,
    /// Names under which it may be there, or may have been there before: somebody may have renamed it.
    pub alike: Vec<String>,
    /// The steps that end the difference; empty if a person has to decide, or if the table itself is
    /// missing.
    #[serde(skip)]
    pub corrections: Vec<Correction>,
}

/// Rows that break a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RowsFound {
    /// How many there are.
    pub count: i64,
    /// The keys of the first of them; empty if keys may not be shown.
    pub keys: Vec<serde_json::Value>,
}

/// A foreign object: not declared in the models, not part of drift, and never changed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ForeignThing {
    /// The kind of object, with its article: `a view`, `a table of Litestream`.
    pub what: String,
    /// Its name.
    pub name: String,
    /// The table to which it belongs.
    pub table: Option<String>,
}

/// All that a comparison finds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Findings {
    /// Drift, table by table.
    pub differences: Vec<Finding>,
    /// What is foreign.
    pub foreign: Vec<ForeignThing>,
}
