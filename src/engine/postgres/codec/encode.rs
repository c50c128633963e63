//! Parameters on their way to PostgreSQL: binary where we know how the type is sent, as text for every other.

use crate::engine::keys::Key;
use crate::engine::packed::{Bind, Cursor, ParamChunk};
use crate::error::{Code, Error, Result};
use crate::plan::{Form, Param, Wire};
use crate::time;
use bytes::{BufMut, BytesMut};
use serde_json::value::RawValue;
use std::fmt;
use tokio_postgres::types::{to_sql_checked, Format, IsNull, ToSql, Type};
use uuid::Uuid;

type Failure = Box<dyn std::error::Error + Sync + Send>;

/// Milliseconds from 1970, where our moments begin, to 2000, where PostgreSQL's do.
pub const EPOCH: i64 = 946_684_800_000;

/// The last microsecond of a millisecond.
const LAST_MICROS: i64 = 999;

/// One parameter of a statement.
pub struct Parameter<'a> {
    value: Bind<'a>,
    param: Param,
}

/// The keys of parents, as an array.
pub struct KeyList(String);

/// Reads the parameters of one row. Errors: `VALUE_INVALID` for text that PostgreSQL cannot hold, with its place in the row.
pub fn parameters<'a>(params: &[Param], cursor: &mut Cursor<'a>) -> Result<Vec<Parameter<'a>>> {
    let read = |(at, param): (usize, &Param)| {
        let value = cursor.next(param);
        match value {
            Bind::Text(text) if has_nul(text, param) => Err(Error {
                param: Some(at),
                ..Error::new(Code::ValueInvalid, "PostgreSQL cannot hold text with a NUL character.")
                    .expected("text without \\0")
                    .found("text with \\0")
                    .hint("Store it as bytes, or take the character out.")
            }),
            value => Ok(Parameter { value, param: *param }),
        }
    };
    params.iter().enumerate().map(read).collect()
}

/// Whether text has a NUL character; JSON and lists, which cross as JSON, write it as an escape.
fn has_nul(text: &[u8], param: &Param) -> bool {
    if param.wire != Wire::Json && !matches!(param.form, Form::List | Form::DecimalList(_)) {
        return text.contains(&0);
    }
    let mut rest = text;
    while let Some(at) = rest.iter().position(|byte| *byte == b'\\') {
        if rest[at..].starts_with(b"\\u0000") {
            return true;
        }
        // The character after a backslash begins no other escape.
        rest = rest.get(at + 2..).unwrap_or_default();
    }
    false
}

/// The parameters of a statement for one row: those of the first row of a call.
pub fn first<'a>(chunks: &'a [ParamChunk], empty: &'a ParamChunk) -> Cursor<'a> {
    Cursor::new(chunks.first().unwrap_or(empty))
}

impl KeyList {
    /// An array of these keys.
    pub fn of<'a>(keys: impl Iterator<Item = &'a Key>) -> Self {
        let mut out = String::from("{");
        for (i, key) in keys.enumerate() {
            if i > 0 {
                out.push(',');
            }
            match key {
                Key::Int(n) => out.push_str(&n.to_string()),
                Key::Text(text) => push_element(&mut out, &String::from_utf8_lossy(text)),
            }
        }
        out.push('}');
        KeyList(out)
    }

    /// As the parameter that it is bound to.
    pub fn parameter(&self) -> Parameter<'_> {
        Parameter { value: Bind::Text(self.0.as_bytes()), param: Param { wire: Wire::Text, form: Form::Plain } }
    }
}

/// Appends an element of an array: https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO
fn push_element(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
}

/// A JSON array as PostgreSQL's array.
fn array(json: &[u8]) -> std::result::Result<String, Failure> {
    let elements: Vec<&RawValue> = serde_json::from_slice(json)?;
    let mut out = String::with_capacity(json.len() + 2);
    out.push('{');
    for (i, element) in elements.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        match element.get() {
            text if text.starts_with('"') => push_element(&mut out, &serde_json::from_str::<String>(text)?),
            // A number or a truth value is written alike in both.
            plain => out.push_str(plain),
        }
    }
    out.push('}');
    Ok(out)
}

