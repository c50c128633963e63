//! The assignments of an update: a new value, or an atomic change of the value that the row has.

use super::{quote, Compiler};
use crate::query::{Assignment, Change};

impl Compiler<'_> {
    /// The assignments of a `SET`, with a comma between them.
    pub(super) fn assignments(&mut self, model: usize, set: &[Assignment]) -> String {
        let parts: Vec<String> = set.iter().map(|assignment| self.assignment(model, *assignment)).collect();
        parts.join(", ")
    }

    fn assignment(&mut self, model: usize, Assignment { column, change }: Assignment) -> String {
        let (syntax, models) = (self.syntax, self.models);
        let stored = &models.table(model).columns[column];
        let own = self.own(model, column);
        let mut given = || self.column_param(model, column);
        let value = match change {
            Change::Set => given(),
            Change::Add => syntax.add(&own, &given(), &stored.kind),
            Change::Append => syntax.append(&own, &given()),
            Change::Merge => syntax.merge(&own, &given()),
            Change::Next => syntax.add(&own, "1", &stored.kind),
        };
        format!("{} = {value}", quote(&stored.name))
    }

    /// A column of the row that is changed. In an upsert its name alone could be that of the row which is not inserted, too.
    pub(super) fn own(&self, model: usize, column: usize) -> String {
        format!("{}.{}", self.table(model), quote(&self.models.table(model).columns[column].name))
    }
}
