//! The keys by which the rows of an include find their parents, whatever the database.

use super::packed::Links;
use super::unreadable::unreadable;
use crate::error::Result;
use crate::plan::{Link, Plan};
use std::collections::HashMap;

/// The value of a key, compared between a parent and its related rows.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    /// A whole number.
    Int(i64),
    /// Anything else, as the database writes it.
    Text(Box<[u8]>),
}

/// The keys of the rows of one node that it or other nodes need, by output; a null is `None`.
pub type Captured = HashMap<usize, Vec<Option<Key>>>;

/// Which outputs of a node are needed as keys: its own link's, and those its includes look up.
pub fn captures(plan: &Plan, index: usize) -> Vec<usize> {
    let own = plan.nodes[index].link.iter().map(|l| l.output);
    let children =
        plan.nodes.iter().filter_map(|n| n.link.as_ref()).filter(|l| l.parent == index).map(|l| l.parent_output);
    let mut all: Vec<usize> = own.chain(children).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// The parents of an include: each key once, numbered.
#[derive(Default)]
pub struct Parents {
    numbers: HashMap<Key, i32>,
    links: Links,
}

impl Parents {
    /// Those that a link points to.
    pub fn of(link: &Link, captured: &[Captured]) -> Self {
        let mut parents = Parents::default();
        for key in &captured[link.parent][&link.parent_output] {
            let next = parents.numbers.len() as i32;
            parents.links.parents.push(match key {
                Some(key) => *parents.numbers.entry(key.clone()).or_insert(next),
                None => -1,
            });
        }
        parents
    }

    /// The keys to look for, in the order of their numbers.
    pub fn keys(&self) -> impl Iterator<Item = &Key> {
        let mut list = vec![None; self.numbers.len()];
        for (key, number) in &self.numbers {
            list[*number as usize] = Some(key);
        }
        list.into_iter().flatten()
    }

    /// How many keys.
    pub fn count(&self) -> usize {
        self.numbers.len()
    }

    /// Matches the rows that were found with their parents. `None`: the database found a key equal to one that is not alike
    /// to it, though keys of this kind are.
    pub fn link(mut self, link: &Link, found: &Captured) -> Option<Links> {
        let number = |key: &Option<Key>| match key.as_ref()? {
            Key::Int(place) if link.is_place => i32::try_from(*place).ok(),
            key => self.numbers.get(key).copied(),
        };
        self.links.children = found[&link.output].iter().map(number).collect::<Option<_>>()?;
        Some(self.links)
    }
}

/// How the rows of a node belong to their parents. Errors: `VALUE_UNREADABLE`, for a key that is not of its column's kind.
pub fn links_of(plan: &Plan, index: usize, parents: Parents, found: &Captured) -> Result<Links> {
    let Some(link) = &plan.nodes[index].link else { return Ok(Links::default()) };
    let wrong = || unreadable(plan, index, link.output, ("", "a key that is equal to another"), |_| None);
    parents.link(link, found).ok_or_else(wrong)
}
