//! Whether the earlier rows still exist, value for value, except for the changes of the operations
//! on the way. Pure.

use super::snapshot::{canonical, Snapshot};
use super::trace::{Alteration, ColumnTrace, TableTrace, Trace};
use crate::diff::{conversion, effective_map, Conversion};
use crate::schema::{Kind, Schema, Table};
use crate::statement::Row;
use crate::value::Value;
use std::collections::HashMap;
use std::mem::discriminant;

/// A value that a revision lost or changed.
#[derive(Debug, PartialEq)]
pub(super) struct Loss {
    /// The table, by its name now.
    pub table: String,
    /// The column, by its name now.
    pub column: Option<String>,
    /// In words.
    pub what: String,
    /// The row's earlier value.
    pub expected: Option<String>,
    /// The row's present value.
    pub found: Option<String>,
}

/// The permitted values afterwards.
#[derive(Debug, PartialEq)]
enum Expected {
    /// This, in canonical form.
    Exactly(String),
    /// Some value: it was converted, or made for a NULL.
    NotNull,
    /// Not known.
    Anything,
}

impl Expected {
    fn meets(&self, found: &str) -> bool {
        match self {
            Expected::Exactly(value) => value == found,
            Expected::NotNull => found != "NULL",
            Expected::Anything => true,
        }
    }
}

/// The first loss on the way from some rows to others.
pub(super) fn lost(before: (&Schema, &Snapshot), after: (&Schema, &Snapshot), trace: &Trace) -> Option<Loss> {
    trace.tables.iter().find_map(|traced| {
        let (from, to) = (before.0.table(&traced.from)?, after.0.table(&traced.to)?);
        let none = Vec::new();
        let rows = before.1.get(&traced.from).unwrap_or(&none);
        let now = after.1.get(&traced.to).unwrap_or(&none);
        lost_of(traced, (from, rows), (to, now))
    })
}

/// A column on both sides.
struct Pair<'a> {
    trace: &'a ColumnTrace,
    before: usize,
    after: usize,
    kinds: (&'a Kind, &'a Kind),
}

impl Pair<'_> {
    /// Whether every value stays as it is, so that it can identify rows.
    fn steady(&self) -> bool {
        let keeps = |alteration: &Alteration| {
            let filled = !alteration.map.is_empty() || alteration.from.nullable;
            !filled && !unforeseen(alteration) && !loses_sign(alteration)
        };
        !self.trace.folded && alike(self.kinds.0, self.kinds.1) && self.trace.alterations.iter().all(keeps)
    }
}

