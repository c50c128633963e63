//! Sequences that have fallen behind the numbers of their columns, as after a restored backup or rows with keys of their own.

use super::text;
use crate::dialect::found::SequenceBehind;
use crate::dialect::name::Name;
use crate::dialect::quote;
use crate::error::Result;
use crate::statement::{Execute, Statement};

/// The sequences that count up and belong to these columns, as SQL names them, each with its step. $1: pairs of a table and a
/// column, as a JSON array. CASE, since the server may ask the function first, which fails on other relations.
const OWNED: &str = "
SELECT p.value->>0, p.value->>1, quote_ident(n.nspname) || '.' || quote_ident(s.relname), q.seqincrement
FROM jsonb_array_elements($1::jsonb) p
JOIN pg_attribute a ON a.attrelid = to_regclass(quote_ident(p.value->>0)) AND a.attname = p.value->>1 AND NOT a.attisdropped
JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass
  AND d.refobjid = a.attrelid AND d.refobjsubid = a.attnum AND d.deptype IN ('a', 'i')
JOIN pg_sequence q ON q.seqrelid = d.objid AND q.seqincrement > 0
JOIN pg_class s ON s.oid = q.seqrelid
JOIN pg_namespace n ON n.oid = s.relnamespace
WHERE CASE WHEN s.relkind = 'S' THEN has_sequence_privilege(s.oid, 'SELECT') END AND has_column_privilege(a.attrelid, a.attnum, 'SELECT')
ORDER BY 1, 2";

/// See `Contents::sequences_behind`. Where a sequence stands is read from itself: what it gives next after RESTART is in no
/// catalog.
pub(super) fn behind(connection: &mut dyn Execute, columns: &[(Name, Name)]) -> Result<Vec<SequenceBehind>> {
    let pairs: Vec<_> = columns.iter().map(|(table, column)| [table.spelled(), column.spelled()]).collect();
    let rows = connection.query(&Statement::new(OWNED).bind(serde_json::json!(pairs).to_string().as_str()))?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let looks = rows.iter().enumerate().map(|(at, row)| {
        let (table, column, sequence) = (quote(&text(row, 0)), quote(&text(row, 1)), text(row, 2));
        let step = row[3].as_int().unwrap_or(1);
        format!(
            "SELECT {at}::bigint, CASE WHEN is_called THEN last_value::numeric + {step} ELSE last_value END::text AS next, \
             (SELECT max({column}) FROM {table})::text AS highest FROM {sequence}"
        )
    });
    let found = connection.query(&Statement::new(looks.collect::<Vec<_>>().join(" UNION ALL ")))?;
    let mut behind = Vec::new();
    for place in &found {
        let owner = place[0].as_int().and_then(|at| rows.get(usize::try_from(at).ok()?));
        let number = |at: usize| place[at].as_str().and_then(|digits| digits.parse::<i64>().ok());
        if let (Some(owner), Some(next), Some(highest)) = (owner, number(1), number(2)) {
            if next <= highest {
                behind.push(SequenceBehind { table: text(owner, 0), column: text(owner, 1), next, highest });
            }
        }
    }
    behind.sort_by(|one, other| (&one.table, &one.column).cmp(&(&other.table, &other.column)));
    Ok(behind)
}
