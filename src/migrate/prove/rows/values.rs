//! Values to seed rows with: the edges of every kind, constants that checks mention, and what becomes of a value in
//! another kind. Pure.

use crate::diff::ValueMap;
use crate::schema::defaults::{canonical, MAX_SAFE_INTEGER};
use crate::schema::{Column, Default, Kind};
use serde_json::{json, Value as Json};

/// The longest text that is tried, in characters: enough to see that nothing is cut, and little enough for an index.
const LONGEST: u32 = 4000;

/// The value of a row in a column.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell {
    /// Nothing: the database numbers the row.
    Numbered,
    /// NULL.
    Null,
    /// A value, in the canonical form of a default.
    Value(Json),
    /// The row's own value in this column: it refers to itself.
    Own(usize),
}

/// The values of a kind that most easily go wrong, the plain ones first.
pub(super) fn edges(kind: &Kind) -> Vec<Json> {
    let most = MAX_SAFE_INTEGER;
    match kind {
        Kind::Id | Kind::BigId | Kind::Integer => {
            vec![json!(1), json!(0), json!(-1), json!(most), json!(-most), json!(42)]
        }
        Kind::Bigint => {
            let edges = ["1", "0", "-1", "9223372036854775807", "-9223372036854775808", "9007199254740993"];
            edges.iter().map(|digits| json!(digits)).collect()
        }
        Kind::Int32 => vec![json!(1), json!(0), json!(-1), json!(i32::MAX), json!(i32::MIN), json!(42)],
        Kind::Real => vec![json!(1.5), json!(-0.0), json!(0.1), json!(-1e300), json!(5e-324), json!(3.0), json!(0.0)],
        Kind::Decimal { precision, scale } => decimals(*precision, *scale),
        Kind::Text { max } => texts(*max),
        Kind::Boolean => vec![json!(true), json!(false)],
        Kind::Uuid => vec![
            json!("01890a5d-ac96-774b-bcce-b302099a8057"),
            json!("00000000-0000-0000-0000-000000000000"),
            json!("ffffffff-ffff-ffff-ffff-ffffffffffff"),
        ],
        Kind::Timestamp => {
            let edges = ["2024-02-29T12:34:56.789Z", "0001-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z"];
            edges.iter().chain(&["1970-01-01T00:00:00.000Z", "1969-12-31T23:59:59.999Z"]).map(|t| json!(t)).collect()
        }
        Kind::Date => ["2024-02-29", "0001-01-01", "9999-12-31", "1970-01-01"].iter().map(|day| json!(day)).collect(),
        Kind::Json => vec![
            json!({ "b": [1, "é🦀", null, { "c": false }], "a": 0.5 }),
            Json::Null,
            json!([]),
            json!({}),
            json!("text"),
            json!(0),
            json!(true),
        ],
        Kind::Bytes => ["00ff", "", "00", "deadbeef27225c"].iter().map(|hex| json!(hex)).collect(),
        Kind::Enum { values, .. } => values.iter().map(|word| json!(word)).collect(),
    }
}

fn decimals(precision: u8, scale: u8) -> Vec<Json> {
    let kind = Kind::Decimal { precision, scale };
    let (whole, scale) = (usize::from(precision - scale), usize::from(scale));
    let written = |whole: &str, fraction: &str| match fraction {
        "" => whole.to_owned(),
        fraction => format!("{whole}.{fraction}"),
    };
    let nines = written(if whole > 0 { "9".repeat(whole) } else { "0".into() }.as_str(), &"9".repeat(scale));
    let least = written("0", &if scale > 0 { "0".repeat(scale - 1) + "1" } else { String::new() });
    let all = ["1".to_owned(), "0".into(), nines.clone(), format!("-{nines}"), least, "12.5".into()];
    all.iter().filter_map(|digits| canonical(&kind, &json!(digits)).ok()).collect()
}

fn texts(max: Option<u32>) -> Vec<Json> {
    let longest = max.unwrap_or(LONGEST).min(LONGEST) as usize;
    let odd = ["a", "", "é🦀\u{1d11e}ß\u{301}", "ÀΣ", "it's \"q\" \\ ; -- /* $1 %", " \t\nA ", "NULL", "1"];
    let fits = odd.iter().filter(|text| text.chars().count() <= longest).map(|text| json!(text));
    fits.chain([json!("🦀".repeat(longest))]).collect()
}

