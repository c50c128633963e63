//! Dialects: how each database writes what the models say, tells what it holds, and drops it. They open no connection.

pub mod compile;
pub mod correction;
pub mod declared;
mod dialect_name;
pub mod found;
mod insert;
pub mod keep;
pub mod lock_wait;
pub mod lower;
pub mod name;
pub mod online;
mod parts;
pub mod postgres;
mod probes;
pub mod shape;
pub mod sqlite;
pub mod stored_shape;
pub mod waiting;

use crate::diff::Operation;
use crate::error::Result;
use crate::schema::expression::Call;
use crate::schema::{Column, ForeignKey, Index, Kind, Schema, Table};
use crate::statement::{Execute, Row};
use crate::value::Value;
use correction::Correction;
use found::{FoundColumn, Inventory, Orphans, SequenceBehind, SequenceReading, Survey};
use keep::Keeps;
use lock_wait::LockWait;
use name::{Name, Naming};
use online::Online;
use shape::{Shape, TableShape, Writer};
use std::time::Duration;

pub use compile::quote;
pub use dialect_name::DialectName;

/// Work within a transaction.
pub type Work<'a> = &'a mut dyn FnMut(&mut dyn Execute) -> Result<()>;

/// What is done with a batch of rows.
pub type EachRow<'a> = &'a mut dyn FnMut(&mut dyn Execute, Vec<Row>) -> Result<()>;

/// Which columns of which rows of a table are read.
pub struct Scan<'a> {
    /// The table.
    pub table: &'a str,
    /// Its columns.
    pub columns: &'a [String],
    /// The condition that the rows meet, as SQL, in which the table is `t`; none for all rows.
    pub condition: Option<&'a str>,
}

/// A table that is made anew.
pub struct Remade<'a> {
    /// Its name.
    pub name: &'a Name,
    /// Its columns in their order; those that `to` does not have are left out.
    pub columns: &'a [Name],
    /// As it is.
    pub from: &'a TableShape,
    /// As it is to be.
    pub to: &'a TableShape,
    /// SQL that converts the values of a column.
    pub values: &'a [(Name, String)],
}

/// How many rows a batch has.
const BATCH: usize = 1000;

/// The lines that a person who runs a revision by hand needs around it.
pub struct ByHand {
    /// Before all revisions.
    pub first: &'static str,
    /// Before the statements of one.
    pub begin: String,
    /// After them.
    pub end: &'static str,
    /// After all revisions.
    pub last: &'static str,
    /// The clock, as a timestamp.
    pub now: &'static str,
}

