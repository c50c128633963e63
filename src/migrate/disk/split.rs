//! A script as its statements, with the line on which each begins. It knows quotes, comments and bodies, and no grammar:
//! what the database refuses is for the database to say.

/// The first line of a script that runs outside a transaction.
const NO_TRANSACTION: &str = "-- plinth: no transaction";

/// One statement of a script and what stands around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece<'a> {
    /// The statement, without its semicolon and the comments around it; empty where comments are all there is.
    pub sql: &'a str,
    /// The line on which it begins, from 1.
    pub line: usize,
    /// The statement as it stands, from the end of the one before it: all of them together are the script.
    pub text: &'a str,
}

/// The statements of a script.
pub fn statements<'a>(script: &'a str, dialect: &str) -> Vec<Piece<'a>> {
    split(script, dialect).into_iter().filter(|piece| !piece.sql.is_empty()).collect()
}

/// Whether a script is to run outside a transaction.
pub fn no_transaction(script: &str) -> bool {
    script.lines().next().is_some_and(|line| line.trim_end().eq_ignore_ascii_case(NO_TRANSACTION))
}

/// A script as pieces, of which some may hold no statement. All their texts together are the script.
pub fn split<'a>(script: &'a str, dialect: &str) -> Vec<Piece<'a>> {
    let mut pieces = Vec::new();
    let mut lexer = Lexer { text: script, at: 0, rules: Rules::of(dialect) };
    let mut piece = Open::new(0);
    let mut line = Lines { text: script, at: 0, line: 1 };
    while let Some((token, from)) = lexer.next() {
        let ends = match token {
            Token::Blank => continue,
            Token::Semicolon => piece.semicolon(),
            Token::Word => {
                piece.word(&script[from..lexer.at], &lexer.rules);
                false
            }
            Token::Bracket(opens) => {
                if lexer.rules.brackets {
                    piece.brackets = if opens { piece.brackets + 1 } else { piece.brackets.saturating_sub(1) };
                }
                piece.other();
                false
            }
            Token::Other => {
                piece.other();
                false
            }
        };
        if ends {
            pieces.push(piece.close(script, lexer.at, &mut line));
            piece = Open::new(lexer.at);
        } else {
            piece.begin.get_or_insert(from);
            piece.end = lexer.at;
        }
    }
    if piece.start < script.len() {
        pieces.push(piece.close(script, script.len(), &mut line));
    }
    pieces
}

/// What the databases read differently.
struct Rules {
    /// `x` and [x] are names; a trigger's body is between BEGIN and END.
    sqlite: bool,
    /// Comments nest; E'' has escapes; $$ quotes.
    postgres: bool,
    /// A semicolon between brackets ends nothing: https://www.postgresql.org/docs/current/sql-createrule.html
    brackets: bool,
}

impl Rules {
    fn of(dialect: &str) -> Rules {
        let postgres = dialect == "postgres";
        Rules { sqlite: !postgres, postgres, brackets: postgres }
    }
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

/// What lets a statement have semicolons within.
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

    fn word(&mut self, word: &str, rules: &Rules) {
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

    fn body(&self, rules: &Rules) -> Body {
        let mut words = self.first.iter().map(String::as_str).peekable();
        if words.next() != Some("create") {
            return Body::None;
        }
        let fillers: &[&str] = if rules.sqlite { &["temp", "temporary"] } else { &["or", "replace"] };
        while words.next_if(|word| fillers.contains(word)).is_some() {}
        match words.next() {
            Some("trigger") if rules.sqlite => Body::Trigger,
            Some("function" | "procedure") if rules.postgres => Body::Routine,
            _ => Body::None,
        }
    }

    fn other(&mut self) {
        self.last_semicolon = false;
        self.ended = false;
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

#[derive(Clone, Copy, PartialEq, Eq)]
enum Token {
    /// White space or a comment.
    Blank,
    Word,
    Semicolon,
    /// `(` or `)`.
    Bracket(bool),
    Other,
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    rules: Rules,
}

impl Lexer<'_> {
    /// The next token and where it begins; it ends at `at`, which is always between two characters.
    fn next(&mut self) -> Option<(Token, usize)> {
        let from = self.at;
        let bytes = self.text.as_bytes();
        let byte = *bytes.get(from)?;
        let next = bytes.get(from + 1).copied();
        self.at += 1;
        let token = match (byte, next) {
            (b' ' | b'\t' | b'\n' | b'\r' | 0x0c | 0x0b, _) => Token::Blank,
            (b'-', Some(b'-')) => {
                self.until(b"\n");
                Token::Blank
            }
            (b'/', Some(b'*')) => {
                self.comment();
                Token::Blank
            }
            (b';', _) => Token::Semicolon,
            (b'(' | b')', _) => Token::Bracket(byte == b'('),
            (b'\'' | b'"', _) => self.quoted(byte, false),
            (b'`', _) if self.rules.sqlite => self.quoted(byte, false),
            (b'[', _) if self.rules.sqlite => {
                self.until(b"]");
                Token::Other
            }
            (b'e' | b'E', Some(b'\'')) if self.rules.postgres => {
                self.at += 1;
                self.quoted(b'\'', true)
            }
            (b'$', _) if self.rules.postgres => {
                self.dollars();
                Token::Other
            }
            _ if in_word(byte) => {
                while bytes.get(self.at).is_some_and(|byte| in_word(*byte) || *byte == b'$') {
                    self.at += 1;
                }
                Token::Word
            }
            _ => Token::Other,
        };
        Some((token, from))
    }

    /// Goes to behind the next of these bytes, or to the end.
    fn until(&mut self, end: &[u8]) {
        let rest = &self.text.as_bytes()[self.at..];
        let found = rest.windows(end.len()).position(|window| window == end);
        self.at = found.map_or(self.text.len(), |found| self.at + found + end.len());
    }

    /// Behind the end of what a quote has begun. A doubled quote is the end of one and the beginning of another: the same here.
    fn quoted(&mut self, quote: u8, escapes: bool) -> Token {
        let bytes = self.text.as_bytes();
        while let Some(byte) = bytes.get(self.at) {
            self.at += 1;
            if *byte == quote {
                // The second half of a doubled quote must keep the escapes of the first.
                if !(escapes && bytes.get(self.at) == Some(&quote)) {
                    return Token::Other;
                }
                self.at += 1;
            } else if escapes && *byte == b'\\' {
                self.at = (self.at + 1).min(bytes.len());
            }
        }
        Token::Other
    }

    /// Behind the end of a comment, whose `/` was read.
    fn comment(&mut self) {
        let bytes = self.text.as_bytes();
        self.at += 1;
        let mut depth = 1;
        while depth > 0 && self.at < bytes.len() {
            match &bytes[self.at..(self.at + 2).min(bytes.len())] {
                b"*/" => depth -= 1,
                b"/*" if self.rules.postgres => depth += 1,
                _ => {
                    self.at += 1;
                    continue;
                }
            }
            self.at += 2;
        }
    }

    /// Behind `$tag$...$tag$`, whose `$` was read; a `$` that begins no such thing stands alone.
    fn dollars(&mut self) {
        let rest = &self.text.as_bytes()[self.at..];
        let Some(length) = rest.iter().position(|byte| !in_word(*byte)) else { return };
        if rest[length] != b'$' || rest[0].is_ascii_digit() {
            return;
        }
        let tag = self.text.as_bytes()[self.at - 1..=self.at + length].to_vec();
        self.at += length + 1;
        self.until(&tag);
    }
}

/// Letters, digits, `_`, and whatever is not ASCII.
fn in_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

#[cfg(test)]
mod tests;
