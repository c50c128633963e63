//! Rows that keep a step from being done, as an error that names them. They are found in the tables as they are half-way.

use crate::dialect::postgres::unfinished_index::{rule, Checked, Rule};
use crate::dialect::quote;
use crate::error::{Code, Error};
use crate::migrate::run::conditions::{orphaned, repeated, PARENT};
use crate::migrate::run::refusal::{key_of, listed, refusal, KEYS};
use crate::migrate::steps::step::Step;
use crate::schema::expression::mentions;
use crate::schema::Table;
use crate::sql::unquoted;
use crate::statement::{Execute, Statement};
use crate::value::Value;

/// The beginning of the names of the checks that stand for NOT NULL.
const NOT_NULL: &str = "plinth_not_null_";

/// The error that names the rows for which a statement of a step failed; `None` if it did not fail because of rows, or they are
/// not found.
pub(super) fn explain(connection: &mut dyn Execute, step: &Step, statement: &str, failure: &Error) -> Option<Error> {
    use Code::{CheckViolation, ForeignKeyViolation, NotNullViolation, UniqueViolation};
    if !matches!(failure.code, UniqueViolation | CheckViolation | ForeignKeyViolation | NotNullViolation) {
        return None;
    }
    let checked = Checked::of(statement)?;
    let (Checked::Index { name, table } | Checked::Constraint { name, table }) = &checked;
    let rule = rule(connection, &checked).ok()??;
    let declared = table_of(step, table)?;
    let suspicion = suspicion(&rule, name, declared);
    let error = ask(connection, declared, &suspicion)?;
    Some(error.constraint(name.as_str()))
}

/// A table by the name that it has half-way.
pub(super) fn table_of<'s>(step: &'s Step, name: &str) -> Option<&'s Table> {
    step.to.table(name).or_else(|| step.from.table(name))
}

/// A condition that no row may meet.
struct Suspicion {
    columns: Vec<String>,
    condition: String,
    what: String,
    hint: &'static str,
}

fn suspicion(rule: &Rule, name: &str, table: &Table) -> Suspicion {
    let quoted = quote(&table.name);
    let plain = |part: &String| match part.starts_with('"') {
        true => unquoted(part, '"'),
        false => part.clone(),
    };
    match rule {
        Rule::Unique(parts, filter) => {
            let columns: Vec<String> = parts.iter().map(plain).filter(|name| table.column(name).is_some()).collect();
            let what = match columns.len() == parts.len() {
                true => format!("the same {}", listed(&table.name, &columns)),
                false => format!("the same values of {name} in {}", table.name),
            };
            let condition = repeated(&quoted, parts, filter.as_deref());
            Suspicion { columns, condition, what, hint: "Change or merge these rows first." }
        }
        Rule::Check(sql) => {
            let mentioned = table.columns.iter().map(|column| &column.name).filter(|name| mentions(sql, name));
            let columns: Vec<String> = mentioned.cloned().collect();
            let what = match name.starts_with(NOT_NULL) && !columns.is_empty() {
                true => format!("NULL in {}", listed(&table.name, &columns)),
                false => format!("values that the check {name} refuses in {}", table.name),
            };
            Suspicion { columns, condition: format!("NOT ({sql})"), what, hint: "Change these rows first." }
        }
        Rule::Reference(columns, parent, references) => {
            let mine: Vec<String> = columns.iter().map(|name| format!("{quoted}.{}", quote(name))).collect();
            let condition = orphaned(&mine, Some((&format!("{parent} AS {PARENT}"), references)));
            let what = format!("{} values without a row in {}", listed(&table.name, columns), plain(parent));
            Suspicion { columns: columns.clone(), condition, what, hint: "Correct or delete these rows first." }
        }
    }
}

fn ask(connection: &mut dyn Execute, table: &Table, suspicion: &Suspicion) -> Option<Error> {
    let Suspicion { columns, condition, what, hint } = suspicion;
    let from = format!("FROM {} WHERE {condition}", quote(&table.name));
    let counted = connection.query(&Statement::new(format!("SELECT count(*) {from}"))).ok()?;
    let count = counted.first().and_then(|row| row.first()).and_then(Value::as_int).filter(|count| *count > 0)?;
    let key: Vec<String> = table.primary_key.iter().map(|column| quote(column).to_string()).collect();
    let keys = match key.is_empty() {
        true => Vec::new(),
        false => {
            let key = key.join(", ");
            connection.query(&Statement::new(format!("SELECT {key} {from} ORDER BY {key} LIMIT {KEYS}"))).ok()?
        }
    };
    Some(refusal((&table.name, columns), &key_of(table), what, count, &keys).hint(*hint))
}
