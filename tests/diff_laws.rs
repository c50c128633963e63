//! The laws of the pure core, over random schemas and random changes of them.

#[path = "support/schemas/mod.rs"]
mod schemas;

use plinth::diff::{apply, canonical, diff, reverse, same, Choices, Operation, Outcome};
use plinth::schema::Models;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use schemas::{change, check, models_json, schema, Care, Change};
use std::collections::HashSet;

const CASES: u32 = 2000;

fn operations(change: &Change) -> Result<Vec<Operation>, TestCaseError> {
    match diff(&change.from, &change.to, &change.choices) {
        Ok(Outcome::Operations(operations)) => Ok(operations),
        Ok(Outcome::Questions(questions)) => Err(TestCaseError::fail(format!("asked {questions:?}"))),
        Err(error) => Err(TestCaseError::fail(format!("{error:?}"))),
    }
}

#[test]
fn random_schemas_are_what_models_can_declare() {
    check(CASES, change(Care::Free), |change| {
        for schema in [&change.from, &change.to] {
            let read = Models::from_json(&models_json(schema)).map_err(|error| TestCaseError::fail(error.message))?;
            prop_assert_eq!(&canonical(read.schema), &canonical(schema.clone()));
        }
        Ok(())
    });
}

#[test]
fn law_1_nothing_changes_where_nothing_changed() {
    check(CASES, schema(), |schema| {
        let outcome = diff(&schema, &schema, &Choices::default());
        prop_assert_eq!(outcome, Ok(Outcome::Operations(Vec::new())));
        let other = canonical(schema.clone());
        prop_assert!(same(&schema, &other));
        prop_assert_eq!(diff(&schema, &other, &Choices::default()), Ok(Outcome::Operations(Vec::new())));
        Ok(())
    });
}

#[test]
fn law_2_the_operations_lead_there() {
    check(CASES, change(Care::Free), |change| {
        let after =
            apply(&change.from, &operations(&change)?).map_err(|error| TestCaseError::fail(format!("{error:?}")))?;
        prop_assert_eq!(canonical(after), canonical(change.to));
        Ok(())
    });
}

#[test]
fn law_3_the_reverse_leads_back() {
    check(CASES, change(Care::Free), |change| {
        let operations = operations(&change)?;
        let back = reverse(&operations);
        let before = apply(&change.to, &back).map_err(|error| TestCaseError::fail(format!("{error:?}")))?;
        prop_assert_eq!(canonical(before), canonical(change.from));
        prop_assert_eq!(reverse(&back), operations);
        Ok(())
    });
}

#[test]
fn law_6_a_second_diff_is_empty() {
    check(CASES, change(Care::Free), |change| {
        let after =
            apply(&change.from, &operations(&change)?).map_err(|error| TestCaseError::fail(format!("{error:?}")))?;
        prop_assert_eq!(diff(&after, &change.to, &Choices::default()), Ok(Outcome::Operations(Vec::new())));
        Ok(())
    });
}

#[test]
fn operations_survive_their_file() {
    check(CASES, change(Care::Free), |change| {
        let operations = operations(&change)?;
        let text = serde_json::to_string_pretty(&operations).unwrap();
        let read: Vec<Operation> = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(&read, &operations);
        for operation in &operations {
            let lines = [operation.describe(), operation.loses().unwrap_or_default()];
            prop_assert!(!lines[0].is_empty() && !lines.iter().any(|line| line.contains(['\n', '\r'])), "{:?}", lines);
            prop_assert!(!operation.tables().is_empty());
        }
        Ok(())
    });
}

#[test]
fn the_answer_is_one_and_follows_the_choices() {
    check(CASES, change(Care::Free), |change| {
        let first = operations(&change)?;
        prop_assert_eq!(&first, &operations(&change)?);
        // Nothing goes, and comes again under another name, that was chosen to be renamed.
        for rename in &change.choices.renames {
            let gone = first.iter().any(|operation| match (operation, &rename.table) {
                (Operation::DropTable { table }, None) => {
                    table.name == rename.from && !change.choices.drops.contains(&table.name)
                }
                (Operation::DropColumn { table, column, .. }, Some(place)) => {
                    table == place
                        && column.name == rename.from
                        && !change.choices.drops.contains(&format!("{table}.{}", column.name))
                }
                _ => false,
            });
            prop_assert!(!gone, "{:?} was dropped", rename);
        }
        let columns: HashSet<(String, String)> = first
            .iter()
            .filter_map(|operation| match operation {
                Operation::DropColumn { table, column, .. } => Some((table.clone(), column.name.clone())),
                _ => None,
            })
            .collect();
        let chosen = change.choices.drops.iter().filter(|name| name.contains('.')).count();
        prop_assert!(columns.len() <= chosen, "{:?}", columns);
        Ok(())
    });
}

#[test]
fn without_choices_nothing_alike_is_dropped() {
    check(CASES, change(Care::Free), |change| {
        let outcome = diff(&change.from, &change.to, &Choices { drops: Vec::new(), ..change.choices.clone() });
        let Ok(Outcome::Operations(operations)) = outcome else { return Ok(()) };
        for operation in &operations {
            if let Operation::DropTable { table } = operation {
                let twin = operations.iter().any(
                    |other| matches!(other, Operation::CreateTable { table: new } if new.columns == table.columns),
                );
                prop_assert!(!twin, "{} was dropped", table.name);
            }
        }
        Ok(())
    });
}
