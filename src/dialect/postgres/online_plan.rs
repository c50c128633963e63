//! The plan of a revision in steps: first what only adds, then the rows, the indexes and the rules, and in the last step all
//! that takes something away. So whatever is done before the last step can be undone without a loss.

use super::mend::{covers, same_columns};
use super::online_rename::{names, renames_last};
use super::render::render;
use crate::dialect::online::{Blocking, Online};
use crate::dialect::quote;
use crate::diff::{Applier, Constraint, Operation};
use crate::error::Result;
use crate::schema::names::{default_name, primary_key_name};
use crate::schema::{ForeignKey, Schema, Table};
use std::collections::{BTreeSet, HashMap};

/// See `Definitions::render_online`.
pub(super) fn render_online(from: &Schema, operations: &[Operation]) -> Result<Online> {
    if only_makes_tables(operations) {
        return Ok(Online::Brief);
    }
    let mut plan = Plan { schema: Applier::new(from.clone()), ..Plan::default() };
    let (renames, operations) = renames_last(operations).unwrap_or_else(|table| {
        plan.note_conflict(
            &table,
            format!("A name of {} passes on to another column or table, and another change needs it.", quote(&table)),
        );
        (Vec::new(), operations.to_vec())
    });
    for (at, operation) in operations.iter().enumerate() {
        plan.operation(operation, &operations[at + 1..])?;
        plan.schema.apply(operation)?;
    }
    for rename in &renames {
        plan.rename_last(rename)?;
        plan.schema.apply(rename)?;
    }
    if !plan.blocked.is_empty() {
        return Ok(Online::Blocks(plan.blocked));
    }
    let built = !plan.fills.is_empty() || !plan.indexes.is_empty() || plan.rules.iter().any(|rule| rule.validate);
    let heavy = built || plan.hindered;
    Ok(match (heavy, plan.conflicts.is_empty()) {
        (false, _) => Online::Brief,
        (true, false) => Online::Blocks(plan.conflicts),
        (true, true) => Online::Steps(plan.into_steps()),
    })
}

/// Statements that need their locks for a moment, and what undoes them.
pub(super) struct Brief {
    pub table: String,
    pub up: Vec<String>,
    pub undo: Vec<String>,
}

/// The rows of a table that get a value in a column.
pub(super) struct Fill {
    pub table: String,
    pub key: Vec<String>,
    pub column: String,
    pub update: String,
    /// Whether the column was there before.
    pub is_kept: bool,
}

/// An index that is built beside the writes.
pub(super) struct Build {
    pub table: String,
    pub name: String,
    pub create: String,
}

/// A constraint that holds for new rows first, and for all once it is validated.
pub(super) struct Rule {
    pub table: String,
    pub name: String,
    pub body: String,
    /// The table to which a foreign key leads.
    pub target: Option<String>,
    /// Whether the table may have rows.
    pub validate: bool,
}

/// The parts of the steps, and the schema at one point of the operations.
#[derive(Default)]
pub(super) struct Plan {
    pub schema: Applier,
    /// Changes that only add.
    pub expand: Vec<Brief>,
    pub fills: Vec<Fill>,
    pub indexes: Vec<Build>,
    pub rules: Vec<Rule>,
    /// Statements of the last step, with their tables.
    pub last: Vec<(String, String)>,
    /// Tables that the revision makes.
    pub made: BTreeSet<String>,
    /// Columns whose type changes in the last step, by table and name.
    pub widened: Vec<(String, String)>,
    /// Names that are free only after the last step: of tables and indexes; of columns and constraints by their table.
    taken: BTreeSet<String>,
    taken_of: BTreeSet<(String, String)>,
    /// The drops of what forbids rows, which hold until the last step.
    pub falling: Vec<Operation>,
    /// Tables that a step after the first names: another name must wait for the last step.
    engaged: BTreeSet<String>,
    /// Tables and columns renamed in the last step: by their new names nothing can be done before.
    renamed: BTreeSet<String>,
    /// Tables by their names before the revision.
    origins: HashMap<String, String>,
    /// Changes that have no way in steps.
    blocked: Vec<Blocking>,
    /// Changes that have one, but not beside the others of the revision; and whether one of them reads or writes rows.
    conflicts: Vec<Blocking>,
    hindered: bool,
}

