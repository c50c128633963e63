//! Expressions over all columns of a table, however many it has. Pure.

/// Joins expressions by an operator. They are nested in halves: SQLite refuses an expression that is more than 1,000 deep, and a
/// plain chain is as deep as it is long.
pub(super) fn joined(parts: &[String], operator: &str) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        _ => {
            let (one, other) = parts.split_at(parts.len() / 2);
            format!("({} {operator} {})", joined(one, operator), joined(other, operator))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_nested() {
        let parts = |n: usize| (1..=n).map(|n| n.to_string()).collect::<Vec<_>>();
        assert_eq!(joined(&parts(0), "+"), "");
        assert_eq!(joined(&parts(1), "+"), "1");
        assert_eq!(joined(&parts(5), "+"), "((1 + 2) + (3 + (4 + 5)))");
    }
}
