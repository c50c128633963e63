//! Pieces of SQL from the models, read no further than their brackets, quotes and words tell: whether one stays between the
//! brackets in which we write it, and which columns it names.

use super::names::fold;
pub use super::words::Call;
use super::words::{is_plain, names};

/// The functions that it calls, as far as its words tell.
pub fn calls(sql: &str) -> Vec<Call> {
    super::words::calls(sql)
}

/// Whether it names this column, as far as its words tell.
pub fn mentions(sql: &str, column: &str) -> bool {
    let column = fold(column);
    names(sql).iter().any(|name| fold(&name.name) == column)
}

/// The same SQL with the column under another name: quoted where it was, and where it must be.
pub fn rename_column(sql: &str, from: &str, to: &str) -> String {
    let from = fold(from);
    let mut renamed = String::with_capacity(sql.len());
    let mut end = 0;
    for name in names(sql).iter().filter(|name| fold(&name.name) == from) {
        renamed.push_str(&sql[end..name.at.start]);
        renamed.push_str(&quoted(to, name.quote));
        end = name.at.end;
    }
    renamed.push_str(&sql[end..]);
    renamed
}

fn quoted(name: &str, quote: Option<char>) -> String {
    match quote {
        None if is_plain(name) => name.to_owned(),
        Some('`') => format!("`{}`", name.replace('`', "``")),
        Some('[') if !name.contains(']') => format!("[{name}]"),
        _ => format!("\"{}\"", name.replace('"', "\"\"")),
    }
}

/// What is wrong with it, as the end of a sentence.
pub fn fault(sql: &str) -> Option<&'static str> {
    if sql.trim().is_empty() {
        return Some("is empty");
    }
    let mut depth = 0_usize;
    let mut rest = sql.chars().peekable();
    while let Some(letter) = rest.next() {
        match letter {
            '\0' => return Some("holds a NUL character"),
            ';' => return Some("holds a semicolon: it must be one expression"),
            '-' if rest.peek() == Some(&'-') => return Some("holds a comment"),
            '/' if rest.peek() == Some(&'*') => return Some("holds a comment"),
            '(' => depth += 1,
            ')' => match depth.checked_sub(1) {
                Some(less) => depth = less,
                None => return Some("closes a bracket that it has not opened"),
            },
            // A doubled quote within is the end of one text and the beginning of the next: the same to us.
            '\'' | '"' | '`' if !rest.any(|next| next == letter) => return Some("does not close a quote"),
            '[' if !rest.any(|next| next == ']') => return Some("does not close a quote"),
            _ => {}
        }
    }
    (depth > 0).then_some("does not close a bracket")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_renamed_and_nothing_else() {
        let cases = [
            ("a > 0 AND \"a\" < 5 OR `a` = [a]", "b > 0 AND \"b\" < 5 OR `b` = [b]"),
            (
                "A > 'a' || 'it''s a' || E'a\\'a' || $$a$$ || $q$ a $q$",
                "b > 'a' || 'it''s a' || E'a\\'a' || $$a$$ || $q$ a $q$",
            ),
            ("a(a) + t.a + a.c + aa + a1 + 1a", "a(b) + t.b + a.c + aa + a1 + 1a"),
            ("CAST(a AS a) = a::a COLLATE a COLLATE \"a\"", "CAST(b AS a) = b::a COLLATE a COLLATE \"a\""),
            ("a '2026' < a AND double a < 1", "a '2026' < b AND double a < 1"),
            ("extract(a FROM a) = 1", "extract(a FROM b) = 1"),
            ("a IN (a, -a) AND NOT a IS NULL", "b IN (b, -b) AND NOT b IS NULL"),
            ("x[a] = ARRAY[a]", "x[b] = ARRAY[b]"),
            ("\"a\"\"\" = a", "\"a\"\"\" = b"),
        ];
        for (sql, renamed) in cases {
            assert_eq!(rename_column(sql, "a", "b"), renamed);
        }
    }

    #[test]
    fn a_name_is_quoted_where_it_must_be() {
        assert_eq!(rename_column("a > 0", "a", "b c"), "\"b c\" > 0");
        assert_eq!(rename_column("a > 0", "a", "order"), "\"order\" > 0");
        assert_eq!(rename_column("a > 0", "a", "B"), "\"B\" > 0");
        assert_eq!(rename_column("a > \"a\"", "a", "b\"c"), "\"b\"\"c\" > \"b\"\"c\"");
        assert_eq!(rename_column("[a] > `a`", "a", "b`]"), "\"b`]\" > `b``]`");
        assert_eq!(rename_column("\"b c\" > 0", "b c", "é"), "\"é\" > 0");
        assert_eq!(rename_column("é > 0", "é", "a"), "a > 0");
    }

    #[test]
    fn keywords_are_no_columns() {
        assert!(!mentions("a IS NOT NULL AND b IN (1)", "null"));
        assert!(!mentions("a AT TIME ZONE 'UTC' < now()", "time"));
        assert!(mentions("\"null\" > 0", "NULL"));
        assert!(mentions("lower(email) = email", "email"));
        assert!(!mentions("lower(email) = 'lower'", "lower"));
        assert!(mentions("a GLOB b", "b"));
    }

    #[test]
    fn calls_are_told_from_types_and_keywords() {
        let cases = [
            ("is_even(a) AND NOT Public.\"Is odd\" (a)", "is_even public.Is odd"),
            ("a IN (1, 2) AND (b) AND lower(upper(c)) = 'f(x)'", "lower upper"),
            ("CAST(a AS numeric(10, 2)) > 1 OR a::varchar(5) = 'x' OR EXISTS (SELECT 1)", ""),
            ("\"length\"(a) > 1", "length"),
        ];
        for (sql, expected) in cases {
            let found: Vec<String> = calls(sql)
                .into_iter()
                .map(|call| [call.schema.map(|s| s + ".").unwrap_or_default(), call.name].concat())
                .collect();
            assert_eq!(found.join(" "), expected, "{sql}");
        }
    }

    #[test]
    fn expressions() {
        for sql in ["a > 0", "lower(\"a\"\"b\") = ')' OR c IN ('it''s', ';--')", "[odd)] - 1 / 2 * -3", "`x` = ''"] {
            assert_eq!(fault(sql), None, "{sql}");
        }
    }

    #[test]
    fn not_one_expression() {
        for sql in ["", " \n", "a) , (b", "(a", "a; b", "a -- b", "a /* b", "'a", "\"a", "[a", "'a''", "a\0"] {
            assert!(fault(sql).is_some(), "{sql}");
        }
    }
}
