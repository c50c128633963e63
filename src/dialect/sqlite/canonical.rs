//! Expressions, names and types of SQLite's DDL in one canonical form: quotes, case, white space and outer brackets are no
//! difference in it. Strings and whatever else can mean something stay as they are.

use super::parse::unquoted;
use super::NAMING;
use crate::dialect::name::Name;
use crate::dialect::quote;
use crate::schema::names::fold;
use sqlite3_parser::ast::fmt::{ToTokens, TokenStream};
use sqlite3_parser::ast::{Expr, Type};
use sqlite3_parser::dialect::{keyword_token, TokenType};
use std::collections::HashSet;
use std::convert::Infallible;

/// Writes the expressions of one table.
pub(super) struct Canonical {
    /// Its columns.
    pub columns: HashSet<Name>,
}

impl Canonical {
    /// An expression.
    pub fn expression(&self, expression: &Expr<'_>) -> String {
        self.tokens(bare(expression))
    }

    /// A column of a key or an index, or an expression in its place.
    pub fn part(&self, expression: &Expr<'_>) -> String {
        match bare(expression) {
            // SQLite takes a string for the column if one has that name.
            Expr::Literal(sqlite3_parser::ast::Literal::String(text))
                if self.columns.contains(&NAMING.name(&unquoted(text))) =>
            {
                column(text)
            }
            other => self.tokens(other),
        }
    }

    fn tokens(&self, what: &impl ToTokens) -> String {
        let mut writer = Writer { columns: &self.columns, text: String::new(), last: Last::Open };
        let Ok(()) = what.to_tokens(&mut writer);
        writer.text
    }
}

/// A column's name, as definitions write it.
pub(super) fn column(name: &str) -> String {
    plain_or_quoted(&fold(&unquoted(name)))
}

/// A declared type: its words in capitals, as SQLite compares them.
pub(super) fn declared(declared: Option<&Type<'_>>) -> String {
    let Some(declared) = declared else { return String::new() };
    let mut words: Vec<String> = Vec::new();
    for word in declared.name.split_ascii_whitespace() {
        words.push(unquoted(word).to_ascii_uppercase());
    }
    let name = words.join(" ");
    let none = Canonical { columns: HashSet::new() };
    match &declared.size {
        None => name,
        Some(size) => format!("{name}({})", none.tokens(size).replace(", ", ",")),
    }
}

/// Brackets around the whole mean nothing.
fn bare<'a, 'b>(expression: &'a Expr<'b>) -> &'a Expr<'b> {
    match expression {
        Expr::Parenthesized(inner) if inner.len() == 1 => bare(&inner[0]),
        other => other,
    }
}

fn plain_or_quoted(name: &str) -> String {
    let mut letters = name.chars();
    let plain = letters.next().is_some_and(|first| first.is_ascii_lowercase() || first == '_')
        && letters.all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_')
        && (name.len() < 2 || keyword_token(name.as_bytes()).is_none());
    if plain {
        name.to_owned()
    } else {
        quote(name)
    }
}

/// What was written last: what comes next stands directly behind it or not.
#[derive(PartialEq)]
enum Last {
    /// The beginning, or an opening bracket, or a point.
    Open,
    /// A name, which a bracket makes a call.
    Name,
    /// A value, or a closing bracket.
    Value,
    /// A keyword or an operator.
    Operator,
    /// A sign before its number.
    Sign,
    /// COLLATE, after which a name is that of a collation.
    Collate,
}

struct Writer<'a> {
    columns: &'a HashSet<Name>,
    text: String,
    last: Last,
}

impl Writer<'_> {
    fn is_column(&self, name: &str) -> bool {
        self.columns.contains(&NAMING.name(name))
    }

    /// A name: a column's is folded. Another may be a string to SQLite where it stands between double quotes, so it is
    /// kept: https://www.sqlite.org/quirks.html#dblquote
    fn name(&self, written: &str) -> String {
        let name = unquoted(written);
        if written.starts_with('"') && !self.is_column(&name) {
            return quote(&name);
        }
        if written.starts_with('\'') {
            return written.to_owned();
        }
        // A type is several words in one: CAST(a AS DOUBLE PRECISION).
        if written.contains(' ') && !written.starts_with(['"', '`', '[']) {
            return fold(written);
        }
        let folded = fold(&name);
        let quoted = written.starts_with(['"', '`', '[']) || self.is_column(&name);
        if quoted {
            plain_or_quoted(&folded)
        } else {
            folded
        }
    }
}

impl TokenStream for Writer<'_> {
    type Error = Infallible;

    fn append(&mut self, kind: TokenType, value: Option<&str>) -> Result<(), Infallible> {
        use TokenType::*;
        let (word, next) = match (kind, value) {
            (TK_LP, _) => ("(".to_owned(), Last::Open),
            (TK_RP, _) => (")".to_owned(), Last::Value),
            (TK_DOT, _) => (".".to_owned(), Last::Open),
            (TK_COMMA, _) => (",".to_owned(), Last::Operator),
            (TK_BLOB, Some(hex)) => (format!("X'{}'", hex.to_ascii_lowercase()), Last::Value),
            (TK_STRING, Some(text)) => (text.to_owned(), Last::Value),
            (TK_FLOAT | TK_INTEGER, Some(number)) => (number.to_ascii_lowercase(), Last::Value),
            (TK_ID, Some(name)) if self.last == Last::Collate => (unquoted(name).to_ascii_uppercase(), Last::Value),
            (TK_ID | TK_ANY, Some(name)) => (self.name(name), Last::Name),
            (TK_MINUS | TK_PLUS, _) if matches!(self.last, Last::Open | Last::Operator | Last::Sign) => {
                (kind.as_str().unwrap_or_default().to_owned(), Last::Sign)
            }
            (TK_COLLATE, _) => ("COLLATE".to_owned(), Last::Collate),
            (_, Some(word)) => (word.to_owned(), Last::Operator),
            (_, None) => (kind.as_str().unwrap_or_default().to_owned(), Last::Operator),
        };
        let joined = match self.last {
            Last::Open => true,
            // Two signs would begin a comment.
            Last::Sign => next != Last::Sign,
            Last::Name => matches!(kind, TK_LP | TK_RP | TK_COMMA | TK_DOT),
            _ => matches!(kind, TK_RP | TK_COMMA | TK_DOT),
        };
        if !joined {
            self.text.push(' ');
        }
        self.text.push_str(&word);
        self.last = next;
        Ok(())
    }
}
