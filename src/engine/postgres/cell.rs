//! Single values as PostgreSQL sends them in its binary format, read by their type's number.

use crate::value::Value;

/// A value of the type with this number, or why it cannot be read.
pub(super) fn read(oid: u32, bytes: &[u8]) -> Result<Value, String> {
    Ok(match oid {
        16 => Value::Bool(bytes == [1]),
        21 => Value::Int(i16::from_be_bytes(fixed(bytes)?).into()),
        23 => Value::Int(i32::from_be_bytes(fixed(bytes)?).into()),
        20 => Value::Int(i64::from_be_bytes(fixed(bytes)?)),
        // Numbers of objects and transactions.
        26 | 28 | 29 => Value::Int(u32::from_be_bytes(fixed(bytes)?).into()),
        700 => Value::Real(f32::from_be_bytes(fixed(bytes)?).into()),
        701 => Value::Real(f64::from_be_bytes(fixed(bytes)?)),
        17 => Value::Bytes(bytes.to_vec()),
        // text, varchar, bpchar, name, "char", json, xml, unknown, pg_node_tree
        25 | 1043 | 1042 | 19 | 18 | 114 | 142 | 705 | 194 => Value::Text(text(bytes)?),
        // void
        2278 => Value::Null,
        _ => return Err(format!("values of type {oid} are not read here; cast it to text")),
    })
}

fn fixed<const N: usize>(bytes: &[u8]) -> Result<[u8; N], String> {
    bytes.try_into().map_err(|_| "it is not as long as its type".to_owned())
}

fn text(bytes: &[u8]) -> Result<String, String> {
    String::from_utf8(bytes.to_vec()).map_err(|_| "it is not UTF-8".to_owned())
}
