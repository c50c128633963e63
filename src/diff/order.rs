//! The order in which operations can be carried out.

use super::{Constraint, Operation};
use crate::schema::order::creation_order;
use crate::schema::{ForeignKey, Table};
use std::collections::HashSet;

/// Operations by what they need: each kind after what must be there, or gone, before it.
///
/// Drops come first: their names are free for renames. Constraints and indexes go before the
/// columns that they name, and come after them. Columns go after others have come, whose first
/// values may be made of theirs.
#[derive(Default)]
pub(super) struct Phases {
    pub drop_keys: Vec<Operation>,
    pub drop_others: Vec<Operation>,
    pub drop_tables: Vec<Operation>,
    pub rename_tables: Vec<Operation>,
    pub rename_columns: Vec<Operation>,
    pub rename_others: Vec<Operation>,
    pub create_tables: Vec<Operation>,
    pub add_columns: Vec<Operation>,
    pub alter_columns: Vec<Operation>,
    pub primary_keys: Vec<Operation>,
    /// Columns that may be NULL now, since they left the primary key.
    pub loosen_columns: Vec<Operation>,
    pub drop_columns: Vec<Operation>,
    pub add_others: Vec<Operation>,
    pub add_keys: Vec<Operation>,
    pub comments: Vec<Operation>,
}

impl Phases {
    /// All operations, in order.
    pub fn into_operations(self) -> Vec<Operation> {
        [
            self.drop_keys,
            self.drop_others,
            self.drop_tables,
            self.rename_tables,
            self.rename_columns,
            self.rename_others,
            self.create_tables,
            self.add_columns,
            self.alter_columns,
            self.primary_keys,
            self.loosen_columns,
            self.drop_columns,
            self.add_others,
            self.add_keys,
            self.comments,
        ]
        .concat()
    }

    /// Drops tables: those first that point to others; where they point to each other, the keys before.
    pub fn drop_tables(&mut self, mut tables: Vec<Table>) {
        let order = creation_order(&tables);
        let mut forward = order.forward;
        // From the last of a table to its first: taking one out moves those behind it.
        forward.sort_by(|a, b| b.cmp(a));
        for (at, key) in forward {
            let table = &mut tables[at];
            let constraint = Constraint::ForeignKey(table.foreign_keys.remove(key));
            self.drop_keys.push(Operation::DropConstraint { table: table.name.clone(), constraint });
        }
        let mut tables: Vec<Option<Table>> = tables.into_iter().map(Some).collect();
        let last_first = order.tables.into_iter().rev();
        self.drop_tables.extend(last_first.filter_map(|at| Some(Operation::DropTable { table: tables[at].take()? })));
    }

    /// Creates tables: those first to which others point. Keys that `later` tells, by table and key, come at the end, as
    /// do those of tables that point to each other.
    pub fn create_tables(&mut self, mut tables: Vec<Table>, later: impl Fn(&ForeignKey) -> bool) {
        let order = creation_order(&tables);
        let forward: HashSet<(usize, usize)> = order.forward.into_iter().collect();
        for (at, table) in tables.iter_mut().enumerate() {
            let keys = std::mem::take(&mut table.foreign_keys);
            for (i, key) in keys.into_iter().enumerate() {
                if forward.contains(&(at, i)) || later(&key) {
                    let constraint = Constraint::ForeignKey(key);
                    self.add_keys.push(Operation::AddConstraint { table: table.name.clone(), constraint });
                } else {
                    table.foreign_keys.push(key);
                }
            }
        }
        let mut tables: Vec<Option<Table>> = tables.into_iter().map(Some).collect();
        let in_order = order.tables.into_iter();
        self.create_tables.extend(in_order.filter_map(|at| Some(Operation::CreateTable { table: tables[at].take()? })));
    }
}
