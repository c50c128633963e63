//! How far a revision has come on its way through its steps: noted in the transactions that come so far, and reported.

use super::way::OnlineScript;
use crate::dialect::Dialect;
use crate::error::{Code, Error, Result};
use crate::migrate::log::begun::whole_checksum;
use crate::migrate::log::recorded::prepare;
use crate::migrate::log::unfinished::{check_finished, Unfinished};
use crate::migrate::report::verbs::Progress;
use crate::migrate::run::running::coded;
use crate::migrate::run::running::Script;
use crate::statement::Execute;

/// A revision on its way through its steps.
pub(super) struct Course<'c, 'a> {
    /// The revision, its direction and its schemas.
    pub script: &'c Script<'a>,
    /// Its steps.
    pub online: &'c OnlineScript<'a>,
    /// How far it has come, as the database notes it; `None` before its first transaction.
    pub at: Option<Unfinished>,
}

impl Course<'_, '_> {
    /// The number of steps that are done.
    pub fn done(&self) -> usize {
        self.at.as_ref().map_or(0, |at| usize::try_from(at.step).unwrap_or_default())
    }

    /// How far the step that runs has come.
    pub fn cursor(&self) -> Option<&str> {
        self.at.as_ref().and_then(|at| at.cursor.as_deref())
    }

    /// Notes, within a transaction, how far it leads. Gives what the database has noted if the transaction commits.
    pub fn note(
        &self,
        dialect: &dyn Dialect,
        connection: &mut dyn Execute,
        step: usize,
        cursor: Option<String>,
    ) -> Result<Unfinished> {
        let step = i64::try_from(step).unwrap_or_default();
        let Some(at) = &self.at else {
            let noted = Unfinished { step, cursor, ..self.begun() };
            dialect.prepare(connection)?;
            prepare(dialect, connection)?;
            check_finished(dialect, connection)?;
            noted.begin(connection)?;
            return Ok(noted);
        };
        at.advance(connection, step, cursor.as_deref())?;
        Ok(Unfinished { step, cursor, ..at.clone() })
    }

    /// Notes in a transaction of its own how far it has come.
    pub fn note_alone(
        &mut self,
        dialect: &dyn Dialect,
        connection: &mut dyn Execute,
        (step, cursor): (usize, Option<&str>),
    ) -> Result<()> {
        let mut noted = None;
        dialect.revision_transaction(connection, &[], &mut |connection| {
            noted = Some(self.note(dialect, connection, step, cursor.map(str::to_owned))?);
            Ok(())
        })?;
        self.at = noted;
        Ok(())
    }

    /// The row of a revision that begins.
    fn begun(&self) -> Unfinished {
        let Script { revision, direction, .. } = *self.script;
        Unfinished {
            revision: revision.version.clone(),
            checksum: self.online.checksum.clone(),
            whole: whole_checksum(revision, direction),
            direction: direction.word().to_owned(),
            step: 0,
            cursor: None,
        }
    }

    /// The progress of a step, of the number from 0.
    pub fn progress(&self, number: usize, text: &str) -> Progress {
        let Script { revision, direction, .. } = *self.script;
        Progress {
            revision: revision.version.clone(),
            name: revision.name.clone(),
            direction: direction.word(),
            statement: number + 1,
            statements: self.online.steps.len(),
            text: text.lines().find(|line| !line.starts_with("--")).unwrap_or_default().to_owned(),
            rows: None,
            of: None,
            estimated_ms: None,
            not_online: None,
        }
    }

    /// An error of a step, of the number from 0: where it is, and how to go on.
    pub fn located(&self, error: Error, number: usize) -> Error {
        let place = format!("Step {} of {} of {}", number + 1, self.online.steps.len(), self.online.path);
        let error = match error.code {
            Code::RowsRefused => error.in_context(&format!("{place} cannot go on:")),
            _ => {
                let message = format!("{place} failed: {}", error.message);
                let error = coded(error);
                error.says(message)
            }
        };
        let Some(at) = &self.at else { return error };
        let half = format!("The revision is half done: {}", at.ways());
        let hint = match (error.code, &error.hint) {
            (Code::ConnectionLost, _) => "Run it again: it continues at this step.".into(),
            (Code::RevisionFailed, _) | (_, None) => half,
            (_, Some(hint)) => format!("{hint} {half}"),
        };
        error.hint(hint)
    }
}
