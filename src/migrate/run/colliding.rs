//! Rows that cannot be folded to lower case: two that become equal in a unique column, a text that
//! grows beyond its column, one that then refers to no row. Read and folded here, since no database
//! folds as the models do.

use super::names_before::Names;
use super::refusal::{key_of, listed, refusal};
use super::touched::Touched;
use crate::dialect::name::Naming;
use crate::dialect::{quote, Dialect, Scan};
use crate::diff::{apply, lowered, Applier, Operation};
use crate::error::{Code, Error, Result};
use crate::schema::expression::mentions;
use crate::schema::{Check, Kind, Schema, Table};
use crate::statement::{Execute, Row, Statement};
use crate::value::Value;
use serde_json::json;
use std::collections::{HashMap, HashSet};

/// How many texts are put to a check at once.
const BATCH: usize = 500;

/// An error that names such rows; if they are not known, the failure with a hint. To be asked when
/// all is undone, and the database at `from` again.
pub(super) fn explain(
    dialect: &dyn Dialect,
    connection: &mut dyn Execute,
    from: &Schema,
    operations: &[Operation],
    failure: &Error,
) -> Result<Option<Error>> {
    let mut hint = None;
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
            if concerns(failure, dialect.naming(), after) {
                hint = hint.or_else(|| {
                    Some(format!(
                        "The revision folds {table}.{column} to lower case, and a constraint of the table may refuse \
                     that: change such rows first, or the constraint."
                    ))
                });
            }
        }
    }
    let untold = matches!(failure.code, Code::CheckViolation | Code::UniqueViolation) && failure.hint.is_none();
    Ok(hint.filter(|_| untold).map(|hint| failure.clone().hint(hint)))
}

