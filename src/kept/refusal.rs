//! Why kept rows do not come back: the errors of restoring, none of which tells a value.

use super::list::KeptEntry;
use crate::dialect::Dialect;
use crate::error::{Code, Error, Problem};

/// `2 rows of users are`.
pub(super) fn several(count: i64, table: &str) -> String {
    match count {
        1 => format!("1 row of {table} is"),
        n => format!("{n} rows of {table} are"),
    }
}

/// The problem of rows that a trigger or a rule would leave out.
pub(super) fn not_all(count: i64, table: &str) -> String {
    format!("{} kept that would not all be there afterwards.", several(count, table))
}

/// The problem of rows whose foreign key a trigger breaks.
pub(super) fn orphaned_by_trigger(count: i64, table: &str) -> String {
    let rows = if count == 1 { "1 row".to_owned() } else { format!("{count} rows") };
    format!("{rows} of {table} would reference a row that does not exist: a trigger changes them or their parents.")
}

/// The rows were dropped by hand.
pub(super) fn rowless(dialect: &dyn Dialect, entry: &KeptEntry) -> Error {
    let KeptEntry { number, what, table, .. } = entry;
    let place = dialect.kept_table(*number, table);
    Error::new(Code::KeptUnknown, format!("The rows that were kept of {what} are gone: there is no table {place}."))
        .table(table)
        .expected(format!("the table {place}"))
        .found("no such table")
        .hint(format!("`plinth kept --drop {number}` takes the entry off the list."))
}

pub(super) fn refused(entry: &KeptEntry, problems: Vec<String>) -> Error {
    let what = &entry.what;
    let (number, told) = (entry.number, problems.join(" "));
    let listed = problems.into_iter().map(|message| Problem { model: None, column: None, message }).collect();
    Error {
        problems: listed,
        ..Error::new(Code::RestoreRefused, format!("The kept rows of {what} do not fit any more: {told}"))
            .table(&entry.table)
            .expected("rows and columns as the step left them")
            .found(format!("differences from entry {number}"))
            .hint("Nothing was changed. Settle the differences, or read the kept rows by hand; `plinth kept` has their definition.")
    }
}

/// A table or a column that cannot be made again.
pub(super) fn unmade(entry: &KeptEntry, error: Error) -> Error {
    match error.code {
        Code::SqlFailed | Code::SqlRefused | Code::ForeignKeyViolation => {
            refused(entry, vec![format!("It cannot be made again: {}", error.message)])
        }
        _ => error,
    }
}

/// Rows that the table does not take. A database's message about a value may
/// quote it: then it is not repeated.
pub(super) fn unwritten(entry: &KeptEntry, error: Error) -> Error {
    match error.code {
        Code::UniqueViolation | Code::ForeignKeyViolation | Code::NotNullViolation | Code::CheckViolation => {
            let told = refused(entry, vec![error.message.clone()]);
            Error { constraint: error.constraint, columns: error.columns, ..told }
        }
        Code::ValueInvalid => {
            let name = &entry.table;
            refused(entry, vec![format!("{name} does not take the values: their column has another type now.")])
        }
        Code::SqlFailed => {
            let name = &entry.table;
            let why = "a trigger or a function of a rule refuses them, or their column has another type now";
            refused(entry, vec![format!("{name} does not take the values: {why}.")])
        }
        _ => error,
    }
}
