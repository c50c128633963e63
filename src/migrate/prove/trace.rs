//! The changes of tables and columns in a list of operations: which stay, under which name, and
//! changed how. Pure.

use super::rows::later::{Held, Later};
use crate::diff::{lowered, Applier, Operation, RowValue, ValueMap};
use crate::error::Result;
use crate::schema::expression::mentions;
use crate::schema::{self, Column, ForeignKey, Index, IndexKey, Kind, Schema, Table};
use crate::value::Value;
use serde_json::Value as Json;
use std::collections::{BTreeSet, HashMap};

/// The tables that stay.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    /// One by one, in the order in which they were.
    pub tables: Vec<TableTrace>,
}

/// A table that stays.
#[derive(Clone, Debug)]
pub struct TableTrace {
    /// Its name before.
    pub from: String,
    /// Its name after.
    pub to: String,
    /// The columns that stay.
    pub columns: Vec<ColumnTrace>,
    /// Whether an operation may refuse rows that were fine before.
    stricter: bool,
    /// New columns that an expression fills, by the names after.
    filled: Vec<String>,
    /// New columns with a random UUID in each row, by the names after.
    random: Vec<String>,
    /// Columns that go and that an expression fills when they come back, by the names before.
    refilled: Vec<String>,
}

/// A column that stays.
#[derive(Clone, Debug)]
pub struct ColumnTrace {
    /// Its name before.
    pub from: String,
    /// Its name after.
    pub to: String,
    /// How it is altered on the way.
    pub alterations: Vec<Alteration>,
    /// Whether its texts are folded to lower case on the way: its own, or those of a column to which it points.
    pub folded: bool,
}

/// One alteration of a column.
#[derive(Clone, Debug)]
pub struct Alteration {
    /// The column before it.
    pub from: Column,
    /// The column after it.
    pub to: Column,
    /// The words that replace others.
    pub map: Vec<ValueMap>,
    /// The value that rows with NULL get, if it is chosen.
    pub filled: Option<RowValue>,
    /// The default that rows with NULL get, as the database stores it; `None` if they get none, or if it differs each time.
    pub default: Option<Value>,
}

/// A column in which rows get random UUIDs.
pub struct RandomColumn<'a> {
    /// Its name before, if it is not new: only rows with NULL get one.
    pub before: Option<&'a str>,
    /// Its name after.
    pub after: &'a str,
}

impl Trace {
    /// Follows the tables of a schema through operations.
    pub fn of(from: &Schema, operations: &[Operation]) -> Self {
        let column = |column: &Column| ColumnTrace {
            from: column.name.clone(),
            to: column.name.clone(),
            alterations: Vec::new(),
            folded: false,
        };
        let table = |table: &Table| TableTrace {
            from: table.name.clone(),
            to: table.name.clone(),
            columns: table.columns.iter().map(column).collect(),
            stricter: false,
            filled: Vec::new(),
            random: Vec::new(),
            refilled: Vec::new(),
        };
        let mut trace = Trace { tables: from.tables.iter().map(table).collect() };
        let mut schema = Applier::new(from.clone());
        for operation in operations {
            trace.follow(operation);
            // What does not fit together fails where it is applied.
            let _ = schema.apply(operation);
            for (table, column) in lowered(schema.tables(), operation) {
                let table = trace.tables.iter_mut().find(|traced| traced.to == table);
                let columns = table.into_iter().flat_map(|table| &mut table.columns);
                columns.filter(|traced| traced.to == column).for_each(|traced| traced.folded = true);
            }
        }
        trace
    }

    /// Asks with `stored` for the defaults that rows with NULL get, as the database stores them.
    pub fn read_defaults(&mut self, mut stored: impl FnMut(&Kind, &Json) -> Result<Option<Value>>) -> Result<()> {
        let columns = self.tables.iter_mut().flat_map(|table| &mut table.columns);
        for alteration in columns.flat_map(|column| &mut column.alterations) {
            let Column { kind, default, .. } = &alteration.to;
            if let (Some(RowValue::Default), Some(schema::Default::Value(value))) = (&alteration.filled, default) {
                alteration.default = stored(kind, value)?;
            }
        }
        Ok(())
    }