impl Plan {
    fn operation(&mut self, operation: &Operation, rest: &[Operation]) -> Result<()> {
        use Operation::*;
        match operation {
            CreateTable { table } => self.create_table(operation, table)?,
            DropTable { table } => {
                self.taken.extend(relations(table));
                self.defer_operation(&table.name, operation)?;
            }
            RenameTable { from, to } => self.rename_table(operation, from, to)?,
            RenameColumn { table, from, to } => self.rename_column(operation, table, (from, to))?,
            RenameConstraint { table, from, to } | RenameIndex { table, from, to } => {
                self.rename_object(operation, table, (from, to))?;
            }
            CommentTable { table, .. } if self.renamed.contains(table) => self.defer_operation(table, operation)?,
            CommentTable { table, .. } => self.add(table, operation)?,
            AddColumn { table, column, backfill } => {
                self.add_column(operation, (table, column, backfill.as_ref()), rest)?
            }
            DropColumn { table, column, .. } => {
                if self.table(table)?.primary_key.contains(&column.name) {
                    self.block(table, primary_key_changes(table));
                    return Ok(());
                }
                self.taken_of.insert((table.clone(), column.name.clone()));
                self.defer_operation(table, operation)?;
            }
            AlterColumn { table, .. } => {
                if self.made.contains(table) {
                    return self.add(table, operation);
                }
                self.alter_column(operation, rest)?;
            }
            AlterPrimaryKey { table, .. } => self.block(table, primary_key_changes(table)),
            AddConstraint { table, constraint } => self.add_constraint(operation, table, constraint)?,
            DropConstraint { table, constraint } => self.drop_constraint(operation, table, constraint)?,
            AddIndex { table, index } => self.add_index(operation, table, index)?,
            DropIndex { table, index } => {
                if let Some(key) = self.leaning(table, |key| covers(index, &key.references)) {
                    self.block(table, made_again(&key, &index.name));
                    return Ok(());
                }
                self.taken.insert(index.name.clone());
                self.falling.push(operation.clone());
                self.defer_operation(table, operation)?;
            }
        }
        Ok(())
    }

    pub(super) fn table(&self, name: &str) -> Result<&Table> {
        self.schema.needed(name)
    }

    /// The schema at this point.
    fn now(&self) -> Schema {
        Schema { tables: self.schema.tables().cloned().collect() }
    }

    /// Adds an operation to the first step, as it is.
    pub(super) fn add(&mut self, table: &str, operation: &Operation) -> Result<()> {
        let now = self.now();
        let up = render(&now, std::slice::from_ref(operation))?;
        let mut after = Applier::new(now);
        after.apply(operation)?;
        let undo = render(&after.into_schema(), &[operation.reverse()])?;
        self.expand.push(Brief { table: table.to_owned(), up, undo });
        Ok(())
    }

    /// Adds an operation to the last step, as it is.
    fn defer_operation(&mut self, table: &str, operation: &Operation) -> Result<()> {
        let statements = render(&self.now(), std::slice::from_ref(operation))?;
        self.defer(table, statements);
        Ok(())
    }

    /// Adds statements to the last step.
    pub(super) fn defer(&mut self, table: &str, statements: impl IntoIterator<Item = String>) {
        self.last.extend(statements.into_iter().map(|statement| (table.to_owned(), statement)));
        self.engage(table);
    }

    /// Notes that a step after the first names the table.
    pub(super) fn engage(&mut self, table: &str) {
        self.engaged.insert(table.to_owned());
    }

    /// Notes that a change has no way in steps; `sentence` says what blocks the table.
    pub(super) fn block(&mut self, table: &str, sentence: String) {
        let blocking = Blocking { table: self.origin(table), sentence };
        self.blocked.push(blocking);
    }

