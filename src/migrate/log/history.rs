//! The log of what ran: `plinth_history`, a row for each revision that was applied, taken back or stamped.

use super::own_table::{add_missing, create_missing, exists, has_column};
use crate::dialect::quote;
use crate::dialect::Dialect;
use crate::error::{Code, Error, Result};
use crate::schema::{Column, Kind, Table};
use crate::statement::{Execute, Row, Statement};
use crate::value::Value;
use serde::Serialize;
use serde_json::json;

/// The table.
pub const TABLE: &str = "plinth_history";

/// The event in the life of a revision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// It was applied.
    Up,
    /// It was taken back.
    Down,
    /// It was recorded as applied without being run.
    Stamp,
    /// It was recorded as not applied without being run.
    Unstamp,
}

impl Direction {
    fn word(self) -> &'static str {
        match self {
            Direction::Up => "up",
            Direction::Down => "down",
            Direction::Stamp => "stamp",
            Direction::Unstamp => "unstamp",
        }
    }

    /// Errors: `VALUE_UNREADABLE` if it is none of these.
    fn of(word: &str, version: &str) -> Result<Self> {
        let all = [Direction::Up, Direction::Down, Direction::Stamp, Direction::Unstamp];
        let unknown = || {
            let message = format!("{TABLE} says of the revision {version} that its direction is `{word}`.");
            Error::new(Code::ValueUnreadable, message)
                .table(TABLE)
                .columns(["direction".to_owned()])
                .expected("up, down, stamp or unstamp")
                .found(word)
                .hint("A newer version of Plinth may have written the row: use that version, or correct the row.")
        };
        all.into_iter().find(|direction| direction.word() == word).ok_or_else(unknown)
    }

    /// Whether the revision is applied after it.
    pub fn applies(self) -> bool {
        matches!(self, Direction::Up | Direction::Stamp)
    }
}

/// One row of the log.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// The revision.
    pub version: String,
    /// The rest of its folder's name.
    pub name: String,
    /// The SHA-256 of its up for this database, over text with LF. It is that of one transaction, even if the steps ran.
    pub checksum: String,
    /// The event.
    pub direction: Direction,
    /// When it began, `YYYY-MM-DDTHH:MM:SS.sssZ`.
    pub started_at: String,
    /// How long it took, in milliseconds.
    pub took_ms: i64,
    /// The user that ran it.
    pub by: String,
    /// The predecessors and changes of the revision, as `Revision::recorded` writes them: a process
    /// that lacks its folder still knows what the database should hold. None of what was taken
    /// back.
    #[serde(skip)]
    pub operations: Option<String>,
    /// The file that ran, if it was the one in steps; `None` if it was the one of one transaction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub script: Option<String>,
    /// The SHA-256 of that file, over text with LF.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub script_checksum: Option<String>,
}

/// The columns that tables of earlier versions do not have.
const SCRIPT: &str = "script";
const SCRIPT_CHECKSUM: &str = "script_checksum";

fn table() -> Table {
    let text = || Kind::Text { max: None };
    Table {
        name: TABLE.into(),
        columns: vec![
            Column::new("id", Kind::Id),
            Column::new("version", text()),
            Column::new("name", text()),
            Column::new("checksum", text()),
            Column::new("direction", text()),
            Column::new("started_at", Kind::Timestamp),
            Column::new("took_ms", Kind::Integer),
            Column::new("by", text()),
            Column { nullable: true, ..Column::new("operations", text()) },
            Column { nullable: true, ..Column::new(SCRIPT, text()) },
            Column { nullable: true, ..Column::new(SCRIPT_CHECKSUM, text()) },
        ],
        primary_key: vec!["id".into()],
        ..Table::default()
    }
}

/// Creates the table if it is missing, and the columns that one of an earlier version does not have.
pub fn prepare(dialect: &dyn Dialect, connection: &mut dyn Execute) -> Result<()> {
    create_missing(dialect, connection, &table())?;
    [SCRIPT, SCRIPT_CHECKSUM].iter().try_for_each(|column| add_missing(dialect, connection, &table(), column))
}

