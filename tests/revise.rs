//! Writing revisions and checking them: real folders, SQLite in memory, and PostgreSQL where there is a server.

mod support;

use plinth::diff::Choices;
use plinth::error::{Code, Error};
use plinth::migrate::check::{self, check};
use plinth::migrate::folder;
use plinth::migrate::graph::Graph;
use plinth::migrate::plan::State;
use plinth::migrate::revise::{self, revise, Revised, Written};
use plinth::migrate::{Direction, Revision};
use plinth::schema::{Models, Schema};
use plinth::statement::Execute;
use serde_json::{json, Value};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

fn column(name: &str, kind: &str) -> Value {
    json!({ "property": name, "name": name, "kind": kind, "nullable": true })
}

fn with(mut column: Value, more: Value) -> Value {
    let more = more.as_object().unwrap().clone();
    column.as_object_mut().unwrap().extend(more);
    column
}

fn model(name: &str, columns: &[Value]) -> Value {
    let mut all = vec![json!({ "property": "id", "name": "id", "kind": "id" })];
    all.extend_from_slice(columns);
    json!({ "model": name, "table": name, "columns": all, "primaryKey": ["id"] })
}

fn schema(models: &[Value]) -> Schema {
    Models::from_json(&json!({ "format": 1, "models": models }).to_string()).unwrap().schema
}

/// users(id, and these).
fn users(columns: &[Value]) -> Schema {
    schema(&[model("users", columns)])
}

struct Project {
    _temp: TempDir,
    dir: PathBuf,
}

impl Project {
    fn new() -> Project {
        let temp = TempDir::new().unwrap();
        Project { dir: temp.path().join("migrations"), _temp: temp }
    }

    fn options(&self, message: &str, more: Value) -> revise::Options {
        let options = with(json!({ "dir": self.dir, "message": message }), more);
        serde_json::from_value(options).unwrap()
    }

    fn revise_with(&self, models: &Schema, message: &str, more: Value) -> Result<Revised, Error> {
        revise(models, &self.options(message, more), None)
    }

    /// Writes the one revision that there is to write.
    fn write(&self, models: &Schema, message: &str) -> Written {
        written(self.revise_with(models, message, json!({})).unwrap())
    }

    fn read(&self) -> Vec<Revision> {
        folder::read(&self.dir).unwrap()
    }

    fn check(&self, models: &Schema) -> check::Report {
        self.check_with(models, json!({}))
    }

    fn check_with(&self, models: &Schema, more: Value) -> check::Report {
        let options = serde_json::from_value(with(json!({ "dir": self.dir }), more)).unwrap();
        check(models, &options, None).unwrap()
    }

    fn file(&self, written: &Written, name: &str) -> PathBuf {
        self.dir.join(format!("{}_{}", written.version, written.name)).join(name)
    }

    /// Adds a line to a script.
    fn edit(&self, written: &Written, name: &str, sql: &str) {
        let path = self.file(written, name);
        let text = fs::read_to_string(&path).unwrap() + sql + "\n";
        fs::write(path, text).unwrap();
    }

    /// Takes a revision out of the folder, to be put back after another was written: what a merge of two branches does.
    fn aside(&self, written: &Written, work: impl FnOnce()) {
        let (folder, aside) = (self.file(written, ""), self.dir.with_file_name("aside"));
        fs::rename(&folder, &aside).unwrap();
        work();
        fs::rename(&aside, &folder).unwrap();
    }
}

fn written(revised: Revised) -> Written {
    match revised {
        Revised::Written { mut revisions } if revisions.len() == 1 => revisions.remove(0),
        other => panic!("not written: {other:?}"),
    }
}

