//! The permitted imports, as docs/decisions/parts.md lists them: read from the sources, not from
//! good intentions.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Each module of src/ and the others that it may name. What is not here is not allowed.
const LAYERS: [(&str, &[&str]); 20] = [
    ("error", &[]),
    ("time", &[]),
    ("sql", &[]),
    ("deep_json", &[]),
    ("value", &["error"]),
    ("statement", &["value", "error"]),
    ("schema", &["value", "time", "sql", "deep_json", "error"]),
    ("plan", &["schema", "value", "time", "error"]),
    ("query", &["plan", "schema", "value", "time", "deep_json", "error"]),
    ("diff", &["schema", "value", "time", "error"]),
    ("dialect", &["diff", "query", "plan", "schema", "statement", "value", "time", "sql", "error"]),
    ("engine", &["plan", "statement", "schema", "value", "time", "sql", "deep_json", "error"]),
    ("kept", &["diff", "dialect", "schema", "statement", "value", "time", "error"]),
    (
        "migrate",
        &["kept", "diff", "dialect", "engine", "schema", "statement", "value", "time", "sql", "deep_json", "error"],
    ),
    ("drift", &["migrate", "diff", "dialect", "schema", "statement", "value", "error"]),
    ("repair", &["drift", "migrate", "kept", "dialect", "schema", "statement", "value", "time", "error"]),
    (
        "init",
        &[
            "repair",
            "drift",
            "migrate",
            "kept",
            "diff",
            "dialect",
            "engine",
            "schema",
            "statement",
            "value",
            "time",
            "error",
        ],
    ),
    ("reset", &["init", "migrate", "kept", "dialect", "engine", "schema", "statement", "value", "error"]),
    (
        "database",
        &[
            "init",
            "reset",
            "repair",
            "drift",
            "migrate",
            "kept",
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
            "repair",
            "drift",
            "migrate",
            "kept",
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
const CRATES: [(&str, &[&str]); 17] = [
    ("sqlite3_parser", &["dialect"]),
    ("scrypt", &["migrate"]),
    ("sha2", &["migrate"]),
    ("diesel", &["engine", "migrate"]),
    ("libsqlite3_sys", &["engine"]),
    ("bytes", &["engine"]),
    ("futures_util", &["engine"]),
    ("foldhash", &["engine"]),
    ("hashlink", &["engine"]),
    ("rustls", &["engine"]),
    ("rustls_native_certs", &["engine"]),
    ("tokio", &["engine"]),
    ("tokio_postgres", &["engine"]),
    ("tokio_postgres_rustls", &["engine"]),
    ("napi", &["node"]),
    ("napi_derive", &["node"]),
    ("diesel_migrations", &["migrate"]),
];

/// A room inside a module, and the other rooms that it may name.
type Room = (&'static str, &'static [&'static str]);

/// Modules with inner layers: their rooms, each below those that may name it.
const ROOMS: [(&str, &[Room]); 2] = [
    (
        "migrate",
        &[
            ("disk", &[]),
            ("log", &["disk"]),
            ("steps", &["disk"]),
            ("report", &["steps", "log", "disk"]),
            ("run", &["report", "steps", "log", "disk"]),
            ("prove", &["run", "disk"]),
            ("write", &["prove", "steps", "disk"]),
        ],
    ),
    (
        "engine/postgres",
        &[
            ("error", &[]),
            ("codec", &[]),
            ("connect", &["error"]),
            ("admin", &["connect", "codec", "error"]),
            ("run", &["connect", "codec", "error"]),
            ("pool", &["run", "connect", "error"]),
        ],
    ),
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
    text.match_indices(start)
        .filter(|(at, _)| !text[..*at].ends_with(|c| is_of_word(c) || c == ':'))
        .map(|(at, _)| {
            let rest = &text[at + start.len()..];
            &rest[..rest.find(|c| !is_of_word(c)).unwrap_or(rest.len())]
        })
        .collect()
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// A file of a module with rooms: its own path of words below the module, and the paths that it names there.
struct File {
    shown: String,
    path: Vec<String>,
    named: Vec<Vec<String>>,
}

/// The files of a module with rooms, except the one that joins the rooms.
fn files_of(module: &str) -> Vec<File> {
    let within: Vec<&str> = module.split('/').collect();
    let of_module = |source: &Source| {
        let inner = source.path.strip_prefix(module).ok()?.with_extension("");
        let words = inner.iter().map(|word| word.to_str().unwrap().to_owned());
        Some((words.filter(|word| word != "mod").collect::<Vec<_>>(), source.path.display().to_string()))
    };
    let sources = sources();
    let all: Vec<Vec<String>> = sources.iter().filter_map(of_module).map(|(path, _)| path).collect();
    let mut files = Vec::new();
    for source in &sources {
        let Some((path, shown)) = of_module(source).filter(|(path, _)| !path.is_empty()) else { continue };
        // A visibility names only the module itself.
        let (parent, text) = (&path[..path.len() - 1], source.text.replace("pub(in crate::", "pub(in "));
        // In a module of tests `super` is the file itself.
        let own = text.split("#[cfg(test)]").next().unwrap_or_default();
        let outer =
            paths(&text, "crate::").into_iter().filter_map(|words| Some(owned(&[], words.strip_prefix(&within[..])?)));
        let beside = paths(own, "super::").into_iter().map(|words| owned(parent, &words));
        let children = all.iter().filter(|other| other.len() == path.len() + 1 && other.starts_with(&path));
        let below = children.flat_map(|child| {
            paths(own, &format!("{}::", child[path.len()])).into_iter().map(|words| owned(child, &words))
        });
        let named = outer.chain(beside).chain(below).collect();
        files.push(File { shown, path, named });
    }
    files
}

fn owned(base: &[String], words: &[&str]) -> Vec<String> {
    base.iter().cloned().chain(words.iter().map(|word| (*word).to_owned())).collect()
}

/// The paths that follow `start` in the text; a group in braces is one path for each of its branches.
fn paths<'a>(text: &'a str, start: &str) -> Vec<Vec<&'a str>> {
    let begins = |at: usize| !text[..at].ends_with(|c: char| is_of_word(c) || c == ':');
    let starts = text.match_indices(start).filter(|(at, _)| begins(*at));
    starts.flat_map(|(at, _)| branches(&text[at + start.len()..]).0).collect()
}

/// The branches of the path that the text begins with, and the text behind it.
fn branches(text: &str) -> (Vec<Vec<&str>>, &str) {
    if let Some(mut rest) = text.strip_prefix('{') {
        let mut all = Vec::new();
        while !rest.is_empty() && !rest.starts_with('}') {
            let (some, behind) = branches(rest.trim_start());
            all.extend(some);
            rest = &behind[behind.find([',', '}']).unwrap_or(behind.len())..];
            rest = rest.strip_prefix(',').unwrap_or(rest).trim_start();
        }
        return (all, rest.get(1..).unwrap_or_default());
    }
    let (word, rest) = text.split_at(text.find(|c| !is_of_word(c)).unwrap_or(text.len()));
    match rest.strip_prefix("::").filter(|_| !word.is_empty()) {
        Some(rest) => {
            let (tails, rest) = branches(rest);
            (tails.into_iter().map(|tail| [vec![word], tail].concat()).collect(), rest)
        }
        None => (vec![vec![word]], rest),
    }
}

/// A circle among the files, as the files on it.
fn circle<'a>(
    at: &'a [String],
    arrows: &BTreeMap<&'a [String], BTreeSet<&'a [String]>>,
    way: &mut Vec<&'a [String]>,
    done: &mut BTreeSet<&'a [String]>,
) -> Option<Vec<&'a [String]>> {
    if let Some(start) = way.iter().position(|other| *other == at) {
        return Some(way[start..].to_vec());
    }
    if !done.insert(at) {
        return None;
    }
    way.push(at);
    let found = arrows[at].iter().find_map(|next| circle(next, arrows, way, done));
    way.pop();
    found
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
fn rooms_name_only_rooms_below_them() {
    let mut faults = Vec::new();
    for (module, rooms) in ROOMS {
        for (at, (room, allowed)) in rooms.iter().enumerate() {
            let above = allowed.iter().find(|other| !rooms[..at].iter().any(|(below, _)| below == *other));
            faults.extend(above.map(|other| format!("{module}: `{other}` must be listed before `{room}`")));
        }
        for File { shown, path, named } in files_of(module) {
            let Some((room, allowed)) = rooms.iter().find(|(room, _)| *room == path[0]) else {
                faults.push(format!("{shown}: `{}` is not a room of {module}", path[0]));
                continue;
            };
            for words in named {
                // The module itself, or `super::super`, would hide which room is meant.
                let hides = words.iter().any(|word| word == "super");
                let other = words.first().map_or("", String::as_str);
                if hides || (other != *room && !allowed.contains(&other)) {
                    faults.push(format!("{shown}: the room `{room}` must not name `{}`", words.join("::")));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn files_of_rooms_name_each_other_in_one_direction() {
    for (module, _) in ROOMS {
        let files = files_of(module);
        // What is named belongs to the file with the longest path that leads there.
        let place = |words: &[String]| {
            let on_way = files.iter().map(|file| &file.path[..]).filter(|path| words.starts_with(path));
            on_way.max_by_key(|path| path.len())
        };
        let arrows: BTreeMap<&[String], BTreeSet<&[String]>> = files
            .iter()
            .map(|File { path, named, .. }| {
                let others = named.iter().filter_map(|words| place(words)).filter(|other| *other != &path[..]);
                (&path[..], others.collect())
            })
            .collect();
        let mut done = BTreeSet::new();
        let found = files.iter().find_map(|file| circle(&file.path, &arrows, &mut Vec::new(), &mut done));
        let shown = found.map(|files| files.iter().map(|file| file.join("::")).collect::<Vec<_>>().join(" -> "));
        assert_eq!(shown, None, "{module}: a circle of files");
    }
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
    let text = "use super::{a::{self, B}, c as d, e::*};\nsuper::f::<T>(); x::super::g";
    assert_eq!(paths(text, "super::"), [vec!["a", "self"], vec!["a", "B"], vec!["c"], vec!["e", ""], vec!["f", ""]]);
}
