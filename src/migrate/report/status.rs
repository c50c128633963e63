//! The state of a database: which revisions it has, which are pending, what is wrong. Changes
//! nothing.

use super::verbs::{HalfDone, HistoryReport, Known, Logged, Pending, StatusReport};
use crate::dialect::Dialect;
use crate::error::Error;
use crate::migrate::disk::graph::Graph;
use crate::migrate::disk::online;
use crate::migrate::disk::record::{online_file_name, Direction};
use crate::migrate::log::begun::{check_script, check_whole};
use crate::migrate::log::history::{self, Entry};
use crate::migrate::log::recorded::Recorded;
use crate::migrate::log::repairs::Repair;
use crate::migrate::log::unfinished::{Unfinished, TABLE};
use crate::migrate::steps::step::State;
use std::collections::BTreeSet;

/// Head against current.
pub fn status(dialect: &dyn Dialect, graph: &Graph<'_>, recorded: &Recorded) -> StatusReport {
    let last = recorded.applied.last();
    let pending = graph.revisions().iter().filter(|revision| !recorded.applied.contains(&revision.version));
    let pending = pending.map(|revision| Pending {
        version: revision.version.clone(),
        name: revision.name.clone(),
        out_of_order: last.is_some_and(|last| revision.version < *last),
    });
    StatusReport {
        current: recorded.current(),
        head: graph.head().map(|revision| revision.version.clone()),
        pending: pending.collect(),
        applied: recorded.applied.len(),
        unfinished: half_done(graph, recorded),
        problems: problems(dialect, graph, recorded),
    }
}

/// How far the half-done revision is.
fn half_done(graph: &Graph<'_>, recorded: &Recorded) -> Option<HalfDone> {
    let unfinished = recorded.unfinished.as_ref()?;
    let steps = script_of(graph, unfinished).and_then(|text| online::read(text, TABLE).ok()).map(|steps| steps.len());
    let Unfinished { revision, direction, step, .. } = unfinished.clone();
    Some(HalfDone { version: revision, direction, step, steps })
}

/// The script that began; `None` if the folder does not have it, or not as it was.
fn script_of<'a>(graph: &Graph<'a>, unfinished: &Unfinished) -> Option<&'a String> {
    let revision = graph.get(&unfinished.revision)?;
    check_script(revision, unfinished).ok()?;
    revision.files.get(&online_file_name(unfinished.way()))
}

/// Why this release cannot go on with the half-done revision.
fn lost(graph: &Graph<'_>, recorded: &Recorded) -> Option<Error> {
    let unfinished = recorded.unfinished.as_ref()?;
    match graph.get(&unfinished.revision) {
        None => Some(unfinished.error()),
        Some(revision) => check_script(revision, unfinished).and_then(|()| check_whole(revision, unfinished)).err(),
    }
}

/// The problems that would keep an upgrade to head from being carried out.
fn problems(dialect: &dyn Dialect, graph: &Graph<'_>, recorded: &Recorded) -> Vec<Error> {
    let mut problems: Vec<Error> = lost(graph, recorded).into_iter().collect();
    problems.extend(graph.check_applied(&recorded.applied).err());
    problems.extend(recorded.edited(dialect, graph));
    let known = recorded.applied.iter().filter(|version| graph.get(version).is_some()).cloned();
    problems.extend(planned(dialect, graph, known.collect()).err());
    problems
}

/// Walks the way to head.
fn planned(dialect: &dyn Dialect, graph: &Graph<'_>, applied: BTreeSet<String>) -> Result<(), Error> {
    let mut state = State::new(graph, applied)?;
    for revision in graph.revisions() {
        if !state.applied().contains(&revision.version) {
            let step = state.step(dialect, revision, Direction::Up)?;
            state.take(revision, Direction::Up, step.to);
        }
    }
    Ok(())
}

/// All revisions, and what was done to this database.
pub fn history(dialect: &dyn Dialect, graph: &Graph<'_>, recorded: Recorded, repairs: Vec<Repair>) -> HistoryReport {
    let mut revisions: Vec<Known> = Vec::new();
    let last = recorded.applied.last();
    for revision in graph.revisions() {
        let applied = recorded.applied.contains(&revision.version);
        revisions.push(Known {
            name: revision.name.clone(),
            after: revision.after.clone(),
            edited: recorded.is_edited(dialect, revision),
            out_of_order: !applied && last.is_some_and(|last| revision.version < *last),
            unfinished: half_done(graph, &recorded).filter(|half| half.version == revision.version),
            ..known(&recorded, &revision.version, applied)
        });
    }
    for version in recorded.applied.iter().filter(|version| graph.get(version).is_none()) {
        let entry = recorded.log.iter().rfind(|entry| entry.version == *version);
        let name = entry.map(|entry| entry.name.clone()).unwrap_or_default();
        revisions.push(Known { name, missing: true, ..known(&recorded, version, true) });
    }
    revisions.sort_by(|one, other| one.version.cmp(&other.version));
    HistoryReport { revisions, log: merged(recorded.log, repairs) }
}

/// Both logs as one: each in its own order, whatever the clocks of different machines say.
fn merged(entries: Vec<Entry>, repairs: Vec<Repair>) -> Vec<Logged> {
    let (mut log, mut repairs) = (Vec::new(), repairs.into_iter().peekable());
    let logged = |repair: Repair| Logged::Repair { direction: "repair", repair };
    for entry in entries {
        while let Some(repair) = repairs.next_if(|repair| repair.started_at < entry.started_at) {
            log.push(logged(repair));
        }
        log.push(Logged::Revision(entry));
    }
    log.extend(repairs.map(logged));
    log
}

fn known(recorded: &Recorded, version: &str, applied: bool) -> Known {
    let entry = history::of(&recorded.log, version).filter(|_| applied);
    Known {
        version: version.into(),
        applied,
        applied_at: entry.map(|entry| entry.started_at.clone()),
        took_ms: entry.map(|entry| entry.took_ms),
        by: entry.map(|entry| entry.by.clone()),
        ..Known::default()
    }
}
