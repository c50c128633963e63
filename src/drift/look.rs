//! What every judgement of a difference needs: the dialect, both sides, and sentences that are the same everywhere.

use super::basis::Basis;
use super::finding::{Finding, Grade};
use crate::dialect::correction::Correction;
use crate::dialect::name::Name;
use crate::dialect::shape::{Shape, TableShape};
use crate::dialect::Dialect;
use crate::schema::Table;

/// Both sides of a comparison.
pub(super) struct Look<'a> {
    pub dialect: &'a dyn Dialect,
    pub basis: &'a Basis<'a>,
    /// All tables that are there, foreign ones among them.
    pub all: &'a Shape,
    /// The tables that are compared, without what is foreign in them.
    pub found: &'a Shape,
}

/// A table of which something differs, on both sides.
#[derive(Clone, Copy)]
pub(super) struct Sides<'a> {
    pub name: &'a Name,
    pub expected: &'a TableShape,
    pub found: &'a TableShape,
}

/// What a difference is about.
pub(super) struct About<'a> {
    pub table: &'a Name,
    pub object: &'static str,
    pub name: Option<String>,
    pub expected: Option<String>,
    pub found: Option<String>,
}

impl About<'_> {
    /// The finding, of which all but the alike and the line of the models is said.
    pub fn finding(self, grade: Grade, message: String, why: &str, fix: String) -> Finding {
        Finding {
            table: self.table.spelled().to_owned(),
            object: self.object,
            name: self.name,
            expected: self.expected,
            found: self.found,
            grade,
            message,
            why: why.to_owned(),
            fix,
            model: None,
            rows: None,
            alike: Vec::new(),
        }
    }
}

impl Look<'_> {
    /// The table as the schema declares it.
    pub fn declared(&self, table: &Name) -> Option<&Table> {
        let schema = self.basis.schema?;
        schema.tables.iter().find(|it| self.dialect.naming().name(&it.name) == *table)
    }

    /// The statement that corrects a table, or what to do if the database has none.
    pub fn correct(&self, table: &Name, correction: &Correction<'_>) -> String {
        self.correct_all(table, std::slice::from_ref(correction))
    }

    /// The statements that correct a table together, or what to do if the database has not all of them.
    pub fn correct_all(&self, table: &Name, corrections: &[Correction<'_>]) -> String {
        let sql: Option<Vec<String>> =
            corrections.iter().map(|correction| self.dialect.correct(table.spelled(), correction)).collect();
        match sql {
            Some(sql) => format!("Run: {};", sql.join("; ")),
            None => self.make_anew(table),
        }
    }

    /// What to do if the database has no statement for a change.
    pub fn make_anew(&self, table: &Name) -> String {
        format!(
            "Make the table anew, since the database has no statement for this change: create {table} as it should be under \
             another name, copy the rows, drop the old table and rename the new one."
        )
    }

    /// What to do about something that was added or changed by hand: declare it, or undo it, which `undo` names.
    pub fn declare_or(&self, undo: &str, correction: &str, model: Option<&str>) -> String {
        let revision = if self.basis.of_revisions { " and run `plinth revision`" } else { "" };
        match model {
            Some(line) => format!("To keep it, declare `{line}` in the models{revision}. Or {undo}. {correction}"),
            None => format!("No line of the models says exactly this: {undo}. {correction}"),
        }
    }
}

/// The text, or `none`.
pub(super) fn or_none(text: Option<&str>) -> &str {
    text.unwrap_or("none")
}

/// Names as a list in words.
pub(super) fn listed(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// What is expected of a subject and what was found, as a sentence.
pub(super) fn sentence(subject: &str, expected: Option<&String>, found: Option<&String>) -> String {
    let text = |side: Option<&String>| or_none(side.map(String::as_str)).to_owned();
    format!("{subject}: expected {}, found {}.", text(expected), text(found))
}

/// Why it is safe to replace a constraint or an index.
pub(super) const REPLACED: &str = "It is replaced by the expected one; no row changes.";
