//! The SQL that an upgrade or a downgrade would run, for those who run it by hand. Changes nothing.

use super::graph::Graph;
use super::plan::State;
use super::record::{Direction, Revision};
use super::recorded::Recorded;
use super::report::{DowngradeReport, UpgradeReport};
use super::target;
use crate::dialect::Dialect;
use crate::error::Result;

/// The SQL of an upgrade.
pub fn upgrade(dialect: &dyn Dialect, graph: &Graph<'_>, recorded: Recorded, to: &str) -> Result<UpgradeReport> {
    recorded.check(dialect, graph)?;
    let goals = target::upgrade(graph, &recorded.applied, to)?;
    let sql = text(dialect, graph, &recorded, &goals, Direction::Up)?;
    Ok(UpgradeReport {
        dialect: dialect.name().into(),
        current: recorded.current(),
        already_applied: recorded.applied.len(),
        from: recorded.applied.into_iter().collect(),
        applied: Vec::new(),
        sql: Some(sql),
    })
}

/// The SQL of a downgrade.
pub fn downgrade(dialect: &dyn Dialect, graph: &Graph<'_>, recorded: &Recorded, to: &str) -> Result<DowngradeReport> {
    let goals = target::downgrade(graph, &recorded.in_order(), to)?;
    let sql = text(dialect, graph, recorded, &goals, Direction::Down)?;
    let (dialect, current) = (dialect.name().into(), recorded.current());
    Ok(DowngradeReport { dialect, reverted: Vec::new(), current, sql: Some(sql) })
}

fn text(
    dialect: &dyn Dialect,
    graph: &Graph<'_>,
    recorded: &Recorded,
    goals: &[&Revision],
    direction: Direction,
) -> Result<String> {
    let mut state = State::new(graph, recorded.applied.clone())?;
    let mut text = String::new();
    for revision in goals {
        let step = state.step(dialect, revision, direction)?;
        if !text.is_empty() {
            text.push('\n');
        }
        if step.rendered {
            text.push_str(&format!("-- {}, made anew since others came before it\n", revision.id()));
        }
        text.push_str(step.sql.trim_end());
        text.push('\n');
        state.take(revision, direction, step.to);
    }
    Ok(text)
}
