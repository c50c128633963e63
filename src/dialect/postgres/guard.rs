//! The transaction of one revision on PostgreSQL.

use super::transaction::{shared, ALL_ROWS, SAME};
use crate::dialect::{ByHand, Work};
use crate::error::Result;
use crate::statement::Execute;

/// See `Dialect::revision_transaction`. PostgreSQL changes its tables in place: nothing that hangs on one is lost, and its
/// foreign keys are on guard all the time. The runner's own session holds the lock against other runners.
pub(super) fn transaction(connection: &mut dyn Execute, _tables: &[String], work: Work<'_>) -> Result<()> {
    shared(connection, work)
}

/// See `Dialect::by_hand`.
pub(super) fn by_hand() -> ByHand {
    ByHand { first: "", begin: format!("BEGIN;\n{SAME} {ALL_ROWS}"), end: "COMMIT;", last: "", now: "now()" }
}