impl Parameter<'_> {
    /// Whether the value is sent in binary as this type.
    fn is_binary(&self, ty: &Type) -> bool {
        match self.value {
            Bind::Int(n) => match *ty {
                Type::INT8 | Type::FLOAT8 | Type::BOOL => true,
                Type::INT4 => i32::try_from(n).is_ok(),
                Type::INT2 => i16::try_from(n).is_ok(),
                _ => false,
            },
            Bind::Real(_) => matches!(*ty, Type::FLOAT8 | Type::FLOAT4),
            Bind::Time(_) => matches!(*ty, Type::TIMESTAMPTZ | Type::TIMESTAMP),
            Bind::Bytes(_) => *ty == Type::BYTEA,
            Bind::Text(_) | Bind::Null => false,
        }
    }

    /// Whether `put_cell` writes every value that crosses like this as this type.
    pub fn is_sent_in_binary(wire: Wire, ty: &Type) -> bool {
        match wire {
            Wire::Int => matches!(*ty, Type::INT8 | Type::FLOAT8),
            Wire::Bool => *ty == Type::BOOL,
            Wire::Bigint => *ty == Type::INT8,
            Wire::Real => *ty == Type::FLOAT8,
            Wire::Time => *ty == Type::TIMESTAMPTZ,
            Wire::Text => matches!(*ty, Type::TEXT | Type::VARCHAR | Type::UUID),
            Wire::Json => *ty == Type::JSONB,
            Wire::Bytes => *ty == Type::BYTEA,
            Wire::Any => false,
        }
    }

    /// Writes the value as COPY takes it in binary; false: it is a null, and nothing is written.
    pub fn put_cell(&self, ty: &Type, out: &mut BytesMut) -> bool {
        match self.value {
            Bind::Null => return false,
            _ if self.is_binary(ty) => self.put_binary(ty, out),
            // What is no identifier is sent as nothing, which the server refuses.
            Bind::Text(id) if *ty == Type::UUID => {
                out.put_slice(Uuid::try_parse_ascii(id).as_ref().map_or(&[], |id| id.as_bytes().as_slice()));
            }
            Bind::Text(text) => {
                if *ty == Type::JSONB {
                    // The version of its form.
                    out.put_u8(1);
                }
                out.put_slice(text);
            }
            // See `is_sent_in_binary`.
            Bind::Int(_) | Bind::Real(_) | Bind::Time(_) | Bind::Bytes(_) => {}
        }
        true
    }

    fn put_binary(&self, ty: &Type, out: &mut BytesMut) {
        match self.value {
            Bind::Int(n) => match *ty {
                Type::BOOL => out.put_u8(u8::from(n != 0)),
                Type::INT2 => out.put_i16(n as i16),
                Type::INT4 => out.put_i32(n as i32),
                Type::FLOAT8 => out.put_f64(n as f64),
                _ => out.put_i64(n),
            },
            Bind::Real(f) if *ty == Type::FLOAT4 => out.put_f32(f as f32),
            Bind::Real(f) => out.put_f64(f),
            Bind::Time(millis) if self.param.form == Form::Last => out.put_i64((millis - EPOCH) * 1000 + LAST_MICROS),
            Bind::Time(millis) => out.put_i64((millis - EPOCH) * 1000),
            Bind::Bytes(bytes) => out.put_slice(bytes),
            Bind::Text(_) | Bind::Null => {}
        }
    }

    fn put_text(&self, out: &mut BytesMut) -> std::result::Result<(), Failure> {
        match self.value {
            Bind::Int(n) if self.param.wire == Wire::Bool => out.put_slice(if n == 0 { b"false" } else { b"true" }),
            Bind::Int(n) => out.put_slice(n.to_string().as_bytes()),
            // The fewest digits that read back as the same double.
            Bind::Real(f) => out.put_slice(format!("{f:?}").as_bytes()),
            Bind::Time(millis) => {
                let micros = if self.param.form == Form::Last { LAST_MICROS } else { 0 };
                time::write_micros(millis, micros, |text| out.put_slice(text));
            }
            Bind::Text(json) if matches!(self.param.form, Form::List | Form::DecimalList(_)) => {
                out.put_slice(array(json)?.as_bytes())
            }
            Bind::Text(text) => out.put_slice(text),
            Bind::Bytes(bytes) => {
                out.put_slice(b"\\x");
                for byte in bytes {
                    out.put_slice(format!("{byte:02x}").as_bytes());
                }
            }
            Bind::Null => {}
        }
        Ok(())
    }
}

