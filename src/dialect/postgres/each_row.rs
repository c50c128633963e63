//! The rows of a table, read a batch at a time, and texts written back to where they lie.

use super::shape::in_transaction;
use crate::dialect::{quote, EachRow, Scan, BATCH};
use crate::error::Result;
use crate::statement::{Execute, Statement};
use crate::value::Value;
use serde_json::json;

/// See `Dialect::each_row`. The place of a row is its ctid, as text.
pub(super) fn each_row(connection: &mut dyn Execute, scan: &Scan<'_>, each: EachRow<'_>) -> Result<()> {
    let Scan { table, columns, condition } = *scan;
    let listed: Vec<String> = columns.iter().map(|name| format!("t.{}", quote(name))).collect();
    let condition = condition.map(|sql| format!(" WHERE {sql}")).unwrap_or_default();
    let select = format!("SELECT t.ctid::text, {} FROM {} t{condition}", listed.join(", "), quote(table));
    within_transaction(connection, &mut |connection| {
        connection.batch(&format!("DECLARE plinth_rows NO SCROLL CURSOR FOR {select}"))?;
        loop {
            let batch = connection.query(&Statement::new(format!("FETCH {BATCH} FROM plinth_rows")))?;
            let full = batch.len() == BATCH;
            if !batch.is_empty() {
                each(connection, batch)?;
            }
            if !full {
                return connection.batch("CLOSE plinth_rows");
            }
        }
    })
}

/// See `Dialect::rewrite`.
pub(super) fn rewrite(
    connection: &mut dyn Execute,
    table: &str,
    column: &str,
    texts: Vec<(Value, String)>,
) -> Result<()> {
    let rows: Vec<_> = texts.iter().map(|(place, text)| json!({ "place": place.as_str(), "value": text })).collect();
    let (table, column) = (quote(table), quote(column));
    let sql = format!(
        "UPDATE {table} SET {column} = plinth_new.value \
         FROM jsonb_to_recordset($1::jsonb) AS plinth_new (place tid, value text) WHERE {table}.ctid = plinth_new.place"
    );
    connection.execute(&Statement { sql, binds: vec![Value::Text(json!(rows).to_string())] })?;
    Ok(())
}

/// Runs the work in the transaction that is open, or in one of its own.
pub(super) fn within_transaction(connection: &mut dyn Execute, work: crate::dialect::Work<'_>) -> Result<()> {
    if in_transaction(connection)? {
        return work(connection);
    }
    connection.batch("BEGIN")?;
    let worked = work(connection);
    let ended = connection.batch(if worked.is_ok() { "COMMIT" } else { "ROLLBACK" });
    worked.and(ended)
}
