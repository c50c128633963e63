//! Casts of lists of values, which the server writes in two ways: `v IN ('a', 'b')` on a `character varying` is kept as
//! `(ARRAY['a'::character varying, ...])::text[]`, and once that text is run again, as `pg_dump` does, as
//! `ARRAY[('a'::character varying)::text, ...]`. Pure.

use crate::sql::{tokens, Kind, Rules, Token};
use std::borrow::Cow;

/// The text with the cast of each list at its elements, where it stays however often the text is run.
pub(super) fn cast_elements(sql: &str) -> Cow<'_, str> {
    // Few have any.
    if !sql.contains("(ARRAY[") {
        return Cow::Borrowed(sql);
    }
    let tokens: Vec<Token> = tokens(sql, Rules::Postgres).collect();
    Cow::Owned(Text { sql, tokens: &tokens }.cast())
}

#[derive(Clone, Copy)]
struct Text<'a> {
    sql: &'a str,
    tokens: &'a [Token],
}

impl<'a> Text<'a> {
    fn cast(self) -> String {
        let mut out = String::new();
        let mut at = 0;
        while let Some(token) = self.tokens.get(at) {
            match self.from(at).cast_list() {
                Some((list, length)) => {
                    out += &list;
                    at += length;
                }
                None => {
                    out += &self.sql[token.at.clone()];
                    at += 1;
                }
            }
        }
        out
    }

    /// `(ARRAY[...])::type[]`, if the text begins with it, with the cast at its elements, and the number of its tokens.
    fn cast_list(self) -> Option<(String, usize)> {
        let end = self.is(0, '(').then(|| self.from(1).list_end())?? + 1;
        if !self.is(end, ')') || self.kind(end + 1) != Some(Kind::Cast) {
            return None;
        }
        let of = self.from(end + 2);
        let is_of_type =
            |token: &&Token| matches!(token.kind, Kind::Word | Kind::Quoted(_) | Kind::Sign('.') | Kind::Blank);
        let words = of.tokens.iter().take_while(is_of_type).count();
        let is_array = words > 0 && of.is(words, '[') && of.is(words + 1, ']');
        let list = || self.part(1, end).cast_each(of.part(0, words).written());
        is_array.then(|| (list(), end + 2 + words + 2))
    }

    /// The elements of `ARRAY[...]`, each cast; those of a list within it are.
    fn cast_each(self, kind: &str) -> String {
        let mut elements = Vec::new();
        let mut begin = 2;
        let mut depth = 0;
        for at in 2..self.tokens.len() {
            match self.tokens[at].kind {
                Kind::Sign(',' | ']') if depth == 0 => {
                    let blank = usize::from(begin > 2 && self.kind(begin) == Some(Kind::Blank));
                    elements.push(self.part(begin + blank, at).cast_element(kind));
                    begin = at + 1;
                }
                Kind::Sign('(' | '[') => depth += 1,
                Kind::Sign(')' | ']') => depth -= 1,
                _ => {}
            }
        }
        format!("ARRAY[{}]", elements.join(", "))
    }

    fn cast_element(self, kind: &str) -> String {
        match self.list_end() {
            Some(end) if end == self.tokens.len() => self.cast_each(kind),
            _ => format!("({})::{kind}", self.cast()),
        }
    }

    /// The end of `ARRAY[...]`, if the text begins with it.
    fn list_end(self) -> Option<usize> {
        if self.tokens.first().is_none_or(|first| &self.sql[first.at.clone()] != "ARRAY") || !self.is(1, '[') {
            return None;
        }
        let mut depth = 0;
        let end = self.tokens.iter().position(|token| {
            match token.kind {
                Kind::Sign('(' | '[') => depth += 1,
                Kind::Sign(')' | ']') => depth -= 1,
                _ => return false,
            }
            depth == 0
        });
        end.map(|end| end + 1)
    }

    fn from(self, at: usize) -> Self {
        self.part(at, self.tokens.len())
    }

    fn part(self, from: usize, to: usize) -> Self {
        Text { tokens: self.tokens.get(from..to).unwrap_or_default(), ..self }
    }

    fn kind(self, at: usize) -> Option<Kind> {
        self.tokens.get(at).map(|token| token.kind)
    }

    fn is(self, at: usize, sign: char) -> bool {
        self.kind(at) == Some(Kind::Sign(sign))
    }

    fn written(self) -> &'a str {
        match (self.tokens.first(), self.tokens.last()) {
            (Some(first), Some(last)) => &self.sql[first.at.start..last.at.end],
            _ => "",
        }
    }
}
