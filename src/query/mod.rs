//! Queries over models, as data: what is asked, never how it is written in SQL. Values are not part of a query:
//! they are its parameters, in the order in which this module's types mention them.

mod aggregate;
mod assign;
mod lock;
mod page;
mod parse;
mod unique_key;

use crate::plan::Wire;

pub use aggregate::{Aggregate, Function, GroupOrder, Having, Measure};
pub use lock::{Lock, OtherLock, Strength};
pub use page::{Behind, Known};
pub use parse::parse;

/// One query. Column and model numbers index into `Models`.
#[derive(Clone, Debug, PartialEq)]
pub enum Query {
    /// Rows.
    Select(Select),
    /// How many rows match.
    Count(Matching),
    /// How many combinations of values of these columns the rows that match have.
    Combinations(Matching, Vec<usize>),
    /// Whether any row matches.
    Exists(Matching),
    /// Numbers over the rows that match.
    Aggregate(Aggregate),
    /// One row per set of parameters.
    Insert(Insert),
    /// The same, except that rows whose unique values exist are left out.
    InsertNew {
        /// The rows to insert.
        insert: Insert,
        /// The unique columns; empty: those of any unique key.
        on: Vec<usize>,
    },
    /// Insert, or change the row that has these unique values.
    Upsert {
        /// The row to insert.
        insert: Insert,
        /// The unique columns.
        on: Vec<usize>,
        /// The changes of the existing row.
        set: Vec<Assignment>,
        /// The column that must have the value of the last parameter in the existing row.
        version: Option<usize>,
        /// Whether the row is wanted.
        returning: bool,
    },
    /// Change the rows that match.
    Update {
        /// Which rows.
        rows: Matching,
        /// What is changed; its parameters come before those of the filter.
        set: Vec<Assignment>,
        /// Whether the changed rows are wanted.
        returning: bool,
    },
    /// Pick rows that no other transaction has locked, change them, and give them back in the order in which they were picked.
    Claim {
        /// Which rows.
        select: Select,
        /// What is changed; its parameters come behind those of the select.
        set: Vec<Assignment>,
    },
    /// Delete the rows that match.
    Delete {
        /// Which rows.
        rows: Matching,
        /// Whether the deleted rows are wanted.
        returning: bool,
    },
    /// SQL that a person wrote.
    Raw {
        /// The pieces between the values.
        pieces: Vec<String>,
        /// How each value crosses.
        params: Vec<Wire>,
    },
}

/// Rows of a model, with what belongs to them.
#[derive(Clone, Debug, PartialEq)]
pub struct Select {
    /// Which rows.
    pub rows: Matching,
    /// The columns wanted.
    pub columns: Vec<usize>,
    /// Of rows that are equal in these columns the first alone; if none is named, all.
    pub distinct: Vec<usize>,
    /// In which order.
    pub order: Vec<Order>,
    /// Whether a limit is bound.
    pub limit: bool,
    /// Whether an offset is bound.
    pub offset: bool,
    /// Related rows to bring along.
    pub include: Vec<Include>,
    /// Related rows to count.
    pub counts: Vec<Counted>,
    /// Moments that are wanted with every digit too, for a cursor.
    pub exact: Vec<usize>,
    /// Whether rows that cannot be read are left out.
    pub skips: bool,
    /// How the rows are locked until the transaction ends; those of includes never are.
    pub lock: Option<Lock>,
    /// Whether JSON is checked as it is read, so that the rows before one that is damaged can be given.
    pub checks: bool,
}

/// One part of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    /// The column.
    pub column: usize,
    /// Whether downward.
    pub desc: bool,
    /// Where a null goes.
    pub nulls: Nulls,
    /// Whether it is by a place in the column's JSON; then the next parameter is the path there.
    pub path: bool,
}

impl Order {
    /// By a column, a null before every value: first upward, last downward.
    pub fn of(column: usize, desc: bool) -> Self {
        Order { column, desc, nulls: Nulls::of(desc), path: false }
    }
}

/// Where a null goes in an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nulls {
    /// Before all values.
    First,
    /// Behind all values.
    Last,
}

impl Nulls {
    /// Where a null goes that counts as less than every value.
    pub fn of(desc: bool) -> Self {
        if desc {
            Nulls::Last
        } else {
            Nulls::First
        }
    }
}

/// The rows of one relation.
#[derive(Clone, Debug, PartialEq)]
pub struct Include {
    /// The index of the relation in its model.
    pub relation: usize,
    /// What is wanted of them.
    pub select: Select,
}

/// How many rows of one relation meet a filter.
#[derive(Clone, Debug, PartialEq)]
pub struct Counted {
    /// The index of the relation in its model.
    pub relation: usize,
    /// Which of them.
    pub filter: Filter,
}

/// Rows of a model that meet a filter.
#[derive(Clone, Debug, PartialEq)]
pub struct Matching {
    /// The model.
    pub model: usize,
    /// The filter; `And([])` matches every row.
    pub filter: Filter,
}

/// An insert.
#[derive(Clone, Debug, PartialEq)]
pub struct Insert {
    /// The model.
    pub model: usize,
    /// The columns given; the others get what the database has for them.
    pub columns: Vec<usize>,
}

/// A change of one column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// The column.
    pub column: usize,
    /// Its new value.
    pub change: Change,
}

/// The new value of a column. All but `Next` take the next parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// The parameter.
    Set,
    /// Its own number and that of the parameter; NULL stays NULL.
    Add,
    /// The elements of its own JSON array, then those of the parameter's; NULL counts as an empty one.
    Append,
    /// The members of its own JSON object, and those of the parameter's in their place; NULL counts as an empty one.
    Merge,
    /// Its own number and one.
    Next,
}

/// A condition on a row. It is true or false, never unknown: a null is not equal to a value.
#[derive(Clone, Debug, PartialEq)]
pub enum Filter {
    /// All of these.
    And(Vec<Filter>),
    /// Any of these.
    Or(Vec<Filter>),
    /// Not this.
    Not(Box<Filter>),
    /// A comparison of a column with the next parameter (or with two or none, depending on the
    /// operator).
    Compare(usize, Operator),
    /// A comparison of a place in a column's JSON: the next parameter is the path there, then come those of the operator.
    At(usize, Reading, Operator),
    /// A row of this relation, by its index in its model, meets the filter.
    Related(usize, Box<Filter>),
    /// Comes behind a row, in an order that no two rows share.
    Behind(Vec<Behind>),
}

/// As what a place in JSON is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// The value, of any type; empty if the query has none.
    Json,
    /// A number; nothing if it is not one.
    Number,
    /// Text; nothing if it is not text.
    Text,
    /// The place of its type in an order: null, false, true, numbers, text, all others.
    Rank,
}

impl Filter {
    /// The opposite.
    pub fn negated(self) -> Self {
        Filter::Not(Box::new(self))
    }
}

/// How a column is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// Equal.
    Eq,
    /// Equal, as the part of a key that means one row.
    Key,
    /// Not equal; true of a null.
    Ne,
    /// One of the elements of a JSON array.
    In,
    /// None of the elements of a JSON array; true of a null.
    NotIn,
    /// Less than.
    Lt,
    /// Less than or equal.
    Lte,
    /// Greater than.
    Gt,
    /// Greater than or equal.
    Gte,
    /// Matches a LIKE pattern; case counts, a backslash escapes.
    Like,
    /// Begins with a text: two parameters, the text and the first text after all that begin with it.
    Prefix,
    /// Is NULL; no parameter.
    IsNull,
    /// Is not NULL; no parameter.
    NotNull,
}
