//! Cases as folders, `tests/cases/<name>`: two schemas as models are written, and what must become of them.
//!
//! `from.json` (none: an empty database), `to.json`, `choices.json` (none: no choices); then
//! `operations.json` with `words.txt`, or `questions.json`, or `error.json`; and the scripts of
//! each database, `up.sqlite.sql`, `down.sqlite.sql`, `up.postgres.sql`, `down.postgres.sql`. If
//! PostgreSQL needs steps so that it does not block, `up.postgres.online.sql` and
//! `down.postgres.online.sql` have them; if there are none, `blocks.txt` says why. With
//! PLINTH_UPDATE=1 what is missing of these is written; look at it, then commit it.

use plinth::dialect::online::Online;
use plinth::dialect::postgres::syntax::Postgres;
use plinth::dialect::sqlite::syntax::Sqlite;
use plinth::dialect::{Definitions, Dialect};
use plinth::diff::{apply, diff, reverse, same, Choices, Operation, Outcome};
use plinth::migrate::disk::online;
use plinth::schema::{Models, Schema};
use serde_json::{json, Value};
use std::fs;
use std::path::{Path, PathBuf};

/// The end of a case: what was not as it is written.
type Faults = Vec<String>;

struct Case {
    folder: PathBuf,
    faults: Faults,
}

#[test]
fn cases() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut folders: Vec<PathBuf> = fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    assert!(folders.len() >= 30, "the cases were not found");
    let mut faults = Vec::new();
    for folder in folders {
        let mut case = Case { folder, faults: Vec::new() };
        case.run();
        faults.append(&mut case.faults);
    }
    assert!(faults.is_empty(), "{} faults\n\n{}", faults.len(), faults.join("\n\n"));
}

impl Case {
    fn run(&mut self) {
        let from = if self.folder.join("from.json").exists() { self.schema("from.json") } else { Schema::default() };
        let to = self.schema("to.json");
        let choices: Choices = match self.read("choices.json") {
            Some(text) => {
                serde_json::from_str(&text).unwrap_or_else(|fault| panic!("{}: {fault}", self.folder.display()))
            }
            None => Choices::default(),
        };
        match diff(&from, &to, &choices) {
            Ok(Outcome::Operations(operations)) => self.operations(&from, &to, &operations),
            Ok(Outcome::Questions(questions)) => {
                self.only(&["questions.json"]);
                self.expect_json("questions.json", &json!(questions));
            }
            Err(error) => {
                self.only(&["error.json"]);
                let mut found = serde_json::to_value(&error).unwrap();
                found.as_object_mut().unwrap().remove("retryable");
                self.expect_json("error.json", &found);
            }
        }
    }

    fn operations(&mut self, from: &Schema, to: &Schema, operations: &[Operation]) {
        self.only(&[
            "operations.json",
            "words.txt",
            "up.sqlite.sql",
            "down.sqlite.sql",
            "up.postgres.sql",
            "down.postgres.sql",
            "up.postgres.online.sql",
            "down.postgres.online.sql",
            "blocks.txt",
        ]);
        self.expect_json("operations.json", &json!(operations));
        let words = operations.iter().map(|operation| {
            let lost = operation.loses().map(|lost| format!("\nDESTRUCTIVE: {lost}")).unwrap_or_default();
            operation.describe() + &lost + "\n"
        });
        self.expect("words.txt", &words.collect::<String>());
        let after = apply(from, operations).unwrap_or_else(|fault| panic!("{}: {fault}", self.folder.display()));
        self.holds("the operations lead to the new schema", same(&after, to));
        let back = reverse(operations);
        let before = apply(&after, &back).unwrap_or_else(|fault| panic!("{}: {fault}", self.folder.display()));
        self.holds("the reverse leads back", same(&before, from));
        for dialect in [&Sqlite as &dyn Dialect, &Postgres] {
            for (direction, schema, operations) in [("up", from, operations), ("down", &after, &back)] {
                let name = format!("{direction}.{}.sql", dialect.name());
                match dialect.render(schema, operations) {
                    Ok(statements) => {
                        self.expect(&name, &statements.iter().map(|sql| format!("{sql};\n")).collect::<String>())
                    }
                    Err(error) => self.faults.push(format!("{}: {error}", self.folder.join(&name).display())),
                }
            }
        }
        self.online([("up", from, operations), ("down", &after, &back)]);
    }

    /// The steps on PostgreSQL, or why there are none.
    fn online(&mut self, sides: [(&str, &Schema, &[Operation]); 2]) {
        let mut blocks = String::new();
        for (direction, schema, operations) in sides {
            let name = format!("{direction}.postgres.online.sql");
            match Postgres.render_online(schema, operations) {
                Ok(Online::Steps(steps)) => {
                    let script = online::write("", &steps);
                    self.holds(
                        "the steps are read as they were written",
                        online::read(&script, &name).unwrap() == steps,
                    );
                    self.expect(&name, &script);
                    continue;
                }
                Ok(Online::Brief) => {}
                Ok(Online::Blocks(reasons)) => {
                    let lines =
                        reasons.iter().map(|reason| format!("{direction} {}: {}\n", reason.table, reason.sentence));
                    blocks.extend(lines);
                }
                Err(error) => self.faults.push(format!("{}: {error}", self.folder.join(&name).display())),
            }
            self.holds(&format!("{name} has a place here"), self.read(&name).is_none());
        }
        match blocks.is_empty() {
            true => self.holds("blocks.txt has a place here", self.read("blocks.txt").is_none()),
            false => self.expect("blocks.txt", &blocks),
        }
    }

    fn holds(&mut self, what: &str, holds: bool) {
        if !holds {
            self.faults.push(format!("{}: not so: {what}", self.folder.display()));
        }
    }

    /// No file of another outcome lies about.
    fn only(&mut self, expected: &[&str]) {
        for entry in fs::read_dir(&self.folder).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let given = ["from.json", "to.json", "choices.json", "README.md"].contains(&name.as_str());
            self.holds(&format!("{name} has a place here"), given || expected.contains(&name.as_str()));
        }
    }

    fn read(&self, name: &str) -> Option<String> {
        fs::read_to_string(self.folder.join(name)).ok()
    }

    fn schema(&self, name: &str) -> Schema {
        let text = self.read(name).unwrap_or_else(|| panic!("{}: no {name}", self.folder.display()));
        Models::from_json(&text).unwrap_or_else(|fault| panic!("{}/{name}: {fault}", self.folder.display())).schema
    }

    fn expect_json(&mut self, name: &str, found: &Value) {
        let expected: Option<Value> = self.read(name).map(|text| serde_json::from_str(&text).unwrap());
        if expected.as_ref() == Some(found) {
            return;
        }
        self.expect(name, &(serde_json::to_string_pretty(found).unwrap() + "\n"));
    }

    fn expect(&mut self, name: &str, found: &str) {
        let update = std::env::var_os("PLINTH_UPDATE").is_some_and(|value| value == "1");
        match self.read(name) {
            Some(expected) if expected.replace("\r\n", "\n") == found => {}
            Some(expected) => {
                let place = self.folder.join(name);
                self.faults.push(format!("{}\nexpected:\n{expected}\nfound:\n{found}", place.display()));
            }
            None if update => fs::write(self.folder.join(name), found).unwrap(),
            None => self.faults.push(format!("{}: no {name}; PLINTH_UPDATE=1 writes it", self.folder.display())),
        }
    }
}
