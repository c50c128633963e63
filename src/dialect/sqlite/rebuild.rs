//! A table made anew: what ALTER TABLE of SQLite cannot do. A new table is created, the rows are copied, the old one is
//! dropped, the new one gets its name. See https://www.sqlite.org/lang_altertable.html#otheralter

use super::ddl;
use super::fill::ROW;
use super::NAMING;
use crate::dialect::quote;
use crate::error::Error;
use crate::schema::{Column, Kind, Table};

/// The beginning of the new table's name while it is filled.
pub(super) const NEW: &str = "plinth_new_";

/// The name of a table between two statements: that of the new one while it is filled. No model can have it.
pub(super) fn temporary(table: &str) -> String {
    format!("{NEW}{table}")
}

/// The rowid of the rows that are copied, where they are numbered on the way.
const ROWID: &str = "plinth_rowid";

/// The changes of the rows of one table.
#[derive(Clone, Debug, Default)]
pub(super) struct Rows {
    /// The value of each column, as an expression over the old row.
    pub values: Vec<(String, String)>,
    /// The columns that are not any more what they are in the old row.
    pub changed: Vec<String>,
    /// What must run before: conditions that every row must meet.
    pub before: Vec<String>,
    /// A remark about values that the revision invents.
    pub why: Option<&'static str>,
}

impl Rows {
    /// The rows as they are.
    pub fn of(table: &Table) -> Self {
        let values = table.columns.iter().map(|column| (column.name.clone(), quote(&column.name))).collect();
        Rows { values, ..Rows::default() }
    }

    /// The value of a column.
    pub fn value(&self, column: &str) -> Option<&str> {
        self.values.iter().find(|(name, _)| name == column).map(|(_, value)| value.as_str())
    }

    /// Gives a column a value.
    pub fn set(&mut self, column: &str, value: String) {
        if self.value(column) == Some(value.as_str()) {
            return;
        }
        self.changed.push(column.to_owned());
        self.values.retain(|(name, _)| name != column);
        self.values.push((column.to_owned(), value));
    }

    /// A column goes.
    pub fn drop(&mut self, column: &str) {
        self.values.retain(|(name, _)| name != column);
        self.changed.push(column.to_owned());
    }
}

/// The statements that make the table anew: `old` is there, `new` is what it is to be, under the same name.
pub(super) fn rebuild(old: &Table, new: &Table, rows: &Rows) -> Vec<String> {
    let temporary_name = temporary(&new.name);
    let temporary = quote(&temporary_name);
    let name = quote(&new.name);
    let mut statements = rows.before.clone();
    let create = ddl::create_table(new);
    let body = create.strip_prefix(&format!("CREATE TABLE {name}")).unwrap_or(&create);
    statements.push(format!("CREATE TABLE {temporary}{body}"));
    if identity(old).is_some() && identity(new).is_some() {
        statements.push(format!(
            "-- A number that was given once is never given again.\nINSERT INTO sqlite_sequence (name, seq) SELECT {}, seq FROM sqlite_sequence WHERE name = {} COLLATE NOCASE",
            ddl::text_literal(&temporary_name),
            ddl::text_literal(&new.name)
        ));
    }
    statements.push(copy(old, new, rows, &temporary));
    statements.push(format!("DROP TABLE {name}"));
    statements.push(
        "-- Views, triggers and foreign keys that name the table keep its name.\nPRAGMA legacy_alter_table = ON".into(),
    );
    statements.push(format!("ALTER TABLE {temporary} RENAME TO {name}"));
    statements.push("PRAGMA legacy_alter_table = OFF".into());
    statements.extend(new.indexes.iter().map(|index| ddl::create_index(&new.name, index)));
    statements
}