/// Values never appear in debug output.
impl fmt::Debug for Parameter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Parameter")
    }
}

impl ToSql for Parameter<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> std::result::Result<IsNull, Failure> {
        if self.value == Bind::Null {
            return Ok(IsNull::Yes);
        }
        match self.is_binary(ty) {
            true => self.put_binary(ty, out),
            false => self.put_text(out)?,
        }
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        // The database reads text as whatever it takes.
        true
    }

    fn encode_format(&self, ty: &Type) -> Format {
        match self.is_binary(ty) {
            true => Format::Binary,
            false => Format::Text,
        }
    }

    to_sql_checked!();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(value: Bind<'_>, wire: Wire, form: Form, ty: &Type) -> Vec<u8> {
        let mut out = BytesMut::new();
        Parameter { value, param: Param { wire, form } }.to_sql(ty, &mut out).unwrap();
        out.to_vec()
    }

    #[test]
    fn values_are_sent_as_their_type_takes_them() {
        let plain = |value, wire, ty: &Type| sent(value, wire, Form::Plain, ty);
        assert_eq!(plain(Bind::Int(7), Wire::Int, &Type::INT8), 7i64.to_be_bytes());
        assert_eq!(plain(Bind::Int(7), Wire::Int, &Type::INT2), [0, 7]);
        assert_eq!(plain(Bind::Int(1 << 40), Wire::Int, &Type::INT4), b"1099511627776");
        assert_eq!(plain(Bind::Int(1), Wire::Bool, &Type::BOOL), [1]);
        assert_eq!(plain(Bind::Int(1), Wire::Bool, &Type::TEXT), b"true");
        assert_eq!(plain(Bind::Real(-0.0), Wire::Real, &Type::UNKNOWN), b"-0.0");
        assert_eq!(plain(Bind::Time(EPOCH), Wire::Time, &Type::TIMESTAMPTZ), [0; 8]);
        assert_eq!(plain(Bind::Time(EPOCH), Wire::Time, &Type::UNKNOWN), b"2000-01-01T00:00:00.000Z");
        assert_eq!(plain(Bind::Bytes(&[0, 255]), Wire::Bytes, &Type::UNKNOWN), b"\\x00ff");
    }

    #[test]
    fn lists_become_arrays() {
        let list = |json: &str| {
            String::from_utf8(sent(Bind::Text(json.as_bytes()), Wire::Text, Form::List, &Type::TEXT_ARRAY)).unwrap()
        };
        assert_eq!(list("[]"), "{}");
        assert_eq!(list("[1,-2,1e+0]"), "{1,-2,1e+0}");
        assert_eq!(list(r#"["a,b","c\"d","e\\f","","NULL"]"#), r#"{"a,b","c\"d","e\\f","","NULL"}"#);
        let keys = [Key::Int(5), Key::Text(b"x}\"".as_slice().into())];
        assert_eq!(KeyList::of(keys.iter()).0, r#"{5,"x}\""}"#);
    }

    #[test]
    fn text_with_nul_is_refused_before_it_is_sent() {
        let chunk =
            ParamChunk { rows: 1, ints: vec![1, 2], floats: vec![0.0, 0.0], text: b"ab\0".to_vec(), bytes: vec![] };
        let text = Param { wire: Wire::Text, form: Form::Plain };
        let error = parameters(&[text, text], &mut Cursor::new(&chunk)).unwrap_err();
        assert_eq!((error.code, error.param), (Code::ValueInvalid, Some(1)));
        let json = Param { wire: Wire::Json, form: Form::Plain };
        for (text, refused) in
            [(r#"["\u0000"]"#, true), (r#"["\\u0000"]"#, false), (r#"["\\\u0000"]"#, true), ("\\", false)]
        {
            assert_eq!(has_nul(text.as_bytes(), &json), refused, "{text}");
        }
    }
}
