//! The words of a piece of SQL: which of them name columns, as far as can be told without a parser of either database.

use std::ops::Range;

/// What no column is called without quotes, on one database or the other.
const RESERVED: &str = " add all alter analyse analyze and any array as asc asymmetric authorization autoincrement between \
binary both case cast check collate collation column commit concurrently constraint create cross current_catalog current_date \
current_role current_schema current_time current_timestamp current_user default deferrable delete desc distinct do drop else \
end escape except exists false fetch for foreign freeze from full glob grant group having ilike in index initially inner insert \
intersect into is isnull join lateral leading left like limit localtime localtimestamp match natural not nothing notnull null \
offset on only or order outer overlaps placing primary references regexp returning right select session_user set similar some \
symmetric system_user table tablesample then to trailing transaction true union unique update user using values variadic \
verbose when where window with ";

/// A piece of SQL: what it is, and where.
#[derive(Clone, Debug, PartialEq)]
struct Token {
    what: What,
    at: Range<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum What {
    Word,
    /// A name between these quotes.
    Quoted(char),
    Text,
    Number,
    Sign(char),
    /// `::`, PostgreSQL's cast.
    Cast,
}

/// A name of a column, and where it stands.
pub(super) struct Name {
    /// Where, with its quotes.
    pub at: Range<usize>,
    /// Without quotes.
    pub name: String,
    /// The quote before it.
    pub quote: Option<char>,
}

/// What may name a column: not what is called, qualifies something else, or is a type, a collation or a keyword.
pub(super) fn names(sql: &str) -> Vec<Name> {
    let tokens = tokens(sql);
    let named = (0..tokens.len()).filter(|i| names_column(sql, &tokens, *i));
    named
        .map(|i| {
            let Token { what, at } = &tokens[i];
            let written = &sql[at.clone()];
            let (name, quote) = match what {
                What::Quoted(quote) => (unquoted(written, *quote), Some(*quote)),
                _ => (written.to_owned(), None),
            };
            Name { at: at.clone(), name, quote }
        })
        .collect()
}

/// A piece of a definition as a database writes it: keywords in capitals, names in their own case, quoted where they must be.
#[derive(Debug, PartialEq)]
pub enum Piece<'a> {
    /// What may be a name; certainly a column's, or perhaps something else's: a table's, a function's, a type's.
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
        let name = match tokens[i].what {
            What::Quoted(quote) => unquoted(written, quote),
            What::Word if !is_reserved(written) && !written.contains(|c: char| c.is_ascii_uppercase()) => {
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

/// What may be a call of a function: a name before a bracket that is neither a type nor a keyword.
pub(super) fn calls(sql: &str) -> Vec<Call> {
    let tokens = tokens(sql);
    let named = |i: usize| match tokens.get(i).map(|token| (token.what, &sql[token.at.clone()])) {
        Some((What::Word, word)) if !is_reserved(word) => Some(word.to_lowercase()),
        Some((What::Quoted(quote), written)) => Some(unquoted(written, quote)),
        _ => None,
    };
    let is = |i: Option<usize>, what: What| i.and_then(|i| tokens.get(i)).is_some_and(|token| token.what == what);
    let typed = |i: usize| {
        let before = i.checked_sub(1).map(|i| &tokens[i]);
        before.is_some_and(|it| it.what == What::Cast || sql[it.at.clone()].eq_ignore_ascii_case("as"))
    };
    let call = |i: usize| {
        let name = named(i).filter(|_| is(Some(i + 1), What::Sign('(')))?;
        let schema = match is(i.checked_sub(1), What::Sign('.')) {
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

fn is_reserved(word: &str) -> bool {
    RESERVED.contains(&format!(" {} ", word.to_ascii_lowercase()))
}

fn names_column(sql: &str, tokens: &[Token], i: usize) -> bool {
    let written = |token: &Token| sql[token.at.clone()].to_ascii_lowercase();
    let before = |steps: usize| i.checked_sub(steps).map(|i| &tokens[i]);
    let is_word = |token: Option<&Token>, words: &[&str]| {
        token.is_some_and(|t| t.what == What::Word && words.contains(&written(t).as_str()))
    };
    let bare = match tokens[i].what {
        What::Word => true,
        What::Quoted(_) => false,
        _ => return false,
    };
    let next = tokens.get(i + 1).map(|token| token.what);
    if matches!(next, Some(What::Sign('(' | '.'))) || is_word(before(1), &["as", "collate"]) {
        return false;
    }
    if before(1).is_some_and(|token| token.what == What::Cast) {
        return false;
    }
    if !bare {
        return true;
    }
    let word = written(&tokens[i]);
    // `date '2026-01-01'`, `E'\n'`; `double precision`; `extract(year FROM ...)`; `AT TIME ZONE`.
    let typed = matches!(next, Some(What::Text));
    let second = before(1).is_some_and(|token| token.what == What::Word && !is_reserved(&written(token)));
    let field = before(1).is_some_and(|token| token.what == What::Sign('(')) && is_word(before(2), &["extract"]);
    let zone = word == "time" && is_word(before(1), &["at", "with", "without"]);
    !(is_reserved(&word) || typed || second || field || zone)
}

fn unquoted(written: &str, quote: char) -> String {
    let end = if quote == '[' { ']' } else { quote };
    let inner = &written[1..];
    let inner = inner.strip_suffix(end).unwrap_or(inner);
    match quote {
        '[' => inner.to_owned(),
        quote => inner.replace(&format!("{quote}{quote}"), &quote.to_string()),
    }
}

fn tokens(sql: &str) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut at = 0;
    while let Some(letter) = sql[at..].chars().next() {
        let rest = &sql[at..];
        let (what, length) = match letter {
            _ if letter.is_whitespace() => {
                at += letter.len_utf8();
                continue;
            }
            '\'' => (What::Text, quoted_length(rest, '\'', escapes(sql, &tokens, at))),
            '"' | '`' => (What::Quoted(letter), quoted_length(rest, letter, false)),
            '[' if !subscripts(sql, tokens.last()) => {
                (What::Quoted('['), rest.find(']').map_or(rest.len(), |end| end + 1))
            }
            '$' => match dollar_length(rest) {
                Some(length) => (What::Text, length),
                None => (What::Sign('$'), 1),
            },
            '.' | '0'..='9' if rest.trim_start_matches('.').starts_with(|c: char| c.is_ascii_digit()) => {
                (What::Number, rest.find(|c: char| c != '.' && !c.is_alphanumeric() && c != '_').unwrap_or(rest.len()))
            }
            _ if begins_word(letter) => {
                (What::Word, rest.find(|c| !begins_word(c) && !c.is_numeric() && c != '$').unwrap_or(rest.len()))
            }
            ':' if rest.starts_with("::") => (What::Cast, 2),
            _ => (What::Sign(letter), letter.len_utf8()),
        };
        tokens.push(Token { what, at: at..at + length });
        at += length;
    }
    tokens
}

fn begins_word(letter: char) -> bool {
    letter.is_alphabetic() || letter == '_' || !letter.is_ascii()
}

/// Whether a text that begins here is PostgreSQL's `E'...'`, in which a backslash escapes.
fn escapes(sql: &str, tokens: &[Token], at: usize) -> bool {
    tokens.last().is_some_and(|last| last.at.end == at && sql[last.at.clone()].eq_ignore_ascii_case("e"))
}

/// Whether a bracket after this token is an array's, and no quote.
fn subscripts(sql: &str, last: Option<&Token>) -> bool {
    last.is_some_and(|last| match last.what {
        What::Word => {
            let word = &sql[last.at.clone()];
            word.eq_ignore_ascii_case("array") || !is_reserved(word)
        }
        What::Quoted(_) | What::Sign(')' | ']') => true,
        _ => false,
    })
}

/// A doubled quote is part of what is quoted; so is one after a backslash, where that escapes.
fn quoted_length(rest: &str, quote: char, escapes: bool) -> usize {
    let mut letters = rest.char_indices().skip(1).peekable();
    while let Some((at, letter)) = letters.next() {
        if escapes && letter == '\\' {
            letters.next();
        } else if letter == quote && letters.next_if(|(_, next)| *next == quote).is_none() {
            return at + quote.len_utf8();
        }
    }
    rest.len()
}

/// The length of `$tag$...$tag$`, PostgreSQL's other text.
fn dollar_length(rest: &str) -> Option<usize> {
    let end = rest[1..].find('$')? + 2;
    let tag = &rest[..end];
    let tagged = tag[1..end - 1].chars().all(|c| c == '_' || c.is_alphabetic());
    let close = rest[end..].find(tag)?;
    tagged.then_some(end + close + end)
}
