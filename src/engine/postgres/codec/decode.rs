//! Rows on their way from PostgreSQL: each value is packed from the bytes that the server sends for its type.

use super::array;
use super::stored::{beyond, integer, moment, real, write_text, Stored};
use crate::engine::keys::Key;
use crate::engine::packed::{any, Chunk, NULL};
use crate::error::{self, Code, Error};
use crate::plan::{Action, Check, Form, Output, Plan, Wire, MAX_SAFE};
use crate::time;
use tokio_postgres::types::{FromSql, Type};
use tokio_postgres::Row;

/// How to read one column of a row.
pub struct Column {
    /// The form in which the server sends it.
    pub stored: Stored,
    wire: Wire,
    check: Check,
    hidden: bool,
}

impl Column {
    /// A column of a model.
    pub fn of(output: &Output, ty: &Type) -> Self {
        let stored = match output.form {
            Form::Exact => Stored::Exact,
            _ => Stored::of(ty),
        };
        let check = match (&stored, &output.check) {
            // The server holds nothing else in columns of these types.
            (Stored::Uuid, Check::Uuid) | (Stored::Date, Check::Date) => Check::Any,
            (Stored::Numeric, Check::Decimal) | (Stored::Json | Stored::Jsonb, Check::Json) => Check::Any,
            (_, check) => check.clone(),
        };
        Column { stored, wire: output.wire, check, hidden: output.hidden }
    }

    /// How it crosses.
    pub fn wire(&self) -> Wire {
        self.wire
    }

    /// A column of raw SQL.
    pub fn raw(stored: Stored, wire: Wire) -> Self {
        Column { stored, wire, check: Check::Any, hidden: false }
    }
}

/// The bytes of a value, whatever its type.
struct Bytes<'a>(&'a [u8]);

impl<'a> FromSql<'a> for Bytes<'a> {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Bytes(raw))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// The bytes of one value of a row; `None` for a null.
pub fn value(row: &Row, at: usize) -> Option<&[u8]> {
    row.try_get::<_, Option<Bytes<'_>>>(at).ok().flatten().map(|bytes| bytes.0)
}

/// Appends a row to a chunk. On failure: the number of the column that could not be read.
pub fn row(row: &Row, columns: &[Column], chunk: &mut Chunk) -> Result<(), usize> {
    for (i, column) in columns.iter().enumerate() {
        let mark = column.hidden.then(|| chunk.mark());
        cell(value(row, i), column, chunk).ok_or(i)?;
        if let Some(mark) = mark {
            chunk.cut(mark);
        }
    }
    chunk.rows += 1;
    Ok(())
}

/// The value of a key.
pub fn key(row: &Row, at: usize, column: &Column) -> Option<Key> {
    let bytes = value(row, at)?;
    match integer(&column.stored, bytes) {
        Some(n) => Some(Key::Int(n)),
        None => {
            let mut text = Vec::new();
            write_text(&column.stored, bytes, &mut text)?;
            Some(Key::Text(text.into()))
        }
    }
}

