//! The target of kept rows: the table and its columns by the names that they have now, and how its
//! rows and the kept ones meet.

use super::left;
use super::list::{KeptColumn, KeptEntry};
use crate::dialect::keep::{Source, SourceColumn, SourceKey};
use crate::dialect::{quote, Dialect};
use crate::error::Result;
use crate::statement::{Execute, Statement};
use crate::value::Value;

/// How many keys a difference tells.
const TOLD: usize = 5;

/// A table, and the kept rows that go there.
pub(super) struct Target<'a> {
    pub dialect: &'a dyn Dialect,
    pub entry: &'a KeptEntry,
    /// The table that holds the kept rows, as SQL names it.
    pub kept: String,
    pub source: Source,
    /// Whether the table was made again, and has no rows yet.
    pub made: bool,
    /// The numbers of all entries that come back with it.
    pub together: &'a [i64],
}

/// A kept column and the one that it goes to.
#[derive(Clone, Copy)]
pub(super) struct Way<'a> {
    pub from: &'a KeptColumn,
    pub to: &'a SourceColumn,
}

impl Way<'_> {
    /// The value in the table.
    pub fn value(&self) -> String {
        format!("t.{}", quote(&self.to.name))
    }

    /// The value that is kept.
    pub fn kept(&self) -> String {
        format!("k.{}", quote(&self.from.name))
    }
}

/// The table of an entry as it is now: under its name, or the one that the step gave it.
pub(super) fn find(dialect: &dyn Dialect, connection: &mut dyn Execute, entry: &KeptEntry) -> Result<Option<Source>> {
    let schema = Some(entry.schema.as_str()).filter(|schema| !schema.is_empty());
    let names = std::iter::once(&entry.table).chain(&entry.details.renamed.table);
    for name in names {
        if let Some(source) = dialect.source(connection, schema, name)? {
            return Ok(Some(source));
        }
    }
    Ok(None)
}

impl<'a> Target<'a> {
    /// The column that a kept one goes to: under its name, or the one that the step gave it.
    pub fn column(&self, name: &str) -> Option<&SourceColumn> {
        let naming = self.dialect.naming();
        let named = |name: &str| self.source.columns.iter().find(|column| naming.same(&column.name, name));
        let renamed = self.entry.details.renamed.columns.iter().find(|(before, _)| before == name);
        named(name).or_else(|| renamed.and_then(|(_, after)| named(after)))
    }

