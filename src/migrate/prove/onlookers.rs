//! Objects beside the tables while a revision is tried: a view over each, a trigger on each, the
//! numbers that its identity has given. None of them is ours in a real database, and none may be
//! lost.

use super::trace::Trace;
use crate::dialect::{quote, Dialect};
use crate::error::Result;
use crate::schema::{Column, Kind, Schema, Table};
use crate::statement::{Execute, Statement};
use crate::value::Value;

/// Where triggers write.
const LOG: &str = "plinth_proof_log";

/// At most so many tables have a view and a trigger.
const MOST: usize = 24;

/// What was put beside the tables.
#[derive(Debug, Default)]
pub(super) struct Onlookers {
    all: Vec<Onlooker>,
}

#[derive(Debug)]
struct Onlooker {
    /// The table and a column of it, by the names before.
    table: String,
    column: String,
    view: String,
    trigger: String,
    /// The identity, and the last number it had given.
    identity: Option<(String, Option<i64>)>,
}

impl Onlookers {
    /// Puts them beside the tables of the first schema that stay all the way. A view shows, and a trigger is tried on, what no
    /// operation alters: it would rightly be in the way of the rest.
    pub fn create(
        dialect: &dyn Dialect,
        connection: &mut dyn Execute,
        (from, to): (&Schema, &Schema),
        there: &Trace,
        round: &Trace,
    ) -> Result<Self> {
        connection.batch(&dialect.create_table(&log()))?;
        let mut all = Vec::new();
        for (number, traced) in round.tables.iter().enumerate() {
            let stays = there.before(&traced.from).is_some();
            let steady: Vec<&str> = traced
                .columns
                .iter()
                .filter(|column| column.alterations.is_empty())
                .map(|column| column.from.as_str())
                .collect();
            let (Some(table), Some(first)) = (from.table(&traced.from), steady.last().filter(|_| stays)) else {
                continue;
            };
            if all.len() == MOST {
                break;
            }
            let name = |what: &str| free(&format!("proof_{what}_{number}"), from, to);
            let (view, trigger) = (name("view"), name("trigger"));
            let columns: Vec<String> = steady.iter().map(|column| quote(column)).collect();
            connection.batch(&format!(
                "CREATE VIEW {} AS SELECT {} FROM {}",
                quote(&view),
                columns.join(", "),
                quote(&table.name)
            ))?;
            connection.batch(&dialect.watch(&trigger, &table.name, LOG))?;
            let identity = table.columns.iter().find(|column| matches!(column.kind, Kind::Id | Kind::BigId));
            let identity = identity.map(|column| column.name.clone()).filter(|name| steady.contains(&name.as_str()));
            let identity = match identity {
                Some(name) => {
                    let counter = dialect.counter(connection, &table.name, &name)?;
                    Some((name, counter))
                }
                None => None,
            };
            all.push(Onlooker { table: table.name.clone(), column: (*first).to_owned(), view, trigger, identity });
        }
        Ok(Onlookers { all })
    }

    /// The table, by its name now, and what is wrong beside it. `within`: whether a transaction is open.
    pub fn disturbed(
        &self,
        dialect: &dyn Dialect,
        connection: &mut dyn Execute,
        within: bool,
        trace: &Trace,
    ) -> Result<Option<(String, String)>> {
        for onlooker in &self.all {
            let Some(traced) = trace.before(&onlooker.table) else { continue };
            let now = |name: &str| traced.columns.iter().find(|column| column.from == name).map(|column| &column.to);
            let Some(column) = now(&onlooker.column) else { continue };
            let (begin, end) = match within {
                true => ("SAVEPOINT plinth_look", "ROLLBACK TO plinth_look; RELEASE plinth_look"),
                false => ("BEGIN", "ROLLBACK"),
            };
            connection.batch(begin)?;
            let fault = onlooker.fault(connection, &traced.to, column);
            connection.batch(end)?;
            if let Some(fault) = fault {
                return Ok(Some((traced.to.clone(), fault)));
            }
            if let Some((name, given)) = &onlooker.identity {
                let Some(name) = now(name) else { continue };
                let counter = dialect.counter(connection, &traced.to, name)?;
                if counter < *given {
                    let number =
                        |counter: Option<i64>| counter.map_or("nothing".to_owned(), |number| number.to_string());
                    let what = format!(
                        "the identity `{}.{name}` would give numbers again: it had given {}, and knows of {}",
                        traced.to,
                        number(*given),
                        number(counter)
                    );
                    return Ok(Some((traced.to.clone(), what)));
                }
            }
        }
        Ok(None)
    }
}

impl Onlooker {
    fn fault(&self, connection: &mut dyn Execute, table: &str, column: &str) -> Option<String> {
        let mut count = |from: &str| {
            let rows = connection.query(&Statement::new(format!("SELECT count(*) FROM {from}")));
            rows.map(|rows| rows.first().and_then(|row| row.first()).and_then(Value::as_int).unwrap_or_default())
        };
        let rows = match count(&quote(table)) {
            Ok(rows) => rows,
            Err(error) => return Some(format!("the table `{table}` cannot be read: {}", error.message)),
        };
        match count(&quote(&self.view)) {
            Ok(seen) if seen == rows => {}
            Ok(seen) => return Some(format!("a view over `{table}` shows {seen} of {rows} rows")),
            Err(error) => return Some(format!("a view over `{table}` does not work any more: {}", error.message)),
        }
        let (table_name, column) = (quote(table), quote(column));
        let update = format!("DELETE FROM {LOG}; UPDATE {table_name} SET {column} = {column}");
        if let Err(error) = connection.batch(&update) {
            return Some(format!(
                "the rows of `{table}` cannot be written any more, with a trigger on it: {}",
                error.message
            ));
        }
        let fired = format!("{LOG} WHERE entry = '{}'", self.trigger);
        let sql = Statement::new(format!("SELECT count(*) FROM {fired}"));
        let entries = connection.query(&sql).ok()?.first()?.first()?.as_int()?;
        (entries != rows).then(|| match entries {
            0 => format!("a trigger on `{table}` was lost"),
            entries => format!("a trigger on `{table}` fired for {entries} of {rows} rows"),
        })
    }
}

fn log() -> Table {
    Table {
        name: LOG.into(),
        columns: vec![Column::new("id", Kind::Id), Column::new("entry", Kind::Text { max: None })],
        primary_key: vec!["id".into()],
        ..Table::default()
    }
}

/// A name that no table and no index of either schema has.
fn free(name: &str, from: &Schema, to: &Schema) -> String {
    let taken = |name: &str| {
        let tables = from.tables.iter().chain(&to.tables);
        let same = |other: &String| other.eq_ignore_ascii_case(name);
        tables.into_iter().any(|table| same(&table.name) || table.indexes.iter().any(|index| same(&index.name)))
    };
    let mut name = name.to_owned();
    while taken(&name) {
        name.push('_');
    }
    name
}