fn copy(old: &Table, new: &Table, rows: &Rows, temporary: &str) -> String {
    let (mut columns, mut values) = (Vec::new(), Vec::new());
    let numbered = rows.values.iter().any(|(_, value)| value.contains(ROW));
    // Without a column that is the rowid, rows would be numbered anew.
    if let (None, Some(from), Some(to)) = (alias(new), rowid(old), rowid(new)) {
        columns.push(to.to_owned());
        values.push(if numbered { ROWID.to_owned() } else { from.to_owned() });
    }
    for column in &new.columns {
        columns.push(quote(&column.name));
        values.push(rows.value(&column.name).unwrap_or("NULL").to_owned());
    }
    let name = quote(&old.name);
    let from = match (numbered, rowid(old)) {
        (true, Some(rowid)) => {
            format!(
                "(SELECT *, {rowid} AS {ROWID}, row_number() OVER (ORDER BY {rowid}) AS {ROW} FROM {name}) AS {name}"
            )
        }
        (true, None) => format!("(SELECT *, row_number() OVER () AS {ROW} FROM {name}) AS {name}"),
        (false, _) => name,
    };
    let why = rows.why.unwrap_or_default();
    format!("{why}INSERT INTO {temporary} ({})\n  SELECT {}\n  FROM {from}", columns.join(", "), values.join(", "))
}

/// The name by which the rowid can be had: one that no column has.
pub(super) fn rowid(table: &Table) -> Option<&'static str> {
    ["rowid", "_rowid_", "oid"]
        .into_iter()
        .find(|name| table.columns.iter().all(|column| !NAMING.same(&column.name, name)))
}

/// The column that numbers the rows.
pub(super) fn identity(table: &Table) -> Option<&Column> {
    table.columns.iter().find(|column| matches!(column.kind, Kind::Id | Kind::BigId))
}

/// The column that is the rowid.
pub(super) fn alias(table: &Table) -> Option<&Column> {
    let single = match table.primary_key.as_slice() {
        [only] => table.column(only).filter(|column| ddl::declared_type(&column.kind) == "INTEGER"),
        _ => None,
    };
    identity(table).or(single)
}

/// The table that a statement is a step of making anew.
pub(super) fn rebuilt(statement: &str) -> Option<String> {
    let start = statement.find(&format!("\"{NEW}"))? + NEW.len() + 1;
    let rest = &statement[start..];
    Some(rest[..quoted_end(rest)?].replace("\"\"", "\""))
}

/// The violation of a table that is filled, with the name of the table that people know.
pub(super) fn renamed(error: Error) -> Error {
    let Some(table) = error.table.as_deref().and_then(|table| table.strip_prefix(NEW)).map(str::to_owned) else {
        return error;
    };
    let columns = error.columns.clone();
    error.of(&table, &columns)
}

/// A copy of rows that can be run in pieces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copy {
    /// The table from which, by its name.
    pub source: String,
    /// The table into which.
    pub target: String,
    /// The name by which the source's rowid can be had.
    pub rowid: &'static str,
    /// The statement, to which `WHERE` can be added.
    pub sql: String,
}

/// The copy that a statement of `rebuild` is; `None` if it is something else, or numbers the rows,
/// which takes them all.
pub fn copy_of(statement: &str) -> Option<Copy> {
    let sql = statement.lines().filter(|line| !line.starts_with("--")).collect::<Vec<_>>().join("\n");
    let rest = sql.strip_prefix(&format!("INSERT INTO \"{NEW}"))?;
    let name = quoted_end(rest)?;
    let source = rest[..name].replace("\"\"", "\"");
    if sql.contains(ROW) || !sql.ends_with(&format!("\n  FROM {}", quote(&source))) {
        return None;
    }
    let columns = rest[name + 1..].trim_start().to_ascii_lowercase();
    let taken = |word: &str| columns.contains(&format!("\"{word}\""));
    let rowid = ["rowid", "_rowid_", "oid"].into_iter().find(|word| !taken(word))?;
    Some(Copy { target: temporary(&source), source, rowid, sql })
}

/// Where a quoted name ends whose first quote has been read.
fn quoted_end(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = 0;
    loop {
        at += text[at..].find('"')?;
        if bytes.get(at + 1) != Some(&b'"') {
            return Some(at);
        }
        at += 2;
    }
}
