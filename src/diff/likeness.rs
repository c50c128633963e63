//! Which new tables could be an old one under another name.

use super::convert::{conversion, Conversion};
use crate::schema::{Kind, Schema, Table};
use std::collections::HashMap;

/// How many are named in a question.
const MOST: usize = 5;

/// The columns of new tables, by their names: so that many old ones are compared with many new ones quickly.
pub(super) struct Likeness<'a> {
    columns: HashMap<&'a str, Vec<(usize, &'a Kind)>>,
    /// The new tables, as positions in the schema, and how many columns they have.
    sizes: Vec<(usize, usize)>,
}

impl<'a> Likeness<'a> {
    /// With these tables of the schema as the new ones.
    pub fn new(schema: &'a Schema, new: &[usize]) -> Self {
        let mut columns: HashMap<&str, Vec<(usize, &Kind)>> = HashMap::new();
        for (at, table) in new.iter().enumerate() {
            for column in &schema.tables[*table].columns {
                columns.entry(&column.name).or_default().push((at, &column.kind));
            }
        }
        let sizes = new.iter().map(|table| (*table, schema.tables[*table].columns.len())).collect();
        Likeness { columns, sizes }
    }

    /// Those in which at least half of the columns, of the table that has more, are the same; the likest first.
    pub fn of(&self, old: &Table) -> Vec<usize> {
        let mut shared = vec![0; self.sizes.len()];
        for column in &old.columns {
            for (at, kind) in self.columns.get(column.name.as_str()).into_iter().flatten() {
                if keeps(&column.kind, kind) {
                    shared[*at] += 1;
                }
            }
        }
        let alike = |at: &usize| 2 * shared[*at] >= old.columns.len().max(self.sizes[*at].1);
        let mut candidates: Vec<usize> = (0..shared.len()).filter(alike).collect();
        candidates.sort_by_key(|at| std::cmp::Reverse(shared[*at]));
        candidates.truncate(MOST);
        candidates.into_iter().map(|at| self.sizes[at].0).collect()
    }
}

/// Whether no value is lost.
pub(super) fn keeps(from: &Kind, to: &Kind) -> bool {
    matches!(conversion(from, to), Conversion::Same | Conversion::Sure)
}
