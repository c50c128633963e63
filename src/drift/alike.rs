//! What somebody may have renamed by hand: something is missing, and something that is alike should not be there. Pure.

use super::finding::Finding;
use super::foreign::owner;
use super::look::{listed, Look, Sides};
use crate::dialect::name::Name;
use crate::dialect::shape::{ConstraintName, TableShape};
use std::collections::BTreeMap;

/// The foreign tables in which most columns are those of a table that is missing.
pub(super) fn tables(look: &Look<'_>, missing: &Name) -> Vec<String> {
    let Some(expected) = look.basis.expected.tables.get(missing) else { return Vec::new() };
    let is_alike = |found: &TableShape| {
        let same = |(name, column): &(&Name, &crate::dialect::shape::ColumnShape)| {
            found.columns.get(name).is_some_and(|there| there.declared == column.declared)
        };
        2 * expected.columns.iter().filter(same).count() > expected.columns.len().max(found.columns.len())
    };
    let foreign = look.all.tables.iter().filter(|(name, _)| !look.basis.expected.tables.contains_key(name));
    let candidates = foreign.filter(|(name, table)| owner(name).is_none() && is_alike(table));
    candidates.map(|(name, _)| name.spelled().to_owned()).collect()
}

/// The columns on the other side that have the type of this one and are on that side alone.
pub(super) fn columns(sides: Sides<'_>, name: &Name) -> Vec<String> {
    let (own, other) = match sides.expected.columns.contains_key(name) {
        true => (&sides.expected.columns, &sides.found.columns),
        false => (&sides.found.columns, &sides.expected.columns),
    };
    let Some(column) = own.get(name) else { return Vec::new() };
    let alone = other.iter().filter(|(name, _)| !own.contains_key(name));
    alone.filter(|(_, it)| it.declared == column.declared).map(|(name, _)| name.spelled().to_owned()).collect()
}

/// The constraints on the other side that have this definition and are on that side alone: their names, and of one without
/// a name its definition.
pub(super) fn constraints(sides: Sides<'_>, name: &ConstraintName) -> Vec<String> {
    let names = definitions(&sides.expected.constraints, &sides.found.constraints, name);
    names.into_iter().map(ConstraintName::to_string).collect()
}

/// The indexes on the other side that have this definition and are on that side alone; foreign ones among them.
pub(super) fn indexes(look: &Look<'_>, sides: Sides<'_>, name: &Name) -> Vec<String> {
    let Some(all) = look.all.tables.get(sides.name) else { return Vec::new() };
    let names = definitions(&sides.expected.indexes, &all.indexes, name);
    names.into_iter().map(|name| name.spelled().to_owned()).collect()
}

fn definitions<'a, N: Ord>(expected: &'a BTreeMap<N, String>, found: &'a BTreeMap<N, String>, name: &N) -> Vec<&'a N> {
    let (own, other) = if expected.contains_key(name) { (expected, found) } else { (found, expected) };
    let Some(definition) = own.get(name) else { return Vec::new() };
    let alone = other.iter().filter(|(name, it)| *it == definition && !own.contains_key(name));
    alone.map(|(name, _)| name).collect()
}

/// Says in a finding what is alike; `place` is what stands before a name, such as `users.`. `missing`: whether the finding is
/// about something that is missing.
pub(super) fn note(finding: &mut Finding, alike: Vec<String>, place: &str, missing: bool) {
    if alike.is_empty() {
        return;
    }
    let names: Vec<String> = alike.iter().map(|name| format!("{place}{name}")).collect();
    let (verb, state) = (if names.len() == 1 { "is" } else { "are" }, if missing { "new" } else { "missing" });
    finding.message.push_str(&format!(" Renamed? {} {verb} {state} and alike.", listed(&names)));
    finding.alike = alike;
}
