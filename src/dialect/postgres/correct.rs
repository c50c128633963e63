//! Corrections as PostgreSQL's statements.

use crate::dialect::correction::{common, Correction};
use crate::dialect::quote;

/// See `Definitions::correct`.
pub(super) fn correct(table: &str, correction: &Correction<'_>) -> Option<String> {
    let alter = |change: String| format!("ALTER TABLE {} {change}", quote(table));
    let column = |name: &str, change: String| alter(format!("ALTER COLUMN {} {change}", quote(name)));
    Some(match *correction {
        Correction::SetType(name, declared, using) => {
            let using = using.map(|sql| format!(" USING {sql}")).unwrap_or_default();
            column(name, format!("TYPE {declared}{using}"))
        }
        Correction::SetIdentity(name, Some(words)) => column(name, format!("ADD {words}")),
        Correction::SetIdentity(name, None) => column(name, "DROP IDENTITY".into()),
        Correction::SetNullable(name, true) => column(name, "DROP NOT NULL".into()),
        Correction::SetNullable(name, false) => column(name, "SET NOT NULL".into()),
        Correction::SetDefault(name, Some(sql)) => column(name, format!("SET DEFAULT {sql}")),
        Correction::SetDefault(name, None) => column(name, "DROP DEFAULT".into()),
        Correction::AddConstraint(name, definition) => alter(format!("ADD CONSTRAINT {} {definition}", quote(name))),
        Correction::DropConstraint(name) => alter(format!("DROP CONSTRAINT {}", quote(name))),
        Correction::RenameConstraint(from, to) => alter(format!("RENAME CONSTRAINT {} TO {}", quote(from), quote(to))),
        Correction::ValidateConstraint(name) => alter(format!("VALIDATE CONSTRAINT {}", quote(name))),
        Correction::RenameIndex(from, to) => format!("ALTER INDEX {} RENAME TO {}", quote(from), quote(to)),
        Correction::SetComment(of, comment) => {
            let text = comment.map_or("NULL".to_owned(), super::ddl::text_literal);
            match of {
                Some(name) => format!("COMMENT ON COLUMN {}.{} IS {text}", quote(table), quote(name)),
                None => format!("COMMENT ON TABLE {} IS {text}", quote(table)),
            }
        }
        Correction::MoveSequence(name) => format!(
            "SELECT setval(pg_get_serial_sequence({}, {}), (SELECT max({}) FROM {}))",
            super::ddl::text_literal(&quote(table)),
            super::ddl::text_literal(name),
            quote(name),
            quote(table)
        ),
        ref other => return common(table, other),
    })
}
