//! Rows that keep a revision from being applied: how many, and the keys of some. Never a value that is not a key.

mod midway;

use super::colliding;
use super::conditions::{orphaned, repeated, PARENT};
use super::refusal::{listed, refusal, KEYS};
use crate::dialect::Dialect;
use crate::diff::{kind_words, Applier, Constraint, Operation};
use crate::error::{Code, Error, Result};
use crate::schema::expression::mentions;
use crate::schema::{Check, Column, ForeignKey, Index, IndexKey, Kind, Schema, Table};
use crate::statement::{Execute, Statement};
use crate::value::Value;
use midway::{Midway, Rows};

/// What to do about what a new column gives rows, or the expression of a person.
const OTHER_BACKFILL: &str = "Change these rows first, or write the revision with another --backfill for the column.";

/// A condition that no row may meet.
#[derive(Clone)]
struct Suspicion<'a> {
    /// The rows.
    rows: &'a Rows,
    /// The columns concerned, by the names that people know.
    columns: Vec<String>,
    /// SQL: whether a row is like that. The table has the name that it has before this operation.
    condition: String,
    /// The fault of the rows: `NULL in users.phone`.
    what: String,
    /// What to do about it.
    hint: &'static str,
}

/// Where rows are the reason for which operations failed: an error that names them. To be asked when all is undone, and
/// the database at `from` again.
pub fn explain(
    dialect: &dyn Dialect,
    connection: &mut dyn Execute,
    from: &Schema,
    operations: &[Operation],
    failure: &Error,
) -> Option<Error> {
    if !may_be_rows(failure) {
        return None;
    }
    search(dialect, from, operations, &mut |suspicion| ask(connection, suspicion).ok().flatten())
        .or_else(|| colliding::explain(dialect, connection, from, operations, failure).ok().flatten())
}

/// The same for rows whose keys mean nothing to the caller: what they have or are (`NULL in users.phone`), with the table and its columns.
pub fn reason(
    dialect: &dyn Dialect,
    connection: &mut dyn Execute,
    from: &Schema,
    operations: &[Operation],
    failure: &Error,
) -> Option<(String, String, Vec<String>)> {
    if !may_be_rows(failure) {
        return None;
    }
    search(dialect, from, operations, &mut |suspicion| {
        let found = count(connection, suspicion).ok().filter(|count| *count > 0);
        found.map(|_| (suspicion.what.clone(), suspicion.rows.before.clone(), suspicion.columns.clone()))
    })
}

/// Whether rows can be the reason for a failure.
fn may_be_rows(failure: &Error) -> bool {
    matches!(
        failure.code,
        Code::UniqueViolation
            | Code::NotNullViolation
            | Code::CheckViolation
            | Code::ForeignKeyViolation
            | Code::ValueInvalid
            | Code::SqlFailed
            | Code::RevisionFailed
            // Reported with the keys that people know.
            | Code::RowsRefused
    )
}

