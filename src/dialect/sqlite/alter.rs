//! Operations that ALTER TABLE carries out, on a table that stays as it is otherwise.

use super::convert::{conversion, fitting, mapped};
use super::ddl::{self, create_index, default_sql, kind_check, text_literal};
use super::fill::{neutral, row_value};
use super::plan::Batch;
use super::render::{Renderer, WHY};
use crate::dialect::parts::constraint;
use crate::dialect::quote;
use crate::diff::{effective_map, Constraint, Operation, RowValue, ValueMap};
use crate::error::Result;
use crate::schema::names::kind_check_name;
use crate::schema::{Column, Kind};

impl Renderer {
    /// The statements of one operation on a table that stays as it is otherwise. See `plan` for what may come here.
    pub(super) fn alter_by(&mut self, operation: &Operation, batch: &Batch) -> Result<()> {
        use Operation::*;
        match operation {
            AddColumn { table, column, .. } => {
                let mut line = format!("ADD COLUMN {}", ddl::column_line(self.table(table)?, column));
                line.extend(kind_check(table, column).map(|check| format!(" {check}")));
                line.extend(batch.inline_key(table, &column.name).map(|key| format!(" {}", ddl::inline_key(key))));
                self.alter(table, &line);
            }
            DropColumn { table, column, .. } => {
                if let Some(check) = kind_check_name(table, column) {
                    self.alter(table, &format!("DROP CONSTRAINT {}", quote(&check)));
                }
                self.alter(table, &format!("DROP COLUMN {}", quote(&column.name)));
            }
            AlterColumn { table, from, to, map, backfill, .. } => {
                self.alter_column(table, (from, to), map, backfill.as_ref())?;
            }
            AddConstraint { table, constraint: Constraint::Check(check) } => {
                let check = constraint(&check.name, &format!("CHECK ({})", check.sql));
                self.alter(table, &format!("ADD {check}"));
            }
            DropConstraint { table, constraint } => {
                self.alter(table, &format!("DROP CONSTRAINT {}", quote(constraint.name())));
            }
            RenameConstraint { table, from, to } => {
                let check = self.table(table)?.checks.iter().find(|check| check.name == *from).cloned();
                if let Some(check) = check {
                    self.alter(table, &format!("DROP CONSTRAINT {}", quote(from)));
                    self.alter(table, &format!("ADD {}", constraint(to, &format!("CHECK ({})", check.sql))));
                }
            }
            AddIndex { table, index } => self.push(create_index(table, index)),
            DropIndex { index, .. } => self.push(format!("DROP INDEX {}", quote(&index.name))),
            RenameIndex { table, from, to } => {
                let index = self.table(table)?.indexes.iter().find(|index| index.name == *from).cloned();
                if let Some(mut index) = index {
                    self.push(format!("DROP INDEX {}", quote(from)));
                    index.name.clone_from(to);
                    self.push(create_index(table, &index));
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn alter_column(
        &mut self,
        name: &str,
        (from, to): (&Column, &Column),
        map: &[ValueMap],
        backfill: Option<&RowValue>,
    ) -> Result<()> {
        let column = quote(&to.name);
        if let Some(condition) = conversion(&from.kind, &to.kind, &column).and_then(|converted| converted.fits) {
            // The column stays as it is, and the condition is only asked.
            let (check, fits) = fitting(name, (from, to), &column, &condition);
            self.push(check);
            self.alter(name, &format!("DROP CONSTRAINT {}", quote(&fits)));
        }
        let (before, check) = (kind_check(name, from), kind_check(name, to));
        if before != check {
            if let Some(former) = kind_check_name(name, from) {
                self.alter(name, &format!("DROP CONSTRAINT {}", quote(&former)));
            }
        }
        self.statements.extend(mapping(name, &column, &to.kind, map));
        if from.nullable && !to.nullable {
            let given = match backfill {
                Some(value) => Some(row_value(value, to)?),
                None => default_sql(to),
            };
            let why = if given.is_none() { WHY } else { "" };
            let value = given.unwrap_or_else(|| neutral(&to.kind));
            self.push(format!("{why}UPDATE {} SET {column} = {value} WHERE {column} IS NULL", quote(name)));
            self.alter(name, &format!("ALTER COLUMN {column} SET NOT NULL"));
        } else if to.nullable && !from.nullable {
            self.alter(name, &format!("ALTER COLUMN {column} DROP NOT NULL"));
        }
        if before != check {
            if let Some(check) = check {
                self.alter(name, &format!("ADD {check}"));
            }
        }
        Ok(())
    }
}

/// The UPDATE that does what `mapped` does.
fn mapping(table: &str, column: &str, kind: &Kind, map: &[ValueMap]) -> Option<String> {
    let gone = effective_map(kind, map);
    let (value, filter) = match gone.as_slice() {
        [] => return None,
        [one] => (text_literal(&one.to), format!("= {}", text_literal(&one.from))),
        many => {
            let words: Vec<String> = many.iter().map(|m| text_literal(&m.from)).collect();
            (mapped(column, kind, map)?, format!("IN ({})", words.join(", ")))
        }
    };
    Some(format!("UPDATE {} SET {column} = {value} WHERE {column} {filter}", quote(table)))
}
