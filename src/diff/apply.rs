//! Operations applied to a schema, one by one: each must find what it changes exactly as it was.

use super::named::{columns_of, constraints, names_column, relations, rename_in_index};
use super::same::{same_column, same_table};
use super::{Constraint, Operation};
use crate::error::{Code, Error, Result};
use crate::schema::expression::rename_column;
use crate::schema::names::fold;
use crate::schema::{Column, ForeignKey, Schema, Table};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// A schema that operations change. The fold over many revisions takes one, not a schema for each.
///
/// After a failure it is in no particular state.
#[derive(Clone, Debug, Default)]
pub struct Applier {
    tables: Vec<Option<Table>>,
    at: HashMap<String, usize>,
    /// The tables that point to one, and with how many keys.
    pointing: HashMap<String, BTreeMap<usize, usize>>,
    /// Names of tables, unique constraints and indexes, folded: no two may be alike in one database.
    taken: HashSet<String>,
}

impl Applier {
    /// Begins with a schema.
    pub fn new(schema: Schema) -> Self {
        let mut applier = Applier::default();
        for table in schema.tables {
            applier.taken.extend(relations(&table).map(fold));
            applier.insert(table);
        }
        applier
    }

    /// The schema as it is now.
    pub fn into_schema(self) -> Schema {
        Schema { tables: self.tables.into_iter().flatten().collect() }
    }

    /// The table of this name, as it is now.
    pub fn table(&self, name: &str) -> Option<&Table> {
        self.tables[*self.at.get(name)?].as_ref()
    }

    /// The same, if an operation needs it. Fails with `RevisionConflict` if there is none.
    pub fn needed(&self, name: &str) -> Result<&Table> {
        self.table(name).ok_or_else(|| {
            let message = format!("The revision changes the table `{name}`, which does not exist.");
            Error::new(Code::RevisionConflict, message).table(name)
        })
    }

    /// The tables, as they are now.
    pub fn tables(&self) -> impl Iterator<Item = &Table> {
        self.tables.iter().flatten()
    }

    /// Applies one operation. Fails with `RevisionConflict` where it does not find what it changes as it was.
    pub fn apply(&mut self, operation: &Operation) -> Result<()> {
        match operation {
            Operation::CreateTable { table } => self.create_table(table),
            Operation::DropTable { table } => self.drop_table(table),
            Operation::RenameTable { from, to } => self.rename_table(from, to),
            Operation::CommentTable { table, from, to } => {
                let table = self.find(table)?;
                expect(table.comment == *from, || conflict(&table.name, "its comment differs"))?;
                table.comment.clone_from(to);
                Ok(())
            }
            Operation::AddColumn { table, column, .. } => add_column(self.find(table)?, column),
            Operation::DropColumn { table, column, .. } => self.drop_column(table, column),
            Operation::RenameColumn { table, from, to } => self.rename_column(table, from, to),
            Operation::AlterColumn { table, from, to, .. } => {
                let table = self.find(table)?;
                let at = column_as_was(table, from)?;
                table.columns[at] = to.plain();
                Ok(())
            }
            Operation::AlterPrimaryKey { table, from, to } => {
                let table = self.find(table)?;
                expect(table.primary_key == *from, || conflict(&table.name, "its primary key differs"))?;
                has_columns(table, to)?;
                table.primary_key.clone_from(to);
                Ok(())
            }
            Operation::AddConstraint { table, constraint } => self.add_constraint(table, constraint),
            Operation::DropConstraint { table, constraint } => self.drop_constraint(table, constraint),
            Operation::RenameConstraint { table, from, to } => self.rename_constraint(table, from, to),
            Operation::AddIndex { table, index } => {
                self.claim(table, &index.name)?;
                let table = self.find(table)?;
                has_columns(table, &columns_of(index))?;
                table.indexes.push(index.clone());
                Ok(())
            }
            Operation::DropIndex { table, index } => {
                let list = |table: &mut Table| take(&mut table.indexes, |one| one == index);
                self.drop_named(table, "index", &index.name, list)?;
                self.release(&index.name);
                Ok(())
            }
            Operation::RenameIndex { table, from, to } => {
                self.reclaim(table, from, to)?;
                let table = self.find(table)?;
                let index = table.indexes.iter_mut().find(|index| index.name == *from);
                let missing = || conflict(&table.name, format!("its index `{from}` is gone")).constraint(from);
                index.ok_or_else(missing)?.name.clone_from(to);
                Ok(())
            }
        }
    }

    fn insert(&mut self, table: Table) {
        let at = self.tables.len();
        for key in &table.foreign_keys {
            *self.pointing.entry(key.table.clone()).or_default().entry(at).or_default() += 1;
        }
        self.at.insert(table.name.clone(), at);
        self.tables.push(Some(table));
    }

