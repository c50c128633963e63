//! The way of kept rows back: the tables and columns are made again where they are gone, then the rows are written, parents first.

use super::expression::joined;
use super::fits::{check_key, differences, missing, no_parent, orphans, verify};
use super::list::{KeptColumn, KeptEntry};
use super::order::{order, Turn};
use super::refusal::{orphaned_by_trigger, refused, several, unmade, unwritten};
use super::restore::RestoredEntry;
use super::target::{find, Target, Way};
use super::violated;
use crate::dialect::keep::Source;
use crate::dialect::{quote, Dialect};
use crate::error::{Code, Error, Result};
use crate::statement::{Execute, Statement};
use std::collections::BTreeMap;

/// Brings back the rows of all entries, within a transaction and its text settings.
pub(super) fn bring(
    dialect: &dyn Dialect,
    connection: &mut dyn Execute,
    entries: &[KeptEntry],
) -> Result<Vec<RestoredEntry>> {
    let numbers: Vec<i64> = entries.iter().map(|entry| entry.number).collect();
    let (mut targets, mut reports) = (Vec::new(), Vec::new());
    for entry in makers_first(entries) {
        let mut report = RestoredEntry { number: entry.number, what: entry.what.clone(), ..RestoredEntry::default() };
        targets.push(Target { together: &numbers, ..find_or_make(dialect, connection, entry, &mut report)? });
        reports.push(report);
    }
    for target in targets.iter().filter(|target| target.made) {
        link(connection, target)?;
    }
    let mut added = Vec::new();
    for (target, report) in targets.iter().zip(&mut reports) {
        add_columns(connection, target, (report, &mut added))?;
    }
    // Foreign keys and columns have been added.
    for target in &mut targets {
        target.source = found(dialect, connection, target.entry)?;
    }
    let turns = order(&targets);
    // Before rows come back: if another entry brings a row back, the database gives the row's other columns their defaults.
    for turn in &turns {
        check_unchanged(connection, &targets[turn.at], &added)?;
    }
    let later = || turns.iter().flat_map(|turn| turn.later.iter().map(|key| (&targets[turn.at], *key)));
    // On SQLite a key that waits lets all keys of the transaction wait, also those of other tables.
    let waits = later().next().is_some();
    let orphaned = if waits { dialect.orphaned_rows(connection)? } else { BTreeMap::new() };
    for (target, key) in later() {
        for sql in &key.defer {
            dialect.write(connection, &Statement::new(sql.as_str())).map_err(|error| unmade(target.entry, error))?;
        }
    }
    for (nth, turn) in turns.iter().enumerate() {
        let (target, report) = (&targets[turn.at], &mut reports[turn.at]);
        if target.is_whole() {
            rows(connection, target, turn, report)?;
        } else {
            // An entry of the same columns has written them by now.
            let mine: Vec<String> = target.coming().iter().map(|way| way.to.name.clone()).collect();
            if turns[..nth].iter().any(|before| targets[before.at].writes(&target.source.place, &mine)) {
                check_unchanged(connection, target, &[])?;
            }
            columns(connection, target, turn, report)?;
        }
    }
    for (target, key) in later() {
        let mut problems = Vec::new();
        orphans(connection, target, key, &target.comes_back(), &mut problems)?;
        if !problems.is_empty() {
            return Err(refused(target.entry, problems));
        }
    }
    // At the end: a trigger of a table may change rows of another that came back before.
    for (target, report) in targets.iter().zip(&reports) {
        verify(connection, target, &targets, report)?;
    }
    for (target, key) in later() {
        for sql in &key.undo {
            dialect.write(connection, &Statement::new(sql.as_str())).map_err(|error| unwritten(target.entry, error))?;
        }
    }
    // A table with rows that wait for a check cannot be changed.
    if let Some(last) = targets.last() {
        dialect.check_now(connection).map_err(|error| unwritten(last.entry, error))?;
    }
    for target in targets.iter().filter(|target| target.made) {
        run(connection, target, |definition| &definition.then)?;
    }
    let after = if waits { dialect.orphaned_rows(connection)? } else { BTreeMap::new() };
    for (table, count) in after {
        let more = count - orphaned.get(&table).copied().unwrap_or_default();
        if let (true, Some(last)) = (more > 0, targets.last()) {
            return Err(refused(last.entry, vec![orphaned_by_trigger(more, &table)]));
        }
    }
    for target in &targets {
        dialect.move_counters(connection, &target.source)?;
    }
    Ok(turns.iter().map(|turn| std::mem::take(&mut reports[turn.at])).collect())
}

