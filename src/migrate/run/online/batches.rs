//! Rows that get values a batch at a time: each batch is a transaction, in which it is noted how far it leads. The first pass
//! leaves out rows that others have locked; those after it wait for them.

use super::course::Course;
use super::rows::table_of;
use crate::dialect::online::BATCH;
use crate::dialect::postgres::row_batches::{RowBatch, SETTINGS};
use crate::dialect::quote;
use crate::error::{Code, Error, Result};
use crate::migrate::run::refusal::{key_of, refusal, KEYS};
use crate::migrate::run::runner::Runner;
use crate::schema::expression::mentions;
use crate::statement::{Execute, Row, Statement};
use crate::value::Value;
use serde::{Deserialize, Serialize};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How many rows the first batch has, and how many one has at least and at most.
const ROWS: (u64, u64, u64) = (500, 100, 5_000);
/// How long the rows of a batch are to be locked, to the end of its commit: others that write them wait so long.
const TIME: Duration = Duration::from_millis(20);
/// The longest pause after a batch.
const PAUSE: Duration = Duration::from_millis(100);
/// After so many passes the step ends, although others still add rows without values: a later step refuses these.
const PASSES: u32 = 10;

/// How far the rows of a table have come.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Cursor {
    /// Which pass over the table, from 1.
    pass: u32,
    /// The key of the last row of the last batch, as texts; `None` at the beginning of a pass.
    after: Option<Vec<String>>,
    /// How many rows have got values.
    rows: u64,
    /// Whether rows have in this pass.
    some: bool,
}

/// The result of a batch.
#[derive(Default)]
struct Batch {
    /// The key of its last row; `None` if it was the last of its pass.
    upto: Option<Vec<String>>,
    /// How many rows it has changed.
    rows: u64,
    /// How long its transaction took.
    took: Duration,
    /// How long the rows took, the way to the server and back apart.
    work: Duration,
    /// When the first row was locked, at the earliest.
    locked: Option<Instant>,
    /// How long the note and the commit took after that, in which the rows are locked as well.
    rest: Duration,
}

/// The UPDATE of a step, its table and the key of that.
#[derive(Clone, Copy)]
pub(super) struct Filled<'s> {
    pub table: &'s str,
    pub key: &'s [String],
    pub update: &'s str,
}

impl Runner<'_> {
    /// Runs the step of the number from 0, which gives rows values. Errors: `ROWS_REFUSED` with the keys of rows whose value
    /// would be NULL; `BUSY` with the session that keeps a row locked.
    pub(super) fn fill(&mut self, course: &mut Course<'_, '_>, number: usize, filled: Filled<'_>) -> Result<()> {
        let read = |text: &str| serde_json::from_str(text).map_err(|error| unreadable(text, &error.to_string()));
        let begin = || Cursor { pass: 1, after: None, rows: 0, some: false };
        let mut cursor: Cursor = course.cursor().map_or_else(|| Ok(begin()), read)?;
        let mut progress = course.progress(number, filled.update);
        progress.of = estimate(self.connection, filled.table)?;
        let mut rows = ROWS.0;
        while course.done() == number {
            if let Some(lock) = &mut self.lock {
                lock.check()?;
            }
            let batch = self.fill_batch(course, number, filled, (&mut cursor, rows))?;
            progress.rows = i64::try_from(cursor.rows).ok();
            (self.report)(&progress);
            rows = next_size(rows, &batch);
            if batch.rows > 0 && course.done() == number {
                sleep(batch.took.min(PAUSE));
            }
        }
        Ok(())
    }

    /// Runs one batch, and notes in its transaction how far it leads: to the next step after the last.
    fn fill_batch(
        &mut self,
        course: &mut Course<'_, '_>,
        number: usize,
        filled: Filled<'_>,
        (cursor, size): (&mut Cursor, u64),
    ) -> Result<Batch> {
        let dialect = self.dialect;
        let (mut batch, mut noted, mut next, mut begun) = (Batch::default(), None, None, Instant::now());
        dialect.revision_transaction(self.connection, &[], &mut |connection| {
            begun = Instant::now();
            connection.batch(SETTINGS)?;
            let trip = begun.elapsed();
            batch = change(connection, course, filled, (cursor, size))?;
            batch.work = batch.work.saturating_sub(trip);
            next = cursor.next(&batch);
            let step = if next.is_some() { number } else { number + 1 };
            let text = next.as_ref().map(serde_json::to_string).transpose();
            let text = text.map_err(|error| Error::new(Code::Internal, error.to_string()))?;
            noted = Some(course.note(dialect, connection, step, text)?);
            Ok(())
        })?;
        batch.took = begun.elapsed();
        batch.rest = batch.locked.map(|at| at.elapsed().saturating_sub(batch.work)).unwrap_or_default();
        course.at = noted;
        cursor.rows += batch.rows;
        if let Some(next) = next {
            *cursor = next;
        }
        Ok(batch)
    }
}

impl Cursor {
    /// How far it is after a batch; `None` if no row is left.
    fn next(&self, batch: &Batch) -> Option<Cursor> {
        let (rows, some) = (self.rows + batch.rows, self.some || batch.rows > 0);
        if batch.upto.is_some() {
            return Some(Cursor { pass: self.pass, after: batch.upto.clone(), rows, some });
        }
        let is_last = self.pass > 1 && (!some || self.pass >= PASSES);
        (!is_last).then_some(Cursor { pass: self.pass + 1, after: None, rows, some: false })
    }
}

