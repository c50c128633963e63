//! The content that a step leaves in columns whose values are kept: the values of rows when a
//! column comes back, or the result of a change of its kind. A row that still holds it was not
//! changed by anybody, and takes what is kept.

use super::list::{list, KeptColumn, KeptEntry};
use super::loss::{Effect, Lost, Place};
use super::target::{find, Target, Way};
use crate::dialect::{quote, Dialect};
use crate::error::Result;
use crate::statement::{Execute, Statement};

/// The column that holds it, beside the kept column of this place in the list. No kept column has its name.
pub(super) fn column(columns: &[KeptColumn], at: usize) -> String {
    let is_kept = |name: &String| columns.iter().any(|column| column.name.eq_ignore_ascii_case(name));
    let mut names = std::iter::successors(Some(format!("plinth_left_{at}")), |name| Some(format!("{name}_")));
    names.find(|name| !is_kept(name)).unwrap_or_default()
}

/// Before a step: rows that somebody has changed hold nothing any more that a step left.
pub fn before(dialect: &dyn Dialect, connection: &mut dyn Execute, effect: &Effect) -> Result<()> {
    let altered: Vec<&Place> = effect.altered.iter().map(|(before, _)| before).collect();
    each(
        dialect,
        connection,
        &|_, lost, place| lost == Lost::Changed && altered.contains(&place),
        &mut |connection, target, way, left| {
            let same = dialect.is_kept(&way.value(), &format!("k.{left}"));
            connection.execute(&Statement::new(format!(
                "UPDATE {} AS k SET {left} = NULL FROM {} AS t WHERE {} AND NOT {same}",
                target.kept,
                target.source.place,
                target.meets(),
            )))
        },
    )
}

/// After a step that has kept these entries: notes what it leaves.
pub fn after(dialect: &dyn Dialect, connection: &mut dyn Execute, effect: &Effect, kept: &[i64]) -> Result<()> {
    let altered: Vec<&Place> = effect.altered.iter().map(|(_, after)| after).collect();
    let comes = |entry: &KeptEntry, lost: Lost, place: &Place| match lost {
        Lost::Dropped => effect.added.contains(place),
        Lost::Changed => kept.contains(&entry.number) || altered.contains(&place),
    };
    each(dialect, connection, &comes, &mut |connection, target, way, left| {
        let known = match way.from.lost == Some(Lost::Changed) && !kept.contains(&target.entry.number) {
            true => format!(" AND k.{left} IS NOT NULL"),
            false => String::new(),
        };
        connection.execute(&Statement::new(format!(
            "UPDATE {} AS k SET {left} = {} FROM {} AS t WHERE {}{known}",
            target.kept,
            dialect.left_value(&way.value()),
            target.source.place,
            target.meets(),
        )))
    })
}

/// After whole rows came back, none of which existed before: notes what the database gave them in columns whose values are kept
/// under other numbers.
pub(super) fn inserted(dialect: &dyn Dialect, connection: &mut dyn Execute, whole: &KeptEntry) -> Result<()> {
    let Some(source) = find(dialect, connection, whole)?.filter(|_| !whole.details.key.is_empty()) else {
        return Ok(());
    };
    let kept = dialect.kept_table(whole.number, &whole.table);
    let whole = Target { dialect, entry: whole, kept, source, made: false, together: &[] };
    let same = |way: Way<'_>| dialect.same_key(&way.value(), &format!("w.{}", quote(&way.from.name)));
    let is_one: Vec<String> = whole.key().into_iter().map(same).collect();
    let has = |name: &String| whole.coming().iter().any(|way| way.to.name == *name);
    let table = &whole.source;
    let choice = |entry: &KeptEntry, _: Lost, (name, column): &Place| {
        entry.schema == table.schema && *name == table.name && !has(column)
    };
    each(dialect, connection, &choice, &mut |connection, target, way, left| {
        connection.execute(&Statement::new(format!(
            "UPDATE {} AS k SET {left} = {} FROM {} AS t WHERE {} AND EXISTS (SELECT 1 FROM {} AS w WHERE {})",
            target.kept,
            dialect.left_value(&way.value()),
            target.source.place,
            target.meets(),
            whole.kept,
            is_one.join(" AND "),
        )))
    })
}

/// Which columns of which entries a step is about, by their places in the database.
type Choice<'a> = &'a dyn Fn(&KeptEntry, Lost, &Place) -> bool;

/// What is done with one of them; the last is the column that holds what was left.
type Work<'a> = &'a mut dyn FnMut(&mut dyn Execute, &Target<'_>, Way<'_>, &str) -> Result<usize>;

fn each(dialect: &dyn Dialect, connection: &mut dyn Execute, choice: Choice<'_>, work: Work<'_>) -> Result<()> {
    if !dialect.owns_kept(connection)? {
        return Ok(());
    }
    for entry in list(dialect, connection)?.into_iter().filter(|entry| !entry.columns.is_empty()) {
        let Some(source) = find(dialect, connection, &entry)? else { continue };
        if !dialect.has_kept_table(connection, entry.number, &entry.table)? {
            continue;
        }
        let kept = dialect.kept_table(entry.number, &entry.table);
        let target = Target { dialect, entry: &entry, kept, source, made: false, together: &[] };
        let is_whole = target.key().len() == entry.details.key.len() && target.other_types().is_empty();
        if entry.details.key.is_empty() || !is_whole {
            continue;
        }
        for (at, from) in entry.details.columns.iter().enumerate() {
            let (Some(lost), Some(to)) = (from.lost, target.column(&from.name)) else { continue };
            let place = (target.source.name.clone(), to.name.clone());
            if choice(&entry, lost, &place) {
                let way = Way { from, to };
                dialect.with_text_settings(connection, &mut |connection| {
                    work(connection, &target, way, &quote(&column(&entry.details.columns, at))).map(drop)
                })?;
            }
        }
    }
    Ok(())
}
