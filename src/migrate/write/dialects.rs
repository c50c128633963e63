//! The databases that a revision has scripts for, as options of verbs.

use crate::dialect::DialectName;
use crate::diff::{Backfill, Choices, RowValue};
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

/// Checks that values with an expression for each database have one for exactly these. Errors: `CHOICE_INVALID`.
pub(super) fn check_choices(choices: &Choices, dialects: &[DialectName]) -> Result<()> {
    for Backfill { table, column, value } in &choices.backfills {
        let RowValue::Each(each) = value else { continue };
        let names: Vec<&str> = dialects.iter().map(|dialect| dialect.as_str()).collect();
        let missing = names.iter().find(|name| !each.0.contains_key(**name));
        let extra = each.0.keys().find(|name| !names.contains(&name.as_str()));
        let (what, hint) = match (missing, extra) {
            (Some(name), _) => (
                format!("it has no expression for {name}"),
                format!("Add --backfill \"{table}.{column}={name}:<SQL expression>\"; or write one expression for all databases."),
            ),
            (None, Some(name)) => (
                format!("it has an expression for {name}, and the revision is not for {name}"),
                format!("Leave out --backfill \"{table}.{column}={name}:...\"."),
            ),
            (None, None) => continue,
        };
        let message = format!("The choice for {table}.{column} cannot be followed: {what}.");
        return Err(Error::new(Code::ChoiceInvalid, message)
            .table(table)
            .column(column)
            .expected(format!("expressions for {}", names.join(" and ")))
            .found(format!("expressions for {}", each.0.keys().cloned().collect::<Vec<_>>().join(" and ")))
            .hint(hint));
    }
    Ok(())
}
