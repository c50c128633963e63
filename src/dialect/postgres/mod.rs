//! The PostgreSQL dialect. What is ours is what the schemas of the search path hold.

mod alter;
mod array_cast;
mod blocked;
pub mod blocking_scan;
mod brief_locks;
mod convert;
mod correct;
pub mod ddl;
mod each_row;
mod fill;
mod guard;
pub mod introspect;
mod keep;
mod keep_source;
mod locked;
mod mend;
mod online_change;
mod online_column;
mod online_fill;
mod online_plan;
mod online_rename;
mod online_rule;
mod online_script;
pub mod online_tables;
mod path;
pub mod reach;
mod render;
mod reset;
pub mod row_batches;
mod scratch;
mod sequences;
mod shape;
mod statement_locks;
pub mod syntax;
mod transaction;
pub mod unfinished_index;

use super::correction::Correction;
use super::found::{FoundColumn, Inventory, SequenceBehind, SequenceReading, Survey};
use super::keep::{Keeps, Source, SourceColumn};
use super::lock_wait::LockWait;
use super::lower::Lower;
use super::name::{Name, Naming};
use super::online::Online;
use super::quote;
use super::shape::{Shape, Writer};
use super::{ByHand, Contents, Definitions, Dialect, DialectName, EachRow, Kinds, Rows, Scan, Transactions, Work};
use crate::diff::Operation;
use crate::error::Result;
use crate::schema::expression::Call;
use crate::schema::{Column, ForeignKey, Index, Kind, Schema, Table};
use crate::statement::{Execute, Row, Statement};
use crate::value::Value;
use syntax::Postgres;

pub use blocked::BLOCKED;
pub use transaction::{holds_lock, session_number, take_lock, LOCK};

impl Dialect for Postgres {
    fn name(&self) -> DialectName {
        DialectName::Postgres
    }

    fn naming(&self) -> Naming {
        // Names are quoted wherever they are written, so that case counts.
        Naming::Exact
    }
}

impl Transactions for Postgres {
    fn transaction(&self, connection: &mut dyn Execute, work: Work<'_>) -> Result<()> {
        transaction::exclusive(connection, work)
    }

    fn snapshot(&self, connection: &mut dyn Execute, work: Work<'_>) -> Result<()> {
        transaction::snapshot(connection, work)
    }

    fn attempt(&self, connection: &mut dyn Execute, work: Work<'_>) -> Result<()> {
        transaction::attempt(connection, work)
    }

    fn reset_transaction(&self, connection: &mut dyn Execute, work: Work<'_>) -> Result<()> {
        transaction::exclusive(connection, &mut |connection| {
            reset::lock(connection)?;
            work(connection)
        })
    }

    fn revision_transaction(&self, connection: &mut dyn Execute, tables: &[String], work: Work<'_>) -> Result<()> {
        guard::transaction(connection, tables, work)
    }

    fn lock_tables(&self, connection: &mut dyn Execute, tables: &[&str]) -> Result<()> {
        brief_locks::lock(connection, tables)
    }

    fn repair_transaction(
        &self,
        connection: &mut dyn Execute,
        _tables: &[String],
        start: bool,
        work: Work<'_>,
    ) -> Result<()> {
        transaction::repair(connection, start, work)
    }

    fn statement_transaction(&self, connection: &mut dyn Execute, work: Work<'_>) -> Result<()> {
        transaction::alone(connection, work)
    }

    fn lock_wait(&self, statement: &str) -> LockWait {
        statement_locks::of(statement)
    }

    fn set_lock_wait(&self, connection: &mut dyn Execute, wait: LockWait, transactional: bool) -> Result<()> {
        statement_locks::set(connection, wait, transactional)
    }

    fn by_hand(&self) -> ByHand {
        guard::by_hand()
    }

    fn scratch(&self, connection: &mut dyn Execute, transactional: bool, name: &str, work: Work<'_>) -> Result<()> {
        scratch::scratch(connection, transactional, name, work)
    }

    fn rehearse(&self, connection: &mut dyn Execute, _tables: &[String], work: Work<'_>) -> Result<()> {
        scratch::rehearse(connection, work)
    }
}

