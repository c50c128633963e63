//! Another kind, nullability or default of a column: as few statements as the order of things allows.

use super::convert::{base_type, comparable, conversion, stored_type};
use super::ddl::{comment_on_column, default_sql, enum_check, identity, most, text_literal};
use super::fill::{fill, row_value, Rules};
use super::render::{enum_name, Renderer};
use crate::dialect::parts::constraint;
use crate::dialect::quote;
use crate::diff::{effective_map, Operation, RowValue, ValueMap};
use crate::error::{Code, Error, Result};
use crate::schema::expression::mentions;
use crate::schema::names::default_name;
use crate::schema::{Column, Index, IndexKey, Kind, Table};

/// The actions of ALTER TABLE before and after the rows are changed; in one statement where they are not.
#[derive(Default)]
struct Actions {
    first: Vec<String>,
    updates: Vec<String>,
    second: Vec<String>,
}

/// See `Operation::AlterColumn`.
pub(super) struct ColumnChange<'a> {
    pub(super) table: &'a str,
    pub(super) from: &'a Column,
    pub(super) to: &'a Column,
    pub(super) map: &'a [ValueMap],
    pub(super) backfill: Option<&'a RowValue>,
}

impl Renderer {
    /// Writes the change; gives back what can only be written after it. `rest`: the operations that follow.
    pub(super) fn alter_column(&mut self, change: &ColumnChange<'_>, rest: &[Operation]) -> Result<Vec<String>> {
        let ColumnChange { table: name, from, to, map, backfill } = *change;
        let table = self.table(name)?.clone();
        let mut actions = Actions::default();
        let retyped = stored_type(&from.kind) != stored_type(&to.kind);
        if retyped && !comparable(&from.kind, &to.kind) {
            let leads = |columns: &[String]| columns.contains(&to.name);
            self.release(|of, key| {
                of.name == name && leads(&key.columns) || key.table == name && leads(&key.references)
            });
        }
        // A number of characters or digits does not show in expressions.
        let reread = base_type(&from.kind) != base_type(&to.kind);
        if reread {
            self.release_checks(&table, &to.name, &mut actions);
        }
        self.release_indexes(&table, from, to, reread);
        if to.nullable && !from.nullable {
            self.release_primary_key(name, &to.name)?;
        }
        replace_enum_check(&table, from, to, &mut actions);
        change_default(from, to, retyped, &mut actions);
        self.change_kind(&table, (from, to), retyped, &mut actions)?;
        actions.updates.extend(mapped(name, to, map));
        let set = format!("ALTER COLUMN {}", quote(&to.name));
        if from.nullable && !to.nullable {
            actions.updates.push(self.without_nulls(&table, to, backfill, rest)?);
            actions.second.insert(0, format!("{set} SET NOT NULL"));
        } else if to.nullable && !from.nullable {
            actions.first.push(format!("{set} DROP NOT NULL"));
        }
        let mut after = Vec::new();
        match (numbered(&from.kind), numbered(&to.kind)) {
            // By itself: the server would have the sequence follow the type.
            (true, false) => self.alter(name, &[format!("{set} DROP IDENTITY")]),
            (false, true) => {
                actions.second.push(format!("{set} ADD {}", identity(&to.kind)));
                after.push(behind_the_rows(name, &to.name));
            }
            (true, true) if from.kind != to.kind => actions.second.push(format!("{set} SET {}", most(&to.kind))),
            _ => {}
        }
        let said = |column: &Column| column.comment.clone().filter(|text| !text.is_empty());
        if said(from) != said(to) {
            after.push(comment_on_column(name, to));
        }
        self.write(name, actions);
        Ok(after)
    }

    fn write(&mut self, table: &str, actions: Actions) {
        let Actions { mut first, updates, second } = actions;
        if updates.is_empty() {
            first.extend(second);
            return self.alter(table, &first);
        }
        self.alter(table, &first);
        self.statements.extend(updates);
        self.alter(table, &second);
    }

    /// The server would keep their expressions with casts of the old type in them.
    fn release_checks(&mut self, table: &Table, column: &str, actions: &mut Actions) {
        for check in table.checks.iter().filter(|check| mentions(&check.sql, column)) {
            let key = (table.name.clone(), check.name.clone());
            if !self.missing.checks.contains(&key) {
                actions.first.push(format!("DROP CONSTRAINT {}", quote(&check.name)));
                self.missing.checks.push(key);
            }
        }
    }

    /// Indexes whose expressions name a column of another type; and those in which NULLs move to another end, see
    /// `create_index`.
    fn release_indexes(&mut self, table: &Table, from: &Column, to: &Column, reread: bool) {
        let moves = from.nullable != to.nullable;
        for index in &table.indexes {
            let key = (table.name.clone(), index.name.clone());
            let concerned = moves && orders(index, &to.name) || reread && computes(index, &to.name);
            if concerned && !self.missing.indexes.contains(&key) {
                if index.unique {
                    self.release(|_, key| key.table == table.name && super::mend::covers(index, &key.references));
                }
                self.push(format!("DROP INDEX {}", quote(&index.name)));
                self.missing.indexes.push(key);
            }
        }
    }

