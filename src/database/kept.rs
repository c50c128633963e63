//! What is kept in a database: listed, brought back, dropped.

use super::{administer, is_missing, Target};
use crate::error::{Code, Error, Result};
use crate::kept::{self, DropReport, KeptEntry, RestoreReport};
use crate::migrate::log::unfinished::check_finished;
use crate::migrate::report::verbs::Options;

/// All that is kept. A database that does not exist keeps nothing, and is not created.
pub fn list(target: &Target, options: &Options) -> Result<Vec<KeptEntry>> {
    if is_missing(target)? {
        return Ok(Vec::new());
    }
    match administer(target, false, options.patience(), kept::list) {
        Err(error) if error.code == Code::UnknownDatabase => Ok(Vec::new()),
        listed => listed,
    }
}

/// Brings back what is kept under the number of the options; see `kept::restore`.
pub fn restore(target: &Target, options: &Options) -> Result<RestoreReport> {
    check_there(target)?;
    administer(target, false, options.patience(), |dialect, connection| {
        check_finished(dialect, connection)?;
        kept::restore(dialect, connection, options.number, options.plan)
    })
}

/// Takes away what is kept under the number of the options.
pub fn drop(target: &Target, options: &Options) -> Result<DropReport> {
    check_there(target)?;
    administer(target, false, options.patience(), |dialect, connection| {
        dialect.overwrite(connection)?;
        let mut report = kept::drop_kept(dialect, connection, options.number)?;
        if let Some(erased) = dialect.erase(connection, false)? {
            (report.erased, report.not_erased) = (Some(erased.is_ok()), erased.err());
        }
        Ok(report)
    })
}

fn check_there(target: &Target) -> Result<()> {
    match is_missing(target)? {
        true => Err(Error::new(Code::CannotOpen, "The database file does not exist: nothing is kept in it.")),
        false => Ok(()),
    }
}
