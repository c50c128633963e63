//! Many rows whose statements must each say what became of its row: upserts, and inserts that leave out duplicates. The statements
//! are sent one behind the other, without waiting for answers.

use super::insert_rows::{rows, Bracket, RowReader};
use super::wire::{Connection, Ran};
use crate::engine::packed::Outcome;
use crate::engine::postgres::codec::encode::Parameter;
use crate::engine::postgres::error::failure::{Cause, Failure};
use crate::engine::task::Run;
use futures_util::future::try_join_all;

/// Statements that are on their way at once. Up to 30 futures are polled in their order, and so sent in it.
const AHEAD: usize = 24;

/// Runs the statement of each row of a call, or none: in a transaction of its own, or `within` one that is open.
pub async fn many(connection: &Connection, run: &Run, within: bool) -> Ran<Outcome> {
    if rows(run) == 0 {
        return Ok(Outcome::default());
    }
    // Prepared before anything else is sent: what waits for it would lose its place.
    connection.single(run).await?;
    let around = Bracket::of(within);
    match connection.begun(connection.steer(around.begin), all(connection, run), !within).await? {
        Ok(outcome) => connection.steer(around.commit).await.map(|()| outcome),
        // Nothing was committed: the COMMIT was not sent.
        Err(failure) if failure.is_lost() => Err(Failure { cause: Cause::Lost { certain: true }, ..failure }),
        Err(failure) => {
            connection.steer(around.undo).await?;
            Err(failure.undone())
        }
    }
}

async fn all(connection: &Connection, run: &Run) -> Ran<Outcome> {
    let (total, mut outcome) = (rows(run), Outcome::default());
    let mut reader = RowReader::at(&run.params.chunks, &run.plan.params, 0);
    for first in (0..total).step_by(AHEAD) {
        let mut sending = Vec::with_capacity(AHEAD);
        for row in first..total.min(first + AHEAD) {
            let values = reader.rows(1).map_err(Failure::unsent)?;
            sending.push(one(connection, run, row, values));
        }
        for (at, row) in try_join_all(sending).await?.into_iter().enumerate() {
            outcome.add_row(first + at, row, &run.plan);
        }
    }
    Ok(outcome)
}

async fn one(connection: &Connection, run: &Run, row: usize, values: Vec<Parameter<'_>>) -> Ran<Outcome> {
    let mut outcome = Outcome::default();
    let read = match connection.start(run, 0, values).await {
        Ok(running) => connection.rows(&run.plan, 0, running, &mut outcome).await,
        Err(failure) => Err(failure),
    };
    let unreadable = read.and_then(|read| read.unreadable.map_or(Ok(()), |error| Err(Failure::unsent(error))));
    let numbered = |failure: Failure| Failure { error: failure.error.row(Some(row)), ..failure };
    unreadable.map(|()| outcome).map_err(numbered)
}
