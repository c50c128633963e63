//! Columns that come back when a revision is reverted, and about whose rows only a person can say what they get: what the
//! proof gives them is refused by a constraint.

use super::trace::Trace;
use crate::dialect::quote;
use crate::diff::{kind_words, Operation, Question};
use crate::error::{Code, Error};
use crate::schema::expression::mentions;
use crate::schema::names::kind_check_name;
use crate::schema::{Column, IndexKey, Kind, Schema, Table};

/// Columns that come back without a decision.
pub(super) struct Undecided {
    /// Their table, by its name before the revision.
    pub table: String,
    /// The same after it, by which choices name it.
    pub now: String,
    /// The columns, by their names before.
    pub columns: Vec<String>,
}

impl Undecided {
    /// The failure of the proof, as one that a decision mends.
    pub fn asks(self, failed: Error, constraint: Option<String>) -> Error {
        let Undecided { table, now, columns } = self;
        let flags: Vec<String> = columns.iter().map(|name| format!("--backfill \"{now}.{name}=value\"")).collect();
        let hint = format!(
            "Choose the value of rows in a column that comes back: {}; or edit the down script.",
            flags.join(", ")
        );
        let asked = failed.recoded(Code::DecisionRequired).columns(columns).table(table).hint(hint);
        Error { constraint, ..asked }
    }
}

/// Those that a refusal is about.
pub(super) fn refused(from: &Schema, operations: &[Operation], error: &Error) -> Option<Undecided> {
    let refusal = matches!(
        error.code,
        Code::CheckViolation
            | Code::UniqueViolation
            | Code::ForeignKeyViolation
            | Code::NotNullViolation
            | Code::RowsRefused
    );
    let trace = Trace::of(from, operations);
    from.tables.iter().filter(|_| refusal).find_map(|table| {
        let concerned = concerned(table, error);
        let now = trace.before(&table.name)?;
        let undecided = |name: &String| {
            let column = table.column(name).filter(|column| !matches!(column.kind, Kind::Id | Kind::BigId));
            column.is_some() && concerned.contains(name) && now.is_undecided(name)
        };
        let columns: Vec<String> = table.columns.iter().map(|column| column.name.clone()).filter(undecided).collect();
        (!columns.is_empty()).then(|| Undecided { table: table.name.clone(), now: now.to.clone(), columns })
    })
}

/// The columns of a table that a refusal is about.
fn concerned(table: &Table, error: &Error) -> Vec<String> {
    let mut found = Vec::new();
    if let Some(constraint) = error.constraint.as_deref() {
        let of_checks = table.checks.iter().filter(|check| check.name == constraint);
        let mut mention = |sql: &str| {
            let mentioned = table.columns.iter().filter(|column| mentions(sql, &column.name));
            found.extend(mentioned.map(|column| column.name.clone()));
        };
        of_checks.for_each(|check| mention(&check.sql));
        for part in table.indexes.iter().filter(|index| index.name == constraint).flat_map(|index| &index.parts) {
            match &part.key {
                IndexKey::Column(name) => mention(&quote(name)),
                IndexKey::Expression(sql) => mention(sql),
            }
        }
        let of_kinds =
            table.columns.iter().filter(|column| kind_check_name(&table.name, column).as_deref() == Some(constraint));
        found.extend(of_kinds.map(|column| column.name.clone()));
        found.extend(table.uniques.iter().filter(|it| it.name == constraint).flat_map(|it| it.columns.clone()));
        found.extend(table.foreign_keys.iter().filter(|it| it.name == constraint).flat_map(|it| it.columns.clone()));
    }
    if error.table.as_deref() == Some(&table.name) {
        found.extend(error.columns.iter().cloned());
        // SQLite does not say which key.
        if error.columns.is_empty() && matches!(error.code, Code::ForeignKeyViolation | Code::RowsRefused) {
            found.extend(table.foreign_keys.iter().flat_map(|key| key.columns.clone()));
        }
    }
    found
}

/// What to ask where a proof ended with `DecisionRequired`.
pub fn questions(from: &Schema, operations: &[Operation], error: &Error) -> Vec<Question> {
    let trace = Trace::of(from, operations);
    let table = error.table.as_ref().and_then(|name| from.table(name).zip(trace.before(name)));
    let Some((before, now)) = table else { return Vec::new() };
    let columns = error.columns.iter().filter_map(|name| before.column(name));
    let question = |column: &Column| Question::Restore {
        table: now.to.clone(),
        column: column.name.clone(),
        kind: kind_words(&column.kind),
    };
    columns.map(question).collect()
}
