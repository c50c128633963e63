//! A table that rows must fit in, and the SQL that puts them there.

use super::later::{Held, Later};
use super::values::Cell;
use crate::dialect::{quote, Dialect};
use crate::schema::expression::mentions;
use crate::schema::{Column, Kind, Table};

/// A table that rows must fit in: the existing one, or its later form.
pub(super) struct Target {
    pub table: Table,
    pub columns: Vec<Held>,
    /// The kinds and names of the columns that are now, by position.
    from: Vec<Kind>,
    names: Vec<String>,
    /// The table that is now, where this is what becomes of it.
    origin: Option<String>,
}

/// A change of a row.
pub(super) struct Change<'a> {
    /// The primary key, by which the row is found.
    pub key: &'a [String],
    /// The positions of the columns that change.
    pub places: &'a [usize],
    /// Their values.
    pub values: &'a [Cell],
}

impl Target {
    /// The existing table.
    pub fn of(table: &Table) -> Self {
        let own = |(from, column): (usize, &Column)| Held {
            from,
            column: column.clone(),
            map: Vec::new(),
            back: Vec::new(),
            nullable: column.nullable,
            folded: false,
        };
        Target {
            table: table.clone(),
            columns: table.columns.iter().enumerate().map(own).collect(),
            from: table.columns.iter().map(|column| column.kind.clone()).collect(),
            names: table.columns.iter().map(|column| column.name.clone()).collect(),
            origin: None,
        }
    }

    /// Its later form.
    pub fn later(table: &Table, later: &Later) -> Self {
        let origin = Some(table.name.clone());
        Target { table: later.table.clone(), columns: later.columns.clone(), origin, ..Target::of(table) }
    }

    /// The later form of a column, by its position.
    pub fn held(&self, at: usize) -> Option<&Held> {
        self.columns.iter().find(|held| held.from == at)
    }

    /// An INSERT of these cells; None if one does not fit.
    pub fn insert(&self, dialect: &dyn Dialect, cells: &[Cell]) -> Option<String> {
        let mut names = Vec::new();
        let mut literals = Vec::new();
        for held in &self.columns {
            let numbered = cells[held.from] == Cell::Numbered;
            match &self.origin {
                None if numbered => continue,
                // The row is in the table itself by now, and is its last.
                Some(origin) if numbered => {
                    let name = quote(&self.names[held.from]);
                    literals.push(format!("(SELECT max({name}) FROM {})", quote(origin)));
                }
                _ => literals.push(self.literal(dialect, held, cells)?),
            }
            names.push(quote(&held.column.name));
        }
        let table = quote(&self.table.name);
        Some(match names.is_empty() {
            true => format!("INSERT INTO {table} DEFAULT VALUES"),
            false => format!("INSERT INTO {table} ({}) VALUES ({})", names.join(", "), literals.join(", ")),
        })
    }

    /// The condition that only the row with the greatest number meets.
    pub fn is_last(&self, at: usize) -> String {
        let name = quote(&self.names[at]);
        format!("{name} = (SELECT max({name}) FROM {})", quote(&self.table.name))
    }

    fn literal(&self, dialect: &dyn Dialect, held: &Held, cells: &[Cell]) -> Option<String> {
        match &cells[held.from] {
            Cell::Value(value) => {
                let value = held.becomes(&self.from[held.from], value)?;
                Some(dialect.literal(&held.column.kind, &value))
            }
            _ => held.nullable.then(|| "NULL".to_owned()),
        }
    }

    /// An UPDATE of a row, which is found by its primary key; None if there cannot be one.
    pub fn update(&self, dialect: &dyn Dialect, row: &[Cell], change: &Change<'_>) -> Option<String> {
        let Change { key, places, values } = *change;
        let mut cells = row.to_vec();
        for (at, value) in places.iter().zip(values) {
            cells[*at] = value.clone();
        }
        let equal = |at: usize, cells: &[Cell]| {
            let held = self.held(at)?;
            Some(format!("{} = {}", quote(&held.column.name), self.literal(dialect, held, cells)?))
        };
        let kept = places.iter().filter(|at| self.held(**at).is_some());
        let set = kept.map(|at| equal(*at, &cells)).collect::<Option<Vec<String>>>()?;
        let found: Option<Vec<String>> =
            key.iter().map(|name| equal(self.names.iter().position(|column| column == name)?, row)).collect();
        let table = quote(&self.table.name);
        match set.is_empty() {
            true => Some("SELECT 1".into()),
            false => Some(format!("UPDATE {table} SET {} WHERE {}", set.join(", "), found?.join(" AND "))),
        }
    }

    /// A table of some of the columns with the checks that name no others: a place to try them.
    pub fn probe(&self, number: usize, columns: &[usize]) -> Target {
        let held: Vec<Held> = self.columns.iter().filter(|held| columns.contains(&held.from)).cloned().collect();
        let others = self.table.columns.iter().filter(|c| !held.iter().any(|held| held.column.name == c.name));
        let others: Vec<&String> = others.map(|column| &column.name).collect();
        let plain = |held: &Held| Column { nullable: true, default: None, comment: None, ..held.column.clone() };
        let table = Table {
            name: format!("plinth_probe_{number}"),
            columns: held.iter().map(plain).collect(),
            checks: self
                .table
                .checks
                .iter()
                .filter(|check| !others.iter().any(|name| mentions(&check.sql, name)))
                .cloned()
                .collect(),
            ..Table::default()
        };
        Target { table, columns: held, from: self.from.clone(), names: self.names.clone(), origin: None }
    }
}
