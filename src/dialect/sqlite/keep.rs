//! Rows that are kept in SQLite: in tables without types, where each value stays of the storage class that it has.

use super::table::Read;
use super::NAMING;
use crate::dialect::declared::parts;
use crate::dialect::keep::{Definition, Source, SourceColumn, SourceKey};
use crate::dialect::quote;
use crate::dialect::shape::ConstraintName;
use crate::error::Result;
use crate::statement::{Execute, Row, Statement};
use crate::value::Value;

/// The list of what is kept.
pub(super) const LIST: &str = "main.plinth_kept";

/// AUTOINCREMENT, so that the number of an entry that is dropped is never given again.
const CREATE_LIST: &str = "CREATE TABLE main.plinth_kept (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  what TEXT NOT NULL,
  \"schema\" TEXT NOT NULL,
  \"table\" TEXT NOT NULL,
  \"rows\" INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  kept_at TEXT NOT NULL,
  \"by\" TEXT NOT NULL,
  why TEXT NOT NULL,
  definition TEXT NOT NULL,
  details TEXT NOT NULL
)";

/// See `Keeps::source`.
pub(super) fn source(connection: &mut dyn Execute, table: &str) -> Result<Option<Source>> {
    let found = connection.query(
        &Statement::new(
            "SELECT name, sql FROM main.sqlite_schema WHERE type = 'table' AND rootpage <> 0 AND name = ? COLLATE NOCASE",
        )
        .bind(table),
    )?;
    let Some(found) = found.first() else { return Ok(None) };
    let (name, sql) = (text(found, 0), text(found, 1));
    let hanging = connection.query(
        &Statement::new(
            "SELECT sql, type FROM main.sqlite_schema WHERE type IN ('index', 'trigger') AND sql IS NOT NULL \
             AND tbl_name = ? COLLATE NOCASE ORDER BY rowid",
        )
        .bind(name.as_str()),
    )?;
    // Triggers come last: they are about rows that change, not about rows that come back.
    let (triggers, indexes): (Vec<&Row>, Vec<&Row>) =
        hanging.iter().partition(|row| row[1].as_str() == Some("trigger"));
    let sql_of = |row: &Row| text(row, 0);
    let read = super::table::table(&sql);
    let make = std::iter::once(sql).chain(indexes.into_iter().map(sql_of)).collect();
    let definition = Definition { make, then: triggers.into_iter().map(sql_of).collect(), ..Definition::default() };
    let columns = columns(connection, &name, read.as_ref())?;
    let keys = keys(connection, &name)?;
    let foreign_keys = foreign_keys(connection, &name)?;
    let place = format!("main.{}", quote(&name));
    let constraints = read.iter().flat_map(|read| &read.shape.constraints);
    let check = |(name, definition): (&ConstraintName, &String)| {
        Some((name.named()?.spelled().to_owned(), definition.strip_prefix("CHECK ")?.to_owned()))
    };
    let checks = constraints.filter_map(check).collect();
    Ok(Some(Source {
        schema: String::new(),
        name,
        alone: place.clone(),
        place,
        columns,
        keys,
        foreign_keys,
        checks,
        definition: Some(definition),
    }))
}

/// `read`: what the SQL of the table declares; the pragma does not know collations.
fn columns(connection: &mut dyn Execute, table: &str, read: Option<&Read>) -> Result<Vec<SourceColumn>> {
    let statement = Statement::new(
        "SELECT name, type, \"notnull\", dflt_value, hidden FROM pragma_table_xinfo(?, 'main') WHERE hidden <> 1 ORDER BY cid",
    );
    let rows = connection.query(&statement.bind(table))?;
    Ok(rows
        .iter()
        .map(|row| {
            let (name, declared) = (text(row, 0), text(row, 1));
            let shape = read.and_then(|read| read.shape.columns.get(&NAMING.name(&name)));
            let collation = shape.and_then(|column| parts(&column.declared).collation);
            let collation = collation.map(|name| format!(" COLLATE {name}")).unwrap_or_default();
            let default = row[3].as_str().map(default).unwrap_or_default();
            let null = if row[2] == Value::Int(1) { " NOT NULL" } else { "" };
            let added = format!("{declared}{collation}{default}").trim_start().to_owned();
            let definition =
                format!("{} {}", quote(&name), format!("{declared}{collation}{null}{default}").trim_start());
            let definition = definition.trim_end().to_owned();
            let upper = declared.to_ascii_uppercase();
            let numbers = ["INTEGER", "INT", "BIGINT"].contains(&upper.as_str()) || upper.starts_with("UUID");
            let generated = row[4] != Value::Int(0);
            SourceColumn { name, declared, definition, added, stored: "", generated, numbers }
        })
        .collect())
}

/// ` DEFAULT ...` of the text that SQLite reports, which has no brackets around an expression.
fn default(text: &str) -> String {
    let inner = text.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
    let is_text = inner.is_some_and(|inner| !inner.replace("''", "").contains('\''));
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let is_word = unsigned.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.'));
    match is_text || is_word {
        true => format!(" DEFAULT {text}"),
        false => format!(" DEFAULT ({text})"),
    }
}

