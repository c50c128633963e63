//! The SQL that takes a difference from a table, for a person to run.

use super::super::shape::{Difference, Object};
use crate::dialect::quote;

/// The SQL that makes a table be as expected in this one point; none if only a new table would do: SQLite's ALTER TABLE
/// changes neither types nor constraints.
pub(super) fn undo(difference: &Difference) -> Option<String> {
    match (&difference.object, &difference.expected) {
        (Object::Column(column), None) => {
            Some(format!("ALTER TABLE {} DROP COLUMN {}", quote(difference.table.spelled()), quote(column.spelled())))
        }
        // The index as expected is added by the adoption.
        (Object::Index(index), _) => Some(format!("DROP INDEX {}", quote(index.spelled()))),
        _ => None,
    }
}
