//! Upgrades of databases whose tables are older than their revisions: brought to head by what loses nothing, or refused.

use crate::dialect::found::TableKind;
use crate::dialect::name::{Name, Naming};
use crate::dialect::shape::{compare, ConstraintName, Difference, Object, Shape};
use crate::dialect::Dialect;
use crate::diff::{diff, Choices, Operation, Outcome};
use crate::error::{Code, Error, Problem, Result};
use crate::migrate::disk::graph::Graph;
use crate::migrate::disk::record::{file_name, Direction, Revision};
use crate::migrate::disk::split::no_transaction;
use crate::migrate::log::harness;
use crate::migrate::log::recorded::prepare;
use crate::migrate::log::recorded::Recorded;
use crate::migrate::log::shapes;
use crate::migrate::log::unfinished::check_finished;
use crate::migrate::report::verbs::UpgradeReport;
use crate::migrate::run::capitals::not_lower;
use crate::migrate::run::entry::stamp_one;
use crate::migrate::run::refused;
use crate::migrate::run::runner::Runner;
use crate::migrate::run::ways_out;
use crate::migrate::steps::{destination, fold};
use crate::schema::{Schema, Table};
use crate::statement::Execute;

/// How many differences a message lists; all of them are in its problems.
const TOLD: usize = 20;

/// Applies what is pending up to `to`. If no revision is applied and the tables exist, adopts them instead.
pub fn upgrade(runner: &mut Runner<'_>, to: &str) -> Result<UpgradeReport> {
    let (dialect, graph) = (runner.dialect, runner.graph);
    let recorded = Recorded::read(dialect, runner.connection)?;
    recorded.check_whole(dialect, graph)?;
    let goals = destination::upgrade(graph, &recorded.applied, to)?;
    if recorded.applied.is_empty() && recorded.unfinished.is_none() && !goals.is_empty() {
        let tables = ordinary_tables(dialect, runner.connection)?;
        let head = to_adopt(dialect, graph, &goals, &tables)
            .map_err(|error| placed(dialect, runner.connection, graph, error))?;
        // Another process may have been quicker: then there is a history by now, and nothing to adopt.
        if let Some(head) = head {
            let adopted = adopt(dialect, runner.connection, graph, &head, runner.by)
                .map_err(|error| placed(dialect, runner.connection, graph, error))?;
            if adopted == Adoption::Done {
                let current = graph.head().map(|revision| revision.version.clone());
                return Ok(UpgradeReport {
                    dialect: dialect.name(),
                    adopted: true,
                    current,
                    ..UpgradeReport::default()
                });
            }
        }
    }
    runner.upgrade(to)
}

/// The ordinary tables of a database, by name.
pub fn ordinary_tables(dialect: &dyn Dialect, connection: &mut dyn Execute) -> Result<Vec<String>> {
    let tables = dialect.inventory(connection)?.tables;
    Ok(tables.into_iter().filter(|table| table.kind == TableKind::Ordinary).map(|table| table.name).collect())
}

/// The schema of all revisions if a database with these tables, in which no revision is applied, has to be adopted on
/// the way to these goals. Errors: `ADOPTION_REFUSED` if the goals create existing tables, and adoption does not help.
pub fn to_adopt(
    dialect: &dyn Dialect,
    graph: &Graph<'_>,
    goals: &[&Revision],
    tables: &[String],
) -> Result<Option<Schema>> {
    let naming = dialect.naming();
    let exists = |name: &str| tables.iter().any(|table| naming.same(table, name));
    // A script that runs outside a transaction may have failed half-way: its tables are its own, and it runs again.
    let whole = |revision: &&&Revision| {
        let file = revision.files.get(&file_name(dialect.name(), Direction::Up));
        !file.is_some_and(|sql| no_transaction(sql))
    };
    let (whole, partial): (Vec<&Revision>, Vec<&Revision>) = goals.iter().partition(whole);
    let partial = created(&partial);
    let standing: Vec<String> = created(&whole).into_iter().filter(|table| exists(table)).collect();
    if goals.len() == graph.revisions().len() {
        let head = fold::head(graph)?;
        let counts = |table: &&Table| exists(&table.name) && !partial.contains(&table.name);
        if head.tables.iter().any(|table| counts(&table)) {
            return Ok(Some(head));
        }
    }
    let creator = |table: &String| whole.iter().find(|revision| created(&[revision]).contains(table));
    match standing.first().and_then(|table| Some((table, creator(table)?))) {
        Some((table, creator)) => Err(in_the_way_of(table, creator, goals.len() < graph.revisions().len())),
        None => Ok(None),
    }
}

