//! The rows of a database in the middle of a revision, as SQL over the content before it: with
//! renamed and converted columns, and with the values of new columns. Pure.

use crate::dialect::{quote, Dialect};
use crate::diff::{effective_map, Operation, RowValue, ValueMap};
use crate::migrate::run::refusal::key_of;
use crate::schema::expression::mentions;
use crate::schema::{Column, Default, Kind, Schema};

/// The tables that had rows before the revision and still exist.
pub struct Midway<'a> {
    dialect: &'a dyn Dialect,
    tables: Vec<Rows>,
}

/// The rows of one table.
#[derive(Clone, Debug)]
pub struct Rows {
    /// The table's name before the revision.
    pub before: String,
    /// The columns of its primary key before the revision; see `key_of`.
    pub key: Vec<(String, bool)>,
    name: String,
    columns: Vec<Place>,
    /// Columns of which no SQL can tell what rows have in them.
    unknown: Vec<String>,
    source: String,
}

#[derive(Clone, Debug)]
struct Place {
    name: String,
    /// Its name before; `None` if it is new.
    before: Option<String>,
    /// Its value, over the source.
    sql: String,
}

/// The name under which the source keeps a column of the former primary key.
fn key_name(at: usize) -> String {
    quote(&format!("plinth_key_{at}"))
}

impl<'a> Midway<'a> {
    /// Before the first operation.
    pub fn new(dialect: &'a dyn Dialect, from: &Schema) -> Self {
        let tables = from.tables.iter().map(|table| {
            let place = |column: &Column| Place {
                name: column.name.clone(),
                before: Some(column.name.clone()),
                sql: quote(&column.name),
            };
            let columns: Vec<String> = table.columns.iter().map(|column| quote(&column.name)).collect();
            let keys = table.primary_key.iter().enumerate();
            let keys: Vec<String> = keys.map(|(at, name)| format!("{} AS {}", quote(name), key_name(at))).collect();
            let list = [columns, keys].concat().join(", ");
            let name = quote(&table.name);
            Rows {
                before: table.name.clone(),
                key: key_of(table),
                name: table.name.clone(),
                columns: table.columns.iter().map(place).collect(),
                unknown: Vec::new(),
                source: format!("(SELECT {list} FROM {name}) AS {name}"),
            }
        });
        Midway { dialect, tables: tables.collect() }
    }

    /// The rows of the table that has this name now; `None` if it is new.
    pub fn rows(&self, table: &str) -> Option<&Rows> {
        self.tables.iter().find(|rows| rows.name == table)
    }

    /// Goes past an operation.
    pub fn follow(&mut self, operation: &Operation) {
        use Operation::*;
        if let DropTable { table } = operation {
            self.tables.retain(|rows| rows.name != table.name);
            return;
        }
        let Some(name) = operation.tables().first().copied() else { return };
        let dialect = self.dialect;
        let Some(rows) = self.tables.iter_mut().find(|rows| rows.name == name) else { return };
        match operation {
            RenameTable { to, .. } => rows.name.clone_from(to),
            RenameColumn { from, to, .. } => {
                let places = rows.columns.iter_mut().map(|place| &mut place.name).chain(&mut rows.unknown);
                places.filter(|name| *name == from).for_each(|name| name.clone_from(to));
            }
            DropColumn { column, .. } => {
                rows.columns.retain(|place| place.name != column.name);
                rows.unknown.retain(|name| *name != column.name);
            }
            AddColumn { column, backfill, .. } => rows.add(dialect, column, backfill.as_ref()),
            AlterColumn { from, to, map, backfill, .. } => rows.alter(dialect, (from, to), map, backfill.as_ref()),
            _ => {}
        }
    }
}

impl Rows {
    /// The rows as a table of a FROM, under this name.
    pub fn sql(&self, alias: &str) -> String {
        let columns = self.columns.iter().map(|place| format!("{} AS {}", place.sql, quote(&place.name)));
        let keys = (0..self.key.len()).map(key_name);
        let list: Vec<String> = columns.chain(keys).collect();
        format!("(SELECT {} FROM {}) AS {}", list.join(", "), self.source, quote(alias))
    }

    /// The same under the name that the table has now, by which SQL of the models may call it.
    pub fn named(&self) -> String {
        self.sql(&self.name)
    }

