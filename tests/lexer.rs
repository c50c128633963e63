//! SQL as tokens, against golden files: `tests/lexer/<name>.sql` is read by the rules of each database, and `<name>.txt` says
//! what is found, a token a line. With PLINTH_UPDATE=1 the texts are written anew; look at them, then commit them.

use plinth::sql::{significant, tokens, unquoted, Kind, Rules};
use proptest::prelude::*;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

const ALL: [Rules; 3] = [Rules::Sqlite, Rules::Postgres, Rules::Both];

#[test]
fn golden_files() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lexer");
    let update = std::env::var_os("PLINTH_UPDATE").is_some_and(|value| value == "1");
    let mut scripts: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    scripts.retain(|path| path.extension().is_some_and(|extension| extension == "sql"));
    assert!(scripts.len() > 8, "only {} scripts", scripts.len());
    for path in scripts {
        let sql = fs::read_to_string(&path).unwrap();
        let mut found = String::new();
        for rules in ALL {
            writeln!(found, "# {rules:?}").unwrap();
            for token in significant(&sql, rules) {
                writeln!(found, "{:?} {:?}", token.kind, &sql[token.at]).unwrap();
            }
        }
        let golden = path.with_extension("txt");
        if update {
            fs::write(&golden, &found).unwrap();
        }
        assert_eq!(fs::read_to_string(&golden).unwrap_or_default(), found, "{}", golden.display());
    }
}

#[test]
fn names_lose_their_quotes() {
    for (written, quote, name) in [
        ("\"a\"\"b\"", '"', "a\"b"),
        ("`a``b`", '`', "a`b"),
        ("[a]", '[', "a"),
        ("\"open", '"', "open"),
        ("\"", '"', ""),
    ] {
        assert_eq!(unquoted(written, quote), name, "{written}");
    }
}

/// Texts that are full of what begins and ends tokens.
fn sql() -> impl Strategy<Value = String> {
    let parts = [
        ";", "'", "''", "\"", "`", "[", "]", "--", "\n", "\r", "/*", "*/", "$$", "$a$", "$1", "E'", "\\", "(", ")",
        " ", "a", "é", "array", "1", ".", "e", "-", "0x", "::", ":", "\u{a0}", "🦀", "\0",
    ];
    proptest::collection::vec(proptest::sample::select(parts.to_vec()), 0..40).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]
    #[test]
    fn the_tokens_together_are_the_sql(sql in sql()) {
        for rules in ALL {
            let mut end = 0;
            for token in tokens(&sql, rules) {
                prop_assert_eq!(token.at.start, end);
                prop_assert!(token.at.end > end && sql.is_char_boundary(token.at.end));
                end = token.at.end;
            }
            prop_assert_eq!(end, sql.len());
        }
    }

    /// What was read as one token is one token by itself.
    #[test]
    fn a_token_is_one_by_itself(sql in sql()) {
        for rules in ALL {
            for token in tokens(&sql, rules) {
                // Whether a bracket is a quote depends on what is before it.
                if matches!(token.kind, Kind::Sign('[')) {
                    continue;
                }
                let written = &sql[token.at];
                let alone: Vec<_> = tokens(written, rules).map(|token| token.kind).collect();
                prop_assert_eq!(alone, vec![token.kind], "{:?}", written);
            }
        }
    }
}
