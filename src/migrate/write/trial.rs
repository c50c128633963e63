//! Whether what is in the folders holds: scripts that were edited by hand are replayed, all others are proven, each on the
//! schema that it was written for.

use crate::dialect::postgres::syntax::Postgres;
use crate::dialect::DialectName;
use crate::error::{Code, Error, Result};
use crate::migrate::disk::graph::Graph;
use crate::migrate::disk::record::{file_name, Direction, Revision};
use crate::migrate::prove::proof::{prove, prove_sqlite, Proof, Proven};
use crate::migrate::prove::replay::{replay, replay_sqlite};
use crate::migrate::steps::fold::fold;
use crate::migrate::steps::step::State;
use crate::statement::Execute;
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

    /// Proves a revision on a database that it `has`. Fails as `prove` does.
    pub fn prove(&mut self, dialect: DialectName, proof: &Proof<'_>) -> Result<Proven> {
        match (&mut self.postgres, dialect) {
            (Some(connection), DialectName::Postgres) => prove(&Postgres, connection.as_mut(), proof),
            _ => prove_sqlite(proof),
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

/// All scripts that were edited, each replayed if there is a database for it.
pub fn verify_edited<'a>(
    graph: &Graph<'a>,
    dialects: &[DialectName],
    scratch: &mut Scratch<'_>,
) -> Result<Vec<Edited<'a>>> {
    let mut all = Vec::new();
    for revision in graph.revisions() {
        for dialect in dialects.iter().copied().filter(|dialect| is_edited(revision, *dialect)) {
            let tried = scratch.has(dialect)?;
            let fault = match tried {
                true => attempt(graph, revision, dialect, scratch)?.err(),
                false => None,
            };
            let files = [Direction::Up, Direction::Down].into_iter().filter(|way| revision.edited(dialect, *way));
            all.extend(files.map(|way| {
                let file = file_name(dialect, way);
                Edited { revision, file, fault: fault.clone(), tried }
            }));
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
    let outcome = match is_edited(revision, dialect) {
        false => scratch.prove(dialect, &proof),
        true => {
            let scripts = scripts_before(graph, &before, dialect)?;
            scratch.replay(dialect, &scripts, &proof).map(|()| Proven::default())
        }
    };
    match outcome {
        // It is written: nothing is left to ask.
        Err(error) if error.code == Code::DecisionRequired => Ok(Err(error.recoded(Code::ProofFailed))),
        Err(error) if error.code != Code::ProofFailed => Err(error),
        outcome => Ok(outcome),
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
