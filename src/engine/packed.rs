//! Values on their way between JavaScript and Rust: packed into a few arrays, so that a call crosses once, whatever it carries.
//!
//! A parameter takes one slot in `ints` and one in `floats`. A column of a result takes the slots of `Wire::slots`.
//! Text is appended to one string for all values; `ints` holds each length. Both sides agree on these codes:
//!
//! | wire | `ints` | `floats` |
//! |---|---|---|
//! | Int | the number; `NULL`; `BIG`: see `floats` | the number |
//! | Bool | 0, 1, `NULL` | |
//! | Bigint | 0; -1: null | the 64 bits |
//! | Real, Time | | the number; NaN: null |
//! | Text, Json | length; -1: null; below: `-2 - length` in the wide string | |
//! | Bytes | length; -1: null | |
//! | Any | tag, then length | the number, or the 64 bits |

use super::unreadable::Skipped;
use crate::plan::{Form, Param, Wire};
use crate::value::Value;

/// The code of a null among `ints`.
pub const NULL: i32 = i32::MIN;
/// The code among `ints` of a number that is in `floats`.
pub const BIG: i32 = i32::MIN + 1;
/// Rows in a chunk of a result. A field of a row keeps its chunk's string alive, so a chunk is small.
pub const CHUNK_ROWS: usize = 32;
/// Slots of a chunk at most; the arrays that both sides share are as long.
pub const CHUNK_SLOTS: usize = 1 << 16;

/// Tags of `Wire::Any`.
pub mod any {
    /// SQL NULL.
    pub const NULL: i32 = 0;
    /// A number, in `floats`.
    pub const NUMBER: i32 = 1;
    /// Text.
    pub const TEXT: i32 = 2;
    /// Bytes.
    pub const BYTES: i32 = 3;
    /// A whole number that no double holds, its bits in `floats`.
    pub const BIGINT: i32 = 4;
}

impl Wire {
    /// How many slots a column of a result takes in `ints` and in `floats`.
    pub fn slots(self) -> (usize, usize) {
        match self {
            Wire::Int | Wire::Bigint => (1, 1),
            Wire::Real | Wire::Time => (0, 1),
            Wire::Bool | Wire::Text | Wire::Json | Wire::Bytes => (1, 0),
            Wire::Any => (2, 1),
        }
    }
}

/// Parameters of a call: for an insert, of any number of rows.
#[derive(Debug, Default)]
pub struct Params {
    /// The rows, in pieces as they crossed.
    pub chunks: Vec<ParamChunk>,
}

/// Parameters of a few rows.
#[derive(Debug, Default)]
pub struct ParamChunk {
    /// How many rows.
    pub rows: usize,
    /// One slot a parameter.
    pub ints: Vec<i32>,
    /// One slot a parameter.
    pub floats: Vec<f64>,
    /// All text, as UTF-8; lengths in `ints` are in bytes.
    pub text: Vec<u8>,
    /// All bytes.
    pub bytes: Vec<u8>,
}

/// Walks through the parameters of a chunk in order.
pub struct Cursor<'a> {
    chunk: &'a ParamChunk,
    slot: usize,
    text: usize,
    bytes: usize,
}

/// One parameter, borrowed from its chunk.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bind<'a> {
    /// SQL NULL.
    Null,
    /// A whole number.
    Int(i64),
    /// A double.
    Real(f64),
    /// Milliseconds since 1970.
    Time(i64),
    /// Text.
    Text(&'a [u8]),
    /// Bytes.
    Bytes(&'a [u8]),
}

impl<'a> Cursor<'a> {
    /// At the first parameter of a chunk.
    pub fn new(chunk: &'a ParamChunk) -> Self {
        Cursor { chunk, slot: 0, text: 0, bytes: 0 }
    }

    /// The next parameter.
    #[inline]
    pub fn next(&mut self, param: &Param) -> Bind<'a> {
        let slot = self.slot;
        self.slot += 1;
        let int = self.chunk.ints[slot];
        match param.wire {
            Wire::Int | Wire::Bool => match int {
                NULL => Bind::Null,
                BIG => Bind::Int(self.chunk.floats[slot] as i64),
                n => Bind::Int(i64::from(n)),
            },
            Wire::Bigint => match int {
                0 => Bind::Int(self.chunk.floats[slot].to_bits() as i64),
                _ => Bind::Null,
            },
            Wire::Real | Wire::Time => match self.chunk.floats[slot] {
                f if f.is_nan() => Bind::Null,
                f if param.wire == Wire::Real => Bind::Real(f),
                f => Bind::Time(f as i64),
            },
            Wire::Text | Wire::Json | Wire::Any => match int {
                n if n >= 0 => {
                    let start = self.text;
                    self.text += n as usize;
                    Bind::Text(&self.chunk.text[start..self.text])
                }
                _ => Bind::Null,
            },
            Wire::Bytes => match int {
                n if n >= 0 => {
                    let start = self.bytes;
                    self.bytes += n as usize;
                    Bind::Bytes(&self.chunk.bytes[start..self.bytes])
                }
                _ => Bind::Null,
            },
        }
    }

    /// Passes over one row.
    pub fn skip(&mut self, params: &[Param]) {
        for param in params {
            self.next(param);
        }
    }
}