impl Contents for Postgres {
    fn inventory(&self, connection: &mut dyn Execute) -> Result<Inventory> {
        introspect::inventory(connection)
    }

    fn columns(&self, connection: &mut dyn Execute, table: &str) -> Result<Vec<FoundColumn>> {
        introspect::columns(connection, table)
    }

    fn survey(&self, connection: &mut dyn Execute) -> Result<Survey> {
        reset::survey(connection)
    }

    fn drop_all(&self, connection: &mut dyn Execute) -> Result<()> {
        reset::drop_all(connection)
    }

    fn stands_where_new_tables_go(&self, connection: &mut dyn Execute, table: &str) -> Result<bool> {
        introspect::is_in_current_schema(connection, table)
    }

    fn introspect(&self, connection: &mut dyn Execute, only: Option<&[Name]>) -> Result<Shape> {
        shape::introspect(connection, only)
    }

    fn normalize(&self, connection: &mut dyn Execute, schema: &Schema) -> Result<Shape> {
        shape::normalize(connection, schema)
    }

    fn writer(&self, connection: &mut dyn Execute) -> Result<Writer> {
        shape::writer(connection)
    }

    fn missing_function(&self, connection: &mut dyn Execute, calls: &[Call]) -> Result<Option<(Call, String)>> {
        scratch::missing_function(connection, calls)
    }

    fn bytes(&self, connection: &mut dyn Execute, table: &str) -> Result<i64> {
        // Partitions have their parent's rows.
        let sql =
            "SELECT coalesce(pg_table_size(to_regclass($1)), 0) + coalesce((SELECT sum(pg_table_size(relid))::bigint \
                   FROM pg_partition_tree(to_regclass($1)) WHERE level > 0), 0)";
        let rows = connection.query(&Statement::new(sql).bind(super::quote(table).as_str()))?;
        Ok(rows.first().and_then(|row| row.first()).and_then(Value::as_int).unwrap_or_default())
    }

    fn counter(&self, connection: &mut dyn Execute, table: &str, column: &str) -> Result<Option<i64>> {
        scratch::counter(connection, table, column)
    }

    fn sequences_behind(
        &self,
        connection: &mut dyn Execute,
        tables: &[Name],
        reading: SequenceReading,
    ) -> Result<Vec<SequenceBehind>> {
        sequences::behind(connection, tables, reading)
    }
}

impl Definitions for Postgres {
    fn prepare(&self, connection: &mut dyn Execute) -> Result<()> {
        path::create_schema(connection)
    }

    fn create_table(&self, table: &Table) -> String {
        ddl::create_table(table)
    }

    fn create_index(&self, table: &Table, index: &Index) -> String {
        ddl::create_index(table, index)
    }

    fn add_foreign_key(&self, table: &str, key: &ForeignKey) -> Option<String> {
        Some(ddl::add_foreign_key(table, key))
    }

    fn correct(&self, table: &str, correction: &Correction) -> Option<String> {
        correct::correct(table, correction)
    }

    fn render(&self, from: &Schema, operations: &[Operation]) -> Result<Vec<String>> {
        render::render(from, operations)
    }

    fn render_online(&self, from: &Schema, operations: &[Operation]) -> Result<Online> {
        online_plan::render_online(from, operations)
    }

    fn run_statement(
        &self,
        connection: &mut dyn Execute,
        statement: &str,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<()> {
        match Lower::of(statement) {
            Some(lower) => each_row::within_transaction(connection, &mut |connection| {
                // The rows must not change between the reading and the writing.
                connection.batch(&format!("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE", quote(&lower.table)))?;
                lower.run(self, connection, progress)
            }),
            None => connection.batch(statement),
        }
    }

    fn watch(&self, name: &str, table: &str, log: &str) -> String {
        scratch::watch(name, table, log)
    }
}

impl Kinds for Postgres {
    fn declared_type(&self, kind: &Kind) -> String {
        ddl::declared_type(kind)
    }

    fn literal(&self, kind: &Kind, value: &serde_json::Value) -> String {
        ddl::literal(kind, value)
    }

    fn kind_condition(&self, column: &Column) -> Option<String> {
        ddl::enum_condition(column)
    }

    fn fits(&self, from: &Kind, to: &Kind, value: &str) -> Option<String> {
        convert::conversion(from, to, value)?.fits
    }

