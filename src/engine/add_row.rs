//! Outcomes of many rows that ran one by one, put together as one outcome.

use super::packed::{Chunk, Outcome, CHUNK_ROWS, CHUNK_SLOTS};
use crate::plan::Plan;

impl Outcome {
    /// Adds what came of one row of many, the one at this place: the rows it gave; of an insert that skips duplicates its place and
    /// its key, if it was made.
    pub fn add_row(&mut self, place: usize, one: Outcome, plan: &Plan) {
        self.changes += one.changes;
        if plan.skips_duplicates && one.changes > 0 {
            self.keys.extend([place as i64, one.keys.last().copied().unwrap_or_default()]);
        }
        for chunk in one.chunks {
            match self.chunks.last_mut() {
                Some(last)
                    if last.rows + chunk.rows <= CHUNK_ROWS && last.ints.len() + chunk.ints.len() <= CHUNK_SLOTS =>
                {
                    last.append(chunk);
                }
                _ => self.chunks.push(chunk),
            }
        }
    }
}

impl Chunk {
    /// Appends the rows of another of the same node.
    fn append(&mut self, other: Chunk) {
        self.rows += other.rows;
        self.ints.extend(other.ints);
        self.floats.extend(other.floats);
        self.narrow.extend(other.narrow);
        self.wide.extend(other.wide);
        self.bytes.extend(other.bytes);
    }
}
