//! A database as its callers see it: models, the dialect that compiles queries over them, and the engine that runs them.

use crate::dialect::compile::{compile, Syntax};
use crate::engine::sqlite::{Durability, Sqlite, Target};
use crate::engine::url::Location;
use crate::engine::{Engine, Sink};
use crate::error::Result;
use crate::plan::Plan;
use crate::query;
use crate::schema::Models;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// An open database.
pub struct Database {
    /// Its models.
    pub models: Models,
    /// What runs its plans.
    pub engine: Box<dyn Engine>,
    syntax: Box<dyn Syntax + Send + Sync>,
    plans: Mutex<Plans>,
}

#[derive(Default)]
struct Plans {
    next: u32,
    known: HashMap<u32, Arc<Plan>>,
}

/// What a database in memory is called, so that several connections of this process can find it.
pub fn memory_path() -> String {
    format!("file:/plinth-{}?vfs=memdb", uuid::Uuid::now_v7().simple())
}

impl Database {
    /// Opens a database; it connects with its first task. `memory` is the path of a database in memory.
    pub fn open(
        models: Models,
        location: &Location,
        durability: Durability,
        memory: String,
        sink: Arc<dyn Sink>,
    ) -> Self {
        let target = match location {
            Location::SqliteFile(path) => Target { path: path.clone(), memory: false, durability },
            Location::SqliteMemory => Target { path: memory, memory: true, durability },
        };
        Database {
            models,
            engine: Box::new(Sqlite::new(target, sink)),
            syntax: Box::new(crate::dialect::sqlite::syntax::Sqlite),
            plans: Mutex::default(),
        }
    }

    /// Compiles a query, given as JSON (see `query::parse`), and keeps its plan under the number returned.
    pub fn compile(&self, query: &str) -> Result<(u32, Arc<Plan>)> {
        let query = query::parse(&self.models, query)?;
        let plan = Arc::new(compile(self.syntax.as_ref(), &self.models, &query));
        let mut plans = self.plans.lock().unwrap_or_else(PoisonError::into_inner);
        plans.next += 1;
        let number = plans.next;
        plans.known.insert(number, Arc::clone(&plan));
        Ok((number, plan))
    }

    /// The plan of this number.
    pub fn plan(&self, number: u32) -> Option<Arc<Plan>> {
        self.plans.lock().unwrap_or_else(PoisonError::into_inner).known.get(&number).cloned()
    }

    /// Forgets a plan. Connections drop its statements as they need the room.
    pub fn release(&self, number: u32) {
        self.plans.lock().unwrap_or_else(PoisonError::into_inner).known.remove(&number);
    }
}
