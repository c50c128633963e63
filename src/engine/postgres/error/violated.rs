//! A server's report of a failure, and the errors of constraints that were violated.

use crate::error::{Code, Error};
use tokio_postgres::error::DbError;

/// A server's report of a failure, beside its SQLSTATE. Of the DETAIL only names are among it: it
/// holds values.
#[derive(Clone, Debug, Default)]
pub(super) struct Fault<'a> {
    /// In the language of the server: it is shown, and never decides anything by its words.
    pub message: &'a str,
    /// The server's own function that reported it: a name that no language changes. None of a pooler's.
    pub routine: Option<&'a str>,
    pub table: Option<&'a str>,
    pub column: Option<&'a str>,
    pub constraint: Option<&'a str>,
    /// The columns of the key concerned.
    pub key: Vec<String>,
    /// The objects that depend on those which a statement would change, by names.
    pub dependents: Option<String>,
}

impl<'a> From<&'a DbError> for Fault<'a> {
    fn from(fault: &'a DbError) -> Self {
        Fault {
            message: fault.message(),
            routine: fault.routine(),
            table: fault.table(),
            column: fault.column(),
            constraint: fault.constraint(),
            key: fault.detail().map(key_columns).unwrap_or_default(),
            dependents: dependents(fault.code().code(), fault.detail()),
        }
    }
}

/// The DETAIL of a statement that is refused since something depends on what it would change: a line for each, without values.
fn dependents(state: &str, detail: Option<&str>) -> Option<String> {
    let is_about_names = matches!(state, "2BP01" | "0A000");
    detail.filter(|_| is_about_names).map(|detail| detail.lines().collect::<Vec<_>>().join("; "))
}

/// The columns of a DETAIL in any language: "Key (tenant, email)=(1, ada@example.com) already
/// exists." None if the key has expressions.
pub(super) fn key_columns(detail: &str) -> Vec<String> {
    let names = detail.split_once(")=(").and_then(|(start, _)| start.split_once('('));
    match names {
        Some((_, names)) if !names.contains(['(', ')', '\'']) => {
            let quoted = |name: &str| Some(name.strip_prefix('"')?.strip_suffix('"')?.replace("\"\"", "\""));
            names.split(", ").map(|name| quoted(name).unwrap_or_else(|| name.to_owned())).collect()
        }
        _ => Vec::new(),
    }
}

/// Names what the server names.
pub(super) fn located(error: Error, fault: &Fault<'_>) -> Error {
    Error { table: fault.table.map(str::to_owned), constraint: fault.constraint.map(str::to_owned), ..error }
}

pub(super) fn unique(fault: &Fault<'_>) -> Error {
    let error = match fault.table {
        Some(table) if !fault.key.is_empty() => Error::unique(table, &fault.key),
        _ => Error::unique_by(fault.constraint.unwrap_or_default()).columns(fault.key.clone()),
    };
    located(error, fault)
}

pub(super) fn not_null(fault: &Fault<'_>) -> Error {
    let column = fault.column.unwrap_or_default();
    let name = fault.table.map_or_else(|| column.to_owned(), |table| format!("{table}.{column}"));
    let columns: Vec<String> = fault.column.map(str::to_owned).into_iter().collect();
    located(Error::new(Code::NotNullViolation, format!("{name} may not be null.")).columns(columns), fault)
}

/// The server names the table with the key, whichever of both tables the statement was about. `points`: whether it took
/// away what the key points to.
pub(super) fn foreign_key(fault: &Fault<'_>, points: bool) -> Error {
    let table = fault.table.unwrap_or_default();
    let error = match points {
        true => Error::still_pointed_to(table, &[]),
        false if fault.key.is_empty() => {
            Error::new(Code::ForeignKeyViolation, "A foreign key references a row that does not exist.")
        }
        false => Error::points_nowhere(table, &fault.key),
    };
    located(error, fault)
}

/// Whether the statement took away what a foreign key points to. The message then names a table more, in whatever language:
/// update or delete on table "users" violates foreign key constraint "tasks_owner_fkey" on table "tasks". Its names are
/// counted by the mark that closes the constraint's.
pub(super) fn points_here(fault: &Fault<'_>) -> bool {
    let (Some(table), Some(constraint)) = (fault.table, fault.constraint) else { return false };
    let Some((before, after)) = fault.message.split_once(constraint) else { return false };
    let Some(close) = after.trim_start().chars().next() else { return false };
    let open = before.trim_end().chars().next_back();
    // Names that are known may hold such a mark themselves.
    let rest = [before.replace(table, ""), after.replace(table, "")].concat();
    let marks = rest.chars().filter(|c| *c == close).count();
    marks / if open == Some(close) { 2 } else { 1 } > 2
}

