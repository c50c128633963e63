//! Properties of a table that decide whether it can change in steps: partitions, tables that inherit, policies, publications, its keys.

use super::text;
use crate::dialect::quote;
use crate::error::{Code, Error, Result};
use crate::schema::Table;
use crate::statement::{Execute, Statement};
use crate::value::Value;

/// The relatives of a table.
const RELATIVES: &str = "
SELECT c.relkind = 'p', c.relispartition,
  (SELECT string_agg(i.inhparent::regclass::text, ', ' ORDER BY i.inhseqno) FROM pg_inherits i WHERE i.inhrelid = c.oid),
  (SELECT string_agg(i.inhrelid::regclass::text, ', ' ORDER BY i.inhrelid) FROM pg_inherits i WHERE i.inhparent = c.oid)
FROM pg_class c WHERE c.oid = to_regclass($1)";

/// The publications that send the updates of a table's rows.
const UPDATES: &str = "
SELECT p.pubname FROM pg_publication p JOIN pg_publication_tables t ON t.pubname = p.pubname
JOIN pg_class c ON c.relname = t.tablename AND c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = t.schemaname)
WHERE p.pubupdate AND c.oid = to_regclass($1) ORDER BY 1";

/// The columns that publications name, in a list of columns or a row filter: the server holds both to be dependent on them.
const NAMED: &str = "
SELECT DISTINCT p.pubname, a.attname FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid
JOIN pg_depend d ON d.classid = 'pg_publication_rel'::regclass AND d.objid = r.oid
  AND d.refclassid = 'pg_class'::regclass AND d.refobjid = r.prrelid
JOIN pg_attribute a ON a.attrelid = r.prrelid AND a.attnum = d.refobjsubid
WHERE d.refobjsubid > 0 AND r.prrelid = to_regclass($1) ORDER BY 1, 2";

/// The index by which a subscriber finds the rows of a table, if it is not that of the primary key.
const IDENTITY: &str = "
SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE i.indisreplident AND NOT i.indisprimary AND i.indrelid = to_regclass($1)
  AND (SELECT relreplident FROM pg_class WHERE oid = i.indrelid) = 'i'";

/// The unique indexes of a table with exactly these columns in this order, none of which may be NULL.
const KEYS: &str = "
SELECT 1 FROM pg_index i WHERE i.indrelid = to_regclass($1) AND i.indisunique AND i.indisvalid AND i.indpred IS NULL
  AND i.indexprs IS NULL AND $2::text::jsonb = (SELECT jsonb_agg(a.attname ORDER BY k.at)
    FROM unnest(i.indkey::smallint[]) WITH ORDINALITY AS k(number, at)
    JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number
    WHERE k.at <= i.indnkeyatts HAVING bool_and(a.attnotnull))";

/// Whether these columns are a key of the table by which each of its rows is found: the primary one, or one without NULL.
pub fn is_key(connection: &mut dyn Execute, table: &str, key: &[String]) -> Result<bool> {
    let names = serde_json::json!(key).to_string();
    let rows = connection.query(&of(KEYS, table).bind(names.as_str()))?;
    Ok(!rows.is_empty())
}

/// Triggers that see each row which is written, whatever its values.
const WRITES: &str = "
SELECT 1 FROM pg_trigger WHERE tgrelid = to_regclass($1) AND NOT tgisinternal AND tgenabled IN ('O', 'A')
  AND tgtype & 23 = 23 AND tgattr = ''::int2vector AND tgqual IS NULL";

/// Whether a trigger of the table runs before each INSERT and UPDATE of a row.
pub fn fills_each_write(connection: &mut dyn Execute, table: &str) -> Result<bool> {
    Ok(!connection.query(&of(WRITES, table))?.is_empty())
}

/// Why a table has no steps because of its relatives, as a sentence; `None` if it stands alone.
pub fn relatives(connection: &mut dyn Execute, table: &str) -> Result<Option<String>> {
    let rows = connection.query(&of(RELATIVES, table))?;
    let Some(row) = rows.first() else { return Ok(None) };
    let is = |at: usize| matches!(row.get(at), Some(Value::Bool(true)));
    let (parents, children, of) = (text(row, 2), text(row, 3), quote(table));
    Ok(if is(0) {
        Some(format!("{of} is partitioned: no index of it is made concurrently, and no foreign key of it NOT VALID."))
    } else if is(1) {
        Some(format!("{of} is a partition of {parents}, which changes its columns."))
    } else if !parents.is_empty() {
        Some(format!("{of} inherits from {parents}, which may change its columns."))
    } else if !children.is_empty() {
        Some(format!("{of} has tables that inherit from it ({children}): a step would change their rows too."))
    } else {
        None
    })
}

/// Whether policies apply to this role that may hide rows of the table.
pub fn may_hide_rows(connection: &mut dyn Execute, table: &str) -> Result<bool> {
    let sql = "SELECT row_security_active(c.oid) FROM pg_class c WHERE c.oid = to_regclass($1)";
    let rows = connection.query(&of(sql, table))?;
    Ok(rows.first().and_then(|row| row.first()) == Some(&Value::Bool(true)))
}

/// The publications of a table that name columns of it, each with such a column.
pub fn named_columns(connection: &mut dyn Execute, table: &str) -> Result<Vec<(String, String)>> {
    Ok(connection.query(&of(NAMED, table))?.iter().map(|row| (text(row, 0), text(row, 1))).collect())
}

/// The index that identifies the rows of a published table, and a publication that needs it.
pub fn identity(connection: &mut dyn Execute, table: &str) -> Result<Option<(String, String)>> {
    let Some(publication) = first(connection, UPDATES, table)? else { return Ok(None) };
    Ok(first(connection, IDENTITY, table)?.map(|index| (index, publication)))
}

/// Why the server refuses every UPDATE of a published table, in its own words; `None` if it does not. It is asked by an EXPLAIN,
/// which changes no row and fires no trigger.
pub fn no_updates(connection: &mut dyn Execute, table: &Table) -> Result<Option<(String, Error)>> {
    let Some(publication) = first(connection, UPDATES, &table.name)? else { return Ok(None) };
    let Some(column) = table.columns.first() else { return Ok(None) };
    let explain = format!("EXPLAIN UPDATE {} SET {} = DEFAULT", quote(&table.name), quote(&column.name));
    match connection.query(&Statement::new(explain)) {
        Ok(_) => Ok(None),
        Err(error) if matches!(error.code, Code::SqlFailed | Code::SqlRefused) => Ok(Some((publication, error))),
        Err(error) => Err(error),
    }
}

fn first(connection: &mut dyn Execute, sql: &str, table: &str) -> Result<Option<String>> {
    Ok(connection.query(&of(sql, table))?.first().map(|row| text(row, 0)))
}

fn of(sql: &str, table: &str) -> Statement {
    Statement::new(sql).bind(quote(table).as_str())
}
