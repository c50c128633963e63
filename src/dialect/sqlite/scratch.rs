//! The scratch database of a proof on SQLite: it is in memory and the proof's own, so that nothing
//! is left behind.

use crate::dialect::quote;
use crate::error::Result;
use crate::schema::expression::Call;
use crate::statement::{Execute, Statement};

/// See `Dialect::watch`.
pub(super) fn watch(name: &str, table: &str, log: &str) -> String {
    format!(
        "CREATE TRIGGER {name} AFTER UPDATE ON {table} BEGIN INSERT INTO {log} (entry) VALUES ({entry}); END",
        name = quote(name),
        table = quote(table),
        log = quote(log),
        entry = super::ddl::text_literal(name),
    )
}

/// See `Dialect::counter`.
pub(super) fn counter(connection: &mut dyn Execute, table: &str) -> Result<Option<i64>> {
    let statement = Statement::new("SELECT seq FROM main.sqlite_sequence WHERE name = ? COLLATE NOCASE").bind(table);
    Ok(connection.query(&statement)?.first().and_then(|row| row[0].as_int()))
}

/// See `Dialect::missing_function`.
pub(super) fn missing_function(connection: &mut dyn Execute, calls: &[Call]) -> Result<Option<(Call, String)>> {
    let rows = connection.query(&Statement::new("SELECT DISTINCT lower(name) FROM pragma_function_list"))?;
    let there = |call: &Call| rows.iter().any(|row| row[0].as_str() == Some(call.name.to_lowercase().as_str()));
    let missing = calls.iter().find(|call| call.schema.is_some() || !there(call));
    let hint =
        "SQLite has the functions that are built in, and no others reach it through Plinth. Write the expression with \
                those, or write the revision for PostgreSQL alone: --dialect postgres.";
    Ok(missing.map(|call| (call.clone(), hint.to_owned())))
}
