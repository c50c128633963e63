//! The decisions of a person, looked up and ticked off: a choice that nothing needs is a mistake,
//! and reported.

use super::{Choices, ColumnMap, Rename, RowValue};
use crate::error::{Code, Error, Result};
use crate::schema::expression;
use std::collections::{HashMap, HashSet};

/// The choices, and which of them were needed.
pub(super) struct Decided<'a> {
    pub tables: Vec<&'a Rename>,
    columns: HashMap<&'a str, Vec<&'a Rename>>,
    drops: HashMap<&'a str, bool>,
    backfills: HashMap<(&'a str, &'a str), (&'a RowValue, bool)>,
    maps: HashMap<(&'a str, &'a str), (Vec<&'a ColumnMap>, bool)>,
}

impl<'a> Decided<'a> {
    /// Fails where choices contradict each other.
    pub fn new(choices: &'a Choices) -> Result<Self> {
        let mut decided = Decided {
            tables: Vec::new(),
            columns: HashMap::new(),
            drops: choices.drops.iter().map(|name| (name.as_str(), false)).collect(),
            backfills: HashMap::new(),
            maps: HashMap::new(),
        };
        let mut seen = HashSet::new();
        for rename in &choices.renames {
            let (table, what) = (rename.table.as_deref(), shown(rename));
            let twice = !seen.insert((table, &rename.from, true)) | !seen.insert((table, &rename.to, false));
            if twice || rename.from == rename.to {
                return Err(invalid(format!("The rename {what} contradicts another, or itself")));
            }
            match table {
                None => decided.tables.push(rename),
                Some(table) => decided.columns.entry(table).or_default().push(rename),
            }
        }
        for backfill in &choices.backfills {
            let place = (backfill.table.as_str(), backfill.column.as_str());
            if let Some(fault) = backfill.value.expressions().into_iter().find_map(expression::fault) {
                return Err(of_column(place, format!("its SQL {fault}")));
            }
            if decided.backfills.insert(place, (&backfill.value, false)).is_some() {
                return Err(of_column(place, "two choices name it".into()));
            }
        }
        for map in &choices.maps {
            let place = (map.table.as_str(), map.column.as_str());
            let (maps, _) = decided.maps.entry(place).or_default();
            if maps.iter().any(|other| other.from == map.from) {
                return Err(of_column(place, format!("the word `{}` is mapped twice", map.from)));
            }
            maps.push(map);
        }
        Ok(decided)
    }

    /// The renames among the columns of a table.
    pub fn columns(&self, table: &str) -> &[&'a Rename] {
        self.columns.get(table).map(Vec::as_slice).unwrap_or_default()
    }

    /// Fails if columns are renamed in a table that does not exist both before and after.
    pub fn check_tables(&self, there: impl Fn(&str) -> bool) -> Result<()> {
        match self.columns.iter().filter(|(table, _)| !there(table)).flat_map(|(_, renames)| renames).next() {
            Some(rename) => Err(unknown(rename, "the table")),
            None => Ok(()),
        }
    }

    /// Whether this, which is gone, was dropped.
    pub fn drops(&mut self, name: &str) -> bool {
        self.drops.get_mut(name).map(|used| *used = true).is_some()
    }

    /// The value that the rows of a column get. `default` says what the word `default` stands for; `None` if the column has none.
    pub fn backfill(&mut self, table: &'a str, column: &'a str, default: Option<RowValue>) -> Result<Option<RowValue>> {
        let Some((value, used)) = self.backfills.get_mut(&(table, column)) else { return Ok(None) };
        *used = true;
        match value {
            RowValue::Default => match default {
                Some(default) => Ok(Some(default)),
                None => Err(of_column((table, column), "the column has no default".into())
                    .expected("a column with .default(), .defaultNow() or .defaultRandom()")
                    .found("a column without a default")
                    .hint(format!(
                        "Write a SQL expression instead: --backfill \"{table}.{column}=<SQL expression>\"; or give the \
                         column a default in the models."
                    ))),
            },
            value => Ok(Some((*value).clone())),
        }
    }

    /// The words that replace those of a column.
    pub fn maps(&mut self, table: &'a str, column: &'a str) -> Vec<&'a ColumnMap> {
        let Some((maps, used)) = self.maps.get_mut(&(table, column)) else { return Vec::new() };
        *used = true;
        maps.clone()
    }

    /// Fails where a choice was not needed.
    pub fn check_used(&self) -> Result<()> {
        if let Some(name) = self.drops.iter().filter(|(_, used)| !**used).map(|(name, _)| *name).min() {
            return Err(invalid(format!("No dropped table or column is named `{name}`")));
        }
        let backfills = self.backfills.iter().filter(|(_, (_, used))| !used).map(|(place, _)| *place);
        if let Some(place) = backfills.min() {
            return Err(of_column(
                place,
                "no column of this name is new, dropped, or changes whether it may be NULL".into(),
            ));
        }
        let maps = self.maps.iter().filter(|(_, (_, used))| !used).map(|(place, _)| *place);
        match maps.min() {
            Some(place) => Err(of_column(place, "no enum of this name changes its words".into())),
            None => Ok(()),
        }
    }
}

/// A rename of an unknown name.
pub(super) fn unknown(rename: &Rename, what: &str) -> Error {
    invalid(format!("The rename {} has an unknown name: {what}", shown(rename)))
        .hint("the old name is that of the last revision, the new one that of the models")
}

/// A choice for a column that makes no sense.
pub(super) fn of_column((table, column): (&str, &str), fault: String) -> Error {
    invalid(format!("The choice for {table}.{column} cannot be followed: {fault}")).table(table).column(column)
}

fn invalid(message: String) -> Error {
    Error::new(Code::ChoiceInvalid, message)
}

fn shown(rename: &Rename) -> String {
    let place = rename.table.as_ref().map(|table| format!("{table}.")).unwrap_or_default();
    format!("`{place}{}` to `{place}{}`", rename.from, rename.to)
}
