//! Constraints and indexes in steps: a constraint is NOT VALID first, an index is built beside the writes, and a unique
//! constraint takes its index over in the last step.

use super::ddl::{create_index, enum_check};
use super::online_plan::{leads_to_a_key, Build, Plan, Rule};
use crate::dialect::parts::{list, references};
use crate::dialect::quote;
use crate::diff::{Constraint, Operation};
use crate::error::Result;
use crate::schema::expression::mentions;
use crate::schema::names::{default_name, kind_check_name};
use crate::schema::{Column, ForeignKey, Index, IndexKey, Table, Unique};

impl Plan {
    /// See `Operation::AddConstraint`.
    pub(super) fn add_constraint(&mut self, operation: &Operation, table: &str, constraint: &Constraint) -> Result<()> {
        if let Constraint::ForeignKey(key) = constraint {
            return self.add_key(table, key);
        }
        if self.made.contains(table) {
            return self.add(table, operation);
        }
        if !self.is_open(table) {
            return Ok(());
        }
        match constraint {
            Constraint::Unique(unique) => self.add_unique(table, unique),
            Constraint::Check(check) => {
                if self.is_widened(table, |column| mentions(&check.sql, column)) {
                    self.conflict(table, read_again(&check.name, table));
                }
                self.add_rule(table, &check.name, format!("CHECK ({})", check.sql), None);
            }
            Constraint::ForeignKey(_) => {}
        }
        Ok(())
    }

    fn add_key(&mut self, table: &str, key: &ForeignKey) -> Result<()> {
        if !self.is_open(table) || !self.is_open(&key.table) {
            return Ok(());
        }
        if !leads_to_a_key(self.table(&key.table)?, key) {
            self.conflict(
                table,
                format!("The foreign key {} comes before the key to which it leads.", quote(&key.name)),
            );
        }
        self.engage(&key.table);
        self.add_rule(table, &key.name, references(key), Some(key.table.clone()));
        Ok(())
    }

    fn add_unique(&mut self, table: &str, unique: &Unique) {
        let index = self.free_name(table, &unique.name);
        let create = create_concurrently(&format!(
            "CREATE UNIQUE INDEX {} ON {} ({})",
            quote(&index),
            quote(table),
            list(&unique.columns)
        ));
        self.indexes.push(Build { table: table.to_owned(), name: index.clone(), create });
        let (name, of, index) = (quote(&unique.name), quote(table), quote(&index));
        self.defer(table, [format!("ALTER TABLE {of} ADD CONSTRAINT {name} UNIQUE USING INDEX {index}")]);
    }

    /// A constraint that is validated before the last step, under its name by the end of it.
    pub(super) fn add_rule(&mut self, table: &str, name: &str, body: String, target: Option<String>) {
        let free = self.free_name(table, name);
        // A new table is empty, but the server may read the other one to find that out.
        let others = target.as_ref().is_some_and(|target| !self.made.contains(target));
        let validate = !self.made.contains(table) || others;
        self.rules.push(Rule { table: table.to_owned(), name: free.clone(), body, target, validate });
        self.engage(table);
        if free != name {
            let (of, free, name) = (quote(table), quote(&free), quote(name));
            self.defer(table, [format!("ALTER TABLE {of} RENAME CONSTRAINT {free} TO {name}")]);
        }
    }

    /// The check of an enum's words, of a column as it is to be.
    pub(super) fn add_enum_check(&mut self, table: &Table, column: &Column) {
        if let (Some(name), Some(condition)) = (enum_name(table, column), super::ddl::enum_condition(column)) {
            self.add_rule(&table.name, &name, format!("CHECK ({condition})"), None);
        }
    }

    /// A column that may not be NULL by the end of the last step, for which all rows are looked at before.
    pub(super) fn forbid_null(&mut self, table: &str, column: &str) {
        let helper = default_name("plinth_not_null", &[table, column], "check");
        let (of, name, check) = (quote(table), quote(column), quote(&helper));
        self.add_rule(table, &helper, format!("CHECK ({name} IS NOT NULL)"), None);
        // In two statements: as actions of one, the check would go before the server looks for it.
        self.defer(
            table,
            [
                format!("ALTER TABLE {of} ALTER COLUMN {name} SET NOT NULL"),
                format!("ALTER TABLE {of} DROP CONSTRAINT {check}"),
            ],
        );
    }

    /// See `Operation::AddIndex`.
    pub(super) fn add_index(&mut self, operation: &Operation, table: &str, index: &Index) -> Result<()> {
        if self.made.contains(table) {
            return self.add(table, operation);
        }
        if !self.is_open(table) {
            return Ok(());
        }
        if self.is_widened(table, |column| is_made_again(index, column)) {
            self.conflict(table, made_anew(&index.name, table));
        }
        let free = self.free_name(table, &index.name);
        let of = self.table(table)?.clone();
        self.build_index(&of, index, &free);
        if free != index.name {
            self.defer(table, [format!("ALTER INDEX {} RENAME TO {}", quote(&free), quote(&index.name))]);
        }
        Ok(())
    }

    /// An index under this name, of a table as it is to be.
    pub(super) fn build_index(&mut self, table: &Table, index: &Index, name: &str) {
        let create = create_concurrently(&create_index(table, &Index { name: name.to_owned(), ..index.clone() }));
        // Of several changes of its columns the last one knows all of them.
        self.indexes.retain(|other| other.name != name);
        self.indexes.push(Build { table: table.name.clone(), name: name.to_owned(), create });
        self.engage(&table.name);
    }

    fn is_widened(&self, table: &str, condition: impl Fn(&str) -> bool) -> bool {
        self.widened.iter().any(|(of, column)| of == table && condition(column))
    }
}

fn create_concurrently(create: &str) -> String {
    create.replacen("INDEX ", "INDEX CONCURRENTLY ", 1)
}

fn enum_name(table: &Table, column: &Column) -> Option<String> {
    enum_check(table, column).and(kind_check_name(&table.name, column))
}

/// Whether the server makes an index anew when the type of a column changes that it names: with an expression or a condition
/// it looks no further.
pub(super) fn is_made_again(index: &Index, column: &str) -> bool {
    let expressions = index.parts.iter().any(|part| matches!(part.key, IndexKey::Expression(_)));
    let names = index.parts.iter().any(|part| match &part.key {
        IndexKey::Column(name) => name == column,
        IndexKey::Expression(sql) => mentions(sql, column),
    });
    let filtered = index.filter.as_ref().is_some_and(|sql| mentions(sql, column));
    filtered || names && (expressions || index.filter.is_some())
}

pub(super) fn read_again(check: &str, table: &str) -> String {
    format!("The check {} names a column of another type: all rows of {} are read for it.", quote(check), quote(table))
}

pub(super) fn made_anew(index: &str, table: &str) -> String {
    format!(
        "The index {} names a column of another type: it is made anew while {} is locked.",
        quote(index),
        quote(table)
    )
}
