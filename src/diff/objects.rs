//! Constraints and indexes of a table that exists before and after: which stay, go, come, or change
//! only their name.

use super::named::sql_of;
use super::rename::free_name;
use super::{Constraint, Operation};
use crate::schema::expression::{mentions, rename_column};
use crate::schema::names::{fold, kind_check_name, primary_key_name};
use crate::schema::{Check, ForeignKey, Index, Table, Unique};
use std::collections::HashSet;

/// The kind of object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum What {
    Unique,
    Check,
    Key,
    Index,
}

/// Positions among the objects of the old table and of the new one.
#[derive(Default)]
pub(super) struct Changes {
    pub dropped: Vec<(What, usize)>,
    pub added: Vec<(What, usize)>,
    pub renamed: Vec<(What, usize, usize)>,
}

/// The old table, and the changes of its columns.
pub(super) struct Before<'a> {
    /// With its old names.
    pub old: &'a Table,
    /// With its new names, and those of what it points to.
    pub shifted: &'a Table,
    /// The renames of its columns, in order.
    pub renames: &'a [(String, String)],
    /// The columns that go, by the names that they have before it.
    pub gone: &'a [String],
    /// The tables that go, by their old names.
    pub gone_tables: &'a HashSet<&'a str>,
    /// Names, folded, that tables get, and with them their primary keys.
    pub claimed: &'a HashSet<String>,
}

impl Before<'_> {
    /// The changes on the way to the new table.
    pub fn changes(&self, new: &Table) -> Changes {
        let mut changes = Changes::default();
        let old = self.shifted;
        let in_the_way = self.in_the_way();
        let sql_goes = |sql: &String, shifted: &String| {
            !self.comes_back(sql) || self.gone.iter().any(|column| mentions(shifted, column))
        };
        let check_goes =
            |i: usize| in_the_way(&old.checks[i].name, false) || sql_goes(&self.old.checks[i].sql, &old.checks[i].sql);
        let index_goes = |i: usize| {
            let (before, after) = (&self.old.indexes[i], &old.indexes[i]);
            self.claimed.contains(&fold(&before.name))
                || sql_of(before).zip(sql_of(after)).any(|(before, after)| sql_goes(before, after))
        };
        let key_goes = |i: usize| {
            let key = &self.old.foreign_keys[i];
            in_the_way(&key.name, false) || self.gone_tables.contains(key.table.as_str())
        };
        let unique_goes = |i: usize| in_the_way(&old.uniques[i].name, true);
        changes.compare(&old.uniques, &new.uniques, unique_goes);
        changes.compare(&old.checks, &new.checks, check_goes);
        changes.compare(&old.foreign_keys, &new.foreign_keys, key_goes);
        changes.compare(&old.indexes, &new.indexes, index_goes);
        changes
    }

    /// Whether an object of this name would be there still when a table, its primary key or the check of a kind gets the name;
    /// `relation` says whether its name is one of the whole database.
    fn in_the_way(&self) -> impl Fn(&str, bool) -> bool + '_ {
        let renamed = !self.renames.is_empty() || self.old.name != self.shifted.name;
        let columns = self.shifted.columns.iter().filter(|_| renamed);
        let of_kinds = columns.filter_map(|column| kind_check_name(&self.shifted.name, column)).map(|name| fold(&name));
        let mut own: HashSet<String> = of_kinds.collect();
        if renamed {
            own.insert(fold(&primary_key_name(&self.shifted.name)));
        }
        move |name, relation| {
            let name = fold(name);
            own.contains(&name) || (relation && self.claimed.contains(&name))
        }
    }

    /// Whether the renames of columns lead from this SQL to another and back to the same. If they
    /// do not (it writes a name with quotes that it does not need), it is dropped and made anew, so
    /// that the way back ends where it began.
    fn comes_back(&self, sql: &str) -> bool {
        if self.renames.is_empty() {
            return true;
        }
        let there = self.renames.iter().fold(sql.to_owned(), |sql, (from, to)| rename_column(&sql, from, to));
        self.renames.iter().rev().fold(there, |sql, (from, to)| rename_column(&sql, to, from)) == sql
    }
}

/// A constraint or an index.
trait Object {
    /// The kind of object.
    const WHAT: What;

    fn name(&self) -> &str;

    /// Whether the two differ in nothing except their names.
    fn is_alike(&self, other: &Self) -> bool;
}

impl Object for Unique {
    const WHAT: What = What::Unique;

    fn name(&self) -> &str {
        &self.name
    }

    fn is_alike(&self, other: &Self) -> bool {
        self.columns == other.columns
    }
}

