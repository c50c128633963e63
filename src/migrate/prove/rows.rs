//! Rows to try a revision on: every table of a schema gets some, parents before children, the edges of every kind among
//! them. The same schema always gets the same rows.

mod attempt;
mod candidates;
pub mod later;
mod parent;
mod target;
mod values;

use crate::dialect::{quote, Dialect};
use crate::error::{Error, Result};
use crate::schema::order::creation_order;
use crate::schema::{ForeignKey, Kind, Schema, Table};
use crate::statement::{Execute, Statement};
use attempt::refused;
use candidates::{variables, Variable};
use later::Later;
use parent::{names, Parent};
use serde::Serialize;
use serde_json::json;
use std::collections::{BTreeMap, HashMap};
use target::{Change, Target};
use values::Cell;

/// How many rows a table gets at least, where it can have them.
const FEW: usize = 4;
/// How many it gets at most, enums of many words apart.
const MANY: usize = 9;
/// How many rows are tried for one table.
const ATTEMPTS: usize = 160;
/// The key of the first row that must know its own key before it is there.
const OWN_KEYS: i64 = 1001;

/// What was written.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Seeded {
    /// Rows of each table.
    pub rows: BTreeMap<String, usize>,
    /// Tables without rows.
    pub unseeded: Vec<Unseeded>,
}

/// A table for which no row was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unseeded {
    /// Its name.
    pub table: String,
    /// Why.
    pub reason: String,
}

/// Writes rows into the tables of a schema that has just been created. `later` names by table what the rows must meet too.
/// To be called within a transaction.
pub fn seed(
    dialect: &dyn Dialect,
    connection: &mut dyn Execute,
    schema: &Schema,
    later: &HashMap<String, Later>,
) -> Result<Seeded> {
    let mut pointing = schema.tables.clone();
    for table in &mut pointing {
        table.foreign_keys.extend(later.get(&table.name).into_iter().flat_map(|later| later.foreign_keys.clone()));
    }
    let seeded = fill_all(dialect, connection, &Tables { schema, pointing: &pointing, later }, HashMap::new())?;
    for later in later.values() {
        connection.batch(&format!("DROP TABLE {}", quote(&later.table.name)))?;
    }
    Ok(seeded)
}

/// Writes rows into these tables, which are new, where all others of the schema have theirs. To be called within a transaction.
pub fn seed_new(dialect: &dyn Dialect, connection: &mut dyn Execute, schema: &Schema, new: &[&str]) -> Result<Seeded> {
    let mut parents = HashMap::new();
    for table in schema.tables.iter().filter(|table| !new.contains(&table.name.as_str())) {
        parents.insert(table.name.clone(), Parent::read(connection, table)?);
    }
    let tables = Tables { schema, pointing: &schema.tables, later: &HashMap::new() };
    fill_all(dialect, connection, &tables, parents)
}

/// The tables to fill.
struct Tables<'a> {
    schema: &'a Schema,
    /// The same tables with the foreign keys that are to be met.
    pointing: &'a [Table],
    /// Further conditions on rows, by table.
    later: &'a HashMap<String, Later>,
}

/// Fills the tables that are not among the parents yet.
fn fill_all(
    dialect: &dyn Dialect,
    connection: &mut dyn Execute,
    tables: &Tables<'_>,
    mut parents: HashMap<String, Parent>,
) -> Result<Seeded> {
    let Tables { schema, pointing, later } = *tables;
    let mut targets: HashMap<String, Vec<Target>> = HashMap::new();
    let mut seeded = Seeded::default();
    for at in creation_order(pointing).tables {
        if parents.contains_key(&schema.tables[at].name) {
            continue;
        }
        let (table, keys) = (&schema.tables[at], &pointing[at].foreign_keys);
        let mut seeding = Seeding::new(dialect, connection, table, keys, later.get(&table.name))?;
        let reason = seeding.fill(&parents)?;
        let parent = Parent { columns: names(table), rows: std::mem::take(&mut seeding.rows) };
        seeded.rows.insert(table.name.clone(), parent.rows.len());
        if let Some(reason) = reason.filter(|_| parent.rows.is_empty()) {
            seeded.unseeded.push(Unseeded { table: table.name.clone(), reason });
        }
        targets.insert(table.name.clone(), seeding.targets);
        parents.insert(table.name.clone(), parent);
    }
    for (table, keys) in schema.tables.iter().zip(pointing.iter().map(|table| &table.foreign_keys)) {
        if let Some(targets) = targets.get(&table.name) {
            point_later(dialect, connection, targets, keys, &parents)?;
        }
    }
    Ok(seeded)
}

