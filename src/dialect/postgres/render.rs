//! Operations as PostgreSQL's statements: as one would write them by hand, what stands in the way
//! of a change dropped before it and made again after it. Changes of columns are in `alter`.

use super::alter::ColumnChange;
use super::ddl::{self, afterwards, bare_table, comment_on_table, create_index, created_type, enum_check};
use super::fill::{fill, neutral, row_value, Rules, WHY};
use super::mend::{covers, same_columns, Missing};
use super::online_fill::is_constant;
use crate::dialect::lower::Lower;
use crate::dialect::parts::{constraint, references};
use crate::dialect::quote;
use crate::diff::{lowered, Applier, Constraint, Operation, RowValue};
use crate::error::Result;
use crate::schema::names::{kind_check_name, primary_key_name};
use crate::schema::{Column, ForeignKey, Kind, Schema, Table};

/// See `Dialect::render`.
pub(super) fn render(from: &Schema, operations: &[Operation]) -> Result<Vec<String>> {
    let mut renderer = Renderer { schema: Applier::new(from.clone()), ..Renderer::default() };
    for (at, operation) in operations.iter().enumerate() {
        let rest = &operations[at + 1..];
        renderer.operation(operation, rest)?;
        renderer.mend(rest);
    }
    renderer.mend_all();
    Ok(renderer.statements)
}

/// The schema at one point of the operations, and what was written until there.
#[derive(Default)]
pub(super) struct Renderer {
    pub schema: Applier,
    pub missing: Missing,
    pub statements: Vec<String>,
}

impl Renderer {
    pub(super) fn push(&mut self, statement: impl Into<String>) {
        self.statements.push(statement.into());
    }

    /// One or several actions of ALTER TABLE.
    pub(super) fn alter(&mut self, table: &str, actions: &[String]) {
        match actions {
            [] => {}
            [one] => self.push(format!("ALTER TABLE {} {one}", quote(table))),
            many => self.push(format!("ALTER TABLE {}\n  {}", quote(table), many.join(",\n  "))),
        }
    }

    pub(super) fn table(&self, name: &str) -> Result<&Table> {
        self.schema.needed(name)
    }

    /// The statements of an operation before the schema follows it, and after.
    fn operation(&mut self, operation: &Operation, rest: &[Operation]) -> Result<()> {
        use Operation::*;
        match operation {
            CreateTable { table } => {
                self.follow(operation)?;
                self.create_table(table);
                return Ok(());
            }
            DropTable { table } => {
                self.missing.forget_table(&table.name);
                self.push(format!("DROP TABLE {}", quote(&table.name)));
            }
            RenameTable { from, to } => self.rename_table(from, to)?,
            CommentTable { table, to, .. } => self.push(comment_on_table(table, to.as_deref())),
            AddColumn { table, column, backfill } => {
                self.add_column(table, column, backfill.as_ref(), rest)?;
                self.follow(operation)?;
                self.lower(operation);
                return Ok(());
            }
            DropColumn { table, column, .. } => {
                self.release_primary_key(table, &column.name)?;
                self.alter(table, &[format!("DROP COLUMN {}", quote(&column.name))]);
            }
            RenameColumn { table, from, to } => self.rename_column(table, from, to)?,
            AlterColumn { table, from, to, map, backfill, .. } => {
                let change = ColumnChange { table, from, to, map, backfill: backfill.as_ref() };
                let after = self.alter_column(&change, rest)?;
                self.follow(operation)?;
                self.lower(operation);
                self.statements.extend(after);
                return Ok(());
            }
            AlterPrimaryKey { table, .. } => {
                self.drop_primary_key(table)?;
                self.follow(operation)?;
                self.missing.primary_keys.push(table.clone());
                return Ok(());
            }
            AddConstraint { table, constraint: Constraint::ForeignKey(key) } => {
                self.missing.foreign_keys.push((table.clone(), key.name.clone()));
            }
            AddConstraint { table, constraint } => self.alter(table, &[format!("ADD {}", written(constraint))]),
            DropConstraint { table, constraint } => self.drop_constraint(table, constraint),
            RenameConstraint { table, from, to } => {
                if !self.missing.renamed(table, from, to) {
                    self.rename_constraint(table, from, to);
                }
            }
            AddIndex { table, index } => {
                let sql = create_index(self.table(table)?, index);
                self.push(sql);
            }
            DropIndex { table, index } => {
                self.release_foreign_keys(table, |key| covers(index, &key.references));
                self.push(format!("DROP INDEX {}", quote(&index.name)));
            }
            RenameIndex { from, to, .. } => self.push(format!("ALTER INDEX {} RENAME TO {}", quote(from), quote(to))),
        }
        self.follow(operation)
    }

