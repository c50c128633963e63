//! Operations in plain words, one line each, and what they lose.

use super::convert::{conversion, Conversion};
use super::{Constraint, Operation, RowValue, ValueMap};
use crate::schema::{Action, Column, Default, ForeignKey, Index, IndexKey, Kind};

impl Operation {
    /// Its effect, in plain words and one line.
    pub fn describe(&self) -> String {
        line(&match self {
            Operation::CreateTable { table } => {
                let columns = table.columns.len();
                let ending = if columns == 1 { "" } else { "s" };
                format!("Create the table {}, {columns} column{ending}", table.name)
            }
            Operation::DropTable { table } => format!("Drop the table {}", table.name),
            Operation::RenameTable { from, to } => format!("Rename the table {from} to {to}"),
            Operation::CommentTable { table, to: Some(comment), .. } => {
                format!("Comment on the table {table}: {comment}")
            }
            Operation::CommentTable { table, to: None, .. } => format!("Remove the comment on the table {table}"),
            Operation::AddColumn { table, column, backfill } => {
                let rows = backfill.as_ref().map(|value| format!("; rows get {}", value.words())).unwrap_or_default();
                format!("Add the column {table}.{}: {}{rows}", column.name, column_words(column))
            }
            Operation::DropColumn { table, column, .. } => format!("Drop the column {table}.{}", column.name),
            Operation::RenameColumn { table, from, to } => format!("Rename the column {table}.{from} to {table}.{to}"),
            Operation::AlterColumn { table, from, to, map, backfill, .. } => {
                let changes = alterations(from, to, map, backfill.as_ref()).join(", ");
                format!("Change the column {table}.{}: {changes}", to.name)
            }
            Operation::AlterPrimaryKey { table, to, .. } if to.is_empty() => {
                format!("Remove the primary key of {table}")
            }
            Operation::AlterPrimaryKey { table, to, .. } => format!("Make {} the primary key of {table}", list(to)),
            Operation::AddConstraint { table, constraint } => format!("Add {}", constraint_words(table, constraint)),
            Operation::DropConstraint { table, constraint } => format!("Drop {}", constraint_words(table, constraint)),
            Operation::RenameConstraint { table, from, to } => {
                format!("Rename the constraint {from} of {table} to {to}")
            }
            Operation::AddIndex { table, index } => format!("Add {}", index_words(table, index)),
            Operation::DropIndex { table, index } => format!("Drop {}", index_words(table, index)),
            Operation::RenameIndex { table, from, to } => format!("Rename the index {from} of {table} to {to}"),
        })
    }

    /// Its loss, as one sentence without its end; None if it loses nothing.
    pub fn loses(&self) -> Option<String> {
        let lost = match self {
            Operation::DropTable { table } => format!("drops the table {} with all its rows", table.name),
            Operation::DropColumn { table, column, .. } => {
                format!("drops the column {table}.{} with all its values", column.name)
            }
            Operation::AlterColumn { table, from, to, map, .. } => {
                let place = format!("{table}.{}", to.name);
                match conversion(&from.kind, &to.kind) {
                    Conversion::Lossy(what) => format!("the values of {place} lose {what}"),
                    _ if to.lowercase && !from.lowercase => format!("the values of {place} lose their capital letters"),
                    _ => merged(&place, &from.kind, effective_map(&to.kind, map))?,
                }
            }
            _ => return None,
        };
        Some(line(&lost))
    }

    /// The part of the earlier state that its reverse does not bring back although no row loses a value, as one sentence without
    /// its end; None if it brings all back.
    pub fn forgets(&self) -> Option<String> {
        match self {
            Operation::AlterColumn { table, from, to, .. } if from.nullable && !to.nullable => {
                Some(line(&format!("which rows of {table}.{} were NULL", to.name)))
            }
            _ => None,
        }
    }

    /// The tables that it changes or needs: first the one that it is about, by the names that it uses.
    pub fn tables(&self) -> Vec<&str> {
        let mut tables: Vec<&str> = self.objects().into_iter().map(|(table, _)| table).collect();
        let keys: &[ForeignKey] = match self {
            Operation::CreateTable { table } | Operation::DropTable { table } => &table.foreign_keys,
            Operation::AddConstraint { constraint: Constraint::ForeignKey(key), .. }
            | Operation::DropConstraint { constraint: Constraint::ForeignKey(key), .. } => std::slice::from_ref(key),
            _ => &[],
        };
        for key in keys {
            if !tables.contains(&key.table.as_str()) {
                tables.push(&key.table);
            }
        }
        tables
    }

