//! Judges differences of tables, indexes, options, comments and sequences. Pure.

use super::alike;
use super::definition::valid_index;
use super::finding::{Finding, Grade};
use super::look::{decide, sentence, About, Look, Sides, DESTRUCTIVE, REPLACED};
use super::model_line;
use crate::dialect::correction::Correction;
use crate::dialect::found::SequenceBehind;
use crate::dialect::name::Name;

/// The table is missing.
pub(super) fn judge_table(look: &Look<'_>, table: &Name) -> Finding {
    let (had, of_revisions) = (look.basis.known.had_table(table), look.basis.of_revisions);
    let alike = alike::tables(look, table);
    let (grade, why) = match (had, of_revisions) {
        (true, _) => (Grade::MissingData, "The table existed before: its rows are gone."),
        (false, true) => (Grade::MissingData, "A revision created the table: its rows since then are gone."),
        (false, false) => (Grade::Safe, "The models declare the table, and no record shows that it ever existed here."),
    };
    let fix = match grade {
        _ if !alike.is_empty() => decide(&alike, "", table),
        Grade::MissingData => {
            "Restore its rows from a backup, or create it empty. Run `plinth repair`, which creates it.".into()
        }
        _ => "Run `plinth init` or `plinth repair`: both create missing tables.".to_owned(),
    };
    let expected = Some("a table".to_owned());
    let about = About { table, object: "table", name: None, expected, found: None };
    let mut finding = about.finding(grade, format!("{table}: expected a table, found none."), why, fix);
    alike::note(&mut finding, alike, "", true);
    finding
}

/// An index is missing, should not exist, is invalid, or has other parts.
pub(super) fn judge_index(look: &Look<'_>, sides: Sides<'_>, index: &Name) -> Finding {
    let (expected, found) = (sides.expected.indexes.get(index), sides.found.indexes.get(index));
    let alike = alike::indexes(look, sides, index);
    // An index of others keeps its name.
    let renamed = alike.iter().find(|other| sides.found.indexes.contains_key(other));
    let drop = || Correction::DropIndex(index.clone());
    let (valid, is_invalid) = found.map_or(("", false), |found| valid_index(found));
    let mut model = None;
    let (grade, why, corrections) = match (expected, renamed) {
        (Some(expected), renamed) if found.is_none() => {
            (Grade::Safe, BUILT, add_index(look, sides, (index, expected), renamed.copied()))
        }
        (Some(expected), _) if is_invalid && valid == expected => {
            (Grade::Safe, BUILT, vec![Correction::Rebuild(index.clone(), expected.clone())])
        }
        (Some(expected), _) => {
            (Grade::Safe, REPLACED, vec![drop(), Correction::AddIndex(index.clone(), expected.clone())])
        }
        (None, _) if is_invalid => (Grade::Safe, "The index was never completed, and serves no query.", vec![drop()]),
        (None, _) => {
            model = model_line::index(look.dialect, sides.name, sides.found, index, valid);
            let (grade, why) = match valid.starts_with("UNIQUE ") {
                true => (Grade::Destructive, "The index may have been added on purpose: its rule would be lost."),
                false => (Grade::Safe, "An index that is not unique holds no data and no rule of its own."),
            };
            (grade, why, vec![drop()])
        }
    };
    let fix = match (expected, grade) {
        (None, _) if !is_invalid => {
            let flag = if grade == Grade::Destructive { DESTRUCTIVE } else { "" };
            look.declare_or("drop it", flag, (sides.name, &corrections), model.as_deref())
        }
        _ if renamed.is_some() && found.is_none() => {
            format!("Rename it back. {}", look.repair(sides.name, &corrections))
        }
        _ => look.repair(sides.name, &corrections),
    };
    let message = sentence(&format!("{}: index {index}", sides.name), expected, found);
    let about = About {
        table: sides.name,
        object: "index",
        name: Some(index.spelled().to_owned()),
        expected: expected.cloned(),
        found: found.cloned(),
    };
    let mut finding = about.finding(grade, message, why, fix);
    finding.model = model;
    finding.corrections = corrections;
    alike::note(&mut finding, alike.into_iter().map(|it| it.spelled().to_owned()).collect(), "", expected.is_some());
    finding
}

