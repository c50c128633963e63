//! The lock of a select: which one it takes on its rows, and what it does about the locks of others.

use super::parse::invalid;
use crate::error::Result;
use serde_json::Value;

/// A lock on the rows of a select, until the transaction ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lock {
    /// Which lock.
    pub strength: Strength,
    /// What is done about a row that another transaction has locked.
    pub other: OtherLock,
}

/// Which lock is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strength {
    /// No other transaction locks, changes or deletes the row.
    Update,
    /// Others may lock it in the same way; none changes or deletes it.
    Share,
}

/// What is done about a row that another transaction has locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OtherLock {
    /// The statement waits.
    Wait,
    /// The row is left out.
    Skip,
    /// The statement fails.
    Fail,
}

/// Reads `["update", "wait"]`: the lock, then what is done about the locks of others; nothing for none.
pub(super) fn parse(json: &Value) -> Result<Option<Lock>> {
    if json.is_null() {
        return Ok(None);
    }
    let strength = match json[0].as_str() {
        Some("update") => Strength::Update,
        Some("share") => Strength::Share,
        _ => return Err(invalid("There is no such lock.")),
    };
    let other = match json[1].as_str() {
        Some("wait") => OtherLock::Wait,
        Some("skip") => OtherLock::Skip,
        Some("fail") => OtherLock::Fail,
        _ => return Err(invalid("A lock waits, skips or fails.")),
    };
    Ok(Some(Lock { strength, other }))
}
