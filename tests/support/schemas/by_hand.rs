//! Random changes of a database by hand, each as SQL, with the differences and the foreign things that must be found after it.

use super::kinds::{constant, default};
use plinth::dialect::name::Name;
use plinth::dialect::shape::{ConstraintName, Shape};
use plinth::dialect::{quote, Dialect, DialectName};
use plinth::schema::expression::mentions;
use plinth::schema::names::{kind_check_name, primary_key_name};
use plinth::schema::{Column, ForeignKey, Index, IndexKey, Kind, Schema, Table};
use proptest::prelude::*;

/// The name of what is added or renamed by hand.
pub(super) const BY_HAND: &str = "by hand";

/// What is done by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    AddColumn,
    DropColumn,
    RenameColumn,
    Type,
    Nullable,
    Default,
    AddIndex,
    DropIndex,
    ChangeIndex,
    RenameIndex,
    AddUnique,
    DropUnique,
    AddCheck,
    DropCheck,
    ChangeCheck,
    AddForeignKey,
    DropForeignKey,
    ForeignKeyAction,
    NotValid,
    DropPrimaryKey,
    RenameConstraint,
    RenameTable,
    DropTable,
    Comment,
    Options,
    Foreign,
}

use What::*;

/// All of them.
pub const ALL: [What; 26] = [
    AddColumn,
    DropColumn,
    RenameColumn,
    Type,
    Nullable,
    Default,
    AddIndex,
    DropIndex,
    ChangeIndex,
    RenameIndex,
    AddUnique,
    DropUnique,
    AddCheck,
    DropCheck,
    ChangeCheck,
    AddForeignKey,
    DropForeignKey,
    ForeignKeyAction,
    NotValid,
    DropPrimaryKey,
    RenameConstraint,
    RenameTable,
    DropTable,
    Comment,
    Options,
    Foreign,
];

/// A change by hand; the numbers pick a table, and things of it.
#[derive(Clone, Debug)]
pub struct ByHand {
    pub what: What,
    pub table: usize,
    pub at: usize,
    pub variant: usize,
}

/// Any change.
pub fn by_hand() -> impl Strategy<Value = ByHand> {
    let what = prop::sample::select(ALL.to_vec());
    (what, 0..8usize, 0..8usize, 0..8usize).prop_map(|(what, table, at, variant)| ByHand { what, table, at, variant })
}

/// A difference as it must be reported: the table, the object and its name.
pub type Told = (String, String, String);

/// A change, and what must be found after it.
#[derive(Debug, Default)]
pub struct Made {
    pub sql: String,
    /// The differences.
    pub differs: Vec<Told>,
    /// Those that the database may make of it: it writes expressions anew if a type changes.
    pub may: Vec<Told>,
    /// The new foreign objects: the kind and the name of each.
    pub foreign: Vec<(String, String)>,
}

impl Made {
    pub(super) fn sql(sql: impl Into<String>) -> Option<Made> {
        Some(Made { sql: sql.into(), ..Made::default() })
    }

    pub(super) fn differs(mut self, differs: impl IntoIterator<Item = Told>) -> Made {
        self.differs.extend(differs);
        self
    }

    pub(super) fn foreign(mut self, what: &str, name: &str) -> Made {
        self.foreign.push((what.into(), name.into()));
        self
    }
}

/// A database as it should be, and a table of it.
pub struct Scene<'a> {
    pub dialect: &'a dyn Dialect,
    pub schema: &'a Schema,
    pub expected: &'a Shape,
    pub(super) table: &'a Table,
}

pub(super) fn pick<T>(list: &[T], at: usize) -> Option<&T> {
    list.get(at.checked_rem(list.len())?)
}

impl<'a> Scene<'a> {
    /// The table that a change is about.
    pub fn new(dialect: &'a dyn Dialect, schema: &'a Schema, expected: &'a Shape, by_hand: &ByHand) -> Option<Self> {
        Some(Scene { dialect, schema, expected, table: pick(&schema.tables, by_hand.table)? })
    }

    pub(super) fn sqlite(&self) -> bool {
        self.dialect.name() == DialectName::Sqlite
    }

    fn name(&self, spelled: &str) -> Name {
        self.dialect.naming().name(spelled)
    }

    pub(super) fn told(&self, object: &str, name: &str) -> Told {
        (self.table.name.clone(), object.into(), name.into())
    }

    pub(super) fn on(&self) -> String {
        quote(&self.table.name)
    }

    /// The effect of ALTER TABLE on PostgreSQL, and on SQLite the table made anew after an edit of
    /// its declaration. None if the edit says nothing to SQLite.
    pub(super) fn alter(&self, clauses: &str, edit: impl FnOnce(&mut Table)) -> Option<Made> {
        if !self.sqlite() {
            return Made::sql(format!("ALTER TABLE {} {clauses}", self.on()));
        }
        let mut table = self.table.clone();
        edit(&mut table);
        self.anew(&table, |sql| sql)
    }

