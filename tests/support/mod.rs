//! The common part of tests: databases of their own on the PostgreSQL server that
//! PLINTH_TEST_POSTGRES names.

// Each file of tests takes what it needs.
#![allow(dead_code)]

pub mod drifting;
pub mod exotic;
pub mod migrating;
pub mod project;
pub mod restored;
pub mod revisions;
pub mod tables;

use plinth::engine::postgres::admin::AdminConnection;
use plinth::engine::postgres::connect::target::Target;
use plinth::engine::settings::Settings;
use plinth::engine::url::{self, Location};
use plinth::statement::Execute;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

/// The server's URL, of a role that may create databases. Without one, outside CI, a test ends
/// here, and reports that.
pub fn server() -> Option<String> {
    match std::env::var("PLINTH_TEST_POSTGRES") {
        Ok(url) if !url.is_empty() => Some(url),
        _ if std::env::var_os("CI").is_some() => panic!("PLINTH_TEST_POSTGRES names no server"),
        _ => {
            eprintln!("skipped: PLINTH_TEST_POSTGRES names no server");
            None
        }
    }
}

/// The target of a URL.
pub fn target(url: &str) -> Target {
    target_with(&Settings::of(url, "/"))
}

/// The target of settings.
pub fn target_with(settings: &Settings) -> Target {
    match url::parse(&settings.url, Path::new(&settings.base)) {
        Ok(Location::Postgres(url)) => Target::new(&url, settings).unwrap(),
        other => panic!("no PostgreSQL URL: {other:?}"),
    }
}

/// A database that is dropped with this.
pub struct Database {
    /// Its URL.
    pub url: String,
    server: String,
    name: String,
}

impl Database {
    /// Makes one, if there is a server.
    pub fn new() -> Option<Self> {
        let server = server()?;
        let name = fresh("plinth");
        run(&server, &format!("CREATE DATABASE {name}"));
        Some(Database { url: renamed(&server, &name), server, name })
    }

    /// A new connection to it.
    pub fn open(&self) -> AdminConnection {
        AdminConnection::open(&target(&self.url)).unwrap()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        run(&self.server, &format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name));
    }
}

/// A name that no other test has.
pub fn fresh(prefix: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("{prefix}_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

/// Runs SQL by a URL.
pub fn run(url: &str, sql: &str) {
    AdminConnection::open(&target(url)).unwrap().batch(sql).unwrap();
}

/// The URL of another database of the same server.
pub fn renamed(url: &str, name: &str) -> String {
    let (path, query) = url.split_once('?').map_or((url, String::new()), |(path, query)| (path, format!("?{query}")));
    let (start, _) = path.rsplit_once('/').unwrap();
    format!("{start}/{name}{query}")
}
