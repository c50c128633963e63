//! The tables that operations touch, by the names they have before and after, and how names change between. Pure.

use crate::diff::{Constraint, Operation};
use crate::schema::names::primary_key_name;
use crate::schema::{Schema, Table};
use std::collections::BTreeSet;

/// The tables that operations touch.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Touched {
    tables: Vec<Pair>,
    /// Columns with another name: the table's name and the column's, before; its name after.
    columns: Vec<(String, String, String)>,
    /// Constraints and indexes with another name, likewise.
    objects: Vec<(String, String, String)>,
    /// What goes, by the table's name and its own, before.
    dropped: BTreeSet<(String, String)>,
}

/// The names of a table; none where it is not there.
#[derive(Clone, Debug, PartialEq)]
struct Pair {
    before: Option<String>,
    after: Option<String>,
}

impl Touched {
    /// Follows the operations, which begin at `from`.
    pub fn of(from: &Schema, operations: &[Operation]) -> Touched {
        let mut touched = Touched::default();
        for operation in operations {
            touched.follow(from, operation);
        }
        touched
    }

    fn follow(&mut self, from: &Schema, operation: &Operation) {
        use Operation::*;
        match operation {
            CreateTable { table } => self.tables.push(Pair { before: None, after: Some(table.name.clone()) }),
            DropTable { table } => {
                let at = self.at(&table.name);
                self.tables[at].after = None;
            }
            RenameTable { from: old, to } => {
                self.referring(from, old);
                let at = self.at(old);
                self.tables[at].after = Some(to.clone());
            }
            RenameColumn { table, from: old, to } => {
                self.referring(from, table);
                let before = self.before(table);
                rename(&mut self.columns, before, old, to);
            }
            RenameConstraint { table, from: old, to } | RenameIndex { table, from: old, to } => {
                let before = self.before(table);
                rename(&mut self.objects, before, old, to);
            }
            DropColumn { table, column, .. } => self.drops(table, &column.name),
            DropConstraint { table, constraint } => self.drops(table, constraint.name()),
            DropIndex { table, index } => self.drops(table, &index.name),
            AlterPrimaryKey { table, .. } => self.drops(table, &primary_key_name(table)),
            AddConstraint { table, constraint } => {
                self.at(table);
                if let Constraint::ForeignKey(key) = constraint {
                    self.at(&key.table);
                }
            }
            CommentTable { table, .. }
            | AddColumn { table, .. }
            | AlterColumn { table, .. }
            | AddIndex { table, .. } => {
                self.at(table);
            }
        }
    }

    /// The place of a table by the name that it has now.
    fn at(&mut self, name: &str) -> usize {
        let found = self.tables.iter().position(|pair| pair.after.as_deref() == Some(name));
        found.unwrap_or_else(|| {
            self.tables.push(Pair { before: Some(name.into()), after: Some(name.into()) });
            self.tables.len() - 1
        })
    }

    /// The name before of a table that is there; its own where it is new.
    fn before(&mut self, name: &str) -> String {
        let at = self.at(name);
        self.tables[at].before.clone().unwrap_or_else(|| name.to_owned())
    }

    fn drops(&mut self, table: &str, object: &str) {
        let before = self.before(table);
        let column = self.column_before(&before, object).to_owned();
        self.dropped.insert((before, column));
    }

    /// Tables whose foreign keys spell the name of a table, or of its columns.
    fn referring(&mut self, from: &Schema, name: &str) {
        let before = self.before(name);
        let referring: Vec<String> = from
            .tables
            .iter()
            .filter(|table| table.name != before && table.foreign_keys.iter().any(|key| key.table == before))
            .map(|table| table.name.clone())
            .collect();
        for table in referring {
            if !self.tables.iter().any(|pair| pair.before.as_ref() == Some(&table)) {
                self.at(&table);
            }
        }
    }

    /// The names before.
    pub fn names_before(&self) -> Vec<String> {
        self.tables.iter().filter_map(|pair| pair.before.clone()).collect()
    }

    /// The names after.
    pub fn names_after(&self) -> Vec<String> {
        self.tables.iter().filter_map(|pair| pair.after.clone()).collect()
    }

