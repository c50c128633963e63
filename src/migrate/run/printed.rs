//! The SQL that an upgrade or a downgrade would run, for those who run it by hand. Changes nothing.

use super::adopt::{not_by_script, to_adopt};
use super::entry::entry_of;
use crate::dialect::Dialect;
use crate::error::Result;
use crate::migrate::disk::graph::Graph;
use crate::migrate::disk::record::{Direction, Revision};
use crate::migrate::disk::split;
use crate::migrate::log::harness;
use crate::migrate::log::history;
use crate::migrate::log::recorded::Recorded;
use crate::migrate::log::shapes;
use crate::migrate::report::verbs::{DowngradeReport, UpgradeReport};
use crate::migrate::steps::destination;
use crate::migrate::steps::step::State;

/// The SQL of an upgrade of a database with these ordinary tables.
pub fn upgrade(
    dialect: &dyn Dialect,
    graph: &Graph<'_>,
    (recorded, tables): (Recorded, Vec<String>),
    to: &str,
    by: &str,
) -> Result<UpgradeReport> {
    recorded.check(dialect, graph)?;
    let goals = destination::upgrade(graph, &recorded.applied, to)?;
    if recorded.applied.is_empty() {
        if let Some(head) = to_adopt(dialect, graph, &goals, &tables)? {
            return Err(not_by_script(&tables, &head, dialect.naming()));
        }
    }
    let sql = Printer { dialect, graph, recorded: &recorded, by }.print(&goals, Direction::Up)?;
    Ok(UpgradeReport {
        dialect: dialect.name(),
        current: recorded.current(),
        already_applied: recorded.applied.len(),
        from: recorded.applied.into_iter().collect(),
        sql: Some(sql),
        ..UpgradeReport::default()
    })
}

/// The SQL of a downgrade.
pub fn downgrade(
    dialect: &dyn Dialect,
    graph: &Graph<'_>,
    recorded: &Recorded,
    to: &str,
    by: &str,
) -> Result<DowngradeReport> {
    recorded.check_finished()?;
    let goals = destination::downgrade(graph, &recorded.in_order(), to)?;
    let sql = Printer { dialect, graph, recorded, by }.print(&goals, Direction::Down)?;
    let (dialect, current) = (dialect.name(), recorded.current());
    Ok(DowngradeReport { dialect, reverted: Vec::new(), current, sql: Some(sql) })
}

/// The parts that a script is printed from.
struct Printer<'a> {
    dialect: &'a dyn Dialect,
    graph: &'a Graph<'a>,
    recorded: &'a Recorded,
    /// The user that the log names.
    by: &'a str,
}

impl Printer<'_> {
    /// A script that does what the runner would: each revision in its transaction, recorded there.
    fn print(&self, goals: &[&Revision], direction: Direction) -> Result<String> {
        let Printer { dialect, graph, recorded, by } = *self;
        if goals.is_empty() {
            return Ok(String::new());
        }
        let around = dialect.by_hand();
        let mut state = State::new(graph, recorded.applied.clone())?;
        let tables = format!("{};\n{};\n{};", harness::script(), history::script(dialect), shapes::script(dialect));
        let mut parts = vec![around.first.to_owned(), tables];
        for revision in goals {
            let step = state.step(dialect, revision, direction)?;
            if step.rendered {
                parts.push(format!("-- {}, made anew since others came before it", revision.id()));
            }
            let entry = entry_of(dialect, by, revision, direction);
            let note = format!(
                "{};\n{};",
                harness::line(&revision.version, direction == Direction::Up),
                history::line(dialect, &entry)
            );
            let sql = step.sql.trim_end();
            parts.push(match split::no_transaction(sql) {
                true => format!("{sql}\n\n{note}"),
                false => format!("{}\n\n{sql}\n\n{note}\n{}", around.begin, around.end),
            });
            state.take(revision, direction, step.to);
        }
        parts.push(around.last.to_owned());
        parts.retain(|part| !part.is_empty());
        Ok(parts.join("\n\n") + "\n")
    }
}
