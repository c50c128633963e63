//! Single values as PostgreSQL sends them, for administration: read by the number of their type.

use super::array;
use super::stored::{write_text, Stored};
use crate::value::Value;
use tokio_postgres::types::Type;

/// A value of the type with this number. A type for which `Value` has no kind comes as text, arrays
/// as JSON; `None` if the type is not read.
pub(in crate::engine::postgres) fn read(oid: u32, bytes: &[u8]) -> Option<Value> {
    let stored = match oid {
        // Expressions of the catalog, which a cast would turn into the same text.
        PG_NODE_TREE => Stored::Text,
        _ => Stored::of(&Type::from_oid(oid)?),
    };
    Some(match &stored {
        Stored::Bool => Value::Bool(bytes == [1]),
        Stored::Int2 => Value::Int(i16::from_be_bytes(bytes.try_into().ok()?).into()),
        Stored::Int4 => Value::Int(i32::from_be_bytes(bytes.try_into().ok()?).into()),
        Stored::Int8 => Value::Int(i64::from_be_bytes(bytes.try_into().ok()?)),
        Stored::Oid => Value::Int(u32::from_be_bytes(bytes.try_into().ok()?).into()),
        Stored::Float4 => Value::Real(f32::from_be_bytes(bytes.try_into().ok()?).into()),
        Stored::Float8 => Value::Real(f64::from_be_bytes(bytes.try_into().ok()?)),
        Stored::Bytes => Value::Bytes(bytes.to_vec()),
        Stored::Void => Value::Null,
        Stored::Array(element) => Value::Text(array::to_json(element, bytes)?),
        _ => {
            let mut text = Vec::new();
            write_text(&stored, bytes, &mut text)?;
            Value::Text(String::from_utf8(text).ok()?)
        }
    })
}

const PG_NODE_TREE: u32 = 194;
