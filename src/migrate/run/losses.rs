//! What the operations of a revision destroy is kept before they do.

use super::running::Script;
use crate::dialect::Dialect;
use crate::error::Result;
use crate::kept::{self, Keeping, Kept, Limits};
use crate::migrate::disk::record::Direction;
use crate::statement::Execute;

/// Keeps what a step destroys, in this name, within the transaction that destroys it.
pub(super) fn keep_losses(
    dialect: &dyn Dialect,
    connection: &mut dyn Execute,
    script: &Script<'_>,
    keep: Option<(Limits, &str)>,
) -> Result<Vec<Kept>> {
    let Some((limits, by)) = keep else { return Ok(Vec::new()) };
    let Script { revision, direction, step, .. } = *script;
    let verb = if direction == Direction::Up { "upgrade" } else { "downgrade" };
    let why = format!("{verb} {}", revision.id());
    let losses = kept::losses(dialect, &step.from, &step.operations);
    kept::keep(dialect, connection, &losses, &Keeping { by, why: &why, limits })
}