impl Bind<'_> {
    /// The value, owned; a moment as its milliseconds.
    pub fn to_value(self) -> Value {
        match self {
            Bind::Null => Value::Null,
            Bind::Int(n) | Bind::Time(n) => Value::Int(n),
            Bind::Real(f) => Value::Real(f),
            Bind::Text(t) => Value::Text(String::from_utf8_lossy(t).into_owned()),
            Bind::Bytes(b) => Value::Bytes(b.to_vec()),
        }
    }
}

/// A few rows of one node of a plan.
#[derive(Debug, Default)]
pub struct Chunk {
    /// The node.
    pub node: usize,
    /// How many rows.
    pub rows: usize,
    /// Slots of the columns, row after row.
    pub ints: Vec<i32>,
    /// Slots of the columns, row after row.
    pub floats: Vec<f64>,
    /// Text whose characters are all below 256.
    pub narrow: Vec<u8>,
    /// All other text, UTF-16.
    pub wide: Vec<u16>,
    /// Bytes.
    pub bytes: Vec<u8>,
}

impl Chunk {
    /// An empty one for rows of so many columns, with room for one row: most answers are one.
    pub fn new(node: usize, columns: usize) -> Self {
        let (ints, floats) = (Vec::with_capacity(columns), Vec::with_capacity(columns));
        Chunk { node, ints, floats, narrow: Vec::with_capacity(16 * columns), ..Chunk::default() }
    }

    /// An empty one for the rows behind it, with as much room; of text no more than 64 KiB, which may have been long by chance.
    pub fn next(&self) -> Self {
        let text = |length: usize| length.min(1 << 16);
        let (ints, floats) = (Vec::with_capacity(self.ints.len()), Vec::with_capacity(self.floats.len()));
        let (narrow, wide) = (Vec::with_capacity(text(self.narrow.len())), Vec::with_capacity(text(self.wide.len())));
        Chunk { node: self.node, rows: 0, ints, floats, narrow, wide, bytes: Vec::new() }
    }

    /// Bytes of its texts and bytes.
    #[inline]
    pub fn size(&self) -> usize {
        self.narrow.len() + 2 * self.wide.len() + self.bytes.len()
    }

    /// Where it ends: what is packed behind that can be taken back.
    #[inline]
    pub fn mark(&self) -> Mark {
        Mark([self.ints.len(), self.floats.len(), self.narrow.len(), self.wide.len(), self.bytes.len()])
    }

    /// Takes back what was packed since.
    pub fn cut(&mut self, Mark([ints, floats, narrow, wide, bytes]): Mark) {
        self.ints.truncate(ints);
        self.floats.truncate(floats);
        self.narrow.truncate(narrow);
        self.wide.truncate(wide);
        self.bytes.truncate(bytes);
    }

    /// Appends a text; gives the code for `ints`. `None`: it is not UTF-8.
    pub fn push_text(&mut self, text: &[u8]) -> Option<i32> {
        if text.is_ascii() {
            self.narrow.extend_from_slice(text);
            return Some(text.len() as i32);
        }
        let text = std::str::from_utf8(text).ok()?;
        Some(if text.chars().all(|c| (c as u32) < 256) {
            let before = self.narrow.len();
            self.narrow.extend(text.chars().map(|c| c as u32 as u8));
            (self.narrow.len() - before) as i32
        } else {
            let before = self.wide.len();
            self.wide.extend(text.encode_utf16());
            -2 - (self.wide.len() - before) as i32
        })
    }

    /// Appends a whole number: slots of `Wire::Int`.
    #[inline]
    pub fn push_int(&mut self, n: i64) {
        let small = n as i32;
        if i64::from(small) == n && small > BIG {
            self.ints.push(small);
            self.floats.push(0.0);
        } else {
            self.ints.push(BIG);
            self.floats.push(n as f64);
        }
    }
}

