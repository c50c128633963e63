//! Steps that add objects which exist already, since a person or a restore has made them. If the tables are what the step would
//! make, it counts as done without its SQL; otherwise it is refused, with the ways out.

use super::capitals::capitals;
use super::refusal::{key_of, refusal, KEYS};
use super::running::Script;
use super::touched::Touched;
use super::verify::{differing, expected, Before};
use crate::dialect::shape::{ConstraintName, Difference, Object, Shape};
use crate::dialect::{quote, Dialect, Scan};
use crate::diff::{Operation, RowValue};
use crate::error::{Code, Error, Problem, Result};
use crate::migrate::disk::record::Direction;
use crate::migrate::steps::step::{State, Step};
use crate::schema::{Column, Table};
use crate::statement::Execute;

/// How many differences a message lists; all of them are in its problems.
const TOLD: usize = 20;

/// An object that a step adds although it exists.
#[derive(Clone, Debug, PartialEq)]
enum Existing {
    Table(String),
    /// A column, an index or a constraint: its words and its table.
    Part(String, String),
}

/// The objects that a step adds although they exist.
pub(super) struct Held<'a> {
    script: &'a Script<'a>,
    touched: &'a Touched,
    before: &'a Before,
    existing: Vec<Existing>,
}

impl<'a> Held<'a> {
    /// Finds them; `None` if the step adds nothing that exists.
    pub fn find(
        (dialect, connection): (&dyn Dialect, &mut dyn Execute),
        script: &'a Script<'a>,
        touched: &'a Touched,
        before: &'a Before,
    ) -> Result<Option<Self>> {
        let Step { from, operations, .. } = script.step;
        let naming = touched.naming();
        let has = |table: &str| from.tables.iter().any(|it| naming.same(&it.name, table));
        let is_extra = |table: &str, object: Object| {
            let table = touched.table_before(&naming.name(table));
            let is = |it: &&Difference| Some(&it.table) == table.as_ref() && it.object == object;
            before.differences.iter().find(is).is_some_and(|it| it.expected.is_none() && it.found.is_some())
        };
        let of = |operation: &Operation| -> Option<Existing> {
            let (table, object, words) = match operation {
                Operation::CreateTable { table } => {
                    let is_there = !has(&table.name) && before.found.tables.contains_key(&naming.name(&table.name));
                    return is_there.then(|| Existing::Table(table.name.clone()));
                }
                Operation::AddColumn { table, column, .. } => {
                    let words = format!("the column {table}.{}", column.name);
                    (table, Object::Column(naming.name(&column.name)), words)
                }
                Operation::AddIndex { table, index } => {
                    let words = format!("the index {} of {table}", index.name);
                    (table, Object::Index(naming.name(&index.name)), words)
                }
                Operation::AddConstraint { table, constraint } => {
                    let name = ConstraintName::Named(naming.name(constraint.name()));
                    (table, Object::Constraint(name), format!("the constraint {} of {table}", constraint.name()))
                }
                _ => return None,
            };
            is_extra(table, object).then(|| Existing::Part(words, table.clone()))
        };
        let mut existing = Vec::new();
        for found in operations.iter().filter_map(of) {
            let stands_elsewhere = match &found {
                Existing::Table(name) => !dialect.stands_where_new_tables_go(connection, name)?,
                Existing::Part(..) => false,
            };
            if !stands_elsewhere {
                existing.push(found);
            }
        }
        Ok((!existing.is_empty()).then_some(Held { script, touched, before, existing }))
    }

    /// The shapes of the touched tables if they are what the step would make, and it only adds. Fails with `AdoptionRefused`
    /// if they differ, or if the step does more; with `RowsRefused` if rows of a new lower-cased column are not lower case.
    pub fn adopt(&self, dialect: &dyn Dialect, connection: &mut dyn Execute, here: &State<'_>) -> Result<Shape> {
        let step = self.script.step;
        let more: Vec<String> = step.operations.iter().filter(|it| !only_adds(it)).map(Operation::describe).collect();
        let names = self.touched.names();
        let expected = expected(dialect, connection, &step.to, &names)?;
        let differences = self.ended(differing(&expected, &names, &self.before.found));
        if !more.is_empty() || !differences.is_empty() {
            return Err(self.refused(here, &more, &differences));
        }
        self.check_rows(dialect, connection)?;
        Ok(expected)
    }

