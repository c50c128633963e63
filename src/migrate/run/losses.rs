//! The rows that the operations of a revision destroy are kept before, and the content that they
//! leave in its place is noted.

use super::running::Script;
use crate::dialect::Dialect;
use crate::error::Result;
use crate::kept::{self, left, Effect, Keeping, Kept, Limits};
use crate::migrate::disk::record::Direction;
use crate::statement::Execute;

/// The effect of a step on rows that are kept, or are to be.
pub(super) struct Losses<'a> {
    dialect: &'a dyn Dialect,
    effect: Effect,
    /// What was kept.
    pub kept: Vec<Kept>,
}

impl<'a> Losses<'a> {
    /// Before the first statement of a step, within its transaction: keeps the rows that it
    /// destroys, if any are to be kept; the limits come with the user that asks.
    pub fn keep(
        dialect: &'a dyn Dialect,
        connection: &mut dyn Execute,
        script: &Script<'_>,
        keep: Option<(Limits, &str)>,
    ) -> Result<Self> {
        let Script { revision, direction, step, .. } = *script;
        let effect = Effect::of(dialect.naming(), &step.from, &step.operations);
        let mut losses = Losses { dialect, effect, kept: Vec::new() };
        if !losses.effect.altered.is_empty() {
            left::before(dialect, connection, &losses.effect)?;
        }
        if let Some((limits, by)) = keep {
            let verb = if direction == Direction::Up { "upgrade" } else { "downgrade" };
            let why = format!("{verb} {}", revision.id());
            let keeping = Keeping { by, why: &why, limits };
            losses.kept = kept::keep(dialect, connection, &losses.effect.losses, &keeping)?;
        }
        Ok(losses)
    }

    /// After the last statement.
    pub fn note(&self, connection: &mut dyn Execute) -> Result<()> {
        let Effect { added, altered, .. } = &self.effect;
        if added.is_empty() && altered.is_empty() && self.kept.is_empty() {
            return Ok(());
        }
        let numbers: Vec<i64> = self.kept.iter().map(|kept| kept.number).collect();
        left::after(self.dialect, connection, &self.effect, &numbers)
    }
}