/// A place in a chunk.
#[derive(Clone, Copy)]
pub struct Mark([usize; 5]);

/// The rows of an include and those of its parent, matched: equal numbers belong together, -1 to none.
#[derive(Debug, Default)]
pub struct Links {
    /// One number per row of the parent node.
    pub parents: Vec<i32>,
    /// One number per row of this node.
    pub children: Vec<i32>,
}

/// All that a call gives back.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The rows, in chunks, node after node.
    pub chunks: Vec<Chunk>,
    /// One entry a node; that of the first is empty.
    pub links: Vec<Links>,
    /// Rows inserted, changed or deleted.
    pub changes: u64,
    /// The generated key of each row inserted, in order.
    pub keys: Vec<i64>,
    /// The columns of a raw statement: name and wire.
    pub columns: Vec<(String, Wire)>,
    /// Of a stream: whether there may be more rows, so that it is still open.
    pub open: bool,
    /// Rows that were left out.
    pub skipped: Vec<Skipped>,
}

/// Writes an exact number of `scale` digits after the point, from its scaled integer.
pub fn write_decimal(out: &mut Vec<u8>, scaled: i64, scale: u8) {
    write_digits(out, scaled < 0, scaled.unsigned_abs(), scale);
}

/// The same of a sum, which may have more digits than any value.
pub fn write_decimal_sum(out: &mut Vec<u8>, scaled: i128, scale: u8) {
    write_digits(out, scaled < 0, scaled.unsigned_abs(), scale);
}

fn write_digits(out: &mut Vec<u8>, negative: bool, digits: impl ToString, scale: u8) {
    use std::io::Write;
    let scale = usize::from(scale);
    let digits = format!("{:0>width$}", digits.to_string(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    let sign = if negative { "-" } else { "" };
    let point = if scale > 0 { "." } else { "" };
    // Writing to a Vec cannot fail.
    let _ = write!(out, "{sign}{whole}{point}{fraction}");
}

/// Reads an exact number as its scaled integer; `None` where it is none, or has more digits after the point than `scale`.
pub fn read_decimal(text: &[u8], scale: u8) -> Option<i64> {
    let text = std::str::from_utf8(text).ok()?;
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let fits = !whole.is_empty() && fraction.len() <= usize::from(scale);
    if !fits || !whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit()) {
        return None;
    }
    let scaled: i64 = format!("{whole}{fraction:0<width$}", width = usize::from(scale)).parse().ok()?;
    Some(if negative { -scaled } else { scaled })
}

/// Turns a JSON array of exact numbers into one of their scaled integers.
pub fn scale_list(json: &[u8], form: Form) -> Option<String> {
    let Form::DecimalList(scale) = form else { return None };
    let list: Vec<String> = serde_json::from_slice(json).ok()?;
    let scaled = list.iter().map(|n| read_decimal(n.as_bytes(), scale)).collect::<Option<Vec<i64>>>()?;
    serde_json::to_string(&scaled).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_keep_every_digit() {
        for (text, scaled, scale) in [
            ("0.00", 0, 2),
            ("-0.05", -5, 2),
            ("12.50", 1250, 2),
            ("7", 7, 0),
            ("999999999999999999", 999_999_999_999_999_999, 0),
            ("-0.000000000000000001", -1, 18),
        ] {
            assert_eq!(read_decimal(text.as_bytes(), scale), Some(scaled));
            let mut out = Vec::new();
            write_decimal(&mut out, scaled, scale);
            assert_eq!(String::from_utf8(out).unwrap(), text);
        }
        for bad in ["", "-", "1.", ".5", "1.234", "1e3", "+1", " 1"] {
            let short = bad == "1.";
            assert_eq!(read_decimal(bad.as_bytes(), 2).is_none(), !short, "{bad}");
        }
    }

    #[test]
    fn text_goes_to_the_narrowest_string() {
        let mut chunk = Chunk::default();
        assert_eq!(chunk.push_text(b"abc"), Some(3));
        assert_eq!(chunk.push_text("é".as_bytes()), Some(1));
        assert_eq!(chunk.push_text("日本".as_bytes()), Some(-4));
        assert_eq!(chunk.push_text(b"a\xff"), None);
        let mark = chunk.mark();
        assert_eq!(chunk.push_text(b"taken back"), Some(10));
        chunk.cut(mark);
        assert_eq!(chunk.narrow, [b'a', b'b', b'c', 0xe9]);
        assert_eq!(String::from_utf16(&chunk.wide).unwrap(), "日本");
    }
}
