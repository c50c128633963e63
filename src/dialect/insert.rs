//! Writes inserts: of one row, and in parts for those who write many.

use super::compile::Compiler;
use crate::plan::{Origin, Target, Values};
use crate::query::Insert;
use crate::schema::Kind;

impl Compiler<'_> {
    /// INSERT of one row.
    pub(super) fn insert(&mut self, insert: &Insert) -> String {
        if insert.columns.is_empty() {
            return format!("INSERT INTO {} DEFAULT VALUES", self.table(insert.model));
        }
        let values: Vec<String> = insert.columns.iter().map(|c| self.column_param(insert.model, *c)).collect();
        format!("{}({})", self.insert_head(insert), values.join(", "))
    }

    /// The clause that leaves out a row if its values in these columns exist; no columns: those of any unique key. OR IGNORE would leave out
    /// rows that NOT NULL and CHECK refuse, too.
    pub(super) fn unless_duplicate(&self, insert: &Insert, on: &[usize]) -> String {
        match (insert.columns.is_empty(), on.is_empty()) {
            // A row of nothing but its generated key is never a duplicate.
            (true, _) => String::new(),
            (_, true) => " ON CONFLICT DO NOTHING".into(),
            _ => format!(" ON CONFLICT ({}) DO NOTHING", self.names(insert.model, on).join(", ")),
        }
    }

    fn insert_head(&self, insert: &Insert) -> String {
        let names = self.names(insert.model, &insert.columns).join(", ");
        format!("INSERT INTO {} ({names}) VALUES ", self.table(insert.model))
    }

    /// The same for many rows; `None` if no values are passed.
    pub(super) fn insert_in_parts(&self, insert: &Insert, tail: String) -> Option<Values> {
        let target = self.insert_target(insert);
        (!insert.columns.is_empty()).then(|| Values { head: self.insert_head(insert), tail, target })
    }

    fn insert_target(&self, insert: &Insert) -> Option<Target> {
        if self.gives_key(insert) {
            return None;
        }
        let key = self.identity(insert.model);
        let columns: Vec<usize> = key.into_iter().chain(insert.columns.iter().copied()).collect();
        Some(Target {
            table: self.table(insert.model),
            columns: self.names(insert.model, &columns).join(", "),
            key: key.map(|key| self.models.table(insert.model).columns[key].name.clone()),
        })
    }

    fn identity(&self, model: usize) -> Option<usize> {
        self.models.table(model).columns.iter().position(|c| matches!(c.kind, Kind::Id | Kind::BigId))
    }

    /// Whether the insert names the generated key.
    pub(super) fn gives_key(&self, insert: &Insert) -> bool {
        self.identity(insert.model).is_some_and(|key| insert.columns.contains(&key))
    }

    /// The key that the database makes for a new row, if a number of JavaScript has to hold it.
    pub(super) fn generated(&self, insert: &Insert) -> Option<Origin> {
        let key = self.identity(insert.model).filter(|_| !self.gives_key(insert))?;
        let number = self.models.table(insert.model).columns[key].kind == Kind::Id;
        number.then(|| self.origin(insert.model, key))
    }

    /// The RETURNING list of the insert; see `Syntax::generated_key`.
    pub(super) fn generated_key(&self, insert: &Insert) -> Option<String> {
        let table = self.models.table(insert.model);
        let key = &table.columns[self.identity(insert.model)?].name;
        self.syntax.generated_key(&table.name, key, self.gives_key(insert))
    }
}
