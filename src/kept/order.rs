//! The order in which the rows of several entries come back: rows after those that they point to. Pure.

use super::target::Target;
use crate::dialect::keep::{Source, SourceKey};

/// When the rows of a target come back.
pub(super) struct Turn<'a> {
    /// The target, by its position.
    pub at: usize,
    /// The foreign keys whose rows come back after: those of tables that point to each other.
    pub later: Vec<&'a SourceKey>,
}

impl<'a> Turn<'a> {
    /// The foreign keys that the rows must satisfy when they come back.
    pub fn now<'s>(&self, source: &'s Source) -> impl Iterator<Item = &'s SourceKey> + use<'a, 's, '_> {
        source.foreign_keys.iter().filter(|key| !self.later.iter().any(|later| std::ptr::eq(*later, *key)))
    }
}

/// The turns of all targets. Targets that no order serves come as they are given.
pub(super) fn order<'a>(targets: &'a [Target<'_>]) -> Vec<Turn<'a>> {
    let mut pending: Vec<usize> = (0..targets.len()).collect();
    let mut turns = Vec::new();
    while !pending.is_empty() {
        let others = |at: usize| pending.iter().filter(move |other| **other != at).map(|other| &targets[*other]);
        let fills = |at: usize| others(at).any(|other| targets[at].needs_rows_of(other));
        let points = |at: usize, key: &SourceKey| others(at).any(|other| targets[at].is_parent(key, other));
        let waits = |at: usize| fills(at) || targets[at].source.foreign_keys.iter().any(|key| points(at, key));
        let next = pending.iter().position(|at| !waits(*at));
        // Without a table that waits for none, tables point to each other. Entries of one table never wait in a circle.
        let next = next.or_else(|| pending.iter().position(|at| !fills(*at))).unwrap_or_default();
        let at = pending[next];
        let later = targets[at].source.foreign_keys.iter().filter(|key| points(at, key)).collect();
        turns.push(Turn { at, later });
        pending.remove(next);
    }
    // A key whose parents change their value in another turn holds again only at the end.
    for turn in &mut turns {
        let target = &targets[turn.at];
        let moves = |key: &SourceKey| targets.iter().any(|other| other.writes(&key.place, &key.parent_columns));
        let keys = target.source.foreign_keys.iter();
        let moved = keys.filter(|key| moves(key) && !turn.later.iter().any(|later| std::ptr::eq(*later, *key)));
        turn.later.extend(moved.collect::<Vec<_>>());
    }
    turns
}