#[track_caller]
fn refused<T: std::fmt::Debug>(result: Result<T, Error>, code: Code, words: &str) -> Error {
    let error = result.expect_err("this should be refused");
    assert_eq!(error.code, code, "{error:?}");
    assert!(error.message.contains(words), "`{words}` is not in: {}", error.message);
    error
}

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn the_first_and_then_nothing() {
    let project = Project::new();
    let models = users(&[column("name", "text")]);
    let first = project.write(&models, "  First models! ");
    assert_eq!(first.name, "first_models");
    assert_eq!(Path::new(&first.folder), project.dir.join(format!("{}_first_models", first.version)));
    assert_eq!(first.operations, ["Create the table users, 2 columns"]);
    assert_eq!(first.destructive, [""; 0]);
    assert_eq!(first.proven, [("postgres".to_owned(), false), ("sqlite".to_owned(), true)].into());
    let files = ["down.postgres.sql", "down.sqlite.sql", "operations.json", "up.postgres.sql", "up.sqlite.sql"];
    assert_eq!(names(&project.file(&first, "")), files);
    assert_eq!(first.files["up.sqlite.sql"], fs::read_to_string(project.file(&first, "up.sqlite.sql")).unwrap());
    let read = project.read();
    assert_eq!(read.len(), 1);
    assert!(!read[0].edited("sqlite", Direction::Up) && !read[0].edited("postgres", Direction::Down));
    assert_eq!(project.revise_with(&models, "again", json!({})).unwrap(), Revised::Nothing);
    assert!(project.check(&models).up_to_date);
}

#[test]
fn the_file_that_a_reviewer_reads() {
    let project = Project::new();
    let first = project.write(&users(&[column("name", "text")]), "first");
    let models = users(&[column("name", "text"), column("phone", "text")]);
    let second = project.write(&models, "Add phone");
    assert!(second.version > first.version);
    assert_eq!(project.read()[1].after, [first.version.as_str()]);
    let expected = format!(
        "-- {}\n-- Add phone\n--\n-- Add the column users.phone: text, may be NULL\n\nALTER TABLE \"users\" ADD COLUMN \"phone\" TEXT;\n",
        second.version
    );
    assert_eq!(second.files["up.sqlite.sql"], expected);
    let expected = format!(
        "-- {}\n-- Add phone\n--\n-- Add the column users.phone: text, may be NULL\n-- NOT PROVEN on postgres\n\n\
         ALTER TABLE \"users\" ADD COLUMN \"phone\" text COLLATE \"C\";\n",
        second.version
    );
    assert_eq!(second.files["up.postgres.sql"], expected);
    let down = &second.files["down.sqlite.sql"];
    assert!(
        down.contains(
            "-- Drop the column users.phone\n-- DESTRUCTIVE: drops the column users.phone with all its values\n"
        ),
        "{down}"
    );
    let dropped = project.write(&users(&[column("name", "text")]), "no phone");
    assert_eq!(dropped.destructive, ["drops the column users.phone with all its values"]);
    let lost = "-- NOT RESTORED, lost by the up: drops the column users.phone with all its values\n";
    assert!(
        dropped.files["up.sqlite.sql"].contains("-- DESTRUCTIVE: drops the column users.phone with all its values\n")
    );
    assert!(dropped.files["down.sqlite.sql"].contains(lost), "{}", dropped.files["down.sqlite.sql"]);
}

#[test]
fn questions_and_what_answers_them() {
    let project = Project::new();
    project.write(&users(&[column("phone", "text")]), "first");
    let models = users(&[column("mobile", "text")]);
    let asked = project.revise_with(&models, "rename", json!({})).unwrap();
    let Revised::Questions { questions } = asked else { panic!("{asked:?}") };
    let expected = json!([{ "question": "rename", "table": "users", "from": "phone", "to": ["mobile"] }]);
    assert_eq!(serde_json::to_value(&questions).unwrap(), expected);
    assert_eq!(serde_json::to_value(project.check(&models).questions).unwrap(), expected);
    assert_eq!(names(&project.dir).len(), 1, "nothing was written");
    let choices = json!({ "choices": { "renames": [{ "table": "users", "from": "phone", "to": "mobile" }] } });
    let renamed = written(project.revise_with(&models, "rename", choices).unwrap());
    assert_eq!(renamed.operations, ["Rename the column users.phone to users.mobile"]);
    assert!(renamed.files["up.postgres.sql"].contains("ALTER TABLE \"users\" RENAME COLUMN \"phone\" TO \"mobile\";"));
}

