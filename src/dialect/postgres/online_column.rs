//! New columns in steps.

use super::ddl::{column_line, comment_on_column, created_type, default_sql};
use super::fill::{neutral, row_value, Rules};
use super::online_fill::{is_constant, Filling};
use super::online_plan::{Brief, Plan};
use crate::dialect::quote;
use crate::diff::{lowered, Applier, Operation, RowValue};
use crate::error::Result;
use crate::schema::{Column, Kind, Table};

/// The values that existing rows get in a new column.
enum Given {
    /// The column's own default, or NULL.
    Default,
    /// The same for each row.
    Constant(String),
    /// One for each row.
    PerRow(String),
}

impl Plan {
    /// See `Operation::AddColumn`.
    pub(super) fn add_column(
        &mut self,
        operation: &Operation,
        (name, column, backfill): (&str, &Column, Option<&RowValue>),
        rest: &[Operation],
    ) -> Result<()> {
        if self.made.contains(name) {
            return self.add(name, operation);
        }
        if !self.is_open_for(name, backfill.is_some()) || self.folds(name, operation)? {
            return Ok(());
        }
        let (of, set) = (quote(name), quote(&column.name));
        if self.is_taken(name, &column.name) {
            self.conflict(name, format!("The name {of}.{set} is free only after the last step."));
            return Ok(());
        }
        if matches!(column.kind, Kind::Id | Kind::BigId) {
            self.block(name, format!("{of}.{set} numbers the rows: all of {of} is written anew while it is locked."));
            return Ok(());
        }
        let table = self.table(name)?.clone();
        match self.given(&table, column, backfill, rest)? {
            Some(given) => self.add_given(&table, column, given),
            None => {
                self.block(
                    name,
                    format!("Each row of {of} gets a value of its own in {set}, made up by the revision."),
                );
                Ok(())
            }
        }
    }

    /// The value of rows; `None` if values must be made up that differ.
    fn given(
        &self,
        table: &Table,
        column: &Column,
        backfill: Option<&RowValue>,
        rest: &[Operation],
    ) -> Result<Option<Given>> {
        Ok(Some(match backfill {
            Some(RowValue::Default) => Given::Default,
            Some(value) => {
                let sql = row_value(value, column)?;
                if is_constant(&sql) {
                    Given::Constant(sql)
                } else {
                    Given::PerRow(sql)
                }
            }
            None if column.nullable || column.default.is_some() => Given::Default,
            None => {
                let rules = Rules::of(&self.schema, rest, table, column);
                if rules.unique || rules.key.is_some() {
                    return Ok(None);
                }
                Given::Constant(neutral(&column.kind))
            }
        }))
    }

    fn add_given(&mut self, table: &Table, column: &Column, given: Given) -> Result<()> {
        let (of, set) = (quote(&table.name), quote(&column.name));
        let drop = format!("ALTER TABLE {of} DROP COLUMN {set}");
        let default = default_sql(column).map(|sql| format!("ALTER TABLE {of} ALTER COLUMN {set} SET DEFAULT {sql}"));
        let comment = column.comment.as_ref().map(|_| comment_on_column(&table.name, column));
        let whole = |column: &Column| format!("ALTER TABLE {of} ADD COLUMN {}", column_line(column));
        match given {
            Given::Default => {
                let up = [whole(column)].into_iter().chain(comment).collect();
                self.expand.push(Brief { table: table.name.clone(), up, undo: vec![drop] });
            }
            Given::Constant(sql) => {
                let bare = Column { default: None, ..column.clone() };
                let add = format!("{} DEFAULT {sql}", whole(&bare));
                if default.is_none() {
                    // Until then the rows of a release that does not know the column get the value, too.
                    self.defer(&table.name, [format!("ALTER TABLE {of} ALTER COLUMN {set} DROP DEFAULT")]);
                }
                let up = [add].into_iter().chain(default).chain(comment).collect();
                self.expand.push(Brief { table: table.name.clone(), up, undo: vec![drop] });
            }
            Given::PerRow(value) => {
                let add = format!("ALTER TABLE {of} ADD COLUMN {set} {}", created_type(&column.kind));
                let up = [add].into_iter().chain(default).chain(comment).collect();
                let nullable = column.nullable;
                let before = (up, vec![drop]);
                self.fill(Filling { table, column: &column.name, value: &value, nullable, is_kept: false, before })?;
                if !nullable {
                    self.forbid_null(&table.name, &column.name);
                }
            }
        }
        self.add_enum_check(table, column);
        Ok(())
    }

    /// Whether texts are folded by an operation, for which there are no steps.
    pub(super) fn folds(&mut self, table: &str, operation: &Operation) -> Result<bool> {
        let mut after = Applier::new(crate::schema::Schema { tables: self.schema.tables().cloned().collect() });
        after.apply(operation)?;
        let places = lowered(after.tables(), operation);
        if let Some((of, column)) = places.first() {
            let place = format!("{}.{}", quote(of), quote(column));
            self.block(table, format!("The texts of {place} are folded to lower case while the table is locked."));
        }
        Ok(!places.is_empty())
    }
}
