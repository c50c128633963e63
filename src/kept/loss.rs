//! What operations destroy: which tables and columns, by the names that they have before, and by those after. Pure.

use crate::dialect::name::Naming;
use crate::dialect::{quote, Dialect};
use crate::diff::{apply, conversion, effective_map, lowered, Conversion, Operation, ValueMap};
use crate::schema::{Column, Default, Kind, Schema};
use serde::{Deserialize, Serialize};

/// What a step destroys of one table. Names are those before the step.
#[derive(Clone, Debug, PartialEq)]
pub struct Loss {
    /// The schema; none where statements find the table by its name.
    pub schema: Option<String>,
    /// The table.
    pub table: String,
    /// Its columns that lose their values; none if all its rows are lost.
    pub columns: Vec<LostColumn>,
    /// What has another name after the step: the table's and those of columns that stay.
    pub renamed: Renamed,
}

/// A column that loses its values.
#[derive(Clone, Debug, PartialEq)]
pub struct LostColumn {
    /// Its name.
    pub name: String,
    /// Whether the column itself goes, and not only what its values say.
    pub dropped: bool,
    /// What a row holds if the step is taken back and nothing else has happened.
    pub leaves: Leaves,
}

/// What rows hold in a column that a step has emptied, beside NULL, once the step is taken back.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Leaves {
    /// SQL over the row, and over `k`, the kept row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sql: Option<String>,
    /// Whether it is the kept text in lower case.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub lower: bool,
    /// Whether it is the same in all rows, and nobody knows what: the moment at which the column was made again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub moment: bool,
}

/// Other names after a step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Renamed {
    /// The table's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<String>,
    /// Those of columns: before, after.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<(String, String)>,
}

impl Loss {
    /// All rows of a table.
    pub fn of_table(schema: Option<String>, table: String) -> Self {
        Loss { schema, table, columns: Vec::new(), renamed: Renamed::default() }
    }
}

/// What operations destroy of a database whose schema is `from`.
pub fn losses(dialect: &dyn Dialect, from: &Schema, operations: &[Operation]) -> Vec<Loss> {
    let mut names = Names::of(dialect.naming(), from);
    for (at, operation) in operations.iter().enumerate() {
        names.follow(dialect, operation);
        if operation.loses().is_some() && matches!(operation, Operation::AlterColumn { to, .. } if to.lowercase) {
            names.lower(from, &operations[..=at]);
        }
    }
    names.tables.into_iter().filter_map(Followed::loss).collect()
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
    columns: Vec<Pair>,
    lost: Vec<LostColumn>,
}

/// A column, likewise.
struct Pair {
    before: Option<String>,
    now: Option<String>,
}

impl Names {
    fn of(naming: Naming, from: &Schema) -> Self {
        let there = |name: &String| Some(name.clone());
        let tables = from.tables.iter().map(|table| Followed {
            before: there(&table.name),
            now: there(&table.name),
            columns: table.columns.iter().map(|c| Pair { before: there(&c.name), now: there(&c.name) }).collect(),
            lost: Vec::new(),
        });
        Names { naming, tables: tables.collect() }
    }

    fn table(&mut self, name: &str) -> Option<&mut Followed> {
        let naming = self.naming;
        self.tables.iter_mut().find(|table| table.now.as_ref().is_some_and(|now| naming.same(now, name)))
    }

    fn follow(&mut self, dialect: &dyn Dialect, operation: &Operation) {
        let naming = self.naming;
        match operation {
            Operation::CreateTable { table } => {
                let now = Some(table.name.clone());
                self.tables.push(Followed { before: None, now, columns: Vec::new(), lost: Vec::new() });
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
                    table.columns.push(Pair { before: None, now: Some(column.name.clone()) });
                }
            }
            Operation::RenameColumn { table, from, to } => {
                if let Some(pair) = self.table(table).and_then(|table| table.column(naming, from)) {
                    pair.now = Some(to.clone());
                }
            }
            Operation::DropColumn { table, column, backfill } => {
                if let Some(table) = self.table(table) {
                    table.lose(naming, &column.name, refilled(dialect, column, backfill.as_ref()), true);
                }
            }
            Operation::AlterColumn { table, from, to, map, .. } if operation.loses().is_some() => {
                if let Some(table) = self.table(table) {
                    table.lose(naming, &from.name, leaves(dialect, from, to, map), false);
                }
            }
            _ => {}
        }
    }

    /// The columns that lose their capital letters with the last of these operations, those that point to it among them.
    fn lower(&mut self, from: &Schema, operations: &[Operation]) {
        let (Some(last), Ok(schema)) = (operations.last(), apply(from, operations)) else { return };
        let naming = self.naming;
        for (table, column) in lowered(schema.tables.iter(), last) {
            if let Some(table) = self.table(&table) {
                table.lose(naming, &column, Leaves { lower: true, ..Leaves::default() }, false);
            }
        }
    }
}

