//! The tables that operations touch, by the names they have before and after, and how names change between. Pure.

use crate::dialect::name::{Name, Naming};
use crate::diff::{Constraint, Operation};
use crate::schema::names::primary_key_name;
use crate::schema::{Schema, Table};
use std::collections::BTreeSet;

/// The tables that operations touch.
#[derive(Clone, Debug)]
pub struct Touched {
    /// How the database compares names.
    naming: Naming,
    tables: Vec<Pair>,
    columns: Renames,
    /// Constraints and indexes with another name.
    objects: Renames,
    /// Columns that go, by the table's name and their own, before.
    dropped_columns: BTreeSet<(Name, Name)>,
    /// Constraints and indexes that go, likewise.
    dropped_objects: BTreeSet<(Name, Name)>,
}

/// The names of a table; `None` if it does not exist.
#[derive(Clone, Debug)]
struct Pair {
    before: Option<Name>,
    after: Option<Name>,
}

impl Touched {
    /// Follows the operations, which begin at `from`.
    pub fn of(naming: Naming, from: &Schema, operations: &[Operation]) -> Touched {
        let mut touched = Touched {
            naming,
            tables: Vec::new(),
            columns: Renames::default(),
            objects: Renames::default(),
            dropped_columns: BTreeSet::new(),
            dropped_objects: BTreeSet::new(),
        };
        for operation in operations {
            touched.follow(from, operation);
        }
        touched
    }

    fn follow(&mut self, from: &Schema, operation: &Operation) {
        use Operation::*;
        let name = |spelled: &str| self.naming.name(spelled);
        match operation {
            CreateTable { table } => self.tables.push(Pair { before: None, after: Some(name(&table.name)) }),
            DropTable { table } => {
                let at = self.at(&name(&table.name));
                self.tables[at].after = None;
            }
            RenameTable { from: old, to } => {
                let (old, to) = (name(old), name(to));
                self.referring(from, &old);
                let at = self.at(&old);
                self.tables[at].after = Some(to);
            }
            RenameColumn { table, from: old, to } => {
                let (table, old, to) = (name(table), name(old), name(to));
                self.referring(from, &table);
                let before = self.before(&table);
                self.columns.note(before, old, to);
            }
            RenameConstraint { table, from: old, to } | RenameIndex { table, from: old, to } => {
                let (table, old, to) = (name(table), name(old), name(to));
                let before = self.before(&table);
                self.objects.note(before, old, to);
            }
            DropColumn { table, column, .. } => {
                let (table, column) = (name(table), name(&column.name));
                let before = self.before(&table);
                let column = self.columns.before(&before, &column).clone();
                self.dropped_columns.insert((before, column));
            }
            DropConstraint { table, constraint } => self.drops(&name(table), &name(constraint.name())),
            DropIndex { table, index } => self.drops(&name(table), &name(&index.name)),
            AlterPrimaryKey { table, .. } => self.drops(&name(table), &name(&primary_key_name(table))),
            AddConstraint { table, constraint } => {
                let mut tables = vec![name(table)];
                if let Constraint::ForeignKey(key) = constraint {
                    tables.push(name(&key.table));
                }
                for table in &tables {
                    self.at(table);
                }
            }
            CommentTable { table, .. }
            | AddColumn { table, .. }
            | AlterColumn { table, .. }
            | AddIndex { table, .. } => {
                let table = name(table);
                self.at(&table);
            }
        }
    }

    /// The place of a table by the name that it has now.
    fn at(&mut self, name: &Name) -> usize {
        let found = self.tables.iter().position(|pair| pair.after.as_ref() == Some(name));
        found.unwrap_or_else(|| {
            self.tables.push(Pair { before: Some(name.clone()), after: Some(name.clone()) });
            self.tables.len() - 1
        })
    }

    /// The name before of an existing table; its own if it is new.
    fn before(&mut self, name: &Name) -> Name {
        let at = self.at(name);
        self.tables[at].before.clone().unwrap_or_else(|| name.clone())
    }

    fn drops(&mut self, table: &Name, object: &Name) {
        let before = self.before(table);
        let object = self.objects.before(&before, object).clone();
        self.dropped_objects.insert((before, object));
    }

