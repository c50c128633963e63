//! Many rows of one insert: statements of many rows each, sent one behind the other.

use super::copy;
use super::insert_rows::{rows, Bracket, RowReader};
use super::wire::{Connection, Ran};
use crate::engine::packed::Outcome;
use crate::engine::postgres::codec::encode::Parameter;
use crate::engine::postgres::codec::unreadable::generated;
use crate::engine::postgres::error::failure::{Cause, Failure};
use crate::engine::task::Run;
use crate::error::Code;
use crate::plan::Values;
use futures_util::future::try_join_all;
use futures_util::StreamExt;
use std::iter::repeat_n;
use std::pin::pin;
use tokio_postgres::types::Type;
use tokio_postgres::Statement;

/// Rows of one statement; more make it no faster.
const ROWS: usize = 500;
/// Parameters of one statement: https://www.postgresql.org/docs/current/limits.html
const PARAMETERS: usize = 65_535;
/// Statements that are on their way at once.
const AHEAD: usize = 8;

/// Inserts all rows of a call, or none: in a transaction of its own, or `within` one that is open.
pub async fn many(connection: &Connection, run: &Run, within: bool) -> Ran<Outcome> {
    if rows(run) == 0 {
        return Ok(Outcome::default());
    }
    if let Some(outcome) = copy::many(connection, run, within).await? {
        return Ok(outcome);
    }
    let insert = Insert::new(connection, run).await?;
    // One statement is all or nothing by itself.
    let one = insert.total <= insert.size;
    let around = if one && !within { Bracket::default() } else { Bracket::of(within) };
    let result = connection.begun(connection.steer(around.begin), insert.batches(0, insert.total), !within).await?;
    let stopped = match result {
        Ok(keys) => {
            connection.steer(around.commit).await?;
            return Ok(Outcome { changes: insert.total as u64, keys, ..Outcome::default() });
        }
        Err(stopped) => stopped,
    };
    match stopped.failure.cause {
        // Nothing was committed: the COMMIT was not sent.
        Cause::Lost { .. } if !one => Err(Failure { cause: Cause::Lost { certain: true }, ..stopped.failure }),
        Cause::Lost { .. } => Err(stopped.failure),
        Cause::Refused if stopped.failure.error.code != Code::Timeout => {
            connection.steer(around.undo).await?;
            let failure = insert.find(stopped, Bracket::of(within).begin).await;
            if !within {
                connection.steer("ROLLBACK").await?;
            }
            Err(failure)
        }
        // What was stopped is not done again to find out which row was to blame.
        Cause::Refused | Cause::Unsent | Cause::Stale => {
            connection.steer(around.undo).await?;
            Err(if one { stopped.failure } else { stopped.failure.undone() })
        }
    }
}

struct Insert<'a> {
    connection: &'a Connection,
    run: &'a Run,
    total: usize,
    /// Rows of one statement.
    size: usize,
    /// The statement of one row; `None` if statements do not stay prepared.
    single: Option<Statement>,
    /// The statement of `size` rows, if there are as many.
    full: Option<Statement>,
}

/// A batch that failed: of `rows` rows from `first` on.
struct Stopped {
    failure: Failure,
    first: usize,
    rows: usize,
}

impl<'a> Insert<'a> {
    async fn new(connection: &'a Connection, run: &'a Run) -> Ran<Self> {
        let total = rows(run);
        let size = match run.plan.values {
            Some(_) => ROWS.min(PARAMETERS / run.plan.params.len().max(1)).max(1),
            None => 1,
        };
        let single = connection.single(run).await?;
        let full = match &run.plan.values {
            Some(values) if total >= size && size > 1 => {
                batch_of(connection, run, || text(values, run.plan.params.len(), size)).await?
            }
            _ => None,
        };
        Ok(Insert { connection, run, total, size, single, full })
    }

    /// Inserts rows, a batch at a time; gives their generated keys.
    async fn batches(&self, from: usize, to: usize) -> Result<Vec<i64>, Stopped> {
        let mut keys = Vec::with_capacity(if self.run.plan.keyed { to - from } else { 0 });
        let mut reader = RowReader::at(&self.run.params.chunks, &self.run.plan.params, from);
        let mut first = from;
        while first < to {
            let mut sending = Vec::with_capacity(AHEAD);
            while first < to && sending.len() < AHEAD {
                let rows = self.size.min(to - first);
                let stopped = move |failure| Stopped { failure, first, rows };
                let values = reader.rows(rows).map_err(|error| stopped(Failure::unsent(error)))?;
                sending.push(async move { self.batch(values, rows).await.map_err(stopped) });
                first += rows;
            }
            keys.extend(try_join_all(sending).await?.into_iter().flatten());
        }
        Ok(keys)
    }

