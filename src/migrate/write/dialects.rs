//! The dialects that a revision has scripts for, by their names.

use crate::dialect::postgres::syntax::Postgres;
use crate::dialect::sqlite::syntax::Sqlite;
use crate::dialect::Dialect;
use crate::error::{Code, Error, Result};
use crate::migrate::disk::record::DIALECTS;

/// The names of all dialects.
pub(super) fn dialects() -> Vec<String> {
    DIALECTS.map(String::from).into()
}

/// The dialect of this name.
pub(super) fn dialect(name: &str) -> &'static dyn Dialect {
    match name {
        "postgres" => &Postgres,
        _ => &Sqlite,
    }
}

/// Checks the names of dialects in the options of a verb. Errors: `UNKNOWN_OPTION`.
pub(super) fn check_dialects(dialects: &[String]) -> Result<()> {
    let odd = dialects.iter().find(|dialect| !DIALECTS.contains(&dialect.as_str()));
    match (odd, dialects.is_empty()) {
        (None, false) => Ok(()),
        (odd, _) => Err(Error::new(Code::UnknownOption, "The dialects of a revision are not what they can be.")
            .expected(DIALECTS.join(", "))
            .found(odd.cloned().unwrap_or("none".into()))
            .hint("Name one of them or both.")),
    }
}
