//! init: creates the tables and indexes that are missing, and says what else differs.

use crate::dialect::sqlite::ddl::{create_index, create_table, declared_type};
use crate::dialect::sqlite::introspect::{columns, inventory, Inventory, TableKind};
use crate::dialect::sqlite::transaction::immediate;
use crate::error::{Code, Error, Result};
use crate::schema::names::fold;
use crate::schema::order::creation_order;
use crate::schema::{Models, Table};
use crate::statement::Execute;
use serde::Serialize;
use std::collections::HashMap;

/// The seeds that ran, by name.
const SEEDS: &str = "CREATE TABLE IF NOT EXISTS \"plinth_seeds\" (
  \"name\" TEXT NOT NULL CONSTRAINT \"plinth_seeds_pkey\" PRIMARY KEY,
  \"applied_at\" TIMESTAMP TEXT NOT NULL
)";

/// What init did and saw. URL, seeds and the time it took are added by the caller.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InitReport {
    /// `sqlite`.
    pub dialect: String,
    /// What was missing and is there now.
    pub created: Created,
    /// What was there.
    pub existing: Existing,
    /// Differences that init leaves, a sentence each.
    pub pending: Vec<String>,
}

/// What init created, in the order of creation.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Created {
    /// Tables of the models.
    pub tables: Vec<String>,
    /// Their indexes.
    pub indexes: Vec<String>,
}

/// What init found.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Existing {
    /// Tables of the models.
    pub tables: Vec<String>,
}

/// Creates what is missing, all of it or nothing. Run again it changes nothing; several processes may run it at once.
pub fn init(connection: &mut dyn Execute, models: &Models) -> Result<InitReport> {
    immediate(connection, |connection| create_missing(connection, models))
}

/// The same within a transaction that holds the write lock.
pub(crate) fn create_missing(connection: &mut dyn Execute, models: &Models) -> Result<InitReport> {
    let found = inventory(connection)?;
    let names = Names::of(&found);
    let mut report = InitReport {
        dialect: "sqlite".into(),
        created: Created::default(),
        existing: Existing::default(),
        pending: Vec::new(),
    };
    let tables = &models.schema.tables;
    for index in creation_order(tables).tables {
        let table = &tables[index];
        match names.0.get(&fold(&table.name)) {
            None => create(connection, table, &names, &mut report)?,
            Some(Holder::Table(kind)) => {
                report.existing.tables.push(table.name.clone());
                compare(connection, table, *kind, &names, &mut report.pending)?;
            }
            Some(other) => return Err(taken("table", &table.name, &table.name, other)),
        }
    }
    connection.batch(SEEDS)?;
    Ok(report)
}

fn create(connection: &mut dyn Execute, table: &Table, names: &Names, report: &mut InitReport) -> Result<()> {
    connection.batch(&create_table(table)).map_err(|error| error.table(&table.name))?;
    report.created.tables.push(table.name.clone());
    for index in &table.indexes {
        if let Some(holder) = names.0.get(&fold(&index.name)) {
            return Err(taken("index", &index.name, &table.name, holder));
        }
        let created = connection.batch(&create_index(&table.name, index));
        created.map_err(|error| error.table(&table.name).constraint(&index.name))?;
        report.created.indexes.push(index.name.clone());
    }
    Ok(())
}

fn compare(
    connection: &mut dyn Execute,
    table: &Table,
    kind: TableKind,
    names: &Names,
    pending: &mut Vec<String>,
) -> Result<()> {
    let name = &table.name;
    if kind != TableKind::Ordinary {
        pending.push(format!(
            "The table `{name}` belongs to a virtual table module, the models declare an ordinary table."
        ));
        return Ok(());
    }
    let found = columns(connection, name)?;
    for column in &table.columns {
        match found.iter().find(|there| fold(&there.name) == fold(&column.name)) {
            None => {
                pending.push(format!("The table `{name}` has no column `{}`, which the models declare.", column.name))
            }
            Some(there) => {
                let declared = declared_type(&column.kind);
                if fold(&there.declared) != fold(&declared) {
                    let (column, there) = (&column.name, &there.declared);
                    let is = if there.is_empty() { "without a type".to_owned() } else { format!("`{there}`") };
                    pending.push(format!("The column `{name}.{column}` is {is}, the models declare `{declared}`."));
                }
            }
        }
    }
    for there in &found {
        if !table.columns.iter().any(|column| fold(&column.name) == fold(&there.name)) {
            pending.push(format!("The table `{name}` has a column `{}`, which no model declares.", there.name));
        }
    }
    for index in &table.indexes {
        match names.0.get(&fold(&index.name)) {
            Some(Holder::Index(on)) if fold(on) == fold(name) => {}
            _ => pending.push(format!("The table `{name}` has no index `{}`, which the models declare.", index.name)),
        }
    }
    Ok(())
}

/// Who holds a name: tables, views and indexes share one namespace, in which case does not matter.
struct Names(HashMap<String, Holder>);

enum Holder {
    Table(TableKind),
    View,
    Index(String),
}

impl Names {
    fn of(found: &Inventory) -> Self {
        let tables = found.tables.iter().map(|table| (fold(&table.name), Holder::Table(table.kind)));
        let views = found.views.iter().map(|view| (fold(view), Holder::View));
        let indexes = found.indexes.iter().map(|index| (fold(&index.name), Holder::Index(index.table.clone())));
        Names(tables.chain(views).chain(indexes).collect())
    }
}

fn taken(what: &str, name: &str, table: &str, holder: &Holder) -> Error {
    let holder = match holder {
        Holder::Table(_) => "a table".to_owned(),
        Holder::View => "a view".to_owned(),
        Holder::Index(on) => format!("an index of the table `{on}`"),
    };
    Error::new(Code::SqlFailed, format!("The {what} `{name}` cannot be created: {holder} has this name."))
        .table(table)
        .hint(format!("Rename or drop {holder} `{name}`, or give the {what} another name in the models."))
}
