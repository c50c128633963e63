//! The line of the models that would declare what was found. Pure; `None` if no line says it exactly.

use super::definition::{column_part, columns, identifier, index_name, index_parts};
use crate::dialect::declared::{kind_call, kind_of, parts, text_of};
use crate::dialect::name::Name;
use crate::dialect::shape::{ColumnShape, TableShape};
use crate::dialect::Dialect;
use crate::schema::names::{default_name, snake_case};
use crate::schema::{Column, Default, Index, IndexKey, IndexPart, Kind, Table};
use serde_json::Value;

/// A column: its kind, whether it may be NULL, and its default. `declared` is the column of this name that the schema
/// declares: what it says stays as long as the database has it.
pub(super) fn column(
    dialect: &dyn Dialect,
    name: &Name,
    found: &ColumnShape,
    declared: Option<(&Column, &ColumnShape)>,
) -> Option<String> {
    let type_parts = parts(&found.declared);
    if type_parts.generated.is_some() || type_parts.identity.is_some() || type_parts.conflict.is_some() {
        return None;
    }
    let same_type = declared.filter(|(_, shape)| shape.declared == found.declared);
    let kind = match same_type {
        Some((column, _)) => column.kind.clone(),
        None => kind_of(dialect, type_parts.base).filter(|kind| dialect.declared_type(kind) == found.declared)?,
    };
    let default = match (&found.default, declared) {
        (None, _) => String::new(),
        (Some(sql), Some((column, shape))) if shape.default.as_ref() == Some(sql) => match column.default.as_ref()? {
            Default::Now => ".defaultNow()".into(),
            Default::Value(value) => format!(".default({})", json(&kind, value)?),
        },
        (Some(sql), _) => default_call(dialect, &kind, sql)?,
    };
    let nullable = if found.nullable { ".nullable()" } else { "" };
    let comment = found.comment.as_deref().map(comment_call).unwrap_or_default();
    let spelled = name.spelled();
    let (property, named) = match property(spelled) {
        Some(property) => (property, String::new()),
        None => (text_of(spelled), format!(".name({})", text_of(spelled))),
    };
    Some(format!("{property}: {}{named}{nullable}{default}{comment}", kind_call(&kind)?))
}

/// An index.
pub(super) fn index(
    dialect: &dyn Dialect,
    table: &Name,
    shape: &TableShape,
    name: &Name,
    definition: &str,
) -> Option<String> {
    let index = index_parts(definition)?;
    let mut written = Vec::new();
    let mut parts = Vec::new();
    for part in &index.parts {
        let (column, desc) = column_part(part)?;
        written.push(format!("t.{}{}", property(&column)?, if desc { ".desc()" } else { "" }));
        parts.push(IndexPart { key: IndexKey::Column(column), desc });
    }
    // Where NULL stands in the index is the model's to say: another place is another index.
    let model = Index { name: name.spelled().into(), parts, unique: index.unique, filter: None };
    let plain = definition.split(" WHERE ").next()?;
    let sql = dialect.create_index(&model_table(dialect, table, shape), &model);
    if !bare(&sql).ends_with(&bare(plain.strip_prefix("UNIQUE ").unwrap_or(plain))) {
        return None;
    }
    let unique = if index.unique { ".unique()" } else { "" };
    let filter = index.filter.map(|sql| format!(".where({})", text_of(sql))).unwrap_or_default();
    let named = named(name, &index_name(table.spelled(), &index), dialect);
    Some(format!("index({}){unique}{filter}{named}", written.join(", ")))
}

/// A constraint; primary keys, and what no model says of the others, have no line.
pub(super) fn constraint(dialect: &dyn Dialect, table: &Name, name: Option<&Name>, definition: &str) -> Option<String> {
    let name = name?;
    if let Some(list) = definition.strip_prefix("UNIQUE ") {
        let (columns, rest) = columns(list)?;
        let refs = references(&columns)?;
        let named = named(name, &default_name(table.spelled(), &columns, "key"), dialect);
        return rest.is_empty().then(|| format!("unique({refs}){named}"));
    }
    if let Some(condition) = definition.strip_prefix("CHECK ") {
        let inner = condition.strip_prefix('(')?.strip_suffix(')')?;
        return Some(format!("check({}).name({})", text_of(inner), text_of(name.spelled())));
    }
    let (own, rest) = columns(definition.strip_prefix("FOREIGN KEY ")?)?;
    let (target, rest) = rest.strip_prefix(" REFERENCES ")?.split_once('(')?;
    let list = format!("({rest}");
    let (others, rest) = columns(&list)?;
    let target = property(&identifier(target.trim())?)?;
    let others: Vec<String> = others.iter().map(|name| Some(text_of(&property(name)?))).collect::<Option<_>>()?;
    let options = actions(rest)?;
    let named = named(name, &default_name(table.spelled(), &own, "fkey"), dialect);
    let refs = references(&own)?;
    Some(format!("foreignKey([{refs}], {}, [{}]{options}){named}", text_of(&target), others.join(", ")))
}

