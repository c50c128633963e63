//! A connection to a server: what is sent on it, what comes back, and what a failure means for it.

use super::statements::{Cache, Prepared, Statements};
use crate::engine::keys::{captures, Captured};
use crate::engine::packed::{Chunk, Outcome, CHUNK_ROWS, CHUNK_SLOTS};
use crate::engine::postgres::codec::decode::{self, Column};
use crate::engine::postgres::codec::encode::Parameter;
use crate::engine::postgres::codec::unreadable::{failed, generated};
use crate::engine::postgres::connect::notices::Notices;
use crate::engine::postgres::connect::target::Target;
use crate::engine::postgres::connect::way::Way;
use crate::engine::postgres::error::failure::{is_outdated_at_bind, Cause, Failure};
use crate::engine::postgres::error::refused;
use crate::engine::postgres::error::sqlstate::{is_another_statement, is_of_names, pooled, types_unknown};
use crate::engine::task::Run;
use crate::engine::unreadable::Skipped;
use crate::error::{Code, Error};
use crate::plan::{Action, Plan};
use futures_util::future::join;
use futures_util::StreamExt;
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::iter::repeat;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use tokio_postgres::types::Type;
use tokio_postgres::{Client, RowStream, Statement};

/// The result of what runs on a connection.
pub type Ran<T> = Result<T, Failure>;

/// A connection with its prepared statements. Calls on it may overlap: they are sent at once and answered in order.
pub struct Connection {
    client: Client,
    /// How to get to its server again.
    way: Way,
    /// The notices of the server.
    pub(super) notices: Arc<Notices>,
    pub(super) target: Target,
    /// Whether statements are kept prepared.
    prepares: bool,
    cache: RefCell<Cache>,
    health: Cell<Health>,
    /// Whether what runs may be stopped: then nothing is sent behind what begins a transaction, which may be what is hit.
    alone: Cell<bool>,
}

/// What is known of a connection. It only gets worse: each state stands behind the better ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Health {
    /// Calls can be sent.
    Sound,
    /// A call has met its end. A pooler may leave it open all the same.
    Broken,
    /// The server has announced that it ends the connection: what is sent after that does not run.
    Ended,
    /// It was given up: its answers are no longer awaited.
    Abandoned,
}

/// A statement that is running: its rows, and how to read them.
pub struct Running {
    /// The rows.
    pub rows: RowStream,
    /// `None` where that is known with the first row only.
    pub columns: Option<Rc<Vec<Column>>>,
}

/// What was read of a statement.
pub struct Read {
    /// The keys that includes need.
    pub keys: Captured,
    /// Rows that could be read.
    pub rows: usize,
    /// Rows, those among them that were left out.
    pub seen: usize,
    /// As many as the server counts.
    pub counted: u64,
    /// What is wrong with the row behind them.
    pub unreadable: Option<Error>,
    /// How they were read.
    pub columns: Option<Rc<Vec<Column>>>,
}

impl Read {
    /// How many rows the server counts, where all of them could be read.
    pub fn counted(&self) -> Option<u64> {
        self.unreadable.is_none().then_some(self.counted)
    }
}

impl Connection {
    /// A connection that has just been made.
    pub fn new(client: Client, way: Way, notices: Arc<Notices>, target: Target) -> Self {
        Connection {
            client,
            way,
            notices,
            prepares: target.prepare.kept().unwrap_or(false),
            cache: RefCell::new(Cache::new(target.prepare.generation())),
            target,
            health: Cell::new(Health::Sound),
            alone: Cell::new(false),
        }
    }

    /// Whether what runs from now on may be stopped.
    pub fn alone(&self, yes: bool) {
        self.alone.set(yes);
    }

