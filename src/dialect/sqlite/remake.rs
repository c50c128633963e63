//! A table made anew from its shape: its rows, its numbers and all parts that were not meant to
//! change stay as they are. The objects that depend on it come back by the guard around the
//! transaction.

use super::canonical::column;
use super::rebuild::temporary;
use super::{ddl, NAMING};
use crate::dialect::correction::line;
use crate::dialect::declared::parts;
use crate::dialect::name::Name;
use crate::dialect::shape::{ConstraintName, TableShape};
use crate::dialect::{quote, Remade};

/// The word that keeps a number from being given twice.
const AUTOINCREMENT: &str = " AUTOINCREMENT";
/// A table whose rows have no number.
const KEYED: &str = "WITHOUT ROWID";
/// A key that stands in the line of its column, where it means something else.
const INLINE: &str = "PRIMARY KEY INLINE (";

/// See `Definitions::remake`.
pub(super) fn remake(remade: &Remade<'_>) -> Vec<String> {
    let name = quote(remade.name.spelled());
    let temporary_name = temporary(remade.name.spelled());
    let temporary = quote(&temporary_name);
    let mut statements = vec![create(&temporary, remade)];
    let counts = |table: &TableShape| table.constraints.values().any(|it| it.contains(AUTOINCREMENT));
    if counts(remade.from) && counts(remade.to) {
        statements.push(format!(
            "INSERT INTO sqlite_sequence (name, seq) SELECT {}, seq FROM sqlite_sequence WHERE name = {} COLLATE NOCASE",
            ddl::text_literal(&temporary_name),
            ddl::text_literal(remade.name.spelled())
        ));
    }
    statements.push(copy(&temporary, remade));
    statements.push(format!("DROP TABLE {name}"));
    statements.push("PRAGMA legacy_alter_table = ON".into());
    statements.push(format!("ALTER TABLE {temporary} RENAME TO {name}"));
    statements.push("PRAGMA legacy_alter_table = OFF".into());
    statements
}

fn create(temporary: &str, remade: &Remade<'_>) -> String {
    let to = remade.to;
    let number = rowid_column(to);
    let inline = to.constraints.iter().find_map(|(name, definition)| {
        let (part, rest) = definition.strip_prefix(INLINE)?.split_once(')')?;
        Some((name, part, rest))
    });
    let mut lines: Vec<String> = Vec::new();
    for name in in_order(remade) {
        let Some(shape) = to.columns.get(name) else { continue };
        let mut shape = shape.clone();
        // The number of a row is never NULL, and is given if it is missing.
        shape.nullable |= number == Some(name);
        let mut text = format!("{} {}", quote(name.spelled()), line(&shape)).trim_end().to_owned();
        if let Some((constraint, part, rest)) = &inline {
            if let Some(order) = part.strip_prefix(column(name.spelled()).as_str()) {
                text.push_str(&format!(" {}PRIMARY KEY{order}{rest}", named(to, constraint)));
            }
        }
        lines.push(text);
    }
    for (name, definition) in &to.constraints {
        if definition.starts_with(INLINE) {
            continue;
        }
        let body = match definition.split_once(&format!("){AUTOINCREMENT}")) {
            Some((key, rest)) => format!("{key}{AUTOINCREMENT}){rest}"),
            None => definition.clone(),
        };
        lines.push(format!("{}{body}", named(to, name)));
    }
    let options = if to.options.is_empty() { String::new() } else { format!(" {}", to.options) };
    format!("CREATE TABLE {temporary} (\n  {}\n){options}", lines.join(",\n  "))
}

/// The columns that the table had, then those that it gets.
fn in_order<'a>(remade: &'a Remade<'_>) -> Vec<&'a Name> {
    let new = remade.to.columns.keys().filter(|name| !remade.columns.contains(name));
    remade.columns.iter().chain(new).collect()
}

/// The name before a constraint. Of several that have one name, all but the first have a number
/// that tells them apart.
fn named(table: &TableShape, name: &ConstraintName) -> String {
    let Some(name) = name.named() else { return String::new() };
    let base = name.spelled().rsplit_once(" (").map(|(base, _)| NAMING.name(base));
    let is_numbered = |base: &Name| table.constraints.contains_key(&ConstraintName::Named(base.clone()));
    let name = base.filter(is_numbered).unwrap_or_else(|| name.clone());
    format!("CONSTRAINT {} ", quote(name.spelled()))
}

/// The column that is the number of a row.
fn rowid_column(table: &TableShape) -> Option<&Name> {
    if table.options.contains(KEYED) {
        return None;
    }
    let key = table.constraints.values().find_map(|it| it.strip_prefix("PRIMARY KEY (")?.split_once(')'))?;
    let is_key = |name: &&Name| key.0 == column(name.spelled()) || key.0 == format!("{} DESC", column(name.spelled()));
    let name = table.columns.keys().find(is_key)?;
    (parts(&table.columns[name].declared).base == "INTEGER").then_some(name)
}

fn copy(temporary: &str, remade: &Remade<'_>) -> String {
    let Remade { name, columns, from, to, values } = remade;
    let (mut into, mut out) = (Vec::new(), Vec::new());
    // Without a column that is the rowid, rows would be numbered anew.
    let keyed = from.options.contains(KEYED) || to.options.contains(KEYED);
    if rowid_column(to).is_none() && !keyed {
        let taken =
            |word: &&str| from.columns.keys().chain(to.columns.keys()).any(|it| NAMING.same(it.spelled(), word));
        if let Some(rowid) = ["rowid", "_rowid_", "oid"].into_iter().find(|word| !taken(word)) {
            into.push(rowid.to_owned());
            out.push(rowid.to_owned());
        }
    }
    let is_stored = |name: &Name| to.columns.get(name).is_some_and(|it| parts(&it.declared).generated.is_none());
    for column in columns.iter().filter(|name| is_stored(name)) {
        let quoted = quote(column.spelled());
        let value = values.iter().find(|(name, _)| name == column).map(|(_, sql)| sql.clone());
        out.push(value.unwrap_or_else(|| quoted.clone()));
        into.push(quoted);
    }
    // A copy from a table whose rows have no number does not run in pieces: see `copy_of`.
    let schema = if from.options.contains(KEYED) { "main." } else { "" };
    let source = format!("{schema}{}", quote(name.spelled()));
    format!("INSERT INTO {temporary} ({})\n  SELECT {}\n  FROM {source}", into.join(", "), out.join(", "))
}
