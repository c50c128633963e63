//! Folders of revisions and databases to run them on, the same for both.

use super::Database as Server;
use plinth::database::{self, migrations, Target};
use plinth::dialect::postgres::syntax::Postgres;
use plinth::dialect::sqlite::syntax::Sqlite;
use plinth::dialect::Dialect;
use plinth::diff::{diff, reverse, Choices, Operation, Outcome};
use plinth::engine::postgres::admin::AdminConnection as PostgresConnection;
use plinth::engine::settings::Settings;
use plinth::engine::sqlite::admin::AdminConnection as SqliteConnection;
use plinth::error::{Error, Result};
use plinth::migrate::disk::folder;
use plinth::migrate::disk::record::{checksum, Record, FORMAT};
use plinth::migrate::disk::script::compose;
use plinth::migrate::report::verbs::{
    DowngradeReport, HistoryReport, Options, StampReport, StatusReport, UpgradeReport,
};
use plinth::schema::Schema;
use plinth::statement::{Execute, Statement};
use plinth::value::Value;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::path::PathBuf;
use tempfile::TempDir;

/// A database and a folder of revisions.
pub struct Place {
    /// Which kind it is.
    pub dialect: &'static (dyn Dialect + Sync),
    /// Where it is.
    pub target: Target,
    folder: TempDir,
    server: Option<Server>,
}

/// The parts of a revision.
#[derive(Default)]
pub struct Draft<'a> {
    /// `20260101000000`.
    pub version: &'a str,
    /// The rest of the folder's name.
    pub name: &'a str,
    /// Its predecessors.
    pub after: &'a [&'a str],
    /// Its changes, a JSON array.
    pub operations: Json,
    /// Its SQL.
    pub up: &'a str,
    /// The SQL back.
    pub down: &'a str,
}

impl<'a> Draft<'a> {
    /// An empty revision.
    pub fn of(version: &'a str, name: &'a str, after: &'a [&'a str]) -> Self {
        Draft { version, name, after, ..Draft::default() }
    }
}

