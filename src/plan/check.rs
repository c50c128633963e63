//! The condition for a stored value to be a value of its column, beside that of its wire: tables
//! that others made hold anything.

use crate::schema::Kind;
use crate::time;
use serde::de::IgnoredAny;

/// What is asked of a stored value.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Check {
    /// Nothing more.
    #[default]
    Any,
    /// A double is finite.
    Finite,
    /// Text is a UUID, in lower case with dashes.
    Uuid,
    /// Text is a day, `YYYY-MM-DD`.
    Date,
    /// Text is an exact number.
    Decimal,
    /// Text is JSON. Only asked if JavaScript, which reads it anyway, would find out too late.
    Json,
    /// Text is one of these words.
    OneOf(Box<[String]>),
}

impl Check {
    /// What is asked of a value of this kind.
    pub fn of(kind: &Kind) -> Self {
        match kind {
            Kind::Real => Check::Finite,
            Kind::Uuid => Check::Uuid,
            Kind::Date => Check::Date,
            Kind::Decimal { .. } => Check::Decimal,
            Kind::Enum { values, .. } => Check::OneOf(values.clone().into()),
            _ => Check::Any,
        }
    }

    /// Whether a text is what is asked.
    #[inline(always)]
    pub fn accepts(&self, text: &[u8]) -> bool {
        // Most columns ask nothing: that is found out without a call.
        matches!(self, Check::Any) || self.examine(text)
    }

    fn examine(&self, text: &[u8]) -> bool {
        match self {
            Check::Any | Check::Finite => true,
            Check::Uuid => is_uuid(text),
            Check::Date => time::is_date(text),
            Check::Decimal => is_decimal(text),
            Check::Json => serde_json::from_slice::<IgnoredAny>(text).is_ok(),
            Check::OneOf(words) => words.iter().any(|word| word.as_bytes() == text),
        }
    }
}

fn is_uuid(text: &[u8]) -> bool {
    // Without a branch a byte, since every UUID that is read comes by here.
    let hex = |part: &[u8]| part.iter().fold(true, |all, b| all & matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    text.len() == 36
        && [8, 13, 18, 23].iter().all(|at| text[*at] == b'-')
        && [0..8, 9..13, 14..18, 19..23, 24..36].into_iter().all(|part| hex(&text[part]))
}

fn is_decimal(text: &[u8]) -> bool {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    let mut parts = digits.split(|b| *b == b'.');
    let part = |part: Option<&[u8]>| part.is_some_and(|p| !p.is_empty() && p.iter().all(u8::is_ascii_digit));
    part(parts.next()) && parts.next().is_none_or(|fraction| part(Some(fraction))) && parts.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_told_from_values_of_their_kind() {
        let words = Check::OneOf(["open".to_owned(), "done".to_owned()].into());
        for (check, good, bad) in [
            (&Check::Uuid, "018f3c1e-8d2a-7c3b-9f10-2b6a5d4c3e2f", "018F3C1E-8D2A-7C3B-9F10-2B6A5D4C3E2F"),
            (&Check::Uuid, "00000000-0000-0000-0000-000000000000", "018f3c1e08d2a-7c3b-9f10-2b6a5d4c3e2f"),
            (&Check::Date, "2024-02-29", "2023-02-29"),
            (&Check::Date, "0001-01-01", "0000-01-01"),
            (&Check::Date, "9999-12-31", "2024-02-29 00:00:00"),
            (&Check::Decimal, "-0.50", "1."),
            (&Check::Decimal, "7", "1e3"),
            (&Check::Decimal, "12.5", "1.2.3"),
            (&Check::Json, "{\"a\": [1e400, \"\\ud800\", null]}", "{\"a\": "),
            (&Check::Json, " null ", ""),
            (&words, "open", "Open"),
        ] {
            assert!(check.accepts(good.as_bytes()), "{check:?} {good}");
            assert!(!check.accepts(bad.as_bytes()), "{check:?} {bad}");
        }
    }

    #[test]
    fn json_of_any_depth_is_json() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(Check::Json.accepts(deep.as_bytes()));
    }
}