/// The tables that revisions create, by the names that they give them.
fn created(revisions: &[&Revision]) -> Vec<String> {
    let operations = revisions.iter().flat_map(|revision| &revision.operations);
    let table = |operation: &Operation| match operation {
        Operation::CreateTable { table } => Some(table.name.clone()),
        _ => None,
    };
    operations.filter_map(table).collect()
}

/// The error of a table that a revision would create again. `short`: not all revisions were to be applied.
fn in_the_way_of(table: &str, creator: &Revision, short: bool) -> Error {
    let message =
        format!("The database has the table `{table}`: no revision made it, and {} creates it.", creator.id());
    let hint = match short {
        true => {
            "Run `plinth upgrade` without a target, or `plinth init`: both adopt the database if its tables are those of the \
             newest revision, or lack only what can be added. Nothing was changed."
        }
        false => {
            "If the tables are those of an earlier revision, `plinth stamp <version>` records it, then `plinth upgrade` \
             applies the revisions after it. Nothing was changed."
        }
    };
    Error::new(Code::AdoptionRefused, message).table(table).hint(hint)
}

/// The error of a script for a database that has to be adopted: what it lacks is only known to the one who looks.
pub fn not_by_script(tables: &[String], head: &Schema, naming: Naming) -> Error {
    let is = |name: &String| tables.iter().any(|table| naming.same(table, name));
    let table = head.tables.iter().map(|table| &table.name).find(|name| is(name)).cloned().unwrap_or_default();
    let message = format!("The database has the table `{table}`, and no revision made it: a script cannot adopt it.");
    Error::new(Code::AdoptionRefused, message).table(table).hint(
        "Run `plinth upgrade` without --sql, or `plinth init`: both adopt the database. If its tables are those of the newest \
         revision already, `plinth stamp head` records it. Nothing was changed.",
    )
}

/// How an adoption ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Adoption {
    /// The tables count as made by the revisions.
    Done,
    /// There is a history by now.
    Late,
}

/// Adds what is missing and can be added without asking anybody; where the tables are then what the revisions make, records
/// all of them as applied. Else changes nothing, and says how they differ.
fn adopt(
    dialect: &dyn Dialect,
    connection: &mut dyn Execute,
    graph: &Graph<'_>,
    head: &Schema,
    by: &str,
) -> Result<Adoption> {
    let tables: Vec<String> = head.tables.iter().map(|table| table.name.clone()).collect();
    let names = dialect.naming().names(&tables);
    let mut late = false;
    let mut repairs = None;
    let adopted = dialect.revision_transaction(connection, &tables, &mut |connection| {
        dialect.prepare(connection)?;
        if !harness::applied(dialect, connection)?.is_empty() {
            late = true;
            return Ok(());
        }
        let expected = dialect.normalize(connection, head)?;
        let found = dialect.introspect(connection, Some(&names))?;
        let differences = differing(&expected, &found);
        if !differences.is_empty() {
            let refused = |left: Vec<Difference>, found: &Shape| {
                Err(refusal(dialect, &in_the_way(dialect.naming(), head, left), found))
            };
            let Some(from) = without(dialect.naming(), head, &differences) else {
                return refused(differences, &found);
            };
            let Outcome::Operations(operations) = diff(&from, head, &Choices::default())? else {
                return refused(differences, &found);
            };
            let statements = dialect.render(&from, &operations)?;
            repairs = Some((from, operations));
            for statement in &statements {
                connection.batch(statement)?;
            }
            let repaired = dialect.introspect(connection, Some(&names))?;
            let mut left = differing(&expected, &repaired);
            if repaired.foreign.len() < found.foreign.len() {
                left.clone_from(&differences);
            }
            if !left.is_empty() {
                return refused(left, &repaired);
            }
        }
        if let Some(rows) = not_lower(dialect, connection, head)? {
            return Err(because(rows).hint("Lower-case these values first: the models cannot find them."));
        }
        prepare(dialect, connection)?;
        check_finished(dialect, connection)?;
        shapes::forget(connection)?;
        shapes::write(dialect, connection, head, &names, &expected)?;
        for revision in graph.revisions() {
            harness::run_up(connection, &revision.version, &mut |_| Ok(()))?;
            stamp_one(dialect, connection, by, revision)?;
        }
        Ok(())
    });
    match adopted {
        Ok(()) if late => Ok(Adoption::Late),
        Ok(()) => Ok(Adoption::Done),
        Err(error) if error.code == Code::AdoptionRefused => Err(error),
        Err(error) => Err(repairs
            .and_then(|(from, operations)| refused::explain(dialect, connection, &from, &operations, &error))
            .map_or(error, because)),
    }
}

