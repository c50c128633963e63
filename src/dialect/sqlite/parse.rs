//! Reading SQLite's own SQL: the texts of `sqlite_schema`, given to the parser, and texts that it
//! could not read kept apart.

use sqlite3_parser::ast::{AlterTableBody, Cmd, Stmt};
use sqlite3_parser::lexer::sql::Parser;
use sqlite3_parser::{Bump, FallibleIterator};
use std::panic::{catch_unwind, AssertUnwindSafe};

/// Reads one statement; `None` where the parser cannot. It knows SQLite's grammar, but not that of every version, and it
/// panics on some faults that SQLite itself would never store: neither is a reason to fail.
pub(super) fn statement<T>(sql: &str, read: impl FnOnce(&Stmt<'_>) -> Option<T>) -> Option<T> {
    catch_unwind(AssertUnwindSafe(|| {
        let arena = Bump::new();
        let mut parser = Parser::new(&arena, sql.as_bytes());
        let parsed = parser.next();
        match &parsed {
            Ok(Some(Cmd::Stmt(statement))) => read(statement),
            _ => None,
        }
    }))
    .ok()
    .flatten()
}

/// The effect of a statement that changes more than its text names.
#[derive(Debug, PartialEq)]
pub(super) enum Alteration {
    /// Makes this table.
    Create(String),
    /// Drops this table, and what hangs on it.
    Drop(String),
    /// Gives the first table the second name.
    Rename(String, String),
    /// Renames or drops a column of this table.
    Column(String),
    /// Drops this index or trigger.
    DropHanging(String),
}

/// Reads a statement for it. Scripts can be long, and few statements matter: the others are not parsed.
pub(super) fn alteration(sql: &str) -> Option<Alteration> {
    let bare = bare(sql);
    let first = bare.split_whitespace().next()?;
    if !["CREATE", "DROP", "ALTER"].iter().any(|word| first.eq_ignore_ascii_case(word)) {
        return None;
    }
    statement(bare, |read| match read {
        Stmt::CreateTable { tbl_name, .. } => Some(Alteration::Create(unquoted(tbl_name.name.0))),
        Stmt::DropTable { tbl_name, .. } => Some(Alteration::Drop(unquoted(tbl_name.name.0))),
        Stmt::AlterTable(table, AlterTableBody::RenameTo(name)) => {
            Some(Alteration::Rename(unquoted(table.name.0), unquoted(name.0)))
        }
        Stmt::AlterTable(table, AlterTableBody::RenameColumn { .. } | AlterTableBody::DropColumn(_)) => {
            Some(Alteration::Column(unquoted(table.name.0)))
        }
        Stmt::DropIndex { idx_name: name, .. } | Stmt::DropTrigger { trigger_name: name, .. } => {
            Some(Alteration::DropHanging(unquoted(name.name.0)))
        }
        _ => None,
    })
}

/// A statement without the comments before it.
fn bare(sql: &str) -> &str {
    let mut rest = sql.trim_start();
    while let Some(comment) = rest.strip_prefix("--") {
        rest = comment.split_once('\n').map_or("", |(_, after)| after).trim_start();
    }
    rest
}

/// A name without its quotes.
pub(super) fn unquoted(name: &str) -> String {
    let mut letters = name.chars();
    let close = match letters.next() {
        Some(quote @ ('"' | '\'' | '`')) => quote,
        Some('[') => ']',
        _ => return name.to_owned(),
    };
    let inner = letters.as_str().strip_suffix(close).unwrap_or(letters.as_str());
    match close {
        ']' => inner.to_owned(),
        quote => inner.replace(&format!("{quote}{quote}"), &quote.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_their_quotes() {
        for (written, name) in
            [("a", "a"), ("\"a\"\"b\"", "a\"b"), ("`a``b`", "a`b"), ("[a\"b]", "a\"b"), ("'it''s'", "it's"), ("", "")]
        {
            assert_eq!(unquoted(written), name);
        }
    }

    #[test]
    fn what_cannot_be_read_is_none() {
        for sql in ["", "nonsense", "CREATE TABLE t (a", "CREATE TABLE t (a) NEWFANGLED"] {
            assert_eq!(statement(sql, |_| Some(())), None, "{sql}");
        }
        assert_eq!(statement("CREATE TABLE t (a)", |_| Some(())), Some(()));
    }
}
