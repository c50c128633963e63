//! init: creates the tables and indexes that are missing, and says what else differs.

mod ahead;
pub mod revisions;
mod shapes;

use crate::dialect::found::{Inventory, TableKind};
use crate::dialect::name::{Name, Naming};
use crate::dialect::{Dialect, DialectName};
use crate::drift::Grades;
use crate::error::{Code, Error, Result};
use crate::kept::Kept;
use crate::migrate::log::shapes as stored_shapes;
use crate::migrate::report::verbs::Ran;
use crate::migrate::run::capitals::capitals;
use crate::schema::order::{creation_order, Order};
use crate::schema::{Column, Kind, Models, Table};
use crate::statement::Execute;
use serde::Serialize;
use std::collections::{BTreeSet, HashMap};

/// The report of init. URL, seeds and the time it took are added by the caller.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InitReport {
    /// `sqlite` or `postgres`.
    pub dialect: DialectName,
    /// What was missing and is there now.
    pub created: Created,
    /// The objects that existed.
    pub existing: Existing,
    /// Differences that init leaves, a sentence each.
    pub pending: Vec<String>,
    /// The revisions that were applied.
    pub migrated: Vec<Ran>,
    /// Whether the tables were there before the first revision, and count as made by the revisions now.
    pub adopted: bool,
    /// The revisions that a newer release has applied: then nothing was applied or created.
    pub ahead: Vec<String>,
    /// The differences that were repaired, a sentence each.
    pub repaired: Vec<String>,
    /// What was kept of what the repair took away.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub kept: Vec<Kept>,
    /// How many differences drift would report; `None` if reading alone does not tell.
    pub drift: Option<Grades>,
    /// The reason why the drift is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drift_unknown: Option<String>,
}

impl InitReport {
    /// With how many differences drift would report, or why that is not known.
    pub fn drifted(self, drift: std::result::Result<Grades, String>) -> Self {
        let (drift, drift_unknown) = match drift {
            Ok(grades) => (Some(grades), None),
            Err(reason) => (None, Some(reason)),
        };
        InitReport { drift, drift_unknown, ..self }
    }
}

/// The objects that init created, in the order of creation.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Created {
    /// Tables of the models.
    pub tables: Vec<String>,
    /// Their indexes.
    pub indexes: Vec<String>,
}

/// The objects that init found.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Existing {
    /// Tables of the models.
    pub tables: Vec<String>,
}

/// Creates what is missing, all of it or nothing. Run again it changes nothing; several processes may run it at once.
pub fn init(dialect: &dyn Dialect, connection: &mut dyn Execute, models: &Models) -> Result<InitReport> {
    let mut report = InitReport::default();
    dialect.transaction(connection, &mut |connection| {
        report = create_missing(dialect, connection, models)?;
        Ok(())
    })?;
    tell_capitals(dialect, connection, models, &mut report)?;
    Ok(report)
}

/// Reports rows with capital letters in lower-cased columns of existing tables. No record says whether a row is older than
/// the property, so each such column is read. The read comes after the transaction, so that init's lock is not held for it.
/// Only rows that may have capitals leave the database. Revisions fold by themselves and do not need this.
pub(crate) fn tell_capitals(
    dialect: &dyn Dialect,
    connection: &mut dyn Execute,
    models: &Models,
    report: &mut InitReport,
) -> Result<()> {
    let naming = dialect.naming();
    let existing = |table: &&Table| report.existing.tables.contains(&table.name);
    let lower = |table: &Table| table.columns.iter().any(|column| column.lowercase);
    let tables: Vec<&Table> = models.schema.tables.iter().filter(existing).filter(|table| lower(table)).collect();
    if tables.is_empty() {
        return Ok(());
    }
    let names = Names::of(dialect, &dialect.inventory(connection)?);
    let ordinary = |table: &&Table| matches!(names.get(&table.name), Some(Holder::Table(TableKind::Ordinary)));
    for table in tables.into_iter().filter(ordinary) {
        let found = dialect.columns(connection, &table.name)?;
        // A column of another type, or a missing key, is reported already.
        let is = |column: &Column| {
            let declared = dialect.declared_type(&column.kind);
            found.iter().any(|it| naming.same(&it.name, &column.name) && naming.same(&it.declared, &declared))
        };
        let keyed = table.primary_key.iter().all(|key| found.iter().any(|it| naming.same(&it.name, key)));
        for column in table.columns.iter().filter(|column| column.lowercase && keyed && is(column)) {
            if let Some(rows) = capitals(dialect, connection, table, &column.name)? {
                let private =
                    |table: &str, column: &str| models.is_private(|one, other| naming.same(one, other), table, column);
                let message = rows.tell_rows(private).message;
                report.pending.push(format!("{message} The models cannot find them: lower-case these values."));
            }
        }
    }
    Ok(())
}