    /// Another type, where it is one; and before it the condition that every value must meet.
    fn change_kind(
        &mut self,
        table: &Table,
        (from, to): (&Column, &Column),
        retyped: bool,
        actions: &mut Actions,
    ) -> Result<()> {
        if from.kind == to.kind {
            return Ok(());
        }
        let column = quote(&to.name);
        let conversion = conversion(&from.kind, &to.kind, &column).ok_or_else(|| unsupported(table, from, to))?;
        if let Some(condition) = conversion.fits {
            let name = default_name(&table.name, &[&to.name], "fits");
            let check = format!("ADD {}", constraint(&name, &format!("CHECK ({condition})")));
            let why = "-- A value that would not stay what it is fails here.";
            self.push(format!("{why}\nALTER TABLE {} {check}", quote(&table.name)));
            actions.first.insert(0, format!("DROP CONSTRAINT {}", quote(&name)));
        }
        if retyped {
            let using = conversion.using.map(|sql| format!(" USING {sql}")).unwrap_or_default();
            actions.first.push(format!("ALTER COLUMN {column} TYPE {}{using}", stored_type(&to.kind)));
        }
        Ok(())
    }

    /// The UPDATE that replaces NULL in a column: by the backfill, or by the default if all rows
    /// may have it.
    fn without_nulls(
        &self,
        table: &Table,
        to: &Column,
        backfill: Option<&RowValue>,
        rest: &[Operation],
    ) -> Result<String> {
        let rules = Rules::of(&self.schema, rest, table, to);
        let given = match backfill {
            Some(value) => Some(row_value(value, to)?),
            None => default_sql(to).filter(|_| !rules.unique && rules.key.is_none()),
        };
        Ok(match given {
            Some(sql) => {
                let column = quote(&to.name);
                format!("UPDATE {} SET {column} = {sql} WHERE {column} IS NULL", quote(&table.name))
            }
            None => fill(table, to, &rules, true),
        })
    }
}

fn replace_enum_check(table: &Table, from: &Column, to: &Column, actions: &mut Actions) {
    let (before, after) = (enum_check(table, from), enum_check(table, to));
    if before == after {
        return;
    }
    actions.first.extend(enum_name(&table.name, from).map(|name| format!("DROP CONSTRAINT {}", quote(&name))));
    actions.second.extend(after.map(|check| format!("ADD {check}")));
}

/// A default is the server's expression of the old type: around another type it is dropped and set.
fn change_default(from: &Column, to: &Column, retyped: bool, actions: &mut Actions) {
    let (before, after) = (default_sql(from), default_sql(to));
    if before == after && !retyped {
        return;
    }
    let set = format!("ALTER COLUMN {}", quote(&to.name));
    if before.is_some() && (after.is_none() || retyped) {
        actions.first.push(format!("{set} DROP DEFAULT"));
    }
    actions.second.extend(after.map(|sql| format!("{set} SET DEFAULT {sql}")));
}

/// The words that the enum does not have any more become others, all at once: two may change places.
fn mapped(table: &str, to: &Column, map: &[ValueMap]) -> Option<String> {
    let gone = effective_map(&to.kind, map);
    let column = quote(&to.name);
    let (value, filter) = match gone.as_slice() {
        [] => return None,
        [one] => (text_literal(&one.to), format!("= {}", text_literal(&one.from))),
        many => {
            let cases = many.iter().map(|m| format!("WHEN {} THEN {}", text_literal(&m.from), text_literal(&m.to)));
            let words: Vec<String> = many.iter().map(|m| text_literal(&m.from)).collect();
            let cases: Vec<String> = cases.collect();
            (format!("CASE {column} {} END", cases.join(" ")), format!("IN ({})", words.join(", ")))
        }
    };
    Some(format!("UPDATE {} SET {column} = {value} WHERE {column} {filter}", quote(table)))
}

/// An identity begins at 1, whatever the rows have; the greatest number of a row counts as given.
fn behind_the_rows(table: &str, column: &str) -> String {
    let (name, key) = (quote(table), quote(column));
    let sequence = format!("pg_get_serial_sequence({}, {})", text_literal(&name), text_literal(column));
    format!("SELECT setval({sequence}, greatest(max({key}), 1), coalesce(max({key}) > 0, false)) FROM {name}")
}

fn numbered(kind: &Kind) -> bool {
    matches!(kind, Kind::Id | Kind::BigId)
}

fn orders(index: &Index, column: &str) -> bool {
    index.parts.iter().any(|part| matches!(&part.key, IndexKey::Column(name) if name == column))
}

fn computes(index: &Index, column: &str) -> bool {
    let expressions = index.parts.iter().filter_map(|part| match &part.key {
        IndexKey::Expression(sql) => Some(sql),
        IndexKey::Column(_) => None,
    });
    expressions.chain(&index.filter).any(|sql| mentions(sql, column))
}

fn unsupported(table: &Table, from: &Column, to: &Column) -> Error {
    let (name, before, after) = (&table.name, stored_type(&from.kind), stored_type(&to.kind));
    let message = format!("The values of `{name}.{}` cannot become {after} from {before}.", to.name);
    Error::new(Code::ConversionUnsupported, message)
        .table(name)
        .column(&to.name)
        .hint("Add a new column, move the values, drop the old one.")
}
