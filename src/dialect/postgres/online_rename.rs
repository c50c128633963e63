//! Renames in steps: the running release uses the old names until the last step, if nothing else of the revision needs the new
//! ones.

use crate::diff::{Constraint, Operation};
use crate::schema::names::fold;
use crate::schema::IndexKey;
use serde_json::Value;

/// The renames that can come after all other operations, and these, which name columns as they are named until then. Errors: the
/// table of renames that change places and cannot come last. Half of them would give the running release the values of another
/// column.
pub(super) fn renames_last(operations: &[Operation]) -> Result<(Vec<Operation>, Vec<Operation>), String> {
    let mut others = operations.to_vec();
    let mut renames = Vec::new();
    let mut at = 0;
    while at < others.len() {
        let group = group(&others, at);
        if group.len() > 1 {
            if !is_free(&others, &group) {
                return Err(renamed(&others[at]).map(|(table, _)| table.to_owned()).unwrap_or_default());
            }
            renames.extend(group.iter().map(|member| others[*member].clone()));
            let mut place = 0..;
            others.retain(|_| place.next().is_some_and(|place| !group.contains(&place)));
            continue;
        }
        match before(&others[at], &others[at + 1..]) {
            Some(later) => {
                renames.push(others[at].clone());
                others.splice(at.., later);
            }
            None => at += 1,
        }
    }
    Ok((renames, others))
}

/// The table of a rename, and the names before and after it.
fn renamed(operation: &Operation) -> Option<(&str, [&str; 2])> {
    match operation {
        Operation::RenameTable { from, to } => Some((from, [from, to])),
        Operation::RenameColumn { table, from, to } => Some((table, [from, to])),
        _ => None,
    }
}

/// The places of the rename at this one and of all later ones that share a name with it, or with one of these.
fn group(operations: &[Operation], at: usize) -> Vec<usize> {
    let Some((of, first)) = renamed(&operations[at]) else { return vec![at] };
    let of_tables = matches!(operations[at], Operation::RenameTable { .. });
    let (mut group, mut names) = (vec![at], first.to_vec());
    for (place, operation) in operations.iter().enumerate().skip(at + 1) {
        let Some((table, pair)) = renamed(operation) else { continue };
        let is_alike = matches!(operation, Operation::RenameTable { .. }) == of_tables && (of_tables || table == of);
        if is_alike && pair.iter().any(|name| names.iter().any(|other| fold(name) == fold(other))) {
            group.push(place);
            names.extend(pair);
        }
    }
    group
}

/// Whether no other operation from the first of these renames on says a name of theirs.
fn is_free(operations: &[Operation], group: &[usize]) -> bool {
    let members: Vec<(&str, [&str; 2])> = group.iter().filter_map(|member| renamed(&operations[*member])).collect();
    let of_tables = group.iter().any(|member| matches!(operations[*member], Operation::RenameTable { .. }));
    let first = group.first().copied().unwrap_or_default();
    let others = operations.iter().enumerate().skip(first).filter(|(place, _)| !group.contains(place));
    others.map(|(_, operation)| operation).all(|operation| {
        members.iter().all(|(table, names)| {
            let is_concerned = of_tables || says(operation, table);
            !is_concerned || !names.iter().any(|name| says(operation, name))
        })
    })
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
        renames_last(&operations(json)).unwrap().0.len()
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
            Ok((operations(serde_json::json!([rename])), operations(serde_json::json!([index("nick", plain())]))))
        );
        let filtered = index("handle", serde_json::json!({"where": "handle IS NOT NULL"}));
        assert_eq!(last(filtered.clone()), Ok((vec![], operations(serde_json::json!([rename, filtered])))));
    }

    #[test]
    fn renames_that_change_places_stay_together() {
        let rename =
            |from: &str, to: &str| serde_json::json!({"op": "renameColumn", "table": "users", "from": from, "to": to});
        let swap = [rename("last", "last_old"), rename("first", "last"), rename("last_old", "first")];
        let index = |column: &str| {
            let index = serde_json::json!({"name": "i", "parts": [{"column": column}]});
            serde_json::json!({"op": "addIndex", "table": "users", "index": index})
        };
        let with = |more: Value| {
            let mut all = swap.to_vec();
            all.push(more);
            renames_last(&operations(Value::from(all)))
        };
        let all = || operations(Value::from(swap.to_vec()));
        assert_eq!(with(index("email")), Ok((all(), operations(serde_json::json!([index("email")])))));
        assert_eq!(with(index("first")), Err("users".to_owned()));
        let tables = |from: &str, to: &str| serde_json::json!({"op": "renameTable", "from": from, "to": to});
        let swapped = serde_json::json!([tables("b", "b_old"), tables("a", "b"), tables("b_old", "a"), index("email")]);
        assert_eq!(renames_last(&operations(swapped)).map(|(renames, _)| renames.len()), Ok(3));
    }
}
