//! Unique constraints, checks, indexes and foreign keys of a model: read, named, each problem noted.

use super::expression;
use super::json::{ForeignKeyJson, ModelJson};
use super::names::{default_name, fault, fold, kind_check_name, snake_case};
use super::validate::{Known, Places, Problems};
use super::{Action, Check, Column, ForeignKey, Index, IndexKey, IndexPart, Kind, Model, Table, Unique};
use std::collections::HashSet;

/// Fills in the unique constraints, checks and indexes.
pub(super) fn read_constraints(json: &ModelJson, table: &mut Table, model: &Model, problems: &mut Problems) {
    for unique in &json.uniques {
        let name = given_or(&unique.name, || default_name(&table.name, &unique.columns, "key"), model, problems);
        check_columns(&format!("The unique constraint `{name}`"), &unique.columns, table, model, problems);
        table.uniques.push(Unique { name, columns: unique.columns.clone() });
    }
    read_checks(json, table, model, problems);
    for index in &json.indexes {
        let parts: Vec<&str> = index.parts.iter().map(|part| part.column.as_deref().unwrap_or("expr")).collect();
        let name = given_or(&index.name, || default_name(&table.name, &parts, "idx"), model, problems);
        let what = format!("The index `{name}`");
        let columns: Vec<String> = index.parts.iter().filter_map(|part| part.column.clone()).collect();
        if index.parts.is_empty() {
            problems.model(&model.name, format!("{what} has no parts"));
        } else if !columns.is_empty() {
            check_columns(&what, &columns, table, model, problems);
        }
        let mut parts = Vec::with_capacity(index.parts.len());
        for part in &index.parts {
            let key = match (&part.column, &part.expression) {
                (Some(column), None) => IndexKey::Column(column.clone()),
                (None, Some(expression)) => IndexKey::Expression(expression.clone()),
                _ => {
                    problems.model(&model.name, format!("{what} has a part that is not one column or one expression"));
                    continue;
                }
            };
            if let IndexKey::Expression(sql) = &key {
                check_sql(&what, sql, model, problems);
            }
            parts.push(IndexPart { key, desc: part.desc });
        }
        if let Some(filter) = &index.filter {
            check_sql(&what, filter, model, problems);
        }
        table.indexes.push(Index { name, parts, unique: index.unique, filter: index.filter.clone() });
    }
}

/// A second check of the same columns gets a number: users write several on one column, or on the table, without names.
fn read_checks(json: &ModelJson, table: &mut Table, model: &Model, problems: &mut Problems) {
    let given = json.checks.iter().filter_map(|check| check.name.as_deref());
    let mut taken: HashSet<String> = given.map(fold).collect();
    taken.extend(table.columns.iter().filter_map(|c| kind_check_name(&table.name, c)).map(|name| fold(&name)));
    for check in &json.checks {
        let generate = || {
            let suffixes = std::iter::once("check".to_owned()).chain((1..).map(|n| format!("check{n}")));
            let mut names = suffixes.map(|suffix| default_name(&table.name, &check.columns, &suffix));
            names.find(|name| !taken.contains(&fold(name))).expect("the numbers do not end")
        };
        let name = given_or(&check.name, generate, model, problems);
        taken.insert(fold(&name));
        let what = format!("The check `{name}`");
        if !check.columns.is_empty() {
            check_columns(&what, &check.columns, table, model, problems);
        }
        check_sql(&what, &check.sql, model, problems);
        table.checks.push(Check { name, sql: check.sql.clone() });
    }
}

/// The foreign keys of one model; those with problems are left out.
pub(super) fn read_foreign_keys(
    index: usize,
    written: &[ForeignKeyJson],
    known: &Known<'_>,
    problems: &mut Problems,
) -> Vec<ForeignKey> {
    written.iter().filter_map(|key| read_foreign_key(key, index, known, problems)).collect()
}