/// Changes the rows of one batch.
fn change(
    connection: &mut dyn Execute,
    course: &Course<'_, '_>,
    filled: Filled<'_>,
    (cursor, size): (&Cursor, u64),
) -> Result<Batch> {
    let Filled { table, key, update } = filled;
    let after = cursor.after.as_deref();
    let open = RowBatch { table, key, after, upto: None, skips_locked: cursor.pass == 1 };
    let end = connection.query(&Statement::new(open.end(size)))?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let upto: Option<Vec<String>> = end.first().map(|row| row.iter().map(text).collect());
    let batch = RowBatch { upto: upto.as_deref(), ..open };
    let sql = batch.update(update, KEYS).ok_or_else(|| unreadable(update, "an UPDATE without the place of a batch"))?;
    let begun = Instant::now();
    let found = connection.query(&Statement::new(sql))?;
    let work = begun.elapsed();
    let number = |at: usize| found.first().and_then(|row| row.get(at)).and_then(Value::as_int).unwrap_or_default();
    match number(1) {
        0 => {
            let rows = u64::try_from(number(0)).unwrap_or_default();
            Ok(Batch { upto, rows, work, locked: Some(begun), ..Batch::default() })
        }
        left => Err(without_value(course, filled, left, &found)),
    }
}

/// The error of rows for which an expression gives NULL.
fn without_value(course: &Course<'_, '_>, filled: Filled<'_>, left: i64, found: &[Row]) -> Error {
    let Filled { table, update, .. } = filled;
    let condition = update.split_once(BATCH).map_or("", |(_, condition)| condition);
    let declared = table_of(course.script.step, table);
    let columns = declared.into_iter().flat_map(|table| &table.columns).map(|column| &column.name);
    let columns: Vec<String> = columns.filter(|name| mentions(condition, name)).cloned().collect();
    let keys: Vec<Row> = found.iter().map(|row| row.iter().skip(2).cloned().collect()).collect();
    let key = declared.map(key_of).unwrap_or_default();
    let named: Vec<String> = columns.iter().map(|name| format!("{table}.{name}")).collect();
    let what = format!("NULL from the expression for {}", named.join(", "));
    refusal((table, &columns), &key, &what, left, &keys)
        .hint("Change these rows so that the expression has a value, or give them one in the column itself.")
}

/// How many rows the server takes a table to have; `None` if it does not know.
fn estimate(connection: &mut dyn Execute, table: &str) -> Result<Option<i64>> {
    let sql = "SELECT reltuples::bigint FROM pg_class WHERE oid = to_regclass($1)";
    let rows = connection.query(&Statement::new(sql).bind(quote(table).as_str()))?;
    Ok(rows.first().and_then(|row| row.first()).and_then(Value::as_int).filter(|rows| *rows > 0))
}

/// The number of rows of the next batch: as many as are locked for the time. The commit counts, but leaves the rows half of the
/// time: on a slow disk fewer rows would not make it quicker. On a busy machine a batch of few rows takes long as well: sizes
/// shrink less at a time than they grow, or there would be ever smaller ones.
fn next_size(size: u64, batch: &Batch) -> u64 {
    let (_, least, most) = ROWS;
    let time = TIME.saturating_sub(batch.rest).max(TIME / 2);
    let fits = size as f64 * time.as_secs_f64() / batch.work.as_secs_f64().max(0.001);
    (fits as u64).clamp(size * 2 / 3, size * 2).clamp(least, most)
}

fn unreadable(found: &str, why: &str) -> Error {
    Error::new(Code::Internal, format!("How far the rows of a step have come cannot be read: {why}.")).found(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passes_end_with_one_that_changes_nothing() {
        let batch =
            |upto: Option<&str>, rows| Batch { upto: upto.map(|key| vec![key.into()]), rows, ..Batch::default() };
        let first = Cursor { pass: 1, after: None, rows: 0, some: false };
        let second = first.next(&batch(Some("5"), 5)).unwrap();
        assert_eq!((second.pass, second.after.clone(), second.rows), (1, Some(vec!["5".into()]), 5));
        let waits = second.next(&batch(None, 0)).unwrap();
        assert_eq!((waits.pass, waits.after.clone(), waits.some), (2, None, false));
        let again = waits.next(&batch(None, 1)).unwrap();
        assert_eq!((again.pass, again.rows), (3, 6));
        assert!(again.next(&batch(None, 0)).is_none() && first.next(&batch(None, 0)).is_some());
        let endless = Cursor { pass: PASSES, ..again };
        assert!(endless.next(&batch(None, 1)).is_none());
    }

    #[test]
    fn batches_grow_and_shrink() {
        let batch =
            |ms, rest| Batch { work: Duration::from_millis(ms), rest: Duration::from_millis(rest), ..Batch::default() };
        let next = |size, ms| next_size(size, &batch(ms, 0));
        assert_eq!((next(500, 4), next(500, 20), next(500, 25), next(600, 900)), (1_000, 500, 400, 400));
        assert_eq!((next(5_000, 1), next(120, 900)), (5_000, 100));
        assert_eq!(next_size(5_000, &batch(0, 0)), 5_000);
        // With a commit of 5 ms there are 15 for the rows, with one of a second still 10.
        assert_eq!((next_size(600, &batch(20, 5)), next_size(600, &batch(15, 1_000))), (450, 400));
    }
}