    /// Asks the server to stop what runs here; ends when it has done so, or cannot be reached.
    pub fn ask_to_stop(&self) -> impl Future<Output = ()> + Send + 'static {
        let (way, target, token) = (self.way.clone(), self.target.clone(), self.client.cancel_token());
        async move { way.ask(&target, token).await }
    }

    /// Gives it up, whatever it still runs. The server is asked to stop that: it may not notice that its answer is not read any more.
    pub fn give_up(&self) {
        if !self.is_abandoned() {
            self.worsen(Health::Abandoned);
            // No call waits for it, and neither does a database that closes.
            tokio::spawn(self.ask_to_stop());
        }
    }

    /// Notes what was found out about the connection; what was worse stays.
    fn worsen(&self, health: Health) {
        self.health.set(self.health.get().max(health));
    }

    /// Whether the server has announced that it ends the connection.
    fn is_ended(&self) -> bool {
        self.health.get() == Health::Ended
    }

    /// Whether it was given up.
    pub fn is_abandoned(&self) -> bool {
        self.health.get() == Health::Abandoned
    }

    /// Carries out what begins a transaction and the work in it: sent together, but where the work may be stopped.
    pub async fn begun<T>(&self, begin: impl Future<Output = Ran<()>>, work: impl Future<Output = T>) -> Ran<T> {
        if self.alone.get() {
            begin.await?;
            return Ok(work.await);
        }
        let (begun, result) = join(begin, work).await;
        begun.map(|()| result)
    }

    /// The client.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Whether it is of no more use.
    pub fn is_lost(&self) -> bool {
        self.health.get() != Health::Sound || self.client.is_closed()
    }

    /// A failure that tokio-postgres reports.
    pub fn failure(&self, error: &tokio_postgres::Error) -> Failure {
        match !self.prepares && is_of_names(error) {
            // The statement itself has no name, and has run: this is about the types of its columns.
            true => Failure { error: types_unknown(error), cause: Cause::Refused },
            false => self.noted(Failure::of(error, self.is_ended())),
        }
    }

    /// A failure to run a prepared statement.
    pub fn failure_of_prepared(&self, error: &tokio_postgres::Error) -> Failure {
        let mut failure = Failure::of(error, self.is_ended());
        if failure.cause == Cause::Refused && is_outdated_at_bind(error) {
            failure.cause = Cause::Stale;
        }
        if is_another_statement(error) {
            failure.error = pooled(error);
        }
        self.noted(failure)
    }

    /// What is prepared does not fit the table any more, as found out here.
    pub fn outdated(&self) -> Failure {
        let error = Error::new(Code::SqlFailed, "The types of the table's columns have changed meanwhile.");
        self.noted(Failure { error, cause: Cause::Stale })
    }

    fn noted(&self, failure: Failure) -> Failure {
        match failure.cause {
            Cause::Lost { certain: true } => self.worsen(Health::Ended),
            Cause::Lost { certain: false } => self.worsen(Health::Broken),
            Cause::Stale => {
                self.target.prepare.outdate(self.cache.borrow().generation());
                // A transaction that it failed has to be made again as a whole.
                return Failure { error: Error { retryable: true, ..failure.error }, ..failure };
            }
            Cause::Refused | Cause::Unsent => {}
        }
        failure
    }

    /// Runs statements that begin or end a transaction or a savepoint. An empty text runs nothing.
    pub async fn steer(&self, sql: &str) -> Ran<()> {
        if sql.is_empty() {
            return Ok(());
        }
        self.client.batch_execute(sql).await.map_err(|error| self.failure(&error))
    }

    /// The statements of a plan that stay prepared; `None` if no statement does.
    pub fn kept(&self, run: &Run) -> Option<Rc<Statements>> {
        self.prepares.then(|| self.cache.borrow_mut().of(run.id, self.target.prepare.generation()))
    }

    /// The insert of one row, if statements stay prepared.
    pub async fn single(&self, run: &Run) -> Ran<Option<Statement>> {
        Ok(self.prepared(run, 0).await?.map(|prepared| prepared.statement))
    }

    async fn prepared(&self, run: &Run, index: usize) -> Ran<Option<Prepared>> {
        let Some(statements) = self.kept(run) else { return Ok(None) };
        let nodes = statements.nodes.get_or_try_init(|| self.prepare(&run.plan)).await?;
        let prepared = nodes.get(index).cloned();
        prepared.map(Some).ok_or_else(|| Failure::unsent(Error::new(Code::Internal, "A statement is missing.")))
    }

    async fn prepare(&self, plan: &Plan) -> Ran<Vec<Prepared>> {
        let mut all = Vec::with_capacity(plan.nodes.len());
        for node in &plan.nodes {
            let statement = self.client.prepare(&node.sql).await.map_err(|error| self.failure(&error))?;
            if plan.action == Action::Raw {
                refused::parameters(plan.params.len(), statement.params().len()).map_err(Failure::unsent)?;
            }
            let columns = Rc::new(decode::columns(plan, &node.outputs, statement.columns()).map_err(Failure::unsent)?);
            all.push(Prepared { statement, columns });
        }
        Ok(all)
    }

    /// Sends one statement of a plan.
    pub async fn start(&self, run: &Run, index: usize, params: Vec<Parameter<'_>>) -> Ran<Running> {
        let sql = &run.plan.nodes[index].sql;
        if run.plan.action == Action::Raw {
            refused::statement(sql).map_err(Failure::unsent)?;
        }
        let Some(prepared) = self.prepared(run, index).await? else {
            // The server finds out the types by itself; as text it takes values for every one.
            let typed = params.into_iter().zip(repeat(Type::UNKNOWN)).collect::<Vec<_>>();
            let rows = self.client.query_typed_raw(sql, typed).await.map_err(|error| self.failure(&error))?;
            return Ok(Running { rows, columns: None });
        };
        let rows = self.client.query_raw(&prepared.statement, params).await;
        let rows = rows.map_err(|error| self.failure_of_prepared(&error))?;
        Ok(Running { rows, columns: Some(prepared.columns) })
    }

    /// Reads the rows of one statement, packing them up to the first that cannot be read.
    pub async fn rows(&self, plan: &Plan, index: usize, running: Running, outcome: &mut Outcome) -> Ran<Read> {
        let mut keys: Captured = captures(plan, index).into_iter().map(|output| (output, Vec::new())).collect();
        let (mut count, before) = (0, outcome.skipped.len());
        let mut stream = pin!(running.rows);
        let mut known = running.columns;
        let outputs = &plan.nodes[index].outputs;
        let mut chunk = Chunk::new(index, outputs.len());
        let mut unreadable = None;
        while let Some(row) = stream.next().await {
            let row = row.map_err(|error| self.failure(&error))?;
            if unreadable.is_some() {
                // The rest is read all the same: only at its end is it known whether the statement succeeded.
                continue;
            }
            let columns = match &known {
                Some(columns) => columns,
                None => match decode::columns(plan, outputs, row.columns()) {
                    Ok(columns) => known.insert(Rc::new(columns)),
                    Err(error) => {
                        // The statement is not refused: it has run.
                        unreadable = Some(error.recoded(Code::ValueUnreadable));
                        continue;
                    }
                },
            };
            if plan.keyed {
                match generated(plan, &row) {
                    Ok(key) => outcome.keys.push(key),
                    Err(error) => unreadable = Some(error),
                }
                continue;
            }
            if plan.action == Action::Raw && outcome.columns.is_empty() {
                let named = row.columns().iter().zip(columns.iter());
                outcome.columns = named.map(|(named, read)| (named.name().to_owned(), read.wire())).collect();
            }
            if chunk.rows == CHUNK_ROWS || chunk.ints.len() + 2 * columns.len() > CHUNK_SLOTS {
                let next = chunk.next();
                outcome.chunks.push(std::mem::replace(&mut chunk, next));
            }
            // Only rows that are left out have others behind them: what is packed behind the last whole row is not read.
            let mark = plan.skips.then(|| chunk.mark());
            if let Err(column) = decode::row(&row, columns, &mut chunk) {
                let error = failed(plan, index, &row, columns, column);
                match mark {
                    Some(mark) => {
                        chunk.cut(mark);
                        outcome.skipped.push(Skipped { node: index, error });
                    }
                    None => unreadable = Some(error),
                }
                continue;
            }
            for (output, keys) in &mut keys {
                keys.push(decode::key(&row, *output, &columns[*output]));
            }
            count += 1;
        }
        if chunk.rows > 0 {
            outcome.chunks.push(chunk);
        }
        let counted = stream.rows_affected().unwrap_or_default();
        if plan.action != Action::Select {
            outcome.changes = counted;
        }
        let seen = count + outcome.skipped.len() - before;
        Ok(Read { keys, rows: count, seen, counted, unreadable, columns: known })
    }
}
