//! Bringing back what is kept, by key: all of it, or nothing where it does not fit any more.

use super::expression::joined;
use super::list::{entry, Allow, KeptEntry};
use super::target::{find, Target, Way};
use crate::dialect::{quote, Dialect};
use crate::error::{Code, Error, Problem, Result};
use crate::statement::{Execute, Statement};
use serde::Serialize;

/// What a restore brought back, or would bring back.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct RestoreReport {
    /// The number of the entry.
    pub number: i64,
    /// What is kept under it.
    pub what: String,
    /// Whether it was only tried.
    pub plan: bool,
    /// What was made again: `the table users`, `the column users.phone`.
    pub made: Vec<String>,
    /// How many rows were written.
    pub rows: i64,
    /// How many held what is kept already.
    pub same: i64,
    /// How many rows of a table are not there any more, so that their columns have no place.
    pub gone: i64,
}

/// Brings back what is kept under a number. With `plan` all of it is done and taken back, so that the report says what would
/// be. The entry stays until it is dropped. `allow` is asked before anything is written, but not of a plan.
///
/// Errors: those of `allow`; `KEPT_UNKNOWN`; `RESTORE_REFUSED` with each difference where it does not fit any more.
pub fn restore(
    dialect: &dyn Dialect,
    connection: &mut dyn Execute,
    (number, plan): (i64, bool),
    allow: Allow<'_>,
) -> Result<RestoreReport> {
    let mut report = None;
    let done = dialect.transaction(connection, &mut |connection| {
        let entry = entry(dialect, connection, number)?;
        if !dialect.has_kept_table(connection, number, &entry.table)? {
            return Err(rowless(dialect, &entry));
        }
        if !plan {
            allow(connection, &entry)?;
        }
        let mut brought = RestoreReport { number, what: entry.what.clone(), plan, ..RestoreReport::default() };
        dialect.with_text_settings(connection, &mut |connection| bring(dialect, connection, &entry, &mut brought))?;
        report = Some(brought);
        match plan {
            true => Err(Error::new(Code::Aborted, "A plan is taken back.")),
            false => Ok(()),
        }
    });
    match (report, done) {
        (Some(report), Ok(())) => Ok(report),
        (Some(report), Err(error)) if plan && error.code == Code::Aborted => Ok(report),
        (_, Err(error)) => Err(error),
        (None, Ok(())) => Err(Error::new(Code::Internal, "A transaction did no work.")),
    }
}

fn bring(
    dialect: &dyn Dialect,
    connection: &mut dyn Execute,
    entry: &KeptEntry,
    report: &mut RestoreReport,
) -> Result<()> {
    let kept = dialect.kept_table(entry.number, &entry.table);
    let there = find(dialect, connection, entry)?;
    if let Some(source) = &there {
        dialect.lock_rows(connection, source)?;
    }
    let made = there.is_none();
    let source = match there {
        Some(source) => source,
        None => make(dialect, connection, entry, report)?,
    };
    let mut target = Target { dialect, entry, kept, source };
    match entry.columns.is_empty() {
        true => rows(connection, &target, made, report)?,
        false => columns(connection, &mut target, report)?,
    }
    if made {
        for sql in entry.details.definition.iter().flat_map(|definition| &definition.then) {
            dialect.write(connection, &Statement::new(sql.as_str())).map_err(|error| unmade(entry, error))?;
        }
    }
    dialect.move_counters(connection, &target.source)
}

/// Makes the table again.
fn make(
    dialect: &dyn Dialect,
    connection: &mut dyn Execute,
    entry: &KeptEntry,
    report: &mut RestoreReport,
) -> Result<crate::dialect::keep::Source> {
    let name = &entry.table;
    let Some(definition) = &entry.details.definition else {
        let why = match entry.columns.is_empty() {
            true => format!(
                "There is no table {name}, and it cannot be made again: it was a part of another, or had parts."
            ),
            false => format!("There is no table {name}: only values of its columns are kept."),
        };
        return Err(refused(entry, vec![why]));
    };
    for sql in &definition.make {
        dialect.write(connection, &Statement::new(sql.as_str())).map_err(|error| unmade(entry, error))?;
    }
    report.made.push(format!("the table {name}"));
    find(dialect, connection, entry)?
        .ok_or_else(|| Error::new(Code::Internal, "A table that was made is not there.").table(name))
}

