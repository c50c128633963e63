//! The tables in which Plinth records: whether one exists, creating it, and adding what one of an earlier version lacks.

use crate::dialect::{quote, Dialect};
use crate::error::Result;
use crate::schema::Table;
use crate::statement::Execute;

/// Whether the database has a table of this name.
pub(super) fn exists(dialect: &dyn Dialect, connection: &mut dyn Execute, name: &str) -> Result<bool> {
    Ok(!dialect.columns(connection, name)?.is_empty())
}

/// Creates the table if it is missing.
pub fn create_missing(dialect: &dyn Dialect, connection: &mut dyn Execute, table: &Table) -> Result<()> {
    match exists(dialect, connection, &table.name)? {
        true => Ok(()),
        false => connection.batch(&dialect.create_table(table)).map_err(|error| error.table(&table.name)),
    }
}

/// Whether a table has a column.
pub(super) fn has_column(
    dialect: &dyn Dialect,
    connection: &mut dyn Execute,
    table: &str,
    column: &str,
) -> Result<bool> {
    Ok(dialect.columns(connection, table)?.iter().any(|it| it.name == column))
}

/// Adds a column, which may be NULL, to the existing table if it lacks it.
pub(super) fn add_missing(
    dialect: &dyn Dialect,
    connection: &mut dyn Execute,
    table: &Table,
    column: &str,
) -> Result<()> {
    let Some(added) = table.column(column) else { return Ok(()) };
    if has_column(dialect, connection, &table.name, column)? {
        return Ok(());
    }
    let declared = dialect.declared_type(&added.kind);
    let sql = format!("ALTER TABLE {} ADD COLUMN {} {declared}", quote(&table.name), quote(column));
    connection.batch(&sql).map_err(|error| error.table(&table.name))
}
