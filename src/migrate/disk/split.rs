//! A script as its statements, with the line on which each begins. It knows quotes, comments and bodies, and no grammar:
//! what the database refuses is for the database to say.

use crate::sql::{significant, Kind, Rules};

/// The first line of a script that runs outside a transaction.
const NO_TRANSACTION: &str = "-- plinth: no transaction";

/// One statement of a script and what stands around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece<'a> {
    /// The statement, without its semicolon and the comments around it; empty if it consists of
    /// comments.
    pub sql: &'a str,
    /// The line on which it begins, from 1.
    pub line: usize,
    /// The statement as it stands, from the end of the one before it: all of them together are the script.
    pub text: &'a str,
}

/// The statements of a script.
pub fn statements(script: &str, rules: Rules) -> Vec<Piece<'_>> {
    split(script, rules).into_iter().filter(|piece| !piece.sql.is_empty()).collect()
}

/// Whether a script is to run outside a transaction.
pub fn no_transaction(script: &str) -> bool {
    script.lines().next().is_some_and(|line| line.trim_end().eq_ignore_ascii_case(NO_TRANSACTION))
}

/// Whether a statement ends the transaction that it runs in, or begins another. Savepoints do neither.
pub fn controls_transaction(statement: &str, rules: Rules) -> bool {
    let words: Vec<String> = significant(statement, rules)
        .filter(|token| token.kind == Kind::Word)
        .map(|token| statement[token.at].to_ascii_lowercase())
        .take(4)
        .collect();
    let word = |at: usize| words.get(at).map(String::as_str).unwrap_or_default();
    match word(0) {
        "begin" | "commit" | "end" | "abort" => true,
        "rollback" => !words.iter().any(|word| word == "to"),
        "start" | "prepare" => word(1) == "transaction",
        _ => false,
    }
}

/// A script as pieces, of which some may hold no statement. All their texts together are the script.
pub fn split(script: &str, rules: Rules) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut piece = Open::new(0);
    let mut line = Lines { text: script, at: 0, line: 1 };
    for token in significant(script, rules) {
        let ends = match token.kind {
            Kind::Sign(';') => piece.semicolon(),
            Kind::Word => {
                piece.word(&script[token.at.clone()], rules);
                false
            }
            // A semicolon between brackets ends nothing: https://www.postgresql.org/docs/current/sql-createrule.html
            Kind::Sign('(') if rules == Rules::Postgres => piece.bracket(piece.brackets + 1),
            Kind::Sign(')') if rules == Rules::Postgres => piece.bracket(piece.brackets.saturating_sub(1)),
            _ => piece.other(),
        };
        if ends {
            pieces.push(piece.close(script, token.at.end, &mut line));
            piece = Open::new(token.at.end);
        } else {
            piece.begin.get_or_insert(token.at.start);
            piece.end = token.at.end;
        }
    }
    if piece.start < script.len() {
        pieces.push(piece.close(script, script.len(), &mut line));
    }
    pieces
}

/// A piece of which the end is not known yet.
struct Open {
    /// Where its text begins.
    start: usize,
    /// Where its statement begins.
    begin: Option<usize>,
    /// Where its last token ended.
    end: usize,
    /// Its first words, as initials: as many as decide whether it can have a body.
    first: Vec<String>,
    /// Brackets that are open.
    brackets: usize,
    /// The BEGINs and CASEs that no END has closed.
    depth: usize,
    /// Whether its last token was a semicolon within.
    last_semicolon: bool,
    /// Whether its last tokens were a semicolon and END: the end of a trigger's body.
    ended: bool,
    body: Body,
}

/// The kinds of statements that have semicolons within.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Body {
    None,
    /// SQLite's trigger: it ends where a body can end only, at `; END ;`, as for SQLite's own `sqlite3_complete`.
    Trigger,
    /// PostgreSQL's `BEGIN ATOMIC ... END`, its BEGINs and CASEs counted, as psql does.
    Routine,
}

impl Open {
    fn new(start: usize) -> Open {
        let (brackets, depth) = (0, 0);
        let (last_semicolon, ended) = (false, false);
        Open {
            start,
            begin: None,
            end: start,
            first: Vec::new(),
            brackets,
            depth,
            last_semicolon,
            ended,
            body: Body::None,
        }
    }

    /// Takes a semicolon; tells whether it ends the statement.
    fn semicolon(&mut self) -> bool {
        let within = match self.body {
            Body::None => self.brackets > 0,
            Body::Trigger => !self.ended,
            Body::Routine => self.brackets > 0 || self.depth > 0,
        };
        self.last_semicolon = true;
        self.ended = false;
        !within
    }

    fn word(&mut self, word: &str, rules: Rules) {
        let word = word.to_ascii_lowercase();
        self.ended = self.last_semicolon && word == "end";
        self.last_semicolon = false;
        if self.first.len() < 5 {
            self.first.push(word.clone());
            self.body = self.body(rules);
        }
        if self.body == Body::Routine && self.brackets == 0 {
            match word.as_str() {
                "begin" => self.depth += 1,
                "case" if self.depth > 0 => self.depth += 1,
                "end" => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
        }
    }

    fn body(&self, rules: Rules) -> Body {
        let mut words = self.first.iter().map(String::as_str).peekable();
        if words.next() != Some("create") {
            return Body::None;
        }
        let fillers: &[&str] = if rules == Rules::Sqlite { &["temp", "temporary"] } else { &["or", "replace"] };
        while words.next_if(|word| fillers.contains(word)).is_some() {}
        match words.next() {
            Some("trigger") if rules == Rules::Sqlite => Body::Trigger,
            Some("function" | "procedure") if rules == Rules::Postgres => Body::Routine,
            _ => Body::None,
        }
    }

    fn bracket(&mut self, brackets: usize) -> bool {
        self.brackets = brackets;
        self.other()
    }

    /// Takes what neither ends a statement nor begins a body.
    fn other(&mut self) -> bool {
        self.last_semicolon = false;
        self.ended = false;
        false
    }

    /// The piece, whose text ends at `stop`.
    fn close<'a>(self, script: &'a str, stop: usize, line: &mut Lines) -> Piece<'a> {
        let begin = self.begin.unwrap_or(stop);
        let sql = &script[begin..self.end.max(begin)];
        Piece { sql, line: line.of(begin), text: &script[self.start..stop] }
    }
}

/// Counts lines on the way through a text.
struct Lines<'a> {
    text: &'a str,
    at: usize,
    line: usize,
}

impl Lines<'_> {
    fn of(&mut self, at: usize) -> usize {
        self.line += self.text[self.at..at].matches('\n').count();
        self.at = at;
        self.line
    }
}

#[cfg(test)]
mod tests;
