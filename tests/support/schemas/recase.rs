//! Changes of a schema by case only: `users` becomes `USERS`, for tables, columns, constraints and indexes.

use super::edit::{Care, Change};
use super::finish::finish;
use super::recipe::schema_and_enums;
use super::work::{object_names, Work};
use proptest::collection::vec;
use proptest::prelude::*;

/// A schema, and the same one with some of its names in the other case.
pub fn recased() -> impl Strategy<Value = Change> {
    (schema_and_enums(), vec(any::<bool>(), 64), any::<bool>()).prop_map(|((from, enums), choices, marks)| {
        let mut work = Work::new(&from, enums, Care::Free);
        let mut choices = choices.into_iter().cycle();
        let mut chosen = || choices.next().unwrap_or_default();
        for (t, table) in from.tables.iter().enumerate() {
            for column in table.columns.iter().filter(|_| chosen()) {
                work.rename_column(t, &column.name, &other_case(&column.name));
            }
            object_names(&mut work.to.tables[t])
                .into_iter()
                .filter(|_| chosen())
                .for_each(|name| *name = other_case(name));
            if chosen() {
                work.rename_table(&table.name, &other_case(&table.name));
            }
        }
        let (to, choices) = finish(work, marks);
        Change { from, to, choices }
    })
}

/// A name with each of its ASCII letters in the other case: SQLite takes both for the same.
fn other_case(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() }).collect()
}
