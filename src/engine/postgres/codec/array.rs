//! Arrays in the results of raw SQL, as JSON.

use super::stored::{write_text, Stored};
use serde_json::Value;

/// Reads what the server sends for an array (array_send): dimensions, whether there are nulls, the type of the elements,
/// each dimension's length and first index, then the elements.
pub fn to_json(element: &Stored, bytes: &[u8]) -> Option<String> {
    let mut reader = Reader(bytes);
    let dimensions = reader.int()?;
    let _has_nulls = reader.int()?;
    let _type = reader.int()?;
    let mut lengths = Vec::new();
    for _ in 0..dimensions {
        lengths.push(reader.int()?);
        let _first = reader.int()?;
    }
    let value = match lengths.is_empty() {
        true => Value::Array(Vec::new()),
        false => nested(&lengths, element, &mut reader)?,
    };
    Some(value.to_string())
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn int(&mut self) -> Option<i32> {
        let (head, rest) = self.0.split_at_checked(4)?;
        self.0 = rest;
        Some(i32::from_be_bytes(head.try_into().ok()?))
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(head)
    }
}

fn nested(lengths: &[i32], element: &Stored, reader: &mut Reader<'_>) -> Option<Value> {
    let Some((length, inner)) = lengths.split_first() else {
        return match reader.int()? {
            -1 => Some(Value::Null),
            length => value(element, reader.take(usize::try_from(length).ok()?)?),
        };
    };
    (0..*length).map(|_| nested(inner, element, reader)).collect::<Option<Vec<_>>>().map(Value::Array)
}

fn value(stored: &Stored, bytes: &[u8]) -> Option<Value> {
    let mut text = Vec::new();
    write_text(stored, bytes, &mut text)?;
    Some(match stored {
        Stored::Json | Stored::Jsonb => serde_json::from_slice(&text).ok()?,
        Stored::Bool | Stored::Int2 | Stored::Int4 | Stored::Oid | Stored::Float4 | Stored::Float8 => {
            serde_json::from_slice(&text).ok()?
        }
        // A number where JavaScript has one, else its digits as text.
        Stored::Int8 => match String::from_utf8(text).ok()?.parse::<i64>().ok()? {
            n if n.unsigned_abs() < 1 << 53 => Value::from(n),
            n => Value::from(n.to_string()),
        },
        _ => Value::from(String::from_utf8(text).ok()?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(lengths: &[i32], elements: &[Option<i64>]) -> Vec<u8> {
        let mut out = Vec::new();
        for n in [lengths.len() as i32, 1, 20] {
            out.extend(n.to_be_bytes());
        }
        for length in lengths {
            out.extend(length.to_be_bytes());
            out.extend(1i32.to_be_bytes());
        }
        for element in elements {
            match element {
                None => out.extend((-1i32).to_be_bytes()),
                Some(n) => {
                    out.extend(8i32.to_be_bytes());
                    out.extend(n.to_be_bytes());
                }
            }
        }
        out
    }

    #[test]
    fn arrays_of_any_depth() {
        let json = |lengths: &[i32], elements: &[Option<i64>]| to_json(&Stored::Int8, &sent(lengths, elements));
        assert_eq!(json(&[], &[]).as_deref(), Some("[]"));
        assert_eq!(json(&[3], &[Some(1), None, Some(i64::MAX)]).as_deref(), Some("[1,null,\"9223372036854775807\"]"));
        assert_eq!(json(&[2, 1], &[Some(1), Some(2)]).as_deref(), Some("[[1],[2]]"));
        assert_eq!(json(&[2], &[Some(1)]), None);
    }
}
