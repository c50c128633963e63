//! How SQLite writes what databases write differently.

use crate::dialect::compile::Syntax;
use crate::query::Nulls;
use crate::schema::Kind;

/// SQLite. Its connections have two functions of ours: `plinth_like` and `plinth_json_eq` (engine/sqlite/functions.rs).
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

    fn distinct(&self, left: &str, right: &str) -> String {
        format!("{left} IS NOT {right}")
    }

    fn json_equal(&self, left: &str, right: &str) -> String {
        format!("plinth_json_eq({left}, {right})")
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

    fn generated_key(&self, _table: &str, _column: &str, _given: bool) -> Option<String> {
        // The connection knows it: https://www.sqlite.org/c3ref/last_insert_rowid.html
        None
    }

    fn names_foreign_keys(&self) -> bool {
        false
    }
}
