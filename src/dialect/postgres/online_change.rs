//! Changes of columns in steps: what the server must look at first is checked before the last step, which changes the column.

use super::convert::{conversion, stored_type};
use super::ddl::{comment_on_column, default_sql, enum_check, most};
use super::fill::{neutral, row_value, Rules};
use super::mend::covers;
use super::online_fill::Filling;
use super::online_plan::Plan;
use super::online_rename::says;
use super::online_rule::{is_made_again, made_anew, read_again};
use crate::dialect::quote;
use crate::diff::{effective_map, kind_words, Operation, RowValue};
use crate::error::Result;
use crate::schema::expression::mentions;
use crate::schema::names::{default_name, kind_check_name};
use crate::schema::{Column, IndexKey, Kind, Table};

impl Plan {
    /// See `Operation::AlterColumn`.
    pub(super) fn alter_column(&mut self, operation: &Operation, rest: &[Operation]) -> Result<()> {
        let Operation::AlterColumn { table: name, from, to, map, backfill, .. } = operation else { return Ok(()) };
        let heavy = from.nullable && !to.nullable || from.kind != to.kind;
        if !self.is_open_for(name, heavy) || self.folds(name, operation)? {
            return Ok(());
        }
        let table = self.table(name)?.clone();
        if let Some(sentence) = rewrites(&table, from, to, !effective_map(&to.kind, map).is_empty()) {
            self.block(name, sentence);
            return Ok(());
        }
        if from.nullable && !to.nullable && !self.fill_nulls(&table, (from, to), backfill.as_ref(), rest)? {
            return Ok(());
        }
        self.change_checks(&table, from, to);
        self.change_column(&table, from, to);
        self.move_nulls(&table, from, to);
        Ok(())
    }

    /// Gives rows that are NULL a value, and forbids NULL. Says whether that has a way.
    fn fill_nulls(
        &mut self,
        table: &Table,
        (from, to): (&Column, &Column),
        backfill: Option<&RowValue>,
        rest: &[Operation],
    ) -> Result<bool> {
        let (of, set) = (quote(&table.name), quote(&to.name));
        if stored_type(&from.kind) != stored_type(&to.kind) {
            self.conflict(&table.name, format!("{of}.{set} gets another type and may not be NULL, by one revision."));
            return Ok(false);
        }
        let old = enum_check(table, from);
        if old.is_some() && old != enum_check(table, to) {
            // The old words are checked until the last step, and the value may be a new one.
            self.conflict(&table.name, format!("{of}.{set} gets other words and may not be NULL, by one revision."));
            return Ok(false);
        }
        if let Some(name) = self.falling.iter().chain(rest).find_map(|drop| falls(drop, &table.name, &to.name)) {
            let name = quote(name);
            self.conflict(
                &table.name,
                format!("Rows of {of} get values in {set}, for which {name} holds until the last step."),
            );
            return Ok(false);
        }
        let rules = Rules::of(&self.schema, rest, table, to);
        let differ = rules.unique || rules.key.is_some();
        let value = match backfill {
            Some(value) => row_value(value, to)?,
            None if differ => {
                self.block(&table.name, format!("Rows of {of} get values in {set} that the revision makes up."));
                return Ok(false);
            }
            None => default_sql(to).unwrap_or_else(|| neutral(&to.kind)),
        };
        let before = (Vec::new(), Vec::new());
        self.fill(Filling { table, column: &to.name, value: &value, nullable: false, is_kept: true, before })?;
        self.forbid_null(&table.name, &to.name);
        Ok(true)
    }

    /// The checks that the new kind brings with it, before the old ones go.
    fn change_checks(&mut self, table: &Table, from: &Column, to: &Column) {
        let of = quote(&table.name);
        let condition = conversion(&from.kind, &to.kind, &quote(&to.name)).and_then(|it| it.fits);
        if let Some(condition) = condition.filter(|_| from.kind != to.kind) {
            let helper = default_name("plinth_fits", &[&table.name, &to.name], "check");
            self.add_rule(&table.name, &helper, format!("CHECK ({condition})"), None);
            self.defer(&table.name, [format!("ALTER TABLE {of} DROP CONSTRAINT {}", quote(&helper))]);
        }
        if enum_check(table, from) == enum_check(table, to) {
            return;
        }
        let old = enum_check(table, from).and(kind_check_name(&table.name, from));
        if let Some(name) = old {
            self.take_name(&table.name, &name);
            self.defer(&table.name, [format!("ALTER TABLE {of} DROP CONSTRAINT {}", quote(&name))]);
        }
        self.add_enum_check(table, to);
    }

