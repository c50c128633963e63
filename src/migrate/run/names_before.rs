//! The names that tables and columns had before a revision, by those that they have in its midst. Pure.

use super::touched::Touched;
use crate::schema::Schema;

/// The names before of a table and its columns; none of either if it is new.
#[derive(Clone, Copy)]
pub struct Names<'a> {
    /// The schema before.
    pub from: &'a Schema,
    /// What has been renamed since.
    pub touched: &'a Touched,
}

impl Names<'_> {
    /// Of one column.
    pub fn place(&self, table: &str, column: &str) -> Option<(String, String)> {
        let table = self.table(table)?;
        let columns = self.columns(&table, &[column.to_owned()])?;
        Some((table, columns.into_iter().next()?))
    }

    /// Of a table.
    pub fn table(&self, name: &str) -> Option<String> {
        let before = self.touched.table_before(&self.touched.naming().name(name))?;
        self.from.table(before.spelled()).map(|table| table.name.clone())
    }

    /// Of columns, by the table's name before.
    pub fn columns(&self, table: &str, columns: &[String]) -> Option<Vec<String>> {
        let existing = self.from.table(table)?;
        let naming = self.touched.naming();
        let table = naming.name(table);
        let before = columns.iter().map(|column| {
            let column = naming.name(column);
            self.touched.column_before(&table, &column).spelled().to_owned()
        });
        let before: Vec<String> = before.collect();
        before.iter().all(|column| existing.column(column).is_some()).then_some(before)
    }
}