    /// Notes that a change which reads or writes rows has no way in steps beside the others.
    pub(super) fn conflict(&mut self, table: &str, sentence: String) {
        self.hindered = true;
        self.note_conflict(table, sentence);
    }

    fn note_conflict(&mut self, table: &str, sentence: String) {
        let blocking = Blocking { table: self.origin(table), sentence };
        if !self.conflicts.contains(&blocking) {
            self.conflicts.push(blocking);
        }
    }

    fn origin(&self, table: &str) -> String {
        self.origins.get(table).map_or(table, String::as_str).to_owned()
    }

    /// Whether the table can be changed before the last step; notes the conflict if it cannot.
    pub(super) fn is_open(&mut self, table: &str) -> bool {
        self.is_open_for(table, true)
    }

    /// The same for a change that may be brief; `heavy`: it reads or writes rows.
    pub(super) fn is_open_for(&mut self, table: &str, heavy: bool) -> bool {
        let renamed = self.renamed.contains(table);
        if renamed {
            self.hindered |= heavy;
            self.note_conflict(table, format!("{} is renamed and changed by one revision.", quote(table)));
        }
        !renamed
    }

    /// A name for a new constraint of a table, or index: its own, or another one if that is taken until the last step.
    pub(super) fn free_name(&self, table: &str, name: &str) -> String {
        match self.taken.contains(name) || self.taken_of.contains(&(table.to_owned(), name.to_owned())) {
            true => default_name("plinth", &[name], "new"),
            false => name.to_owned(),
        }
    }

    /// Notes that a name of a constraint of the table is free only after the last step.
    pub(super) fn take_name(&mut self, table: &str, name: &str) {
        self.taken_of.insert((table.to_owned(), name.to_owned()));
    }

    /// Whether a new column would have the name of one that goes in the last step.
    pub(super) fn is_taken(&self, table: &str, name: &str) -> bool {
        self.taken_of.contains(&(table.to_owned(), name.to_owned()))
    }

    /// A foreign key that leads to the table and meets the condition.
    pub(super) fn leaning(&self, table: &str, condition: impl Fn(&ForeignKey) -> bool) -> Option<ForeignKey> {
        let mut keys = self.schema.tables().flat_map(|of| &of.foreign_keys);
        keys.find(|key| key.table == table && condition(key)).cloned()
    }

    fn create_table(&mut self, operation: &Operation, table: &Table) -> Result<()> {
        if let Some(name) = relations(table).into_iter().find(|name| self.taken.contains(name)) {
            self.conflict(&table.name, format!("The name {} is free only after the last step.", quote(&name)));
        }
        for key in table.foreign_keys.iter().filter(|key| key.table != table.name) {
            let ready = self.schema.table(&key.table).is_some_and(|target| leads_to_a_key(target, key));
            let built = self.indexes.iter().any(|index| index.table == key.table);
            if !ready || built || self.renamed.contains(&key.table) {
                let target = quote(&key.table);
                self.conflict(&key.table, format!("{target} gets a unique key to which a new table leads."));
            }
        }
        self.made.insert(table.name.clone());
        self.add(&table.name, operation)
    }

    /// A rename in the last step.
    fn rename_last(&mut self, rename: &Operation) -> Result<()> {
        match rename {
            Operation::RenameTable { from: table, .. } | Operation::RenameColumn { table, .. } => {
                self.defer_operation(table, rename)
            }
            _ => Ok(()),
        }
    }

    fn rename_table(&mut self, operation: &Operation, from: &str, to: &str) -> Result<()> {
        let origin = self.origins.remove(from).unwrap_or_else(|| from.to_owned());
        self.origins.insert(to.to_owned(), origin);
        let names_free = [to, &primary_key_name(to)].iter().all(|name| !self.taken.contains(*name));
        if self.engaged.contains(from) || !self.fills.is_empty() || !names_free {
            self.taken.extend([from.to_owned(), primary_key_name(from)]);
            self.defer_operation(from, operation)?;
            self.engage(to);
            self.renamed.insert(to.to_owned());
            return Ok(());
        }
        if self.made.remove(from) {
            self.made.insert(to.to_owned());
        }
        self.add(to, operation)
    }

