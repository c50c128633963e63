//! Judges differences of columns: that they are there, their types, whether they may be NULL, their defaults. Pure.

use super::alike;
use super::finding::{Finding, Grade};
use super::look::{argument, decide, listed, or_none, About, Look, Sides, DESTRUCTIVE};
use super::model_line;
use super::types::{change, using, Change};
use crate::dialect::correction::Correction;
use crate::dialect::declared::parts;
use crate::dialect::name::Name;
use crate::dialect::shape::{ColumnShape, TableShape};
use crate::schema::expression::mentions;
use std::collections::BTreeMap;

/// The column is missing, should not exist, or has another type.
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
    let comment = expected.comment.clone().map(|comment| Correction::SetComment(Some(name.clone()), Some(comment)));
    let corrections: Vec<Correction> =
        std::iter::once(Correction::AddColumn(name.clone(), expected.clone())).chain(comment).collect();
    let repair = look.repair(table, &corrections);
    let place = format!("{table}.");
    let alike = alike::columns(sides, name);
    let others = alone(&sides.found.columns, &sides.expected.columns);
    let fix = match grade {
        _ if !alike.is_empty() => decide(&alike, &place, name),
        Grade::MissingData | Grade::Safe if !others.is_empty() && !needs_value(expected) => format!(
            "The table also has extra columns: {}. If one of them is {name} under another name, run `plinth repair \
             --rename {place}<that>:{place}{name}`. If not: `plinth repair --recreate {}`.",
            listed(&others),
            argument(&format!("{place}{name}"))
        ),
        Grade::Blocked => format!(
            "Give it a default in the models, or decide which value existing rows get. {}",
            in_steps(look, table, name, expected)
        ),
        Grade::MissingData if needs_value(expected) => format!(
            "Restore its values from a backup: it may not be NULL and has no default. {} An empty table gets the column by \
             `plinth repair`.",
            in_steps(look, table, name, expected)
        ),
        Grade::MissingData => format!("Restore its values from a backup, or add it without them. {repair}"),
        _ => repair,
    };
    let about = About { expected: Some(expected.declared.clone()), ..about(sides, "column", name) };
    let message = format!("{table}.{name}: expected {}, found no such column.", typed(&expected.declared));
    let mut finding = Finding { corrections, ..about.finding(grade, message, why, fix) };
    alike::note(&mut finding, alike, &place, true);
    finding
}

/// The columns that are on one side alone.
fn alone(own: &BTreeMap<Name, ColumnShape>, other: &BTreeMap<Name, ColumnShape>) -> Vec<String> {
    own.keys().filter(|name| !other.contains_key(name)).map(|name| name.spelled().to_owned()).collect()
}

/// How a person adds a column to which existing rows need a value.
fn in_steps(look: &Look<'_>, table: &Name, name: &Name, expected: &ColumnShape) -> String {
    let add = Correction::AddColumn(name.clone(), ColumnShape { nullable: true, ..expected.clone() });
    match look.statements(table, &[add]) {
        Some(add) => {
            format!("Add it: {add}; give existing rows a value, then run `plinth repair`, which forbids NULL.")
        }
        None => "Add it as a column that may be NULL, give existing rows a value, then run `plinth repair`.".into(),
    }
}

/// Whether a new column leaves existing rows without a value that they must have.
pub(super) fn needs_value(column: &ColumnShape) -> bool {
    let type_parts = parts(&column.declared);
    let is_given = column.default.is_some() || type_parts.identity.is_some() || type_parts.generated.is_some();
    !column.nullable && !is_given
}

fn grade_of_missing(look: &Look<'_>, table: &Name, name: &Name, expected: &ColumnShape) -> (Grade, &'static str) {
    if parts(&expected.declared).generated.is_some() {
        return (Grade::Safe, "Its values are generated from other columns.");
    }
    if look.basis.known.had_column(table, name) {
        return (Grade::MissingData, "The column existed before: its values are gone.");
    }
    if look.basis.of_revisions {
        return (Grade::MissingData, "A revision created the column: its values since then are gone.");
    }
    if needs_value(expected) {
        return (Grade::Blocked, "Existing rows would have no value in it: it may not be NULL and has no default.");
    }
    (Grade::Safe, "The models declare the column, and no record shows that it ever existed here.")
}

