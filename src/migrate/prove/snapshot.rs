//! The rows of all tables as they are at one moment, and whether two values are the very same.

use crate::dialect::quote;
use crate::error::Result;
use crate::schema::{Kind, Schema, Table};
use crate::statement::{Execute, Row, Statement};
use crate::value::Value;
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// The rows of each table, values in the order of the table's columns, rows in no order.
pub type Snapshot = BTreeMap<String, Vec<Row>>;

/// Reads every row of every table of the schema, which is the existing one.
pub fn snapshot(connection: &mut dyn Execute, schema: &Schema) -> Result<Snapshot> {
    schema.tables.iter().map(|table| Ok((table.name.clone(), read(connection, table)?))).collect()
}

fn read(connection: &mut dyn Execute, table: &Table) -> Result<Vec<Row>> {
    let columns: Vec<String> = table.columns.iter().map(|column| quote(&column.name)).collect();
    let sql = format!("SELECT {} FROM {}", columns.join(", "), quote(&table.name));
    connection.query(&Statement::new(sql)).map_err(|error| error.table(&table.name))
}

/// A value of a kind in a form in which two are alike exactly where the values are: 0.0 is not -0.0, 1 is not 1.0, and JSON
/// is the same however it is written.
pub fn canonical(kind: &Kind, value: &Value) -> String {
    match (kind, value) {
        (_, Value::Null) => "NULL".into(),
        (Kind::Json, Value::Text(text)) => match serde_json::from_str::<Json>(text) {
            Ok(json) => sorted(&json).to_string(),
            Err(_) => format!("{text:?}"),
        },
        (_, Value::Bool(flag)) => flag.to_string(),
        (_, Value::Int(number)) => number.to_string(),
        (_, Value::Real(number)) => format!("{number:?}"),
        (_, Value::Text(text)) => format!("{text:?}"),
        (_, Value::Bytes(bytes)) => bytes.iter().fold("bytes ".to_owned(), |hex, byte| format!("{hex}{byte:02x}")),
    }
}

/// The same JSON with the keys of its objects in order, however its map keeps them.
fn sorted(json: &Json) -> Json {
    match json {
        Json::Object(object) => {
            let ordered: BTreeMap<&String, Json> = object.iter().map(|(key, value)| (key, sorted(value))).collect();
            ordered.into_iter().map(|(key, value)| (key.clone(), value)).collect()
        }
        Json::Array(list) => list.iter().map(sorted).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_are_alike_and_not_the_same() {
        let of = |value| canonical(&Kind::Real, &value);
        assert_ne!(of(Value::Real(0.0)), of(Value::Real(-0.0)));
        assert_ne!(of(Value::Int(1)), of(Value::Real(1.0)));
        assert_ne!(of(Value::Null), of(Value::Text("NULL".into())));
        assert_ne!(of(Value::Text("é".into())), of(Value::Text("e\u{301}".into())));
        assert_ne!(of(Value::Bytes(vec![])), of(Value::Text(String::new())));
        assert_ne!(of(Value::Bytes(vec![0])), of(Value::Null));
        let json = |text: &str| canonical(&Kind::Json, &Value::Text(text.into()));
        assert_eq!(json(r#"{"b":[{"d":1,"c":2}],"a":null}"#), json(r#"{"a": null, "b": [{"c": 2, "d": 1}]}"#));
        assert_ne!(json("null"), canonical(&Kind::Json, &Value::Null).to_lowercase() + " ");
        assert_ne!(json("[1]"), json("[1.0]"));
    }
}
