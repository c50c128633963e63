//! reset: drops every table, view and trigger, whoever made it, and creates what the models say.

use crate::dialect::quote;
use crate::dialect::sqlite::introspect::{count, has_sequences, inventory, FoundTable, TableKind};
use crate::dialect::sqlite::transaction::immediate;
use crate::error::{Code, Error, Result};
use crate::init::{create_missing, InitReport};
use crate::schema::Models;
use crate::statement::{Execute, Statement};
use crate::value::Value;
use serde::Serialize;

/// What a reset destroyed, and what it made. URL and the time it took are added by the caller.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ResetReport {
    /// `sqlite`.
    pub dialect: String,
    /// What is gone.
    pub dropped: Survey,
    /// What was created after it.
    pub init: InitReport,
}

/// What a reset destroys. The tables behind a virtual table are not named: they are it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Survey {
    /// Tables, in the order of their creation.
    pub tables: Vec<SurveyedTable>,
    /// Views.
    pub views: Vec<String>,
    /// Triggers.
    pub triggers: Vec<String>,
}

/// A table and what is in it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SurveyedTable {
    /// Its name.
    pub name: String,
    /// How many rows; None (null) where a virtual table cannot say.
    pub rows: Option<i64>,
}

/// What a reset would destroy. Changes nothing.
pub fn survey(connection: &mut dyn Execute) -> Result<Survey> {
    let found = inventory(connection)?;
    let mut tables = Vec::new();
    for table in found.tables.iter().filter(|table| table.kind != TableKind::Shadow) {
        tables.push(SurveyedTable { name: table.name.clone(), rows: count(connection, table)? });
    }
    Ok(Survey { tables, views: found.views, triggers: found.triggers })
}

/// Drops all and creates from the models, as one transaction: where it fails, nothing has changed.
///
/// Foreign keys are off meanwhile, so that neither cycles nor rows are in the way, and afterwards as before.
pub fn reset(connection: &mut dyn Execute, models: &Models) -> Result<ResetReport> {
    let enforced = foreign_keys(connection)?;
    connection.batch("PRAGMA foreign_keys = OFF")?;
    // Within a transaction the pragma does nothing, and says nothing: https://www.sqlite.org/pragma.html#pragma_foreign_keys
    if foreign_keys(connection)? {
        return Err(Error::new(Code::SqlFailed, "A reset cannot run within a transaction.")
            .hint("Commit or roll back what is open on this connection first."));
    }
    let result = immediate(connection, |connection| {
        let dropped = survey(connection)?;
        drop_all(connection)?;
        let init = create_missing(connection, models)?;
        Ok(ResetReport { dialect: "sqlite".into(), dropped, init })
    });
    if enforced {
        let restored = connection.batch("PRAGMA foreign_keys = ON");
        return result.and_then(|report| restored.map(|()| report));
    }
    result
}

fn drop_all(connection: &mut dyn Execute) -> Result<()> {
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

fn foreign_keys(connection: &mut dyn Execute) -> Result<bool> {
    let rows = connection.query(&Statement::new("PRAGMA foreign_keys"))?;
    Ok(rows.first().and_then(|row| row.first()).and_then(Value::as_int) == Some(1))
}
