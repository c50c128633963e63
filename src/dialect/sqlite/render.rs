//! Operations as SQLite's statements: ALTER TABLE where it does what is meant, else all changes of a table in one rebuild.
//!
//! The abilities of ALTER TABLE are those of the SQLite that is compiled in (3.53): NOT NULL and
//! CHECK are changed in place too.

use super::convert::{conversion, fitting, mapped};
use super::ddl::{self, create_index, default_sql, kind_check};
use super::fill::{fill, foreseen, row_value};
use super::plan::{Batch, Way};
use super::rebuild::{rebuild, temporary, Rows};
use crate::dialect::lower::Lower;
use crate::dialect::{quote, DialectName};
use crate::diff::{lowered, Applier, Operation};
use crate::error::{Code, Error, Result};
use crate::schema::expression::mentions;
use crate::schema::names::{fold, kind_check_name};
use crate::schema::{Column, Index, Kind, Schema, Table};
use std::collections::BTreeMap;

/// The remark on values that the revision invents.
pub(super) const WHY: &str = "-- What these rows held is not known: they get a value that may stand there.\n";

/// See `Dialect::render`.
pub(super) fn render(from: &Schema, operations: &[Operation]) -> Result<Vec<String>> {
    let mut renderer = Renderer { schema: Applier::new(from.clone()), ..Renderer::default() };
    let mut rest = operations;
    while !rest.is_empty() {
        let renames = rest.iter().take_while(|operation| is_rename(operation)).count();
        for operation in &rest[..renames] {
            renderer.rename(operation)?;
        }
        let others = rest[renames..].iter().take_while(|operation| !is_rename(operation)).count();
        renderer.batch(&rest[renames..renames + others], &rest[renames + others..])?;
        rest = &rest[renames + others..];
    }
    Ok(renderer.statements)
}

/// Renames that SQLite does by itself: views, triggers and foreign keys follow.
fn is_rename(operation: &Operation) -> bool {
    matches!(operation, Operation::RenameTable { .. } | Operation::RenameColumn { .. })
}

/// The schema at one point of the operations, and what was written until there.
#[derive(Default)]
pub(super) struct Renderer {
    schema: Applier,
    pub(super) statements: Vec<String>,
    /// Tables whose primary key and checks still have names made of the table's former one.
    stale_tables: Vec<String>,
    /// Checks of kinds that still have names made of the column's former one: the table, that name, the column.
    stale_checks: Vec<(String, String, String)>,
    /// The operations behind the batch that is being written.
    later: Vec<Operation>,
    /// The rows of the tables that are to be made anew.
    rows: BTreeMap<String, (Table, Rows)>,
}

impl Renderer {
    pub(super) fn push(&mut self, statement: impl Into<String>) {
        self.statements.push(statement.into());
    }

    pub(super) fn alter(&mut self, table: &str, action: &str) {
        self.push(format!("ALTER TABLE {} {action}", quote(table)));
    }

    pub(super) fn table(&self, name: &str) -> Result<&Table> {
        self.schema.needed(name)
    }

    fn rename(&mut self, operation: &Operation) -> Result<()> {
        match operation {
            Operation::RenameTable { from, to } => {
                self.rename_table(from, to);
                if let Some((mut old, rows)) = self.rows.remove(from) {
                    old.name.clone_from(to);
                    self.rows.insert(to.clone(), (old, rows));
                }
                self.stale_tables.retain(|table| table != from);
                self.stale_tables.push(to.clone());
                self.stale_checks
                    .iter_mut()
                    .filter(|(table, ..)| table == from)
                    .for_each(|stale| stale.0.clone_from(to));
            }
            Operation::RenameColumn { table, from, to } => {
                self.alter(table, &format!("RENAME COLUMN {} TO {}", quote(from), quote(to)));
                if let Some((old, rows)) = self.rows.get_mut(table) {
                    // See `can_wait`: nothing has become of these rows yet.
                    old.columns.iter_mut().filter(|column| column.name == *from).for_each(|c| c.name.clone_from(to));
                    *rows = Rows::of(old);
                }
                let column = self.table(table)?.column(from).cloned();
                if let Some(name) = column.and_then(|column| kind_check_name(table, &column)) {
                    match self.stale_checks.iter_mut().find(|(of, _, column)| of == table && column == from) {
                        Some(stale) => stale.2.clone_from(to),
                        None => self.stale_checks.push((table.clone(), name, to.clone())),
                    }
                }
            }
            _ => {}
        }
        self.schema.apply(operation)
    }