    fn converted(&self, from: &Kind, to: &Kind, value: &str) -> Option<String> {
        let conversion = convert::conversion(from, to, value)?;
        Some(conversion.using.unwrap_or_else(|| convert::typed(to, value)))
    }

    fn typed(&self, kind: &Kind, sql: &str) -> String {
        convert::typed(kind, sql)
    }
}

impl Rows for Postgres {
    fn each_row(&self, connection: &mut dyn Execute, scan: &Scan<'_>, each: EachRow<'_>) -> Result<()> {
        each_row::each_row(connection, scan, each)
    }

    fn may_have_capitals(&self, text: &str) -> String {
        format!("{text} COLLATE \"C\" ~ '[^ -@[-~]'")
    }

    fn rewrite(
        &self,
        connection: &mut dyn Execute,
        table: &str,
        column: &str,
        texts: Vec<(Value, String)>,
    ) -> Result<()> {
        each_row::rewrite(connection, table, column, texts)
    }
}

impl Keeps for Postgres {
    fn source(&self, connection: &mut dyn Execute, schema: Option<&str>, table: &str) -> Result<Option<Source>> {
        keep_source::source(connection, schema, table)
    }

    fn standing_tables(&self, connection: &mut dyn Execute) -> Result<Vec<(String, String)>> {
        reset::standing_tables(connection)
    }

    fn lock_rows(&self, connection: &mut dyn Execute, source: &Source) -> Result<()> {
        keep::lock(connection, source)
    }

    fn with_text_settings(&self, connection: &mut dyn Execute, work: Work<'_>) -> Result<()> {
        keep::with_settings(connection, work)
    }

    fn write(&self, connection: &mut dyn Execute, statement: &Statement) -> Result<usize> {
        keep::write(connection, statement)
    }

    fn check_now(&self, connection: &mut dyn Execute) -> Result<()> {
        connection.batch("SET CONSTRAINTS ALL IMMEDIATE")
    }

    fn prepare_kept(&self, connection: &mut dyn Execute) -> Result<()> {
        keep::prepare(connection)
    }

    fn has_kept(&self, connection: &mut dyn Execute) -> Result<bool> {
        keep::has(connection)
    }

    fn owns_kept(&self, connection: &mut dyn Execute) -> Result<bool> {
        keep::owns(connection)
    }

    fn kept_list(&self) -> &'static str {
        keep::LIST
    }

    fn kept_table(&self, number: i64, table: &str) -> String {
        keep::table(number, table)
    }

    fn has_kept_table(&self, connection: &mut dyn Execute, number: i64, table: &str) -> Result<bool> {
        keep::has_table(connection, &keep::table(number, table))
    }

    fn create_kept(
        &self,
        connection: &mut dyn Execute,
        place: &str,
        columns: &[&SourceColumn],
        left: &[String],
    ) -> Result<()> {
        keep::create(connection, place, columns, left)
    }

    fn left_value(&self, value: &str) -> String {
        format!("({value})::text")
    }

    fn kept_value(&self, column: &SourceColumn, value: &str) -> String {
        format!("({value})::{}", column.stored)
    }

    fn kept_size(&self, value: &str) -> String {
        format!("octet_length(({value})::text)::bigint")
    }

    fn taken(&self, column: &SourceColumn, kept: &str) -> String {
        format!("({kept})::text::{}", column.declared)
    }

    fn is_kept(&self, value: &str, kept: &str) -> String {
        keep::is_kept(value, kept)
    }

    fn must_write(&self, value: &str, kept: &str) -> String {
        format!("NOT {}", keep::is_kept(value, kept))
    }

    fn same_key(&self, value: &str, kept: &str) -> String {
        format!("({value})::text = ({kept})::text")
    }

    fn overriding(&self) -> &'static str {
        " OVERRIDING SYSTEM VALUE"
    }

    fn move_counters(&self, connection: &mut dyn Execute, source: &Source) -> Result<()> {
        keep::move_counters(connection, source)
    }
}

/// A text of a row; empty if it is null.
fn text(row: &Row, column: usize) -> String {
    row[column].as_str().unwrap_or_default().to_owned()
}
