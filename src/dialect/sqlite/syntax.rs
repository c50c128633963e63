//! How SQLite writes what databases write differently.

use crate::dialect::compile::{Numbered, Sources, Syntax};
use crate::plan::MAX_SAFE;
use crate::query::{Lock, Nulls, Reading};
use crate::schema::Kind;

/// SQLite. Its connections have functions of ours: `plinth_like`, `plinth_json_eq`, `plinth_json_in` (engine/sqlite/functions.rs), `plinth_add`,
/// `plinth_json_append`, `plinth_json_merge` (engine/sqlite/changes.rs), `plinth_sum`, `plinth_sum_text` and `plinth_avg`
/// (engine/sqlite/aggregates.rs).
pub struct Sqlite;

impl Syntax for Sqlite {
    fn placeholder(&self, n: usize) -> String {
        format!("?{n}")
    }

    fn in_list(&self, value: &str, placeholder: &str, kind: &Kind) -> String {
        // One parameter for a list of any length: the statement stays prepared and no limit of parameters is met.
        let element = if matches!(kind, Kind::Bytes) { "unhex(value)" } else { "value" };
        format!("{value} IN (SELECT {element} FROM json_each({placeholder}))")
    }

    fn like(&self, value: &str, pattern: &str) -> String {
        // SQLite's own LIKE ignores the case of ASCII letters.
        format!("plinth_like({pattern}, {value})")
    }

    fn by_code_point(&self, value: &str) -> String {
        format!("{value} COLLATE BINARY")
    }

    fn same_moment(&self, value: &str, placeholder: &str) -> String {
        // Moments are text of one form, which has milliseconds and no more.
        format!("{value} = {placeholder}")
    }

    fn moment_in(&self, value: &str, placeholder: &str) -> String {
        self.in_list(value, placeholder, &Kind::Timestamp)
    }

    fn millisecond(&self, value: &str) -> String {
        value.to_owned()
    }

    fn holds_more_than_milliseconds(&self) -> bool {
        false
    }

    fn numbered(&self, sources: &Sources<'_>) -> Numbered {
        let Sources { rows, alias, key, referenced, referenced_key, .. } = sources;
        // The first part gives no row, but its column the collation by which a foreign key compares. LIMIT, not WHERE: from it
        // SQLite knows that the list is short, and then takes an index of the rows.
        let list = format!(
            "SELECT * FROM (SELECT {referenced_key} AS key, 0 AS n FROM {referenced} LIMIT 0) \
             UNION ALL SELECT value, key FROM json_each(?1)"
        );
        Numbered {
            from: format!("({list}) k JOIN {rows} {alias} ON k.key = {alias}.{key}"),
            place: "k.n".into(),
            // The list is short, but SQLite would rather read a whole table in the order that is asked for, or begin with the
            // table at the far end: the plus keeps it from using an index for the order, CROSS from moving a table ahead.
            join: "CROSS JOIN",
            order_prefix: "+t.",
        }
    }

    fn is_alike(&self, kind: &Kind) -> bool {
        kind.is_whole_number()
    }

    fn distinct(&self, left: &str, right: &str) -> String {
        format!("{left} IS NOT {right}")
    }

    fn json_equal(&self, left: &str, right: &str) -> String {
        format!("plinth_json_eq({left}, {right})")
    }

    fn json_at(&self, value: &str, path: &str, reading: Reading) -> String {
        match reading {
            Reading::Json => format!("({value} -> {path})"),
            Reading::Number => {
                format!("CASE WHEN json_type({value}, {path}) IN ('integer', 'real') THEN {value} ->> {path} END")
            }
            Reading::Text => format!("CASE json_type({value}, {path}) WHEN 'text' THEN {value} ->> {path} END"),
            Reading::Rank => format!(
                "CASE json_type({value}, {path}) WHEN 'null' THEN 1 WHEN 'false' THEN 2 WHEN 'true' THEN 3 \
                 WHEN 'integer' THEN 4 WHEN 'real' THEN 4 WHEN 'text' THEN 5 WHEN 'array' THEN 6 WHEN 'object' THEN 6 END"
            ),
        }
    }

    fn json_number(&self, placeholder: &str) -> String {
        // Read by the same code as the numbers that it is compared with.
        format!("({placeholder} ->> '$')")
    }

    fn json_in(&self, value: &str, placeholder: &str) -> String {
        format!("plinth_json_in({value}, {placeholder})")
    }

    fn order(&self, value: &str, desc: bool, nullable: bool, nulls: Nulls) -> String {
        // To SQLite a null is less than any value.
        let own = !nullable || nulls == Nulls::of(desc);
        let nulls = match nulls {
            _ if own => "",
            Nulls::First => " NULLS FIRST",
            Nulls::Last => " NULLS LAST",
        };
        format!("{value}{}{nulls}", if desc { " DESC" } else { "" })
    }

    fn sum(&self, value: &str, _kind: &Kind) -> String {
        format!("plinth_sum({value})")
    }

    fn exact_sum(&self, value: &str, kind: &Kind) -> String {
        match kind {
            Kind::Real => self.sum(value, kind),
            _ => format!("plinth_sum_text({value}, {})", scale(kind)),
        }
    }

    fn average(&self, value: &str, kind: &Kind) -> String {
        format!("plinth_avg({value}, {})", scale(kind))
    }

    fn add(&self, value: &str, amount: &str, kind: &Kind) -> String {
        // Beyond 64 bits SQLite's own sum is a double.
        match range(kind) {
            Some((least, greatest)) => format!("plinth_add({value}, {amount}, {least}, {greatest})"),
            None => format!("plinth_add({value}, {amount})"),
        }
    }

    fn append(&self, value: &str, elements: &str) -> String {
        format!("plinth_json_append({value}, {elements})")
    }

    fn merge(&self, value: &str, members: &str) -> String {
        format!("plinth_json_merge({value}, {members})")
    }

    fn generated_key(&self, _table: &str, _column: &str, _given: bool) -> Option<String> {
        // The connection knows it: https://www.sqlite.org/c3ref/last_insert_rowid.html
        None
    }

    fn lock(&self, _table: &str, _lock: Lock) -> String {
        String::new()
    }

    fn locks_rows(&self) -> bool {
        false
    }

    fn names_foreign_keys(&self) -> bool {
        false
    }
}

/// The least and the greatest number of a kind as it is stored; `None` if the kind holds all of 64 bits, or doubles.
fn range(kind: &Kind) -> Option<(i64, i64)> {
    let greatest = match kind {
        Kind::Id | Kind::Integer => MAX_SAFE as i64,
        Kind::Int32 => return Some((i64::from(i32::MIN), i64::from(i32::MAX))),
        // At most 18 digits.
        Kind::Decimal { precision, .. } => 10_i64.pow(u32::from(*precision)) - 1,
        _ => return None,
    };
    Some((-greatest, greatest))
}

/// How many digits of a stored number stand after the point.
fn scale(kind: &Kind) -> u8 {
    match kind {
        Kind::Decimal { scale, .. } => *scale,
        _ => 0,
    }
}
