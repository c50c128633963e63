//! A half-done revision comes first: an upgrade goes on with its up, and takes its down back; a downgrade the other way round.

use super::course::Course;
use super::way::OnlineScript;
use crate::error::{Code, Error, Result};
use crate::migrate::disk::record::{Direction, Revision, RECORD};
use crate::migrate::log::begun::{check_script, check_whole};
use crate::migrate::log::harness;
use crate::migrate::log::recorded::Recorded;
use crate::migrate::log::unfinished::Unfinished;
use crate::migrate::report::verbs::Ran;
use crate::migrate::run::runner::{Attempt, Runner};
use crate::migrate::run::running::Script;
use crate::migrate::steps::step::State;

impl<'a> Runner<'a> {
    /// The revisions that run, with the half-done one first. Errors: `REVISION_UNFINISHED` if its folder is missing, or the
    /// target does not lead past it.
    pub(in crate::migrate::run) fn half_done_first(
        &self,
        recorded: &Recorded,
        mut goals: Vec<&'a Revision>,
        direction: Direction,
    ) -> Result<Vec<&'a Revision>> {
        let Some(unfinished) = &recorded.unfinished else { return Ok(goals) };
        let is_it = |revision: &&Revision| revision.version == unfinished.revision;
        let found = self.known(unfinished)?;
        // Its down is taken back by an upgrade to wherever that leads.
        let is_way_back = direction == Direction::Up && unfinished.leads(Direction::Down);
        if !is_way_back && !goals.iter().any(is_it) {
            return Err(unfinished.error());
        }
        goals.retain(|revision| !is_it(revision));
        goals.insert(0, found);
        Ok(goals)
    }

    /// Errors: `REVISION_UNFINISHED` if a revision is half done and its folder is missing.
    pub(in crate::migrate::run) fn check_known(&self, recorded: &Recorded) -> Result<()> {
        recorded.unfinished.as_ref().map_or(Ok(()), |unfinished| self.known(unfinished).map(drop))
    }

    fn known(&self, unfinished: &Unfinished) -> Result<&'a Revision> {
        self.graph.get(&unfinished.revision).ok_or_else(|| unfinished.error())
    }

    /// Goes on with a half-done revision, or takes it back. Errors: `REVISION_UNFINISHED` if its script is not what began, or the
    /// script of one transaction beside it was edited.
    pub(in crate::migrate::run) fn go_on(
        &mut self,
        revision: &Revision,
        direction: Direction,
        unfinished: Unfinished,
    ) -> Result<Ran> {
        let begun = unfinished.way();
        let applied = harness::applied(self.dialect, self.connection)?.into_iter().collect();
        let here = State::new(self.graph, applied)?;
        let step = here.step(self.dialect, revision, begun)?;
        let script = Script::of(self.dialect, revision, begun, &step);
        check_script(revision, &unfinished)?;
        if begun == direction {
            check_whole(revision, &unfinished)?;
        }
        let Some(online) = OnlineScript::of(revision, begun)? else { return Err(unfinished.error()) };
        if step.rendered {
            return Err(strange(&here, (revision, &online.path), &unfinished));
        }
        if begun != direction {
            let mut course = Course { script: &script, online: &online, at: Some(unfinished) };
            return self.take_back(&here, &mut course);
        }
        match self.run_online(&here, (&script, &online), Some(unfinished))? {
            Some(Attempt::Done(ran)) => Ok(ran),
            Some(Attempt::Stale) | None => {
                Err(Error::new(Code::Internal, "A half-done revision was not gone on with."))
            }
        }
    }
}

/// The error of a script that is what began, in a folder that has changed: the revision knows no more of others that are applied.
fn strange(here: &State<'_>, (revision, path): (&Revision, &str), unfinished: &Unfinished) -> Error {
    let others: Vec<String> = here.strangers(revision).into_iter().map(Revision::id).collect();
    let others = others.join(", ");
    let told = unfinished.told(None).replacen("The", "the", 1);
    let message = format!("{path} is not for a database with {others}, which the revision does not know: {told}.");
    let hint = format!("It knew them when it began: restore {} from version control.", revision.path(RECORD));
    unfinished.cannot(message, &hint)
}