    /// SQLite's table made anew as this one, its text edited; `None` if that is the text it has.
    fn anew(&self, table: &Table, edit: impl FnOnce(String) -> String) -> Option<Made> {
        let sql = edit(self.dialect.create_table(table));
        let indexes = table.indexes.iter().map(|index| self.dialect.create_index(table, index));
        let changed = self.sqlite() && sql != self.dialect.create_table(self.table);
        let indexes: Vec<String> = indexes.collect();
        changed.then_some(())?;
        Made::sql(format!("DROP TABLE {}; {sql}; {}", self.on(), indexes.join("; ")))
    }

    /// Whether the table should have a constraint of this name.
    fn has(&self, constraint: &str) -> bool {
        let key = ConstraintName::Named(self.name(constraint));
        let table = self.expected.tables.get(&self.name(&self.table.name));
        table.is_some_and(|table| table.constraints.contains_key(&key))
    }

    /// The objects of the table that name a column.
    fn naming(&self, column: &Column) -> Vec<Told> {
        let (table, name) = (self.table, &column.name);
        let mut told = Vec::new();
        if table.primary_key.contains(name) {
            told.push(self.told("primary key", &primary_key_name(&table.name)));
        }
        let uniques = table.uniques.iter().filter(|unique| unique.columns.contains(name));
        told.extend(uniques.map(|unique| self.told("unique", &unique.name)));
        let checks = table.checks.iter().filter(|check| mentions(&check.sql, name)).map(|check| check.name.clone());
        let checks = checks.chain(kind_check_name(&table.name, column).filter(|name| self.has(name)));
        told.extend(checks.map(|check| self.told("check", &check)));
        told.extend(table.foreign_keys.iter().filter(|key| key.columns.contains(name)).map(|key| self.key(key)));
        told.extend(
            table.indexes.iter().filter(|index| index_names(index, name)).map(|it| self.told("index", &it.name)),
        );
        told
    }

    pub(super) fn key(&self, key: &ForeignKey) -> Told {
        self.told("foreign key", &key.name)
    }

    /// The foreign keys that point to the table, or to a column of it; `own`: also those of the table itself.
    fn pointing(&self, column: Option<&str>, own: bool) -> Vec<Told> {
        let points = |key: &&ForeignKey| {
            key.table == self.table.name && column.is_none_or(|column| key.references.iter().any(|it| it == column))
        };
        let tables = self.schema.tables.iter().filter(|table| own || table.name != self.table.name);
        let keys = tables.flat_map(|table| table.foreign_keys.iter().filter(points).map(move |key| (table, key)));
        keys.map(|(table, key)| (table.name.clone(), "foreign key".into(), key.name.clone())).collect()
    }

    /// The change, or `None` if the schema has nothing to change in this way.
    pub fn make(&self, by_hand: &ByHand) -> Option<Made> {
        let (on, column) = (self.on(), pick(&self.table.columns, by_hand.at)?);
        let quoted = quote(&column.name);
        match by_hand.what {
            AddColumn => {
                let made = Made::sql(format!("ALTER TABLE {on} ADD COLUMN \"{BY_HAND}\" INTEGER"))?;
                Some(made.differs([self.told("column", BY_HAND)]))
            }
            DropColumn => self.drop_column(column),
            RenameColumn => {
                let made = Made::sql(format!("ALTER TABLE {on} RENAME COLUMN {quoted} TO \"{BY_HAND}\""))?;
                let made = made.differs([self.told("column", &column.name), self.told("column", BY_HAND)]);
                Some(made.differs(self.naming(column)).differs(self.pointing(Some(&column.name), true)))
            }
            Type => self.change_type(column, by_hand.variant),
            Nullable => self.change_nullable(column),
            Default => self.change_default(column),
            AddIndex => self.add_index(column, by_hand.variant),
            DropIndex | ChangeIndex | RenameIndex => self.index(by_hand),
            AddUnique | DropUnique => self.unique(by_hand, column),
            AddCheck | DropCheck | ChangeCheck => self.check(by_hand, column),
            AddForeignKey | DropForeignKey | ForeignKeyAction => self.foreign_key(by_hand),
            NotValid => self.not_valid(by_hand),
            DropPrimaryKey => {
                (!self.sqlite()).then_some(())?;
                let name = primary_key_name(&self.table.name);
                let made = Made::sql(format!("ALTER TABLE {on} DROP CONSTRAINT {}", quote(&name)))?;
                Some(made.differs([self.told("primary key", &name)]))
            }
            RenameConstraint => self.rename_constraint(by_hand),
            RenameTable => {
                let made = Made::sql(format!("ALTER TABLE {on} RENAME TO \"{BY_HAND}\""))?;
                let made = made.differs([self.told("table", "")]).differs(self.pointing(None, false));
                Some(made.foreign("a table", BY_HAND))
            }
            DropTable => {
                let cascade = if self.sqlite() { "" } else { " CASCADE" };
                let made = Made::sql(format!("DROP TABLE {on}{cascade}"))?.differs([self.told("table", "")]);
                // SQLite's foreign keys outlive what they point to.
                Some(if self.sqlite() { made } else { made.differs(self.pointing(None, false)) })
            }
            Comment => {
                (!self.sqlite()).then_some(())?;
                let (what, name) = match by_hand.variant % 2 {
                    0 => (format!("TABLE {on}"), ""),
                    _ => (format!("COLUMN {on}.{quoted}"), column.name.as_str()),
                };
                let made = Made::sql(format!("COMMENT ON {what} IS 'written by hand'"))?;
                Some(made.differs([self.told("comment", name)]))
            }
            Options => {
                let made = match self.sqlite() {
                    true => self.anew(self.table, |sql| sql + " WITHOUT ROWID"),
                    false => Made::sql(format!("ALTER TABLE {on} SET UNLOGGED")),
                };
                Some(made?.differs([self.told("options", "")]))
            }
            Foreign => self.add_foreign(by_hand),
        }
    }