/// One of as many different values as the kind has; `None` if it has no more.
pub(super) fn filler(kind: &Kind, number: usize) -> Option<Json> {
    let n = number as i64 + 100;
    let value = match kind {
        Kind::Id | Kind::BigId | Kind::Integer | Kind::Int32 => json!(n),
        Kind::Bigint | Kind::Decimal { .. } => json!(n.to_string()),
        Kind::Real => json!(n as f64 + 0.25),
        Kind::Text { .. } => json!(letters(number)),
        Kind::Uuid => json!(format!("01890a5d-ac96-774b-bcce-{n:012x}")),
        Kind::Timestamp => json!(format!("2025-01-{:02}T{:02}:00:00.000Z", 1 + number % 28, number / 28 % 24)),
        Kind::Date => json!(format!("2025-{:02}-{:02}", 1 + number / 28 % 12, 1 + number % 28)),
        Kind::Json => json!({ "n": n }),
        Kind::Bytes => json!(format!("{n:08x}")),
        Kind::Boolean | Kind::Enum { .. } => return None,
    };
    // A decimal of few digits has no room for it.
    canonical(unnumbered(kind), &value).or_else(|_| canonical(kind, &json!(number.to_string()))).ok()
}

/// b, c, ... z, ba, bb: short, since texts may have to be.
fn letters(mut number: usize) -> String {
    let mut text = String::new();
    loop {
        text.insert(0, char::from(b'b' + (number % 25) as u8));
        number /= 25;
        if number == 0 {
            return text;
        }
    }
}

/// An identity's values are those of an integer.
fn unnumbered(kind: &Kind) -> &Kind {
    match kind {
        Kind::Id | Kind::BigId => &Kind::Integer,
        kind => kind,
    }
}

/// The column's own default, where it is a constant.
pub(super) fn default(column: &Column) -> Option<Json> {
    match &column.default {
        Some(Default::Value(value)) => Some(value.clone()),
        _ => None,
    }
}

/// The value of one kind that this value of another becomes; `None` if it has none.
pub(super) fn convert(from: &Kind, to: &Kind, map: &[ValueMap], value: &Json) -> Option<Json> {
    let word = value.as_str().and_then(|word| map.iter().find(|entry| entry.from == word));
    let value = word.map_or_else(|| value.clone(), |entry| json!(entry.to));
    let (from, to) = (unnumbered(from), unnumbered(to));
    if from == to {
        return Some(value);
    }
    let read = |value: &Json| match value {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    };
    let text = read(&value);
    let written = match (from, to) {
        (_, Kind::Text { .. } | Kind::Enum { .. }) => json!(text),
        (Kind::Timestamp, Kind::Date) => json!(text.get(..10)?),
        (Kind::Date, Kind::Timestamp) => json!(format!("{text}T00:00:00.000Z")),
        (Kind::Boolean, _) => json!(i32::from(value.as_bool()?)),
        (_, Kind::Boolean) => match text.as_str() {
            "0" | "false" => json!(false),
            "1" | "true" => json!(true),
            _ => return None,
        },
        (_, Kind::Integer | Kind::Int32) => json!(whole(&text)?),
        (Kind::Real, Kind::Decimal { .. }) => json!(few_digits(&text)?),
        (_, Kind::Decimal { .. }) => json!(plain(&text)),
        (_, Kind::Bigint) if from != &Kind::Real => json!(plain(&text)),
        (_, Kind::Bigint) => json!(whole(&text)?.to_string()),
        (_, Kind::Real) => real(&text)?,
        (_, Kind::Json) => serde_json::from_str(&text).ok()?,
        _ => value,
    };
    let converted = canonical(to, &written).ok()?;
    // A text that is written otherwise than the value would be may be refused.
    let exact = !matches!(from, Kind::Text { .. }) || matches!(to, Kind::Json) || read(&converted) == text;
    exact.then_some(converted)
}

/// A number without a fraction, however it is written.
fn whole(text: &str) -> Option<i64> {
    let (digits, fraction) = text.split_once('.').unwrap_or((text, ""));
    if !fraction.bytes().all(|b| b == b'0') {
        return None;
    }
    digits.parse().ok()
}

