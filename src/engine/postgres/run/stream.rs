//! Rows that are read a batch at a time: cursors of the server, in the transaction of a session.

use super::runner::Nodes;
use super::wire::{Connection, Ran, Read, Running};
use crate::engine::packed::{Links, Outcome, ParamChunk};
use crate::engine::postgres::codec::decode::Column;
use crate::engine::postgres::codec::encode::{self, parameters};
use crate::engine::postgres::error::failure::{Cause, Failure};
use crate::engine::task::{self, stream_ended, Run, Step};
use crate::engine::watch::{Clock, Watch};
use crate::error::Error;
use futures_util::future::join3;
use futures_util::StreamExt;
use std::collections::HashMap;
use std::iter::repeat;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use tokio_postgres::types::Type;

/// The streams of one transaction, by their numbers.
#[derive(Default)]
pub struct Streams {
    open: HashMap<u32, Stream>,
    /// Those that have ended, except their cursors. They are closed with the next one that opens:
    /// to close one when it has given its last row would be a needless round trip to the server.
    spent: Vec<u32>,
}

struct Stream {
    number: u32,
    run: Arc<Run>,
    /// Rows given at once.
    batch: usize,
    /// How to read them; known with the first.
    columns: Option<Rc<Vec<Column>>>,
    /// The error that comes behind the rows.
    failed: Option<Error>,
}

impl Streams {
    /// Takes a step of a stream. `failed`: whether the server refuses every further statement.
    pub async fn step(
        &mut self,
        connection: &Connection,
        task: &task::Stream,
        failed: bool,
        watch: &Watch,
    ) -> Ran<Outcome> {
        let number = task.number;
        let (stream, clock) = (self.open.remove(&number), watch.clock());
        match (&task.step, stream) {
            (Step::Open { run, batch }, _) => {
                let stream = Stream { number, run: Arc::clone(run), batch: *batch, columns: None, failed: None };
                let running = self.declare(connection, &stream).await;
                self.read(connection, stream, running, (clock, watch)).await
            }
            (Step::Next, Some(mut stream)) => match stream.failed.take() {
                Some(error) => {
                    self.spent.push(number);
                    Err(Failure::unsent(error))
                }
                None => {
                    let running = stream.fetch(connection).await;
                    self.read(connection, stream, running, (clock, watch)).await
                }
            },
            (Step::Next, None) => Err(Failure::unsent(stream_ended())),
            (Step::Close, Some(_)) if !failed => {
                connection.steer(&close(number)).await?;
                Ok(Outcome::default())
            }
            (Step::Close, _) => Ok(Outcome::default()),
        }
    }

    /// Declares the cursor and asks for its first rows, sent together: without a cursor there are
    /// no rows of it either.
    async fn declare(&mut self, connection: &Connection, stream: &Stream) -> Ran<Running> {
        let (plan, params) = (&stream.run.plan, &stream.run.params);
        let empty = ParamChunk::default();
        let mut cursor = encode::first(&params.chunks, &empty);
        let own = parameters(&plan.params[plan.nodes[0].params.clone()], &mut cursor).map_err(Failure::unsent)?;
        let sql = format!("DECLARE {} NO SCROLL CURSOR FOR {}", name(stream.number), plan.nodes[0].sql);
        let close = self.spent.drain(..).map(close).collect::<String>();
        let declared = async {
            // A statement that runs once is not worth preparing: the server finds out the types by itself.
            let typed = own.into_iter().zip(repeat(Type::UNKNOWN)).collect::<Vec<_>>();
            let mut none = pin!(connection.client().query_typed_raw(&sql, typed).await?);
            // The server reports the result at the end.
            while none.next().await.transpose()?.is_some() {}
            Ok(())
        };
        let fetched = stream.fetch(connection);
        let (closed, declared, fetched) = join3(connection.steer(&close), declared, fetched).await;
        closed?;
        declared.map_err(|error: tokio_postgres::Error| connection.failure(&error))?;
        fetched
    }

    async fn read(
        &mut self,
        connection: &Connection,
        mut stream: Stream,
        running: Ran<Running>,
        watched: (Clock, &Watch),
    ) -> Ran<Outcome> {
        let (number, result) = (stream.number, stream.read(connection, running, watched).await);
        match &result {
            Ok(outcome) if outcome.open => drop(self.open.insert(number, stream)),
            Ok(_) => self.spent.push(number),
            // Of a cursor that the server has, though its rows could not be read.
            Err(failure) if failure.cause == Cause::Unsent && stream.columns.is_some() => self.spent.push(number),
            Err(_) => {}
        }
        result
    }

    /// What was done since a savepoint is undone, and with it cursors that were opened since.
    pub fn undone(&mut self) {
        self.spent.clear();
    }
}

fn close(number: u32) -> String {
    format!("CLOSE {};", name(number))
}

fn name(number: u32) -> String {
    format!("plinth_stream_{number}")
}

impl Stream {
    async fn fetch(&self, connection: &Connection) -> Ran<Running> {
        let sql = format!("FETCH FORWARD {} FROM {}", self.batch, name(self.number));
        let none: [(&str, Type); 0] = [];
        let rows = connection.client().query_typed_raw(&sql, none).await;
        let rows = rows.map_err(|error| connection.failure(&error))?;
        Ok(Running { rows, columns: self.columns.clone() })
    }

    /// Reads a batch, and what belongs to its rows. A row that cannot be read fails the batch after those before it.
    async fn read(
        &mut self,
        connection: &Connection,
        running: Ran<Running>,
        (clock, watch): (Clock, &Watch),
    ) -> Ran<Outcome> {
        let mut outcome = Outcome::default();
        let plan = &self.run.plan;
        let read = match running {
            Ok(running) => connection.rows(plan, 0, running, &mut outcome).await,
            Err(failure) => Err(failure),
        };
        watch.node(0, 0, clock, read.as_ref().ok().and_then(Read::counted));
        let Read { keys, rows, seen, unreadable, columns, .. } = read?;
        self.columns = columns;
        match unreadable {
            Some(error) if rows == 0 => return Err(Failure::unsent(error)),
            failed => self.failed = failed,
        }
        if rows > 0 && plan.nodes.len() > 1 {
            let empty = ParamChunk::default();
            let mut cursor = encode::first(&self.run.params.chunks, &empty);
            cursor.skip(&plan.params[plan.nodes[0].params.clone()]);
            outcome.links.push(Links::default());
            let nodes = Nodes { run: &self.run, watch, cursor, captured: vec![keys] };
            nodes.run(connection, &mut outcome).await?;
        }
        outcome.open = seen == self.batch || self.failed.is_some();
        Ok(outcome)
    }
}
