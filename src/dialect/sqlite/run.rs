//! One statement of a revision: most are run as they are, a copy of rows in pieces, and some past what others left broken.

use super::copy::copied;
use super::parse::{alteration, Alteration};
use super::rebuild::{copy_of, rebuilt, renamed, temporary};
use super::syntax::Sqlite;
use crate::dialect::lower::Lower;
use crate::dialect::quote;
use crate::error::{Code, Result};
use crate::sql::{significant, Rules};
use crate::statement::{Execute, Statement};
use crate::value::Value;

/// See `Dialect::run_statement`.
pub(super) fn run(connection: &mut dyn Execute, sql: &str, progress: &mut dyn FnMut(u64, u64)) -> Result<()> {
    run_named(connection, sql, progress).map_err(|error| {
        let left = error.code == Code::SqlFailed && is_left_over(connection, sql).unwrap_or_default();
        let error = renamed(error);
        if left {
            error.hint(LEFT_OVER)
        } else {
            error
        }
    })
}

const LEFT_OVER: &str =
    "The table is left over from a change that was run by hand and did not end: drop it if its rows are not needed.";

/// Whether a statement would create the table that is filled, which exists.
fn is_left_over(connection: &mut dyn Execute, sql: &str) -> Result<bool> {
    let creates = significant(sql, Rules::Sqlite).next().is_some_and(|first| &sql[first.at] == "CREATE");
    let Some(table) = rebuilt(sql).filter(|_| creates) else { return Ok(false) };
    let found = Statement::new("SELECT 1 FROM main.sqlite_schema WHERE name = ? COLLATE NOCASE");
    Ok(!connection.query(&found.bind(Value::Text(temporary(&table))))?.is_empty())
}

fn run_named(connection: &mut dyn Execute, sql: &str, progress: &mut dyn FnMut(u64, u64)) -> Result<()> {
    if let Some(lower) = Lower::of(sql) {
        return lower.run(&Sqlite, connection, progress);
    }
    if let Some(copy) = copy_of(sql) {
        return copied(connection, &copy, progress);
    }
    match alteration(sql) {
        Some(Alteration::Rename(..) | Alteration::Column(_)) => past_what_is_broken(connection, sql),
        _ => connection.batch(sql),
    }
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
        // A failure of the statement itself is reported as `view v after rename: ...`.
        let blamed = rows.iter().find(|row| error.blames(&text(&row[0]), &text(&row[1])));
        let Some(row) = blamed else { return Err(error) };
        connection.batch(&format!("DROP {} main.{}", text(&row[0]), quote(&text(&row[1]))))?;
        aside.push(text(&row[2]));
    }
    for sql in aside.iter().rev() {
        connection.batch(sql)?;
    }
    Ok(())
}
