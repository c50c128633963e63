//! A column of another kind on PostgreSQL: each way that there is, over values that fit and values that do not.

mod support;

use plinth::dialect::postgres::syntax::Postgres;
use plinth::dialect::Definitions;
use plinth::diff::{conversion, Conversion, Operation};
use plinth::error::Code;
use plinth::schema::{Kind, Schema};
use plinth::statement::{Execute, Statement};
use serde_json::{json, Value as Json};
use support::migrating::{assert_at, creation, execute};
use support::Database;

fn table(column: &Json) -> Schema {
    let columns = json!([{ "name": "id", "kind": "id" }, column]);
    serde_json::from_value(json!({ "tables": [{ "name": "t", "columns": columns, "primaryKey": ["id"] }] })).unwrap()
}

fn altered(from: &Json, to: &Json) -> Vec<Operation> {
    serde_json::from_value(json!([{ "op": "alterColumn", "table": "t", "from": from, "to": to }])).unwrap()
}

fn named(kind: &Json) -> Json {
    let mut column = json!({ "name": "v", "nullable": true });
    column.as_object_mut().unwrap().extend(kind.as_object().unwrap().clone());
    column
}

/// Settings that would show where a conversion leaned on them.
const ODD: &str = "SET DateStyle = 'SQL, DMY'; SET TimeZone = 'America/St_Johns'; SET extra_float_digits = 0";

/// From, to, then values as SQL and their texts afterwards; `None` if they must be refused.
type Case = (Json, Json, Vec<(&'static str, Option<&'static str>)>);