/// The call that gives a column this comment.
pub(super) fn comment_call(comment: &str) -> String {
    format!(".comment({})", text_of(comment))
}

/// The options behind a foreign key, such as `, { onDelete: 'cascade' }`; `None` if a model cannot
/// express them.
fn actions(mut rest: &str) -> Option<String> {
    let mut options = Vec::new();
    while !rest.is_empty() {
        let (option, behind) = match rest.strip_prefix(" ON DELETE ") {
            Some(behind) => ("onDelete", behind),
            None => ("onUpdate", rest.strip_prefix(" ON UPDATE ")?),
        };
        let words = ["RESTRICT", "CASCADE", "SET NULL", "SET DEFAULT"];
        let word = words.into_iter().find(|word| behind.starts_with(word))?;
        options.push(format!("{option}: '{}'", word.to_ascii_lowercase()));
        rest = &behind[word.len()..];
    }
    Some(if options.is_empty() { String::new() } else { format!(", {{ {} }}", options.join(", ")) })
}

/// The call that gives a constraint or an index its name, if models would give it another.
fn named(name: &Name, default: &str, dialect: &dyn Dialect) -> String {
    match dialect.naming().name(default) == *name {
        true => String::new(),
        false => format!(".name({})", text_of(name.spelled())),
    }
}

/// A table that has these columns, as far as CREATE INDEX asks: their names and whether they may be NULL.
fn model_table(dialect: &dyn Dialect, name: &Name, shape: &TableShape) -> Table {
    let columns = shape.columns.iter().map(|(name, column)| Column {
        nullable: column.nullable,
        ..Column::new(name.spelled(), kind_of(dialect, &column.declared).unwrap_or(Kind::Bytes))
    });
    Table { name: name.spelled().into(), columns: columns.collect(), ..Table::default() }
}

/// SQL without its quotes around names, to compare what two have written.
fn bare(sql: &str) -> String {
    sql.replace('"', "")
}

fn references(columns: &[String]) -> Option<String> {
    let refs: Option<Vec<String>> = columns.iter().map(|name| Some(format!("t.{}", property(name)?))).collect();
    Some(refs?.join(", "))
}

/// The property whose column has this name by itself: `full_name` is `fullName`'s.
pub(super) fn property(name: &str) -> Option<String> {
    let mut words = name.split('_');
    let mut camel = words.next()?.to_owned();
    for word in words {
        let mut letters = word.chars();
        camel.extend(letters.next()?.to_uppercase());
        camel.push_str(letters.as_str());
    }
    let is_identifier = camel.chars().all(|letter| letter.is_ascii_alphanumeric())
        && camel.starts_with(|first: char| first.is_ascii_lowercase());
    (is_identifier && snake_case(&camel) == name).then_some(camel)
}

/// The default that this SQL is, if it is a constant that JavaScript writes in one way, or the clock.
fn default_call(dialect: &dyn Dialect, kind: &Kind, sql: &str) -> Option<String> {
    // Shapes have no brackets around a whole expression.
    let now = dialect.by_hand().now;
    let bare_now = now.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).unwrap_or(now);
    if *kind == Kind::Timestamp && sql == bare_now {
        return Some(".defaultNow()".into());
    }
    let constant = constant(sql)?;
    let is_number = || {
        let digits = constant.strip_prefix('-').unwrap_or(&constant);
        !digits.is_empty() && digits.len() < 16 && digits.bytes().all(|digit| digit.is_ascii_digit())
    };
    let value = match kind {
        Kind::Text { .. } | Kind::Enum { .. } | Kind::Uuid | Kind::Date if sql.starts_with('\'') => text_of(&constant),
        Kind::Integer | Kind::Int32 if is_number() => constant,
        Kind::Boolean => match constant.as_str() {
            "true" | "1" => "true".into(),
            "false" | "0" => "false".into(),
            _ => return None,
        },
        _ => return None,
    };
    Some(format!(".default({value})"))
}

/// The text of a constant, whatever type it is cast to.
fn constant(sql: &str) -> Option<String> {
    let Some(quoted) = sql.strip_prefix('\'') else {
        return sql.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-').then(|| sql.to_owned());
    };
    let mut text = String::new();
    let mut letters = quoted.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        if letter != '\'' {
            text.push(letter);
        } else if letters.next_if(|(_, next)| *next == '\'').is_some() {
            text.push('\'');
        } else {
            let rest = &quoted[at + 1..];
            return (rest.is_empty() || rest.starts_with("::") && !rest.contains('\'')).then_some(text);
        }
    }
    None
}

