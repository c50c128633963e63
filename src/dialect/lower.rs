//! Texts folded to lower case: a statement that a person can run, and what the runner does in its place. Databases fold by
//! tables of their own, most of them ASCII alone; the models fold as JavaScript does, and so does Rust.

use super::{quote, Dialect, Scan};
use crate::error::Result;
use crate::statement::{Execute, Row};
use crate::value::Value;

/// Within the statement: what stands before one is not part of it.
const WHY: &str = "-- By hand this folds ASCII, and what else lower() of the database knows: rows beyond that need `plinth upgrade`, which\n  \
    -- folds as the models do.";

/// A column whose texts are folded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lower {
    /// The table.
    pub table: String,
    /// The column.
    pub column: String,
}

impl Lower {
    /// The statement, as a script has it.
    pub fn statement(&self) -> String {
        let (table, column) = (quote(&self.table), quote(&self.column));
        format!("UPDATE {table} SET {column} = lower({column})\n  {WHY}\n  WHERE {column} <> lower({column})")
    }

    /// The column that a statement of a script folds; `None` if it is another statement, or was
    /// edited.
    pub fn of(statement: &str) -> Option<Lower> {
        let (table, rest) = name(statement.strip_prefix("UPDATE ")?)?;
        let (column, _) = name(rest.strip_prefix(" SET ")?)?;
        let lower = Lower { table, column };
        (statement.replace("\r\n", "\n") == lower.statement()).then_some(lower)
    }

    /// Folds every row, as the models do.
    pub fn run(
        &self,
        dialect: &dyn Dialect,
        connection: &mut dyn Execute,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<()> {
        let mut done = 0;
        let condition = dialect.may_have_capitals(&format!("t.{}", quote(&self.column)));
        let columns = std::slice::from_ref(&self.column);
        let scan = Scan { table: &self.table, columns, condition: Some(&condition) };
        dialect.each_row(connection, &scan, &mut |connection, rows| {
            done += rows.len() as u64;
            let texts: Vec<(Value, String)> = rows.into_iter().filter_map(folded).collect();
            if !texts.is_empty() {
                dialect.rewrite(connection, &self.table, &self.column, texts)?;
            }
            progress(done, done);
            Ok(())
        })
    }
}

/// The place of a row, and its text where folding changes it.
fn folded(row: Row) -> Option<(Value, String)> {
    let mut row = row.into_iter();
    match (row.next(), row.next()) {
        (Some(place), Some(Value::Text(text))) => {
            let lower = text.to_lowercase();
            (lower != text).then_some((place, lower))
        }
        _ => None,
    }
}

/// A quoted name, and what follows it.
fn name(sql: &str) -> Option<(String, &str)> {
    let rest = sql.strip_prefix('"')?;
    let mut at = 0;
    loop {
        at += rest[at..].find('"')?;
        if !rest[at + 1..].starts_with('"') {
            return Some((rest[..at].replace("\"\"", "\""), &rest[at + 1..]));
        }
        at += 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_told_from_others() {
        for (table, column) in [("users", "email"), ("a\" SET \"b", "c\"\"d"), ("é", "x = lower(y)")] {
            let lower = Lower { table: table.into(), column: column.into() };
            assert_eq!(Lower::of(&lower.statement()), Some(lower.clone()));
            assert_eq!(Lower::of(&(lower.statement() + " AND 1 = 1")), None);
            assert_eq!(Lower::of(&lower.statement().replace(WHY, "")), None);
        }
    }
}
