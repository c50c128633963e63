//! The columns of a model, their modifiers and the primary key: read, each problem noted.

use super::defaults::canonical;
use super::json::{ColumnJson, DefaultJson, ModelJson};
use super::names::{fault, fold};
use super::validate::Problems;
use super::{Column, Default, Kind, Model, Property, Table};
use std::collections::HashSet;

/// Names that `where`, `include` and JavaScript itself give another meaning: not for a property or
/// a relation.
pub(super) const RESERVED_PROPERTIES: [&str; 6] = ["and", "or", "not", "_count", "__proto__", "constructor"];

/// The most characters that PostgreSQL's varchar(n) takes.
const MAX_TEXT: u32 = 10_485_760;

/// Fills in the columns, the properties and the primary key.
pub(super) fn read_columns(json: &ModelJson, table: &mut Table, model: &mut Model, problems: &mut Problems) {
    if json.columns.is_empty() {
        problems.model(&json.model, "A model needs columns");
    }
    let mut properties = HashSet::new();
    let mut names = HashSet::new();
    for written in &json.columns {
        let mut faults = Vec::new();
        if !properties.insert(&written.property) {
            faults.push("Two columns have this property".to_owned());
        }
        if !names.insert(fold(&written.name)) {
            faults.push(format!("Two columns are called `{}` in the database", written.name));
        }
        check_names(written, &mut faults);
        check_kind(&written.kind, &mut faults);
        check_modifiers(written, &mut faults);
        let default = read_default(written, &mut faults);
        for fault in faults {
            problems.column(&json.model, &written.property, fault);
        }
        table.columns.push(Column {
            name: written.name.clone(),
            kind: written.kind.clone(),
            nullable: written.nullable,
            lowercase: written.lowercase,
            default,
            random: matches!(written.default, Some(DefaultJson::Random)),
            comment: written.comment.clone(),
            renamed_from: written.renamed_from.clone(),
        });
        model.properties.push(Property {
            name: written.property.clone(),
            private: written.private,
            touch: written.touch,
        });
    }
    check_versions(json, problems);
    table.primary_key = read_primary_key(json, problems);
}

fn check_names(column: &ColumnJson, faults: &mut Vec<String>) {
    if column.property.is_empty() || column.property.contains('\0') {
        faults.push("A column needs a property name without NUL characters".into());
    }
    if RESERVED_PROPERTIES.contains(&column.property.as_str()) {
        faults.push(format!("`{}` cannot be a property: rename it, and keep the column with .name()", column.property));
    }
    if let Some(fault) = fault(&column.name) {
        faults.push(format!("The column name `{}` {fault}", column.name));
    }
}

fn check_kind(kind: &Kind, faults: &mut Vec<String>) {
    match kind {
        Kind::Decimal { precision, scale } => {
            if !(1..=18).contains(precision) {
                faults.push(format!("A decimal has a precision of 1 to 18 digits, not {precision}"));
            }
            if scale > precision {
                faults.push(format!("A decimal's scale ({scale}) cannot exceed its precision ({precision})"));
            }
        }
        Kind::Text { max: Some(max) } if !(1..=MAX_TEXT).contains(max) => {
            faults.push(format!("The max of a text is 1 to {MAX_TEXT}, not {max}"));
        }
        Kind::Enum { name, values } => {
            if let Some(fault) = fault(name) {
                faults.push(format!("The enum name `{name}` {fault}"));
            }
            if values.is_empty() {
                faults.push(format!("The enum `{name}` has no values"));
            }
            let mut seen = HashSet::new();
            for value in values {
                if value.contains('\0') {
                    faults.push(format!("The enum `{name}` has a value with a NUL character"));
                }
                if !seen.insert(value) {
                    faults.push(format!("The enum `{name}` has the value `{value}` twice"));
                }
            }
        }
        _ => {}
    }
}

fn check_modifiers(column: &ColumnJson, faults: &mut Vec<String>) {
    if column.touch && !matches!(column.kind, Kind::Timestamp | Kind::Date) {
        faults.push("touch() is for timestamps and dates".into());
    }
    if column.lowercase && !matches!(column.kind, Kind::Text { .. }) {
        faults.push("lowercase() is for text".into());
    }
}

/// A model has one version at most. Plinth alone writes it, and every read returns it.
fn check_versions(json: &ModelJson, problems: &mut Problems) {
    for (i, column) in json.columns.iter().filter(|column| column.version).enumerate() {
        let is_key = json.primary_key.contains(&column.name);
        let mut faults = Vec::new();
        if i > 0 {
            faults.push("A model has one version at most");
        }
        if !matches!(column.kind, Kind::Integer | Kind::Int32) {
            faults.push("version() is for c.integer() and c.int32()");
        }
        for (combined, fault) in [
            (column.nullable, "A version cannot be nullable: every row has one"),
            (column.default.is_some(), "A version cannot have a default: it begins at 1"),
            (column.private, "A version cannot be private: update() compares it with the one that was read"),
            (is_key, "A version cannot be part of the primary key: it changes with every update"),
        ] {
            if combined {
                faults.push(fault);
            }
        }
        for fault in faults {
            problems.column(&json.model, &column.property, fault);
        }
    }
}

fn read_default(column: &ColumnJson, faults: &mut Vec<String>) -> Option<Default> {
    if column.version {
        return Some(Default::Value(1.into()));
    }
    match column.default.as_ref()? {
        DefaultJson::Now => {
            if !matches!(column.kind, Kind::Timestamp | Kind::Date) {
                faults.push("defaultNow() is for timestamps and dates".into());
            }
            Some(Default::Now)
        }
        DefaultJson::Random => {
            if column.kind != Kind::Uuid {
                faults.push("defaultRandom() is for UUIDs".into());
            }
            None
        }
        DefaultJson::Value(value) => {
            let fitted = canonical(&column.kind, value).and_then(|value| match value.as_str() {
                Some(text) if column.lowercase && text.to_lowercase() != text => Err("lower case".into()),
                _ => Ok(value),
            });
            match fitted {
                Ok(value) => Some(Default::Value(value)),
                Err(expected) => {
                    faults.push(format!("The default {value} does not fit: expected {expected}"));
                    None
                }
            }
        }
    }
}

fn read_primary_key(json: &ModelJson, problems: &mut Problems) -> Vec<String> {
    let identities: Vec<&ColumnJson> =
        json.columns.iter().filter(|c| matches!(c.kind, Kind::Id | Kind::BigId)).collect();
    for extra in identities.iter().skip(1) {
        problems.column(&json.model, &extra.property, "A model has one identity at most");
    }
    let key = match identities.first() {
        Some(identity) => {
            if json.primary_key.iter().any(|name| *name != identity.name) {
                problems.column(&json.model, &identity.property, "An id is the primary key by itself");
            }
            vec![identity.name.clone()]
        }
        None => json.primary_key.clone(),
    };
    if key.is_empty() {
        let message = "No primary key: add a c.id(), or mark columns with .primaryKey()";
        problems.model(&json.model, message);
    }
    let mut seen = HashSet::new();
    for name in &key {
        if !seen.insert(name) {
            problems.model(&json.model, format!("The primary key has the column `{name}` twice"));
        }
        match json.columns.iter().find(|column| column.name == *name) {
            None => problems.model(&json.model, format!("The primary key has an unknown column `{name}`")),
            Some(column) if column.nullable => {
                problems.column(&json.model, &column.property, "A column of the primary key cannot be nullable");
            }
            Some(_) => {}
        }
    }
    key
}