/// The correction that adds an index; `renamed` is one of this definition that has another name.
fn add_index(
    look: &Look<'_>,
    sides: Sides<'_>,
    (index, expected): (&Name, &String),
    renamed: Option<&Name>,
) -> Vec<Correction> {
    let add = Correction::AddIndex(index.clone(), expected.clone());
    let Some(other) = renamed else { return vec![add] };
    let rename = Correction::RenameIndex(other.clone(), index.clone());
    match look.dialect.correct(sides.name.spelled(), &rename) {
        Some(_) => vec![rename],
        None => vec![Correction::DropIndex(other.clone()), add],
    }
}

const BUILT: &str = "An index is built from rows; no row changes.";

/// SQLite's word for a table whose SQL its reader does not understand.
const UNREADABLE: &str = "unreadable";

/// The table has other options, such as STRICT.
pub(super) fn judge_options(look: &Look<'_>, sides: Sides<'_>) -> Finding {
    let options = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let (expected, found) = (options(&sides.expected.options), options(&sides.found.options));
    let word = |options: &Option<String>| options.clone().unwrap_or("a plain table".into());
    let message = format!("{}: expected {}, found {}.", sides.name, word(&expected), word(&found));
    let about = About { table: sides.name, object: "options", name: None, expected, found };
    let corrections = vec![Correction::SetOptions(sides.found.options.clone(), sides.expected.options.clone())];
    let in_place = look.statements(sides.name, &corrections).is_some();
    let is_read = ![&sides.expected.options, &sides.found.options].iter().any(|it| it.contains(UNREADABLE));
    if !is_read || !in_place && !look.dialect.makes_anew() {
        let fix = "Create a table as it should be under another name, copy the rows, drop the old table and rename the new one.";
        return about.finding(Grade::Blocked, message, "The database cannot change this in place.", fix.into());
    }
    if in_place {
        let fix = look.repair(sides.name, &corrections);
        let why = "No row changes: the table is written to the server's log again.";
        return Finding { corrections, ..about.finding(Grade::Safe, message, why, fix) };
    }
    let fix = look.declare_or("change it back", DESTRUCTIVE, (sides.name, &corrections), None);
    let why = "The property may have been chosen on purpose: its rule would be lost.";
    Finding { corrections, ..about.finding(Grade::Destructive, message, why, fix) }
}

/// The table, or a column of it, has another comment.
pub(super) fn judge_comment(look: &Look<'_>, sides: Sides<'_>, column: Option<&Name>) -> Finding {
    let comments = [sides.expected, sides.found].map(|table| match column {
        Some(name) => table.columns.get(name).and_then(|column| column.comment.clone()),
        None => table.comment.clone(),
    });
    let [expected, found] = comments;
    let subject = column.map_or(sides.name.to_string(), |column| format!("{}.{column}", sides.name));
    let quoted = |text: &Option<String>| text.as_ref().map_or("none".to_owned(), |text| format!("{text:?}"));
    let message = format!("{subject}: expected the comment {}, found {}.", quoted(&expected), quoted(&found));
    let corrections = vec![Correction::SetComment(column.cloned(), expected.clone())];
    let fix = look.repair(sides.name, &corrections);
    let model = found.as_deref().filter(|_| column.is_some()).map(model_line::comment_call);
    let name = column.map(|column| column.spelled().to_owned());
    let about = About { table: sides.name, object: "comment", name, expected, found };
    Finding { model, corrections, ..about.finding(Grade::Safe, message, "A comment changes no row.", fix) }
}

/// A sequence is behind its column.
pub(super) fn judge_sequence(look: &Look<'_>, behind: &SequenceBehind) -> Finding {
    let SequenceBehind { table, column, next, highest } = behind;
    let table = look.dialect.naming().name(table);
    let message = format!("{table}.{column}: expected a next number above {highest}, found {next}.");
    let about = About {
        table: &table,
        object: "sequence",
        name: Some(column.clone()),
        expected: Some(format!("above {highest}")),
        found: Some(next.to_string()),
    };
    let why =
        "No row changes. Until then, inserts without a number may fail, since existing rows have the next numbers.";
    let corrections = vec![Correction::MoveSequence(look.dialect.naming().name(column))];
    let fix = look.repair(&table, &corrections);
    Finding { corrections, ..about.finding(Grade::Safe, message, why, fix) }
}
