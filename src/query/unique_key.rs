//! Whether columns are those of a unique key.

use super::parse::{invalid, Reader};
use crate::error::Result;
use crate::schema::{Index, IndexKey};

impl Reader<'_> {
    /// Errors: `QUERY_INVALID` where no unique key has exactly these columns; `what` asked for it.
    pub(super) fn unique_key(&self, on: &[usize], what: &str) -> Result<()> {
        let table = self.models.table(self.model);
        let mut names: Vec<&str> = on.iter().map(|c| table.columns[*c].name.as_str()).collect();
        names.sort_unstable();
        let is = |columns: &[String]| {
            let mut columns: Vec<&str> = columns.iter().map(String::as_str).collect();
            columns.sort_unstable();
            columns == names
        };
        let index = |i: &&Index| i.unique && i.filter.is_none();
        let plain = |i: &Index| -> Option<Vec<String>> {
            i.parts
                .iter()
                .map(|p| match &p.key {
                    IndexKey::Column(c) => Some(c.clone()),
                    IndexKey::Expression(_) => None,
                })
                .collect()
        };
        let known = is(&table.primary_key)
            || table.uniques.iter().any(|u| is(&u.columns))
            || table.indexes.iter().filter(index).filter_map(plain).any(|c| is(&c));
        if known {
            return Ok(());
        }
        Err(invalid(format!(
            "{what} ({}) needs a unique key of exactly these columns in {}.",
            names.join(", "),
            table.name
        ))
        .table(&table.name)
        .hint("Name the columns of the primary key or of a unique constraint."))
    }
}