/// The first of what operations refuse that is found.
fn search<T>(
    dialect: &dyn Dialect,
    from: &Schema,
    operations: &[Operation],
    find: &mut dyn FnMut(&Suspicion<'_>) -> Option<T>,
) -> Option<T> {
    // Each operation is about the rows as those before it leave them.
    let mut midway = Midway::new(dialect, from);
    let mut schema = Applier::new(from.clone());
    for operation in operations {
        // A suspicion that no SQL can check, since it does not know the rows by then, is not the
        // reason.
        if let Some(found) = suspicions(dialect, &midway, operation).iter().find_map(&mut *find) {
            return Some(found);
        }
        midway.follow(operation);
        schema.apply(operation).ok()?;
        let given = changed(operation).into_iter().flat_map(|(table, column, hint)| {
            let held = schema.table(table).map(|table| held(&midway, table, column)).unwrap_or_default();
            let held = held.into_iter().map(|suspicion| Suspicion { hint, ..suspicion });
            filled(dialect, &midway, (table, column), hint).into_iter().chain(held).collect::<Vec<_>>()
        });
        if let Some(found) = given.collect::<Vec<_>>().iter().find_map(&mut *find) {
            return Some(found);
        }
    }
    None
}

/// The rows that an operation refuses.
fn suspicions<'a>(dialect: &dyn Dialect, midway: &'a Midway<'_>, operation: &Operation) -> Vec<Suspicion<'a>> {
    let found = match operation {
        Operation::AlterColumn { .. } => return altered(dialect, midway, operation),
        Operation::AddConstraint { table, constraint: Constraint::Unique(unique) } => {
            alike(midway, table, &unique.columns, None)
        }
        Operation::AddConstraint { table, constraint: Constraint::ForeignKey(key) } => orphans(midway, table, key),
        Operation::AddConstraint { table, constraint: Constraint::Check(check) } => refused_by(midway, table, check),
        Operation::AddIndex { table, index } if index.unique => indexed(midway, table, index),
        Operation::AlterPrimaryKey { table, to, .. } => {
            let missing = midway.rows(table).filter(|rows| rows.knows(to)).map(|rows| {
                let null: Vec<String> = to.iter().map(|name| format!("{} IS NULL", rows.column(name))).collect();
                let columns = rows.told(to);
                Suspicion {
                    what: format!("NULL in {}", listed(&rows.before, &columns)),
                    condition: null.join(" OR "),
                    columns,
                    rows,
                    hint: "A primary key holds no NULL: give these rows values first.",
                }
            });
            return missing.into_iter().chain(alike(midway, table, to, None)).collect();
        }
        _ => None,
    };
    found.into_iter().collect()
}

/// The rows that an altered column refuses.
fn altered<'a>(dialect: &dyn Dialect, midway: &'a Midway<'_>, operation: &Operation) -> Vec<Suspicion<'a>> {
    let Operation::AlterColumn { table, from, to, map, backfill, .. } = operation else { return Vec::new() };
    let names = std::slice::from_ref(&from.name);
    let Some(rows) = midway.rows(table).filter(|rows| rows.knows(names)) else { return Vec::new() };
    let columns = rows.told(names);
    let (column, name) = (rows.column(&from.name), listed(&rows.before, &columns));
    let mut all = Vec::new();
    let mut suspect = |condition: String, what: String, hint: &'static str| {
        all.push(Suspicion { rows, columns: columns.clone(), condition, what, hint });
    };
    if from.nullable && !to.nullable && backfill.is_none() && to.default.is_none() {
        let hint = "Give these rows values first, or write the revision with --backfill.";
        suspect(format!("{column} IS NULL"), format!("NULL in {name}"), hint);
    }
    if let (Kind::Enum { values, .. }, Kind::Enum { .. } | Kind::Text { .. }) = (&to.kind, &from.kind) {
        let words = values.iter().chain(map.iter().map(|m| &m.from));
        let words: Vec<String> =
            words.map(|w| dialect.literal(&Kind::Text { max: None }, &w.as_str().into())).collect();
        let condition = format!("{column} IS NOT NULL AND {column} NOT IN ({})", words.join(", "));
        let hint = "Change these rows first, or write the revision with --map old=new.";
        suspect(condition, format!("a word in {name} that the enum has no more"), hint);
    }
    if let (Kind::Text { max: Some(max) }, Kind::Text { .. } | Kind::Enum { .. }) = (&to.kind, &from.kind) {
        let hint = "Shorten these values first, or leave the column its length.";
        suspect(format!("length({column}) > {max}"), format!("more than {max} characters in {name}"), hint);
    }
    if let Some(fits) = dialect.fits(&from.kind, &to.kind, &column) {
        let (was, is) = (kind_words(&from.kind), kind_words(&to.kind));
        let (what, hint) = match &to.kind {
            Kind::Text { max: Some(max) } => (
                format!("more than {max} characters in {name}"),
                "Change these rows first, or leave the column its length.",
            ),
            _ => (
                format!("values that cannot become {is} ({was} in {name})"),
                "Change these values first: a value is only taken if it is written as the new kind writes it.",
            ),
        };
        suspect(format!("NOT ({fits})"), what, hint);
    }
    all
}

