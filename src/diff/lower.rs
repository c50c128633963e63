//! Columns whose texts a change folds to lower case: one that becomes `lowercase`, and those that point to it, whose rows
//! must go on pointing. Pure.

use super::{Operation, RowValue};
use crate::schema::{Column, Table};

/// The columns, by table and name, whose texts an operation folds; the tables are as they are after it.
pub fn lowered<'a>(tables: impl Iterator<Item = &'a Table>, operation: &Operation) -> Vec<(String, String)> {
    let Some((table, column)) = begins(operation) else { return Vec::new() };
    let tables: Vec<&Table> = tables.collect();
    let mut found = vec![(table.to_owned(), column.name.clone())];
    let mut at = 0;
    while let Some((target, name)) = found.get(at).cloned() {
        for table in &tables {
            for key in table.foreign_keys.iter().filter(|key| key.table == target) {
                let pairs = key.columns.iter().zip(&key.references);
                let pointing = pairs.filter(|(_, reference)| **reference == name);
                for (own, _) in pointing {
                    let place = (table.name.clone(), own.clone());
                    if !found.contains(&place) {
                        found.push(place);
                    }
                }
            }
        }
        at += 1;
    }
    found
}

/// The column that an operation makes lower-cased, or gives texts of the user's own that may not be. A default is in lower case.
fn begins(operation: &Operation) -> Option<(&str, &Column)> {
    let is_sql = |backfill: &Option<RowValue>| backfill.as_ref().is_some_and(RowValue::is_sql);
    let (table, column, folds) = match operation {
        Operation::AlterColumn { table, from, to, backfill, .. } => (table, to, !from.lowercase || is_sql(backfill)),
        Operation::AddColumn { table, column, backfill } => (table, column, is_sql(backfill)),
        _ => return None,
    };
    (column.lowercase && folds).then_some((table, column))
}
