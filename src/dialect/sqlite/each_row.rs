//! The rows of a table, read a batch at a time, and texts written back to where they lie.

use super::introspect;
use crate::dialect::{quote, EachRow, Scan, BATCH};
use crate::error::Result;
use crate::schema::names::fold;
use crate::statement::{Execute, Statement};
use crate::value::Value;

/// See `Dialect::each_row`. The place of a row is its rowid.
pub(super) fn each_row(connection: &mut dyn Execute, scan: &Scan<'_>, each: EachRow<'_>) -> Result<()> {
    let Scan { table, columns, condition } = *scan;
    let listed: Vec<String> = columns.iter().map(|name| format!("t.{}", quote(name))).collect();
    let (listed, named) = (listed.join(", "), quote(table));
    let condition = condition.map(|sql| format!(" AND ({sql})")).unwrap_or_default();
    if !has_rowid(connection, table)? {
        // Made by others, and never written here: its rows have no place, by which they would come in batches.
        let sql = format!("SELECT NULL, {listed} FROM main.{named} t WHERE TRUE{condition}");
        let rows = connection.query(&Statement::new(sql))?;
        return if rows.is_empty() { Ok(()) } else { each(connection, rows) };
    }
    let rowid = rowid(connection, table)?;
    let sql = format!(
        "SELECT t.{rowid}, {listed} FROM main.{named} t \
         WHERE t.{rowid} >= ?1{condition} ORDER BY t.{rowid} LIMIT {BATCH}"
    );
    let mut from = i64::MIN;
    loop {
        let batch = connection.query(&Statement::new(sql.as_str()).bind(from))?;
        let last = batch.last().and_then(|row| row[0].as_int());
        let full = batch.len() == BATCH;
        if !batch.is_empty() {
            each(connection, batch)?;
        }
        match last.and_then(|last| last.checked_add(1)) {
            Some(next) if full => from = next,
            _ => return Ok(()),
        }
    }
}

/// See `Dialect::rewrite`.
pub(super) fn rewrite(
    connection: &mut dyn Execute,
    table: &str,
    column: &str,
    texts: Vec<(Value, String)>,
) -> Result<()> {
    let rowid = rowid(connection, table)?;
    let sql = format!("UPDATE main.{} SET {} = ?1 WHERE {rowid} = ?2", quote(table), quote(column));
    for (place, text) in texts {
        connection.execute(&Statement { sql: sql.clone(), binds: vec![Value::Text(text), place] })?;
    }
    Ok(())
}

/// Whether it is not a table WITHOUT ROWID.
fn has_rowid(connection: &mut dyn Execute, table: &str) -> Result<bool> {
    let sql = "SELECT 1 FROM pragma_table_list(?1) WHERE schema = 'main' AND wr";
    Ok(connection.query(&Statement::new(sql).bind(table))?.is_empty())
}

/// The name by which the rowid can be had: one that no column has.
fn rowid(connection: &mut dyn Execute, table: &str) -> Result<&'static str> {
    let columns = introspect::columns(connection, table)?;
    let free = |name: &&str| columns.iter().all(|column| fold(&column.name) != **name);
    Ok(["rowid", "_rowid_", "oid"].into_iter().find(free).unwrap_or("rowid"))
}
