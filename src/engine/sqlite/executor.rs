//! Runs plans on one connection, their statements kept prepared.

use super::connection::{Connection, Raw};
use super::failure::Failure;
use super::many::has_many_rows;
use super::pack::{self, Column};
use super::rows::{rows, End, Portion};
use super::short::ShortPlans;
use super::target::Target;
use crate::engine::keys::{links_of, Captured, Key, Parents};
use crate::engine::packed::{Bind, Cursor, Outcome};
use crate::engine::stop::Stop;
use crate::engine::task::Run;
use crate::engine::watch::Watch;
use crate::error::{panicked, Code, Error, Result};
use crate::plan::{Action, Form, Param, Wire};
use hashlink::LruCache;
use libsqlite3_sys as ffi;
use std::collections::HashMap;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::atomic::AtomicBool;
use std::sync::Arc;
use std::time::Duration;

/// Plans whose statements a connection keeps prepared; the least recently used goes first.
const KEPT: usize = 512;

/// A connection with its prepared statements.
pub struct Executor {
    // Statements are finalized before their connection closes: fields drop in order.
    /// The statements of each plan.
    pub(super) plans: LruCache<u64, Vec<Statement>>,
    controls: HashMap<&'static str, Raw>,
    /// Which of the plans are short.
    pub(super) short: ShortPlans,
    /// By what the task that runs can be stopped.
    stop: Option<Arc<Stop>>,
    pub(super) connection: Connection,
}

/// A statement, and how to read its rows.
pub(super) struct Statement {
    pub(super) raw: Raw,
    pub(super) columns: Vec<Column>,
}

/// A plan whose statements run one after the other.
pub(super) struct PlanRun<'a> {
    pub(super) run: &'a Run,
    /// Where the statements are noted.
    pub(super) watch: &'a Watch,
    /// The parameters of the statements that have not run.
    pub(super) cursor: Cursor<'a>,
    /// Of each statement that has run, the keys that its includes need.
    pub(super) captured: Vec<Captured>,
    pub(super) outcome: Outcome,
}

impl Executor {
    /// Opens a connection; the task that it is for may be stopped meanwhile. `patience`: see `Connection::stoppable`.
    pub fn open(target: &Target, stop: &Arc<AtomicBool>, task: Option<&Arc<Stop>>, patience: Duration) -> Result<Self> {
        Ok(Executor {
            plans: LruCache::new(KEPT),
            controls: HashMap::new(),
            short: ShortPlans::default(),
            stop: None,
            connection: Connection::stoppable(target, stop, task, patience)?,
        })
    }

    /// The connection.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Carries out a task that may be stopped: its statements are, and its waiting for locks; what ends a transaction is
    /// not. Errors: `ABORTED`, `TIMEOUT`, also where it was stopped before: then it did not run.
    #[inline]
    pub fn stoppable<T>(&mut self, stop: Option<&Arc<Stop>>, work: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        let Some(stop) = stop.filter(|stop| !stop.ends()) else { return work(self) };
        stop.begin()?;
        self.stop = Some(Arc::clone(stop));
        let result = work(self);
        self.stop = None;
        result
    }

    /// Does what is not the task's alone, and not stopped with it.
    pub fn unstoppable<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> T {
        let stop = self.stop.take();
        let result = work(self);
        self.stop = stop;
        result
    }

    /// Whether the task that runs may be stopped.
    pub fn is_stoppable(&self) -> bool {
        self.stop.is_some()
    }

    /// Whether the task that runs is to stop. Errors: `ABORTED`, `TIMEOUT`.
    pub fn check(&self) -> Result<()> {
        self.stop.as_ref().map_or(Ok(()), |stop| stop.check())
    }

    /// Begins a transaction; where that takes a lock, it waits for it.
    pub fn begin(&mut self, sql: &'static str) -> Result<()> {
        let Some(stop) = &self.stop else { return self.control(sql) };
        self.connection.stop_by(Some(stop));
        let begun = self.control(sql);
        self.connection.stop_by(None);
        // It may have begun and been interrupted after that.
        if begun.is_err() && self.connection.in_transaction() {
            self.control("ROLLBACK")?;
        }
        begun
    }

    /// One of the fixed statements, prepared.
    fn fixed(&mut self, sql: &'static str) -> Result<*mut ffi::sqlite3_stmt> {
        let Executor { controls, connection, .. } = self;
        let raw = match controls.entry(sql) {
            std::collections::hash_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::hash_map::Entry::Vacant(entry) => entry.insert(connection.prepare(sql)?),
        };
        Ok(raw.statement)
    }

    /// Runs one of the fixed statements that steer transactions.
    pub fn control(&mut self, sql: &'static str) -> Result<()> {
        match self.steps(sql)? {
            true => Ok(()),
            false => Err(self.connection.error()),
        }
    }

    /// The same, without the reason for a failure: to find it may take long.
    pub fn takes(&mut self, sql: &'static str) -> bool {
        self.controls.contains_key(sql) && self.steps(sql).unwrap_or(false)
    }

