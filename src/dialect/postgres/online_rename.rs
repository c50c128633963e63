//! Renames in steps: the running release uses the old names until the last step, if nothing else of the revision needs the new
//! ones.

use crate::diff::{Constraint, Operation};
use crate::schema::names::fold;
use crate::schema::IndexKey;
use serde_json::Value;

/// The renames that can come after all other operations, and these, which name columns as they are named until then.
pub(super) fn renames_last(operations: &[Operation]) -> (Vec<Operation>, Vec<Operation>) {
    let mut others = operations.to_vec();
    let mut renames = Vec::new();
    let mut at = 0;
    while at < others.len() {
        match before(&others[at], &others[at + 1..]) {
            Some(later) => {
                renames.push(others[at].clone());
                others.splice(at.., later);
            }
            None => at += 1,
        }
    }
    (renames, others)
}

/// The later operations as they are before an operation; `None` if it is not a rename, or they need the new name.
fn before(operation: &Operation, later: &[Operation]) -> Option<Vec<Operation>> {
    match operation {
        Operation::RenameTable { from, to } => {
            let free = later.iter().all(|other| !says(other, from) && !says(other, to));
            free.then(|| later.to_vec())
        }
        Operation::RenameColumn { table, from, to } => {
            let moves = |other: &Operation| matches!(other, Operation::RenameTable { from, .. } if from == table);
            let old = |other: &Operation| {
                if !says(other, table) {
                    return Some(other.clone());
                }
                let old = by_old_name(other, table, (to, from));
                let free = !moves(other) && !says(other, from) && !says(&old, to);
                free.then_some(old)
            };
            later.iter().map(old).collect()
        }
        _ => None,
    }
}

/// A new index, unique or foreign key by the old name of a column: it follows the column when that is renamed. All else is left.
fn by_old_name(operation: &Operation, of: &str, (new, old): (&str, &str)) -> Operation {
    let mut operation = operation.clone();
    let rename = |columns: &mut Vec<String>| {
        columns.iter_mut().filter(|name| *name == new).for_each(|name| *name = old.to_owned())
    };
    match &mut operation {
        Operation::AddIndex { table, index } if table == of => {
            for part in &mut index.parts {
                match &mut part.key {
                    IndexKey::Column(name) if name == new => *name = old.to_owned(),
                    IndexKey::Column(_) | IndexKey::Expression(_) => {}
                }
            }
        }
        Operation::AddConstraint { table, constraint } if table == of => match constraint {
            Constraint::Unique(unique) => rename(&mut unique.columns),
            Constraint::ForeignKey(key) => {
                rename(&mut key.columns);
                if key.table == of {
                    rename(&mut key.references);
                }
            }
            Constraint::Check(_) => {}
        },
        _ => {}
    }
    operation
}

/// Whether a name stands in an operation, or in SQL that it holds. Names that differ in case only are one in a schema.
pub(super) fn says(operation: &Operation, name: &str) -> bool {
    // Operations hold strings, numbers and lists: nothing that JSON cannot say.
    serde_json::to_value(operation).is_ok_and(|value| stands_in(&value, name))
}

fn stands_in(value: &Value, name: &str) -> bool {
    match value {
        Value::String(text) => names(text, name),
        Value::Array(items) => items.iter().any(|item| stands_in(item, name)),
        Value::Object(members) => members.values().any(|member| stands_in(member, name)),
        _ => false,
    }
}

/// Whether a text is a name, or SQL in which it stands, with quotes or without.
pub(super) fn names(text: &str, name: &str) -> bool {
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == '$';
    let text = fold(text);
    [fold(name), fold(&name.replace('"', "\"\""))].iter().any(|name| {
        text == *name
            || text.match_indices(name).any(|(at, _)| {
                let (before, after) = (text[..at].chars().next_back(), text[at + name.len()..].chars().next());
                !before.is_some_and(is_word) && !after.is_some_and(is_word)
            })
    })
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

    #[test]
    fn what_is_made_on_a_renamed_column_is_made_by_its_old_name() {
        let rename = serde_json::json!({"op": "renameColumn", "table": "users", "from": "nick", "to": "handle"});
        let index = |column: &str, more: Value| {
            let mut index =
                serde_json::json!({"name": "users_handle_idx", "parts": [{"column": "email"}, {"column": column}]});
            index.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            serde_json::json!({"op": "addIndex", "table": "users", "index": index})
        };
        let last = |made: Value| renames_last(&operations(serde_json::json!([rename, made])));
        let plain = || serde_json::json!({});
        assert_eq!(
            last(index("handle", plain())),
            (operations(serde_json::json!([rename])), operations(serde_json::json!([index("nick", plain())])))
        );
        let filtered = index("handle", serde_json::json!({"where": "handle IS NOT NULL"}));
        assert_eq!(last(filtered.clone()), (vec![], operations(serde_json::json!([rename, filtered]))));
    }
}