/// Whether a failure is about a table. SQLite names a check alone.
fn concerns(failure: &Error, naming: Naming, table: &Table) -> bool {
    let is_check = |name: &str| table.checks.iter().any(|check| naming.same(&check.name, name));
    match &failure.table {
        Some(name) => naming.same(name, &table.name),
        None => failure.constraint.as_deref().is_some_and(is_check),
    }
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
        for (columns, filter) in unique(self.after).filter(|(columns, _)| columns.iter().any(|name| name == column)) {
            if filter.is_some_and(|filter| !self.holds_on(filter)) {
                continue;
            }
            let mut groups: HashMap<Vec<String>, Vec<Row>> = HashMap::new();
            let read = self.read(&columns, filter, &mut |values, key| groups.entry(values).or_default().push(key))?;
            let Some(names) = read else { continue };
            let mut alike: Vec<Row> = groups.into_values().filter(|rows| rows.len() > 1).flatten().collect();
            let what = format!("the same {} in lower case", self.listed(&names));
            if let Some(error) = self.refused(&names, &what, &mut alike, "Change or merge these rows first.") {
                return Ok(Some(error));
            }
        }
        if let Some(Kind::Text { max: Some(max) }) = self.after.column(column).map(|column| &column.kind) {
            let mut long = Vec::new();
            let read = self.read(&[column.to_owned()], None, &mut |values, key| {
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
            let read = self.read(&key.references, None, &mut |values, _| there.extend([values]));
            (self.before, self.after) = (own, own_table);
            if read?.is_none() {
                continue;
            }
            let mut lost = Vec::new();
            let read = self.read(&key.columns, None, &mut |values, row| {
                lost.extend((!there.contains(&values)).then_some(row));
            })?;
            let Some(names) = read else { continue };
            let what = format!("{} values without a row in {} in lower case", self.listed(&names), key.table);
            let hint = "Correct these rows first, or make the other column lower case too.";
            if let Some(error) = self.refused(&names, &what, &mut lost, hint) {
                return Ok(Some(error));
            }
        }
        for check in self.after.checks.iter().filter(|check| mentions(&check.sql, column)) {
            if let Some(error) = self.refused_by(check)? {
                return Ok(Some(error));
            }
        }
        Ok(None)
    }

    /// The rows whose folded texts a check refuses; `None` if it names columns that are not texts.
    fn refused_by(&mut self, check: &Check) -> Result<Option<Error>> {
        let named = self.after.columns.iter().filter(|column| mentions(&check.sql, &column.name));
        let (columns, kinds): (Vec<String>, Vec<&Kind>) = named.map(|it| (it.name.clone(), &it.kind)).unzip();
        let Some(names) = self.names.columns(&self.before, &columns) else { return Ok(None) };
        if !kinds.iter().all(|kind| matches!(kind, Kind::Text { .. })) {
            return Ok(None);
        }
        // A value that the fold does not change is not its fault.
        let folded = columns.iter().zip(&names).filter(|(column, _)| self.folds(column));
        let capitals = folded.map(|(_, before)| self.dialect.may_have_capitals(&format!("t.{}", quote(before))));
        let capitals = capitals.collect::<Vec<_>>().join(" OR ");
        let mut groups: HashMap<Vec<String>, Vec<Row>> = HashMap::new();
        self.read(&columns, Some(&capitals), &mut |values, key| groups.entry(values).or_default().push(key))?;
        let groups: Vec<(Vec<String>, Vec<Row>)> = groups.into_iter().collect();
        let listed: Vec<String> = columns.iter().map(|column| quote(column)).collect();
        let literal = |text: &String| self.dialect.literal(&Kind::Text { max: None }, &json!(text));
        let mut refused: Vec<Row> = Vec::new();
        for groups in groups.chunks(BATCH) {
            let rows = groups.iter().enumerate().map(|(at, (values, _))| {
                let values: Vec<String> = values.iter().map(literal).collect();
                format!("({at}, {})", values.join(", "))
            });
            let sql = format!(
                "WITH plinth_folded (plinth_row, {}) AS (VALUES {}) SELECT plinth_row FROM plinth_folded AS {} WHERE NOT ({})",
                listed.join(", "),
                rows.collect::<Vec<_>>().join(", "),
                quote(&self.after.name),
                check.sql
            );
            for row in self.connection.query(&Statement::new(sql))? {
                let at = row[0].as_int().and_then(|at| usize::try_from(at).ok());
                refused.extend(at.and_then(|at| groups.get(at)).into_iter().flat_map(|(_, keys)| keys.clone()));
            }
        }
        let what = format!("values that the check {} refuses in {} in lower case", check.name, self.listed(&names));
        Ok(self.refused(&names, &what, &mut refused, "Change these rows first, or the condition."))
    }

    /// Whether a column of the table is folded.
    fn folds(&self, column: &str) -> bool {
        self.places.iter().any(|(table, name)| *table == self.after.name && name == column)
    }

    /// Whether a condition is as true of a row before as it is afterwards, and names its columns alike.
    fn holds_on(&self, sql: &str) -> bool {
        let mut named = self.after.columns.iter().map(|column| &column.name).filter(|name| mentions(sql, name));
        named.all(|name| {
            let before = self.names.columns(&self.before, std::slice::from_ref(name));
            !self.folds(name) && before.is_some_and(|before| before == [name.as_str()])
        })
    }

    /// Reads the values that these columns have afterwards in each row that meets the condition and
    /// has no NULL in them, and the row's key. Gives the names of the columns before; `None` if they
    /// did not exist.
    fn read(
        &mut self,
        columns: &[String],
        condition: Option<&str>,
        each: &mut dyn FnMut(Vec<String>, Row),
    ) -> Result<Option<Vec<String>>> {
        let Some(names) = self.names.columns(&self.before, columns) else { return Ok(None) };
        let folded: Vec<bool> = columns.iter().map(|column| self.folds(column)).collect();
        let wanted: Vec<String> = names.iter().chain(self.key()).cloned().collect();
        let filled = names.iter().map(|name| format!("t.{} IS NOT NULL", quote(name)));
        let filled: Vec<String> = filled.chain(condition.map(|sql| format!("({sql})"))).collect();
        let scan = Scan { table: &self.before, columns: &wanted, condition: Some(&filled.join(" AND ")) };
        self.dialect.each_row(self.connection, &scan, &mut |_, rows| {
            for mut row in rows {
                // The place of the row stands before its columns.
                let key = row.split_off(1 + names.len());
                let values = row.iter().skip(1).zip(&folded);
                each(values.map(|(value, folded)| text(value, *folded)).collect(), key);
            }
            Ok(())
        })?;
        Ok(Some(names))
    }

    fn key(&self) -> &[String] {
        self.names.from.table(&self.before).map(|table| table.primary_key.as_slice()).unwrap_or_default()
    }

    fn refused(&self, columns: &[String], what: &str, keys: &mut [Row], hint: &'static str) -> Option<Error> {
        let key = self.names.from.table(&self.before).map(key_of).unwrap_or_default();
        keys.sort_by_cached_key(|key| key.iter().map(order).collect::<Vec<_>>());
        let count = i64::try_from(keys.len()).ok().filter(|count| *count > 0)?;
        Some(refusal((&self.before, columns), &key, what, count, keys).hint(hint))
    }

    fn listed(&self, columns: &[String]) -> String {
        listed(&self.before, columns)
    }
}

/// The columns in which no two rows may be alike, and in which rows where not in all. An index over
/// an expression is left out.
fn unique(table: &Table) -> impl Iterator<Item = (Vec<String>, Option<&str>)> {
    let unique = table.indexes.iter().filter(|index| index.unique);
    let indexes = unique.filter_map(|index| Some((index.columns()?, index.filter.as_deref())));
    let uniques = table.uniques.iter().map(|unique| &unique.columns);
    let all = std::iter::once(&table.primary_key).chain(uniques);
    all.map(|columns| (columns.clone(), None)).chain(indexes)
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
