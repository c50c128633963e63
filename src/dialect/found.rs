//! The content of a database, as every dialect reports it, including objects that others made.

use serde::Serialize;

/// The content of a database, as far as init has to know it: names and the objects that hold them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Inventory {
    /// Tables, in the order of their creation.
    pub tables: Vec<FoundTable>,
    /// Views, materialized ones among them.
    pub views: Vec<String>,
    /// Triggers.
    pub triggers: Vec<String>,
    /// Indexes; on SQLite without those that constraints bring with them.
    pub indexes: Vec<FoundIndex>,
    /// Other objects that hold a name which a table or an index could have.
    pub others: Vec<FoundOther>,
    /// Views and triggers with their SQL, where the database drops a column that they name.
    pub users: Vec<ColumnUser>,
}

/// A view or a trigger, which uses columns of tables.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnUser {
    /// The kind of object: `view`, `trigger`.
    pub what: String,
    /// Its name.
    pub name: String,
    /// The statement that made it.
    pub sql: String,
}

/// An existing table.
#[derive(Clone, Debug, PartialEq)]
pub struct FoundTable {
    /// Its name.
    pub name: String,
    /// The storage of its rows.
    pub kind: TableKind,
}

/// The storage of the rows of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableKind {
    /// The database, in the table itself or in its partitions.
    Ordinary,
    /// A module of SQLite's: https://www.sqlite.org/vtab.html
    Virtual,
    /// SQLite, for a virtual table, with which it goes.
    Shadow,
    /// Another server.
    Foreign,
}

/// An existing index.
#[derive(Clone, Debug, PartialEq)]
pub struct FoundIndex {
    /// Its name.
    pub name: String,
    /// Its table.
    pub table: String,
}

/// A sequence or a type.
#[derive(Clone, Debug, PartialEq)]
pub struct FoundOther {
    /// Its name.
    pub name: String,
    /// The kind of object, with its article: `a sequence`.
    pub what: &'static str,
}

/// An existing column.
#[derive(Clone, Debug, PartialEq)]
pub struct FoundColumn {
    /// Its name.
    pub name: String,
    /// Its type as `Dialect::declared_type` would write it; empty if it has none.
    pub declared: String,
}

/// The objects that a reset destroys. An object that stores the rows of another table is not named:
/// it is that table.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Survey {
    /// Tables, in the order of their creation.
    pub tables: Vec<SurveyedTable>,
    /// Views, materialized ones among them.
    pub views: Vec<String>,
    /// Triggers.
    pub triggers: Vec<String>,
    /// All else: sequences, types, functions, each after a word that says what it is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<String>,
    /// How much room it takes, in bytes; `None` if the database does not report it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<i64>,
}

/// A table and what is in it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SurveyedTable {
    /// Its name.
    pub name: String,
    /// How many rows; None (null) where they cannot be counted.
    pub rows: Option<i64>,
}

/// A sequence that is about to give a number that a row of its table may have already.
#[derive(Clone, Debug, PartialEq)]
pub struct SequenceBehind {
    /// The table.
    pub table: String,
    /// The column that gets its numbers from the sequence.
    pub column: String,
    /// The number that the sequence gives next.
    pub next: i64,
    /// The highest number in the column.
    pub highest: i64,
}

/// How sequences are read.
#[derive(Clone, Copy, Debug)]
pub struct SequenceReading {
    /// Whether a column without an index may be read whole; else it is left out.
    pub rows: bool,
    /// Whether a transaction is open, which then keeps the locks of all these tables.
    pub in_transaction: bool,
}

/// Rows that violate a foreign key of their table.
#[derive(Clone, Debug, PartialEq)]
pub struct Orphans {
    /// The columns of the key.
    pub columns: Vec<String>,
    /// The table that it references.
    pub parent: String,
    /// How many rows.
    pub count: i64,
}
