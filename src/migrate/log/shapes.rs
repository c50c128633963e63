//! The expected form of each table, as the database itself writes it: `plinth_shape`, a row for
//! each table, written by the transaction that makes or changes the table. So what has changed
//! since is found by reading, without a right to create anything.

use super::own_table::{create_missing, exists};
use crate::dialect::name::Name;
use crate::dialect::shape::{Shape, TableShape};
use crate::dialect::stored_shape::{self, FORMAT};
use crate::dialect::Dialect;
use crate::diff::canonical;
use crate::error::Result;
use crate::migrate::disk::record::checksum;
use crate::schema::{Column, Kind, Schema, Table};
use crate::statement::{Execute, Row, Statement};
use crate::value::Value;
use std::collections::{BTreeMap, HashSet};

/// The table.
pub const TABLE: &str = "plinth_shape";

/// What is stored of one table.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredShape {
    /// The checksum of the table's declaration, from which the shape was made.
    pub checksum: String,
    /// Whether shapes of today can be compared with it: it is of this format, of this major version of the server, and was read
    /// under this search path.
    pub comparable: bool,
    /// The shape. Its columns are known also if it cannot be compared.
    pub shape: TableShape,
}

/// What is stored, by table.
pub type StoredShapes = BTreeMap<Name, StoredShape>;

fn table() -> Table {
    let text = || Kind::Text { max: None };
    Table {
        name: TABLE.into(),
        columns: vec![
            Column::new("name", text()),
            Column::new("format", Kind::Integer),
            Column::new("server", Kind::Integer),
            Column::new("checksum", text()),
            Column::new("shape", text()),
        ],
        primary_key: vec!["name".into()],
        ..Table::default()
    }
}

/// The checksum of a table's declaration. The order of its columns, constraints and indexes says nothing: a way back may
/// lead to another.
pub fn checksum_of(table: &Table) -> String {
    let declared = canonical(Schema { tables: vec![table.clone()] });
    // Names, kinds and constants: nothing that JSON cannot say.
    checksum(&serde_json::to_string(&declared.tables).unwrap_or_default())
}

/// Creates the table if it is missing.
pub fn prepare(dialect: &dyn Dialect, connection: &mut dyn Execute) -> Result<()> {
    create_missing(dialect, connection, &table())
}

/// The statements that forget what is stored, for a script: only the database itself knows the shapes that the script leads to.
/// The table stays with its owner and its grants.
pub fn script(dialect: &dyn Dialect) -> String {
    let create = dialect.create_table(&table()).replacen("CREATE TABLE", "CREATE TABLE IF NOT EXISTS", 1);
    format!("{create};\nDELETE FROM {TABLE}")
}

/// What is stored; `None` if there is no such table.
pub fn read(dialect: &dyn Dialect, connection: &mut dyn Execute) -> Result<Option<StoredShapes>> {
    if !exists(dialect, connection, TABLE)? {
        return Ok(None);
    }
    let writer = dialect.writer(connection)?;
    let sql = format!("SELECT name, format, server, checksum, shape FROM {TABLE}");
    let rows = connection.query(&Statement::new(sql)).map_err(|error| error.table(TABLE))?;
    let text = |row: &Row, column: usize| row.get(column).and_then(Value::as_str).unwrap_or_default().to_owned();
    let int = |row: &Row, column: usize| row.get(column).and_then(Value::as_int);
    let naming = dialect.naming();
    let stored = rows.iter().map(|row| {
        let (shape, path) = stored_shape::read(naming, &text(row, 4)).unzip();
        let by_same = int(row, 2) == Some(writer.server) && path.as_ref() == Some(&writer.path);
        let comparable = int(row, 1) == Some(FORMAT) && by_same;
        let stored = StoredShape { checksum: text(row, 3), comparable, shape: shape.unwrap_or_default() };
        (naming.name(&text(row, 0)), stored)
    });
    Ok(Some(stored.collect()))
}

/// Stores the shapes that these tables should have; what is stored of those that the schema does not have goes. Within the
/// transaction that makes them so, after `prepare`.
pub fn write(
    dialect: &dyn Dialect,
    connection: &mut dyn Execute,
    schema: &Schema,
    names: &[Name],
    shape: &Shape,
) -> Result<()> {
    if names.is_empty() {
        return Ok(());
    }
    let writer = dialect.writer(connection)?;
    let naming = dialect.naming();
    let spelled: Vec<&str> = names.iter().map(Name::spelled).collect();
    remove(dialect, connection, &spelled)?;
    for table in &schema.tables {
        let name = naming.name(&table.name);
        let Some(shape) = shape.tables.get(&name).filter(|_| names.contains(&name)) else { continue };
        let sql = format!("INSERT INTO {TABLE} (name, format, server, checksum, shape) VALUES ($1, $2, $3, $4, $5)");
        let statement = Statement::new(sql)
            .bind(table.name.as_str())
            .bind(FORMAT)
            .bind(writer.server)
            .bind(checksum_of(table).as_str())
            .bind(stored_shape::write(shape, &writer.path).as_str());
        connection.execute(&statement).map_err(|error| error.table(TABLE))?;
    }
    Ok(())
}

/// Removes what is stored of these tables, however they are spelled.
fn remove(dialect: &dyn Dialect, connection: &mut dyn Execute, names: &[&str]) -> Result<()> {
    let naming = dialect.naming();
    let gone: HashSet<Name> = names.iter().map(|name| naming.name(name)).collect();
    let rows = connection.query(&Statement::new(format!("SELECT name FROM {TABLE}")))?;
    for row in rows {
        let Some(name) = row.first().and_then(Value::as_str) else { continue };
        if gone.contains(&naming.name(name)) {
            let statement = Statement::new(format!("DELETE FROM {TABLE} WHERE name = $1")).bind(name);
            connection.execute(&statement).map_err(|error| error.table(TABLE))?;
        }
    }
    Ok(())
}

/// Removes all that is stored: what the tables should look like is not known any more.
pub fn forget(connection: &mut dyn Execute) -> Result<()> {
    connection.batch(&format!("DELETE FROM {TABLE}")).map_err(|error| error.table(TABLE))
}
