//! Decisions of a repair that only a person can take: renames by hand, and objects that are made
//! again without their content. Pure.

use crate::dialect::correction::Correction;
use crate::dialect::name::{Name, Naming};
use crate::dialect::shape::Shape;
use crate::drift::follow::difference;
use crate::drift::{Basis, Finding, Live};
use crate::error::{Code, Error, Result};
use serde::Deserialize;
use std::collections::BTreeMap;

/// What was asked for, as it was written: `users`, `users.name`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Wanted {
    /// What was renamed by hand: the name that it has, and the one that it should have.
    pub rename: Vec<(String, String)>,
    /// What is made again.
    pub recreate: Vec<String>,
}

/// A table, or a column of one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The table.
    pub table: Name,
    /// The column; none for the table itself.
    pub column: Option<Name>,
}

/// The decisions, checked against a database.
#[derive(Clone, Debug, Default)]
pub struct Decisions {
    /// Objects that get their names back: the existing place, and the expected one.
    pub renames: Vec<(Place, Place)>,
    /// What is made again.
    pub recreate: Vec<Place>,
}

impl Decisions {
    /// Reads decisions. Errors: `CHOICE_INVALID` if they are about something that is not missing, or not extra.
    pub fn of(naming: Naming, basis: &Basis<'_>, live: &Live, wanted: &Wanted) -> Result<Self> {
        let reader = Reader { naming, expected: basis.expected, found: &live.shape };
        let mut decisions = Decisions::default();
        for (from, to) in &wanted.rename {
            decisions.renames.push(reader.rename(from, to)?);
        }
        for text in &wanted.recreate {
            let place = reader.missing(text)?;
            decisions.recreate.push(place);
        }
        decisions.check()?;
        Ok(decisions)
    }

    /// Whether nothing was decided.
    pub fn is_empty(&self) -> bool {
        self.renames.is_empty() && self.recreate.is_empty()
    }

    /// Whether this is to be made again.
    pub fn recreates(&self, table: &Name, column: Option<&Name>) -> bool {
        self.recreate.iter().any(|place| place.table == *table && place.column.as_ref() == column)
    }

    /// Errors: `CHOICE_INVALID` if two decisions are about one thing.
    fn check(&self) -> Result<()> {
        let mut all: Vec<&Place> = self.renames.iter().flat_map(|(from, to)| [from, to]).collect();
        all.extend(&self.recreate);
        all.sort();
        match all.windows(2).find(|pair| pair[0] == pair[1]) {
            None => Ok(()),
            Some(pair) => {
                let text = pair[0].text();
                Err(invalid(format!("`{text}` is decided twice."), &pair[0].table, "one decision for each", &text))
            }
        }
    }

    /// Says of differences that end since something gets its name back that nothing of it is lost.
    pub fn note(&self, naming: Naming, solved: &mut [Finding]) {
        for finding in solved {
            let column = finding.name.as_ref().filter(|_| finding.object == "column").map(|name| naming.name(name));
            if column.is_none() && finding.object != "table" {
                continue;
            }
            let place = Place { table: naming.name(&finding.table), column };
            if self.renames.iter().any(|(from, to)| *from == place || *to == place) {
                finding.why = "It gets its name back, with all that it holds.".into();
            }
        }
    }

    /// The renames as corrections, each with its table as it is called then: tables first.
    pub fn corrections(&self) -> Vec<(Name, Correction)> {
        let correction = |(from, to): &(Place, Place)| match (&from.column, &to.column) {
            (Some(old), Some(new)) => (to.table.clone(), Correction::RenameColumn(old.clone(), new.clone())),
            _ => (from.table.clone(), Correction::RenameTable(to.table.clone())),
        };
        let mut corrections: Vec<(Name, Correction)> = self.renames.iter().map(correction).collect();
        corrections.sort_by_key(|(_, correction)| correction.rank());
        corrections
    }

