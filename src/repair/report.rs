//! The report of a repair, as JavaScript sees it.

use super::plan::Plan;
use super::steps::Step;
use crate::dialect::DialectName;
use crate::drift::expected::Against;
use crate::drift::report::grades;
use crate::drift::{Finding, Grades};
use crate::kept::Kept;
use serde::Serialize;

/// How a repair ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// There was nothing that it may do.
    Nothing,
    /// It was planned, and nothing was changed.
    Planned,
    /// It was done.
    Repaired,
}

/// The corrections that a repair made, or would make. URL and the time it took are added by the
/// caller.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RepairReport {
    /// `sqlite` or `postgres`.
    pub dialect: DialectName,
    /// The side that the database was compared with.
    pub against: Against,
    /// How it ended.
    pub outcome: Outcome,
    /// The statements, in order.
    pub steps: Vec<Step>,
    /// The differences that it ended.
    pub repaired: Vec<Finding>,
    /// The differences that are left.
    pub remaining: Vec<Finding>,
    /// What was kept of the values that it destroyed.
    pub kept: Vec<Kept>,
    /// How many of those that are left have which grade.
    pub grades: Grades,
}

impl RepairReport {
    /// The report of a plan; `done`: whether it was carried out.
    pub fn of(dialect: DialectName, against: Against, plan: Plan, done: bool) -> Self {
        let outcome = match (plan.steps.is_empty(), done) {
            (true, _) => Outcome::Nothing,
            (false, true) => Outcome::Repaired,
            (false, false) => Outcome::Planned,
        };
        let grades = grades(&plan.remains);
        let Plan { steps, solved, remains, .. } = plan;
        RepairReport {
            dialect,
            against,
            outcome,
            steps,
            repaired: solved,
            remaining: remains,
            kept: Vec::new(),
            grades,
        }
    }
}