/// Packs one value; `None` when it is not of the column's kind.
#[inline]
fn cell(value: Option<&[u8]>, column: &Column, chunk: &mut Chunk) -> Option<()> {
    let Some(bytes) = value else {
        null(column.wire, chunk);
        return Some(());
    };
    let stored = &column.stored;
    match column.wire {
        Wire::Int => match integer(stored, bytes)? {
            n if n.unsigned_abs() > MAX_SAFE => return None,
            n => chunk.push_int(n),
        },
        Wire::Bigint => {
            chunk.ints.push(0);
            chunk.floats.push(f64::from_bits(integer(stored, bytes)? as u64));
        }
        Wire::Real => match real(stored, bytes)? {
            f if f.is_infinite() && column.check == Check::Finite => return None,
            f => chunk.floats.push(f),
        },
        Wire::Bool => match (stored, bytes) {
            (Stored::Bool, [flag]) => chunk.ints.push(i32::from(*flag)),
            _ => return None,
        },
        Wire::Time => chunk.floats.push(moment(stored, bytes)? as f64),
        Wire::Text if *stored == Stored::Text => {
            let code = chunk.push_text(bytes)?;
            if !column.check.accepts(bytes) {
                return None;
            }
            chunk.ints.push(code);
        }
        // JSON may have characters beyond ASCII.
        Wire::Text if matches!(stored, Stored::Json | Stored::Jsonb) => {
            let mut text = Vec::new();
            write_text(stored, bytes, &mut text)?;
            if !column.check.accepts(&text) {
                return None;
            }
            let code = chunk.push_text(&text)?;
            chunk.ints.push(code);
        }
        Wire::Text if *stored == Stored::Exact => match beyond(bytes)? {
            0 => chunk.ints.push(-1),
            micros => {
                let before = chunk.narrow.len();
                time::write_micros(moment(stored, bytes)?, micros, |text| chunk.narrow.extend_from_slice(text));
                chunk.ints.push((chunk.narrow.len() - before) as i32);
            }
        },
        Wire::Text => {
            let before = chunk.narrow.len();
            // What is written here has no characters beyond ASCII.
            write_text(stored, bytes, &mut chunk.narrow)?;
            if !column.check.accepts(&chunk.narrow[before..]) {
                return None;
            }
            chunk.ints.push((chunk.narrow.len() - before) as i32);
        }
        Wire::Json => {
            let code = match stored {
                Stored::Json => chunk.push_text(bytes)?,
                // The first byte is the version of the format.
                Stored::Jsonb => chunk.push_text(bytes.get(1..)?)?,
                Stored::Array(element) => chunk.push_text(array::to_json(element, bytes)?.as_bytes())?,
                _ => return None,
            };
            chunk.ints.push(code);
        }
        Wire::Bytes => match stored {
            Stored::Bytes => {
                chunk.ints.push(bytes.len() as i32);
                chunk.bytes.extend_from_slice(bytes);
            }
            _ => return None,
        },
        Wire::Any => {
            let (tag, number) = match integer(stored, bytes) {
                Some(n) if n.unsigned_abs() <= MAX_SAFE => (any::NUMBER, n as f64),
                Some(n) => (any::BIGINT, f64::from_bits(n as u64)),
                None => (any::NULL, 0.0),
            };
            chunk.ints.extend_from_slice(&[tag, 0]);
            chunk.floats.push(number);
        }
    }
    Some(())
}

fn null(wire: Wire, chunk: &mut Chunk) {
    match wire {
        Wire::Int => {
            chunk.ints.push(NULL);
            chunk.floats.push(0.0);
        }
        Wire::Bigint => {
            chunk.ints.push(-1);
            chunk.floats.push(0.0);
        }
        Wire::Real | Wire::Time => chunk.floats.push(f64::NAN),
        Wire::Bool => chunk.ints.push(NULL),
        Wire::Text | Wire::Json | Wire::Bytes => chunk.ints.push(-1),
        Wire::Any => {
            chunk.ints.extend_from_slice(&[any::NULL, 0]);
            chunk.floats.push(0.0);
        }
    }
}

/// How to read the columns of a statement. Errors: `SQL_REFUSED`, for a type that is not read.
pub fn columns(plan: &Plan, outputs: &[Output], given: &[tokio_postgres::Column]) -> error::Result<Vec<Column>> {
    if plan.action != Action::Raw {
        return Ok(outputs.iter().zip(given).map(|(output, column)| Column::of(output, column.type_())).collect());
    }
    let read = |column: &tokio_postgres::Column| {
        let stored = Stored::of(column.type_());
        let wire: Wire = stored.wire().ok_or_else(|| {
            let (name, kind) = (column.name(), column.type_().name());
            Error::new(
                Code::SqlRefused,
                format!("The SQL returns a column {name} of the type {kind}, which is not supported."),
            )
            .hint(format!("Write it as text: {name}::text."))
        })?;
        Ok(Column::raw(stored, wire))
    };
    given.iter().map(read).collect()
}
