//! Every pair of kinds, over the boundary values of the first: what each becomes in the second, and which are refused. One
//! table, `tests/conversions.txt`, says it for both databases.
//!
//! With PLINTH_UPDATE=1 the table is written anew, from SQLite; look at it, then commit it.

mod support;

use plinth::dialect::DialectName;
use plinth::diff::{conversion, Conversion, Operation};
use plinth::error::Code;
use plinth::schema::{Kind, Schema};
use plinth::value::Value;
use serde_json::{json, Value as Json};
use std::fmt::Write;
use std::path::PathBuf;
use support::revisions::{Draft, Place};

on_both!(each_pair_is_as_the_table_says);

/// A kind as the table calls it, and as the schema writes it.
fn kinds() -> Vec<(&'static str, Json)> {
    let kind = |name: &str| json!({ "kind": name });
    let text = |max: u32| json!({ "kind": "text", "max": max });
    let decimal = |precision: u8, scale: u8| json!({ "kind": "decimal", "precision": precision, "scale": scale });
    let words = |values: &[&str]| json!({ "kind": "enum", "enum": "e", "values": values });
    vec![
        ("id", kind("id")),
        ("bigId", kind("bigId")),
        ("integer", kind("integer")),
        ("bigint", kind("bigint")),
        ("int32", kind("int32")),
        ("real", kind("real")),
        ("decimal(10,2)", decimal(10, 2)),
        ("decimal(9,0)", decimal(9, 0)),
        ("decimal(18,0)", decimal(18, 0)),
        ("decimal(18,6)", decimal(18, 6)),
        ("decimal(18,18)", decimal(18, 18)),
        ("text", kind("text")),
        ("text(4)", text(4)),
        ("text(24)", text(24)),
        ("boolean", kind("boolean")),
        ("uuid", kind("uuid")),
        ("timestamp", kind("timestamp")),
        ("date", kind("date")),
        ("json", kind("json")),
        ("bytes", kind("bytes")),
        ("enum(a,true)", words(&["a", "true"])),
        ("enum(true,12)", words(&["true", "12"])),
    ]
}

