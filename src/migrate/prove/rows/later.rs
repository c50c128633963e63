//! Conditions on rows besides their own schema: the tables that a revision makes of theirs.

use super::values::convert;
use crate::diff::ValueMap;
use crate::schema::defaults::canonical;
use crate::schema::{Column, ForeignKey, Kind, Table};
use serde_json::Value as Json;

/// Conditions on rows besides the schema in which they are written: the table that a revision makes
/// of theirs.
#[derive(Clone, Debug, Default)]
pub struct Later {
    /// The table as it will be, as far as these rows decide about it; without foreign keys.
    pub table: Table,
    /// The names of it and its objects here, and the names that people know.
    pub names: Vec<(String, String)>,
    /// The later form of the columns.
    pub columns: Vec<Held>,
    /// Foreign keys that come, in the names that are now; one to a table without a name must be NULL.
    pub foreign_keys: Vec<ForeignKey>,
    /// How many rows fit at most, where what they get decides that.
    pub most: Option<usize>,
}

/// The later form of one column.
#[derive(Clone, Debug)]
pub struct Held {
    /// Its position in the table that is now.
    pub from: usize,
    /// The column as it will be.
    pub column: Column,
    /// The words that replace its words.
    pub map: Vec<ValueMap>,
    /// The words that replace them on the way back.
    pub back: Vec<ValueMap>,
    /// Whether a row may have NULL in it: it stays nullable, or there is a value for such rows.
    pub nullable: bool,
    /// Whether its texts are folded to lower case.
    pub folded: bool,
}

impl Held {
    /// The later form of a value of the kind that the column has now; `None` if it has no such value.
    pub fn becomes(&self, now: &Kind, value: &Json) -> Option<Json> {
        let value = convert(now, &self.column.kind, &self.map, value)?;
        match (self.folded, value.as_str()) {
            (true, Some(text)) => canonical(&self.column.kind, &text.to_lowercase().into()).ok(),
            _ => Some(value),
        }
    }
}