    async fn batch(&self, values: Vec<Parameter<'_>>, rows: usize) -> Ran<Vec<i64>> {
        let failed = |error: tokio_postgres::Error| self.connection.failure(&error);
        let client = self.connection.client();
        let prepared = match rows {
            1 => self.single.as_ref(),
            rows if rows == self.size => self.full.as_ref(),
            _ => None,
        };
        let stream = match (prepared, &self.run.plan.values) {
            (Some(statement), _) => {
                client.query_raw(statement, values).await.map_err(|error| self.connection.failure_of_prepared(&error))
            }
            (None, parts) => {
                let known = self.single.as_ref().map(Statement::params).filter(|types| !types.is_empty());
                let types: Vec<Type> = match known {
                    Some(types) => types.iter().cloned().cycle().take(values.len()).collect(),
                    None => repeat_n(Type::UNKNOWN, values.len()).collect(),
                };
                let sql = match parts {
                    Some(parts) => text(parts, self.run.plan.params.len(), rows),
                    None => self.run.plan.nodes[0].sql.clone(),
                };
                let sent = client.query_typed_raw(&sql, values.into_iter().zip(types).collect::<Vec<_>>()).await;
                // Of types that a statement of one row was prepared with.
                sent.map_err(|error| match known.is_some() {
                    true => self.connection.failure_of_prepared(&error),
                    false => failed(error),
                })
            }
        };
        let mut stream = pin!(stream?);
        let (mut keys, mut unreadable) = (Vec::with_capacity(rows), None);
        while let Some(row) = stream.next().await {
            match generated(&self.run.plan, &row.map_err(failed)?) {
                Ok(key) => keys.push(key),
                // The rest is read all the same: only at its end is it known whether the statement succeeded.
                Err(error) => unreadable = Some(error),
            }
        }
        unreadable.map_or(Ok(keys), |error| Err(Failure::unsent(error)))
    }

    /// Finds the row at fault: the server tells of a statement, not of its rows. They are inserted again, those of the
    /// failed batch one by one, and the transaction ends where the first fails.
    async fn find(&self, stopped: Stopped, begin: &str) -> Failure {
        let again = async {
            self.connection.steer(begin).await?;
            self.batches(0, stopped.first).await.map_err(|s| s.failure)?;
            let single = Insert { size: 1, full: None, single: self.single.clone(), ..*self };
            for row in stopped.first..stopped.first + stopped.rows {
                if let Err(Stopped { failure, .. }) = single.batches(row, row + 1).await {
                    return Err(Failure { error: failure.error.row(row), ..failure });
                }
            }
            Ok(())
        };
        // If it succeeds now, another transaction was in the way a moment ago.
        again.await.err().filter(|failure| failure.cause == Cause::Refused).unwrap_or(stopped.failure)
    }
}

/// The statement of many rows, if statements stay prepared.
async fn batch_of(connection: &Connection, run: &Run, sql: impl FnOnce() -> String) -> Ran<Option<Statement>> {
    let Some(statements) = connection.kept(run) else { return Ok(None) };
    let prepare = || async { connection.client().prepare(&sql()).await.map_err(|error| connection.failure(&error)) };
    statements.batch.get_or_try_init(prepare).await.cloned().map(Some)
}

/// An INSERT of so many rows.
fn text(values: &Values, columns: usize, rows: usize) -> String {
    let mut sql = String::with_capacity(values.head.len() + values.tail.len() + rows * columns * 7);
    sql.push_str(&values.head);
    for row in 0..rows {
        sql.push_str(if row > 0 { ", (" } else { "(" });
        for column in 1..=columns {
            if column > 1 {
                sql.push_str(", ");
            }
            sql.push('$');
            sql.push_str(&(row * columns + column).to_string());
        }
        sql.push(')');
    }
    sql.push_str(&values.tail);
    sql
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_insert_of_several_rows() {
        let values = Values { head: "INSERT INTO t (a, b) VALUES ".into(), tail: " RETURNING id".into(), target: None };
        assert_eq!(text(&values, 2, 2), "INSERT INTO t (a, b) VALUES ($1, $2), ($3, $4) RETURNING id");
    }
}