#[cfg(test)]
mod tests {
    use super::super::sqlstate::from_state;
    use super::*;

    fn of(state: &str, fault: &Fault<'_>) -> Error {
        from_state(state, fault)
    }

    #[test]
    fn violations_say_what_they_violate() {
        let fault = Fault {
            message: "duplicate key value violates unique constraint \"users_email_key\"",
            table: Some("users"),
            constraint: Some("users_email_key"),
            key: key_columns("Key (email, \"createdAt\")=(ada@example.com, secret) already exists."),
            ..Fault::default()
        };
        let error = of("23505", &fault);
        assert_eq!(error.code, Code::UniqueViolation);
        assert_eq!(error.message, "A row of users with the same email, createdAt already exists.");
        assert_eq!(key_columns(r#"Key ("say ""hi""", b)=(1, 2) already exists."#), ["say \"hi\"", "b"]);
        assert_eq!(error.columns, ["email", "createdAt"]);
        assert_eq!(error.constraint.as_deref(), Some("users_email_key"));
        let error = of("23505", &Fault { key: key_columns("Key (lower(email))=(secret) already exists."), ..fault });
        assert_eq!(error.message, "A row with the same values of users_email_key already exists.");

        let error = of("23502", &Fault { table: Some("users"), column: Some("name"), ..Fault::default() });
        assert_eq!((error.code, error.message.as_str()), (Code::NotNullViolation, "users.name may not be null."));
        assert_eq!(error.columns, ["name"]);
        let error = of("23514", &Fault { constraint: Some("users_age_check"), ..Fault::default() });
        assert_eq!(error.message, "A row does not meet the check users_age_check.");
    }

    #[test]
    fn foreign_keys_say_which_side_is_wrong_in_any_language() {
        let of = |message: &str, detail| {
            let fault = Fault {
                message,
                table: Some("tasks"),
                constraint: Some("tasks_owner_id_fkey"),
                key: key_columns(detail),
                ..Fault::default()
            };
            from_state("23503", &fault)
        };
        // The messages of PostgreSQL's own translations; what is marked T is the other table, or the same.
        for (missing, left) in [
            (
                "insert or update on table \"tasks\" violates foreign key constraint \"tasks_owner_id_fkey\"",
                "update or delete on table \"T\" violates foreign key constraint \"tasks_owner_id_fkey\" on table \"tasks\"",
            ),
            (
                "Einfügen oder Aktualisieren in Tabelle »tasks« verletzt Fremdschlüssel-Constraint »tasks_owner_id_fkey«",
                "Aktualisieren oder Löschen in Tabelle »T« verletzt Fremdschlüssel-Constraint »tasks_owner_id_fkey« von Tabelle \
                 »tasks«",
            ),
            (
                "une instruction insert ou update sur la table « tasks » viole la contrainte de clé\nétrangère « \
                 tasks_owner_id_fkey »",
                "UPDATE ou DELETE sur la table « T » viole la contrainte de clé étrangère « tasks_owner_id_fkey » de la table « \
                 tasks »",
            ),
            (
                "テーブル\"tasks\"への挿入、更新は外部キー制約\"tasks_owner_id_fkey\"に違反しています",
                "テーブル\"T\"の更新または削除は、テーブル\"tasks\"の外部キー制約\"tasks_owner_id_fkey\"に違反します",
            ),
            (
                "l'istruzione INSERT o l'UPDATE sulla tabella \"tasks\" viola il vincolo di chiave esterna \"tasks_owner_id_fkey\"",
                "l'istruzione UPDATE o DELETE sulla tabella \"T\" viola il vincolo di chiave esterna \"tasks_owner_id_fkey\" sulla \
                 tabella \"tasks\"",
            ),
        ] {
            let error = of(missing, "Schlüssel (owner_id)=(\"tasks\" »5«) ist nicht in Tabelle »users« vorhanden.");
            assert_eq!(error.message, "tasks.owner_id references a row that does not exist.", "{missing}");
            assert_eq!(error.columns, ["owner_id"]);
            for other in ["users", "tasks"] {
                let message = left.replace('T', other);
                let message = message.replace(&format!("{other}abelle"), "Tabelle");
                let error = of(&message, "Auf Schlüssel (id)=(5) wird noch aus Tabelle »tasks« verwiesen.");
                assert_eq!(error.message, "Rows of tasks still reference it.", "{message}");
                assert!(error.columns.is_empty());
            }
        }
        // RESTRICT has a state of its own.
        let fault = Fault { message: "x", table: Some("tasks"), ..Fault::default() };
        assert_eq!(from_state("23001", &fault).message, "Rows of tasks still reference it.");
    }
}