/// How the tables differ. An index that no model declares does not count: it changes no row and
/// blocks nothing, as any other object that others add to a table.
fn differing(expected: &Shape, found: &Shape) -> Vec<Difference> {
    let mut differences = compare(expected, found);
    differences.retain(|difference| difference.expected.is_some() || !matches!(difference.object, Object::Index(_)));
    differences
}

/// A schema without the missing objects; `None` if there is an extra object, or one that is not as it
/// should be: to change that would lose it.
fn without(naming: Naming, head: &Schema, differences: &[Difference]) -> Option<Schema> {
    let mut schema = head.clone();
    // Columns last: what names one has to go before it.
    let (columns, others): (Vec<_>, Vec<_>) =
        differences.iter().partition(|difference| matches!(difference.object, Object::Column(_)));
    for difference in others.into_iter().chain(columns) {
        if difference.found.is_some() {
            return None;
        }
        let at = schema.tables.iter().position(|table| naming.name(&table.name) == difference.table)?;
        if difference.object == Object::Table {
            schema.tables.remove(at);
        } else {
            take(naming, &mut schema.tables[at], &difference.object)?;
        }
    }
    Some(schema)
}

/// Takes an object out of a table; `None` if a schema cannot express that.
fn take(naming: Naming, table: &mut Table, object: &Object) -> Option<()> {
    let is = |spelled: &String, name: &Name| naming.name(spelled) == *name;
    let before = (table.uniques.len(), table.checks.len(), table.foreign_keys.len(), table.indexes.len());
    match object {
        Object::Column(name) => {
            if table.primary_key.iter().any(|column| is(column, name)) {
                return None;
            }
            table.columns.retain(|column| !is(&column.name, name));
            return Some(());
        }
        Object::Default(name) => {
            table.columns.iter_mut().find(|column| is(&column.name, name))?.default = None;
            return Some(());
        }
        Object::TableComment => {
            table.comment = None;
            return Some(());
        }
        Object::ColumnComment(name) => {
            table.columns.iter_mut().find(|column| is(&column.name, name))?.comment = None;
            return Some(());
        }
        Object::Constraint(ConstraintName::Named(name)) => {
            table.uniques.retain(|unique| !is(&unique.name, name));
            table.checks.retain(|check| !is(&check.name, name));
            table.foreign_keys.retain(|key| !is(&key.name, name));
        }
        Object::Index(name) => table.indexes.retain(|index| !is(&index.name, name)),
        Object::Constraint(ConstraintName::Unnamed(_)) | Object::Table | Object::Nullable(_) | Object::Options => {
            return None
        }
    }
    let after = (table.uniques.len(), table.checks.len(), table.foreign_keys.len(), table.indexes.len());
    (after != before).then_some(())
}