    /// Tables whose foreign keys spell the name of a table, or of its columns.
    fn referring(&mut self, from: &Schema, name: &Name) {
        let before = self.before(name);
        let naming = self.naming;
        let points = |table: &&Table| table.foreign_keys.iter().any(|key| naming.name(&key.table) == before);
        let referring = from.tables.iter().filter(points).map(|table| naming.name(&table.name));
        for table in referring.filter(|table| *table != before).collect::<Vec<_>>() {
            if !self.tables.iter().any(|pair| pair.before.as_ref() == Some(&table)) {
                self.at(&table);
            }
        }
    }

    /// How the database compares names.
    pub fn naming(&self) -> Naming {
        self.naming
    }

    /// The names before.
    pub fn names_before(&self) -> Vec<Name> {
        self.tables.iter().filter_map(|pair| pair.before.clone()).collect()
    }

    /// The names after.
    pub fn names_after(&self) -> Vec<Name> {
        self.tables.iter().filter_map(|pair| pair.after.clone()).collect()
    }

    /// All names, each once.
    pub fn names(&self) -> Vec<Name> {
        let mut names = self.names_before();
        names.extend(self.names_after());
        names.sort();
        names.dedup();
        names
    }

    /// The later name of a table; `None` if the table goes.
    pub fn table_after(&self, before: &Name) -> Option<Name> {
        match self.tables.iter().find(|pair| pair.before.as_ref() == Some(before)) {
            Some(pair) => pair.after.clone(),
            None => Some(before.clone()),
        }
    }

    /// The name before of a table that is touched and was there.
    pub fn table_before(&self, after: &Name) -> Option<Name> {
        match self.tables.iter().find(|pair| pair.after.as_ref() == Some(after)) {
            Some(pair) => pair.before.clone(),
            None => Some(after.clone()),
        }
    }

    /// The later name of a column.
    pub fn column_after<'a>(&'a self, table_before: &Name, column: &'a Name) -> &'a Name {
        self.columns.after(table_before, column)
    }

    /// The name before of a column.
    pub fn column_before<'a>(&'a self, table_before: &Name, column: &'a Name) -> &'a Name {
        self.columns.before(table_before, column)
    }

    /// The later name of a constraint or an index.
    pub fn object_after<'a>(&'a self, table_before: &Name, object: &'a Name) -> &'a Name {
        self.objects.after(table_before, object)
    }

    /// Whether an operation takes this column away.
    pub fn drops_column(&self, table_before: &Name, column: &Name) -> bool {
        self.dropped_columns.contains(&(table_before.clone(), column.clone()))
    }

    /// Whether an operation takes this constraint or index away.
    pub fn drops_object(&self, table_before: &Name, object: &Name) -> bool {
        self.dropped_objects.contains(&(table_before.clone(), object.clone()))
    }
}

/// Other names of what belongs to a table: the table's name and its own, before; its name after.
#[derive(Clone, Debug, Default)]
struct Renames(Vec<(Name, Name, Name)>);

impl Renames {
    /// Notes another name; of what was renamed before, its last.
    fn note(&mut self, table: Name, old: Name, to: Name) {
        match self.0.iter_mut().find(|(t, _, now)| *t == table && *now == old) {
            Some((_, _, now)) => *now = to,
            None => self.0.push((table, old, to)),
        }
    }

    fn after<'a>(&'a self, table: &Name, name: &'a Name) -> &'a Name {
        let renamed = self.0.iter().find(|(t, old, _)| t == table && old == name);
        renamed.map_or(name, |(_, _, now)| now)
    }

    fn before<'a>(&'a self, table: &Name, name: &'a Name) -> &'a Name {
        let renamed = self.0.iter().find(|(t, _, now)| t == table && now == name);
        renamed.map_or(name, |(_, old, _)| old)
    }
}

/// As much of a schema as is needed to make these tables: they, and those that they point to, without their foreign keys.
pub fn reduced(naming: Naming, schema: &Schema, names: &[Name]) -> Schema {
    let wanted = |table: &&Table| names.contains(&naming.name(&table.name));
    let mut tables: Vec<Table> = schema.tables.iter().filter(wanted).cloned().collect();
    let targets: BTreeSet<Name> =
        tables.iter().flat_map(|table| table.foreign_keys.iter().map(|key| naming.name(&key.table))).collect();
    let target = |table: &&Table| targets.contains(&naming.name(&table.name));
    for table in schema.tables.iter().filter(|table| target(table) && !wanted(table)) {
        tables.push(Table { foreign_keys: Vec::new(), ..table.clone() });
    }
    Schema { tables }
}
