//! The SQLite dialect.

mod alter;
mod canonical;
mod convert;
mod copy;
mod correct;
pub mod ddl;
mod each_row;
mod erase;
mod estimate;
mod fill;
mod guard;
mod holder;
mod integrity;
pub mod introspect;
mod keep;
mod kept;
mod parse;
mod plan;
pub mod rebuild;
mod references;
mod remake;
mod render;
mod reset;
mod run;
mod scratch;
mod shape;
pub mod syntax;
mod table;
pub mod transaction;

use super::correction::Correction;
use super::found::{FoundColumn, Inventory, Orphans, Survey};
use super::keep::{Keeps, Source, SourceColumn};
use super::name::{Name, Naming};
use super::shape::{Shape, Writer};
use super::{
    ByHand, Contents, Definitions, Dialect, DialectName, EachRow, Kinds, Remade, Rows, Scan, Transactions, Work,
};
use crate::diff::Operation;
use crate::error::Result;
use crate::schema::expression::Call;
use crate::schema::{Column, ForeignKey, Index, Kind, Schema, Table};
use crate::statement::Execute;
use crate::value::Value;
use std::collections::BTreeMap;
use std::time::Duration;
use syntax::Sqlite;

/// SQLite takes names in any case.
const NAMING: Naming = Naming::AnyCase;

impl Dialect for Sqlite {
    fn name(&self) -> DialectName {
        DialectName::Sqlite
    }

    fn naming(&self) -> Naming {
        NAMING
    }
}

impl Transactions for Sqlite {
    fn transaction(&self, connection: &mut dyn Execute, work: Work<'_>) -> Result<()> {
        transaction::immediate(connection, work)
    }

    fn snapshot(&self, connection: &mut dyn Execute, work: Work<'_>) -> Result<()> {
        transaction::snapshot(connection, work)
    }

    fn attempt(&self, connection: &mut dyn Execute, work: Work<'_>) -> Result<()> {
        // A statement that fails ends no transaction that only reads.
        work(connection)
    }

    fn reset_transaction(&self, connection: &mut dyn Execute, work: Work<'_>) -> Result<()> {
        reset::transaction(connection, work)
    }

    fn revision_transaction(&self, connection: &mut dyn Execute, tables: &[String], work: Work<'_>) -> Result<()> {
        guard::transaction(connection, tables, work)
    }

    fn by_hand(&self) -> ByHand {
        guard::by_hand()
    }

    fn scratch(&self, connection: &mut dyn Execute, _: bool, _name: &str, work: Work<'_>) -> Result<()> {
        // The database itself is one.
        work(connection)
    }

    fn rehearse(&self, connection: &mut dyn Execute, tables: &[String], work: Work<'_>) -> Result<()> {
        guard::transaction(connection, tables, work)
    }
}

impl Contents for Sqlite {
    fn inventory(&self, connection: &mut dyn Execute) -> Result<Inventory> {
        introspect::inventory(connection)
    }

    fn columns(&self, connection: &mut dyn Execute, table: &str) -> Result<Vec<FoundColumn>> {
        introspect::columns(connection, table)
    }

    fn survey(&self, connection: &mut dyn Execute) -> Result<Survey> {
        reset::survey(connection)
    }

    fn overwrite(&self, connection: &mut dyn Execute) -> Result<()> {
        erase::overwrite(connection)
    }

    fn erase(&self, connection: &mut dyn Execute, whole: bool) -> Result<Option<std::result::Result<(), String>>> {
        erase::erase(connection, whole).map(Some)
    }

    fn drop_all(&self, connection: &mut dyn Execute) -> Result<()> {
        reset::drop_all(connection)
    }

    fn introspect(&self, connection: &mut dyn Execute, only: Option<&[Name]>) -> Result<Shape> {
        shape::introspect(connection, only)
    }

    fn normalize(&self, _connection: &mut dyn Execute, schema: &Schema) -> Result<Shape> {
        Ok(shape::normalize(schema))
    }

    fn writer(&self, _connection: &mut dyn Execute) -> Result<Writer> {
        Ok(Writer::default())
    }

    fn missing_function(&self, connection: &mut dyn Execute, calls: &[Call]) -> Result<Option<(Call, String)>> {
        scratch::missing_function(connection, calls)
    }

    fn counter(&self, connection: &mut dyn Execute, table: &str, _column: &str) -> Result<Option<i64>> {
        scratch::counter(connection, table)
    }

    fn orphans(&self, connection: &mut dyn Execute, table: &str) -> Result<Vec<Orphans>> {
        integrity::orphans(connection, table)
    }

    fn may_break_rules(&self) -> bool {
        true
    }

    fn damage(&self, connection: &mut dyn Execute, most: usize) -> Result<Option<Vec<String>>> {
        integrity::damage(connection, most).map(Some)
    }
}

impl Definitions for Sqlite {
    fn prepare(&self, _connection: &mut dyn Execute) -> Result<()> {
        Ok(())
    }

    fn create_table(&self, table: &Table) -> String {
        ddl::create_table(table)
    }

