//! The losses of a repair are reported, and kept before, in its own transaction, as a revision
//! keeps them.

use super::run::Asked;
use crate::dialect::correction::Correction;
use crate::dialect::Dialect;
use crate::drift::{Finding, Grade};
use crate::error::Result;
use crate::kept::loss::Lost;
use crate::kept::{self, left, Effect, Keeping, Kept, Loss};
use crate::statement::Execute;
use std::collections::BTreeMap;

/// The losses of a repair, and the part of them that is kept.
pub(super) struct Losses {
    effect: Effect,
    /// What was kept.
    pub kept: Vec<Kept>,
}

impl Losses {
    /// Before the first statement: keeps the values that go with these differences, if anything is to be kept.
    pub fn keep(
        dialect: &dyn Dialect,
        connection: &mut dyn Execute,
        solved: &[Finding],
        asked: &Asked<'_>,
    ) -> Result<Self> {
        let mut losses = Losses { effect: effect_of(solved), kept: Vec::new() };
        if !losses.effect.altered.is_empty() {
            left::before(dialect, connection, &losses.effect)?;
        }
        if let Some(limits) = asked.keep {
            let keeping = Keeping { by: asked.by, why: "repair", limits };
            losses.kept = kept::keep(dialect, connection, &losses.effect.losses, &keeping)?;
        }
        Ok(losses)
    }

    /// After the last statement: notes the present content of narrowed columns, so that kept values
    /// come back only if they have not been changed since.
    pub fn note(&self, dialect: &dyn Dialect, connection: &mut dyn Execute) -> Result<()> {
        if self.effect.altered.is_empty() {
            return Ok(());
        }
        let numbers: Vec<i64> = self.kept.iter().map(|kept| kept.number).collect();
        left::after(dialect, connection, &self.effect, &numbers)
    }
}

/// The columns that go, and those whose values say less afterwards.
fn effect_of(solved: &[Finding]) -> Effect {
    let mut tables: BTreeMap<&str, Vec<(String, Lost)>> = BTreeMap::new();
    let mut effect = Effect::default();
    for finding in solved.iter().filter(|finding| finding.grade == Grade::Destructive) {
        for correction in &finding.corrections {
            let (name, lost) = match correction {
                Correction::DropColumn(name) => (name, Lost::Dropped),
                Correction::SetType(name, ..) => (name, Lost::Changed),
                _ => continue,
            };
            tables.entry(&finding.table).or_default().push((name.spelled().to_owned(), lost));
            if lost == Lost::Changed {
                let place = (finding.table.clone(), name.spelled().to_owned());
                effect.altered.push((place.clone(), place));
            }
        }
    }
    effect.losses =
        tables.into_iter().map(|(table, columns)| Loss { columns, ..Loss::of_table(None, table.to_owned()) }).collect();
    effect
}

/// The loss at the end of a difference, in words for the person that decides.
pub(super) fn told(finding: &Finding) -> String {
    let Finding { object, table, expected, found, .. } = finding;
    let place = finding.name.as_ref().map_or(table.clone(), |name| format!("{table}.{name}"));
    match (*object, expected, found) {
        ("column", None, _) => format!("drops the column {place} with all its values"),
        (_, None, _) => format!("drops the {object} {place}"),
        ("column", Some(expected), Some(found)) => format!("makes the column {place} {expected} instead of {found}"),
        ("nullable", ..) => format!("drops NOT NULL of {place}"),
        _ => format!("changes the {object} {place}"),
    }
}
