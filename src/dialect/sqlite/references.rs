//! Rows that reference missing rows, which a transaction without foreign keys must not leave
//! behind.

use super::NAMING;
use crate::dialect::name::Name;
use crate::dialect::quote;
use crate::error::{Code, Error, Result};
use crate::statement::{Execute, Statement};
use crate::value::Value;
use std::collections::BTreeMap;

/// How many rows an error names.
const NAMED: usize = 5;

/// Rows without the row they point to, by the table pointed to, or what keeps SQLite from telling. The child is not a
/// part of the key: it may have another name afterwards.
pub(super) type Dangling = BTreeMap<(Parent, Option<i64>), Found>;

/// The table pointed to; `None` if SQLite cannot tell it.
type Parent = Option<Name>;

/// How often, and in which table first.
#[derive(Clone, Debug)]
pub(super) struct Found {
    count: usize,
    table: String,
    message: Option<String>,
}

/// The dangling references in these tables and in those that refer to them. The others cannot have
/// changed.
pub(super) fn dangling(connection: &mut dyn Execute, tables: &[String]) -> Result<Dangling> {
    let mut found = Dangling::new();
    for table in concerned(connection, tables)? {
        match connection.query(&Statement::new(format!("PRAGMA main.foreign_key_check({})", quote(&table)))) {
            Ok(rows) => {
                for row in rows {
                    let parent = NAMING.name(row[2].as_str().unwrap_or_default());
                    note(&mut found, (Some(parent), row[1].as_int()), &table, None);
                }
            }
            // The table exists, so that SQLite refuses only one thing: a parent that is not unique any more.
            // https://www.sqlite.org/foreignkeys.html#fk_indexes
            Err(error) if error.code == Code::SqlFailed => {
                note(&mut found, (None, None), &table, Some(error.message));
            }
            Err(error) => return Err(error.table(&table)),
        }
    }
    Ok(found)
}

fn note(found: &mut Dangling, key: (Parent, Option<i64>), table: &str, message: Option<String>) {
    let entry = found.entry(key).or_insert(Found { count: 0, table: table.to_owned(), message });
    entry.count += 1;
}

/// Fails where rows dangle now that did not before.
pub(super) fn check(connection: &mut dyn Execute, tables: &[String], before: &Dangling) -> Result<()> {
    let now = dangling(connection, tables)?;
    let worse = |(key, found): &(&(Parent, Option<i64>), &Found)| {
        found.count > before.get(*key).map_or(0, |before| before.count)
    };
    let new: Vec<_> = now.iter().filter(worse).collect();
    let Some(((parent, _), first)) = new.first() else { return Ok(()) };
    if let Some(message) = &first.message {
        return Err(Error::new(
            Code::RevisionFailed,
            format!("A foreign key of `{}` has no valid target: {message}", first.table),
        )
        .table(&first.table)
        .expected("columns that are the primary key, or unique")
        .hint("Keep the unique constraint or index over the referenced columns."));
    }
    let rows: Vec<i64> = new.iter().filter(|((to, _), _)| to == parent).filter_map(|((_, row), _)| *row).collect();
    let named = rows.iter().take(NAMED).map(i64::to_string).collect::<Vec<_>>().join(", ");
    let of = if rows.is_empty() { String::new() } else { format!(" (rowid {named})") };
    let count = new.iter().filter(|((to, _), _)| to == parent).count();
    let parent = parent.as_ref().map(Name::to_string).unwrap_or_default();
    let rows = match count {
        1 => format!("One row of `{}` points", first.table),
        many => format!("{many} rows of `{}` point", first.table),
    };
    Err(Error::new(Code::RowsRefused, format!("{rows} to rows of `{parent}` that do not exist{of}."))
        .table(&first.table)
        .expected("every referenced row")
        .found(format!("{count} rows without"))
        .hint("Delete these rows, or set their references to NULL, before the revision runs, or in its SQL."))
}

/// These tables, as far as they are there, and those with a foreign key to one of them.
fn concerned(connection: &mut dyn Execute, tables: &[String]) -> Result<Vec<String>> {
    let names = serde_json::json!(tables).to_string();
    let statement = Statement::new(
        "WITH touched AS (SELECT value AS name FROM json_each(?)) \
         SELECT m.name FROM main.sqlite_schema m WHERE m.type = 'table' AND m.rootpage > 0 \
         AND (m.name COLLATE NOCASE IN (SELECT name FROM touched) \
           OR EXISTS (SELECT 1 FROM pragma_foreign_key_list(m.name, 'main') f WHERE f.\"table\" COLLATE NOCASE IN (SELECT name FROM touched))) \
         ORDER BY m.rowid",
    );
    let rows = connection.query(&statement.bind(Value::Text(names)))?;
    Ok(rows.iter().filter_map(|row| row[0].as_str().map(str::to_owned)).collect())
}
