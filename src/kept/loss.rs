//! The objects that operations destroy, and those that they bring again: tables and columns, by the
//! names that they have before and after. Pure.

use crate::dialect::name::Naming;
use crate::diff::{apply, lowered, Operation};
use crate::schema::Schema;
use serde::{Deserialize, Serialize};

/// The part of one table that a step destroys. Names are those before the step.
#[derive(Clone, Debug, PartialEq)]
pub struct Loss {
    /// The schema; `None` if statements find the table by its name.
    pub schema: Option<String>,
    /// The table.
    pub table: String,
    /// Its columns that lose their values, and how; empty if all its rows are lost.
    pub columns: Vec<(String, Lost)>,
    /// What has another name after the step.
    pub renamed: Renamed,
}

/// How a column loses its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Lost {
    /// The column goes.
    Dropped,
    /// The column stays, and its values say less.
    Changed,
}

/// Other names after a step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Renamed {
    /// The table's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<String>,
    /// Those of columns that stay: before, after.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<(String, String)>,
}

impl Loss {
    /// All rows of a table.
    pub fn of_table(schema: Option<String>, table: String) -> Self {
        Loss { schema, table, columns: Vec::new(), renamed: Renamed::default() }
    }
}

/// A column by the name of its table and its own.
pub type Place = (String, String);

/// The effect of operations on the columns that rows have before and after them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Effect {
    /// Their losses.
    pub losses: Vec<Loss>,
    /// Columns that are new, by their names after.
    pub added: Vec<Place>,
    /// Columns whose values may be others: their names before and after.
    pub altered: Vec<(Place, Place)>,
}

impl Effect {
    /// Of operations on a database whose schema is `from`.
    pub fn of(naming: Naming, from: &Schema, operations: &[Operation]) -> Self {
        let mut names = Names::of(naming, from);
        for (at, operation) in operations.iter().enumerate() {
            names.follow(operation);
            if operation.loses().is_some() && matches!(operation, Operation::AlterColumn { to, .. } if to.lowercase) {
                names.lower(from, &operations[..=at]);
            }
        }
        let mut effect = Effect::default();
        for table in names.tables {
            table.tell(&mut effect);
        }
        effect
    }
}

/// Names as operations change them.
struct Names {
    naming: Naming,
    tables: Vec<Followed>,
}

/// A table, by its name before, if it was there, and now, if it is there.
struct Followed {
    before: Option<String>,
    now: Option<String>,
    columns: Vec<Column>,
}

/// A column, likewise.
struct Column {
    before: Option<String>,
    now: Option<String>,
    lost: Option<Lost>,
    altered: bool,
}

impl Names {
    fn of(naming: Naming, from: &Schema) -> Self {
        let there = |name: &String| Some(name.clone());
        let column = |name| Column { before: there(name), now: there(name), lost: None, altered: false };
        let tables = from.tables.iter().map(|table| Followed {
            before: there(&table.name),
            now: there(&table.name),
            columns: table.columns.iter().map(|one| column(&one.name)).collect(),
        });
        Names { naming, tables: tables.collect() }
    }

    fn table(&mut self, name: &str) -> Option<&mut Followed> {
        let naming = self.naming;
        self.tables.iter_mut().find(|table| table.now.as_ref().is_some_and(|now| naming.same(now, name)))
    }

    fn column(&mut self, table: &str, name: &str) -> Option<&mut Column> {
        let naming = self.naming;
        let columns = &mut self.table(table)?.columns;
        columns.iter_mut().find(|column| column.now.as_ref().is_some_and(|now| naming.same(now, name)))
    }

    fn follow(&mut self, operation: &Operation) {
        match operation {
            Operation::CreateTable { table } => {
                self.tables.push(Followed { before: None, now: Some(table.name.clone()), columns: Vec::new() });
            }
            Operation::DropTable { table } => {
                if let Some(table) = self.table(&table.name) {
                    table.now = None;
                }
            }
            Operation::RenameTable { from, to } => {
                if let Some(table) = self.table(from) {
                    table.now = Some(to.clone());
                }
            }
            Operation::AddColumn { table, column, .. } => {
                if let Some(table) = self.table(table) {
                    let now = Some(column.name.clone());
                    table.columns.push(Column { before: None, now, lost: None, altered: false });
                }
            }
            Operation::RenameColumn { table, from, to } => {
                if let Some(column) = self.column(table, from) {
                    column.now = Some(to.clone());
                }
            }
            Operation::DropColumn { table, column, .. } => {
                if let Some(column) = self.column(table, &column.name) {
                    (column.now, column.lost) = (None, Some(Lost::Dropped));
                }
            }
            Operation::AlterColumn { table, from, .. } => {
                let loses = operation.loses().is_some();
                if let Some(column) = self.column(table, &from.name) {
                    column.altered = true;
                    column.lost = column.lost.or(loses.then_some(Lost::Changed));
                }
            }
            _ => {}
        }
    }

    /// The columns that lose their capital letters with the last of these operations, those that point to it among them.
    fn lower(&mut self, from: &Schema, operations: &[Operation]) {
        let (Some(last), Ok(schema)) = (operations.last(), apply(from, operations)) else { return };
        for (table, column) in lowered(schema.tables.iter(), last) {
            if let Some(column) = self.column(&table, &column) {
                column.lost = column.lost.or(Some(Lost::Changed));
            }
        }
    }
}

impl Followed {
    fn tell(self, effect: &mut Effect) {
        let Followed { before, now, columns } = self;
        let place = |table: &Option<String>, name: Option<String>| Some((table.clone()?, name?));
        if let (Some(table), None) = (&before, &now) {
            effect.losses.push(Loss::of_table(None, table.clone()));
            return;
        }
        let mut loss = Loss::of_table(None, before.clone().unwrap_or_default());
        loss.renamed.table = now.clone().filter(|_| now != before);
        for Column { before: was, now: is, lost, altered } in columns {
            match (place(&before, was.clone()), place(&now, is.clone())) {
                (None, Some(after)) => effect.added.push(after),
                (Some(before), Some(after)) if altered => effect.altered.push((before, after)),
                _ => {}
            }
            loss.columns.extend(was.clone().zip(lost));
            loss.renamed.columns.extend(was.zip(is).filter(|(was, is)| was != is));
        }
        if before.is_some() && !loss.columns.is_empty() {
            effect.losses.push(loss);
        }
    }
}
