//! SQL that a person wrote and that is not run: what steers transactions, and what would stay with the connection.

use crate::error::{Code, Error, Result};
use crate::sql::{significant, Kind, Rules, Token};

/// Statements by their first word, and what to use instead.
const REFUSED: [(&[&str], &str, &str); 3] = [
    (
        &["BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT", "SAVEPOINT", "RELEASE"],
        "is transaction control",
        "Use db.transaction() or db.session().",
    ),
    (
        &["SET", "RESET", "DISCARD", "LISTEN", "UNLISTEN", "PREPARE", "EXECUTE", "DEALLOCATE", "LOAD"],
        "changes the state of a connection that others use too",
        "Within a transaction use SET LOCAL; for every connection put it into the URL: ?options=-c%20name%3Dvalue.",
    ),
    (&["COPY"], "moves data beside the protocol of statements", "Use createMany() and list()."),
];

/// Refuses a statement by what it does. Errors: `SQL_REFUSED`.
pub fn statement(sql: &str) -> Result<()> {
    // A query may begin in brackets, and a semicolon with nothing before it is nothing.
    let begins = |token: &Token| !matches!(token.kind, Kind::Sign('(' | ';'));
    let mut tokens = significant(sql, Rules::Postgres).filter(begins);
    let Some(first) = tokens.next() else {
        return Err(Error::new(Code::SqlRefused, "sql`` does not run an empty statement.").hint("Write one statement."));
    };
    let first = sql[first.at].to_ascii_uppercase();
    let Some((_, does, instead)) = REFUSED.iter().find(|(list, _, _)| list.contains(&first.as_str())) else {
        return Ok(());
    };
    // It ends with the transaction that it is in; outside of one it does nothing.
    if first == "SET" && tokens.next().is_some_and(|second| sql[second.at].eq_ignore_ascii_case("local")) {
        return Ok(());
    }
    Err(Error::new(Code::SqlRefused, format!("{first} {does}.")).hint(*instead))
}

/// Refuses a statement whose parameters are not those that are bound: a value inside quotes or a
/// comment of the SQL is not a parameter, and would be dropped silently. Errors: `SQL_REFUSED`.
pub fn parameters(given: usize, expected: usize) -> Result<()> {
    if expected < given {
        return Err(misplaced(Some(expected + 1)));
    }
    if expected > given {
        return Err(Error::new(Code::SqlRefused, "The SQL has a parameter of its own that no value is bound to.")
            .hint("Write the value into the template: ${value}."));
    }
    Ok(())
}

/// A value that the SQL has no place for, by its number from 1 where that is known.
pub fn misplaced(number: Option<usize>) -> Error {
    let value = number.map_or("A value".into(), |n| format!("Value {n}"));
    Error::new(
        Code::SqlRefused,
        format!("{value} of the SQL stands inside quotes or a comment, where it is not bound."),
    )
    .hint("Build the text in JavaScript and bind it whole: LIKE ${`%${word}%`}.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_known_by_their_first_word() {
        for sql in [
            "BEGIN",
            " commit;",
            "/* a /* b */ c */ rollback",
            "-- x\nSAVEPOINT a",
            "set x = 1",
            "LISTEN a",
            "copy t from stdin",
            "",
            "-- only a comment",
            "/* open",
        ] {
            assert_eq!(statement(sql).unwrap_err().code, Code::SqlRefused, "{sql}");
        }
        for sql in ["SELECT 1", "SET LOCAL x = 1", "(SELECT 1)", "WITH begin AS (SELECT 1) SELECT 1"] {
            assert_eq!(statement(sql), Ok(()), "{sql}");
        }
    }

    #[test]
    fn values_in_quotes_are_no_parameters() {
        assert_eq!(parameters(1, 1), Ok(()));
        assert_eq!(parameters(1, 0).unwrap_err().code, Code::SqlRefused);
        assert_eq!(parameters(0, 1).unwrap_err().code, Code::SqlRefused);
    }
}
