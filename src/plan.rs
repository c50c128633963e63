//! The plan that a dialect makes of a query, once per shape: the SQL and how values cross on the
//! way in and out. Engines run it.

mod check;

use crate::schema::Kind;
use serde::Serialize;
use std::ops::Range;

pub use check::Check;

/// How a value crosses between JavaScript and Rust; see `engine::packed` for the slots each one takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Wire {
    /// A whole number within 2^53 - 1.
    Int,
    /// 64 bits, a bigint.
    Bigint,
    /// A double.
    Real,
    /// true or false.
    Bool,
    /// Milliseconds since 1970, UTC.
    Time,
    /// Text.
    Text,
    /// JSON text.
    Json,
    /// Bytes.
    Bytes,
    /// Whatever the cell holds: columns of raw SQL whose kind nothing declares.
    Any,
}

/// How the database stores what crosses as the same wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// As it crosses.
    Plain,
    /// An exact number with this many digits after the point; crosses as text.
    Decimal(u8),
    /// Values for IN; cross as the text of a JSON array.
    List,
    /// Exact numbers with this many digits after the point, for IN; cross as the text of a JSON array.
    DecimalList(u8),
    /// A moment that stands for the last one within its millisecond: a bound of all that JavaScript reads as equal to it.
    Last,
    /// A moment with every digit, as text; null if milliseconds say all of it.
    Exact,
    /// As anything may have written it: of raw SQL.
    Foreign,
}

/// One parameter of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Param {
    /// How it crosses.
    pub wire: Wire,
    /// How it is stored.
    pub form: Form,
}

/// One column of a result.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    /// The property it becomes.
    pub name: String,
    /// How it crosses.
    pub wire: Wire,
    /// How it is stored.
    pub form: Form,
    /// A further condition on a value.
    pub check: Check,
    /// The place where it is stored, for errors about a value that cannot be read.
    pub origin: Option<Origin>,
    /// Whether only `plinth`'s own code reads it: the key of an include that was not selected.
    pub hidden: bool,
}

impl Output {
    /// A number that no column holds.
    pub fn number(name: &str, wire: Wire) -> Self {
        Output { name: name.into(), wire, form: Form::Plain, check: Check::Any, origin: None, hidden: false }
    }
}

/// A column, as errors name it.
#[derive(Clone, Debug, PartialEq)]
pub struct Origin {
    /// The model, by its name in JavaScript.
    pub model: String,
    /// The table.
    pub table: String,
    /// The property of the column.
    pub column: String,
}

/// One statement of a plan. The first stands alone; each other fetches the rows of one relation for all rows of its parent.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The SQL text.
    pub sql: String,
    /// Which of the plan's parameters are bound, in order. A node with a link binds the parents' keys first.
    pub params: Range<usize>,
    /// The columns of its rows.
    pub outputs: Vec<Output>,
    /// How its rows find their parents.
    pub link: Option<Link>,
    /// The outputs that hold the primary key of a row, so that errors can name it; empty if they do not hold all of it, or if
    /// part of it is private.
    pub key: Vec<usize>,
}

/// How the rows of an include belong to those of its parent.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// The node of the parents.
    pub parent: usize,
    /// Which output of the parent holds the key.
    pub parent_output: usize,
    /// Which output of this node holds the key.
    pub output: usize,
    /// Whether that output is the place of the parent's key in the list of keys, from 0, as the database found it equal;
    /// else it is the key itself, which is alike only if it is equal.
    pub is_place: bool,
    /// The relation's name.
    pub relation: String,
    /// The part of these rows that a parent gets.
    pub gives: Gives,
}

/// The part of the rows of a relation that a parent gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Gives {
    /// One at most.
    One,
    /// Any number.
    Many,
    /// How many there are: each row of the node is the number of one parent.
    Count,
}