/// The boundary values of a kind, in the canonical form of a default.
#[allow(clippy::too_many_lines)] // A table.
fn values(kind: &Kind) -> Vec<Json> {
    let texts = |list: &[&str]| list.iter().map(|text| json!(text)).collect();
    match kind {
        Kind::Id | Kind::Integer => {
            [1, 0, -1, 42, i64::from(i32::MAX), i64::from(i32::MAX) + 1, i64::from(i32::MIN), i64::from(i32::MIN) - 1]
                .into_iter()
                .chain([999_999_999, 1_000_000_000, -99_999_999, 999_999_999_999, 1_000_000_000_000])
                .chain([9_007_199_254_740_991, -9_007_199_254_740_991])
                .map(|number| json!(number))
                .collect()
        }
        Kind::BigId | Kind::Bigint => texts(&[
            "1",
            "0",
            "-1",
            "2147483648",
            "9007199254740991",
            "9007199254740992",
            "9007199254740993",
            "-9007199254740991",
            "-9007199254740992",
            "999999999999999999",
            "1000000000000000000",
            "9223372036854775807",
            "-9223372036854775808",
        ]),
        Kind::Int32 => [1, 0, -1, 42, i32::MAX, i32::MIN].iter().map(|number| json!(number)).collect(),
        Kind::Real => [
            0.0,
            -0.0,
            1.5,
            -0.1,
            0.1 + 0.2,
            12.0,
            99_999_999.99,
            99_999_999.995,
            100_000_000.0,
            0.000_001,
            0.000_000_1,
            123_456_789_012.345_7,
            12_345_678_901.234_5,
            9_007_199_254_740.993,
            999_999_999_999.999_9,
            1_234_567_890_123.456,
            2_147_483_648.0,
            999_999_999_999_999.0,
            1_234_567_890_123_456.7,
            9_007_199_254_740_991.0,
            9_007_199_254_740_992.0,
            9_007_199_254_740_994.0,
            1e17,
            576_460_752_303_423_488.0,
            1e18,
            -1e300,
            5e-324,
        ]
        .iter()
        .map(|number| json!(number))
        .collect(),
        Kind::Decimal { precision: 10, .. } => {
            texts(&["0.00", "1.00", "-1.50", "0.01", "2147483.00", "99999999.99", "-99999999.99", "12.00"])
        }
        Kind::Decimal { precision: 9, .. } => texts(&["0", "1", "-1", "999999999", "-999999999"]),
        Kind::Decimal { scale: 0, .. } => texts(&[
            "0",
            "1",
            "-1",
            "9999999999",
            "2147483648",
            "9007199254740991",
            "9007199254740992",
            "-9007199254740992",
            "999999999999999999",
            "-123456789012345678",
        ]),
        Kind::Decimal { scale: 6, .. } => texts(&[
            "0.000000",
            "1.000000",
            "-1.500000",
            "0.000001",
            "999999999999.999999",
            "-999999999999.000000",
            "123456789012.345678",
            "123456789012.340000",
        ]),
        Kind::Decimal { .. } => {
            texts(&["0.000000000000000000", "0.500000000000000000", "-0.999999999999999999", "0.000000000000000001"])
        }
        Kind::Text { max: Some(4) } => texts(&["", "a", "12", "-5", "1.5", "true", "null", "abcd", "ab  ", "🦀🦀🦀🦀"]),
        Kind::Text { max: Some(_) } => texts(&[
            "9223372036854775807",
            "2026-01-01T00:00:00.000Z",
            "2026-01-01T00:00:00Z",
            "2026-01-01",
            "{\"a\": 1}",
            "[true, null, 1e400]",
            "a text of 24 characters.",
            "12",
            "abcde",
        ]),
        Kind::Text { .. } => texts(&[
            // Numbers.
            "0",
            "-0",
            "12",
            "-12",
            "+12",
            "007",
            "",
            " 1",
            "1 ",
            "1\n",
            "1.0",
            "1.5",
            "1.50",
            "-0.00",
            ".5",
            "5.",
            "1.005",
            "--1",
            "1e2",
            "0x1f",
            "1_000",
            "NaN",
            "Infinity",
            "٣",
            "2147483647",
            "2147483648",
            "999999999",
            "1000000000",
            "99999999.99",
            "100000000.00",
            "999999999999.999999",
            "0.999999999999999999",
            "9007199254740991",
            "9007199254740992",
            "-9007199254740992",
            "9223372036854775807",
            "9223372036854775808",
            "-9223372036854775808",
            "999999999999999999",
            "1000000000000000000",
            "1e400",
            "99999999999999999999999999999999999999999999",
            // Booleans and words.
            "true",
            "false",
            "TRUE",
            "t",
            "yes",
            "a",
            "abcd",
            "a text of 24 characters.",
            "a text of 25 characters..",
            // UUIDs.
            "01890a5d-ac96-774b-bcce-b302099a8057",
            "01890A5D-ac96-774b-bcce-b302099a8057",
            "01890a5dac96774bbcceb302099a8057",
            "{01890a5d-ac96-774b-bcce-b302099a8057}",
            // Moments.
            "2026-01-01T00:00:00.000Z",
            "2026-01-01T00:00:00Z",
            "2026-01-01T00:00:00.5Z",
            "2026-01-01T00:00:00.50Z",
            "2026-01-01T00:00:00.0000Z",
            "2026-01-01T00:00:00.Z",
            "2026-01-01T00:00:00.000",
            "2026-01-01T00:00:00.000+00:00",
            "2026-01-01 00:00:00.000Z",
            "2026-01-01T00:00Z",
            "2026-01-01T24:00:00.000Z",
            "2026-01-01T23:60:00.000Z",
            "2026-01-01T23:59:60.000Z",
            "2026-02-29T00:00:00.000Z",
            "2024-02-29T23:59:59.999Z",
            "1900-02-29T00:00:00.000Z",
            "2000-02-29T00:00:00.000Z",
            "0000-01-01T00:00:00.000Z",
            "0001-01-01T00:00:00.000Z",
            "9999-12-31T23:59:59.999Z",
            "10000-01-01T00:00:00.000Z",
            "now",
            "infinity",
            // Days.
            "2026-01-01",
            "2026-02-30",
            "2026-04-31",
            "2024-02-29",
            "2025-02-29",
            "2026-13-01",
            "2026-00-01",
            "2026-01-00",
            "0000-01-01",
            "0001-01-01",
            "9999-12-31",
            "2026-1-1",
            "01/02/2026",
            "today",
            // JSON.
            "null",
            "  {\"a\" : [ 1 , \"x y\" ] }\n",
            "{\"a\":1,}",
            "{a:1}",
            "'a'",
            "\"a\"",
            "\"\\u00e9\"",
            "\"\\u0000\"",
            "\"\\\\u0000\"",
            "\"\\ud83d\\ude00\"",
            "\"\\ud83d\"",
            "\"\t\"",
            "[1e400]",
            "[-1e999999]",
            "[1e308]",
            "[01]",
            "[1.]",
            "\u{a0}1",
            "// 1",
            "1 2",
        ]),
        Kind::Boolean => vec![json!(true), json!(false)],
        Kind::Uuid => texts(&["01890a5d-ac96-774b-bcce-b302099a8057", "00000000-0000-0000-0000-000000000000"]),
        Kind::Timestamp => texts(&[
            "2026-01-01T00:00:00.000Z",
            "2024-02-29T23:59:59.999Z",
            "1969-12-31T23:59:59.001Z",
            "0001-01-01T00:00:00.000Z",
            "9999-12-31T23:59:59.999Z",
        ]),
        Kind::Date => texts(&["2026-01-01", "2024-02-29", "0001-01-01", "9999-12-31"]),
        Kind::Json => vec![
            Json::Null,
            json!(true),
            json!(1),
            json!("é \" \\ 🦀  x"),
            json!({ "a": 1 }),
            json!([1e300]),
            json!({ "a": 1e-7 }),
            json!([1, [2.5, null], "x, y: z"]),
            json!({ "a long one": "that fits no column of few characters" }),
        ],
        Kind::Bytes => texts(&["", "00ff"]),
        Kind::Enum { values, .. } => values.iter().map(|word| json!(word)).collect(),
    }
}