/// The statement that makes the table where it is missing, for a script.
pub fn script(dialect: &dyn Dialect) -> String {
    dialect.create_table(&table()).replacen("CREATE TABLE", "CREATE TABLE IF NOT EXISTS", 1)
}

/// The statement that adds a row, for a script: its beginning is that of the script, and its
/// duration is not known.
pub fn line(dialect: &dyn Dialect, entry: &Entry) -> String {
    let text = |value: &str| dialect.literal(&Kind::Text { max: None }, &json!(value));
    format!(
        "INSERT INTO {TABLE} (version, name, checksum, direction, started_at, took_ms, {}, operations)\n  \
         VALUES ({}, {}, {}, {}, {}, 0, {},\n    {})",
        quote("by"),
        text(&entry.version),
        text(&entry.name),
        text(&entry.checksum),
        text(entry.direction.word()),
        dialect.by_hand().now,
        text(&entry.by),
        entry.operations.as_deref().map_or_else(|| "NULL".to_owned(), text),
    )
}

/// Adds a row.
pub fn add(dialect: &dyn Dialect, connection: &mut dyn Execute, entry: &Entry) -> Result<()> {
    // The moment as a literal: how a parameter of its type is written differs between databases.
    let statement = Statement::new(format!(
        "INSERT INTO {TABLE} (version, name, checksum, direction, took_ms, {by}, operations, {SCRIPT}, \
         {SCRIPT_CHECKSUM}, started_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, {started_at})",
        by = quote("by"),
        started_at = dialect.literal(&Kind::Timestamp, &json!(entry.started_at)),
    ))
    .bind(entry.version.as_str())
    .bind(entry.name.as_str())
    .bind(entry.checksum.as_str())
    .bind(entry.direction.word())
    .bind(entry.took_ms)
    .bind(entry.by.as_str())
    .bind(entry.operations.as_deref().map_or(Value::Null, Value::from))
    .bind(entry.script.as_deref().map_or(Value::Null, Value::from))
    .bind(entry.script_checksum.as_deref().map_or(Value::Null, Value::from));
    connection.execute(&statement).map(|_| ()).map_err(|error| error.table(TABLE))
}

/// The rows, in the order in which they were written; empty if the table does not exist.
pub fn entries(dialect: &dyn Dialect, connection: &mut dyn Execute) -> Result<Vec<Entry>> {
    if !exists(dialect, connection, TABLE)? {
        return Ok(Vec::new());
    }
    let mut column = |name| has_column(dialect, connection, TABLE, name).map(|has| if has { name } else { "NULL" });
    let (script, script_checksum) = (column(SCRIPT)?, column(SCRIPT_CHECKSUM)?);
    let sql = format!(
        "SELECT version, name, checksum, direction, started_at, took_ms, {}, operations, {script}, {script_checksum} \
         FROM {TABLE} ORDER BY id",
        quote("by")
    );
    connection.query(&Statement::new(sql))?.iter().map(read).collect()
}

fn read(row: &Row) -> Result<Entry> {
    let text = |column: usize| row.get(column).and_then(Value::as_str).unwrap_or_default().to_owned();
    Ok(Entry {
        version: text(0),
        name: text(1),
        checksum: text(2),
        direction: Direction::of(&text(3), &text(0))?,
        started_at: text(4),
        took_ms: row.get(5).and_then(Value::as_int).unwrap_or_default(),
        by: text(6),
        operations: row.get(7).and_then(Value::as_str).map(str::to_owned),
        script: row.get(8).and_then(Value::as_str).map(str::to_owned),
        script_checksum: row.get(9).and_then(Value::as_str).map(str::to_owned),
    })
}

/// The entry that made a revision applied: its last one, where that does.
pub fn of<'a>(entries: &'a [Entry], version: &str) -> Option<&'a Entry> {
    entries.iter().rev().find(|entry| entry.version == version).filter(|entry| entry.direction.applies())
}