    /// The content once the renames are done. Definitions follow where they are then as they should
    /// be.
    pub fn renamed(&self, naming: Naming, basis: &Basis<'_>, live: &Live) -> Live {
        let mut live = live.clone();
        let mut names: BTreeMap<Name, Name> = BTreeMap::new();
        for (table, correction) in self.corrections() {
            match &correction {
                Correction::RenameTable(to) => {
                    if let Some(shape) = live.shape.tables.remove(&table) {
                        live.shape.tables.insert(to.clone(), shape);
                    }
                    names.insert(table, to.clone());
                }
                Correction::RenameColumn(from, to) => {
                    live.shape.tables.get_mut(&table).into_iter().for_each(|shape| correction.apply(shape));
                    names.insert(from.clone(), to.clone());
                }
                _ => {}
            }
        }
        let follows = |expected: Option<&String>, found: &mut String| {
            let expected = expected.filter(|it| difference(naming, &names, it, found).is_some());
            expected.into_iter().for_each(|it| found.clone_from(it));
        };
        for (name, table) in &mut live.shape.tables {
            let Some(expected) = basis.expected.tables.get(name) else { continue };
            table.constraints.iter_mut().for_each(|(name, found)| follows(expected.constraints.get(name), found));
            table.indexes.iter_mut().for_each(|(name, found)| follows(expected.indexes.get(name), found));
        }
        live
    }
}

impl Place {
    fn text(&self) -> String {
        match &self.column {
            Some(column) => format!("{}.{column}", self.table),
            None => self.table.spelled().to_owned(),
        }
    }
}

struct Reader<'a> {
    naming: Naming,
    expected: &'a Shape,
    found: &'a Shape,
}

impl Reader<'_> {
    fn place(&self, text: &str) -> Result<Place> {
        let is_table = |name: &Name| self.expected.tables.contains_key(name) || self.found.tables.contains_key(name);
        let whole = self.naming.name(text);
        if is_table(&whole) {
            return Ok(Place { table: whole, column: None });
        }
        let points = text.match_indices('.').map(|(at, _)| (&text[..at], &text[at + 1..]));
        let mut places = points.map(|(table, column)| (self.naming.name(table), self.naming.name(column)));
        match places.find(|(table, _)| is_table(table)) {
            Some((table, column)) => Ok(Place { table, column: Some(column) }),
            None => {
                let message = format!("`{text}` is not a table of the database or the models.");
                Err(Error::new(Code::ChoiceInvalid, message)
                    .expected("a table, or a column as `users.name`")
                    .found(text)
                    .hint("`plinth drift` lists the differences, with their tables and columns."))
            }
        }
    }

    fn is_in(&self, shape: &Shape, place: &Place) -> bool {
        let table = shape.tables.get(&place.table);
        table.is_some_and(|table| place.column.as_ref().is_none_or(|column| table.columns.contains_key(column)))
    }

    /// Something that should be there and is not.
    fn missing(&self, text: &str) -> Result<Place> {
        let place = self.place(text)?;
        let (should, is) = (self.is_in(self.expected, &place), self.is_in(self.found, &place));
        // A column of a table that is missing itself comes with it.
        if should && !is && (place.column.is_none() || self.found.tables.contains_key(&place.table)) {
            return Ok(place);
        }
        let found = match (is, should) {
            (true, _) => "it exists",
            (false, true) => "its table is missing, too: the table brings it along",
            (false, false) => "no model and no revision declares it",
        };
        Err(invalid(format!("`{text}` is not missing."), &place.table, "a missing table or column", found))
    }

    fn extra(&self, text: &str) -> Result<Place> {
        let place = self.place(text)?;
        let (should, is) = (self.is_in(self.expected, &place), self.is_in(self.found, &place));
        if is && !should {
            return Ok(place);
        }
        let found = if is { "it is expected" } else { "it does not exist" };
        Err(invalid(format!("`{text}` is not an extra."), &place.table, "an extra table or column", found))
    }

    fn rename(&self, from: &str, to: &str) -> Result<(Place, Place)> {
        let (from, to) = (self.extra(from)?, self.missing(to)?);
        match (&from.column, &to.column) {
            (None, None) => Ok((from, to)),
            (Some(_), Some(_)) if from.table == to.table => Ok((from, to)),
            _ => {
                let message = format!("`{}` cannot become `{}`.", from.text(), to.text());
                Err(invalid(message, &to.table, "two tables, or two columns of one table", &from.text()))
            }
        }
    }
}

fn invalid(message: String, table: &Name, expected: &str, found: &str) -> Error {
    Error::new(Code::ChoiceInvalid, message)
        .table(table.spelled())
        .expected(expected)
        .found(found)
        .hint("`plinth repair --plan` lists the missing and the extra objects. Nothing was changed.")
}