/// The primary key, then unique constraints and indexes over the whole table: those whose columns may not be NULL.
fn keys(connection: &mut dyn Execute, table: &str) -> Result<Vec<Vec<String>>> {
    let columns = connection.query(
        &Statement::new("SELECT name, \"notnull\", pk, type FROM pragma_table_info(?, 'main') ORDER BY pk, cid")
            .bind(table),
    )?;
    let primary: Vec<&Row> = columns.iter().filter(|row| row[2] != Value::Int(0)).collect();
    // An INTEGER PRIMARY KEY is the rowid; another primary key holds NULLs, unless it says NOT NULL.
    let rowid = matches!(primary.as_slice(), [only] if text(only, 3).eq_ignore_ascii_case("INTEGER"));
    let mut keys = Vec::new();
    if !primary.is_empty() && (rowid || primary.iter().all(|row| row[1] == Value::Int(1))) {
        keys.push(primary.iter().map(|row| text(row, 0)).collect());
    }
    let indexes = connection.query(
        &Statement::new("SELECT name FROM pragma_index_list(?, 'main') WHERE \"unique\" AND NOT partial AND origin <> 'pk' ORDER BY seq DESC")
            .bind(table),
    )?;
    for index in indexes {
        let parts = connection.query(
            &Statement::new("SELECT name FROM pragma_index_info(?, 'main') ORDER BY seqno")
                .bind(text(&index, 0).as_str()),
        )?;
        // An expression has no name.
        let names: Option<Vec<String>> = parts.iter().map(|row| row[0].as_str().map(str::to_owned)).collect();
        let set = |name: &String| columns.iter().any(|row| NAMING.same(&text(row, 0), name) && row[1] == Value::Int(1));
        keys.extend(names.filter(|names| !names.is_empty() && names.iter().all(set)));
    }
    Ok(keys)
}

fn foreign_keys(connection: &mut dyn Execute, table: &str) -> Result<Vec<SourceKey>> {
    let statement = Statement::new(
        "SELECT id, \"table\", \"from\", coalesce(\"to\", (SELECT p.name FROM pragma_table_info(f.\"table\", 'main') p \
         WHERE p.pk = f.seq + 1)), \
         EXISTS (SELECT 1 FROM main.sqlite_schema s WHERE s.type = 'table' AND s.name = f.\"table\" COLLATE NOCASE) FROM pragma_foreign_key_list(?, 'main') f ORDER BY id, seq",
    );
    let mut keys: Vec<(Option<i64>, SourceKey)> = Vec::new();
    for row in connection.query(&statement.bind(table))? {
        let (id, parent) = (row[0].as_int(), text(&row, 1));
        if keys.last().is_none_or(|(last, _)| *last != id) {
            let place = format!("main.{}", quote(&parent));
            let defer = vec!["PRAGMA defer_foreign_keys=ON".to_owned()];
            let has_parent = row[4] != Value::Int(0);
            let (columns, parent_columns, undo) = (Vec::new(), Vec::new(), Vec::new());
            keys.push((id, SourceKey { columns, parent, place, has_parent, parent_columns, defer, undo }));
        }
        if let Some((_, key)) = keys.last_mut() {
            key.columns.push(text(&row, 2));
            key.parent_columns.push(text(&row, 3));
        }
    }
    Ok(keys.into_iter().map(|(_, key)| key).collect())
}

/// See `Keeps::has_kept`.
pub(super) fn has(connection: &mut dyn Execute) -> Result<bool> {
    let found = "SELECT 1 FROM main.sqlite_schema WHERE type = 'table' AND name = 'plinth_kept'";
    Ok(!connection.query(&Statement::new(found))?.is_empty())
}

/// See `Keeps::prepare_kept`.
pub(super) fn prepare(connection: &mut dyn Execute) -> Result<()> {
    match has(connection)? {
        true => Ok(()),
        false => connection.batch(CREATE_LIST),
    }
}

/// See `Keeps::kept_table`.
pub(super) fn table(number: i64, table: &str) -> String {
    format!("main.{}", quote(&name(number, table)))
}

fn name(number: i64, table: &str) -> String {
    format!("plinth_kept_{number}_{table}")
}

/// See `Keeps::has_kept_table`.
pub(super) fn has_table(connection: &mut dyn Execute, number: i64, table: &str) -> Result<bool> {
    let found = "SELECT 1 FROM main.sqlite_schema WHERE type = 'table' AND name = ? COLLATE NOCASE";
    let found = Statement::new(found).bind(name(number, table).as_str());
    Ok(!connection.query(&found)?.is_empty())
}

/// See `Keeps::create_kept`. A column without a type has no affinity: nothing becomes a number or a text on the way.
pub(super) fn create(
    connection: &mut dyn Execute,
    place: &str,
    columns: &[&SourceColumn],
    left: &[String],
) -> Result<()> {
    let names: Vec<String> = columns.iter().map(|column| &column.name).chain(left).map(|name| quote(name)).collect();
    connection.batch(&format!("CREATE TABLE {place} ({})", names.join(", ")))
}

/// See `Keeps::is_kept`: of the same storage class, and equal byte by byte.
pub(super) fn is_kept(value: &str, kept: &str) -> String {
    format!("(typeof({value}) = typeof({kept}) AND {value} IS {kept} COLLATE BINARY)")
}

/// See `Keeps::must_write`: SQLite takes 0 and -0 for equal.
pub(super) fn must_write(value: &str, kept: &str) -> String {
    format!("(NOT {} OR typeof({kept}) = 'real' AND {kept} = 0)", is_kept(value, kept))
}

fn text(row: &Row, column: usize) -> String {
    row[column].as_str().unwrap_or_default().to_owned()
}
