//! The effect of one revision on the present state: the SQL to run, the schema before and after it,
//! the tables it touches. If others came between, its SQL is made anew for what is really there.
//! Pure.

use super::fold::{blame, fold, reached, touched, Classes};
use crate::dialect::{Dialect, DialectName};
use crate::diff::{apply, reverse, same, Operation};
use crate::error::{Code, Error, Result};
use crate::migrate::disk::graph::Graph;
use crate::migrate::disk::record::{file_name, Direction, Revision};
use crate::migrate::disk::script::{compose, Header};
use crate::schema::Schema;
use std::collections::BTreeSet;

/// A set of revisions that are applied, and the schema that they make.
pub struct State<'a> {
    graph: &'a Graph<'a>,
    applied: BTreeSet<String>,
    schema: Schema,
}

/// The changes of a revision in a state.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The operations, those that lead back on the way down.
    pub operations: Vec<Operation>,
    /// The schema after them.
    pub to: Schema,
}

/// One revision on its way, up or down.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The script to run.
    pub sql: String,
    /// Whether it is made anew, and not what the folder holds.
    pub rendered: bool,
    /// The operations of the script.
    pub operations: Vec<Operation>,
    /// The schema before it.
    pub from: Schema,
    /// The schema after it.
    pub to: Schema,
    /// The tables that it touches, by the names that they have before or after it.
    pub tables: Vec<String>,
}

impl<'a> State<'a> {
    /// The state of a database that has these revisions. Fails with `RevisionMissing` where a folder is gone, and like `fold`.
    pub fn new(graph: &'a Graph<'a>, applied: BTreeSet<String>) -> Result<Self> {
        graph.check_applied(&applied)?;
        let schema = fold(graph, graph.revisions().iter().filter(|revision| applied.contains(&revision.version)))?;
        Ok(State { graph, applied, schema })
    }

    /// The revisions of the folder.
    pub fn graph(&self) -> &'a Graph<'a> {
        self.graph
    }

    /// The schema that the revisions make.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// The versions that are applied.
    pub fn applied(&self) -> &BTreeSet<String> {
        &self.applied
    }

    /// The effect of a revision here. Fails with `RevisionConflict` where it and another that is
    /// applied do not fit together.
    pub fn step(&self, dialect: &dyn Dialect, revision: &Revision, direction: Direction) -> Result<Step> {
        let Change { operations, to } = self.change(revision, direction)?;
        let others = self.strangers(revision);
        let rendered = self.must_render(dialect, revision, direction, &others)?;
        let sql = if rendered {
            compose(&anew(revision, &operations), &dialect.render(&self.schema, &operations)?)
        } else {
            revision.script(dialect.name(), direction)?.to_owned()
        };
        let from = self.schema.clone();
        let tables = changed(&from, &to, &operations);
        Ok(Step { sql, rendered, operations, from, to, tables })
    }

    /// Goes on to the schema after a step of this revision.
    pub fn take(&mut self, revision: &Revision, direction: Direction, to: Schema) {
        self.schema = to;
        match direction {
            Direction::Up => self.applied.insert(revision.version.clone()),
            Direction::Down => self.applied.remove(&revision.version),
        };
    }

    /// The changes of a revision here, and their result. Fails with `RevisionConflict` where that
    /// is not what the fold of all says, in which the order of versions decides.
    pub fn change(&self, revision: &Revision, direction: Direction) -> Result<Change> {
        if direction == Direction::Down {
            self.check_not_needed(revision)?;
        }
        let last = self.applied.last().is_none_or(|last| *last <= revision.version);
        let before = self.revisions(|version| *version != revision.version);
        let operations = match direction {
            Direction::Up => revision.operations.clone(),
            Direction::Down => reverse(&revision.operations),
        };
        let to = apply(&self.schema, &operations).map_err(|error| blame(self.graph, revision, &before, error))?;
        if last {
            return Ok(Change { operations, to });
        }
        let mut after = before.clone();
        if direction == Direction::Up {
            after.push(revision);
            after.sort_by(|one, other| one.version.cmp(&other.version));
        }
        let expected = fold(self.graph, after)?;
        if !same(&to, &expected) {
            let table = differing(&to, &expected);
            let error = Error::new(Code::RevisionConflict, "Which of them comes first makes a difference");
            return Err(blame(self.graph, revision, &before, Error { table, ..error }));
        }
        Ok(Change { operations, to })
    }

    /// The target of a `plinth stamp` that records exactly the state after a step of this revision; `None` if none does, as
    /// between branches.
    pub fn stamp(&self, revision: &Revision, direction: Direction) -> Option<String> {
        let mut wanted = self.applied.clone();
        match direction {
            Direction::Up => wanted.insert(revision.version.clone()),
            Direction::Down => wanted.remove(&revision.version),
        };
        let Some(last) = wanted.last() else { return Some("base".into()) };
        let mut reached: BTreeSet<String> =
            self.graph.ancestors(last).into_iter().map(|revision| revision.version.clone()).collect();
        reached.insert(last.clone());
        let is_all = || self.graph.revisions().iter().map(|revision| &revision.version).eq(&wanted);
        if reached == wanted {
            Some(last.clone())
        } else {
            is_all().then(|| "head".into())
        }
    }