/// Digits without zeros that only fill up.
fn plain(text: &str) -> &str {
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.'),
        false => text,
    }
}

/// The digits of a double that a decimal can have: no more than fifteen, or those of a whole number.
fn few_digits(text: &str) -> Option<&str> {
    let digits = plain(text);
    let whole = !digits.contains('.') && digits.parse::<i64>().is_ok_and(|number| number.unsigned_abs() <= 1 << 53);
    let significant = digits.trim_start_matches(['-', '0', '.']).bytes().filter(u8::is_ascii_digit).count();
    (significant <= 15 || whole).then_some(digits)
}

/// A double that has the very same value.
fn real(text: &str) -> Option<Json> {
    let number: f64 = text.parse().ok().filter(|number: &f64| number.is_finite())?;
    let exact = text.parse::<i64>().map_or(true, |whole| number as i128 == i128::from(whole));
    exact.then(|| json!(number))
}

/// Values of the kind that the SQL of a check suggests: its constants, their neighbours, texts of the lengths it names.
pub(super) fn suggested(kind: &Kind, sql: &str) -> Vec<Json> {
    let mut found = Vec::new();
    for constant in constants(sql) {
        match constant {
            Constant::Number(digits) => near(kind, &digits, &mut found),
            Constant::Text(text) => like(kind, &text, &mut found),
        }
    }
    if matches!(kind, Kind::Text { .. }) && !found.is_empty() {
        // Values that patterns often want.
        found.extend(["abc", "ABC", "abc-1", "a@b.cd", "https://a.bc/d", "123", "+123456789"].map(|text| json!(text)));
    }
    let fitting = found.into_iter().filter_map(|value| canonical(unnumbered(kind), &value).ok());
    fitting.take(24).collect()
}

/// The constant that a check compares with.
enum Constant {
    Number(String),
    Text(String),
}

fn near(kind: &Kind, digits: &str, found: &mut Vec<Json>) {
    let Ok(number) = digits.parse::<f64>() else { return };
    for number in [number, number + 1.0, number - 1.0, -number] {
        match kind {
            Kind::Text { .. } if (0.0..=f64::from(LONGEST)).contains(&number) => {
                found.push(json!("a".repeat(number as usize)));
                found.push(json!("1".repeat(number as usize)));
            }
            Kind::Bytes if (0.0..=f64::from(LONGEST)).contains(&number) => {
                found.push(json!("61".repeat(number as usize)));
            }
            Kind::Bigint => found.push(json!(format!("{number:.0}"))),
            Kind::Decimal { scale, .. } => found.push(json!(format!("{number:.*}", usize::from(*scale)))),
            _ => found.push(json!(number)),
        }
    }
}

fn like(kind: &Kind, text: &str, found: &mut Vec<Json>) {
    found.push(json!(text));
    if matches!(kind, Kind::Text { .. }) {
        found.push(json!(text.replace(['%', '_'], "a")));
        found.push(json!(text.replace(['%', '_'], "")));
    }
    if *kind == Kind::Json {
        found.push(json!({ text: 1 }));
        found.push(json!({ text: "a" }));
    }
    if *kind == Kind::Timestamp {
        found.push(json!(format!("{text}T00:00:00.000Z")));
        found.push(json!(format!("{}Z", text.replace(' ', "T"))));
    }
}