/// The table and the column in which an operation changes values, which the column or the table may refuse; and the hint for a
/// refusal.
fn changed(operation: &Operation) -> Option<(&str, &Column, &'static str)> {
    match operation {
        Operation::AddColumn { table, column, backfill: Some(_) } => Some((table, column, OTHER_BACKFILL)),
        Operation::AlterColumn { table, from, to, backfill, .. } => {
            let hint = if backfill.is_some() { OTHER_BACKFILL } else { "Change these rows first." };
            (from.kind != to.kind || from.nullable && !to.nullable).then_some((table, to, hint))
        }
        _ => None,
    }
}

/// The rows that a column refuses because of values that an operation has given them.
fn filled<'a>(
    dialect: &dyn Dialect,
    midway: &'a Midway<'_>,
    (table, column): (&str, &Column),
    hint: &'static str,
) -> Vec<Suspicion<'a>> {
    let names = std::slice::from_ref(&column.name);
    let Some(rows) = midway.rows(table).filter(|rows| rows.knows(names)) else { return Vec::new() };
    let columns = rows.told(names);
    let (value, name) = (rows.column(&column.name), listed(&rows.before, &columns));
    let mut conditions = Vec::new();
    if !column.nullable {
        conditions.push((format!("{value} IS NULL"), format!("NULL in {name}")));
    }
    if let Kind::Text { max: Some(max) } = column.kind {
        conditions.push((format!("length({value}) > {max}"), format!("more than {max} characters in {name}")));
    }
    if let Some(condition) = dialect.kind_condition(column) {
        conditions.push((
            format!("NOT ({condition})"),
            format!("values that are not {} in {name}", kind_words(&column.kind)),
        ));
    }
    let suspicion = |(condition, what)| Suspicion { rows, columns: columns.clone(), condition, what, hint };
    conditions.into_iter().map(suspicion).collect()
}

/// The rows that existing constraints of a table refuse because of it.
fn held<'a>(midway: &'a Midway<'_>, table: &Table, column: &Column) -> Vec<Suspicion<'a>> {
    let (name, concerned) = (table.name.as_str(), |columns: &[String]| columns.contains(&column.name));
    let mut all = Vec::new();
    if concerned(&table.primary_key) {
        all.extend(alike(midway, name, &table.primary_key, None));
    }
    let uniques = table.uniques.iter().filter(|unique| concerned(&unique.columns));
    all.extend(uniques.filter_map(|unique| alike(midway, name, &unique.columns, None)));
    let indexes = table.indexes.iter().filter(|index| index.unique);
    all.extend(indexes.filter_map(|index| indexed(midway, name, index)));
    let checks = table.checks.iter().filter(|check| mentions(&check.sql, &column.name));
    all.extend(checks.filter_map(|check| refused_by(midway, name, check)));
    let keys = table.foreign_keys.iter().filter(|key| concerned(&key.columns));
    all.extend(keys.filter_map(|key| orphans(midway, name, key)));
    all
}

/// Rows that are alike in columns in which they may not be.
fn alike<'a>(midway: &'a Midway<'_>, table: &str, columns: &[String], filter: Option<&str>) -> Option<Suspicion<'a>> {
    let rows = midway.rows(table).filter(|rows| rows.knows(columns))?;
    let parts = rows.qualified(columns);
    let hint = hint(rows, columns, "Change or merge these rows first.");
    let columns = rows.told(columns);
    let what = format!("the same {}", listed(&rows.before, &columns));
    Some(Suspicion { rows, condition: repeated(&rows.named(), &parts, filter), columns, what, hint })
}

