//! Two branches, each with a revision of its own, on databases that had the one or the other first: real ones, with rows.

mod support;

use plinth::dialect::postgres::syntax::Postgres;
use plinth::dialect::shape::compare;
use plinth::dialect::sqlite::syntax::Sqlite;
use plinth::dialect::Dialect;
use plinth::engine::sqlite::admin::AdminConnection;
use plinth::error::{Code, Result};
use plinth::migrate::disk::folder;
use plinth::migrate::disk::graph::Graph;
use plinth::migrate::log::protection::Guard;
use plinth::migrate::report::verbs::{DowngradeReport, UpgradeReport};
use plinth::migrate::run::runner::Runner;
use plinth::migrate::steps::fold::head;
use plinth::migrate::write::revise::{revise, Revised};
use plinth::schema::{Models, Schema};
use plinth::statement::{Execute, Statement};
use serde_json::{json, Value};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

fn users(columns: &[Value]) -> Schema {
    let mut all = vec![json!({ "property": "id", "name": "id", "kind": "id" })];
    all.extend_from_slice(columns);
    let model = json!({ "model": "users", "table": "users", "columns": all, "primaryKey": ["id"] });
    Models::from_json(&json!({ "format": 1, "models": [model] }).to_string()).unwrap().schema
}

fn text(name: &str, more: Value) -> Value {
    let mut column = json!({ "property": name, "name": name, "kind": "text", "nullable": true });
    column.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    column
}

/// Writes a revision and gives it this version.
fn write(dir: &Path, models: &Schema, message: &str, version: &str) -> PathBuf {
    let options = serde_json::from_value(json!({ "dir": dir, "message": message })).unwrap();
    let Revised::Written { revisions } = revise(models, &options, None).unwrap() else { panic!("nothing to write") };
    let folder = dir.join(format!("{version}_{message}"));
    fs::rename(&revisions[0].folder, &folder).unwrap();
    folder
}

/// The first revision, and one on each of two branches.
struct Branches {
    _temp: TempDir,
    dir: PathBuf,
    aside: PathBuf,
    both: [PathBuf; 2],
}

impl Branches {
    fn new(first: &Schema, one: &Schema, other: &Schema) -> Branches {
        let temp = TempDir::new().unwrap();
        let (dir, aside) = (temp.path().join("migrations"), temp.path().join("aside"));
        fs::create_dir(&aside).unwrap();
        write(&dir, first, "first", "20260101000000");
        let one = write(&dir, one, "one", "20260102000000");
        let mut branches = Branches { _temp: temp, dir, aside, both: [one.clone(), one] };
        branches.put(0, false);
        branches.both[1] = write(&branches.dir, other, "other", "20260103000000");
        branches.put(1, false);
        branches
    }

    /// Puts a branch's revision into the folder, or aside.
    fn put(&self, branch: usize, there: bool) {
        let folder = &self.both[branch];
        let aside = self.aside.join(folder.file_name().unwrap());
        match there {
            true => fs::rename(aside, folder).unwrap(),
            false => fs::rename(folder, aside).unwrap(),
        }
    }

    fn run<T>(
        &self,
        on: &dyn Dialect,
        connection: &mut dyn Execute,
        work: impl FnOnce(&mut Runner<'_>) -> Result<T>,
    ) -> Result<T> {
        let revisions = folder::read(&self.dir)?;
        let graph = Graph::new(&revisions);
        work(&mut Runner {
            dialect: on,
            connection,
            lock: None,
            graph: &graph,
            by: "test",
            keep: None,
            guard: Guard::Open,
            online: None,
            report: &mut |_| {},
        })
    }

    fn upgrade(&self, on: &dyn Dialect, connection: &mut dyn Execute) -> Result<UpgradeReport> {
        self.run(on, connection, |runner| runner.upgrade("head"))
    }

    fn downgrade(&self, on: &dyn Dialect, connection: &mut dyn Execute, to: &str) -> Result<DowngradeReport> {
        self.run(on, connection, |runner| runner.downgrade(to))
    }

    /// Expects the database to be what all revisions of the folder make.
    fn holds(&self, on: &dyn Dialect, connection: &mut dyn Execute) {
        let revisions = folder::read(&self.dir).unwrap();
        let expected = on.normalize(connection, &head(&Graph::new(&revisions)).unwrap()).unwrap();
        let found = on.introspect(connection, None).unwrap();
        assert_eq!(compare(&expected, &found), [], "{}", on.name());
    }
}

/// The same on each database that there is.
fn on_both(test: impl Fn(&dyn Dialect, &mut dyn Execute)) {
    test(&Sqlite, &mut AdminConnection::open(":memory:", 1000).unwrap());
    if let Some(database) = support::Database::new() {
        test(&Postgres, &mut database.open());
    }
}

fn names(connection: &mut dyn Execute) -> Vec<String> {
    let rows = connection.query(&Statement::new("SELECT name FROM users ORDER BY id")).unwrap();
    rows.iter().map(|row| row[0].as_str().unwrap().to_owned()).collect()
}

#[test]
fn branches_of_one_table_in_either_order() {
    let name = || text("name", json!({}));
    let branches = Branches::new(
        &users(&[name()]),
        &users(&[name(), text("phone", json!({}))]),
        &users(&[text("name", json!({ "max": 50 }))]),
    );
    for first in [0, 1] {
        on_both(|on, connection| {
            branches.put(first, true);
            let applied = branches.upgrade(on, connection).unwrap().applied;
            assert_eq!(applied.len(), 2);
            connection.batch("INSERT INTO users (name) VALUES ('ada'), ('bob')").unwrap();
            branches.put(1 - first, true);
            let merged = branches.upgrade(on, connection).unwrap();
            assert_eq!(merged.applied.len(), 1);
            assert!(merged.applied[0].rendered, "the other is there, of which it did not know");
            branches.holds(on, connection);
            assert_eq!(names(connection), ["ada", "bob"]);
            connection.batch("UPDATE users SET phone = '1'").unwrap();

            let back = branches.downgrade(on, connection, "-1").unwrap();
            assert_eq!(back.reverted[0].version, merged.applied[0].version, "the last applied");
            assert_eq!(names(connection), ["ada", "bob"]);
            branches.upgrade(on, connection).unwrap();
            branches.holds(on, connection);
            branches.downgrade(on, connection, "base").unwrap();
            assert!(on.introspect(connection, None).unwrap().tables.is_empty());
            branches.put(0, false);
            branches.put(1, false);
        });
    }
}

#[test]
fn branches_that_do_not_fit_change_nothing() {
    let name = || text("name", json!({}));
    let phone = |max: u32| text("phone", json!({ "max": max }));
    let branches = Branches::new(&users(&[name()]), &users(&[name(), phone(10)]), &users(&[name(), phone(20)]));
    on_both(|on, connection| {
        branches.put(0, true);
        branches.upgrade(on, connection).unwrap();
        connection.batch("INSERT INTO users (name, phone) VALUES ('ada', '1')").unwrap();
        let before = on.introspect(connection, None).unwrap();
        branches.put(1, true);
        let error = branches.upgrade(on, connection).unwrap_err();
        assert_eq!(error.code, Code::RevisionConflict, "{error:?}");
        let words = "The revisions 20260102000000_one and 20260103000000_other both change the table `users`";
        assert!(error.message.contains(words), "{error}");
        assert_eq!(on.introspect(connection, None).unwrap(), before);
        assert_eq!(names(connection), ["ada"]);
        branches.put(0, false);
        branches.put(1, false);
    });
}
