//! The second part of a plan: rules about columns and tables that come again, for which rows are read
//! once these exist. Pure.

use super::decisions::Decisions;
use super::plan::{key, plan, with_rows, Plan, Wish};
use super::steps::Orders;
use crate::dialect::name::Name;
use crate::dialect::Dialect;
use crate::drift::{findings, Basis, Findings};

/// The plan with all that follows, as far as rows allow it. `seen`: the differences that the first steps were made for.
pub fn whole(
    dialect: &dyn Dialect,
    basis: &Basis<'_>,
    (first, seen): (Plan, &Findings),
    wish: Wish<'_>,
    orders: &Orders,
) -> Plan {
    let nothing = Decisions::default();
    let wish = Wish { decisions: &nothing, ..wish };
    let (mut whole, mut orders) = (first, orders.clone());
    loop {
        // New columns are behind the others.
        for (table, columns) in &mut orders {
            let there = whole.after.shape.tables.get(table).into_iter().flat_map(|table| table.columns.keys());
            let new: Vec<Name> = there.filter(|name| !columns.contains(name)).cloned().collect();
            columns.extend(new);
        }
        let left = with_rows(findings(dialect, basis, &whole.after).differences, &seen.differences);
        let of_rows = seen.differences.iter().filter(|it| matches!(it.object, "rows" | "damage")).cloned();
        let left = Findings { differences: left.into_iter().chain(of_rows).collect(), foreign: Vec::new() };
        let next = plan(dialect, (basis, &whole.after), &left, wish, &orders);
        if next.steps.is_empty() {
            return whole;
        }
        whole.solved.extend(next.solved.into_iter().map(|mut finding| {
            finding.why.push_str(
                " Rows are read for it once the objects that it names are there: if they break it, it is left.",
            );
            finding
        }));
        whole.steps.extend(next.steps);
        whole.tables.extend(next.tables);
        (whole.remains, whole.after) = (next.remains, next.after);
        whole.solved.retain(|it| !whole.remains.iter().any(|left| key(left) == key(it)));
    }
}
