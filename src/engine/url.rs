//! Database URLs: what people write, and which database it means.

use super::postgres::url::{self as postgres, PostgresUrl};
use crate::error::{Code, Error, Result};
use std::path::{Path, PathBuf};

/// Which database a URL means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// A SQLite file: an absolute path, or a `file:` URI as it was given.
    SqliteFile(String),
    /// A SQLite database in memory.
    SqliteMemory,
    /// A database of a PostgreSQL server.
    Postgres(Box<PostgresUrl>),
}

impl Location {
    /// How reports name it. Holds no password.
    pub fn shown(&self) -> String {
        match self {
            Location::SqliteFile(path) if path.starts_with("file:") => path.clone(),
            Location::SqliteFile(path) => format!("sqlite:///{path}"),
            Location::SqliteMemory => "sqlite::memory:".into(),
            Location::Postgres(url) => url.shown(),
        }
    }

    /// Whether it is, or may be, on another machine.
    pub fn remote(&self) -> bool {
        matches!(self, Location::Postgres(url) if url.remote())
    }
}

/// Reads a URL: `sqlite:///./app.db`, `sqlite:////abs/app.db`, `sqlite::memory:`, `file:...`, a bare path;
/// `postgresql://user:password@host:5432/database`, `postgres://...`. A driver suffix as in `postgresql+psycopg://` is
/// ignored. Relative paths start at `base`.
///
/// Errors: `URL_INVALID`. The URL itself is never repeated: it may hold a password.
pub fn parse(url: &str, base: &Path) -> Result<Location> {
    let url = url.trim();
    let invalid = |message: String| {
        Error::new(Code::UrlInvalid, message)
            .expected("postgresql://user:password@host:5432/database, sqlite:///./app.db, sqlite::memory: or a path")
            .hint("Set DATABASE_URL, in the environment or in .env.")
    };
    if url.is_empty() {
        return Err(invalid("The database URL is empty.".into()));
    }
    if url.contains('\0') {
        return Err(invalid("The database URL holds a NUL character.".into()));
    }
    if url == ":memory:" {
        return Ok(Location::SqliteMemory);
    }
    if let Some(rest) = url.strip_prefix("file:") {
        let memory = rest.starts_with(":memory:") || rest.contains("mode=memory");
        return Ok(if memory { Location::SqliteMemory } else { Location::SqliteFile(url.into()) });
    }
    let scheme = url.split(':').next().unwrap_or_default();
    let plain = scheme.split('+').next().unwrap_or_default().to_ascii_lowercase();
    if plain == "sqlite" && url.len() > scheme.len() {
        let rest = &url[scheme.len() + 1..];
        let path = match rest.strip_prefix("//") {
            None => rest,
            Some("" | "/" | "/:memory:") => ":memory:",
            Some(path) => path.strip_prefix('/').ok_or_else(|| {
                invalid("A SQLite URL has three slashes before a relative path and four before an absolute one.".into())
            })?,
        };
        return match path {
            ":memory:" => Ok(Location::SqliteMemory),
            "" => Err(invalid("The SQLite URL names no file.".into())),
            path => Ok(Location::SqliteFile(absolute(path.split('?').next().unwrap_or(path), base))),
        };
    }
    if let Some(rest) = url[scheme.len()..].strip_prefix("://").filter(|_| plain == "postgres" || plain == "postgresql")
    {
        return Ok(Location::Postgres(Box::new(postgres::parse(rest)?)));
    }
    if url.contains("://") {
        let named = match plain.as_str() {
            other if other.chars().all(|c| c.is_ascii_alphanumeric()) => {
                format!("There is no database with the scheme \"{other}\".")
            }
            _ => "The database URL cannot be understood.".into(),
        };
        return Err(invalid(named));
    }
    Ok(Location::SqliteFile(absolute(url, base)))
}

fn absolute(path: &str, base: &Path) -> String {
    let joined = base.join(path);
    // `./` in the middle says nothing.
    let clean: PathBuf = joined.components().filter(|c| !matches!(c, std::path::Component::CurDir)).collect();
    clean.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_people_have() {
        let file = |path: &str| Location::SqliteFile(path.into());
        for (url, expected) in [
            ("sqlite:///./app.db", file("/base/app.db")),
            ("sqlite:///data/app.db", file("/base/data/app.db")),
            ("sqlite:////var/app.db", file("/var/app.db")),
            ("sqlite+aiosqlite:///app.db", file("/base/app.db")),
            ("SQLite:///app.db", file("/base/app.db")),
            ("sqlite:app.db", file("/base/app.db")),
            ("sqlite:///app.db?timeout=5", file("/base/app.db")),
            ("sqlite::memory:", Location::SqliteMemory),
            ("sqlite://", Location::SqliteMemory),
            ("sqlite:///:memory:", Location::SqliteMemory),
            (":memory:", Location::SqliteMemory),
            ("file::memory:?cache=shared", Location::SqliteMemory),
            ("file:app.db?mode=ro", file("file:app.db?mode=ro")),
            ("app.db", file("/base/app.db")),
            ("./data/app.db", file("/base/data/app.db")),
            ("/var/my app.db", file("/var/my app.db")),
        ] {
            assert_eq!(parse(url, Path::new("/base")), Ok(expected), "{url}");
        }
    }

    #[test]
    fn what_is_no_url_is_refused_without_repeating_it() {
        for url in
            ["", "  ", "mysql://root:secret@host/db", "sqlite://host/app.db", "://secret", "postgres://u:secret@h:x/d"]
        {
            let error = parse(url, Path::new("/base")).unwrap_err();
            assert_eq!(error.code, Code::UrlInvalid, "{url}");
            assert!(!format!("{error:?}").contains("secret"), "{url}");
        }
    }
}
