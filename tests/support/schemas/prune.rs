//! The repairs that make a schema valid again: the rules of the models, once more.

use super::kinds::default;
use plinth::schema::defaults::canonical;
use plinth::schema::names::{default_name, fold, kind_check_name, primary_key_name};
use plinth::schema::{Action, Column, Default, ForeignKey, Index, IndexKey, Kind, Schema, Table, MAX_NAME};
use std::collections::{BTreeMap, HashSet};

/// Repairs what the models would refuse.
pub fn prune(schema: &mut Schema, enums: &BTreeMap<String, Vec<String>>) {
    for table in &mut schema.tables {
        columns(table, enums);
        keys(table);
    }
    foreign_keys(schema);
    names(schema);
}

/// A name like this one that is free; takes it.
pub fn fresh(name: &str, taken: &mut HashSet<String>) -> String {
    let mut candidate = name.to_owned();
    for n in 2.. {
        if taken.insert(fold(&candidate)) {
            break;
        }
        let ending = n.to_string();
        let mut end = name.len().min(MAX_NAME - ending.len());
        while !name.is_char_boundary(end) {
            end -= 1;
        }
        candidate = name[..end].to_owned() + &ending;
    }
    candidate
}

fn columns(table: &mut Table, enums: &BTreeMap<String, Vec<String>>) {
    if table.columns.is_empty() {
        table.columns.push(Column::new("id", Kind::Id));
    }
    let mut identity = None;
    let mut checks = HashSet::new();
    for column in &mut table.columns {
        // With its comment, so that what changes the one changes the other.
        let text = matches!(column.kind, Kind::Text { .. });
        column.lowercase = text && column.default.is_none() && column.comment.is_some();
        if matches!(column.kind, Kind::Id | Kind::BigId) {
            match &identity {
                None => identity = Some(column.name.clone()),
                Some(_) => column.kind = Kind::Integer,
            }
        }
        if let Kind::Enum { name, values } = &mut column.kind {
            values.clone_from(&enums[name]);
        }
        if kind_check_name(&table.name, column).is_some_and(|name| !checks.insert(fold(&name))) {
            column.kind = Kind::Integer;
        }
        let fits = match &column.default {
            Some(Default::Value(value)) => canonical(&column.kind, value).as_ref() == Ok(value),
            Some(Default::Now) => matches!(column.kind, Kind::Timestamp | Kind::Date),
            None => true,
        };
        if !fits {
            column.default = default(&column.kind, 1).filter(|_| !column.nullable);
        }
        column.random = column.kind == Kind::Uuid && column.default.is_none() && column.comment.is_none();
    }
    table.primary_key.retain(|name| table.columns.iter().any(|column| column.name == *name));
    if let Some(name) = identity {
        table.primary_key = vec![name];
    } else if table.primary_key.is_empty() {
        table.primary_key = vec![table.columns[0].name.clone()];
    }
    for column in table.columns.iter_mut().filter(|column| table.primary_key.contains(&column.name)) {
        column.nullable = false;
    }
}

/// Uniques and indexes over existing columns. PostgreSQL makes one of two keys alike: there are
/// none.
fn keys(table: &mut Table) {
    let there: HashSet<String> = table.columns.iter().map(|column| column.name.clone()).collect();
    let valid = |columns: &[String]| {
        let distinct: HashSet<&String> = columns.iter().collect();
        distinct.len() == columns.len() && columns.iter().all(|column| there.contains(column))
    };
    let mut seen = vec![table.primary_key.clone()];
    table.uniques.retain(|unique| {
        let keep = !unique.columns.is_empty() && valid(&unique.columns) && !seen.contains(&unique.columns);
        seen.push(unique.columns.clone());
        keep
    });
    table.indexes.retain(|index| !index.parts.is_empty() && valid(&columns_of(index)));
}

/// The columns of an index, its expressions apart.
pub fn columns_of(index: &Index) -> Vec<String> {
    let columns = index.parts.iter().filter_map(|part| match &part.key {
        IndexKey::Column(name) => Some(name.clone()),
        IndexKey::Expression(_) => None,
    });
    columns.collect()
}