/// The same within a transaction that keeps others out.
pub(crate) fn create_missing(
    dialect: &dyn Dialect,
    connection: &mut dyn Execute,
    models: &Models,
) -> Result<InitReport> {
    dialect.prepare(connection)?;
    let names = Names::of(dialect, &dialect.inventory(connection)?);
    let report = InitReport { dialect: dialect.name(), ..InitReport::default() };
    let mut init = Init { dialect, connection, names, report };
    let tables = &models.schema.tables;
    let Order { tables: order, forward } = creation_order(tables);
    let add = |(at, key): (usize, usize)| {
        let table = &tables[at];
        Some((at, key, dialect.add_foreign_key(&table.name, &table.foreign_keys[key])?))
    };
    let later: Vec<(usize, usize, String)> = forward.into_iter().filter_map(add).collect();
    let gone = init.gone(tables)?;
    for at in order.into_iter().filter(|at| !gone.contains(at)) {
        let table = &tables[at];
        let waits = |key| later.iter().any(|(of, number, _)| (*of, *number) == (at, key));
        match init.names.get(&table.name) {
            None => init.create(&without(table, waits))?,
            Some(Holder::Table(kind)) => init.compare(table, *kind)?,
            Some(other) => return Err(taken("table", &table.name, &table.name, other)),
        }
    }
    for (at, _, sql) in &later {
        let table = &tables[*at].name;
        if init.report.created.tables.contains(table) {
            init.connection.batch(sql).map_err(|error| error.table(table))?;
        }
    }
    let seeds = seeds();
    if init.names.get(&seeds.name).is_none() {
        init.connection.batch(&dialect.create_table(&seeds)).map_err(|error| error.table(&seeds.name))?;
    }
    shapes::remember(dialect, init.connection, &models.schema, &init.report.created.tables)?;
    Ok(init.report)
}

/// A table without those of its foreign keys that have to wait.
fn without(table: &Table, waits: impl Fn(usize) -> bool) -> Table {
    let mut table = table.clone();
    let mut keys = 0..;
    table.foreign_keys.retain(|_| !keys.next().is_some_and(&waits));
    table
}

/// The seeds that ran, by name.
fn seeds() -> Table {
    Table {
        name: "plinth_seeds".into(),
        columns: vec![Column::new("name", Kind::Text { max: None }), Column::new("applied_at", Kind::Timestamp)],
        primary_key: vec!["name".into()],
        ..Table::default()
    }
}

/// One init: the existing objects, and the work done about them.
struct Init<'a> {
    dialect: &'a dyn Dialect,
    connection: &'a mut dyn Execute,
    names: Names,
    report: InitReport,
}

