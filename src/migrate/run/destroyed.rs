//! The losses of steps of revisions, reported to users who are asked for the word of a protected
//! database before the steps run.

use crate::dialect::{quote, Dialect};
use crate::diff::Operation;
use crate::error::{Lost, Result};
use crate::migrate::disk::record::{Direction, Revision};
use crate::migrate::log::protection::Guard;
use crate::migrate::steps::step::Step;
use crate::statement::{Execute, Statement};
use crate::value::Value;

/// The loss of a step in one table; in no table if only the author of the SQL knows it.
pub struct Loss {
    table: Option<String>,
    what: String,
}

/// The losses of a step.
pub fn by(dialect: &dyn Dialect, revision: &Revision, direction: Direction, step: &Step) -> Vec<Loss> {
    let lost = |operation: &Operation| {
        let table = operation.tables().first().map(|table| (*table).to_owned());
        Some(Loss { table, what: operation.loses()? })
    };
    let mut losses: Vec<Loss> = step.operations.iter().filter_map(lost).collect();
    if !step.rendered && revision.edited(dialect.name(), direction) {
        let what = format!("{} was written by hand, and may destroy anything", revision.id());
        losses.push(Loss { table: None, what });
    }
    losses
}

/// Lets what destroys this go on; see `Guard::check`.
pub fn check(
    dialect: &dyn Dialect,
    connection: &mut dyn Execute,
    guard: Guard<'_>,
    (direction, losses): (Direction, &[Loss]),
) -> Result<()> {
    if losses.is_empty() {
        return Ok(());
    }
    let what = match direction {
        Direction::Up => "the upgrade",
        Direction::Down => "the downgrade",
    };
    guard.check(dialect, connection, what, |connection| {
        let lost = losses.iter().map(|Loss { table, what }| {
            let rows = table.as_deref().map_or(Ok(None), |table| count(dialect, connection, table))?;
            Ok(Lost { table: table.clone(), rows, what: what.clone() })
        });
        lost.collect()
    })
}

/// The rows of a table; `None` if it does not exist under this name yet.
pub fn count(dialect: &dyn Dialect, connection: &mut dyn Execute, table: &str) -> Result<Option<i64>> {
    if dialect.columns(connection, table)?.is_empty() {
        return Ok(None);
    }
    let rows = connection.query(&Statement::new(format!("SELECT count(*) FROM {}", quote(table))));
    let rows = rows.map_err(|error| error.table(table))?;
    Ok(rows.first().and_then(|row| row.first()).and_then(Value::as_int))
}
