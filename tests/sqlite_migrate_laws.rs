//! Laws 4 and 5 on SQLite: what is rendered leads exactly where the operations say, there and back, and no row is lost or
//! changed that they do not give up. Over random schemas with rows, and over the written cases.

#[path = "support/schemas/mod.rs"]
mod schemas;

use plinth::dialect::sqlite::syntax::Sqlite;
use plinth::dialect::Definitions;
use plinth::diff::{apply, diff, reverse, Choices, Constraint, Operation, Outcome};
use plinth::migrate::prove::proof::{prove_sqlite, Proof};
use plinth::schema::expression::mentions;
use plinth::schema::{IndexKey, IndexPart, Models, Schema};
use proptest::test_runner::TestCaseError;
use schemas::{change, check, Care};
use std::fs;
use std::path::Path;

const CASES: u32 = 200;

/// What is wrong with a change, and the SQL that was rendered.
fn proven(from: &Schema, to: &Schema, choices: &Choices) -> Result<(), String> {
    let operations = match diff(from, to, choices) {
        Ok(Outcome::Operations(operations)) => operations,
        // What is asked or refused has cases of its own.
        Ok(Outcome::Questions(_)) | Err(_) => return Ok(()),
    };
    if restores_a_default_that_rows_forbid(&operations) {
        return Ok(());
    }
    let after = apply(from, &operations).map_err(|error| format!("{error:?}"))?;
    let script = |statements: Vec<String>| statements.iter().map(|sql| format!("{sql};\n")).collect::<String>();
    let up = script(Sqlite.render(from, &operations).map_err(|error| format!("up: {error:?}"))?);
    let down = script(Sqlite.render(&after, &reverse(&operations)).map_err(|error| format!("down: {error:?}"))?);
    let proof = Proof { from, operations: &operations, up: &up, down: &down };
    let words: Vec<String> = operations.iter().map(|operation| operation.describe()).collect();
    let result = prove_sqlite(&proof);
    if result.as_ref().is_err_and(|error| backfills(&operations) && refused(&error.message)) {
        return Ok(());
    }
    result.map(drop).map_err(|error| format!("{error:#?}\n{}\n-- up\n{up}\n-- down\n{down}", words.join("\n")))
}

/// A default that some row had to meet alone: as the key of another row, or as the only one of its
/// kind. If such a column comes back, rows that did not have it do: no way back can know what they
/// had, and this one fails.
fn restores_a_default_that_rows_forbid(operations: &[Operation]) -> bool {
    // By the column alone: its table may have another name by then.
    let named = |column: &str| {
        let has = |columns: &[String]| columns.iter().any(|name| name == column);
        operations.iter().any(|operation| match operation {
            Operation::DropConstraint { constraint: Constraint::ForeignKey(key), .. } => has(&key.columns),
            Operation::DropConstraint { constraint: Constraint::Unique(unique), .. } => has(&unique.columns),
            Operation::DropIndex { index, .. } => index.unique,
            Operation::AlterPrimaryKey { from, .. } => has(from),
            _ => false,
        })
    };
    // The cause of a difference in an expression is not known.
    let computed = |of: &str, column: &str| {
        operations.iter().any(|operation| match operation {
            Operation::DropIndex { table, index } => {
                let names = |part: &IndexPart| matches!(&part.key, IndexKey::Expression(sql) if mentions(sql, column));
                table == of && index.unique && index.parts.iter().any(names)
            }
            _ => false,
        })
    };
    operations.iter().any(|operation| match operation {
        Operation::DropColumn { table, column, .. } if computed(table, &column.name) => true,
        Operation::DropColumn { column, .. } => column.default.is_some() && named(&column.name),
        _ => false,
    })
}

/// A backfill that gives rows what they may not have (another row's own value, a key of no row) is refused, as it must be.
fn backfills(operations: &[Operation]) -> bool {
    operations.iter().any(|operation| {
        matches!(
            operation,
            Operation::AddColumn { backfill: Some(_), .. } | Operation::AlterColumn { backfill: Some(_), .. }
        )
    })
}

fn refused(message: &str) -> bool {
    let refusals = ["already exists", "that do not exist"];
    message.contains("failed at `up`") && refusals.iter().any(|refusal| message.contains(refusal))
}

#[test]
fn random_changes_lead_there_and_back_and_keep_the_rows() {
    check(CASES, change(Care::Gentle), |change| {
        proven(&change.from, &change.to, &change.choices).map_err(TestCaseError::fail)
    });
}

#[test]
fn the_written_cases_lead_there_and_back_and_keep_the_rows() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut faults = Vec::new();
    let mut folders: Vec<_> = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    for folder in folders {
        let read = |name: &str| fs::read_to_string(folder.join(name)).ok();
        let schema = |name: &str| read(name).map(|text| Models::from_json(&text).unwrap().schema).unwrap_or_default();
        let choices = read("choices.json").map(|text| serde_json::from_str(&text).unwrap()).unwrap_or_default();
        if let Err(fault) = proven(&schema("from.json"), &schema("to.json"), &choices) {
            faults.push(format!("{}: {fault}", folder.file_name().unwrap().to_string_lossy()));
        }
    }
    assert!(faults.is_empty(), "{} faults\n\n{}", faults.len(), faults.join("\n\n"));
}
