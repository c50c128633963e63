//! The expected tables of a database: by its own revisions, or by the models if it has none. Read
//! from what is stored in the database, and made anew only as far as that does not fit.

use super::Known;
use crate::dialect::name::{Name, Naming};
use crate::dialect::shape::{Shape, TableShape};
use crate::dialect::Dialect;
use crate::error::Result;
use crate::migrate::disk::graph::Graph;
use crate::migrate::disk::record::Revision;
use crate::migrate::log::history;
use crate::migrate::log::recorded::Recorded;
use crate::migrate::log::shapes::{self, StoredShapes};
use crate::migrate::run::verify;
use crate::migrate::steps::fold;
use crate::schema::{Schema, Table};
use crate::statement::Execute;
use serde::Serialize;
use std::collections::BTreeMap;

/// The records of a database, and the expected content that follows from them.
pub struct Expected {
    /// The revisions that are applied.
    pub recorded: Recorded,
    /// The schema: at the applied revisions, or of the models if there never was one; without models empty.
    pub schema: Schema,
    /// Whether the schema is that of revisions. If all are taken back, and no table was made from
    /// the models since, it is empty: nothing is expected.
    pub of_revisions: bool,
    /// What is stored of the tables; `None` if nothing is.
    pub stored: Option<StoredShapes>,
    naming: Naming,
}

/// The side that the database is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Against {
    /// Its own applied revisions.
    Revisions,
    /// The models: it has no revisions.
    Models,
}

/// Shapes that were made anew, each with the checksum of the declaration that it was made from.
pub type Made = BTreeMap<Name, (String, TableShape)>;

impl Expected {
    /// Reads it. Errors: `REVISION_MISSING` if the database neither stores what a revision changed nor is its folder there.
    pub fn read(
        dialect: &dyn Dialect,
        connection: &mut dyn Execute,
        graph: &Graph<'_>,
        models: Option<&Schema>,
    ) -> Result<Self> {
        let recorded = Recorded::read(dialect, connection)?;
        let stored = shapes::read(dialect, connection)?;
        let is_at_base = || recorded.has_history() && stored.as_ref().is_none_or(StoredShapes::is_empty);
        let of_revisions = !recorded.applied.is_empty() || is_at_base();
        let schema = match (of_revisions, models) {
            (true, _) => schema_at(graph, &recorded)?,
            (false, models) => models.cloned().unwrap_or_default(),
        };
        Ok(Expected { recorded, schema, of_revisions, stored, naming: dialect.naming() })
    }

    /// The side that the database is compared with.
    pub fn against(&self) -> Against {
        if self.of_revisions {
            Against::Revisions
        } else {
            Against::Models
        }
    }

    /// The tables whose shape is not stored, or was stored for another declaration, by another version of Plinth or on
    /// another major version of the server.
    pub fn unknown(&self) -> Vec<Name> {
        let nothing = StoredShapes::new();
        outdated(self.naming, &self.schema, self.stored.as_ref().unwrap_or(&nothing))
    }

    /// Makes the shapes of the unknown tables anew, for which the server has to write their expressions.
    pub fn make(&self, dialect: &dyn Dialect, connection: &mut dyn Execute) -> Result<Made> {
        let unknown = self.unknown();
        let shape = verify::expected(dialect, connection, &self.schema, &unknown)?;
        let made = self.schema.tables.iter().filter_map(|table| {
            let name = self.naming.name(&table.name);
            let shape = shape.tables.get(&name)?.clone();
            Some((name, (shapes::checksum_of(table), shape)))
        });
        Ok(made.collect())
    }

    /// The shape, from what is stored and what was made; `None` if that does not suffice.
    pub fn shape(&self, made: &Made) -> Option<Shape> {
        let mut shape = Shape::default();
        for table in &self.schema.tables {
            let name = self.naming.name(&table.name);
            let checksum = shapes::checksum_of(table);
            let stored = self.stored.as_ref().and_then(|stored| stored.get(&name));
            let stored = stored.filter(|stored| stored.comparable && stored.checksum == checksum).map(|it| &it.shape);
            let made = || made.get(&name).filter(|(of, _)| *of == checksum).map(|(_, shape)| shape);
            shape.tables.insert(name.clone(), stored.or_else(made)?.clone());
        }
        Some(shape)
    }

    /// The applied revisions of which this release has no folder.
    pub fn ahead(&self, graph: &Graph<'_>) -> Vec<String> {
        self.recorded.applied.iter().filter(|version| graph.get(version).is_none()).cloned().collect()
    }
}

/// Of a schema, the tables whose shape is not stored as it is needed.
pub fn outdated(naming: Naming, schema: &Schema, stored: &StoredShapes) -> Vec<Name> {
    let name = |table: &Table| naming.name(&table.name);
    let current = |table: &&Table| {
        let stored = stored.get(&name(table));
        stored.is_some_and(|stored| stored.comparable && stored.checksum == shapes::checksum_of(table))
    };
    schema.tables.iter().filter(|table| !current(table)).map(name).collect()
}

/// The schema at the applied revisions: what the database has recorded of them counts, then their folders.
pub fn schema_at(graph: &Graph<'_>, recorded: &Recorded) -> Result<Schema> {
    let mut revisions: Vec<Revision> = Vec::new();
    for version in &recorded.applied {
        let entry = history::of(&recorded.log, version);
        let stored =
            entry.and_then(|entry| Revision::from_recorded(version, &entry.name, entry.operations.as_deref()?));
        match stored.or_else(|| graph.get(version).cloned()) {
            Some(revision) => revisions.push(revision),
            None => graph.check_applied([version])?,
        }
    }
    fold::fold(&Graph::new(&revisions), &revisions)
}

/// What is stored of each table tells what it had.
impl Known for Expected {
    fn had_table(&self, table: &Name) -> bool {
        self.stored.as_ref().is_some_and(|stored| stored.contains_key(table))
    }

    fn had_column(&self, table: &Name, column: &Name) -> bool {
        let stored = self.stored.as_ref().and_then(|stored| stored.get(table));
        stored.is_some_and(|stored| stored.shape.columns.contains_key(column))
    }
}