/// The seeding of one table.
struct Seeding<'a> {
    dialect: &'a dyn Dialect,
    connection: &'a mut dyn Execute,
    keys: &'a [ForeignKey],
    /// The table itself, then what becomes of it.
    targets: Vec<Target>,
    /// How many rows fit at most.
    most: usize,
    /// Names of ours, and those that people know.
    names: Vec<(String, String)>,
    rows: Vec<Vec<Cell>>,
}

impl<'a> Seeding<'a> {
    fn new(
        dialect: &'a dyn Dialect,
        connection: &'a mut dyn Execute,
        table: &Table,
        keys: &'a [ForeignKey],
        later: Option<&Later>,
    ) -> Result<Self> {
        let mut targets = vec![Target::of(table)];
        if let Some(later) = later {
            create(dialect, connection, &later.table)?;
            targets.push(Target::later(table, later));
        }
        let most = later.and_then(|later| later.most).unwrap_or(usize::MAX);
        let names = later.map(|later| later.names.clone()).unwrap_or_default();
        Ok(Seeding { dialect, connection, keys, targets, most, names, rows: Vec::new() })
    }

    /// Writes rows; returns the reason if no row could be written.
    fn fill(&mut self, parents: &HashMap<String, Parent>) -> Result<Option<String>> {
        let found = variables(self.dialect, self.connection, &self.targets, self.keys, parents)?;
        let variables = match found {
            Ok(variables) => variables,
            Err(reason) => return Ok(Some(reason)),
        };
        if let Some(empty) = variables.iter().find(|variable| variable.choices.is_empty()) {
            let column = &self.targets[0].table.columns[empty.columns[0]].name;
            return Ok(Some(format!("no value was found that its column `{column}` can have before and after")));
        }
        if self.most == 0 {
            let reason = "the value of its rows in a new column would have to be the key of another row";
            return Ok(Some(reason.into()));
        }
        let wanted = wanted(&variables).min(self.most);
        let mut reason = None;
        for attempt in 0..ATTEMPTS {
            if self.rows.len() >= wanted {
                break;
            }
            reason = self.attempt(&variables, attempt)?.or(reason);
        }
        if !self.rows.is_empty() {
            self.read_numbers()?;
            self.skip_a_number(&variables)?;
        }
        Ok(reason)
    }

    /// Tries one row; says why it was refused. All of it is one trip to the database.
    fn attempt(&mut self, variables: &[Variable], number: usize) -> Result<Option<String>> {
        let cells = self.assignment(variables, number);
        let inserts: Option<Vec<String>> =
            self.targets.iter().map(|target| target.insert(self.dialect, &cells)).collect();
        let Some(inserts) = inserts else { return Ok(Some("a value does not fit its column".into())) };
        let refusal = refused(self.connection, &inserts.join(";\n"))?;
        if refusal.is_none() {
            self.rows.push(cells);
        }
        Ok(refusal.map(|error| self.with_known_names(error).message))
    }

    /// A refusal by the table that stands for the one afterwards, with the names that people know.
    fn with_known_names(&self, error: Error) -> Error {
        let known = |name: &Option<String>| self.names.iter().find(|(ours, _)| name.as_ref() == Some(ours));
        let (table, constraint) = (known(&error.table), known(&error.constraint));
        let columns = error.columns.clone();
        let error = table.map_or(error.clone(), |(_, theirs)| error.of(theirs, &columns));
        constraint.map_or(error.clone(), |(_, theirs)| error.by(theirs))
    }

    /// Reads the numbers that the database has given to the rows, which is in their order.
    fn read_numbers(&mut self) -> Result<()> {
        let Some(at) = self.identity() else { return Ok(()) };
        let table = &self.targets[0].table;
        let name = quote(&table.columns[at].name);
        let sql = format!("SELECT {name} FROM {} ORDER BY {name}", quote(&table.name));
        let numbers = self.connection.query(&Statement::new(sql))?;
        let unnumbered = self.rows.iter_mut().filter(|row| row[at] == Cell::Numbered);
        for (row, number) in unnumbered.zip(numbers) {
            row[at] = Cell::Value(json!(number[0].as_int().unwrap_or_default()));
        }
        Ok(())
    }