    /// Whether one of the fixed statements runs without a failure.
    fn steps(&mut self, sql: &'static str) -> Result<bool> {
        let raw = self.fixed(sql)?;
        // SAFETY: the statement is live and belongs to this thread.
        let code = unsafe {
            let code = ffi::sqlite3_step(raw);
            ffi::sqlite3_reset(raw);
            code
        };
        Ok(matches!(code, ffi::SQLITE_DONE | ffi::SQLITE_ROW))
    }

    /// The number that one of the fixed statements gives.
    pub(super) fn number(&mut self, sql: &'static str) -> Option<i64> {
        let raw = self.fixed(sql).ok()?;
        // SAFETY: the statement is live and belongs to this thread.
        unsafe {
            let row = ffi::sqlite3_step(raw) == ffi::SQLITE_ROW;
            let number = row.then(|| ffi::sqlite3_column_int64(raw, 0));
            ffi::sqlite3_reset(raw);
            number
        }
    }

    /// Ends a transaction that wrote, unless the files are not those that were opened: then it is
    /// rolled back. If that is found out after the sync, it may be committed. Errors: `FILE_GONE`,
    /// ...
    pub fn commit(&mut self) -> Result<()> {
        if let Err(gone) = self.connection.look_before_commit() {
            // SQLite rolls back when the connection closes; why it must is the answer.
            let _ = self.control("ROLLBACK");
            return Err(gone);
        }
        self.control("COMMIT")?;
        self.committed()
    }

    /// Looks at the files after a commit. Errors: `FILE_GONE`.
    pub fn committed(&self) -> Result<()> {
        self.connection.look().map_err(|gone| Error { may_have_committed: Some(true), ..gone })
    }

    /// Whether running this would write. Of raw SQL only the database knows.
    pub fn writes(&mut self, run: &Run) -> Result<bool> {
        if run.plan.action != Action::Raw {
            return Ok(run.plan.writes());
        }
        self.prepare(run)?;
        let statement = self.statement(run, 0)?;
        // SAFETY: the statement is live.
        Ok(unsafe { ffi::sqlite3_stmt_readonly(statement) } == 0)
    }

    /// Whether it gives rows. Of raw SQL this is known once `writes` was asked.
    pub fn returns(&self, run: &Run) -> bool {
        if run.plan.action != Action::Raw {
            return run.plan.nodes.iter().any(|n| !n.outputs.is_empty());
        }
        let statement = self.statement(run, 0);
        // SAFETY: the statement is live.
        statement.is_ok_and(|s| unsafe { ffi::sqlite3_column_count(s) } > 0)
    }

    /// Runs a plan.
    pub fn run(&mut self, run: &Run) -> Result<Outcome> {
        self.guarded(|executor| executor.attempt(run))
    }

    /// Does work that may be stopped. A panic is a failure too, otherwise the call would get no
    /// answer.
    pub(super) fn guarded(&mut self, work: impl FnOnce(&mut Self) -> Result<Outcome>) -> Result<Outcome> {
        if self.stop.is_some() {
            self.connection.stop_by(self.stop.as_ref());
        }
        let result = catch_unwind(AssertUnwindSafe(|| work(self)));
        if self.stop.is_some() {
            self.connection.stop_by(None);
        }
        match result {
            Ok(result) => result,
            Err(_) => {
                // Whatever was half-way is finalized with its statement.
                self.plans.clear();
                Err(panicked())
            }
        }
    }

    /// Runs a plan. A failure leaves no trace, if the plan is one statement for one row; for the
    /// rest, callers set a savepoint.
    fn attempt(&mut self, run: &Run) -> Result<Outcome> {
        run.watch.again();
        let clock = run.watch.clock();
        self.prepare(run)?;
        let result = match run.plan.action {
            Action::Insert => {
                let result = self.insert(run);
                run.watch.node(0, 0, clock, result.as_ref().ok().map(|outcome| outcome.changes));
                result
            }
            Action::Upsert if has_many_rows(run) => {
                let result = self.each_row(run);
                run.watch.node(0, 0, clock, result.as_ref().ok().map(|outcome| outcome.changes));
                result
            }
            _ => self.statements(run),
        };
        result.map_err(|failure| failure.into_error(run, &self.connection))
    }

    pub(super) fn prepare(&mut self, run: &Run) -> Result<()> {
        if self.plans.get(&run.id).is_none() {
            self.prepare_anew(run)?;
        }
        if run.plan.action == Action::Raw {
            let statement = self.statement(run, 0)?;
            // SAFETY: the statement is live.
            if unsafe { ffi::sqlite3_stmt_readonly(statement) } == 0 {
                self.short.forget();
            }
        }
        Ok(())
    }

