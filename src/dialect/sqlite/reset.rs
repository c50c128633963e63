//! Dropping everything in a SQLite database: tables, virtual ones among them, views and triggers.

use super::erase::overwrite;
use super::introspect::{count, has_sequences, inventory};
use super::kept::Watched;
use super::transaction::without_foreign_keys;
use crate::dialect::found::{FoundTable, Survey, SurveyedTable, TableKind};
use crate::dialect::{quote, Work};
use crate::error::Result;
use crate::statement::{Execute, Statement};
use crate::value::Value;

/// The objects that a reset would destroy.
pub(super) fn survey(connection: &mut dyn Execute) -> Result<Survey> {
    let found = inventory(connection)?;
    let mut tables = Vec::new();
    for table in found.tables.iter().filter(|table| table.kind != TableKind::Shadow) {
        tables.push(SurveyedTable { name: table.name.clone(), rows: count(connection, table)? });
    }
    let size = Statement::new("SELECT page_count * page_size FROM pragma_page_count('main'), pragma_page_size('main')");
    let rows = connection.query(&size)?;
    let bytes = rows.first().and_then(|row| row.first()).and_then(Value::as_int);
    Ok(Survey { tables, views: found.views, triggers: found.triggers, others: Vec::new(), bytes })
}

/// A transaction in which `drop_all` can run. The triggers of a table that a later revision
/// rebuilds are kept; dropped triggers stay dropped. What is dropped is overwritten, not only given
/// up: see `erase`.
pub(super) fn transaction(connection: &mut dyn Execute, work: Work<'_>) -> Result<()> {
    overwrite(connection)?;
    without_foreign_keys(connection, "A reset", &mut |connection| work(&mut Watched::new(connection)))
}

/// Drops it.
pub(super) fn drop_all(connection: &mut dyn Execute) -> Result<()> {
    let found = inventory(connection)?;
    for trigger in &found.triggers {
        connection.batch(&format!("DROP TRIGGER main.{}", quote(trigger)))?;
    }
    for view in &found.views {
        connection.batch(&format!("DROP VIEW main.{}", quote(view)))?;
    }
    for table in found.tables.iter().filter(|table| table.kind == TableKind::Virtual) {
        if drop_table(connection, table).is_err() {
            forget(connection, table)?;
        }
    }
    // Read again: the tables behind the virtual ones went with them, or have lost their protection.
    for table in &inventory(connection)?.tables {
        drop_table(connection, table)?;
    }
    if has_sequences(connection)? {
        connection.batch("DELETE FROM main.sqlite_sequence")?;
    }
    Ok(())
}

fn drop_table(connection: &mut dyn Execute, table: &FoundTable) -> Result<()> {
    connection.batch(&format!("DROP TABLE main.{}", quote(&table.name))).map_err(|error| error.table(&table.name))
}

/// Takes a virtual table out of the schema whose module is missing or broken, so that DROP TABLE cannot. It has no
/// pages of its own to leak: https://www.sqlite.org/pragma.html#pragma_writable_schema
fn forget(connection: &mut dyn Execute, table: &FoundTable) -> Result<()> {
    connection.batch("PRAGMA writable_schema = ON")?;
    let statement = Statement::new("DELETE FROM main.sqlite_schema WHERE type = 'table' AND rootpage = 0 AND name = ?");
    let removed = connection.execute(&statement.bind(table.name.as_str()));
    connection.batch("PRAGMA writable_schema = RESET")?;
    removed.map(|_| ()).map_err(|error| error.table(&table.name))
}