    fn drop_column(&self, column: &Column) -> Option<Made> {
        let name = &column.name;
        if self.sqlite() && self.table.columns.len() == 1 {
            return None;
        }
        let made = self.alter(&format!("DROP COLUMN {} CASCADE", quote(name)), |table| {
            table.columns.retain(|it| it.name != *name);
            if table.primary_key.contains(name) {
                table.primary_key.clear();
            }
            table.uniques.retain(|unique| !unique.columns.contains(name));
            table.checks.retain(|check| !mentions(&check.sql, name));
            table.foreign_keys.retain(|key| !key.columns.contains(name));
            table.indexes.retain(|index| !index_names(index, name));
        })?;
        let made = made.differs([self.told("column", name)]).differs(self.naming(column));
        // SQLite's foreign keys outlive what they point to.
        Some(if self.sqlite() { made } else { made.differs(self.pointing(Some(name), true)) })
    }

    fn change_type(&self, column: &Column, variant: usize) -> Option<Made> {
        if matches!(column.kind, Kind::Id | Kind::BigId) || column.default.is_some() {
            return None;
        }
        let quoted = quote(&column.name);
        let differs = self.told("column", &column.name);
        if self.sqlite() {
            let declared = format!("{quoted} {}", self.dialect.declared_type(&column.kind));
            let types = ["NVARCHAR(9)", "NUMERIC", "BLOB COLLATE NOCASE", "VARCHAR(77)"];
            let changed = format!("{quoted} {}", types[variant % types.len()]);
            let made = self.anew(self.table, |sql| sql.replacen(&declared, &changed, 1))?;
            return Some(made.differs([differs]));
        }
        let types = ["text", "varchar(77)", "smallint", "numeric(30,3)", "time", "point", "\"char\"", "int[]"];
        let to = types[variant % types.len()];
        let made = Made::sql(format!("ALTER TABLE {} ALTER {quoted} TYPE {to} USING NULL::{to}", self.on()))?;
        let may =
            self.naming(column).into_iter().filter(|(_, object, _)| ["check", "index"].contains(&object.as_str()));
        Some(Made { may: may.collect(), ..made.differs([differs]) })
    }

    fn change_nullable(&self, column: &Column) -> Option<Made> {
        (!self.table.primary_key.contains(&column.name)).then_some(())?;
        let word = if column.nullable { "SET" } else { "DROP" };
        let made = self.alter(&format!("ALTER {} {word} NOT NULL", quote(&column.name)), |table| {
            let edited = table.columns.iter_mut().find(|it| it.name == column.name);
            edited.into_iter().for_each(|it| it.nullable = !it.nullable);
        });
        Some(made?.differs([self.told("nullable", &column.name)]))
    }

    fn change_default(&self, column: &Column) -> Option<Made> {
        (!matches!(column.kind, Kind::Id | Kind::BigId)).then_some(())?;
        let clause = match &column.default {
            Some(_) => "DROP DEFAULT".to_owned(),
            None => format!("SET DEFAULT {}", constant(&column.kind)?),
        };
        let made = self.alter(&format!("ALTER {} {clause}", quote(&column.name)), |table| {
            let edited = table.columns.iter_mut().find(|it| it.name == column.name);
            let changed = if column.default.is_none() { default(&column.kind, 1) } else { None };
            edited.into_iter().for_each(|it| it.default.clone_from(&changed));
        });
        Some(made?.differs([self.told("default", &column.name)]))
    }
}

fn index_names(index: &Index, column: &str) -> bool {
    let part = |key: &IndexKey| match key {
        IndexKey::Column(name) => name == column,
        IndexKey::Expression(sql) => mentions(sql, column),
    };
    index.parts.iter().any(|it| part(&it.key)) || index.filter.as_ref().is_some_and(|sql| mentions(sql, column))
}
