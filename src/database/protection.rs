//! Protecting a database by a word, and ending that.

use super::{administer, is_missing, Target};
use crate::dialect::DialectName;
use crate::error::{Code, Error, Result};
use crate::migrate::log::protection::{Protection, Word};
use crate::statement::Patience;
use serde::{Deserialize, Serialize};

/// What is asked: the word, and whether it ends the protection.
#[derive(Clone, Debug, Deserialize)]
pub struct Options {
    /// The word.
    pub word: Word,
    /// Whether the protection ends.
    #[serde(default)]
    pub off: bool,
}

/// Whether a database is protected.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ProtectReport {
    /// `sqlite` or `postgres`.
    pub dialect: DialectName,
    /// Whether it is protected now.
    pub protected: bool,
    /// Whether that was changed.
    pub changed: bool,
}

/// Protects a database, or ends its protection. Errors: `PROTECTED` if it is protected already, and if the word is not the one
/// that ends the protection.
pub fn protect(target: &Target, Options { word, off }: &Options) -> Result<ProtectReport> {
    if is_missing(target)? {
        return Err(Error::new(Code::CannotOpen, "The database file does not exist: run initDb() or plinth init."));
    }
    // Before the transaction: it takes a while.
    let wanted = if *off { None } else { Some(Protection::by(word)?) };
    administer(target, false, Patience::default(), |dialect, connection| {
        let mut changed = true;
        dialect.transaction(connection, &mut |connection| {
            match (Protection::read(dialect, connection)?, &wanted) {
                (None, None) => changed = false,
                (None, Some(wanted)) => {
                    dialect.prepare(connection)?;
                    wanted.add(dialect, connection)?;
                }
                (Some(protection), None) if protection.accepts(word) => protection.remove(connection)?,
                (Some(_), None) => return Err(not_the_word()),
                (Some(_), Some(_)) => return Err(protected()),
            }
            Ok(())
        })?;
        Ok(ProtectReport { dialect: dialect.name(), protected: wanted.is_some(), changed })
    })
}

fn not_the_word() -> Error {
    Error::new(Code::Protected, "This is not the word of the protection: the database stays protected.")
        .expected("the word of the protection")
        .found("another word")
        .hint("End the protection with its word; ask the person who has it.")
}

fn protected() -> Error {
    Error::new(Code::Protected, "The database is already protected.")
        .expected("a database that is not protected")
        .found("a protected one")
        .hint("For another word, end the protection first: `plinth protect --off`, or protect({ word, off: true }).")
}
