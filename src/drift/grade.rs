//! The differences between expected and live content, each graded, and the foreign objects. Pure.

use super::basis::{Basis, Live};
use super::column;
use super::constraint;
use super::finding::{Finding, Findings};
use super::follow;
use super::foreign;
use super::look::{Look, Sides};
use super::object;
use crate::dialect::shape::{compare, Difference, Object};
use crate::dialect::Dialect;

/// Compares the live content with the expected one.
pub fn findings(dialect: &dyn Dialect, basis: &Basis<'_>, live: &Live) -> Findings {
    let (found, foreign) = foreign::part(dialect, basis, live);
    let look = Look { dialect, basis, all: &live.shape, found: &found };
    let differences =
        compare(basis.expected, &found).iter().filter_map(|difference| judge(&look, difference)).collect();
    let mut findings = Findings { differences, foreign };
    add_sequences(dialect, (basis, live), &mut findings);
    findings
}

/// Adds the sequences that are behind their columns, each to the differences of its table.
pub(super) fn add_sequences(dialect: &dyn Dialect, (basis, live): (&Basis<'_>, &Live), findings: &mut Findings) {
    let look = Look { dialect, basis, all: &live.shape, found: &live.shape };
    findings.differences.extend(live.behind.iter().map(|behind| object::judge_sequence(&look, behind)));
    findings.differences.sort_by_key(|finding| dialect.naming().name(&finding.table));
}

fn judge(look: &Look<'_>, difference: &Difference) -> Option<Finding> {
    let name = &difference.table;
    let (expected, found) = (look.basis.expected.tables.get(name), look.found.tables.get(name));
    let (Some(expected), Some(found)) = (expected, found) else { return Some(object::judge_table(look, name)) };
    let sides = Sides { name, expected, found };
    let mut finding = match &difference.object {
        Object::Table => object::judge_table(look, name),
        Object::Column(column) => column::judge(look, sides, column),
        Object::Nullable(column) => column::judge_nullable(look, sides, column),
        Object::Default(column) => column::judge_default(look, sides, column),
        Object::Constraint(constraint) => constraint::judge(look, sides, constraint)?,
        Object::Index(index) => object::judge_index(look, sides, index),
        Object::Options => object::judge_options(look, sides),
        Object::TableComment => object::judge_comment(look, sides, None),
        Object::ColumnComment(column) => object::judge_comment(look, sides, Some(column)),
    };
    follow::note(look, sides, &mut finding);
    Some(finding)
}