    fn prepare_anew(&mut self, run: &Run) -> Result<()> {
        let foreign = run.plan.action == Action::Raw;
        let statement = |node: &crate::plan::Node| -> Result<Statement> {
            let raw = match foreign {
                true => {
                    let raw = self.connection.prepare_foreign(&node.sql)?;
                    // SAFETY: the statement was just prepared.
                    unsafe { pack::check_parameters(raw.statement, run.plan.params.len())? };
                    raw
                }
                false => self.connection.prepare(&node.sql)?,
            };
            Ok(Statement { raw, columns: node.outputs.iter().map(Column::from).collect() })
        };
        let all = || run.plan.nodes.iter().map(statement).collect::<Result<Vec<_>>>();
        let clock = run.watch.clock();
        // What is wrong with a statement may be wrong only with the schema as this connection last saw it.
        let statements = all().or_else(|error| match error.code {
            Code::SqlFailed => self.connection.batch("SELECT 1 FROM sqlite_schema LIMIT 1").and_then(|()| all()),
            _ => Err(error),
        });
        if statements.is_err() {
            run.watch.again();
            run.watch.node(0, 0, clock, None);
        }
        let statements = statements?;
        self.plans.insert(run.id, statements);
        Ok(())
    }

    /// A statement of a plan that is prepared.
    pub(super) fn statement(&self, run: &Run, index: usize) -> Result<*mut ffi::sqlite3_stmt> {
        let statement = self.plans.peek(&run.id).and_then(|statements| statements.get(index));
        statement.map(|statement| statement.raw.statement).ok_or_else(super::broken)
    }

    pub(super) fn bind(
        &self,
        statement: *mut ffi::sqlite3_stmt,
        before: usize,
        params: &[Param],
        cursor: &mut Cursor<'_>,
    ) -> Result<()> {
        for (i, param) in params.iter().enumerate() {
            // SAFETY: the statement is live and was reset after its last use.
            unsafe { pack::bind(statement, before + i + 1, param, cursor.next(param))? };
        }
        Ok(())
    }

    /// Runs every statement of a plan, each include after its parent.
    fn statements(&mut self, run: &Run) -> std::result::Result<Outcome, Failure> {
        let empty = Default::default();
        let cursor = Cursor::new(run.params.chunks.first().unwrap_or(&empty));
        let (captured, outcome) = (Vec::new(), Outcome::default());
        let mut plan_run = PlanRun { run, watch: &run.watch, cursor, captured, outcome };
        self.run_nodes(&mut plan_run).map_err(|error| Failure { error, chunk: 0, row: 0 })?;
        let mut outcome = plan_run.outcome;
        // SQLite counts on from the last write when a statement only reads.
        if run.plan.action != Action::Select {
            outcome.changes = self.connection.changes();
        }
        Ok(outcome)
    }

    /// Runs the statements of a plan that have not run.
    pub(super) fn run_nodes(&mut self, plan_run: &mut PlanRun<'_>) -> Result<()> {
        while plan_run.captured.len() < plan_run.run.plan.nodes.len() {
            self.run_node(plan_run)?;
        }
        Ok(())
    }

    /// Runs the next statement of a plan.
    fn run_node(&mut self, plan_run: &mut PlanRun<'_>) -> Result<()> {
        let PlanRun { run, watch, cursor, captured, outcome } = plan_run;
        let (plan, index) = (&run.plan, captured.len());
        let node = &plan.nodes[index];
        let parents = node.link.as_ref().map(|link| Parents::of(link, captured)).unwrap_or_default();
        let list = node.link.as_ref().map(|_| key_list(parents.keys()));
        let before = usize::from(list.is_some());
        let raw = self.statement(run, index)?;
        let clock = watch.clock();
        let changed = clock.map(|_| self.connection.total_changes());
        let result = (|| {
            if let Some(list) = &list {
                let param = Param { wire: Wire::Text, form: Form::Plain };
                // SAFETY: the list lives until the statement is reset below.
                unsafe { pack::bind(raw, 1, &param, Bind::Text(list.as_bytes()))? };
            }
            self.bind(raw, before, &plan.params[node.params.clone()], cursor)?;
            let Executor { plans, connection, .. } = &mut *self;
            let statement = plans.peek_mut(&run.id).and_then(|statements| statements.get_mut(index));
            match statement {
                Some(statement) => rows(connection, statement, Portion { plan, index, most: usize::MAX }, outcome),
                None => Err(super::broken()),
            }
        })();
        // SAFETY: the statement is live; nothing bound outlives its source.
        unsafe { ffi::sqlite3_reset(raw) };
        let result = result.and_then(|read| match read.end {
            End::Failed(error) => Err(*error),
            End::Done | End::Full => Ok((read.keys, read.rows)),
        });
        let rows = |(_, rows): &(Captured, usize)| match rows {
            0 if changed == Some(self.connection.total_changes()) => 0,
            0 => self.connection.changes(),
            rows => *rows as u64,
        };
        watch.node(index, parents.count(), clock, clock.and(result.as_ref().ok().map(rows)));
        let (keys, _) = result?;
        outcome.links.push(links_of(plan, index, parents, &keys)?);
        captured.push(keys);
        Ok(())
    }
}

/// Keys as a JSON array.
fn key_list<'a>(keys: impl Iterator<Item = &'a Key>) -> String {
    let parts = keys.map(|key| match key {
        Key::Int(n) => n.to_string(),
        Key::Text(text) => serde_json::Value::from(String::from_utf8_lossy(text)).to_string(),
    });
    format!("[{}]", parts.collect::<Vec<_>>().join(","))
}
