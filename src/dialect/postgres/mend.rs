//! The objects that block a change and are made again as soon as possible: foreign keys whose
//! target is not ready, primary keys, and the checks and indexes that name a column of another
//! type.

use super::convert::comparable;
use super::ddl::{add_foreign_key, create_index};
use super::render::Renderer;
use crate::dialect::parts::{constraint, list};
use crate::diff::Operation;
use crate::schema::names::primary_key_name;
use crate::schema::{ForeignKey, Index, Table};

/// The objects that the schema has and the database lacks for the moment.
#[derive(Default)]
pub(super) struct Missing {
    /// Foreign keys, by table and name.
    pub foreign_keys: Vec<(String, String)>,
    /// Tables without their primary key.
    pub primary_keys: Vec<String>,
    /// Checks, by table and name.
    pub checks: Vec<(String, String)>,
    /// Indexes, by table and name.
    pub indexes: Vec<(String, String)>,
}

impl Missing {
    /// Forgets the objects of a table that goes.
    pub(super) fn forget_table(&mut self, name: &str) {
        self.foreign_keys.retain(|(table, _)| table != name);
        self.primary_keys.retain(|table| table != name);
    }

    /// A foreign key that goes. Says whether it was missing, so that there is nothing to drop.
    pub(super) fn forget_foreign_key(&mut self, table: &str, name: &str) -> bool {
        let before = self.foreign_keys.len();
        self.foreign_keys.retain(|(of, key)| of != table || key != name);
        self.foreign_keys.len() < before
    }

    /// A table has another name.
    pub(super) fn table_renamed(&mut self, from: &str, to: &str) {
        let keys = self.foreign_keys.iter_mut().map(|(table, _)| table);
        for name in keys.chain(&mut self.primary_keys).filter(|name| *name == from) {
            *name = to.to_owned();
        }
    }

    /// A foreign key has another name. Says whether it is missing, so that there is nothing to rename.
    pub(super) fn renamed(&mut self, table: &str, from: &str, to: &str) -> bool {
        let key = self.foreign_keys.iter_mut().find(|(of, key)| of == table && key == from);
        key.map(|(_, name)| *name = to.to_owned()).is_some()
    }
}

impl Renderer {
    /// Makes again what can be made. An object that names a column waits while the columns of its
    /// table are being altered.
    pub(super) fn mend(&mut self, rest: &[Operation]) {
        let altering = match rest.first() {
            Some(Operation::AlterColumn { table, .. }) => Some(table.as_str()),
            _ => None,
        };
        let (checks, later): (Vec<_>, Vec<_>) = std::mem::take(&mut self.missing.checks)
            .into_iter()
            .partition(|(table, _)| Some(table.as_str()) != altering);
        self.missing.checks = later;
        for (table, name) in checks {
            self.add_check(&table, &name);
        }
        let (indexes, later): (Vec<_>, Vec<_>) = std::mem::take(&mut self.missing.indexes)
            .into_iter()
            .partition(|(table, _)| Some(table.as_str()) != altering);
        self.missing.indexes = later;
        for (table, name) in indexes {
            self.add_index(&table, &name);
        }
        self.add_keys(Some(rest));
    }

    /// Makes again what is left.
    pub(super) fn mend_all(&mut self) {
        self.add_keys(None);
    }

    fn add_check(&mut self, table: &str, name: &str) {
        let check = self.schema.table(table).and_then(|table| table.checks.iter().find(|check| check.name == name));
        if let Some(check) = check {
            let sql = format!("ADD {}", constraint(name, &format!("CHECK ({})", check.sql)));
            self.alter(table, &[sql]);
        }
    }

    fn add_index(&mut self, table: &str, name: &str) {
        let Some(table) = self.schema.table(table) else { return };
        if let Some(index) = table.indexes.iter().find(|index| index.name == name) {
            let sql = create_index(table, index);
            self.push(sql);
        }
    }

    /// Those that are ready with this rest of the operations to come; with none, all.
    fn add_keys(&mut self, rest: Option<&[Operation]>) {
        let all = rest.is_none();
        let mut later = Vec::new();
        for name in std::mem::take(&mut self.missing.primary_keys) {
            match self.schema.table(&name) {
                Some(table) if all || primary_key_ready(table) => {
                    let columns = list(&table.primary_key);
                    if !columns.is_empty() {
                        let sql = format!(
                            "ADD {}",
                            constraint(&primary_key_name(&name), &format!("PRIMARY KEY ({columns})"))
                        );
                        self.alter(&name, &[sql]);
                    }
                }
                Some(_) => later.push(name),
                None => {}
            }
        }
        self.missing.primary_keys = later;
        let mut later = Vec::new();
        for (table, name) in std::mem::take(&mut self.missing.foreign_keys) {
            let Some(of) = self.schema.table(&table) else { continue };
            match of.foreign_keys.iter().find(|key| key.name == name) {
                Some(key) if all || (self.ready(of, key) && !will_fold(rest.unwrap_or_default(), of, key)) => {
                    let sql = add_foreign_key(&table, key);
                    self.push(sql);
                }
                Some(_) => later.push((table, name)),
                None => {}
            }
        }
        self.missing.foreign_keys = later;
    }

    /// Whether the foreign key of this table can be made now: what it leads to is there, unique, and of its type.
    pub(super) fn ready(&self, table: &Table, key: &ForeignKey) -> bool {
        let Some(target) = self.schema.table(&key.table) else { return false };
        let alike = key.columns.iter().zip(&key.references).all(|(own, other)| {
            match (table.column(own), target.column(other)) {
                (Some(own), Some(other)) => comparable(&own.kind, &other.kind),
                _ => false,
            }
        });
        let primary =
            same_columns(&target.primary_key, &key.references) && !self.missing.primary_keys.contains(&target.name);
        let unique = target.uniques.iter().any(|unique| same_columns(&unique.columns, &key.references));
        let there = |index: &Index| !self.missing.indexes.contains(&(target.name.clone(), index.name.clone()));
        let indexed = target.indexes.iter().any(|index| covers(index, &key.references) && there(index));
        alike && (primary || unique || indexed)
    }
}

/// Whether the texts of only one of its sides have been folded by now.
fn will_fold(rest: &[Operation], table: &Table, key: &ForeignKey) -> bool {
    rest.iter().any(|operation| match operation {
        Operation::AlterColumn { table: of, from, to, .. } if to.lowercase && !from.lowercase => {
            (*of == table.name && key.columns.contains(&to.name))
                || (*of == key.table && key.references.contains(&to.name))
        }
        _ => false,
    })
}

fn primary_key_ready(table: &Table) -> bool {
    table.primary_key.iter().all(|name| table.column(name).is_some_and(|column| !column.nullable))
}

/// Whether these are the same columns, in whatever order.
pub(super) fn same_columns(one: &[String], other: &[String]) -> bool {
    one.len() == other.len() && one.iter().all(|name| other.contains(name))
}

/// Whether a foreign key to these columns may lean on the index.
pub(super) fn covers(index: &Index, columns: &[String]) -> bool {
    index.unique && index.filter.is_none() && index.columns().is_some_and(|names| same_columns(&names, columns))
}
