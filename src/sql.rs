//! SQL as tokens: blanks, comments, words, quotes, numbers and signs. No grammar: what the database refuses is for the
//! database to say. The rules are those of <https://sqlite.org/tokenreq.html> and
//! <https://www.postgresql.org/docs/current/sql-syntax-lexical.html>.

use std::ops::Range;

/// Words that cannot name a column without quotes, on one database or the other.
const RESERVED: &str = " add all alter analyse analyze and any array as asc asymmetric authorization autoincrement between \
binary both case cast check collate collation column commit concurrently constraint create cross current_catalog current_date \
current_role current_schema current_time current_timestamp current_user default deferrable delete desc distinct do drop else \
end escape except exists false fetch for foreign freeze from full glob grant group having ilike in index initially inner insert \
intersect into is isnull join lateral leading left like limit localtime localtimestamp match natural not nothing notnull null \
offset on only or order outer overlaps placing primary references regexp returning right select session_user set similar some \
symmetric system_user table tablesample then to trailing transaction true union unique update user using values variadic \
verbose when where window with ";

/// Whose SQL it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rules {
    /// SQLite's: `` `a` `` and `[a]` are names, too.
    Sqlite,
    /// PostgreSQL's: comments nest, `E'...'` has escapes, `$tag$...$tag$` is a text, `[` begins a subscript.
    Postgres,
    /// Those of both at once, for SQL that must hold on either. `[` begins a subscript if something is before it that can
    /// have one, and a name otherwise.
    Both,
}

/// The kind of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// White space.
    Blank,
    /// `-- ...` to the end of its line, or `/* ... */`.
    Comment,
    /// A keyword or a name without quotes.
    Word,
    /// A name in quotes, which begin with this character.
    Quoted(char),
    /// `'...'`, and PostgreSQL's `E'...'` and `$tag$...$tag$`. A prefix such as that of `X'00'` is a word before it.
    Text,
    /// A number.
    Number,
    /// `::`, PostgreSQL's cast.
    Cast,
    /// Any other character.
    Sign(char),
}

/// A piece of SQL: what it is, and where. What is quoted or a comment and has no end goes to the end of the SQL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Its kind.
    pub kind: Kind,
    /// Its bytes in the SQL.
    pub at: Range<usize>,
}

impl Token {
    /// Whether it is a blank or a comment.
    pub fn is_space(&self) -> bool {
        matches!(self.kind, Kind::Blank | Kind::Comment)
    }
}

/// The tokens of a piece of SQL, in order: together they are all of it.
pub fn tokens(sql: &str, rules: Rules) -> Tokens<'_> {
    Tokens { sql, at: 0, rules, subscriptable: false }
}

/// The tokens of a piece of SQL without blanks and comments.
pub fn significant(sql: &str, rules: Rules) -> impl Iterator<Item = Token> + '_ {
    tokens(sql, rules).filter(|token| !token.is_space())
}

/// A name without its quotes, which begin with `quote`.
pub fn unquoted(written: &str, quote: char) -> String {
    let end = if quote == '[' { ']' } else { quote };
    let inner = &written[quote.len_utf8()..];
    let inner = inner.strip_suffix(end).unwrap_or(inner);
    match quote {
        '[' => inner.to_owned(),
        quote => inner.replace(&format!("{quote}{quote}"), &quote.to_string()),
    }
}

/// Whether a word cannot be the name of a column without quotes, on one database or the other.
pub fn is_reserved(word: &str) -> bool {
    RESERVED.contains(&format!(" {} ", word.to_ascii_lowercase()))
}

/// Goes through SQL token by token.
#[derive(Clone, Debug)]
pub struct Tokens<'a> {
    sql: &'a str,
    at: usize,
    rules: Rules,
    /// Whether a bracket that comes next is a subscript of what is before it.
    subscriptable: bool,
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        let rest = &self.sql[self.at..];
        let (kind, length) = self.token(rest, rest.chars().next()?);
        let token = Token { kind, at: self.at..self.at + length };
        self.at = token.at.end;
        if !token.is_space() {
            self.subscriptable = can_have_subscript(kind, &rest[..length]);
        }
        Some(token)
    }
}

