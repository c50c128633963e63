//! The databases that a revision has scripts for, as options of verbs.

use crate::dialect::DialectName;
use crate::error::{Code, Error, Result};

/// All of them.
pub(super) fn all_dialects() -> Vec<DialectName> {
    DialectName::ALL.into()
}

/// Checks that the options of a verb name at least one. Errors: `UNKNOWN_OPTION`.
pub(super) fn check_dialects(dialects: &[DialectName]) -> Result<()> {
    match dialects.is_empty() {
        false => Ok(()),
        true => Err(Error::new(Code::UnknownOption, "The dialects of a revision are an empty list.")
            .expected(DialectName::ALL.map(DialectName::as_str).join(", "))
            .found("none")
            .hint("Name one of them or both.")),
    }
}
