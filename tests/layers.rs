//! Who may import whom, as ARCHITECTURE.md draws it: read from the sources, not from good intentions.

use std::fs;
use std::path::{Path, PathBuf};

/// Each module of src/ and the others that it may name. What is not here is not allowed.
const LAYERS: [(&str, &[&str]); 15] = [
    ("error", &[]),
    ("time", &[]),
    ("value", &["error"]),
    ("statement", &["value", "error"]),
    ("schema", &["value", "time", "error"]),
    ("plan", &["schema", "value", "time", "error"]),
    ("query", &["plan", "schema", "value", "time", "error"]),
    ("diff", &["schema", "value", "time", "error"]),
    ("dialect", &["diff", "query", "plan", "schema", "statement", "value", "time", "error"]),
    ("engine", &["plan", "statement", "schema", "value", "time", "error"]),
    ("migrate", &["diff", "dialect", "engine", "schema", "statement", "value", "time", "error"]),
    ("init", &["migrate", "diff", "dialect", "engine", "schema", "statement", "value", "time", "error"]),
    ("reset", &["init", "migrate", "dialect", "engine", "schema", "statement", "value", "error"]),
    (
        "database",
        &[
            "init",
            "reset",
            "migrate",
            "diff",
            "engine",
            "dialect",
            "query",
            "plan",
            "schema",
            "statement",
            "value",
            "time",
            "error",
        ],
    ),
    (
        "node",
        &[
            "database",
            "init",
            "reset",
            "migrate",
            "diff",
            "engine",
            "dialect",
            "query",
            "plan",
            "schema",
            "statement",
            "value",
            "time",
            "error",
        ],
    ),
];

/// Crates that only some modules may name.
const CRATES: [(&str, &[&str]); 14] = [
    ("sqlite3_parser", &["dialect"]),
    ("sha2", &["migrate"]),
    ("diesel", &["engine", "migrate"]),
    ("libsqlite3_sys", &["engine"]),
    ("bytes", &["engine"]),
    ("futures_util", &["engine"]),
    ("rustls", &["engine"]),
    ("rustls_native_certs", &["engine"]),
    ("tokio", &["engine"]),
    ("tokio_postgres", &["engine"]),
    ("tokio_postgres_rustls", &["engine"]),
    ("napi", &["node"]),
    ("napi_derive", &["node"]),
    ("diesel_migrations", &["migrate"]),
];

struct Source {
    module: String,
    path: PathBuf,
    text: String,
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let inner = path.strip_prefix(&root).unwrap().to_path_buf();
                let module = inner.iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs").to_owned();
                found.push(Source { module, text: code(&fs::read_to_string(&path).unwrap()), path: inner });
            }
        }
    }
    assert!(found.len() > 10, "the sources were not found");
    found
}

/// The text without its comments.
fn code(text: &str) -> String {
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// The words that follow `start` in the text, where `start` begins a path.
fn after<'a>(text: &'a str, start: &str) -> Vec<&'a str> {
    let word = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(start)
        .filter(|(at, _)| !text[..*at].ends_with(word) && !text[..*at].ends_with(':'))
        .map(|(at, _)| {
            let rest = &text[at + start.len()..];
            &rest[..rest.find(|c| !word(c)).unwrap_or(rest.len())]
        })
        .collect()
}

#[test]
fn modules_import_only_what_is_below_them() {
    let mut faults = Vec::new();
    for Source { module, path, text } in sources().iter().filter(|source| source.module != "lib") {
        let Some((_, allowed)) = LAYERS.iter().find(|(name, _)| name == module) else {
            faults.push(format!("{}: the module `{module}` has no place among the layers", path.display()));
            continue;
        };
        if text.contains("use crate::{") {
            faults.push(format!("{}: `use crate::{{...}}` hides what it imports: one line each", path.display()));
        }
        for word in after(text, "crate::") {
            if word != module && !allowed.contains(&word) && !word.is_empty() {
                faults.push(format!("{}: `{module}` must not import `{word}`", path.display()));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn each_foreign_crate_stays_in_its_module() {
    let mut faults = Vec::new();
    for Source { module, path, text } in &sources() {
        for (name, allowed) in CRATES {
            let named = !after(text, &format!("{name}::")).is_empty() || text.contains(&format!("use {name} "));
            if named && !allowed.contains(&module.as_str()) {
                faults.push(format!("{}: `{name}` belongs in {}", path.display(), allowed.join(", ")));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn dialects_do_not_know_each_other() {
    for Source { path, text, .. } in sources() {
        for (own, other) in [("sqlite", "postgres"), ("postgres", "sqlite")] {
            if path.starts_with(Path::new("dialect").join(own)) {
                assert!(!text.contains(&format!("{other}::")), "{} names {other}", path.display());
            }
        }
    }
}

#[test]
fn the_reader_of_paths_reads_them() {
    assert_eq!(after("use crate::a::b;\nlet x = crate::c(); my_crate::d", "crate::"), ["a", "c"]);
    assert_eq!(code("a\n  // use crate::b\nc"), "a\nc");
}
