//! Rows that keep a revision from being applied: how many, and the keys of some. Never a value that is not a key.

use super::touched::Touched;
use crate::dialect::{quote, Dialect};
use crate::diff::{kind_words, Constraint, Operation};
use crate::error::{Code, Error, Result};
use crate::schema::{ForeignKey, Index, IndexKey, Kind, Schema};
use crate::statement::{Execute, Row, Statement};
use crate::value::Value;

/// How many keys are told.
const KEYS: usize = 5;

/// What no row may be like.
struct Suspicion {
    /// The table's name before.
    table: String,
    /// The columns concerned, before.
    columns: Vec<String>,
    /// SQL: whether a row is like that. The table is `t`.
    condition: String,
    /// What the rows are or have: `NULL in users.phone`.
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
    let rows = matches!(
        failure.code,
        Code::UniqueViolation
            | Code::NotNullViolation
            | Code::CheckViolation
            | Code::ForeignKeyViolation
            | Code::ValueInvalid
            | Code::SqlFailed
            | Code::RevisionFailed
            // Said with the keys that people know.
            | Code::RowsRefused
    );
    if !rows {
        return None;
    }
    // Operations see the names that earlier ones gave; the rows are asked by those before.
    (0..operations.len()).find_map(|at| {
        let touched = Touched::of(dialect.naming(), from, &operations[..at]);
        let suspicions = suspicions(dialect, from, &touched, &operations[at]);
        // What cannot be asked, since the revision itself would have made it, is not the reason.
        suspicions.iter().find_map(|suspicion| ask(connection, from, suspicion).ok().flatten())
    })
}

/// The names before of a table and its columns; none where they were not there.
struct Names<'a> {
    from: &'a Schema,
    touched: &'a Touched,
}

impl Names<'_> {
    fn table(&self, name: &str) -> Option<String> {
        let before = self.touched.table_before(&self.touched.naming().name(name))?;
        self.from.table(before.spelled()).map(|table| table.name.clone())
    }

    fn columns(&self, table: &str, columns: &[String]) -> Option<Vec<String>> {
        let there = self.from.table(table)?;
        let naming = self.touched.naming();
        let table = naming.name(table);
        let before = columns.iter().map(|column| {
            let column = naming.name(column);
            self.touched.column_before(&table, &column).spelled().to_owned()
        });
        let before: Vec<String> = before.collect();
        before.iter().all(|column| there.column(column).is_some()).then_some(before)
    }
}

fn suspicions(dialect: &dyn Dialect, from: &Schema, touched: &Touched, operation: &Operation) -> Vec<Suspicion> {
    let names = Names { from, touched };
    let found = match operation {
        Operation::AlterColumn { .. } => return altered(dialect, &names, operation),
        Operation::AddConstraint { table, constraint: Constraint::Unique(unique) } => {
            alike(&names, table, &unique.columns, None)
        }
        Operation::AddConstraint { table, constraint: Constraint::ForeignKey(key) } => orphans(&names, table, key),
        Operation::AddConstraint { table, constraint: Constraint::Check(check) } => {
            names.table(table).map(|table| Suspicion {
                what: format!("what the check {} refuses in {table}", check.name),
                condition: format!("NOT ({})", check.sql),
                columns: Vec::new(),
                table,
                hint: "Change these rows first, or the condition.",
            })
        }
        Operation::AddIndex { table, index } if index.unique => indexed(&names, table, index),
        Operation::AlterPrimaryKey { table, to, .. } => {
            let missing = names.table(table).and_then(|table| {
                let columns = names.columns(&table, to)?;
                let null: Vec<String> = columns.iter().map(|c| format!("t.{} IS NULL", quote(c))).collect();
                Some(Suspicion {
                    what: format!("NULL in {}", listed(&table, &columns)),
                    condition: null.join(" OR "),
                    columns,
                    table,
                    hint: "A primary key holds no NULL: give these rows values first.",
                })
            });
            return missing.into_iter().chain(alike(&names, table, to, None)).collect();
        }
        _ => None,
    };
    found.into_iter().collect()
}

fn altered(dialect: &dyn Dialect, names: &Names<'_>, operation: &Operation) -> Vec<Suspicion> {
    let Operation::AlterColumn { table, from, to, map, backfill, .. } = operation else { return Vec::new() };
    let place = names.table(table).and_then(|table| {
        let columns = names.columns(&table, std::slice::from_ref(&from.name))?;
        Some((table, columns))
    });
    let Some((table, columns)) = place else { return Vec::new() };
    let column = format!("t.{}", quote(&columns[0]));
    let mut all = Vec::new();
    let mut suspect = |condition: String, what: String, hint: &'static str| {
        all.push(Suspicion { table: table.clone(), columns: columns.clone(), condition, what, hint });
    };
    let name = format!("{table}.{}", columns[0]);
    if from.nullable && !to.nullable && backfill.is_none() {
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
    let whole = |kind: &Kind| matches!(kind, Kind::Id | Kind::BigId | Kind::Integer | Kind::Bigint | Kind::Int32);
    let small = || format!("{column} BETWEEN {} AND {}", i32::MIN, i32::MAX);
    let narrower = (to.kind == Kind::Int32 && whole(&from.kind)).then(small);
    if let Some(fits) = dialect.fits(&from.kind, &to.kind, &column).or(narrower) {
        let (was, is) = (kind_words(&from.kind), kind_words(&to.kind));
        let hint = "Change these values first: a value is only taken where it is written as the new kind writes it.";
        suspect(format!("NOT ({fits})"), format!("what cannot become {is} ({was} in {name})"), hint);
    }
    all
}

