//! What a dialect hands to an engine: a statement with its values, and the trait that runs one away from the row path.

use crate::error::Result;
use crate::value::Value;
use std::any::Any;

/// One SQL statement and the values of its parameters, in order.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// The text, with the dialect's placeholders.
    pub sql: String,
    /// One value a placeholder.
    pub binds: Vec<Value>,
}

impl Statement {
    /// A statement without parameters.
    pub fn new(sql: impl Into<String>) -> Self {
        Statement { sql: sql.into(), binds: Vec::new() }
    }

    /// Adds the value of the next parameter.
    pub fn bind(mut self, value: impl Into<Value>) -> Self {
        self.binds.push(value.into());
        self
    }
}

/// One row, its values in the order of the statement's columns.
pub type Row = Vec<Value>;

/// A connection that runs administrative statements: DDL, introspection, history. Rows of models never pass here.
pub trait Execute {
    /// Runs one statement or a script without parameters.
    fn batch(&mut self, sql: &str) -> Result<()>;
    /// Runs one statement; gives the number of rows it changed.
    fn execute(&mut self, statement: &Statement) -> Result<usize>;
    /// Runs one statement; gives its rows.
    fn query(&mut self, statement: &Statement) -> Result<Vec<Row>>;
    /// The connection itself, for those who know its type (none where it is only lent), and what watches its statements.
    fn parts(&mut self) -> (Option<&mut dyn Any>, Option<&mut dyn Watch>) {
        (None, None)
    }
    /// Brings back what statements took away that did not mean to, where a transaction sees to that.
    fn settle(&mut self) -> Result<()> {
        Ok(())
    }
}

/// What is told of each statement before it runs.
pub trait Watch {
    /// A statement is about to run on the connection.
    fn before(&mut self, connection: &mut dyn Execute, sql: &str) -> Result<()>;
}
