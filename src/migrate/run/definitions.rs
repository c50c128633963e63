//! Whether a definition is still the same after names have changed. Pure.

use super::touched::Touched;
use crate::dialect::name::Name;
use crate::schema::words::{pieces, Piece};

/// Whether a definition of a table, as the database writes it, is `after` once its names are what they have become.
pub fn is_same(touched: &Touched, table_before: &Name, before: &str, after: &str) -> bool {
    let (before, after) = (pieces(before), pieces(after));
    let mut names = Names { touched, own: table_before, target: Target::None };
    before.len() == after.len()
        && before.iter().zip(&after).enumerate().all(|(at, (old, new))| {
            let qualifies = before.get(at + 1) == Some(&Piece::Other("."));
            names.are_same(old, new, qualifies)
        })
}

/// How far the definition has been read: behind REFERENCES its columns are those of another table.
struct Names<'a> {
    touched: &'a Touched,
    /// The name before of the table to which the definition belongs.
    own: &'a Name,
    target: Target,
}

enum Target {
    /// No foreign key has been read, or all of it.
    None,
    /// The next name is that of the table.
    Expected,
    /// The name before of the table, whose columns follow.
    Table(Name),
}

impl Names<'_> {
    fn are_same(&mut self, old: &Piece<'_>, new: &Piece<'_>, qualifies: bool) -> bool {
        let Piece::Name { name, written, column } = old else {
            match (old, &self.target) {
                (Piece::Other("REFERENCES"), _) => self.target = Target::Expected,
                (Piece::Other(")"), Target::Table(_)) => self.target = Target::None,
                _ => {}
            }
            return old == new;
        };
        let Piece::Name { name: now, written: now_written, .. } = new else { return false };
        let naming = self.touched.naming();
        let (name, now) = (naming.name(name), naming.name(now));
        // A name that no operation renames stays as it is written: it may be a text between double
        // quotes.
        let stays = written == now_written;
        let renamed = |becomes: Option<Name>| match becomes {
            Some(becomes) if becomes != name => becomes == now,
            _ => stays,
        };
        match &self.target {
            // Of a table in another schema only the name is known.
            Target::Expected if qualifies => stays,
            Target::Expected => {
                let same = renamed(self.touched.table_after(&name));
                self.target = Target::Table(name);
                same
            }
            Target::Table(target) => renamed(Some(self.touched.column_after(target, &name).clone())),
            Target::None => {
                let as_column = renamed(Some(self.touched.column_after(self.own, &name).clone()));
                as_column || !column && (stays || qualifies && renamed(self.touched.table_after(&name)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::name::Naming;
    use crate::diff::Operation;
    use crate::schema::Schema;

    fn touched(naming: Naming) -> Touched {
        let column = |table: &str, from: &str, to: &str| Operation::RenameColumn {
            table: table.into(),
            from: from.into(),
            to: to.into(),
        };
        let operations = [
            Operation::RenameTable { from: "People".into(), to: "select".into() },
            column("select", "Name", "two words"),
            column("select", "a", "between"),
            column("select", "b", "a"),
            column("select", "between", "b"),
            column("select", "text", "body"),
            column("pets", "id", "key"),
        ];
        Touched::of(naming, &Schema::default(), &operations)
    }

    fn same(naming: Naming, before: &str, after: &str) -> bool {
        is_same(&touched(naming), &naming.name("People"), before, after)
    }

    #[test]
    fn names_follow_their_renames() {
        for (before, after) in [
            ("CHECK (name <> 'name')", "CHECK (\"two words\" <> 'name')"),
            ("UNIQUE (a, b)", "UNIQUE (b, a)"),
            ("CHECK (people.a > 0)", "CHECK (\"select\".b > 0)"),
            ("FOREIGN KEY (a) REFERENCES pets (id)", "FOREIGN KEY (b) REFERENCES pets (\"key\")"),
            (
                "FOREIGN KEY (a) REFERENCES people (b) ON DELETE SET NULL",
                "FOREIGN KEY (b) REFERENCES \"select\" (a) ON DELETE SET NULL",
            ),
            ("INTEGER GENERATED ALWAYS AS (a + id) VIRTUAL", "INTEGER GENERATED ALWAYS AS (b + id) VIRTUAL"),
        ] {
            assert!(same(Naming::AnyCase, before, after), "{before} and {after}");
            assert!(!same(Naming::AnyCase, before, before), "{before}");
        }
        for (before, after) in [
            ("CHECK ((text <> ''::text))", "CHECK ((body <> ''::text))"),
            ("CHECK ((\"Name\" <> ''::text))", "CHECK ((\"two words\" <> ''::text))"),
            ("(lower(text) text_pattern_ops DESC) WHERE (a > 0)", "(lower(body) text_pattern_ops DESC) WHERE (b > 0)"),
            ("FOREIGN KEY (a) REFERENCES \"People\"(b)", "FOREIGN KEY (b) REFERENCES \"select\"(a)"),
        ] {
            assert!(same(Naming::Exact, before, after), "{before} and {after}");
            assert!(!same(Naming::Exact, before, before), "{before}");
        }
    }

    #[test]
    fn what_no_operation_renames_stays() {
        for definition in [
            "CHECK (\"x\" <> 'X')",
            "UNIQUE (id)",
            "FOREIGN KEY (id) REFERENCES other.people (a)",
            "timestamp with time zone",
            "unreadable: CREATE INDEX i NEWFANGLED",
        ] {
            assert!(same(Naming::Exact, definition, definition), "{definition}");
        }
        // PostgreSQL's `name` is not `Name`.
        assert!(same(Naming::Exact, "UNIQUE (name)", "UNIQUE (name)"));
        assert!(!same(Naming::AnyCase, "CHECK (\"x\" <> a)", "CHECK (\"X\" <> b)"));
        assert!(!same(Naming::AnyCase, "UNIQUE (id)", "UNIQUE (id, a)"));
    }
}
