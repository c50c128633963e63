//! Checking revisions: what is missing, what was edited by hand, and what two branches make of it.

mod support;

use plinth::error::Code;
use plinth::migrate::disk::graph::Graph;
use plinth::migrate::steps::step::State;
use plinth::migrate::write::revise::{Revised, Written};
use plinth::migrate::Direction;
use serde_json::json;
use std::collections::BTreeSet;
use std::fs;
use support::project::{branches, column, dialects, model, names, refused, schema, users, with, written, Project};

#[test]
fn edits_may_do_more_and_nothing_else() {
    let project = Project::new();
    let first = project.write(&users(&[column("name", "text")]), "first");
    let trigger = "CREATE TRIGGER shout AFTER INSERT ON users BEGIN\n  UPDATE users SET name = upper(name) WHERE id = new.id;\nEND;";
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
    assert!(edited.differences[0].contains("the column `users.secret` should not exist"), "{:?}", edited.differences);
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