/// The keys to which others can point.
pub fn targets(table: &Table) -> Vec<Vec<String>> {
    let mut targets = vec![table.primary_key.clone()];
    targets.extend(table.uniques.iter().map(|unique| unique.columns.clone()));
    let plain = |index: &&Index| index.unique && index.filter.is_none() && columns_of(index).len() == index.parts.len();
    targets.extend(table.indexes.iter().filter(plain).map(columns_of));
    targets
}

/// Whether one kind can point to the other.
pub fn same_type(one: &Kind, other: &Kind) -> bool {
    let wide = |kind: &Kind| matches!(kind, Kind::Id | Kind::BigId | Kind::Integer | Kind::Bigint);
    match (one, other) {
        (Kind::Text { .. }, Kind::Text { .. }) => true,
        (Kind::Enum { name: one, .. }, Kind::Enum { name: other, .. }) => one == other,
        _ => one == other || (wide(one) && wide(other)),
    }
}

fn foreign_keys(schema: &mut Schema) {
    let all = schema.clone();
    for table in &mut schema.tables {
        let own = table.clone();
        table.foreign_keys.retain(|key| is_valid(key, &own, &all));
        for key in &mut table.foreign_keys {
            let columns: Vec<&Column> = key.columns.iter().filter_map(|name| own.column(name)).collect();
            for action in [&mut key.on_delete, &mut key.on_update] {
                let refused = match action {
                    Action::SetNull => columns.iter().any(|column| !column.nullable),
                    Action::SetDefault => columns.iter().any(|column| !column.nullable && column.default.is_none()),
                    _ => false,
                };
                if refused {
                    *action = Action::Cascade;
                }
            }
        }
    }
}

fn is_valid(key: &ForeignKey, own: &Table, all: &Schema) -> bool {
    let Some(target) = all.table(&key.table) else { return false };
    let distinct: HashSet<&String> = key.columns.iter().collect();
    let pairs = key.columns.iter().zip(&key.references);
    let alike = pairs.into_iter().all(|(column, reference)| match (own.column(column), target.column(reference)) {
        (Some(column), Some(reference)) => same_type(&column.kind, &reference.kind),
        _ => false,
    });
    let same = |columns: &Vec<String>| {
        columns.len() == key.references.len() && key.references.iter().all(|c| columns.contains(c))
    };
    !key.columns.is_empty() && distinct.len() == key.columns.len() && alike && targets(target).iter().any(same)
}

/// Names of objects that nothing else has. One that is `?` gets what the models would call it.
fn names(schema: &mut Schema) {
    let mut relations: HashSet<String> = HashSet::new();
    for table in &schema.tables {
        relations.extend([fold(&table.name), fold(&primary_key_name(&table.name))]);
    }
    for table in &mut schema.tables {
        let name = table.name.clone();
        let mut own: HashSet<String> =
            table.columns.iter().filter_map(|c| kind_check_name(&name, c)).map(|n| fold(&n)).collect();
        own.insert(fold(&primary_key_name(&name)));
        let given = |current: &str, columns: &[String], suffix: &str| match current {
            "?" => default_name(&name, columns, suffix),
            current => current.to_owned(),
        };
        for unique in &mut table.uniques {
            let wanted = given(&unique.name, &unique.columns, "key");
            unique.name = loop {
                let candidate = fresh(&wanted, &mut relations);
                if own.insert(fold(&candidate)) {
                    break candidate;
                }
            };
        }
        for check in &mut table.checks {
            check.name = fresh(&given(&check.name, &[], "check"), &mut own);
        }
        for key in &mut table.foreign_keys {
            key.name = fresh(&given(&key.name, &key.columns, "fkey"), &mut own);
        }
        for index in &mut table.indexes {
            let parts: Vec<String> = index
                .parts
                .iter()
                .map(|part| match &part.key {
                    IndexKey::Column(column) => column.clone(),
                    IndexKey::Expression(_) => "expr".into(),
                })
                .collect();
            index.name = fresh(&given(&index.name, &parts, "idx"), &mut relations);
        }
    }
}
