//! Defaults as the schema's JSON writes them: whether one fits its column, and its canonical form.

use super::Kind;
use serde_json::Value;

/// The largest whole number that JavaScript holds exactly.
pub const MAX_SAFE_INTEGER: i64 = 9_007_199_254_740_991;

/// The canonical form of a default of this kind, or what would have been right.
///
/// Canonical is: integers as JSON integers, decimals with all their `scale` digits, timestamps as
/// `YYYY-MM-DDTHH:MM:SS.sssZ`, UUIDs and hex in lower case.
pub fn canonical(kind: &Kind, value: &Value) -> Result<Value, String> {
    match kind {
        Kind::Id | Kind::BigId => Err("no default: the database numbers the rows of an identity".into()),
        Kind::Integer => integer(value, -MAX_SAFE_INTEGER, MAX_SAFE_INTEGER),
        Kind::Int32 => integer(value, i64::from(i32::MIN), i64::from(i32::MAX)),
        Kind::Bigint => text(value, "a string of digits within 64 bits").and_then(bigint),
        // As JavaScript has it written, whose JSON has no negative zero.
        Kind::Real if value == "-0" => Ok((-0.0).into()),
        Kind::Real => match value.as_f64() {
            Some(real) if real.is_finite() => Ok(value.clone()),
            _ => Err("a finite number".into()),
        },
        Kind::Decimal { precision, scale } => decimal(value, *precision, *scale),
        Kind::Text { max } => plain_text(value, *max),
        Kind::Boolean => value.as_bool().map(Value::from).ok_or_else(|| "true or false".into()),
        Kind::Uuid => {
            let expected = "a UUID like 01890a5d-ac96-774b-bcce-b302099a8057";
            let uuid = text(value, expected)?.to_ascii_lowercase();
            if is_uuid(&uuid) {
                Ok(uuid.into())
            } else {
                Err(expected.into())
            }
        }
        Kind::Timestamp => {
            let expected = "a moment in UTC like 2026-01-31T12:00:00.000Z, years 0001 to 9999";
            timestamp(text(value, expected)?).map(Value::from).ok_or_else(|| expected.into())
        }
        Kind::Date => {
            let expected = "a day like 2026-01-31, years 0001 to 9999";
            let day = text(value, expected)?;
            if is_date(day) {
                Ok(day.into())
            } else {
                Err(expected.into())
            }
        }
        Kind::Json => Ok(value.clone()),
        Kind::Bytes => {
            let expected = "bytes as hexadecimal digits, two a byte";
            let hex = text(value, expected)?;
            let fits = hex.len() % 2 == 0 && hex.bytes().all(|b| b.is_ascii_hexdigit());
            if fits {
                Ok(hex.to_ascii_lowercase().into())
            } else {
                Err(expected.into())
            }
        }
        Kind::Enum { values, .. } => {
            let expected = || format!("one of {}", values.join(", "));
            let word = value.as_str().ok_or_else(expected)?;
            if values.iter().any(|v| v == word) {
                Ok(word.into())
            } else {
                Err(expected())
            }
        }
    }
}

/// A decimal as the integer it is stored as, `1.5` with scale 2 as 150; None if it is none or does not fit.
pub fn scaled(text: &str, precision: u8, scale: u8) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let numeric = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let pointless = digits.contains('.') && fraction.is_empty();
    if whole.is_empty() || pointless || !numeric(whole) || !numeric(fraction) || fraction.len() > usize::from(scale) {
        return None;
    }
    let mut joined = whole.trim_start_matches('0').to_owned() + fraction;
    joined.extend(std::iter::repeat_n('0', usize::from(scale) - fraction.len()));
    let joined = joined.trim_start_matches('0');
    if joined.len() > usize::from(precision) {
        return None;
    }
    let number: i64 = if joined.is_empty() { 0 } else { joined.parse().ok()? };
    Some(if negative { -number } else { number })
}

/// Whether this is a day of the calendar, `YYYY-MM-DD`, years 0001 to 9999.
pub fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
        return false;
    }
    let (Some(year), Some(month), Some(day)) = (number(&bytes[0..4]), number(&bytes[5..7]), number(&bytes[8..10]))
    else {
        return false;
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => 31,
    };
    year >= 1 && (1..=12).contains(&month) && (1..=days).contains(&day)
}

/// Whether this is a UUID, lower case with dashes.
pub fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(i, byte)| match i {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
        })
}

fn number(digits: &[u8]) -> Option<u32> {
    std::str::from_utf8(digits).ok().filter(|text| text.bytes().all(|b| b.is_ascii_digit()))?.parse().ok()
}

fn text<'a>(value: &'a Value, expected: &str) -> Result<&'a str, String> {
    value.as_str().ok_or_else(|| expected.to_owned())
}

fn integer(value: &Value, least: i64, most: i64) -> Result<Value, String> {
    let whole = value.as_i64().or_else(|| {
        // JSON does not tell 1e3 from 1000: JavaScript may write either.
        value.as_f64().filter(|n| n.fract() == 0.0 && n.abs() <= MAX_SAFE_INTEGER as f64).map(|n| n as i64)
    });
    match whole {
        Some(n) if (least..=most).contains(&n) => Ok(n.into()),
        _ => Err(format!("a whole number from {least} to {most}")),
    }
}

fn bigint(digits: &str) -> Result<Value, String> {
    match digits.parse::<i64>() {
        Ok(n) if !digits.starts_with('+') => Ok(n.to_string().into()),
        _ => Err("a string of digits within 64 bits".into()),
    }
}