fn extra(look: &Look<'_>, sides: Sides<'_>, name: &Name, found: &ColumnShape) -> Finding {
    let table = sides.name;
    let model = model_line::column(look.dialect, name, found, None);
    // An index goes with its column, also one of others.
    let all = look.all.tables.get(table).map(|table| &table.indexes);
    let indexes = all.into_iter().flatten().filter(|(_, definition)| mentions(definition, name.spelled()));
    let mut corrections: Vec<Correction> = indexes.map(|(index, _)| Correction::DropIndex(index.clone())).collect();
    corrections.push(Correction::DropColumn(name.clone()));
    let alike = alike::columns(sides, name);
    let undo = match &alone(&sides.expected.columns, &sides.found.columns)[..] {
        [] => "drop it".to_owned(),
        missing => format!("drop it, once `--rename` or `--recreate` decides about {}", listed(missing)),
    };
    let mut fix = look.declare_or(&undo, DESTRUCTIVE, (table, &corrections), model.as_deref());
    if let Some(other) = alike.first() {
        let rename = argument(&format!("{table}.{name}:{table}.{other}"));
        fix = format!("If it was renamed, run `plinth repair --rename {rename}`. {fix}");
    }
    let about = About { found: Some(found.declared.clone()), ..about(sides, "column", name) };
    let message = format!("{table}.{name}: expected no such column, found {}.", typed(&found.declared));
    let mut finding = about.finding(Grade::Destructive, message, "The content of the column would be lost.", fix);
    finding.model = model;
    finding.corrections = corrections;
    alike::note(&mut finding, alike, &format!("{table}."), false);
    finding
}

