//! Corrections that SQLite has a statement for. For all others the table is made anew: see `remake`.

use crate::dialect::correction::{common, line, Correction};
use crate::dialect::quote;

/// See `Definitions::correct`.
pub(super) fn correct(table: &str, correction: &Correction) -> Option<String> {
    match correction {
        Correction::Rebuild(name, _) => Some(format!("REINDEX {}", quote(name.spelled()))),
        // SQLite refuses a column whose default is an expression, or that may not be NULL and has no default:
        // https://www.sqlite.org/lang_altertable.html#altertabaddcol
        Correction::AddColumn(_, column) if is_refused(&line(column)) => None,
        other => common(table, other),
    }
}

fn is_refused(line: &str) -> bool {
    let lacks_default = line.contains("NOT NULL") && !line.contains("DEFAULT ") && !line.contains("GENERATED ");
    line.contains("DEFAULT (") || line.contains("DEFAULT CURRENT_") || line.contains(" STORED") || lacks_default
}
