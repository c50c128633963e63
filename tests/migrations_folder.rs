//! The folder of migrations: what is read from it, what is refused, and that a write is whole.

use plinth::dialect::DialectName;
use plinth::diff::Operation;
use plinth::error::{Code, Error};
use plinth::migrate::disk::folder::{read, write};
use plinth::migrate::disk::record::checksum;
use plinth::migrate::{Direction, Record, Revision};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

const FIRST: &str = "20261120101500_first";

fn rename(from: &str, to: &str) -> Operation {
    Operation::RenameTable { from: from.into(), to: to.into() }
}

/// Writes a revision with SQL for SQLite.
fn revision(dir: &Path, id: &str, after: &[&str]) {
    let texts = [("up.sqlite.sql", "-- up\nSELECT 1;\n"), ("down.sqlite.sql", "-- down\nSELECT 2;\n")];
    let files: BTreeMap<String, String> = texts.map(|(name, text)| (name.to_owned(), text.to_owned())).into();
    let record = Record {
        format: 1,
        after: after.iter().map(|version| (*version).to_owned()).collect(),
        operations: vec![rename("a", "b")],
        checksums: files.iter().map(|(name, text)| (name.clone(), checksum(text))).collect(),
    };
    write(dir, id, &record, &files).unwrap();
}

/// A folder `migrations` with the first revision in it.
fn migrations() -> (TempDir, std::path::PathBuf) {
    let temp = TempDir::new().unwrap();
    let dir = temp.path().join("migrations");
    revision(&dir, FIRST, &[]);
    (temp, dir)
}

fn ids(revisions: &[Revision]) -> Vec<String> {
    revisions.iter().map(Revision::id).collect()
}

/// Expects this folder to be refused, with these words in the message, a hint, and what was expected and found.
#[track_caller]
fn refused(dir: &Path, words: &str) -> Error {
    let error = read(dir).expect_err("this should be refused");
    assert_eq!(error.code, Code::RevisionInvalid, "{error:?}");
    assert!(error.message.contains(words), "`{words}` is not in: {}", error.message);
    assert!(!error.message.contains(dir.parent().unwrap().to_str().unwrap()), "absolute: {}", error.message);
    assert!(error.hint.is_some() && error.expected.is_some() && error.found.is_some(), "{error:?}");
    error
}

#[test]
fn no_folder_no_revisions() {
    let temp = TempDir::new().unwrap();
    assert_eq!(read(&temp.path().join("migrations")).unwrap(), []);
    assert_eq!(read(temp.path()).unwrap(), []);
}

#[test]
fn what_was_written_is_read() {
    let (_temp, dir) = migrations();
    revision(&dir, "20261120101501_second", &["20261120101500"]);
    let revisions = read(&dir).unwrap();
    assert_eq!(ids(&revisions), [FIRST, "20261120101501_second"]);
    let second = &revisions[1];
    assert_eq!((second.version.as_str(), second.name.as_str()), ("20261120101501", "second"));
    assert_eq!(second.after, ["20261120101500"]);
    assert_eq!(second.operations, [rename("a", "b")]);
    assert_eq!(second.script(DialectName::Sqlite, Direction::Down).unwrap(), "-- down\nSELECT 2;\n");
    assert_eq!(second.path("up.sqlite.sql"), "migrations/20261120101501_second/up.sqlite.sql");
    let error = second.script(DialectName::Postgres, Direction::Up).unwrap_err();
    assert_eq!(error.code, Code::RevisionInvalid);
    assert!(error.message.contains("20261120101501_second") && error.message.contains("postgres"), "{error}");
}

#[test]
fn what_is_no_revision_is_left_alone() {
    let (_temp, dir) = migrations();
    for folder in ["notes", "_", "x_20261120101500", ".plinth-20261120101502_crashed-1", "2026"] {
        fs::create_dir(dir.join(folder)).unwrap();
    }
    for file in ["README.md", ".gitkeep", "0001_other_tool.sql"] {
        fs::write(dir.join(file), "x").unwrap();
    }
    fs::write(dir.join(FIRST).join("notes.md"), "x").unwrap();
    assert_eq!(ids(&read(&dir).unwrap()), [FIRST]);
}

#[test]
fn edits_are_noticed_line_ends_are_none() {
    let (_temp, dir) = migrations();
    let up = dir.join(FIRST).join("up.sqlite.sql");
    let edited = || {
        let revision = &read(&dir).unwrap()[0];
        [Direction::Up, Direction::Down].map(|way| revision.edited(DialectName::Sqlite, way))
    };
    assert_eq!(edited(), [false, false]);
    fs::write(&up, "-- up\r\nSELECT 1;\r\n").unwrap();
    assert_eq!(edited(), [false, false]);
    fs::write(&up, "\u{feff}-- up\nSELECT 1;\n").unwrap();
    assert_eq!(edited(), [false, false]);
    fs::write(&up, "-- up\nSELECT 1; \n").unwrap();
    assert_eq!(edited(), [true, false]);
    fs::write(dir.join(FIRST).join("up.postgres.sql"), "SELECT 1;").unwrap();
    fs::write(dir.join(FIRST).join("down.postgres.sql"), "SELECT 1;").unwrap();
    let by_hand = &read(&dir).unwrap()[0];
    assert!(by_hand.edited(DialectName::Postgres, Direction::Up), "one that Plinth never generated");
}