/// What to do: where the column is new it has what the revision gives it.
fn hint(rows: &Rows, columns: &[String], usual: &'static str) -> &'static str {
    match rows.is_new(|name| columns.iter().any(|column| column == name)) {
        true => OTHER_BACKFILL,
        false => usual,
    }
}

/// Rows that a check refuses.
fn refused_by<'a>(midway: &'a Midway<'_>, table: &str, check: &Check) -> Option<Suspicion<'a>> {
    let rows = midway.rows(table).filter(|rows| rows.decides(&check.sql))?;
    let hint = match rows.is_new(|name| mentions(&check.sql, name)) {
        true => "Change these rows first, or the condition, or set their value in the new column with --backfill.",
        false => "Change these rows first, or the condition.",
    };
    Some(Suspicion {
        what: format!("values that the check {} refuses in {}", check.name, rows.before),
        condition: format!("NOT ({})", check.sql),
        columns: Vec::new(),
        rows,
        hint,
    })
}

/// The same of a unique index, whose parts may be expressions.
fn indexed<'a>(midway: &'a Midway<'_>, table: &str, index: &Index) -> Option<Suspicion<'a>> {
    let filter = index.filter.as_deref();
    let rows = midway.rows(table).filter(|rows| filter.is_none_or(|sql| rows.decides(sql)))?;
    if let Some(names) = index.columns() {
        return alike(midway, table, &names, filter);
    }
    let part = |key: &IndexKey| match key {
        IndexKey::Column(name) => rows.knows(std::slice::from_ref(name)).then(|| rows.column(name)),
        IndexKey::Expression(sql) => rows.decides(sql).then(|| format!("({sql})")),
    };
    let parts: Option<Vec<String>> = index.parts.iter().map(|it| part(&it.key)).collect();
    let what = format!("the same values of {} in {}", index.name, rows.before);
    let condition = repeated(&rows.named(), &parts?, filter);
    Some(Suspicion { rows, columns: Vec::new(), condition, what, hint: "Change or merge these rows first." })
}

/// Rows that point to none.
fn orphans<'a>(midway: &'a Midway<'_>, table: &str, key: &ForeignKey) -> Option<Suspicion<'a>> {
    let rows = midway.rows(table).filter(|rows| rows.knows(&key.columns))?;
    let condition = match midway.rows(&key.table) {
        Some(parent) if !parent.knows(&key.references) => return None,
        // A new parent is empty.
        None => orphaned(&rows.qualified(&key.columns), None),
        Some(parent) => orphaned(&rows.qualified(&key.columns), Some((&parent.sql(PARENT), &key.references))),
    };
    let hint = hint(rows, &key.columns, "Correct or delete these rows first.");
    let columns = rows.told(&key.columns);
    let what = format!("{} values without a row in {}", listed(&rows.before, &columns), key.table);
    Some(Suspicion { rows, columns, condition, what, hint })
}

fn count(connection: &mut dyn Execute, suspicion: &Suspicion<'_>) -> Result<i64> {
    let from = format!("FROM {} WHERE {}", suspicion.rows.named(), suspicion.condition);
    let counted = connection.query(&Statement::new(format!("SELECT count(*) {from}")))?;
    Ok(counted.first().and_then(|row| row.first()).and_then(Value::as_int).unwrap_or_default())
}

fn ask(connection: &mut dyn Execute, suspicion: &Suspicion<'_>) -> Result<Option<Error>> {
    let Suspicion { rows, columns, condition, what, hint } = suspicion;
    let (table, key) = (&rows.before, &rows.key);
    let count = count(connection, suspicion)?;
    if count == 0 {
        return Ok(None);
    }
    let mut keys = Vec::new();
    if !key.is_empty() {
        let (list, from) = (rows.keys(), rows.named());
        let sql = format!("SELECT {list} FROM {from} WHERE {condition} ORDER BY {list} LIMIT {KEYS}");
        keys = connection.query(&Statement::new(sql))?;
    }
    Ok(Some(refusal((table, columns), key, what, count, &keys).hint(*hint)))
}
