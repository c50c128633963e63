//! Adopting tables that were there before the first revision: brought to head by what loses nothing, or refused.

use crate::dialect::name::{Name, Naming};
use crate::dialect::shape::{compare, ConstraintName, Difference, Object, Shape};
use crate::dialect::Dialect;
use crate::diff::{diff, Choices, Outcome};
use crate::error::{Code, Error, Result};
use crate::migrate::disk::graph::Graph;
use crate::migrate::log::harness;
use crate::migrate::log::recorded::prepare;
use crate::migrate::log::shapes;
use crate::migrate::log::unfinished::check_finished;
use crate::migrate::run::capitals::not_lower;
use crate::migrate::run::refused;
use crate::migrate::run::runner::stamp_one;
use crate::migrate::run::verify::told_of;
use crate::schema::{Schema, Table};
use crate::statement::Execute;

/// How an adoption ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Adoption {
    /// The tables count as made by the revisions.
    Done,
    /// There is a history by now.
    Late,
}

/// Adds what is missing and can be added without asking anybody; where the tables are then what the revisions make, records
/// all of them as applied. Else changes nothing, and says how they differ.
pub(super) fn adopt(
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
            let from = without(dialect.naming(), head, &differences).ok_or_else(|| refusal(&differences))?;
            let Outcome::Operations(operations) = diff(&from, head, &Choices::default())? else {
                return Err(refusal(&differences));
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
                return Err(refusal(&left));
            }
        }
        if let Some(rows) = not_lower(dialect, connection, head)? {
            return Err(because(rows).hint("Lower-case these values first: the models find them by no spelling."));
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

/// How the tables differ. An index that no model declares is none: it changes no row and is in nobody's way, as anything
/// else that others hang on a table.
fn differing(expected: &Shape, found: &Shape) -> Vec<Difference> {
    let mut differences = compare(expected, found);
    differences.retain(|difference| difference.expected.is_some() || !matches!(difference.object, Object::Index(_)));
    differences
}

/// A schema without what is missing; none where something is there that should not be, or is not as it should be: to
/// change that would lose it.
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

/// Takes an object out of a table; none where that cannot be said of a schema.
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

const HINT: &str =
    "Bring the tables to what the revisions make, or write the revisions so that they make these tables; \
                    `plinth stamp` records by hand that a database is at a revision. Nothing was changed.";

fn refusal(differences: &[Difference]) -> Error {
    let told: Vec<String> = differences.iter().map(Difference::to_string).collect();
    let error = Error::new(
        Code::AdoptionRefused,
        format!(
            "The database has tables, no revision made them, and they are not what the revisions make: {}.",
            told_of(&told)
        ),
    );
    let error = differences.first().map_or(error.clone(), |first| error.table(first.table.spelled()));
    error.hint(HINT)
}

/// The same where rows are in the way.
fn because(rows: Error) -> Error {
    rows.recoded(Code::AdoptionRefused).in_context("The tables cannot be brought to what the revisions make.")
}
