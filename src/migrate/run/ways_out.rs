//! The ways out of each difference that keeps a database from being adopted: in the models, or by
//! SQL.

use crate::dialect::correction::Correction;
use crate::dialect::declared::{kind_call, kind_of, parts};
use crate::dialect::name::Name;
use crate::dialect::shape::{ColumnShape, ConstraintName, Difference, Object, Shape};
use crate::dialect::{quote, Dialect, DialectName};
use crate::schema::Kind;

/// How to change a table where the database has no statement for it.
const ANEW: &str =
    "make the table anew and copy its rows, as https://www.sqlite.org/lang_altertable.html#otheralter says";

/// The difference, and the way out of it: one line.
pub fn line(dialect: &dyn Dialect, difference: &Difference, found: &Shape) -> String {
    let by_hand = by_hand(dialect, difference);
    let by_models = by_models(dialect, difference, found);
    let ways = match by_models {
        Some(by_models) => format!("{by_models}, or {by_hand}"),
        None => by_hand,
    };
    let mut letters = ways.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{difference}. {first}{}.", letters.as_str())
}

/// The way by SQL.
fn by_hand(dialect: &dyn Dialect, difference: &Difference) -> String {
    let table = difference.table.spelled();
    let correction = correction(dialect, difference);
    let (verb, sql) = match (&difference.object, difference.expected.as_deref(), correction) {
        (_, _, None) if dialect.name() == DialectName::Sqlite => return ANEW.into(),
        (_, _, None) => return format!("make the table `{table}` anew and copy its rows"),
        (Object::Column(_), None, Some(sql)) => ("drop it with its values", sql),
        (Object::Column(column), Some(_), Some(sql)) if difference.found.is_none() => {
            let column = column.spelled();
            let more = format!(
                "`{sql}`, give it values, and if it may not be NULL \
                 `ALTER TABLE \"{table}\" ALTER COLUMN \"{column}\" SET NOT NULL`"
            );
            return format!("add it: {more}");
        }
        (Object::Column(_), _, Some(sql)) => ("convert its values", sql),
        (Object::Nullable(_), Some("NULL"), Some(sql)) => ("allow NULL", sql),
        (Object::Nullable(column), _, Some(sql)) => {
            let column = column.spelled();
            return format!(
                "give its rows with NULL (`SELECT * FROM \"{table}\" WHERE \"{column}\" IS NULL`) a value, then `{sql}`"
            );
        }
        (Object::Index(_), Some(_), Some(sql)) => ("drop it, and it is made as declared", sql),
        (_, None, Some(sql)) => ("drop it", sql),
        (_, Some(_), Some(sql)) => ("change it", sql),
    };
    format!("{verb}: `{sql}`")
}

/// The way by the models: what they have to say for the revisions to make what the database has. None if they cannot.
fn by_models(dialect: &dyn Dialect, difference: &Difference, found: &Shape) -> Option<String> {
    // A revision that changes it converts the rows, and asks what they get.
    let later = "write a revision, and change it in a later one";
    match (&difference.object, difference.expected.is_some(), difference.found.as_deref()) {
        (Object::Column(column), expected, Some(declared)) => {
            let declaration = declaration(dialect, declared)?;
            let nullable = if is_nullable(difference, column, found) { ".nullable()" } else { "" };
            let line = format!("declare it as it is (`{}: {declaration}{nullable}`)", column.spelled());
            Some(if expected { format!("{line}, {later}") } else { format!("{line} and write a revision") })
        }
        (Object::Column(_), true, None) => {
            Some(format!("rows need a value for it: declare it with `.nullable()` or `.default()`, {later}"))
        }
        (Object::Nullable(_), _, Some("NULL")) => Some(format!("declare it with `.nullable()`, {later}")),
        (Object::Nullable(_), _, _) => Some(format!("declare it without `.nullable()`, {later}")),
        (Object::Constraint(_), true, Some(_)) => Some(format!("declare it as it is, {later}")),
        (Object::Default(_), _, Some(_)) => Some(format!("declare it with `.default()`, {later}")),
        _ => None,
    }
}

fn is_nullable(difference: &Difference, column: &Name, found: &Shape) -> bool {
    let table = found.tables.get(&difference.table);
    table.and_then(|table| table.columns.get(column)).is_some_and(|column| column.nullable)
}

/// How the models declare a column of this type; `None` if no kind of column is stored so.
fn declaration(dialect: &dyn Dialect, declared: &str) -> Option<String> {
    let is = |kind: &Kind| dialect.naming().same(&dialect.declared_type(kind), declared);
    match kind_of(dialect, parts(declared).base).filter(is) {
        Some(kind) => kind_call(&kind),
        None => is(&Kind::Id).then(|| "c.id()".into()),
    }
}

/// The SQL that makes a table be as expected in this one point; `None` if only a new table would do. The adoption itself adds
/// an index as expected, once another of the name is gone.
fn correction(dialect: &dyn Dialect, difference: &Difference) -> Option<String> {
    let (expected, found) = (difference.expected.as_deref(), difference.found.as_deref());
    let correct = |correction: Correction| dialect.correct(difference.table.spelled(), &correction);
    let text = |side: Option<&str>| side.map(str::to_owned);
    match &difference.object {
        Object::Column(column) => column_correction(dialect, difference, column),
        Object::Nullable(column) => correct(Correction::SetNullable(column.clone(), expected == Some("NULL"))),
        Object::Default(column) => correct(Correction::SetDefault(column.clone(), text(expected))),
        Object::Constraint(name @ ConstraintName::Named(_)) => {
            let drop = found.map(|found| correct(Correction::DropConstraint(name.clone(), found.into())));
            let add = expected.map(|definition| correct(Correction::AddConstraint(name.clone(), definition.into())));
            let both: Option<Vec<String>> = drop.into_iter().chain(add).collect();
            both.map(|statements| statements.join("; "))
        }
        Object::Index(name) => correct(Correction::DropIndex(name.clone())),
        Object::TableComment => correct(Correction::SetComment(None, text(expected))),
        Object::ColumnComment(column) => correct(Correction::SetComment(Some(column.clone()), text(expected))),
        Object::Table | Object::Options | Object::Constraint(ConstraintName::Unnamed(_)) => None,
    }
}

/// The same for a column as a whole, or its type. No ALTER COLUMN TYPE leads to an identity or a generated column, or away from one.
fn column_correction(dialect: &dyn Dialect, difference: &Difference, column: &Name) -> Option<String> {
    let (expected, found) = (difference.expected.as_deref(), difference.found.as_deref());
    let correct = |correction: Correction| dialect.correct(difference.table.spelled(), &correction);
    let Some(expected) = expected else { return correct(Correction::DropColumn(column.clone())) };
    let is_computed = |declared: &str| parts(declared).identity.or(parts(declared).generated).is_some();
    if is_computed(expected) || found.is_some_and(is_computed) {
        return None;
    }
    match found {
        // SQLite adds no column that may not be NULL later.
        None if dialect.name() == DialectName::Sqlite => None,
        None => {
            let shape = ColumnShape { declared: expected.into(), nullable: true, ..ColumnShape::default() };
            correct(Correction::AddColumn(column.clone(), shape))
        }
        Some(_) => {
            let cast = format!("CAST({} AS {})", quote(column.spelled()), parts(expected).base);
            correct(Correction::SetType(column.clone(), expected.into(), Some(cast)))
        }
    }
}