#[test]
fn former_names_are_carried_out_once() {
    let project = Project::new();
    project.write(&users(&[column("phone", "text")]), "first");
    let people = with(
        model("people", &[with(column("mobile", "text"), json!({ "renamedFrom": "phone" }))]),
        json!({ "renamedFrom": "users" }),
    );
    let models = schema(&[people]);
    let second = project.write(&models, "rename");
    assert_eq!(second.operations.len(), 2, "{:?}", second.operations);
    assert_eq!(project.revise_with(&models, "again", json!({})).unwrap(), Revised::Nothing);
    assert!(project.check(&models).up_to_date);
    // A new table takes the old name; the former name says nothing of it.
    let people = with(
        model("people", &[with(column("mobile", "text"), json!({ "renamedFrom": "phone" }))]),
        json!({ "renamedFrom": "users" }),
    );
    let both = schema(&[people, model("users", &[column("phone", "boolean")])]);
    let third = project.write(&both, "users again");
    assert_eq!(third.operations, ["Create the table users, 2 columns"]);
    assert_eq!(project.revise_with(&both, "again", json!({})).unwrap(), Revised::Nothing);
    // A fresh project takes the new names from the beginning.
    let fresh = Project::new();
    assert_eq!(fresh.write(&models, "first").operations, ["Create the table people, 2 columns"]);
}

#[test]
fn empty_ones_are_for_hands() {
    let project = Project::new();
    let models = users(&[column("name", "text")]);
    project.write(&models, "first");
    let empty = written(project.revise_with(&models, "fill names", json!({ "empty": true })).unwrap());
    assert_eq!(empty.operations, [""; 0]);
    assert_eq!(empty.proven, [].into());
    let expected = format!("-- {}\n-- fill names\n\n-- The SQL goes here.\n", empty.version);
    assert!(empty.files.len() == 4 && empty.files.values().all(|text| *text == expected), "{:?}", empty.files);
    project.edit(&empty, "up.sqlite.sql", "UPDATE users SET name = 'x' WHERE name IS NULL;");
    let report = project.check(&models);
    assert!(report.up_to_date, "{report:?}");
    assert_eq!(report.edited.len(), 1);
    assert_eq!((report.edited[0].file.as_str(), report.edited[0].ok), ("up.sqlite.sql", Some(true)));
}

#[test]
fn printing_writes_nothing() {
    let project = Project::new();
    let printed = project.revise_with(&users(&[]), "first", json!({ "print": true })).unwrap();
    assert!(
        matches!(&printed, Revised::Printed { revisions } if revisions[0].files["up.sqlite.sql"].contains("CREATE TABLE"))
    );
    assert!(!project.dir.exists());
    let json = serde_json::to_value(&printed).unwrap();
    assert_eq!(json["outcome"], "printed");
    assert_eq!(serde_json::to_value(Revised::Nothing).unwrap(), json!({ "outcome": "nothing" }));
}

#[test]
fn one_database_alone() {
    let project = Project::new();
    let one = written(project.revise_with(&users(&[]), "first", json!({ "dialects": ["sqlite"] })).unwrap());
    assert_eq!(names(&project.file(&one, "")), ["down.sqlite.sql", "operations.json", "up.sqlite.sql"]);
    assert_eq!(one.proven, [("sqlite".to_owned(), true)].into());
    assert!(project.check_with(&users(&[]), json!({ "dialects": ["sqlite"], "prove": true })).up_to_date);
}

#[test]
fn what_is_asked_must_make_sense() {
    let project = Project::new();
    for message in ["", "  \n"] {
        refused(
            project.revise_with(&users(&[]), message, json!({})),
            Code::UnknownOption,
            "A revision needs a message",
        );
    }
    for dialects in [json!([]), json!(["mysql"])] {
        let given = project.revise_with(&users(&[]), "m", json!({ "dialects": dialects }));
        refused(given, Code::UnknownOption, "The dialects of a revision");
    }
    let unknown: Result<revise::Options, _> =
        serde_json::from_value(json!({ "dir": "/", "message": "m", "colour": 1 }));
    assert!(unknown.unwrap_err().to_string().contains("colour"));
    assert!(!project.dir.exists());
    assert_eq!(project.options("m", json!({})).choices, Choices::default());
}

#[test]
fn a_template_heads_the_files() {
    let project = Project::new();
    project.write(&users(&[column("name", "text")]), "first");
    let template = "-- {message}, by us ({version})\n-- * {operations}\n-- {destructive}\n{proven}";
    let second = written(project.revise_with(&users(&[]), "no name", json!({ "template": template })).unwrap());
    let head = format!(
        "-- no name, by us ({})\n-- * Drop the column users.name\n-- DESTRUCTIVE: drops the column users.name with all its \
         values\n-- Proven on sqlite\n\nALTER",
        second.version
    );
    assert!(second.files["up.sqlite.sql"].starts_with(&head), "{}", second.files["up.sqlite.sql"]);
    assert!(second.files["up.postgres.sql"].contains("\n-- NOT PROVEN on postgres\n\nALTER"));
}