    fn find(&mut self, name: &str) -> Result<&mut Table> {
        let at = self.at.get(name).copied();
        let table = at.and_then(|at| self.tables[at].as_mut());
        table.ok_or_else(|| conflict(name, "it is gone"))
    }

    /// Takes a name that only one thing in the database can have.
    fn claim(&mut self, table: &str, name: &str) -> Result<()> {
        expect(self.taken.insert(fold(name)), || taken(table, name))
    }

    fn release(&mut self, name: &str) {
        self.taken.remove(&fold(name));
    }

    fn reclaim(&mut self, table: &str, from: &str, to: &str) -> Result<()> {
        self.release(from);
        self.claim(table, to)
    }

    fn create_table(&mut self, table: &Table) -> Result<()> {
        for name in relations(table) {
            self.claim(&table.name, name)?;
        }
        for key in &table.foreign_keys {
            self.has_target(table, key)?;
        }
        let mut table = table.clone();
        table.renamed_from = None;
        table.columns = table.columns.iter().map(Column::plain).collect();
        self.insert(table);
        Ok(())
    }

    fn drop_table(&mut self, table: &Table) -> Result<()> {
        let found = self.find(&table.name)?;
        expect(same_table(found, table), || conflict(&table.name, "it has changed"))?;
        let at = self.at.remove(&table.name).expect("found above");
        let others: Vec<usize> = self.pointing_to(&table.name).into_iter().filter(|other| *other != at).collect();
        if let Some(other) = others.first().and_then(|other| self.tables[*other].as_ref()) {
            return Err(conflict(&table.name, format!("`{}` points to it", other.name)));
        }
        self.tables[at] = None;
        for key in &table.foreign_keys {
            self.points_less(&key.table, at);
        }
        for name in relations(table) {
            self.release(name);
        }
        Ok(())
    }

    fn rename_table(&mut self, from: &str, to: &str) -> Result<()> {
        self.find(from)?.name = to.to_owned();
        self.reclaim(from, from, to)?;
        for other in self.pointing_to(from) {
            let keys = self.tables[other].iter_mut().flat_map(|table| &mut table.foreign_keys);
            keys.filter(|key| key.table == from).for_each(|key| key.table = to.to_owned());
        }
        let at = self.at.remove(from).expect("found above");
        self.at.insert(to.to_owned(), at);
        if let Some(pointing) = self.pointing.remove(from) {
            self.pointing.insert(to.to_owned(), pointing);
        }
        Ok(())
    }

    fn drop_column(&mut self, name: &str, column: &Column) -> Result<()> {
        let table = self.find(name)?;
        let at = column_as_was(table, column)?;
        let user = names_column(table, &column.name);
        expect(user.is_none(), || in_use(name, column, user.unwrap_or_default()))?;
        table.columns.remove(at);
        for other in self.pointing_to(name) {
            let keys = self.tables[other].iter().flat_map(|table| &table.foreign_keys);
            let mut keys = keys.filter(|key| key.table == name && key.references.contains(&column.name));
            if let Some(key) = keys.next() {
                return Err(in_use(name, column, &key.name));
            }
        }
        Ok(())
    }

    fn rename_column(&mut self, name: &str, from: &str, to: &str) -> Result<()> {
        let table = self.find(name)?;
        let other = |column: &Column| column.name != from && fold(&column.name) == fold(to);
        expect(!table.columns.iter().any(other), || taken(name, to))?;
        let column = table.columns.iter_mut().find(|column| column.name == from);
        column.ok_or_else(|| conflict(name, format!("its column `{from}` is gone")).column(from))?.name = to.to_owned();
        let follow = |names: &mut Vec<String>| {
            names.iter_mut().filter(|name| *name == from).for_each(|name| *name = to.to_owned());
        };
        follow(&mut table.primary_key);
        table.uniques.iter_mut().for_each(|unique| follow(&mut unique.columns));
        table.foreign_keys.iter_mut().for_each(|key| follow(&mut key.columns));
        for check in &mut table.checks {
            check.sql = rename_column(&check.sql, from, to);
        }
        table.indexes.iter_mut().for_each(|index| rename_in_index(index, from, to));
        for other in self.pointing_to(name) {
            let keys = self.tables[other].iter_mut().flat_map(|table| &mut table.foreign_keys);
            keys.filter(|key| key.table == name).for_each(|key| follow(&mut key.references));
        }
        Ok(())
    }

    fn add_constraint(&mut self, name: &str, constraint: &Constraint) -> Result<()> {
        let table = self.find(name)?;
        expect(!constraints(table).any(|one| fold(one) == fold(constraint.name())), || taken(name, constraint.name()))?;
        match constraint {
            Constraint::Unique(unique) => {
                has_columns(table, &unique.columns)?;
                table.uniques.push(unique.clone());
                self.claim(name, &unique.name)?;
            }
            Constraint::Check(check) => table.checks.push(check.clone()),
            Constraint::ForeignKey(key) => {
                has_columns(table, &key.columns)?;
                table.foreign_keys.push(key.clone());
                let at = self.at[name];
                *self.pointing.entry(key.table.clone()).or_default().entry(at).or_default() += 1;
                let table = self.tables[at].as_ref().expect("found above");
                self.has_target(table, key)?;
            }
        }
        Ok(())
    }

