//! How long a script will hold the write lock, as far as it makes tables anew: measured with a sample of their rows.

use super::rebuild::{copy_of, rebuilt, temporary, Copy};
use crate::dialect::quote;
use crate::error::Result;
use crate::sql::{significant, Rules};
use crate::statement::{Execute, Statement};
use std::time::{Duration, Instant};

/// A table of fewer rows is made anew in a moment.
const FEW: i64 = 20_000;

/// The places of a table at which rows are read for the sample, and the rows of each.
const PLACES: i64 = 16;
const ROWS: i64 = 250;

/// The whole takes longer than its rows in memory: pages go to the log, the old table is given up, and the log to the disk.
const WRITTEN: f64 = 3.0;

/// How long the statements will take; `None` if they make no table of many rows anew, or if rows of the sample are refused.
/// Leaves nothing behind.
pub(super) fn estimate(connection: &mut dyn Execute, statements: &[&str]) -> Option<Duration> {
    let copies = statements.iter().filter_map(|sql| copy_of(sql));
    // A refusal is for the script itself to report, which knows the statement and its rows.
    let each = copies.filter_map(|copy| of_table(connection, &copy, statements).ok().flatten());
    each.reduce(|all, one| all + one)
}

fn of_table(connection: &mut dyn Execute, copy: &Copy, statements: &[&str]) -> Result<Option<Duration>> {
    let (source, rowid) = (quote(&copy.source), copy.rowid);
    let sql = format!("SELECT count(*), min({rowid}), max({rowid}) FROM main.{source}");
    let row = connection.query(&Statement::new(sql))?.into_iter().next().unwrap_or_default();
    let number = |at: usize| row.get(at).and_then(|value| value.as_int());
    let (Some(rows), Some(least), Some(most)) = (number(0), number(1), number(2)) else { return Ok(None) };
    let of_copy = |sql: &&&str| rebuilt(sql).as_deref() == Some(copy.source.as_str()) && creates_table(sql);
    let Some(create) = statements.iter().find(of_copy).filter(|_| rows >= FEW) else { return Ok(None) };
    let target = quote(&temporary(&copy.source));
    connection.batch(&create.replacen("CREATE TABLE", "CREATE TEMP TABLE", 1))?;
    let measured = sample(connection, copy, (least, most), statements);
    connection.batch(&format!("DROP TABLE temp.{target}"))?;
    let (sampled, took) = measured?;
    Ok((sampled > 0).then(|| took.mul_f64(rows as f64 / sampled as f64 * WRITTEN)))
}

/// Copies rows of some places of the table into a temporary one, and makes its indexes: how many rows, and how long that takes.
/// A place counts as the one in the middle does, in which the process was not kept waiting.
fn sample(
    connection: &mut dyn Execute,
    copy: &Copy,
    (least, most): (i64, i64),
    statements: &[&str],
) -> Result<(usize, Duration)> {
    let (source, rowid) = (quote(&copy.source), copy.rowid);
    let step = (most.saturating_sub(least) / PLACES).max(1);
    let (mut sampled, mut times) = (0, Vec::new());
    for place in 0..PLACES {
        let from = least.saturating_add(step.saturating_mul(place));
        let some = format!(
            "{} WHERE {source}.{rowid} IN (SELECT {rowid} FROM main.{source} WHERE {rowid} >= {from} AND {rowid} < {} \
             ORDER BY {rowid} LIMIT {ROWS})",
            copy.sql,
            from.saturating_add(step)
        );
        let begun = Instant::now();
        let rows = connection.execute(&Statement::new(some))?;
        if rows > 0 {
            sampled += rows;
            times.push(begun.elapsed().div_f64(rows as f64));
        }
    }
    times.sort();
    let copied = times.get(times.len() / 2).copied().unwrap_or_default().mul_f64(sampled as f64);
    let begun = Instant::now();
    for (at, index) in statements.iter().filter(|sql| indexes(sql, &copy.source)).enumerate() {
        let on = format!(" ON {} ", quote(&copy.source));
        let Some((_, parts)) = index.split_once(&on) else { continue };
        let target = quote(&temporary(&copy.source));
        connection.batch(&format!("CREATE INDEX temp.plinth_sample_{at} ON {target} {parts}"))?;
    }
    Ok((sampled, copied + begun.elapsed()))
}

fn creates_table(sql: &str) -> bool {
    let mut words = significant(sql, Rules::Sqlite).map(|token| &sql[token.at]);
    words.next() == Some("CREATE") && words.next() == Some("TABLE")
}

/// Whether a statement makes an index of the table.
fn indexes(sql: &str, table: &str) -> bool {
    let creates = sql.starts_with("CREATE INDEX") || sql.starts_with("CREATE UNIQUE INDEX");
    creates && sql.contains(&format!(" ON {} ", quote(table)))
}
