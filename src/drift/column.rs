//! Judges differences of columns: that they are there, their types, whether they may be NULL, their defaults. Pure.

use super::alike;
use super::finding::{Finding, Grade};
use super::look::{or_none, About, Look, Sides};
use super::model_line;
use super::types::{change, using, Change};
use crate::dialect::correction::Correction;
use crate::dialect::declared::parts;
use crate::dialect::name::Name;
use crate::dialect::shape::{ColumnShape, TableShape};

/// The column is missing, should not be there, or has another type.
pub(super) fn judge(look: &Look<'_>, sides: Sides<'_>, name: &Name) -> Finding {
    match (sides.expected.columns.get(name), sides.found.columns.get(name)) {
        (Some(expected), Some(found)) => another_type(look, sides, name, (expected, found)),
        (Some(expected), None) => missing(look, sides, name, expected),
        (None, found) => extra(look, sides, name, &found.cloned().unwrap_or_default()),
    }
}

fn about<'a>(sides: Sides<'a>, object: &'static str, name: &Name) -> About<'a> {
    About { table: sides.name, object, name: Some(name.spelled().to_owned()), expected: None, found: None }
}

fn missing(look: &Look<'_>, sides: Sides<'_>, name: &Name, expected: &ColumnShape) -> Finding {
    let table = sides.name;
    let (grade, why) = grade_of_missing(look, table, name, expected);
    let add = fix_of_missing(look, table, name, expected);
    let alike = alike::columns(sides, name);
    let fix = match (alike.first(), grade) {
        (Some(other), _) => {
            let rename = look.correct(table, &Correction::RenameColumn(other, name.spelled()));
            format!("If it was renamed, rename it back. {rename} If it was not: {add}")
        }
        (None, Grade::MissingData) => format!("Restore its values from a backup, or add it without them. {add}"),
        (None, Grade::Blocked) => {
            format!("Give it a default in the models, or decide which value existing rows get. {add}")
        }
        (None, _) => add,
    };
    let about = About { expected: Some(expected.declared.clone()), ..about(sides, "column", name) };
    let message = format!("{table}.{name}: expected {}, found no such column.", typed(&expected.declared));
    let mut finding = about.finding(grade, message, why, fix);
    alike::note(&mut finding, alike, &format!("{table}."), true);
    finding
}

/// How the column is added; if existing rows need a value, in three steps.
fn fix_of_missing(look: &Look<'_>, table: &Name, name: &Name, expected: &ColumnShape) -> String {
    if !needs_value(expected) {
        return look.correct(table, &Correction::AddColumn(name.spelled(), &line(expected)));
    }
    let line = line(&ColumnShape { nullable: true, ..expected.clone() });
    let steps = [Correction::AddColumn(name.spelled(), &line), Correction::SetNullable(name.spelled(), false)];
    let steps: Option<Vec<String>> =
        steps.iter().map(|correction| look.dialect.correct(table.spelled(), correction)).collect();
    match steps.as_deref() {
        Some([add, forbid]) => {
            format!("Add it: {add}; give existing rows a value, then forbid NULL: {forbid};")
        }
        _ => look.make_anew(table),
    }
}

/// Whether a new column leaves existing rows without a value that they must have.
fn needs_value(column: &ColumnShape) -> bool {
    let type_parts = parts(&column.declared);
    let is_given = column.default.is_some() || type_parts.identity.is_some() || type_parts.generated.is_some();
    !column.nullable && !is_given
}

fn grade_of_missing(look: &Look<'_>, table: &Name, name: &Name, expected: &ColumnShape) -> (Grade, &'static str) {
    if parts(&expected.declared).generated.is_some() {
        return (Grade::Safe, "Its values are generated from other columns.");
    }
    if look.basis.known.had_column(table, name) {
        return (Grade::MissingData, "The column was there before: what it held is gone.");
    }
    if look.basis.of_revisions {
        return (Grade::MissingData, "A revision made the column: what it held since then is gone.");
    }
    if needs_value(expected) {
        return (Grade::Blocked, "Existing rows would have no value in it: it may not be NULL and has no default.");
    }
    (Grade::Safe, "The models declare the column, and no record says that it was ever here.")
}

fn extra(look: &Look<'_>, sides: Sides<'_>, name: &Name, found: &ColumnShape) -> Finding {
    let table = sides.name;
    let model = model_line::column(look.dialect, name, found, None);
    let drop = look.correct(table, &Correction::DropColumn(name.spelled()));
    let fix = look.declare_or("take it away", &drop, model.as_deref());
    let about = About { found: Some(found.declared.clone()), ..about(sides, "column", name) };
    let message = format!("{table}.{name}: expected no such column, found {}.", typed(&found.declared));
    let mut finding = about.finding(Grade::Destructive, message, "What the column holds would be lost.", fix);
    finding.model = model;
    alike::note(&mut finding, alike::columns(sides, name), &format!("{table}."), false);
    finding
}

