//! Rows that are kept before a step destroys them: what a database says of their table, and how a value goes there and back.

use super::Work;
use crate::error::Result;
use crate::statement::{Execute, Statement};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A table whose rows can be kept.
#[derive(Clone, Debug)]
pub struct Source {
    /// Its schema; empty if the database has none.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// The table as SQL names it.
    pub place: String,
    /// The same without the rows of tables that inherit from it.
    pub alone: String,
    /// Its columns, generated ones among them.
    pub columns: Vec<SourceColumn>,
    /// Columns that tell one row from all others and are never NULL; the primary key first.
    pub keys: Vec<Vec<String>>,
    /// Its foreign keys.
    pub foreign_keys: Vec<SourceKey>,
    /// Its checks: each name and condition, as SQL in brackets.
    pub checks: Vec<(String, String)>,
    /// The statements that create it again; `None` if they are not known, as for a partition.
    pub definition: Option<Definition>,
}

/// A column of a table whose rows can be kept.
#[derive(Clone, Debug)]
pub struct SourceColumn {
    /// Its name.
    pub name: String,
    /// Its type, as a column is declared with it and a value is cast to it.
    pub declared: String,
    /// The column as its table declares it.
    pub definition: String,
    /// Its type, collation and default: what an existing table can be given, whatever rows it has.
    pub added: String,
    /// The type under which its values are kept.
    pub stored: &'static str,
    /// Whether the database computes it.
    pub generated: bool,
    /// Whether its values are numbers or UUIDs, which a person has not written.
    pub numbers: bool,
}

/// A foreign key of such a table.
#[derive(Clone, Debug)]
pub struct SourceKey {
    /// Its columns.
    pub columns: Vec<String>,
    /// The other table, as messages name it.
    pub parent: String,
    /// The other table as SQL names it.
    pub place: String,
    /// Whether there is such a table.
    pub has_parent: bool,
    /// The columns that it points to.
    pub parent_columns: Vec<String>,
    /// Statements by which rows may come before those that they point to, until the transaction ends.
    pub defer: Vec<String>,
    /// Statements by which it is checked at once again.
    pub undo: Vec<String>,
}

/// The statements that make a table again.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Definition {
    /// Before it has rows.
    pub make: Vec<String>,
    /// Its foreign keys, when all tables are made and none has rows.
    #[serde(default)]
    pub link: Vec<Link>,
    /// After that.
    pub then: Vec<String>,
}

/// The statement that adds a foreign key, and the table that the key references.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Link {
    /// The schema of the referenced table.
    pub schema: String,
    /// The referenced table.
    pub parent: String,
    /// `ALTER TABLE ... ADD CONSTRAINT ... FOREIGN KEY ...`
    pub sql: String,
}

impl Source {
    /// A column by its name.
    pub fn column(&self, name: &str) -> Option<&SourceColumn> {
        self.columns.iter().find(|column| column.name == name)
    }
}

/// Rows that are kept, in tables of the database itself.
pub trait Keeps {
    /// An ordinary table, in this schema or by the search path; `None` if no table has this name.
    fn source(&self, connection: &mut dyn Execute, schema: Option<&str>, table: &str) -> Result<Option<Source>>;

    /// The ordinary tables that a reset drops, each after its schema, without those of Plinth; none
    /// if it keeps the whole database otherwise.
    fn standing_tables(&self, _connection: &mut dyn Execute) -> Result<Vec<(String, String)>> {
        Ok(Vec::new())
    }

    /// Keeps others from changing the rows of a table until the transaction ends.
    fn lock_rows(&self, connection: &mut dyn Execute, source: &Source) -> Result<()>;

    /// Runs work under the settings in which values become text and text becomes values: the same on every machine.
    fn with_text_settings(&self, connection: &mut dyn Execute, work: Work<'_>) -> Result<()>;

    /// Runs a statement that changes tables or rows of others, within `with_text_settings`: their triggers and functions find
    /// what they name where the session does. Gives how many rows it changed.
    fn write(&self, connection: &mut dyn Execute, statement: &Statement) -> Result<usize> {
        connection.execute(statement)
    }

    /// Makes the place where rows are kept, and the list of what is kept there. Fails where others would see the rows.
    fn prepare_kept(&self, connection: &mut dyn Execute) -> Result<()>;

    /// Whether there is such a list.
    fn has_kept(&self, connection: &mut dyn Execute) -> Result<bool>;

    /// Whether there is one, and the role may work with it: what another role keeps is none of its affair.
    fn owns_kept(&self, connection: &mut dyn Execute) -> Result<bool> {
        self.has_kept(connection)
    }

    /// The list as SQL names it.
    fn kept_list(&self) -> &'static str;

    /// The table that keeps the rows of an entry of the list, as SQL names it.
    fn kept_table(&self, number: i64, table: &str) -> String;

    /// Whether that table is there: it may have been dropped by hand.
    fn has_kept_table(&self, connection: &mut dyn Execute, number: i64, table: &str) -> Result<bool>;

    /// Makes that table, for these columns; `left` are columns for what steps leave in their place.
    fn create_kept(
        &self,
        connection: &mut dyn Execute,
        place: &str,
        columns: &[&SourceColumn],
        left: &[String],
    ) -> Result<()>;

    /// A value as it is noted that a step left it.
    fn left_value(&self, value: &str) -> String;

    /// A value as it is kept.
    fn kept_value(&self, column: &SourceColumn, value: &str) -> String;

    /// The bytes that this takes.
    fn kept_size(&self, value: &str) -> String;

    /// A kept value as one of the column again.
    fn taken(&self, column: &SourceColumn, kept: &str) -> String;

    /// Whether a value is to the letter what is kept.
    fn is_kept(&self, value: &str, kept: &str) -> String;

    /// Whether a value has to be written to be what is kept: true also where only writing makes sure.
    fn must_write(&self, value: &str, kept: &str) -> String;

    /// Whether two values of a key name the same row.
    fn same_key(&self, value: &str, kept: &str) -> String;

    /// The words after INSERT and UPDATE by which a violated constraint is an error, whatever its table does otherwise.
    fn or_abort(&self) -> &'static str {
        ""
    }

    /// How many rows of each table violate a foreign key; empty if the database lets no row do so before the end of a transaction.
    fn orphaned_rows(&self, _connection: &mut dyn Execute) -> Result<BTreeMap<String, i64>> {
        Ok(BTreeMap::new())
    }

    /// Checks the constraints now that wait for the end of the transaction, if the database can.
    fn check_now(&self, _connection: &mut dyn Execute) -> Result<()> {
        Ok(())
    }

    /// The text between the columns and the values of an INSERT that gives numbers of its own.
    fn overriding(&self) -> &'static str;

    /// Moves the counters of a table on behind the numbers that its rows have.
    fn move_counters(&self, connection: &mut dyn Execute, source: &Source) -> Result<()>;
}
