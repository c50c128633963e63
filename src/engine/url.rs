//! Database URLs: what people write, and which database it means.

use super::postgres::connect::url::{self as postgres, PostgresUrl};
use super::unknown_parameter::unknown_parameter;
use crate::error::{Code, Error, Result};
use percent_encoding::{percent_decode_str, utf8_percent_encode, AsciiSet, CONTROLS};
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// Which database a URL means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// A SQLite file.
    SqliteFile {
        /// An absolute path, or a `file:` URI.
        path: String,
        /// Whether it is made if it does not exist; a URI has that in its own parameters.
        create: bool,
    },
    /// A SQLite database in memory.
    SqliteMemory,
    /// A database of a PostgreSQL server.
    Postgres(Box<PostgresUrl>),
}

impl Location {
    /// How reports name it. Holds no password.
    pub fn shown(&self) -> String {
        match self {
            Location::SqliteFile { path, .. } if path.starts_with("file:") => path.clone(),
            Location::SqliteFile { path, .. } => format!("sqlite:///{path}"),
            Location::SqliteMemory => "sqlite::memory:".into(),
            Location::Postgres(url) => url.shown(),
        }
    }

    /// The name of the database: of a file without folder and ending, of a server the database's.
    pub fn name(&self) -> String {
        match self {
            Location::SqliteFile { path, .. } => {
                let path = path.strip_prefix("file:").unwrap_or(path).split('?').next().unwrap_or_default();
                let stem = Path::new(path).file_stem().unwrap_or_default();
                stem.to_string_lossy().into_owned()
            }
            Location::SqliteMemory => "memory".into(),
            Location::Postgres(url) => url.database().to_owned(),
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
            .hint("Correct the URL: the option `url`, or DATABASE_URL in the environment or in .env.")
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
        let path = rest.split('?').next().unwrap_or_default();
        if path.contains('@') && path.contains(':') {
            return Err(invalid(LOST_PART.into()));
        }
        let memory = rest.starts_with(":memory:") || rest.contains("mode=memory");
        // SQLite would pass over what it does not know, and make a file that was to be read alone.
        for name in rest.split(['?', '&']).skip(1).filter_map(|parameter| parameter.split('=').next()) {
            if name == "create" {
                return Err(
                    invalid("A URL that begins with file: has no parameter create.".into()).hint("Write mode=rw.")
                );
            }
            if !name.is_empty() && !URI_PARAMETERS.contains(&name) {
                let (message, hint) = unknown_parameter(name, &URI_PARAMETERS, "a URL that begins with file:");
                return Err(invalid(message).hint(hint));
            }
        }
        return Ok(match memory {
            true => Location::SqliteMemory,
            false => Location::SqliteFile { path: url.into(), create: true },
        });
    }
    let scheme = url.split(':').next().unwrap_or_default();
    let plain = scheme.split('+').next().unwrap_or_default().to_ascii_lowercase();
    if plain == "sqlite" && url.len() > scheme.len() {
        let rest = &url[scheme.len() + 1..];
        let path = match rest.strip_prefix("//") {
            None if unlike_a_path(rest.split('?').next().unwrap_or(rest)).is_some() && !rest.starts_with(':') => {
                return Err(invalid(LOST_PART.into()));
            }
            None => rest,
            Some("" | "/" | "/:memory:") => ":memory:",
            Some(path) => path.strip_prefix('/').ok_or_else(|| {
                invalid("A SQLite URL has three slashes before a relative path and four before an absolute one.".into())
            })?,
        };
        return match path {
            "" => Err(invalid("The SQLite URL names no file.".into())),
            path => sqlite_file(path, base, invalid),
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
    if let Some(fault) = unlike_a_path(url) {
        return Err(invalid(format!("The database URL is neither a URL nor a path: {fault}."))
            .hint("Write a URL with `://`; for a file of this name, put ./ or sqlite:/// before it."));
    }
    Ok(Location::SqliteFile { path: absolute(url, base), create: true })
}

/// The parameters of a SQLite URL.
const PARAMETERS: [&str; 2] = ["create", "immutable"];
/// The parameters of a `file:` URI: https://www.sqlite.org/uri.html#recognized_query_parameters
const URI_PARAMETERS: [&str; 7] = ["cache", "immutable", "mode", "modeof", "nolock", "psow", "vfs"];

/// The database that the path and the parameters of a SQLite URL mean.
fn sqlite_file(path: &str, base: &Path, invalid: impl Fn(String) -> Error) -> Result<Location> {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let (mut create, mut immutable) = (true, false);
    let mut names = HashSet::new();
    for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        if PARAMETERS.contains(&name) && !names.insert(name) {
            return Err(invalid(format!("The database URL has the parameter {name} twice.")));
        }
        let switch = match name {
            "create" => &mut create,
            "immutable" => &mut immutable,
            _ => {
                let (message, hint) = unknown_parameter(name, &PARAMETERS, "a SQLite URL");
                return Err(invalid(message).hint(hint));
            }
        };
        *switch = match value {
            "true" | "1" => true,
            "false" | "0" => false,
            _ => {
                return Err(invalid(format!("The parameter {name} of the database URL is neither true nor false.")));
            }
        };
    }
    if path == ":memory:" {
        return match names.iter().next() {
            None => Ok(Location::SqliteMemory),
            Some(name) => Err(invalid(format!("A SQLite database in memory has no parameter {name}."))),
        };
    }
    let path = absolute(path, base);
    Ok(match immutable {
        // SQLite takes this from a URI alone.
        true => Location::SqliteFile { path: format!("{}?mode=ro&immutable=1", file_uri(&path)), create: false },
        false => Location::SqliteFile { path, create },
    })
}

/// An absolute path as a `file:` URI.
fn file_uri(path: &str) -> String {
    const SPECIAL: &AsciiSet = &CONTROLS.add(b'%').add(b'?').add(b'#');
    let path = if cfg!(windows) { path.replace('\\', "/") } else { path.to_owned() };
    let slash = if path.starts_with('/') { "" } else { "/" };
    format!("file:{slash}{}", utf8_percent_encode(&path, SPECIAL))
}

const LOST_PART: &str =
    "The database URL has an @ or a colon, as after a user and a password, where a path was expected.";

/// Why a text without `://` is not taken for the path of a file: it looks like the URL of a server that lost a part. The
/// file would be created under that name, password included, and the name would be reported.
fn unlike_a_path(text: &str) -> Option<&'static str> {
    let decoded = percent_decode_str(text).decode_utf8_lossy();
    let text = decoded.as_ref();
    if text.split_once('?').is_some_and(|(_, query)| query.contains('=')) {
        return Some("it has parameters, which a path has not");
    }
    let first = text.split(['/', '\\']).next().unwrap_or_default();
    let word = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "+-._".contains(c));
    if text.starts_with("//") || (!cfg!(windows) && text.starts_with("\\\\")) {
        return Some("it begins with two slashes");
    }
    // One letter and a colon is a drive of Windows.
    if first.split_once(':').is_some_and(|(scheme, _)| scheme.len() > 1 && word(scheme)) {
        return Some("it begins like a URL, without `://`");
    }
    if first.split_once('=').is_some_and(|(key, _)| word(key)) || text.to_ascii_lowercase().contains("password=") {
        return Some("it looks like parameters of a connection");
    }
    if first.find('@').is_some_and(|at| at > 0) || (text.contains('@') && text.contains(':')) {
        return Some("it has an @, as after a user and a password");
    }
    None
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
        let file = |path: &str| Location::SqliteFile { path: path.into(), create: true };
        let existing = |path: &str| Location::SqliteFile { path: path.into(), create: false };
        for (url, expected) in [
            ("sqlite:///./app.db", file("/base/app.db")),
            ("sqlite:///data/app.db", file("/base/data/app.db")),
            ("sqlite:////var/app.db", file("/var/app.db")),
            ("sqlite+aiosqlite:///app.db", file("/base/app.db")),
            ("SQLite:///app.db", file("/base/app.db")),
            ("sqlite:app.db", file("/base/app.db")),
            ("sqlite:///app.db?", file("/base/app.db")),
            ("sqlite:///app.db?create=false", existing("/base/app.db")),
            ("sqlite:///app.db?create=1&", file("/base/app.db")),
            ("sqlite:////a%#b/app.db?immutable=1", existing("file:/a%25%23b/app.db?mode=ro&immutable=1")),
            ("sqlite::memory:", Location::SqliteMemory),
            ("sqlite::memory:?", Location::SqliteMemory),
            ("sqlite:///:memory:?&", Location::SqliteMemory),
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
    fn paths_with_the_marks_of_urls() {
        for path in
            ["./host=db", "./me@home/app.db", "sqlite:///u@db/app.db", "data/@scope/app.db", "./a:b.db", "C:/app.db"]
        {
            assert!(matches!(parse(path, Path::new("/base")), Ok(Location::SqliteFile { .. })), "{path}");
        }
    }

    #[test]
    fn what_is_no_url_is_refused_without_repeating_it() {
        for url in [
            "",
            "  ",
            "mysql://root:secret@host/db",
            "sqlite://host/app.db",
            "://secret",
            "postgres://u:secret@h:x/d",
            "postgres:/u:secret@db/app",
            "postgresql+psycopg:/u:secret@db/app",
            "postgres:u:secret@db/app",
            "postgres: //u:secret@db/app",
            "postgres//u:secret@db/app",
            "postgres;//u:secret@db/app",
            "mysql:/u:secret@db/app",
            "//u:secret@db/app",
            "//secret/app",
            "u:secret@db/app",
            "user:secret@db/app",
            "u:se/cret@secret/app",
            ":secret@db/app",
            "secret@db/app",
            "./u:secret@db/app",
            "secret.example.com:5432/app",
            "host=db user=u password=secret",
            "Server=db;Password=secret",
            "/x password=secret",
            "postgres://u:p@db/app&password=secret",
            "db/app?user=u&pwd=secret",
            "app.db?key=secret",
            "u%3Asecret%40db/app",
            "sqlite:u:secret@db/app",
            "sqlite:/u:secret@db/app",
            "file:u:secret@db/app",
            "file:app.db?create=secret",
            "sqlite:///app.db?create=secret",
            "sqlite:///app.db?create",
            "sqlite:///app.db?immutable=secret",
            "sqlite:///app.db?craete=secret",
            "sqlite:///app.db?timeout=secret",
            "sqlite:///app.db?create=0&s@secret",
            "file:app.db?mdoe=secret",
            "file:app.db?mode=ro&connection_limit=secret",
            "file://u:secret@db/app",
        ] {
            let error = parse(url, Path::new("/base")).unwrap_err();
            assert_eq!(error.code, Code::UrlInvalid, "{url}");
            assert!(!format!("{error:?}").contains("secret"), "{url}");
        }
    }
}
