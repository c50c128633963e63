//! The names that things have once tables and columns are renamed.

use super::named::rename_in_index;
use super::rename::{free_name, sequence, Pairing};
use crate::schema::expression::rename_column;
use crate::schema::names::fold;
use crate::schema::Table;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

/// Renames, in order.
pub(super) type Renames = Vec<(String, String)>;

/// A table that exists before and after.
pub(super) struct Matched<'a> {
    /// As it was.
    pub old: &'a Table,
    /// As it is to be.
    pub new: &'a Table,
    /// The changes of its columns.
    pub columns: Pairing,
    /// The renames of its columns, in order.
    pub renames: Renames,
    /// Columns that go, by the names that they have then, and their positions in `old`.
    pub gone: Vec<(String, usize)>,
}

/// The renames of columns in order, and the columns that go: those whose names others get are moved out of the way.
pub(super) fn column_renames(
    pairing: &Pairing,
    from: &[&str],
    to: &[(&str, Option<&str>)],
) -> (Renames, Vec<(String, usize)>) {
    let changed = pairing.pairs.iter().filter(|(a, b)| from[*a] != to[*b].0);
    let mut renames: Renames = changed.map(|(a, b)| (from[*a].to_owned(), to[*b].0.to_owned())).collect();
    let mut taken: HashSet<String> = from.iter().map(|name| fold(name)).collect();
    let wanted: HashSet<String> = to.iter().map(|(name, _)| fold(name)).collect();
    let mut moved = HashSet::new();
    let mut gone = Vec::with_capacity(pairing.gone.len());
    for a in &pairing.gone {
        let mut name = from[*a].to_owned();
        if wanted.contains(&fold(&name)) {
            let is_taken = |name: &str| [&taken, &wanted, &moved].iter().any(|names| names.contains(&fold(name)));
            let between = free_name(&name, is_taken);
            moved.insert(fold(&between));
            renames.push((name, between.clone()));
            name = between;
        }
        gone.push((name, *a));
    }
    let avoid = |name: &str| wanted.contains(&fold(name)) || moved.contains(&fold(name));
    (sequence(renames, &mut taken, &avoid), gone)
}

/// The tables as the renames leave them, in the order of `matched`; keys to tables that go stay as they were.
pub(super) fn shift<'a>(matched: &[Matched<'a>], gone: &HashSet<&str>) -> Vec<Cow<'a, Table>> {
    let changed = matched.iter().filter(|table| table.old.name != table.new.name);
    let tables: HashMap<&str, &str> = changed.map(|m| (m.old.name.as_str(), m.new.name.as_str())).collect();
    let renamed = matched.iter().filter(|table| !table.renames.is_empty());
    let columns: HashMap<&str, HashMap<&str, &str>> =
        renamed.map(|table| (table.old.name.as_str(), names_after(&table.renames))).collect();
    if tables.is_empty() && columns.is_empty() {
        return matched.iter().map(|table| Cow::Borrowed(table.old)).collect();
    }
    let none = HashMap::new();
    let shifted = matched.iter().map(|Matched { old, new, renames, .. }| {
        let mut table = Table { name: new.name.clone(), ..(*old).clone() };
        let own = columns.get(old.name.as_str()).unwrap_or(&none);
        table.columns.iter_mut().for_each(|column| follow(&mut column.name, own));
        table.primary_key.iter_mut().for_each(|name| follow(name, own));
        table.uniques.iter_mut().flat_map(|unique| &mut unique.columns).for_each(|name| follow(name, own));
        for key in &mut table.foreign_keys {
            key.columns.iter_mut().for_each(|name| follow(name, own));
            if !gone.contains(key.table.as_str()) {
                let theirs = columns.get(key.table.as_str()).unwrap_or(&none);
                key.references.iter_mut().for_each(|name| follow(name, theirs));
                follow(&mut key.table, &tables);
            }
        }
        for (from, to) in renames {
            table.checks.iter_mut().for_each(|check| check.sql = rename_column(&check.sql, from, to));
            table.indexes.iter_mut().for_each(|index| rename_in_index(index, from, to));
        }
        Cow::Owned(table)
    });
    shifted.collect()
}

fn follow(name: &mut String, names: &HashMap<&str, &str>) {
    if let Some(after) = names.get(name.as_str()) {
        *name = (*after).to_owned();
    }
}

/// The names after all renames, those between left out.
fn names_after(renames: &[(String, String)]) -> HashMap<&str, &str> {
    let mut now: HashMap<&str, &str> = HashMap::new();
    let mut first: HashMap<&str, &str> = HashMap::new();
    for (from, to) in renames {
        let began = first.remove(from.as_str()).unwrap_or(from);
        first.insert(to, began);
        now.insert(began, to);
    }
    now
}
