//! Check: the models against the revisions, and whether the revisions hold: what is missing, what was edited, what came from
//! two branches and does not fit together. Needs no database but scratch ones.

use super::dialects::{all_dialects, check_dialects};
use super::old_release::{OldRelease, ReleaseWarning};
use super::renames::still_to_do;
use super::step_files;
use super::trial::{attempt, verify_edited, Open, Scratch};
use crate::dialect::DialectName;
use crate::diff::{diff, Choices, Operation, Outcome, Question};
use crate::error::{Code, Error, Result};
use crate::migrate::disk::folder;
use crate::migrate::disk::graph::Graph;
use crate::migrate::disk::record::{online_file_name, Direction, Revision};
use crate::migrate::steps::fold::{fold, head};
use crate::migrate::steps::step::State;
use crate::schema::Schema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// What is to be checked.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Options {
    /// The folder of all revisions.
    pub dir: PathBuf,
    /// Whether every revision is proven.
    #[serde(default)]
    pub prove: bool,
    /// The revision of the release that runs, or the beginning of its version; without it what the newest revision comes
    /// after.
    #[serde(default)]
    pub since: Option<String>,
    /// The databases for which revisions have SQL.
    #[serde(default = "all_dialects")]
    pub dialects: Vec<DialectName>,
}

/// The result of a check.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Nothing is missing, and nothing is wrong.
    pub up_to_date: bool,
    /// The changes in the models that no revision has, in plain words.
    pub operations: Vec<String>,
    /// The decisions that they need.
    pub questions: Vec<Question>,
    /// Scripts that were edited by hand.
    pub edited: Vec<EditedScript>,
    /// Revisions that were written beside earlier ones, not knowing them, and that no revision has joined since.
    pub out_of_order: Vec<String>,
    /// Revisions that do not fit together, a sentence each.
    pub conflicts: Vec<String>,
    /// The changes that the running release cannot live with.
    pub warnings: Vec<ReleaseWarning>,
    /// The results of the proofs, if they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proven: Option<Vec<Verdict>>,
}

/// A script that was edited by hand.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EditedScript {
    /// Its revision.
    pub version: String,
    /// Its name.
    pub file: String,
    /// Whether it leads to the schema of its operations; `None` if there was no database to try it
    /// on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ok: Option<bool>,
    /// Whether it is not edited itself, and not used since the script beside it was.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub stale: bool,
    /// Where it leads instead.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub differences: Vec<String>,
}

/// The result of the proof of one revision.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Verdict {
    /// The revision.
    pub version: String,
    /// On SQLite; `None` if it was not tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sqlite: Option<bool>,
    /// On PostgreSQL; `None` if it was not tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub postgres: Option<bool>,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// Checks the models against the revisions. The report holds all that does not fit. Errors: the folder cannot be read;
/// `RevisionUnknown` if the option `since` names a revision that does not exist.
pub fn check(models: &Schema, options: &Options, postgres: Option<Open<'_>>) -> Result<Report> {
    check_dialects(&options.dialects)?;
    let revisions = folder::read(&options.dir)?;
    let graph = Graph::new(&revisions);
    let mut scratch = Scratch::new(postgres);
    let mut report = Report { out_of_order: out_of_order(&graph), ..Report::default() };
    let since = options.since.as_deref().map(|word| known_by(&graph, word)).transpose()?;
    report.conflicts = conflicts(&graph, &options.dialects)?;
    // With revisions that make no schema there is nothing to compare.
    let Some(from) = told(head(&graph), &mut report.conflicts)? else { return Ok(report) };
    let mut release = OldRelease::new(from.clone());
    if let Some(known) = told(old_release(&graph, since.as_ref()), &mut report.conflicts)? {
        match &since {
            Some(_) => release = known,
            // Missing changes come after the newest revision: that may be the running release by then.
            None => report.warnings = known.into_warnings(),
        }
    }
    match diff(&from, &still_to_do(models, &from), &Choices::default())? {
        Outcome::Operations(operations) => {
            report.operations = operations.iter().map(Operation::describe).collect();
            release.apply(None, &operations)?;
        }
        Outcome::Questions(questions) => {
            release.ask(&questions);
            report.questions = questions;
        }
    }
    report.warnings.extend(release.into_warnings());
    for edited in verify_edited(&graph, &options.dialects, &mut scratch)? {
        report.edited.push(EditedScript {
            version: edited.revision.version.clone(),
            file: edited.file,
            ok: edited.tried.then_some(edited.fault.is_none()),
            stale: false,
            differences: edited.fault.into_iter().map(|fault| fault.message).collect(),
        });
    }
    report.edited.extend(stale(&graph, &options.dialects));
    if options.prove {
        report.proven = Some(prove_all(&graph, &options.dialects, &mut scratch)?);
    }
    let unproven = |verdict: &Verdict| [verdict.sqlite, verdict.postgres].contains(&Some(false));
    report.up_to_date = report.operations.is_empty()
        && report.questions.is_empty()
        && report.conflicts.is_empty()
        && report.edited.iter().all(|script| script.ok != Some(false))
        && !report.proven.iter().flatten().any(unproven);
    Ok(report)
}

