//! Objects that depend on tables and are not part of them: triggers, indexes that no model
//! declares, views. It outlives the rebuild of a table.

use super::parse::{alteration, Alteration};
use super::rebuild::NEW;
use super::NAMING;
use crate::dialect::name::Name;
use crate::dialect::quote;
use crate::error::{Code, Error, Result};
use crate::statement::{Execute, Row, Statement, Watch};
use std::any::Any;

/// A trigger or an index, and the statement that made it.
#[derive(Clone, Debug)]
struct Object {
    what: String,
    name: Name,
    sql: String,
}

/// A connection that remembers what hung on a table which is dropped, until a table of that name is
/// there again. It needs one statement at a time.
pub(super) struct Watched<'a> {
    connection: &'a mut dyn Execute,
    dropped: Dropped,
}

/// The objects that went with dropped tables, under the names of these, and the tables made since.
#[derive(Default)]
pub(super) struct Dropped {
    tables: Vec<(Name, Vec<Object>)>,
    made: Vec<Name>,
}

impl<'a> Watched<'a> {
    /// Watches the statements of this connection.
    pub fn new(connection: &'a mut dyn Execute) -> Self {
        Watched { connection, dropped: Dropped::default() }
    }

    /// What has gone.
    pub fn dropped(self) -> Dropped {
        self.dropped
    }
}

impl Watch for Dropped {
    /// Reads what hangs on a table just before it goes, with the names that renames have given it by then.
    fn before(&mut self, connection: &mut dyn Execute, sql: &str) -> Result<()> {
        match alteration(sql) {
            Some(Alteration::Drop(table)) => {
                let table = NAMING.name(&table);
                let objects = hanging(connection, &table)?;
                self.tables.push((table, objects));
            }
            Some(Alteration::Create(table)) => self.made.push(NAMING.name(&table)),
            // From here on names change: what comes back must be there before, to change with them.
            Some(Alteration::Rename(table, name)) if !is_new(&table) => {
                self.restore_what_can_be(connection)?;
                // A table that existed all along takes the place of one that is gone for good, with
                // the objects that depended on it.
                if !self.made.contains(&NAMING.name(&table)) {
                    let name = NAMING.name(&name);
                    self.tables.retain(|(dropped, _)| *dropped != name);
                }
            }
            Some(Alteration::Column(_)) => self.restore_what_can_be(connection)?,
            // The script made it anew itself, after the table, and wants it gone now.
            Some(Alteration::DropHanging(name)) => {
                let name = NAMING.name(&name);
                self.tables.iter_mut().for_each(|(_, objects)| objects.retain(|object| object.name != name));
            }
            _ => {}
        }
        Ok(())
    }
}

impl Execute for Watched<'_> {
    fn batch(&mut self, sql: &str) -> Result<()> {
        self.dropped.before(self.connection, sql)?;
        self.connection.batch(sql)
    }

    fn execute(&mut self, statement: &Statement) -> Result<usize> {
        self.dropped.before(self.connection, &statement.sql)?;
        self.connection.execute(statement)
    }

    fn query(&mut self, statement: &Statement) -> Result<Vec<Row>> {
        self.connection.query(statement)
    }

    fn parts(&mut self) -> (Option<&mut dyn Any>, Option<&mut dyn Watch>) {
        (self.connection.parts().0, Some(&mut self.dropped))
    }

    fn settle(&mut self) -> Result<()> {
        std::mem::take(&mut self.dropped).restore(self.connection)
    }
}

impl Dropped {
    /// The same, and remembers the others: a table that is made anew by hand may get its name only now.
    fn restore_what_can_be(&mut self, connection: &mut dyn Execute) -> Result<()> {
        let mut later = Vec::new();
        for (table, objects) in std::mem::take(&mut self.tables) {
            match exists(connection, "table", &table)? {
                true => bring_back(connection, &table, &objects)?,
                false => later.push((table, objects)),
            }
        }
        self.tables = later;
        Ok(())
    }

    /// Makes again what the script itself did not, where the table is there again.
    pub fn restore(&self, connection: &mut dyn Execute) -> Result<()> {
        for (table, objects) in &self.tables {
            if exists(connection, "table", table)? {
                bring_back(connection, table, objects)?;
            }
        }
        Ok(())
    }
}

/// Makes missing objects again.
fn bring_back(connection: &mut dyn Execute, table: &Name, objects: &[Object]) -> Result<()> {
    for object in objects {
        if !exists(connection, &object.what, &object.name)? {
            connection.batch(&object.sql).map_err(|error| lost(table, object, &error))?;
        }
    }
    Ok(())
}

/// The objects that worked before, and have to work afterwards.
pub(super) struct Kept {
    views: Vec<Name>,
    tables: Vec<Name>,
}