    /// Fails where something that is applied comes after it.
    fn check_not_needed(&self, revision: &Revision) -> Result<()> {
        match self.revisions(|version| self.graph.knows(version, &revision.version)).last() {
            None => Ok(()),
            Some(other) => Err(Error::new(
                Code::RevisionConflict,
                format!("{} cannot be reverted: {} comes after it and is applied.", revision.id(), other.id()),
            )
            .hint(format!("Revert {} first.", other.version))),
        }
    }

    fn revisions(&self, keep: impl Fn(&String) -> bool) -> Vec<&'a Revision> {
        let applied = |revision: &&Revision| self.applied.contains(&revision.version) && keep(&revision.version);
        self.graph.revisions().iter().filter(applied).collect()
    }

    /// What is applied, and what the revision did not know when it was written.
    pub fn strangers(&self, revision: &Revision) -> Vec<&'a Revision> {
        self.revisions(|version| *version != revision.version && !self.graph.knows(&revision.version, version))
    }

    /// Whether the script in the folder was written for another state than the present one: others
    /// change a table that it names, or name one that it changes. If it was edited, only its author
    /// can write it anew.
    fn must_render(
        &self,
        dialect: &dyn Dialect,
        revision: &Revision,
        direction: Direction,
        others: &[&Revision],
    ) -> Result<bool> {
        if others.is_empty() {
            return Ok(false);
        }
        let classes = Classes::of(self.revisions(|_| true).into_iter().chain([revision]));
        let edited = revision.edited(dialect.name(), direction);
        let (changed, needed) = (touched(&revision.operations), reached(&revision.operations));
        for other in others {
            let theirs = touched(&other.operations);
            if edited {
                if let Some(table) = classes.common(&changed, &theirs) {
                    return Err(edited_meets(revision, dialect.name(), direction, other, table));
                }
            } else if classes.common(&needed, &theirs).is_some()
                || classes.common(&changed, &reached(&other.operations)).is_some()
            {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// The header of a script that is made anew.
fn anew(revision: &Revision, operations: &[Operation]) -> String {
    let header = Header {
        version: revision.version.clone(),
        message: format!("{}, made anew: revisions that it did not know are applied", revision.name),
        operations: operations.iter().map(Operation::describe).collect(),
        destructive: operations.iter().filter_map(Operation::loses).collect(),
        ..Header::default()
    };
    header.write(None)
}

/// The error of a script that was edited and meets what its author did not know.
fn edited_meets(
    revision: &Revision,
    dialect: DialectName,
    direction: Direction,
    other: &Revision,
    table: &str,
) -> Error {
    let file = revision.path(&file_name(dialect, direction));
    Error::new(
        Code::RevisionConflict,
        format!(
            "The revisions {} and {} both change the table `{table}`, and neither knew of the other; {file} was edited by \
             hand, so that it cannot be made anew.",
            other.id(),
            revision.id()
        ),
    )
    .table(table)
    .expected("scripts as they were generated, or changes of different tables")
    .found(format!("an edited {file}"))
    .hint(format!(
        "If no database has {id}: delete its folder, generate it again with `plinth revision`, and edit that.",
        id = revision.id()
    ))
}

/// The tables that differ, and those that operations name, by their names on either side.
fn changed(from: &Schema, to: &Schema, operations: &[Operation]) -> Vec<String> {
    use std::collections::HashMap;
    let mut tables = touched(operations);
    // Only a rename changes tables that no operation names.
    let renames =
        operations.iter().any(|op| matches!(op, Operation::RenameTable { .. } | Operation::RenameColumn { .. }));
    if renames {
        let before: HashMap<&str, _> = from.tables.iter().map(|table| (table.name.as_str(), table)).collect();
        let differ = to.tables.iter().filter(|table| before.get(table.name.as_str()).is_none_or(|was| was != table));
        tables.extend(differ.map(|table| table.name.clone()));
    }
    let known: BTreeSet<&str> = from.tables.iter().chain(&to.tables).map(|table| table.name.as_str()).collect();
    tables.into_iter().filter(|name| known.contains(name.as_str())).collect()
}

/// A table in which two schemas differ.
fn differing(one: &Schema, other: &Schema) -> Option<String> {
    let alone = |name: &str, schema: &Schema| Schema { tables: schema.table(name).cloned().into_iter().collect() };
    let names = one.tables.iter().chain(&other.tables).map(|table| &table.name);
    names.into_iter().find(|name| !same(&alone(name, one), &alone(name, other))).cloned()
}
