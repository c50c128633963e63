//! The transaction of a revision on SQLite: what a rebuild loses elsewhere is still there, and what would be broken is undone.

use plinth::dialect::sqlite::syntax::Sqlite;
use plinth::dialect::Transactions;
use plinth::engine::sqlite::admin::AdminConnection;
use plinth::error::{Code, Result};
use plinth::statement::{Execute, Statement};
use plinth::value::Value;

const TABLES: &str = "
CREATE TABLE parents (id INTEGER PRIMARY KEY, name TEXT, size INTEGER);
CREATE TABLE children (id INTEGER PRIMARY KEY, parent_id INTEGER REFERENCES parents (id) ON DELETE CASCADE);
CREATE TABLE log (what TEXT);
INSERT INTO parents VALUES (1, 'a', 10), (2, 'b', 20);
INSERT INTO children VALUES (1, 1), (2, 1), (3, 2);
CREATE INDEX parents_upper ON parents (upper(name) DESC) WHERE size > 0;
CREATE TRIGGER parents_log AFTER UPDATE ON parents BEGIN INSERT INTO log VALUES (new.name); END;
CREATE VIEW names AS SELECT name FROM parents";

const REBUILD: [&str; 6] = [
    "CREATE TABLE plinth_new_parents (id INTEGER PRIMARY KEY, name TEXT NOT NULL, size INTEGER)",
    "INSERT INTO plinth_new_parents SELECT * FROM parents",
    "-- The old table goes.\nDROP TABLE parents",
    "PRAGMA legacy_alter_table = ON",
    "ALTER TABLE plinth_new_parents RENAME TO parents",
    "PRAGMA legacy_alter_table = OFF",
];

fn open() -> AdminConnection {
    let mut connection = AdminConnection::open(":memory:", 100).unwrap();
    connection.batch(TABLES).unwrap();
    connection
}

fn run(connection: &mut AdminConnection, statements: &[&str]) -> Result<()> {
    Sqlite.revision_transaction(connection, &["parents".into(), "people".into()], &mut |connection| {
        statements.iter().try_for_each(|sql| connection.batch(sql))
    })
}

fn count(connection: &mut AdminConnection, sql: &str) -> i64 {
    connection.query(&Statement::new(sql)).unwrap()[0][0].as_int().unwrap()
}

fn schema(connection: &mut AdminConnection) -> Vec<String> {
    let sql =
        "SELECT name FROM sqlite_schema WHERE type IN ('index', 'trigger', 'view') AND sql IS NOT NULL ORDER BY name";
    connection.query(&Statement::new(sql)).unwrap().iter().map(|row| row[0].as_str().unwrap().to_owned()).collect()
}

/// The settings that every transaction leaves unchanged, whether it ends well or not.
fn pragmas(connection: &mut AdminConnection) {
    assert_eq!(count(connection, "PRAGMA foreign_keys"), 1);
    assert_eq!(count(connection, "PRAGMA legacy_alter_table"), 0);
}

#[test]
fn children_triggers_indexes_and_views_outlive_a_rebuild() {
    let mut connection = open();
    let before = schema(&mut connection);
    run(&mut connection, &REBUILD).unwrap();
    assert_eq!(count(&mut connection, "SELECT count(*) FROM children"), 3);
    assert_eq!(schema(&mut connection), before);
    connection.batch("UPDATE parents SET name = 'c' WHERE id = 2").unwrap();
    assert_eq!(count(&mut connection, "SELECT count(*) FROM log WHERE what = 'c'"), 1);
    assert_eq!(count(&mut connection, "SELECT count(*) FROM names"), 2);
    pragmas(&mut connection);
}

#[test]
fn what_hangs_on_a_renamed_table_follows_it() {
    let mut connection = open();
    let rebuilt = REBUILD.map(|sql| sql.replace("_parents", "_people").replace(" parents", " people"));
    let mut statements = vec!["ALTER TABLE parents RENAME TO people"];
    statements.extend(rebuilt.iter().map(String::as_str));
    run(&mut connection, &statements).unwrap();
    let on =
        "SELECT count(*) FROM sqlite_schema WHERE tbl_name = 'people' AND name IN ('parents_log', 'parents_upper')";
    assert_eq!(count(&mut connection, on), 2);
    assert_eq!(count(&mut connection, "SELECT count(*) FROM names"), 2);
    connection.batch("DELETE FROM people WHERE id = 1").unwrap();
    assert_eq!(count(&mut connection, "SELECT count(*) FROM children"), 1, "the key follows and cascades");
}

#[test]
fn what_a_script_drops_by_name_stays_away() {
    let mut connection = open();
    let mut statements = vec!["DROP INDEX parents_upper", "DROP TRIGGER parents_log"];
    statements.extend(REBUILD);
    run(&mut connection, &statements).unwrap();
    assert_eq!(schema(&mut connection), ["names"]);
}

#[test]
fn a_table_that_takes_the_place_of_a_dropped_one_takes_nothing_of_it() {
    let mut connection = open();
    connection.batch("CREATE INDEX children_parent ON children (parent_id)").unwrap();
    run(&mut connection, &["DROP TABLE children", "ALTER TABLE log RENAME TO children"]).unwrap();
    assert!(!schema(&mut connection).contains(&"children_parent".to_owned()));
}

