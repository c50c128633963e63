//! An engine's report of statements, if there is a watch: which ran, how long each took, and the
//! result.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The notes of the statements of a call; mostly none, which costs nothing.
#[derive(Clone, Default)]
pub struct Watch(Option<Arc<Mutex<Vec<Timing>>>>);

/// A statement that ran.
#[derive(Clone, Debug, PartialEq)]
pub struct Timing {
    /// The statement.
    pub statement: Statement,
    /// From its first step, its preparation included where it was not prepared yet, to its last row.
    pub duration: Duration,
    /// Rows it gave, or else inserted, changed or deleted; `None`: it failed.
    pub rows: Option<u64>,
}

/// The statement that ran.
#[derive(Clone, Debug, PartialEq)]
pub enum Statement {
    /// A node of the call's plan, with so many keys of its parents.
    Node(usize, usize),
    /// A statement that steers a transaction.
    Control(String),
}

/// When a statement began, where somebody wants to know.
pub type Clock = Option<Instant>;

impl Watch {
    /// One that notes.
    pub fn on() -> Self {
        Watch(Some(Arc::default()))
    }

    /// Another one, that notes where this one does.
    pub fn apart(&self) -> Self {
        self.0.as_ref().map(|_| Watch::on()).unwrap_or_default()
    }

    /// Whether it notes.
    pub fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// Begins to time a statement.
    #[inline]
    pub fn clock(&self) -> Clock {
        self.0.as_ref().map(|_| Instant::now())
    }

    /// Forgets what was noted: the call runs again, from its beginning.
    #[inline]
    pub fn again(&self) {
        self.with(Vec::clear);
    }

    /// A node of the plan has run.
    #[inline]
    pub fn node(&self, index: usize, keys: usize, clock: Clock, rows: Option<u64>) {
        if let Some(clock) = clock {
            let statement = Statement::Node(index, keys);
            self.note(Timing { statement, duration: clock.elapsed(), rows });
        }
    }

    /// A statement that steers a transaction has run.
    pub fn control(&self, sql: &str, clock: Clock, done: bool) {
        if let Some(clock) = clock {
            let statement = Statement::Control(sql.to_owned());
            self.note(Timing { statement, duration: clock.elapsed(), rows: done.then_some(0) });
        }
    }

    /// All that another noted goes before what this one has.
    pub fn before(&self, other: &Watch) {
        let earlier = other.take();
        self.with(|all| drop(all.splice(0..0, earlier)));
    }

    /// What was noted, in the order in which it ended.
    pub fn take(&self) -> Vec<Timing> {
        let mut all = Vec::new();
        self.with(|noted| all.append(noted));
        all
    }

    fn note(&self, timing: Timing) {
        self.with(|all| all.push(timing));
    }

    #[inline]
    fn with(&self, work: impl FnOnce(&mut Vec<Timing>)) {
        if let Some(all) = &self.0 {
            work(&mut all.lock().unwrap_or_else(PoisonError::into_inner));
        }
    }
}
