//! Renames in steps: the running release uses the old names until the last step, if nothing else of the revision needs the new
//! ones.

use crate::diff::Operation;
use crate::schema::names::fold;
use serde_json::Value;

/// The renames that can come after all other operations, and these.
pub(super) fn renames_last(operations: &[Operation]) -> (Vec<Operation>, Vec<Operation>) {
    let mut renames = Vec::new();
    let mut others = Vec::new();
    for (at, operation) in operations.iter().enumerate() {
        match can_be_last(operation, &operations[at + 1..]) {
            true => renames.push(operation.clone()),
            false => others.push(operation.clone()),
        }
    }
    (renames, others)
}

/// Whether an operation is a rename of whose names the later ones say nothing.
fn can_be_last(operation: &Operation, later: &[Operation]) -> bool {
    match operation {
        Operation::RenameTable { from, to } => later.iter().all(|other| !says(other, from) && !says(other, to)),
        Operation::RenameColumn { table, from, to } => {
            let mut of_table = later.iter().filter(|other| says(other, table));
            let moves = |other: &Operation| matches!(other, Operation::RenameTable { from, .. } if from == table);
            of_table.all(|other| !moves(other) && !says(other, from) && !says(other, to))
        }
        _ => false,
    }
}

/// Whether a name stands in an operation, or in SQL that it holds. Names that differ in case only are one in a schema.
fn says(operation: &Operation, name: &str) -> bool {
    // Operations hold strings, numbers and lists: nothing that JSON cannot say.
    let (name, in_sql) = (fold(name), fold(&name.replace('"', "\"\"")));
    serde_json::to_value(operation).is_ok_and(|value| stands_in(&value, &name) || stands_in(&value, &in_sql))
}

fn stands_in(value: &Value, name: &str) -> bool {
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == '$';
    match value {
        Value::String(text) => {
            let text = fold(text);
            text == name
                || text.match_indices(name).any(|(at, _)| {
                    let (before, after) = (text[..at].chars().next_back(), text[at + name.len()..].chars().next());
                    !before.is_some_and(is_word) && !after.is_some_and(is_word)
                })
        }
        Value::Array(items) => items.iter().any(|item| stands_in(item, name)),
        Value::Object(members) => members.values().any(|member| stands_in(member, name)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operations(json: Value) -> Vec<Operation> {
        serde_json::from_value(json).unwrap()
    }

    fn later(json: Value) -> usize {
        renames_last(&operations(json)).0.len()
    }

    #[test]
    fn a_rename_is_last_if_nothing_else_needs_its_names() {
        let rename = serde_json::json!({"op": "renameColumn", "table": "users", "from": "nick", "to": "handle"});
        let index = |table: &str, column: &str| serde_json::json!({"op": "renameIndex", "table": table, "from": column, "to": format!("{column}_idx")});
        assert_eq!(later(serde_json::json!([rename, index("users", "email")])), 1);
        assert_eq!(later(serde_json::json!([rename, index("users", "handle")])), 0);
        assert_eq!(later(serde_json::json!([rename, index("users", "users_handle")])), 1);
        assert_eq!(later(serde_json::json!([rename, index("users", "nick")])), 0);
        assert_eq!(later(serde_json::json!([rename, index("USERS", "Nick")])), 0);
        assert_eq!(later(serde_json::json!([rename, index("teams", "handle")])), 1);
        assert_eq!(later(serde_json::json!([index("users", "handle"), rename])), 1);
        let table = serde_json::json!({"op": "renameTable", "from": "people", "to": "users"});
        assert_eq!(later(serde_json::json!([table, index("users", "email")])), 0);
        assert_eq!(later(serde_json::json!([table, index("teams", "email")])), 1);
        let users = serde_json::json!({"op": "renameTable", "from": "users", "to": "people"});
        assert_eq!(later(serde_json::json!([rename, users])), 1);
        assert_eq!(later(serde_json::json!([rename])), 1);
    }
}