fn another_type(look: &Look<'_>, sides: Sides<'_>, name: &Name, pair: (&ColumnShape, &ColumnShape)) -> Finding {
    let ((expected, found), table, dialect) = (pair, sides.name, look.dialect);
    let quoted = crate::dialect::quote(name.spelled());
    let mut corrections = Vec::new();
    let (grade, why, fix) = match change(dialect, &found.declared, &expected.declared) {
        Change::Identity => {
            corrections = of_identity(name, (expected, found));
            let why = "No stored value changes: only the numbering of new rows.";
            (Grade::Safe, why.to_owned(), look.repair(table, &corrections))
        }
        Change::Collation => {
            corrections = of_type(sides, name, pair, None);
            let why = "No stored value changes: only how values are compared, ordered and refused.";
            (Grade::Safe, why.into(), look.repair(table, &corrections))
        }
        Change::Wider => {
            let using = using(dialect, &found.declared, &expected.declared, &quoted);
            corrections = of_type(sides, name, pair, using);
            let why = "Every value of the found type fits the expected one.";
            (Grade::Safe, why.into(), look.repair(table, &corrections))
        }
        Change::Narrower(what) => {
            let using = using(dialect, &found.declared, &expected.declared, &quoted);
            corrections = of_type(sides, name, pair, using);
            let model = line_of(look, sides, name);
            let fix = look.declare_or("convert the values", DESTRUCTIVE, (table, &corrections), model.as_deref());
            (Grade::Destructive, format!("The expected type holds less: {what} would be lost or refused."), fix)
        }
        Change::Generated => {
            let why = "Whether values are stored or generated from other columns cannot be changed in place.";
            let fix = format!(
                "Save the values if they matter and drop the column; then run `plinth repair --recreate {}`.",
                argument(&format!("{table}.{name}"))
            );
            (Grade::Blocked, why.into(), fix)
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
    Finding { model: line_of(look, sides, name), corrections, ..about.finding(grade, message, &why, fix) }
}

/// The correction that gives a column its expected identity.
fn of_identity(name: &Name, (expected, found): (&ColumnShape, &ColumnShape)) -> Vec<Correction> {
    let (is, should) = (parts(&found.declared).identity, parts(&expected.declared).identity);
    if is == should {
        return Vec::new();
    }
    match (is, should) {
        // Its sequence stays, and with it the numbers that it has given.
        (Some(was), Some(words)) => {
            vec![Correction::ChangeIdentity(name.clone(), was.to_owned(), words.to_owned())]
        }
        (_, None) => vec![Correction::SetIdentity(name.clone(), None)],
        (None, Some(words)) => {
            // An identity is refused beside a default.
            let bare = found.default.is_some().then(|| Correction::SetDefault(name.clone(), None));
            let get = Correction::SetIdentity(name.clone(), Some(words.to_owned()));
            bare.into_iter().chain([get, Correction::MoveSequence(name.clone())]).collect()
        }
    }
}

/// The correction that gives a column its expected type. The default goes first, since not every
/// default can be converted; checks and the parts of indexes that name the column are written anew,
/// since a database keeps them with casts to the old type.
fn of_type(
    sides: Sides<'_>,
    name: &Name,
    (expected, found): (&ColumnShape, &ColumnShape),
    using: Option<String>,
) -> Vec<Correction> {
    let mut corrections = of_identity(name, (expected, found));
    if found.default.is_some() || expected.default.is_some() {
        corrections.push(Correction::SetDefault(name.clone(), None));
        corrections.extend(expected.default.clone().map(|it| Correction::SetDefault(name.clone(), Some(it))));
    }
    let is_about = |definition: &String| mentions(definition, name.spelled());
    for (constraint, definition) in &sides.found.constraints {
        let is_check = definition.starts_with("CHECK") && is_about(definition);
        if is_check && sides.expected.constraints.get(constraint) == Some(definition) {
            corrections.push(Correction::DropConstraint(constraint.clone(), definition.clone()));
            corrections.push(Correction::AddConstraint(constraint.clone(), definition.clone()));
        }
    }
    for (index, definition) in &sides.found.indexes {
        if is_about(definition) && sides.expected.indexes.get(index) == Some(definition) {
            corrections.push(Correction::DropIndex(index.clone()));
            corrections.push(Correction::AddIndex(index.clone(), definition.clone()));
        }
    }
    corrections.push(Correction::SetType(name.clone(), expected.declared.clone(), using));
    corrections.sort_by_key(Correction::rank);
    corrections
}

/// The column may be NULL and should not, or the other way round.
pub(super) fn judge_nullable(look: &Look<'_>, sides: Sides<'_>, name: &Name) -> Finding {
    let word = |nullable: bool| if nullable { "NULL" } else { "NOT NULL" };
    let nullable = sides.expected.columns.get(name).is_some_and(|column| column.nullable);
    let (grade, why) = match nullable {
        true => (Grade::Destructive, "NOT NULL may have been added on purpose: the rule would be lost."),
        false => (Grade::Safe, "No value changes; while a row holds NULL, the database refuses the rule."),
    };
    let about = About {
        expected: Some(word(nullable).into()),
        found: Some(word(!nullable).into()),
        ..about(sides, "nullable", name)
    };
    let message = format!("{}.{name}: expected {}, found {}.", sides.name, word(nullable), word(!nullable));
    let corrections = vec![Correction::SetNullable(name.clone(), nullable)];
    let model = line_of(look, sides, name);
    let fix = match nullable {
        true => look.declare_or("change it back", DESTRUCTIVE, (sides.name, &corrections), model.as_deref()),
        false => {
            format!("Give rows that hold NULL a value, then forbid NULL. {}", look.repair(sides.name, &corrections))
        }
    };
    Finding { model, corrections, ..about.finding(grade, message, why, fix) }
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
    let corrections = vec![Correction::SetDefault(name.clone(), expected.clone())];
    let fix = match identity(sides.expected) && !identity(sides.found) {
        true => "Run `plinth repair`, which makes the column an identity again: the default goes first.".into(),
        false => look.repair(sides.name, &corrections),
    };
    let about = About { expected, found, ..about(sides, "default", name) };
    let finding = about.finding(Grade::Safe, message, "A default is for new rows: no stored value changes.", fix);
    Finding { model: line_of(look, sides, name), corrections, ..finding }
}

/// The line of the models that declares the column as it was found.
fn line_of(look: &Look<'_>, sides: Sides<'_>, name: &Name) -> Option<String> {
    let table = look.declared(sides.name);
    let is = |column: &&crate::schema::Column| look.dialect.naming().name(&column.name) == *name;
    let column = table.and_then(|table| table.columns.iter().find(is));
    let declared = column.zip(sides.expected.columns.get(name));
    model_line::column(look.dialect, name, sides.found.columns.get(name)?, declared)
}

/// A type in a sentence.
fn typed(declared: &str) -> &str {
    if declared.is_empty() {
        "no type"
    } else {
        declared
    }
}
