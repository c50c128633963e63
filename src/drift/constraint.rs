//! Judges differences of constraints, the primary key among them. Pure.

use super::alike;
use super::definition::{kind, valid_constraint};
use super::finding::{Finding, Grade};
use super::look::{sentence, About, Look, Sides, REPLACED};
use super::model_line;
use crate::dialect::correction::Correction;
use crate::dialect::shape::{ConstraintName, TableShape};

/// A grade, why, and what to do.
type Judgement = (Grade, &'static str, String);

/// A constraint is missing, should not be there, or says something else. None if it is a primary key that stands in the
/// place of the expected one: one finding tells of both.
pub(super) fn judge(look: &Look<'_>, sides: Sides<'_>, name: &ConstraintName) -> Option<Finding> {
    let (expected, mut found) = (sides.expected.constraints.get(name), sides.found.constraints.get(name));
    let object = kind(expected.or(found).map(String::as_str).unwrap_or_default());
    let mut alike = alike::constraints(sides, name);
    let (grade, why, fix, model);
    if object == "primary key" {
        if expected.is_none() && key_of(sides.expected).is_some() {
            return None;
        }
        let other = key_of(sides.found);
        found = found.or(other.map(|(_, definition)| definition));
        (grade, why, fix) = of_primary_key(look, sides, name, other.filter(|(_, it)| Some(*it) == expected));
        model = None;
        alike.retain(|_| grade == Grade::Safe);
    } else if let Some(expected) = expected {
        (grade, why, fix) = of_expected(look, sides, name, (expected, found), alike.first());
        model = None;
    } else {
        model = found.and_then(|found| model_line::constraint(look.dialect, sides.name, name.named(), found));
        let drop = by_name(look, sides, name, &|name| look.correct(sides.name, &Correction::DropConstraint(name)));
        let words = "Somebody may have added the constraint on purpose: the rule would be lost.";
        (grade, why, fix) = (Grade::Destructive, words, look.declare_or("take it away", &drop, model.as_deref()));
    }
    let text = name.named().map(|name| name.spelled().to_owned());
    let subject = text.as_ref().map_or(object.to_owned(), |name| format!("{object} {name}"));
    let message = sentence(&format!("{}: {subject}", sides.name), expected, found);
    let (expected, found) = (expected.cloned(), found.cloned());
    let is_expected = expected.is_some();
    let about = About { table: sides.name, object, name: text, expected, found };
    let mut finding = about.finding(grade, message, why, fix);
    finding.model = model;
    alike::note(&mut finding, alike, "", is_expected);
    Some(finding)
}

/// What to do with a constraint by its name. One without a name is changed only with its table.
fn by_name(look: &Look<'_>, sides: Sides<'_>, name: &ConstraintName, fix: &dyn Fn(&str) -> String) -> String {
    name.named().map_or_else(|| look.make_anew(sides.name), |name| fix(name.spelled()))
}

fn key_of(table: &TableShape) -> Option<(&ConstraintName, &String)> {
    table.constraints.iter().find(|(_, definition)| kind(definition) == "primary key")
}

/// `same`: the key that was found, if only its name differs.
fn of_primary_key(
    look: &Look<'_>,
    sides: Sides<'_>,
    name: &ConstraintName,
    same: Option<(&ConstraintName, &String)>,
) -> Judgement {
    if let (Some((other, _)), Some(to)) = (same, name.named()) {
        let fix = look.correct(sides.name, &Correction::RenameConstraint(&other.to_string(), to.spelled()));
        return (Grade::Safe, "Only the name of the primary key differs.", format!("Rename it back. {fix}"));
    }
    let why = "Rows are told by their primary key, and foreign keys of other tables refer to it.";
    let fix = "Decide which key is right: change the models, or make the key anew by hand, with the foreign keys that \
               refer to it.";
    (Grade::Blocked, why, fix.into())
}

/// A constraint that should be there: missing, under another name, not validated, or with another definition.
fn of_expected(
    look: &Look<'_>,
    sides: Sides<'_>,
    name: &ConstraintName,
    (expected, found): (&String, Option<&String>),
    alike: Option<&String>,
) -> Judgement {
    let fix = |fix: &dyn Fn(&str) -> String| by_name(look, sides, name, fix);
    let missing = "No row changes; while an existing row breaks the rule, the database refuses it.";
    match (found, alike) {
        (None, Some(other)) => {
            let rename = fix(&|name| look.correct(sides.name, &Correction::RenameConstraint(other, name)));
            (Grade::Safe, "The same rule is there under another name.", format!("Rename it back. {rename}"))
        }
        (None, None) => {
            let add = fix(&|name| look.correct(sides.name, &Correction::AddConstraint(name, expected)));
            (Grade::Safe, missing, add)
        }
        (Some(found), _) if valid_constraint(found) == (expected.as_str(), true) => {
            let why = "No row changes; while an existing row breaks the rule, the database refuses to validate it.";
            (Grade::Safe, why, fix(&|name| look.correct(sides.name, &Correction::ValidateConstraint(name))))
        }
        (Some(_), _) => {
            let replace = |name: &str| {
                let corrections = [Correction::DropConstraint(name), Correction::AddConstraint(name, expected)];
                look.correct_all(sides.name, &corrections)
            };
            (Grade::Safe, REPLACED, fix(&replace))
        }
    }
}
