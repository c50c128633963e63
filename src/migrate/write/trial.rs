//! Whether what is in the folders holds: scripts that were edited by hand are replayed, all others are proven, each on the
//! schema that it was written for.

use crate::dialect::postgres::syntax::Postgres;
use crate::dialect::{quote, DialectName};
use crate::error::{Code, Error, Result};
use crate::migrate::disk::graph::Graph;
use crate::migrate::disk::online;
use crate::migrate::disk::record::{file_name, online_file_name, Direction, Revision};
use crate::migrate::prove::in_steps::{prove_steps, replay_steps, Ways};
use crate::migrate::prove::proof::{prove, prove_sqlite, Proof, Proven};
use crate::migrate::prove::replay::{replay, replay_sqlite};
use crate::migrate::steps::fold::fold;
use crate::migrate::steps::step::State;
use crate::statement::{Execute, Statement};
use std::collections::BTreeSet;

/// Opens a connection to a PostgreSQL server to try things on; `None` if no server is configured.
pub type Open<'a> = &'a mut dyn FnMut() -> Result<Option<Box<dyn Execute>>>;

/// The databases to try things on: SQLite in memory always, PostgreSQL where it can be opened, which happens when it is needed.
pub struct Scratch<'a> {
    open: Option<Open<'a>>,
    postgres: Option<Box<dyn Execute>>,
}

impl<'a> Scratch<'a> {
    /// With this way to PostgreSQL.
    pub fn new(open: Option<Open<'a>>) -> Self {
        Scratch { open, postgres: None }
    }

    /// Whether something can be tried on this database.
    pub fn has(&mut self, dialect: DialectName) -> Result<bool> {
        if dialect == DialectName::Sqlite {
            return Ok(true);
        }
        if let Some(open) = self.open.take() {
            self.postgres = open()?;
        }
        Ok(self.postgres.is_some())
    }

    /// Whether the database at hand has rows in a table; no if that cannot be looked at.
    pub fn has_rows(&mut self, table: &str) -> bool {
        let Some(connection) = &mut self.postgres else { return false };
        let sql = format!("SELECT 1 FROM {} LIMIT 1", quote(table));
        connection.query(&Statement::new(sql)).is_ok_and(|rows| !rows.is_empty())
    }

    /// Proves a revision on a database that it `has`. Fails as `prove` does.
    pub fn prove(&mut self, dialect: DialectName, proof: &Proof<'_>) -> Result<Proven> {
        match (&mut self.postgres, dialect) {
            (Some(connection), DialectName::Postgres) => prove(&Postgres, connection.as_mut(), proof),
            _ => prove_sqlite(proof),
        }
    }

    /// Proves the steps of a revision that is proven as one transaction; does nothing without PostgreSQL. Fails as `prove` does.
    pub fn prove_steps(&mut self, proof: &Proof<'_>, ways: Ways<'_>) -> Result<()> {
        match &mut self.postgres {
            Some(connection) => prove_steps(&Postgres, connection.as_mut(), proof, ways),
            None => Ok(()),
        }
    }

    /// Replays steps that were edited, or stand beside scripts that were. Fails with `ProofFailed`.
    fn replay_steps(&mut self, before: &[String], proof: &Proof<'_>, ways: Ways<'_>) -> Result<()> {
        match &mut self.postgres {
            Some(connection) => replay_steps(&Postgres, connection.as_mut(), before, proof, ways),
            None => Ok(()),
        }
    }

    /// Replays a revision whose scripts were edited. Fails with `ProofFailed`.
    fn replay(&mut self, dialect: DialectName, before: &[String], proof: &Proof<'_>) -> Result<()> {
        match (&mut self.postgres, dialect) {
            (Some(connection), DialectName::Postgres) => replay(&Postgres, connection.as_mut(), before, proof),
            _ => replay_sqlite(before, proof),
        }
    }
}

/// A script that was edited by hand.
#[derive(Clone, Debug)]
pub struct Edited<'a> {
    /// Its revision.
    pub revision: &'a Revision,
    /// Its name.
    pub file: String,
    /// The reason why it does not lead to the schema of its operations; `None` if it does.
    pub fault: Option<Error>,
    /// Whether there was a database to try it on.
    pub tried: bool,
}

impl Edited<'_> {
    /// Fails with the fault, its file named.
    pub fn into_result(self) -> Result<()> {
        match self.fault {
            None => Ok(()),
            Some(fault) => {
                let path = self.revision.path(&self.file);
                Err(fault.in_context(&format!("{path} was edited by hand, and does not hold any more.")))
            }
        }
    }
}

