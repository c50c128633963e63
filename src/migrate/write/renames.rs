//! Former names in models that an earlier revision has carried out already: they stay in the models, and say nothing more.

use crate::schema::{Schema, Table};
use std::collections::HashMap;

/// The models' schema as a diff is to see it: with those former names alone that `from` still has, and not the new ones.
pub fn still_to_do(models: &Schema, from: &Schema) -> Schema {
    let before: HashMap<&str, &Table> = from.tables.iter().map(|table| (table.name.as_str(), table)).collect();
    let mut schema = models.clone();
    for table in &mut schema.tables {
        table
            .renamed_from
            .take_if(|old| !before.contains_key(old.as_str()) || before.contains_key(table.name.as_str()));
        let was = before.get(table.renamed_from.as_deref().unwrap_or(&table.name));
        let has = |name: &str| was.is_some_and(|was| was.column(name).is_some());
        for column in &mut table.columns {
            column.renamed_from.take_if(|old| !has(old) || has(&column.name));
        }
    }
    schema
}
