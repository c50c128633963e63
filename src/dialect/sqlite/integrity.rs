//! The findings of SQLite's own checks: rows that violate foreign keys, which it enforces only if
//! it is asked to, and damage.

use crate::dialect::found::Orphans;
use crate::error::{Code, Result};
use crate::statement::{Execute, Statement};
use crate::value::Value;
use std::collections::BTreeMap;

/// See `Dialect::orphans`. Errors: `SQL_FAILED` if a key references columns that are not unique.
pub(super) fn orphans(connection: &mut dyn Execute, table: &str) -> Result<Vec<Orphans>> {
    let counted = "SELECT fkid, count(*) FROM pragma_foreign_key_check(?) GROUP BY fkid ORDER BY fkid";
    let counts = connection.query(&Statement::new(counted).bind(table))?;
    if counts.is_empty() {
        return Ok(Vec::new());
    }
    let keys = "SELECT id, \"table\", \"from\" FROM pragma_foreign_key_list(?) ORDER BY id, seq";
    let mut columns: BTreeMap<i64, (String, Vec<String>)> = BTreeMap::new();
    for row in connection.query(&Statement::new(keys).bind(table))? {
        if let [Value::Int(id), Value::Text(parent), Value::Text(column)] = &row[..] {
            columns.entry(*id).or_insert_with(|| (parent.clone(), Vec::new())).1.push(column.clone());
        }
    }
    let orphans = counts.iter().filter_map(|row| {
        let (parent, columns) = columns.get(&row[0].as_int()?)?.clone();
        Some(Orphans { columns, parent, count: row[1].as_int()? })
    });
    Ok(orphans.collect())
}

/// See `Keeps::orphaned_rows`. A table whose keys cannot be checked, since they reference columns that are not unique, is left out.
pub(super) fn orphaned_rows(connection: &mut dyn Execute) -> Result<BTreeMap<String, i64>> {
    let tables = connection.query(&Statement::new("SELECT name FROM sqlite_schema WHERE type = 'table'"))?;
    let mut all = BTreeMap::new();
    for name in tables.iter().filter_map(|row| row[0].as_str()) {
        let counted = Statement::new("SELECT count(*) FROM pragma_foreign_key_check(?)").bind(name);
        match connection.query(&counted) {
            Ok(rows) => all.insert(name.to_owned(), rows.first().and_then(|row| row[0].as_int()).unwrap_or_default()),
            Err(error) if error.code == Code::SqlFailed => continue,
            Err(error) => return Err(error),
        };
    }
    Ok(all)
}

/// SQLite's report of a row that holds NULL in a column that forbids it: such a row can be read as
/// any other.
const NULL: &str = "NULL value in ";

/// See `Dialect::damage`. SQLite counts rows that break rules as well: checks it can leave out, and as many lines are asked for
/// as it takes to see past rows with NULL.
pub(super) fn damage(connection: &mut dyn Execute, most: usize) -> Result<Vec<String>> {
    connection.batch("PRAGMA ignore_check_constraints = ON")?;
    let found = damage_beside_nulls(connection, most);
    connection.batch("PRAGMA ignore_check_constraints = OFF")?;
    found
}

fn damage_beside_nulls(connection: &mut dyn Execute, most: usize) -> Result<Vec<String>> {
    let mut asked = most;
    loop {
        let rows = connection.query(&Statement::new(format!("PRAGMA integrity_check({asked})")))?;
        let lines = rows.iter().filter_map(|row| row.first()?.as_str());
        let said = lines.flat_map(str::lines).map(str::trim).filter(|line| !line.is_empty());
        // A heading stands before damage of pages.
        let is_damage = |line: &&str| *line != "ok" && !line.starts_with("***") && !line.starts_with(NULL);
        let found: Vec<String> =
            said.filter(is_damage).take(most).map(|line| line.trim_end_matches('.').to_owned()).collect();
        if found.len() == most || rows.len() < asked || asked >= MOST_LINES {
            return Ok(found);
        }
        asked *= 100;
    }
}

/// More lines are not read.
const MOST_LINES: usize = 1_000_000;
