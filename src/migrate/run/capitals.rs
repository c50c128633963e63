//! Rows of lower-cased columns that are not lower case: the models find them by no spelling.

use super::refusal::{key_of, refusal, KEYS};
use super::touched::Touched;
use crate::dialect::{quote, Dialect, Scan};
use crate::diff::{apply, lowered, Applier, Operation};
use crate::error::{Error, Result};
use crate::schema::{Schema, Table};
use crate::statement::{Execute, Row};

/// The first lower-cased column of which rows are not, as an error that names them.
pub fn not_lower(dialect: &dyn Dialect, connection: &mut dyn Execute, schema: &Schema) -> Result<Option<Error>> {
    for table in &schema.tables {
        for column in table.columns.iter().filter(|column| column.lowercase) {
            if let Some(rows) = capitals(dialect, connection, table, &column.name)? {
                return Ok(Some(rows));
            }
        }
    }
    Ok(None)
}

/// The rows of a column that are not lower case, as an error that names them: the models find them by no spelling.
pub fn capitals(
    dialect: &dyn Dialect,
    connection: &mut dyn Execute,
    table: &Table,
    column: &str,
) -> Result<Option<Error>> {
    let wanted: Vec<String> = std::iter::once(column.to_owned()).chain(table.primary_key.clone()).collect();
    let condition = dialect.may_have_capitals(&format!("t.{}", quote(column)));
    let (mut count, mut keys) = (0, Vec::new());
    let scan = Scan { table: &table.name, columns: &wanted, condition: Some(&condition) };
    dialect.each_row(connection, &scan, &mut |_, rows| {
        let folds = |row: &Row| row[1].as_str().is_some_and(|text| text.to_lowercase() != text);
        for mut row in rows.into_iter().filter(folds) {
            count += 1;
            if keys.len() < KEYS {
                // The place of the row stands before its columns.
                keys.push(row.split_off(2));
            }
        }
        Ok(())
    })?;
    let what = format!("capital letters in {}.{column}, which is lower case", table.name);
    let error = || refusal((&table.name, &[column.to_owned()]), &key_of(table), &what, count, &keys);
    Ok((count > 0).then(error))
}

/// Fails where a column that the operations fold has rows that are not lower case after them: a trigger of others kept them,
/// or SQL that a person has written.
pub(super) fn check_folded(
    dialect: &dyn Dialect,
    connection: &mut dyn Execute,
    from: &Schema,
    operations: &[Operation],
) -> Result<()> {
    let to = apply(from, operations)?;
    let naming = dialect.naming();
    let mut schema = Applier::new(from.clone());
    for (at, operation) in operations.iter().enumerate() {
        schema.apply(operation)?;
        let places = lowered(schema.tables(), operation);
        if places.is_empty() {
            continue;
        }
        let later = Touched::of(naming, &apply(from, &operations[..=at])?, &operations[at + 1..]);
        for (table, column) in &places {
            let (table, column) = (naming.name(table), naming.name(column));
            let after = later.table_after(&table).and_then(|after| to.table(after.spelled()));
            let column = later.column_after(&table, &column).spelled();
            // One that points to such a column follows it, and its foreign key tells.
            let Some(after) = after.filter(|after| after.column(column).is_some_and(|it| it.lowercase)) else {
                continue;
            };
            if let Some(error) = capitals(dialect, connection, after, column)? {
                return Err(error.hint(
                    "The revision did not fold these rows: a trigger keeps them as they are, or its SQL was edited.",
                ));
            }
        }
    }
    Ok(())
}
