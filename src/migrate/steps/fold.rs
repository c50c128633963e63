//! The schema at a set of revisions: their operations, applied in the order of versions; and which of two revisions that
//! know nothing of each other is to blame where they do not fit. Pure.

use crate::diff::{Applier, Operation};
use crate::error::{Code, Error, Result};
use crate::migrate::disk::graph::Graph;
use crate::migrate::disk::record::{Revision, RECORD};
use crate::schema::Schema;
use std::collections::{BTreeMap, BTreeSet};

/// The schema of all revisions. Fails like `fold`.
pub fn head(graph: &Graph) -> Result<Schema> {
    fold(graph, graph.revisions())
}

/// The schema of these revisions, which come in the order of their versions. Fails with
/// `RevisionConflict` if two of them change the same thing and neither knew of the other, or if one
/// is missing that another comes after; with `RevisionInvalid` if a revision does not fit those it
/// comes after.
pub fn fold<'a>(graph: &Graph, revisions: impl IntoIterator<Item = &'a Revision>) -> Result<Schema> {
    let mut applier = Applier::new(Schema::default());
    let mut before: Vec<&Revision> = Vec::new();
    for revision in revisions {
        for operation in &revision.operations {
            applier.apply(operation).map_err(|error| blame(graph, revision, &before, error))?;
        }
        before.push(revision);
    }
    Ok(applier.into_schema())
}

/// The error of a revision that does not fit the present schema, where `before` is applied: the
/// revision at fault, and the subject.
pub fn blame(graph: &Graph, revision: &Revision, before: &[&Revision], error: Error) -> Error {
    let why = error.clause().to_owned();
    let blamed = |message: String| error.clone().recoded(Code::RevisionConflict).says(message);
    let missing = |other: &&Revision| !before.iter().any(|one| one.version == other.version);
    if let Some(other) = graph.ancestors(&revision.version).into_iter().find(missing) {
        return blamed(format!("{} comes after {}, which is not applied. {why}.", revision.id(), other.id()))
            .hint(format!("Apply {} first; or revert {} before it.", other.version, revision.version));
    }
    let mut strangers = before.iter().rev().filter(|other| !graph.knows(&revision.version, &other.version)).peekable();
    if strangers.peek().is_none() {
        let path = revision.path(RECORD);
        let message = format!("{path} does not fit what it comes after. {why}.");
        return error
            .recoded(Code::RevisionInvalid)
            .says(message)
            .hint("Restore it from version control, and what it comes after.");
    }
    let classes = Classes::of(before.iter().copied().chain([revision]));
    let near = |other: &&&Revision| {
        error.table.as_deref().is_some_and(|table| classes.any(&touched(&other.operations), &[table.to_owned()].into()))
    };
    let other = strangers.clone().find(near).or(strangers.next()).map(|other| other.id()).unwrap_or_default();
    let about = error.table.as_deref().map(|table| format!(" the table `{table}`")).unwrap_or(" the same".into());
    blamed(format!(
        "The revisions {other} and {} both change{about}, and neither knew of the other. {why}.",
        revision.id()
    ))
    .hint(format!(
        "Keep one of them: delete the folder of the other, if no database has it, and generate it again with \
             `plinth revision`. {} is the later.",
        revision.id()
    ))
}

/// The tables that operations change, by every name that they have on the way.
pub fn touched(operations: &[Operation]) -> BTreeSet<String> {
    operations.iter().flat_map(Operation::objects).map(|(table, _)| table.to_owned()).collect()
}

/// The same, and the tables to which their foreign keys point.
pub fn reached(operations: &[Operation]) -> BTreeSet<String> {
    operations.iter().flat_map(Operation::tables).map(str::to_owned).collect()
}

/// Which names of tables may be names of one: those that some revision renames into each other.
pub struct Classes(BTreeMap<String, String>);

impl Classes {
    /// From the renames of these revisions.
    pub fn of<'a>(revisions: impl IntoIterator<Item = &'a Revision>) -> Classes {
        let mut classes = Classes(BTreeMap::new());
        for operation in revisions.into_iter().flat_map(|revision| &revision.operations) {
            if let Operation::RenameTable { from, to } = operation {
                let (from, to) = (classes.root(from).to_owned(), classes.root(to).to_owned());
                if from != to {
                    classes.0.insert(from, to);
                }
            }
        }
        classes
    }

    fn root<'a>(&'a self, mut name: &'a str) -> &'a str {
        while let Some(next) = self.0.get(name) {
            name = next;
        }
        name
    }

    /// A table that is in both, under whatever name.
    pub fn common<'a>(&self, one: &'a BTreeSet<String>, other: &'a BTreeSet<String>) -> Option<&'a String> {
        if self.0.is_empty() {
            return one.intersection(other).next();
        }
        let roots: BTreeSet<&str> = other.iter().map(|name| self.root(name)).collect();
        one.iter().find(|name| roots.contains(self.root(name)))
    }

    fn any(&self, one: &BTreeSet<String>, other: &BTreeSet<String>) -> bool {
        self.common(one, other).is_some()
    }
}
