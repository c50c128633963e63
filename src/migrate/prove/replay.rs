//! The replay of scripts that were edited by hand: they may do more than their operations say (fill
//! rows, make triggers), and must lead where those say all the same. Without rows of ours, for
//! which the script was not written.

use super::proof::{create, Proof, Run, Step};
use crate::dialect::sqlite::syntax::Sqlite;
use crate::dialect::Dialect;
use crate::diff::apply;
use crate::engine::sqlite::admin::AdminConnection;
use crate::error::Result;
use crate::migrate::disk::split::{no_transaction, statements};
use crate::statement::Execute;

/// Replays scripts on a SQLite database in memory; see `replay`.
pub fn replay_sqlite(before: &[String], proof: &Proof<'_>) -> Result<()> {
    replay(&Sqlite, &mut AdminConnection::open(":memory:", 1000)?, before, proof)
}

/// Runs the scripts of a revision up, down and up again, and looks each time where they have led.
/// `before` are the scripts that made the existing objects, if those were edited too: objects that
/// they made beside the models may be needed; else the tables of `proof.from` are made. The
/// connection is as for `prove`, and so are the errors.
pub fn replay(dialect: &dyn Dialect, connection: &mut dyn Execute, before: &[String], proof: &Proof<'_>) -> Result<()> {
    let to = apply(proof.from, proof.operations)?;
    let scripts = before.iter().map(String::as_str).chain([proof.up, proof.down]);
    let within = !scripts.clone().any(no_transaction);
    let run = Run { dialect, proof, to: &to, within };
    run.keeps_its_transaction(Step::Up, proof.up)?;
    run.keeps_its_transaction(Step::Down, proof.down)?;
    if !within {
        let scripts: Vec<&str> = before.iter().map(String::as_str).chain([proof.up, proof.down]).collect();
        run.stays_inside(connection, &scripts)?;
    }
    let name = uuid::Uuid::now_v7().simple().to_string();
    dialect.scratch(connection, within, &name, &mut |connection| {
        run.begin_replay(connection, before)?;
        let from = run.shape(connection, proof.from)?;
        run.run(connection, Step::Up, proof.up)?;
        // A function that the models call may only exist since the script has run: the script may
        // create it.
        let to = run.shape(connection, &to)?;
        run.arrived(connection, Step::Up, proof.up, &to)?;
        run.arrive(connection, Step::Down, proof.down, &from)?;
        run.arrive(connection, Step::Again, proof.up, &to)
    })
}

impl Run<'_> {
    /// Makes the objects on which a script is replayed: by the scripts before it, if there are any, else as the schema says.
    pub fn begin_replay(&self, connection: &mut dyn Execute, before: &[String]) -> Result<()> {
        match before {
            [] => self.prepare(connection, &mut |connection| create(self.dialect, connection, self.proof.from)),
            _ => before
                .iter()
                .flat_map(|script| statements(script, self.dialect.name().rules()))
                .try_for_each(|piece| connection.batch(piece.sql))
                .map_err(|error| self.unprepared(connection, error)),
        }
    }
}
