//! What hangs on a table that is made anew and that no model knows, triggers and indexes of others: it goes with the old
//! table and comes back with the new one. What a script drops by its name stays dropped.
//!
//! It is kept in a temporary table of the connection: whoever runs the statements needs to carry nothing along, and a
//! rollback forgets it.

use super::copy::copied;
use super::ddl::text_literal;
use super::parse::{statement, unquoted};
use super::rebuild::{copy_of, NEW};
use crate::dialect::quote;
use crate::error::{Code, Error, Result};
use crate::schema::names::fold;
use crate::statement::{Execute, Row, Statement};
use crate::value::Value;
use sqlite3_parser::ast::{AlterTableBody, Stmt};
use std::any::Any;

const KEPT: &str = "temp.plinth_kept";

/// A connection whose statements are all run as `run` does, whoever forgets to ask for it.
pub(super) struct Watched<'a>(pub &'a mut dyn Execute);

impl Execute for Watched<'_> {
    fn batch(&mut self, sql: &str) -> Result<()> {
        run(self.0, sql, &mut |_, _| {})
    }

    fn execute(&mut self, statement: &Statement) -> Result<usize> {
        self.0.execute(statement)
    }

    fn query(&mut self, statement: &Statement) -> Result<Vec<Row>> {
        self.0.query(statement)
    }

    fn concrete(&mut self) -> Option<&mut dyn Any> {
        self.0.concrete()
    }
}

/// What a statement does to what is kept.
enum Does {
    /// Drops a table and what hangs on it.
    DropTable(String),
    /// Gives the table that was made anew its name.
    Settle(String),
    /// Renames a table or a column, or drops a column: SQLite reads all views and triggers then.
    Reread,
    Nothing,
}

/// Makes the place to keep things in.
pub(super) fn begin(connection: &mut dyn Execute) -> Result<()> {
    connection.batch(&format!("DROP TABLE IF EXISTS {KEPT}; CREATE TABLE {KEPT} (kind, name, tbl, sql)"))
}

/// Brings back what is not there yet.
pub(super) fn end(connection: &mut dyn Execute) -> Result<()> {
    bring_back(connection, "kind IN ('trigger', 'index')")?;
    connection.batch(&format!("DROP TABLE {KEPT}"))
}

/// See `Dialect::run_statement`.
pub(super) fn run(connection: &mut dyn Execute, sql: &str, progress: &mut dyn FnMut(u64, u64)) -> Result<()> {
    if let Some(copy) = copy_of(sql) {
        return copied(connection, &copy, progress);
    }
    let does = does(sql);
    if matches!(does, Does::Nothing) || !is_open(connection)? {
        return connection.batch(sql);
    }
    match does {
        Does::DropTable(table) => {
            let statement = Statement::new(format!(
                "INSERT INTO {KEPT} SELECT type, name, tbl_name, sql FROM main.sqlite_schema \
                 WHERE type IN ('trigger', 'index') AND sql IS NOT NULL AND lower(tbl_name) = ?"
            ));
            connection.execute(&statement.bind(fold(&table).as_str()))?;
            connection.batch(sql)
        }
        Does::Settle(table) => {
            connection.batch(sql)?;
            bring_back(connection, &format!("kind = 'trigger' AND lower(tbl) = {}", text_literal(&fold(&table))))
        }
        Does::Reread => {
            // From here on names change: what comes back must be there before, to change with them.
            bring_back(connection, "kind IN ('trigger', 'index')")?;
            past_what_is_broken(connection, sql)
        }
        Does::Nothing => connection.batch(sql),
    }
}

fn does(sql: &str) -> Does {
    let bare = sql.lines().filter(|line| !line.trim_start().starts_with("--")).collect::<Vec<_>>().join("\n");
    let first = bare.split_whitespace().next().unwrap_or_default().to_ascii_uppercase();
    // Scripts can be long, and few statements matter.
    if first != "DROP" && first != "ALTER" {
        return Does::Nothing;
    }
    let read = statement(&bare, |read| {
        Some(match read {
            Stmt::DropTable { tbl_name, .. } => Does::DropTable(unquoted(tbl_name.name.0)),
            Stmt::AlterTable(table, AlterTableBody::RenameTo(to)) => {
                match fold(&unquoted(table.name.0)).starts_with(NEW) {
                    true => Does::Settle(unquoted(to.0)),
                    false => Does::Reread,
                }
            }
            Stmt::AlterTable(_, AlterTableBody::RenameColumn { .. } | AlterTableBody::DropColumn(_)) => Does::Reread,
            _ => Does::Nothing,
        })
    });
    read.unwrap_or(Does::Nothing)
}

fn is_open(connection: &mut dyn Execute) -> Result<bool> {
    let sql = "SELECT 1 FROM temp.sqlite_schema WHERE name = 'plinth_kept'";
    Ok(!connection.query(&Statement::new(sql))?.is_empty())
}

/// Creates what is kept and meets the condition, is not there, and whose table is.
fn bring_back(connection: &mut dyn Execute, condition: &str) -> Result<()> {
    let rows = connection.query(&Statement::new(format!(
        "SELECT kind, name, sql, tbl FROM {KEPT} AS k WHERE {condition} \
         AND EXISTS (SELECT 1 FROM main.sqlite_schema AS s WHERE s.type = 'table' AND lower(s.name) = lower(k.tbl)) \
         AND NOT EXISTS (SELECT 1 FROM main.sqlite_schema AS s WHERE s.type = k.kind AND lower(s.name) = lower(k.name)) \
         ORDER BY k.rowid"
    )))?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    for row in &rows {
        let (kind, name, sql, table) = (text(&row[0]), text(&row[1]), text(&row[2]), text(&row[3]));
        connection.batch(&sql).map_err(|error| {
            let message = format!("The {kind} `{name}`, which no model knows, cannot stay: {}", error.message);
            Error::new(Code::Drifted, message).table(table).hint(format!(
                "Drop it in the revision's SQL before the change: DROP {} {}.",
                kind.to_uppercase(),
                quote(&name)
            ))
        })?;
    }
    connection.batch(&format!("DELETE FROM {KEPT} WHERE {condition}"))
}

/// Runs a statement in whose way views and triggers stand that are broken already, whatever they are about: they step
/// aside, and come back as they were.
fn past_what_is_broken(connection: &mut dyn Execute, sql: &str) -> Result<()> {
    let mut aside: Vec<String> = Vec::new();
    loop {
        let error = match connection.batch(sql) {
            Ok(()) => break,
            Err(error) => error,
        };
        let rows = connection.query(&Statement::new(
            "SELECT type, name, sql FROM main.sqlite_schema WHERE type IN ('view', 'trigger') ORDER BY length(name) DESC",
        ))?;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let blamed = rows.iter().find(|row| {
            // What the statement itself would break is told with "after rename" or "after drop column".
            error.message.contains(&format!("error in {} {}: ", text(&row[0]), text(&row[1])))
        });
        let Some(row) = blamed else { return Err(error) };
        connection.batch(&format!("DROP {} main.{}", text(&row[0]), quote(&text(&row[1]))))?;
        aside.push(text(&row[2]));
    }
    for sql in aside.iter().rev() {
        connection.batch(sql)?;
    }
    Ok(())
}
