//! The shape of a SQLite database, read from the SQL that it keeps, and foretold from the SQL that we write. The pragmas
//! would not tell CHECK, COLLATE, ON CONFLICT, names, STRICT or what is generated.

use super::table::{index, table, Read};
use super::{ddl, introspect as inventory, NAMING};
use crate::dialect::found::TableKind;
use crate::dialect::name::Name;
use crate::dialect::shape::{ColumnShape, Foreign, Shape, TableShape};
use crate::error::Result;
use crate::schema::names::fold;
use crate::schema::Schema;
use crate::statement::{Execute, Statement};
use crate::value::Value;
use std::collections::{BTreeMap, HashSet};

/// Beginnings of the names of our own tables, and of Diesel's.
const OURS: [&str; 2] = ["plinth_", "__diesel_"];

/// The option of a table whose SQL the parser could not read.
const UNREADABLE: &str = "unreadable";

/// See `Dialect::introspect`.
pub(super) fn introspect(connection: &mut dyn Execute, only: Option<&[Name]>) -> Result<Shape> {
    let only: Option<HashSet<&Name>> = only.map(|names| names.iter().collect());
    let wanted = |name: &Name| only.as_ref().is_none_or(|only| only.contains(name));
    let found = inventory::inventory(connection)?;
    let entries = entries(connection)?;
    let mut tables = BTreeMap::new();
    let mut shape = Shape::default();
    for entry in entries.iter().filter(|entry| entry.kind == "table" && !ours(&entry.name)) {
        match found.tables.iter().find(|table| table.name == entry.name).map(|table| table.kind) {
            Some(TableKind::Ordinary) => drop(tables.insert(NAMING.name(&entry.name), read(connection, entry)?)),
            kind if only.is_none() => {
                let what = if kind == Some(TableKind::Shadow) { "a shadow table" } else { "a virtual table" };
                shape.foreign.push(foreign(what, entry, false));
            }
            _ => {}
        }
    }
    close(&mut tables);
    for entry in entries.iter().filter(|entry| !ours(&entry.table)) {
        match entry.kind.as_str() {
            "index" => {
                if let Some(read) = tables.get_mut(&NAMING.name(&entry.table)) {
                    add_index(&mut read.shape, &entry.name, &entry.sql);
                }
            }
            "view" if only.is_none() => shape.foreign.push(foreign("a view", entry, false)),
            "trigger" if wanted(&NAMING.name(&entry.table)) => shape.foreign.push(foreign("a trigger", entry, true)),
            _ => {}
        }
    }
    shape.foreign.sort();
    shape.tables = tables.into_iter().filter(|(name, _)| wanted(name)).map(|(name, read)| (name, read.shape)).collect();
    Ok(shape)
}

/// The shape that this schema has: the same reading of the SQL that creates it. Pure.
pub(super) fn normalize(schema: &Schema) -> Shape {
    let mut tables = BTreeMap::new();
    for model in &schema.tables {
        let mut read = table(&ddl::create_table(model)).unwrap_or_else(unreadable);
        for model_index in &model.indexes {
            let sql = ddl::create_index(&model.name, model_index);
            add_index(&mut read.shape, &model_index.name, &sql);
        }
        tables.insert(NAMING.name(&model.name), read);
    }
    close(&mut tables);
    Shape { tables: tables.into_iter().map(|(name, read)| (name, read.shape)).collect(), foreign: Vec::new() }
}

/// One line of `sqlite_schema`.
pub(super) struct Entry {
    /// `table`, `index`, `view` or `trigger`.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// The table to which it belongs.
    pub table: String,
    /// How it was created; empty for what a constraint brings with it.
    pub sql: String,
}

/// Everything that has SQL, except SQLite's own objects.
pub(super) fn entries(connection: &mut dyn Execute) -> Result<Vec<Entry>> {
    let rows = connection.query(&Statement::new(
        "SELECT type, name, tbl_name, sql FROM main.sqlite_schema \
         WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND sql IS NOT NULL ORDER BY rowid",
    ))?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let entry =
        |row: &Vec<Value>| Entry { kind: text(&row[0]), name: text(&row[1]), table: text(&row[2]), sql: text(&row[3]) };
    Ok(rows.iter().map(entry).collect())
}

/// Whether a table is Plinth's own, or Diesel's.
pub(super) fn ours(name: &str) -> bool {
    OURS.iter().any(|start| fold(name).starts_with(start))
}

fn read(connection: &mut dyn Execute, entry: &Entry) -> Result<Read> {
    if let Some(read) = table(&entry.sql) {
        return Ok(read);
    }
    let mut read = unreadable();
    for found in inventory::columns(connection, &entry.name)? {
        let shape =
            ColumnShape { declared: found.declared.to_ascii_uppercase(), nullable: true, ..ColumnShape::default() };
        read.shape.columns.insert(NAMING.name(&found.name), shape);
    }
    Ok(read)
}

fn unreadable() -> Read {
    let mut read = Read::default();
    read.shape.options = UNREADABLE.into();
    read
}

fn close(tables: &mut BTreeMap<Name, Read>) {
    let keys: BTreeMap<Name, Vec<String>> =
        tables.iter().map(|(name, read)| (name.clone(), read.key.clone())).collect();
    for read in tables.values_mut() {
        read.close(|table| keys.get(table).filter(|key| !key.is_empty()).cloned());
    }
}

fn add_index(shape: &mut TableShape, name: &str, sql: &str) {
    let columns: HashSet<Name> = shape.columns.keys().cloned().collect();
    let definition = index(sql, &columns).unwrap_or_else(|| format!("{UNREADABLE}: {sql}"));
    shape.indexes.insert(NAMING.name(name), definition);
}

fn foreign(what: &str, entry: &Entry, of_table: bool) -> Foreign {
    let table = of_table.then(|| NAMING.name(&entry.table));
    Foreign { what: what.into(), name: NAMING.name(&entry.name), table }
}
