//! Obstacles of a correction: it names something missing, or something that a person has to decide
//! first. Pure.

use crate::dialect::correction::Correction;
use crate::dialect::declared::parts;
use crate::dialect::name::{Name, Naming};
use crate::dialect::shape::{Shape, TableShape};
use crate::drift::definition::{columns, foreign_key_parts, index_parts, key_columns};
use crate::drift::Finding;
use crate::schema::expression::mentions;
use crate::schema::Table;
use std::collections::BTreeSet;

/// Columns of tables.
pub type Columns = BTreeSet<(Name, Name)>;

/// The database as the plan leaves it, and what it leaves undone.
pub struct Holds<'a> {
    pub naming: Naming,
    /// What should be there.
    pub expected: &'a Shape,
    /// The present content.
    pub before: &'a Shape,
    /// The content when the plan is done.
    pub after: &'a Shape,
    /// Columns that are missing or extra, and not decided yet.
    pub undecided: &'a Columns,
    /// Columns that keep a type that they should not have.
    pub mistyped: &'a Columns,
    /// Tables that stay what they should not be, such as STRICT, and may not take each type and each key.
    pub other_options: &'a BTreeSet<Name>,
}

impl Holds<'_> {
    /// Whether a correction of the finding has to wait.
    pub fn hold(&self, finding: &Finding) -> bool {
        let table = self.naming.name(&finding.table);
        finding.corrections.iter().any(|correction| self.holds(&table, correction))
    }

    /// Whether a missing table has to wait: it refers to something missing.
    pub fn hold_table(&self, table: &Table) -> bool {
        table.foreign_keys.iter().any(|key| !self.is_key(&self.naming.name(&key.table), &key.references))
    }

    fn holds(&self, table: &Name, correction: &Correction) -> bool {
        let is_other = self.other_options.contains(table);
        match correction {
            Correction::AddColumn(..) | Correction::SetType(..) if is_other => true,
            Correction::AddConstraint(_, definition) if is_other && definition.starts_with("PRIMARY KEY") => true,
            Correction::AddConstraint(_, definition) if definition.starts_with("FOREIGN KEY") => {
                self.lacks(table, definition)
                    || self.points_nowhere(definition)
                    || self.points_to_new(definition)
                    || self.is_about_new(table, definition)
            }
            Correction::AddConstraint(_, definition) if self.is_about_new(table, definition) => true,
            Correction::AddIndex(_, definition) if definition.starts_with("UNIQUE ") => {
                self.lacks(table, definition) || self.is_about_new(table, definition)
            }
            Correction::AddConstraint(_, definition)
            | Correction::AddIndex(_, definition)
            | Correction::ValidateConstraint(_, definition) => self.lacks(table, definition),
            Correction::DropConstraint(_, definition) => self.is_undecided(table, definition),
            Correction::SetDefault(name, Some(_)) => self.mistyped.contains(&(table.clone(), name.clone())),
            Correction::AddColumn(_, column) => {
                parts(&column.declared).generated.is_some_and(|expression| self.lacks(table, expression))
            }
            Correction::DropColumn(name) => self.is_named(table, name),
            _ => false,
        }
    }

    /// Whether a definition names a column that does not exist, or not of the expected type.
    fn lacks(&self, table: &Name, definition: &str) -> bool {
        let Some(expected) = self.expected.tables.get(table) else { return true };
        let there = self.after.tables.get(table);
        let is_there = |name: &Name| there.is_some_and(|table| table.columns.contains_key(name));
        let is_mistyped = |name: &Name| self.mistyped.contains(&(table.clone(), name.clone()));
        let mut named = expected.columns.keys().filter(|name| mentions(definition, name.spelled()));
        named.any(|name| !is_there(name) || is_mistyped(name))
    }

    /// Whether a rule names a column that the plan adds: what existing rows have in it then, and whether that keeps the rule, is
    /// read once it is there.
    fn is_about_new(&self, table: &Name, definition: &str) -> bool {
        let (Some(before), Some(after)) = (self.before.tables.get(table), self.after.tables.get(table)) else {
            return false;
        };
        let mut new = after.columns.keys().filter(|name| !before.columns.contains_key(name));
        new.any(|name| mentions(definition, name.spelled()))
    }

    fn is_undecided(&self, table: &Name, definition: &str) -> bool {
        self.undecided.iter().any(|(of, name)| of == table && mentions(definition, name.spelled()))
    }

    /// Whether something that stays names the column.
    fn is_named(&self, table: &Name, name: &Name) -> bool {
        let Some(after) = self.after.tables.get(table) else { return false };
        let of_others = self.after.tables.values().flat_map(|table| table.constraints.values());
        let points = |definition: &String| {
            let key = foreign_key_parts(definition);
            key.is_some_and(|key| {
                self.naming.name(&key.parent) == *table && self.naming.names(&key.references).contains(name)
            })
        };
        let own = after.constraints.values().filter(|it| !it.starts_with("FOREIGN KEY"));
        let generated = after.columns.values().filter_map(|column| parts(&column.declared).generated);
        let own_keys = after.constraints.values().filter_map(|it| foreign_key_parts(it));
        own.map(String::as_str).chain(generated).any(|it| mentions(it, name.spelled()))
            || own_keys.into_iter().any(|key| self.naming.names(&key.columns).contains(name))
            || after.indexes.values().any(|it| mentions(it, name.spelled()))
            || of_others.into_iter().any(points)
    }

    /// Whether a foreign key points to a table, columns or a key that will not be there.
    fn points_nowhere(&self, definition: &str) -> bool {
        let Some(key) = foreign_key_parts(definition) else { return false };
        !self.is_key(&self.naming.name(&key.parent), &key.references)
    }

    /// Whether a foreign key points to a table or a column that the plan adds: which rows refer to nothing there is read once
    /// it is there.
    fn points_to_new(&self, definition: &str) -> bool {
        let Some(key) = foreign_key_parts(definition) else { return false };
        let before = self.before.tables.get(&self.naming.name(&key.parent));
        let was_there = |name: &Name| before.is_some_and(|table| table.columns.contains_key(name));
        !self.naming.names(&key.references).iter().all(was_there)
    }

    fn is_key(&self, table: &Name, columns: &[String]) -> bool {
        let wanted: BTreeSet<Name> = self.naming.names(columns).into_iter().collect();
        let mistyped = |name: &Name| self.mistyped.contains(&(table.clone(), name.clone()));
        let Some(there) = self.after.tables.get(table) else { return false };
        !wanted.iter().any(mistyped)
            && keys(there).iter().any(|key| self.naming.names(key).into_iter().collect::<BTreeSet<Name>>() == wanted)
    }
}

/// The lists of columns in which no two rows of a table are alike.
fn keys(table: &TableShape) -> Vec<Vec<String>> {
    let constraints = table.constraints.values().filter_map(|definition| match definition.strip_prefix("UNIQUE ") {
        Some(list) => columns(list).map(|(columns, _)| columns),
        None if definition.starts_with("PRIMARY KEY") => key_columns(definition),
        None => None,
    });
    let of_index = |definition: &String| {
        let index = index_parts(definition).filter(|index| index.unique && index.filter.is_none())?;
        index.parts.iter().map(|part| Some(crate::drift::definition::column_part(part)?.0)).collect()
    };
    constraints.chain(table.indexes.values().filter_map(of_index)).collect()
}
