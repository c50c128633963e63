//! The tables in which Plinth records: whether one exists, and creating it.

use crate::dialect::Dialect;
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
