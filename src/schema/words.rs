//! The words of a piece of SQL: which of them name columns, as far as can be found without a parser
//! of either database.

use crate::sql::{is_reserved, significant, unquoted, Kind, Rules, Token};
use std::ops::Range;

/// A name of a column, and where it stands.
pub(super) struct Name {
    /// Where, with its quotes.
    pub at: Range<usize>,
    /// Without quotes.
    pub name: String,
    /// The quote before it.
    pub quote: Option<char>,
}

/// Words that may name a column: not those that are called, qualify something else, or are a type,
/// a collation or a keyword.
pub(super) fn names(sql: &str) -> Vec<Name> {
    let tokens = tokens(sql);
    let named = (0..tokens.len()).filter(|i| names_column(sql, &tokens, *i));
    named
        .map(|i| {
            let Token { kind, at } = &tokens[i];
            let written = &sql[at.clone()];
            let (name, quote) = match kind {
                Kind::Quoted(quote) => (unquoted(written, *quote), Some(*quote)),
                _ => (written.to_owned(), None),
            };
            Name { at: at.clone(), name, quote }
        })
        .collect()
}

/// A piece of a definition as a database writes it: keywords in capitals, names in their own case, quoted where they must be.
#[derive(Debug, PartialEq)]
pub enum Piece<'a> {
    /// A word that may be a name; certainly a column's, or perhaps something else's: a table's, a
    /// function's, a type's.
    Name {
        /// Without its quotes.
        name: String,
        /// As it is written.
        written: &'a str,
        /// Whether it is a column's.
        column: bool,
    },
    /// A keyword, a text, a number, a sign.
    Other(&'a str),
}

/// The pieces of a definition, white space left out.
pub fn pieces(definition: &str) -> Vec<Piece<'_>> {
    let tokens = tokens(definition);
    let piece = |i: usize| {
        let written = &definition[tokens[i].at.clone()];
        let name = match tokens[i].kind {
            Kind::Quoted(quote) => unquoted(written, quote),
            Kind::Word if !is_reserved(written) && !written.contains(|c: char| c.is_ascii_uppercase()) => {
                written.to_owned()
            }
            _ => return Piece::Other(written),
        };
        // Only a type stands at the beginning.
        Piece::Name { name, written, column: i > 0 && names_column(definition, &tokens, i) }
    };
    (0..tokens.len()).map(piece).collect()
}

/// A function that a piece of SQL calls: without quotes, and in lower case where it has none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The schema that it is called with.
    pub schema: Option<String>,
    /// Its name.
    pub name: String,
}

/// Words that may be a call of a function: a name before a bracket that is neither a type nor a
/// keyword.
pub(super) fn calls(sql: &str) -> Vec<Call> {
    let tokens = tokens(sql);
    let named = |i: usize| match tokens.get(i).map(|token| (token.kind, &sql[token.at.clone()])) {
        Some((Kind::Word, word)) if !is_reserved(word) => Some(word.to_lowercase()),
        Some((Kind::Quoted(quote), written)) => Some(unquoted(written, quote)),
        _ => None,
    };
    let is = |i: Option<usize>, kind: Kind| i.and_then(|i| tokens.get(i)).is_some_and(|token| token.kind == kind);
    let typed = |i: usize| {
        let before = i.checked_sub(1).map(|i| &tokens[i]);
        before.is_some_and(|it| it.kind == Kind::Cast || sql[it.at.clone()].eq_ignore_ascii_case("as"))
    };
    let call = |i: usize| {
        let name = named(i).filter(|_| is(Some(i + 1), Kind::Sign('(')))?;
        let schema = match is(i.checked_sub(1), Kind::Sign('.')) {
            true => Some(named(i.checked_sub(2)?)?),
            false => None,
        };
        (schema.is_some() || !typed(i)).then_some(Call { schema, name })
    };
    (0..tokens.len()).filter_map(call).collect()
}

/// Whether a name stands for itself without quotes, on every database.
pub(super) fn is_plain(name: &str) -> bool {
    let mut letters = name.bytes();
    let begins = letters.next().is_some_and(|first| first.is_ascii_lowercase() || first == b'_');
    begins && letters.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_') && !is_reserved(name)
}

fn names_column(sql: &str, tokens: &[Token], i: usize) -> bool {
    let written = |token: &Token| sql[token.at.clone()].to_ascii_lowercase();
    let before = |steps: usize| i.checked_sub(steps).map(|i| &tokens[i]);
    let is_word = |token: Option<&Token>, words: &[&str]| {
        token.is_some_and(|t| t.kind == Kind::Word && words.contains(&written(t).as_str()))
    };
    let bare = match tokens[i].kind {
        Kind::Word => true,
        Kind::Quoted(_) => false,
        _ => return false,
    };
    let next = tokens.get(i + 1).map(|token| token.kind);
    if matches!(next, Some(Kind::Sign('(' | '.'))) || is_word(before(1), &["as", "collate"]) {
        return false;
    }
    if before(1).is_some_and(|token| token.kind == Kind::Cast) {
        return false;
    }
    if !bare {
        return true;
    }
    let word = written(&tokens[i]);
    // `date '2026-01-01'`, `E'\n'`; `double precision`; `extract(year FROM ...)`; `AT TIME ZONE`.
    let typed = matches!(next, Some(Kind::Text));
    let second = before(1).is_some_and(|token| token.kind == Kind::Word && !is_reserved(&written(token)));
    let field = before(1).is_some_and(|token| token.kind == Kind::Sign('(')) && is_word(before(2), &["extract"]);
    let zone = word == "time" && is_word(before(1), &["at", "with", "without"]);
    !(is_reserved(&word) || typed || second || field || zone)
}

/// Without blanks and comments. Whose SQL it is, a model does not know.
fn tokens(sql: &str) -> Vec<Token> {
    significant(sql, Rules::Both).collect()
}
