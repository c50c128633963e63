//! The canonical definitions of indexes and constraints, taken apart as far as models can say them. Pure.

use crate::dialect::name::{Name, Naming};
use crate::schema::names::default_name;

/// The mark behind an index that its server began to build and did not finish.
const INVALID: &str = " INVALID";
/// The mark behind a constraint that does not hold for older rows.
const NOT_VALID: &str = " NOT VALID";

/// The definition without `INVALID`, and whether it had that.
pub(super) fn valid_index(definition: &str) -> (&str, bool) {
    marked(definition, INVALID)
}

/// The definition without `NOT VALID`, and whether it had that.
pub(super) fn valid_constraint(definition: &str) -> (&str, bool) {
    marked(definition, NOT_VALID)
}

fn marked<'a>(definition: &'a str, mark: &str) -> (&'a str, bool) {
    definition.strip_suffix(mark).map_or((definition, false), |rest| (rest, true))
}

/// Which kind of constraint has this definition, as findings name it.
pub fn kind(definition: &str) -> &'static str {
    let kinds =
        [("PRIMARY KEY", "primary key"), ("UNIQUE", "unique"), ("CHECK", "check"), ("FOREIGN KEY", "foreign key")];
    kinds.iter().find(|(begin, _)| definition.starts_with(begin)).map_or("constraint", |(_, kind)| kind)
}

/// An index, as far as a model declares one.
#[derive(Debug, PartialEq)]
pub struct IndexParts<'a> {
    /// Whether no two rows may be alike.
    pub unique: bool,
    /// Its parts, as they are written.
    pub parts: Vec<&'a str>,
    /// The condition of its rows.
    pub filter: Option<&'a str>,
}

/// Takes an index apart; `None` if it has a method of its own, or anything else that no model says.
pub fn index_parts(definition: &str) -> Option<IndexParts<'_>> {
    let (definition, _) = valid_index(definition);
    let (unique, rest) = definition.strip_prefix("UNIQUE ").map_or((false, definition), |rest| (true, rest));
    let (parts, rest) = list(rest)?;
    let filter = match rest {
        "" => None,
        rest => Some(rest.strip_prefix(" WHERE ")?),
    };
    Some(IndexParts { unique, parts, filter })
}

/// The column that a part of an index orders by, and whether it does so downward; none for an expression.
pub fn column_part(part: &str) -> Option<(String, bool)> {
    let part = part.strip_suffix(" NULLS FIRST").or(part.strip_suffix(" NULLS LAST")).unwrap_or(part);
    let (name, desc) = part.strip_suffix(" DESC").map_or((part, false), |name| (name, true));
    Some((identifier(name)?, desc))
}

/// The value that a part of an index orders by.
pub(super) fn value_part(part: &str) -> &str {
    let part = part.strip_suffix(" NULLS FIRST").or(part.strip_suffix(" NULLS LAST")).unwrap_or(part);
    part.strip_suffix(" DESC").unwrap_or(part)
}

/// A foreign key, taken apart as far as rows can violate it.
#[derive(Debug, PartialEq)]
pub struct ForeignKeyParts {
    /// Its columns.
    pub columns: Vec<String>,
    /// The table that it references.
    pub parent: String,
    /// The columns that it references.
    pub references: Vec<String>,
}

/// Takes a foreign key apart; `None` if its table is in another schema.
pub fn foreign_key_parts(definition: &str) -> Option<ForeignKeyParts> {
    let (columns_of_key, rest) = columns(definition.strip_prefix("FOREIGN KEY ")?)?;
    let rest = rest.strip_prefix(" REFERENCES ")?;
    let mut is_quoted = false;
    let at = rest.find(|letter: char| {
        is_quoted ^= letter == '"';
        letter == '(' && !is_quoted
    })?;
    let (references, _) = columns(&rest[at..])?;
    Some(ForeignKeyParts { columns: columns_of_key, parent: identifier(rest[..at].trim_end())?, references })
}

/// The columns of a primary key.
pub fn key_columns(definition: &str) -> Option<Vec<String>> {
    let (items, _) = list(&definition[definition.find('(')?..])?;
    items.into_iter().map(|item| Some(column_part(item)?.0)).collect()
}

/// Whether an index of this table is named as models name one that has these parts.
pub(super) fn is_named_as_ours(naming: Naming, table: &Name, index: &Name, definition: &str) -> bool {
    index_parts(definition).is_some_and(|parts| naming.name(&index_name(table.spelled(), &parts)) == *index)
}