#[test]
fn checksums_are_sha256() {
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(checksum(""), empty);
    let lines = "7e18f737311b2dc3b2f269dd78396b0351f14fb66efa879f768cb23181883c78";
    assert_eq!([checksum("a\nb"), checksum("a\r\nb")], [lines, lines]);
    assert_ne!(checksum("a\rb"), lines);
}

#[test]
fn a_folder_without_its_files() {
    let (_temp, dir) = migrations();
    fs::remove_file(dir.join(FIRST).join("down.sqlite.sql")).unwrap();
    let error =
        refused(&dir, "migrations/20261120101500_first/down.sqlite.sql is missing: operations.json has its checksum");
    assert_eq!(error.found.as_deref(), Some("up.sqlite.sql"));
    fs::write(dir.join(FIRST).join("down.sqlite.sql"), "").unwrap();
    fs::write(dir.join(FIRST).join("up.postgres.sql"), "").unwrap();
    refused(&dir, "down.postgres.sql is missing: up.postgres.sql is there");
    fs::remove_file(dir.join(FIRST).join("operations.json")).unwrap();
    refused(&dir, "migrations/20261120101500_first/operations.json is missing");
}

#[test]
fn scripts_in_steps_may_be_missing_and_may_be_stale() {
    let (_temp, dir) = migrations();
    let id = "20261120101501_second";
    let names = ["up.postgres.sql", "down.postgres.sql", "up.postgres.online.sql", "down.postgres.online.sql"];
    let files: BTreeMap<String, String> = names.map(|name| (name.to_owned(), format!("-- {name}\n"))).into();
    let record = Record {
        format: 1,
        after: vec!["20261120101500".into()],
        operations: vec![rename("b", "c")],
        checksums: files.iter().map(|(name, text)| (name.clone(), checksum(text))).collect(),
    };
    write(&dir, id, &record, &files).unwrap();
    let put = |name: &str, text: &str| fs::write(dir.join(id).join(name), text).unwrap();
    let second = || read(&dir).unwrap().remove(1);
    let text = |name: &str| Some(format!("-- {name}\n"));
    let online = || [Direction::Up, Direction::Down].map(|way| second().online(way).map(str::to_owned));
    let [up, down] = [text("up.postgres.online.sql"), text("down.postgres.online.sql")];
    assert_eq!(online(), [up.clone(), down.clone()]);

    put("up.postgres.sql", "SELECT 1;");
    assert!(second().stale(Direction::Up) && !second().stale(Direction::Down));
    assert_eq!(online(), [None, down.clone()], "edited beside it");
    put("up.postgres.online.sql", "-- by hand");
    assert!(second().edited_online(Direction::Up) && !second().stale(Direction::Up));
    assert_eq!(online(), [Some("-- by hand".into()), down.clone()]);
    fs::remove_file(dir.join(id).join("up.postgres.online.sql")).unwrap();
    assert!(!second().edited_online(Direction::Up) && !second().stale(Direction::Up));
    assert_eq!(online(), [None, down], "deleted");

    put("up.postgres.online.sql", "-- by hand");
    for name in ["up.postgres.sql", "down.postgres.sql"] {
        fs::remove_file(dir.join(id).join(name)).unwrap();
    }
    refused(&dir, "down.postgres.sql is missing: operations.json has its checksum");
    let record = Record { checksums: BTreeMap::new(), ..record };
    put("operations.json", &record.write());
    refused(&dir, "up.postgres.sql is missing: up.postgres.online.sql is there");
}

#[test]
fn names_that_only_look_like_a_revision() {
    let (_temp, dir) = migrations();
    fs::create_dir(dir.join("20261399999999_x")).unwrap();
    refused(&dir, "migrations/20261399999999_x does not begin with a version");
    fs::remove_dir(dir.join("20261399999999_x")).unwrap();
    fs::write(dir.join("20261120101501_x.sql"), "").unwrap();
    refused(&dir, "migrations/20261120101501_x.sql is a file");
}

#[test]
fn equal_versions() {
    let (_temp, dir) = migrations();
    revision(&dir, "20261120101500_other", &[]);
    let error = refused(&dir, "Two revisions have the version 20261120101500");
    assert!(error.message.contains("20261120101500_first and 20261120101500_other"), "{error}");
}

