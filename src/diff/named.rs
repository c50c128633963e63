//! The names in a table: the columns and the SQL of its indexes, the objects that name a column,
//! and the names that it takes.

use crate::schema::expression::{mentions, rename_column};
use crate::schema::{Index, IndexKey, Table};

/// The columns that an index names, its expressions apart.
pub(super) fn columns_of(index: &Index) -> Vec<String> {
    let columns = index.parts.iter().filter_map(|part| match &part.key {
        IndexKey::Column(name) => Some(name.clone()),
        IndexKey::Expression(_) => None,
    });
    columns.collect()
}

/// The SQL of an index.
pub(super) fn sql_of(index: &Index) -> impl Iterator<Item = &String> {
    let expressions = index.parts.iter().filter_map(|part| match &part.key {
        IndexKey::Column(_) => None,
        IndexKey::Expression(sql) => Some(sql),
    });
    expressions.chain(&index.filter)
}

/// Renames a column in an index.
pub(super) fn rename_in_index(index: &mut Index, from: &str, to: &str) {
    for part in &mut index.parts {
        match &mut part.key {
            IndexKey::Column(name) if name == from => *name = to.to_owned(),
            IndexKey::Column(_) => {}
            IndexKey::Expression(sql) => *sql = rename_column(sql, from, to),
        }
    }
    if let Some(filter) = &mut index.filter {
        *filter = rename_column(filter, from, to);
    }
}

/// The object of this table that names the column: the name of a constraint or an index, or its
/// primary key.
pub(super) fn names_column<'a>(table: &'a Table, column: &str) -> Option<&'a str> {
    let listed = |columns: &[String]| columns.iter().any(|name| name == column);
    let uniques = table.uniques.iter().filter(|unique| listed(&unique.columns)).map(|unique| &unique.name);
    let keys = table.foreign_keys.iter().filter(|key| listed(&key.columns)).map(|key| &key.name);
    let checks = table.checks.iter().filter(|check| mentions(&check.sql, column)).map(|check| &check.name);
    let named = |index: &&Index| listed(&columns_of(index)) || sql_of(index).any(|sql| mentions(sql, column));
    let indexes = table.indexes.iter().filter(named).map(|index| &index.name);
    let key = listed(&table.primary_key).then_some("the primary key");
    key.or_else(|| uniques.chain(keys).chain(checks).chain(indexes).map(String::as_str).next())
}

/// The names that a table takes of those that its database has once.
pub(super) fn relations(table: &Table) -> impl Iterator<Item = &str> {
    let uniques = table.uniques.iter().map(|unique| unique.name.as_str());
    let indexes = table.indexes.iter().map(|index| index.name.as_str());
    std::iter::once(table.name.as_str()).chain(uniques).chain(indexes)
}

/// The names of its constraints.
pub(super) fn constraints(table: &Table) -> impl Iterator<Item = &str> {
    let uniques = table.uniques.iter().map(|unique| unique.name.as_str());
    let checks = table.checks.iter().map(|check| check.name.as_str());
    uniques.chain(checks).chain(table.foreign_keys.iter().map(|key| key.name.as_str()))
}