impl Object for Check {
    const WHAT: What = What::Check;

    fn name(&self) -> &str {
        &self.name
    }

    fn is_alike(&self, other: &Self) -> bool {
        self.sql == other.sql
    }
}

impl Object for ForeignKey {
    const WHAT: What = What::Key;

    fn name(&self) -> &str {
        &self.name
    }

    fn is_alike(&self, other: &Self) -> bool {
        self.columns == other.columns
            && self.table == other.table
            && self.references == other.references
            && self.on_delete == other.on_delete
            && self.on_update == other.on_update
    }
}

impl Object for Index {
    const WHAT: What = What::Index;

    fn name(&self) -> &str {
        &self.name
    }

    fn is_alike(&self, other: &Self) -> bool {
        self.parts == other.parts && self.unique == other.unique && self.filter == other.filter
    }
}

impl Changes {
    /// Adds what changes among the objects of one kind; `goes` says which of the old ones have to.
    fn compare<T: Object>(&mut self, old: &[T], new: &[T], goes: impl Fn(usize) -> bool) {
        let stays: Vec<usize> = (0..old.len()).filter(|i| !goes(*i)).collect();
        let alike = |i: usize, j: usize| old[i].is_alike(&new[j]);
        let kept = |i: usize, j: usize| old[i].name() == new[j].name() && alike(i, j);
        let mut coming: Vec<usize> = (0..new.len()).collect();
        let mut left = Vec::new();
        for i in stays {
            match coming.iter().position(|j| kept(i, *j)) {
                Some(at) => drop(coming.remove(at)),
                None => left.push(i),
            }
        }
        for i in (0..old.len()).filter(|i| goes(*i)) {
            self.dropped.push((T::WHAT, i));
        }
        for i in left {
            match coming.iter().position(|j| alike(i, *j)) {
                Some(at) => self.renamed.push((T::WHAT, i, coming.remove(at))),
                None => self.dropped.push((T::WHAT, i)),
            }
        }
        self.added.extend(coming.into_iter().map(|j| (T::WHAT, j)));
    }
}

/// The operation that drops an object of this table.
pub(super) fn dropping(table: &Table, what: What, at: usize) -> Operation {
    let name = table.name.clone();
    match what {
        What::Index => Operation::DropIndex { table: name, index: table.indexes[at].clone() },
        _ => Operation::DropConstraint { table: name, constraint: constraint(table, what, at) },
    }
}

/// The operation that adds an object of this table.
pub(super) fn adding(table: &Table, what: What, at: usize) -> Operation {
    let name = table.name.clone();
    match what {
        What::Index => Operation::AddIndex { table: name, index: table.indexes[at].clone() },
        _ => Operation::AddConstraint { table: name, constraint: constraint(table, what, at) },
    }
}

fn constraint(table: &Table, what: What, at: usize) -> Constraint {
    match what {
        What::Unique => Constraint::Unique(table.uniques[at].clone()),
        What::Check => Constraint::Check(table.checks[at].clone()),
        What::Key => Constraint::ForeignKey(table.foreign_keys[at].clone()),
        What::Index => unreachable!("an index is not a constraint"),
    }
}

fn name(table: &Table, what: What, at: usize) -> &str {
    match what {
        What::Unique => &table.uniques[at].name,
        What::Check => &table.checks[at].name,
        What::Key => &table.foreign_keys[at].name,
        What::Index => &table.indexes[at].name,
    }
}

/// A table that exists before and after, and its changes.
pub(super) struct Renamed<'a> {
    /// With its new names, but the old ones of its objects.
    pub shifted: &'a Table,
    /// As it is to be.
    pub new: &'a Table,
    /// The changes; impossible renames are turned into a drop and an addition.
    pub changes: Changes,
}

struct Rename {
    table: usize,
    what: What,
    from: String,
    to: String,
}

impl Rename {
    /// The names that an object takes: uniques and indexes one of the whole database, constraints one of their table.
    fn places(&self, name: &str) -> Vec<(Option<usize>, String)> {
        places(self.table, self.what, name)
    }
}

fn places(table: usize, what: What, name: &str) -> Vec<(Option<usize>, String)> {
    let of_database = (None, fold(name));
    let of_table = (Some(table), fold(name));
    match what {
        What::Index => vec![of_database],
        What::Unique => vec![of_database, of_table],
        What::Check | What::Key => vec![of_table],
    }
}