    /// The table whose rows can be neither read nor written while it is carried out; none for objects that are made beside it.
    pub fn alters(&self) -> Option<&str> {
        match self {
            Operation::CreateTable { .. }
            | Operation::CommentTable { .. }
            | Operation::AddConstraint { constraint: Constraint::ForeignKey(_), .. }
            | Operation::AddIndex { .. }
            | Operation::RenameIndex { .. } => None,
            other => other.objects().first().map(|(table, _)| *table),
        }
    }

    /// The objects that it changes: a table, and a part of it (a column, a constraint, an index),
    /// or the table itself.
    pub fn objects(&self) -> Vec<(&str, Option<&str>)> {
        match self {
            Operation::CreateTable { table } | Operation::DropTable { table } => vec![(&table.name, None)],
            Operation::RenameTable { from, to } => vec![(from, None), (to, None)],
            Operation::CommentTable { table, .. } | Operation::AlterPrimaryKey { table, .. } => vec![(table, None)],
            Operation::AddColumn { table, column, .. } | Operation::DropColumn { table, column, .. } => {
                vec![(table, Some(&column.name))]
            }
            Operation::AlterColumn { table, to, .. } => vec![(table, Some(&to.name))],
            Operation::AddConstraint { table, constraint } | Operation::DropConstraint { table, constraint } => {
                vec![(table, Some(constraint.name()))]
            }
            Operation::AddIndex { table, index } | Operation::DropIndex { table, index } => {
                vec![(table, Some(&index.name))]
            }
            Operation::RenameColumn { table, from, to }
            | Operation::RenameConstraint { table, from, to }
            | Operation::RenameIndex { table, from, to } => vec![(table, Some(from)), (table, Some(to))],
        }
    }
}

/// Those mappings that have something to do: a word that the new kind still has stays what it is (on the way back, what was
/// mapped to it may have been it all along), and of two for one word the first holds.
pub fn effective_map<'a>(to: &Kind, map: &'a [ValueMap]) -> Vec<&'a ValueMap> {
    let Kind::Enum { values, .. } = to else { return Vec::new() };
    let first = |i: usize| map[..i].iter().all(|other| other.from != map[i].from);
    let works = |i: &usize| !values.contains(&map[*i].from) && values.contains(&map[*i].to) && first(*i);
    (0..map.len()).filter(works).map(|i| &map[i]).collect()
}

/// Words that cannot be distinguished any more.
fn merged(place: &str, from: &Kind, map: Vec<&ValueMap>) -> Option<String> {
    let before: &[String] = match from {
        Kind::Enum { values, .. } => values,
        _ => &[],
    };
    let twice = |to: &String| map.iter().filter(|other| other.to == *to).count() > 1;
    let mut merging: Vec<&ValueMap> = map.iter().filter(|m| before.contains(&m.to) || twice(&m.to)).copied().collect();
    merging.dedup();
    let words: Vec<String> = merging.iter().map(|m| format!("'{}' becomes '{}'", m.from, m.to)).collect();
    let what = "and which rows held which is not known afterwards";
    (!words.is_empty()).then(|| format!("{place}: {}, {what}", words.join(", ")))
}

/// A kind, in plain words.
pub fn kind_words(kind: &Kind) -> String {
    match kind {
        Kind::Decimal { precision, scale } => format!("decimal({precision}, {scale})"),
        Kind::Text { max: Some(max) } => format!("text of at most {max} characters"),
        Kind::Text { max: None } => "text".into(),
        Kind::Enum { name, values } => format!("enum {name} ({})", values.join(", ")),
        Kind::BigId => "bigId".into(),
        plain => format!("{plain:?}").to_lowercase(),
    }
}

fn column_words(column: &Column) -> String {
    let null = if column.nullable { "may be NULL" } else { "not NULL" };
    let lower = if column.lowercase { ", lower case" } else { "" };
    let default = column.default.as_ref().map(|default| format!(", default {}", default_words(default)));
    format!("{}, {null}{lower}{}", kind_words(&column.kind), default.unwrap_or_default())
}

/// A default, in plain words.
pub(super) fn default_words(default: &Default) -> String {
    match default {
        Default::Now => "now".into(),
        Default::Value(serde_json::Value::String(text)) => format!("'{text}'"),
        Default::Value(value) => value.to_string(),
    }
}

