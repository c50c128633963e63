//! SQL that is true for rows that a rule refuses. Pure.

use crate::dialect::quote;

/// The table to which a foreign key points, beside its own.
pub const PARENT: &str = "plinth_parent";

/// Whether other rows of `table` (SQL behind FROM) have the same in all of these parts, none of them NULL.
pub fn repeated(table: &str, parts: &[String], filter: Option<&str>) -> String {
    let list = parts.join(", ");
    let filter = filter.map(|sql| format!(" AND ({sql})")).unwrap_or_default();
    format!(
        "({list}) IN (SELECT {list} FROM {table} WHERE {}{filter} GROUP BY {list} HAVING count(*) > 1){filter}",
        present(parts),
    )
}

/// Whether a foreign key over these columns points to no row of `parent`: SQL behind FROM, under the name `PARENT`, and the
/// columns that it references. Without a parent no row is there to be pointed to.
pub fn orphaned(columns: &[String], parent: Option<(&str, &[String])>) -> String {
    let missing = parent.map(|(parent, references)| {
        let pairs = columns.iter().zip(references);
        let pairs: Vec<String> =
            pairs.map(|(column, reference)| format!("{PARENT}.{} = {column}", quote(reference))).collect();
        format!(" AND NOT EXISTS (SELECT 1 FROM {parent} WHERE {})", pairs.join(" AND "))
    });
    format!("{}{}", present(columns), missing.unwrap_or_default())
}

fn present(parts: &[String]) -> String {
    parts.iter().map(|part| format!("{part} IS NOT NULL")).collect::<Vec<_>>().join(" AND ")
}