#[test]
fn records_that_cannot_be_read() {
    let (_temp, dir) = migrations();
    let record = dir.join(FIRST).join("operations.json");
    let whole = fs::read_to_string(&record).unwrap();
    for (text, words) in [
        ("<<<<<<< HEAD\n{}", "operations.json is not JSON: expected value at line 1 column 1"),
        ("", "is not JSON"),
        ("[]", "is not a record of a revision: it has no format"),
        (r#"{"format":"1"}"#, "it has format \"1\""),
        (r#"{"format":0}"#, "it has format 0"),
        (r#"{"format":2,"of":["the","future"]}"#, "is of the newer format 2: this Plinth reads format 1"),
        (r#"{"format":1,"after":[],"operations":[]}"#, "missing field `checksums`"),
        (r#"{"format":1,"after":[],"operations":[],"checksums":{},"x":1}"#, "unknown field `x`"),
        (r#"{"format":1,"after":[],"operations":[{"op":"explode"}],"checksums":{}}"#, "unknown variant `explode`"),
        (
            r#"{"format":1,"after":[],"operations":[{"op":"renameTable","from":"a","to":"b","why":"x"}],"checksums":{}}"#,
            "an unknown key: operations[0].why",
        ),
        (r#"{"format":1,"after":[],"operations":[],"checksums":{"up.mysql.sql":""}}"#, "not the name of a script"),
    ] {
        fs::write(&record, text).unwrap();
        let error = refused(&dir, words);
        assert!(error.message.starts_with("migrations/20261120101500_first/operations.json"), "{error}");
    }
    let spelled = whole.replace(r#""after": []"#, r#""after": [ ]"#);
    fs::write(&record, spelled).unwrap();
    assert_eq!(ids(&read(&dir).unwrap()), [FIRST]);
    fs::write(&record, [0xff, 0xfe]).unwrap();
    refused(&dir, "is not UTF-8");
}

#[test]
fn unknown_keys_are_found_at_any_depth() {
    let (_temp, dir) = migrations();
    let text = r#"{"format":1,"after":[],"checksums":{},"operations":[{"op":"createTable","table":{"name":"t",
        "columns":[{"name":"a","kind":"text","nullable":false,"collate":"nocase"}],"primaryKey":["a"]}}]}"#;
    fs::write(dir.join(FIRST).join("operations.json"), text).unwrap();
    refused(&dir, "operations[0].table.columns[0].collate");
    fs::write(dir.join(FIRST).join("operations.json"), text.replace(r#","collate":"nocase""#, "")).unwrap();
    read(&dir).unwrap();
}

#[test]
fn what_a_revision_comes_after() {
    let (_temp, dir) = migrations();
    revision(&dir, "20261120101501_second", &["20261120101400"]);
    let error = refused(&dir, "`after` has 20261120101400, and no folder has this version");
    assert!(error.message.starts_with("migrations/20261120101501_second/operations.json"), "{error}");
    fs::remove_dir_all(dir.join("20261120101501_second")).unwrap();
    revision(&dir, "20261120101501_second", &["20261120101501"]);
    refused(&dir, "`after` has 20261120101501, which is not earlier than 20261120101501");
}

#[test]
fn a_write_is_whole_or_has_not_been() {
    let (_temp, dir) = migrations();
    let record = Record { format: 1, after: vec![], operations: vec![], checksums: BTreeMap::new() };
    let again = write(&dir, FIRST, &record, &BTreeMap::new()).unwrap_err();
    assert_eq!(again.code, Code::RevisionInvalid);
    assert!(again.message.contains("migrations/20261120101500_first already exists"), "{again}");
    // A name that no file can have fails in the middle.
    let files = [("a".to_owned(), String::new()), ("no/such/folder".to_owned(), String::new())].into();
    let failed = write(&dir, "20261120101501_second", &record, &files).unwrap_err();
    assert_eq!(failed.code, Code::IoFailed, "{failed:?}");
    let left: Vec<_> = fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, [FIRST], "nothing half is left");
}

#[test]
fn what_a_crash_left_is_swept_up() {
    let (_temp, dir) = migrations();
    let (old, young) = (dir.join(".plinth-20261120101501_x-1"), dir.join(".plinth-20261120101501_x-2"));
    for folder in [&old, &young] {
        fs::create_dir(folder).unwrap();
    }
    let hours_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(7200);
    fs::File::open(&old).unwrap().set_modified(hours_ago).unwrap();
    revision(&dir, "20261120101502_next", &["20261120101500"]);
    assert!(!old.exists() && young.exists());
    assert_eq!(read(&dir).unwrap().len(), 2);
}

#[test]
fn a_folder_that_cannot_be_made() {
    let temp = TempDir::new().unwrap();
    fs::write(temp.path().join("migrations"), "a file").unwrap();
    let record = Record { format: 1, after: vec![], operations: vec![], checksums: BTreeMap::new() };
    let failed = write(&temp.path().join("migrations"), FIRST, &record, &BTreeMap::new()).unwrap_err();
    assert_eq!(failed.code, Code::IoFailed, "{failed:?}");
    assert_eq!(read(&temp.path().join("migrations")).unwrap_err().code, Code::IoFailed);
}
