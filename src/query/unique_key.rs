//! Keys that a query relies on: whether columns are those of a unique key, and whether a primary key finds rows again.

use super::parse::{invalid, Reader};
use crate::error::Result;
use crate::schema::{Index, IndexKey, Kind};

impl Reader<'_> {
    /// Errors: `QUERY_INVALID` where rows cannot be found again by their primary key.
    pub(super) fn claimable(&self) -> Result<()> {
        let table = self.models.table(self.model);
        let inexact = |kind: &Kind| matches!(kind, Kind::Real | Kind::Bytes | Kind::Json);
        match table.columns.iter().find(|c| table.primary_key.contains(&c.name) && inexact(&c.kind)) {
            Some(column) => Err(invalid(format!("{}: rows with such a primary key cannot be claimed.", self.name()))
                .table(&table.name)
                .column(&column.name)
                .hint("Give the table a key of another kind than real, bytes or json.")),
            None => Ok(()),
        }
    }

    /// Errors: `QUERY_INVALID` if a unique key of exactly these columns does not exist; `what` asked for it.
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
