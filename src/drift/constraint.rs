//! Judges differences of constraints, the primary key among them. Pure.

use super::alike;
use super::definition::{key_columns, kind, valid_constraint};
use super::finding::{Finding, Grade};
use super::look::{sentence, About, Look, Sides, DESTRUCTIVE, REPLACED};
use super::model_line;
use crate::dialect::correction::Correction;
use crate::dialect::shape::{ConstraintName, TableShape};

/// A grade, why, what to do, and what does it.
type Judgement = (Grade, &'static str, String, Vec<Correction>);

/// A constraint is missing, should not exist, or says something else. None if it is a primary key that stands in the
/// place of the expected one: one finding tells of both.
pub(super) fn judge(look: &Look<'_>, sides: Sides<'_>, name: &ConstraintName) -> Option<Finding> {
    let (expected, mut found) = (sides.expected.constraints.get(name), sides.found.constraints.get(name));
    let object = kind(expected.or(found).map(String::as_str).unwrap_or_default());
    let mut alike = alike::constraints(sides, name);
    let (grade, why, fix, corrections, mut model) = if object == "primary key" {
        if expected.is_none() && key_of(sides.expected).is_some() {
            return None;
        }
        let other = key_of(sides.found);
        found = found.or(other.map(|(_, definition)| definition));
        let same = other.filter(|(_, it)| Some(*it) == expected);
        let (grade, why, fix, corrections) = of_primary_key(look, sides, (name, expected), other, same);
        alike.retain(|_| grade == Grade::Safe);
        (grade, why, fix, corrections, None)
    } else if let Some(expected) = expected {
        let (grade, why, fix, corrections) = of_expected(look, sides, name, (expected, found), alike.first());
        (grade, why, fix, corrections, None)
    } else {
        let model = found.and_then(|found| model_line::constraint(look.dialect, sides.name, name.named(), found));
        let drop: Vec<Correction> =
            found.iter().map(|found| Correction::DropConstraint(name.clone(), (*found).clone())).collect();
        let why = "The constraint may have been added on purpose: the rule would be lost.";
        let fix = look.declare_or("drop it", DESTRUCTIVE, (sides.name, &drop), model.as_deref());
        (Grade::Destructive, why, fix, drop, model)
    };
    let text = name.named().map(|name| name.spelled().to_owned());
    let subject = text.as_ref().map_or(object.to_owned(), |name| format!("{object} {name}"));
    let message = sentence(&format!("{}: {subject}", sides.name), expected, found);
    let (expected, found) = (expected.cloned(), found.cloned());
    let is_expected = expected.is_some();
    let about = About { table: sides.name, object, name: text, expected, found };
    let mut finding = about.finding(grade, message, why, fix);
    finding.model = model.take();
    finding.corrections = corrections;
    alike::note(&mut finding, alike.into_iter().map(ConstraintName::to_string).collect(), "", is_expected);
    Some(finding)
}

fn key_of(table: &TableShape) -> Option<(&ConstraintName, &String)> {
    table.constraints.iter().find(|(_, definition)| kind(definition) == "primary key")
}

/// `other`: the key that was found. `same`: the same if only its name differs.
fn of_primary_key(
    look: &Look<'_>,
    sides: Sides<'_>,
    (name, expected): (&ConstraintName, Option<&String>),
    other: Option<(&ConstraintName, &String)>,
    same: Option<(&ConstraintName, &String)>,
) -> Judgement {
    if let Some((other, _)) = same {
        let rename = vec![Correction::RenameConstraint(other.clone(), name.clone())];
        let fix = format!("Rename it back. {}", look.repair(sides.name, &rename));
        return (Grade::Safe, "Only the name of the primary key differs.", fix, rename);
    }
    if let (Some(expected), None) = (expected, other) {
        let add = vec![Correction::AddConstraint(name.clone(), expected.clone())];
        return (Grade::Safe, MISSING, look.repair(sides.name, &add), add);
    }
    // The same columns: rows keep their identity, and an object that refers to the key does not
    // notice that the table was made anew.
    if let (Some(expected), Some((of, found))) = (expected, other.filter(|_| look.dialect.makes_anew())) {
        if key_columns(expected).is_some() && key_columns(expected) == key_columns(found) {
            let drop = Correction::DropConstraint(of.clone(), found.clone());
            let replace = vec![drop, Correction::AddConstraint(name.clone(), expected.clone())];
            return (Grade::Safe, REPLACED, look.repair(sides.name, &replace), replace);
        }
    }
    let why = "Rows are identified by their primary key, and foreign keys of other tables refer to it.";
    let fix = "Decide which key is right: change the models, or make the key anew by hand, with the foreign keys that \
               refer to it.";
    (Grade::Blocked, why, fix.into(), Vec::new())
}

const MISSING: &str = "No row changes; while an existing row breaks the rule, the database refuses it.";

/// A constraint that should be there: missing, under another name, not validated, or with another definition.
fn of_expected(
    look: &Look<'_>,
    sides: Sides<'_>,
    name: &ConstraintName,
    (expected, found): (&String, Option<&String>),
    alike: Option<&&ConstraintName>,
) -> Judgement {
    let add = || Correction::AddConstraint(name.clone(), expected.clone());
    let (why, first, corrections) = match (found, alike) {
        (None, Some(other)) => {
            let rename = Correction::RenameConstraint((*other).clone(), name.clone());
            ("The same rule exists under another name.", "Rename it back. ", vec![rename])
        }
        (None, None) => (MISSING, "", vec![add()]),
        (Some(found), _) if valid_constraint(found) == (expected.as_str(), true) => {
            let why = "No row changes; while an existing row breaks the rule, the database refuses to validate it.";
            (why, "", vec![Correction::ValidateConstraint(name.clone(), expected.clone())])
        }
        (Some(found), _) => (REPLACED, "", vec![Correction::DropConstraint(name.clone(), found.clone()), add()]),
    };
    (Grade::Safe, why, format!("{first}{}", look.repair(sides.name, &corrections)), corrections)
}