/// A default of the schema's as JavaScript.
fn json(kind: &Kind, value: &Value) -> Option<String> {
    Some(match (kind, value) {
        (Kind::Bigint, Value::String(digits)) => format!("{digits}n"),
        (Kind::Json | Kind::Bytes | Kind::Timestamp, _) => return None,
        (_, Value::String(text)) => text_of(text),
        (_, Value::Bool(_) | Value::Number(_)) => value.to_string(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::DialectName;

    fn found(declared: &str, nullable: bool, default: Option<&str>) -> ColumnShape {
        ColumnShape { declared: declared.into(), nullable, default: default.map(str::to_owned), comment: None }
    }

    #[test]
    fn columns_as_models_declare_them() {
        let line = |database: DialectName, name: &str, shape: &ColumnShape| {
            let dialect = database.dialect();
            column(dialect, &dialect.naming().name(name), shape, None)
        };
        let postgres = |name: &str, shape: ColumnShape| line(DialectName::Postgres, name, &shape);
        let text = "text COLLATE \"C\"";
        assert_eq!(postgres("extra", found(text, true, None)).unwrap(), "extra: c.text().nullable()");
        assert_eq!(
            postgres("full_name", found(text, false, Some("'it''s'::text"))).unwrap(),
            "fullName: c.text().default('it\\'s')"
        );
        assert_eq!(postgres("Full", found("integer", false, None)).unwrap(), "'Full': c.int32().name('Full')");
        assert_eq!(postgres("a", found("text", false, None)), None, "no model declares another collation");
        assert_eq!(postgres("a", found(text, false, Some("upper('a'::text)"))), None);
        assert_eq!(
            postgres("at", found("timestamp(3) with time zone", false, Some("now()"))).unwrap(),
            "at: c.timestamp().defaultNow()"
        );
        let sqlite = |name: &str, shape: ColumnShape| line(DialectName::Sqlite, name, &shape);
        assert_eq!(
            sqlite("at", found("TIMESTAMP TEXT", false, Some("strftime('%Y-%m-%dT%H:%M:%fZ', 'now')"))).unwrap(),
            "at: c.timestamp().defaultNow()"
        );
        assert_eq!(sqlite("a", found("BOOLEAN", true, Some("1"))).unwrap(), "a: c.boolean().nullable().default(true)");
        assert_eq!(sqlite("a", found("VARCHAR(5)", true, None)).unwrap(), "a: c.text({ max: 5 }).nullable()");
        assert_eq!(sqlite("a", found("DATETIME", true, None)), None);
    }

    #[test]
    fn constraints_as_models_declare_them() {
        let dialect = DialectName::Postgres.dialect();
        let name = |spelled: &str| dialect.naming().name(spelled);
        let line =
            |called: &str, definition: &str| constraint(dialect, &name("users"), Some(&name(called)), definition);
        assert_eq!(line("users_full_name_key", "UNIQUE (full_name)").unwrap(), "unique(t.fullName)");
        assert_eq!(line("u", "UNIQUE (a, b)").unwrap(), "unique(t.a, t.b).name('u')");
        assert_eq!(line("u", "UNIQUE (a) DEFERRABLE"), None);
        assert_eq!(line("c", "CHECK ((a <> ''::text))").unwrap(), "check('(a <> \\'\\'::text)').name('c')");
        assert_eq!(
            line(
                "users_team_id_fkey",
                "FOREIGN KEY (team_id) REFERENCES teams(id) ON UPDATE RESTRICT ON DELETE SET NULL"
            )
            .unwrap(),
            "foreignKey([t.teamId], 'teams', ['id'], { onUpdate: 'restrict', onDelete: 'set null' })"
        );
        assert_eq!(line("f", "FOREIGN KEY (a) REFERENCES teams(id) DEFERRABLE"), None);
    }

    #[test]
    fn indexes_as_models_declare_them() {
        let dialect = DialectName::Postgres.dialect();
        let name = |spelled: &str| dialect.naming().name(spelled);
        let columns = [("a", false), ("b", true)];
        let columns = columns.map(|(spelled, nullable)| (name(spelled), found("integer", nullable, None)));
        let shape = TableShape { columns: columns.into(), ..TableShape::default() };
        let line = |called: &str, definition: &str| index(dialect, &name("t"), &shape, &name(called), definition);
        assert_eq!(line("t_a_idx", "(a)").unwrap(), "index(t.a)");
        assert_eq!(line("i", "UNIQUE (a DESC)").unwrap(), "index(t.a.desc()).unique().name('i')");
        assert_eq!(line("t_b_idx", "(b NULLS FIRST) WHERE (a > 0)").unwrap(), "index(t.b).where('(a > 0)')");
        assert_eq!(line("t_b_idx", "(b)"), None, "a model has NULL first");
        assert_eq!(line("i", "(lower(a))"), None);
    }
}