fn lost_of(traced: &TableTrace, (from, rows): (&Table, &[Row]), (to, now): (&Table, &[Row])) -> Option<Loss> {
    let pair = |trace| pair(trace, from, to);
    let pairs: Vec<Pair<'_>> = traced.columns.iter().filter_map(pair).collect();
    let in_key = |pair: &&Pair<'_>| from.primary_key.contains(&pair.trace.from);
    let key: Vec<&Pair<'_>> = match pairs.iter().filter(in_key).filter(|pair| pair.steady()).collect::<Vec<_>>() {
        key if key.len() == from.primary_key.len() && !key.is_empty() => key,
        _ => pairs.iter().filter(|pair| pair.steady()).collect(),
    };
    let key_of = |row: &Row, at: fn(&Pair<'_>) -> (usize, usize)| -> Vec<String> {
        // The place in the row, and which side's kind reads it.
        key.iter()
            .map(|pair| {
                let (place, side) = at(pair);
                canonical(if side == 0 { pair.kinds.0 } else { pair.kinds.1 }, &row[place])
            })
            .collect()
    };
    if key.is_empty() {
        return lost_unnamed(&pairs, rows, (to, now));
    }
    let mut left: HashMap<Vec<String>, Vec<&Row>> = HashMap::new();
    for row in now.iter().rev() {
        left.entry(key_of(row, |pair| (pair.after, 1))).or_default().push(row);
    }
    let names: Vec<&str> = key.iter().map(|pair| pair.trace.to.as_str()).collect();
    let mut missing = Vec::new();
    // Those that may become anything take what the others leave.
    let loose =
        |row: &&Row| pairs.iter().any(|pair| !matches!(expected(pair, &row[pair.before]), Expected::Exactly(_)));
    let mut ordered: Vec<&Row> = rows.iter().collect();
    ordered.sort_by_key(loose);
    for row in ordered {
        let key = key_of(row, |pair| (pair.before, 0));
        let Some(candidates) = left.get_mut(&key).filter(|candidates| !candidates.is_empty()) else {
            missing.push(shown(&names, &key));
            continue;
        };
        // If nothing distinguishes rows, their order does not either: SQLite's is that of a key
        // that has become a number.
        let whole = |found: &Row| pairs.iter().all(|pair| changed(pair, row, found).is_none());
        let at = candidates.iter().rposition(|found| whole(found)).unwrap_or(candidates.len() - 1);
        let found = candidates.remove(at);
        let changed = pairs.iter().find_map(|pair| Some((pair, changed(pair, row, found)?)));
        if let Some((pair, (column, expected, value))) = changed {
            let (table, place) = (&to.name, shown(&names, &key));
            let filled = row[pair.before] == Value::Null && expected != "NULL";
            let what = match filled {
                true => format!(
                    "the column `{table}.{column}` is not filled as its operation says in the row with {place}: \
                     {expected} replaces NULL, and it has {value}"
                ),
                false => format!(
                    "the column `{table}.{column}` has changed in the row with {place}: it had {expected}, and has {value}"
                ),
            };
            let (expected, found) = (Some(expected), Some(value));
            return Some(Loss { table: table.clone(), column: Some(column), what, expected, found });
        }
    }
    let loss = |what: String| Some(counted(to, what, rows, now));
    if let Some(first) = missing.first() {
        let what = format!(
            "the table `{}` has lost {} of {} rows, such as that with {first}",
            to.name,
            missing.len(),
            rows.len()
        );
        return loss(what);
    }
    let extra = left.into_iter().find(|(_, rows)| !rows.is_empty())?;
    loss(format!("the table `{}` has a row that did not exist before, with {}", to.name, shown(&names, &extra.0)))
}

fn counted(table: &Table, what: String, rows: &[Row], now: &[Row]) -> Loss {
    let count = |rows: &[Row]| Some(format!("{} rows", rows.len()));
    Loss { table: table.name.clone(), column: None, what, expected: count(rows), found: count(now) }
}

/// The loss if no column identifies rows: as many rows must exist, and in each column the same
/// values.
fn lost_unnamed(pairs: &[Pair<'_>], rows: &[Row], (to, now): (&Table, &[Row])) -> Option<Loss> {
    if rows.len() != now.len() {
        let what = format!("the table `{}` had {} rows, and has {}", to.name, rows.len(), now.len());
        return Some(counted(to, what, rows, now));
    }
    pairs.iter().find_map(|pair| {
        let mut left: Vec<String> = now.iter().map(|row| canonical(pair.kinds.1, &row[pair.after])).collect();
        let (exact, vague): (Vec<Expected>, Vec<Expected>) = rows
            .iter()
            .map(|row| expected(pair, &row[pair.before]))
            .partition(|expected| matches!(expected, Expected::Exactly(_)));
        let missed = exact.into_iter().chain(vague).find(|expected| {
            let found = left.iter().position(|value| expected.meets(value));
            found.map(|at| left.swap_remove(at)).is_none()
        })?;
        let missed = match missed {
            Expected::Exactly(value) => value,
            _ => "a value".into(),
        };
        let what = format!("the column `{}.{}` has {missed} no more", to.name, pair.trace.to);
        let (expected, found) = (Some(missed), left.pop());
        Some(Loss { table: to.name.clone(), column: Some(pair.trace.to.clone()), what, expected, found })
    })
}

fn pair<'a>(trace: &'a ColumnTrace, from: &'a Table, to: &'a Table) -> Option<Pair<'a>> {
    let position = |table: &Table, name: &str| table.columns.iter().position(|column| column.name == name);
    let (before, after) = (position(from, &trace.from)?, position(to, &trace.to)?);
    Some(Pair { trace, before, after, kinds: (&from.columns[before].kind, &to.columns[after].kind) })
}

