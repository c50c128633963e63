//! Statements that would reach beyond the schema in which they are tried.

use crate::error::Result;
use crate::sql::{significant, tokens, unquoted, Kind, Rules};
use crate::statement::{Execute, Statement};
use crate::value::Value;
use std::collections::BTreeSet;

/// The schemas of the database, those of the server apart.
const SCHEMAS: &str =
    "SELECT nspname::text FROM pg_namespace WHERE nspname NOT IN ('pg_catalog', 'information_schema')";

/// The first statement that names a schema of the database, sets the path on which names are looked up, or changes something
/// other than tables; with these words. A schema with the name of one of these tables is left out: `users.email` is a column.
pub fn reaches_out<'s>(
    connection: &mut dyn Execute,
    statements: &[&'s str],
    tables: &[&str],
) -> Result<Option<(&'s str, String)>> {
    let rows = connection.query(&Statement::new(SCHEMAS))?;
    let schemas = rows.iter().filter_map(|row| row.first().and_then(Value::as_str));
    let schemas = schemas.filter(|name| !tables.contains(name)).map(str::to_owned).collect();
    Ok(statements.iter().find_map(|statement| Some((*statement, out(statement, &schemas)?))))
}

fn out(sql: &str, schemas: &BTreeSet<String>) -> Option<String> {
    let words: Vec<(String, bool)> = significant(sql, Rules::Postgres)
        .map(|token| {
            let text = &sql[token.at.clone()];
            match token.kind {
                Kind::Quoted(quote) => (unquoted(text, quote), false),
                _ => (text.to_lowercase(), token.kind == Kind::Word),
            }
        })
        .collect();
    let is = |at: usize, word: &str| words.get(at).is_some_and(|(text, plain)| *plain && text == word);
    for (at, (word, _)) in words.iter().enumerate() {
        let is_schema = schemas.contains(word) && words.get(at + 1).is_some_and(|(next, _)| next == ".");
        let is_member = at > 0 && words[at - 1].0 == ".";
        if is_schema && !is_member {
            return Some(format!("{word}."));
        }
        let is_own_path = is(at + 1, "from") && is(at + 2, "current");
        if is(at, "search_path") && !is_own_path {
            return Some("search_path".into());
        }
    }
    const KINDS: [&str; 8] =
        ["schema", "database", "role", "user", "tablespace", "publication", "subscription", "system"];
    if let Some(kind) =
        KINDS.iter().find(|kind| is(1, kind) && ["create", "alter", "drop"].iter().any(|verb| is(0, verb)))
    {
        return Some((*kind).into());
    }
    // The bodies of functions and of DO are texts.
    let bodies = tokens(sql, Rules::Postgres).filter(|token| token.kind == Kind::Text);
    bodies.map(|token| &sql[token.at]).filter(|text| text.starts_with('$')).find_map(|text| {
        let tag = text[1..].find('$').map_or(0, |end| end + 2);
        out(text.get(tag..text.len().saturating_sub(tag))?, schemas)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_schemas_are_found() {
        let schemas = ["public", "Audit"].map(str::to_owned).into();
        for (sql, found) in [
            ("UPDATE public.users SET a = 1", Some("public.")),
            ("INSERT INTO \"Audit\" . log SELECT 1", Some("Audit.")),
            ("SET search_path = public", Some("search_path")),
            ("SELECT set_config('search_path', 'public', false)", None),
            ("CREATE FUNCTION f() RETURNS trigger SET search_path FROM CURRENT AS $f$ BEGIN END $f$", None),
            ("DO $$ BEGIN DELETE FROM public.users; END $$", Some("public.")),
            ("CREATE SCHEMA other", Some("schema")),
            ("ALTER TABLE users ADD public text", None),
            ("SELECT users.public, pg_catalog.lower('public.users')", None),
        ] {
            assert_eq!(out(sql, &schemas).as_deref(), found, "{sql}");
        }
    }
}
