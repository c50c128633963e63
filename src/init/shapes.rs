//! Storing what tables should look like: without revisions, of those that are as the models say; else of the revisions. It is
//! optional: where the role or the server only reads, init goes on without it, and drift says that nothing is stored.

use crate::dialect::name::Name;
use crate::dialect::shape::{compare, Object, Shape};
use crate::dialect::Dialect;
use crate::drift::expected::{outdated, Expected};
use crate::error::{Code, Result};
use crate::migrate::disk::graph::Graph;
use crate::migrate::log::recorded::prepare;
use crate::migrate::log::shapes;
use crate::migrate::run::verify;
use crate::schema::Schema;
use crate::statement::Execute;

/// Stores the shapes of the tables of the models that are as the models say; `created` were created just now. What is stored
/// of other tables stays: it tells what they were, so that a column that is gone is not taken for one that the models gained.
pub(super) fn remember(
    dialect: &dyn Dialect,
    connection: &mut dyn Execute,
    schema: &Schema,
    created: &[String],
) -> Result<()> {
    connection.batch("SAVEPOINT plinth_shapes")?;
    let stored = store(dialect, connection, schema, created);
    if stored.is_err() {
        connection.batch("ROLLBACK TO SAVEPOINT plinth_shapes")?;
    }
    connection.batch("RELEASE SAVEPOINT plinth_shapes")?;
    unless_refused(stored)
}

/// An error, except that of a role or a server that only reads.
fn unless_refused(stored: Result<()>) -> Result<()> {
    match stored {
        Err(error) if matches!(error.code, Code::PermissionDenied | Code::ReadOnly) => Ok(()),
        stored => stored,
    }
}

fn store(dialect: &dyn Dialect, connection: &mut dyn Execute, schema: &Schema, created: &[String]) -> Result<()> {
    shapes::prepare(dialect, connection)?;
    let stored = shapes::read(dialect, connection)?.unwrap_or_default();
    let names = outdated(dialect.naming(), schema, &stored);
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

/// Stores the shapes of the schema at the applied revisions, as far as they are not stored, as
/// after a script that was run by hand. If they cannot be known, as when a folder is missing or the
/// server lacks a function, nothing is stored.
pub(super) fn complete(dialect: &dyn Dialect, connection: &mut dyn Execute, graph: &Graph<'_>) -> Result<()> {
    let read = |connection: &mut dyn Execute| Expected::read(dialect, connection, graph, None).ok();
    let is_complete = |expected: &Expected| expected.unknown().is_empty();
    if read(connection).is_none_or(|expected| is_complete(&expected)) {
        return Ok(());
    }
    let stored = dialect.transaction(connection, &mut |connection| {
        dialect.prepare(connection)?;
        prepare(dialect, connection)?;
        // Others may have been quicker.
        let Some(expected) = read(connection).filter(|expected| !is_complete(expected)) else { return Ok(()) };
        let names = expected.unknown();
        let Ok(shape) = verify::expected(dialect, connection, &expected.schema, &names) else { return Ok(()) };
        shapes::write(dialect, connection, &expected.schema, &names, &shape)
    });
    unless_refused(stored)
}

/// Whether a table is as expected, except for indexes that others added.
fn is_same(name: &Name, expected: &Shape, found: &Shape) -> bool {
    let only = |shape: &Shape| {
        let table = shape.tables.get(name).cloned();
        Shape { tables: table.map(|table| (name.clone(), table)).into_iter().collect(), foreign: Vec::new() }
    };
    let differences = compare(&only(expected), &only(found));
    differences.iter().all(|difference| difference.expected.is_none() && matches!(difference.object, Object::Index(_)))
}
