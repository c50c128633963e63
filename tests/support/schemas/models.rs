//! A schema as the JSON of models that declare it: what `Models::from_json` takes is what a user could have written.

use plinth::schema::{Action, Default, IndexKey, Schema, Table};
use serde_json::{json, Value};

/// The models that declare this schema, every name given.
pub fn models_json(schema: &Schema) -> String {
    let models: Vec<Value> = schema.tables.iter().enumerate().map(|(i, table)| model(i, table, schema)).collect();
    json!({ "format": 1, "models": models }).to_string()
}

fn model(at: usize, table: &Table, schema: &Schema) -> Value {
    let columns = table.columns.iter().enumerate().map(|(i, column)| {
        let mut value = serde_json::to_value(column).unwrap();
        value["property"] = json!(format!("c{i}"));
        value["default"] = match &column.default {
            None => Value::Null,
            Some(Default::Now) => json!("now"),
            Some(Default::Value(value)) => json!({ "value": value }),
        };
        if column.random {
            value.as_object_mut().unwrap().remove("random");
            value["default"] = json!("random");
        }
        value
    });
    let position = |name: &str| schema.tables.iter().position(|table| table.name == name).unwrap();
    let keys = table.foreign_keys.iter().map(|key| {
        json!({ "name": key.name, "columns": key.columns, "target": format!("m{}", position(&key.table)),
                "references": key.references, "onDelete": action(key.on_delete), "onUpdate": action(key.on_update) })
    });
    let indexes = table.indexes.iter().map(|index| {
        let parts = index.parts.iter().map(|part| match &part.key {
            IndexKey::Column(column) => json!({ "column": column, "desc": part.desc }),
            IndexKey::Expression(sql) => json!({ "expression": sql, "desc": part.desc }),
        });
        json!({ "name": index.name, "parts": parts.collect::<Vec<_>>(), "unique": index.unique, "where": index.filter })
    });
    json!({
        "model": format!("m{at}"), "table": table.name, "comment": table.comment, "renamedFrom": table.renamed_from,
        "columns": columns.collect::<Vec<_>>(), "primaryKey": table.primary_key, "uniques": table.uniques,
        "checks": table.checks, "foreignKeys": keys.collect::<Vec<_>>(), "indexes": indexes.collect::<Vec<_>>(),
    })
}

fn action(action: Action) -> Value {
    serde_json::to_value(action).unwrap()
}
