//! The options and reports of the verbs that run revisions, as JavaScript sees them.

use crate::dialect::{Dialect, DialectName};
use crate::error::{Code, Error, Result};
use crate::kept::{Kept, Limits};
use crate::migrate::log::history::Entry;
use crate::migrate::log::protection::{Guard, Protection, Word};
use crate::migrate::log::repairs::Repair;
use crate::statement::{Execute, Hears, LockTries, Patience};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::time::Duration;

/// The options of every verb: the place of the revisions, the target, and the user that asks.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Options {
    /// The folder of the revisions; of init and reset none if there are no revisions.
    pub dir: Option<PathBuf>,
    /// How far: `head`, `base`, `+2`, `-1`, a version or the beginning of one.
    pub to: Option<String>,
    /// Whether to give the SQL instead of running it.
    pub sql: bool,
    /// The user that asks, for the log.
    pub by: String,
    /// Of init: whether it applies what is pending.
    pub auto: Option<bool>,
    /// Of init: whether it repairs what is safe.
    pub repair: bool,
    /// Of init: whether that drops extra objects.
    pub destructive: bool,
    /// Of drift: whether nothing is made anew that is not stored.
    pub stored: bool,
    /// How long the call waits for others that change the tables, in milliseconds.
    pub timeout: Option<u64>,
    /// How long a lock is waited for at once, in milliseconds.
    pub lock_timeout_ms: Option<u64>,
    /// How often a transaction is tried whose locks others hold.
    pub lock_tries: Option<u32>,
    /// For how long it is tried again, in milliseconds.
    pub lock_wait_ms: Option<u64>,
    /// How long others may stand still meanwhile, in milliseconds. For tests.
    pub standstill: Option<u64>,
    /// The function that is called when the call waits.
    #[serde(skip)]
    pub hears: Option<Hears>,
    /// Of drift: how rows are read; `None` if they are not.
    pub rows: Option<RowOptions>,
    /// How much is kept of what is destroyed; `None` if nothing is.
    pub keep: Option<Limits>,
    /// The same without a decision: a protected database keeps.
    pub keep_if_protected: Option<Limits>,
    /// Of what is kept: the numbers of the entries that are brought back or dropped.
    pub numbers: Vec<i64>,
    /// Of what is kept: whether bringing it back is only tried.
    pub plan: bool,
    /// The word of a protected database, as it was given.
    pub word: Option<Word>,
    /// Whether revisions run in steps that can; `None` if those do whose tables are large.
    pub online: Option<bool>,
}

/// How drift reads rows.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RowOptions {
    /// Whether the database looks for damage, too.
    pub deep: bool,
    /// How long it may take, in milliseconds.
    pub timeout: Option<f64>,
}

impl Options {
    /// Reads options from JSON.
    pub fn from_json(json: &str) -> Result<Self> {
        serde_json::from_str(json)
            .map_err(|error| Error::new(Code::Internal, format!("The options are not valid JSON: {error}.")))
    }

    /// The guard of a call that may destroy data.
    pub fn guard(&self) -> Guard<'_> {
        Guard::Word(self.word.as_ref())
    }

    /// The guard of a start, which goes on without a person: its revisions were reviewed, and what
    /// they destroy is kept. If it is not to be kept, a protected database asks for the word.
    pub fn start_guard(&self) -> Guard<'_> {
        match self.keep.or(self.keep_if_protected) {
            Some(_) => Guard::Open,
            None => self.guard(),
        }
    }

    /// How much is kept of what is destroyed in this database.
    pub fn keep_in(&self, dialect: &dyn Dialect, connection: &mut dyn Execute) -> Result<Option<Limits>> {
        match (self.keep, self.keep_if_protected) {
            (None, Some(limits)) => Ok(Protection::read(dialect, connection)?.map(|_| limits)),
            (keep, _) => Ok(keep),
        }
    }

    /// How long the call waits for others that change the tables, and the function that is called
    /// meanwhile.
    pub fn patience(&self) -> Patience {
        let or = |millis: Option<u64>, usual| millis.map_or(usual, Duration::from_millis);
        let standstill = or(self.standstill, Patience::STANDSTILL);
        let usual = LockTries::default();
        let locks = LockTries {
            once: or(self.lock_timeout_ms, usual.once),
            most: self.lock_tries.unwrap_or(usual.most),
            all: or(self.lock_wait_ms, usual.all),
        };
        Patience::new(or(self.timeout, Patience::LIMIT), standstill, self.hears.clone()).asking(locks)
    }
}

