//! A project that writes revisions into a real folder.

use plinth::dialect::postgres::syntax::Postgres;
use plinth::dialect::sqlite::syntax::Sqlite;
use plinth::dialect::Dialect;
use plinth::error::{Code, Error};
use plinth::migrate::disk::folder;
use plinth::migrate::write::check::{self, check};
use plinth::migrate::write::revise::{self, revise, Revised, Written};
use plinth::migrate::Revision;
use plinth::schema::{Models, Schema};
use serde_json::{json, Value};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

pub fn column(name: &str, kind: &str) -> Value {
    json!({ "property": name, "name": name, "kind": kind, "nullable": true })
}

pub fn with(mut column: Value, more: Value) -> Value {
    let more = more.as_object().unwrap().clone();
    column.as_object_mut().unwrap().extend(more);
    column
}

pub fn model(name: &str, columns: &[Value]) -> Value {
    let mut all = vec![json!({ "property": "id", "name": "id", "kind": "id" })];
    all.extend_from_slice(columns);
    json!({ "model": name, "table": name, "columns": all, "primaryKey": ["id"] })
}

pub fn schema(models: &[Value]) -> Schema {
    Models::from_json(&json!({ "format": 1, "models": models }).to_string()).unwrap().schema
}

/// users(id, and these).
pub fn users(columns: &[Value]) -> Schema {
    schema(&[model("users", columns)])
}

pub struct Project {
    _temp: TempDir,
    /// The folder of its revisions.
    pub dir: PathBuf,
}

impl Project {
    pub fn new() -> Project {
        let temp = TempDir::new().unwrap();
        Project { dir: temp.path().join("migrations"), _temp: temp }
    }

    pub fn options(&self, message: &str, more: Value) -> revise::Options {
        let options = with(json!({ "dir": self.dir, "message": message }), more);
        serde_json::from_value(options).unwrap()
    }

    pub fn revise_with(&self, models: &Schema, message: &str, more: Value) -> Result<Revised, Error> {
        revise(models, &self.options(message, more), None)
    }

    /// Writes the one revision that there is to write.
    pub fn write(&self, models: &Schema, message: &str) -> Written {
        written(self.revise_with(models, message, json!({})).unwrap())
    }

    pub fn read(&self) -> Vec<Revision> {
        folder::read(&self.dir).unwrap()
    }

    pub fn check(&self, models: &Schema) -> check::Report {
        self.check_with(models, json!({}))
    }

    pub fn check_with(&self, models: &Schema, more: Value) -> check::Report {
        let options = serde_json::from_value(with(json!({ "dir": self.dir }), more)).unwrap();
        check(models, &options, None).unwrap()
    }

    pub fn file(&self, written: &Written, name: &str) -> PathBuf {
        self.dir.join(format!("{}_{}", written.version, written.name)).join(name)
    }

    /// Adds a line to a script.
    pub fn edit(&self, written: &Written, name: &str, sql: &str) {
        let path = self.file(written, name);
        let text = fs::read_to_string(&path).unwrap() + sql + "\n";
        fs::write(path, text).unwrap();
    }

    /// Takes a revision out of the folder, to be put back after another was written: what a merge of two branches does.
    pub fn aside(&self, written: &Written, work: impl FnOnce()) {
        let (folder, aside) = (self.file(written, ""), self.dir.with_file_name("aside"));
        fs::rename(&folder, &aside).unwrap();
        work();
        fs::rename(&aside, &folder).unwrap();
    }
}

pub fn written(revised: Revised) -> Written {
    match revised {
        Revised::Written { mut revisions } if revisions.len() == 1 => revisions.remove(0),
        other => panic!("not written: {other:?}"),
    }
}

#[track_caller]
pub fn refused<T: std::fmt::Debug>(result: Result<T, Error>, code: Code, words: &str) -> Error {
    let error = result.expect_err("this should be refused");
    assert_eq!(error.code, code, "{error:?}");
    assert!(error.message.contains(words), "`{words}` is not in: {}", error.message);
    error
}

pub fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Two branches, from one first revision: each revision is written where the other is not.
pub fn branches(first: &Schema, one: &Schema, other: &Schema) -> (Project, [Written; 3]) {
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
        let later = plinth::migrate::disk::version::next(0, Some(&one.version)).unwrap();
        let from = project.file(&second, "");
        second.version = later;
        fs::rename(from, project.file(&second, "")).unwrap();
    }
    (project, [first, one, second])
}

pub fn dialects() -> [&'static dyn Dialect; 2] {
    [&Sqlite, &Postgres]
}
