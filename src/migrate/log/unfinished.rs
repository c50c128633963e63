//! A revision that is half done: `plinth_steps`, a row for a revision that goes in several transactions, from its first step
//! to its last. As long as the row is there, nothing else may change the tables.

use super::own_table::{create_missing, exists};
use crate::dialect::Dialect;
use crate::error::{Code, Error, Result};
use crate::schema::{Column, Kind, Table};
use crate::statement::{Execute, Row, Statement};
use crate::value::Value;

/// The table.
pub const TABLE: &str = "plinth_steps";

/// A revision that is half done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfinished {
    /// Its version.
    pub revision: String,
    /// The SHA-256 of the SQL that runs, over text with LF.
    pub checksum: String,
    /// `up` or `down`.
    pub direction: String,
    /// How many of its steps are done.
    pub step: i64,
    /// How far the step that runs has come, in the step's own words; `None` before its first batch.
    pub cursor: Option<String>,
}

impl Unfinished {
    /// The error of whatever else would change the tables.
    pub fn error(&self) -> Error {
        let Unfinished { revision, direction, step, .. } = self;
        let message =
            format!("The revision {revision} is half done in this database (its {direction}, {step} steps of it).");
        Error::new(Code::RevisionUnfinished, message)
            .table(TABLE)
            .expected("revisions that are applied, or not applied")
            .found(format!("an unfinished revision {revision}"))
            .hint("Finish it first with the release that began it: nothing else may change the tables meanwhile.")
    }
}

fn table() -> Table {
    let text = || Kind::Text { max: None };
    Table {
        name: TABLE.into(),
        columns: vec![
            Column::new("revision", text()),
            Column::new("checksum", text()),
            Column::new("direction", text()),
            Column::new("step", Kind::Integer),
            Column { nullable: true, ..Column::new("cursor", text()) },
        ],
        primary_key: vec!["revision".into()],
        ..Table::default()
    }
}

/// Creates the table if it is missing.
pub fn prepare(dialect: &dyn Dialect, connection: &mut dyn Execute) -> Result<()> {
    create_missing(dialect, connection, &table())
}

/// The revision that is half done; `None` if all are whole.
pub fn read(dialect: &dyn Dialect, connection: &mut dyn Execute) -> Result<Option<Unfinished>> {
    if !exists(dialect, connection, TABLE)? {
        return Ok(None);
    }
    let sql = format!("SELECT revision, checksum, direction, step, \"cursor\" FROM {TABLE} ORDER BY revision");
    let rows = connection.query(&Statement::new(sql)).map_err(|error| error.table(TABLE))?;
    let text = |row: &Row, column: usize| row.get(column).and_then(Value::as_str).map(str::to_owned);
    Ok(rows.first().map(|row| Unfinished {
        revision: text(row, 0).unwrap_or_default(),
        checksum: text(row, 1).unwrap_or_default(),
        direction: text(row, 2).unwrap_or_default(),
        step: row.get(3).and_then(Value::as_int).unwrap_or_default(),
        cursor: text(row, 4),
    }))
}

/// Errors: `REVISION_UNFINISHED` if a revision is half done.
pub fn check_finished(dialect: &dyn Dialect, connection: &mut dyn Execute) -> Result<()> {
    read(dialect, connection)?.map_or(Ok(()), |unfinished| Err(unfinished.error()))
}
