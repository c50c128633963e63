//! The form in which the server sends a type, and the meaning of its bytes.

use super::encode::EPOCH;
use crate::engine::packed::write_decimal;
use crate::plan::Wire;
use crate::time;
use std::fmt::Write;
use tokio_postgres::types::{Kind, Type};

const MILLIS_PER_DAY: i64 = 86_400_000;

/// The form in which the server sends a type:
/// https://www.postgresql.org/docs/current/protocol-overview.html#PROTOCOL-FORMAT-CODES
#[derive(Clone, Debug, PartialEq)]
pub enum Stored {
    Bool,
    Int2,
    Int4,
    Int8,
    Oid,
    Float4,
    Float8,
    Numeric,
    Text,
    Json,
    Jsonb,
    Uuid,
    Date,
    Time,
    Timestamp,
    /// A timestamp of which only what goes beyond milliseconds is wanted.
    Exact,
    Bytes,
    Void,
    Array(Box<Stored>),
    /// A type whose bytes we do not read.
    Other,
}

impl Stored {
    /// What is sent for a type.
    pub fn of(ty: &Type) -> Self {
        match *ty {
            Type::BOOL => Stored::Bool,
            Type::INT2 => Stored::Int2,
            Type::INT4 => Stored::Int4,
            Type::INT8 => Stored::Int8,
            Type::OID => Stored::Oid,
            Type::FLOAT4 => Stored::Float4,
            Type::FLOAT8 => Stored::Float8,
            Type::NUMERIC => Stored::Numeric,
            Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::CHAR | Type::UNKNOWN | Type::XML => {
                Stored::Text
            }
            Type::JSON => Stored::Json,
            Type::JSONB => Stored::Jsonb,
            Type::UUID => Stored::Uuid,
            Type::DATE => Stored::Date,
            Type::TIME => Stored::Time,
            Type::TIMESTAMP | Type::TIMESTAMPTZ => Stored::Timestamp,
            Type::BYTEA => Stored::Bytes,
            Type::VOID => Stored::Void,
            _ => match ty.kind() {
                Kind::Enum(_) => Stored::Text,
                Kind::Domain(inner) => Stored::of(inner),
                Kind::Array(inner) => match Stored::of(inner) {
                    Stored::Other | Stored::Array(_) => Stored::Other,
                    element => Stored::Array(Box::new(element)),
                },
                _ if ty.name() == "citext" => Stored::Text,
                _ => Stored::Other,
            },
        }
    }

    /// How a column of raw SQL crosses; `None` for a type that is not read.
    pub fn wire(&self) -> Option<Wire> {
        Some(match self {
            Stored::Bool => Wire::Bool,
            Stored::Int2 | Stored::Int4 | Stored::Oid => Wire::Int,
            // A number if one holds it, else a bigint.
            Stored::Int8 | Stored::Void => Wire::Any,
            Stored::Float4 | Stored::Float8 => Wire::Real,
            Stored::Numeric | Stored::Text | Stored::Uuid | Stored::Date | Stored::Time => Wire::Text,
            Stored::Json | Stored::Jsonb | Stored::Array(_) => Wire::Json,
            Stored::Timestamp | Stored::Exact => Wire::Time,
            Stored::Bytes => Wire::Bytes,
            Stored::Other => return None,
        })
    }
}

/// A whole number; `None` for any other type.
#[inline]
pub fn integer(stored: &Stored, bytes: &[u8]) -> Option<i64> {
    Some(match stored {
        Stored::Int8 => i64::from_be_bytes(bytes.try_into().ok()?),
        Stored::Int4 => i64::from(i32::from_be_bytes(bytes.try_into().ok()?)),
        Stored::Int2 => i64::from(i16::from_be_bytes(bytes.try_into().ok()?)),
        Stored::Oid => i64::from(u32::from_be_bytes(bytes.try_into().ok()?)),
        _ => return None,
    })
}

/// A finite or infinite number; `None` for NaN, and for whole numbers that no double is equal to.
pub fn real(stored: &Stored, bytes: &[u8]) -> Option<f64> {
    let number = match stored {
        Stored::Float8 => f64::from_be_bytes(bytes.try_into().ok()?),
        Stored::Float4 => f64::from(f32::from_be_bytes(bytes.try_into().ok()?)),
        other => {
            let whole = integer(other, bytes)?;
            // A double that is not the stored number would not be equal to it.
            let number = whole as f64;
            (number as i128 == i128::from(whole)).then_some(number)?
        }
    };
    // NaN is how a null crosses.
    (!number.is_nan()).then_some(number)
}

/// Milliseconds since 1970, the rest cut off; infinities and years that JavaScript's text of a date has no room for are none.
pub fn moment(stored: &Stored, bytes: &[u8]) -> Option<i64> {
    let millis = match stored {
        Stored::Timestamp | Stored::Exact => {
            let micros = i64::from_be_bytes(bytes.try_into().ok()?);
            micros.div_euclid(1000).checked_add(EPOCH)?
        }
        Stored::Date => {
            let days = i64::from(i32::from_be_bytes(bytes.try_into().ok()?));
            days * MILLIS_PER_DAY + EPOCH
        }
        _ => return None,
    };
    (time::FIRST..=time::LAST).contains(&millis).then_some(millis)
}

