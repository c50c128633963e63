//! The report of rows: how many they are, and the keys of some, unless these may hold private data.

use crate::dialect::name::Naming;
use crate::dialect::quote;
use crate::drift::look::Sides;
use crate::error::Result;
use crate::migrate::run::refusal::{counted, key_of, named};
use crate::schema::Table;
use crate::statement::{Execute, Row, Statement};
use crate::value::Value;
use serde_json::{json, Value as Json};

/// How many keys are reported.
const KEYS: usize = 10;

/// The largest whole number that JavaScript reads exactly.
const EXACT: u64 = (1 << 53) - 1;

/// The permitted report of the rows of a table.
pub(super) struct Telling {
    table: String,
    /// The columns of the primary key, see `key_of`; empty if keys are not reported.
    key: Vec<(String, bool)>,
}

impl Telling {
    /// Of a table that is declared.
    pub fn of(
        naming: Naming,
        sides: Sides<'_>,
        declared: &Table,
        is_private: &dyn Fn(&str, &str) -> Option<bool>,
    ) -> Self {
        let key = key_of(declared);
        let columns = |name: &str| {
            let name = naming.name(name);
            Some((sides.expected.columns.get(&name)?, sides.found.columns.get(&name)?))
        };
        let is_told = |(name, written): &(String, bool)| match columns(name) {
            // A column of another type than declared may hold anything.
            Some((expected, found)) => {
                let written = *written || expected.declared != found.declared;
                !is_private(&declared.name, name).unwrap_or(written)
            }
            None => false,
        };
        let key = if key.iter().all(is_told) { key } else { Vec::new() };
        Telling { table: sides.name.spelled().to_owned(), key }
    }

    /// Of a table whose key is not known.
    pub fn none(table: &str) -> Self {
        Telling { table: table.to_owned(), key: Vec::new() }
    }

    /// How many rows meet a condition, and the keys of the first.
    pub fn ask(&self, connection: &mut dyn Execute, condition: &str) -> Result<(i64, Vec<Row>)> {
        let sql = format!("SELECT count(*) FROM {} WHERE {condition}", quote(&self.table));
        let rows = connection.query(&Statement::new(sql))?;
        let count = rows.first().and_then(|row| row.first()).and_then(Value::as_int).unwrap_or_default();
        let keys = if count > 0 { self.keys(connection, condition)? } else { Vec::new() };
        Ok((count, keys))
    }

    /// The keys of the first rows that meet a condition, each once.
    pub fn keys(&self, connection: &mut dyn Execute, condition: &str) -> Result<Vec<Row>> {
        if self.key.is_empty() {
            return Ok(Vec::new());
        }
        let list = self.key.iter().map(|(name, _)| quote(name)).collect::<Vec<_>>().join(", ");
        let table = quote(&self.table);
        let sql = format!("SELECT DISTINCT {list} FROM {table} WHERE {condition} ORDER BY {list} LIMIT {KEYS}");
        connection.query(&Statement::new(sql))
    }

    /// `2 rows of users have NULL in users.phone: id 1, 3.`
    pub fn sentence(&self, what: &str, count: i64, keys: &[Row]) -> String {
        let rows = counted(&self.table, what, count);
        match keys.is_empty() {
            true => format!("{rows}."),
            false => format!("{rows}: {}.", named(&self.key, keys, count > KEYS as i64)),
        }
    }

    /// Keys for a program: of a key of several columns a list.
    pub fn data(&self, keys: &[Row]) -> Vec<Json> {
        let key = |row: &Row| match &row[..] {
            [only] => datum(only),
            many => Json::Array(many.iter().map(datum).collect()),
        };
        keys.iter().map(key).collect()
    }
}

/// A value for a program. A number that JavaScript would round is a text.
fn datum(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(flag) => json!(flag),
        Value::Int(number) if number.unsigned_abs() > EXACT => json!(number.to_string()),
        Value::Int(number) => json!(number),
        Value::Real(number) => json!(number),
        Value::Text(text) => json!(text),
        Value::Bytes(bytes) => json!(bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>()),
    }
}
