//! Definitions that differ only because a table or column in them was renamed by hand. Pure.

use super::alike;
use super::finding::{Finding, Grade};
use super::look::{Look, Sides};
use crate::dialect::name::{Name, Naming};
use crate::schema::words::{pieces, Piece};
use std::collections::BTreeMap;

/// Says of a finding whose definitions differ only in renamed names that it ends when they are renamed back.
pub(super) fn note(look: &Look<'_>, sides: Sides<'_>, finding: &mut Finding) {
    let (Some(expected), Some(found)) = (&finding.expected, &finding.found) else { return };
    if !matches!(finding.object, "primary key" | "unique" | "check" | "foreign key" | "constraint" | "index") {
        return;
    }
    let renamed = renamed(look, sides);
    let naming = look.dialect.naming();
    let Some(old_name) = difference(naming, &renamed, expected, found) else { return };
    finding.grade = Grade::Safe;
    finding.why = "Only the names differ: it seems to have been renamed by hand.".into();
    finding.fix = format!("Decide about {old_name}: this difference ends with it.");
}

/// Apparent renames: columns of this table and whole tables, as the old name by the new one.
fn renamed(look: &Look<'_>, sides: Sides<'_>) -> BTreeMap<Name, Name> {
    let mut renamed = BTreeMap::new();
    let mut add = |old: &Name, alike: Vec<String>| {
        if let [only] = &alike[..] {
            renamed.insert(look.dialect.naming().name(only), old.clone());
        }
    };
    let columns = sides.expected.columns.keys().filter(|name| !sides.found.columns.contains_key(name));
    columns.for_each(|name| add(name, alike::columns(sides, name)));
    let tables = look.basis.expected.tables.keys().filter(|name| !look.found.tables.contains_key(name));
    tables.for_each(|name| add(name, alike::tables(look, name)));
    renamed
}

/// The new name of the first thing that was renamed, if nothing else differs. `renamed` has the name until now by the new one.
pub fn difference(naming: Naming, renamed: &BTreeMap<Name, Name>, expected: &str, found: &str) -> Option<Name> {
    let (expected, found) = (pieces(expected), pieces(found));
    let mut first = None;
    for (should, is) in expected.iter().zip(&found) {
        match (should, is) {
            (should, is) if should == is => {}
            (Piece::Name { name: old, .. }, Piece::Name { name: new, .. }) => {
                let new = naming.name(new);
                if renamed.get(&new) != Some(&naming.name(old)) {
                    return None;
                }
                first = first.or(Some(new));
            }
            _ => return None,
        }
    }
    first.filter(|_| expected.len() == found.len())
}