/// Whole rows: those whose key is not there.
fn rows(connection: &mut dyn Execute, target: &Target<'_>, made: bool, report: &mut RestoreReport) -> Result<()> {
    let Target { dialect, entry, kept, source } = target;
    let mut problems = missing(target);
    let has_key = check_key(connection, target, made, &mut problems)?;
    if !problems.is_empty() {
        return Err(refused(entry, problems));
    }
    let coming = target.coming();
    let meets = target.meets();
    if has_key && !made {
        let differs: Vec<String> =
            coming.iter().map(|way| format!("NOT {}", dialect.is_kept(&way.value(), &way.kept()))).collect();
        let (count, keys) = target.count(connection, &target.joined(), &joined(&differs, "OR"))?;
        if count > 0 {
            problems.push(format!("{} there with other values{keys}.", several(count, &source.name)));
        }
    }
    let new = match has_key && !made {
        true => format!("NOT EXISTS (SELECT 1 FROM {} AS t WHERE {meets})", source.place),
        false => "1 = 1".to_owned(),
    };
    orphans(connection, target, &new, &mut problems)?;
    if !problems.is_empty() {
        return Err(refused(entry, problems));
    }
    let names: Vec<String> = coming.iter().map(|way| quote(&way.to.name)).collect();
    let values: Vec<String> = coming.iter().map(|way| dialect.taken(way.to, &way.kept())).collect();
    let insert = Statement::new(format!(
        "INSERT INTO {} ({}){} SELECT {} FROM {kept} AS k WHERE {new}",
        source.place,
        names.join(", "),
        dialect.overriding(),
        values.join(", "),
    ));
    report.rows = dialect.write(connection, &insert).map_err(|error| unwritten(entry, error))? as i64;
    report.same = entry.rows - report.rows;
    if has_key {
        return verify(connection, target, entry.rows);
    }
    Ok(())
}

/// Columns of rows that are there.
fn columns(connection: &mut dyn Execute, target: &mut Target<'_>, report: &mut RestoreReport) -> Result<()> {
    let (dialect, entry) = (target.dialect, target.entry);
    let mut problems = Vec::new();
    if !check_key(connection, target, false, &mut problems)? {
        return Err(refused(entry, problems));
    }
    let lost: Vec<_> = entry.details.columns.iter().filter(|column| column.lost.is_some()).collect();
    for column in lost.into_iter().filter(|column| target.column(&column.name).is_none()) {
        let place = &target.source.place;
        let sql = format!("ALTER TABLE {place} ADD COLUMN {} {}", quote(&column.name), column.declared);
        dialect.write(connection, &Statement::new(sql)).map_err(|error| unmade(entry, error))?;
        report.made.push(format!("the column {}.{}", target.source.name, column.name));
    }
    if !report.made.is_empty() {
        let found = find(dialect, connection, entry)?;
        target.source = found.ok_or_else(|| Error::new(Code::Internal, "A table that was changed is not there."))?;
    }
    let target = &*target;
    problems.extend(missing(target));
    for way in target.coming() {
        differences(connection, target, way, &mut problems)?;
    }
    orphans(connection, target, "1 = 1", &mut problems)?;
    if !problems.is_empty() {
        return Err(refused(entry, problems));
    }
    let coming = target.coming();
    let sets: Vec<String> =
        coming.iter().map(|way| format!("{} = {}", quote(&way.to.name), dialect.taken(way.to, &way.kept()))).collect();
    let must: Vec<String> = coming.iter().map(|way| dialect.must_write(&way.value(), &way.kept())).collect();
    let update = Statement::new(format!(
        "UPDATE {} AS t SET {} FROM {} AS k WHERE {} AND ({})",
        target.source.place,
        sets.join(", "),
        target.kept,
        target.meets(),
        joined(&must, "OR"),
    ));
    report.rows = dialect.write(connection, &update).map_err(|error| unwritten(entry, error))? as i64;
    let found = connection.query(&Statement::new(format!("SELECT count(*) FROM {}", target.joined())))?;
    let there = found.first().and_then(|row| row[0].as_int()).unwrap_or_default();
    report.gone = entry.rows - there;
    report.same = there - report.rows;
    verify(connection, target, there)
}

