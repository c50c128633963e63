//! Possible renames by hand: something is missing, and something that is alike should not exist.
//! Pure.

use super::finding::Finding;
use super::foreign::owner;
use super::look::{listed, Look, Sides};
use crate::dialect::name::Name;
use crate::dialect::shape::{ColumnShape, ConstraintName, TableShape};
use std::collections::BTreeMap;

/// The foreign tables in which most columns are those of a table that is missing.
pub(super) fn tables(look: &Look<'_>, missing: &Name) -> Vec<String> {
    let Some(expected) = look.basis.expected.tables.get(missing) else { return Vec::new() };
    let is_alike = |found: &TableShape| {
        let same = |(name, column): &(&Name, &ColumnShape)| {
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

/// The constraints on the other side that have this definition and are on that side alone.
pub(super) fn constraints<'a>(sides: Sides<'a>, name: &ConstraintName) -> Vec<&'a ConstraintName> {
    definitions(&sides.expected.constraints, &sides.found.constraints, name)
}

/// The indexes on the other side that have this definition and are on that side alone; foreign ones among them.
pub(super) fn indexes<'a>(look: &Look<'a>, sides: Sides<'a>, name: &Name) -> Vec<&'a Name> {
    let Some(all) = look.all.tables.get(sides.name) else { return Vec::new() };
    definitions(&sides.expected.indexes, &all.indexes, name)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::name::Naming;
    use crate::dialect::shape::Shape;
    use crate::dialect::DialectName;
    use crate::drift::{Basis, Known};

    struct Nothing;

    impl Known for Nothing {
        fn had_table(&self, _: &Name) -> bool {
            false
        }

        fn had_column(&self, _: &Name, _: &Name) -> bool {
            false
        }
    }

    fn name(spelled: &str) -> Name {
        Naming::Exact.name(spelled)
    }

    fn table(columns: &[(&str, &str)]) -> TableShape {
        let shape = |declared: &str| ColumnShape { declared: declared.into(), ..ColumnShape::default() };
        TableShape {
            columns: columns.iter().map(|(column, declared)| (name(column), shape(declared))).collect(),
            ..TableShape::default()
        }
    }

    #[test]
    fn a_table_is_alike_if_most_columns_are() {
        let columns = [("id", "bigint"), ("a", "text"), ("b", "text")];
        let expected = Shape { tables: [(name("users"), table(&columns))].into(), ..Shape::default() };
        let tables = [
            ("people", table(&columns)),
            ("most", table(&columns[..2])),
            ("few", table(&[("id", "bigint"), ("a", "date"), ("b", "date")])),
            ("knex_migrations", table(&columns)),
        ];
        let found = Shape { tables: tables.map(|(it, table)| (name(it), table)).into(), ..Shape::default() };
        let basis = Basis { schema: None, expected: &expected, known: &Nothing, of_revisions: true };
        let dialect = DialectName::Postgres.dialect();
        let look = Look { dialect, basis: &basis, all: &found, found: &Shape::default() };
        assert_eq!(super::tables(&look, &name("users")), ["most", "people"]);
    }

    #[test]
    fn a_column_is_alike_if_its_type_is_and_nothing_else_has_its_place() {
        let (users, expected) = (name("users"), table(&[("name", "text"), ("email", "text"), ("age", "int")]));
        let found = table(&[("full", "text"), ("email", "text"), ("years", "date")]);
        let sides = Sides { name: &users, expected: &expected, found: &found };
        assert_eq!(columns(sides, &name("name")), ["full"]);
        assert_eq!(columns(sides, &name("full")), ["name"]);
        assert_eq!(columns(sides, &name("age")), [""; 0]);
    }
}