#[allow(clippy::too_many_lines)] // A table.
fn cases() -> Vec<Case> {
    let kind = |name: &str| json!({ "kind": name });
    let text = |max: u32| json!({ "kind": "text", "max": max });
    let decimal = |precision: u8, scale: u8| json!({ "kind": "decimal", "precision": precision, "scale": scale });
    let words = |values: &[&str]| json!({ "kind": "enum", "enum": "e", "values": values });
    vec![
        (kind("int32"), kind("bigint"), vec![("-2147483648", Some("-2147483648"))]),
        (kind("bigint"), kind("int32"), vec![("2147483647", Some("2147483647")), ("2147483648", None)]),
        (kind("int32"), kind("real"), vec![("2147483647", Some("2147483647"))]),
        (
            kind("bigint"),
            kind("real"),
            vec![
                ("9007199254740992", Some("9.007199254740992e+15")),
                ("9007199254740993", None),
                ("-9007199254740993", None),
            ],
        ),
        (
            kind("real"),
            kind("integer"),
            vec![("-12", Some("-12")), ("1.5", None), ("1e300", None), ("9007199254740994", None)],
        ),
        (kind("real"), kind("int32"), vec![("12", Some("12")), ("0.5", None), ("2147483648", None)]),
        (kind("int32"), decimal(12, 2), vec![("-2147483648", Some("-2147483648.00"))]),
        (kind("integer"), decimal(5, 2), vec![("999", Some("999.00")), ("1000", None)]),
        (decimal(10, 2), kind("integer"), vec![("12.00", Some("12")), ("12.50", None), ("12.01", None)]),
        (decimal(9, 0), kind("int32"), vec![("-999999999", Some("-999999999"))]),
        (decimal(10, 2), decimal(12, 4), vec![("12.34", Some("12.3400"))]),
        (decimal(10, 2), decimal(10, 1), vec![("12.30", Some("12.3")), ("12.34", None), ("12.35", None)]),
        (decimal(10, 2), decimal(5, 2), vec![("999.99", Some("999.99")), ("1000", None)]),
        (decimal(15, 2), kind("real"), vec![("1234567890123.45", Some("1234567890123.45"))]),
        // Reported as lost, and lost.
        (
            decimal(18, 2),
            kind("real"),
            vec![
                ("1234567890123.45", Some("1234567890123.45")),
                ("1234567890123456.00", Some("1.234567890123456e+15")),
            ],
        ),
        (kind("real"), decimal(10, 2), vec![("0.1", Some("0.10")), ("-0.125", None), ("1e9", None)]),
        (kind("boolean"), kind("integer"), vec![("true", Some("1")), ("false", Some("0"))]),
        (kind("boolean"), kind("int32"), vec![("true", Some("1"))]),
        (kind("integer"), kind("boolean"), vec![("1", Some("true")), ("0", Some("false")), ("2", None), ("-1", None)]),
        (kind("int32"), kind("boolean"), vec![("1", Some("true")), ("2", None)]),
        (
            kind("timestamp"),
            kind("date"),
            vec![("'2026-03-01T23:59:59.999Z'", Some("2026-03-01")), ("'2026-03-01T00:00:00Z'", Some("2026-03-01"))],
        ),
        (kind("date"), kind("timestamp"), vec![("'2026-03-01'", Some("2026-03-01 00:00:00+00"))]),
        (
            kind("text"),
            text(3),
            vec![("'abc'", Some("abc")), ("'🦀🦀🦀'", Some("🦀🦀🦀")), ("'abcd'", None), ("'ab  '", None)],
        ),
        (text(5), text(3), vec![("'ab '", Some("ab ")), ("'ab  '", None)]),
        (text(3), kind("text"), vec![("'ab '", Some("ab "))]),
        (text(3), text(4), vec![("'ab '", Some("ab "))]),
        (kind("integer"), kind("text"), vec![("-12", Some("-12"))]),
        (kind("integer"), text(2), vec![("-1", Some("-1")), ("100", None)]),
        (
            kind("text"),
            kind("integer"),
            vec![
                ("'12'", Some("12")),
                ("'-9007199254740991'", Some("-9007199254740991")),
                ("'-9007199254740992'", None),
                ("'abc'", None),
                ("'007'", None),
                ("''", None),
                ("' 1'", None),
                ("'1.5'", None),
                ("'-0'", None),
                ("'+1'", None),
                ("'0x1f'", None),
                ("'1_000'", None),
                ("E'1\\n'", None),
                ("'99999999999999999999'", None),
            ],
        ),
        (kind("text"), kind("int32"), vec![("'0'", Some("0")), ("'2147483648'", None)]),
        (kind("text"), kind("bigint"), vec![("'-9007199254740993'", Some("-9007199254740993"))]),
        (text(9), kind("bigint"), vec![("'5'", Some("5")), ("'x'", None)]),
        (decimal(6, 2), kind("text"), vec![("-1.5", Some("-1.50"))]),
        (
            kind("text"),
            decimal(6, 2),
            vec![
                ("'1.5'", Some("1.50")),
                ("'-1234'", Some("-1234.00")),
                ("'1.234'", None),
                ("'12345'", None),
                ("'1e2'", None),
                ("'NaN'", None),
                ("'.5'", None),
                ("'x'", None),
            ],
        ),
        (kind("text"), decimal(2, 2), vec![("'0.25'", Some("0.25")), ("'1.25'", None)]),
        (kind("text"), decimal(3, 0), vec![("'123'", Some("123")), ("'1.0'", None)]),
        (kind("boolean"), kind("text"), vec![("true", Some("true")), ("false", Some("false"))]),
        (
            kind("text"),
            kind("boolean"),
            vec![("'true'", Some("true")), ("'false'", Some("false")), ("'t'", None), ("'yes'", None), ("'1'", None)],
        ),
        (
            kind("uuid"),
            kind("text"),
            vec![("'01890a5d-ac96-774b-bcce-b302099a8057'", Some("01890a5d-ac96-774b-bcce-b302099a8057"))],
        ),
        (
            kind("text"),
            kind("uuid"),
            vec![
                ("'01890a5d-ac96-774b-bcce-b302099a8057'", Some("01890a5d-ac96-774b-bcce-b302099a8057")),
                ("'01890A5D-ac96-774b-bcce-b302099a8057'", None),
                ("'01890a5dac96774bbcceb302099a8057'", None),
                ("'x'", None),
            ],
        ),
        (
            kind("timestamp"),
            kind("text"),
            vec![
                ("'2026-03-01T12:00:00.5Z'", Some("2026-03-01T12:00:00.500Z")),
                ("'0001-01-01T00:00:00Z'", Some("0001-01-01T00:00:00.000Z")),
                ("'9999-12-31T23:59:59.999Z'", Some("9999-12-31T23:59:59.999Z")),
            ],
        ),
        (
            kind("text"),
            kind("timestamp"),
            vec![
                ("'2026-03-01T12:00:00.500Z'", Some("2026-03-01 12:00:00.5+00")),
                ("'2026-02-30T12:00:00.500Z'", None),
                ("'now'", None),
                ("'2026-03-01'", None),
                ("'2026-03-01T12:00:00.5004Z'", None),
                ("'2026-03-01T12:00:00'", None),
                ("'2026-03-01T12:00:00+01'", None),
                ("'infinity'", None),
            ],
        ),
        (kind("date"), kind("text"), vec![("'2026-03-01'", Some("2026-03-01")), ("'0001-01-01'", Some("0001-01-01"))]),
        (
            kind("text"),
            kind("date"),
            vec![
                ("'2026-03-01'", Some("2026-03-01")),
                ("'2026-02-30'", None),
                ("'01/03/2026'", None),
                ("'today'", None),
            ],
        ),
        (
            kind("json"),
            kind("text"),
            vec![("'{\"b\": 1, \"a\": [null]}'", Some("{\"a\":[null],\"b\":1}")), ("'null'", Some("null"))],
        ),
        (
            kind("text"),
            kind("json"),
            vec![("'[1, \"x\"]'", Some("[1, \"x\"]")), ("'null'", Some("null")), ("'x'", None), ("''", None)],
        ),
        (words(&["a", "b"]), words(&["b", "c", "a"]), vec![("'a'", Some("a"))]),
        (words(&["a", "b"]), words(&["a"]), vec![("'a'", Some("a")), ("'b'", None)]),
        (words(&["a", "bb"]), kind("text"), vec![("'bb'", Some("bb"))]),
        (words(&["a", "bb"]), text(1), vec![("'a'", Some("a")), ("'bb'", None)]),
        (kind("text"), words(&["a", "it's"]), vec![("'it''s'", Some("it's")), ("'b'", None)]),
        (text(9), words(&["a"]), vec![("'a'", Some("a")), ("'b'", None)]),
    ]
}