    /// The kept columns that have one to go to.
    pub fn ways(&self) -> Vec<Way<'_>> {
        let columns = self.entry.details.columns.iter();
        columns.filter_map(|from| Some(Way { from, to: self.column(&from.name)? })).collect()
    }

    /// The columns that come back: of whole rows all, else those that were lost.
    pub fn coming(&self) -> Vec<Way<'_>> {
        self.ways().into_iter().filter(|way| self.is_whole() || way.from.lost.is_some()).collect()
    }

    /// The columns of the key.
    pub fn key(&self) -> Vec<Way<'_>> {
        self.ways().into_iter().filter(|way| self.entry.details.key.contains(&way.from.name)).collect()
    }

    /// The columns of the key that have another type now: the same row may be written otherwise then, and another row alike.
    pub fn other_types(&self) -> Vec<Way<'_>> {
        let differs = |way: &Way<'_>| !way.from.declared.eq_ignore_ascii_case(&way.to.declared);
        self.key().into_iter().filter(differs).collect()
    }

    /// Whether a row of the table and a kept one are the same by key.
    pub fn meets(&self) -> String {
        let parts = self.key().into_iter().map(|way| self.dialect.same_key(&way.value(), &way.kept()));
        parts.collect::<Vec<_>>().join(" AND ")
    }

    /// Whether all columns of its rows are kept, not only those that they lost.
    pub fn is_whole(&self) -> bool {
        self.entry.columns.is_empty()
    }

    /// The rows that the entry is about: whole rows are those of the table alone, a column is lost in tables that inherit, too.
    pub fn place(&self) -> &str {
        if self.is_whole() {
            &self.source.alone
        } else {
            &self.source.place
        }
    }

    /// Whether the table has the row of a kept one.
    pub fn is_there(&self) -> String {
        format!("EXISTS (SELECT 1 FROM {} AS t WHERE {})", self.place(), self.meets())
    }

    /// Whether a row of the table has a kept one.
    pub fn is_kept(&self) -> String {
        format!("EXISTS (SELECT 1 FROM {} AS k WHERE {})", self.kept, self.meets())
    }

    /// Whether a kept row comes back: of whole rows all, of columns those whose row is still in the table.
    pub fn comes_back(&self) -> String {
        if self.is_whole() {
            "1 = 1".to_owned()
        } else {
            self.is_there()
        }
    }

    /// Whether a foreign key of its table points to the table of another.
    pub fn is_parent(&self, key: &SourceKey, other: &Target<'_>) -> bool {
        let naming = self.dialect.naming();
        naming.same(&key.place, &other.source.place) && !naming.same(&key.place, &self.source.place)
    }

    /// Whether existing rows of a table get other values in one of these columns.
    pub fn writes(&self, place: &str, columns: &[String]) -> bool {
        let naming = self.dialect.naming();
        let written = |name: &String| self.coming().iter().any(|way| naming.same(&way.to.name, name));
        !self.is_whole() && naming.same(&self.source.place, place) && columns.iter().any(written)
    }

    /// Whether rows of the same table that another brings back must be there first.
    pub fn needs_rows_of(&self, other: &Target<'_>) -> bool {
        let first = other.made || (other.is_whole() && !self.is_whole());
        first && self.dialect.naming().same(&self.source.place, &other.source.place)
    }

    /// The rows of the table and the kept ones, joined by key.
    pub fn joined(&self) -> String {
        format!("{} AS k JOIN {} AS t ON {}", self.kept, self.place(), self.meets())
    }

    /// Whether a column of a row holds something that is neither what is kept nor what a step left there.
    pub fn is_changed(&self, way: Way<'_>) -> String {
        let columns = &self.entry.details.columns;
        let at = columns.iter().position(|column| column.name == way.from.name).unwrap_or_default();
        let left = format!("k.{}", quote(&left::column(columns, at)));
        let (value, kept) = (way.value(), way.kept());
        let (as_kept, as_left) = (self.dialect.is_kept(&value, &kept), self.dialect.is_kept(&value, &left));
        format!("{value} IS NOT NULL AND NOT {as_kept} AND NOT {as_left}")
    }

    /// How many kept rows meet a condition over `rows`, and which, if their keys may be shown:
    /// ` (id 1, 3, ...)`.
    pub fn count(&self, connection: &mut dyn Execute, rows: &str, condition: &str) -> Result<(i64, String)> {
        let columns = super::list::columns_of("k", &self.entry.details.key);
        self.count_by(connection, &columns, (rows, condition))
    }

    /// The same of rows whose keys are in these columns.
    pub fn count_by(
        &self,
        connection: &mut dyn Execute,
        columns: &[String],
        (rows, condition): (&str, &str),
    ) -> Result<(i64, String)> {
        let found = connection.query(&Statement::new(format!("SELECT count(*) FROM {rows} WHERE {condition}")))?;
        let count = found.first().and_then(|row| row[0].as_int()).unwrap_or_default();
        let key = self.entry.details.key.as_slice();
        let tellable = self.key().iter().filter(|way| way.to.numbers).count() == key.len();
        if count == 0 || key.is_empty() || !tellable {
            return Ok((count, String::new()));
        }
        let columns = columns.join(", ");
        let sql = format!("SELECT {columns} FROM {rows} WHERE {condition} ORDER BY {columns} LIMIT {TOLD}");
        let keys = connection.query(&Statement::new(sql))?;
        let told: Vec<String> = keys.iter().map(|row| row.iter().map(shown).collect::<Vec<_>>().join(" ")).collect();
        let more = if count > TOLD as i64 { ", ..." } else { "" };
        Ok((count, format!(" ({} {}{more})", key.join(" "), told.join(", "))))
    }
}

/// A number or a UUID of a key.
fn shown(value: &Value) -> String {
    match value {
        Value::Int(number) => number.to_string(),
        Value::Text(text) => text.clone(),
        _ => "?".into(),
    }
}