    fn create_index(&self, table: &Table, index: &Index) -> String {
        ddl::create_index(&table.name, index)
    }

    fn add_foreign_key(&self, _table: &str, _key: &ForeignKey) -> Option<String> {
        None
    }

    fn correct(&self, table: &str, correction: &Correction) -> Option<String> {
        correct::correct(table, correction)
    }

    fn remake(&self, remade: &Remade<'_>) -> Option<Vec<String>> {
        Some(remake::remake(remade))
    }

    fn makes_anew(&self) -> bool {
        true
    }

    fn render(&self, from: &Schema, operations: &[Operation]) -> Result<Vec<String>> {
        render::render(from, operations)
    }

    fn in_words(&self, statement: &str) -> Option<String> {
        rebuild::rebuilt(statement).map(|table| format!("the table `{table}` is made anew"))
    }

    fn run_statement(
        &self,
        connection: &mut dyn Execute,
        statement: &str,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<()> {
        run::run(connection, statement, progress)
    }

    fn estimate(&self, connection: &mut dyn Execute, statements: &[&str]) -> Option<Duration> {
        estimate::estimate(connection, statements)
    }

    fn watch(&self, name: &str, table: &str, log: &str) -> String {
        scratch::watch(name, table, log)
    }
}

impl Kinds for Sqlite {
    fn declared_type(&self, kind: &Kind) -> String {
        ddl::declared_type(kind)
    }

    fn literal(&self, kind: &Kind, value: &serde_json::Value) -> String {
        ddl::literal(kind, value)
    }

    fn kind_condition(&self, column: &Column) -> Option<String> {
        ddl::kind_condition(column)
    }

    fn fits(&self, from: &Kind, to: &Kind, value: &str) -> Option<String> {
        convert::conversion(from, to, value)?.fits
    }

    fn converted(&self, from: &Kind, to: &Kind, value: &str) -> Option<String> {
        Some(convert::conversion(from, to, value)?.value)
    }

    fn typed(&self, _kind: &Kind, sql: &str) -> String {
        sql.to_owned()
    }

    fn readable(&self, kind: &Kind, value: &str) -> Option<String> {
        match kind {
            Kind::Timestamp => self.fits(&Kind::Text { max: None }, kind, value),
            _ => None,
        }
    }
}

impl Rows for Sqlite {
    fn each_row(&self, connection: &mut dyn Execute, scan: &Scan<'_>, each: EachRow<'_>) -> Result<()> {
        each_row::each_row(connection, scan, each)
    }

    fn may_have_capitals(&self, text: &str) -> String {
        // GLOB ends at a NUL.
        format!("({text} GLOB '*[^ -@[-~]*' OR instr({text}, char(0)) > 0)")
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

impl Keeps for Sqlite {
    fn source(&self, connection: &mut dyn Execute, _schema: Option<&str>, table: &str) -> Result<Option<Source>> {
        keep::source(connection, table)
    }

    fn lock_rows(&self, _connection: &mut dyn Execute, _source: &Source) -> Result<()> {
        // The transaction has the write lock.
        Ok(())
    }

    fn with_text_settings(&self, connection: &mut dyn Execute, work: Work<'_>) -> Result<()> {
        work(connection)
    }

    fn or_abort(&self) -> &'static str {
        " OR ABORT"
    }

    fn prepare_kept(&self, connection: &mut dyn Execute) -> Result<()> {
        keep::prepare(connection)
    }

    fn has_kept(&self, connection: &mut dyn Execute) -> Result<bool> {
        keep::has(connection)
    }

    fn orphaned_rows(&self, connection: &mut dyn Execute) -> Result<BTreeMap<String, i64>> {
        integrity::orphaned_rows(connection)
    }

    fn kept_list(&self) -> &'static str {
        keep::LIST
    }

    fn kept_table(&self, number: i64, table: &str) -> String {
        keep::table(number, table)
    }

    fn has_kept_table(&self, connection: &mut dyn Execute, number: i64, table: &str) -> Result<bool> {
        keep::has_table(connection, number, table)
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
        value.to_owned()
    }

    fn kept_value(&self, _column: &SourceColumn, value: &str) -> String {
        value.to_owned()
    }

    fn kept_size(&self, value: &str) -> String {
        format!("length(CAST({value} AS BLOB))")
    }

    fn taken(&self, _column: &SourceColumn, kept: &str) -> String {
        kept.to_owned()
    }

    fn is_kept(&self, value: &str, kept: &str) -> String {
        keep::is_kept(value, kept)
    }

    fn must_write(&self, value: &str, kept: &str) -> String {
        keep::must_write(value, kept)
    }

    fn same_key(&self, value: &str, kept: &str) -> String {
        format!("{value} = {kept}")
    }

    fn overriding(&self) -> &'static str {
        ""
    }

    fn move_counters(&self, _connection: &mut dyn Execute, _source: &Source) -> Result<()> {
        // An insert with a number of its own moves the counter on.
        Ok(())
    }
}
