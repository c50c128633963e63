//! The shape of a database: what it holds in its own terms, in a canonical form, so that two can be compared. Whatever a
//! model cannot say (collations, generated columns, options of a table) is in it too: it must not differ unnoticed.

use super::name::Name;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// The content of a database. Our own tables (`plinth_*`, `__diesel_*`) are not in it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shape {
    /// Ordinary tables, by name.
    pub tables: BTreeMap<Name, TableShape>,
    /// Objects that no model can declare: views, triggers, types, functions, extensions' objects,
    /// virtual tables, partitions, ...
    pub foreign: Vec<Foreign>,
}

/// A table. The order of its columns is not part of it: PostgreSQL only appends.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TableShape {
    /// Columns, by name.
    pub columns: BTreeMap<Name, ColumnShape>,
    /// Constraints, the primary key and the checks of kinds among them, each with its canonical definition.
    pub constraints: BTreeMap<ConstraintName, String>,
    /// Indexes, without those that constraints bring with them: name to canonical definition, `UNIQUE (a DESC, lower(b)) WHERE ...`.
    pub indexes: BTreeMap<Name, String>,
    /// Its other properties: `STRICT`, `WITHOUT ROWID`, `UNLOGGED`, `PARTITION BY ...`; empty for a
    /// plain table.
    pub options: String,
    /// Its comment, where the database holds comments.
    pub comment: Option<String>,
}

/// The name of a constraint.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ConstraintName {
    /// Its name.
    Named(Name),
    /// It has none, and is recognized by its definition.
    Unnamed(String),
}

/// A column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ColumnShape {
    /// Its type, collation, identity and generated expression, as `Dialect::declared_type` spells them and beyond.
    pub declared: String,
    /// Whether it may be NULL.
    pub nullable: bool,
    /// Its default, canonical.
    pub default: Option<String>,
    /// Its comment, where the database holds comments.
    pub comment: Option<String>,
}

/// The settings that decide how a server writes expressions. Shapes can be compared only if it was
/// the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Writer {
    /// The major version of the server.
    pub server: i64,
    /// The schemas of the search path: what is found in none of them is written with its schema.
    pub path: String,
}

/// Something that is not ours: reported, never touched.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Foreign {
    /// The kind of object, with its article: `a view`, `a trigger`.
    pub what: String,
    /// Its name.
    pub name: Name,
    /// The table to which it belongs.
    pub table: Option<Name>,
}

/// One difference between what should be there and what is.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// The table.
    pub table: Name,
    /// The part of the table that differs.
    pub object: Object,
    /// Its definition as it should be; `None` if it should not exist.
    pub expected: Option<String>,
    /// Its definition as it is; `None` if it is missing.
    pub found: Option<String>,
}

/// The part of a table that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Object {
    /// The table itself.
    Table,
    /// A column: that it is there, and its type.
    Column(Name),
    /// Whether a column may be NULL.
    Nullable(Name),
    /// The default of a column.
    Default(Name),
    /// A constraint.
    Constraint(ConstraintName),
    /// An index.
    Index(Name),
    /// Other properties of the table.
    Options,
    /// The comment of the table.
    TableComment,
    /// The comment of a column.
    ColumnComment(Name),
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let table = &self.table;
        match &self.object {
            Object::Table => write!(f, "the table `{table}`"),
            Object::Column(name) => write!(f, "the column `{table}.{name}`"),
            Object::Nullable(name) => write!(f, "whether `{table}.{name}` may be NULL"),
            Object::Default(name) => write!(f, "the default of `{table}.{name}`"),
            Object::Constraint(name) => write!(f, "the constraint `{name}` of `{table}`"),
            Object::Index(name) => write!(f, "the index `{name}` of `{table}`"),
            Object::Options => write!(f, "the options of the table `{table}`"),
            Object::TableComment => write!(f, "the comment of the table `{table}`"),
            Object::ColumnComment(name) => write!(f, "the comment of `{table}.{name}`"),
        }?;
        match (&self.expected, &self.found) {
            (Some(_), None) => f.write_str(" is missing"),
            (None, Some(found)) if self.object == Object::Table || found.is_empty() => f.write_str(" should not exist"),
            (None, Some(found)) => write!(f, " should not exist ({found})"),
            (expected, found) => {
                let text = |side: &Option<String>| side.clone().unwrap_or_default();
                write!(f, " is `{}` instead of `{}`", text(found), text(expected))
            }
        }
    }
}

impl ConstraintName {
    /// The name, if it has one.
    pub fn named(&self) -> Option<&Name> {
        match self {
            ConstraintName::Named(name) => Some(name),
            ConstraintName::Unnamed(_) => None,
        }
    }
}

impl fmt::Display for ConstraintName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ConstraintName::Named(name) => name.fmt(f),
            ConstraintName::Unnamed(definition) => f.write_str(definition),
        }
    }
}

/// The differences, table by table, in the order of names. Names are spelled as expected, if
/// something is.
pub fn compare(expected: &Shape, found: &Shape) -> Vec<Difference> {
    let mut differences = Vec::new();
    for name in union(&expected.tables, &found.tables) {
        let mut note = |object: Object, expected: Option<String>, found: Option<String>| {
            if expected != found {
                differences.push(Difference { table: name.clone(), object, expected, found });
            }
        };
        match (expected.tables.get(name), found.tables.get(name)) {
            (Some(expected), Some(found)) => compare_tables(expected, found, &mut note),
            (expected, found) => {
                let word = |there: Option<&TableShape>| there.map(|_| "a table".to_owned());
                note(Object::Table, word(expected), word(found));
            }
        }
    }
    differences
}

type Note<'a> = &'a mut dyn FnMut(Object, Option<String>, Option<String>);

fn compare_tables(expected: &TableShape, found: &TableShape, note: Note<'_>) {
    for name in union(&expected.columns, &found.columns) {
        let (expected, found) = (expected.columns.get(name), found.columns.get(name));
        note(Object::Column(name.clone()), expected.map(|c| c.declared.clone()), found.map(|c| c.declared.clone()));
        if let (Some(expected), Some(found)) = (expected, found) {
            let word = |column: &ColumnShape| Some(if column.nullable { "NULL" } else { "NOT NULL" }.to_owned());
            note(Object::Nullable(name.clone()), word(expected), word(found));
            note(Object::Default(name.clone()), expected.default.clone(), found.default.clone());
            note(Object::ColumnComment(name.clone()), expected.comment.clone(), found.comment.clone());
        }
    }
    compare_definitions(Object::Constraint, &expected.constraints, &found.constraints, note);
    compare_definitions(Object::Index, &expected.indexes, &found.indexes, note);
    let options = |table: &TableShape| Some(table.options.clone()).filter(|options| !options.is_empty());
    note(Object::Options, options(expected), options(found));
    note(Object::TableComment, expected.comment.clone(), found.comment.clone());
}

fn compare_definitions<N: Ord + Clone>(
    object: fn(N) -> Object,
    expected: &BTreeMap<N, String>,
    found: &BTreeMap<N, String>,
    note: Note<'_>,
) {
    for name in union(expected, found) {
        note(object(name.clone()), expected.get(name).cloned(), found.get(name).cloned());
    }
}

/// All names of both, each once, as `expected` spells them if it has them.
fn union<'a, N: Ord, T>(expected: &'a BTreeMap<N, T>, found: &'a BTreeMap<N, T>) -> BTreeSet<&'a N> {
    let mut names: BTreeSet<&N> = expected.keys().collect();
    // An equal name that is in the set already stays.
    for name in found.keys() {
        names.insert(name);
    }
    names
}
