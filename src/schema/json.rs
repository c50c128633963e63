//! The schema's JSON, `schema({...}).toJSON()`: its shape, and nothing about its sense, which `validate` judges.

use super::validate::{validate, Problems, Reserved};
use super::{Action, Kind, Models, FORMAT};
use crate::deep_json;
use crate::error::Result;
use serde::de::DeserializeOwned;
use serde::Deserialize;
use serde_json::Value;

/// A model as it is written.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ModelJson {
    pub model: String,
    pub table: String,
    pub comment: Option<String>,
    pub renamed_from: Option<String>,
    /// Only that it is an array: its content is taken out before, and read one by one, so that a fault names its column.
    #[serde(rename = "columns")]
    _column_values: Vec<Value>,
    #[serde(skip)]
    pub columns: Vec<ColumnJson>,
    #[serde(default)]
    pub primary_key: Vec<String>,
    #[serde(default)]
    pub uniques: Vec<UniqueJson>,
    #[serde(default)]
    pub checks: Vec<CheckJson>,
    #[serde(default)]
    pub foreign_keys: Vec<ForeignKeyJson>,
    #[serde(default)]
    pub indexes: Vec<IndexJson>,
    #[serde(default)]
    pub relations: Vec<RelationJson>,
}

/// A column as it is written.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ColumnJson {
    pub property: String,
    pub name: String,
    #[serde(flatten)]
    pub kind: Kind,
    #[serde(default)]
    pub nullable: bool,
    pub default: Option<DefaultJson>,
    #[serde(default)]
    pub private: bool,
    #[serde(default)]
    pub touch: bool,
    #[serde(default)]
    pub version: bool,
    #[serde(default)]
    pub lowercase: bool,
    pub comment: Option<String>,
    pub renamed_from: Option<String>,
}

/// A default as it is written: `"now"`, `"random"` or `{"value": ...}`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum DefaultJson {
    Now,
    Random,
    Value(Value),
}

/// A UNIQUE constraint as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UniqueJson {
    pub name: Option<String>,
    pub columns: Vec<String>,
}

/// A CHECK constraint as it is written; `columns` are those it was declared on.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CheckJson {
    pub name: Option<String>,
    pub sql: String,
    #[serde(default)]
    pub columns: Vec<String>,
}

/// A foreign key as it is written: `target` and `references` still in the words of the models.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ForeignKeyJson {
    pub name: Option<String>,
    pub columns: Vec<String>,
    pub target: String,
    pub references: Vec<String>,
    #[serde(default)]
    pub on_delete: Action,
    #[serde(default)]
    pub on_update: Action,
}

/// An index as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct IndexJson {
    pub name: Option<String>,
    pub parts: Vec<PartJson>,
    #[serde(default)]
    pub unique: bool,
    #[serde(rename = "where")]
    pub filter: Option<String>,
}

/// One part of an index as it is written: a column or an expression.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PartJson {
    pub column: Option<String>,
    pub expression: Option<String>,
    #[serde(default)]
    pub desc: bool,
}

/// A relation as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RelationJson {
    pub name: String,
    pub kind: RelationKindJson,
    pub target: String,
    pub key: Option<String>,
    pub through: Option<String>,
}

/// The kind of a relation as it is written.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
pub(super) enum RelationKindJson {
    One,
    Has,
    Many,
}

/// The keys that a column of any kind may have.
const COLUMN_KEYS: [&str; 11] = [
    "property",
    "name",
    "kind",
    "nullable",
    "default",
    "private",
    "touch",
    "version",
    "lowercase",
    "comment",
    "renamedFrom",
];

impl Models {
    /// Reads and validates a schema's JSON.
    ///
    /// Fails with `SchemaInvalid` and every problem found. Problems of shape come alone: whether a
    /// table exists is not known while its model cannot be read.
    pub fn from_json(text: &str) -> Result<Models> {
        Models::checked(text, &Reserved::default())
    }

    /// The same, and no name is one of these.
    pub fn checked(text: &str, reserved: &Reserved) -> Result<Models> {
        let mut problems = Problems::default();
        let models = read(text, &mut problems);
        problems.into_result()?;
        validate(models, reserved)
    }
}

fn read(text: &str, problems: &mut Problems) -> Vec<ModelJson> {
    let mut document: Value = match deep_json::read(text) {
        Ok(document) => document,
        Err(fault) => {
            problems.schema(format!("The schema is not JSON: {fault}"));
            return Vec::new();
        }
    };
    match document.get("format") {
        Some(format) if format.as_u64() == Some(u64::from(FORMAT)) => {}
        Some(format) => {
            problems.schema(format!("Unknown format {format}: this version of Plinth reads format {FORMAT}"));
            return Vec::new();
        }
        None => {
            problems.schema(format!("This is not a schema of Plinth: `\"format\": {FORMAT}` is missing"));
            return Vec::new();
        }
    }
    let Some(Value::Array(models)) = document.get_mut("models") else {
        problems.schema("`models` must be an array");
        return Vec::new();
    };
    let models = std::mem::take(models).into_iter().enumerate();
    models.filter_map(|(i, model)| read_model(i, model, problems)).collect()
}

fn read_model(position: usize, mut value: Value, problems: &mut Problems) -> Option<ModelJson> {
    let name = match value.get("model").and_then(Value::as_str) {
        Some(name) => name.to_owned(),
        None => format!("models[{position}]"),
    };
    let columns = match value.get_mut("columns") {
        Some(Value::Array(columns)) => std::mem::take(columns),
        _ => Vec::new(),
    };
    let mut model: ModelJson = match parse(value) {
        Ok(model) => model,
        Err(fault) => {
            problems.model(&name, fault);
            return None;
        }
    };
    for (i, column) in columns.into_iter().enumerate() {
        let property = match column.get("property").and_then(Value::as_str) {
            Some(property) => property.to_owned(),
            None => format!("columns[{i}]"),
        };
        match read_column(column) {
            Ok(column) => model.columns.push(column),
            Err(fault) => problems.column(&name, &property, fault),
        }
    }
    Some(model)
}

fn read_column(value: Value) -> std::result::Result<ColumnJson, String> {
    let keys = value.as_object().into_iter().flat_map(|object| object.keys());
    let others: Vec<String> = keys.filter(|key| !COLUMN_KEYS.contains(&key.as_str())).cloned().collect();
    let column: ColumnJson = parse(value)?;
    let of_kind: &[&str] = match column.kind {
        Kind::Decimal { .. } => &["precision", "scale"],
        Kind::Text { .. } => &["max"],
        Kind::Enum { .. } => &["enum", "values"],
        _ => &[],
    };
    // serde cannot refuse unknown keys beside a flattened enum.
    match others.iter().find(|key| !of_kind.contains(&key.as_str())) {
        Some(key) => Err(format!("Unknown key `{key}` in a column of this kind")),
        None => Ok(column),
    }
}

fn parse<T: DeserializeOwned>(value: Value) -> std::result::Result<T, String> {
    T::deserialize(value).map_err(|fault| format!("Wrong shape: {fault}"))
}
