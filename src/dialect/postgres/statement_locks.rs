//! Which locks a statement of a script asks for, as far as its words tell, and the settings with which it waits for them.

use crate::dialect::lock_wait::LockWait;
use crate::dialect::lower::Lower;
use crate::error::Result;
use crate::sql::{significant, Kind, Rules, Token};
use crate::statement::{Execute, Statement};
use crate::value::Value;

/// How long a statement that reads or writes rows waits for them.
const ROWS: &str = "10s";

/// Statements that change objects, and can run in a transaction.
const CHANGES: [&str; 6] = ["alter", "create", "drop", "truncate", "lock", "comment"];
/// Objects whose statements run in no transaction, or lock no table.
const OUTSIDE: [&str; 5] = ["database", "tablespace", "system", "subscription", "role"];
const ROW_VERBS: [&str; 8] = ["select", "insert", "update", "delete", "merge", "with", "copy", "values"];

/// How a statement waits.
pub(super) fn of(statement: &str) -> LockWait {
    if Lower::of(statement).is_some() {
        return LockWait::Brief;
    }
    let tokens: Vec<Token> = significant(statement, Rules::Postgres).collect();
    let words: Vec<String> = tokens.iter().map(|token| word(statement, token)).collect();
    let first = words.first().map(String::as_str).unwrap_or_default();
    let has = |word: &str| words.iter().any(|it| it == word);
    let concurrently = matches!(first, "create" | "drop" | "reindex" | "alter") && has("concurrently");
    let vacuums = matches!(first, "vacuum" | "analyze") && !has("full");
    if concurrently || vacuums || first == "alter" && only_validates(&words) {
        return LockWait::Unlimited;
    }
    if CHANGES.contains(&first) && !words.get(1).is_some_and(|second| OUTSIDE.contains(&second.as_str())) {
        return LockWait::Brief;
    }
    match ROW_VERBS.contains(&first) {
        true => LockWait::Rows,
        false => LockWait::Session,
    }
}

/// A word in lower case, a sign as it is, and all else as one that no keyword is.
fn word(statement: &str, token: &Token) -> String {
    match token.kind {
        Kind::Word | Kind::Sign(_) => statement[token.at.clone()].to_ascii_lowercase(),
        _ => "?".into(),
    }
}

/// Whether ALTER TABLE does nothing but VALIDATE CONSTRAINT.
fn only_validates(words: &[String]) -> bool {
    let mut rest = words.iter().map(String::as_str).skip(1).peekable();
    if rest.next() != Some("table") {
        return false;
    }
    while rest.next_if(|word| matches!(*word, "if" | "exists" | "only")).is_some() {}
    // The name of the table, and of its schema.
    rest.next();
    while rest.next_if_eq(&".").is_some() {
        rest.next();
    }
    let rest: Vec<&str> = rest.filter(|word| *word != "*").collect();
    rest.split(|word| *word == ",").all(|action| action.len() == 3 && action[..2] == ["validate", "constraint"])
}

/// Has the statements that follow wait like this. Within a transaction its settings end with it; outside of one, those of the
/// session change only for a wait without a limit, and if the session has a limit.
pub(super) fn set(connection: &mut dyn Execute, wait: LockWait, transactional: bool) -> Result<()> {
    if transactional {
        let limit = match wait {
            LockWait::Unlimited => "0".into(),
            LockWait::Rows => ROWS.into(),
            LockWait::Brief | LockWait::Session => format!("{}ms", connection.patience().locks.once.as_millis()),
        };
        return connection.batch(&format!("SET LOCAL lock_timeout = '{limit}'"));
    }
    // With a pooler the settings would reach the sessions of others.
    if connection.is_pooled() {
        return Ok(());
    }
    if wait != LockWait::Unlimited {
        return connection.batch("RESET lock_timeout; RESET statement_timeout");
    }
    let sql = "SELECT current_setting('lock_timeout') <> '0' OR current_setting('statement_timeout') <> '0'";
    let limited = connection.query(&Statement::new(sql))?;
    match limited.first().is_some_and(|row| row.first() == Some(&Value::Bool(true))) {
        true => connection.batch("SET lock_timeout = 0; SET statement_timeout = 0"),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_wait_as_their_locks_demand() {
        use LockWait::{Brief, Rows, Session, Unlimited};
        for (statement, wait) in [
            ("ALTER TABLE users ADD name text", Brief),
            ("create index i on users (name)", Brief),
            ("CREATE UNIQUE INDEX CONCURRENTLY i ON users (name)", Unlimited),
            ("DROP INDEX CONCURRENTLY IF EXISTS i", Unlimited),
            ("REINDEX TABLE CONCURRENTLY users", Unlimited),
            ("ALTER TABLE parts DETACH PARTITION p CONCURRENTLY", Unlimited),
            ("ALTER TABLE users VALIDATE CONSTRAINT c", Unlimited),
            ("-- why\nALTER TABLE ONLY app.\"users\" VALIDATE CONSTRAINT c, VALIDATE CONSTRAINT \"d\"", Unlimited),
            ("ALTER TABLE users VALIDATE CONSTRAINT c, ALTER name SET NOT NULL", Brief),
            ("ALTER TABLE users ADD CONSTRAINT validate CHECK (a > 0)", Brief),
            ("LOCK TABLE users", Brief),
            ("VACUUM (ANALYZE) users", Unlimited),
            ("VACUUM FULL users", Session),
            ("CREATE DATABASE other", Session),
            ("UPDATE users SET name = 'concurrently'", Rows),
            ("WITH a AS (SELECT 1) INSERT INTO users SELECT * FROM a", Rows),
            ("DO $$ BEGIN ALTER TABLE users ADD name text; END $$", Session),
            ("SET LOCAL lock_timeout = '1s'", Session),
            ("", Session),
        ] {
            assert_eq!(of(statement), wait, "{statement}");
        }
    }
}