#[test]
fn a_folder_that_does_not_hold_is_not_built_upon() {
    let project = Project::new();
    let first = project.write(&users(&[]), "first");
    fs::remove_file(project.file(&first, "down.sqlite.sql")).unwrap();
    let more = users(&[column("name", "text")]);
    refused(project.revise_with(&more, "more", json!({})), Code::RevisionInvalid, "down.sqlite.sql is missing");
    assert_eq!(names(&project.dir).len(), 1);
}

#[test]
fn edits_may_do_more_and_nothing_else() {
    let project = Project::new();
    let first = project.write(&users(&[column("name", "text")]), "first");
    let trigger = "CREATE TRIGGER shout AFTER INSERT ON users BEGIN\n  UPDATE users SET name = upper(name) WHERE id = new.id;\nEND;\n\
                   CREATE INDEX by_hand ON users (name);";
    project.edit(&first, "up.sqlite.sql", trigger);
    let models = users(&[column("name", "text"), column("phone", "text")]);
    let second = project.write(&models, "phone");
    let rows = "INSERT INTO users (name) VALUES ('a'); UPDATE users SET phone = '0';";
    project.edit(&second, "up.sqlite.sql", rows);
    let report = project.check_with(&models, json!({ "prove": true }));
    assert!(report.up_to_date, "{report:#?}");
    assert_eq!(report.edited.iter().map(|script| script.ok).collect::<Vec<_>>(), [Some(true), Some(true)]);

    // A change that only the SQL makes is an error here, not drift later.
    project.edit(&second, "up.sqlite.sql", "ALTER TABLE users ADD COLUMN secret TEXT;");
    let report = project.check(&models);
    assert!(!report.up_to_date);
    let edited = report.edited.iter().find(|script| script.version == second.version).unwrap();
    assert_eq!(edited.ok, Some(false));
    assert!(
        edited.differences[0].contains("the column `users.secret` should not be there"),
        "{:?}",
        edited.differences
    );
    let path =
        format!("migrations/{}_phone/up.sqlite.sql was edited by hand, and does not hold any more.", second.version);
    let more = users(&[column("name", "text"), column("phone", "text"), column("mail", "text")]);
    refused(project.revise_with(&more, "mail", json!({})), Code::ProofFailed, &path);
    assert_eq!(names(&project.dir).len(), 2, "nothing was written");
    let unproven = project.revise_with(&more, "mail", json!({ "prove": false, "print": true })).unwrap();
    assert!(matches!(unproven, Revised::Printed { revisions } if revisions[0].proven.values().all(|proven| !proven)));
}

#[test]
fn what_was_made_by_hand_is_there_for_later_hands() {
    let project = Project::new();
    let models = users(&[column("name", "text")]);
    let first = project.write(&models, "first");
    project.edit(&first, "up.sqlite.sql", "CREATE VIEW names AS SELECT name FROM users;");
    let down = project.file(&first, "down.sqlite.sql");
    fs::write(&down, format!("DROP VIEW names;\n{}", fs::read_to_string(&down).unwrap())).unwrap();
    let empty = written(project.revise_with(&models, "no view", json!({ "empty": true })).unwrap());
    project.edit(&empty, "up.sqlite.sql", "DROP VIEW names;");
    project.edit(&empty, "down.sqlite.sql", "CREATE VIEW names AS SELECT name FROM users;");
    let report = project.check(&models);
    assert!(report.up_to_date, "{report:#?}");
    assert_eq!(report.edited.len(), 4);
}

#[test]
fn a_revision_is_missing() {
    let project = Project::new();
    project.write(&users(&[]), "first");
    let report = project.check(&users(&[column("name", "text")]));
    assert!(!report.up_to_date);
    assert_eq!(report.operations, ["Add the column users.name: text, may be NULL"]);
    assert!(Project::new().check(&schema(&[])).up_to_date, "no models, no revisions");
}

/// Two branches, from one first revision: each revision is written where the other is not.
fn branches(first: &Schema, one: &Schema, other: &Schema) -> (Project, [Written; 3]) {
    let project = Project::new();
    let first = project.write(first, "first");
    let one = project.write(one, "one");
    let mut second = None;
    project.aside(&one, || {
        // Its version is later, as that of another branch is.
        std::thread::sleep(std::time::Duration::from_millis(1100));
        second = Some(project.write(other, "other"));
    });
    let mut second = second.unwrap();
    if second.version <= one.version {
        let later = (second.version.parse::<u64>().unwrap().max(one.version.parse().unwrap()) + 1).to_string();
        let from = project.file(&second, "");
        second.version = later;
        fs::rename(from, project.file(&second, "")).unwrap();
    }
    (project, [first, one, second])
}