/// The action of a plan, as far as engines and errors need to know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Action {
    /// Reads.
    Select,
    /// Inserts one row per set of parameters; the engine reports each row's generated key.
    Insert,
    /// Inserts, or changes the existing row.
    Upsert,
    /// Changes rows.
    Update,
    /// Deletes rows.
    Delete,
    /// SQL that a person wrote; whether it writes is known when the database has prepared it.
    Raw,
}

/// An INSERT of one row in parts, so that it can be written for many: `head`, the values of each row in parentheses, `tail`.
#[derive(Clone, Debug, PartialEq)]
pub struct Values {
    /// Up to VALUES.
    pub head: String,
    /// The SQL after the rows.
    pub tail: String,
    /// The target of the rows; `None` if they bring a generated key of their own.
    pub target: Option<Target>,
}

/// Where the rows of an insert go.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// The table, quoted.
    pub table: String,
    /// The columns, quoted, with commas between: the generated key first, then those that are given.
    pub columns: String,
    /// The name of the generated key.
    pub key: Option<String>,
}

/// Finds out which foreign key a statement violated, where the database does not say (SQLite).
#[derive(Clone, Debug, PartialEq)]
pub struct Probe {
    /// The constraint.
    pub constraint: String,
    /// The table that holds it.
    pub table: String,
    /// Its columns.
    pub columns: Vec<String>,
    /// Gives one row, one column: 1 when this is the violated one.
    pub sql: String,
    /// Which of the plan's parameters it binds, in order.
    pub params: Vec<usize>,
}

/// A compiled query.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Its action.
    pub action: Action,
    /// The index of the model, `None` for raw SQL.
    pub model: Option<usize>,
    /// Its statements, parents before children.
    pub nodes: Vec<Node>,
    /// Its parameters, in the order in which values cross.
    pub params: Vec<Param>,
    /// Which of them are values of private columns: those are never shown.
    pub private: Vec<usize>,
    /// How to name a violated foreign key.
    pub probes: Vec<Probe>,
    /// An insert in parts; `None` if it gives no values.
    pub values: Option<Values>,
    /// Whether an insert leaves out rows whose unique values exist. The keys of many rows are then pairs: the place of a row that
    /// was made among those given, and its generated key.
    pub skips_duplicates: bool,
    /// Whether an insert's first column is the generated key.
    pub keyed: bool,
    /// The generated key of an insert, if a number of JavaScript has to hold it.
    pub generated: Option<Origin>,
    /// Whether rows that cannot be read are left out and reported, instead of failing the call.
    pub skips: bool,
    /// Whether a select locks its rows: it belongs into a transaction that may write.
    pub locks: bool,
}

/// The greatest whole number that JavaScript's numbers hold with all their digits, and the greatest of a `Wire::Int`.
pub const MAX_SAFE: u64 = (1 << 53) - 1;

impl Plan {
    /// Whether it may change the database. Raw SQL is decided by the engine.
    pub fn writes(&self) -> bool {
        !matches!(self.action, Action::Select | Action::Raw)
    }
}

impl Kind {
    /// How values of this kind cross.
    pub fn wire(&self) -> Wire {
        match self {
            Kind::Id | Kind::Integer | Kind::Int32 => Wire::Int,
            Kind::BigId | Kind::Bigint => Wire::Bigint,
            Kind::Real => Wire::Real,
            Kind::Boolean => Wire::Bool,
            Kind::Timestamp => Wire::Time,
            Kind::Json => Wire::Json,
            Kind::Bytes => Wire::Bytes,
            Kind::Decimal { .. } | Kind::Text { .. } | Kind::Uuid | Kind::Date | Kind::Enum { .. } => Wire::Text,
        }
    }

    /// Whether values are whole numbers, which are equal only if they are alike.
    pub fn is_whole_number(&self) -> bool {
        matches!(self, Kind::Id | Kind::Integer | Kind::Int32 | Kind::BigId | Kind::Bigint)
    }

    /// How values of this kind are stored.
    pub fn form(&self) -> Form {
        match self {
            Kind::Decimal { scale, .. } => Form::Decimal(*scale),
            _ => Form::Plain,
        }
    }
}
