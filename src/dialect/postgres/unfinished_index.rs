//! Statements that run outside a transaction and may end half-way: the index that CREATE INDEX CONCURRENTLY leaves behind, and
//! the constraint that VALIDATE CONSTRAINT found rows against.

use crate::dialect::quote;
use crate::dialect::waiting::{wait, Holder};
use crate::error::Result;
use crate::sql::{significant, unquoted, Kind, Rules, Token};
use crate::statement::{Execute, Statement};
use crate::value::Value;

/// An object that a statement makes or checks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Checked {
    /// An index that is made concurrently.
    Index {
        /// Its name.
        name: String,
        /// Its table.
        table: String,
    },
    /// A constraint that is validated.
    Constraint {
        /// Its name.
        name: String,
        /// Its table.
        table: String,
    },
}

impl Checked {
    /// The object of a statement; `None` if the statement is another one.
    pub fn of(statement: &str) -> Option<Checked> {
        let tokens: Vec<Token> = significant(statement, Rules::Postgres).collect();
        let mut names = tokens.iter().filter_map(|token| part(statement, token));
        let mut next = || names.next();
        let is = |part: Option<(String, bool)>, word: &str| part.is_some_and(|(name, plain)| plain && name == word);
        match next()?.0.as_str() {
            "create" => {
                let mut word = next()?;
                if word.0 == "unique" {
                    word = next()?;
                }
                if word.0 != "index" || !is(next(), "concurrently") {
                    return None;
                }
                let mut name = next()?;
                if name == ("if".into(), true) {
                    next()?;
                    next()?;
                    name = next()?;
                }
                if !is(next(), "on") {
                    return None;
                }
                let mut table = next()?;
                if table == ("only".into(), true) {
                    table = next()?;
                }
                Some(Checked::Index { name: name.0, table: table.0 })
            }
            "alter" => {
                let words: Vec<(String, bool)> = std::iter::from_fn(next).collect();
                let at = words
                    .windows(2)
                    .position(|pair| pair[0] == ("validate".into(), true) && pair[1] == ("constraint".into(), true))?;
                // `table`, the table, and what names the constraint.
                let table = words[..at].iter().next_back()?.0.clone();
                Some(Checked::Constraint { name: words.get(at + 2)?.0.clone(), table })
            }
            _ => None,
        }
    }
}

/// The index that a statement drops concurrently, if it names it without a schema.
pub fn dropped_index(statement: &str) -> Option<String> {
    let tokens: Vec<Token> = significant(statement, Rules::Postgres).collect();
    let parts: Vec<(String, bool)> = tokens.iter().map(|token| part(statement, token)).collect::<Option<_>>()?;
    let words: Vec<&str> = parts.iter().map(|(name, plain)| if *plain { name.as_str() } else { "" }).collect();
    match words.as_slice() {
        ["drop", "index", "concurrently", "if", "exists", _] | ["drop", "index", "concurrently", _] => {
            parts.last().map(|(name, _)| name.clone())
        }
        _ => None,
    }
}

/// A word in lower case, or a name in quotes, and whether it stands without quotes.
fn part(sql: &str, token: &Token) -> Option<(String, bool)> {
    let written = &sql[token.at.clone()];
    match token.kind {
        Kind::Word => Some((written.to_ascii_lowercase(), true)),
        Kind::Quoted(quote) => Some((unquoted(written, quote), false)),
        _ => None,
    }
}

/// An existing index of a name, on the table that the name was meant for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundIndex {
    /// Its name with its schema, as SQL.
    pub sql: String,
    /// Whether it is whole.
    pub is_valid: bool,
}

/// The index of this name on this table, once no session makes it any more: the server ends a statement only when the
/// statement has an answer for a process that is gone. Errors: `BUSY` if one makes it for too long.
pub fn find_index(connection: &mut dyn Execute, name: &str, table: &str) -> Result<Option<FoundIndex>> {
    let mut ask = |connection: &mut dyn Execute| Ok(maker(connection, name, table)?.is_none());
    let mut look = |connection: &mut dyn Execute| Ok(maker(connection, name, table)?.unwrap_or_default());
    wait(connection, &mut ask, &mut look)?;
    let sql = "SELECT i.indexrelid::regclass::text, i.indisvalid AND i.indisready FROM pg_index i \
               JOIN pg_class c ON c.oid = i.indexrelid WHERE c.relname = $1 AND i.indrelid = to_regclass($2)";
    let statement = Statement::new(sql).bind(name).bind(quote(table).as_str());
    let rows = connection.query(&statement)?;
    Ok(rows.first().and_then(|row| {
        let sql = row.first()?.as_str()?.to_owned();
        Some(FoundIndex { sql, is_valid: row.get(1) == Some(&Value::Bool(true)) })
    }))
}