impl Place {
    /// A file of SQLite's.
    pub fn sqlite() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:///{}", folder.path().join("app ü.db").display());
        let target = database::target(&Settings::of(url, "/")).unwrap();
        Some(Place { dialect: &Sqlite, target, folder, server: None })
    }

    /// A database of the server, if there is one.
    pub fn postgres() -> Option<Self> {
        let server = Server::new()?;
        let target = database::target(&Settings::of(server.url.as_str(), "/")).unwrap();
        let folder = tempfile::tempdir().unwrap();
        Some(Place { dialect: &Postgres, target, folder, server: Some(server) })
    }

    /// The folder of the revisions.
    pub fn dir(&self) -> PathBuf {
        self.folder.path().join("migrations")
    }

    /// The path of a file of a revision.
    pub fn file(&self, id: &str, direction: &str) -> PathBuf {
        self.dir().join(id).join(format!("{direction}.{}.sql", self.dialect.name()))
    }

    /// Writes a revision with this SQL as it was generated.
    pub fn write(&self, draft: Draft<'_>) {
        let operations: Vec<Operation> = match draft.operations {
            Json::Null => Vec::new(),
            operations => serde_json::from_value(operations).unwrap(),
        };
        let name = |direction: &str| format!("{direction}.{}.sql", self.dialect.name());
        let files: BTreeMap<String, String> =
            [(name("up"), draft.up.to_owned()), (name("down"), draft.down.to_owned())].into();
        let checksums = files.iter().map(|(name, text)| (name.clone(), checksum(text))).collect();
        let after = draft.after.iter().map(|version| (*version).to_owned()).collect();
        let record = Record { format: FORMAT, after, operations, checksums };
        folder::write(&self.dir(), &format!("{}_{}", draft.version, draft.name), &record, &files).unwrap();
    }

    /// Writes the revision that leads from one schema to another, as it is generated; the draft says where it belongs.
    pub fn generate(&self, draft: Draft<'_>, from: &Schema, to: &Schema) {
        let Outcome::Operations(operations) = diff(from, to, &Choices::default()).unwrap() else {
            panic!("questions");
        };
        self.render(draft, from, to, &operations);
    }

    /// Writes the revision of these operations, as it is generated; the draft says where it belongs.
    pub fn render(&self, draft: Draft<'_>, from: &Schema, to: &Schema, operations: &[Operation]) {
        let script = |from: &Schema, operations: &[Operation]| {
            compose(&format!("-- {}\n", draft.name), &self.dialect.render(from, operations).unwrap())
        };
        let (up, down) = (script(from, operations), script(to, &reverse(operations)));
        let operations = serde_json::to_value(operations).unwrap();
        self.write(Draft { operations, up: &up, down: &down, ..draft });
    }

    /// A connection of its own.
    pub fn open(&self) -> Box<dyn Execute> {
        match &self.target {
            Target::Sqlite(target) => Box::new(SqliteConnection::open(&target.path, 20_000).unwrap()),
            Target::Postgres(target) => Box::new(PostgresConnection::open(target).unwrap()),
        }
    }

    /// Runs SQL.
    pub fn run(&self, sql: &str) {
        self.open().batch(sql).unwrap();
    }

    /// The first column of the rows.
    pub fn column(&self, sql: &str) -> Vec<Value> {
        let rows = self.open().query(&Statement::new(sql)).unwrap();
        rows.into_iter().map(|mut row| row.remove(0)).collect()
    }

    /// One number.
    pub fn number(&self, sql: &str) -> i64 {
        self.column(sql)[0].as_int().unwrap()
    }

    /// Whether there is a table or a view of this name.
    pub fn has(&self, table: &str) -> bool {
        !self.dialect.columns(self.open().as_mut(), table).unwrap().is_empty()
    }

    /// All that the database holds, and its log: equal before and after what must change nothing.
    pub fn snapshot(&self) -> String {
        let mut connection = self.open();
        let shape = self.dialect.introspect(connection.as_mut(), None).unwrap();
        let log = plinth::migrate::log::recorded::Recorded::read(self.dialect, connection.as_mut()).unwrap();
        format!("{shape:#?}{log:#?}")
    }

    /// Options that name the folder.
    pub fn options(&self) -> Options {
        Options { dir: Some(self.dir()), by: "ada@host".into(), ..Options::default() }
    }

    fn to(&self, to: &str) -> Options {
        Options { to: Some(to.into()), ..self.options() }
    }

    /// See `migrations::upgrade`.
    pub fn upgrade(&self, to: &str) -> Result<UpgradeReport> {
        migrations::upgrade(&self.target, None, &self.to(to), &mut |_| {})
    }

    /// See `migrations::downgrade`.
    pub fn downgrade(&self, to: &str) -> Result<DowngradeReport> {
        migrations::downgrade(&self.target, &self.to(to), &mut |_| {})
    }

    /// See `migrations::stamp`.
    pub fn stamp(&self, to: &str) -> Result<StampReport> {
        migrations::stamp(&self.target, &self.to(to))
    }

    /// See `migrations::status`.
    pub fn status(&self) -> StatusReport {
        migrations::status(&self.target, &self.options()).unwrap().status
    }

    /// See `migrations::history`.
    pub fn history(&self) -> HistoryReport {
        migrations::history(&self.target, &self.options()).unwrap()
    }

    /// An upgrade to head that fails, and changes nothing.
    pub fn refuses(&self) -> Error {
        let before = self.snapshot();
        let error = self.upgrade("head").unwrap_err();
        assert_eq!(before, self.snapshot(), "{error:?}");
        error
    }
}

/// The same tests on both databases.
#[macro_export]
macro_rules! on_both {
    ($($name:ident),* $(,)?) => {
        $crate::on_both!(@ [] $($name),*);
    };
    (@ $ignored:tt $($name:ident),*) => {
        mod sqlite {
            $($crate::on_both!(@@ $ignored $name);)*
        }
        mod postgres {
            $(#[test] fn $name() {
                if let Some(place) = $crate::support::revisions::Place::postgres() { super::$name(&place) }
            })*
        }
    };
    (@@ [$($ignored:tt)*] $name:ident) => {
        $($ignored)*
        #[test]
        fn $name() {
            super::$name(&$crate::support::revisions::Place::sqlite().unwrap())
        }
    };
}