/// The microseconds of a timestamp beyond its milliseconds; a day has none.
pub fn beyond(bytes: &[u8]) -> Option<i64> {
    match bytes.len() {
        4 => Some(0),
        _ => Some(i64::from_be_bytes(bytes.try_into().ok()?).rem_euclid(1000)),
    }
}

/// Writes a value as text.
pub fn write_text(stored: &Stored, bytes: &[u8], out: &mut Vec<u8>) -> Option<()> {
    match stored {
        Stored::Text | Stored::Json => out.extend_from_slice(bytes),
        Stored::Jsonb => out.extend_from_slice(bytes.get(1..)?),
        Stored::Bool => out.extend_from_slice(if bytes == [0] { b"false" } else { b"true" }),
        Stored::Int2 | Stored::Int4 | Stored::Int8 | Stored::Oid => {
            out.extend_from_slice(integer(stored, bytes)?.to_string().as_bytes())
        }
        Stored::Float4 | Stored::Float8 => out.extend_from_slice(real(stored, bytes)?.to_string().as_bytes()),
        Stored::Numeric => numeric(bytes, out)?,
        Stored::Uuid => {
            let mut buffer = [0; uuid::fmt::Hyphenated::LENGTH];
            let id = uuid::Uuid::from_slice(bytes).ok()?;
            out.extend_from_slice(id.hyphenated().encode_lower(&mut buffer).as_bytes());
        }
        Stored::Date => out.extend_from_slice(&time::write(moment(stored, bytes)?)[..10]),
        Stored::Timestamp | Stored::Exact => {
            time::write_micros(moment(stored, bytes)?, beyond(bytes)?, |text| out.extend_from_slice(text));
        }
        Stored::Time => {
            let micros = i64::from_be_bytes(bytes.try_into().ok()?);
            let (seconds, rest) = (micros / 1_000_000, micros % 1_000_000);
            let mut text = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
            if rest > 0 {
                let digits = format!("{rest:06}");
                let _ = write!(text, ".{}", digits.trim_end_matches('0'));
            }
            out.extend_from_slice(text.as_bytes());
        }
        Stored::Bytes => out.extend_from_slice(hex(bytes).as_bytes()),
        Stored::Void | Stored::Array(_) | Stored::Other => return None,
    }
    Some(())
}

fn hex(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        // Writing to a String cannot fail.
        let _ = write!(out, "{byte:02x}");
    }
    out
}

/// Writes an exact number: groups of four digits, and how many digits stand after the point. NaN and the infinities are none.
/// See numeric_send in https://github.com/postgres/postgres/blob/master/src/backend/utils/adt/numeric.c
fn numeric(bytes: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let mut words = bytes.chunks_exact(2).map(|pair| i16::from_be_bytes([pair[0], pair[1]]));
    let (count, weight, sign, scale) = (words.next()?, words.next()?, words.next()? as u16, words.next()?);
    let groups: Vec<i16> = words.take(count as usize).collect();
    if !matches!(sign, 0 | 0x4000) {
        return None;
    }
    let group = |at: i32| usize::try_from(at).ok().and_then(|at| groups.get(at)).copied().unwrap_or(0);
    let scale = usize::try_from(scale).ok()?;
    // A number that fits an integer of 64 bits is written from it.
    if scale <= 18 && weight <= 3 && (weight + 1) * 4 + scale as i16 <= 18 {
        let mut scaled: i64 = 0;
        for at in 0..=i32::from(weight) {
            scaled = scaled * 10_000 + i64::from(group(at));
        }
        let mut left = scale;
        let mut at = i32::from(weight) + 1;
        while left > 0 {
            let digits = left.min(4);
            let below = 10_i64.pow(4 - digits as u32);
            scaled = scaled * 10_i64.pow(digits as u32) + i64::from(group(at)) / below;
            left -= digits;
            at += 1;
        }
        write_decimal(out, if sign == 0 { scaled } else { -scaled }, scale as u8);
        return Some(());
    }
    let mut whole = String::new();
    for at in 0..=i32::from(weight) {
        let _ = write!(whole, "{:04}", group(at));
    }
    let mut fraction = String::new();
    let mut at = i32::from(weight) + 1;
    while fraction.len() < scale {
        let _ = write!(fraction, "{:04}", group(at));
        at += 1;
    }
    fraction.truncate(scale);
    let whole = match whole.trim_start_matches('0') {
        "" => "0",
        digits => digits,
    };
    let sign = if sign == 0 { "" } else { "-" };
    let point = if scale > 0 { "." } else { "" };
    out.extend_from_slice(format!("{sign}{whole}{point}{fraction}").as_bytes());
    Some(())
}