/// One pair: its table, which one revision changes.
struct Pair {
    title: String,
    table: String,
    /// Both columns; the value is the key itself if one of the kinds is an identity.
    columns: [Json; 2],
    key: &'static str,
    kinds: [Kind; 2],
}

/// Those that lead from one kind.
fn pairs(from_name: &str, from: &Json) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for (to_name, to) in kinds() {
        let kinds: [Kind; 2] = [from, &to].map(|kind| serde_json::from_value(kind.clone()).unwrap());
        let identity = |kind: &Kind| matches!(kind, Kind::Id | Kind::BigId);
        let keyed = kinds.iter().any(identity);
        // A key of another kind than a number becomes an identity as it becomes an integer.
        let number = identity(&kinds[0]) || matches!(kinds[0], Kind::Integer | Kind::Bigint | Kind::Int32);
        let way = conversion(&kinds[0], &kinds[1]) != Conversion::Impossible;
        if *from == to || !way || (keyed && !number) {
            continue;
        }
        let columns = [from, &to].map(|kind| {
            let mut column = json!({ "name": "v", "nullable": !keyed });
            column.as_object_mut().unwrap().extend(kind.as_object().unwrap().clone());
            column
        });
        let (title, table) = (format!("{from_name} -> {to_name}"), format!("t{}", pairs.len()));
        pairs.push(Pair { title, table, columns, key: if keyed { "v" } else { "id" }, kinds });
    }
    pairs
}

fn schema(pairs: &[Pair], changed: usize) -> Schema {
    let table = |(at, pair): (usize, &Pair)| {
        let id = (pair.key == "id").then(|| json!({ "name": "id", "kind": "integer" }));
        let value = pair.columns[usize::from(at < changed)].clone();
        let columns: Vec<Json> = id.into_iter().chain([value]).collect();
        json!({ "name": pair.table, "columns": columns, "primaryKey": [pair.key] })
    };
    let tables: Vec<Json> = pairs.iter().enumerate().map(table).collect();
    serde_json::from_value(json!({ "tables": tables })).unwrap()
}

