//! Reading JSON that nests deeper than serde_json reads by itself (128 levels), up to a limit that no thread's stack is too small for.

use serde::de::{Deserialize, Error};
use serde_json::{Deserializer, Result, Value};

/// How deep JSON may nest: as deep as SQLite reads it (1,000 levels), and as a schema or a revision that holds such a value.
pub const LIMIT: usize = 1024;

/// Reads a whole text. Errors: it is not JSON, or nests deeper than the limit.
pub fn read(text: &str) -> Result<Value> {
    if depth(text) > LIMIT {
        return Err(serde_json::Error::custom(format!("more than {LIMIT} levels")));
    }
    let mut reader = Deserializer::from_str(text);
    reader.disable_recursion_limit();
    let json = Value::deserialize(&mut reader)?;
    reader.end().map(|()| json)
}

/// How deep the lists and objects of a text nest.
pub fn depth(text: &str) -> usize {
    let (mut depth, mut deepest, mut quoted, mut escaped) = (0_usize, 0, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'[' | b'{' if !quoted => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nested(levels: usize) -> String {
        "[".repeat(levels) + &"]".repeat(levels)
    }

    #[test]
    fn reads_up_to_the_limit_and_refuses_more() {
        assert!(read(&nested(LIMIT)).is_ok());
        assert_eq!(
            read(&nested(LIMIT + 1)).map_err(|error| error.to_string()),
            Err("more than 1024 levels".to_owned())
        );
        assert!(read(&nested(1_000_000)).is_err());
    }

    #[test]
    fn brackets_in_text_do_not_nest() {
        assert_eq!(depth(r#"{"a[": "[[\"[", "b": [1]}"#), 2);
    }

    #[test]
    fn a_second_value_is_an_error() {
        assert!(read("1 2").is_err());
    }
}
