//! A revision that is half done: `plinth_steps`, a row for a revision that goes in several transactions, from its first step
//! to its last. As long as the row is there, nothing else may change the tables.

use super::own_table::{add_missing, create_missing, exists, has_column};
use crate::dialect::Dialect;
use crate::error::{Code, Error, Result};
use crate::migrate::disk::record::Direction;
use crate::schema::{Column, Kind, Table};
use crate::statement::{Execute, Row, Statement};
use crate::value::Value;

/// The table.
pub const TABLE: &str = "plinth_steps";

/// The column that tables of earlier versions do not have.
const WHOLE: &str = "whole_checksum";

/// A revision that is half done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfinished {
    /// Its version.
    pub revision: String,
    /// The SHA-256 of the SQL that runs, over text with LF.
    pub checksum: String,
    /// The SHA-256 of the script of one transaction beside it when it began, over text with LF; `None` if it was not noted.
    pub whole: Option<String>,
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
        let hint = format!(
            "{} Do so with the release that began it: nothing else may change the tables meanwhile.",
            self.ways()
        );
        self.refusal(format!("{}.", self.told(None)), hint)
    }

    /// An error that says why it does not go on.
    pub fn refusal(&self, message: String, hint: String) -> Error {
        Error::new(Code::RevisionUnfinished, message)
            .table(TABLE)
            .expected("revisions that are applied, or not applied")
            .found(format!("an unfinished revision {}", self.revision))
            .hint(hint)
    }

    /// How far it has come, as a sentence without its end; `of`: the number of its steps, if the folder tells.
    pub fn told(&self, of: Option<usize>) -> String {
        let Unfinished { revision, direction, step, .. } = self;
        let of = of.map(|of| format!(" of {of}")).unwrap_or_default();
        format!("The revision {revision} is half done in this database (its {direction}, steps done: {step}{of})")
    }

    /// How to go on, and how to go back.
    pub fn ways(&self) -> &'static str {
        match self.leads(Direction::Up) {
            true => "`plinth upgrade` goes on with it, `plinth downgrade` takes it back.",
            false => "`plinth downgrade` goes on with it, `plinth upgrade` takes it back.",
        }
    }

    /// Whether it leads this way.
    pub fn leads(&self, direction: Direction) -> bool {
        self.direction == direction.word()
    }

    /// Notes that it begins, within the transaction of its first step.
    pub fn begin(&self, connection: &mut dyn Execute) -> Result<()> {
        // A first step outside a transaction is noted as begun at once: `change` expects the row as this value has it.
        let (columns, cursor) = match self.cursor {
            Some(_) => (", \"cursor\"", ", $6"),
            None => ("", ""),
        };
        let sql = format!(
            "INSERT INTO {TABLE} (revision, checksum, {WHOLE}, direction, step{columns}) \
             VALUES ($1, $2, $3, $4, $5{cursor})"
        );
        let mut statement = Statement::new(sql)
            .bind(self.revision.as_str())
            .bind(self.checksum.as_str())
            .bind(self.whole.as_deref().map_or(Value::Null, Value::from))
            .bind(self.direction.as_str())
            .bind(self.step);
        statement.binds.extend(self.cursor.as_deref().map(Value::from));
        connection.execute(&statement).map(drop).map_err(|error| error.table(TABLE))
    }

    /// Notes how far it has come, within the transaction that comes so far. Errors: `CONNECTION_LOST` if what is noted is not
    /// what this value says: another runner has gone on with it, which the lost lock has let in.
    pub fn advance(&self, connection: &mut dyn Execute, step: i64, cursor: Option<&str>) -> Result<()> {
        let set = format!("UPDATE {TABLE} SET step = $1, \"cursor\" = $2");
        let text = |cursor: Option<&str>| cursor.map_or(Value::Null, Value::from);
        self.change(connection, &set, vec![Value::Int(step), text(cursor)])
    }

    /// Notes that it is whole again, within its last transaction. Errors as of `advance`.
    pub fn end(&self, connection: &mut dyn Execute) -> Result<()> {
        self.change(connection, &format!("DELETE FROM {TABLE}"), Vec::new())
    }

    /// Changes the row, which is as this value says.
    fn change(&self, connection: &mut dyn Execute, change: &str, mut binds: Vec<Value>) -> Result<()> {
        let at = |place: usize| binds.len() + place;
        let cursor = match self.cursor {
            Some(_) => format!("= ${}", at(3)),
            None => "IS NULL".to_owned(),
        };
        let sql = format!("{change} WHERE revision = ${} AND step = ${} AND \"cursor\" {cursor}", at(1), at(2));
        binds.extend([Value::from(self.revision.as_str()), Value::Int(self.step)]);
        binds.extend(self.cursor.as_deref().map(Value::from));
        let changed = connection.execute(&Statement { sql, binds }).map_err(|error| error.table(TABLE))?;
        match changed {
            1 => Ok(()),
            _ => Err(Error::new(Code::ConnectionLost, "Another runner has gone on with the half-done revision.")
                .table(TABLE)
                .hint("Run it again: it continues from the present step.")),
        }
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
            Column { nullable: true, ..Column::new(WHOLE, text()) },
        ],
        primary_key: vec!["revision".into()],
        ..Table::default()
    }
}

/// Creates the table if it is missing, and the column that one of an earlier version does not have.
pub fn prepare(dialect: &dyn Dialect, connection: &mut dyn Execute) -> Result<()> {
    create_missing(dialect, connection, &table())?;
    add_missing(dialect, connection, &table(), WHOLE)
}

/// The revision that is half done; `None` if all are whole.
pub fn read(dialect: &dyn Dialect, connection: &mut dyn Execute) -> Result<Option<Unfinished>> {
    if !exists(dialect, connection, TABLE)? {
        return Ok(None);
    }
    let whole = if has_column(dialect, connection, TABLE, WHOLE)? { WHOLE } else { "NULL" };
    let sql = format!("SELECT revision, checksum, direction, step, \"cursor\", {whole} FROM {TABLE} ORDER BY revision");
    let rows = connection.query(&Statement::new(sql)).map_err(|error| error.table(TABLE))?;
    let text = |row: &Row, column: usize| row.get(column).and_then(Value::as_str).map(str::to_owned);
    Ok(rows.first().map(|row| Unfinished {
        revision: text(row, 0).unwrap_or_default(),
        checksum: text(row, 1).unwrap_or_default(),
        direction: text(row, 2).unwrap_or_default(),
        step: row.get(3).and_then(Value::as_int).unwrap_or_default(),
        cursor: text(row, 4),
        whole: text(row, 5),
    }))
}

/// Errors: `REVISION_UNFINISHED` if a revision is half done.
pub fn check_finished(dialect: &dyn Dialect, connection: &mut dyn Execute) -> Result<()> {
    read(dialect, connection)?.map_or(Ok(()), |unfinished| Err(unfinished.error()))
}
