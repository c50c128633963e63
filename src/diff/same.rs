//! When two schemas say the same: the order in which things are declared, and their former names, say nothing.

use crate::schema::{Column, Schema, Table};

/// Whether two schemas are equal, except for the order of tables, columns, constraints and indexes,
/// and for what only the models say (`renamed_from`, `random`).
pub fn same(one: &Schema, other: &Schema) -> bool {
    same_set(&one.tables, &other.tables, |table| &table.name, same_table)
}

/// The schema in the order of names, without what only the models say: two that are the same are equal in this form.
pub fn canonical(mut schema: Schema) -> Schema {
    for table in &mut schema.tables {
        table.renamed_from = None;
        table.columns = table.columns.iter().map(Column::plain).collect();
        table.columns.sort_by(|a, b| a.name.cmp(&b.name));
        table.uniques.sort_by(|a, b| a.name.cmp(&b.name));
        table.checks.sort_by(|a, b| a.name.cmp(&b.name));
        table.foreign_keys.sort_by(|a, b| a.name.cmp(&b.name));
        table.indexes.sort_by(|a, b| a.name.cmp(&b.name));
    }
    schema.tables.sort_by(|a, b| a.name.cmp(&b.name));
    schema
}

/// Whether two tables are equal in the same sense.
pub(super) fn same_table(one: &Table, other: &Table) -> bool {
    one.name == other.name
        && one.comment == other.comment
        && one.primary_key == other.primary_key
        && same_set(&one.columns, &other.columns, |column| &column.name, same_column)
        && same_set(&one.uniques, &other.uniques, |unique| &unique.name, PartialEq::eq)
        && same_set(&one.checks, &other.checks, |check| &check.name, PartialEq::eq)
        && same_set(&one.foreign_keys, &other.foreign_keys, |key| &key.name, PartialEq::eq)
        && same_set(&one.indexes, &other.indexes, |index| &index.name, PartialEq::eq)
}

/// Whether two columns are equal in the same sense.
pub(super) fn same_column(one: &Column, other: &Column) -> bool {
    one.name == other.name
        && one.kind == other.kind
        && one.nullable == other.nullable
        && one.lowercase == other.lowercase
        && one.default == other.default
        && one.comment == other.comment
}

fn same_set<T>(one: &[T], other: &[T], name: fn(&T) -> &String, same: fn(&T, &T) -> bool) -> bool {
    if one.len() != other.len() {
        return false;
    }
    if one.iter().zip(other).all(|(a, b)| name(a) == name(b)) {
        return one.iter().zip(other).all(|(a, b)| same(a, b));
    }
    let sorted = |list: &'_ [T]| {
        let mut order: Vec<usize> = (0..list.len()).collect();
        order.sort_by(|a, b| name(&list[*a]).cmp(name(&list[*b])));
        order
    };
    sorted(one).into_iter().zip(sorted(other)).all(|(a, b)| same(&one[a], &other[b]))
}
