//! A connection for administration: schema, introspection, seeds. Slow and general; rows of models take the packed path.

pub mod for_diesel;
mod lookout;
mod rows;

use crate::engine::postgres::connect::servers::{connect, Connected, Driver, Probe};
use crate::engine::postgres::connect::target::Target;
use crate::engine::postgres::connect::way::Way;
use crate::engine::stop::{Stop, Why};
use crate::error::{Code, Error, Result};
use crate::statement::{Blocker, Execute, Patience, Row, Sight, Statement, Watch};
use crate::value::Value;
use diesel::result::Error as DieselError;
use for_diesel::{unwrapped, within, Bound, PgConnection};
use lookout::Lookout;
use rows::values;
use std::any::Any;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use tokio::runtime::Builder;
use tokio::sync::oneshot;
use tokio::time::sleep;
use tokio_postgres::types::Type;

/// A PostgreSQL connection that runs administrative statements.
pub struct AdminConnection {
    /// Taken when it is dropped, so that the thread sees its end.
    inner: Option<PgConnection>,
    driver: Option<JoinHandle<()>>,
    /// Tells the thread that the connection is not used any more, and how long to wait for the server.
    over: Option<oneshot::Sender<Duration>>,
    stop: Option<Arc<Stop>>,
    /// Whether a pooler stands before the server.
    is_pooled: bool,
}

impl AdminConnection {
    /// Connects. Not to be called in a runtime: it waits, as all that it does.
    pub fn open(target: &Target) -> Result<Self> {
        Self::open_until(target, None)
    }

    /// Connects, and does all that follows, by the deadline of a task. A server that does not answer is waited for a little longer.
    /// Errors: `TIMEOUT`.
    pub fn open_by(target: &Target, task: &Arc<Stop>) -> Result<Self> {
        Self::open_until(target, Some(task))
    }

    fn open_until(target: &Target, stop: Option<&Arc<Stop>>) -> Result<Self> {
        let runtime = Builder::new_current_thread().enable_time().build().map_err(no_runtime)?;
        let until = stop.and_then(|stop| Instant::now().checked_add(stop.left()? + stop.patience()));
        let (over, ended) = oneshot::channel();
        let (client, driver, way) = on_thread(target, until, ended)?;
        let inner = Some(PgConnection::new(client, runtime, until));
        let (driver, over, stop) = (Some(driver), Some(over), stop.cloned());
        let mut admin = AdminConnection { inner, driver, over, stop, is_pooled: false };
        admin.begin(target, &way)?;
        Ok(admin)
    }

    /// The first question: conversions between texts and times in scripts mean the same in every time zone of the server. Without
    /// a deadline a second connection looks at this one from then on.
    fn begin(&mut self, target: &Target, way: &Way) -> Result<()> {
        let has_deadline = self.stop.is_some();
        let limit = target.connect_timeout();
        let connection = self.diesel()?;
        if !has_deadline {
            connection.set_until(limit.and_then(|limit| Instant::now().checked_add(limit)));
        }
        let begun =
            connection.query(&Statement::new("SELECT pg_backend_pid()::bigint, set_config('TimeZone', 'UTC', false)"));
        if !has_deadline {
            connection.set_until(None);
            let rows = begun.map_err(|error| match error.code {
                Code::Timeout => error.recoded(Code::HostUnreachable).says("The server did not answer in time."),
                _ => error,
            })?;
            let pid = rows.first().and_then(|row| row.first()).and_then(Value::as_int).unwrap_or_default();
            let lookout = Lookout::new(way.only(target), i32::try_from(pid).unwrap_or_default(), limit);
            self.is_pooled = !self.diesel()?.look_out(lookout);
            return self.end_with_client();
        }
        begun.map(drop)
    }

    /// Has the server end what it runs if this process is gone, which it would notice only at the end of the statement: until then
    /// the locks would stay. Servers before 14, and those that are not on Linux, cannot; a pooler would keep the setting.
    fn end_with_client(&mut self) -> Result<()> {
        if self.is_pooled {
            return Ok(());
        }
        let sql = format!(
            "SELECT set_config(name, '{}', false) FROM pg_settings WHERE name = 'client_connection_check_interval'",
            LOOK_FOR_CLIENT.as_millis()
        );
        match self.diesel()?.batch(&sql) {
            Err(error) if error.code == Code::ConnectionLost => Err(error),
            _ => Ok(()),
        }
    }

