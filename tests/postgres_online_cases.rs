//! The steps of the cases in `tests/cases` on PostgreSQL: each is proven beside its one transaction.

mod support;

use plinth::dialect::online::Online;
use plinth::dialect::postgres::syntax::Postgres;
use plinth::dialect::Definitions;
use plinth::diff::{apply, diff, reverse, Choices, Operation, Outcome};
use plinth::migrate::prove::in_steps::{prove_steps, Ways};
use plinth::migrate::prove::proof::Proof;
use plinth::schema::{Models, Schema};
use std::fs;
use std::path::Path;
use support::Database;

fn script(schema: &Schema, operations: &[Operation]) -> String {
    Postgres.render(schema, operations).unwrap().iter().map(|sql| format!("{sql};\n")).collect()
}

#[test]
fn every_case_in_steps_is_proven() {
    let Some(database) = Database::new() else { return };
    let mut connection = database.open();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut folders: Vec<_> = fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    let (mut faults, mut proven) = (Vec::new(), 0);
    for folder in folders {
        let read = |name: &str| fs::read_to_string(folder.join(name)).ok();
        let models = |text: String| Models::from_json(&text).unwrap().schema;
        let from = read("from.json").map(models).unwrap_or_default();
        let to = models(read("to.json").unwrap());
        let choices: Choices =
            read("choices.json").map(|text| serde_json::from_str(&text).unwrap()).unwrap_or_default();
        let Ok(Outcome::Operations(operations)) = diff(&from, &to, &choices) else { continue };
        let (after, back) = (apply(&from, &operations).unwrap(), reverse(&operations));
        let steps =
            |schema: &Schema, operations: &[Operation]| match Postgres.render_online(schema, operations).unwrap() {
                Online::Steps(steps) => Some(steps),
                Online::Brief | Online::Blocks(_) => None,
            };
        let (up_steps, down_steps) = (steps(&from, &operations), steps(&after, &back));
        if up_steps.is_none() && down_steps.is_none() {
            continue;
        }
        let (up, down) = (script(&from, &operations), script(&after, &back));
        let proof = Proof { from: &from, operations: &operations, up: &up, down: &down };
        let ways = Ways { up: up_steps.as_deref(), down: down_steps.as_deref() };
        match prove_steps(&Postgres, &mut connection, &proof, ways) {
            Ok(()) => proven += 1,
            Err(error) => faults.push(format!("{}: {error}", folder.display())),
        }
    }
    assert!(faults.is_empty(), "{} faults\n\n{}", faults.len(), faults.join("\n\n"));
    assert!(proven >= 25, "only {proven} cases");
}