fn read_foreign_key(
    key: &ForeignKeyJson,
    index: usize,
    known: &Known<'_>,
    problems: &mut Problems,
) -> Option<ForeignKey> {
    let Known { schema, models, places } = known;
    let (table, model) = (&schema.tables[index], &models[index]);
    let name = given_or(&key.name, || default_name(&table.name, &key.columns, "fkey"), model, problems);
    let before = problems.len();
    check_columns(&format!("The foreign key `{name}`"), &key.columns, table, model, problems);
    let place = key.columns.iter().find_map(|name| property(table, model, name));
    let mut refuse = |message: String| match place {
        Some(property) => problems.column(&model.name, property, message),
        None => problems.model(&model.name, message),
    };
    let Some(target) = find_target(&key.target, places) else {
        refuse(format!(
            "The foreign key points to `{}`, which is missing in schema(): add its model, or correct the name",
            key.target
        ));
        return None;
    };
    let (other, other_model) = (&schema.tables[target], &models[target]);
    let mut references = Vec::with_capacity(key.references.len());
    for reference in &key.references {
        let by_property = other_model.property(reference).map(|i| &other.columns[i]);
        match by_property.or_else(|| other.column(reference)) {
            Some(column) => references.push(column),
            None => {
                refuse(format!("The foreign key points to `{}.{reference}`, which does not exist", other_model.name));
                return None;
            }
        }
    }
    if references.len() != key.columns.len() {
        refuse(format!("{} columns cannot point to {}", key.columns.len(), references.len()));
        return None;
    }
    let columns: Vec<&Column> = key.columns.iter().filter_map(|name| table.column(name)).collect();
    for (column, reference) in columns.iter().zip(&references) {
        if !same_type(&column.kind, &reference.kind) {
            let ours = word(&column.kind);
            let theirs = word(&reference.kind);
            let there = format!("{}.{}", other_model.name, reference.name);
            refuse(format!("`{}` is {ours}, but `{there}`, to which it points, is {theirs}", column.name));
        }
    }
    let names: Vec<String> = references.iter().map(|column| column.name.clone()).collect();
    if !names.is_empty() && !is_unique(other, &names) {
        let there = names.join(", ");
        refuse(format!(
            "The foreign key points to `{}` ({there}), which is neither its primary key nor unique",
            other.name
        ));
    }
    for (action, event) in [(key.on_delete, "delete"), (key.on_update, "update")] {
        for column in columns.iter().filter(|column| !column.nullable) {
            if action == Action::SetNull {
                refuse(format!("on {event} set null, but `{}` is not nullable", column.name));
            }
            if action == Action::SetDefault && column.default.is_none() {
                refuse(format!("on {event} set default, but `{}` has no default and is not nullable", column.name));
            }
        }
    }
    (problems.len() == before).then(|| ForeignKey {
        name,
        columns: key.columns.clone(),
        table: other.name.clone(),
        references: names,
        on_delete: key.on_delete,
        on_update: key.on_update,
    })
}

/// A key in `schema({...})`, a table, or the name given to `model()`, from which the table's name came.
fn find_target(target: &str, places: &Places<'_>) -> Option<usize> {
    places.model(target).or_else(|| places.table(target)).or_else(|| places.table(&snake_case(target)))
}

/// Whether no two rows can be alike in these columns, in whatever order.
pub(super) fn is_unique(table: &Table, columns: &[String]) -> bool {
    let same = |key: &[String]| key.len() == columns.len() && columns.iter().all(|column| key.contains(column));
    let index =
        |index: &Index| index.unique && index.filter.is_none() && index.columns().is_some_and(|names| same(&names));
    same(&table.primary_key) || table.uniques.iter().any(|u| same(&u.columns)) || table.indexes.iter().any(index)
}

/// Whether two kinds are stored as the same type, so that one can point to the other.
pub(super) fn same_type(one: &Kind, other: &Kind) -> bool {
    let wide = |kind: &Kind| matches!(kind, Kind::Id | Kind::BigId | Kind::Integer | Kind::Bigint);
    match (one, other) {
        (Kind::Text { .. }, Kind::Text { .. }) => true,
        (Kind::Enum { name: one, .. }, Kind::Enum { name: other, .. }) => one == other,
        _ => one == other || (wide(one) && wide(other)),
    }
}

/// The word for a kind, as the schema writes it.
pub(super) fn word(kind: &Kind) -> String {
    match kind {
        Kind::Decimal { precision, scale } => format!("decimal({precision}, {scale})"),
        Kind::Enum { name, .. } => format!("the enum {name}"),
        Kind::Text { .. } => "text".into(),
        Kind::BigId => "bigId".into(),
        plain => format!("{plain:?}").to_lowercase(),
    }
}

fn property<'a>(table: &Table, model: &'a Model, column: &str) -> Option<&'a str> {
    let at = table.columns.iter().position(|c| c.name == column)?;
    Some(&model.properties[at].name)
}

fn given_or(
    given: &Option<String>,
    generate: impl FnOnce() -> String,
    model: &Model,
    problems: &mut Problems,
) -> String {
    let Some(name) = given else { return generate() };
    if let Some(fault) = fault(name) {
        problems.model(&model.name, format!("The name `{name}` {fault}"));
    }
    name.clone()
}

fn check_columns(what: &str, columns: &[String], table: &Table, model: &Model, problems: &mut Problems) {
    if columns.is_empty() {
        problems.model(&model.name, format!("{what} has no columns"));
    }
    let mut seen = HashSet::new();
    for column in columns {
        if table.column(column).is_none() {
            problems.model(&model.name, format!("{what} names `{column}`, which is not a column of this model"));
        } else if !seen.insert(column) {
            problems.model(&model.name, format!("{what} names `{column}` twice"));
        }
    }
}

fn check_sql(what: &str, sql: &str, model: &Model, problems: &mut Problems) {
    if let Some(fault) = expression::fault(sql) {
        problems.model(&model.name, format!("{what}: its SQL {fault}"));
    }
}
