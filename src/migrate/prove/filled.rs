//! Rows that a step fills in batches, and the trigger that must fill those which others write meanwhile.

use super::proof::Run;
use super::snapshot::canonical;
use super::step_run::Place;
use crate::dialect::online::OnlineWay;
use crate::dialect::postgres::online_tables::fills_each_write;
use crate::dialect::quote;
use crate::error::Result;
use crate::schema::Kind;
use crate::statement::{Execute, Row, Statement};
use crate::value::Value;
use std::collections::BTreeMap;
use std::thread::sleep;
use std::time::Duration;

/// Two moments that far apart differ in the database, too.
pub(super) const TICK: Duration = Duration::from_millis(3);

impl Run<'_> {
    /// Runs the batches of a step. A trigger must fill the same in rows that are written meanwhile.
    pub(super) fn fill(
        &self,
        connection: &mut dyn Execute,
        place: Place<'_>,
        (table, key): (&str, &[String]),
        statements: &[String],
    ) -> Result<()> {
        let first = self.touched(connection, place, (table, key))?;
        sleep(TICK);
        let runs = [first, self.touched(connection, place, (table, key))?];
        let before = by_key(connection, table, key)?;
        let way = OnlineWay::Batches { table: table.to_owned(), key: key.to_vec() };
        self.run_step(connection, place, &way, statements)?;
        let after = by_key(connection, table, key)?;
        let same = |one: &Value, other: &Value| canonical(&Kind::Real, one) == canonical(&Kind::Real, other);
        let is_filled = after.iter().all(|(key, row)| {
            let (Some(old), Some(one), Some(other)) = (before.get(key), runs[0].get(key), runs[1].get(key)) else {
                return false;
            };
            (0..row.len()).all(|at| {
                // The time of a run and random values differ: of those there must be one.
                let is_steady = same(&one[at], &other[at]);
                let is_alike = if is_steady { same(&one[at], &row[at]) } else { one[at] != Value::Null };
                same(&old[at], &row[at]) || is_alike
            })
        });
        if is_filled && fills_each_write(connection, table)? {
            return Ok(());
        }
        let hint = "A trigger BEFORE INSERT OR UPDATE ... FOR EACH ROW, made by an earlier step, gives the column the same value \
                    where it is NULL; the last step drops it.";
        Err(self.at(place, &format!("no trigger of `{table}` fills rows as its batches do")).table(table).hint(hint))
    }

    /// The rows of a table after each was written without a change, which is undone: what triggers make of them.
    fn touched(
        &self,
        connection: &mut dyn Execute,
        Place { step, .. }: Place<'_>,
        (table, key): (&str, &[String]),
    ) -> Result<BTreeMap<String, Row>> {
        let (of, first) = (quote(table), key.first().map(|column| quote(column)).unwrap_or_default());
        connection.batch("BEGIN")?;
        let write = connection.batch(&format!("UPDATE {of} SET {first} = {first}"));
        let rows = write.and_then(|()| by_key(connection, table, key));
        connection.batch("ROLLBACK")?;
        rows.map_err(|error| {
            let failed = self.failed(step, format!("the trigger of `{table}` failed: {}", error.clause()));
            error.recoded(failed.code).says(failed.message).table(table)
        })
    }
}

/// The rows of a table by their keys as text.
fn by_key(connection: &mut dyn Execute, table: &str, key: &[String]) -> Result<BTreeMap<String, Row>> {
    let columns: Vec<String> = key.iter().map(|column| quote(column).to_string()).collect();
    let of = quote(table);
    let rows =
        connection.query(&Statement::new(format!("SELECT ROW({})::text, {of}.* FROM {of}", columns.join(", "))))?;
    let pair = |mut row: Row| {
        let key = row.remove(0);
        (key.as_str().unwrap_or_default().to_owned(), row)
    };
    Ok(rows.into_iter().map(pair).collect())
}