/// The renames, in an order in which no name is ever taken twice.
pub(super) fn renames(tables: &mut [Renamed<'_>]) -> Vec<Operation> {
    if tables.iter().all(|table| table.changes.renamed.is_empty()) {
        return Vec::new();
    }
    let mut taken = taken(tables);
    give_up_blocked(tables, &mut taken);
    let mut avoid = HashSet::new();
    let mut pending = Vec::new();
    for (at, table) in tables.iter().enumerate() {
        for (what, i, j) in &table.changes.renamed {
            let (from, to) = (name(table.shifted, *what, *i), name(table.new, *what, *j));
            pending.push(Rename { table: at, what: *what, from: from.to_owned(), to: to.to_owned() });
        }
        let named = [What::Unique, What::Check, What::Key, What::Index];
        avoid.extend(
            named.iter().flat_map(|what| (0..count(table.new, *what)).map(|i| fold(name(table.new, *what, i)))),
        );
        avoid.insert(fold(&table.new.name));
    }
    let mut operations = Vec::new();
    while !pending.is_empty() {
        let before = pending.len();
        let mut waiting = Vec::new();
        for rename in pending {
            if is_free(&rename, &taken) {
                operations.push(carry_out(tables, &rename, &rename.to, &mut taken));
            } else {
                waiting.push(rename);
            }
        }
        if waiting.len() == before {
            let first = &mut waiting[0];
            let is_taken =
                |name: &str| avoid.contains(&fold(name)) || taken.iter().any(|(_, other)| *other == fold(name));
            let between = free_name(&first.from, is_taken);
            operations.push(carry_out(tables, first, &between, &mut taken));
            first.from = between;
        }
        pending = waiting;
    }
    operations
}

type Taken = HashSet<(Option<usize>, String)>;

fn count(table: &Table, what: What) -> usize {
    match what {
        What::Unique => table.uniques.len(),
        What::Check => table.checks.len(),
        What::Key => table.foreign_keys.len(),
        What::Index => table.indexes.len(),
    }
}

/// The existing names after the drops and after the renames of tables and columns.
fn taken(tables: &[Renamed<'_>]) -> Taken {
    let mut taken = Taken::new();
    for (at, Renamed { shifted, changes, .. }) in tables.iter().enumerate() {
        taken.insert((None, fold(&shifted.name)));
        let key = fold(&primary_key_name(&shifted.name));
        taken.extend([(None, key.clone()), (Some(at), key)]);
        let of_kinds = shifted.columns.iter().filter_map(|column| kind_check_name(&shifted.name, column));
        taken.extend(of_kinds.map(|name| (Some(at), fold(&name))));
        for what in [What::Unique, What::Check, What::Key, What::Index] {
            for i in (0..count(shifted, what)).filter(|i| !changes.dropped.contains(&(what, *i))) {
                taken.extend(places(at, what, name(shifted, what, i)));
            }
        }
    }
    taken
}

/// A rename to a name that something has which is no object (a kind's check, that goes later) becomes a drop and an addition.
fn give_up_blocked(tables: &mut [Renamed<'_>], taken: &mut Taken) {
    loop {
        let mut leaving = Taken::new();
        for (at, table) in tables.iter().enumerate() {
            let renamed = table.changes.renamed.iter();
            leaving.extend(renamed.flat_map(|(what, i, _)| places(at, *what, name(table.shifted, *what, *i))));
        }
        let mut given_up = false;
        for (at, Renamed { shifted, new, changes }) in tables.iter_mut().enumerate() {
            let (blocked, renamed): (Vec<_>, Vec<_>) = changes.renamed.drain(..).partition(|(what, _, j)| {
                let mut wanted = places(at, *what, name(new, *what, *j)).into_iter();
                wanted.any(|place| taken.contains(&place) && !leaving.contains(&place))
            });
            changes.renamed = renamed;
            for (what, i, j) in blocked {
                given_up = true;
                for place in places(at, what, name(shifted, what, i)) {
                    taken.remove(&place);
                }
                changes.dropped.push((what, i));
                changes.added.push((what, j));
            }
        }
        if !given_up {
            return;
        }
    }
}

fn is_free(rename: &Rename, taken: &Taken) -> bool {
    let own = rename.places(&rename.from);
    rename.places(&rename.to).iter().all(|place| !taken.contains(place) || own.contains(place))
}

fn carry_out(tables: &[Renamed<'_>], rename: &Rename, to: &str, taken: &mut Taken) -> Operation {
    for place in rename.places(&rename.from) {
        taken.remove(&place);
    }
    taken.extend(rename.places(to));
    let (table, from, to) = (tables[rename.table].new.name.clone(), rename.from.clone(), to.to_owned());
    match rename.what {
        What::Index => Operation::RenameIndex { table, from, to },
        _ => Operation::RenameConstraint { table, from, to },
    }
}