    fn rename_column(&mut self, operation: &Operation, table: &str, (from, to): (&str, &str)) -> Result<()> {
        let is_early = !self.renamed.contains(table) && self.fills.is_empty();
        if !is_early || self.needs_column(table, from) || self.is_taken(table, to) {
            self.defer_operation(table, operation)?;
            self.take_name(table, from);
            self.renamed.insert(table.to_owned());
            return Ok(());
        }
        self.add(table, operation)
    }

    /// Whether a step after the first names the column.
    fn needs_column(&self, table: &str, column: &str) -> bool {
        let last = self.last.iter().map(|(of, sql)| (of, sql));
        let built = self.indexes.iter().map(|index| (&index.table, &index.create));
        let rules = self.rules.iter().map(|rule| (&rule.table, &rule.body));
        let targets = self.rules.iter().filter_map(|rule| rule.target.as_ref().map(|target| (target, &rule.body)));
        let mut all = last.chain(built).chain(rules).chain(targets);
        all.any(|(of, sql)| of == table && names(sql, column))
    }

    fn rename_object(&mut self, operation: &Operation, table: &str, (from, to): (&str, &str)) -> Result<()> {
        if self.engaged.contains(table) || self.taken.contains(to) {
            self.defer_operation(table, operation)?;
            self.take_name(table, from);
            self.taken.insert(from.to_owned());
            return Ok(());
        }
        self.add(table, operation)
    }

    fn drop_constraint(&mut self, operation: &Operation, table: &str, constraint: &Constraint) -> Result<()> {
        let name = constraint.name();
        if let Constraint::Unique(unique) = constraint {
            if let Some(key) = self.leaning(table, |key| same_columns(&key.references, &unique.columns)) {
                self.block(table, made_again(&key, name));
                return Ok(());
            }
            self.taken.insert(name.to_owned());
        }
        self.take_name(table, name);
        self.falling.push(operation.clone());
        self.defer_operation(table, operation)
    }
}

/// Whether the operations make tables and nothing else: the first revision of a project, of many tables.
fn only_makes_tables(operations: &[Operation]) -> bool {
    let made: BTreeSet<&String> = operations
        .iter()
        .filter_map(|operation| match operation {
            Operation::CreateTable { table } => Some(&table.name),
            _ => None,
        })
        .collect();
    operations.iter().all(|operation| match operation {
        Operation::CreateTable { .. } => true,
        Operation::AddConstraint { table, constraint: Constraint::ForeignKey(key) } => {
            made.contains(table) && made.contains(&key.table)
        }
        _ => false,
    })
}

/// The names of a table that no other table or index may have.
fn relations(table: &Table) -> Vec<String> {
    let mut names = vec![table.name.clone(), primary_key_name(&table.name)];
    names.extend(table.uniques.iter().map(|unique| unique.name.clone()));
    names.extend(table.indexes.iter().map(|index| index.name.clone()));
    names
}

/// Whether the columns to which a foreign key leads are unique.
pub(super) fn leads_to_a_key(target: &Table, key: &ForeignKey) -> bool {
    same_columns(&target.primary_key, &key.references)
        || target.uniques.iter().any(|unique| same_columns(&unique.columns, &key.references))
        || target.indexes.iter().any(|index| covers(index, &key.references))
}

fn primary_key_changes(table: &str) -> String {
    format!("The primary key of {} changes: its index is made while the table is locked.", quote(table))
}

fn made_again(key: &ForeignKey, index: &str) -> String {
    format!(
        "The foreign key {} leans on {}, which goes: it is made again, and reads all rows while both tables are locked.",
        quote(&key.name),
        quote(index)
    )
}
