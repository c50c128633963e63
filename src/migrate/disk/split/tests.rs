//! Splitting scripts: what ends a statement, and what only looks like it.

use super::{no_transaction, split, statements};
use crate::sql::Rules;
use proptest::prelude::*;

fn sql(script: &str, rules: Rules) -> Vec<&str> {
    statements(script, rules).into_iter().map(|piece| piece.sql).collect()
}

/// The same on both.
fn both(script: &str) -> Vec<&str> {
    let sqlite = sql(script, Rules::Sqlite);
    assert_eq!(sqlite, sql(script, Rules::Postgres), "{script}");
    sqlite
}

#[test]
fn statements_end_at_semicolons() {
    assert_eq!(both("SELECT 1; SELECT 2 ;\n\nSELECT 3"), ["SELECT 1", "SELECT 2", "SELECT 3"]);
    assert_eq!(both("CREATE TABLE a (\n  b text -- c;\n);"), ["CREATE TABLE a (\n  b text -- c;\n)"]);
    assert_eq!(both(";;a;;"), ["a"]);
}

#[test]
fn comments_alone_are_no_statements() {
    for script in ["", "\n", "-- a; b", "-- a\n/* b; */\n", ";", "/* open; "] {
        assert_eq!(both(script), [""; 0], "{script}");
    }
    assert_eq!(both("-- the first\nSELECT 1;\n-- the end\n"), ["SELECT 1"]);
    assert_eq!(both("SELECT 1 -- one\n;"), ["SELECT 1"]);
    assert_eq!(both("SELECT 1 -- without an end"), ["SELECT 1"]);
}

#[test]
fn quotes_hold_semicolons() {
    assert_eq!(both("SELECT ';', 'it''s;', \";\"\";\"; b"), ["SELECT ';', 'it''s;', \";\"\";\"", "b"]);
    assert_eq!(both("SELECT '\\'; b"), ["SELECT '\\'", "b"], "a backslash is a letter");
    assert_eq!(both("SELECT '--'; b"), ["SELECT '--'", "b"]);
    assert_eq!(both("SELECT 'open; b"), ["SELECT 'open; b"]);
    assert_eq!(sql("SELECT `;`, [;]]; b", Rules::Sqlite), ["SELECT `;`, [;]]", "b"]);
    assert_eq!(sql("SELECT `;", Rules::Postgres), ["SELECT `"]);
    assert_eq!(sql("SELECT a[1;", Rules::Postgres), ["SELECT a[1"]);
}

#[test]
fn what_only_postgres_has() {
    let escapes = "SELECT E'\\';', e'a''\\';'; b";
    assert_eq!(sql(escapes, Rules::Postgres), ["SELECT E'\\';', e'a''\\';'", "b"]);
    assert_eq!(
        sql("SELECT type'\\'; b", Rules::Postgres),
        ["SELECT type'\\'", "b"],
        "a word that ends in e is not the prefix E"
    );
    let function = "CREATE FUNCTION f() RETURNS int AS $$ SELECT 1; $$ LANGUAGE sql; b";
    assert_eq!(sql(function, Rules::Postgres).len(), 2);
    let tagged = "DO $é1$ BEGIN; $$; $é$; END $é1$; b";
    assert_eq!(sql(tagged, Rules::Postgres).len(), 2);
    assert_eq!(sql("SELECT $1; SELECT a$b$; c$b$", Rules::Postgres), ["SELECT $1", "SELECT a$b$", "c$b$"]);
    assert_eq!(sql("/* a /* b; */ c; */ SELECT 1; b", Rules::Postgres), ["SELECT 1", "b"]);
    assert_eq!(sql("/* a /* b; */ SELECT 1; b", Rules::Sqlite), ["SELECT 1", "b"]);
    let rule = "CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2); b";
    assert_eq!(sql(rule, Rules::Postgres).len(), 2);
    let atomic =
        "CREATE OR REPLACE FUNCTION f(a int DEFAULT 1) RETURNS int BEGIN ATOMIC\n SELECT CASE WHEN true THEN 1 END;\n \
                  SELECT 2; END; b";
    assert_eq!(sql(atomic, Rules::Postgres).len(), 2);
    assert_eq!(sql("BEGIN; a; END; b", Rules::Postgres).len(), 4);
}