    /// The ways out, beside an error of SQL that a person has written and that does not expect these objects.
    pub fn explain(&self, here: &State<'_>, error: Error) -> Error {
        match error.code {
            Code::RevisionFailed | Code::SqlFailed | Code::SqlRefused => {
                let exist = format!("{} exist{}", self.listed(), if self.existing.len() == 1 { "s" } else { "" });
                let hint = format!("Before the script, {exist}. {}", self.ways(here, true));
                error.hint(hint)
            }
            _ => error,
        }
    }

    /// The differences that the step would end. Those that exist apart from it stay, as if it ran; an index that no model
    /// declares changes no row and blocks nothing.
    fn ended(&self, differences: Vec<Difference>) -> Vec<Difference> {
        let is_unique = |it: &Difference| it.found.as_ref().is_some_and(|found| found.starts_with("UNIQUE"));
        let is_index =
            |it: &Difference| it.expected.is_none() && matches!(it.object, Object::Index(_)) && !is_unique(it);
        let was_there = |it: &Difference| self.before.differences.contains(it) && !self.binds_an_added_column(it);
        let is_new = |it: &Difference| !was_there(it) && !is_index(it);
        differences.into_iter().filter(is_new).collect()
    }

    /// Whether a difference is a constraint or a unique index that names a column of the step: a person has added it with the column,
    /// and no model declares it.
    fn binds_an_added_column(&self, difference: &Difference) -> bool {
        let Some(found) = difference.found.as_ref().filter(|_| difference.expected.is_none()) else { return false };
        let names = |operation: &Operation| match operation {
            Operation::AddColumn { table, column, .. } => {
                self.touched.naming().name(table) == difference.table && found.contains(column.name.as_str())
            }
            _ => false,
        };
        matches!(difference.object, Object::Constraint(_) | Object::Index(_))
            && self.script.step.operations.iter().any(names)
    }

    /// Whether a column of the step exists, with values that the script could overwrite.
    pub fn holds_values(&self) -> bool {
        let is_column = |it: &Operation| match it {
            Operation::AddColumn { table, column, .. } => {
                self.existing.contains(&Existing::Part(format!("the column {table}.{}", column.name), table.clone()))
            }
            _ => false,
        };
        self.script.step.operations.iter().any(is_column)
    }

    /// Rows of the existing columns that the models could not read or would not find.
    fn check_rows(&self, dialect: &dyn Dialect, connection: &mut dyn Execute) -> Result<()> {
        let step = self.script.step;
        for operation in &step.operations {
            let (table, columns) = match operation {
                Operation::CreateTable { table } => (&table.name, table.columns.as_slice()),
                Operation::AddColumn { table, column, .. } => (table, std::slice::from_ref(column)),
                _ => continue,
            };
            let Some(table) = step.to.table(table) else { continue };
            for column in columns {
                if let Some(rows) = unreadable(dialect, connection, table, column)? {
                    return Err(rows.hint("Correct these values first: the models cannot read them."));
                }
            }
            for column in columns.iter().filter(|column| column.lowercase) {
                if let Some(rows) = capitals(dialect, connection, table, &column.name)? {
                    return Err(rows.hint("Lower-case these values first: the models cannot find them."));
                }
            }
        }
        Ok(())
    }

