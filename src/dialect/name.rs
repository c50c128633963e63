//! Names as a database compares them: two spellings that a database takes for one name are one name here.

use crate::schema::names::fold;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

/// How a database compares the names of tables, columns, constraints and indexes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Naming {
    /// ASCII letters in any case are the same, all other letters are not: SQLite.
    AnyCase,
    /// To the letter: PostgreSQL.
    Exact,
}

/// A name: equal to another if the database takes both for the same, shown as it was spelled.
///
/// It cannot be compared with text, nor looked up by text: only a `Naming` knows which texts are one name.
#[derive(Clone)]
pub struct Name {
    spelled: String,
    /// What is compared.
    folded: String,
}

impl Naming {
    /// The name that is spelled like this.
    pub fn name(self, spelled: &str) -> Name {
        let folded = match self {
            Naming::AnyCase => fold(spelled),
            Naming::Exact => spelled.to_owned(),
        };
        Name { spelled: spelled.to_owned(), folded }
    }

    /// The names that are spelled like these.
    pub fn names<S: AsRef<str>>(self, spelled: &[S]) -> Vec<Name> {
        spelled.iter().map(|one| self.name(one.as_ref())).collect()
    }

    /// Whether both spell the same name.
    pub fn same(self, one: &str, other: &str) -> bool {
        match self {
            Naming::AnyCase => one.eq_ignore_ascii_case(other),
            Naming::Exact => one == other,
        }
    }
}

impl Name {
    /// How it was spelled: for SQL and for messages, never to be compared.
    pub fn spelled(&self) -> &str {
        &self.spelled
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.folded == other.folded
    }
}

impl Eq for Name {}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Name {
    fn cmp(&self, other: &Self) -> Ordering {
        self.folded.cmp(&other.folded)
    }
}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.folded.hash(state);
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.spelled)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.spelled, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn sqlite_folds_ascii_letters_and_no_others() {
        let name = |spelled| Naming::AnyCase.name(spelled);
        assert_eq!(name("People"), name("pEOPLE"));
        assert_eq!(name("GRÖSSE"), name("grÖsse"));
        for (one, other) in [("GRÖSSE", "größe"), ("Ö", "ö"), ("İ", "i"), ("\u{212a}", "k"), ("ſ", "s"), ("a", "a ")]
        {
            assert_ne!(name(one), name(other), "{one} and {other}");
            assert!(!Naming::AnyCase.same(one, other));
        }
    }

    #[test]
    fn postgres_compares_to_the_letter() {
        assert_ne!(Naming::Exact.name("People"), Naming::Exact.name("people"));
        assert_eq!(Naming::Exact.name("People"), Naming::Exact.name("People"));
    }

    #[test]
    fn what_is_equal_is_one_everywhere_and_keeps_its_spelling() {
        let spellings = ["People", "PEOPLE", "people"].map(|spelled| Naming::AnyCase.name(spelled));
        assert_eq!(spellings.iter().collect::<BTreeSet<_>>().len(), 1);
        assert_eq!(spellings.iter().collect::<std::collections::HashSet<_>>().len(), 1);
        assert_eq!(spellings[0].to_string(), "People");
    }
}
