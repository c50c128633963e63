//! The content of a SQLite database, including objects of others: tables, views, triggers, indexes,
//! columns and row counts.

use crate::dialect::found::{ColumnUser, FoundColumn, FoundIndex, FoundTable, Inventory, TableKind};
use crate::dialect::quote;
use crate::error::Result;
use crate::statement::{Execute, Row, Statement};
use crate::value::Value;

/// Everything but SQLite's own tables. Never asks a view or a virtual table anything: they may be broken.
pub fn inventory(connection: &mut dyn Execute) -> Result<Inventory> {
    // LIKE ignores the case of ASCII letters, as SQLite does where it reserves the names.
    let rows = connection.query(&Statement::new(
        "SELECT type, name, tbl_name, coalesce(rootpage, 0), sql IS NOT NULL, coalesce(sql, '') FROM main.sqlite_schema \
         WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY rowid",
    ))?;
    let shadows = shadows(connection)?;
    let mut found = Inventory::default();
    for row in &rows {
        let name = text(row, 1);
        let what = text(row, 0);
        if matches!(what.as_str(), "view" | "trigger") {
            found.users.push(ColumnUser { what: what.clone(), name: name.clone(), sql: text(row, 5) });
        }
        match what.as_str() {
            "table" => {
                let kind = match row[3].as_int() {
                    Some(0) => TableKind::Virtual,
                    _ if shadows.contains(&name) => TableKind::Shadow,
                    _ => TableKind::Ordinary,
                };
                found.tables.push(FoundTable { name, kind });
            }
            "view" => found.views.push(name),
            "trigger" => found.triggers.push(name),
            "index" if row[4] == Value::Int(1) => found.indexes.push(FoundIndex { name, table: text(row, 2) }),
            _ => {}
        }
    }
    Ok(found)
}

/// The columns of an ordinary table, generated ones among them.
pub fn columns(connection: &mut dyn Execute, table: &str) -> Result<Vec<FoundColumn>> {
    // hidden = 1 is a hidden column of a virtual table: https://www.sqlite.org/pragma.html#pragma_table_xinfo
    let statement =
        Statement::new("SELECT name, type FROM pragma_table_xinfo(?, 'main') WHERE hidden <> 1 ORDER BY cid");
    let rows = connection.query(&statement.bind(table))?;
    Ok(rows.iter().map(|row| FoundColumn { name: text(row, 0), declared: text(row, 1) }).collect())
}

/// The number of rows; None if they cannot be counted, as those of a virtual table whose module is
/// missing.
pub fn count(connection: &mut dyn Execute, table: &FoundTable) -> Result<Option<i64>> {
    let statement = Statement::new(format!("SELECT count(*) FROM main.{}", quote(&table.name)));
    match connection.query(&statement) {
        Ok(rows) => Ok(rows.first().and_then(|row| row.first()).and_then(Value::as_int)),
        Err(_) if table.kind == TableKind::Virtual => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether SQLite keeps the counters of AUTOINCREMENT: it makes their table with the first such column.
pub fn has_sequences(connection: &mut dyn Execute) -> Result<bool> {
    let statement = Statement::new("SELECT 1 FROM main.sqlite_schema WHERE name = 'sqlite_sequence'");
    Ok(!connection.query(&statement)?.is_empty())
}

fn shadows(connection: &mut dyn Execute) -> Result<Vec<String>> {
    let statement = Statement::new("SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'shadow'");
    Ok(connection.query(&statement)?.iter().map(|row| text(row, 0)).collect())
}

fn text(row: &Row, column: usize) -> String {
    row[column].as_str().unwrap_or_default().to_owned()
}