    /// All names, each once.
    pub fn names(&self) -> Vec<String> {
        let mut names = self.names_before();
        names.extend(self.names_after());
        names.sort();
        names.dedup();
        names
    }

    /// What becomes of a table's name; none where the table goes.
    pub fn table_after(&self, before: &str) -> Option<String> {
        match self.tables.iter().find(|pair| pair.before.as_deref() == Some(before)) {
            Some(pair) => pair.after.clone(),
            None => Some(before.to_owned()),
        }
    }

    /// The name before of a table that is touched and was there.
    pub fn table_before(&self, after: &str) -> Option<String> {
        match self.tables.iter().find(|pair| pair.after.as_deref() == Some(after)) {
            Some(pair) => pair.before.clone(),
            None => Some(after.to_owned()),
        }
    }

    /// What becomes of a column's name.
    pub fn column_after<'a>(&'a self, table_before: &str, column: &'a str) -> &'a str {
        let renamed = self.columns.iter().find(|(table, old, _)| table == table_before && old == column);
        renamed.map_or(column, |(_, _, now)| now)
    }

    /// The name before of a column.
    pub fn column_before<'a>(&'a self, table_before: &str, column: &'a str) -> &'a str {
        let renamed = self.columns.iter().find(|(table, _, now)| table == table_before && now == column);
        renamed.map_or(column, |(_, old, _)| old)
    }

    /// What becomes of the name of a constraint or an index.
    pub fn object_after<'a>(&'a self, table_before: &str, object: &'a str) -> &'a str {
        let renamed = self.objects.iter().find(|(table, old, _)| table == table_before && old == object);
        renamed.map_or(object, |(_, _, now)| now)
    }

    /// Whether an operation takes this column, constraint or index away.
    pub fn is_dropped(&self, table_before: &str, object: &str) -> bool {
        self.dropped.contains(&(table_before.to_owned(), object.to_owned()))
    }

    /// A piece of SQL of a table with the names that it has after.
    pub fn rewritten(&self, table_before: &str, sql: &str) -> String {
        let mut renames: Vec<(&str, &str)> = Vec::new();
        renames.extend(
            self.columns
                .iter()
                .filter(|(table, ..)| table == table_before || sql.contains("REFERENCES"))
                .map(|(_, old, now)| (old.as_str(), now.as_str())),
        );
        for pair in &self.tables {
            if let (Some(before), Some(after)) = (&pair.before, &pair.after) {
                if before != after {
                    renames.push((before, after));
                }
            }
        }
        words(sql, &renames)
    }
}

/// Notes another name; of what was renamed before, its last.
fn rename(all: &mut Vec<(String, String, String)>, table: String, old: &str, to: &str) {
    match all.iter_mut().find(|(t, _, now)| *t == table && now == old) {
        Some((_, _, now)) => to.clone_into(now),
        None => all.push((table, old.into(), to.into())),
    }
}

/// Replaces whole words, wherever they stand: good enough to tell whether two definitions mean the same.
fn words(sql: &str, renames: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(sql.len());
    let mut word = String::new();
    for letter in sql.chars().chain(['\0']) {
        if letter.is_alphanumeric() || letter == '_' {
            word.push(letter);
            continue;
        }
        let renamed = renames.iter().find(|(old, _)| *old == word).map(|(_, now)| *now);
        out.push_str(renamed.unwrap_or(&word));
        word.clear();
        if letter != '\0' {
            out.push(letter);
        }
    }
    out
}

/// As much of a schema as is needed to make these tables: they, and those that they point to, without their foreign keys.
pub fn reduced(schema: &Schema, names: &[String]) -> Schema {
    let wanted = |table: &&Table| names.contains(&table.name);
    let mut tables: Vec<Table> = schema.tables.iter().filter(wanted).cloned().collect();
    let targets: BTreeSet<String> =
        tables.iter().flat_map(|table| table.foreign_keys.iter().map(|key| key.table.clone())).collect();
    for table in schema.tables.iter().filter(|table| targets.contains(&table.name) && !names.contains(&table.name)) {
        tables.push(Table { foreign_keys: Vec::new(), ..table.clone() });
    }
    Schema { tables }
}
