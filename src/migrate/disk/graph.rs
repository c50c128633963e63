//! The graph of revisions: which came after which, which know nothing of each other, and which one a word means. Pure.

use super::record::Revision;
use crate::error::{Code, Error, Result};
use std::collections::{BTreeSet, HashMap};

/// How many candidates a message lists.
const LISTED: usize = 10;

/// Revisions in the order of their versions, and what each comes after.
#[derive(Clone, Debug)]
pub struct Graph<'a> {
    revisions: &'a [Revision],
    places: HashMap<&'a str, usize>,
    /// For each the ones it comes after, directly or not.
    known: Vec<Bits>,
}

impl<'a> Graph<'a> {
    /// The graph of the revisions from `folder::read`: in order, and each after earlier ones that
    /// exist.
    pub fn new(revisions: &'a [Revision]) -> Self {
        let places: HashMap<&str, usize> =
            revisions.iter().enumerate().map(|(place, revision)| (revision.version.as_str(), place)).collect();
        let mut known: Vec<Bits> = Vec::with_capacity(revisions.len());
        for (place, revision) in revisions.iter().enumerate() {
            let mut bits = Bits::new(revisions.len());
            let after = revision.after.iter().filter_map(|version| places.get(version.as_str()));
            for other in after.filter(|other| **other < place) {
                bits.add(*other);
                bits.join(&known[*other]);
            }
            known.push(bits);
        }
        Graph { revisions, places, known }
    }

    /// All of them, in the order of their versions.
    pub fn revisions(&self) -> &'a [Revision] {
        self.revisions
    }

    /// The revision of this version.
    pub fn get(&self, version: &str) -> Option<&'a Revision> {
        self.places.get(version).map(|place| &self.revisions[*place])
    }

    /// The last of all by its version.
    pub fn head(&self) -> Option<&'a Revision> {
        self.revisions.last()
    }

    /// The versions that nothing comes after: what the next revision comes after.
    pub fn leaves(&self) -> Vec<&'a str> {
        let inner: BTreeSet<&str> =
            self.revisions.iter().flat_map(|revision| revision.after.iter().map(String::as_str)).collect();
        self.revisions
            .iter()
            .map(|revision| revision.version.as_str())
            .filter(|version| !inner.contains(version))
            .collect()
    }

    /// Whether one comes after the other, directly or not.
    pub fn knows(&self, version: &str, other: &str) -> bool {
        match (self.places.get(version), self.places.get(other)) {
            (Some(place), Some(other)) => self.known[*place].has(*other),
            _ => false,
        }
    }

    /// All that a revision comes after, in the order of their versions.
    pub fn ancestors(&self, version: &str) -> Vec<&'a Revision> {
        let Some(place) = self.places.get(version) else { return Vec::new() };
        (0..*place).filter(|other| self.known[*place].has(*other)).map(|other| &self.revisions[other]).collect()
    }

    /// The revisions of which the later did not know the earlier, as (later, earlier), until one comes after both.
    pub fn unmerged(&self) -> Vec<(&'a Revision, &'a Revision)> {
        let mut later = vec![Bits::new(self.revisions.len()); self.revisions.len()];
        for (place, known) in self.known.iter().enumerate() {
            (0..place).filter(|other| known.has(*other)).for_each(|other| later[other].add(place));
        }
        let strangers = |place: usize| (0..place).filter(move |other| !self.known[place].has(*other));
        let pairs = (0..self.revisions.len()).flat_map(|place| strangers(place).map(move |other| (place, other)));
        let open = pairs.filter(|(place, other)| !later[*place].meets(&later[*other]));
        open.map(|(place, other)| (&self.revisions[place], &self.revisions[other])).collect()
    }

    /// The revision that a version, its beginning or a folder's name means. Fails with `RevisionUnknown`.
    pub fn find(&self, word: &str) -> Result<&'a Revision> {
        if let Some(revision) = self.get(word) {
            return Ok(revision);
        }
        let begins = |revision: &&Revision| !word.is_empty() && revision.id().starts_with(word);
        let found: Vec<&Revision> = self.revisions.iter().filter(begins).collect();
        match found[..] {
            [revision] => Ok(revision),
            [] => Err(unknown(format!("There is no revision `{word}`."))
                .expected("head, base, +n, -n, a version or its unique beginning")
                .found(word)
                .hint(match self.revisions {
                    [] => "There are no revisions: `plinth revision \"message\"` writes the first.".into(),
                    [only] => format!("There is one revision: {}.", only.id()),
                    [first, .., last] => {
                        format!(
                            "There are {}, from {} to {}: `plinth history` lists them.",
                            self.revisions.len(),
                            first.id(),
                            last.id()
                        )
                    }
                })),
            _ => {
                let candidates = list(&found);
                Err(unknown(format!("`{word}` is the beginning of {} revisions: {candidates}.", found.len()))
                    .expected("the beginning of one version")
                    .found(candidates)
                    .hint("Give more of the version."))
            }
        }
    }

    /// Fails with `RevisionMissing` where something is applied that has no folder.
    pub fn check_applied<S: AsRef<str>>(&self, applied: impl IntoIterator<Item = S>) -> Result<()> {
        let missing: Vec<String> = applied
            .into_iter()
            .map(|version| version.as_ref().to_owned())
            .filter(|version| self.get(version).is_none())
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        let (have, their) =
            if missing.len() == 1 { ("revision", "its folder is") } else { ("revisions", "their folders are") };
        let versions = missing.join(", ");
        Err(Error::new(
            Code::RevisionMissing,
            format!("The database has the {have} {versions}, and {their} missing."),
        )
        .expected("a folder for each revision that is applied")
        .found(format!("none for {versions}"))
        .hint(
            "Restore it from version control, or deploy the code that this database was upgraded with. If the folder \
             was renamed, give it its version again.",
        ))
    }

    /// What is not applied though something later is, in the order of versions.
    pub fn out_of_order(&self, applied: &BTreeSet<String>) -> Vec<&'a Revision> {
        let Some(last) = applied.last() else { return Vec::new() };
        let pending = self.revisions.iter().filter(|revision| !applied.contains(&revision.version));
        pending.filter(|revision| revision.version < *last).collect()
    }
}

/// Revisions for a message: not more than a person reads.
fn list(revisions: &[&Revision]) -> String {
    let mut ids: Vec<String> = revisions.iter().take(LISTED).map(|revision| revision.id()).collect();
    if revisions.len() > LISTED {
        ids.push(format!("and {} more", revisions.len() - LISTED));
    }
    ids.join(", ")
}

pub(in crate::migrate) fn unknown(message: impl Into<String>) -> Error {
    Error::new(Code::RevisionUnknown, message)
}

/// A set of small numbers.
#[derive(Clone, Debug)]
struct Bits(Vec<u64>);

impl Bits {
    fn new(size: usize) -> Bits {
        Bits(vec![0; size.div_ceil(64)])
    }

    fn add(&mut self, number: usize) {
        self.0[number / 64] |= 1 << (number % 64);
    }

    fn has(&self, number: usize) -> bool {
        self.0[number / 64] >> (number % 64) & 1 == 1
    }

    fn join(&mut self, other: &Bits) {
        self.0.iter_mut().zip(&other.0).for_each(|(word, other)| *word |= other);
    }

    fn meets(&self, other: &Bits) -> bool {
        self.0.iter().zip(&other.0).any(|(word, other)| word & other != 0)
    }
}
