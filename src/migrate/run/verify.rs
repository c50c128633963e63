//! The result of a revision: the objects of its operations, and all that others added.

use super::definitions::is_same;
use super::touched::{reduced, Touched};
use crate::dialect::name::Name;
use crate::dialect::shape::{compare, ConstraintName, Difference, Foreign, Object, Shape, TableShape};
use crate::dialect::Dialect;
use crate::error::{Code, Error, Result};
use crate::schema::Schema;
use crate::statement::Execute;

/// How many differences a message tells.
const TOLD: usize = 5;

/// The beginnings of the names of objects that steps make for other steps.
const HELPERS: [&str; 2] = ["plinth_fill_", "plinth_not_null_"];

/// The objects that a revision is about to change.
pub struct Change<'a> {
    /// The revision, as messages name it.
    pub id: &'a str,
    /// The schema before.
    pub from: &'a Schema,
    /// The schema after.
    pub to: &'a Schema,
    /// The tables that it touches.
    pub touched: &'a Touched,
    /// Its SQL, where a person has written it: then it may change more than its operations say.
    pub edited: Option<&'a str>,
}

/// The content before.
pub struct Before {
    pub(super) found: Shape,
    pub(super) differences: Vec<Difference>,
}

impl Change<'_> {
    /// The tables that are looked at.
    fn watched(&self) -> Vec<Name> {
        let mut names = self.touched.names();
        if self.edited.is_some() {
            let naming = self.touched.naming();
            names.extend(self.from.tables.iter().map(|table| naming.name(&table.name)));
            names.sort();
            names.dedup();
        }
        names
    }

    /// Reads the present content.
    pub fn before(&self, dialect: &dyn Dialect, connection: &mut dyn Execute) -> Result<Before> {
        let watched = self.watched();
        if watched.is_empty() {
            return Ok(Before { found: Shape::default(), differences: Vec::new() });
        }
        let found = dialect.introspect(connection, Some(&watched))?;
        let names = self.touched.names_before();
        let expected = expected(dialect, connection, self.from, &names)?;
        let differences = differing(&expected, &names, &found);
        Ok(Before { found, differences })
    }

    /// Reads what is beside the revisions while this one is half done: what differs from both sides in an object that they
    /// have alike, or neither has. Helpers of its steps are none of these.
    pub fn midway(&self, dialect: &dyn Dialect, connection: &mut dyn Execute) -> Result<Before> {
        let mut before = self.before(dialect, connection)?;
        let names = self.touched.names();
        let expected = expected(dialect, connection, self.to, &names)?;
        let after = differing(&expected, &names, &before.found);
        // An index may become the constraint of its name.
        let is_wanted = |table: &Name, name: &Name| {
            let is_it = |after: &Difference| &after.table == table && named(&after.object) == Some(name);
            after.iter().any(|after| after.expected.is_some() && is_it(after))
        };
        let is_foreign = |difference: &Difference| {
            let Some(table) = self.touched.table_after(&difference.table) else { return false };
            let alike = |after: &&Difference| {
                after.table == table && self.becomes(&difference.table, &difference.object, &after.object)
            };
            let name = named(&difference.object);
            !name.is_some_and(is_helper)
                && after.iter().find(alike).is_some_and(|after| after.expected == difference.expected)
                && (difference.expected.is_some() || !name.is_some_and(|name| is_wanted(&table, name)))
        };
        before.differences.retain(is_foreign);
        before.found.foreign.retain(|foreign| !is_helper(&foreign.name));
        Ok(before)
    }

    /// Compares the present content with the expected one. Fails with `RevisionFailed` where the
    /// SQL does not do what the operations say, with `Drifted` where that is since the database was
    /// not as the revisions left it, or where something would be lost that others added. Gives the
    /// shapes that the touched tables should have.
    pub fn after(&self, dialect: &dyn Dialect, connection: &mut dyn Execute, before: &Before) -> Result<Shape> {
        let watched = self.watched();
        if watched.is_empty() {
            return Ok(Shape::default());
        }
        let found = dialect.introspect(connection, Some(&watched))?;
        let expected = expected(dialect, connection, self.to, &self.touched.names())?;
        self.compare(before, &found, &expected)?;
        Ok(expected)
    }

    /// The same if the expected shapes are known already.
    pub fn after_as(
        &self,
        dialect: &dyn Dialect,
        connection: &mut dyn Execute,
        before: &Before,
        expected: &Shape,
    ) -> Result<()> {
        let watched = self.watched();
        if watched.is_empty() {
            return Ok(());
        }
        let found = dialect.introspect(connection, Some(&watched))?;
        self.compare(before, &found, expected)
    }

    fn compare(&self, before: &Before, found: &Shape, expected: &Shape) -> Result<()> {
        let lost = self.lost(before, found);
        if !lost.is_empty() {
            return Err(drifted(self.id, "would lose objects that were added beside the revisions", &lost));
        }
        let names = self.touched.names();
        let after = differing(expected, &names, found);
        let new: Vec<&Difference> = after.iter().filter(|d| !self.was_there(before, d)).collect();
        self.judge(before, &new)?;
        self.others(before, found)
    }

    /// Whether the same difference was there before.
    fn was_there(&self, before: &Before, after: &Difference) -> bool {
        before.differences.iter().any(|b| {
            self.touched.table_after(&b.table).as_ref() == Some(&after.table)
                && self.becomes(&b.table, &b.object, &after.object)
                && self.stays(&b.table, b.found.as_deref(), after.found.as_deref())
        })
    }

    /// Whether an object is `after` once its names are what they have become.
    fn becomes(&self, table: &Name, before: &Object, after: &Object) -> bool {
        let touched = self.touched;
        let column = |one: &Name, other: &Name| touched.column_after(table, one) == other;
        let object = |one: &Name, other: &Name| touched.object_after(table, one) == other;
        match (before, after) {
            (Object::Column(one), Object::Column(other))
            | (Object::Nullable(one), Object::Nullable(other))
            | (Object::Default(one), Object::Default(other))
            | (Object::ColumnComment(one), Object::ColumnComment(other)) => column(one, other),
            (Object::Index(one), Object::Index(other)) => object(one, other),
            (Object::Constraint(one), Object::Constraint(other)) => match (one, other) {
                (ConstraintName::Named(one), ConstraintName::Named(other)) => object(one, other),
                (ConstraintName::Unnamed(one), ConstraintName::Unnamed(other)) => is_same(touched, table, one, other),
                _ => false,
            },
            (before, after) => before == after,
        }
    }

    /// Whether a definition is still what it was.
    fn stays(&self, table: &Name, before: Option<&str>, after: Option<&str>) -> bool {
        match (before, after) {
            (Some(before), Some(after)) => is_same(self.touched, table, before, after),
            (before, after) => before == after,
        }
    }

    /// The objects beside the revisions that existed before, and are gone.
    fn lost(&self, before: &Before, found: &Shape) -> Vec<String> {
        let mut lost: Vec<String> = Vec::new();
        for difference in before.differences.iter().filter(|d| d.found.is_some()) {
            let Some(table) = self.touched.table_after(&difference.table) else { continue };
            let now = found.tables.get(&table).map(definitions).unwrap_or_default();
            let kept = now.into_iter().any(|(object, definition)| {
                self.becomes(&difference.table, &difference.object, &object)
                    && self.stays(&difference.table, difference.found.as_deref(), Some(&definition))
            });
            if !kept && !self.is_dropped(difference) {
                lost.push(difference.to_string());
            }
        }
        for foreign in &before.found.foreign {
            let table = foreign.table.as_ref().map(|table| self.touched.table_after(table));
            // With its table goes what hangs on it.
            if table == Some(None) {
                continue;
            }
            let table = table.flatten();
            let there = |now: &Foreign| now.what == foreign.what && now.name == foreign.name && now.table == table;
            let on_purpose = self.edited.is_some_and(|sql| mentions(sql, &foreign.name));
            if !on_purpose && !found.foreign.iter().any(there) {
                lost.push(format!("{} `{}`", foreign.what, foreign.name));
            }
        }
        lost
    }

    /// Whether an operation takes away what differs.
    fn is_dropped(&self, difference: &Difference) -> bool {
        let (touched, table) = (self.touched, &difference.table);
        match &difference.object {
            Object::Column(name) | Object::Nullable(name) | Object::Default(name) | Object::ColumnComment(name) => {
                touched.drops_column(table, name)
            }
            Object::Constraint(ConstraintName::Named(name)) | Object::Index(name) => touched.drops_object(table, name),
            Object::Constraint(ConstraintName::Unnamed(_)) | Object::Table | Object::Options | Object::TableComment => {
                false
            }
        }
    }

    fn judge(&self, before: &Before, new: &[&Difference]) -> Result<()> {
        if new.is_empty() {
            return Ok(());
        }
        let told: Vec<String> = new.iter().map(|d| d.to_string()).collect();
        let known = |d: &&Difference| {
            let table = self.touched.table_before(&d.table);
            before.differences.iter().any(|b| Some(&b.table) == table.as_ref())
        };
        if new.iter().any(known) {
            return Err(drifted(self.id, "meets a database that is not as its revisions left it", &told));
        }
        Err(Error::new(
            Code::RevisionFailed,
            format!("The SQL of {} differs from its operations: {}.", self.id, told_of(&told)),
        )
        .table(new[0].table.spelled())
        .hint("Make the SQL match operations.json, and no more; `plinth check` finds such differences earlier."))
    }

    /// Whether SQL that a person has written changed a table that its operations do not name.
    fn others(&self, before: &Before, found: &Shape) -> Result<()> {
        if self.edited.is_none() {
            return Ok(());
        }
        let touched = self.touched.names();
        let mut changed = compare(&before.found, found);
        changed.retain(|difference| !touched.contains(&difference.table));
        match changed.first() {
            None => Ok(()),
            Some(first) => {
                let told: Vec<String> = changed.iter().map(|d| d.to_string()).collect();
                let (id, told) = (self.id, told_of(&told));
                Err(Error::new(
                    Code::RevisionFailed,
                    format!("The SQL of {id} changes objects that its operations do not name: {told}."),
                )
                .table(first.table.spelled())
                .hint("Change the models, and have `plinth revision` write it."))
            }
        }
    }
}

