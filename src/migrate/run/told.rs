//! The progress of a revision that is tried several times: what was reported of an earlier try is not reported again.

use crate::migrate::report::verbs::{Progress, Report};

/// How far the progress has been reported: the statement, and its rows.
#[derive(Default)]
pub(super) struct Told(usize, Option<i64>);

impl Told {
    /// Reports what goes beyond all that was reported before.
    pub fn once(&mut self, progress: &Progress, report: Report<'_>) {
        let now = (progress.statement, progress.rows);
        if now > (self.0, self.1) {
            (self.0, self.1) = now;
            report(progress);
        }
    }
}
