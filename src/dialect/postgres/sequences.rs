//! Sequences that have fallen behind the numbers of their columns, as after a restored backup or rows with keys of their own.

use super::locked::Tries;
use super::text;
use crate::dialect::found::{SequenceBehind, SequenceReading};
use crate::dialect::name::Name;
use crate::dialect::quote;
use crate::error::Result;
use crate::statement::{Execute, Row, Statement};
use crate::value::Value;

/// The sequences that count up and belong to a column of these tables, as SQL names them, each with its step. $1: the tables,
/// as a JSON array; $2: whether columns count whose highest number no index gives. CASE, since the server may ask the function
/// first, which fails on other relations.
const OWNED: &str = "
SELECT t.relname::text, a.attname::text, quote_ident(n.nspname) || '.' || quote_ident(s.relname), q.seqincrement
FROM pg_sequence q
JOIN pg_class s ON s.oid = q.seqrelid
JOIN pg_namespace n ON n.oid = s.relnamespace
JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = q.seqrelid
  AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
JOIN pg_class t ON t.oid = d.refobjid
JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid AND NOT a.attisdropped
WHERE q.seqincrement > 0 AND $1::jsonb ? t.relname::text AND pg_table_is_visible(t.oid)
  AND CASE WHEN s.relkind = 'S' THEN has_sequence_privilege(s.oid, 'SELECT') END
  AND has_column_privilege(a.attrelid, a.attnum, 'SELECT')
  AND ($2 OR EXISTS (SELECT FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_am m ON m.oid = i.relam
    WHERE x.indrelid = t.oid AND x.indkey[0] = a.attnum AND x.indisvalid AND x.indpred IS NULL AND m.amname = 'btree'))
ORDER BY 1, 2";

/// How many sequences one transaction looks at. While it waits for the lock of a table it keeps those of the tables before it:
/// all of these waits are shorter than the server's `deadlock_timeout`.
const AT_ONCE: usize = 8;

/// See `Contents::sequences_behind`. Where a sequence stands is read from itself: what it gives next after RESTART is in no
/// catalog.
pub(super) fn behind(
    connection: &mut dyn Execute,
    tables: &[Name],
    reading: SequenceReading,
) -> Result<Vec<SequenceBehind>> {
    let names: Vec<&str> = tables.iter().map(Name::spelled).collect();
    let names = serde_json::json!(names).to_string();
    let owned = connection.query(&Statement::new(OWNED).bind(names.as_str()).bind(Value::Bool(reading.rows)))?;
    let (tries, mut behind) = (Tries::default(), Vec::new());
    for owned in owned.chunks(AT_ONCE) {
        let mut work = |connection: &mut dyn Execute| {
            behind.extend(look(connection, owned)?);
            Ok(())
        };
        match reading.in_transaction {
            true => work(connection)?,
            false => tries.reading(connection, "READ COMMITTED", &mut work)?,
        }
    }
    behind.sort_by(|one, other| (&one.table, &one.column).cmp(&(&other.table, &other.column)));
    Ok(behind)
}

/// Of these rows of `OWNED`, the sequences that are behind.
fn look(connection: &mut dyn Execute, owned: &[Row]) -> Result<Vec<SequenceBehind>> {
    let looks = owned.iter().enumerate().map(|(at, row)| {
        let (table, column, sequence) = (quote(&text(row, 0)), quote(&text(row, 1)), text(row, 2));
        let step = row[3].as_int().unwrap_or(1);
        format!(
            "SELECT {at}::bigint, CASE WHEN is_called THEN last_value::numeric + {step} ELSE last_value END::text AS next, \
             (SELECT max({column}) FROM {table})::text AS highest FROM {sequence}"
        )
    });
    let found = connection.query(&Statement::new(looks.collect::<Vec<_>>().join(" UNION ALL ")))?;
    let judged = found.iter().filter_map(|place| {
        let row = owned.get(usize::try_from(place[0].as_int()?).ok()?)?;
        let number = |at: usize| place[at].as_str().and_then(|digits| digits.parse::<i64>().ok());
        let (next, highest) = (number(1)?, number(2)?);
        (next <= highest).then(|| SequenceBehind { table: text(row, 0), column: text(row, 1), next, highest })
    });
    Ok(judged.collect())
}