    /// SQLite refuses a name that differs from the former one in case only: it finds that the table exists. So such a table
    /// gets another name between.
    fn rename_table(&mut self, from: &str, to: &str) {
        let mut former = from.to_owned();
        if fold(from) == fold(to) {
            let between = temporary(to);
            self.push(format!(
                "-- SQLite does not change the case of a table's name in one step.\nALTER TABLE {} RENAME TO {}",
                quote(from),
                quote(&between)
            ));
            former = between;
        }
        self.alter(&former, &format!("RENAME TO {}", quote(to)));
    }

    /// Everything between two renames: one rebuild at most for a table.
    fn batch(&mut self, operations: &[Operation], later: &[Operation]) -> Result<()> {
        let mut after = self.schema.clone();
        for operation in operations {
            after.apply(operation)?;
        }
        self.later = later.to_vec();
        self.mark_stale();
        let batch = Batch::of(&self.schema, &after, operations, &self.stale_tables);
        self.rename_checks(&batch)?;
        for name in std::mem::take(&mut self.stale_tables) {
            if batch.way(&name) == Way::Rebuild && batch.last(&name).is_none() {
                self.begin(&name)?;
                self.finish(&name)?;
            }
        }
        for (at, operation) in operations.iter().enumerate() {
            let name = operation.tables().first().copied().unwrap_or_default().to_owned();
            match batch.way(&name) {
                Way::Created => self.created(operation, &after)?,
                Way::Dropped => {
                    if matches!(operation, Operation::DropTable { .. }) {
                        self.rows.remove(&name);
                        self.push(format!("DROP TABLE {}", quote(&name)));
                    }
                    self.schema.apply(operation)?;
                }
                Way::Alter => {
                    self.alter_by(operation, &batch)?;
                    self.schema.apply(operation)?;
                    self.lower(operation)?;
                }
                Way::Rebuild => {
                    self.gather(operation, &after)?;
                    self.schema.apply(operation)?;
                    self.lower(operation)?;
                    if batch.last(&name) == Some(at) && !self.can_wait(&name, later) {
                        self.finish(&name)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// A change that waits for its rebuild makes a table stale, too, and so does a check that
    /// SQLite would not add as it is.
    fn mark_stale(&mut self) {
        let unsure = self.stale_checks.iter().filter(|(table, former, column)| {
            let found = self.schema.table(table).and_then(|of| of.column(column));
            found.is_some_and(|found| found.nullable && kind_check_name(table, found).as_ref() != Some(former))
        });
        let names: Vec<String> = self.rows.keys().chain(unsure.map(|(table, ..)| table)).cloned().collect();
        for name in names {
            if !self.stale_tables.contains(&name) {
                self.stale_tables.push(name);
            }
        }
    }

    /// Gives the checks of renamed columns their names, if no rebuild does.
    fn rename_checks(&mut self, batch: &Batch) -> Result<()> {
        let mut adds = Vec::new();
        for (name, former, column) in std::mem::take(&mut self.stale_checks) {
            if batch.way(&name) != Way::Alter {
                continue;
            }
            let Some(found) = self.table(&name)?.column(&column).cloned() else { continue };
            if kind_check_name(&name, &found).as_ref() != Some(&former) {
                self.alter(&name, &format!("DROP CONSTRAINT {}", quote(&former)));
                adds.extend(kind_check(&name, &found).map(|check| (name, format!("ADD {check}"))));
            }
        }
        // When all former names are free: columns may have changed places.
        for (name, add) in adds {
            self.alter(&name, &add);
        }
        Ok(())
    }

    /// A new table is created with all that it gets: SQLite lets foreign keys point to what is created later.
    fn created(&mut self, operation: &Operation, after: &Applier) -> Result<()> {
        self.schema.apply(operation)?;
        if let Operation::CreateTable { table } = operation {
            let whole = after.table(&table.name).unwrap_or(table);
            self.push(ddl::create_table(whole));
            self.statements.extend(whole.indexes.iter().map(|index| create_index(&whole.name, index)));
        }
        Ok(())
    }

    /// Folds the texts that are to be in lower case, and those that point to them; first the table is made anew with the
    /// changes until then, of which the texts may be some.
    fn lower(&mut self, operation: &Operation) -> Result<()> {
        for (table, column) in lowered(self.schema.tables(), operation) {
            self.finish(&table)?;
            self.push(Lower { table, column }.statement());
        }
        Ok(())
    }

    /// Whether a rename comes that makes the table anew in any case, and nothing until then minds the old one.
    fn can_wait(&self, name: &str, later: &[Operation]) -> bool {
        let mut renames = later.iter().take_while(|operation| is_rename(operation));
        let untouched = self.rows.get(name).is_some_and(|(_, rows)| rows.changed.is_empty() && rows.before.is_empty());
        untouched && renames.any(|rename| rename.tables().contains(&name))
    }

    fn begin(&mut self, name: &str) -> Result<()> {
        if !self.rows.contains_key(name) {
            let table = self.table(name)?.clone();
            let rows = Rows::of(&table);
            self.rows.insert(name.to_owned(), (table, rows));
        }
        Ok(())
    }

    /// Makes the table anew, as it is by now.
    fn finish(&mut self, name: &str) -> Result<()> {
        if let Some((old, rows)) = self.rows.remove(name) {
            let new = self.table(name)?.clone();
            self.statements.extend(rebuild(&old, &new, &rows));
        }
        Ok(())
    }

    /// Notes what an operation does to the rows of a table that is to be made anew.
    fn gather(&mut self, operation: &Operation, after: &Applier) -> Result<()> {
        use Operation::*;
        if let Some((table, sql)) = expression(operation) {
            // It reads the row as it is by now, which the old table does not have.
            let changed = self.rows.get(table).is_some_and(|(_, rows)| rows.changed.iter().any(|c| mentions(sql, c)));
            if changed {
                self.finish(table)?;
            }
        }
        let Some(name) = operation.tables().first().map(|name| (*name).to_owned()) else { return Ok(()) };
        self.begin(&name)?;
        let whole = foreseen(after, &name, operation, &self.later);
        let Some((old, rows)) = self.rows.get_mut(&name) else { return Ok(()) };
        match operation {
            DropIndex { index: Index { name: index, .. }, .. } | RenameIndex { from: index, .. } => {
                // Only existing ones: names between, for two that change places, never existed.
                let there = old.indexes.iter().position(|other| other.name == *index);
                if let Some(at) = there {
                    old.indexes.remove(at);
                    self.statements.push(format!("DROP INDEX {}", quote(index)));
                }
            }
            AddColumn { column, backfill, .. } => {
                let given = match backfill {
                    Some(value) => Some(row_value(value, column)?),
                    None => default_sql(column),
                };
                let value = match (given, &column.kind) {
                    (Some(sql), _) => sql,
                    (None, Kind::Id | Kind::BigId) => numbers(old).to_owned(),
                    (None, _) if column.nullable => "NULL".into(),
                    (None, _) => {
                        rows.why = Some(WHY);
                        fill(&whole, column, None, rows)
                    }
                };
                rows.set(&column.name, value);
            }
            DropColumn { column, .. } => rows.drop(&column.name),
            AlterColumn { from, to, map, backfill, .. } => {
                let value = rows.value(&to.name).unwrap_or("NULL").to_owned();
                let converted = conversion(&from.kind, &to.kind, &value).ok_or_else(|| unsupported(&name, from, to))?;
                if let Some(condition) = converted.fits {
                    rows.before.push(fitting(&name, (from, to), &value, &condition).0);
                }
                let mut value = converted.value;
                if let Some(cases) = mapped(&value, &to.kind, map) {
                    value = cases;
                }
                if from.nullable && !to.nullable {
                    let given = match backfill {
                        Some(given) => Some(row_value(given, to)?),
                        None => default_sql(to),
                    };
                    value = match given {
                        Some(sql) => format!("coalesce({value}, {sql})"),
                        None => {
                            rows.why = Some(WHY);
                            fill(&whole, to, Some(&value), rows)
                        }
                    };
                }
                rows.set(&to.name, value);
            }
            _ => {}
        }
        Ok(())
    }
}

/// The SQL over the row that an operation carries, and the table.
fn expression(operation: &Operation) -> Option<(&str, &str)> {
    match operation {
        Operation::AddColumn { table, backfill: Some(value), .. }
        | Operation::AlterColumn { table, backfill: Some(value), .. } => {
            Some((table, value.sql(DialectName::Sqlite.as_str())?))
        }
        _ => None,
    }
}

/// The numbering of rows in a new identity: the rowid, if it has no other name yet.
fn numbers(old: &Table) -> &'static str {
    super::rebuild::rowid(old).filter(|_| super::rebuild::alias(old).is_none()).unwrap_or(super::fill::ROW)
}

fn unsupported(table: &str, from: &Column, to: &Column) -> Error {
    let (before, after) = (crate::diff::kind_words(&from.kind), crate::diff::kind_words(&to.kind));
    let message = format!("The values of `{table}.{}` cannot become {after} from {before}.", to.name);
    Error::new(Code::ConversionUnsupported, message)
        .table(table)
        .column(&to.name)
        .hint("Add a new column, move the values, drop the old one.")
}
