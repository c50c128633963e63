//! The laws of revisions in steps on PostgreSQL, over random schemas and changes: they lead where the one transaction leads, with
//! the same rows, there and back, their undo leads back, and what holds a lock reads no rows.

#[path = "support/schemas/mod.rs"]
mod schemas;
mod support;

use plinth::dialect::online::{Online, OnlineStep, OnlineWay};
use plinth::dialect::postgres::syntax::Postgres;
use plinth::dialect::Definitions;
use plinth::diff::{apply, diff, reverse, Operation, Outcome};
use plinth::engine::postgres::admin::AdminConnection;
use plinth::error::Code;
use plinth::migrate::disk::online;
use plinth::migrate::prove::in_steps::{prove_steps, Ways};
use plinth::migrate::prove::proof::{create, prove, Proof};
use plinth::migrate::prove::rows::seed;
use plinth::migrate::prove::trace::Trace;
use plinth::schema::Schema;
use plinth::statement::{Execute, Statement};
use proptest::test_runner::TestCaseError;
use schemas::{change, check, Care, Change};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use support::Database;

fn failed(what: impl std::fmt::Display) -> TestCaseError {
    TestCaseError::fail(what.to_string())
}

fn operations(change: &Change) -> Result<Vec<Operation>, TestCaseError> {
    match diff(&change.from, &change.to, &change.choices) {
        Ok(Outcome::Operations(operations)) => Ok(operations),
        other => Err(failed(format!("{other:?}"))),
    }
}

fn steps(from: &Schema, operations: &[Operation]) -> Result<Option<Vec<OnlineStep>>, TestCaseError> {
    match Postgres.render_online(from, operations).map_err(failed)? {
        Online::Steps(steps) => {
            let read = online::read(&online::write("-- Steps.\n", &steps), "up").map_err(failed)?;
            match read == steps && steps.last().is_some_and(|last| last.way == OnlineWay::Transaction) {
                true => Ok(Some(steps)),
                false => Err(failed(format!("not read as written: {steps:#?}"))),
            }
        }
        Online::Brief => Ok(None),
        Online::Blocks(reasons) if reasons.is_empty() => Err(failed("blocks without a reason")),
        Online::Blocks(_) => Ok(None),
    }
}

/// The operations of a change, and its steps each way, if it has any.
type Found = (Schema, Vec<Operation>, Option<Vec<OnlineStep>>, Option<Vec<OnlineStep>>);

fn found(change: &Change) -> Result<Option<Found>, TestCaseError> {
    let operations = operations(change)?;
    let to = apply(&change.from, &operations).map_err(failed)?;
    let up = steps(&change.from, &operations)?;
    let down = steps(&to, &reverse(&operations))?;
    Ok((up.is_some() || down.is_some()).then_some((to, operations, up, down)))
}

fn script(from: &Schema, operations: &[Operation]) -> Result<String, TestCaseError> {
    let statements = Postgres.render(from, operations).map_err(failed)?;
    Ok(statements.iter().map(|sql| format!("{sql};\n")).collect())
}

fn same_as_whole(connection: &mut AdminConnection, change: &Change) -> Result<bool, TestCaseError> {
    let Some((to, operations, up_steps, down_steps)) = found(change)? else { return Ok(false) };
    let (up, down) = (script(&change.from, &operations)?, script(&to, &reverse(&operations))?);
    let proof = Proof { from: &change.from, operations: &operations, up: &up, down: &down };
    // Rows may forbid it, as the one transaction shows.
    if prove(&Postgres, connection, &proof).is_err() {
        return Ok(false);
    }
    let ways = Ways { up: up_steps.as_deref(), down: down_steps.as_deref() };
    let shown = |steps: &Option<Vec<OnlineStep>>| online::write("", steps.as_deref().unwrap_or_default());
    prove_steps(&Postgres, connection, &proof, ways).map_err(|error| {
        failed(format!("{error:?}\n{up}\n-- down\n{down}\n{}\n-- down\n{}", shown(&up_steps), shown(&down_steps)))
    })?;
    Ok(true)
}

#[test]
fn steps_lead_where_the_one_transaction_leads() {
    let Some(database) = Database::new() else { return };
    let connection = RefCell::new(database.open());
    let (seen, tried) = (Cell::new(0), Cell::new(0));
    check(150, change(Care::Gentle), |change| {
        seen.set(seen.get() + 1);
        let found = same_as_whole(&mut connection.borrow_mut(), &change)?;
        tried.set(tried.get() + usize::from(found));
        Ok(())
    });
    // A shorter run may have met none.
    assert!(seen.get() < 150 || tried.get() > 10, "only {} of the changes have steps", tried.get());
}

