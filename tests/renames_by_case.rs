//! The laws of names that change their case only. To SQLite they are the same name, to PostgreSQL another one: on both such a
//! change is a rename, never a drop, leads there and back, and keeps every row.

#[path = "support/schemas/mod.rs"]
mod schemas;
mod support;

use plinth::dialect::postgres::syntax::Postgres;
use plinth::dialect::sqlite::syntax::Sqlite;
use plinth::dialect::Dialect;
use plinth::diff::{apply, canonical, diff, reverse, Choices, Operation, Outcome};
use plinth::engine::sqlite::admin::AdminConnection;
use plinth::migrate::prove::proof::{prove, Proof};
use plinth::schema::Schema;
use plinth::statement::Execute;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use schemas::{check, recased, Change};
use std::cell::RefCell;

fn operations(change: &Change) -> Result<Vec<Operation>, TestCaseError> {
    match diff(&change.from, &change.to, &change.choices) {
        Ok(Outcome::Operations(operations)) => Ok(operations),
        other => Err(TestCaseError::fail(format!("{other:?}"))),
    }
}

fn failed(error: impl std::fmt::Debug) -> TestCaseError {
    TestCaseError::fail(format!("{error:#?}"))
}

#[test]
fn the_diff_renames_and_leads_there_and_back() {
    check(1000, recased(), |change| {
        let operations = operations(&change)?;
        let replaced = operations.iter().find(|operation| {
            matches!(
                operation,
                Operation::CreateTable { .. }
                    | Operation::DropTable { .. }
                    | Operation::AddColumn { .. }
                    | Operation::DropColumn { .. }
            )
        });
        prop_assert_eq!(replaced, None);
        let after = apply(&change.from, &operations).map_err(failed)?;
        prop_assert_eq!(canonical(after.clone()), canonical(change.to.clone()));
        let before = apply(&after, &reverse(&operations)).map_err(failed)?;
        prop_assert_eq!(canonical(before), canonical(change.from));
        prop_assert_eq!(diff(&after, &change.to, &Choices::default()), Ok(Outcome::Operations(Vec::new())));
        Ok(())
    });
}

fn proven(dialect: &dyn Dialect, connection: &mut dyn Execute, change: &Change) -> Result<(), TestCaseError> {
    let operations = operations(change)?;
    let script = |from: &Schema, operations: &[Operation]| -> Result<String, TestCaseError> {
        let statements = dialect.render(from, operations).map_err(failed)?;
        Ok(statements.iter().map(|statement| format!("{statement};\n")).collect())
    };
    let (up, down) = (script(&change.from, &operations)?, script(&change.to, &reverse(&operations))?);
    let proof = Proof { from: &change.from, operations: &operations, up: &up, down: &down };
    match prove(dialect, connection, &proof) {
        Ok(_) => Ok(()),
        Err(error) => Err(TestCaseError::fail(format!("{error}\n-- up\n{up}\n-- down\n{down}"))),
    }
}

#[test]
fn sqlite_carries_it_out() {
    check(100, recased(), |change| {
        proven(&Sqlite, &mut AdminConnection::open(":memory:", 100).map_err(failed)?, &change)
    });
}

#[test]
fn postgres_carries_it_out() {
    let Some(database) = support::Database::new() else { return };
    let connection = RefCell::new(database.open());
    check(50, recased(), |change| proven(&Postgres, &mut *connection.borrow_mut(), &change));
}