#[test]
fn triggers_of_sqlite() {
    let body = "BEGIN\n  UPDATE a SET b = CASE WHEN c THEN 1 ELSE 2 END;\n  SELECT 'x;'; -- END;\n  SELECT end;\nEND";
    for head in
        ["CREATE TRIGGER t", "create temp trigger t", "CREATE /* x */ TEMPORARY -- y\n TRIGGER IF NOT EXISTS [t;]"]
    {
        let script = format!("{head} AFTER INSERT ON a WHEN CASE WHEN 1 THEN 1 END {body};\nSELECT 2;");
        let found = sql(&script, Rules::Sqlite);
        assert_eq!(found.len(), 2, "{script}: {found:#?}");
        assert_eq!(found[1], "SELECT 2");
    }
    let quoted = "CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; SELECT \"END\"; END ; b";
    assert_eq!(sql(quoted, Rules::Sqlite).len(), 2);
    assert_eq!(sql("CREATE TABLE trigger (a); END; b", Rules::Sqlite).len(), 3);
    let on_postgres = "CREATE TRIGGER t AFTER INSERT ON a FOR EACH ROW EXECUTE FUNCTION f(); b";
    assert_eq!(sql(on_postgres, Rules::Postgres).len(), 2);
}

#[test]
fn lines_are_those_of_the_statements() {
    let script = "-- head\n\nSELECT 1;\r\n-- why\nSELECT\n 2; SELECT 'a\n;' ;\n\n  /* x\n */ SELECT 4";
    let found: Vec<(usize, &str)> =
        statements(script, Rules::Sqlite).iter().map(|piece| (piece.line, piece.sql)).collect();
    assert_eq!(found, [(3, "SELECT 1"), (5, "SELECT\n 2"), (6, "SELECT 'a\n;'"), (10, "SELECT 4")]);
}

#[test]
fn outside_a_transaction() {
    for script in ["-- plinth: no transaction", "-- Plinth: no transaction \r\nSELECT 1"] {
        assert!(no_transaction(script), "{script}");
    }
    for script in
        ["", "\n-- plinth: no transaction", "-- plinth: no transactions", "SELECT 1 -- plinth: no transaction"]
    {
        assert!(!no_transaction(script), "{script}");
    }
}

/// Texts that are full of what matters here.
fn scripts() -> impl Strategy<Value = String> {
    let parts = [
        ";", "'", "''", "\"", "`", "[", "]", "--", "\n", "/*", "*/", "$$", "$a$", "$1", "E'", "\\", "(", ")", " ", "a",
        "é", "END", "CREATE", "TRIGGER", "FUNCTION", "BEGIN", "CASE", "x", "\r\n", "🦀",
    ];
    proptest::collection::vec(proptest::sample::select(parts.to_vec()), 0..40).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]
    #[test]
    fn the_pieces_together_are_the_script(script in scripts(), postgres: bool) {
        let rules = if postgres { Rules::Postgres } else { Rules::Sqlite };
        let pieces = split(&script, rules);
        let together: String = pieces.iter().map(|piece| piece.text).collect();
        prop_assert_eq!(&together, &script);
        for piece in &pieces {
            prop_assert!(piece.text.contains(piece.sql));
            prop_assert!(piece.sql.trim_start() == piece.sql);
        }
        let lines: Vec<usize> = pieces.iter().map(|piece| piece.line).collect();
        prop_assert!(lines.is_sorted());
        prop_assert!(lines.iter().all(|line| *line <= script.matches('\n').count() + 1));
    }

    #[test]
    fn statements_that_were_joined_are_found_again(words in proptest::collection::vec("[a-z]{1,6}( '([a-z;]|'')*')?( -- [a-z;]*\n x)?", 0..8)) {
        // Words that begin what may have a body are left out of this.
        prop_assume!(!words.iter().any(|word| word.starts_with("create")));
        let script: String = words.iter().map(|word| format!("{word};\n")).collect();
        for rules in [Rules::Sqlite, Rules::Postgres] {
            prop_assert_eq!(sql(&script, rules), words.clone());
        }
    }
}