#[test]
fn two_branches_that_fit_together() {
    let name = || column("name", "text");
    let (project, [first, one, other]) = branches(
        &schema(&[model("users", &[name()]), model("teams", &[name()])]),
        &schema(&[model("users", &[name(), column("phone", "text")]), model("teams", &[name()])]),
        &schema(&[model("users", &[name()]), model("teams", &[name(), column("motto", "text")])]),
    );
    let models = schema(&[
        model("users", &[name(), column("phone", "text")]),
        model("teams", &[name(), column("motto", "text")]),
    ]);
    let report = project.check(&models);
    assert!(report.up_to_date, "{report:#?}");
    assert_eq!(report.out_of_order, [other.version.as_str()]);
    let revisions = project.read();
    let graph = Graph::new(&revisions);
    let state = State::new(&graph, [first.version.clone(), other.version.clone()].into()).unwrap();
    for dialect in dialects() {
        let step = state.step(dialect, graph.get(&one.version).unwrap(), Direction::Up).unwrap();
        assert!(!step.rendered, "they change different tables");
        assert_eq!(step.tables, ["users"]);
    }
    // The next one comes after both, and joins them.
    let next = schema(&[
        model("users", &[name(), column("phone", "text")]),
        model("teams", &[name(), column("motto", "text"), column("size", "integer")]),
    ]);
    let joined = project.write(&next, "size");
    assert_eq!(project.read()[3].after, [one.version, other.version]);
    assert_eq!(joined.operations.len(), 1);
    assert_eq!(project.check(&next).out_of_order, [""; 0]);
}

fn dialects() -> [&'static dyn plinth::dialect::Dialect; 2] {
    [&plinth::dialect::sqlite::syntax::Sqlite, &plinth::dialect::postgres::syntax::Postgres]
}

#[test]
fn two_that_point_to_one_table_do_not_meet() {
    let child = |name: &str| {
        let key = json!([{ "columns": ["user_id"], "target": "users", "references": ["id"] }]);
        with(model(name, &[column("user_id", "integer")]), json!({ "foreignKeys": key }))
    };
    let users = || model("users", &[column("name", "text")]);
    let person = || with(model("people", &[column("name", "text")]), json!({ "renamedFrom": "users" }));
    let (project, [first, one, other]) =
        branches(&schema(&[users()]), &schema(&[users(), child("posts")]), &schema(&[users(), child("notes")]));
    let rendered = |project: &Project, applied: &[&Written], next: &Written| {
        let revisions = project.read();
        let graph = Graph::new(&revisions);
        let state = State::new(&graph, applied.iter().map(|one| one.version.clone()).collect()).unwrap();
        let next = graph.get(&next.version).unwrap();
        dialects().map(|dialect| state.step(dialect, next, Direction::Up).unwrap().rendered)
    };
    assert_eq!(rendered(&project, &[&first, &one], &other), [false, false]);
    // But the one that renames what the other points to does.
    let (project, [first, one, other]) =
        branches(&schema(&[users()]), &schema(&[users(), child("posts")]), &schema(&[person()]));
    assert_eq!(rendered(&project, &[&first, &one], &other), [true, true]);
}

