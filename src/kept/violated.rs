//! Kept rows that a constraint of their table refuses: how many they are, and the keys of some.

use super::refusal::{refused, several, unwritten};
use super::target::{Target, Way};
use crate::dialect::quote;
use crate::error::{Code, Error, Result};
use crate::statement::{Execute, Statement};

/// Runs the statement that brings rows back; `new` says of a kept row whether it comes. Errors: `RESTORE_REFUSED`, with the rows
/// that a constraint refuses, if that is the reason.
pub(super) fn write(
    connection: &mut dyn Execute,
    target: &Target<'_>,
    new: &str,
    statement: &Statement,
) -> Result<usize> {
    connection.batch("SAVEPOINT plinth_rows")?;
    let written = target.dialect.write(connection, statement);
    if written.is_err() && connection.batch("ROLLBACK TO SAVEPOINT plinth_rows").is_err() {
        return written.map_err(|error| unwritten(target.entry, error));
    }
    connection.batch("RELEASE SAVEPOINT plinth_rows")?;
    written.map_err(|error| match rows(connection, target, new, &error) {
        Some(problem) => {
            let told = refused(target.entry, vec![problem]);
            Error { constraint: error.constraint, columns: error.columns, ..told }
        }
        None => unwritten(target.entry, error),
    })
}

/// The rows that are the reason for an error; `None` if they cannot be found.
fn rows(connection: &mut dyn Execute, target: &Target<'_>, new: &str, error: &Error) -> Option<String> {
    let listed = error.columns.join(", ");
    let coming = coming(target, new);
    let (what, condition) = match error.code {
        Code::UniqueViolation if !error.columns.is_empty() => {
            let same = |of: &str| {
                let same = error.columns.iter().map(|name| format!("{of}.{0} = c.{0}", quote(name)));
                same.collect::<Vec<_>>().join(" AND ")
            };
            let stays = if target.is_whole() { "1 = 1".to_owned() } else { format!("NOT {}", target.is_kept()) };
            let other = format!("EXISTS (SELECT 1 FROM {} AS t WHERE {} AND {stays})", target.place(), same("t"));
            let listed_of = |of: &str| {
                let names = error.columns.iter().map(|name| format!("{of}.{}", quote(name)));
                names.collect::<Vec<_>>().join(", ")
            };
            // Grouped once: a look at all rows for each row would hold the lock for minutes.
            let twice = format!(
                "({}) IN (SELECT {d} FROM {coming} AS d GROUP BY {d} HAVING count(*) > 1)",
                listed_of("c"),
                d = listed_of("d"),
            );
            (format!("with the same {listed} as another row"), format!("({other} OR {twice})"))
        }
        Code::NotNullViolation => {
            let null: Vec<String> = error.columns.iter().map(|name| format!("c.{} IS NULL", quote(name))).collect();
            (format!("with NULL in {listed}"), null.join(" OR "))
        }
        Code::CheckViolation => {
            let name = error.constraint.as_ref()?;
            let same = |(check, _): &&(String, String)| target.dialect.naming().same(check, name);
            let (_, check) = target.source.checks.iter().find(same)?;
            (format!("with values that the check {name} refuses"), format!("NOT {check}"))
        }
        _ => return None,
    };
    let from = format!("{coming} AS c");
    let keys: Vec<String> = (0..target.key().len()).map(|at| format!("c.plinth_key_{at}")).collect();
    let (count, keys) = target.count_by(connection, &keys, (&from, &condition)).ok()?;
    (count > 0).then(|| format!("{} kept {what}{keys}.", several(count, &target.source.name)))
}

/// The rows as they would be in the table, with their keys.
fn coming(target: &Target<'_>, new: &str) -> String {
    let taken = |way: &Way<'_>| target.dialect.taken(way.to, &way.kept());
    let ways = target.coming();
    let keys = target.key();
    let keys = keys.iter().enumerate().map(|(at, way)| format!("{} AS plinth_key_{at}", taken(way)));
    let columns = target.source.columns.iter().filter_map(|column| {
        let name = quote(&column.name);
        match ways.iter().find(|way| way.to.name == column.name) {
            Some(way) => Some(format!("{} AS {name}", taken(way))),
            None if target.is_whole() => None,
            None => Some(format!("t.{name}")),
        }
    });
    let columns: Vec<String> = keys.chain(columns).collect();
    let from = if target.is_whole() { format!("{} AS k", target.kept) } else { target.joined() };
    format!("(SELECT {} FROM {from} WHERE {new})", columns.join(", "))
}
