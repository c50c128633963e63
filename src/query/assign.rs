//! Reads what an update assigns to its columns.

use super::parse::{invalid, Reader};
use super::{Assignment, Change};
use crate::error::Result;
use crate::schema::Kind;
use serde_json::Value;

impl Reader<'_> {
    /// What is changed: names of columns, and names with a change.
    pub(super) fn assignments(&self, json: &Value) -> Result<Vec<Assignment>> {
        let list = json.as_array().ok_or_else(|| invalid("The query lacks a list."))?;
        list.iter().map(|part| self.assignment(part)).collect()
    }

    fn assignment(&self, json: &Value) -> Result<Assignment> {
        let (name, change) = match json {
            Value::Array(_) => (&json[0], json[1].as_str().unwrap_or_default()),
            name => (name, "set"),
        };
        let column = self.column(name.as_str().unwrap_or_default())?;
        let kind = &self.models.table(self.model).columns[column].kind;
        change_of(kind, change).map(|change| Assignment { column, change }).ok_or_else(|| {
            let name = &self.models.models[self.model].properties[column].name;
            invalid(format!("{}.{name} cannot be changed by \"{change}\".", self.name()))
                .table(&self.models.table(self.model).name)
                .column(name)
        })
    }
}

/// The change of this name, if the kind has it.
fn change_of(kind: &Kind, name: &str) -> Option<Change> {
    let (change, fits) = match name {
        "set" => (Change::Set, true),
        "add" => (Change::Add, kind.is_whole_number() || matches!(kind, Kind::Real | Kind::Decimal { .. })),
        "next" => (Change::Next, kind.is_whole_number()),
        "append" => (Change::Append, matches!(kind, Kind::Json)),
        "merge" => (Change::Merge, matches!(kind, Kind::Json)),
        _ => return None,
    };
    fits.then_some(change)
}
