//! The statements that a connection keeps prepared, by plan: those least recently used go first.

use crate::engine::postgres::codec::decode::Column;
use hashlink::LruCache;
use std::rc::Rc;
use tokio::sync::OnceCell;
use tokio_postgres::types::Type;
use tokio_postgres::Statement;

/// Plans whose statements a connection keeps prepared; the least recently used goes first.
const KEPT: usize = 256;

/// The prepared statements of one connection.
pub struct Cache {
    plans: LruCache<u64, Rc<Statements>>,
    /// The generation of the statements that are kept.
    generation: u64,
}

impl Cache {
    /// Nothing is prepared yet.
    pub fn new(generation: u64) -> Self {
        Cache { plans: LruCache::new(KEPT), generation }
    }

    /// The generation of the statements that are kept.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// The statements of a plan, which is now the one used last. Those of an earlier generation are forgotten.
    pub fn of(&mut self, plan: u64, generation: u64) -> Rc<Statements> {
        if self.generation != generation {
            self.generation = generation;
            self.plans.clear();
        }
        if let Some(statements) = self.plans.get(&plan) {
            return Rc::clone(statements);
        }
        let statements = Rc::<Statements>::default();
        self.plans.insert(plan, Rc::clone(&statements));
        statements
    }
}

/// The statements of a plan, each prepared when it is first needed. Others that need it meanwhile wait for that.
#[derive(Default)]
pub struct Statements {
    /// Those of the plan's nodes.
    pub nodes: OnceCell<Vec<Prepared>>,
    /// An insert of many rows.
    pub batch: OnceCell<Statement>,
    /// The same rows by COPY.
    pub copy: OnceCell<CopyStatements>,
}

/// A statement of a plan, and how to read its rows.
#[derive(Clone)]
pub struct Prepared {
    /// The statement.
    pub statement: Statement,
    /// How to read its columns.
    pub columns: Rc<Vec<Column>>,
}

/// The statements of COPY on a connection, kept prepared.
#[derive(Clone)]
pub struct CopyStatements {
    /// Whether the table can be copied to, and keys for its rows.
    pub admit: Statement,
    /// The COPY itself.
    pub copy: Statement,
    /// Where values are sent in binary; else all are sent as text.
    pub binary: Option<Binary>,
}

/// Values in binary are of types that the server does not check: eight bytes are a bigint as well as a double precision.
#[derive(Clone)]
pub struct Binary {
    /// The types of the columns, the key left out.
    pub types: Vec<Type>,
    /// Asks for the types of all columns of the table.
    pub ask: Statement,
    /// The answer when this was prepared. As long as it is the same, so are the types.
    pub answer: Vec<u32>,
}

#[cfg(test)]
mod tests {
    use super::*;

    const COUNT: u64 = KEPT as u64;

    #[test]
    fn the_plan_used_longest_ago_goes_first() {
        let mut cache = Cache::new(0);
        let all: Vec<_> = (0..COUNT).map(|plan| cache.of(plan, 0)).collect();
        // Used again, the first plan is younger than the second.
        cache.of(0, 0);
        cache.of(COUNT, 0);
        assert!(Rc::ptr_eq(&cache.of(0, 0), &all[0]));
        assert!(Rc::ptr_eq(&cache.of(2, 0), &all[2]));
        assert!(!Rc::ptr_eq(&cache.of(1, 0), &all[1]));
    }

    #[test]
    fn a_new_generation_forgets_all_plans() {
        let mut cache = Cache::new(0);
        let (one, other) = (cache.of(1, 0), cache.of(2, 0));
        assert!(!Rc::ptr_eq(&cache.of(1, 1), &one));
        assert!(!Rc::ptr_eq(&cache.of(2, 1), &other));
        assert_eq!(cache.generation(), 1);
    }
}
