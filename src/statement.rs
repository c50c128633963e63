//! The unit that a dialect hands to an engine: a statement with its values, and the trait that runs
//! one away from the row path.

use crate::error::Result;
use crate::value::Value;
use serde::Serialize;
use std::any::Any;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;
use std::time::Duration;

/// One SQL statement and the values of its parameters, in order.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// The text, with the dialect's placeholders.
    pub sql: String,
    /// One value a placeholder.
    pub binds: Vec<Value>,
}

impl Statement {
    /// A statement without parameters.
    pub fn new(sql: impl Into<String>) -> Self {
        Statement { sql: sql.into(), binds: Vec::new() }
    }

    /// Adds the value of the next parameter.
    pub fn bind(mut self, value: impl Into<Value>) -> Self {
        self.binds.push(value.into());
        self
    }
}

/// One row, its values in the order of the statement's columns.
pub type Row = Vec<Value>;

/// A connection that runs administrative statements: DDL, introspection, history. Rows of models never pass here.
pub trait Execute {
    /// Runs one statement or a script without parameters.
    fn batch(&mut self, sql: &str) -> Result<()>;
    /// Runs one statement; gives the number of rows it changed.
    fn execute(&mut self, statement: &Statement) -> Result<usize>;
    /// Runs one statement; gives its rows.
    fn query(&mut self, statement: &Statement) -> Result<Vec<Row>>;
    /// The connection itself, for callers that know its type (`None` if it is only lent), and the
    /// watch over its statements.
    fn parts(&mut self) -> (Option<&mut dyn Any>, Option<&mut dyn Watch>) {
        (None, None)
    }
    /// How long it waits for others that change the tables of the same database.
    fn patience(&self) -> Patience {
        Patience::default()
    }
    /// Looks from now on, if it waits for a lock, at once for the session that holds the lock; or only after a while, as usual.
    fn look_at_once(&mut self, _at_once: bool) {}
    /// The session that this one was last seen to wait for; `None` if none was seen since this was last asked.
    fn blocker(&mut self) -> Option<Blocker> {
        None
    }
    /// Whether each transaction may run in another session, as behind a pooler: settings of a session would reach others.
    fn is_pooled(&self) -> bool {
        false
    }
    /// Brings back what statements took away that did not mean to, where a transaction sees to that.
    fn settle(&mut self) -> Result<()> {
        Ok(())
    }
}

/// The function that is called with each statement before it runs.
pub trait Watch {
    /// A statement is about to run on the connection.
    fn before(&mut self, connection: &mut dyn Execute, sql: &str) -> Result<()>;
}

/// How long a connection waits for others that change the tables of the same database, and the
/// function that is called meanwhile. Clones share what was waited so far: one call may wait on
/// several connections, and several times.
#[derive(Clone, Debug)]
pub struct Patience {
    /// How long the call waits in all.
    pub limit: Duration,
    /// How long the one that is waited for may stand still.
    pub standstill: Duration,
    /// The function that is called meanwhile.
    pub hears: Option<Hears>,
    /// How the locks of tables are asked for.
    pub locks: LockTries,
    waited: Arc<AtomicU64>,
}

/// How a transaction that changes tables asks for their locks. A session that waits for the lock of a table keeps all others
/// from it that come later, so that it waits briefly, and often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LockTries {
    /// How long a lock is waited for at once.
    pub once: Duration,
    /// How often the transaction is tried, at most.
    pub most: u32,
    /// For how long it is tried again after the first refusal, at most.
    pub all: Duration,
}

impl Default for LockTries {
    fn default() -> Self {
        LockTries { once: Duration::from_millis(40), most: 200, all: Duration::from_secs(300) }
    }
}

/// A session that holds a lock, or waits for it and comes first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Blocker {
    /// The session, as messages name it.
    pub name: String,
    /// The way to end it, for messages.
    pub end: Option<String>,
    /// The table whose lock it is, by its name.
    pub table: Option<String>,
    /// The same table as SQL, if the session is the server's own vacuum, which gives way to others.
    pub vacuums: Option<String>,
}

/// How the session is found that another session waits for: a query whose only parameter is the number of the session that
/// waits, and what its rows say.
#[derive(Clone, Copy, Debug)]
pub struct Sight {
    /// The query.
    pub sql: &'static str,
    /// Reads its rows.
    pub read: fn(&[Row]) -> Option<Blocker>,
}

/// The function that is called when a call waits.
#[derive(Clone)]
pub struct Hears(pub Arc<dyn Fn(&Wait) + Send + Sync>);

impl fmt::Debug for Hears {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hears")
    }
}

/// A call waits for another process.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Wait {
    /// The process or the session that is waited for, as far as it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holder: Option<String>,
    /// For how long, in milliseconds.
    pub waited_ms: u64,
    /// How often a transaction was tried whose locks others hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tries: Option<u32>,
}

/// When a wait is reported: after a second, then every few seconds.
#[derive(Debug, Default)]
pub struct Due {
    told: Option<Duration>,
}

impl Due {
    /// Whether it is time, after so long a wait.
    pub fn is_now(&mut self, waited: Duration) -> bool {
        let (first, then) = (Duration::from_secs(1), Duration::from_secs(5));
        let is_now = self.told.map_or(waited >= first, |told| waited >= told + then);
        if is_now {
            self.told = Some(waited);
        }
        is_now
    }
}

impl Patience {
    /// How long a call waits if it says nothing.
    pub const LIMIT: Duration = Duration::from_secs(600);
    /// How long the one that is waited for may stand still. More than any statement waits for the lock of a table.
    pub const STANDSTILL: Duration = Duration::from_secs(60);

    /// Patience of which nothing is used up.
    pub fn new(limit: Duration, standstill: Duration, hears: Option<Hears>) -> Self {
        Patience { limit, standstill, hears, locks: LockTries::default(), waited: Arc::default() }
    }

    /// The same, which asks so for the locks of tables.
    pub fn asking(self, locks: LockTries) -> Self {
        Patience { locks, ..self }
    }

    /// Tells the function that is called meanwhile of a wait.
    pub fn tell(&self, wait: &Wait) {
        if let Some(hears) = &self.hears {
            (hears.0)(wait);
        }
    }

    /// How long the call has waited so far.
    pub fn waited(&self) -> Duration {
        Duration::from_millis(self.waited.load(Ordering::Relaxed))
    }

    /// Notes that the call has waited for so long.
    pub fn spend(&self, time: Duration) {
        self.waited.fetch_add(time.as_millis() as u64, Ordering::Relaxed);
    }
}

impl Default for Patience {
    fn default() -> Self {
        Patience::new(Patience::LIMIT, Patience::STANDSTILL, None)
    }
}
