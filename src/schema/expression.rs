//! Whether a piece of SQL from the models is one expression, as far as its brackets and quotes tell: it is written
//! between brackets of ours, out of which it must not break.

/// What is wrong with it, as the end of a sentence.
pub(super) fn fault(sql: &str) -> Option<&'static str> {
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
    use super::fault;

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
