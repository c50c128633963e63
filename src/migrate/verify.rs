//! What a revision leaves behind: what its operations say, and all that others added.

use super::touched::{reduced, Touched};
use crate::dialect::shape::{compare, Difference, Foreign, Object, Shape};
use crate::dialect::Dialect;
use crate::error::{Code, Error, Result};
use crate::schema::Schema;
use crate::statement::Execute;

/// How many differences a message tells.
const TOLD: usize = 5;

/// What a revision is about to change.
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

/// What was there before.
pub struct Before {
    found: Shape,
    differences: Vec<Difference>,
}

impl Change<'_> {
    /// The tables that are looked at.
    fn watched(&self) -> Vec<String> {
        let mut names = self.touched.names();
        if self.edited.is_some() {
            names.extend(self.from.tables.iter().map(|table| table.name.clone()));
            names.sort();
            names.dedup();
        }
        names
    }

    /// Looks at what is there.
    pub fn before(&self, dialect: &dyn Dialect, connection: &mut dyn Execute) -> Result<Before> {
        let watched = self.watched();
        if watched.is_empty() {
            return Ok(Before { found: Shape::default(), differences: Vec::new() });
        }
        let found = dialect.introspect(connection, Some(&watched))?;
        let names = self.touched.names_before();
        let differences = differences(dialect, connection, self.from, &names, &found)?;
        Ok(Before { found, differences })
    }

    /// Compares what is there now with what should be. Fails with `RevisionFailed` where the SQL does not do what the
    /// operations say, with `Drifted` where that is since the database was not as the revisions left it, or where
    /// something would be lost that others added.
    pub fn after(&self, dialect: &dyn Dialect, connection: &mut dyn Execute, before: &Before) -> Result<()> {
        let watched = self.watched();
        if watched.is_empty() {
            return Ok(());
        }
        let found = dialect.introspect(connection, Some(&watched))?;
        let lost = self.lost(before, &found);
        if !lost.is_empty() {
            return Err(drifted(self.id, "would lose what was added to the database beside the revisions", &lost));
        }
        let after = differences(dialect, connection, self.to, &self.touched.names(), &found)?;
        let new: Vec<&Difference> = after.iter().filter(|d| !self.was_there(before, d)).collect();
        self.judge(before, &new)?;
        self.others(before, &found)
    }

    /// Whether the same difference was there before.
    fn was_there(&self, before: &Before, after: &Difference) -> bool {
        before.differences.iter().any(|b| {
            self.touched.table_after(&b.table).as_ref() == Some(&after.table)
                && self.object_after(b) == after.object
                && self.text_after(&b.table, b.found.as_deref()) == after.found
        })
    }

    fn object_after(&self, before: &Difference) -> Object {
        let (table, touched) = (&before.table, self.touched);
        let column = |name: &String| touched.column_after(table, name).to_owned();
        let object = |name: &String| {
            let named = touched.object_after(table, name);
            // What has no name stands under its definition.
            if named == name {
                touched.rewritten(table, name)
            } else {
                named.to_owned()
            }
        };
        match &before.object {
            Object::Column(name) => Object::Column(column(name)),
            Object::Nullable(name) => Object::Nullable(column(name)),
            Object::Default(name) => Object::Default(column(name)),
            Object::Comment(name) => Object::Comment(column(name)),
            Object::Constraint(name) => Object::Constraint(object(name)),
            Object::Index(name) => Object::Index(object(name)),
            Object::Table => Object::Table,
            Object::Options => Object::Options,
        }
    }

    fn text_after(&self, table: &str, text: Option<&str>) -> Option<String> {
        text.map(|text| self.touched.rewritten(table, text))
    }

    /// What was there beside the revisions, and is gone.
    fn lost(&self, before: &Before, found: &Shape) -> Vec<String> {
        let mut lost: Vec<String> = Vec::new();
        for difference in before.differences.iter().filter(|d| d.found.is_some()) {
            let Some(table) = self.touched.table_after(&difference.table) else { continue };
            let dropped = named(&difference.object).is_some_and(|n| self.touched.is_dropped(&difference.table, n));
            let now = definition(found, &table, &self.object_after(difference));
            if !dropped && now != self.text_after(&difference.table, difference.found.as_deref()) {
                lost.push(difference.to_string());
            }
        }
        for foreign in &before.found.foreign {
            let table = foreign.table.as_ref().map(|table| self.touched.table_after(table));
            // With its table goes what hangs on it.
            if table == Some(None) {
                continue;
            }
            let there = |now: &&Foreign| {
                now.what == foreign.what
                    && now.name == foreign.name
                    && Some(&now.table) == Some(&table.clone().flatten())
            };
            let on_purpose = self.edited.is_some_and(|sql| sql.contains(&foreign.name));
            if !on_purpose && found.foreign.iter().find(there).is_none() {
                lost.push(format!("{} `{}`", foreign.what, foreign.name));
            }
        }
        lost
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
            format!("The SQL of {} does not do what its operations say: {}.", self.id, told_of(&told)),
        )
        .table(&new[0].table)
        .hint("Make the SQL do what operations.json says, and no more; `plinth check` tells beforehand."))
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
                    format!("The SQL of {id} changes what its operations do not name: {told}."),
                )
                .table(&first.table)
                .hint("Change the models, and have `plinth revision` write it."))
            }
        }
    }
}

/// How these tables differ from what a schema says.
pub fn differences(
    dialect: &dyn Dialect,
    connection: &mut dyn Execute,
    schema: &Schema,
    names: &[String],
    found: &Shape,
) -> Result<Vec<Difference>> {
    let wanted = reduced(schema, names);
    let mut expected = match wanted.tables.is_empty() {
        true => Shape::default(),
        false => dialect.normalize(connection, &wanted)?,
    };
    expected.tables.retain(|name, _| names.contains(name));
    let mut there = Shape { tables: found.tables.clone(), foreign: Vec::new() };
    there.tables.retain(|name, _| names.contains(name));
    Ok(compare(&expected, &there))
}

/// How an object is defined.
fn definition(shape: &Shape, table: &str, object: &Object) -> Option<String> {
    // As a comparison with nothing tells it.
    let table = shape.tables.get(table)?;
    let column = |name: &String| table.columns.get(name);
    match object {
        Object::Table => Some("a table".into()),
        Object::Column(name) => column(name).map(|c| c.declared.clone()),
        Object::Nullable(name) => column(name).map(|c| if c.nullable { "NULL".into() } else { "NOT NULL".into() }),
        Object::Default(name) => column(name).and_then(|c| c.default.clone()),
        Object::Constraint(name) => table.constraints.get(name).cloned(),
        Object::Index(name) => table.indexes.get(name).cloned(),
        Object::Options => Some(table.options.clone()),
        Object::Comment(name) if name.is_empty() => table.comment.clone(),
        Object::Comment(name) => column(name).and_then(|c| c.comment.clone()),
    }
}

/// The column, constraint or index of a difference.
fn named(object: &Object) -> Option<&str> {
    match object {
        Object::Table | Object::Options => None,
        Object::Column(name)
        | Object::Nullable(name)
        | Object::Default(name)
        | Object::Constraint(name)
        | Object::Index(name)
        | Object::Comment(name) => Some(name),
    }
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
    Error::new(Code::Drifted, format!("The revision {id} {what}: {}.", told_of(told)))
        .hint("Declare what was added in the models and write a revision for it, or take it away; nothing was changed.")
}
