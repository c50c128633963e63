//! Storing the shapes of tables that init finds to be as they should be: that it has created, or that equal what it would create.

use crate::dialect::name::Name;
use crate::dialect::shape::{compare, Object, Shape};
use crate::dialect::Dialect;
use crate::error::Result;
use crate::migrate::log::shapes::{self, StoredShapes};
use crate::migrate::run::verify;
use crate::schema::{Schema, Table};
use crate::statement::Execute;

/// Stores the shapes of the tables of the models that are as the models say; `created` were created just now. What is stored
/// of other tables stays: it tells what they were, so that a column that is gone is not taken for one that the models gained.
pub(super) fn remember(
    dialect: &dyn Dialect,
    connection: &mut dyn Execute,
    schema: &Schema,
    created: &[String],
) -> Result<()> {
    shapes::prepare(dialect, connection)?;
    let stored = shapes::read(dialect, connection)?.unwrap_or_default();
    let names = outdated(dialect, schema, &stored);
    if names.is_empty() {
        return Ok(());
    }
    let found = dialect.introspect(connection, Some(&names))?;
    let (new, others): (Vec<Name>, Vec<Name>) = names
        .into_iter()
        .filter(|name| found.tables.contains_key(name))
        .partition(|name| created.iter().any(|table| dialect.naming().name(table) == *name));
    shapes::write(dialect, connection, schema, &new, &found)?;
    // If the server cannot be asked, as when a function that an expression calls is missing, nothing is known.
    let Ok(expected) = verify::expected(dialect, connection, schema, &others) else { return Ok(()) };
    let same: Vec<Name> = others.into_iter().filter(|name| is_same(name, &expected, &found)).collect();
    shapes::write(dialect, connection, schema, &same, &expected)
}

/// The tables whose stored shape was made from another declaration, or by another server.
pub(super) fn outdated(dialect: &dyn Dialect, schema: &Schema, stored: &StoredShapes) -> Vec<Name> {
    let name = |table: &Table| dialect.naming().name(&table.name);
    let current = |table: &&Table| {
        let stored = stored.get(&name(table));
        stored.is_some_and(|stored| stored.comparable && stored.checksum == shapes::checksum_of(table))
    };
    schema.tables.iter().filter(|table| !current(table)).map(name).collect()
}

/// Whether a table is as expected, but for indexes that others added.
fn is_same(name: &Name, expected: &Shape, found: &Shape) -> bool {
    let only = |shape: &Shape| {
        let table = shape.tables.get(name).cloned();
        Shape { tables: table.map(|table| (name.clone(), table)).into_iter().collect(), foreign: Vec::new() }
    };
    let differences = compare(&only(expected), &only(found));
    differences.iter().all(|difference| difference.expected.is_none() && matches!(difference.object, Object::Index(_)))
}
