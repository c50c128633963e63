//! Possible rows of a table: columns that go together, as those of a foreign key or of a check do,
//! with the assignments that they may have together. Checks are the users' SQL, so the database is
//! asked.

use super::attempt::refused;
use super::parent::Parent;
use super::target::Target;
use super::values::{convert, default, edges, filler, suggested, Cell};
use crate::dialect::Dialect;
use crate::error::Result;
use crate::schema::expression::mentions;
use crate::schema::{Column, ForeignKey, Kind, Table};
use crate::statement::Execute;
use serde_json::Value as Json;
use std::collections::{HashMap, HashSet};

/// How many different values a column is offered, so that unique ones have enough.
const ENOUGH: usize = 12;
/// How many assignments of a check's columns are tried.
const TRIES: usize = 400;
/// How many assignments that hold are kept.
const KEPT: usize = 24;

/// Columns that get their values together, and what they can get.
#[derive(Clone, Debug)]
pub(super) struct Variable {
    /// Positions in the table.
    pub columns: Vec<usize>,
    /// Assignments, one cell a column.
    pub choices: Vec<Vec<Cell>>,
    /// Whether every choice should occur: those of foreign keys, so that every parent gets children, and of enums.
    pub all: bool,
}

/// The variables of a table, independent of each other as far as its checks tell. `Err` says why it can have no rows.
pub(super) fn variables(
    dialect: &dyn Dialect,
    connection: &mut dyn Execute,
    targets: &[Target],
    keys: &[ForeignKey],
    parents: &HashMap<String, Parent>,
) -> Result<std::result::Result<Vec<Variable>, String>> {
    let table = &targets[0].table;
    let mut found = match pointing(table, targets, keys, parents) {
        Ok(found) => found,
        Err(reason) => return Ok(Err(reason)),
    };
    for (i, column) in table.columns.iter().enumerate() {
        if !found.iter().any(|variable| variable.columns.contains(&i)) {
            let choices = choices(column, i, targets).into_iter().map(|cell| vec![cell]).collect();
            found.push(Variable { columns: vec![i], choices, all: matches!(column.kind, Kind::Enum { .. }) });
        }
    }
    for group in checked_together(targets, &found) {
        let mut members = Vec::new();
        for i in group.into_iter().rev() {
            members.insert(0, found.remove(i));
        }
        found.push(solve(dialect, connection, targets, members)?);
    }
    Ok(Ok(found))
}

/// The possible values of a column by itself, before and after: the edges of its kind, and as many
/// other values as rows may want.
fn choices(column: &Column, at: usize, targets: &[Target]) -> Vec<Cell> {
    if matches!(column.kind, Kind::Id | Kind::BigId) {
        return vec![Cell::Numbered];
    }
    let held: Vec<_> = targets.iter().filter_map(|target| target.held(at)).collect();
    let mut values = Vec::new();
    for (target, held) in targets.iter().zip(&held) {
        for check in target.table.checks.iter().filter(|check| mentions(&check.sql, &held.column.name)) {
            values.extend(suggested(&column.kind, &check.sql));
        }
    }
    let mut plain = edges(&column.kind);
    plain.extend(default(column));
    for held in &held {
        let back = edges(&held.column.kind);
        plain.extend(back.iter().filter_map(|value| convert(&held.column.kind, &column.kind, &[], value)));
    }
    let fits = |value: &Json| fits(column, at, targets, value);
    values.splice(0..0, plain);
    values.retain(&fits);
    values.extend((0..ENOUGH).filter_map(|n| filler(&column.kind, n)).filter(&fits));
    // As text: 0.0 is not -0.0 here.
    let mut seen = HashSet::new();
    values.retain(|value| seen.insert(value.to_string()));
    let mut cells: Vec<Cell> = values.into_iter().map(Cell::Value).collect();
    if column.nullable && held.iter().all(|held| held.nullable) {
        cells.insert(cells.len().min(1), Cell::Null);
    }
    cells
}

/// Whether a value has one in what becomes of its column, from which it can come back.
fn fits(column: &Column, at: usize, targets: &[Target], value: &Json) -> bool {
    targets.iter().filter_map(|target| target.held(at)).all(|held| {
        let there = held.becomes(&column.kind, value);
        there.is_some_and(|there| convert(&held.column.kind, &column.kind, &held.back, &there).is_some())
    })
}

