//! The pieces of DDL that every database writes alike.

use super::{quote, DialectName};
use crate::diff::{Operation, RowValue};
use crate::error::{Code, Error, Result};
use crate::schema::{Action, Column, ForeignKey};

/// The ways of one database to give rows a value in a column, as SQL.
pub(super) struct Givers {
    /// The database.
    pub dialect: DialectName,
    /// The default of the column, if it has one.
    pub default: Option<String>,
    /// A random UUID of version 7, another one for each row.
    pub random: &'static str,
}

impl Givers {
    /// The SQL of the value that rows get. Fails with `RevisionInvalid` if the record of a revision has no value for this database.
    pub fn sql(self, value: &RowValue, column: &Column) -> Result<String> {
        let sql = match value {
            RowValue::Default => self.default,
            RowValue::Random => Some(self.random.to_owned()),
            RowValue::Sql(_) | RowValue::Each(_) => value.sql(self.dialect.as_str()).map(str::to_owned),
        };
        sql.ok_or_else(|| {
            let message =
                format!("The revision has no value for rows in the column `{}` on {}.", column.name, self.dialect);
            Error::new(Code::RevisionInvalid, message)
                .column(&column.name)
                .hint("Write the revision again with a --backfill for each database; or write this script by hand.")
        })
    }
}

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