    fn drop_constraint(&mut self, table: &str, constraint: &Constraint) -> Result<()> {
        let name = constraint.name();
        match constraint {
            Constraint::Unique(unique) => {
                self.drop_named(table, "unique constraint", name, |t| take(&mut t.uniques, |one| one == unique))?;
                self.release(name);
                Ok(())
            }
            Constraint::Check(check) => {
                self.drop_named(table, "check", name, |t| take(&mut t.checks, |one| one == check))
            }
            Constraint::ForeignKey(key) => {
                let list = |table: &mut Table| take(&mut table.foreign_keys, |one| one == key);
                self.drop_named(table, "foreign key", name, list)?;
                self.points_less(&key.table, self.at[table]);
                Ok(())
            }
        }
    }

    fn rename_constraint(&mut self, name: &str, from: &str, to: &str) -> Result<()> {
        let table = self.find(name)?;
        expect(!constraints(table).any(|one| one != from && fold(one) == fold(to)), || taken(name, to))?;
        let uniques = table.uniques.iter_mut().map(|unique| (&mut unique.name, true));
        let checks = table.checks.iter_mut().map(|check| (&mut check.name, false));
        let keys = table.foreign_keys.iter_mut().map(|key| (&mut key.name, false));
        let found = uniques.chain(checks).chain(keys).find(|(name, _)| *name == from);
        let missing = || conflict(name, format!("its constraint `{from}` is gone")).constraint(from);
        let (place, unique) = found.ok_or_else(missing)?;
        to.clone_into(place);
        if unique {
            self.reclaim(name, from, to)?;
        }
        Ok(())
    }

    fn drop_named(&mut self, table: &str, what: &str, name: &str, take: impl FnOnce(&mut Table) -> bool) -> Result<()> {
        let found = take(self.find(table)?);
        expect(found, || conflict(table, format!("its {what} `{name}` is gone or differs")).constraint(name))
    }

    /// The tables that point to one, itself among them.
    fn pointing_to(&self, name: &str) -> Vec<usize> {
        self.pointing.get(name).map(|pointing| pointing.keys().copied().collect()).unwrap_or_default()
    }

    fn points_less(&mut self, target: &str, from: usize) {
        let Some(pointing) = self.pointing.get_mut(target) else { return };
        let keys = pointing.entry(from).or_default();
        *keys = keys.saturating_sub(1);
        if *keys == 0 {
            pointing.remove(&from);
        }
    }

    fn has_target(&self, table: &Table, key: &ForeignKey) -> Result<()> {
        let target = if key.table == table.name { Some(table) } else { self.table(&key.table) };
        let target = target.ok_or_else(|| conflict(&key.table, "it is gone").constraint(&key.name))?;
        has_columns(target, &key.references)
    }
}

fn add_column(table: &mut Table, column: &Column) -> Result<()> {
    let there = table.columns.iter().any(|other| fold(&other.name) == fold(&column.name));
    expect(!there, || taken(&table.name, &column.name).column(&column.name))?;
    table.columns.push(column.plain());
    Ok(())
}

fn column_as_was(table: &Table, column: &Column) -> Result<usize> {
    let at = table.columns.iter().position(|other| other.name == column.name);
    let fault = |what| conflict(&table.name, format!("its column `{}` {what}", column.name)).column(&column.name);
    let at = at.ok_or_else(|| fault("is gone"))?;
    expect(same_column(&table.columns[at], column), || fault("has changed"))?;
    Ok(at)
}

fn has_columns(table: &Table, columns: &[String]) -> Result<()> {
    let there: BTreeSet<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
    match columns.iter().find(|column| !there.contains(column.as_str())) {
        Some(column) => Err(conflict(&table.name, format!("its column `{column}` is gone")).column(column)),
        None => Ok(()),
    }
}

fn take<T>(list: &mut Vec<T>, is: impl Fn(&T) -> bool) -> bool {
    let at = list.iter().position(is);
    at.map(|at| list.remove(at)).is_some()
}

fn expect(holds: bool, fault: impl FnOnce() -> Error) -> Result<()> {
    if holds {
        Ok(())
    } else {
        Err(fault())
    }
}

fn conflict(table: &str, what: impl std::fmt::Display) -> Error {
    Error::new(Code::RevisionConflict, format!("The table `{table}` is not as this change expects it: {what}"))
        .table(table)
}

fn taken(table: &str, name: &str) -> Error {
    conflict(table, format!("the name `{name}` is taken"))
}

fn in_use(table: &str, column: &Column, user: &str) -> Error {
    conflict(table, format!("its column `{}` is still used by {user}", column.name)).column(&column.name)
}
