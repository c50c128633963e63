//! Tables whose rows an open transaction has read from the first to the last while it keeps other sessions from writing them.

use super::text;
use crate::error::Result;
use crate::statement::{Execute, Row, Statement};
use crate::value::Value;
use std::collections::BTreeMap;

/// How often the rows of each table have been read as a whole, by the table's number.
const SCANS: &str =
    "SELECT oid::bigint, pg_stat_get_xact_numscans(oid)::bigint FROM pg_class WHERE relkind IN ('r', 'p')";

/// The locks of this transaction that keep others from writing a table or rows of it, the strongest of each table first.
const LOCKED: &str = "
SELECT c.oid::bigint, pg_stat_get_xact_numscans(c.oid)::bigint, c.relname::text, l.mode
FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
JOIN unnest(ARRAY['AccessExclusiveLock', 'ExclusiveLock', 'ShareRowExclusiveLock', 'ShareLock', 'RowExclusiveLock'])
  WITH ORDINALITY AS modes (mode, rank) ON modes.mode = l.mode
WHERE l.locktype = 'relation' AND l.granted AND l.pid = pg_backend_pid() AND c.relkind IN ('r', 'p')
ORDER BY c.relname, modes.rank";

/// The setting with which foreign keys are looked at by a scan, which is counted, whatever the server prefers.
pub const SETTINGS: &str = "SET LOCAL enable_seqscan = on";

/// The scans of all tables at one moment. The server's counters run on from one transaction to the next; with `track_counts`
/// off they stand still.
#[derive(Clone, Debug, Default)]
pub struct Scans(BTreeMap<i64, i64>);

/// A table that a transaction has read as a whole under a lock.
#[derive(Clone, Debug)]
pub struct BlockingScan {
    /// Its name.
    pub table: String,
    /// The mode of the lock, in the words of SQL.
    pub lock: String,
    /// The calls of others that would wait for its end: `reads and writes`, `writes`, or `writes of the same rows`.
    pub waiting: &'static str,
}

impl Scans {
    /// Reads them.
    pub fn read(connection: &mut dyn Execute) -> Result<Self> {
        let rows = connection.query(&Statement::new(SCANS))?;
        Ok(Scans(rows.iter().map(|row| (number(row, 0), number(row, 1))).collect()))
    }

    /// The table that existed when `old` was read, whose rows the open transaction has read as a whole since then under a lock
    /// that keeps others from writing it, or these rows.
    pub fn blocking_since(&self, connection: &mut dyn Execute, old: &Scans) -> Result<Option<BlockingScan>> {
        let rows = connection.query(&Statement::new(LOCKED))?;
        let is_read = |row: &&Row| {
            let table = number(row, 0);
            let before = self.0.get(&table).filter(|_| old.0.contains_key(&table));
            before.is_some_and(|before| number(row, 1) > *before)
        };
        Ok(rows.iter().find(is_read).map(|row| {
            let mode = text(row, 3);
            let waiting = match mode.as_str() {
                "AccessExclusiveLock" => "reads and writes",
                "RowExclusiveLock" => "writes of the same rows",
                _ => "writes",
            };
            BlockingScan { table: text(row, 2), lock: in_words(&mode), waiting }
        }))
    }
}

fn number(row: &Row, column: usize) -> i64 {
    row.get(column).and_then(Value::as_int).unwrap_or_default()
}

/// `AccessExclusiveLock` as `ACCESS EXCLUSIVE`.
fn in_words(mode: &str) -> String {
    let mut words = String::new();
    for letter in mode.trim_end_matches("Lock").chars() {
        if letter.is_ascii_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.push(letter.to_ascii_uppercase());
    }
    words
}

#[cfg(test)]
mod tests {
    use super::in_words;

    #[test]
    fn modes_are_named_as_sql_names_them() {
        assert_eq!(in_words("AccessExclusiveLock"), "ACCESS EXCLUSIVE");
        assert_eq!(in_words("ShareLock"), "SHARE");
    }
}