/// A revision that ran.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Ran {
    /// Its version.
    pub version: String,
    /// The rest of its folder's name.
    pub name: String,
    /// How long it took, in milliseconds.
    pub took_ms: i64,
    /// Its SQL was made anew from its operations: others had come before it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub rendered: bool,
    /// Its SQL did not run: the database held already what it makes, and it is recorded as done.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub adopted: bool,
    /// It ran in steps, beside the sessions that use its tables.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub online: bool,
    /// Why it did not run in steps, although its tables are large and it has some.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_online: Option<String>,
    /// How many steps it has; of what was taken back, how many were done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steps: Option<usize>,
    /// It was half done, and was taken back to where it began.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub taken_back: bool,
    /// How often it was tried, if others held locks that it needed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tries: Option<u32>,
    /// The rows that it destroyed and that were kept before.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub kept: Vec<Kept>,
}

/// The report of an upgrade.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UpgradeReport {
    /// `sqlite` or `postgres`.
    pub dialect: DialectName,
    /// The revisions that were applied before.
    pub from: Vec<String>,
    /// Those that ran.
    pub applied: Vec<Ran>,
    /// The last of all that are applied now.
    pub current: Option<String>,
    /// How many were applied before.
    pub already_applied: usize,
    /// Whether the tables were there before the first revision, and count as made by the revisions now.
    pub adopted: bool,
    /// The SQL that would have run, if only that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sql: Option<String>,
}

/// The report of a downgrade.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DowngradeReport {
    /// `sqlite` or `postgres`.
    pub dialect: DialectName,
    /// The revisions that were taken back, in that order.
    pub reverted: Vec<Ran>,
    /// The last of all that are applied now.
    pub current: Option<String>,
    /// The SQL that would have run, if only that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sql: Option<String>,
}

/// The report of a stamp.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StampReport {
    /// The revisions that count as applied now.
    pub stamped: Vec<String>,
    /// What does no longer.
    pub removed: Vec<String>,
    /// The last of all that are applied now.
    pub current: Option<String>,
}

/// One revision, as the folder and the database know it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Known {
    /// Its version.
    pub version: String,
    /// The rest of its folder's name.
    pub name: String,
    /// The revisions that were the last when it was written.
    pub after: Vec<String>,
    /// Whether the database has it.
    pub applied: bool,
    /// Since when, `YYYY-MM-DDTHH:MM:SS.sssZ`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub applied_at: Option<String>,
    /// How long it took, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub took_ms: Option<i64>,
    /// The user that applied it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Whether the file has changed since it ran.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub edited: bool,
    /// It is applied, and its folder is gone.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub missing: bool,
    /// It is not applied, and later ones are.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub out_of_order: bool,
    /// How far it is, if it is half done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unfinished: Option<HalfDone>,
}

/// How far a half-done revision is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HalfDone {
    /// Its version.
    pub version: String,
    /// `up` or `down`.
    pub direction: String,
    /// How many of its steps are done.
    pub step: i64,
    /// How many it has, if the folder has the script that began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steps: Option<usize>,
}

/// All revisions, and what was done to this database.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HistoryReport {
    /// Those of the folder and those that are applied, in the order of their versions.
    pub revisions: Vec<Known>,
    /// The log, in order.
    pub log: Vec<Logged>,
}

/// Something that was done to a database.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Logged {
    /// A revision was applied, taken back or stamped.
    Revision(Entry),
    /// Drift was repaired.
    Repair {
        /// `repair`.
        direction: &'static str,
        /// The row of the log.
        #[serde(flatten)]
        repair: Repair,
    },
}

impl Logged {
    /// The row of `plinth_history`; `None` if it is a repair.
    pub fn revision(&self) -> Option<&Entry> {
        match self {
            Logged::Revision(entry) => Some(entry),
            Logged::Repair { .. } => None,
        }
    }
}

/// A revision that an upgrade would apply.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Pending {
    /// Its version.
    pub version: String,
    /// The rest of its folder's name.
    pub name: String,
    /// Whether later ones are applied.
    pub out_of_order: bool,
}

/// Head against current.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StatusReport {
    /// The last revision of those that are applied.
    pub current: Option<String>,
    /// The last revision of the folder.
    pub head: Option<String>,
    /// The revisions that an upgrade would apply, in order.
    pub pending: Vec<Pending>,
    /// How many are applied.
    pub applied: usize,
    /// The revision that is half done.
    pub unfinished: Option<HalfDone>,
    /// The problems that would keep an upgrade from it.
    pub problems: Vec<Error>,
}

/// How far a revision has come.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    /// Its version.
    pub revision: String,
    /// The rest of its folder's name.
    pub name: String,
    /// `up` or `down`.
    pub direction: &'static str,
    /// Which statement, from 1.
    pub statement: usize,
    /// Of how many.
    pub statements: usize,
    /// Its first line.
    pub text: String,
    /// Rows that it has copied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<i64>,
    /// Of how many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<i64>,
    /// Only before the first statement, if tables of many rows are made anew: how long other sessions cannot write, in milliseconds,
    /// as estimated from a sample of the rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub estimated_ms: Option<i64>,
    /// Of the first statement: why the revision does not run in steps, see `Ran`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_online: Option<String>,
}

/// The function that gets the progress.
pub type Report<'a> = &'a mut dyn FnMut(&Progress);