fn decimal(value: &Value, precision: u8, scale: u8) -> Result<Value, String> {
    let expected = || {
        let whole = precision.saturating_sub(scale);
        format!("a string of digits, at most {whole} before the point and {scale} after it")
    };
    let number = value.as_str().and_then(|text| scaled(text, precision, scale)).ok_or_else(expected)?;
    let digits = format!("{:0width$}", number.unsigned_abs(), width = usize::from(scale) + 1);
    let (whole, fraction) = digits.split_at(digits.len() - usize::from(scale));
    let sign = if number < 0 { "-" } else { "" };
    let point = if scale > 0 { "." } else { "" };
    Ok(format!("{sign}{whole}{point}{fraction}").into())
}

fn plain_text(value: &Value, max: Option<u32>) -> Result<Value, String> {
    let text = text(value, "a string")?;
    if text.contains('\0') {
        return Err("text without NUL characters: no database takes them in a default".into());
    }
    match max {
        Some(max) if text.chars().count() > max as usize => Err(format!("at most {max} characters")),
        _ => Ok(text.into()),
    }
}

fn timestamp(text: &str) -> Option<String> {
    let (day, time) = text.split_once('T')?;
    let time = time.strip_suffix('Z')?;
    let (clock, fraction) = time.split_once('.').unwrap_or((time, "000"));
    let bytes = clock.as_bytes();
    if bytes.len() != 8 || bytes[2] != b':' || bytes[5] != b':' || !is_date(day) {
        return None;
    }
    let in_range = number(&bytes[0..2])? < 24 && number(&bytes[3..5])? < 60 && number(&bytes[6..8])? < 60;
    let millis = (1..=3).contains(&fraction.len()) && fraction.bytes().all(|b| b.is_ascii_digit());
    (in_range && millis).then(|| format!("{day}T{clock}.{fraction:0<3}Z"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn decimal(precision: u8, scale: u8) -> Kind {
        Kind::Decimal { precision, scale }
    }

    #[test]
    fn canonical_forms() {
        let cases = [
            (Kind::Integer, json!(1e3), json!(1000)),
            (Kind::Bigint, json!("-9223372036854775808"), json!("-9223372036854775808")),
            (Kind::Int32, json!(-2147483648), json!(-2147483648)),
            (Kind::Real, json!(0.5), json!(0.5)),
            (Kind::Real, json!("-0"), json!(-0.0)),
            (decimal(5, 2), json!("1.5"), json!("1.50")),
            (decimal(5, 2), json!("-000.05"), json!("-0.05")),
            (decimal(3, 3), json!("0.123"), json!("0.123")),
            (decimal(2, 0), json!("12"), json!("12")),
            (Kind::Timestamp, json!("2026-02-28T01:02:03Z"), json!("2026-02-28T01:02:03.000Z")),
            (Kind::Timestamp, json!("0001-01-01T00:00:00.5Z"), json!("0001-01-01T00:00:00.500Z")),
            (Kind::Date, json!("2024-02-29"), json!("2024-02-29")),
            (Kind::Uuid, json!("01890A5D-AC96-774B-BCCE-B302099A8057"), json!("01890a5d-ac96-774b-bcce-b302099a8057")),
            (Kind::Bytes, json!("00FF"), json!("00ff")),
            (Kind::Json, json!(null), json!(null)),
            (Kind::Text { max: Some(2) }, json!("🦀é"), json!("🦀é")),
        ];
        for (kind, value, expected) in cases {
            assert_eq!(canonical(&kind, &value), Ok(expected), "{kind:?} {value}");
        }
    }

    #[test]
    fn misfits() {
        let word = Kind::Enum { name: "e".into(), values: vec!["a".into(), "b".into()] };
        let cases = [
            (Kind::Id, json!(1)),
            (Kind::Integer, json!(9007199254740992_i64)),
            (Kind::Integer, json!(1.5)),
            (Kind::Integer, json!("1")),
            (Kind::Bigint, json!("9223372036854775808")),
            (Kind::Bigint, json!("+1")),
            (Kind::Bigint, json!(1)),
            (Kind::Int32, json!(2147483648_i64)),
            (Kind::Real, json!("1")),
            (decimal(5, 2), json!("1.555")),
            (decimal(5, 2), json!("1234")),
            (decimal(5, 2), json!("1.")),
            (decimal(5, 2), json!(".5")),
            (decimal(5, 2), json!("--1")),
            (decimal(5, 2), json!("")),
            (decimal(5, 2), json!(1)),
            (Kind::Text { max: Some(1) }, json!("ab")),
            (Kind::Text { max: None }, json!("a\0")),
            (Kind::Text { max: None }, json!(1)),
            (Kind::Boolean, json!(1)),
            (Kind::Uuid, json!("01890a5dac96774bbcceb302099a8057")),
            (Kind::Timestamp, json!("2026-02-29T00:00:00Z")),
            (Kind::Timestamp, json!("2026-01-01 00:00:00Z")),
            (Kind::Timestamp, json!("2026-01-01T24:00:00Z")),
            (Kind::Timestamp, json!("2026-01-01T00:00:00.0000Z")),
            (Kind::Date, json!("0000-01-01")),
            (Kind::Date, json!("2026-13-01")),
            (Kind::Bytes, json!("abc")),
            (Kind::Bytes, json!("zz")),
            (word, json!("c")),
        ];
        for (kind, value) in cases {
            assert!(canonical(&kind, &value).is_err(), "{kind:?} {value}");
        }
    }

    #[test]
    fn scaling() {
        assert_eq!(scaled("123456789012345678", 18, 0), Some(123456789012345678));
        assert_eq!(scaled("-0.01", 3, 2), Some(-1));
        assert_eq!(scaled("0", 1, 0), Some(0));
        assert_eq!(scaled("1234567890123456789", 18, 0), None);
    }
}