/// The session that makes this index, or drops it.
fn maker(connection: &mut dyn Execute, name: &str, table: &str) -> Result<Option<Holder>> {
    let sql = "SELECT l.pid::bigint, concat_ws(' ', p.phase, p.blocks_done, p.tuples_done, p.lockers_done) \
               FROM pg_class c JOIN pg_index i ON i.indexrelid = c.oid \
               JOIN pg_locks l ON l.locktype = 'relation' AND l.granted AND l.relation = i.indrelid \
                 AND l.mode = 'ShareUpdateExclusiveLock' \
                 AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) \
               JOIN pg_stat_activity a ON a.pid = l.pid AND a.query ILIKE '%concurrently%' \
               LEFT JOIN pg_stat_progress_create_index p ON p.pid = l.pid \
               WHERE c.relname = $1 AND i.indrelid = to_regclass($2) AND NOT (i.indisvalid AND i.indisready) \
                 AND l.pid <> pg_backend_pid()";
    let rows = connection.query(&Statement::new(sql).bind(name).bind(quote(table).as_str()))?;
    let Some(row) = rows.first() else { return Ok(None) };
    let pid = row.first().and_then(Value::as_int).unwrap_or_default();
    Ok(Some(Holder {
        name: Some(format!("the session {pid}, which makes the index {name}")),
        end: Some(format!("end it (`SELECT pg_terminate_backend({pid})`)")),
        mark: row.get(1).and_then(Value::as_str).unwrap_or_default().to_owned(),
    }))
}

/// The statement that drops an index beside others that use its table.
pub fn drop_index(index: &FoundIndex) -> String {
    format!("DROP INDEX CONCURRENTLY IF EXISTS {}", index.sql)
}

/// The rule that rows broke.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Rows may not be alike in these parts, as SQL, if they meet the condition.
    Unique(Vec<String>, Option<String>),
    /// Rows meet a condition.
    Check(String),
    /// Rows point with these columns to rows of this table (SQL) with those.
    Reference(Vec<String>, String, Vec<String>),
}

/// The rule of an existing object that rows broke; `None` if it is gone.
pub fn rule(connection: &mut dyn Execute, checked: &Checked) -> Result<Option<Rule>> {
    let (sql, name, table) = match checked {
        Checked::Index { name, table } => (INDEX, name, table),
        Checked::Constraint { name, table } => (CONSTRAINT, name, table),
    };
    let rows = connection.query(&Statement::new(sql).bind(name.as_str()).bind(quote(table).as_str()))?;
    let text = |row: &[Value], at: usize| row.get(at).and_then(Value::as_str).map(str::to_owned);
    let texts = |at: usize| rows.iter().filter_map(|row| text(row, at)).collect::<Vec<String>>();
    let Some(first) = rows.first() else { return Ok(None) };
    Ok(match text(first, 0).as_deref() {
        Some("u") => Some(Rule::Unique(texts(1), text(first, 2))),
        Some("c") => text(first, 2).map(Rule::Check),
        Some("f") => text(first, 2).map(|parent| Rule::Reference(texts(1), parent, texts(3))),
        _ => None,
    })
}

const INDEX: &str = "
SELECT 'u', pg_get_indexdef(i.indexrelid, k, false), pg_get_expr(i.indpred, i.indrelid)
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid, generate_series(1, i.indnkeyatts) k
WHERE c.relname = $1 AND i.indrelid = to_regclass($2) AND i.indisunique ORDER BY k";

const CONSTRAINT: &str = "
SELECT o.contype::text, a.attname::text,
  CASE WHEN o.contype = 'f' THEN o.confrelid::regclass::text ELSE pg_get_expr(o.conbin, o.conrelid) END, b.attname::text
FROM pg_constraint o
LEFT JOIN LATERAL unnest(o.conkey) WITH ORDINALITY k (mine, at) ON o.contype = 'f'
LEFT JOIN pg_attribute a ON a.attrelid = o.conrelid AND a.attnum = k.mine
LEFT JOIN pg_attribute b ON b.attrelid = o.confrelid AND b.attnum = o.confkey[k.at]
WHERE o.conname = $1 AND o.conrelid = to_regclass($2) ORDER BY k.at";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_object_of_a_statement_is_found() {
        let index = |name: &str, table: &str| Some(Checked::Index { name: name.into(), table: table.into() });
        let constraint = |name: &str, table: &str| Some(Checked::Constraint { name: name.into(), table: table.into() });
        for (statement, found) in [
            ("CREATE UNIQUE INDEX CONCURRENTLY \"A\"\n  ON \"My users\" (lower(\"email\"))", index("A", "My users")),
            ("-- why\ncreate index concurrently if not exists a on only users (b)", index("a", "users")),
            ("CREATE INDEX a ON users (b)", None),
            ("ALTER TABLE \"users\" VALIDATE CONSTRAINT \"c\"", constraint("c", "users")),
            ("ALTER TABLE \"users\" ADD CHECK (a > 0)", None),
            ("DROP INDEX CONCURRENTLY IF EXISTS a", None),
            ("", None),
        ] {
            assert_eq!(Checked::of(statement), found, "{statement}");
        }
    }

    #[test]
    fn a_dropped_index_is_found_by_its_name_alone() {
        for (statement, found) in [
            ("DROP INDEX CONCURRENTLY IF EXISTS \"The \"\"a\"\"\"", Some("The \"a\"")),
            ("-- why\ndrop index concurrently A", Some("a")),
            ("DROP INDEX CONCURRENTLY public.a", None),
            ("DROP INDEX CONCURRENTLY a, b", None),
            ("DROP INDEX a", None),
            ("DROP TABLE a", None),
        ] {
            assert_eq!(dropped_index(statement).as_deref(), found, "{statement}");
        }
    }
}
