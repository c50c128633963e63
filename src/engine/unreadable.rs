//! Errors about what is stored and cannot be read: they name model, column and key, and show nothing of the value.

use crate::error::{Code, Error, KeyPart, Result};
use crate::plan::{Node, Origin, Plan, Wire, MAX_SAFE};

const INT: &str = "int";
const BIGINT: &str = "bigint";

/// A row that was left out, since the caller wants the rest.
#[derive(Clone, Debug)]
pub struct Skipped {
    /// The node of the plan that it is of.
    pub node: usize,
    /// The error of the value that could not be read.
    pub error: Error,
}

/// An error for a stored value that is not of its column's kind. `found` says what it is; `name` is what the statement calls
/// the column; `text` gives what is in another column of the row, `None` if that is neither a number nor a text.
pub fn unreadable(
    plan: &Plan,
    node: usize,
    column: usize,
    (name, found): (&str, &str),
    text: impl FnMut(usize) -> Option<String>,
) -> Error {
    let node = &plan.nodes[node];
    let found = format!("{found} that the column cannot hold");
    let error = |place: &str, key: &[KeyPart]| {
        let row = if key.is_empty() { String::new() } else { format!(", in the row with the key {}", shown(key)) };
        let message = format!("A stored value of {place} is not of the column's kind{row}.");
        Error::new(Code::ValueUnreadable, message).found(&found)
    };
    let unreadable = column;
    match node.outputs.get(column).and_then(|o| o.origin.as_ref()) {
        Some(Origin { model, table, column }) => {
            let key = key(node, unreadable, model, text);
            let error = error(&format!("{model}.{column}"), &key).model(model).table(table).column(column);
            error
                .key(key)
                .hint("Something else wrote it: correct it with sql``. `unreadable: 'skip'` reads the other rows.")
        }
        None => error(&format!("the result's column {name}"), &[])
            .column(name)
            .hint("Something else wrote it: correct it, or cast it in the SQL to what it is."),
    }
}

/// An error for a generated key that is beyond what JavaScript's numbers tell apart; nothing for any other.
#[inline]
pub fn check_generated(plan: &Plan, key: i64) -> Result<()> {
    match &plan.generated {
        Some(origin) if key.unsigned_abs() > MAX_SAFE => Err(beyond(origin, key)),
        _ => Ok(()),
    }
}

#[cold]
fn beyond(Origin { model, table, column }: &Origin, key: i64) -> Error {
    let part = KeyPart { name: column.clone(), kind: BIGINT, text: key.to_string() };
    Error::new(Code::ValueUnreadable, format!("The key {key} that {model}.{column} generated is beyond 2^53 - 1."))
        .model(model)
        .table(table)
        .column(column)
        .key(vec![part])
        .expected("a safe integer (within 2^53 - 1)")
        .found(key.to_string())
        .hint(
            "A row has had a very large key: give that row another one, then set the counter of the table back (SQLite: UPDATE \
             sqlite_sequence SET seq = <greatest key> WHERE name = '<table>'; PostgreSQL: setval). Or declare the key as \
             c.bigId(), which is a bigint.",
        )
}

/// The key of the row, if the column is of this row: that of an association table is not. None if the key is not of its
/// kind itself: then it is a stored value that errors do not show, except an integer that is too large.
fn key(node: &Node, unreadable: usize, model: &str, mut text: impl FnMut(usize) -> Option<String>) -> Vec<KeyPart> {
    let part = |at: &usize| {
        let output = &node.outputs[*at];
        let origin = output.origin.as_ref().filter(|origin| origin.model == model)?;
        let text = text(*at)?;
        let kind = match output.wire {
            Wire::Int | Wire::Bigint if text.parse::<i64>().is_err() => return None,
            Wire::Int => INT,
            Wire::Bigint => BIGINT,
            _ if *at == unreadable => return None,
            _ => "text",
        };
        Some(KeyPart { name: origin.column.clone(), kind, text })
    };
    node.key.iter().map(part).collect::<Option<_>>().unwrap_or_default()
}

/// A key as messages have it: `12`, `"abc"`, `{ tenant: 1, id: 2 }`.
fn shown(key: &[KeyPart]) -> String {
    let value = |part: &KeyPart| match part.kind {
        INT | BIGINT => part.text.clone(),
        _ if part.text.chars().count() > 60 => format!("{:?}", part.text.chars().take(60).collect::<String>() + "…"),
        _ => format!("{:?}", part.text),
    };
    match key {
        [part] => value(part),
        parts => {
            let parts: Vec<String> = parts.iter().map(|part| format!("{}: {}", part.name, value(part))).collect();
            format!("{{ {} }}", parts.join(", "))
        }
    }
}