impl Kept {
    /// The views that answer, and the tables whose triggers can run.
    pub fn read(connection: &mut dyn Execute, tables: &[String]) -> Result<Self> {
        let mut kept = Kept { views: Vec::new(), tables: Vec::new() };
        for view in names(connection, "SELECT name FROM main.sqlite_schema WHERE type = 'view' ORDER BY rowid")? {
            if answers(connection, &view).is_ok() {
                kept.views.push(view);
            }
        }
        for table in with_triggers(connection)? {
            if runs(connection, &table).is_ok() {
                kept.tables.push(table);
            }
        }
        // A renamed table did not exist under its new name yet: it is checked afterwards in any case.
        kept.tables.extend(NAMING.names(tables));
        Ok(kept)
    }

    /// Fails where a view does not answer any more, or a trigger cannot run any more.
    pub fn check(&self, connection: &mut dyn Execute) -> Result<()> {
        for view in &self.views {
            if exists(connection, "view", view)? {
                answers(connection, view).map_err(|error| broken("view", view, &error))?;
            }
        }
        for table in with_triggers(connection)? {
            if self.tables.contains(&table) {
                runs(connection, &table)
                    .map_err(|error| broken("table with triggers", &table, &error).table(table.spelled()))?;
            }
        }
        Ok(())
    }
}

/// Whether a view answers: only its columns are asked for, no row.
fn answers(connection: &mut dyn Execute, view: &Name) -> Result<()> {
    connection.query(&Statement::new(format!("SELECT * FROM main.{} LIMIT 0", quote(view.spelled())))).map(drop)
}

/// Whether statements on a table compile, its triggers among them: EXPLAIN compiles and does not run.
fn runs(connection: &mut dyn Execute, table: &Name) -> Result<()> {
    let name = quote(table.spelled());
    let sql = "SELECT name FROM pragma_table_xinfo(?, 'main') WHERE hidden = 0 ORDER BY cid";
    let rows = connection.query(&Statement::new(sql).bind(table.spelled()))?;
    let columns: Vec<String> = rows.iter().filter_map(|row| row[0].as_str()).map(quote).collect();
    let set: Vec<String> = columns.iter().map(|column| format!("{column} = {column}")).collect();
    for sql in [
        format!("EXPLAIN INSERT INTO main.{name} DEFAULT VALUES"),
        format!("EXPLAIN UPDATE main.{name} SET {}", set.join(", ")),
        format!("EXPLAIN DELETE FROM main.{name}"),
    ] {
        connection.query(&Statement::new(sql))?;
    }
    Ok(())
}

fn with_triggers(connection: &mut dyn Execute) -> Result<Vec<Name>> {
    names(
        connection,
        "SELECT DISTINCT t.name FROM main.sqlite_schema t JOIN main.sqlite_schema g ON g.type = 'trigger' \
         AND g.tbl_name = t.name COLLATE NOCASE WHERE t.type = 'table' ORDER BY t.rowid",
    )
}

fn hanging(connection: &mut dyn Execute, table: &Name) -> Result<Vec<Object>> {
    let statement = Statement::new(
        "SELECT type, name, sql FROM main.sqlite_schema WHERE type IN ('trigger', 'index') AND sql IS NOT NULL \
         AND tbl_name = ? COLLATE NOCASE ORDER BY rowid",
    );
    let rows = connection.query(&statement.bind(table.spelled()))?;
    let text = |row: &Row, at: usize| row[at].as_str().unwrap_or_default().to_owned();
    Ok(rows
        .iter()
        .map(|row| Object { what: text(row, 0), name: NAMING.name(&text(row, 1)), sql: text(row, 2) })
        .collect())
}

fn exists(connection: &mut dyn Execute, what: &str, name: &Name) -> Result<bool> {
    let statement = Statement::new("SELECT 1 FROM main.sqlite_schema WHERE type = ? AND name = ? COLLATE NOCASE");
    Ok(!connection.query(&statement.bind(what).bind(name.spelled()))?.is_empty())
}

fn names(connection: &mut dyn Execute, sql: &str) -> Result<Vec<Name>> {
    let rows = connection.query(&Statement::new(sql))?;
    Ok(rows.iter().filter_map(|row| row[0].as_str().map(|spelled| NAMING.name(spelled))).collect())
}

/// Whether a table is one that a rebuild fills.
fn is_new(table: &str) -> bool {
    table.get(..NEW.len()).is_some_and(|start| NAMING.same(start, NEW))
}

fn lost(table: &Name, object: &Object, error: &Error) -> Error {
    Error::new(
        Code::Drifted,
        format!(
            "The {} `{}`, which no revision made, cannot outlive the change of `{table}`: {error}",
            object.what, object.name
        ),
    )
    .table(table.spelled())
    .hint(format!("Drop the {} first, or in the revision's SQL, where it can be made anew.", object.what))
}

fn broken(what: &str, name: &Name, error: &Error) -> Error {
    Error::new(Code::Drifted, format!("The {what} `{name}` worked before this change, and would not after it: {error}"))
        .hint(format!("Drop it first, or in the revision's SQL, where it can be made anew: `{name}`."))
}