/// Whether a script of this revision was edited for this database.
pub fn is_edited(revision: &Revision, dialect: DialectName) -> bool {
    [Direction::Up, Direction::Down].into_iter().any(|way| revision.edited(dialect, way))
}

/// The scripts of this revision that were edited for this database, those in steps among them.
fn edited_files(revision: &Revision, dialect: DialectName) -> Vec<String> {
    let ways = [Direction::Up, Direction::Down];
    let whole = ways.into_iter().filter(|way| revision.edited(dialect, *way)).map(|way| file_name(dialect, way));
    let in_steps = ways.into_iter().filter(|way| dialect == DialectName::Postgres && revision.edited_online(*way));
    whole.chain(in_steps.map(online_file_name)).collect()
}

/// All scripts that were edited, each replayed if there is a database for it.
pub fn verify_edited<'a>(
    graph: &Graph<'a>,
    dialects: &[DialectName],
    scratch: &mut Scratch<'_>,
) -> Result<Vec<Edited<'a>>> {
    let mut all = Vec::new();
    for revision in graph.revisions() {
        for dialect in dialects.iter().copied() {
            let files = edited_files(revision, dialect);
            if files.is_empty() {
                continue;
            }
            let tried = scratch.has(dialect)?;
            let fault = match tried {
                true => attempt(graph, revision, dialect, scratch)?.err(),
                false => None,
            };
            all.extend(files.into_iter().map(|file| Edited { revision, file, fault: fault.clone(), tried }));
        }
    }
    Ok(all)
}

/// Proves one revision as its folder holds it, or replays it where it was edited: a fault of the revision is the inner error.
pub fn attempt(
    graph: &Graph,
    revision: &Revision,
    dialect: DialectName,
    scratch: &mut Scratch<'_>,
) -> Result<Result<Proven>> {
    let before = graph.ancestors(&revision.version);
    let from = fold(graph, before.iter().copied())?;
    let up = revision.script(dialect, Direction::Up)?;
    let down = revision.script(dialect, Direction::Down)?;
    let proof = Proof { from: &from, operations: &revision.operations, up, down };
    let before = match is_edited(revision, dialect) {
        true => scripts_before(graph, &before, dialect)?,
        false => Vec::new(),
    };
    let outcome = match is_edited(revision, dialect) {
        false => scratch.prove(dialect, &proof),
        true => scratch.replay(dialect, &before, &proof).map(|()| Proven::default()),
    };
    let outcome = outcome.and_then(|proven| match dialect {
        DialectName::Postgres => try_steps(revision, scratch, &before, &proof).map(|()| proven),
        DialectName::Sqlite => Ok(proven),
    });
    match outcome {
        // It is written: nothing is left to ask.
        Err(error) if error.code == Code::DecisionRequired => Ok(Err(error.recoded(Code::ProofFailed))),
        Err(error) if !matches!(error.code, Code::ProofFailed | Code::RevisionInvalid) => Err(error),
        outcome => Ok(outcome),
    }
}

/// Proves the steps of a revision as its folder has them, or replays them if they or the scripts beside them were edited.
fn try_steps(revision: &Revision, scratch: &mut Scratch<'_>, before: &[String], proof: &Proof<'_>) -> Result<()> {
    let of = |direction| {
        let text = revision.online(direction);
        text.map(|text| online::read(text, &revision.path(&online_file_name(direction)))).transpose()
    };
    let (up, down) = (of(Direction::Up)?, of(Direction::Down)?);
    let ways = Ways { up: up.as_deref(), down: down.as_deref() };
    if up.is_none() && down.is_none() {
        return Ok(());
    }
    match edited_files(revision, DialectName::Postgres).is_empty() {
        true => scratch.prove_steps(proof, ways),
        false => scratch.replay_steps(before, proof, ways),
    }
}

/// The scripts that make the state before a revision, if one of them was edited; else none, and its
/// tables are enough.
fn scripts_before(graph: &Graph, before: &[&Revision], dialect: DialectName) -> Result<Vec<String>> {
    if !before.iter().any(|revision| revision.edited(dialect, Direction::Up)) {
        return Ok(Vec::new());
    }
    let mut state = State::new(graph, BTreeSet::new())?;
    let mut scripts = Vec::new();
    for revision in before {
        let step = state.step(dialect.dialect(), revision, Direction::Up)?;
        scripts.push(step.sql);
        state.take(revision, Direction::Up, step.to);
    }
    Ok(scripts)
}
