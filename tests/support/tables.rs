//! Models for tests, written shortly.

use plinth::schema::{Models, Schema};
use serde_json::{json, Value as Json};

/// The schema of these models.
pub fn schema(models: Json) -> Schema {
    Models::from_json(&json!({ "format": 1, "models": models }).to_string()).unwrap().schema
}

/// A table of an id and these columns, `[name, kind, {more}]`.
pub fn table(name: &str, columns: Json, more: Json) -> Json {
    let mut all = vec![json!({ "property": "id", "name": "id", "kind": "id" })];
    all.extend(columns.as_array().unwrap().iter().map(column));
    let mut model = json!({ "model": name, "table": name, "primaryKey": ["id"], "columns": all });
    model.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    model
}

/// `[name, kind, {more}]` as a column.
pub fn column(column: &Json) -> Json {
    let mut written = json!({ "property": column[0], "name": column[0], "kind": column[1] });
    if let Some(more) = column.get(2) {
        written.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    }
    written
}

/// A foreign key.
pub fn key(columns: &[&str], target: &str, references: &[&str], action: &str) -> Json {
    json!({ "columns": columns, "target": target, "references": references, "onDelete": action })
}
