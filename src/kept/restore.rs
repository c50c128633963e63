//! Bringing back kept rows, by key: the rows of one entry or of several, all of them, or none if they
//! do not fit any more.

use super::bring::bring;
use super::left;
use super::list::{entry, Allow, KeptEntry};
use super::refusal::rowless;
use super::target::{find, Target};
use crate::dialect::Dialect;
use crate::error::{Code, Error, Result};
use crate::statement::Execute;
use serde::Serialize;

/// The rows that a restore brought back, or would bring back.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct RestoreReport {
    /// Whether it was only tried.
    pub plan: bool,
    /// Each entry, in the order in which their rows came back.
    pub entries: Vec<RestoredEntry>,
    /// How many rows were written, of all entries.
    pub rows: i64,
    /// How many held what is kept already.
    pub same: i64,
    /// How many rows of a table are gone, so that their columns have no place.
    pub gone: i64,
}

/// An entry that was brought back.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct RestoredEntry {
    /// Its number.
    pub number: i64,
    /// What is kept under it.
    pub what: String,
    /// What was made again: `the table users`, `the column users.phone`.
    pub made: Vec<String>,
    /// How many rows were written.
    pub rows: i64,
    /// How many held what is kept already.
    pub same: i64,
    /// How many rows of a table are gone, so that their columns have no place.
    pub gone: i64,
}

/// Brings back what is kept under these numbers, in one transaction. Rows come after those that they point to, in whatever order
/// the numbers are given; the rows of tables that point to each other come back together. With `plan` all of it is done and
/// taken back, so that the report says what would be. The entries stay until they are dropped. `allow` is asked of the entries
/// before anything is written, but not of a plan.
///
/// Errors: those of `allow`; `KEPT_UNKNOWN`; `RESTORE_REFUSED` with each difference of the first entry that does not fit any more.
pub fn restore(
    dialect: &dyn Dialect,
    connection: &mut dyn Execute,
    (numbers, plan): (&[i64], bool),
    allow: Allow<'_>,
) -> Result<RestoreReport> {
    let mut report = None;
    let done = dialect.transaction(connection, &mut |connection| {
        let mut entries: Vec<KeptEntry> = Vec::new();
        for number in numbers.iter().copied() {
            if entries.iter().any(|entry| entry.number == number) {
                continue;
            }
            let entry = entry(dialect, connection, number)?;
            if !dialect.has_kept_table(connection, number, &entry.table)? {
                return Err(rowless(dialect, &entry));
            }
            entries.push(entry);
        }
        if !plan {
            allow(connection, &entries)?;
        }
        let mut restored = Vec::new();
        dialect.with_text_settings(connection, &mut |connection| {
            restored = bring(dialect, connection, &entries)?;
            Ok(())
        })?;
        for entry in entries.iter().filter(|entry| entry.columns.is_empty()) {
            if restored.iter().any(|it| it.number == entry.number && it.rows > 0 && it.same == 0) {
                left::inserted(dialect, connection, entry)?;
            }
        }
        report = Some(summed(plan, restored));
        match plan {
            true => Err(Error::new(Code::Aborted, "A plan is taken back.")),
            false => Ok(()),
        }
    });
    match (report, done) {
        (Some(report), Ok(())) => Ok(report),
        (Some(report), Err(error)) if plan && error.code == Code::Aborted => Ok(report),
        (_, Err(error)) => Err(error),
        (None, Ok(())) => Err(Error::new(Code::Internal, "A transaction did no work.")),
    }
}

/// The effect of restoring an entry, for those who are asked for the word of a protected database.
pub fn effect(dialect: &dyn Dialect, connection: &mut dyn Execute, entry: &KeptEntry) -> Result<String> {
    let what = &entry.what;
    let Some(source) = find(dialect, connection, entry)? else {
        return Ok(format!("creates the table {} again, with its kept rows", entry.table));
    };
    if entry.columns.is_empty() {
        return Ok(format!("adds the kept rows of {what} that are gone"));
    }
    let target = Target { dialect, entry, kept: String::new(), source, made: false, together: &[] };
    Ok(match entry.columns.iter().all(|column| target.column(column).is_none()) {
        true => format!("adds {what} again, with the kept values"),
        false => format!("writes the kept values of {what} into the existing rows"),
    })
}

fn summed(plan: bool, entries: Vec<RestoredEntry>) -> RestoreReport {
    let sum = |of: fn(&RestoredEntry) -> i64| entries.iter().map(of).sum();
    RestoreReport {
        plan,
        rows: sum(|entry| entry.rows),
        same: sum(|entry| entry.same),
        gone: sum(|entry| entry.gone),
        entries,
    }
}
