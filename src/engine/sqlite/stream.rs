//! Rows that are read a batch at a time: statements that stay open between calls, on the connection of their transaction.

use super::executor::{Executor, PlanRun, Statement};
use super::pack::Column;
use super::rows::{rows, End, Portion, Read};
use crate::engine::packed::{Cursor, Links, Outcome, ParamChunk};
use crate::engine::task::{self, stream_ended, Run, Step};
use crate::engine::watch::Watch;
use crate::error::{Error, Result};
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

/// The streams of one transaction, by their numbers. They must not outlive its connection.
#[derive(Default)]
pub struct Streams(HashMap<u32, Stream>);

struct Stream {
    // Finalized before its parameters go, which it borrows: fields drop in order.
    /// The statement that gives the rows; `None` when all of them were read.
    statement: Option<Statement>,
    run: Arc<Run>,
    /// Rows given at once.
    batch: usize,
    /// Batches that were read before they were asked for.
    ready: VecDeque<Outcome>,
    /// The error that comes behind them.
    failed: Option<Error>,
}

impl Streams {
    /// Takes a step of a stream.
    pub fn step(&mut self, executor: &mut Executor, task: &task::Stream, watch: &Watch) -> Result<Outcome> {
        executor.guarded(|executor| {
            let mut stream = match (&task.step, self.0.remove(&task.number)) {
                (Step::Open { run, batch }, _) => Stream::open(executor, run, *batch)?,
                (Step::Next, Some(stream)) => stream,
                (Step::Next, None) => return Err(stream_ended()),
                (Step::Close, _) => return Ok(Outcome::default()),
            };
            let outcome = stream.next(executor, watch)?;
            if outcome.open {
                self.0.insert(task.number, stream);
            }
            Ok(outcome)
        })
    }

    /// Whether none is open.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Reads the rest of every stream, before the connection writes: rows that a statement gives
    /// after that are undefined (https://www.sqlite.org/isolation.html), and a stream gives the
    /// rows of the moment when it was opened.
    pub fn detach(&mut self, executor: &mut Executor) {
        for stream in self.0.values_mut() {
            // A panic is its failure.
            let read = executor.guarded(|executor| {
                while stream.statement.is_some() {
                    let batch = stream.read(executor, &Watch::default())?;
                    stream.ready.push_back(batch);
                }
                Ok(Outcome::default())
            });
            if let Err(error) = read {
                stream.statement = None;
                stream.failed = Some(error);
            }
        }
    }

    /// Closes all of them.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}

impl Stream {
    fn open(executor: &mut Executor, run: &Arc<Run>, batch: usize) -> Result<Self> {
        let node = &run.plan.nodes[0];
        // It also finds out when the schema has changed.
        executor.prepare(run)?;
        let raw = executor.connection().prepare(&node.sql)?;
        let statement = Statement { raw, columns: node.outputs.iter().map(Column::from).collect() };
        let empty = ParamChunk::default();
        executor.bind(statement.raw.statement, 0, &run.plan.params[node.params.clone()], &mut first(run, &empty))?;
        let (run, ready) = (Arc::clone(run), VecDeque::new());
        Ok(Stream { statement: Some(statement), run, batch, ready, failed: None })
    }

    fn next(&mut self, executor: &mut Executor, watch: &Watch) -> Result<Outcome> {
        match (self.ready.pop_front(), self.failed.take()) {
            (Some(mut ready), failed) => {
                ready.open = failed.is_some() || self.statement.is_some() || !self.ready.is_empty();
                self.failed = failed;
                Ok(ready)
            }
            (None, Some(failed)) => Err(failed),
            (None, None) => self.read(executor, watch),
        }
    }

    /// Reads the next batch, and what belongs to its rows. A row that cannot be read fails the batch after those before it.
    fn read(&mut self, executor: &mut Executor, watch: &Watch) -> Result<Outcome> {
        let mut outcome = Outcome::default();
        let Some(statement) = &mut self.statement else { return Ok(outcome) };
        let plan = &self.run.plan;
        let portion = Portion { plan, index: 0, most: self.batch };
        let clock = watch.clock();
        let read = rows(executor.connection(), statement, portion, &mut outcome);
        let whole = |read: &Read| (!matches!(read.end, End::Failed(_))).then_some(read.rows as u64);
        watch.node(0, 0, clock, read.as_ref().ok().and_then(whole));
        let Read { keys, rows, end } = read?;
        if !matches!(end, End::Full) {
            self.statement = None;
        }
        match end {
            End::Failed(error) if rows == 0 => return Err(*error),
            End::Failed(error) => self.failed = Some(*error),
            End::Full | End::Done => {}
        }
        if rows > 0 && plan.nodes.len() > 1 {
            executor.prepare(&self.run)?;
            let empty = ParamChunk::default();
            let mut cursor = first(&self.run, &empty);
            cursor.skip(&plan.params[plan.nodes[0].params.clone()]);
            outcome.links.push(Links::default());
            let mut plan_run = PlanRun { run: &self.run, watch, cursor, captured: vec![keys], outcome };
            executor.run_nodes(&mut plan_run)?;
            outcome = plan_run.outcome;
        }
        outcome.open = self.statement.is_some() || self.failed.is_some();
        Ok(outcome)
    }
}

fn first<'a>(run: &'a Run, empty: &'a ParamChunk) -> Cursor<'a> {
    Cursor::new(run.params.chunks.first().unwrap_or(empty))
}