#[test]
fn each_way_over_values() {
    let Some(database) = Database::new() else { return };
    let mut connection = database.open();
    for (n, (from, to, values)) in cases().into_iter().enumerate() {
        let (from, to) = (named(&from), named(&to));
        let (before, after) = (table(&from), table(&to));
        let there = altered(&from, &to);
        let what = format!("{from} -> {to}");
        connection.batch(&format!("CREATE SCHEMA s{n}; SET search_path = s{n}; {ODD}")).unwrap();
        execute(&mut connection, &Schema::default(), &creation(&before)).unwrap();
        let fitting = values.iter().filter(|(_, result)| result.is_some()).map(|(value, _)| *value);
        for value in fitting.chain(["NULL"]) {
            connection.batch(&format!("INSERT INTO t (v) VALUES ({value})")).unwrap();
        }
        execute(&mut connection, &before, &there).unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_at(&mut connection, &after, &what);
        connection.batch("SET TimeZone = 'UTC'; SET DateStyle = 'ISO'; SET extra_float_digits = 1").unwrap();
        let rows = connection.query(&Statement::new("SELECT v::text FROM t ORDER BY id")).unwrap();
        let found: Vec<Option<&str>> = rows.iter().map(|row| row[0].as_str()).collect();
        let expected = values.iter().filter_map(|(_, result)| *result).map(Some);
        assert_eq!(found, expected.chain([None]).collect::<Vec<_>>(), "{what}");
        // There is always a way back, and what came by it fits.
        connection.batch(ODD).unwrap();
        execute(&mut connection, &after, &altered(&to, &from))
            .unwrap_or_else(|error| panic!("back from {what}: {error}"));
        assert_at(&mut connection, &before, &what);
        for (value, _) in values.iter().filter(|(_, result)| result.is_none()) {
            connection.batch(&format!("TRUNCATE t; INSERT INTO t (v) VALUES ({value})")).unwrap();
            let refused = execute(&mut connection, &before, &there);
            assert!(refused.is_err(), "{what}: {value} was taken");
            assert_at(&mut connection, &before, &what);
        }
    }
}

#[test]
fn all_that_the_diff_allows_is_written() {
    use Kind::*;
    let decimal = |precision, scale| Decimal { precision, scale };
    let words =
        |values: &[&str]| Enum { name: "e".into(), values: values.iter().map(|word| (*word).to_owned()).collect() };
    let kinds = [
        Id,
        BigId,
        Integer,
        Bigint,
        Int32,
        Real,
        Boolean,
        Uuid,
        Timestamp,
        Date,
        Json,
        Bytes,
        Text { max: None },
        Text { max: Some(5) },
        Text { max: Some(50) },
        decimal(10, 2),
        decimal(18, 18),
        decimal(5, 0),
        words(&["a", "b"]),
        words(&["b", "c"]),
    ];
    for from in &kinds {
        for to in &kinds {
            let column = |kind: &Kind| {
                let mut column = serde_json::to_value(kind).unwrap();
                column["name"] = json!("v");
                column
            };
            let (from_column, to_column) = (column(from), column(to));
            let written = Postgres.render(&table(&from_column), &altered(&from_column, &to_column));
            match (conversion(from, to), written) {
                (Conversion::Impossible, Err(error)) => {
                    assert_eq!((error.code, error.table.as_deref()), (Code::ConversionUnsupported, Some("t")));
                }
                (Conversion::Impossible, Ok(_)) => panic!("{from:?} -> {to:?} is written, and there is no such way"),
                (_, Ok(_)) => {}
                (_, Err(error)) => panic!("{from:?} -> {to:?}: {error}"),
            }
        }
    }
}