    fn identity(&self) -> Option<usize> {
        let columns = &self.targets[0].table.columns;
        columns.iter().position(|column| matches!(column.kind, Kind::Id | Kind::BigId))
    }

    /// The cells of a row: each variable goes through its first choices, shifted against the others, then through all, with
    /// another shift in every round.
    fn assignment(&self, variables: &[Variable], number: usize) -> Vec<Cell> {
        let mut cells = vec![Cell::Null; self.targets[0].table.columns.len()];
        let wanted = wanted(variables);
        let round = number / wanted;
        for (shift, variable) in variables.iter().enumerate() {
            let most = variable.choices.len();
            let choice = match round {
                0 => (number + shift) % most.min(wanted),
                round => (number + round * shift) % most,
            };
            let choice = &variable.choices[choice];
            for (at, cell) in variable.columns.iter().zip(choice) {
                cells[*at] = cell.clone();
            }
        }
        let own: Vec<(usize, usize)> = (0..cells.len())
            .filter_map(|at| match cells[at] {
                Cell::Own(of) => Some((at, of)),
                _ => None,
            })
            .collect();
        for (_, of) in &own {
            if cells[*of] == Cell::Numbered {
                cells[*of] = Cell::Value(json!(OWN_KEYS + number as i64));
            }
        }
        for (at, of) in own {
            // One step: what it points to is a key, which points no further, or to itself.
            cells[at] = cells[of].clone();
        }
        cells
    }

    /// Uses up a number of an identity, so that the next one is not merely the greatest and one.
    fn skip_a_number(&mut self, variables: &[Variable]) -> Result<()> {
        let Some(at) = self.identity() else { return Ok(()) };
        let own = &self.targets[0];
        let gone = format!("DELETE FROM {} WHERE {}", quote(&own.table.name), own.is_last(at));
        for attempt in ATTEMPTS..ATTEMPTS + FEW {
            let cells = self.assignment(variables, attempt);
            let Some(insert) = own.insert(self.dialect, &cells).filter(|_| cells[at] == Cell::Numbered) else {
                continue;
            };
            if refused(self.connection, &format!("{insert};\n{gone}"))?.is_none() {
                break;
            }
        }
        Ok(())
    }
}

/// How many rows show every word of an enum and give every parent a child, within reason.
fn wanted(variables: &[Variable]) -> usize {
    let most = |all: bool| variables.iter().filter(|v| v.all == all).map(|v| v.choices.len()).max().unwrap_or_default();
    let plain = most(false).clamp(FEW, MANY);
    most(true).min(MANY * 2).max(plain)
}

/// Points rows to others where that had to wait: within their own table, and in tables that point to each other. One row
/// stays as it is, and so does what cannot point there.
fn point_later(
    dialect: &dyn Dialect,
    connection: &mut dyn Execute,
    targets: &[Target],
    keys: &[ForeignKey],
    parents: &HashMap<String, Parent>,
) -> Result<()> {
    let table = &targets[0].table;
    let Some(own) = parents.get(&table.name) else { return Ok(()) };
    for key in keys {
        let Some(parent) = parents.get(&key.table) else { continue };
        let stays_null = |other: &ForeignKey| {
            other.table.is_empty() && other.columns.iter().any(|column| key.columns.contains(column))
        };
        if keys.iter().any(stays_null) {
            continue;
        }
        let values = parent.values(&key.references);
        let place = |name: &String| own.columns.iter().position(|column| column == name);
        let places: Vec<usize> = key.columns.iter().filter_map(place).collect();
        for (number, row) in own.rows.iter().enumerate().skip(1).filter(|_| !values.is_empty()) {
            if places.iter().any(|at| row[*at] == Cell::Null) {
                let value = &values[(number + 1) % values.len()];
                let updates: Option<Vec<String>> = targets
                    .iter()
                    .map(|target| {
                        target.update(dialect, row, &Change { key: &table.primary_key, places: &places, values: value })
                    })
                    .collect();
                if let Some(updates) = updates {
                    refused(connection, &updates.join(";\n"))?;
                }
            }
        }
    }
    Ok(())
}

/// Creates a table with its unique indexes.
fn create(dialect: &dyn Dialect, connection: &mut dyn Execute, table: &Table) -> Result<()> {
    connection.batch(&dialect.create_table(table))?;
    table.indexes.iter().try_for_each(|index| connection.batch(&dialect.create_index(table, index)))
}