/// Rows that are alike in columns in which they may not be.
fn alike(names: &Names<'_>, table: &str, columns: &[String], filter: Option<&str>) -> Option<Suspicion> {
    let table = names.table(table)?;
    let columns = names.columns(&table, columns)?;
    let list = |prefix: &str| columns.iter().map(|c| format!("{prefix}{}", quote(c))).collect::<Vec<_>>().join(", ");
    let filled: Vec<String> = columns.iter().map(|column| format!("{} IS NOT NULL", quote(column))).collect();
    let filter = filter.map(|sql| format!(" AND ({sql})")).unwrap_or_default();
    let condition = format!(
        "({}) IN (SELECT {plain} FROM {} WHERE {}{filter} GROUP BY {plain} HAVING count(*) > 1){filter}",
        list("t."),
        quote(&table),
        filled.join(" AND "),
        plain = list(""),
    );
    let what = format!("the same {}", listed(&table, &columns));
    Some(Suspicion { table, columns, condition, what, hint: "Change or merge these rows first." })
}

fn indexed(names: &Names<'_>, table: &str, index: &Index) -> Option<Suspicion> {
    let columns: Option<Vec<String>> = index
        .parts
        .iter()
        .map(|part| match &part.key {
            IndexKey::Column(name) => Some(name.clone()),
            IndexKey::Expression(_) => None,
        })
        .collect();
    alike(names, table, &columns?, index.filter.as_deref())
}

/// Rows that point to none.
fn orphans(names: &Names<'_>, table: &str, key: &ForeignKey) -> Option<Suspicion> {
    let table = names.table(table)?;
    let columns = names.columns(&table, &key.columns)?;
    let filled: Vec<String> = columns.iter().map(|column| format!("t.{} IS NOT NULL", quote(column))).collect();
    let parent = names.table(&key.table).and_then(|parent| {
        let references = names.columns(&parent, &key.references)?;
        let pairs = columns
            .iter()
            .zip(&references)
            .map(|(column, reference)| format!("p.{} = t.{}", quote(reference), quote(column)));
        let pairs: Vec<String> = pairs.collect();
        Some(format!(" AND NOT EXISTS (SELECT 1 FROM {} p WHERE {})", quote(&parent), pairs.join(" AND ")))
    });
    // Where the parent is new, it is empty.
    let condition = format!("{}{}", filled.join(" AND "), parent.unwrap_or_default());
    let what = format!("no row of {} behind {}", key.table, listed(&table, &columns));
    Some(Suspicion { table, columns, condition, what, hint: "Correct or delete these rows first." })
}

fn ask(connection: &mut dyn Execute, from: &Schema, suspicion: &Suspicion) -> Result<Option<Error>> {
    let Suspicion { table, columns, condition, what, hint } = suspicion;
    let rows = format!("FROM {} t WHERE {condition}", quote(table));
    let counted = connection.query(&Statement::new(format!("SELECT count(*) {rows}")))?;
    let count = counted.first().and_then(|row| row.first()).and_then(Value::as_int).unwrap_or_default();
    if count == 0 {
        return Ok(None);
    }
    let key = from.table(table).map(|table| table.primary_key.as_slice()).unwrap_or_default();
    let mut message = match count {
        1 => format!("One row of {table} has {what}"),
        n => format!("{n} rows of {table} have {what}"),
    };
    if !key.is_empty() {
        let list = key.iter().map(|column| format!("t.{}", quote(column))).collect::<Vec<_>>().join(", ");
        let sql = format!("SELECT {list} {rows} ORDER BY {list} LIMIT {KEYS}");
        let keys = connection.query(&Statement::new(sql))?;
        let more = if count > keys.len() as i64 { ", ..." } else { "" };
        let told = keys.iter().map(told).collect::<Vec<_>>().join(", ");
        message = format!("{message}: {} {told}{more}", key.join(", "));
    }
    let mut error =
        Error::new(Code::RowsRefused, format!("{message}.")).table(table).found(count.to_string()).hint(*hint);
    error.columns.clone_from(columns);
    Ok(Some(error))
}

/// The key of a row.
fn told(row: &Row) -> String {
    let parts: Vec<String> = row
        .iter()
        .map(|value| match value {
            Value::Null => "NULL".into(),
            Value::Bool(flag) => flag.to_string(),
            Value::Int(number) => number.to_string(),
            Value::Real(number) => number.to_string(),
            Value::Text(text) => format!("`{text}`"),
            Value::Bytes(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        })
        .collect();
    match parts.len() {
        1 => parts.concat(),
        _ => format!("({})", parts.join(", ")),
    }
}

/// `users.email`, `users.(tenant, email)`.
fn listed(table: &str, columns: &[String]) -> String {
    match columns {
        [one] => format!("{table}.{one}"),
        many => format!("{table}.({})", many.join(", ")),
    }
}