/// Work within transactions. If others hold a lock that the work needs, all of it is undone and runs again: it keeps nothing of
/// an earlier run but what it reports.
pub trait Transactions {
    /// Runs the work as one transaction; no other of these runs meanwhile, so that what it reads is what it then changes.
    /// Errors: `BUSY` if others hold a lock for too long.
    fn transaction(&self, connection: &mut dyn Execute, work: Work<'_>) -> Result<()>;

    /// A transaction in which `drop_all` can run.
    fn reset_transaction(&self, connection: &mut dyn Execute, work: Work<'_>) -> Result<()>;

    /// Runs work that only reads, on one snapshot: what others commit meanwhile is not seen. If a
    /// session holds the lock of a table, the work begins again, for a short time. Errors: `BUSY`
    /// if the table stays locked.
    fn snapshot(&self, connection: &mut dyn Execute, work: Work<'_>) -> Result<()>;

    /// Runs work that only reads within a `snapshot`; if it fails, the snapshot goes on. It fails, too, if the role may not
    /// see all rows that it reads.
    fn attempt(&self, connection: &mut dyn Execute, work: Work<'_>) -> Result<()>;

    /// Runs the work of one revision as one transaction, with what the database needs around it so that no row is lost; the
    /// tables are those that the revision touches, by the names they have before or after it.
    fn revision_transaction(&self, connection: &mut dyn Execute, tables: &[String], work: Work<'_>) -> Result<()>;

    /// Locks tables of a revision's transaction against all others, as far as they exist. Only for a database that locks tables one
    /// by one.
    fn lock_tables(&self, _connection: &mut dyn Execute, _tables: &[&str]) -> Result<()> {
        Ok(())
    }

    /// As `revision_transaction`, for a repair. `start`: it is part of a start, which does not wait for long.
    fn repair_transaction(
        &self,
        connection: &mut dyn Execute,
        tables: &[String],
        _start: bool,
        work: Work<'_>,
    ) -> Result<()> {
        self.revision_transaction(connection, tables, work)
    }

    /// Runs one statement of a script that runs outside a transaction as a transaction of its own, so that it can run again.
    fn statement_transaction(&self, connection: &mut dyn Execute, work: Work<'_>) -> Result<()> {
        work(connection)
    }

    /// How a statement of a script waits for locks.
    fn lock_wait(&self, _statement: &str) -> LockWait {
        LockWait::Session
    }

    /// Has the statements that follow wait for locks like this; `transactional`: to the end of the transaction.
    fn set_lock_wait(&self, _connection: &mut dyn Execute, _wait: LockWait, _transactional: bool) -> Result<()> {
        Ok(())
    }

    /// The statements that take the place of `revision_transaction` in a script that is run by hand.
    fn by_hand(&self) -> ByHand;

    /// Runs work in a place of its own within the database, which is gone afterwards, whatever happens; its name ends in `name`,
    /// a UUID of version 7 without dashes. `transactional`: whether all of the work can be one transaction.
    fn scratch(&self, connection: &mut dyn Execute, transactional: bool, name: &str, work: Work<'_>) -> Result<()>;

    /// `revision_transaction` within a `scratch` that is transactional.
    fn rehearse(&self, connection: &mut dyn Execute, tables: &[String], work: Work<'_>) -> Result<()>;
}

/// The content of a database: found, compared with the expected content, dropped.
pub trait Contents {
    /// The content of the database. Never asks what it finds anything: it may be broken.
    fn inventory(&self, connection: &mut dyn Execute) -> Result<Inventory>;

    /// The columns of an ordinary table, generated ones among them.
    fn columns(&self, connection: &mut dyn Execute, table: &str) -> Result<Vec<FoundColumn>>;

    /// The objects that a reset would destroy.
    fn survey(&self, connection: &mut dyn Execute) -> Result<Survey>;

    /// From here on what this connection deletes is overwritten, and not only given up, where the files are ours.
    fn overwrite(&self, _connection: &mut dyn Execute) -> Result<()> {
        Ok(())
    }

    /// Makes sure that no row that this connection has deleted since `overwrite` can be read in the
    /// database's files, with `whole` nor any deleted before; the reason if some can, and none if
    /// the files are not ours.
    fn erase(&self, _connection: &mut dyn Execute, _whole: bool) -> Result<Option<std::result::Result<(), String>>> {
        Ok(None)
    }

    /// Drops what `survey` tells, within a `reset_transaction`.
    fn drop_all(&self, connection: &mut dyn Execute) -> Result<()>;

    /// The content of the database, in canonical form; with `only`, no more than these tables.
    /// Fails on nothing that others made.
    fn introspect(&self, connection: &mut dyn Execute, only: Option<&[Name]>) -> Result<Shape>;

    /// Whether an existing table is in the schema in which CREATE TABLE makes new ones.
    fn stands_where_new_tables_go(&self, _connection: &mut dyn Execute, _table: &str) -> Result<bool> {
        Ok(true)
    }

    /// The shape that this schema has here: what `introspect` finds after it was created. May use the connection to have
    /// expressions written in the database's own way; leaves nothing behind.
    fn normalize(&self, connection: &mut dyn Execute, schema: &Schema) -> Result<Shape>;

    /// With what the canonical form of expressions changes; nothing if the form is our own.
    fn writer(&self, connection: &mut dyn Execute) -> Result<Writer>;

    /// The first of these functions that the database has not, as far as statements can reach it, and what to do about it.
    fn missing_function(&self, connection: &mut dyn Execute, calls: &[Call]) -> Result<Option<(Call, String)>>;

    /// How many bytes a table has, as far as that says how long it takes to read; 0 if the database cannot tell.
    fn bytes(&self, _connection: &mut dyn Execute, _table: &str) -> Result<i64> {
        Ok(0)
    }

    /// The last number that an identity has given; `None` if it has given none.
    fn counter(&self, connection: &mut dyn Execute, table: &str, column: &str) -> Result<Option<i64>>;

    /// The foreign keys of a table that rows violate although the table declares them; empty if the database lets no row do so.
    fn orphans(&self, _connection: &mut dyn Execute, _table: &str) -> Result<Vec<Orphans>> {
        Ok(Vec::new())
    }

    /// Whether rows may break rules that their table has, foreign keys among them: a connection can
    /// turn their enforcement off.
    fn may_break_rules(&self) -> bool {
        false
    }

    /// What is damaged in the database's file, a sentence each, at most `most`; `None` if the
    /// database cannot tell. Rows that break rules are not damage.
    fn damage(&self, _connection: &mut dyn Execute, _most: usize) -> Result<Option<Vec<String>>> {
        Ok(None)
    }

    /// The columns of these tables whose own sequence gives next what is not above the highest number of the column, except
    /// those that the role may not read. Errors: `BUSY` if a table stays locked.
    fn sequences_behind(
        &self,
        _connection: &mut dyn Execute,
        _tables: &[Name],
        _reading: SequenceReading,
    ) -> Result<Vec<SequenceBehind>> {
        Ok(Vec::new())
    }
}

/// SQL that makes and changes tables.
pub trait Definitions {
    /// Makes room for tables, if the connection's settings name a place that does not exist yet.
    fn prepare(&self, connection: &mut dyn Execute) -> Result<()>;

    /// CREATE TABLE, and whatever else the table needs but its indexes.
    fn create_table(&self, table: &Table) -> String;

    /// CREATE INDEX.
    fn create_index(&self, table: &Table, index: &Index) -> String;

    /// Adds a foreign key to an existing table; `None` if CREATE TABLE may hold one to a table that
    /// is created later.
    fn add_foreign_key(&self, table: &str, key: &ForeignKey) -> Option<String>;

    /// The statement by which a person corrects one part of an existing table; `None` if the database has no such statement.
    fn correct(&self, table: &str, correction: &Correction) -> Option<String>;

    /// The statements that make a table anew, with all of its rows; `None` if the database changes its tables in place.
    fn remake(&self, _remade: &Remade<'_>) -> Option<Vec<String>> {
        None
    }

    /// Whether the database makes a table anew that it cannot change in place.
    fn makes_anew(&self) -> bool {
        false
    }

    /// The statements that carry out the operations on a database whose schema is `from`, in order, without semicolons. The
    /// same input always gives the same statements. Comments (`-- ...` lines before a statement) explain what is odd.
    fn render(&self, from: &Schema, operations: &[Operation]) -> Result<Vec<String>>;

    /// The same in steps, for which other sessions wait only briefly, where the database locks tables one by one. The last step
    /// holds all that takes something away; undoing those before it loses no row.
    fn render_online(&self, _from: &Schema, _operations: &[Operation]) -> Result<Online> {
        Ok(Online::Brief)
    }

    /// A statement of a script in a few words, where quoting it would show names that are only there between statements.
    fn in_words(&self, _statement: &str) -> Option<String> {
        None
    }

    /// Runs one statement of a revision, within its `revision_transaction`. If it is long,
    /// `progress` hears how many rows are done, and of how many. Objects that the statement would
    /// take with it unintentionally are kept, and come back at the transaction's end.
    fn run_statement(
        &self,
        connection: &mut dyn Execute,
        statement: &str,
        _progress: &mut dyn FnMut(u64, u64),
    ) -> Result<()> {
        connection.batch(statement)
    }

    /// How long the statements of a revision will keep others from writing, within its `revision_transaction`; `None` if that
    /// is only a moment, or not known. Leaves nothing behind.
    fn estimate(&self, _connection: &mut dyn Execute, _statements: &[&str]) -> Option<Duration> {
        None
    }

    /// A script that creates a trigger of this name, which writes a row into `log` (with its name as `entry`) for each row of
    /// the table that is updated.
    fn watch(&self, name: &str, table: &str, log: &str) -> String;
}

/// Values of the kinds that columns have, as SQL.
pub trait Kinds {
    /// The type with which a column of this kind is declared.
    fn declared_type(&self, kind: &Kind) -> String;

    /// A value of this kind, in the canonical form of a default, as SQL.
    fn literal(&self, kind: &Kind, value: &serde_json::Value) -> String;

    /// The condition of the check that a column's kind brings with it; `None` if there is none.
    fn kind_condition(&self, column: &Column) -> Option<String>;

    /// The condition for a value to become one of another kind, as SQL over `value`; `None` if each
    /// value can, or if only the database knows.
    fn fits(&self, from: &Kind, to: &Kind, value: &str) -> Option<String>;

    /// SQL that converts `value`, SQL of one kind, to another kind, provided that it fits; `None` if the kinds cannot be converted.
    fn converted(&self, from: &Kind, to: &Kind, value: &str) -> Option<String>;

    /// SQL whose type is not evident, such as NULL, as a value of this kind. Nothing is cut or
    /// rounded.
    fn typed(&self, kind: &Kind, sql: &str) -> String;

    /// The condition for a stored value of this kind to be readable, as SQL over `value`; `None` if
    /// the column can hold no other.
    fn readable(&self, _kind: &Kind, _value: &str) -> Option<String> {
        None
    }
}

/// Existing rows, read and rewritten.
pub trait Rows {
    /// Reads the rows of a scan, a batch at a time. Before its columns each row has the place where it lies, by which
    /// `rewrite` finds it.
    fn each_row(&self, connection: &mut dyn Execute, scan: &Scan<'_>, each: EachRow<'_>) -> Result<()>;

    /// Whether a text may have letters that lower case changes, as SQL: true for more texts than have.
    fn may_have_capitals(&self, text: &str) -> String;

    /// Gives the rows at these places these texts in a column; within the `each_row` that reported
    /// the places.
    fn rewrite(
        &self,
        connection: &mut dyn Execute,
        table: &str,
        column: &str,
        texts: Vec<(Value, String)>,
    ) -> Result<()>;
}

/// The parts of a database that init, reset and migrations need.
pub trait Dialect: Transactions + Contents + Definitions + Kinds + Rows + Keeps {
    /// Which database it is of.
    fn name(&self) -> DialectName;

    /// How names and declared types are compared.
    fn naming(&self) -> Naming;
}
