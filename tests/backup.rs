//! Backups and restores of files that Plinth itself would not make: other pages, another encoding, another journal.

use plinth::database::backup::{backup, restore, Options, Report};
use plinth::database::Target;
use plinth::engine::settings::Settings;
use plinth::engine::sqlite::admin::AdminConnection;
use plinth::error::{Code, Result};
use plinth::statement::{Execute, Statement};
use std::fs;
use std::path::Path;

/// A database that was made by this script.
fn make(path: &Path, script: &str) -> AdminConnection {
    let mut connection = AdminConnection::open(path.to_str().unwrap(), 1000).unwrap();
    connection.batch(script).unwrap();
    connection
}

fn target(path: &Path) -> Target {
    plinth::database::target(&Settings::of(path.to_str().unwrap(), "/")).unwrap()
}

fn options(file: &Path) -> Options {
    let (file, url) = (file.to_owned(), "sqlite:///app.db".into());
    Options { file, url, timeout: None, check: Default::default(), moment: "1".into(), word: None }
}

fn put(database: &Path, file: &Path) -> Result<Report> {
    restore(&target(database), &options(file), &mut |_| {})
}

/// The content of the only table, and the size of the pages.
fn held(path: &Path) -> (String, i64) {
    let mut connection = AdminConnection::open(path.to_str().unwrap(), 1000).unwrap();
    let rows =
        connection.query(&Statement::new("SELECT group_concat(a), (SELECT page_size FROM pragma_page_size) FROM t"));
    let row = rows.unwrap().remove(0);
    // Diesel gives text by its bytes.
    (row[0].as_str().unwrap_or_default().replace('\0', ""), row[1].as_int().unwrap())
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn other_pages_and_another_encoding_are_refused_and_restored_where_nothing_is() {
    for (pragma, page, expected, found) in [
        ("page_size = 8192", 8192, "pages of this many bytes: 4096", "8192"),
        ("page_size = 512", 512, "pages of this many bytes: 4096", "512"),
        ("encoding = 'UTF-16le'", 4096, "text in this encoding: UTF-8", "UTF-16le"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let (file, app) = (folder.path().join("given.db"), folder.path().join("app.db"));
        drop(make(&file, &format!("PRAGMA {pragma}; CREATE TABLE t (a TEXT); INSERT INTO t VALUES ('new')")));
        drop(make(&app, "CREATE TABLE t (a TEXT); INSERT INTO t VALUES ('old')"));
        let error = put(&app, &file).unwrap_err();
        assert_eq!((error.code, error.expected.as_deref()), (Code::QueryInvalid, Some(expected)));
        assert_eq!(error.found.as_deref(), Some(found));
        assert_eq!(held(&app), ("old".into(), 4096));
        // As the hint says.
        fs::rename(&app, folder.path().join("moved.db")).unwrap();
        put(&app, &file).unwrap();
        assert_eq!(held(&app), ("new".into(), page));
        assert_eq!(names(folder.path()), ["app.db", "given.db", "moved.db"]);
        // Its backup has its pages, too.
        let copy = folder.path().join("copy.db");
        backup(&target(&app), &options(&copy), &mut |_| {}).unwrap();
        assert_eq!(held(&copy), ("new".into(), page));
    }
}

#[test]
fn what_is_in_the_log_of_the_given_file_is_restored_and_the_file_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let (file, app) = (folder.path().join("given.db"), folder.path().join("app.db"));
    drop(make(&app, "CREATE TABLE t (a TEXT); INSERT INTO t VALUES ('old')"));
    // A database that somebody has open.
    let script = "PRAGMA journal_mode = WAL; CREATE TABLE t (a TEXT); INSERT INTO t VALUES ('new')";
    let open = make(&file, script);
    put(&app, &file).unwrap();
    assert_eq!(held(&app).0, "new");
    drop(open);
    assert_eq!(held(&file).0, "new");
    assert_eq!(names(folder.path()), ["app.before-restore-1.db", "app.db", "given.db"]);
}

#[test]
fn one_page_and_a_database_without_tables() {
    let folder = tempfile::tempdir().unwrap();
    let (file, app) = (folder.path().join("given.db"), folder.path().join("app.db"));
    drop(make(&file, "PRAGMA user_version = 7"));
    drop(make(&app, "CREATE TABLE t (a TEXT); INSERT INTO t VALUES ('old')"));
    let report = put(&app, &file).unwrap();
    assert_eq!(report.pages, 1);
    let mut connection = AdminConnection::open(app.to_str().unwrap(), 1000).unwrap();
    assert_eq!(connection.query(&Statement::new("PRAGMA user_version")).unwrap()[0][0].as_int(), Some(7));
    assert!(connection.query(&Statement::new("SELECT name FROM sqlite_schema")).unwrap().is_empty());
    assert_eq!(held(&report.before.unwrap()).0, "old");
}

#[test]
fn what_another_restore_has_kept_is_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    let (file, app) = (folder.path().join("given.db"), folder.path().join("app.db"));
    drop(make(&file, "CREATE TABLE t (a TEXT); INSERT INTO t VALUES ('new')"));
    drop(make(&app, "CREATE TABLE t (a TEXT); INSERT INTO t VALUES ('old')"));
    let kept = put(&app, &file).unwrap().before.unwrap();
    // At the same moment.
    assert_eq!(put(&app, &file).unwrap_err().code, Code::CannotOpen);
    assert_eq!((held(&kept).0, held(&app).0), ("old".into(), "new".into()));
}