const HINT: &str = "Run `plinth repair`, which makes the corrections that lose nothing (`--plan` shows them first); \
                    with `--destructive` it also drops extra objects, and keeps their values. Deal with each other \
                    difference as its line says, then run the same again: missing objects are added. `plinth stamp \
                    <version>` records by hand that a database is at a revision. Nothing was changed.";

/// The error of a database that differs, with one problem for each difference.
fn refusal(dialect: &dyn Dialect, differences: &[Difference], found: &Shape) -> Error {
    let lines: Vec<String> = differences.iter().map(|difference| ways_out::line(dialect, difference, found)).collect();
    let mut message =
        "The database has tables that no revision created, and they differ from those of the revisions:".to_owned();
    for line in lines.iter().take(TOLD) {
        message.push_str(&format!("\n- {line}"));
    }
    if lines.len() > TOLD {
        message.push_str(&format!("\n- and {} more", lines.len() - TOLD));
    }
    let problems = lines.into_iter().map(|message| Problem { model: None, column: None, message }).collect();
    let error = Error { problems, ..Error::new(Code::AdoptionRefused, message).hint(HINT) };
    match differences.first() {
        Some(first) => error.table(first.table.spelled()),
        None => error,
    }
}

/// The differences that keep the tables from being brought to head by additions alone.
fn in_the_way(naming: Naming, head: &Schema, differences: Vec<Difference>) -> Vec<Difference> {
    let needs_value = |difference: &Difference| {
        let Object::Column(name) = &difference.object else { return false };
        let table = head.tables.iter().find(|table| naming.name(&table.name) == difference.table);
        let column = table.and_then(|table| table.columns.iter().find(|column| naming.name(&column.name) == *name));
        column.is_some_and(|column| !column.nullable && column.default.is_none())
    };
    let blocks = |difference: &Difference| {
        difference.found.is_some()
            || needs_value(difference)
            || without(naming, head, std::slice::from_ref(difference)).is_none()
    };
    let blocking: Vec<Difference> = differences.iter().filter(|difference| blocks(difference)).cloned().collect();
    if blocking.is_empty() {
        differences
    } else {
        blocking
    }
}

/// The newest revision that leaves exactly these tables: the state of the database.
fn at(dialect: &dyn Dialect, connection: &mut dyn Execute, graph: &Graph<'_>) -> Result<Option<String>> {
    let all = created(&graph.revisions().iter().collect::<Vec<_>>());
    for count in (1..graph.revisions().len()).rev() {
        let revisions = &graph.revisions()[..count];
        let schema = fold::fold(graph, revisions)?;
        let tables = schema.tables.iter().map(|table| table.name.clone());
        // A table of a later revision would be in the way of that revision.
        let names = dialect.naming().names(&tables.chain(all.iter().cloned()).collect::<Vec<_>>());
        let found = dialect.introspect(connection, Some(&names))?;
        if !schema.tables.is_empty() && differing(&dialect.normalize(connection, &schema)?, &found).is_empty() {
            return Ok(revisions.last().map(|revision| revision.version.clone()));
        }
    }
    Ok(None)
}

/// Adds the revision at which the database is already to the hint of a refusal, if there is one.
fn placed(dialect: &dyn Dialect, connection: &mut dyn Execute, graph: &Graph<'_>, error: Error) -> Error {
    if error.code != Code::AdoptionRefused {
        return error;
    }
    match at(dialect, connection, graph) {
        Ok(Some(version)) => {
            let exact = format!(
                "The tables are exactly those of the revision {version}: `plinth stamp {version}` records it, then \
                 `plinth upgrade` applies the revisions after it."
            );
            let hint = error.hint.as_deref().unwrap_or_default().to_owned();
            error.hint(format!("{exact} Otherwise: {hint}"))
        }
        _ => error,
    }
}

/// The same where rows are in the way.
fn because(rows: Error) -> Error {
    let hint = rows.hint.clone().unwrap_or_else(|| "Change these rows first.".into());
    rows.recoded(Code::AdoptionRefused)
        .in_context("The tables cannot be changed to those of the revisions.")
        .hint(format!("{hint} Then run the same again. Nothing was changed."))
}
