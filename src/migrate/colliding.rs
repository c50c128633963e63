//! Rows that cannot be folded to lower case: two that become one where no two may be alike, a text that grows beyond its
//! column, one that then points to no row. Read and folded here, since no database folds as the models do.

use super::names_before::Names;
use super::refused::{refusal, KEYS};
use super::touched::Touched;
use crate::dialect::{quote, Dialect};
use crate::diff::{apply, lowered, Applier, Operation};
use crate::error::{Error, Result};
use crate::schema::{IndexKey, Kind, Schema, Table};
use crate::statement::{Execute, Row};
use crate::value::Value;
use std::collections::{HashMap, HashSet};

/// An error that names such rows. To be asked when all is undone, and the database at `from` again.
pub(super) fn explain(
    dialect: &dyn Dialect,
    connection: &mut dyn Execute,
    from: &Schema,
    operations: &[Operation],
) -> Result<Option<Error>> {
    let to = apply(from, operations)?;
    let mut schema = Applier::new(from.clone());
    for (at, operation) in operations.iter().enumerate() {
        schema.apply(operation)?;
        let places = lowered(schema.tables(), operation);
        let touched = Touched::of(dialect.naming(), from, &operations[..at]);
        for (table, column) in &places {
            let names = Names { from, touched: &touched };
            let (Some(before), Some(after)) = (names.table(table), to.table(table)) else { continue };
            let mut folding = Folding { dialect, connection, names, places: &places, before, after };
            if let Some(error) = folding.of(column, &to)? {
                return Ok(Some(error));
            }
        }
    }
    Ok(None)
}

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
    dialect.each_row(connection, &table.name, &wanted, Some(&condition), &mut |_, rows| {
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
    let error = || refusal((&table.name, &[column.to_owned()]), &table.primary_key, &what, count, &keys);
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

/// A table of which columns are folded.
struct Folding<'a> {
    dialect: &'a dyn Dialect,
    connection: &'a mut dyn Execute,
    names: Names<'a>,
    /// The columns that are folded, of this table and of others, by the names at that moment.
    places: &'a [(String, String)],
    /// The table's name in the database.
    before: String,
    /// The table as it is to be.
    after: &'a Table,
}

impl<'a> Folding<'a> {
    fn of(&mut self, column: &str, to: &'a Schema) -> Result<Option<Error>> {
        for columns in unique(self.after).filter(|columns| columns.iter().any(|name| name == column)) {
            let mut groups: HashMap<Vec<String>, Vec<Row>> = HashMap::new();
            let read = self.read(columns, &mut |values, key| groups.entry(values).or_default().push(key))?;
            let Some(names) = read else { continue };
            let mut alike: Vec<Row> = groups.into_values().filter(|rows| rows.len() > 1).flatten().collect();
            let what = format!("the same {} in lower case", self.listed(&names));
            if let Some(error) = self.refused(&names, &what, &mut alike, "Change or merge these rows first.") {
                return Ok(Some(error));
            }
        }
        if let Some(Kind::Text { max: Some(max) }) = self.after.column(column).map(|column| &column.kind) {
            let mut long = Vec::new();
            let read = self.read(&[column.to_owned()], &mut |values, key| {
                long.extend((values[0].chars().count() > *max as usize).then_some(key));
            })?;
            let Some(names) = read else { return Ok(None) };
            let what = format!("more than {max} characters in {} in lower case", self.listed(&names));
            if let Some(error) = self.refused(&names, &what, &mut long, "Shorten these values first.") {
                return Ok(Some(error));
            }
        }
        for key in self.after.foreign_keys.iter().filter(|key| key.columns.iter().any(|name| name == column)) {
            let Some(parent) = to.table(&key.table) else { continue };
            let mut there = HashSet::new();
            let Some(before) = self.names.table(&key.table) else { continue };
            let own = std::mem::replace(&mut self.before, before);
            let own_table = std::mem::replace(&mut self.after, parent);
            let read = self.read(&key.references, &mut |values, _| there.extend([values]));
            (self.before, self.after) = (own, own_table);
            if read?.is_none() {
                continue;
            }
            let mut lost = Vec::new();
            let read =
                self.read(&key.columns, &mut |values, row| lost.extend((!there.contains(&values)).then_some(row)))?;
            let Some(names) = read else { continue };
            let what = format!("no row of {} behind {} in lower case", key.table, self.listed(&names));
            let hint = "Correct these rows first, or make the other column lower case too.";
            if let Some(error) = self.refused(&names, &what, &mut lost, hint) {
                return Ok(Some(error));
            }
        }
        Ok(None)
    }

    /// Reads the values that these columns have afterwards in each row without a NULL in them, and the row's key. Gives the
    /// names of the columns before; none where they were not there.
    fn read(&mut self, columns: &[String], each: &mut dyn FnMut(Vec<String>, Row)) -> Result<Option<Vec<String>>> {
        let Some(names) = self.names.columns(&self.before, columns) else { return Ok(None) };
        let folded: Vec<bool> = columns
            .iter()
            .map(|column| self.places.iter().any(|(table, name)| *table == self.after.name && name == column))
            .collect();
        let wanted: Vec<String> = names.iter().chain(self.key()).cloned().collect();
        let filled: Vec<String> = names.iter().map(|name| format!("t.{} IS NOT NULL", quote(name))).collect();
        self.dialect.each_row(
            self.connection,
            &self.before,
            &wanted,
            Some(&filled.join(" AND ")),
            &mut |_, rows| {
                for mut row in rows {
                    // The place of the row stands before its columns.
                    let key = row.split_off(1 + names.len());
                    let values = row.iter().skip(1).zip(&folded);
                    each(values.map(|(value, folded)| text(value, *folded)).collect(), key);
                }
                Ok(())
            },
        )?;
        Ok(Some(names))
    }

    fn key(&self) -> &[String] {
        self.names.from.table(&self.before).map(|table| table.primary_key.as_slice()).unwrap_or_default()
    }

    fn refused(&self, columns: &[String], what: &str, keys: &mut [Row], hint: &'static str) -> Option<Error> {
        keys.sort_by_cached_key(|key| key.iter().map(order).collect::<Vec<_>>());
        let count = i64::try_from(keys.len()).ok().filter(|count| *count > 0)?;
        Some(refusal((&self.before, columns), self.key(), what, count, keys).hint(hint))
    }

    fn listed(&self, columns: &[String]) -> String {
        super::refused::listed(&self.before, columns)
    }
}

/// The columns in which no two rows may be alike. An index of some rows alone, or over an expression, is not told.
fn unique(table: &Table) -> impl Iterator<Item = &[String]> {
    let indexes = table.indexes.iter().filter(|index| index.unique && index.filter.is_none());
    let single = indexes.filter_map(|index| match index.parts.as_slice() {
        [part] => match &part.key {
            IndexKey::Column(name) => Some(std::slice::from_ref(name)),
            IndexKey::Expression(_) => None,
        },
        _ => None,
    });
    let uniques = table.uniques.iter().map(|unique| unique.columns.as_slice());
    std::iter::once(table.primary_key.as_slice()).chain(uniques).chain(single)
}

fn text(value: &Value, folded: bool) -> String {
    match (value, folded) {
        (Value::Text(text), true) => text.to_lowercase(),
        (Value::Text(text), false) => text.clone(),
        (other, _) => format!("{other:?}"),
    }
}

/// Numbers in their order, all else as text.
fn order(value: &Value) -> (i64, String) {
    match value {
        Value::Int(number) => (*number, String::new()),
        other => (0, text(other, false)),
    }
}
