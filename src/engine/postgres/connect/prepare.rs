//! Whether the connections of a pool keep statements prepared, and since when those that they keep are outdated.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::OnceLock;

/// Shared by all connections of a pool.
#[derive(Debug, Default)]
pub struct Prepare {
    kept: OnceLock<bool>,
    generation: AtomicU64,
}

impl Prepare {
    /// As settings say; `None`: as is found out when the first connection is made.
    pub fn new(asked: Option<bool>) -> Self {
        let prepare = Prepare::default();
        if let Some(kept) = asked {
            prepare.settle(kept);
        }
        prepare
    }

    /// Whether statements are kept; `None` before that is known.
    pub fn kept(&self) -> Option<bool> {
        self.kept.get().copied()
    }

    /// Notes what was found out. The first connection decides for all: a pool that mixed both ways would be hard to explain.
    pub fn settle(&self, kept: bool) {
        let _ = self.kept.set(kept);
    }

    /// Grows with each change of the schema that outdates statements.
    pub fn generation(&self) -> u64 {
        self.generation.load(Ordering::Relaxed)
    }

    /// A statement of this generation turned out to be outdated: so may be all others of it, on every connection.
    pub fn outdate(&self, generation: u64) {
        // If it fails, another connection came first.
        let _ = self.generation.compare_exchange(generation, generation + 1, Ordering::Relaxed, Ordering::Relaxed);
    }
}
