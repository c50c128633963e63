//! Kinds, defaults that fit them, and SQL over columns that both databases take and hardly any row fails.

use plinth::schema::defaults::canonical;
use plinth::schema::{Column, Default, Kind};
use proptest::prelude::*;
use serde_json::{json, Value};

/// Names of columns and tables, from plain to odd.
pub const NAMES: [&str; 40] = [
    "a",
    "b",
    "users",
    "name",
    "created_at",
    "id",
    "key",
    "order",
    "select",
    "group",
    "Two Words",
    "it's",
    "say \"hi\"",
    "größe",
    "日本語",
    "UPPER",
    "semi;colon",
    "a.b",
    "back\\slash",
    "percent%s",
    "$1",
    "?",
    "[x]",
    "`tick`",
    "-- dash",
    "users_pkey",
    "line\nbreak",
    "a_name_that_is_as_long_as_any_may_be_in_sixty_three_bytes_abcde",
    "People",
    "ID",
    "createdAt",
    "GRÖSSE",
    "İıſß",
    "Ǆ \u{212a}",
    "Order",
    "CHECK",
    "References",
    "Text",
    "Say \"Hi\"",
    "Back`Tick]",
];

/// One of them.
pub fn odd_name() -> impl Strategy<Value = String> {
    prop::sample::select(NAMES.to_vec()).prop_map(str::to_owned)
}

/// What must be quoted of them although it looks plain.
const RESERVED: [&str; 3] = ["order", "select", "group"];

/// Any kind but the identities; the words of an enum are filled in later.
pub fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![
        3 => Just(Kind::Integer),
        3 => prop::option::of(prop::sample::select(vec![1, 5, 50, 320])).prop_map(|max| Kind::Text { max }),
        3 => prop::sample::select(vec!["mood", "Größe", "it's \"odd\""]).prop_map(|name| Kind::Enum { name: name.into(), values: Vec::new() }),
        1 => Just(Kind::Bigint),
        1 => Just(Kind::Int32),
        1 => Just(Kind::Real),
        2 => (1u8..=18).prop_flat_map(|precision| (Just(precision), 0..=precision))
                .prop_map(|(precision, scale)| Kind::Decimal { precision, scale }),
        2 => Just(Kind::Boolean),
        1 => Just(Kind::Uuid),
        2 => Just(Kind::Timestamp),
        1 => Just(Kind::Date),
        2 => Just(Kind::Json),
        1 => Just(Kind::Bytes),
    ]
}

/// A default that fits the kind, in its canonical form.
pub fn default(kind: &Kind, choice: u8) -> Option<Default> {
    let values: Vec<Value> = match kind {
        Kind::Id | Kind::BigId => return None,
        Kind::Timestamp | Kind::Date if choice % 2 == 0 => return Some(Default::Now),
        Kind::Integer => vec![json!(0), json!(-1), json!(9_007_199_254_740_991_i64)],
        Kind::Int32 => vec![json!(7), json!(i32::MIN)],
        Kind::Bigint => vec![json!("0"), json!("-9223372036854775808"), json!("9007199254740993")],
        Kind::Real => vec![json!(0.5), json!(-1.25), json!(1e300), json!(3), json!(-0.0)],
        Kind::Decimal { precision, scale } if precision > scale => vec![json!("0"), json!("-9")],
        Kind::Decimal { scale, .. } => vec![json!(format!("0.{}", "9".repeat(usize::from(*scale))))],
        Kind::Text { .. } => {
            ["", "x", "it's", "a\\\"b", "🦀é", "two\nlines", "now()", "NULL", "'"].map(Value::from).into()
        }
        Kind::Boolean => vec![json!(true), json!(false)],
        Kind::Uuid => vec![json!("01890a5d-ac96-774b-bcce-b302099a8057")],
        Kind::Timestamp => vec![
            json!("2026-01-31T12:00:00.000Z"),
            json!("0001-01-01T00:00:00.000Z"),
            json!("9999-12-31T23:59:59.999Z"),
        ],
        Kind::Date => vec![json!("2024-02-29"), json!("0001-01-01")],
        Kind::Json => vec![
            json!({}),
            json!(null),
            json!([1, "x", null, {"b": "it's", "a": "\\"}]),
            json!("text"),
            json!(1.5),
            json!(false),
        ],
        Kind::Bytes => vec![json!(""), json!("00ff")],
        Kind::Enum { values, .. } => values.iter().map(|word| json!(word)).collect(),
    };
    let fitting: Vec<Value> = values.iter().filter_map(|value| canonical(kind, value).ok()).collect();
    let value = fitting.get(usize::from(choice) / 2 % fitting.len().max(1))?;
    Some(Default::Value(value.clone()))
}

