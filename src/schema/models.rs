//! The names of the JavaScript side: models, their properties and relations, resolved against the
//! schema.

use super::{Column, Schema, Table};

/// The schema and the models declared over it. Made by `Models::from_json`, which validates everything.
#[derive(Clone, Debug, PartialEq)]
pub struct Models {
    /// The tables of the database: `models[i]` describes `schema.tables[i]`.
    pub schema: Schema,
    /// The models, in the order of their declaration.
    pub models: Vec<Model>,
}

/// One model: a table as JavaScript sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// Its name in `schema({...})`: `db.<name>`.
    pub name: String,
    /// One property for each column of the table, in the same order.
    pub properties: Vec<Property>,
    /// Its relations.
    pub relations: Vec<Relation>,
}

/// A column as JavaScript sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Property {
    /// Its name in JavaScript.
    pub name: String,
    /// Never in a result unless selected by name.
    pub private: bool,
    /// Set to the clock on every update.
    pub touch: bool,
}

/// How a relation leads from a row to others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RelationKind {
    /// Our key points to the one row.
    One,
    /// The other's unique key points to us: one row or none.
    Has,
    /// The other's key, or an association table's, points to us: any number of rows.
    Many,
}

/// A relation, every name resolved to indexes into `Models`.
#[derive(Clone, Debug, PartialEq)]
pub struct Relation {
    /// Its name: the key of `include`.
    pub name: String,
    /// How it leads to the other rows.
    pub kind: RelationKind,
    /// The index of the other model.
    pub target: usize,
    /// The index of the column of this model whose value is looked up.
    pub from: usize,
    /// The index of the column of `target` (or, with `through`, of the target reached) that must equal it.
    pub to: usize,
    /// The association table between the two.
    pub through: Option<Through>,
}

/// An association table on the way of a relation: `this.from = through.near`, `through.far = target.to`.
#[derive(Clone, Debug, PartialEq)]
pub struct Through {
    /// The index of the association model.
    pub model: usize,
    /// The index of its column that points to this model.
    pub near: usize,
    /// The index of its column that points to the target.
    pub far: usize,
}

impl Models {
    /// Whether a column, by its names in the database, is private; `None` if no model has it.
    pub fn is_private(&self, same: impl Fn(&str, &str) -> bool, table: &str, column: &str) -> Option<bool> {
        let at = self.schema.tables.iter().position(|it| same(&it.name, table))?;
        let column = self.schema.tables[at].columns.iter().position(|it| same(&it.name, column))?;
        Some(self.models[at].properties[column].private)
    }

    /// The index of the model of this name.
    pub fn index(&self, name: &str) -> Option<usize> {
        self.models.iter().position(|m| m.name == name)
    }

    /// The table of a model.
    pub fn table(&self, model: usize) -> &Table {
        &self.schema.tables[model]
    }

    /// A column of a model, with its property.
    pub fn column(&self, model: usize, column: usize) -> (&Column, &Property) {
        (&self.schema.tables[model].columns[column], &self.models[model].properties[column])
    }
}

impl Model {
    /// The index of the column that this property names.
    pub fn property(&self, name: &str) -> Option<usize> {
        self.properties.iter().position(|p| p.name == name)
    }
}
