//! The shape of a table as text, to be kept in the database that it describes.

use super::name::Naming;
use super::shape::{ColumnShape, ConstraintName, TableShape};
use serde::{Deserialize, Serialize};

/// The version of the text, and of what the dialects call canonical.
pub const FORMAT: i64 = 3;

#[derive(Serialize, Deserialize)]
struct Stored {
    columns: Vec<StoredColumn>,
    /// Name, none for a constraint without one, and definition.
    constraints: Vec<(Option<String>, String)>,
    indexes: Vec<(String, String)>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    options: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    comment: Option<String>,
    /// See `Writer::path`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    path: String,
}

#[derive(Serialize, Deserialize)]
struct StoredColumn {
    name: String,
    declared: String,
    nullable: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    default: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    comment: Option<String>,
}

/// The text of a shape, JSON, and of the search path under which it was read.
pub fn write(shape: &TableShape, path: &str) -> String {
    let columns = shape.columns.iter().map(|(name, column)| StoredColumn {
        name: name.spelled().to_owned(),
        declared: column.declared.clone(),
        nullable: column.nullable,
        default: column.default.clone(),
        comment: column.comment.clone(),
    });
    let constraints = shape.constraints.iter().map(|(name, definition)| match name {
        ConstraintName::Named(name) => (Some(name.spelled().to_owned()), definition.clone()),
        ConstraintName::Unnamed(_) => (None, definition.clone()),
    });
    let indexes = shape.indexes.iter().map(|(name, definition)| (name.spelled().to_owned(), definition.clone()));
    let stored = Stored {
        columns: columns.collect(),
        constraints: constraints.collect(),
        indexes: indexes.collect(),
        options: shape.options.clone(),
        comment: shape.comment.clone(),
        path: path.to_owned(),
    };
    // Texts and truths: nothing that JSON cannot say.
    serde_json::to_string(&stored).unwrap_or_default()
}

/// The shape that a text describes, and the search path; `None` if it is not what `write` wrote.
pub fn read(naming: Naming, text: &str) -> Option<(TableShape, String)> {
    let stored: Stored = serde_json::from_str(text).ok()?;
    let columns = stored.columns.into_iter().map(|column| {
        let StoredColumn { name, declared, nullable, default, comment } = column;
        (naming.name(&name), ColumnShape { declared, nullable, default, comment })
    });
    let constraints = stored.constraints.into_iter().map(|(name, definition)| match name {
        Some(name) => (ConstraintName::Named(naming.name(&name)), definition),
        None => (ConstraintName::Unnamed(definition.clone()), definition),
    });
    let indexes = stored.indexes.into_iter().map(|(name, definition)| (naming.name(&name), definition));
    let shape = TableShape {
        columns: columns.collect(),
        constraints: constraints.collect(),
        indexes: indexes.collect(),
        options: stored.options,
        comment: stored.comment,
    };
    Some((shape, stored.path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_comes_back_as_it_was() {
        let name = |spelled: &str| Naming::AnyCase.name(spelled);
        let column = ColumnShape {
            declared: "TEXT COLLATE NOCASE".into(),
            nullable: true,
            default: Some("'it''s \"so\"'".into()),
            comment: Some("a\nb".into()),
        };
        let shape = TableShape {
            columns: [(name("Größe"), column), (name("b"), ColumnShape::default())].into(),
            constraints: [
                (ConstraintName::Named(name("A_Check")), "CHECK (b > 0)".to_owned()),
                (ConstraintName::Unnamed("UNIQUE (b)".into()), "UNIQUE (b)".to_owned()),
            ]
            .into(),
            indexes: [(name("i"), "(b DESC)".to_owned())].into(),
            options: "STRICT".into(),
            comment: None,
        };
        let (again, path) = read(Naming::AnyCase, &write(&shape, "public, \"My\"")).unwrap();
        assert_eq!((&again, path.as_str()), (&shape, "public, \"My\""));
        assert_eq!(again.columns.keys().map(|name| name.spelled()).collect::<Vec<_>>(), ["b", "Größe"]);
        assert_eq!(read(Naming::AnyCase, "{}"), None);
    }
}