    /// Says how long it waits for others that change the tables.
    pub fn set_patience(&mut self, patience: Patience) {
        if let Some(connection) = &mut self.inner {
            connection.set_patience(patience);
        }
    }

    /// Says how the session is found that this one waits for.
    pub fn set_sight(&mut self, sight: Sight) {
        if let Some(connection) = &mut self.inner {
            connection.set_sight(sight);
        }
    }

    /// Undoes what is open. A server that does not answer is waited for a moment only: it does the same when it sees that the
    /// connection has ended.
    pub fn leave(&mut self) {
        if let Some(connection) = &mut self.inner {
            connection.set_until(Instant::now().checked_add(GOODBYE));
            let _ = connection.batch("ROLLBACK");
        }
    }

    /// Has the server end a query of a transaction that is not done by the deadline.
    fn query_until(&mut self, statement: &Statement, stop: &Stop) -> Result<Vec<Row>> {
        stop.check()?;
        if let Some(left) = stop.left() {
            // Rounded up, so that the deadline is over when the server ends the query.
            let limit = (left.as_millis() + 1).min(i32::MAX as u128);
            let set = format!("SELECT set_config('statement_timeout', '{limit}', true)");
            self.diesel()?.batch(&set)?;
        }
        let rows = self.diesel()?.query(statement);
        rows.map_err(|error| match stop.why().filter(|_| error.code == Code::Timeout) {
            Some(why) => why.error(),
            None => error,
        })
    }

    /// The connection as Diesel wants it.
    pub fn diesel(&mut self) -> Result<&mut PgConnection> {
        self.inner.as_mut().ok_or_else(|| Error::new(Code::Internal, "The connection is closed."))
    }
}

impl Drop for AdminConnection {
    fn drop(&mut self) {
        let silent = self.inner.as_ref().is_some_and(PgConnection::is_given_up);
        drop(self.inner.take());
        let late = silent || self.stop.as_ref().is_some_and(|stop| stop.why().is_some());
        if let Some(over) = self.over.take() {
            // A thread that has ended needs no word.
            let _ = over.send(if late { Duration::ZERO } else { GOODBYE });
        }
        if let Some(driver) = self.driver.take() {
            // The server knows by then, unless it does not listen.
            drop(driver.join());
        }
    }
}

fn no_runtime(error: std::io::Error) -> Error {
    Error::new(Code::Internal, format!("A runtime could not be made: {error}."))
}

/// How often the server looks for this process while a statement runs.
const LOOK_FOR_CLIENT: Duration = Duration::from_secs(2);

/// How long a server is waited for to take a goodbye.
const GOODBYE: Duration = Duration::from_secs(1);

/// Connects on a thread of its own, which then moves the connection's bytes until its end: at the latest a moment after `over`
/// says that it is not used any more.
fn on_thread(
    target: &Target,
    until: Option<Instant>,
    over: oneshot::Receiver<Duration>,
) -> Result<(tokio_postgres::Client, JoinHandle<()>, Way)> {
    let target = target.clone();
    let runtime = Builder::new_current_thread().enable_all().build().map_err(no_runtime)?;
    let (sender, receiver) = oneshot::channel();
    let work = move || {
        runtime.block_on(async {
            let connected =
                within(until, connect(&target, Probe::Needless)).await.unwrap_or_else(|| Err(Why::Late.error()));
            let (answer, driver): (_, Option<Driver>) = match connected {
                Ok(Connected { client, driver, way, .. }) => (Ok((client, way)), Some(driver)),
                Err(error) => (Err(error), None),
            };
            if sender.send(answer).is_ok() {
                if let Some(driver) = driver {
                    let goodbye = async {
                        sleep(over.await.unwrap_or(GOODBYE)).await;
                    };
                    tokio::select! {
                        () = driver => {}
                        () = goodbye => {}
                    }
                }
            }
        });
    };
    let driver = thread::Builder::new().name("plinth-admin".into()).spawn(work);
    let driver = driver.map_err(|error| Error::new(Code::Internal, format!("A thread could not be made: {error}.")))?;
    let ended = |_| Error::new(Code::Internal, "A connection's thread ended.");
    let (client, way) = receiver.blocking_recv().map_err(ended)??;
    Ok((client, driver, way))
}