/// The name of a constraint or an index.
fn named(object: &Object) -> Option<&Name> {
    match object {
        Object::Constraint(ConstraintName::Named(name)) | Object::Index(name) => Some(name),
        _ => None,
    }
}

/// Whether steps have made it for other steps.
fn is_helper(name: &Name) -> bool {
    HELPERS.iter().any(|helper| name.spelled().starts_with(helper))
}

/// The shapes that these tables have in a schema.
pub fn expected(dialect: &dyn Dialect, connection: &mut dyn Execute, schema: &Schema, names: &[Name]) -> Result<Shape> {
    let wanted = reduced(dialect.naming(), schema, names);
    let mut expected = match wanted.tables.is_empty() {
        true => Shape::default(),
        false => dialect.normalize(connection, &wanted)?,
    };
    expected.tables.retain(|name, _| names.contains(name));
    Ok(expected)
}

/// How these tables differ from what is expected of them.
pub(super) fn differing(expected: &Shape, names: &[Name], found: &Shape) -> Vec<Difference> {
    let mut there = Shape { tables: found.tables.clone(), foreign: Vec::new() };
    there.tables.retain(|name, _| names.contains(name));
    compare(expected, &there)
}

/// All that a comparison tells of a table.
fn definitions(table: &TableShape) -> Vec<(Object, String)> {
    let mut all = vec![(Object::Table, "a table".to_owned()), (Object::Options, table.options.clone())];
    for (name, column) in &table.columns {
        all.push((Object::Column(name.clone()), column.declared.clone()));
        let nullable = if column.nullable { "NULL" } else { "NOT NULL" };
        all.push((Object::Nullable(name.clone()), nullable.into()));
        all.extend(column.default.clone().map(|default| (Object::Default(name.clone()), default)));
        all.extend(column.comment.clone().map(|comment| (Object::ColumnComment(name.clone()), comment)));
    }
    all.extend(table.comment.clone().map(|comment| (Object::TableComment, comment)));
    let constraints = table.constraints.iter();
    all.extend(constraints.map(|(name, definition)| (Object::Constraint(name.clone()), definition.clone())));
    all.extend(table.indexes.iter().map(|(name, definition)| (Object::Index(name.clone()), definition.clone())));
    all
}

/// Whether a script names something: as a whole word, in any case, since databases fold what has no quotes.
fn mentions(sql: &str, name: &Name) -> bool {
    let sql = sql.to_ascii_lowercase();
    let name = name.spelled().to_ascii_lowercase();
    let in_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    [name.replace('"', "\"\""), name].iter().any(|name| {
        sql.match_indices(name.as_str()).any(|(at, _)| {
            let (before, after) = (&sql[..at], &sql[at + name.len()..]);
            !(name.starts_with(in_word) && before.ends_with(in_word)
                || name.ends_with(in_word) && after.starts_with(in_word))
        })
    })
}

/// The first of them, and how many more.
pub fn told_of(told: &[String]) -> String {
    let mut list: Vec<String> = told.iter().take(TOLD).cloned().collect();
    if told.len() > TOLD {
        list.push(format!("and {} more", told.len() - TOLD));
    }
    list.join("; ")
}

fn drifted(id: &str, what: &str, told: &[String]) -> Error {
    Error::new(Code::Drifted, format!("The revision {id} {what}: {}.", told_of(told))).hint(
        "Declare the added objects in the models and write a revision for them, or drop them; nothing was changed.",
    )
}
