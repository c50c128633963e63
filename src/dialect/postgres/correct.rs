//! Corrections as PostgreSQL's statements.

use crate::dialect::correction::{common, Correction};
use crate::dialect::declared::parts;
use crate::dialect::name::Name;
use crate::dialect::quote;
use crate::schema::defaults::MAX_SAFE_INTEGER;

/// The option of a table that is not written to the log of the server.
const UNLOGGED: &str = "UNLOGGED";

/// See `Definitions::correct`.
pub(super) fn correct(table: &str, correction: &Correction) -> Option<String> {
    let alter = |change: String| format!("ALTER TABLE {} {change}", quote(table));
    let column = |name: &Name, change: String| alter(format!("ALTER COLUMN {} {change}", quote(name.spelled())));
    let named = |name: &dyn ToString| quote(&name.to_string());
    Some(match correction {
        Correction::SetType(name, declared, using) => {
            let using = using.as_ref().map(|sql| format!(" USING {sql}")).unwrap_or_default();
            column(name, format!("TYPE {}{using}", plain(declared)))
        }
        // The words never tell JavaScript's end, which a declared identity has.
        Correction::SetIdentity(name, Some(words)) => column(
            name,
            match words.ends_with(')') {
                true => format!("ADD {words}"),
                false => format!("ADD {words} (MAXVALUE {MAX_SAFE_INTEGER})"),
            },
        ),
        Correction::SetIdentity(name, None) => column(name, "DROP IDENTITY".into()),
        Correction::ChangeIdentity(name, was, words) => column(name, changed(was, words)),
        Correction::SetNullable(name, true) => column(name, "DROP NOT NULL".into()),
        Correction::SetNullable(name, false) => column(name, "SET NOT NULL".into()),
        Correction::SetDefault(name, Some(sql)) => column(name, format!("SET DEFAULT {sql}")),
        Correction::SetDefault(name, None) => column(name, "DROP DEFAULT".into()),
        Correction::AddConstraint(name, definition) => alter(format!("ADD CONSTRAINT {} {definition}", named(name))),
        Correction::DropConstraint(name, _) => alter(format!("DROP CONSTRAINT {}", named(name))),
        Correction::RenameConstraint(from, to) => alter(format!("RENAME CONSTRAINT {} TO {}", named(from), named(to))),
        Correction::ValidateConstraint(name, _) => alter(format!("VALIDATE CONSTRAINT {}", named(name))),
        Correction::RenameIndex(from, to) => format!("ALTER INDEX {} RENAME TO {}", named(from), named(to)),
        Correction::SetOptions(from, to) => match (from.as_str(), to.as_str()) {
            (UNLOGGED, "") => alter("SET LOGGED".into()),
            ("", UNLOGGED) => alter("SET UNLOGGED".into()),
            _ => return None,
        },
        Correction::SetComment(of, comment) => {
            let text = comment.as_deref().map_or("NULL".to_owned(), super::ddl::text_literal);
            match of {
                Some(name) => format!("COMMENT ON COLUMN {}.{} IS {text}", quote(table), named(name)),
                None => format!("COMMENT ON TABLE {} IS {text}", quote(table)),
            }
        }
        Correction::MoveSequence(name) => format!(
            "SELECT setval(pg_get_serial_sequence({}, {}), (SELECT max({}) FROM {}))",
            super::ddl::text_literal(&quote(table)),
            super::ddl::text_literal(name.spelled()),
            quote(name.spelled()),
            quote(table)
        ),
        other => return common(table, other),
    })
}

/// The statement that gives an identity other words. Options that the words leave out are as a new
/// one has them. Its end stays unless the words set it; if only those until now do, it ends at the
/// last of JavaScript's numbers.
fn changed(was: &str, words: &str) -> String {
    let (kind, options) = words.split_once(" AS IDENTITY").unwrap_or((words, ""));
    let option = |name: &str| {
        let mut rest = options.split([' ', '(', ')']).skip_while(|word| *word != name).skip(1);
        rest.find(|word| *word != "BY").map(str::to_owned)
    };
    let step = option("INCREMENT").unwrap_or_else(|| "1".into());
    let least = option("MINVALUE").map_or("NO MINVALUE".to_owned(), |value| format!("MINVALUE {value}"));
    let most = match (option("MAXVALUE"), step.starts_with('-')) {
        (Some(value), _) => format!(" SET MAXVALUE {value}"),
        (None, _) if !was.contains("MAXVALUE") => String::new(),
        (None, true) => " SET NO MAXVALUE".into(),
        (None, false) => format!(" SET MAXVALUE {MAX_SAFE_INTEGER}"),
    };
    let cycle = if options.contains("CYCLE") { "CYCLE" } else { "NO CYCLE" };
    format!("SET {kind} SET INCREMENT BY {step} SET {least}{most} SET {cycle}")
}

/// A declared type without what no ALTER COLUMN TYPE says.
fn plain(declared: &str) -> String {
    let parts = parts(declared);
    let words = [Some(parts.base), parts.collation.map(|_| "COLLATE"), parts.collation];
    words.into_iter().flatten().collect::<Vec<_>>().join(" ")
}