impl Execute for PgConnection {
    fn batch(&mut self, sql: &str) -> Result<()> {
        PgConnection::batch(self, sql)
    }

    fn execute(&mut self, statement: &Statement) -> Result<usize> {
        self.change(&statement.sql, &bound(statement))
    }

    fn query(&mut self, statement: &Statement) -> Result<Vec<Row>> {
        let rows = self.rows(&statement.sql, &bound(statement))?;
        rows.iter().map(values).collect()
    }

    fn patience(&self) -> Patience {
        PgConnection::patience(self).clone()
    }
}

impl Execute for AdminConnection {
    fn batch(&mut self, sql: &str) -> Result<()> {
        self.diesel()?.batch(sql)
    }

    fn execute(&mut self, statement: &Statement) -> Result<usize> {
        self.diesel()?.execute(statement)
    }

    fn query(&mut self, statement: &Statement) -> Result<Vec<Row>> {
        match self.stop.clone() {
            Some(stop) => self.query_until(statement, &stop),
            None => self.diesel()?.query(statement),
        }
    }

    fn parts(&mut self) -> (Option<&mut dyn Any>, Option<&mut dyn Watch>) {
        (Some(self), None)
    }

    fn patience(&self) -> Patience {
        self.inner.as_ref().map(|connection| PgConnection::patience(connection).clone()).unwrap_or_default()
    }

    fn look_at_once(&mut self, at_once: bool) {
        if let Some(connection) = &mut self.inner {
            connection.look_at_once(at_once);
        }
    }

    fn blocker(&mut self) -> Option<Blocker> {
        self.inner.as_mut()?.blocker()
    }

    fn is_pooled(&self) -> bool {
        self.is_pooled
    }
}

fn bound(statement: &Statement) -> Vec<Bound<'_>> {
    statement.binds.iter().map(typed).collect()
}

fn typed(value: &Value) -> Bound<'_> {
    match value {
        Value::Null => (&None::<&str>, Type::UNKNOWN),
        Value::Bool(flag) => (flag, Type::BOOL),
        Value::Int(number) => (number, Type::INT8),
        Value::Real(number) => (number, Type::FLOAT8),
        Value::Text(text) => (text, Type::TEXT),
        Value::Bytes(bytes) => (bytes, Type::BYTEA),
    }
}

/// An error of Diesel's harness: of a statement of its own, or of Diesel itself.
pub fn from_diesel(error: DieselError) -> Error {
    unwrapped(error).unwrap_or_else(|error| Error::new(Code::Internal, format!("Diesel's harness failed: {error}.")))
}

/// Creates the database where the server has none of its name; says whether it did. Another process
/// that creates it at the same time is as good.
pub fn create_database(target: &Target) -> Result<bool> {
    let missing = match AdminConnection::open(target) {
        Ok(_) => return Ok(false),
        Err(error) if error.code == Code::UnknownDatabase => error,
        Err(error) => return Err(error),
    };
    let Some(name) = target.database() else { return Err(missing) };
    // Databases that every server has; a role may be kept out of either.
    let opened = AdminConnection::open(&target.with_database("postgres"))
        .or_else(|_| AdminConnection::open(&target.with_database("template1")));
    let Ok(mut connection) = opened else { return Err(missing) };
    match connection.batch(&format!("CREATE DATABASE \"{}\"", name.replace('"', "\"\""))) {
        Ok(()) => Ok(true),
        Err(error) => match AdminConnection::open(target) {
            Ok(_) => Ok(false),
            Err(_) => {
                Err(Error::new(Code::UnknownDatabase, format!("{} It could not be created: {error}", missing.message))
                    .hint("Create it with a role that may, or GRANT CREATEDB to the role of DATABASE_URL."))
            }
        },
    }
}
