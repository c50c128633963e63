//! The error for an unknown parameter of a database URL, with the parameter that may have been meant.

/// The message and the hint for a parameter that is none of `known`. `of` names whose they are: `a SQLite URL`.
///
/// What does not look like a name is not repeated: it may be the rest of a password.
pub fn unknown_parameter(name: &str, known: &[&str], of: &str) -> (String, String) {
    let is_name = name.len() <= 40 && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    let message = match is_name && !name.is_empty() {
        true => format!("The database URL has a parameter `{name}`, which is unknown."),
        false => "The database URL has a parameter that is unknown.".into(),
    };
    let meant = nearest(name, known).map(|meant| format!("Did you mean {meant}? ")).unwrap_or_default();
    (message, format!("{meant}The parameters of {of} are: {}.", known.join(", ")))
}

/// The name that differs in case alone, or in a quarter of its letters at most.
fn nearest<'a>(given: &str, known: &[&'a str]) -> Option<&'a str> {
    let given = given.to_ascii_lowercase();
    let near = known.iter().map(|name| (edits(&given, &name.to_ascii_lowercase()), *name));
    let (least, name) = near.min_by_key(|(edits, _)| *edits)?;
    (least <= (given.len() / 4).clamp(1, 3)).then_some(name)
}

/// Letters inserted, deleted, changed or swapped with their neighbour to get from one text to the other.
fn edits(from: &str, to: &str) -> usize {
    let (from, to) = (from.as_bytes(), to.as_bytes());
    let mut rows: Vec<Vec<usize>> = vec![(0..=to.len()).collect()];
    for i in 1..=from.len() {
        let mut row = vec![i];
        for j in 1..=to.len() {
            let changed = rows[i - 1][j - 1] + usize::from(from[i - 1] != to[j - 1]);
            let swapped = match i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1] {
                true => rows[i - 2][j - 2] + 1,
                false => changed,
            };
            row.push(changed.min(swapped).min(rows[i - 1][j] + 1).min(row[j - 1] + 1));
        }
        rows.push(row);
    }
    rows[from.len()][to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_what_was_meant() {
        let hint = |name| unknown_parameter(name, &["create", "immutable", "sslmode"], "a URL").1;
        for (given, meant) in
            [("craete", "create"), ("CREATE", "create"), ("imutable", "immutable"), ("sslmod", "sslmode")]
        {
            assert!(
                hint(given).starts_with(&format!("Did you mean {meant}? The parameters of a URL are: create")),
                "{given}"
            );
        }
        for other in ["timeout", "x", "", "check_same_thread"] {
            assert!(hint(other).starts_with("The parameters"), "{other}");
        }
    }

    #[test]
    fn repeats_names_alone() {
        let message = |name| unknown_parameter(name, &["create"], "a URL").0;
        assert!(message("cache_size").contains("`cache_size`"));
        for secret in ["se cret", "s@cret", "", &"s".repeat(41)] {
            assert_eq!(message(secret), "The database URL has a parameter that is unknown.");
        }
    }
}