    /// The table that had this name before.
    pub fn before(&self, name: &str) -> Option<&TableTrace> {
        self.tables.iter().find(|table| table.from == name)
    }

    /// The table that has this name after.
    pub fn after(&self, name: &str) -> Option<&TableTrace> {
        self.tables.iter().find(|table| table.to == name)
    }

    fn follow(&mut self, operation: &Operation) {
        use Operation::*;
        let name = match operation {
            DropTable { table } => {
                self.tables.retain(|traced| traced.to != table.name);
                return;
            }
            CreateTable { .. } => return,
            RenameTable { from, .. } => from,
            CommentTable { table, .. } | AddColumn { table, .. } | DropColumn { table, .. } => table,
            RenameColumn { table, .. } | AlterColumn { table, .. } | AlterPrimaryKey { table, .. } => table,
            AddConstraint { table, .. } | DropConstraint { table, .. } | RenameConstraint { table, .. } => table,
            AddIndex { table, .. } | DropIndex { table, .. } | RenameIndex { table, .. } => table,
        };
        let Some(traced) = self.tables.iter_mut().find(|traced| traced.to == *name) else { return };
        match operation {
            RenameTable { to, .. } => traced.to.clone_from(to),
            AddColumn { column, backfill: Some(RowValue::Random), .. } => traced.random.push(column.name.clone()),
            AddColumn { column, backfill: Some(_), .. } => traced.filled.push(column.name.clone()),
            DropColumn { column, backfill, .. } => {
                let gone = traced.columns.iter().filter(|traced| traced.to == column.name && backfill.is_some());
                traced.refilled.extend(gone.map(|traced| traced.from.clone()));
                traced.columns.retain(|traced| traced.to != column.name);
                traced.random.retain(|name| *name != column.name);
            }
            RenameColumn { from, to, .. } => {
                let new = traced.filled.iter_mut().chain(&mut traced.random);
                new.filter(|name| *name == from).for_each(|name| name.clone_from(to));
                traced
                    .columns
                    .iter_mut()
                    .filter(|traced| traced.to == *from)
                    .for_each(|traced| traced.to.clone_from(to));
            }
            AlterColumn { from, to, map, backfill, .. } => {
                traced.stricter = true;
                let (from, to, map, filled) = (from.clone(), to.clone(), map.clone(), backfill.clone());
                let alteration = Alteration { from, to, map, filled, default: None };
                let column = traced.columns.iter_mut().find(|traced| traced.to == alteration.from.name);
                column.into_iter().for_each(|traced| traced.alterations.push(alteration.clone()));
            }
            AlterPrimaryKey { .. } | AddConstraint { .. } => traced.stricter = true,
            AddIndex { index, .. } => traced.stricter |= index.unique,
            _ => {}
        }
    }

    /// Conditions on rows besides `from`, so that the operations, which lead to `to`, can hold
    /// them; by the tables' names in `from`.
    pub fn later(&self, from: &Schema, to: &Schema) -> HashMap<String, Later> {
        let later = self.tables.iter().enumerate().filter_map(|(number, traced)| {
            let (before, after) = (from.table(&traced.from)?, to.table(&traced.to)?);
            let lonely = self.lonely_keys(before);
            let strict = traced.stricter || !lonely.is_empty() || traced.most(before, after).is_some();
            let mut later = strict.then(|| self.later_of(number, traced, before, after))?;
            later.foreign_keys.extend(lonely);
            Some((traced.from.clone(), later))
        });
        later.collect()
    }

    /// The foreign keys that reference a dropped table. The table comes back without rows, so that only NULL fits.
    fn lonely_keys(&self, before: &Table) -> Vec<ForeignKey> {
        let goes = |key: &&ForeignKey| {
            let target = self.before(&key.table);
            let there = |name: &String| target.is_some_and(|it| it.columns.iter().any(|column| column.from == *name));
            !key.references.iter().all(there)
        };
        let lonely = before.foreign_keys.iter().filter(goes);
        lonely.map(|key| ForeignKey { table: String::new(), ..key.clone() }).collect()
    }