/// Whether rows can be told by the key; a sentence where they would have to be.
fn check_key(
    connection: &mut dyn Execute,
    target: &Target<'_>,
    made: bool,
    problems: &mut Vec<String>,
) -> Result<bool> {
    let key = &target.entry.details.key;
    let name = &target.source.name;
    if key.is_empty() {
        let whole = target.entry.columns.is_empty();
        let any = Statement::new(format!("SELECT 1 FROM {} LIMIT 1", target.source.place));
        if !made && (!whole || !connection.query(&any)?.is_empty()) {
            problems.push(format!(
                "{name} had no key that tells its rows apart, so that none finds its place; all rows are kept whole, and can be \
                 read in {}.",
                target.kept
            ));
        }
        return Ok(false);
    }
    let gone: Vec<&str> = key.iter().filter(|column| target.column(column).is_none()).map(String::as_str).collect();
    if !gone.is_empty() {
        problems.push(format!("{name} has no {} any more, by which its rows were told.", gone.join(", ")));
    }
    for Way { from, to } in target.other_types() {
        problems.push(format!(
            "{name}.{}, by which its rows were told, was {} and is {}.",
            to.name, from.declared, to.declared
        ));
    }
    Ok(problems.is_empty())
}

/// Kept columns that have no place.
fn missing(target: &Target<'_>) -> Vec<String> {
    let name = &target.source.name;
    let mut problems = Vec::new();
    for column in &target.entry.details.columns {
        match target.column(&column.name) {
            None => problems.push(format!("{name} has no column {} any more.", column.name)),
            Some(now) if now.generated => problems.push(format!("{name}.{} is computed now.", now.name)),
            Some(_) => {}
        }
    }
    problems
}

/// Rows whose column holds something else than the step left there.
fn differences(
    connection: &mut dyn Execute,
    target: &Target<'_>,
    way: Way<'_>,
    problems: &mut Vec<String>,
) -> Result<()> {
    let name = &way.to.name;
    let (count, keys) = target.count(connection, &target.joined(), &target.is_changed(way))?;
    if count > 0 {
        problems.push(format!("{} there with another {name}{keys}.", several(count, &target.source.name)));
    }
    Ok(())
}

/// Rows that would come back without the row that they point to.
fn orphans(connection: &mut dyn Execute, target: &Target<'_>, new: &str, problems: &mut Vec<String>) -> Result<()> {
    let naming = target.dialect.naming();
    for key in &target.source.foreign_keys {
        let coming = target.coming();
        let way = |name: &String| coming.iter().find(|way| naming.same(&way.to.name, name));
        let Some(ways) = key.columns.iter().map(way).collect::<Option<Vec<_>>>() else { continue };
        let set: Vec<String> = ways.iter().map(|way| format!("{} IS NOT NULL", way.kept())).collect();
        let meets = |row: &str, columns: &[String]| -> String {
            let pairs = ways.iter().zip(columns);
            let same = pairs.map(|(way, name)| target.dialect.same_key(&format!("{row}.{}", quote(name)), &way.kept()));
            same.collect::<Vec<_>>().join(" AND ")
        };
        let mut orphaned = format!(
            "{new} AND {} AND NOT EXISTS (SELECT 1 FROM {} AS p WHERE {})",
            set.join(" AND "),
            key.place,
            meets("p", &key.parent_columns)
        );
        if naming.same(&key.place, &target.source.place) {
            orphaned.push_str(&format!(
                " AND NOT EXISTS (SELECT 1 FROM {} AS p WHERE {})",
                target.kept,
                meets("p", &key.parent_columns)
            ));
        }
        let (count, keys) = target.count(connection, &format!("{} AS k", target.kept), &orphaned)?;
        if count > 0 {
            let (rows, parent) = (several(count, &target.source.name), &key.parent);
            problems.push(format!("{rows} kept whose row of {parent} is gone{keys}."));
        }
    }
    Ok(())
}