impl Init<'_> {
    /// The tables that existed and are gone, by their places, and those that refer to one. A start
    /// makes none of them again: it would hide that rows are lost.
    fn gone(&mut self, tables: &[Table]) -> Result<BTreeSet<usize>> {
        let naming = self.dialect.naming();
        let missing: Vec<usize> = (0..tables.len()).filter(|at| self.names.get(&tables[*at].name).is_none()).collect();
        // A role that only uses the tables need not be allowed to read what is stored of them.
        if missing.is_empty() {
            return Ok(BTreeSet::new());
        }
        let stored = stored_shapes::read(self.dialect, self.connection)?.unwrap_or_default();
        let mut gone = BTreeSet::new();
        for at in missing.iter().filter(|at| stored.contains_key(&naming.name(&tables[**at].name))) {
            gone.insert(*at);
            let name = &tables[*at].name;
            let hint = "`plinth drift` has details, `plinth repair` creates it again, empty.";
            self.report.pending.push(format!("The table `{name}` existed and is gone: its rows are lost. {hint}"));
        }
        loop {
            let is_gone = |name: &String| gone.iter().any(|at: &usize| naming.same(&tables[*at].name, name));
            let waits = |at: &&usize| tables[**at].foreign_keys.iter().any(|key| is_gone(&key.table));
            let Some(at) = missing.iter().filter(|at| !gone.contains(at)).find(waits).copied() else { return Ok(gone) };
            let name = &tables[at].name;
            self.report.pending.push(format!("The table `{name}` is not created: it points to a table that is gone."));
            gone.insert(at);
        }
    }

    /// Creates a table with its indexes.
    fn create(&mut self, table: &Table) -> Result<()> {
        self.connection.batch(&self.dialect.create_table(table)).map_err(|error| error.table(&table.name))?;
        self.report.created.tables.push(table.name.clone());
        for index in &table.indexes {
            if let Some(holder) = self.names.get(&index.name) {
                return Err(taken("index", &index.name, &table.name, holder));
            }
            let created = self.connection.batch(&self.dialect.create_index(table, index));
            created.map_err(|error| error.table(&table.name).constraint(&index.name))?;
            self.report.created.indexes.push(index.name.clone());
        }
        Ok(())
    }

    /// Notes an existing table, and how it differs from its model.
    fn compare(&mut self, table: &Table, kind: TableKind) -> Result<()> {
        let name = &table.name;
        self.report.existing.tables.push(name.clone());
        let pending = &mut self.report.pending;
        let stored = match kind {
            TableKind::Ordinary => None,
            TableKind::Virtual | TableKind::Shadow => Some("belongs to a virtual table module"),
            TableKind::Foreign => Some("is on another server"),
        };
        if let Some(stored) = stored {
            pending.push(format!("The table `{name}` {stored}, the models declare an ordinary table."));
            return Ok(());
        }
        let naming = self.dialect.naming();
        let found = self.dialect.columns(self.connection, name)?;
        for column in &table.columns {
            let Some(there) = found.iter().find(|there| naming.same(&there.name, &column.name)) else {
                let column = &column.name;
                pending.push(format!("The table `{name}` has no column `{column}`, which the models declare."));
                continue;
            };
            let declared = self.dialect.declared_type(&column.kind);
            if !naming.same(&there.declared, &declared) {
                let (column, there) = (&column.name, &there.declared);
                let is = if there.is_empty() { "without a type".to_owned() } else { format!("`{there}`") };
                pending.push(format!("The column `{name}.{column}` is {is}, the models declare `{declared}`."));
            }
        }
        for there in &found {
            if !table.columns.iter().any(|column| naming.same(&column.name, &there.name)) {
                pending.push(format!("The table `{name}` has a column `{}`, which no model declares.", there.name));
            }
        }
        for index in &table.indexes {
            match self.names.get(&index.name) {
                Some(Holder::Index(on)) if naming.same(on, name) => {}
                _ => {
                    pending.push(format!("The table `{name}` has no index `{}`, which the models declare.", index.name))
                }
            }
        }
        Ok(())
    }
}

/// The holders of names. Tables, views and indexes share one namespace.
struct Names {
    naming: Naming,
    holders: HashMap<Name, Holder>,
}

enum Holder {
    Table(TableKind),
    View,
    Index(String),
    Other(&'static str),
}

impl Names {
    fn of(dialect: &dyn Dialect, found: &Inventory) -> Self {
        let others = found.others.iter().map(|other| (&other.name, Holder::Other(other.what)));
        let tables = found.tables.iter().map(|table| (&table.name, Holder::Table(table.kind)));
        let views = found.views.iter().map(|view| (view, Holder::View));
        let indexes = found.indexes.iter().map(|index| (&index.name, Holder::Index(index.table.clone())));
        let all = others.chain(tables).chain(views).chain(indexes);
        let naming = dialect.naming();
        Names { naming, holders: all.map(|(name, holder)| (naming.name(name), holder)).collect() }
    }

    fn get(&self, name: &str) -> Option<&Holder> {
        self.holders.get(&self.naming.name(name))
    }
}

fn taken(what: &str, name: &str, table: &str, holder: &Holder) -> Error {
    let holder = match holder {
        Holder::Table(_) => "a table".to_owned(),
        Holder::View => "a view".to_owned(),
        Holder::Index(on) => format!("an index of the table `{on}`"),
        Holder::Other(what) => (*what).to_owned(),
    };
    Error::new(Code::SqlFailed, format!("The {what} `{name}` cannot be created: {holder} has this name."))
        .table(table)
        .hint(format!("Rename or drop {holder} `{name}`, or give the {what} another name in the models."))
}