    fn later_of(&self, number: usize, traced: &TableTrace, before: &Table, after: &Table) -> Later {
        let name = format!("plinth_later_{number}");
        let held: Vec<Held> = traced.columns.iter().filter_map(|column| held(column, before, after)).collect();
        let mut columns: Vec<Column> = held
            .iter()
            .map(|held| Column { nullable: held.nullable, default: None, comment: None, ..held.column.clone() })
            .collect();
        // A new column decides with its default, where that is what rows get.
        let known = |name: &str| held.iter().any(|held| held.column.name == name);
        let chosen = |name: &String| traced.filled.contains(name) || traced.random.contains(name);
        let added = after.columns.iter().filter(|column| !known(&column.name) && !chosen(&column.name));
        columns.extend(added.filter(|column| column.nullable || column.default.is_some()).cloned());
        let there = |name: &String| columns.iter().any(|column| column.name == *name);
        let missing: Vec<&String> =
            after.columns.iter().map(|column| &column.name).filter(|name| !there(name)).collect();
        let decides = |sql: &str| !missing.iter().any(|name| mentions(sql, name));
        let mut table = Table { name: name.clone(), ..Table::default() };
        if after.primary_key.iter().all(there) {
            table.primary_key.clone_from(&after.primary_key);
        }
        let uniques = after.uniques.iter().filter(|unique| unique.columns.iter().all(there)).cloned();
        table.uniques = uniques.collect();
        table.checks = after.checks.iter().filter(|check| decides(&check.sql)).cloned().collect();
        let indexes = after.indexes.iter().filter(|index| {
            let decided = index.parts.iter().all(|part| match &part.key {
                IndexKey::Column(name) => there(name),
                IndexKey::Expression(sql) => decides(sql),
            });
            index.unique && decided && index.filter.as_deref().is_none_or(decides)
        });
        table.indexes = indexes.cloned().collect();
        let mut names = Vec::new();
        let mut rename = |object: &mut String, kind: &str, i: usize| {
            let inner = format!("{name}_{kind}_{i}");
            names.push((inner.clone(), std::mem::replace(object, inner)));
        };
        table.uniques.iter_mut().enumerate().for_each(|(i, unique)| rename(&mut unique.name, "unique", i));
        table.indexes.iter_mut().enumerate().for_each(|(i, index)| rename(&mut index.name, "index", i));
        // A name that another begins with comes after it.
        names.reverse();
        names.push((name, before.name.clone()));
        table.columns = columns;
        let most = traced.most(before, after);
        Later { table, names, columns: held, foreign_keys: self.coming_keys(traced, before, after), most }
    }

    /// The foreign keys that come, in the names before. One to a table that is new points to a name that no table has: only
    /// NULL fits it.
    fn coming_keys(&self, traced: &TableTrace, before: &Table, after: &Table) -> Vec<ForeignKey> {
        let back = |traced: &TableTrace, names: &[String]| -> Option<Vec<String>> {
            let column = |name: &String| traced.columns.iter().find(|column| column.to == *name);
            names.iter().map(|name| column(name).map(|column| column.from.clone())).collect()
        };
        let coming = after.foreign_keys.iter().filter_map(|key| {
            let columns = back(traced, &key.columns)?;
            let target = self.after(&key.table).and_then(|target| Some((target, back(target, &key.references)?)));
            let (table, references) = match target {
                Some((target, references)) => (target.from.clone(), references),
                None => (String::new(), key.references.clone()),
            };
            Some(ForeignKey { columns, table, references, ..key.clone() })
        });
        let is_there = |coming: &ForeignKey| {
            let same = |key: &ForeignKey| {
                key.columns == coming.columns && key.table == coming.table && key.references == coming.references
            };
            before.foreign_keys.iter().any(same)
        };
        coming.filter(|coming| !is_there(coming)).collect()
    }
}