    /// `the column users.phone and the table extra`.
    fn listed(&self) -> String {
        let words = |it: &Existing| match it {
            Existing::Table(name) => format!("the table {name}"),
            Existing::Part(words, _) => words.clone(),
        };
        let words: Vec<String> = self.existing.iter().map(words).collect();
        match words.as_slice() {
            [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
            all => all.concat(),
        }
    }

    fn refused(&self, here: &State<'_>, more: &[String], differences: &[Difference]) -> Error {
        let (id, listed) = (self.script.revision.id(), self.listed());
        let who = match self.script.direction {
            Direction::Up => format!("The revision {id}"),
            Direction::Down => format!("The downgrade of {id}"),
        };
        let exist = if self.existing.len() == 1 { "which exists" } else { "which exist" };
        let (what, lines): (&str, Vec<String>) = match differences {
            [] => ("It also does more than add, so that it cannot count as done:", more.to_vec()),
            _ => (
                "The database is not as the step would leave it:",
                differences.iter().map(|it| it.to_string()).collect(),
            ),
        };
        let mut message = format!("{who} adds {listed}, {exist} already. {what}");
        for line in lines.iter().take(TOLD) {
            message.push_str(&format!("\n- {line}"));
        }
        if lines.len() > TOLD {
            message.push_str(&format!("\n- and {} more", lines.len() - TOLD));
        }
        let problems = lines.into_iter().map(|message| Problem { model: None, column: None, message }).collect();
        let table = match self.existing.first() {
            Some(Existing::Table(table) | Existing::Part(_, table)) => table.clone(),
            None => String::new(),
        };
        let error = Error { problems, ..Error::new(Code::AdoptionRefused, message) };
        error.table(table).hint(format!("Nothing was changed. {}", self.ways(here, false)))
    }

    /// The ways out, in order. `edited`: a person has written the SQL.
    fn ways(&self, here: &State<'_>, edited: bool) -> String {
        let Script { revision, direction, step, .. } = self.script;
        let others = step.operations.iter().any(|it| !only_adds(it) && !fills(it));
        let mut ways = Vec::new();
        match here.stamp(revision, *direction) {
            Some(version) if !others && !edited => {
                let state = if *direction == Direction::Up { "applied" } else { "not applied" };
                ways.push(format!(
                    "To keep what exists: `plinth stamp {version}` records the revision as {state}, then `plinth repair` makes \
                     what is missing and changes what differs, if that loses nothing (`--plan` shows it)."
                ));
            }
            _ if *direction == Direction::Up && !edited => ways.push(
                "To keep what exists: delete the folder of the revision if no database has it, and write two: first one that only \
                 adds what exists, which then counts as applied, then one for the rest."
                    .to_owned(),
            ),
            _ => {}
        }
        let tables = self.existing.iter().filter_map(|it| match it {
            Existing::Table(name) => Some(format!("`DROP TABLE {}`", quote(name))),
            Existing::Part(..) => None,
        });
        let tables: Vec<String> = tables.collect();
        let mut drops = Vec::new();
        if tables.len() < self.existing.len() {
            drops.push("`plinth repair --destructive` drops columns, constraints and indexes that no revision made, and keeps their values".to_owned());
        }
        if !tables.is_empty() {
            drops.push(format!("{} drops the table, with its rows", tables.join(", ")));
        }
        ways.push(format!(
            "To have the revision make it anew: {}; then run the same again. `plinth restore` brings kept values back.",
            drops.join("; ")
        ));
        ways.join(" ")
    }
}

/// The rows of a column whose values are not of its kind, as an error that names them.
fn unreadable(
    dialect: &dyn Dialect,
    connection: &mut dyn Execute,
    table: &Table,
    column: &Column,
) -> Result<Option<Error>> {
    let value = format!("t.{}", quote(&column.name));
    let Some(readable) = dialect.readable(&column.kind, &value) else { return Ok(None) };
    let condition = format!("{value} IS NOT NULL AND NOT ({readable})");
    let (mut count, mut keys) = (0, Vec::new());
    let wanted: Vec<String> = std::iter::once(column.name.clone()).chain(table.primary_key.clone()).collect();
    let scan = Scan { table: &table.name, columns: &wanted, condition: Some(&condition) };
    dialect.each_row(connection, &scan, &mut |_, rows| {
        count += rows.len() as i64;
        // The place of the row stands before its columns.
        keys.extend(rows.into_iter().take(KEYS.saturating_sub(keys.len())).map(|mut row| row.split_off(2)));
        Ok(())
    })?;
    let what = format!("values that {}.{} cannot hold", table.name, column.name);
    let error = || refusal((&table.name, std::slice::from_ref(&column.name)), &key_of(table), &what, count, &keys);
    Ok((count > 0).then(error))
}

/// Whether an operation destroys nothing and changes no row, provided that its result exists already.
fn only_adds(operation: &Operation) -> bool {
    // A default and random values are for rows without a value: what exists has one.
    let is_sql = |backfill: &Option<RowValue>| backfill.as_ref().is_some_and(RowValue::is_sql);
    match operation {
        Operation::AddColumn { backfill, .. } => !is_sql(backfill),
        Operation::CreateTable { .. }
        | Operation::AddConstraint { .. }
        | Operation::AddIndex { .. }
        | Operation::CommentTable { .. } => true,
        Operation::AlterColumn { from, to, map, backfill, .. } => {
            !is_sql(backfill) && from.kind == to.kind && from.lowercase == to.lowercase && map.is_empty()
        }
        _ => false,
    }
}

/// Whether an operation only gives rows values in a new column.
fn fills(operation: &Operation) -> bool {
    matches!(operation, Operation::AddColumn { .. })
}
