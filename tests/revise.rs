//! Writing revisions: real folders, SQLite in memory, and PostgreSQL if there is a server.

mod support;

use plinth::dialect::DialectName;
use plinth::diff::Choices;
use plinth::error::Code;
use plinth::migrate::write::check::check;
use plinth::migrate::write::revise::{self, revise, Revised};
use plinth::migrate::Direction;
use plinth::statement::Execute;
use serde_json::json;
use std::fs;
use std::path::Path;
use support::project::{column, model, names, refused, schema, users, with, written, Project};

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
    assert!(
        !read[0].edited(DialectName::Sqlite, Direction::Up) && !read[0].edited(DialectName::Postgres, Direction::Down)
    );
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
    assert!(project.check_with(&models, json!({ "prove": true })).up_to_date, "as long as it is not written");
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
    let none = project.revise_with(&users(&[]), "m", json!({ "dialects": [] }));
    refused(none, Code::UnknownOption, "The dialects of a revision");
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
    assert_eq!(project.check(&models).edited[0].ok, None, "unknown without a server");
    project.edit(&first, "up.postgres.sql", "ALTER TABLE users ALTER name SET NOT NULL;");
    let report = check(&models, &options, Some(&mut open)).unwrap();
    assert_eq!(report.edited.iter().map(|script| script.ok).collect::<Vec<_>>(), [Some(false), Some(false)]);
    assert!(report.edited[0].differences[0].contains("`users.name` may be NULL"), "{report:#?}");
    assert_eq!(opened, 3, "only if something is tried: the second revision found nothing to do");
}