impl TableTrace {
    /// Whether a column of before goes, and comes back without a decision about the values of rows.
    pub fn is_undecided(&self, column: &str) -> bool {
        !self.columns.iter().any(|traced| traced.from == column) && !self.refilled.iter().any(|name| name == column)
    }

    /// The columns in which rows get random UUIDs.
    pub fn random_columns(&self) -> Vec<RandomColumn<'_>> {
        let new = self.random.iter().map(|name| RandomColumn { before: None, after: name });
        let is_random = |column: &&ColumnTrace| {
            column.alterations.iter().any(|alteration| alteration.filled == Some(RowValue::Random))
        };
        let altered = self.columns.iter().filter(is_random);
        new.chain(altered.map(|column| RandomColumn { before: Some(&column.from), after: &column.to })).collect()
    }

    /// How many rows fit, if the values in columns that come, or come back, decide: none if such a
    /// value would have to be another row's key that no two rows may share.
    fn most(&self, before: &Table, after: &Table) -> Option<usize> {
        let comes = |name: &String| {
            let new = !self.columns.iter().any(|column| column.to == *name);
            let default = after.column(name).is_some_and(|column| column.default.is_some());
            self.filled.contains(name) || (new && default)
        };
        let comes_back = |name: &String| {
            let gone = !self.columns.iter().any(|column| column.from == *name);
            let default = before.column(name).is_some_and(|column| column.default.is_some());
            self.refilled.contains(name) || (gone && default)
        };
        let points = |table: &Table, given: &dyn Fn(&String) -> bool| {
            table.foreign_keys.iter().any(|key| key.columns.iter().any(given))
        };
        let random = |name: &String| self.random.contains(name);
        if points(after, &comes) || points(after, &random) || points(before, &comes_back) {
            return Some(0);
        }
        (unique(after, &comes) || unique(before, &comes_back)).then_some(1)
    }
}

/// Whether something of the table that no two rows may have alike holds one of these columns.
fn unique(table: &Table, of: &dyn Fn(&String) -> bool) -> bool {
    let in_index = |index: &Index| {
        index.unique
            && index.parts.iter().any(|part| match &part.key {
                IndexKey::Column(name) => of(name),
                IndexKey::Expression(sql) => {
                    table.columns.iter().any(|column| of(&column.name) && mentions(sql, &column.name))
                }
            })
    };
    table.primary_key.iter().any(of)
        || table.uniques.iter().any(|unique| unique.columns.iter().any(of))
        || table.indexes.iter().any(in_index)
}

fn held(traced: &ColumnTrace, before: &Table, after: &Table) -> Option<Held> {
    let from = before.columns.iter().position(|column| column.name == traced.from)?;
    let column = after.column(&traced.to)?.clone();
    let filled = traced.alterations.iter().find_map(|alteration| alteration.filled.as_ref());
    let map: Vec<ValueMap> = traced.alterations.iter().flat_map(|alteration| alteration.map.clone()).collect();
    let back = |entry: &ValueMap| ValueMap { from: entry.to.clone(), to: entry.from.clone() };
    let back = map.iter().map(back).collect();
    // A value that replaces NULL must not be another row's key, and not be that of more than one
    // row. Random values differ.
    let this = |name: &String| *name == column.name;
    let repeats = unique(after, &this) && filled != Some(&RowValue::Random);
    let decides = repeats || after.foreign_keys.iter().any(|key| key.columns.iter().any(this));
    let nullable = column.nullable || (filled.is_some() && !decides);
    Some(Held { from, column, map, back, nullable, folded: traced.folded })
}

/// The tables that operations change or need, by every name that they have on the way.
pub fn touched(operations: &[Operation]) -> Vec<String> {
    let all: BTreeSet<&str> = operations.iter().flat_map(Operation::tables).collect();
    all.into_iter().map(str::to_owned).collect()
}