/// The numbers and texts in a piece of SQL, in their order.
fn constants(sql: &str) -> Vec<Constant> {
    let letters: Vec<char> = sql.chars().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < letters.len() {
        let start = at;
        match letters[at] {
            quote @ ('\'' | '"' | '`') => {
                at += 1;
                let mut text = String::new();
                while at < letters.len() && (letters[at] != quote || letters.get(at + 1) == Some(&quote)) {
                    at += usize::from(letters[at] == quote);
                    text.push(letters[at]);
                    at += 1;
                }
                if quote == '\'' {
                    found.push(Constant::Text(text));
                }
                at += 1;
            }
            letter if letter.is_ascii_digit() => {
                while at < letters.len() && (letters[at].is_ascii_digit() || letters[at] == '.') {
                    at += 1;
                }
                found.push(Constant::Number(letters[start..at].iter().collect()));
            }
            letter if letter.is_alphabetic() || letter == '_' => {
                while at < letters.len() && (letters[at].is_alphanumeric() || letters[at] == '_') {
                    at += 1;
                }
            }
            _ => at += 1,
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all_kinds() -> Vec<Kind> {
        let words = vec!["a".into(), "it's".into()];
        vec![
            Kind::Integer,
            Kind::Bigint,
            Kind::Int32,
            Kind::Real,
            Kind::Decimal { precision: 18, scale: 6 },
            Kind::Decimal { precision: 1, scale: 0 },
            Kind::Decimal { precision: 2, scale: 2 },
            Kind::Text { max: None },
            Kind::Text { max: Some(3) },
            Kind::Boolean,
            Kind::Uuid,
            Kind::Timestamp,
            Kind::Date,
            Kind::Json,
            Kind::Bytes,
            Kind::Enum { name: "e".into(), values: words },
        ]
    }

    #[test]
    fn edges_and_fillers_are_values_of_their_kinds() {
        for kind in all_kinds() {
            for value in edges(&kind).into_iter().chain((0..9).filter_map(|n| filler(&kind, n))) {
                let written =
                    canonical(&kind, &value).unwrap_or_else(|expected| panic!("{kind:?} {value}: {expected}"));
                assert_eq!(written.to_string(), value.to_string(), "{kind:?}");
            }
            assert!(edges(&kind).len() >= 2, "{kind:?}");
        }
    }

    #[test]
    fn conversions() {
        let (text, short) = (Kind::Text { max: None }, Kind::Text { max: Some(2) });
        let decimal = Kind::Decimal { precision: 5, scale: 2 };
        let cases = [
            (&Kind::Integer, &text, json!(5), Some(json!("5"))),
            (&text, &Kind::Integer, json!("5"), Some(json!(5))),
            (&text, &Kind::Integer, json!("x"), None),
            (&text, &short, json!("abc"), None),
            (&text, &short, json!("ab"), Some(json!("ab"))),
            (&Kind::Integer, &Kind::Int32, json!(MAX_SAFE_INTEGER), None),
            (&Kind::Id, &Kind::Bigint, json!(7), Some(json!("7"))),
            (&Kind::Bigint, &Kind::Integer, json!("9007199254740993"), None),
            (&decimal, &Kind::Integer, json!("1.00"), Some(json!(1))),
            (&decimal, &Kind::Integer, json!("1.50"), None),
            (&Kind::Integer, &decimal, json!(7), Some(json!("7.00"))),
            (&Kind::Boolean, &Kind::Integer, json!(true), Some(json!(1))),
            (&Kind::Real, &Kind::Integer, json!(0.5), None),
            (&Kind::Real, &Kind::Integer, json!(-0.0), Some(json!(0))),
            (&Kind::Real, &decimal, json!(-0.0), Some(json!("0.00"))),
            (&Kind::Real, &Kind::Decimal { precision: 18, scale: 17 }, json!(0.1 + 0.2), None),
            (&text, &Kind::Integer, json!("-0"), None),
            (&Kind::Timestamp, &Kind::Date, json!("2024-02-29T12:34:56.789Z"), Some(json!("2024-02-29"))),
        ];
        for (from, to, value, expected) in cases {
            assert_eq!(convert(from, to, &[], &value), expected, "{from:?} {to:?} {value}");
        }
    }

    #[test]
    fn what_checks_suggest() {
        assert!(suggested(&Kind::Integer, "a BETWEEN 5 AND 6").contains(&json!(5)));
        assert!(suggested(&Kind::Text { max: None }, "length(a) > 7").contains(&json!("aaaaaaaa")));
        assert!(suggested(&Kind::Text { max: None }, "a LIKE '%@%'").contains(&json!("a@a")));
        assert!(suggested(&Kind::Text { max: None }, "a IN ('it''s')").contains(&json!("it's")));
        assert!(suggested(&Kind::Decimal { precision: 5, scale: 2 }, "a > 1.25").contains(&json!("2.25")));
        assert!(suggested(&Kind::Date, "a > '2020-01-01'").contains(&json!("2020-01-01")));
    }
}
