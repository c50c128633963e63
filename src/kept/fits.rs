//! Whether kept rows still fit where they go: the key, the columns, the rows that they point to.

use super::list::{list, KeptEntry};
use super::refusal::{not_all, refused, several};
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
        let whole = target.entry.columns.is_empty();
        let any = Statement::new(format!("SELECT 1 FROM {} LIMIT 1", target.source.place));
        if !target.made && (!whole || !connection.query(&any)?.is_empty()) {
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
        let (name, parent, way) = (&target.source.name, &key.parent, with_parents(connection, target, key)?);
        problems.push(format!("{name} points to {parent}, and there is no table {parent}{way}."));
        return Ok(());
    }
    let set: Vec<String> = ways.iter().map(|way| format!("{} IS NOT NULL", way.kept())).collect();
    let meets = |row: &str, columns: &[String]| -> String {
        let pairs = ways.iter().zip(columns);
        let same = pairs.map(|(way, name)| target.dialect.same_key(&format!("{row}.{}", quote(name)), &way.kept()));
        same.collect::<Vec<_>>().join(" AND ")
    };
    let mut orphaned = format!(
        "{coming} AND {} AND NOT EXISTS (SELECT 1 FROM {} AS p WHERE {})",
        set.join(" AND "),
        key.place,
        meets("p", &key.parent_columns)
    );
    // Rows of the table itself may come back together, if their parents are kept by these columns.
    let parent =
        |name: &String| all.iter().find(|way| naming.same(&way.to.name, name)).map(|way| way.from.name.clone());
    let parents = key.parent_columns.iter().map(parent).collect::<Option<Vec<_>>>();
    if let Some(parents) = parents.filter(|_| naming.same(&key.place, &target.source.place)) {
        let kept = format!(" AND NOT EXISTS (SELECT 1 FROM {} AS p WHERE {})", target.kept, meets("p", &parents));
        orphaned.push_str(&kept);
    }
    let (count, keys) = target.count(connection, &format!("{} AS k", target.kept), &orphaned)?;
    if count > 0 {
        let (rows, parent) = (several(count, &target.source.name), &key.parent);
        let way = with_parents(connection, target, key)?;
        problems.push(format!("{rows} kept whose row of {parent} is gone{keys}{way}."));
    }
    Ok(())
}

/// The way to bring both back, if the rows that a foreign key points to are kept, too.
fn with_parents(connection: &mut dyn Execute, target: &Target<'_>, key: &SourceKey) -> Result<String> {
    let (dialect, naming) = (target.dialect, target.dialect.naming());
    let place = |entry: &KeptEntry| match entry.schema.as_str() {
        "" => format!("main.{}", quote(&entry.table)),
        schema => format!("{}.{}", quote(schema), quote(&entry.table)),
    };
    let entries = list(dialect, connection)?;
    let mut parents = entries.iter().filter(|entry| {
        entry.columns.is_empty() && !target.together.contains(&entry.number) && naming.same(&place(entry), &key.place)
    });
    // The newest: it holds the rows as they were last.
    let Some(parent) = parents.next_back() else { return Ok(String::new()) };
    let mut numbers = target.together.to_vec();
    numbers.push(parent.number);
    numbers.sort_unstable();
    numbers.dedup();
    let numbers: Vec<String> = numbers.iter().map(i64::to_string).collect();
    Ok(format!(
        "; rows of {} are kept under {}: `plinth restore {}` brings them back together",
        key.parent,
        parent.number,
        numbers.join(" ")
    ))
}

/// Fails where a row does not hold to the letter what is kept: a type that takes it otherwise, or a trigger.
pub(super) fn verify(connection: &mut dyn Execute, target: &Target<'_>, expected: i64) -> Result<()> {
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
        0 => not_all(expected, name),
        _ => format!(
            "{} kept that {name} would not hold as they were{keys}: its types take the values otherwise.",
            several(count, name)
        ),
    };
    Err(refused(target.entry, vec![problem]))
}