fn each_pair_is_as_the_table_says(place: &Place) {
    let sqlite = place.dialect.name() == DialectName::Sqlite;
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/conversions.txt");
    let update = std::env::var_os("PLINTH_UPDATE").is_some_and(|value| value == "1") && sqlite;
    let mut expected = match update {
        true => String::new(),
        false => std::fs::read_to_string(&path).unwrap().replace("\r\n", "\n"),
    };
    let mut found = String::new();
    for (name, kind) in kinds() {
        // A database for each, so that none has many tables.
        let place = if sqlite { Place::sqlite() } else { Place::postgres() };
        found.push_str(&walk_all(&place.unwrap(), &pairs(name, &kind), &expected));
    }
    if update {
        std::fs::write(&path, &found).unwrap();
        expected.clone_from(&found);
    }
    let mut title = "";
    let mut faults = String::new();
    for (expected, found) in expected.lines().zip(found.lines()) {
        if !expected.starts_with(' ') {
            title = expected;
        }
        if expected != found {
            writeln!(faults, "{title}\n  expected:{expected}\n  found:   {found}").unwrap();
        }
    }
    assert!(faults.is_empty(), "{}:\n{faults}", place.dialect.name());
    assert_eq!(expected.lines().count(), found.lines().count());
}

/// The pairs, one after the other, each by a revision of its own.
fn walk_all(place: &Place, pairs: &[Pair], expected: &str) -> String {
    let version = |number: usize| format!("20260101{:02}{:02}{:02}", number / 3600, number / 60 % 60, number % 60);
    place.generate(Draft::of(&version(0), "all", &[]), &Schema::default(), &schema(pairs, 0));
    place.upgrade("head").unwrap();
    let mut found = String::new();
    for (at, pair) in pairs.iter().enumerate() {
        let operation: Operation = serde_json::from_value(
            json!({ "op": "alterColumn", "table": pair.table, "from": pair.columns[0], "to": pair.columns[1] }),
        )
        .unwrap();
        let (from, to) = (schema(pairs, at), schema(pairs, at + 1));
        let after = version(at);
        place.render(Draft::of(&version(at + 1), "change", &[&after]), &from, &to, &[operation]);
        writeln!(found, "{}", pair.title).unwrap();
        found.push_str(&walk(place, pair, &refused(expected, pair)));
    }
    found
}

/// Which values of a pair the table refuses, by their places.
fn refused(expected: &str, pair: &Pair) -> Vec<usize> {
    let lines = expected.lines().skip_while(|line| *line != pair.title).skip(1);
    let lines = lines.take_while(|line| line.starts_with(' '));
    lines.enumerate().filter(|(_, line)| line.ends_with(" => refused")).map(|(at, _)| at).collect()
}