fn alterations(from: &Column, to: &Column, map: &[ValueMap], backfill: Option<&RowValue>) -> Vec<String> {
    let mut changes = Vec::new();
    if from.kind != to.kind {
        changes.push(kind_change(&from.kind, &to.kind));
    }
    changes.extend(effective_map(&to.kind, map).iter().map(|m| format!("'{}' becomes '{}'", m.from, m.to)));
    match (from.nullable, to.nullable, backfill) {
        (true, false, Some(value)) => changes.push(format!("not NULL (rows get {})", value.words())),
        (true, false, None) => changes.push("not NULL".into()),
        (false, true, _) => changes.push("may be NULL".into()),
        _ => {}
    }
    match (from.lowercase, to.lowercase) {
        (false, true) => changes.push("lower case".into()),
        (true, false) => changes.push("no longer lower case".into()),
        _ => {}
    }
    match (&from.default, &to.default) {
        (before, after) if before == after => {}
        (_, Some(after)) => changes.push(format!("default {}", default_words(after))),
        (_, None) => changes.push("no default".into()),
    }
    match (&from.comment, &to.comment) {
        (before, after) if before == after => {}
        (_, Some(after)) => changes.push(format!("comment {after}")),
        (_, None) => changes.push("no comment".into()),
    }
    changes
}

fn kind_change(from: &Kind, to: &Kind) -> String {
    let (Kind::Enum { name, values: before }, Kind::Enum { name: new_name, values }) = (from, to) else {
        return format!("{} becomes {}", kind_words(from), kind_words(to));
    };
    let mut changes = Vec::new();
    if name != new_name {
        changes.push(format!("enum {name} becomes enum {new_name}"));
    }
    let missing = |these: &[String], others: &[String]| -> Vec<String> {
        these.iter().filter(|word| !others.contains(word)).map(|word| format!("'{word}'")).collect()
    };
    let (added, removed) = (missing(values, before), missing(before, values));
    if !added.is_empty() {
        changes.push(format!("new words {}", added.join(", ")));
    }
    if !removed.is_empty() {
        changes.push(format!("no longer {}", removed.join(", ")));
    }
    if added.is_empty() && removed.is_empty() && before != values {
        changes.push(format!("its words in the order {}", values.join(", ")));
    }
    changes.join(", ")
}

fn constraint_words(table: &str, constraint: &Constraint) -> String {
    match constraint {
        Constraint::Unique(unique) => {
            format!("the unique constraint {} of {table}: {}", unique.name, list(&unique.columns))
        }
        Constraint::Check(check) => format!("the check {} of {table}: {}", check.name, check.sql),
        Constraint::ForeignKey(key) => {
            let mut words = format!(
                "the foreign key {} of {table}: {} points to {} ({})",
                key.name,
                list(&key.columns),
                key.table,
                list(&key.references)
            );
            for (action, event) in [(key.on_delete, "delete"), (key.on_update, "update")] {
                let action = match action {
                    Action::NoAction => continue,
                    Action::Restrict => "restrict",
                    Action::Cascade => "cascade",
                    Action::SetNull => "set null",
                    Action::SetDefault => "set default",
                };
                words.push_str(&format!(", on {event} {action}"));
            }
            words
        }
    }
}

fn index_words(table: &str, index: &Index) -> String {
    let parts = index.parts.iter().map(|part| {
        let key = match &part.key {
            IndexKey::Column(name) => name.clone(),
            IndexKey::Expression(sql) => format!("({sql})"),
        };
        key + if part.desc { " downward" } else { "" }
    });
    let unique = if index.unique { "unique " } else { "" };
    let filter = index.filter.as_ref().map(|sql| format!(" where {sql}")).unwrap_or_default();
    format!("the {unique}index {} of {table}: {}{filter}", index.name, parts.collect::<Vec<_>>().join(", "))
}

fn list(names: &[String]) -> String {
    names.join(", ")
}

/// The same on one line, whatever names and comments hold: it stands behind `-- ` in SQL.
fn line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\n' | '\r' | '\t' => line.push(' '),
            letter if letter.is_control() || matches!(letter, '\u{2028}' | '\u{2029}') => line.push('\u{fffd}'),
            letter => line.push(letter),
        }
    }
    line
}