/// The entries, whole rows first: the table that they make again may be the one whose columns others have. Of several entries of one
/// table the newest comes first, which knows the table as it was last.
fn makers_first(entries: &[KeptEntry]) -> Vec<&KeptEntry> {
    let first = |entry: &KeptEntry| {
        entries.iter().position(|other| (&other.schema, &other.table) == (&entry.schema, &entry.table))
    };
    let mut sorted: Vec<&KeptEntry> = entries.iter().collect();
    sorted.sort_by_key(|entry| (!entry.columns.is_empty(), first(entry), std::cmp::Reverse(entry.number)));
    sorted
}

fn found(dialect: &dyn Dialect, connection: &mut dyn Execute, entry: &KeptEntry) -> Result<Source> {
    find(dialect, connection, entry)?
        .ok_or_else(|| Error::new(Code::Internal, "A table that was made is gone.").table(&entry.table))
}

/// The table of an entry, locked against others; made again if it is gone.
fn find_or_make<'a>(
    dialect: &'a dyn Dialect,
    connection: &mut dyn Execute,
    entry: &'a KeptEntry,
    report: &mut RestoredEntry,
) -> Result<Target<'a>> {
    let kept = dialect.kept_table(entry.number, &entry.table);
    if let Some(source) = find(dialect, connection, entry)? {
        dialect.lock_rows(connection, &source)?;
        return Ok(Target { dialect, entry, kept, source, made: false, together: &[] });
    }
    let name = &entry.table;
    let Some(definition) = &entry.details.definition else {
        let why = match entry.columns.is_empty() {
            true => format!(
                "The table {name} does not exist, and restore cannot create it: it was a partition, or other tables inherited from it."
            ),
            false => format!("The table {name} does not exist, and restore cannot create it: only values of its columns are kept."),
        };
        return Err(refused(entry, vec![why]));
    };
    for sql in &definition.make {
        dialect.write(connection, &Statement::new(sql.as_str())).map_err(|error| unmade(entry, error))?;
    }
    report.made.push(format!("the table {name}"));
    Ok(Target { dialect, entry, kept, source: found(dialect, connection, entry)?, made: true, together: &[] })
}

/// Adds the foreign keys of a table that was made again. Errors: `RESTORE_REFUSED` if a table that one references does not exist.
fn link(connection: &mut dyn Execute, target: &Target<'_>) -> Result<()> {
    let (dialect, entry) = (target.dialect, target.entry);
    for link in entry.details.definition.iter().flat_map(|definition| &definition.link) {
        if dialect.source(connection, Some(&link.schema), &link.parent)?.is_none() {
            let place = format!("{}.{}", quote(&link.schema), quote(&link.parent));
            return Err(refused(entry, vec![no_parent(connection, target, &link.parent, &place)?]));
        }
        dialect.write(connection, &Statement::new(link.sql.as_str())).map_err(|error| unmade(entry, error))?;
    }
    Ok(())
}

/// Runs statements of the definition of a table that was made again.
fn run(
    connection: &mut dyn Execute,
    target: &Target<'_>,
    statements: fn(&crate::dialect::keep::Definition) -> &Vec<String>,
) -> Result<()> {
    for sql in target.entry.details.definition.iter().flat_map(statements) {
        let statement = Statement::new(sql.as_str());
        target.dialect.write(connection, &statement).map_err(|error| unmade(target.entry, error))?;
    }
    Ok(())
}

/// The place of a table, and a column that was made again: its rows hold only what the database gave them.
type Added = (String, String);

/// Adds the columns of an entry that are gone, by their types, collations and defaults. Nothing is done for whole rows, which need
/// the columns that they had.
fn add_columns(
    connection: &mut dyn Execute,
    target: &Target<'_>,
    (report, added): (&mut RestoredEntry, &mut Vec<Added>),
) -> Result<()> {
    let entry = target.entry;
    if entry.columns.is_empty() {
        return Ok(());
    }
    let mut problems = Vec::new();
    if !check_key(connection, target, &mut problems)? {
        return Err(refused(entry, problems));
    }
    let lost = entry.details.columns.iter().filter(|column| column.lost.is_some());
    let gone: Vec<&KeptColumn> = lost.filter(|column| target.column(&column.name).is_none()).collect();
    for column in gone {
        add_column(connection, target, column)?;
        added.push((target.source.place.clone(), column.name.clone()));
        report.made.push(format!("the column {}.{}", target.source.name, column.name));
    }
    Ok(())
}

