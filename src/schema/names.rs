//! Names: the rules of a name, and the default names of constraints and indexes.

use super::{Column, Kind, MAX_NAME};

/// Beginnings that belong to somebody else: our own tables, SQLite's and Diesel's.
const RESERVED: [&str; 3] = ["plinth_", "sqlite_", "__diesel"];

/// The default name of a constraint or an index: `<table>_<columns>_<suffix>`, cut to 63 bytes.
///
/// A longer name keeps its beginning and its suffix, with a hash of the whole between them, so that two long
/// names that begin alike stay two. The answer is part of the format: it never changes.
pub fn default_name<S: AsRef<str>>(table: &str, columns: &[S], suffix: &str) -> String {
    let mut stem = table.to_owned();
    for column in columns {
        stem.push('_');
        stem.push_str(column.as_ref());
    }
    let whole = format!("{stem}_{suffix}");
    if whole.len() <= MAX_NAME {
        return whole;
    }
    let tail = format!("_{:08x}_{suffix}", fnv1a(&whole));
    let mut end = MAX_NAME - tail.len();
    while !stem.is_char_boundary(end) {
        end -= 1;
    }
    stem.truncate(end);
    stem + &tail
}

/// The name of a table's primary key.
pub fn primary_key_name(table: &str) -> String {
    default_name::<&str>(table, &[], "pkey")
}

/// The name of the CHECK that a column's kind brings with it on some database, or None if it brings
/// none.
///
/// Only the CHECK of an enum is called plainly `..._check`: the others leave that name to the user's own.
pub fn kind_check_name(table: &str, column: &Column) -> Option<String> {
    let suffix = match column.kind {
        Kind::Enum { .. } => "check",
        Kind::Text { max: Some(_) } => "length_check",
        Kind::Boolean => "boolean_check",
        Kind::Json => "json_check",
        _ => return None,
    };
    Some(default_name(table, &[&column.name], suffix))
}

/// What is wrong with a name in the database, as the end of a sentence that begins with the name.
pub fn fault(name: &str) -> Option<String> {
    if name.is_empty() {
        return Some("is empty".into());
    }
    if name.contains('\0') {
        return Some("holds a NUL character".into());
    }
    if name.len() > MAX_NAME {
        return Some(format!("has {} bytes, and {MAX_NAME} is the most that PostgreSQL keeps", name.len()));
    }
    let folded = fold(name);
    let reserved = RESERVED.iter().find(|start| folded.starts_with(*start))?;
    Some(format!("begins with `{reserved}`, which is reserved"))
}

/// The form in which SQLite compares two names: ASCII letters in any case are the same.
pub fn fold(name: &str) -> String {
    name.to_ascii_lowercase()
}

/// camelCase to snake_case: `organizationId` -> `organization_id`, `HTMLBody` -> `html_body`, `oauth2Token` -> `oauth2_token`.
pub fn snake_case(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut snake = String::with_capacity(name.len() + 4);
    for (i, letter) in letters.iter().enumerate() {
        if letter.is_uppercase() {
            let before = i.checked_sub(1).map(|before| letters[before]);
            let starts_word = before.is_some_and(|before| before.is_lowercase() || before.is_numeric());
            let ends_acronym =
                before.is_some_and(char::is_uppercase) && letters.get(i + 1).is_some_and(|next| next.is_lowercase());
            if starts_word || ends_acronym {
                snake.push('_');
            }
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}

/// FNV-1a, folded to 32 bits: a hash whose definition will not change under us.
fn fnv1a(text: &str) -> u32 {
    let hash = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    (hash ^ (hash >> 32)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_names() {
        assert_eq!(default_name("users", &["email"], "key"), "users_email_key");
        assert_eq!(
            default_name("items", &["organization_id", "created_at"], "idx"),
            "items_organization_id_created_at_idx"
        );
        assert_eq!(primary_key_name("users"), "users_pkey");
    }

    #[test]
    fn long_names_are_cut_and_stay_apart() {
        let table = "a".repeat(40);
        let one = default_name(&table, &["b".repeat(40) + "x"], "fkey");
        let other = default_name(&table, &["b".repeat(40) + "y"], "fkey");
        assert_eq!(one.len(), MAX_NAME);
        assert!(one.ends_with("_fkey"));
        assert_ne!(one, other);
        let wide = default_name(&"é".repeat(40), &["x"], "idx");
        assert!(wide.len() <= MAX_NAME && wide.ends_with("_idx"));
    }

    #[test]
    fn the_hash_never_changes() {
        assert_eq!(fnv1a(""), 0xcbf2_9ce4 ^ 0x8422_2325);
        assert_eq!(
            default_name(&"t".repeat(63), &["c"], "idx"),
            format!("{}_{:08x}_idx", "t".repeat(50), fnv1a(&format!("{}_c_idx", "t".repeat(63))))
        );
    }

    #[test]
    fn snake() {
        for (camel, snake) in [
            ("organizationId", "organization_id"),
            ("createdAt", "created_at"),
            ("HTMLBody", "html_body"),
            ("oauth2Token", "oauth2_token"),
            ("id", "id"),
            ("already_snake", "already_snake"),
        ] {
            assert_eq!(snake_case(camel), snake);
        }
    }

    #[test]
    fn faults() {
        assert_eq!(fault("users"), None);
        assert_eq!(fault(&"é".repeat(31)), None);
        for name in ["", "a\0b", &"é".repeat(32), "plinth_x", "SQLite_x", "__diesel_y"] {
            assert!(fault(name).is_some(), "{name:?}");
        }
    }
}
