//! Whether kept rows still fit where they go: the key, the columns, the rows that they point to.

use super::list::{columns_of, list, KeptEntry};
use super::refusal::{not_all, refused, several};
use super::restore::RestoredEntry;
use super::target::{Target, Way};
use crate::dialect::keep::SourceKey;
use crate::dialect::quote;
use crate::error::Result;
use crate::kept::expression::joined;
use crate::statement::{Execute, Statement};

/// Whether the key identifies rows; a sentence if it has to and does not.
pub(super) fn check_key(connection: &mut dyn Execute, target: &Target<'_>, problems: &mut Vec<String>) -> Result<bool> {
    let key = &target.entry.details.key;
    let name = &target.source.name;
    if key.is_empty() {
        let any = Statement::new(format!("SELECT 1 FROM {} LIMIT 1", target.place()));
        if !target.made && (!target.is_whole() || !connection.query(&any)?.is_empty()) {
            problems.push(format!(
                "{name} had no key that identifies its rows, so that none finds its place; all rows are kept whole, \
                 and can be read in {}.",
                target.kept
            ));
        }
        return Ok(false);
    }
    let gone: Vec<&str> = key.iter().filter(|column| target.column(column).is_none()).map(String::as_str).collect();
    if !gone.is_empty() {
        problems.push(format!("{name} has no {} any more, which identified its rows.", gone.join(", ")));
    }
    for Way { from, to } in target.other_types() {
        problems.push(format!(
            "{name}.{}, which identified its rows, was {} and is {}.",
            to.name, from.declared, to.declared
        ));
    }
    Ok(problems.is_empty())
}

/// Kept columns that have no place.
pub(super) fn missing(target: &Target<'_>) -> Vec<String> {
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
pub(super) fn differences(
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

/// Rows that would come back without the row that a foreign key of them points to; `coming` says of a kept row whether it comes back.
pub(super) fn orphans(
    connection: &mut dyn Execute,
    target: &Target<'_>,
    key: &SourceKey,
    coming: &str,
    problems: &mut Vec<String>,
) -> Result<()> {
    let naming = target.dialect.naming();
    let all = target.coming();
    let way = |name: &String| all.iter().find(|way| naming.same(&way.to.name, name));
    let Some(ways) = key.columns.iter().map(way).collect::<Option<Vec<_>>>() else { return Ok(()) };
    // SQLite takes no row of a table whose foreign key points to no table.
    if !key.has_parent {
        problems.push(no_parent(connection, target, &key.parent, &key.place)?);
        return Ok(());
    }
    let set: Vec<String> = ways.iter().map(|way| format!("{} IS NOT NULL", way.kept())).collect();
    // The database compares the values of a foreign key by their type: 1.0 is 1.00.
    let child = |way: &Way<'_>| target.dialect.taken(way.to, &way.kept());
    let meets = |parents: Vec<String>| -> String {
        let same = ways.iter().zip(parents).map(|(way, parent)| format!("{parent} = {}", child(way)));
        same.collect::<Vec<_>>().join(" AND ")
    };
    let mut orphaned = format!(
        "{coming} AND {} AND NOT EXISTS (SELECT 1 FROM {} AS p WHERE {})",
        set.join(" AND "),
        key.place,
        meets(columns_of("p", &key.parent_columns))
    );
    // Rows of the table itself may come back together, if their parents are kept by these columns.
    let parent =
        |name: &String| way(name).map(|way| target.dialect.taken(way.to, &format!("p.{}", quote(&way.from.name))));
    let parents = key.parent_columns.iter().map(parent).collect::<Option<Vec<_>>>();
    if let Some(parents) = parents.filter(|_| naming.same(&key.place, &target.source.place)) {
        orphaned.push_str(&format!(" AND NOT EXISTS (SELECT 1 FROM {} AS p WHERE {})", target.kept, meets(parents)));
    }
    let (count, keys) = target.count(connection, &format!("{} AS k", target.kept), &orphaned)?;
    if count > 0 {
        let (rows, parent) = (several(count, &target.source.name), &key.parent);
        let way = with_parents(connection, target, &key.place)?;
        problems.push(format!("{rows} kept whose row of {parent} is gone{keys}{way}."));
    }
    Ok(())
}

/// The problem of a foreign key whose referenced table does not exist. `place` is that table as SQL names it.
pub(super) fn no_parent(
    connection: &mut dyn Execute,
    target: &Target<'_>,
    parent: &str,
    place: &str,
) -> Result<String> {
    let way = with_parents(connection, target, place)?;
    Ok(format!("{} references {parent}, but the table {parent} does not exist{way}.", target.source.name))
}

/// The numbers that bring the rows back together with those of the table that they reference, if these are kept too; else nothing.
fn with_parents(connection: &mut dyn Execute, target: &Target<'_>, parent: &str) -> Result<String> {
    let (dialect, naming) = (target.dialect, target.dialect.naming());
    let place = |entry: &KeptEntry| match entry.schema.as_str() {
        "" => format!("main.{}", quote(&entry.table)),
        schema => format!("{}.{}", quote(schema), quote(&entry.table)),
    };
    let entries = list(dialect, connection)?;
    let missing = |entry: &&KeptEntry| {
        entry.columns.is_empty() && !target.together.contains(&entry.number) && naming.same(&place(entry), parent)
    };
    // The newest: it holds the rows as they were last.
    let Some(parent) = entries.iter().rfind(missing) else { return Ok(String::new()) };
    let mut numbers = target.together.to_vec();
    numbers.push(parent.number);
    numbers.sort_unstable();
    let numbers: Vec<String> = numbers.iter().map(i64::to_string).collect();
    Ok(format!(
        "; rows of {} are kept under {}: `plinth restore {}` brings them back together",
        parent.table,
        parent.number,
        numbers.join(" ")
    ))
}

/// Fails if a row does not hold to the letter what is kept: its type takes the value otherwise, or a trigger changed it. Columns of
/// whole rows that another entry has written since are that entry's. Rows without a key are only counted.
pub(super) fn verify(
    connection: &mut dyn Execute,
    target: &Target<'_>,
    all: &[Target<'_>],
    report: &RestoredEntry,
) -> Result<()> {
    let (entry, name) = (target.entry, &target.source.name);
    let lacks = |found: i64| found != entry.rows - report.gone;
    if entry.details.key.is_empty() {
        return if lacks(report.rows) { Err(refused(entry, vec![not_all(entry.rows, name)])) } else { Ok(()) };
    }
    let is_others = |way: &Way<'_>| {
        let column = std::slice::from_ref(&way.to.name);
        target.is_whole() && all.iter().any(|other| other.writes(&target.source.place, column))
    };
    let own = target.coming().into_iter().filter(|way| !is_others(way));
    let differs: Vec<String> =
        own.map(|way| format!("NOT {}", target.dialect.is_kept(&way.value(), &way.kept()))).collect();
    if !differs.is_empty() {
        let (count, keys) = target.count(connection, &target.joined(), &joined(&differs, "OR"))?;
        if count > 0 {
            let why = "its types take the values otherwise, or a trigger changes them";
            let rows = several(count, name);
            return Err(refused(
                entry,
                vec![format!("{rows} kept that {name} would not hold as they were{keys}: {why}.")],
            ));
        }
    }
    let found = connection.query(&Statement::new(format!("SELECT count(*) FROM {}", target.joined())))?;
    match lacks(found.first().and_then(|row| row[0].as_int()).unwrap_or_default()) {
        true => Err(refused(entry, vec![not_all(entry.rows - report.gone, name)])),
        false => Ok(()),
    }
}