fn another_type(look: &Look<'_>, sides: Sides<'_>, name: &Name, pair: (&ColumnShape, &ColumnShape)) -> Finding {
    let ((expected, found), table, dialect) = (pair, sides.name, look.dialect);
    let quoted = crate::dialect::quote(name.spelled());
    let using = using(dialect, &found.declared, &expected.declared, &quoted);
    let to = parts(&expected.declared);
    let plain = [Some(to.base), to.collation.map(|_| "COLLATE"), to.collation];
    let plain = plain.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let convert = || look.correct(table, &Correction::SetType(name.spelled(), &plain, using.as_deref()));
    let (grade, why, fix) = match change(dialect, &found.declared, &expected.declared) {
        Change::Identity => {
            let set = |words| Correction::SetIdentity(name.spelled(), words);
            let fix = match (parts(&found.declared).identity, to.identity) {
                (Some(_), Some(words)) => look.correct_all(table, &[set(None), set(Some(words))]),
                // An identity is refused beside a default.
                (None, Some(words)) if found.default.is_some() => {
                    look.correct_all(table, &[Correction::SetDefault(name.spelled(), None), set(Some(words))])
                }
                (_, words) => look.correct(table, &set(words)),
            };
            (Grade::Safe, "No stored value changes: only what numbers new rows.".to_owned(), fix)
        }
        Change::Collation => {
            let why = "No stored value changes: only how values are compared, ordered and refused.";
            (Grade::Safe, why.into(), convert())
        }
        Change::Wider => (Grade::Safe, "Every value of the found type fits the expected one.".into(), convert()),
        Change::Narrower(what) => {
            let model = line_of(look, sides, name);
            let fix = look.declare_or("convert the values", &convert(), model.as_deref());
            (Grade::Destructive, format!("The expected type holds less: {what} would be lost or refused."), fix)
        }
        Change::Generated => {
            let fix = look.correct_all(
                table,
                &[Correction::DropColumn(name.spelled()), Correction::AddColumn(name.spelled(), &line(expected))],
            );
            let why = "Whether values are stored or generated from other columns cannot be changed in place.";
            (Grade::Blocked, why.into(), format!("Save the values first if they matter. {fix}"))
        }
        Change::Impossible => {
            let why =
                format!("No conversion from {} to {} is known.", typed(&found.declared), typed(&expected.declared));
            let fix = "Add a column of the expected type, fill it by hand, drop the old column and rename the new one.";
            (Grade::Blocked, why, fix.into())
        }
    };
    let (expected_text, found_text) = (expected.declared.clone(), found.declared.clone());
    let about = About { expected: Some(expected_text), found: Some(found_text), ..about(sides, "column", name) };
    let message = format!("{table}.{name}: expected {}, found {}.", typed(&expected.declared), typed(&found.declared));
    Finding { model: line_of(look, sides, name), ..about.finding(grade, message, &why, fix) }
}

/// The column may be NULL and should not, or the other way round.
pub(super) fn judge_nullable(look: &Look<'_>, sides: Sides<'_>, name: &Name) -> Finding {
    let word = |nullable: bool| if nullable { "NULL" } else { "NOT NULL" };
    let nullable = sides.expected.columns.get(name).is_some_and(|column| column.nullable);
    let (grade, why) = match nullable {
        true => (Grade::Destructive, "Somebody may have added NOT NULL on purpose: the rule would be lost."),
        false => (Grade::Safe, "No value changes; while a row holds NULL, the database refuses the rule."),
    };
    let about = About {
        expected: Some(word(nullable).into()),
        found: Some(word(!nullable).into()),
        ..about(sides, "nullable", name)
    };
    let message = format!("{}.{name}: expected {}, found {}.", sides.name, word(nullable), word(!nullable));
    let set = look.correct(sides.name, &Correction::SetNullable(name.spelled(), nullable));
    let model = line_of(look, sides, name);
    let fix = match nullable {
        true => look.declare_or("change it back", &set, model.as_deref()),
        false => format!("Give rows that hold NULL a value, then forbid NULL. {set}"),
    };
    Finding { model, ..about.finding(grade, message, why, fix) }
}

/// The column has another default.
pub(super) fn judge_default(look: &Look<'_>, sides: Sides<'_>, name: &Name) -> Finding {
    let default = |table: &TableShape| table.columns.get(name)?.default.clone();
    let (expected, found) = (default(sides.expected), default(sides.found));
    let message = format!(
        "{}.{name}: expected the default {}, found {}.",
        sides.name,
        or_none(expected.as_deref()),
        or_none(found.as_deref())
    );
    let identity =
        |table: &TableShape| table.columns.get(name).is_some_and(|it| parts(&it.declared).identity.is_some());
    let fix = match identity(sides.expected) && !identity(sides.found) {
        true => "Make the column an identity again, as the finding of its type says: the default goes first.".into(),
        false => look.correct(sides.name, &Correction::SetDefault(name.spelled(), expected.as_deref())),
    };
    let about = About { expected, found, ..about(sides, "default", name) };
    let finding = about.finding(Grade::Safe, message, "A default is for new rows: no stored value changes.", fix);
    Finding { model: line_of(look, sides, name), ..finding }
}

/// The line of the models that declares the column as it was found.
fn line_of(look: &Look<'_>, sides: Sides<'_>, name: &Name) -> Option<String> {
    let table = look.declared(sides.name);
    let is = |column: &&crate::schema::Column| look.dialect.naming().name(&column.name) == *name;
    let column = table.and_then(|table| table.columns.iter().find(is));
    let declared = column.zip(sides.expected.columns.get(name));
    model_line::column(look.dialect, name, sides.found.columns.get(name)?, declared)
}

/// What stands behind a column's name in ADD COLUMN.
fn line(column: &ColumnShape) -> String {
    let mut line = column.declared.clone();
    if !column.nullable && !line.contains(" NOT NULL") {
        line.push_str(" NOT NULL");
    }
    if let Some(default) = &column.default {
        let is_constant = default.starts_with('\'') || default.starts_with("X'") || !default.contains('(');
        line.push_str(&if is_constant { format!(" DEFAULT {default}") } else { format!(" DEFAULT ({default})") });
    }
    line
}

/// A type in a sentence.
fn typed(declared: &str) -> &str {
    if declared.is_empty() {
        "no type"
    } else {
        declared
    }
}
