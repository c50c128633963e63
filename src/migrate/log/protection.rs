//! The protection of a database: a word, of which the database holds the scrypt hash. A step that
//! would destroy data in a protected database asks for the word, in the transaction that would
//! destroy it. This stops mistakes; a role that may write the table of settings can remove the
//! protection.

use super::settings;
use crate::dialect::Dialect;
use crate::error::{Code, Error, Lost, Result};
use crate::statement::Execute;
use scrypt::password_hash::phc::PasswordHash;
use scrypt::password_hash::{PasswordHasher, PasswordVerifier};
use scrypt::{Params, Scrypt};
use serde::Deserialize;
use std::fmt;

/// The name of the setting.
const SETTING: &str = "protection";

/// The cost of a hash: 32 MiB of memory, three times over.
/// https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html#scrypt
const COST: (u8, u32, u32) = (15, 8, 3);

/// How many of the things that would be lost a message names.
const NAMED: usize = 10;

/// A word as it was given. Nothing shows it.
#[derive(Clone, PartialEq, Deserialize)]
#[serde(transparent)]
pub struct Word(String);

impl Word {
    /// A word that was given.
    pub fn new(word: impl Into<String>) -> Self {
        Word(word.into())
    }
}

impl fmt::Debug for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Word")
    }
}

/// A protected database's record of its word.
#[derive(Clone, PartialEq)]
pub struct Protection {
    hash: String,
}

impl Protection {
    /// The protection by a word.
    pub fn by(word: &Word) -> Result<Self> {
        let failed = |error: &dyn fmt::Display| {
            Error::new(Code::Internal, format!("The hash of the word cannot be made: {error}."))
        };
        let (log_n, r, p) = COST;
        let params = Params::new(log_n, r, p).map_err(|error| failed(&error))?;
        let hash: PasswordHash =
            Scrypt::new_with_params(params).hash_password(word.0.as_bytes()).map_err(|error| failed(&error))?;
        Ok(Protection { hash: hash.to_string() })
    }

    /// The protection of a database; `None` if it is not protected.
    pub fn read(dialect: &dyn Dialect, connection: &mut dyn Execute) -> Result<Option<Self>> {
        Ok(settings::read(dialect, connection, SETTING)?.map(|hash| Protection { hash }))
    }

    /// Protects a database that is not protected. Within a transaction.
    pub fn add(&self, dialect: &dyn Dialect, connection: &mut dyn Execute) -> Result<()> {
        settings::add(dialect, connection, SETTING, &self.hash)
    }

    /// Ends it.
    pub fn remove(&self, connection: &mut dyn Execute) -> Result<()> {
        settings::remove(connection, SETTING)
    }

    /// Whether this is the word, compared in constant time. A hash that cannot be read accepts none.
    pub fn accepts(&self, word: &Word) -> bool {
        let hash = PasswordHash::new(&self.hash);
        hash.is_ok_and(|hash| Scrypt::new().verify_password(word.0.as_bytes(), &hash).is_ok())
    }
}

/// Whether work that destroys data needs the word of a protected database.
#[derive(Clone, Copy, Debug)]
pub enum Guard<'a> {
    /// It does not: a deployment applies revisions that were reviewed, or there is nothing to destroy.
    Open,
    /// It does; this is the word that was given.
    Word(Option<&'a Word>),
}

impl Guard<'_> {
    /// Whether this database lets nothing be destroyed without its word.
    pub fn closes(self, dialect: &dyn Dialect, connection: &mut dyn Execute) -> Result<bool> {
        match self {
            Guard::Open => Ok(false),
            Guard::Word(_) => Ok(Protection::read(dialect, connection)?.is_some()),
        }
    }

    /// Lets work go on that destroys data, if the database is not protected or the word is right. Within the transaction that
    /// destroys; `what` names the work (`the reset`), and `lost` is only asked if the work may not go on. Errors: `PROTECTED`.
    pub fn check(
        self,
        dialect: &dyn Dialect,
        connection: &mut dyn Execute,
        what: &str,
        lost: impl FnOnce(&mut dyn Execute) -> Result<Vec<Lost>>,
    ) -> Result<()> {
        let Guard::Word(word) = self else { return Ok(()) };
        let Some(protection) = Protection::read(dialect, connection)? else { return Ok(()) };
        if word.is_some_and(|word| protection.accepts(word)) {
            return Ok(());
        }
        Err(refused(what, word, lost(connection)?))
    }
}

fn refused(what: &str, word: Option<&Word>, mut lost: Vec<Lost>) -> Error {
    lost.sort_by_key(|lost| std::cmp::Reverse(lost.rows.unwrap_or(i64::MAX)));
    let mut items: Vec<String> = lost.iter().take(NAMED).map(Lost::told).collect();
    if lost.len() > NAMED {
        items.push(format!("and {} more", lost.len() - NAMED));
    }
    let told = match items.is_empty() {
        true => "would destroy its content".to_owned(),
        false => format!("would destroy data: {}", items.join("; ")),
    };
    let wrong = if word.is_some() { "This is not the word of the protection. " } else { "" };
    let message = format!("{wrong}The database is protected, and {what} {told}.");
    Error { lost, ..Error::new(Code::Protected, message) }
        .expected("the word of the protection")
        .found(if word.is_some() { "another word" } else { "no word" })
        .hint(
            "The person who has the word enters it at a terminal, or passes it on standard input; a program gives it \
             in `confirm`. Nothing was changed.",
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_accepted_by_its_own_protection_alone_and_is_never_shown() {
        let word = Word::new("correct horse");
        let (one, other) = (Protection::by(&word).unwrap(), Protection::by(&word).unwrap());
        assert!(one.accepts(&word) && other.accepts(&word));
        assert!(one.hash.starts_with("$scrypt$ln=15,r=8,p=3$") && one.hash != other.hash, "{}", one.hash);
        assert!(!one.accepts(&Word::new("correct horse ")) && !one.accepts(&Word::new("")));
        assert!(!Protection { hash: "unreadable".into() }.accepts(&word));
        let error = refused("the reset", Some(&word), Vec::new());
        assert!(!format!("{word:?} {error:?}").contains("horse"));
    }

    #[test]
    fn a_refusal_names_what_has_most_rows_first() {
        let lost = |table: &str, rows| Lost { table: Some(table.into()), rows, what: format!("the table {table}") };
        let error = refused("the reset", None, vec![lost("a", Some(1)), lost("b", Some(2)), lost("c", None)]);
        assert!(
            error.message.ends_with("the table c (rows unknown); the table b (2 rows); the table a (1 row)."),
            "{}",
            error.message
        );
        assert_eq!((error.code, error.lost.len()), (Code::Protected, 3));
    }
}