    /// Folds the texts that are to be in lower case, and those that point to them: keys between them would be in the way.
    fn lower(&mut self, operation: &Operation) {
        let places = lowered(self.schema.tables(), operation);
        let folds =
            |table: &str, columns: &[String]| places.iter().any(|(of, column)| of == table && columns.contains(column));
        self.release(|of, key| folds(&of.name, &key.columns) || folds(&key.table, &key.references));
        for (table, column) in places {
            self.push(Lower { table, column }.statement());
        }
    }

    fn follow(&mut self, operation: &Operation) -> Result<()> {
        self.schema.apply(operation)
    }

    fn create_table(&mut self, table: &Table) {
        let mut first = table.clone();
        // Its own indexes come after it.
        let indexes = table.indexes.iter().map(|index| (table.name.clone(), index.name.clone()));
        self.missing.indexes = indexes.collect();
        first.foreign_keys.retain(|key| self.ready(table, key));
        self.missing.indexes.clear();
        let later = table.foreign_keys.iter().filter(|key| !first.foreign_keys.contains(key));
        self.missing.foreign_keys.extend(later.map(|key| (table.name.clone(), key.name.clone())));
        self.push(bare_table(&first));
        self.statements.extend(afterwards(table));
        self.statements.extend(table.indexes.iter().map(|index| create_index(table, index)));
    }

    fn rename_table(&mut self, from: &str, to: &str) -> Result<()> {
        let table = self.table(from)?;
        let mut names = vec![(primary_key_name(from), primary_key_name(to))];
        names.retain(|_| !table.primary_key.is_empty());
        names
            .extend(table.columns.iter().filter_map(|column| Some((enum_name(from, column)?, enum_name(to, column)?))));
        self.push(format!("ALTER TABLE {} RENAME TO {}", quote(from), quote(to)));
        for (before, after) in names {
            self.rename_constraint(to, &before, &after);
        }
        self.missing.table_renamed(from, to);
        Ok(())
    }

    fn rename_column(&mut self, table: &str, from: &str, to: &str) -> Result<()> {
        let column = self.table(table)?.column(from).cloned();
        self.alter(table, &[format!("RENAME COLUMN {} TO {}", quote(from), quote(to))]);
        if let Some(column) = column {
            let renamed = Column { name: to.to_owned(), ..column.clone() };
            if let (Some(before), Some(after)) = (enum_name(table, &column), enum_name(table, &renamed)) {
                self.rename_constraint(table, &before, &after);
            }
        }
        Ok(())
    }

    fn rename_constraint(&mut self, table: &str, from: &str, to: &str) {
        if from != to {
            self.alter(table, &[format!("RENAME CONSTRAINT {} TO {}", quote(from), quote(to))]);
        }
    }

