//! Judges differences of tables, indexes, options, comments and sequences. Pure.

use super::alike;
use super::definition::valid_index;
use super::finding::{Finding, Grade};
use super::look::{sentence, About, Look, Sides, REPLACED};
use super::model_line;
use crate::dialect::correction::Correction;
use crate::dialect::found::SequenceBehind;
use crate::dialect::name::Name;

/// The table is missing.
pub(super) fn judge_table(look: &Look<'_>, table: &Name) -> Finding {
    let (had, of_revisions) = (look.basis.known.had_table(table), look.basis.of_revisions);
    let alike = alike::tables(look, table);
    let (grade, why) = match (had, of_revisions) {
        (true, _) => (Grade::MissingData, "The table was there before: its rows are gone."),
        (false, true) => (Grade::MissingData, "A revision made the table: the rows it got since then are gone."),
        (false, false) => (Grade::Safe, "The models declare the table, and no record says that it was ever here."),
    };
    let create = match (of_revisions, look.declared(table)) {
        (false, _) => "Run `plinth init`, which creates missing tables.".to_owned(),
        (true, None) => "Create it as its revision does.".to_owned(),
        (true, Some(declared)) => {
            let indexes = declared.indexes.iter().map(|index| look.dialect.create_index(declared, index));
            let sql: Vec<String> = std::iter::once(look.dialect.create_table(declared)).chain(indexes).collect();
            format!("Run: {};", sql.join(";\n"))
        }
    };
    let fix = match (alike.first(), grade) {
        (Some(other), _) => {
            let rename = look.correct(&look.dialect.naming().name(other), &Correction::RenameTable(table.spelled()));
            format!("If it was renamed, rename it back. {rename} If it was not: {create}")
        }
        (None, Grade::MissingData) => format!("Restore its rows from a backup, or create it empty. {create}"),
        (None, _) => create,
    };
    let expected = Some("a table".to_owned());
    let about = About { table, object: "table", name: None, expected, found: None };
    let mut finding = about.finding(grade, format!("{table}: expected a table, found none."), why, fix);
    alike::note(&mut finding, alike, "", true);
    finding
}

/// An index is missing, should not be there, is invalid, or has other parts.
pub(super) fn judge_index(look: &Look<'_>, sides: Sides<'_>, index: &Name) -> Finding {
    let (expected, found) = (sides.expected.indexes.get(index), sides.found.indexes.get(index));
    let name = index.spelled();
    let alike = alike::indexes(look, sides, index);
    let drop = || look.correct(sides.name, &Correction::DropIndex(name));
    let (valid, is_invalid) = found.map_or(("", false), |found| valid_index(found));
    let mut model = None;
    let (grade, why, fix) = match expected {
        Some(expected) if found.is_none() && !alike.is_empty() => {
            let rename = look.dialect.correct(sides.name.spelled(), &Correction::RenameIndex(&alike[0], name));
            let add = Correction::AddIndex(name, expected);
            let again = || look.correct_all(sides.name, &[Correction::DropIndex(&alike[0]), add]);
            (Grade::Safe, BUILT, format!("Rename it back. {}", rename.map_or_else(again, |sql| format!("Run: {sql};"))))
        }
        Some(expected) if found.is_none() => {
            (Grade::Safe, BUILT, look.correct(sides.name, &Correction::AddIndex(name, expected)))
        }
        Some(expected) if is_invalid && valid == expected => {
            (Grade::Safe, BUILT, look.correct(sides.name, &Correction::Rebuild(name)))
        }
        Some(expected) => {
            let replace = [Correction::DropIndex(name), Correction::AddIndex(name, expected)];
            (Grade::Safe, REPLACED, look.correct_all(sides.name, &replace))
        }
        None if is_invalid => (Grade::Safe, "The index was never completed, and serves no query.", drop()),
        None => {
            model = model_line::index(look.dialect, sides.name, sides.found, index, valid);
            let (grade, why) = match valid.starts_with("UNIQUE ") {
                true => (Grade::Destructive, "Somebody may have added the index on purpose: its rule would be lost."),
                false => (Grade::Safe, "An index that is not unique holds no data and no rule of its own."),
            };
            (grade, why, look.declare_or("take it away", &drop(), model.as_deref()))
        }
    };
    let message = sentence(&format!("{}: index {name}", sides.name), expected, found);
    let about = About {
        table: sides.name,
        object: "index",
        name: Some(name.to_owned()),
        expected: expected.cloned(),
        found: found.cloned(),
    };
    let mut finding = about.finding(grade, message, why, fix);
    finding.model = model;
    alike::note(&mut finding, alike, "", expected.is_some());
    finding
}

const BUILT: &str = "An index is built from rows; no row changes.";

/// The table has other options, such as STRICT.
pub(super) fn judge_options(look: &Look<'_>, sides: Sides<'_>) -> Finding {
    let options = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let (expected, found) = (options(&sides.expected.options), options(&sides.found.options));
    let word = |options: &Option<String>| options.clone().unwrap_or("a plain table".into());
    let message = format!("{}: expected {}, found {}.", sides.name, word(&expected), word(&found));
    let fix = look.make_anew(sides.name);
    let about = About { table: sides.name, object: "options", name: None, expected, found };
    about.finding(Grade::Blocked, message, "The database cannot change this in place.", fix)
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
    let fix = look.correct(sides.name, &Correction::SetComment(column.map(Name::spelled), expected.as_deref()));
    let model = found.as_deref().filter(|_| column.is_some()).map(model_line::comment_call);
    let name = column.map(|column| column.spelled().to_owned());
    let about = About { table: sides.name, object: "comment", name, expected, found };
    Finding { model, ..about.finding(Grade::Safe, message, "A comment changes no row.", fix) }
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
    let why = "No row changes. Until then, inserts without a number may fail, since rows have theirs already.";
    about.finding(Grade::Safe, message, why, look.correct(&table, &Correction::MoveSequence(column)))
}