impl Tokens<'_> {
    /// The kind and the length of the token that `rest` begins with; `first` is its first character.
    fn token(&self, rest: &str, first: char) -> (Kind, usize) {
        let (sqlite, postgres) = (self.rules != Rules::Postgres, self.rules != Rules::Sqlite);
        match first {
            _ if is_blank(first) => (Kind::Blank, length_while(rest, is_blank)),
            '-' if rest.starts_with("--") => (Kind::Comment, line_length(rest, self.rules)),
            '/' if rest.starts_with("/*") => (Kind::Comment, comment_length(rest, postgres)),
            '\'' => (Kind::Text, quoted_length(rest, '\'', false)),
            'e' | 'E' if postgres && rest[1..].starts_with('\'') => (Kind::Text, escaped_length(rest)),
            '"' => (Kind::Quoted('"'), quoted_length(rest, '"', false)),
            '`' if sqlite => (Kind::Quoted('`'), quoted_length(rest, '`', false)),
            '[' if self.rules == Rules::Sqlite || sqlite && !self.subscriptable => {
                (Kind::Quoted('['), through(rest, 1, "]"))
            }
            '$' if postgres => match tag(rest) {
                Some(tag) => (Kind::Text, through(rest, tag.len(), tag)),
                None => (Kind::Sign('$'), 1),
            },
            '0'..='9' => (Kind::Number, number_length(rest)),
            '.' if rest[1..].starts_with(|c: char| c.is_ascii_digit()) => (Kind::Number, number_length(rest)),
            _ if begins_word(first) => (Kind::Word, length_while(rest, |c| is_in_word(c) || c == '$')),
            ':' if postgres && rest.starts_with("::") => (Kind::Cast, 2),
            _ => (Kind::Sign(first), first.len_utf8()),
        }
    }
}

/// Whether a bracket behind this token is an array's, if it may be a quote as well.
fn can_have_subscript(kind: Kind, written: &str) -> bool {
    match kind {
        Kind::Word => written.eq_ignore_ascii_case("array") || !is_reserved(written),
        Kind::Quoted(_) | Kind::Sign(')' | ']') => true,
        _ => false,
    }
}

fn is_blank(letter: char) -> bool {
    matches!(letter, ' ' | '\t' | '\n' | '\r' | '\x0b' | '\x0c')
}

/// Letters, `_` and whatever is not ASCII.
fn begins_word(letter: char) -> bool {
    letter.is_ascii_alphabetic() || letter == '_' || !letter.is_ascii()
}

fn is_in_word(letter: char) -> bool {
    begins_word(letter) || letter.is_ascii_digit()
}

fn length_while(rest: &str, meets: impl Fn(char) -> bool) -> usize {
    rest.find(|letter| !meets(letter)).unwrap_or(rest.len())
}

/// Digits, one point, letters of exponents and of other bases, and the sign of an exponent.
fn number_length(rest: &str) -> usize {
    let based = rest.starts_with('0') && rest[1..].starts_with(|letter: char| letter.is_ascii_alphabetic());
    let (mut before, mut points) = (' ', 0);
    for (at, letter) in rest.char_indices() {
        let goes_on = match letter {
            '.' => {
                points += 1;
                points == 1
            }
            '+' | '-' => !based && matches!(before, 'e' | 'E'),
            letter => is_in_word(letter),
        };
        if !goes_on {
            return at;
        }
        before = letter;
    }
    rest.len()
}

/// To the end of a line: of the last one there is none.
fn line_length(rest: &str, rules: Rules) -> usize {
    let ends: &[char] = if rules == Rules::Sqlite { &['\n'] } else { &['\n', '\r'] };
    rest.find(ends).unwrap_or(rest.len())
}

fn comment_length(rest: &str, nests: bool) -> usize {
    let bytes = rest.as_bytes();
    let (mut depth, mut at) = (1, 2);
    while depth > 0 && at < bytes.len() {
        match &bytes[at..(at + 2).min(bytes.len())] {
            b"*/" => depth -= 1,
            b"/*" if nests => depth += 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
    }
    at
}

/// A doubled quote is part of what is quoted; so is one after a backslash, if that escapes.
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

/// The length of PostgreSQL's `E'...'`, which goes on with its escapes if only blanks with a line break among them, and
/// comments to the end of a line behind it, stand before another quote.
fn escaped_length(rest: &str) -> usize {
    let mut end = 1 + quoted_length(&rest[1..], '\'', true);
    loop {
        let blank = length_while(&rest[end..], is_blank);
        let mut at = end + blank;
        if !rest[end..at].contains(['\n', '\r']) {
            return end;
        }
        while rest[at..].starts_with("--") {
            at += line_length(&rest[at..], Rules::Postgres);
            at += length_while(&rest[at..], is_blank);
        }
        if !rest[at..].starts_with('\'') {
            return end;
        }
        end = at + quoted_length(&rest[at..], '\'', true);
    }
}

/// `$tag$`, if the SQL begins with it: the tag is a word without dollars, or empty.
fn tag(rest: &str) -> Option<&str> {
    let name = length_while(&rest[1..], is_in_word);
    let is_tag = rest[1 + name..].starts_with('$') && !rest[1..].starts_with(|c: char| c.is_ascii_digit());
    is_tag.then(|| &rest[..name + 2])
}

/// To behind the next `end` from `from` on.
fn through(rest: &str, from: usize, end: &str) -> usize {
    rest[from..].find(end).map_or(rest.len(), |found| from + found + end.len())
}
