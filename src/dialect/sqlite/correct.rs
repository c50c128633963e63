//! Corrections that SQLite has a statement for. For all others the table is made anew.

use crate::dialect::correction::{common, Correction};
use crate::dialect::quote;

/// See `Definitions::correct`.
pub(super) fn correct(table: &str, correction: &Correction<'_>) -> Option<String> {
    match correction {
        Correction::Rebuild(name) => Some(format!("REINDEX {}", quote(name))),
        // SQLite refuses a column whose default is an expression, or that may not be NULL and has no default:
        // https://www.sqlite.org/lang_altertable.html#altertabaddcol
        Correction::AddColumn(_, line)
            if line.contains("DEFAULT (") || line.contains(" STORED") || is_refused_without_default(line) =>
        {
            None
        }
        other => common(table, other),
    }
}

fn is_refused_without_default(line: &str) -> bool {
    line.contains("NOT NULL") && !line.contains("DEFAULT ") && !line.contains("GENERATED ")
}