#[test]
fn what_a_dropped_table_had_goes_with_it() {
    let mut connection = open();
    run(&mut connection, &["DELETE FROM children", "DROP VIEW names", "DROP TABLE children", "DROP TABLE parents"])
        .unwrap();
    assert_eq!(schema(&mut connection), [""; 0]);
}

#[test]
fn what_a_script_drops_after_a_rebuild_does_not_come_back() {
    let mut connection = open();
    let mut statements = REBUILD.to_vec();
    statements.extend([
        "CREATE INDEX parents_upper ON parents (upper(name))",
        "DROP INDEX parents_upper",
        "ALTER TABLE parents RENAME COLUMN size TO height",
    ]);
    run(&mut connection, &statements).unwrap();
    assert_eq!(schema(&mut connection), ["names", "parents_log"]);
}

#[test]
fn a_view_that_would_not_answer_any_more_undoes_all() {
    let mut connection = open();
    let error = run(
        &mut connection,
        &[
            "DROP TRIGGER parents_log",
            "DROP INDEX parents_upper",
            "ALTER TABLE parents RENAME TO gone",
            "DROP TABLE gone",
        ],
    );
    let error = error.unwrap_err();
    assert_eq!(error.code, Code::Drifted, "{error}");
    assert!(error.message.contains("names"), "{error}");
    assert_eq!(schema(&mut connection).len(), 3);
    pragmas(&mut connection);
}

#[test]
fn a_view_that_was_broken_before_is_in_nobodys_way() {
    let mut connection = open();
    connection.batch("CREATE VIEW broken AS SELECT missing FROM nowhere").unwrap();
    run(&mut connection, &REBUILD).unwrap();
    assert!(schema(&mut connection).contains(&"broken".to_owned()));
}

#[test]
fn a_trigger_that_could_not_run_any_more_undoes_all() {
    let mut connection = open();
    connection
        .batch("CREATE TRIGGER sized AFTER INSERT ON parents BEGIN INSERT INTO log VALUES (new.size); END")
        .unwrap();
    let statements = [
        "CREATE TABLE plinth_new_parents (id INTEGER PRIMARY KEY, name TEXT)",
        "INSERT INTO plinth_new_parents SELECT id, name FROM parents",
        "DROP INDEX parents_upper",
        "DROP TABLE parents",
        "PRAGMA legacy_alter_table = ON",
        "ALTER TABLE plinth_new_parents RENAME TO parents",
    ];
    let error = run(&mut connection, &statements).unwrap_err();
    assert_eq!((error.code, error.table.as_deref()), (Code::Drifted, Some("parents")), "{error}");
    assert_eq!(count(&mut connection, "SELECT sum(size) FROM parents"), 30);
    pragmas(&mut connection);
}

#[test]
fn an_index_over_a_column_that_goes_is_named() {
    let mut connection = open();
    let statements = [
        "CREATE TABLE plinth_new_parents (id INTEGER PRIMARY KEY, name TEXT)",
        "INSERT INTO plinth_new_parents SELECT id, name FROM parents",
        "DROP TABLE parents",
        "PRAGMA legacy_alter_table = ON",
        "ALTER TABLE plinth_new_parents RENAME TO parents",
    ];
    let error = run(&mut connection, &statements).unwrap_err();
    assert_eq!(error.code, Code::Drifted);
    assert!(error.message.contains("parents_upper"), "{error}");
    pragmas(&mut connection);
}

#[test]
fn rows_left_without_their_parent_are_refused_and_counted() {
    let mut connection = open();
    let error = run(&mut connection, &["DELETE FROM parents WHERE id = 1"]).unwrap_err();
    assert_eq!((error.code, error.table.as_deref()), (Code::RowsRefused, Some("children")));
    assert!(error.message.contains("2 rows") && error.message.contains("1, 2"), "{error}");
    assert_eq!(count(&mut connection, "SELECT count(*) FROM parents"), 2);
}

#[test]
fn rows_that_had_no_parent_before_are_in_nobodys_way() {
    let mut connection = open();
    connection
        .batch("PRAGMA foreign_keys = OFF; INSERT INTO children VALUES (9, 99); PRAGMA foreign_keys = ON")
        .unwrap();
    run(&mut connection, &REBUILD).unwrap();
    assert_eq!(count(&mut connection, "SELECT count(*) FROM children"), 4);
}

#[test]
fn a_parent_that_is_not_unique_any_more_is_refused() {
    let mut connection = open();
    let statements = REBUILD.map(|sql| sql.replace("id INTEGER PRIMARY KEY", "id INTEGER"));
    let statements: Vec<&str> = statements.iter().map(String::as_str).collect();
    let error = run(&mut connection, &statements).unwrap_err();
    assert_eq!((error.code, error.table.as_deref()), (Code::RevisionFailed, Some("children")), "{error}");
}

#[test]
fn within_a_transaction_it_does_nothing() {
    let mut connection = open();
    connection.batch("BEGIN").unwrap();
    let error = run(&mut connection, &REBUILD).unwrap_err();
    assert_eq!(error.code, Code::SqlFailed);
    connection.batch("ROLLBACK").unwrap();
    let names = connection
        .query(&Statement::new("SELECT group_concat(name) FROM pragma_table_info('parents') WHERE \"notnull\""))
        .unwrap();
    assert_eq!(names[0][0], Value::Null);
}
