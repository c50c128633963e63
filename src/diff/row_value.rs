//! The value that existing rows get in a column.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The value that existing rows get in a column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Written", into = "Written")]
pub enum RowValue {
    /// A SQL expression over the row, for every database.
    Sql(String),
    /// A SQL expression for each database. In a box: operations hold several of these.
    Each(Box<ForEach>),
    /// The default of the column.
    Default,
    /// A random UUID of version 7, another one for each row.
    Random,
}

/// A SQL expression for each database, by the name of the database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ForEach(pub BTreeMap<String, String>);

/// The same as JSON has it: `"lower(a)"`, `{"sqlite": "...", "postgres": "..."}`, `{"fill": "default"}`.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Written {
    Sql(String),
    Filled { fill: Filled },
    Each(Box<ForEach>),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Filled {
    Default,
    Random,
}

impl From<Written> for RowValue {
    fn from(written: Written) -> Self {
        match written {
            Written::Sql(sql) => RowValue::Sql(sql),
            Written::Each(each) => RowValue::Each(each),
            Written::Filled { fill: Filled::Default } => RowValue::Default,
            Written::Filled { fill: Filled::Random } => RowValue::Random,
        }
    }
}

impl From<RowValue> for Written {
    fn from(value: RowValue) -> Self {
        match value {
            RowValue::Sql(sql) => Written::Sql(sql),
            RowValue::Each(each) => Written::Each(each),
            RowValue::Default => Written::Filled { fill: Filled::Default },
            RowValue::Random => Written::Filled { fill: Filled::Random },
        }
    }
}

impl RowValue {
    /// The expression that a person has written for this database; `None` if it has none.
    pub fn sql(&self, database: &str) -> Option<&str> {
        match self {
            RowValue::Sql(sql) => Some(sql),
            RowValue::Each(each) => each.0.get(database).map(String::as_str),
            RowValue::Default | RowValue::Random => None,
        }
    }

    /// Whether a person has written it, as SQL.
    pub fn is_sql(&self) -> bool {
        matches!(self, RowValue::Sql(_) | RowValue::Each(_))
    }

    /// The expressions that a person has written, of all databases.
    pub(super) fn expressions(&self) -> Vec<&str> {
        match self {
            RowValue::Sql(sql) => vec![sql],
            RowValue::Each(each) => each.0.values().map(String::as_str).collect(),
            RowValue::Default | RowValue::Random => Vec::new(),
        }
    }

    /// In plain words.
    pub(super) fn words(&self) -> String {
        match self {
            RowValue::Sql(sql) => sql.clone(),
            RowValue::Each(each) => {
                let all: Vec<String> = each.0.iter().map(|(database, sql)| format!("{sql} on {database}")).collect();
                all.join(", ")
            }
            RowValue::Default => "the default".into(),
            RowValue::Random => "a random UUID each".into(),
        }
    }
}