/// The column, what it should have and what it has, where that differs.
fn changed(pair: &Pair<'_>, before: &Row, after: &Row) -> Option<(String, String, String)> {
    let expected = expected(pair, &before[pair.before]);
    let found = canonical(pair.kinds.1, &after[pair.after]);
    if expected.meets(&found) {
        return None;
    }
    let expected = match expected {
        Expected::Exactly(value) => value,
        Expected::NotNull | Expected::Anything => {
            format!("{} as a value", canonical(pair.kinds.0, &before[pair.before]))
        }
    };
    Some((pair.trace.to.clone(), expected, found))
}

/// The permitted value after the alterations of its column.
fn expected(pair: &Pair<'_>, value: &Value) -> Expected {
    let alterations = &pair.trace.alterations;
    if *value == Value::Null {
        // Once filled it is a value; where NULL is allowed again afterwards, it stays one.
        let Some(at) = alterations.iter().position(|alteration| !alteration.to.nullable) else {
            return Expected::Exactly("NULL".into());
        };
        let Alteration { to, default, .. } = &alterations[at];
        // Whether it was filled before its texts were folded is not known.
        let has_capitals = |value: &&Value| value.as_str().is_some_and(|text| text != text.to_lowercase());
        let known = default.as_ref().filter(|value| !pair.trace.folded || !has_capitals(value));
        let filled = known.map(|value| followed(pair, (&to.kind, value), &alterations[at + 1..]));
        return filled.filter(|expected| *expected != Expected::Anything).unwrap_or(Expected::NotNull);
    }
    followed(pair, (pair.kinds.0, value), alterations)
}

/// The permitted value after the last alterations of its column, of a value and its kind before them.
fn followed(pair: &Pair<'_>, (kind, value): (&Kind, &Value), alterations: &[Alteration]) -> Expected {
    if alterations.iter().any(unforeseen) {
        return Expected::Anything;
    }
    if !alike(kind, pair.kinds.1) {
        return Expected::NotNull;
    }
    let unsigned = *value == Value::Real(0.0) && alterations.iter().any(loses_sign);
    let value = if unsigned { &Value::Real(0.0) } else { value };
    let Value::Text(word) = value else { return Expected::Exactly(canonical(pair.kinds.1, value)) };
    let mapped = alterations.iter().fold(word.clone(), |word, alteration| {
        let map = effective_map(&alteration.to.kind, &alteration.map);
        let entry = map.iter().find(|entry| entry.from == word);
        entry.map_or(word, |entry| entry.to.clone())
    });
    let text = if pair.trace.folded { mapped.to_lowercase() } else { mapped };
    Expected::Exactly(canonical(pair.kinds.1, &Value::Text(text)))
}

/// Whether the later value, or its spelling when it comes back, is not known: `{"a": 1}`, `1.50`
/// and `yes` as text do not show how they were written.
fn unforeseen(alteration: &Alteration) -> bool {
    let (from, to) = (&alteration.from.kind, &alteration.to.kind);
    let read = matches!(to, Kind::Json | Kind::Decimal { .. } | Kind::Real | Kind::Boolean);
    matches!(conversion(from, to), Conversion::Lossy(_) | Conversion::Impossible)
        || (matches!(from, Kind::Text { .. }) && read)
}

/// Whether zero loses its sign: only doubles have a negative one.
fn loses_sign(alteration: &Alteration) -> bool {
    alteration.from.kind == Kind::Real && alteration.to.kind != Kind::Real
}

/// Whether both kinds keep the same values in the same way.
fn alike(one: &Kind, other: &Kind) -> bool {
    use Kind::*;
    match (one, other) {
        (Id | BigId | Integer | Bigint | Int32, Id | BigId | Integer | Bigint | Int32) => true,
        (Text { .. } | Enum { .. }, Text { .. } | Enum { .. }) => true,
        (Decimal { scale: one, .. }, Decimal { scale: other, .. }) => one == other,
        _ => discriminant(one) == discriminant(other),
    }
}

fn shown(names: &[&str], values: &[String]) -> String {
    let mut all: Vec<String> = names.iter().zip(values).map(|(name, value)| format!("{name} = {value}")).collect();
    all.truncate(4);
    all.join(", ")
}
