//! The order in which tables can be created: what is pointed to first, cycles in the order of their declaration.

use super::{ForeignKey, Table};
use std::collections::{BTreeSet, HashMap};

/// An order of creation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Order {
    /// Indexes of the tables, in the order in which to create them.
    pub tables: Vec<usize>,
    /// The foreign keys, as (table, index in its `foreign_keys`), that point to a table created
    /// later. A database that wants to see the target first adds them at the end. A table that
    /// refers to itself is among them only if nothing but an index, which comes after its table,
    /// makes the target unique.
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
    let mut waiting_for: Vec<usize> = Vec::with_capacity(tables.len());
    let mut waited_for: Vec<Vec<usize>> = vec![Vec::new(); tables.len()];
    for (table, targets) in targets.iter().enumerate() {
        waiting_for.push(targets.len());
        targets.iter().for_each(|target| waited_for[*target].push(table));
    }
    let mut free: BTreeSet<usize> = (0..tables.len()).filter(|table| targets[*table].is_empty()).collect();
    let mut created = vec![false; tables.len()];
    let mut order = Order::default();
    while order.tables.len() < tables.len() {
        let next = free.pop_first().unwrap_or_else(|| first_of_a_cycle(&targets, &created));
        created[next] = true;
        order.tables.push(next);
        for &table in &waited_for[next] {
            waiting_for[table] -= 1;
            if waiting_for[table] == 0 && !created[table] {
                free.insert(table);
            }
        }
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
    let indexed = table
        .indexes
        .iter()
        .any(|index| index.unique && index.filter.is_none() && index.columns().is_some_and(|names| same(&names)));
    let constrained = same(&table.primary_key) || table.uniques.iter().any(|unique| same(&unique.columns));
    key.table == table.name && indexed && !constrained
}

/// The first declared table of those that wait, directly or not, only for tables that wait for them too. All that are left wait.
fn first_of_a_cycle(targets: &[Vec<usize>], created: &[bool]) -> usize {
    let mut search =
        Search { targets, created, number: vec![0; targets.len()], low: vec![0; targets.len()], ..Search::default() };
    for table in (0..targets.len()).filter(|table| !created[*table]) {
        if search.number[table] == 0 {
            search.visit(table);
        }
    }
    search.first.expect("some cycle waits for no other")
}

/// Tarjan's search for strongly connected components ("Depth-first search and linear graph algorithms", 1972), without
/// recursion: databases may have more tables than a thread has stack.
#[derive(Default)]
struct Search<'a> {
    targets: &'a [Vec<usize>],
    created: &'a [bool],
    /// When a table was first seen, from 1; 0: not yet, `DONE`: its component is known.
    number: Vec<usize>,
    /// The earliest seen table, still open, to which one leads.
    low: Vec<usize>,
    seen: usize,
    open: Vec<usize>,
    /// The first declared table of the components that lead to no other.
    first: Option<usize>,
}

const DONE: usize = usize::MAX;

impl Search<'_> {
    fn visit(&mut self, start: usize) {
        let mut path = vec![(start, 0)];
        self.enter(start);
        while let Some((table, at)) = path.pop() {
            let left = self.targets[table][at..].iter().position(|target| !self.created[*target]);
            let Some(skipped) = left else {
                self.leave(table);
                if let Some((before, _)) = path.last() {
                    self.low[*before] = self.low[*before].min(self.low[table]);
                }
                continue;
            };
            let target = self.targets[table][at + skipped];
            path.push((table, at + skipped + 1));
            match self.number[target] {
                0 => {
                    self.enter(target);
                    path.push((target, 0));
                }
                DONE => {}
                number => self.low[table] = self.low[table].min(number),
            }
        }
    }

    fn enter(&mut self, table: usize) {
        self.seen += 1;
        self.number[table] = self.seen;
        self.low[table] = self.seen;
        self.open.push(table);
    }

    /// Closes the component that this table began, where it did.
    fn leave(&mut self, table: usize) {
        if self.low[table] != self.number[table] {
            return;
        }
        let begins = self.open.iter().rposition(|other| *other == table).expect("it is open");
        let component = self.open.split_off(begins);
        let within = |target: &&usize| self.number[**target] != DONE && !self.created[**target];
        let elsewhere = |table: &usize| {
            let left = self.targets[*table].iter().filter(|target| !self.created[**target]);
            left.count() > self.targets[*table].iter().filter(within).count()
        };
        if !component.iter().any(elsewhere) {
            self.first = self.first.into_iter().chain(component.iter().copied()).min();
        }
        for table in component {
            self.number[table] = DONE;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Action, Index, IndexKey, IndexPart};
    use proptest::prelude::*;

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

    /// The same, as its words say it.
    fn slowly(targets: &[Vec<usize>]) -> Vec<usize> {
        let mut created: Vec<usize> = Vec::new();
        while created.len() < targets.len() {
            let left: Vec<usize> = (0..targets.len()).filter(|table| !created.contains(table)).collect();
            let reached = |from: usize| {
                let (mut found, mut open) = (Vec::new(), vec![from]);
                while let Some(table) = open.pop() {
                    for target in targets[table].iter().filter(|t| left.contains(t) && **t != table) {
                        if !found.contains(target) {
                            found.push(*target);
                            open.push(*target);
                        }
                    }
                }
                found
            };
            let waits_for_nothing = left.iter().find(|table| reached(**table).is_empty());
            let waits_for_itself =
                |table: &&usize| reached(**table).iter().all(|other| reached(*other).contains(table));
            created.push(*waits_for_nothing.or_else(|| left.iter().find(waits_for_itself)).unwrap());
        }
        created
    }

    proptest! {
        #[test]
        fn the_quick_way_is_the_plain_one(targets in prop::collection::vec(prop::collection::vec(0..9usize, 0..3), 9)) {
            let names: Vec<String> = (0..9).map(|i| format!("t{i}")).collect();
            let all = targets.iter().zip(&names);
            let tables: Vec<Table> = all
                .map(|(targets, name)| table(name, &targets.iter().map(|t| names[*t].as_str()).collect::<Vec<_>>()))
                .collect();
            prop_assert_eq!(creation_order(&tables).tables, slowly(&targets));
        }
    }
}
