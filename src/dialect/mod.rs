//! Dialects: how each database writes what the models say, tells what it holds, and drops it. They open no connection.

pub mod compile;
pub mod found;
mod insert;
mod parts;
pub mod postgres;
mod probes;
pub mod sqlite;

use crate::error::Result;
use crate::schema::{ForeignKey, Index, Kind, Table};
use crate::statement::Execute;
use found::{FoundColumn, Inventory, Survey};

pub use compile::quote;

/// Work within a transaction.
pub type Work<'a> = &'a mut dyn FnMut(&mut dyn Execute) -> Result<()>;

/// What init and reset need of a database.
pub trait Dialect {
    /// `sqlite` or `postgres`.
    fn name(&self) -> &'static str;

    /// Runs the work as one transaction; no other of these runs meanwhile, so that what it reads is what it then changes.
    fn transaction(&self, connection: &mut dyn Execute, work: Work<'_>) -> Result<()>;

    /// A transaction in which `drop_all` can run.
    fn reset_transaction(&self, connection: &mut dyn Execute, work: Work<'_>) -> Result<()>;

    /// Makes room for tables, where the connection's settings name a place that is not there yet.
    fn prepare(&self, connection: &mut dyn Execute) -> Result<()>;

    /// What is there. Never asks what it finds anything: it may be broken.
    fn inventory(&self, connection: &mut dyn Execute) -> Result<Inventory>;

    /// The columns of an ordinary table, generated ones among them.
    fn columns(&self, connection: &mut dyn Execute, table: &str) -> Result<Vec<FoundColumn>>;

    /// What a reset would destroy.
    fn survey(&self, connection: &mut dyn Execute) -> Result<Survey>;

    /// Drops what `survey` tells, within a `reset_transaction`.
    fn drop_all(&self, connection: &mut dyn Execute) -> Result<()>;

    /// The form in which names and declared types are compared.
    fn fold(&self, name: &str) -> String;

    /// The type with which a column of this kind is declared.
    fn declared_type(&self, kind: &Kind) -> String;

    /// CREATE TABLE, and whatever else the table needs but its indexes.
    fn create_table(&self, table: &Table) -> String;

    /// CREATE INDEX.
    fn create_index(&self, table: &Table, index: &Index) -> String;

    /// Adds a foreign key to a table that is there; `None` where CREATE TABLE may hold one to a table that is created later.
    fn add_foreign_key(&self, table: &str, key: &ForeignKey) -> Option<String>;
}