/// One variable for the foreign keys that share columns.
fn pointing(
    table: &Table,
    targets: &[Target],
    keys: &[ForeignKey],
    parents: &HashMap<String, Parent>,
) -> std::result::Result<Vec<Variable>, String> {
    let position = |name: &String| table.columns.iter().position(|column| column.name == *name);
    let mut groups: Vec<(Vec<usize>, Vec<&ForeignKey>)> = Vec::new();
    for key in keys {
        let mut columns: Vec<usize> = key.columns.iter().filter_map(position).collect();
        let mut members = vec![key];
        groups.retain(|(others, keys)| {
            let shared = others.iter().any(|column| columns.contains(column));
            if shared {
                columns.extend(others);
                members.extend(keys);
            }
            !shared
        });
        columns.sort_unstable();
        columns.dedup();
        groups.push((columns, members));
    }
    let mut variables = Vec::new();
    for (columns, mut keys) in groups {
        // The widest first: what it chooses, the others mostly follow.
        keys.sort_by_key(|key| std::cmp::Reverse(key.columns.len()));
        let mut partial: Vec<Vec<Option<Cell>>> = vec![vec![None; columns.len()]];
        for key in keys {
            let places: Vec<usize> = key.columns.iter().filter_map(position).collect();
            let options = options(table, targets, key, &places, parents)?;
            partial = join(&partial, &columns, &places, &options);
        }
        // Columns that no key decides get values of their own.
        let own: Vec<Vec<Cell>> = columns.iter().map(|at| choices(&table.columns[*at], *at, targets)).collect();
        let fill = |choice: &Vec<Option<Cell>>, number: usize| -> Vec<Cell> {
            let cell = |(at, cell): (usize, &Option<Cell>)| {
                let own = || own[at].get(number % own[at].len().max(1)).cloned();
                cell.clone().or_else(own).unwrap_or(Cell::Null)
            };
            choice.iter().enumerate().map(cell).collect()
        };
        let fills = |choice: &Vec<Option<Cell>>| if choice.contains(&None) { ENOUGH } else { 1 };
        let choices = partial.iter().flat_map(|choice| (0..fills(choice)).map(|number| fill(choice, number))).collect();
        variables.push(Variable { columns, choices, all: true });
    }
    Ok(variables)
}

/// The possible targets of one foreign key: each of its parents, or nothing; None leaves a column
/// to others.
fn options(
    table: &Table,
    targets: &[Target],
    key: &ForeignKey,
    places: &[usize],
    parents: &HashMap<String, Parent>,
) -> std::result::Result<Vec<Vec<Option<Cell>>>, String> {
    let nullable = |at: usize| {
        table.columns[at].nullable && targets.iter().filter_map(|target| target.held(at)).all(|held| held.nullable)
    };
    let mut options: Vec<Vec<Option<Cell>>> = Vec::new();
    let itself = key.table == table.name;
    if let Some(parent) = parents.get(&key.table).filter(|_| !itself) {
        let mut values = parent.values(&key.references);
        values.retain(|row| {
            row.iter().zip(places).all(|(cell, at)| match cell {
                Cell::Value(value) => fits(&table.columns[*at], *at, targets, value),
                _ => true,
            })
        });
        options.extend(values.into_iter().map(|row| row.into_iter().map(Some).collect()));
    }
    if places.iter().any(|at| nullable(*at)) {
        options.push(places.iter().map(|at| nullable(*at).then_some(Cell::Null)).collect());
    } else if itself {
        // A column that points to itself decides nothing.
        let own = |(name, at): (&String, &usize)| {
            table.columns.iter().position(|column| column.name == *name).filter(|of| of != at).map(Cell::Own)
        };
        options.push(key.references.iter().zip(places).map(own).collect());
    }
    match options.is_empty() {
        false => Ok(options),
        true if parents.contains_key(&key.table) => {
            Err(format!("its foreign key `{}` points to `{}`, which has no row for it", key.name, key.table))
        }
        true if key.table.is_empty() => Err(format!(
            "its foreign key `{}` cannot be NULL, and points to a table that comes, or comes back, without rows",
            key.name
        )),
        true => Err(format!(
            "its foreign key `{}` cannot be NULL, and `{}` has no rows before it: each waits for the other",
            key.name, key.table
        )),
    }
}

