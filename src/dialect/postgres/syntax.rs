//! How PostgreSQL writes what databases write differently.

use super::ddl::text_literal;
use crate::dialect::compile::{Numbered, Sources, Syntax};
use crate::dialect::quote;
use crate::query::{Nulls, Reading};
use crate::schema::Kind;

/// How long JavaScript takes moments for the same.
const MILLISECOND: &str = "interval '1 millisecond'";

/// PostgreSQL.
pub struct Postgres;

impl Syntax for Postgres {
    fn placeholder(&self, n: usize) -> String {
        format!("${n}")
    }

    fn in_list(&self, value: &str, placeholder: &str, kind: &Kind) -> String {
        // One parameter for a list of any length: the statement stays prepared. The server infers the array's type.
        match kind {
            // An array of bytes would be written with backslashes within backslashes; hexadecimal text needs none.
            Kind::Bytes => format!("{value} IN (SELECT decode(e, 'hex') FROM unnest({placeholder}::text[]) e)"),
            _ => format!("{value} = ANY({placeholder})"),
        }
    }

    fn like(&self, value: &str, pattern: &str) -> String {
        format!("{} LIKE {pattern}", self.by_code_point(value))
    }

    fn by_code_point(&self, value: &str) -> String {
        // To columns of ours both are nothing; citext and char(n) are compared in their own ways without the first.
        format!("{value}::text COLLATE \"C\"")
    }

    fn same_moment(&self, value: &str, placeholder: &str) -> String {
        // Of the parameter the server knows the type from the first comparison.
        format!("({value} >= {placeholder} AND {value} < {placeholder} + {MILLISECOND})")
    }

    fn moment_in(&self, value: &str, placeholder: &str) -> String {
        // The least and the greatest are for an index: it cannot serve the rest.
        let end = |function: &str| format!("(SELECT {function}(e) FROM unnest({placeholder}) e)");
        format!(
            "({} = ANY({placeholder}) AND {value} >= {} AND {value} < {} + {MILLISECOND})",
            self.millisecond(value),
            end("min"),
            end("max")
        )
    }

    fn millisecond(&self, value: &str) -> String {
        // The origin is the first moment that is read: before its origin date_bin() rounds whole milliseconds too (until PostgreSQL 17).
        format!("date_bin({MILLISECOND}, {value}, '0001-01-01 00:00:00+00')")
    }

    fn holds_more_than_milliseconds(&self) -> bool {
        true
    }

    fn numbered(&self, sources: &Sources<'_>) -> Numbered {
        let Sources { rows, alias, key, parents, parents_key, .. } = sources;
        // The first part is never run, but gives the list the type and the collation of the parents' column: compared with
        // it, the rows' key is equal as the two columns are in a join.
        let list = format!(
            "ARRAY(SELECT {parents_key} FROM {parents} WHERE false AND {parents_key} = ANY($1) UNION ALL SELECT unnest($1))"
        );
        // A join, not `= ANY`: without an index that would go through the whole list for each row.
        Numbered {
            from: format!("unnest({list}) WITH ORDINALITY k (key, n) JOIN {rows} {alias} ON k.key = {alias}.{key}"),
            place: "(k.n - 1)".into(),
            join: "JOIN",
            order_prefix: "t.",
        }
    }

    fn is_alike(&self, kind: &Kind) -> bool {
        kind.is_whole_number() || *kind == Kind::Uuid
    }

    fn distinct(&self, left: &str, right: &str) -> String {
        format!("{left} IS DISTINCT FROM {right}")
    }

    fn json_equal(&self, left: &str, right: &str) -> String {
        // jsonb has neither an order of keys nor spaces, and compares numbers by value.
        format!("{left} = {right}")
    }

    fn json_at(&self, value: &str, path: &str, reading: Reading) -> String {
        // Strict: an index is of an array, a key of an object. Silent: a value that does not fit
        // counts as missing.
        let at = format!("jsonb_path_query_first({value}, ('strict ' || {path}::text)::jsonpath, '{{}}', true)");
        match reading {
            Reading::Json => at,
            Reading::Number => format!("CASE jsonb_typeof({at}) WHEN 'number' THEN {at}::numeric END"),
            // By code points, whatever the database's own order is.
            Reading::Text => {
                format!("(CASE jsonb_typeof({at}) WHEN 'string' THEN {at} #>> '{{}}' END COLLATE \"C\")")
            }
            Reading::Rank => format!(
                "CASE jsonb_typeof({at}) WHEN 'null' THEN 1 \
                 WHEN 'boolean' THEN CASE WHEN {at} = 'false'::jsonb THEN 2 ELSE 3 END \
                 WHEN 'number' THEN 4 WHEN 'string' THEN 5 WHEN 'array' THEN 6 WHEN 'object' THEN 6 END"
            ),
        }
    }

    fn json_number(&self, placeholder: &str) -> String {
        format!("{placeholder}::jsonb::numeric")
    }

    fn json_in(&self, value: &str, placeholder: &str) -> String {
        format!("{value} IN (SELECT jsonb_array_elements({placeholder}::jsonb))")
    }

    fn order(&self, value: &str, desc: bool, nullable: bool, nulls: Nulls) -> String {
        // To PostgreSQL a null is larger than any value. If none can be, silence lets any index
        // serve.
        let direction = if desc { " DESC" } else { "" };
        let nulls = match nulls {
            _ if !nullable => "",
            Nulls::First => " NULLS FIRST",
            Nulls::Last => " NULLS LAST",
        };
        format!("{value}{direction}{nulls}")
    }

    fn sum(&self, value: &str, _kind: &Kind) -> String {
        format!("sum({value})")
    }

    fn exact_sum(&self, value: &str, kind: &Kind) -> String {
        self.sum(value, kind)
    }

    fn average(&self, value: &str, _kind: &Kind) -> String {
        // avg() of doubles fails if a sum of squares does not fit, and avg() of other types is not
        // a double.
        format!("(sum({value})::double precision / count({value}))")
    }

    fn generated_key(&self, table: &str, column: &str, given: bool) -> Option<String> {
        Some(if given { following(table, column) } else { quote(column) })
    }

    fn names_foreign_keys(&self) -> bool {
        true
    }
}

/// A key that the insert gave, and with it the table's sequence moved past it: PostgreSQL's own sequences do not look at
/// the rows, and would give the same key again.
///
/// Short steps are made by `nextval`, which never moves back. `setval` may, where two connections give keys at once and
/// the lower comes last; after a leap that is far from any key that `nextval` will reach soon. A role that may not move
/// the sequence leaves it.
fn following(table: &str, column: &str) -> String {
    let key = format!("{}.{}", quote(table), quote(column));
    let (table, column) = (text_literal(&quote(table)), text_literal(column));
    format!(
        "{key} + 0 * coalesce((SELECT CASE WHEN {key} > last THEN CASE WHEN {key} - last <= 100 \
         THEN (SELECT max(n) FROM (SELECT nextval(seq) AS n FROM generate_series(1, {key} - last)) steps) \
         ELSE setval(seq, {key}) END END \
         FROM (SELECT seq, coalesce(pg_sequence_last_value(seq), 0) AS last \
         FROM (SELECT pg_get_serial_sequence({table}, {column})::regclass AS seq) owned \
         WHERE has_sequence_privilege(seq, 'UPDATE')) state), 0)"
    )
}
