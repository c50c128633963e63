//! The order in which tables can be created: what is pointed to first, cycles in the order of their declaration.

use super::{ForeignKey, Index, IndexKey, Table};
use std::collections::HashMap;

/// An order of creation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Order {
    /// Indexes of the tables, in the order in which to create them.
    pub tables: Vec<usize>,
    /// The foreign keys, as (table, index in its `foreign_keys`), that point to a table created later. A database
    /// that wants to see the target first adds them at the end. A table that points to itself is among them only where
    /// nothing but an index, which comes after its table, makes the target unique.
    pub forward: Vec<(usize, usize)>,
}

/// The order in which to create these tables. The same tables in the same order always give the same answer.
///
/// Always takes the first declared table that waits for nothing; where every one waits, which only a cycle does, the
/// first declared table of a cycle that waits for no other. Keys to tables that are not in the list are no reason to wait.
pub fn creation_order(tables: &[Table]) -> Order {
    let positions: HashMap<&str, usize> = tables.iter().enumerate().map(|(i, t)| (t.name.as_str(), i)).collect();
    let targets: Vec<Vec<usize>> = tables
        .iter()
        .enumerate()
        .map(|(i, table)| {
            let keys = table.foreign_keys.iter();
            keys.filter_map(|key| positions.get(key.table.as_str()).copied()).filter(|target| *target != i).collect()
        })
        .collect();
    let mut created = vec![false; tables.len()];
    let mut order = Order::default();
    while order.tables.len() < tables.len() {
        let waits = |table: &usize| targets[*table].iter().any(|target| !created[*target]);
        let mut left = (0..tables.len()).filter(|table| !created[*table]);
        let next = left
            .clone()
            .find(|table| !waits(table))
            .or_else(|| left.find(|table| waits_only_for_itself(*table, &targets, &created)))
            .expect("some cycle waits for no other");
        created[next] = true;
        order.tables.push(next);
        for (i, key) in tables[next].foreign_keys.iter().enumerate() {
            let later = positions.get(key.table.as_str()).is_some_and(|target| !created[*target]);
            if later || leans_on_own_index(&tables[next], key) {
                order.forward.push((next, i));
            }
        }
    }
    order
}

/// Whether a key to the table itself has no other target than what a unique index makes one.
fn leans_on_own_index(table: &Table, key: &ForeignKey) -> bool {
    let same = |columns: &[String]| {
        columns.len() == key.references.len() && columns.iter().all(|name| key.references.contains(name))
    };
    let indexed = table.indexes.iter().any(|index| index.unique && index.filter.is_none() && same(&columns(index)));
    let constrained = same(&table.primary_key) || table.uniques.iter().any(|unique| same(&unique.columns));
    key.table == table.name && indexed && !constrained
}

fn columns(index: &Index) -> Vec<String> {
    let names = index.parts.iter().filter_map(|part| match &part.key {
        IndexKey::Column(name) => Some(name.clone()),
        IndexKey::Expression(_) => None,
    });
    let names: Vec<String> = names.collect();
    if names.len() == index.parts.len() {
        names
    } else {
        Vec::new()
    }
}

/// Whether every table for which this one waits, directly or not, waits for this one too.
fn waits_only_for_itself(table: usize, targets: &[Vec<usize>], created: &[bool]) -> bool {
    let waited_for = reachable(table, targets, created);
    waited_for.iter().all(|other| reachable(*other, targets, created).contains(&table))
}

fn reachable(from: usize, targets: &[Vec<usize>], created: &[bool]) -> Vec<usize> {
    let mut found = Vec::new();
    let mut open = vec![from];
    while let Some(table) = open.pop() {
        for &target in targets[table].iter().filter(|target| !created[**target]) {
            if !found.contains(&target) {
                found.push(target);
                open.push(target);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Action, IndexPart};

    fn table(name: &str, targets: &[&str]) -> Table {
        let foreign_keys = targets.iter().map(|target| ForeignKey {
            name: format!("{name}_{target}"),
            columns: vec!["a".into()],
            table: (*target).into(),
            references: vec!["id".into()],
            on_delete: Action::NoAction,
            on_update: Action::NoAction,
        });
        Table { name: name.into(), foreign_keys: foreign_keys.collect(), ..Table::default() }
    }

    fn names(tables: &[Table]) -> (Vec<&str>, Vec<&str>) {
        let order = creation_order(tables);
        let forward = order.forward.iter().map(|(t, k)| tables[*t].foreign_keys[*k].name.as_str()).collect();
        (order.tables.iter().map(|i| tables[*i].name.as_str()).collect(), forward)
    }

    #[test]
    fn targets_come_first() {
        let tables = [table("c", &["b"]), table("b", &["a"]), table("a", &[]), table("d", &[])];
        assert_eq!(names(&tables), (vec!["a", "b", "c", "d"], vec![]));
    }

    #[test]
    fn unrelated_tables_keep_their_order() {
        let tables = [table("z", &[]), table("a", &["elsewhere"]), table("m", &["m"])];
        assert_eq!(names(&tables), (vec!["z", "a", "m"], vec![]));
    }

    #[test]
    fn a_cycle_begins_with_its_first_table() {
        let tables = [table("users", &["organizations"]), table("organizations", &["users", "users"])];
        assert_eq!(names(&tables), (vec!["users", "organizations"], vec!["users_organizations"]));
    }

    #[test]
    fn what_waits_for_a_cycle_comes_after_it() {
        let tables = [
            table("items", &["users"]),
            table("users", &["teams"]),
            table("teams", &["owners"]),
            table("owners", &["users", "owners"]),
        ];
        assert_eq!(names(&tables), (vec!["users", "items", "owners", "teams"], vec!["users_teams"]));
    }

    #[test]
    fn a_key_to_an_index_of_its_own_table_comes_last() {
        let mut own = table("a", &["a"]);
        let part = IndexPart { key: IndexKey::Column("id".into()), desc: false };
        own.indexes.push(Index { name: "i".into(), parts: vec![part], unique: true, filter: None });
        assert_eq!(names(&[own.clone()]), (vec!["a"], vec!["a_a"]));
        own.primary_key = vec!["id".into()];
        assert_eq!(names(&[own.clone()]), (vec!["a"], vec![]));
        own.primary_key.clear();
        own.indexes[0].unique = false;
        assert_eq!(names(&[own]), (vec!["a"], vec![]));
    }

    #[test]
    fn two_cycles() {
        let tables = [table("a", &["b"]), table("b", &["a", "c"]), table("c", &["d"]), table("d", &["c"])];
        assert_eq!(names(&tables), (vec!["c", "d", "a", "b"], vec!["c_d", "a_b"]));
    }
}