/// A condition on one column, or two.
pub fn condition(choice: u8, a: &Column, b: &Column, quoted: bool) -> String {
    let (one, other) = (written(&a.name, quoted), written(&b.name, quoted));
    let mut templates: Vec<&str> = match a.kind {
        Kind::Id | Kind::BigId | Kind::Integer | Kind::Bigint | Kind::Int32 => vec![
            "C <> 1313",
            "C NOT IN (1313, 1414) AND NOT C = 1515",
            "C BETWEEN -9223372036854775807 AND 9223372036854775807 OR C < 0",
            "C % 1000 <> 777",
            "CASE WHEN C > 1313 THEN 1 ELSE 0 END < 2",
            "coalesce(C, 1) <> 1313",
            "(C / 2) <> (- 1313)",
        ],
        Kind::Text { .. } | Kind::Enum { .. } => vec![
            "C <> 'it''s; -- \"C\" N'",
            "length(C) < 1000000",
            "C NOT LIKE 'zz%z_'",
            "lower(C) <> 'zzz' AND C NOT IN ('zz1', 'zz2')",
            "C || 'x' <> 'zzx'",
            "coalesce(C, '') <> 'zz'",
            "CASE C WHEN 'zz' THEN 0 ELSE 1 END = 1",
            "substr(C, 1, 3) <> 'zzz'",
            "C IS NULL OR trim(C) <> 'zz'",
        ],
        Kind::Real => vec!["C <> 0.125", "C > -1e308"],
        Kind::Decimal { .. } => vec!["C <> 7777777", "NOT (C = 8888888)"],
        Kind::Boolean => vec!["C OR NOT C", "(C) OR (C IS NULL) OR NOT C"],
        Kind::Timestamp => vec!["C <> '2000-01-01T00:00:00.000Z'"],
        Kind::Date => vec!["C >= '0001-01-01'"],
        Kind::Uuid => vec!["C <> '00000000-0000-0000-0000-000000000000'"],
        Kind::Json | Kind::Bytes => vec![],
    };
    templates.extend(["C IS NULL OR C IS NOT NULL", "C IS NOT NULL OR O IS NULL OR O IS NOT NULL"]);
    fill(templates[usize::from(choice) % templates.len()], &one, &other)
}

/// An expression over one column, for an index.
pub fn expression(choice: u8, column: &Column, quoted: bool) -> String {
    let mut templates: Vec<&str> = match column.kind {
        Kind::Id | Kind::BigId | Kind::Integer | Kind::Bigint | Kind::Int32 => {
            vec!["C / 2", "abs(C % 100)", "coalesce(C, 0)"]
        }
        Kind::Text { .. } | Kind::Enum { .. } => {
            vec!["lower(C)", "length(C)", "C || 'x'", "upper(substr(C, 1, 2))", "coalesce(C, 'C')"]
        }
        Kind::Boolean => vec!["NOT C"],
        _ => vec![],
    };
    templates.push("CASE WHEN C IS NULL THEN 1 ELSE 0 END");
    let name = written(&column.name, quoted);
    fill(templates[usize::from(choice) % templates.len()], &name, &name)
}

/// A value for every row, as an expression that both databases take for the kind; None if they have
/// none in common.
pub fn constant(kind: &Kind) -> Option<String> {
    Some(match kind {
        Kind::Id | Kind::BigId | Kind::Integer | Kind::Bigint | Kind::Int32 | Kind::Real => "1".into(),
        Kind::Decimal { .. } => "0".into(),
        Kind::Text { .. } => "'x'".into(),
        Kind::Boolean => "(1 = 1)".into(),
        Kind::Uuid => "'01890a5d-ac96-774b-bcce-b302099a8057'".into(),
        Kind::Timestamp => "'2026-01-31T12:00:00.000Z'".into(),
        Kind::Date => "'2024-02-29'".into(),
        Kind::Json => "'{}'".into(),
        Kind::Bytes => return None,
        Kind::Enum { values, .. } => format!("'{}'", values.first()?.replace('\'', "''")),
    })
}

/// A name as one writes it in SQL.
fn written(name: &str, quoted: bool) -> String {
    let plain = name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_') && !RESERVED.contains(&name);
    if plain && !quoted {
        name.to_owned()
    } else {
        format!("\"{}\"", name.replace('"', "\"\""))
    }
}

/// `C` and `O` as words become the columns; quoted text keeps them.
fn fill(template: &str, one: &str, other: &str) -> String {
    let mut sql = String::new();
    let mut text = false;
    let letters: Vec<char> = template.chars().collect();
    for (i, letter) in letters.iter().enumerate() {
        text ^= *letter == '\'';
        let near = |at: Option<usize>| at.and_then(|at| letters.get(at)).is_some_and(|c| c.is_alphanumeric());
        let alone = !text && !near(i.checked_sub(1)) && !near(Some(i + 1));
        match letter {
            'C' if alone => sql.push_str(one),
            'O' if alone => sql.push_str(other),
            letter => sql.push(*letter),
        }
    }
    sql
}
