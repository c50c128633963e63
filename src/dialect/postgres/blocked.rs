//! The session that another one waits for: its user, its state, and the way to end it. Of its statement no more than the verb and
//! the table: literals may be secret.

use crate::sql::{significant, unquoted, Kind, Rules, Token};
use crate::statement::{Blocker, Row, Sight};
use crate::value::Value;

/// How the session is found that a session of this server waits for.
pub const BLOCKED: Sight = Sight { sql: SQL, read };

/// The oldest transactions first. A role that may not see a session sees its number, application and user.
const SQL: &str = "
SELECT b.pid::bigint, nullif(a.application_name, ''), a.usename::text, a.state,
  extract(epoch FROM clock_timestamp() - a.xact_start)::bigint,
  CASE WHEN a.state IS NOT NULL THEN a.query END,
  a.pid IS NOT NULL AND a.usesysid IS NULL,
  l.relation::regclass::text, c.relname::text
FROM pg_stat_get_activity($1) w
CROSS JOIN LATERAL (SELECT DISTINCT unnest(pg_blocking_pids(w.pid)) AS pid) b
LEFT JOIN pg_stat_activity a ON a.pid = b.pid
LEFT JOIN LATERAL (
  SELECT relation FROM pg_locks WHERE pid = w.pid AND NOT granted AND locktype = 'relation' LIMIT 1) l ON true
LEFT JOIN pg_class c ON c.oid = l.relation
WHERE w.wait_event_type = 'Lock'
ORDER BY a.xact_start NULLS LAST, b.pid";

/// The first words of statements that messages repeat.
const VERBS: &str = " alter analyze begin call close cluster comment commit copy create declare delete do drop execute explain \
fetch grant insert listen lock merge prepare refresh reindex release rollback savepoint select set show start truncate update \
vacuum values with ";

/// The words before the name of a table, and those between.
const BEFORE: &str = " from into update table join truncate copy ";
const BETWEEN: &str = " only if not exists lateral concurrently ";

fn read(rows: &[Row]) -> Option<Blocker> {
    let row = rows.first()?;
    let text = |at: usize| row.get(at).and_then(Value::as_str);
    let number = |at: usize| row.get(at).and_then(Value::as_int);
    let (pid, table) = (number(0)?, text(8).map(str::to_owned));
    let more = match rows.len() {
        1 => String::new(),
        n => format!(", and {} more", n - 1),
    };
    // The server numbers prepared transactions so.
    if pid == 0 {
        let name = format!("a prepared transaction (pg_prepared_xacts lists them){more}");
        let end = Some("end it with COMMIT PREPARED or ROLLBACK PREPARED".into());
        return Some(Blocker { name, end, table, vacuums: None });
    }
    let end = Some(format!("`SELECT pg_terminate_backend({pid})` ends it"));
    if row.get(6) == Some(&Value::Bool(true)) {
        let name = format!("the session {pid}, which is the server's own (autovacuum){more}");
        return Some(Blocker { name, end, table, vacuums: text(7).map(str::to_owned) });
    }
    let application = text(1).map(|name| format!(" ({name})")).unwrap_or_default();
    let user = text(2).map(|name| format!(" of {name}")).unwrap_or_default();
    let does = match (text(3), number(4)) {
        (Some(state), Some(seconds)) => format!("{state}, its transaction is {seconds} s old"),
        (Some(state), None) => state.to_owned(),
        (None, _) => "state unknown to this role".into(),
    };
    let statement = match text(5) {
        Some(sql) => format!("last statement: {}", in_brief(sql)),
        None => "last statement unknown to this role".into(),
    };
    Some(Blocker {
        name: format!("the session {pid}{application}{user}: {does}, {statement}{more}"),
        end,
        table,
        vacuums: None,
    })
}

/// A statement as its verb and its first table: `SELECT on users`.
fn in_brief(sql: &str) -> String {
    let tokens: Vec<Token> = significant(sql, Rules::Postgres).collect();
    let word = |token: &Token| sql[token.at.clone()].to_ascii_lowercase();
    let is = |token: &Token, of: &str| token.kind == Kind::Word && of.contains(&format!(" {} ", word(token)));
    let Some(verb) = tokens.first().filter(|token| is(token, VERBS)) else { return "unknown".into() };
    let begins = |at: &usize| is(&tokens[*at], BEFORE);
    let name = (0..tokens.len()).filter(begins).find_map(|at| {
        let mut rest = tokens[at + 1..].iter().skip_while(|token| is(token, BETWEEN));
        let mut name = part(sql, rest.next()?)?;
        while rest.next().is_some_and(|token| token.kind == Kind::Sign('.')) {
            name = format!("{name}.{}", part(sql, rest.next()?)?);
        }
        Some(name)
    });
    let verb = word(verb).to_ascii_uppercase();
    name.map_or(verb.clone(), |name| format!("{verb} on {name}"))
}

/// A part of a name.
fn part(sql: &str, token: &Token) -> Option<String> {
    let written = &sql[token.at.clone()];
    match token.kind {
        Kind::Word if !BEFORE.contains(&format!(" {} ", written.to_ascii_lowercase())) => Some(written.to_owned()),
        Kind::Quoted(quote) => Some(unquoted(written, quote)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_told_without_its_literals() {
        for (sql, told) in [
            ("SELECT * FROM users WHERE email = 'secret'", "SELECT on users"),
            ("select 'secret', (select 1) from (select * from \"My Table\" m) t", "SELECT on My Table"),
            ("INSERT INTO app.users VALUES ('secret')", "INSERT on app.users"),
            ("UPDATE ONLY users SET name = $$secret from here$$", "UPDATE on users"),
            ("/* secret */ DELETE FROM users -- secret", "DELETE on users"),
            ("WITH a AS (SELECT 'secret') SELECT * FROM a", "WITH on a"),
            ("LOCK TABLE users IN SHARE MODE", "LOCK on users"),
            ("SELECT substring('secret' FROM 2)", "SELECT"),
            ("COMMIT", "COMMIT"),
            ("secret", "unknown"),
            ("'secret'", "unknown"),
            ("", "unknown"),
            ("<insufficient privilege>", "unknown"),
        ] {
            assert_eq!(in_brief(sql), told, "{sql}");
        }
    }
}