impl Followed {
    fn column(&mut self, naming: Naming, name: &str) -> Option<&mut Pair> {
        self.columns.iter_mut().find(|pair| pair.now.as_ref().is_some_and(|now| naming.same(now, name)))
    }

    fn lose(&mut self, naming: Naming, name: &str, leaves: Leaves, dropped: bool) {
        let Some(pair) = self.column(naming, name) else { return };
        let before = pair.before.clone();
        if dropped {
            pair.now = None;
        }
        let Some(before) = before else { return };
        match self.lost.iter_mut().find(|lost| lost.name == before) {
            // Changed and then dropped: what is kept is what was there before both.
            Some(lost) => lost.dropped |= dropped,
            None => self.lost.push(LostColumn { name: before, dropped, leaves }),
        }
    }

    fn loss(self) -> Option<Loss> {
        let table = self.before?;
        let schema = None;
        if self.now.is_none() {
            return Some(Loss::of_table(schema, table));
        }
        if self.lost.is_empty() {
            return None;
        }
        let renamed = Renamed {
            table: self.now.filter(|now| *now != table),
            columns: self
                .columns
                .into_iter()
                .filter_map(|p| Some((p.before?, p.now?)))
                .filter(|(b, n)| b != n)
                .collect(),
        };
        Some(Loss { schema, table, columns: self.lost, renamed })
    }
}

/// What rows get in a column that is made again.
fn refilled(dialect: &dyn Dialect, column: &Column, backfill: Option<&String>) -> Leaves {
    let value = |sql: String| Leaves { sql: Some(sql), ..Leaves::default() };
    match (backfill, &column.default) {
        (Some(sql), _) => value(sql.clone()),
        (None, Some(Default::Value(default))) => value(dialect.literal(&column.kind, default)),
        (None, Some(Default::Now)) => Leaves { moment: true, ..Leaves::default() },
        (None, None) => Leaves::default(),
    }
}

/// What a change of a kind makes of the kept value, there and back.
fn leaves(dialect: &dyn Dialect, from: &Column, to: &Column, map: &[ValueMap]) -> Leaves {
    let kept = dialect.typed(&from.kind, &format!("k.{}", quote(&from.name)));
    if let Conversion::Lossy(_) = conversion(&from.kind, &to.kind) {
        let there = dialect.converted(&from.kind, &to.kind, &kept);
        let sql = there.and_then(|there| dialect.converted(&to.kind, &from.kind, &there));
        return Leaves { sql, ..Leaves::default() };
    }
    if to.lowercase && !from.lowercase {
        return Leaves { lower: true, ..Leaves::default() };
    }
    let back: Vec<ValueMap> = map.iter().map(|m| ValueMap { from: m.to.clone(), to: m.from.clone() }).collect();
    let there = mapped(dialect, &kept, &effective_map(&to.kind, map));
    Leaves { sql: Some(mapped(dialect, &there, &effective_map(&from.kind, &back))), ..Leaves::default() }
}

fn mapped(dialect: &dyn Dialect, value: &str, map: &[&ValueMap]) -> String {
    if map.is_empty() {
        return value.to_owned();
    }
    let literal = |word: &String| dialect.literal(&Kind::Text { max: None }, &serde_json::Value::String(word.clone()));
    let arms: Vec<String> = map.iter().map(|m| format!("WHEN {} THEN {}", literal(&m.from), literal(&m.to))).collect();
    format!("(CASE {value} {} ELSE {value} END)", arms.join(" "))
}