/// Brings the pair's rows to the other kind, those taken away that are refused; a line for each
/// value. If as many are refused as are expected, the others must fit: so few upgrades are enough.
fn walk(place: &Place, pair: &Pair, expected: &[usize]) -> String {
    let values = values(&pair.kinds[0]);
    let key = |at: usize| match pair.key {
        "id" => (at + 1).to_string(),
        _ => values[at].as_str().map_or_else(|| values[at].to_string(), str::to_owned),
    };
    let mut rows = String::new();
    for (at, value) in values.iter().enumerate() {
        let literal = match (&pair.kinds[0], value) {
            // An identity has no default, and so no literal of its own.
            (Kind::BigId, Json::String(digits)) => digits.clone(),
            (kind, value) => place.dialect.literal(kind, value),
        };
        let (columns, literals) = match pair.key {
            "id" => ("id, v", format!("{}, {literal}", at + 1)),
            _ => ("v", literal),
        };
        write!(rows, "INSERT INTO {} ({columns}) VALUES ({literals});", pair.table).unwrap();
    }
    if pair.key == "id" {
        write!(rows, "INSERT INTO {} (id) VALUES (1000)", pair.table).unwrap();
    }
    place.run(&rows);
    let mut refused: Vec<String> = Vec::new();
    while let Err(error) = place.upgrade("head") {
        assert_eq!(error.code, Code::RowsRefused, "{}: {error:?}", pair.title);
        assert_eq!(error.table.as_deref(), Some(pair.table.as_str()));
        let marker = format!(": {} ", pair.key);
        let named = error.message.rsplit_once(&marker).unwrap_or_else(|| panic!("{}: {error:?}", pair.title)).1;
        let mut keys: Vec<String> = named
            .trim_end_matches(['.', ' ', ','])
            .split(", ")
            .filter(|key| *key != "...")
            .map(str::to_owned)
            .collect();
        if refused.is_empty() && error.found == Some(expected.len().to_string()) {
            assert!(keys.iter().all(|one| expected.iter().any(|at| key(*at) == *one)), "{}: {error:?}", pair.title);
            keys = expected.iter().map(|at| key(*at)).collect();
        }
        assert!(!keys.iter().any(|key| refused.contains(key)), "{}: again {error:?}", pair.title);
        place.run(&format!("DELETE FROM {} WHERE {} IN ({})", pair.table, pair.key, keys.join(", ")));
        refused.extend(keys);
    }
    let sql = format!("SELECT v FROM {} ORDER BY {}", pair.table, pair.key);
    let mut kept: Vec<Value> = place.column(&sql);
    if pair.key == "id" {
        assert_eq!(kept.pop(), Some(Value::Null), "{}", pair.title);
    }
    let mut order: Vec<usize> = (0..values.len()).collect();
    if pair.key != "id" {
        order.sort_by_key(|at| key(*at).parse::<i64>().unwrap());
    }
    let mut lines = vec![String::new(); values.len()];
    let mut rest = kept.into_iter();
    for at in order {
        let becomes = match refused.contains(&key(at)) {
            true => "refused".to_owned(),
            false => shown(&pair.kinds[1], &rest.next().unwrap_or_else(|| panic!("{}: a row is lost", pair.title))),
        };
        lines[at] = format!("    {} => {becomes}\n", values[at]);
    }
    assert_eq!(rest.next(), None, "{}", pair.title);
    lines.concat()
}

/// A value, whatever the database stores it as.
fn shown(kind: &Kind, value: &Value) -> String {
    match (kind, value) {
        (Kind::Decimal { precision, scale }, Value::Int(number)) => {
            assert!(number.unsigned_abs() < 10_u64.pow(u32::from(*precision)));
            let digits = format!("{:0width$}", number.unsigned_abs(), width = usize::from(*scale) + 1);
            let (whole, fraction) = digits.split_at(digits.len() - usize::from(*scale));
            let sign = if *number < 0 { "-" } else { "" };
            format!("{sign}{whole}{}{fraction}", if *scale > 0 { "." } else { "" })
        }
        (Kind::Json, Value::Text(text)) => as_read(serde_json::from_str(text).unwrap()).to_string(),
        (Kind::Timestamp, Value::Text(text)) => {
            let (day, time) = text.split_at(10);
            let time = time.trim_start_matches([' ', 'T']).trim_end_matches("+00").trim_end_matches('Z');
            format!("{day}T{time:0<12}Z").replacen(":00000Z", ":00.000Z", 1)
        }
        (Kind::Decimal { .. }, Value::Text(digits)) => digits.clone(),
        (Kind::Boolean, Value::Int(number)) => (*number == 1).to_string(),
        (_, Value::Bool(flag)) => flag.to_string(),
        (_, Value::Int(number)) => number.to_string(),
        (_, Value::Real(number)) => format!("{number:?}"),
        (_, Value::Text(text)) => format!("{text:?}"),
        (_, other) => format!("{other:?}"),
    }
}

/// JSON with its numbers as JavaScript compares them.
fn as_read(json: Json) -> Json {
    match json {
        Json::Number(number) => json!(number.as_f64().unwrap() + 0.0),
        Json::Array(list) => list.into_iter().map(as_read).collect(),
        Json::Object(object) => object.into_iter().map(|(key, value)| (key, as_read(value))).collect(),
        other => other,
    }
}
