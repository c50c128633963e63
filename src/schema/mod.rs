//! The schema: what a database holds, in neutral form. Pure data; `models` adds what only the JavaScript side sees.

mod columns;
mod constraints;
pub mod defaults;
pub mod expression;
mod json;
pub mod models;
pub mod names;
pub mod order;
mod relations;
mod validate;
pub(crate) mod words;

use serde::{Deserialize, Serialize};

pub use models::{Model, Models, Property, Relation, RelationKind};
pub use validate::{Reserved, SystemColumns};

/// The version of the schema's JSON, and of how each kind is stored. A released mapping never changes.
pub const FORMAT: u32 = 1;

/// The longest name a table, column or constraint may have, in bytes: PostgreSQL cuts longer ones.
pub const MAX_NAME: usize = 63;

/// All tables of a database.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Schema {
    /// The tables, in the order of their declaration.
    pub tables: Vec<Table>,
}

/// One table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Table {
    /// Its name in the database.
    pub name: String,
    /// Its columns, in the order of their declaration.
    pub columns: Vec<Column>,
    /// The columns of the primary key, in key order.
    pub primary_key: Vec<String>,
    /// UNIQUE constraints.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub uniques: Vec<Unique>,
    /// CHECK constraints, those of enums and lengths not among them: they follow from the kind.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<Check>,
    /// Foreign keys.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub foreign_keys: Vec<ForeignKey>,
    /// Indexes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub indexes: Vec<Index>,
    /// The purpose of the table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// Its former name: the next revision renames instead of dropping.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renamed_from: Option<String>,
}

/// One column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Column {
    /// Its name in the database.
    pub name: String,
    /// The kind of its values.
    #[serde(flatten)]
    pub kind: Kind,
    /// Whether it may be NULL.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub nullable: bool,
    /// Whether its texts are in lower case: writes and filters fold them, and a revision folds
    /// existing ones.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub lowercase: bool,
    /// The value when an insert leaves it out, where the database can hold it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Default>,
    /// Whether an insert that leaves it out gives it a random UUID of version 7. No database holds this: the models alone say it,
    /// and the next revision gives existing rows one, too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub random: bool,
    /// The purpose of the column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// Its former name: the next revision renames instead of dropping.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renamed_from: Option<String>,
}

impl Column {
    /// A column that may not be NULL, and has nothing else.
    pub fn new(name: &str, kind: Kind) -> Self {
        Column {
            name: name.into(),
            kind,
            nullable: false,
            lowercase: false,
            default: None,
            random: false,
            comment: None,
            renamed_from: None,
        }
    }

    /// The same without the parts that only the models say: its former name, and random values.
    #[must_use]
    pub fn plain(&self) -> Self {
        Column { random: false, renamed_from: None, ..self.clone() }
    }
}

/// The kind of a column's values. The dialects decide how it is stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum Kind {
    /// Identity primary key, a number in JavaScript.
    Id,
    /// Identity primary key, a bigint in JavaScript; stored like `Id`.
    BigId,
    /// A safe integer (within 2^53 - 1), stored in 64 bits.
    Integer,
    /// All 64 bits, a bigint in JavaScript; stored like `Integer`.
    Bigint,
    /// A 32-bit integer.
    Int32,
    /// A double; never NaN or infinite.
    Real,
    /// An exact number of `precision` digits, `scale` of them after the point; precision at most 18.
    Decimal {
        /// Digits in all, 1 to 18.
        precision: u8,
        /// Digits after the point, 0 to `precision`.
        scale: u8,
    },
    /// Text.
    Text {
        /// The most characters (Unicode code points) it may have.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max: Option<u32>,
    },
    /// true or false.
    Boolean,
    /// A UUID, lower case with dashes.
    Uuid,
    /// A moment in UTC, to the millisecond, years 0001 to 9999.
    Timestamp,
    /// A day, `YYYY-MM-DD`.
    Date,
    /// JSON.
    Json,
    /// Bytes.
    Bytes,
    /// One of these words.
    Enum {
        /// The name of the enum.
        #[serde(rename = "enum")]
        name: String,
        /// Its words.
        values: Vec<String>,
    },
}

/// The value of a column that an insert leaves out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Default {
    /// A constant, as JSON: a bigint and a decimal as a string of digits, a timestamp as ISO text, bytes as hex, the rest as itself.
    Value(serde_json::Value),
    /// The clock.
    Now,
}

/// A UNIQUE constraint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Unique {
    /// Its name.
    pub name: String,
    /// Its columns.
    pub columns: Vec<String>,
}

/// A CHECK constraint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Check {
    /// Its name.
    pub name: String,
    /// The condition that every row must meet.
    pub sql: String,
}

/// A foreign key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ForeignKey {
    /// Its name.
    pub name: String,
    /// The columns that point.
    pub columns: Vec<String>,
    /// The table pointed to.
    pub table: String,
    /// The columns pointed to, in the same order.
    pub references: Vec<String>,
    /// What happens to this row when the other is deleted.
    #[serde(default)]
    pub on_delete: Action,
    /// What happens to this row when the other's key changes.
    #[serde(default)]
    pub on_update: Action,
}

/// The action of a foreign key when the row that it refers to goes or changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Action {
    /// Refuse at the end of the statement.
    #[default]
    #[serde(rename = "no action")]
    NoAction,
    /// Refuse at once.
    #[serde(rename = "restrict")]
    Restrict,
    /// Delete or change this row too.
    #[serde(rename = "cascade")]
    Cascade,
    /// Set the columns that point to NULL.
    #[serde(rename = "set null")]
    SetNull,
    /// Set the columns that point to their defaults.
    #[serde(rename = "set default")]
    SetDefault,
}

/// An index.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Index {
    /// Its name.
    pub name: String,
    /// The parts of its order.
    pub parts: Vec<IndexPart>,
    /// Whether no two rows may be alike in it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unique: bool,
    /// Only rows that meet this condition are in it.
    #[serde(rename = "where", default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
}

impl Index {
    /// The columns that it orders by; `None` if a part of it is an expression.
    pub fn columns(&self) -> Option<Vec<String>> {
        let column = |part: &IndexPart| match &part.key {
            IndexKey::Column(name) => Some(name.clone()),
            IndexKey::Expression(_) => None,
        };
        self.parts.iter().map(column).collect()
    }
}

/// One part of an index.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IndexPart {
    /// The column, or the expression.
    #[serde(flatten)]
    pub key: IndexKey,
    /// Whether it is ordered downward.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub desc: bool,
}

/// The key of one part of an index.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum IndexKey {
    /// A column.
    Column(String),
    /// A SQL expression.
    Expression(String),
}

impl Schema {
    /// The table of this name.
    pub fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|t| t.name == name)
    }
}

impl Kind {
    /// Whether it is a whole number that a model reads as a number of JavaScript, stored in 64 bits.
    pub fn is_safe(&self) -> bool {
        matches!(self, Kind::Id | Kind::Integer)
    }
}

impl Table {
    /// The column of this name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|c| c.name == name)
    }
}
