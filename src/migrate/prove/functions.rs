//! Functions that expressions of the models call and that the place of a proof does not have: an extension's, a person's own.

use crate::dialect::Dialect;
use crate::diff::Operation;
use crate::schema::expression::calls;
use crate::schema::{IndexKey, Schema, Table};
use crate::statement::Execute;

/// An expression that calls such a function.
pub(super) struct Missing {
    /// The table.
    pub table: String,
    /// In words.
    pub what: String,
    /// What to do about it.
    pub hint: String,
}

/// A piece of SQL of a table, and what it is.
struct Expression<'a> {
    table: &'a str,
    what: String,
    sql: &'a str,
}

/// The first expression of these schemas and operations that calls a function which does not exist here. To be asked where
/// the database refused something; whatever keeps this from being answered is not the news.
pub(super) fn missing(
    dialect: &dyn Dialect,
    connection: &mut dyn Execute,
    schemas: [&Schema; 2],
    operations: &[Operation],
) -> Option<Missing> {
    let of_tables = schemas.into_iter().flat_map(|schema| &schema.tables).flat_map(of_table);
    of_tables.chain(operations.iter().filter_map(of_operation)).find_map(|expression| {
        let (call, hint) = dialect.missing_function(connection, &calls(expression.sql)).ok().flatten()?;
        let name = call.schema.map(|schema| format!("{schema}.")).unwrap_or_default() + &call.name;
        let what = format!("{} calls the function `{name}`, which does not exist there", expression.what);
        Some(Missing { table: expression.table.to_owned(), what, hint })
    })
}

fn of_table(table: &Table) -> Vec<Expression<'_>> {
    let name = table.name.as_str();
    let mut all = Vec::new();
    for check in &table.checks {
        let what = format!("the check `{}` of `{name}`", check.name);
        all.push(Expression { table: name, what, sql: &check.sql });
    }
    for index in &table.indexes {
        let parts = index.parts.iter().filter_map(|part| match &part.key {
            IndexKey::Expression(sql) => Some(sql),
            IndexKey::Column(_) => None,
        });
        let what = format!("the index `{}` of `{name}`", index.name);
        all.extend(parts.chain(&index.filter).map(|sql| Expression { table: name, what: what.clone(), sql }));
    }
    all
}

fn of_operation(operation: &Operation) -> Option<Expression<'_>> {
    let (table, column, sql) = match operation {
        Operation::AddColumn { table, column, backfill: Some(sql) }
        | Operation::DropColumn { table, column, backfill: Some(sql) }
        | Operation::AlterColumn { table, to: column, backfill: Some(sql), .. }
        | Operation::AlterColumn { table, to: column, restore: Some(sql), .. } => (table, column, sql),
        _ => return None,
    };
    Some(Expression { table, what: format!("the value for `{table}.{}`", column.name), sql })
}
