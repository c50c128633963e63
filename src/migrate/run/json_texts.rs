//! Texts that cannot become JSON, and JSON that cannot become text, because the databases and JavaScript would not have the
//! same value then: found before a revision runs, by reading them here. PostgreSQL has no condition for that before version 16.

use super::names_before::Names;
use super::refusal::{key_of, refusal};
use super::touched::Touched;
use crate::deep_json;
use crate::dialect::{Dialect, Scan};
use crate::diff::{kind_words, Operation};
use crate::error::Result;
use crate::schema::{Kind, Schema};
use crate::statement::Execute;
use serde::Deserialize;
use serde_json::Value as Json;

/// How deep JSON may nest, as SQLite has it.
const DEPTH: usize = 1000;

/// Fails with `RowsRefused` if the operations make JSON of a text that is none, or text of JSON whose numbers the databases
/// write in different ways. Within a transaction.
pub fn check_json(
    dialect: &dyn Dialect,
    connection: &mut dyn Execute,
    from: &Schema,
    operations: &[Operation],
) -> Result<()> {
    for (at, operation) in operations.iter().enumerate() {
        let Operation::AlterColumn { table, from: before, to, .. } = operation else { continue };
        let (is_alike, hint): (fn(&str) -> bool, &str) = match (&before.kind, &to.kind) {
            (Kind::Text { .. }, Kind::Json) => (
                is_json,
                "Change these values first: JSON, with numbers that JavaScript holds, without -0 and \\u0000.",
            ),
            (Kind::Json, Kind::Text { .. }) => (
                is_written_alike,
                "Change these values first: numbers below 1e21, and not below 0.000001 unless they are 0.",
            ),
            _ => continue,
        };
        let touched = Touched::of(dialect.naming(), from, &operations[..at]);
        let Some((table, column)) = Names { from, touched: &touched }.place(table, &before.name) else { continue };
        let mut rows = Vec::new();
        let key = from.table(&table).map(|table| table.primary_key.clone()).unwrap_or_default();
        let columns: Vec<String> = std::iter::once(column.clone()).chain(key.clone()).collect();
        let scan = Scan { table: &table, columns: &columns, condition: None };
        dialect.each_row(connection, &scan, &mut |_, batch| {
            // The place of the row stands before its columns.
            let wrong = batch.into_iter().filter(|row| row[1].as_str().is_some_and(|text| !is_alike(text)));
            rows.extend(wrong.map(|mut row| row.split_off(2)));
            Ok(())
        })?;
        if !rows.is_empty() {
            let told = from.table(&table).map(key_of).unwrap_or_default();
            let (old, new) = (kind_words(&before.kind), kind_words(&to.kind));
            let what = format!("values that cannot become {new} ({old} in {table}.{column})");
            return Err(refusal((&table, &[column]), &told, &what, rows.len() as i64, &rows).hint(hint));
        }
    }
    Ok(())
}

/// Whether a text is JSON that SQLite, PostgreSQL and JavaScript all read, and read alike.
fn is_json(text: &str) -> bool {
    if deep_json::depth(text) > DEPTH {
        return false;
    }
    // Half a surrogate and a number beyond the doubles are errors to this reader.
    match deep_json::read(text) {
        Ok(json) => !holds_nul(&json) && all_numbers(&json, &|number| number != 0.0 || number.is_sign_positive()),
        Err(_) => false,
    }
}

/// Whether both databases write the numbers of JSON alike: PostgreSQL has no exponents, which JavaScript gives these.
fn is_written_alike(text: &str) -> bool {
    let mut reader = serde_json::Deserializer::from_str(text);
    reader.disable_recursion_limit();
    let alike = |number: f64| number == 0.0 || (1e-6..1e21).contains(&number.abs());
    // A value that cannot be read is reported by another check.
    Json::deserialize(&mut reader).map_or(true, |json| all_numbers(&json, &alike))
}

fn all_numbers(json: &Json, meet: &dyn Fn(f64) -> bool) -> bool {
    match json {
        Json::Number(number) => number.as_f64().is_none_or(meet),
        Json::Array(list) => list.iter().all(|json| all_numbers(json, meet)),
        Json::Object(object) => object.values().all(|json| all_numbers(json, meet)),
        _ => true,
    }
}

fn holds_nul(json: &Json) -> bool {
    match json {
        Json::String(text) => text.contains('\0'),
        Json::Array(list) => list.iter().any(holds_nul),
        Json::Object(object) => object.iter().any(|(key, value)| key.contains('\0') || holds_nul(value)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_json() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        for (text, expected) in [
            ("null", true),
            (" {\"a\" : [1]}\n", true),
            ("\"\\ud83d\\ude00\"", true),
            ("\"[[[\\\"\"", true),
            ("1e308", true),
            ("0", true),
            ("-0", false),
            ("{\"a\": [-0.0]}", false),
            ("1e400", false),
            ("\"\\ud83d\"", false),
            ("\"\\u0000\"", false),
            ("{\"\\u0000\": 1}", false),
            ("1 2", false),
            ("", false),
            (&nested(DEPTH), true),
            (&nested(DEPTH + 1), false),
            (&"[".repeat(1_000_000), false),
        ] {
            assert_eq!(is_json(text), expected, "{}", text.chars().take(40).collect::<String>());
        }
    }

    #[test]
    fn what_is_written_alike() {
        for (text, expected) in [
            ("1e20", true),
            ("[999999999999999999999.0]", false),
            ("1e21", false),
            ("{\"a\": -1e300}", false),
            ("0.000001", true),
            ("1e-7", false),
            ("0", true),
            ("\"1e300\"", true),
        ] {
            assert_eq!(is_written_alike(text), expected, "{text}");
        }
    }
}