    /// A column, with its table.
    pub fn column(&self, name: &str) -> String {
        format!("{}.{}", quote(&self.name), quote(name))
    }

    /// Columns, each with its table.
    pub fn qualified(&self, names: &[String]) -> Vec<String> {
        names.iter().map(|name| self.column(name)).collect()
    }

    /// The columns of the former primary key.
    pub fn keys(&self) -> String {
        (0..self.key.len()).map(key_name).collect::<Vec<_>>().join(", ")
    }

    /// Whether it is known what rows have in all of these columns.
    pub fn knows(&self, columns: &[String]) -> bool {
        columns.iter().all(|name| self.columns.iter().any(|place| place.name == *name))
    }

    /// Whether it is known what rows have in all columns that this SQL names.
    pub fn decides(&self, sql: &str) -> bool {
        !self.unknown.iter().any(|name| mentions(sql, name))
    }

    /// Whether one of these columns is new.
    pub fn is_new(&self, named: impl Fn(&str) -> bool) -> bool {
        self.columns.iter().any(|place| place.before.is_none() && named(&place.name))
    }

    /// The names that people know: those before, if there were any.
    pub fn told(&self, columns: &[String]) -> Vec<String> {
        let told = |name: &String| {
            let place = self.columns.iter().find(|place| place.name == *name);
            place.and_then(|place| place.before.clone()).unwrap_or_else(|| name.clone())
        };
        columns.iter().map(told).collect()
    }

    /// Makes what the columns have by now the source: an expression over the row means that row.
    fn settle(&mut self) {
        self.source = self.named();
        self.columns.iter_mut().for_each(|place| place.sql = quote(&place.name));
    }

    fn add(&mut self, dialect: &dyn Dialect, column: &Column, backfill: Option<&RowValue>) {
        match self.given(dialect, column, backfill) {
            Some(sql) => {
                let sql = dialect.typed(&column.kind, &sql);
                self.columns.push(Place { name: column.name.clone(), before: None, sql });
            }
            None => self.unknown.push(column.name.clone()),
        }
    }

    /// The value that a column gives rows that have nothing in it.
    fn given(&mut self, dialect: &dyn Dialect, column: &Column, backfill: Option<&RowValue>) -> Option<String> {
        match backfill {
            None | Some(RowValue::Default) => {}
            // Another one with each reading.
            Some(RowValue::Random) => return None,
            Some(value) => {
                let sql = format!("({})", value.sql(dialect.name().as_str())?);
                self.settle();
                return Some(sql);
            }
        }
        match &column.default {
            Some(Default::Value(value)) => Some(dialect.literal(&column.kind, value)),
            Some(Default::Now) if column.kind == Kind::Timestamp => Some(dialect.by_hand().now.to_owned()),
            Some(Default::Now) => None,
            None => column.nullable.then(|| "NULL".to_owned()),
        }
    }

    fn alter(
        &mut self,
        dialect: &dyn Dialect,
        (from, to): (&Column, &Column),
        map: &[ValueMap],
        backfill: Option<&RowValue>,
    ) {
        let filled = from.nullable && !to.nullable;
        let default = match filled {
            true => self.given(dialect, to, backfill),
            false => None,
        };
        let Some(at) = self.columns.iter().position(|place| place.name == to.name) else { return };
        let value = dialect.converted(&from.kind, &to.kind, &format!("({})", self.columns[at].sql)).map(|value| {
            let text = |word: &str| dialect.literal(&Kind::Text { max: None }, &word.into());
            let map = effective_map(&to.kind, map);
            let cases: Vec<String> =
                map.iter().map(|m| format!("WHEN {} THEN {}", text(&m.from), text(&m.to))).collect();
            match cases.is_empty() {
                true => value,
                false => format!("CASE {value} {} ELSE {value} END", cases.join(" ")),
            }
        });
        let value = match (value, default) {
            (Some(value), Some(default)) => Some(format!("coalesce({value}, {})", dialect.typed(&to.kind, &default))),
            (value, _) if !filled => value,
            _ => None,
        };
        match value {
            Some(value) => self.columns[at].sql = value,
            None => {
                self.columns.remove(at);
                self.unknown.push(to.name.clone());
            }
        }
    }
}