/// The name that models give an index.
pub(super) fn index_name(table: &str, index: &IndexParts<'_>) -> String {
    let part = |part: &&str| column_part(part).map_or("expr".to_owned(), |(name, _)| name);
    default_name(table, &index.parts.iter().map(part).collect::<Vec<_>>(), "idx")
}

/// The columns of a list in brackets, such as `(a, "B")`, and what stands behind it; `None` if not all are columns.
pub fn columns(text: &str) -> Option<(Vec<String>, &str)> {
    let (items, rest) = list(text)?;
    Some((items.into_iter().map(identifier).collect::<Option<_>>()?, rest))
}

/// The items of a list in brackets, and what stands behind it.
fn list(text: &str) -> Option<(Vec<&str>, &str)> {
    let inner = text.strip_prefix('(')?;
    let (mut items, mut depth, mut quote, mut start) = (Vec::new(), 0, None, 0);
    for (at, letter) in inner.char_indices() {
        match (quote, letter) {
            // A doubled quote closes and opens again.
            (Some(open), letter) if letter == open => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(letter),
            (None, '(') => depth += 1,
            (None, ')') if depth == 0 => {
                items.push(inner[start..at].trim());
                return Some((items, &inner[at + 1..]));
            }
            (None, ')') => depth -= 1,
            (None, ',') if depth == 0 => {
                items.push(inner[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    None
}

/// The name that is written like this; `None` if it is more than a name.
pub(super) fn identifier(written: &str) -> Option<String> {
    let quoted = |inner: &str| !inner.replace("\"\"", "").contains('"');
    if let Some(inner) = written.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        return quoted(inner).then(|| inner.replace("\"\"", "\""));
    }
    let is_plain = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == '$';
    (!written.is_empty() && written.chars().all(is_plain) && !written.starts_with(|c: char| c.is_ascii_digit()))
        .then(|| written.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indexes_are_taken_apart() {
        let index = index_parts("UNIQUE (a, \"B,\" DESC NULLS LAST, lower((c)::text)) WHERE (a > ')'::text) INVALID");
        let index = index.unwrap();
        assert_eq!(index.parts, ["a", "\"B,\" DESC NULLS LAST", "lower((c)::text)"]);
        assert!(index.unique);
        assert_eq!(index.filter, Some("(a > ')'::text)"));
        assert_eq!(column_part(index.parts[1]), Some(("B,".into(), true)));
        assert_eq!(column_part(index.parts[2]), None);
        assert_eq!(index_name("t", &index), "t_a_B,_expr_idx");
        assert_eq!(index_parts("USING gin (a)"), None);
        assert_eq!(index_parts("(a) INCLUDE (b)"), None);
    }

    #[test]
    fn an_index_is_ours_by_the_name_that_models_give_it() {
        let named = |naming: Naming, index: &str, definition: &str| {
            is_named_as_ours(naming, &naming.name("users"), &naming.name(index), definition)
        };
        assert!(named(Naming::Exact, "users_name_idx", "(name DESC)"));
        assert!(named(Naming::AnyCase, "USERS_NAME_IDX", "(name)"));
        assert!(!named(Naming::Exact, "users_name_idx", "(email)"));
        assert!(!named(Naming::Exact, "by_hand", "(name)"));
    }

    #[test]
    fn keys_are_taken_apart() {
        let key =
            foreign_key_parts("FOREIGN KEY (a, \"B\") REFERENCES \"odd (one)\"(id, \"C\") ON DELETE CASCADE").unwrap();
        assert_eq!((key.columns, key.parent.as_str()), (vec!["a".into(), "B".into()], "odd (one)"));
        assert_eq!(key.references, ["id", "C"]);
        assert_eq!(foreign_key_parts("FOREIGN KEY (a) REFERENCES other.teams(id)"), None);
        assert_eq!(foreign_key_parts("FOREIGN KEY (a) REFERENCES teams (id)").unwrap().parent, "teams");
        assert_eq!(key_columns("PRIMARY KEY (a, \"B\" DESC) AUTOINCREMENT"), Some(vec!["a".into(), "B".into()]));
        assert_eq!(value_part("lower(a) DESC NULLS LAST"), "lower(a)");
    }

    #[test]
    fn constraints_have_a_kind() {
        assert_eq!(kind("PRIMARY KEY (id)"), "primary key");
        assert_eq!(kind("EXCLUDE USING gist (a WITH &&)"), "constraint");
        assert_eq!(valid_constraint("CHECK (a) NOT VALID"), ("CHECK (a)", true));
    }
}
