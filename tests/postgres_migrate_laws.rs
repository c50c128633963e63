//! The laws of migrations on PostgreSQL, over random schemas and changes: where they lead, there and back, and that rows stay.

#[path = "support/schemas/mod.rs"]
mod schemas;
mod support;

use plinth::dialect::postgres::syntax::Postgres;
use plinth::dialect::shape::compare;
use plinth::dialect::{Contents, Definitions};
use plinth::diff::{apply, diff, reverse, Constraint, Operation, Outcome};
use plinth::engine::postgres::admin::AdminConnection;
use plinth::migrate::prove::proof::{create, prove, Proof};
use plinth::schema::Schema;
use plinth::statement::Execute;
use proptest::test_runner::TestCaseError;
use schemas::{change, check, Care, Change};
use std::cell::RefCell;
use support::Database;

fn operations(change: &Change) -> Result<Vec<Operation>, TestCaseError> {
    match diff(&change.from, &change.to, &change.choices) {
        Ok(Outcome::Operations(operations)) => Ok(operations),
        Ok(Outcome::Questions(questions)) => Err(TestCaseError::fail(format!("asked {questions:?}"))),
        Err(error) => Err(TestCaseError::fail(format!("{error:?}"))),
    }
}

fn failed(what: &str, sql: &[String], why: impl std::fmt::Display) -> TestCaseError {
    TestCaseError::fail(format!("{what}: {why}\n{};", sql.join(";\n")))
}

/// Runs the statements; the database must be what the schema says.
fn lead(
    connection: &mut AdminConnection,
    from: &Schema,
    operations: &[Operation],
    to: &Schema,
) -> Result<(), TestCaseError> {
    let sql = Postgres.render(from, operations).map_err(|error| failed("render", &[], error))?;
    for statement in &sql {
        connection.batch(statement).map_err(|error| failed(statement, &sql, error))?;
    }
    let expected = Postgres.normalize(connection, to).map_err(|error| failed("normalize", &sql, error))?;
    let found = Postgres.introspect(connection, None).map_err(|error| failed("introspect", &sql, error))?;
    match compare(&expected, &found) {
        none if none.is_empty() => Ok(()),
        differences => Err(failed(&format!("{differences:#?}"), &sql, "differs")),
    }
}

fn there_and_back(connection: &mut AdminConnection, change: &Change) -> Result<(), TestCaseError> {
    let operations = operations(change)?;
    let to = apply(&change.from, &operations).map_err(|error| failed("apply", &[], error))?;
    create(&Postgres, connection, &change.from).map_err(|error| failed("create", &[], error))?;
    lead(connection, &change.from, &operations, &to)?;
    lead(connection, &to, &reverse(&operations), &change.from)
}

#[test]
fn operations_lead_where_they_say_and_back() {
    let Some(database) = Database::new() else { return };
    let connection = RefCell::new(database.open());
    check(250, change(Care::Free), |change| {
        let connection = &mut *connection.borrow_mut();
        connection.batch("BEGIN; CREATE SCHEMA law; SET LOCAL search_path = law").unwrap();
        let result = there_and_back(connection, &change);
        connection.batch("ROLLBACK").unwrap();
        result
    });
}

/// A default that some row had to meet alone: as the key of another row, or as the only one of its
/// kind. If such a column comes back, rows that did not have it do: no way back can know what they
/// had, and this one fails.
fn restores_a_default_that_rows_forbid(operations: &[Operation]) -> bool {
    let binds = |operation: &Operation| match operation {
        Operation::DropConstraint { constraint, .. } => !matches!(constraint, Constraint::Check(_)),
        Operation::DropIndex { index, .. } => index.unique,
        Operation::AlterPrimaryKey { .. } => true,
        _ => false,
    };
    let restores =
        |operation: &Operation| matches!(operation, Operation::DropColumn { column, .. } if column.default.is_some());
    operations.iter().any(binds) && operations.iter().any(restores)
}

fn proven(connection: &mut AdminConnection, change: &Change) -> Result<(), TestCaseError> {
    let operations = operations(change)?;
    if restores_a_default_that_rows_forbid(&operations) {
        return Ok(());
    }
    let to = apply(&change.from, &operations).map_err(|error| failed("apply", &[], error))?;
    let script = |from: &Schema, operations: &[Operation]| {
        let statements = Postgres.render(from, operations).map_err(|error| failed("render", &[], error))?;
        Ok::<_, TestCaseError>(statements.iter().map(|sql| format!("{sql};\n")).collect::<String>())
    };
    let (up, down) = (script(&change.from, &operations)?, script(&to, &reverse(&operations))?);
    let proof = Proof { from: &change.from, operations: &operations, up: &up, down: &down };
    match prove(&Postgres, connection, &proof) {
        Ok(_) => Ok(()),
        Err(error) => Err(TestCaseError::fail(format!("{error}\n{up}\n-- down\n{down}"))),
    }
}

#[test]
fn rows_that_both_sides_can_hold_stay() {
    let Some(database) = Database::new() else { return };
    let connection = RefCell::new(database.open());
    check(200, change(Care::Gentle), |change| proven(&mut connection.borrow_mut(), &change));
}