/// Every assignment with every option that does not contradict it.
fn join(
    partial: &[Vec<Option<Cell>>],
    columns: &[usize],
    places: &[usize],
    options: &[Vec<Option<Cell>>],
) -> Vec<Vec<Option<Cell>>> {
    let mut joined = Vec::new();
    for option in options {
        for assignment in partial {
            let mut assignment = assignment.clone();
            let fits = places.iter().zip(option).all(|(place, cell)| {
                let at = columns.iter().position(|column| column == place).unwrap_or_default();
                let fits = cell.is_none() || assignment[at].is_none() || assignment[at] == *cell;
                if assignment[at].is_none() {
                    assignment[at].clone_from(cell);
                }
                fits
            });
            if fits && joined.len() < TRIES {
                joined.push(assignment);
            }
        }
    }
    joined
}

/// The variables that checks tie together, each group in ascending order, the last group first removable.
fn checked_together(targets: &[Target], variables: &[Variable]) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for target in targets {
        for check in &target.table.checks {
            let named = |at: &usize| target.held(*at).is_some_and(|held| mentions(&check.sql, &held.column.name));
            let mut group: Vec<usize> =
                (0..variables.len()).filter(|i| variables[*i].columns.iter().any(&named)).collect();
            groups.retain(|other| {
                let shared = other.iter().any(|i| group.contains(i));
                if shared {
                    group.extend(other);
                }
                !shared
            });
            group.sort_unstable();
            group.dedup();
            if !group.is_empty() {
                groups.push(group);
            }
        }
    }
    // Removing one group must not move the members of the next: renumber as they go.
    let mut removed: Vec<usize> = Vec::new();
    for group in &mut groups {
        let before = group.clone();
        for i in group.iter_mut() {
            *i -= removed.iter().filter(|gone| **gone < *i).count();
        }
        removed.extend(before);
    }
    groups
}

/// Variables that checks tie together as one, with the assignments that meet those checks.
fn solve(
    dialect: &dyn Dialect,
    connection: &mut dyn Execute,
    targets: &[Target],
    members: Vec<Variable>,
) -> Result<Variable> {
    let columns: Vec<usize> = members.iter().flat_map(|variable| variable.columns.clone()).collect();
    let all = members.iter().any(|variable| variable.all);
    let tried = combinations(&members);
    let plain = |cell: &Cell| matches!(cell, Cell::Null | Cell::Value(_));
    let probed = tried.iter().all(|choice| choice.iter().all(plain));
    let mut choices = Vec::new();
    if probed {
        let probes = targets.iter().enumerate().map(|(i, target)| target.probe(i, &columns));
        // The later form of the table may have none of these columns.
        let probes: Vec<Target> = probes.filter(|probe| !probe.columns.is_empty()).collect();
        for probe in &probes {
            connection.batch(&dialect.create_table(&probe.table))?;
        }
        for choice in &tried {
            let mut cells = vec![Cell::Null; targets[0].table.columns.len()];
            for (at, cell) in columns.iter().zip(choice) {
                cells[*at] = cell.clone();
            }
            let inserts: Option<Vec<String>> = probes.iter().map(|probe| probe.insert(dialect, &cells)).collect();
            let Some(inserts) = inserts else { continue };
            if refused(connection, &inserts.join(";\n"))?.is_none() {
                choices.push(choice.clone());
            }
            if choices.len() >= KEPT {
                break;
            }
        }
        for probe in &probes {
            connection.batch(&format!("DROP TABLE {}", crate::dialect::quote(&probe.table.name)))?;
        }
    }
    if choices.is_empty() {
        // The table itself will say what is wrong.
        choices = tried;
    }
    Ok(Variable { columns, choices, all })
}

/// Assignments of all of them: every one if they are few, else as many as are tried, spread evenly.
fn combinations(members: &[Variable]) -> Vec<Vec<Cell>> {
    let total = members.iter().fold(1_usize, |total, variable| total.saturating_mul(variable.choices.len()));
    let tries = total.min(TRIES);
    (0..tries)
        .map(|number| {
            // A prime apart, so that the first ones differ in every variable.
            let mut rest = number.wrapping_mul(7_919) % total.max(1);
            let cells = members.iter().flat_map(|variable| {
                let choice = rest % variable.choices.len();
                rest /= variable.choices.len();
                variable.choices[choice].clone()
            });
            cells.collect()
        })
        .collect()
}