/// Fails where a row does not hold to the letter what is kept: a type that takes it otherwise, or a trigger.
fn verify(connection: &mut dyn Execute, target: &Target<'_>, expected: i64) -> Result<()> {
    let coming = target.coming();
    let other: Vec<String> =
        coming.iter().map(|way| format!("NOT {}", target.dialect.is_kept(&way.value(), &way.kept()))).collect();
    let (count, keys) = target.count(connection, &target.joined(), &joined(&other, "OR"))?;
    let found = connection.query(&Statement::new(format!("SELECT count(*) FROM {}", target.joined())))?;
    let there = found.first().and_then(|row| row[0].as_int()).unwrap_or_default();
    if count == 0 && there == expected {
        return Ok(());
    }
    let name = &target.source.name;
    let problem = match count {
        0 => format!("{} kept that would not all be there afterwards.", several(expected, name)),
        _ => format!(
            "{} kept that {name} would not hold as they were{keys}: its types take the values otherwise.",
            several(count, name)
        ),
    };
    Err(refused(target.entry, vec![problem]))
}

/// `2 rows of users are`.
fn several(count: i64, table: &str) -> String {
    match count {
        1 => format!("1 row of {table} is"),
        n => format!("{n} rows of {table} are"),
    }
}

/// The rows were dropped by hand.
fn rowless(dialect: &dyn Dialect, entry: &KeptEntry) -> Error {
    let KeptEntry { number, what, table, .. } = entry;
    let place = dialect.kept_table(*number, table);
    Error::new(Code::KeptUnknown, format!("The rows that were kept of {what} are gone: there is no table {place}."))
        .table(table)
        .expected(format!("the table {place}"))
        .found("no such table")
        .hint(format!("`plinth kept --drop {number}` takes the entry off the list."))
}

fn refused(entry: &KeptEntry, problems: Vec<String>) -> Error {
    let what = &entry.what;
    let (number, told) = (entry.number, problems.join(" "));
    let listed = problems.into_iter().map(|message| Problem { model: None, column: None, message }).collect();
    Error {
        problems: listed,
        ..Error::new(Code::RestoreRefused, format!("What is kept of {what} does not fit any more: {told}"))
            .table(&entry.table)
            .expected("rows and columns as the step left them")
            .found(format!("differences from what is kept under {number}"))
            .hint("Nothing was changed. Settle the differences, or read the kept rows by hand; `plinth kept` has their definition.")
    }
}

/// A table or a column that cannot be made again.
fn unmade(entry: &KeptEntry, error: Error) -> Error {
    match error.code {
        Code::SqlFailed | Code::SqlRefused | Code::ForeignKeyViolation => {
            refused(entry, vec![format!("It cannot be made again: {}", error.message)])
        }
        _ => error,
    }
}

/// Rows that the table does not take. What a database says of a value may quote it: then it is not repeated.
fn unwritten(entry: &KeptEntry, error: Error) -> Error {
    match error.code {
        Code::UniqueViolation | Code::ForeignKeyViolation | Code::NotNullViolation | Code::CheckViolation => {
            let told = refused(entry, vec![error.message.clone()]);
            Error { constraint: error.constraint, columns: error.columns, ..told }
        }
        Code::ValueInvalid => {
            let name = &entry.table;
            refused(entry, vec![format!("{name} does not take the values: their column has another type now.")])
        }
        Code::SqlFailed => {
            let name = &entry.table;
            let why = "a trigger or a function of a rule refuses them, or their column has another type now";
            refused(entry, vec![format!("{name} does not take the values: {why}.")])
        }
        _ => error,
    }
}