    /// The column itself, in the last step.
    fn change_column(&mut self, table: &Table, from: &Column, to: &Column) {
        let (of, set) = (quote(&table.name), format!("ALTER COLUMN {}", quote(&to.name)));
        let retyped = stored_type(&from.kind) != stored_type(&to.kind);
        let (before, after) = (default_sql(from), default_sql(to));
        let redefault = before != after || retyped;
        let mut actions = Vec::new();
        if redefault && before.is_some() && (after.is_none() || retyped) {
            actions.push(format!("{set} DROP DEFAULT"));
        }
        if retyped {
            actions.push(format!("{set} TYPE {}", stored_type(&to.kind)));
            self.widened.push((table.name.clone(), to.name.clone()));
        }
        if to.nullable && !from.nullable {
            actions.push(format!("{set} DROP NOT NULL"));
        }
        if numbered(&from.kind) && from.kind != to.kind {
            actions.push(format!("{set} SET {}", most(&to.kind)));
        }
        actions.extend(after.filter(|_| redefault).map(|sql| format!("{set} SET DEFAULT {sql}")));
        self.defer(&table.name, actions.into_iter().map(|action| format!("ALTER TABLE {of} {action}")));
        let said = |column: &Column| column.comment.clone().filter(|text| !text.is_empty());
        if said(from) != said(to) {
            self.defer(&table.name, [comment_on_column(&table.name, to)]);
        }
    }

    /// Indexes in which NULLs stand at another end, see `create_index`: made again beside the old ones.
    fn move_nulls(&mut self, table: &Table, from: &Column, to: &Column) {
        if from.nullable == to.nullable {
            return;
        }
        let mut after = table.clone();
        for column in after.columns.iter_mut().filter(|column| column.name == to.name) {
            column.clone_from(to);
        }
        let names = |key: &IndexKey| matches!(key, IndexKey::Column(name) if *name == to.name);
        for index in table.indexes.iter().filter(|index| index.parts.iter().any(|part| names(&part.key))) {
            if let Some(key) = self.leaning(&table.name, |key| covers(index, &key.references)) {
                let (key, index) = (quote(&key.name), quote(&index.name));
                self.block(&table.name, format!("The foreign key {key} leans on {index}, which must be made again."));
                return;
            }
            let helper = default_name("plinth", &[&index.name], "new");
            let again = self.indexes.iter().any(|other| other.name == helper);
            self.build_index(&after, index, &helper);
            if !again {
                let (old, new) = (quote(&index.name), quote(&helper));
                self.defer(&table.name, [format!("DROP INDEX {old}"), format!("ALTER INDEX {new} RENAME TO {old}")]);
            }
        }
    }
}

/// The name of what an operation drops, if that may forbid rows their new values in a column.
fn falls<'o>(operation: &'o Operation, of: &str, column: &str) -> Option<&'o str> {
    let name = match operation {
        Operation::DropConstraint { table, constraint } if table == of => constraint.name(),
        Operation::DropIndex { table, index } if table == of && index.unique => &index.name,
        _ => return None,
    };
    says(operation, column).then_some(name)
}

/// Why a change has no way in steps: rows are written, or an object is made anew while the table is locked.
fn rewrites(table: &Table, from: &Column, to: &Column, mapped: bool) -> Option<String> {
    let (of, set) = (quote(&table.name), quote(&to.name));
    if mapped {
        return Some(format!("Words of {of}.{set} are replaced in its rows, which stay locked until the end."));
    }
    if to.nullable && !from.nullable && table.primary_key.contains(&to.name) {
        return Some(format!("The primary key of {of} changes: its index is made while the table is locked."));
    }
    if numbered(&from.kind) != numbered(&to.kind) {
        return Some(format!("{of}.{set} gets or loses its numbering while {of} is locked."));
    }
    if stored_type(&from.kind) == stored_type(&to.kind) {
        return None;
    }
    if !widens(&from.kind, &to.kind) {
        let (before, after) = (kind_words(&from.kind), kind_words(&to.kind));
        return Some(format!(
            "{of}.{set} becomes {after} from {before}: all rows are written anew while {of} is locked."
        ));
    }
    let check = table.checks.iter().find(|check| mentions(&check.sql, &to.name));
    let index = table.indexes.iter().find(|index| is_made_again(index, &to.name));
    check
        .map(|check| read_again(&check.name, &table.name))
        .or_else(|| index.map(|index| made_anew(&index.name, &table.name)))
}

/// Whether a change of type leaves the rows as they are, so that only the catalog changes.
fn widens(from: &Kind, to: &Kind) -> bool {
    match (from, to) {
        (Kind::Text { max: Some(_) }, Kind::Text { max: None }) => true,
        (Kind::Text { max: Some(before) }, Kind::Text { max: Some(after) }) => after >= before,
        (Kind::Decimal { precision: p, scale: s }, Kind::Decimal { precision, scale }) => scale == s && precision >= p,
        _ => false,
    }
}

fn numbered(kind: &Kind) -> bool {
    matches!(kind, Kind::Id | Kind::BigId)
}
