//! The names of a violation as the models declare them: a database gives them as it spells them itself.

use crate::dialect::name::Naming;
use crate::error::Error;
use crate::schema::names::{kind_check_name, primary_key_name};
use crate::schema::{Models, Table};

/// Gives the table, columns and constraint of a violation the names that the models have for them.
pub(super) fn respell(models: &Models, naming: Naming, mut error: Error) -> Error {
    let tables = &models.schema.tables;
    if let Some(found) = error.table.clone() {
        // A name with a point in it may be that of a table or of a table and its column until both
        // are known.
        let whole = |column: &String| format!("{found}.{column}");
        let declared = |table: &Table, column: &String| {
            let is = |name: &&String| naming.same(&format!("{}.{name}", table.name), &whole(column));
            table.columns.iter().map(|column| &column.name).find(is).cloned()
        };
        let has_all = |table: &&Table| {
            !error.columns.is_empty() && error.columns.iter().all(|column| declared(table, column).is_some())
        };
        let called = |table: &&Table| naming.same(&table.name, &found);
        if let Some(table) = tables.iter().find(has_all).or_else(|| tables.iter().find(called)) {
            let columns: Vec<String> =
                error.columns.iter().map(|column| declared(table, column).unwrap_or_else(|| column.clone())).collect();
            // Only SQLite spells names otherwise.
            if (&found, &error.columns) != (&table.name, &columns) {
                error = error.of(&table.name, &columns);
            }
        }
    }
    let declared = |found: &String| tables.iter().flat_map(constraints).find(|name| naming.same(name, found));
    match error.constraint.as_ref().and_then(declared) {
        Some(name) => error.constraint(name),
        None => error,
    }
}

/// The names of constraints and indexes.
fn constraints(table: &Table) -> Vec<String> {
    let uniques = table.uniques.iter().map(|unique| &unique.name);
    let checks = table.checks.iter().map(|check| &check.name);
    let keys = table.foreign_keys.iter().map(|key| &key.name);
    let indexes = table.indexes.iter().map(|index| &index.name);
    let mut names: Vec<String> = uniques.chain(checks).chain(keys).chain(indexes).cloned().collect();
    names.extend(table.columns.iter().filter_map(|column| kind_check_name(&table.name, column)));
    names.push(primary_key_name(&table.name));
    names
}
