//! Runs plans on a connection: their statements one after the other, as one transaction if they are several.

use super::each_row;
use super::insert;
use super::insert_rows::rows;
use super::wire::{Connection, Ran, Read};
use crate::engine::keys::{links_of, Captured, Parents};
use crate::engine::packed::{Cursor, Outcome};
use crate::engine::postgres::codec::encode::{self, parameters, KeyList};
use crate::engine::postgres::error::failure::{Cause, Failure};
use crate::engine::task::Run;
use crate::engine::watch::Watch;
use crate::plan::Action;

/// Runs a plan. `within`: in a transaction that is open; else what consists of several statements gets one of its own,
/// and nothing else may use the connection meanwhile (see `needs_alone`).
pub async fn run(connection: &Connection, run: &Run, within: bool) -> Ran<Outcome> {
    match attempt(connection, run, within).await {
        // The statements are forgotten: they are prepared anew.
        Err(failure) if failure.cause == Cause::Stale && !within => attempt(connection, run, within).await,
        // Neither a read nor a part of a transaction has committed anything by itself.
        Err(failure) if within || run.plan.action == Action::Select => {
            let may = failure.error.may_have_committed.filter(|may| !may);
            Err(Failure { error: failure.error.committed(may), ..failure })
        }
        result => result,
    }
}

/// Whether a plan needs its connection for itself: it is more than one statement.
pub fn needs_alone(run: &Run) -> bool {
    run.plan.nodes.len() > 1 || has_many_rows(run)
}

/// Whether a call has several rows of parameters, or none.
fn has_many_rows(run: &Run) -> bool {
    matches!(run.plan.action, Action::Insert | Action::Upsert) && rows(run) != 1
}

async fn attempt(connection: &Connection, run: &Run, within: bool) -> Ran<Outcome> {
    run.watch.again();
    if has_many_rows(run) {
        let clock = run.watch.clock();
        let result = match run.plan.action == Action::Insert && !run.plan.skips_duplicates {
            true => insert::many(connection, run, within).await,
            false => each_row::many(connection, run, within).await,
        };
        run.watch.node(0, 0, clock, result.as_ref().ok().map(|outcome| outcome.changes));
        return result;
    }
    if run.plan.nodes.len() == 1 || within {
        return statements(connection, run).await;
    }
    // Parents and what belongs to them are read from one snapshot.
    let begin = connection.steer("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    let result = connection.begun(begin, statements(connection, run), false).await?;
    let ended = connection.steer("ROLLBACK").await;
    result.and_then(|outcome| ended.map(|()| outcome))
}

/// Runs every statement of a plan, each include after its parent.
async fn statements(connection: &Connection, run: &Run) -> Ran<Outcome> {
    let mut outcome = Outcome::default();
    let empty = Default::default();
    let cursor = encode::first(&run.params.chunks, &empty);
    let nodes = Nodes { run, watch: &run.watch, cursor, captured: Vec::new() };
    nodes.run(connection, &mut outcome).await?;
    Ok(outcome)
}

/// The statements of a plan that are still to run.
pub struct Nodes<'a> {
    /// The call.
    pub run: &'a Run,
    /// Where they are noted.
    pub watch: &'a Watch,
    /// At the parameters of the next one.
    pub cursor: Cursor<'a>,
    /// The keys that those before it have left.
    pub captured: Vec<Captured>,
}

impl Nodes<'_> {
    /// Runs all of them.
    pub async fn run(mut self, connection: &Connection, outcome: &mut Outcome) -> Ran<()> {
        while self.captured.len() < self.run.plan.nodes.len() {
            self.run_next(connection, outcome).await?;
        }
        Ok(())
    }

    async fn run_next(&mut self, connection: &Connection, outcome: &mut Outcome) -> Ran<()> {
        let (run, plan, index) = (self.run, &self.run.plan, self.captured.len());
        let node = &plan.nodes[index];
        let parents = node.link.as_ref().map(|link| Parents::of(link, &self.captured)).unwrap_or_default();
        let keys = KeyList::of(parents.keys());
        let own = parameters(&plan.params[node.params.clone()], &mut self.cursor).map_err(Failure::unsent)?;
        let linked = node.link.iter().map(|_| keys.parameter());
        let (clock, params) = (self.watch.clock(), linked.chain(own).collect());
        let read = match connection.start(run, index, params).await {
            Ok(running) => connection.rows(plan, index, running, outcome).await,
            Err(failure) => Err(failure),
        };
        self.watch.node(index, parents.count(), clock, read.as_ref().ok().and_then(Read::counted));
        let Read { keys, unreadable, .. } = read?;
        if let Some(error) = unreadable {
            return Err(Failure::unsent(error));
        }
        outcome.links.push(links_of(plan, index, parents, &keys).map_err(Failure::unsent)?);
        self.captured.push(keys);
        Ok(())
    }
}
