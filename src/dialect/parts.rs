//! The pieces of DDL that every database writes alike.

use super::quote;
use crate::diff::Operation;
use crate::schema::{Action, ForeignKey};

/// A constraint under its name.
pub(super) fn constraint(name: &str, body: &str) -> String {
    format!("CONSTRAINT {} {body}", quote(name))
}

/// Columns, separated by commas.
pub(super) fn list(columns: &[String]) -> String {
    columns.iter().map(|column| quote(column)).collect::<Vec<_>>().join(", ")
}

/// The body of a foreign key. Its default is not written.
pub(super) fn references(key: &ForeignKey) -> String {
    let mut sql =
        format!("FOREIGN KEY ({}) REFERENCES {} ({})", list(&key.columns), quote(&key.table), list(&key.references));
    for (action, event) in [(key.on_delete, "DELETE"), (key.on_update, "UPDATE")] {
        let word = match action {
            Action::NoAction => continue,
            Action::Restrict => "RESTRICT",
            Action::Cascade => "CASCADE",
            Action::SetNull => "SET NULL",
            Action::SetDefault => "SET DEFAULT",
        };
        sql.push_str(&format!(" ON {event} {word}"));
    }
    sql
}

/// A foreign key that comes after renames, in the names before them.
pub(super) fn named_before(key: &ForeignKey, table: &str, renames: &[&Operation]) -> ForeignKey {
    let (mut key, mut of) = (key.clone(), table.to_owned());
    for rename in renames.iter().rev() {
        match rename {
            Operation::RenameTable { from, to } => {
                for name in [&mut key.table, &mut of].into_iter().filter(|name| *name == to) {
                    name.clone_from(from);
                }
            }
            Operation::RenameColumn { table, from, to } => {
                let back = |names: &mut Vec<String>| {
                    names.iter_mut().filter(|name| *name == to).for_each(|name| name.clone_from(from));
                };
                if *table == of {
                    back(&mut key.columns);
                }
                if *table == key.table {
                    back(&mut key.references);
                }
            }
            _ => {}
        }
    }
    key
}