    fn add_column(
        &mut self,
        name: &str,
        column: &Column,
        backfill: Option<&RowValue>,
        rest: &[Operation],
    ) -> Result<()> {
        let table = self.table(name)?.clone();
        let check = enum_check(&table, column);
        let set = quote(&column.name);
        let whole = |column: &Column, check: Option<&String>| {
            let check = check.map(|check| format!(" {check}")).unwrap_or_default();
            format!("ADD COLUMN {}{check}", ddl::column_line(column))
        };
        let numbered = matches!(column.kind, Kind::Id | Kind::BigId);
        let open = !column.nullable && column.default.is_none() && !numbered;
        let rules = Rules::of(&self.schema, rest, &table, column);
        let made_up = backfill.is_none() && open;
        let given = backfill.map(|value| row_value(value, column)).transpose()?;
        let given = given.filter(|_| backfill != Some(&RowValue::Default));
        let constant = match &given {
            None if made_up && !rules.unique && rules.key.is_none() => Some(neutral(&column.kind)),
            given => given.clone().filter(|sql| is_constant(sql)),
        };
        let default = ddl::default_sql(column).map(|sql| format!("ALTER COLUMN {set} SET DEFAULT {sql}"));
        if let Some(value) = constant {
            // A default for existing rows alone: the server keeps it in its catalog, and writes no row.
            let line = whole(&Column { default: None, ..column.clone() }, None);
            let why = if made_up { WHY } else { "" };
            let check = check.map(|check| format!(" {check}")).unwrap_or_default();
            self.push(format!("{why}ALTER TABLE {} {line} DEFAULT {value}{check}", quote(name)));
            self.alter(name, &[default.unwrap_or_else(|| format!("ALTER COLUMN {set} DROP DEFAULT"))]);
        } else if given.is_some() || made_up {
            self.alter(name, &[format!("ADD COLUMN {set} {}", created_type(&column.kind))]);
            self.push(match given {
                Some(value) => format!("UPDATE {} SET {set} = {value}", quote(name)),
                None => fill(&table, column, &rules, false),
            });
            let mut actions = Vec::new();
            actions.extend(default);
            actions.extend((!column.nullable).then(|| format!("ALTER COLUMN {set} SET NOT NULL")));
            actions.extend(check.map(|check| format!("ADD {check}")));
            self.alter(name, &actions);
        } else {
            self.alter(name, &[whole(column, check.as_ref())]);
        }
        if column.comment.is_some() {
            self.push(ddl::comment_on_column(name, column));
        }
        Ok(())
    }

    fn drop_constraint(&mut self, table: &str, constraint: &Constraint) {
        let name = constraint.name();
        if self.missing.forget_foreign_key(table, name) {
            return;
        }
        if let Constraint::Unique(unique) = constraint {
            self.release_foreign_keys(table, |key| same_columns(&key.references, &unique.columns));
        }
        self.alter(table, &[format!("DROP CONSTRAINT {}", quote(name))]);
    }

    /// Drops the primary key, where it is there, and the foreign keys that lead to it.
    fn drop_primary_key(&mut self, name: &str) -> Result<()> {
        let table = self.table(name)?;
        if table.primary_key.is_empty() || self.missing.primary_keys.iter().any(|missing| missing == name) {
            self.missing.primary_keys.retain(|missing| missing != name);
            return Ok(());
        }
        let columns = table.primary_key.clone();
        self.release_foreign_keys(name, |key| same_columns(&key.references, &columns));
        self.alter(name, &[format!("DROP CONSTRAINT {}", quote(&primary_key_name(name)))]);
        Ok(())
    }

    /// The same where the key has this column; it is made again when all its columns are ready.
    pub(super) fn release_primary_key(&mut self, name: &str, column: &str) -> Result<()> {
        let missing = self.missing.primary_keys.iter().any(|missing| missing == name);
        if !missing && self.table(name)?.primary_key.iter().any(|key| key == column) {
            self.drop_primary_key(name)?;
            self.missing.primary_keys.push(name.to_owned());
        }
        Ok(())
    }

    /// Drops the foreign keys that lead to the table and meet the condition.
    fn release_foreign_keys(&mut self, target: &str, condition: impl Fn(&ForeignKey) -> bool) {
        self.release(|_, key| key.table == target && condition(key));
    }

    /// Drops the foreign keys that meet the condition, until they can be made again.
    pub(super) fn release(&mut self, condition: impl Fn(&Table, &ForeignKey) -> bool) {
        let mut found = Vec::new();
        for table in self.schema.tables() {
            let keys = table.foreign_keys.iter().filter(|key| condition(table, key));
            found.extend(keys.map(|key| (table.name.clone(), key.name.clone())));
        }
        for (table, name) in found {
            if !self.missing.foreign_keys.contains(&(table.clone(), name.clone())) {
                self.alter(&table, &[format!("DROP CONSTRAINT {}", quote(&name))]);
                self.missing.foreign_keys.push((table, name));
            }
        }
    }
}

/// A constraint as ADD writes it.
fn written(of: &Constraint) -> String {
    match of {
        Constraint::Unique(unique) => ddl::unique_constraint(unique),
        Constraint::Check(check) => constraint(&check.name, &format!("CHECK ({})", check.sql)),
        Constraint::ForeignKey(key) => constraint(&key.name, &references(key)),
    }
}

/// The name of the check of an enum's words: the only check of a kind that there is here.
pub(super) fn enum_name(table: &str, column: &Column) -> Option<String> {
    matches!(column.kind, Kind::Enum { .. }).then(|| kind_check_name(table, column))?
}
