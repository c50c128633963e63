//! The diff: from one schema to another as operations, applied, reversed and put in order. Pure.

mod apply;
mod compare;
mod convert;
mod decided;
mod describe;
mod likeness;
mod lower;
mod named;
mod objects;
mod operation;
mod order;
mod rename;
mod row_value;
mod same;
mod shift;

pub use apply::Applier;
pub use convert::{conversion, Conversion};
pub use describe::{effective_map, kind_words};
pub use lower::lowered;
pub use operation::{Constraint, Operation, ValueMap};
pub use row_value::{ForEach, RowValue};
pub use same::{canonical, same};

use crate::error::Result;
use crate::schema::Schema;
use serde::{Deserialize, Serialize};

/// A person's decisions where two schemas alone leave the meaning open.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Choices {
    /// What was renamed, beside what the models say with `renamedFrom`.
    pub renames: Vec<Rename>,
    /// What was dropped and not renamed: `users`, or `users.phone` by the table's new name.
    pub drops: Vec<String>,
    /// The values that rows get in columns that need one.
    pub backfills: Vec<Backfill>,
    /// The words that replace those of an enum.
    pub maps: Vec<ColumnMap>,
}

/// A table (`users` -> `people`) or a column (`users.phone` -> `users.mobile`, by the table's new name) with another name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rename {
    /// The table of a column; of a table none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<String>,
    /// The name until now.
    pub from: String,
    /// The name from now on.
    pub to: String,
}

/// The value of existing rows in a column that needs one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Backfill {
    /// The table, by its new name.
    pub table: String,
    /// The column, by its new name.
    pub column: String,
    /// The value.
    pub value: RowValue,
}

/// The word that replaces one word of an enum's column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnMap {
    /// The table, by its new name.
    pub table: String,
    /// The column, by its new name.
    pub column: String,
    /// The word that rows hold.
    pub from: String,
    /// The word that they get.
    pub to: String,
}

/// A decision that only a person can take.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "question", rename_all = "camelCase")]
pub enum Question {
    /// Whether this is the same table, or column of `table`, under another name: something is gone, something like it is new.
    Rename {
        /// The table of a column; of a table none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        table: Option<String>,
        /// What is gone.
        from: String,
        /// What is new and could be it; of tables those that are most alike.
        to: Vec<String>,
    },
    /// The value of existing rows in a new column that may not be NULL and has no default, or of those that hold NULL in a column
    /// that may not be NULL any more.
    Backfill {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// The word for its kind.
        kind: String,
        /// The default of an existing column in words, if it has one: the first answer.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        default: Option<String>,
    },
    /// The value of rows in a column that goes, if the revision is reverted: a constraint refuses a
    /// guessed value.
    Restore {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// The word for its kind.
        kind: String,
    },
    /// Whether the revision is meant, which loses data.
    Loss {
        /// Its losses, a sentence each, without its end.
        losses: Vec<String>,
    },
    /// Why the revision may block a table that has rows: no way in steps exists for it.
    Blocking {
        /// The changes that block, a sentence each.
        reasons: Vec<String>,
    },
}

/// The result of `diff`.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// The operations that lead from one schema to the other, in order.
    Operations(Vec<Operation>),
    /// What has to be decided first; never empty.
    Questions(Vec<Question>),
}

/// The operations that lead from one schema to another, in the order in which they can be carried out.
///
/// The order of tables, columns, constraints and indexes does not count, and what only the models say
/// (`renamed_from`, `random`) is read, never compared. Fails if a change cannot be made (`ConversionUnsupported`) or a choice
/// names something unknown (`ChoiceInvalid`).
pub fn diff(from: &Schema, to: &Schema, choices: &Choices) -> Result<Outcome> {
    compare::diff(from, to, choices)
}

/// The schema after the operations. Fails with `RevisionConflict`, its table and columns named, if
/// an operation does not find its object exactly as it was.
pub fn apply(schema: &Schema, operations: &[Operation]) -> Result<Schema> {
    let mut applier = Applier::new(schema.clone());
    operations.iter().try_for_each(|operation| applier.apply(operation))?;
    Ok(applier.into_schema())
}

/// The operations that lead back, in order.
pub fn reverse(operations: &[Operation]) -> Vec<Operation> {
    operations.iter().rev().map(Operation::reverse).collect()
}
