//! Violations in the words of the models: what the database did not name is added, and columns are named as JavaScript does.

use super::respell;
use crate::dialect::name::Naming;
use crate::error::{Code, Error};
use crate::schema::names::{kind_check_name, primary_key_name};
use crate::schema::{Index, Models, Table};

/// Adds to a violation what the schema knows of it, and names its columns as JavaScript does.
pub(super) fn explain(models: &Models, naming: Naming, error: Error) -> Error {
    use Code::*;
    match error.code {
        CheckViolation | UniqueViolation | ForeignKeyViolation | NotNullViolation => {
            with_properties(models, completed(models, respell::respell(models, naming, error)))
        }
        _ => error,
    }
}

/// Adds to a violation the table, the columns and the constraint that the database did not name.
fn completed(models: &Models, error: Error) -> Error {
    let tables = &models.schema.tables;
    let table = error.table.as_ref().and_then(|table| models.schema.table(table));
    let name = error.constraint.as_ref();
    match error.code {
        Code::CheckViolation => match name.and_then(|name| checked(models, name)) {
            Some((table, columns)) => error.table(&table.name).columns(columns),
            None => error,
        },
        Code::UniqueViolation if error.table.is_some() && name.is_none() => {
            match table.and_then(|table| unique_name(table, &error.columns)) {
                Some(name) => error.constraint(name),
                None => error,
            }
        }
        Code::UniqueViolation if error.table.is_none() => {
            let has = |table: &&Table| table.indexes.iter().any(|index| Some(&index.name) == name);
            match tables.iter().find(has) {
                Some(table) => error.table(&table.name),
                None => error,
            }
        }
        // A server names the constraint alone if rows still point to the one that was to go.
        Code::ForeignKeyViolation if error.columns.is_empty() => {
            let key =
                table.and_then(|table| Some((table, table.foreign_keys.iter().find(|key| Some(&key.name) == name)?)));
            match key {
                Some((table, key)) => Error::still_pointed_to(&table.name, &key.columns).constraint(&key.name),
                None => error,
            }
        }
        _ => error,
    }
}

/// Names the columns of a violation as JavaScript does; the message of a foreign key names its model so, too.
fn with_properties(models: &Models, error: Error) -> Error {
    let Some(at) = models.schema.tables.iter().position(|t| Some(&t.name) == error.table.as_ref()) else {
        return error;
    };
    let property = |name: &String| match models.table(at).columns.iter().position(|column| column.name == *name) {
        Some(column) => models.column(at, column).1.name.clone(),
        None => name.clone(),
    };
    let columns: Vec<String> = error.columns.iter().map(property).collect();
    match error.code {
        Code::ForeignKeyViolation => error.of(&models.models[at].name, &columns).table(&models.schema.tables[at].name),
        _ => error.columns(columns),
    }
}

/// The table and columns of a CHECK.
fn checked<'a>(models: &'a Models, name: &str) -> Option<(&'a Table, Vec<String>)> {
    for table in &models.schema.tables {
        let of_kind = table.columns.iter().find(|c| kind_check_name(&table.name, c).as_deref() == Some(name));
        if let Some(column) = of_kind {
            return Some((table, vec![column.name.clone()]));
        }
        if let Some(check) = table.checks.iter().find(|c| c.name == name) {
            return Some((table, mentioned(table, &check.sql)));
        }
    }
    None
}

/// The columns that an expression mentions, in the order of the table.
fn mentioned(table: &Table, sql: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = sql.chars().peekable();
    while let Some(first) = rest.next() {
        if matches!(first, '\'' | '"' | '`') {
            let word: String = rest.by_ref().take_while(|c| *c != first).collect();
            if first != '\'' {
                words.push(word);
            }
        } else if first.is_alphanumeric() || first == '_' {
            let mut word = String::from(first);
            while let Some(next) = rest.next_if(|c| c.is_alphanumeric() || *c == '_') {
                word.push(next);
            }
            words.push(word);
        }
    }
    let names = table.columns.iter().map(|column| &column.name);
    names.filter(|name| words.iter().any(|word| word.eq_ignore_ascii_case(name))).cloned().collect()
}

/// The unique constraint, unique index or primary key over these columns.
fn unique_name(table: &Table, columns: &[String]) -> Option<String> {
    let index = |index: &&Index| index.unique && index.columns().is_some_and(|names| names == columns);
    let unique = table.uniques.iter().find(|u| u.columns == columns).map(|u| u.name.clone());
    let key = || (table.primary_key == columns).then(|| primary_key_name(&table.name));
    unique.or_else(key).or_else(|| table.indexes.iter().find(index).map(|i| i.name.clone()))
}
