//! What is kept in a database: listed, brought back, dropped.

use super::{administer, is_missing, Target};
use crate::dialect::Dialect;
use crate::error::{Code, Error, Lost, Result};
use crate::kept::{self, DropReport, KeptEntry, RestoreReport};
use crate::migrate::log::unfinished::check_finished;
use crate::migrate::report::verbs::Options;
use crate::statement::Execute;

/// All that is kept. Errors: `CANNOT_OPEN` if the file does not exist, which is not created.
pub fn list(target: &Target, options: &Options) -> Result<Vec<KeptEntry>> {
    check_there(target)?;
    let list = |dialect: &dyn Dialect, connection: &mut dyn Execute| {
        let mut found = Vec::new();
        // Bounded: a list that another session has locked is BUSY.
        dialect.snapshot(connection, &mut |connection| {
            found = kept::list(dialect, connection)?;
            Ok(())
        })?;
        Ok(found)
    };
    administer(target, false, options.patience(), list)
}

/// Brings back the entries with the numbers of the options; see `kept::restore`.
pub fn restore(target: &Target, options: &Options) -> Result<RestoreReport> {
    check_there(target)?;
    administer(target, false, options.patience(), |dialect, connection| {
        check_finished(dialect, connection)?;
        kept::restore(dialect, connection, (&options.numbers, options.plan), &|connection, entries| {
            options.guard().check(dialect, connection, "the restore", |connection| {
                let effect = |entry: &KeptEntry| Ok(lost(entry, kept::effect(dialect, connection, entry)?));
                entries.iter().map(effect).collect()
            })
        })
    })
}

/// Takes away what is kept under the numbers of the options.
pub fn drop(target: &Target, options: &Options) -> Result<DropReport> {
    check_there(target)?;
    administer(target, false, options.patience(), |dialect, connection| {
        dialect.overwrite(connection)?;
        let what = |entry: &KeptEntry| format!("drops the kept rows of {}, for good", entry.what);
        let mut report = kept::drop_kept(dialect, connection, &options.numbers, &|connection, entries| {
            let all = || entries.iter().map(|entry| lost(entry, what(entry))).collect();
            options.guard().check(dialect, connection, "dropping kept rows", |_| Ok(all()))
        })?;
        if let Some(erased) = dialect.erase(connection, false)? {
            (report.erased, report.not_erased) = (Some(erased.is_ok()), erased.err());
        }
        Ok(report)
    })
}

/// What is done with an entry, to those who are asked for the word of a protected database.
fn lost(entry: &KeptEntry, what: String) -> Lost {
    Lost { table: Some(entry.table.clone()), rows: Some(entry.rows), what }
}

fn check_there(target: &Target) -> Result<()> {
    match is_missing(target)? {
        true => Err(Error::new(Code::CannotOpen, "The database file does not exist: nothing is kept in it.")),
        false => Ok(()),
    }
}