/// Adds a column. If the database does not take its default, as one that is not constant, the column has none.
fn add_column(connection: &mut dyn Execute, target: &Target<'_>, column: &KeptColumn) -> Result<()> {
    let Target { dialect, entry, source, .. } = target;
    let statement = |declared: &str| {
        Statement::new(format!("ALTER TABLE {} ADD COLUMN {} {declared}", source.place, quote(&column.name)))
    };
    if let Some(added) = &column.added {
        connection.batch("SAVEPOINT plinth_column")?;
        let made = dialect.write(connection, &statement(added));
        if made.is_err() {
            connection.batch("ROLLBACK TO SAVEPOINT plinth_column")?;
        }
        connection.batch("RELEASE SAVEPOINT plinth_column")?;
        match made {
            Err(error) if error.code == Code::SqlFailed => {}
            made => return made.map(drop).map_err(|error| unmade(entry, error)),
        }
    }
    let without = column.added.as_deref().and_then(|added| added.split(" DEFAULT ").next());
    let statement = statement(without.unwrap_or(&column.declared));
    dialect.write(connection, &statement).map(drop).map_err(|error| unmade(entry, error))
}

/// Refuses columns of which a row holds something else than what is kept, and than what a step left there.
fn check_unchanged(connection: &mut dyn Execute, target: &Target<'_>, added: &[Added]) -> Result<()> {
    if target.is_whole() {
        return Ok(());
    }
    let mut problems = missing(target);
    let naming = target.dialect.naming();
    let is_new = |way: &Way<'_>| {
        added.iter().any(|(place, column)| *place == target.source.place && naming.same(column, &way.to.name))
    };
    for way in target.coming().into_iter().filter(|way| !is_new(way)) {
        differences(connection, target, way, &mut problems)?;
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(refused(target.entry, problems))
    }
}

/// Whole rows: those whose key is not in the table.
fn rows(connection: &mut dyn Execute, target: &Target<'_>, turn: &Turn<'_>, report: &mut RestoredEntry) -> Result<()> {
    let Target { dialect, entry, kept, source, made, .. } = target;
    let mut problems = missing(target);
    let has_key = check_key(connection, target, &mut problems)?;
    if !problems.is_empty() {
        return Err(refused(entry, problems));
    }
    let coming = target.coming();
    if has_key && !made {
        let differs: Vec<String> =
            coming.iter().map(|way| format!("NOT {}", dialect.is_kept(&way.value(), &way.kept()))).collect();
        let (count, keys) = target.count(connection, &target.joined(), &joined(&differs, "OR"))?;
        if count > 0 {
            problems.push(format!("{} there with other values{keys}.", several(count, &source.name)));
        }
    }
    let new = match has_key && !made {
        true => format!("NOT {}", target.is_there()),
        false => "1 = 1".to_owned(),
    };
    for key in turn.now(source) {
        orphans(connection, target, key, &new, &mut problems)?;
    }
    if !problems.is_empty() {
        return Err(refused(entry, problems));
    }
    let names: Vec<String> = coming.iter().map(|way| quote(&way.to.name)).collect();
    let values: Vec<String> = coming.iter().map(|way| dialect.taken(way.to, &way.kept())).collect();
    let insert = Statement::new(format!(
        "INSERT{} INTO {} ({}){} SELECT {} FROM {kept} AS k WHERE {new}",
        dialect.or_abort(),
        source.place,
        names.join(", "),
        dialect.overriding(),
        values.join(", "),
    ));
    report.rows = violated::write(connection, target, &new, &insert)? as i64;
    // Without a key the table was empty.
    report.same = if has_key { entry.rows - report.rows } else { 0 };
    Ok(())
}

/// Columns of rows that the table has.
fn columns(
    connection: &mut dyn Execute,
    target: &Target<'_>,
    turn: &Turn<'_>,
    report: &mut RestoredEntry,
) -> Result<()> {
    let Target { dialect, entry, source, .. } = target;
    let mut problems = Vec::new();
    let coming = target.coming();
    for key in turn.now(source) {
        orphans(connection, target, key, &target.comes_back(), &mut problems)?;
    }
    if !problems.is_empty() {
        return Err(refused(entry, problems));
    }
    let sets: Vec<String> =
        coming.iter().map(|way| format!("{} = {}", quote(&way.to.name), dialect.taken(way.to, &way.kept()))).collect();
    let must: Vec<String> = coming.iter().map(|way| dialect.must_write(&way.value(), &way.kept())).collect();
    let update = Statement::new(format!(
        "UPDATE{} {} AS t SET {} FROM {} AS k WHERE {} AND ({})",
        dialect.or_abort(),
        target.place(),
        sets.join(", "),
        target.kept,
        target.meets(),
        joined(&must, "OR"),
    ));
    report.rows = violated::write(connection, target, "1 = 1", &update)? as i64;
    let found = connection.query(&Statement::new(format!("SELECT count(*) FROM {}", target.joined())))?;
    let there = found.first().and_then(|row| row[0].as_int()).unwrap_or_default();
    report.gone = entry.rows - there;
    report.same = there - report.rows;
    Ok(())
}
