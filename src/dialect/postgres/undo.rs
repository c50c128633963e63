//! The SQL that takes a difference from a table, for a person to run.

use super::super::shape::{ConstraintName, Difference, Object};
use super::ddl::text_literal;
use crate::dialect::quote;

/// What a column of an identity or a computed one has in its type: no ALTER COLUMN TYPE leads there or away.
const GENERATED: &str = " GENERATED ";

/// The SQL that makes a table be as expected in this one point; none if only a new table would do.
pub(super) fn undo(difference: &Difference) -> Option<String> {
    let (expected, found) = (difference.expected.as_deref(), difference.found.as_deref());
    let name = quote(difference.table.spelled());
    let table = format!("ALTER TABLE {name}");
    Some(match (&difference.object, expected) {
        (Object::Table, _) | (Object::Constraint(ConstraintName::Unnamed(_)), _) => return None,
        (Object::Column(column), None) => format!("{table} DROP COLUMN {}", quote(column.spelled())),
        (Object::Column(column), Some(kind)) => {
            let column = quote(column.spelled());
            let is_generated = |declared: &str| declared.contains(GENERATED);
            match found {
                _ if is_generated(kind) || found.is_some_and(is_generated) => return None,
                None => format!("{table} ADD COLUMN {column} {kind}"),
                Some(_) => {
                    let cast = kind.split(" COLLATE ").next().unwrap_or(kind);
                    format!("{table} ALTER COLUMN {column} TYPE {kind} USING {column}::{cast}")
                }
            }
        }
        (Object::Nullable(column), expected) => {
            let word = if expected == Some("NULL") { "DROP" } else { "SET" };
            format!("{table} ALTER COLUMN {} {word} NOT NULL", quote(column.spelled()))
        }
        (Object::Default(column), None) => format!("{table} ALTER COLUMN {} DROP DEFAULT", quote(column.spelled())),
        (Object::Default(column), Some(default)) => {
            format!("{table} ALTER COLUMN {} SET DEFAULT {default}", quote(column.spelled()))
        }
        (Object::Constraint(ConstraintName::Named(constraint)), expected) => {
            let constraint = quote(constraint.spelled());
            let drop = found.map(|_| format!("{table} DROP CONSTRAINT {constraint}"));
            let add = expected.map(|definition| format!("{table} ADD CONSTRAINT {constraint} {definition}"));
            drop.into_iter().chain(add).collect::<Vec<_>>().join("; ")
        }
        // The index as expected is added by the adoption.
        (Object::Index(index), _) => format!("DROP INDEX {}", quote(index.spelled())),
        (Object::Options, None) if found == Some("UNLOGGED") => format!("{table} SET LOGGED"),
        (Object::Options, _) => return None,
        (Object::TableComment, text) => format!("COMMENT ON TABLE {name} IS {}", comment(text)),
        (Object::ColumnComment(column), text) => {
            format!("COMMENT ON COLUMN {name}.{} IS {}", quote(column.spelled()), comment(text))
        }
    })
}

fn comment(text: Option<&str>) -> String {
    text.map_or("NULL".to_owned(), text_literal)
}
