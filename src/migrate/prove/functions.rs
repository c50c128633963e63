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
    let database = dialect.name().as_str();
    let of_operations = operations.iter().filter_map(|operation| of_operation(operation, database));
    of_tables.chain(of_operations).find_map(|expression| {
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

fn of_operation<'a>(operation: &'a Operation, database: &str) -> Option<Expression<'a>> {
    let (table, column, value) = match operation {
        Operation::AddColumn { table, column, backfill: Some(value) }
        | Operation::DropColumn { table, column, backfill: Some(value) }
        | Operation::AlterColumn { table, to: column, backfill: Some(value), .. }
        | Operation::AlterColumn { table, to: column, restore: Some(value), .. } => (table, column, value),
        _ => return None,
    };
    let sql = value.sql(database)?;
    Some(Expression { table, what: format!("the value for `{table}.{}`", column.name), sql })
}
