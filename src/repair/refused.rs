//! Corrections that the database refuses, since something that others made depends on the changed
//! objects: each is reported as blocked, and all others are done. And errors of a whole repair.

use super::plan::{key, Plan};
use super::steps::{is_remade, Orders, Step, Work};
use crate::dialect::Dialect;
use crate::drift::{Basis, Finding, Grade, Live};
use crate::error::{Code, Error};

/// A difference that the database refused to end.
#[derive(Clone, Debug)]
pub struct Refusal {
    finding: Finding,
    reason: String,
}

/// All of them.
#[derive(Clone, Debug, Default)]
pub struct Refusals(Vec<Refusal>);

impl Refusal {
    /// Says of the difference that it is blocked, and by what.
    pub fn note(&self, finding: &mut Finding) {
        let why = format!("{} An object that others created depends on it.", self.reason);
        blocked(finding, &why, "what depends on it");
    }
}

/// Says of a difference that it is blocked by something that others made.
pub fn blocked(finding: &mut Finding, why: &str, what: &str) {
    finding.grade = Grade::Blocked;
    finding.why = why.to_owned();
    finding.fix = format!("{} Before that, drop or change {what}.", finding.fix);
}

impl Refusals {
    /// What was refused of a difference.
    pub fn of(&self, finding: &Finding) -> Option<&Refusal> {
        self.0.iter().find(|it| key(&it.finding) == key(finding))
    }

    /// Adds more.
    pub fn extend(&mut self, more: Refusals) {
        self.0.extend(more.0);
    }
}

/// The differences for which a plan runs this step, which failed. None if the reason is nothing that concerns the step alone.
pub fn refused(
    dialect: &dyn Dialect,
    (basis, live): (&Basis<'_>, &Live),
    (plan, orders): (&Plan, &Orders),
    step: &Step,
    error: &Error,
) -> Option<Refusals> {
    if error.code != Code::SqlFailed {
        return None;
    }
    let table = dialect.naming().name(&step.table);
    let of_table: Vec<&Finding> =
        plan.solved.iter().filter(|finding| dialect.naming().name(&finding.table) == table).collect();
    let runs = |finding: &&&Finding| Work::of(dialect, basis, &[**finding]).steps(dialect, live, orders).contains(step);
    let mut findings: Vec<&Finding> = of_table.iter().filter(runs).copied().collect();
    if findings.is_empty() {
        // The table is made anew at once for all that differs.
        findings = of_table.into_iter().filter(|it| is_remade(dialect, &table, &it.corrections)).collect();
    }
    let refusal = |finding: &Finding| Refusal { finding: finding.clone(), reason: error.message.clone() };
    let refusals: Vec<Refusal> = findings.into_iter().map(refusal).collect();
    (!refusals.is_empty()).then_some(Refusals(refusals))
}

/// Whether the reason can be what others changed after it was looked at.
pub(super) fn is_of_others(error: &Error) -> bool {
    use Code::{CheckViolation, Deadlock, Drifted, ForeignKeyViolation, NotNullViolation, UniqueViolation};
    matches!(error.code, UniqueViolation | NotNullViolation | CheckViolation | ForeignKeyViolation | Drifted | Deadlock)
}

/// An error as a repair reports it.
pub(super) fn in_words(error: Error) -> Error {
    match error.code {
        Code::SqlFailed | Code::SqlRefused | Code::Internal | Code::ValueInvalid => {
            let hint =
                "`plinth repair --plan` prints the statements. Change the objects that block them, then run it again.";
            let hint = error.hint.clone().unwrap_or_else(|| hint.into());
            error.recoded(Code::Drifted).in_context("The repair failed, and nothing was changed:").hint(hint)
        }
        _ => error,
    }
}
