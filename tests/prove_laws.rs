//! What is written for random changes of random schemas is proven, with rows that both sides can hold.

#[path = "support/schemas/mod.rs"]
mod schemas;
mod support;

use plinth::dialect::postgres::syntax::Postgres;
use plinth::dialect::sqlite::syntax::Sqlite;
use plinth::dialect::Dialect;
use plinth::diff::{diff, reverse, Operation, Outcome};
use plinth::engine::sqlite::admin::AdminConnection;
use plinth::migrate::prove::proof::{prove, Proof};
use plinth::schema::Schema;
use plinth::statement::Execute;
use proptest::test_runner::TestCaseError;
use schemas::{change, check, Care, Change};
use std::cell::RefCell;

fn proven(dialect: &dyn Dialect, connection: &mut dyn Execute, change: &Change) -> Result<(), TestCaseError> {
    let fault = |what: String| TestCaseError::fail(what);
    let operations = match diff(&change.from, &change.to, &change.choices) {
        Ok(Outcome::Operations(operations)) => operations,
        other => return Err(fault(format!("{other:?}"))),
    };
    let script = |from: &Schema, operations: &[Operation]| -> Result<String, TestCaseError> {
        let statements = dialect.render(from, operations).map_err(|error| fault(error.message))?;
        Ok(statements.iter().map(|statement| format!("{statement};\n")).collect())
    };
    let up = script(&change.from, &operations)?;
    let down = script(&change.to, &reverse(&operations))?;
    let proof = Proof { from: &change.from, operations: &operations, up: &up, down: &down };
    match prove(dialect, connection, &proof) {
        Ok(_) => Ok(()),
        Err(error) => Err(fault(format!("{error}\n-- up\n{up}\n-- down\n{down}"))),
    }
}

#[test]
fn on_sqlite() {
    check(100, change(Care::Free), |change| {
        proven(&Sqlite, &mut AdminConnection::open(":memory:", 100).unwrap(), &change)
    });
}

#[test]
fn on_postgres() {
    let Some(database) = support::Database::new() else { return };
    let connection = RefCell::new(database.open());
    check(25, change(Care::Free), |change| proven(&Postgres, &mut *connection.borrow_mut(), &change));
}
