//! The steps of a repair: the statements in their order, and the content of the database after
//! them. Pure.

use crate::dialect::correction::Correction;
use crate::dialect::name::Name;
use crate::dialect::shape::TableShape;
use crate::dialect::{Dialect, Remade};
use crate::drift::{Basis, Finding, Live};
use crate::schema::Table;
use serde::Serialize;
use std::collections::BTreeMap;

/// One statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// The table that it changes.
    pub table: String,
    /// The statement.
    pub sql: String,
    /// The place among all steps; see `Correction::rank`.
    #[serde(skip)]
    rank: u8,
}

/// The columns of the tables in their order, where the database makes tables anew.
pub type Orders = BTreeMap<Name, Vec<Name>>;

/// What is corrected of a database.
#[derive(Clone, Debug, Default)]
pub struct Work<'a> {
    /// Tables that are created.
    created: Vec<&'a Table>,
    /// The corrections of each existing table.
    corrected: BTreeMap<Name, Vec<Correction>>,
}

impl<'a> Work<'a> {
    /// The corrections that these findings need.
    pub fn of(dialect: &dyn Dialect, basis: &Basis<'a>, findings: &[&Finding]) -> Self {
        let mut work = Work::default();
        let declared = |name: &Name| {
            let tables = basis.schema.map(|schema| &schema.tables);
            tables.into_iter().flatten().find(|table| dialect.naming().name(&table.name) == *name)
        };
        for finding in findings {
            let table = dialect.naming().name(&finding.table);
            if finding.object == "table" {
                work.created.extend(declared(&table));
                continue;
            }
            let corrections = work.corrected.entry(table).or_default();
            for correction in &finding.corrections {
                if !corrections.contains(correction) {
                    corrections.push(correction.clone());
                }
            }
        }
        work.corrected.values_mut().for_each(order);
        work
    }

    /// The tables that it changes.
    pub fn tables(&self) -> impl Iterator<Item = &Name> {
        self.corrected.keys()
    }

    /// The content when it is done.
    pub fn after(&self, dialect: &dyn Dialect, basis: &Basis<'_>, live: &Live) -> Live {
        let mut live = live.clone();
        for table in &self.created {
            let name = dialect.naming().name(&table.name);
            if let Some(shape) = basis.expected.tables.get(&name) {
                live.shape.tables.insert(name, shape.clone());
            }
        }
        for (name, corrections) in &self.corrected {
            if let Some(shape) = live.shape.tables.get_mut(name) {
                corrections.iter().for_each(|correction| correction.apply(shape));
            }
            for correction in corrections {
                let Correction::MoveSequence(column) = correction else { continue };
                let same = |one: &str, other: &Name| dialect.naming().name(one) == *other;
                live.behind.retain(|behind| !(same(&behind.table, name) && same(&behind.column, column)));
            }
        }
        live
    }

    /// The statements.
    pub fn steps(&self, dialect: &dyn Dialect, live: &Live, orders: &Orders) -> Vec<Step> {
        let mut steps = Vec::new();
        for table in &self.created {
            create(dialect, table, &mut steps);
        }
        for (name, corrections) in &self.corrected {
            let Some(found) = live.shape.tables.get(name) else { continue };
            let order = orders.get(name).map(Vec::as_slice).unwrap_or_default();
            change(dialect, (name, found, order), corrections, &mut steps);
        }
        steps.sort_by_key(|step| step.rank);
        steps
    }
}

/// Whether a table has to be made anew for these corrections.
pub fn is_remade(dialect: &dyn Dialect, table: &Name, corrections: &[Correction]) -> bool {
    dialect.makes_anew() && corrections.iter().any(|it| dialect.correct(table.spelled(), it).is_none())
}

/// The steps of renames, which come before everything else.
pub fn renames(dialect: &dyn Dialect, corrections: &[(Name, Correction)]) -> Vec<Step> {
    let step = |(table, correction): &(Name, Correction)| {
        let sql = dialect.correct(table.spelled(), correction)?;
        Some(Step { table: table.spelled().to_owned(), sql, rank: correction.rank() })
    };
    corrections.iter().filter_map(step).collect()
}

/// Puts the corrections of one table in order. An object that gets another name is not dropped
/// under its old one.
fn order(corrections: &mut Vec<Correction>) {
    let renamed: Vec<Correction> = corrections.iter().filter(|it| is_rename(it)).cloned().collect();
    corrections.retain(|correction| match correction {
        Correction::DropConstraint(name, _) => {
            !renamed.iter().any(|it| matches!(it, Correction::RenameConstraint(from, _) if from == name))
        }
        Correction::DropIndex(name) => {
            !renamed.iter().any(|it| matches!(it, Correction::RenameIndex(from, _) if from == name))
        }
        _ => true,
    });
    corrections.sort_by_key(Correction::rank);
}

fn is_rename(correction: &Correction) -> bool {
    matches!(correction, Correction::RenameConstraint(..) | Correction::RenameIndex(..))
}

/// A table that is created: itself, its indexes, and its foreign keys last, since they may point to what is created, too.
fn create(dialect: &dyn Dialect, table: &Table, steps: &mut Vec<Step>) {
    let mut bare = table.clone();
    let mut step = |sql: String, rank: u8| steps.push(Step { table: table.name.clone(), sql, rank });
    let keys: Option<Vec<String>> =
        table.foreign_keys.iter().map(|key| dialect.add_foreign_key(&table.name, key)).collect();
    if keys.is_some() {
        bare.foreign_keys.clear();
    }
    step(dialect.create_table(&bare), 8);
    table.indexes.iter().for_each(|index| step(dialect.create_index(table, index), 12));
    keys.into_iter().flatten().for_each(|sql| step(sql, 13));
}

fn change(
    dialect: &dyn Dialect,
    (name, found, order): (&Name, &TableShape, &[Name]),
    corrections: &[Correction],
    steps: &mut Vec<Step>,
) {
    let table = name.spelled();
    let (of_indexes, others): (Vec<&Correction>, Vec<&Correction>) =
        corrections.iter().partition(|correction| correction.is_of_index());
    let mut add = |sql: String, rank: u8| steps.push(Step { table: table.to_owned(), sql, rank });
    let native = |correction: &&Correction| Some((dialect.correct(table, correction)?, correction.rank()));
    of_indexes.iter().filter_map(native).for_each(|(sql, rank)| add(sql, rank));
    if let Some(statements) = others.iter().map(native).collect::<Option<Vec<_>>>() {
        statements.into_iter().for_each(|(sql, rank)| add(sql, rank));
        return;
    }
    let mut to = found.clone();
    others.iter().for_each(|correction| correction.apply(&mut to));
    let value = |correction: &&Correction| match correction {
        Correction::SetType(column, _, Some(sql)) => Some((column.clone(), sql.clone())),
        _ => None,
    };
    let values: Vec<(Name, String)> = others.iter().filter_map(value).collect();
    let remade = dialect.remake(&Remade { name, columns: order, from: found, to: &to, values: &values });
    remade.into_iter().flatten().for_each(|sql| add(sql, 7));
}
