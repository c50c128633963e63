//! Which tables can be changed in place, and which are made anew.

use super::ddl::{declared_type, default_sql, kind_check};
use super::fill::Rules;
use crate::diff::{Applier, Constraint, Operation};
use crate::schema::expression::mentions;
use crate::schema::{Column, Default, ForeignKey, Kind, Table};
use std::collections::{BTreeMap, HashMap};

/// How a table is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// By ALTER TABLE, or not at all.
    Alter,
    /// By making it anew.
    Rebuild,
    /// It is new.
    Created,
    /// It goes.
    Dropped,
}

/// The ways of the tables that some operations change, none of them a rename.
#[derive(Default)]
pub(super) struct Batch {
    ways: BTreeMap<String, Way>,
    last: HashMap<String, usize>,
    /// Foreign keys that come with their new column: the table, the key.
    inline: Vec<(String, ForeignKey)>,
}

impl Batch {
    /// Decides. `stale` are tables that have to be made anew in any case.
    pub fn of(before: &Applier, after: &Applier, operations: &[Operation], stale: &[String]) -> Self {
        let mut batch = Batch::default();
        for name in stale {
            batch.ways.insert(name.clone(), Way::Rebuild);
        }
        for (at, operation) in operations.iter().enumerate() {
            let Some(name) = operation.tables().first().copied() else { continue };
            batch.last.insert(name.to_owned(), at);
            let there = before.table(name).is_some();
            match operation {
                Operation::CreateTable { .. } => drop(batch.ways.insert(name.to_owned(), Way::Created)),
                Operation::DropTable { .. } => drop(batch.ways.insert(name.to_owned(), Way::Dropped)),
                _ if !there => {}
                _ => {
                    let way = batch.ways.entry(name.to_owned()).or_insert(Way::Alter);
                    if *way == Way::Alter && !in_place(before, after, name, operation, operations) {
                        *way = Way::Rebuild;
                    }
                }
            }
            if let Operation::AddConstraint { table, constraint: Constraint::ForeignKey(key) } = operation {
                batch.inline.push((table.clone(), key.clone()));
            }
        }
        batch
    }

    /// The way of a table.
    pub fn way(&self, table: &str) -> Way {
        self.ways.get(table).copied().unwrap_or(Way::Alter)
    }

    /// The place of the last operation on a table.
    pub fn last(&self, table: &str) -> Option<usize> {
        self.last.get(table).copied()
    }

    /// The foreign key that comes with a new column.
    pub fn inline_key(&self, table: &str, column: &str) -> Option<&ForeignKey> {
        let of = |(name, key): &&(String, ForeignKey)| name == table && key.columns == [column];
        self.inline.iter().find(of).map(|(_, key)| key)
    }
}

/// Whether SQLite can do this to the table as it is.
fn in_place(before: &Applier, after: &Applier, name: &str, operation: &Operation, all: &[Operation]) -> bool {
    use Operation::*;
    let (Some(old), Some(new)) = (before.table(name), after.table(name)) else { return false };
    match operation {
        AddColumn { column, backfill, .. } => backfill.is_none() && addable(new, column),
        DropColumn { column, .. } => !old.primary_key.contains(&column.name),
        AlterColumn { from, to, backfill, .. } => {
            let same = declared_type(&from.kind) == declared_type(&to.kind)
                && identity(&from.kind) == identity(&to.kind)
                && default_sql(from) == default_sql(to);
            let emptied = from.nullable && !to.nullable && backfill.is_none() && to.default.is_none();
            let rechecked =
                to.nullable && kind_check(name, to).is_some() && kind_check(name, from) != kind_check(name, to);
            same && !rechecked && (!emptied || Rules::of(new, &to.name).free())
        }
        AddConstraint { constraint: Constraint::Check(check), .. } => never_null(new, &check.sql),
        DropConstraint { constraint: Constraint::Check(_), .. } => true,
        AddConstraint { constraint: Constraint::ForeignKey(key), .. } => comes_with_column(name, key, all),
        RenameConstraint { from, .. } => {
            old.checks.iter().any(|check| check.name == *from && never_null(old, &check.sql))
        }
        AddIndex { .. } | DropIndex { .. } | RenameIndex { .. } | CommentTable { .. } => true,
        _ => false,
    }
}

/// Whether a condition is surely true or false. A CHECK lets NULL pass; ADD CONSTRAINT, over
/// existing rows, does not (as of 3.53).
fn never_null(table: &Table, sql: &str) -> bool {
    let named = table.columns.iter().filter(|column| mentions(sql, &column.name));
    let mut literal = false;
    let bare: String = sql
        .chars()
        .filter(|letter| {
            literal ^= *letter == '\'';
            !literal
        })
        .collect();
    // Calls, CASE, division and JSON can make NULL of something.
    let plain = !bare.contains(['(', '/', '%']) && !bare.contains("->") && !mentions_word(&bare, "case");
    plain && named.into_iter().all(|column| !column.nullable) && !mentions_word(&bare, "null")
}

fn mentions_word(sql: &str, word: &str) -> bool {
    sql.split(|letter: char| !letter.is_alphanumeric()).any(|other| other.eq_ignore_ascii_case(word))
}

/// https://www.sqlite.org/lang_altertable.html#alter_table_add_column
fn addable(table: &Table, column: &Column) -> bool {
    let constant = !matches!(column.default, Some(Default::Now));
    let filled = column.nullable || column.default.is_some();
    constant && filled && !identity(&column.kind) && !table.primary_key.contains(&column.name)
}

/// A foreign key of one new column that is NULL everywhere can be written with the column.
fn comes_with_column(table: &str, key: &ForeignKey, all: &[Operation]) -> bool {
    let keys = all.iter().filter(|other| {
        matches!(other, Operation::AddConstraint { table: of, constraint: Constraint::ForeignKey(other) }
            if of == table && other.columns == key.columns)
    });
    let [only] = key.columns.as_slice() else { return false };
    let added = all.iter().any(|other| {
        matches!(other, Operation::AddColumn { table: of, column, backfill: None }
            if of == table && column.name == *only && column.nullable && column.default.is_none())
    });
    added && keys.count() == 1
}

fn identity(kind: &Kind) -> bool {
    matches!(kind, Kind::Id | Kind::BigId)
}