/// Names that only the steps need.
const LEFT: &str = "SELECT name::text FROM ( \
    SELECT relname, relnamespace FROM pg_class UNION ALL SELECT conname, connamespace FROM pg_constraint UNION ALL \
    SELECT proname, pronamespace FROM pg_proc UNION ALL \
    SELECT tgname, relnamespace FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid) AS made (name, schema) \
    WHERE schema = current_schema()::regnamespace AND name LIKE 'plinth%'";

/// The reads of whole tables in this transaction, and the files of the tables.
fn readings(connection: &mut AdminConnection) -> BTreeMap<u32, (String, i64, i64)> {
    let sql = "SELECT c.oid || ' ' || c.relname, coalesce(s.seq_scan, 0), pg_relation_filenode(c.oid)::bigint FROM pg_class c \
               LEFT JOIN pg_stat_xact_user_tables s ON s.relid = c.oid \
               WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'i')";
    let rows = connection.query(&Statement::new(sql)).unwrap();
    let number = |row: &plinth::statement::Row, at: usize| row[at].as_int().unwrap_or_default();
    // By number: an index may take the name of another one.
    let names = rows.iter().filter_map(|row| row[0].as_str()?.split_once(' '));
    let names = names.map(|(number, name)| (number.parse().unwrap(), name.to_owned()));
    names.zip(&rows).map(|((oid, name), row)| (oid, (name, number(row, 1), number(row, 2)))).collect()
}

/// Runs steps on tables with rows. A step that is one transaction must neither read a table that existed nor write it anew, nor an
/// index. False if rows forbid one of them.
fn reads_no_rows(connection: &mut AdminConnection, steps: &[OnlineStep]) -> Result<bool, TestCaseError> {
    let known = readings(connection);
    for step in steps {
        let whole = step.way != OnlineWay::Statement;
        connection.batch(if whole { "BEGIN" } else { "SELECT 1" }).unwrap();
        let before = readings(connection);
        for statement in &step.statements {
            match connection.batch(statement) {
                Ok(()) => {}
                // Rows forbid it, as they would in one transaction.
                Err(error)
                    if step.way == OnlineWay::Statement
                        && matches!(
                            error.code,
                            Code::CheckViolation | Code::UniqueViolation | Code::ForeignKeyViolation
                        ) =>
                {
                    return Ok(false)
                }
                Err(error) => return Err(failed(format!("{statement}: {error}"))),
            }
        }
        let after = readings(connection);
        connection.batch(if whole { "COMMIT" } else { "SELECT 1" }).map_err(failed)?;
        if step.way != OnlineWay::Transaction {
            continue;
        }
        for (oid, (name, reads, file)) in &before {
            let Some((_, then, now)) = after.get(oid) else { continue };
            if then > reads && known.contains_key(oid) || file != now {
                let what = format!("{name} is read {} times, file {file} is {now}", then - reads);
                return Err(failed(format!("{what}, in\n{:#?}", step.statements)));
            }
        }
    }
    let left = connection.query(&Statement::new(LEFT)).unwrap();
    match left.is_empty() {
        true => Ok(true),
        false => Err(failed(format!("{left:?} is left after\n{steps:#?}"))),
    }
}

#[test]
fn what_locks_a_table_reads_no_rows() {
    let Some(database) = Database::new() else { return };
    let connection = RefCell::new(database.open());
    let next = Cell::new(0);
    check(150, change(Care::Gentle), |change| {
        let Some((to, operations, up, down)) = found(&change)? else { return Ok(()) };
        let connection = &mut *connection.borrow_mut();
        next.set(next.get() + 1);
        let name = format!("law_{}", next.get());
        connection.batch(&format!("CREATE SCHEMA {name}; SET search_path = {name}")).unwrap();
        create(&Postgres, connection, &change.from).map_err(failed)?;
        let there = Trace::of(&change.from, &operations);
        connection.batch("BEGIN").unwrap();
        seed(&Postgres, connection, &change.from, &there.later(&change.from, &to)).map_err(failed)?;
        connection.batch("COMMIT").unwrap();
        let (ups, downs) = (script(&change.from, &operations)?, script(&to, &reverse(&operations))?);
        let mut run = |steps: &Option<Vec<OnlineStep>>, whole: &str| match steps {
            Some(steps) => reads_no_rows(connection, steps),
            // Rows may forbid it, as the one transaction shows.
            None => Ok(connection.batch(&format!("BEGIN; {whole} COMMIT")).is_ok()),
        };
        let result = run(&up, &ups).and_then(|done| if done { run(&down, &downs).map(|_| ()) } else { Ok(()) });
        connection.batch(&format!("ROLLBACK; DROP SCHEMA {name} CASCADE; RESET search_path")).unwrap();
        result
    });
}