#[test]
fn two_branches_that_meet_in_a_table() {
    let name = || with(column("name", "text"), json!({ "nullable": true }));
    let long = || with(column("name", "text"), json!({ "nullable": true, "max": 50 }));
    let (project, [first, one, other]) =
        branches(&users(&[name()]), &users(&[name(), column("phone", "text")]), &users(&[long()]));
    let models = users(&[long(), column("phone", "text")]);
    let report = project.check(&models);
    assert!(report.up_to_date, "both can be applied, in any order: {report:#?}");
    let revisions = project.read();
    let graph = Graph::new(&revisions);
    for (there, next) in [(&one, &other), (&other, &one)] {
        let applied: BTreeSet<String> = [first.version.clone(), there.version.clone()].into();
        let mut state = State::new(&graph, applied).unwrap();
        for dialect in dialects() {
            let revision = graph.get(&next.version).unwrap();
            let up = state.step(dialect, revision, Direction::Up).unwrap();
            assert!(up.rendered && up.sql.starts_with("-- "), "{}", up.sql);
            state.take(revision, Direction::Up, up.to);
            let down = state.step(dialect, revision, Direction::Down).unwrap();
            assert!(down.rendered);
            state.take(revision, Direction::Down, down.to);
        }
    }
    // The rebuild of the one must take the other's column along.
    let state = State::new(&graph, [first.version.clone(), one.version.clone()].into()).unwrap();
    let step = state.step(dialects()[0], graph.get(&other.version).unwrap(), Direction::Up).unwrap();
    assert!(step.sql.contains("phone"), "{}", step.sql);

    // Edited by hand it cannot be made anew.
    project.edit(&other, "up.sqlite.sql", "-- by hand");
    let revisions = project.read();
    let graph = Graph::new(&revisions);
    let state = State::new(&graph, [first.version.clone(), one.version.clone()].into()).unwrap();
    let edited = graph.get(&other.version).unwrap();
    let words = format!("The revisions {}_one and {}_other both change the table `users`", one.version, other.version);
    let error = refused(state.step(dialects()[0], edited, Direction::Up), Code::RevisionConflict, &words);
    assert!(error.message.contains("up.sqlite.sql was edited by hand"), "{error}");
    assert_eq!(error.table.as_deref(), Some("users"));
    assert!(state.step(dialects()[1], edited, Direction::Up).unwrap().rendered, "the other database's was not");
    let report = project.check(&models);
    assert_eq!(report.conflicts.len(), 1, "{report:#?}");
    assert!(!report.up_to_date && report.conflicts[0].contains(&words), "{report:#?}");
}

#[test]
fn two_branches_that_do_not_fit() {
    let name = || column("name", "text");
    let phone = || column("phone", "text");
    let (project, [_, one, other]) =
        branches(&users(&[name()]), &users(&[name(), phone()]), &users(&[name(), column("phone", "integer")]));
    let models = users(&[name(), phone()]);
    let words = format!("The revisions {}_one and {}_other both change the table `users`", one.version, other.version);
    let report = project.check(&models);
    assert!(!report.up_to_date);
    assert_eq!(report.conflicts.len(), 1, "{report:#?}");
    assert!(report.conflicts[0].contains(&words), "{report:#?}");
    refused(project.revise_with(&models, "more", json!({})), Code::RevisionConflict, &words);
}

#[test]
fn proven_on_postgres_too() {
    let Some(database) = support::Database::new() else { return };
    let project = Project::new();
    let mut opened = 0;
    let mut open = || {
        opened += 1;
        Ok(Some(Box::new(database.open()) as Box<dyn Execute>))
    };
    let models = users(&[column("name", "text")]);
    let first = written(revise(&models, &project.options("first", json!({})), Some(&mut open)).unwrap());
    assert_eq!(first.proven, [("postgres".to_owned(), true), ("sqlite".to_owned(), true)].into());
    assert!(!first.files["up.postgres.sql"].contains("NOT PROVEN"));
    assert_eq!(revise(&models, &project.options("again", json!({})), Some(&mut open)).unwrap(), Revised::Nothing);
    let function = "CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN new.name = upper(new.name); RETURN new; END $$;\n\
                    CREATE TRIGGER shout BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION shout();";
    project.edit(&first, "up.postgres.sql", function);
    project.edit(&first, "down.postgres.sql", "DROP FUNCTION shout();");
    let options = serde_json::from_value(json!({ "dir": project.dir, "prove": true })).unwrap();
    let report = check(&models, &options, Some(&mut open)).unwrap();
    assert!(report.up_to_date, "{report:#?}");
    let proven = report.proven.unwrap();
    assert_eq!((proven[0].sqlite, proven[0].postgres), (Some(true), Some(true)));
    assert_eq!(project.check(&models).edited[0].ok, None, "without a server nobody knows");
    project.edit(&first, "up.postgres.sql", "ALTER TABLE users ALTER name SET NOT NULL;");
    let report = check(&models, &options, Some(&mut open)).unwrap();
    assert_eq!(report.edited.iter().map(|script| script.ok).collect::<Vec<_>>(), [Some(false), Some(false)]);
    assert!(report.edited[0].differences[0].contains("`users.name` may be NULL"), "{report:#?}");
    assert_eq!(opened, 3, "only where something is tried: the second revision found nothing to do");
}
