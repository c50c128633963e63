//! The common basis of every judgement of a difference: the dialect, both sides, and sentences that
//! are the same everywhere.

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
    /// All existing tables, foreign ones among them.
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

/// The subject of a difference.
pub(super) struct About<'a> {
    pub table: &'a Name,
    pub object: &'static str,
    pub name: Option<String>,
    pub expected: Option<String>,
    pub found: Option<String>,
}

impl About<'_> {
    /// The finding, complete except for its alikes and the line for the models.
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
            corrections: Vec::new(),
        }
    }
}

impl Look<'_> {
    /// The table as the schema declares it.
    pub fn declared(&self, table: &Name) -> Option<&Table> {
        let schema = self.basis.schema?;
        schema.tables.iter().find(|it| self.dialect.naming().name(&it.name) == *table)
    }

    /// The repair that corrects a table, and the statements that it runs.
    pub fn repair(&self, table: &Name, corrections: &[Correction]) -> String {
        self.repair_with("", table, corrections)
    }

    fn repair_with(&self, flag: &str, table: &Name, corrections: &[Correction]) -> String {
        match self.statements(table, corrections) {
            Some(sql) => format!("Run `plinth repair{flag}`, which runs: {sql};"),
            None => format!("Run `plinth repair{flag}`, which makes the table anew and copies its rows."),
        }
    }

    /// The statements that correct a table together; `None` if the database has not all of them.
    pub fn statements(&self, table: &Name, corrections: &[Correction]) -> Option<String> {
        let sql: Option<Vec<String>> =
            corrections.iter().map(|correction| self.dialect.correct(table.spelled(), correction)).collect();
        Some(sql?.join("; "))
    }

    /// What to do about something that was added or changed by hand: declare it, or undo it, which `undo` names. `flag` stands
    /// behind the command of the repair.
    pub fn declare_or(
        &self,
        undo: &str,
        flag: &str,
        (table, corrections): (&Name, &[Correction]),
        model: Option<&str>,
    ) -> String {
        // The upgrade finds what the revision adds, and runs no SQL for it.
        let revision = if self.basis.of_revisions { ", then run `plinth revision` and `plinth upgrade`" } else { "" };
        let repair = self.repair_with(flag, table, corrections);
        match model {
            Some(line) => format!("To keep it, declare `{line}` in the models{revision}. Or {undo}. {repair}"),
            None => format!("No line of the models says exactly this: {undo}. {repair}"),
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

/// What to say of something that is missing and may be there under other names; `place` stands before a name, such as `users.`.
pub(super) fn decide(alike: &[String], place: &str, missing: &Name) -> String {
    let rename = |other: &String| argument(&format!("{place}{other}:{place}{missing}"));
    let renames: Vec<String> =
        alike.iter().map(|other| format!("`plinth repair --rename {}`", rename(other))).collect();
    format!(
        "If it was renamed, run {}, which keeps what it holds. If it was not: `plinth repair --recreate {}`.",
        renames.join(" or "),
        argument(&format!("{place}{missing}"))
    )
}

/// A text as a shell takes it.
pub(super) fn argument(text: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '.' | ':' | '-');
    match text.chars().all(is_plain) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', "'\\''")),
    }
}

/// The flag that undoes objects which a person may have added on purpose.
pub(super) const DESTRUCTIVE: &str = " --destructive";

/// Why it is safe to replace a constraint or an index.
pub(super) const REPLACED: &str = "It is replaced by the expected one; no row changes.";