/// The versions that a release knows whose newest revision is this one; `base` for a release from before the first.
fn known_by<'a>(graph: &Graph<'a>, word: &str) -> Result<BTreeSet<&'a str>> {
    if word == "base" {
        return Ok(BTreeSet::new());
    }
    let last = graph.find(word)?;
    let earlier = graph.ancestors(&last.version).into_iter().chain([last]);
    Ok(earlier.map(|revision| revision.version.as_str()).collect())
}

/// Scripts in steps that are not used any more, since the ones of one transaction were edited beside them.
fn stale(graph: &Graph, dialects: &[DialectName]) -> Vec<EditedScript> {
    let ways = [Direction::Up, Direction::Down];
    let revisions = graph.revisions().iter().filter(|_| dialects.contains(&DialectName::Postgres));
    let all = revisions.flat_map(|revision| ways.map(|way| (revision, way)));
    all.filter_map(|(revision, way)| {
        let fault = step_files::stale(revision, way)?;
        let (version, file) = (revision.version.clone(), online_file_name(way));
        Some(EditedScript { version, file, ok: Some(false), stale: true, differences: vec![fault.message] })
    })
    .collect()
}

/// The release that has the revisions `since`, else all but the newest; the others are applied.
fn old_release(graph: &Graph, since: Option<&BTreeSet<&str>>) -> Result<OldRelease> {
    let newest = graph.leaves();
    let has = |revision: &&Revision| match since {
        Some(known) => known.contains(revision.version.as_str()),
        None => !newest.contains(&revision.version.as_str()),
    };
    let mut release = OldRelease::new(fold(graph, graph.revisions().iter().filter(has))?);
    for revision in graph.revisions().iter().filter(|revision| !has(revision)) {
        release.apply(Some(&revision.version), &revision.operations)?;
    }
    Ok(release)
}

/// The later of each pair of which neither knew the other, as long as nothing comes after both.
fn out_of_order(graph: &Graph) -> Vec<String> {
    let later: BTreeSet<&str> = graph.unmerged().into_iter().map(|(later, _)| later.version.as_str()).collect();
    later.into_iter().map(str::to_owned).collect()
}

/// What does not fit together, whichever of two branches a database had first.
fn conflicts(graph: &Graph, dialects: &[DialectName]) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for (later, earlier) in graph.unmerged() {
        // The first that does not fit says it of both.
        let mut orders = dialects.iter().flat_map(|&name| [(name, earlier, later), (name, later, earlier)]);
        orders
            .try_for_each(|(name, first, second)| match told(meet(graph, name, first, second), &mut found) {
                Ok(Some(())) => Ok(()),
                other => Err(other),
            })
            .or_else(|other| other.map(|_| ()))?;
    }
    Ok(found)
}

/// One revision is applied with all that it comes after, then the other with all that is missing for it.
fn meet(graph: &Graph, name: DialectName, first: &Revision, second: &Revision) -> Result<()> {
    let mut applied: BTreeSet<String> = graph.ancestors(&first.version).iter().map(|one| one.version.clone()).collect();
    applied.insert(first.version.clone());
    let mut state = State::new(graph, applied)?;
    let mut way = graph.ancestors(&second.version);
    way.push(second);
    for revision in way {
        if state.applied().contains(&revision.version) || revision.script(name, Direction::Up).is_err() {
            continue;
        }
        let step = state.step(name.dialect(), revision, Direction::Up)?;
        state.take(revision, Direction::Up, step.to);
    }
    Ok(())
}

/// Notes what revisions are to blame for; only other errors go on.
fn told<T>(result: Result<T>, notes: &mut Vec<String>) -> Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(Error { code: Code::RevisionConflict, message, .. }) => {
            if !notes.contains(&message) {
                notes.push(message);
            }
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

fn prove_all(graph: &Graph, dialects: &[DialectName], scratch: &mut Scratch<'_>) -> Result<Vec<Verdict>> {
    let mut verdicts = Vec::new();
    for revision in graph.revisions() {
        let mut verdict = Verdict { version: revision.version.clone(), ..Verdict::default() };
        for &name in dialects {
            if !scratch.has(name)? || revision.script(name, Direction::Up).is_err() {
                continue;
            }
            let outcome = attempt(graph, revision, name, scratch)?;
            let place = match name {
                DialectName::Sqlite => &mut verdict.sqlite,
                DialectName::Postgres => &mut verdict.postgres,
            };
            *place = Some(outcome.is_ok());
            if let Err(error) = outcome {
                let before = verdict.message.take().map(|message| message + " ");
                verdict.message = Some(before.unwrap_or_default() + &error.message);
            }
        }
        verdicts.push(verdict);
    }
    Ok(verdicts)
}
