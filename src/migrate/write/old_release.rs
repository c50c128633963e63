//! Two releases side by side: the changes that the release which still runs cannot live with. Pure.
//!
//! The running release is known by its schema alone. It reads every column of its models by name, an insert names all of
//! them, and its code may write whatever its models allow.

use crate::diff::{conversion, kind_words, Applier, Constraint, Conversion, Operation, Question};
use crate::error::Result;
use crate::schema::expression::mentions;
use crate::schema::{Column, ForeignKey, Index, IndexKey, Kind, Schema, Table};
use serde::Serialize;
use std::collections::BTreeMap;

/// A change that the running release cannot live with.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReleaseWarning {
    /// The revision that has the change; `None` if no revision has it yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The table, by the name that the running release uses.
    pub table: String,
    /// The column; `None` if the change concerns the table, or several columns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// The change, and why the running release fails.
    pub message: String,
    /// What to do instead, or before.
    pub hint: String,
}

const LATER: &str = "Apply it after the last process of that release has ended.";
const BESIDE: &str = "Add the new one beside it, write both, and drop the old one with a later revision.";
const OPEN: &str =
    "Make it nullable or give it a constant default; a later revision can forbid NULL. Random values are made by the \
                    release, not by the database.";
const WRITES_FIRST: &str = "Deploy a release that no longer writes such rows first.";
const NEW_NOT_NULL: &str =
    "may not be NULL, and the database has no default for it: inserts of the running release do not know it, and fail.";
const NOW_NOT_NULL: &str = "may no longer be NULL: the running release may still write NULL, which is refused.";

const READS_FIRST: &str =
    "Deploy a release first that knows such values and does not write them. Write them only after the last \
                           process of the running release has ended.";
const TWO_REVISIONS: &str = "Add the new words with one revision, and take the old ones away with a later one.";

const GONE_TABLE: &str = "is dropped or renamed: the running release still uses it.";
const GONE_COLUMN: &str = "is dropped or renamed: the running release names it in its queries.";

/// The release that runs while revisions change its schema.
pub struct OldRelease {
    now: Applier,
    /// The tables of its models, by their present names.
    tables: BTreeMap<String, Known>,
    warnings: Vec<ReleaseWarning>,
}

/// A table of its models.
struct Known {
    name: String,
    /// The names of its columns, by their present names.
    columns: BTreeMap<String, String>,
}

impl Known {
    fn of(table: &Table) -> Known {
        let columns = table.columns.iter().map(|column| (column.name.clone(), column.name.clone()));
        Known { name: table.name.clone(), columns: columns.collect() }
    }

    /// A warning about the table, or one of its columns.
    fn warning(&self, column: Option<&str>, why: &str, hint: &str) -> ReleaseWarning {
        let place = column.map(|column| format!(".{column}")).unwrap_or_default();
        ReleaseWarning {
            version: None,
            table: self.name.clone(),
            column: column.map(str::to_owned),
            message: format!("{}{place} {why}", self.name),
            hint: hint.to_owned(),
        }
    }
}

impl OldRelease {
    /// The release whose models are this schema.
    pub fn new(schema: Schema) -> Self {
        let tables = schema.tables.iter().map(|table| (table.name.clone(), Known::of(table))).collect();
        OldRelease { now: Applier::new(schema), tables, warnings: Vec::new() }
    }

    /// Applies the operations of a revision, and notes those that the release cannot live with. Fails if they do not fit.
    pub fn apply(&mut self, version: Option<&str>, operations: &[Operation]) -> Result<()> {
        for operation in operations {
            if let Some(warning) = self.warning(operation, operations) {
                self.warnings.push(ReleaseWarning { version: version.map(str::to_owned), ..warning });
            }
            self.follow(operation);
            self.now.apply(operation)?;
        }
        Ok(())
    }

    /// Notes changes that need a decision. Whatever is decided, the old name goes, or NULL is forbidden.
    pub fn ask(&mut self, questions: &[Question]) {
        for question in questions {
            let warning = match question {
                Question::Rename { table: None, from, .. } => {
                    self.tables.get(from).map(|known| known.warning(None, GONE_TABLE, BESIDE))
                }
                Question::Rename { table: Some(table), from, .. } => {
                    self.known(table, from).map(|(known, column)| known.warning(Some(column), GONE_COLUMN, BESIDE))
                }
                Question::Backfill { table, column, .. } => {
                    self.tables.get(table).map(|known| match known.columns.get(column) {
                        Some(column) => known.warning(Some(column), NOW_NOT_NULL, WRITES_FIRST),
                        None => known.warning(Some(column), NEW_NOT_NULL, OPEN),
                    })
                }
                Question::Restore { .. } | Question::Loss { .. } | Question::Blocking { .. } => None,
            };
            self.warnings.extend(warning);
        }
    }

    /// What was noted, in order.
    pub fn into_warnings(self) -> Vec<ReleaseWarning> {
        self.warnings
    }

    /// A table and a column that the release uses, by their present names.
    fn known(&self, table: &str, column: &str) -> Option<(&Known, &str)> {
        let known = self.tables.get(table)?;
        Some((known, known.columns.get(column)?))
    }

    /// The warning about one of the operations of a revision, which is about to be applied. A table that the release does not
    /// know never has one.
    fn warning(&self, operation: &Operation, all: &[Operation]) -> Option<ReleaseWarning> {
        match operation {
            Operation::DropTable { table } => Some(self.tables.get(&table.name)?.warning(
                None,
                "is dropped: the running release still uses it.",
                LATER,
            )),
            Operation::RenameTable { from, to } => {
                let why = format!("is renamed to {to}: the running release still uses the old name.");
                Some(self.tables.get(from)?.warning(None, &why, BESIDE))
            }
            Operation::DropColumn { table, column, .. } => {
                let (known, column) = self.known(table, &column.name)?;
                Some(known.warning(Some(column), "is dropped: the running release names it in its queries.", LATER))
            }
            Operation::RenameColumn { table, from, to } => {
                let (known, column) = self.known(table, from)?;
                let why = format!("is renamed to {to}: the running release still uses the old name.");
                Some(known.warning(Some(column), &why, BESIDE))
            }
            Operation::AddColumn { table, column, .. } => {
                let known = self.tables.get(table)?;
                needs_value(column).then(|| known.warning(Some(&column.name), NEW_NOT_NULL, OPEN))
            }
            Operation::AlterColumn { table, from, to, .. } => {
                let known = self.tables.get(table)?;
                match known.columns.get(&to.name) {
                    Some(name) => altered(from, to).map(|(why, hint)| known.warning(Some(name), &why, hint)),
                    None => (needs_value(to) && !needs_value(from))
                        .then(|| known.warning(Some(&to.name), NEW_NOT_NULL, OPEN)),
                }
            }
            Operation::AlterPrimaryKey { table, from, .. } => {
                let (known, names) = (self.tables.get(table)?, from.join(", "));
                let why = format!("has another primary key: upserts of the running release by {names} fail.");
                Some(known.warning(None, &why, LATER))
            }
            Operation::AddConstraint { table, constraint } => match constraint {
                Constraint::Unique(unique) => self.unique(table, &unique.columns, all),
                Constraint::ForeignKey(key) => {
                    let same = |old: &ForeignKey| (&old.columns, &old.table) == (&key.columns, &key.table);
                    let had = all.iter().any(|operation| match operation {
                        Operation::DropConstraint { constraint: Constraint::ForeignKey(old), .. } => same(old),
                        _ => false,
                    });
                    let rule = format!("must refer to a row of {}", key.table);
                    (!had).then(|| self.ruled(table, &key.columns, &rule)).flatten()
                }
                Constraint::Check(check) => {
                    // Of columns that the release does not know, the defaults of the models meet it.
                    let known = &self.tables.get(table)?.columns;
                    let names: Vec<String> = known.keys().filter(|name| mentions(&check.sql, name)).cloned().collect();
                    let rule = format!("must meet the check {}", check.name);
                    (!names.is_empty()).then(|| self.ruled(table, &names, &rule)).flatten()
                }
            },
            Operation::AddIndex { table, index } if index.unique => {
                self.unique(table, &key_of(index, self.now.table(table)?), all)
            }
            Operation::DropConstraint { table, constraint: Constraint::Unique(unique) } => {
                self.not_unique(table, &unique.columns, all)
            }
            Operation::DropIndex { table, index } if index.unique && index.filter.is_none() => {
                self.not_unique(table, &index.columns()?, all)
            }
            _ => None,
        }
    }

    /// A new rule about columns. Those that the release does not know stay NULL in its rows if they have no default, and then
    /// the rule refuses none of these rows.
    fn ruled(&self, table: &str, columns: &[String], rule: &str) -> Option<ReleaseWarning> {
        let (known, now) = (self.tables.get(table)?, self.now.table(table)?);
        let is_null = |name: &String| {
            let column = now.column(name);
            !known.columns.contains_key(name) && column.is_some_and(|it| it.default.is_none())
        };
        if columns.iter().any(is_null) {
            return None;
        }
        let names: Vec<&str> = columns.iter().map(|name| known.columns.get(name).unwrap_or(name).as_str()).collect();
        let may = "the running release may still write other rows, which are refused.";
        Some(match names[..] {
            [column] => known.warning(Some(column), &format!("{rule}: {may}"), WRITES_FIRST),
            [] => known.warning(None, &format!("has rows that {rule}: {may}"), WRITES_FIRST),
            _ => known.warning(None, &format!("has a new rule, {} {rule}: {may}", names.join(", ")), WRITES_FIRST),
        })
    }

    /// Columns that are unique together from now on, unless they were before.
    fn unique(&self, table: &str, columns: &[String], all: &[Operation]) -> Option<ReleaseWarning> {
        let had = all.iter().any(|operation| is_unique(&operation.reverse(), table, columns));
        (!had).then(|| self.ruled(table, columns, "must be unique")).flatten()
    }

    /// Columns that are no longer unique together, unless the same revision has another such rule, or drops them.
    fn not_unique(&self, table: &str, columns: &[String], all: &[Operation]) -> Option<ReleaseWarning> {
        let names: Option<Vec<&str>> = columns.iter().map(|column| Some(self.known(table, column)?.1)).collect();
        let names = names?;
        let are_dropped = |operation: &Operation| match operation {
            Operation::DropTable { table: gone } => gone.name == table,
            Operation::DropColumn { table: at, column, .. } => at == table && columns.contains(&column.name),
            _ => false,
        };
        if all.iter().any(|operation| is_unique(operation, table, columns) || are_dropped(operation)) {
            return None;
        }
        let known = self.tables.get(table)?;
        let gone = |by: &str| format!("no longer unique: upserts of the running release by {by} fail.");
        Some(match names[..] {
            [column] => known.warning(Some(column), &format!("is {}", gone("it")), LATER),
            _ => known.warning(None, &format!("has columns that are {}", gone(&names.join(", "))), LATER),
        })
    }

    /// Keeps the names in step with an operation.
    fn follow(&mut self, operation: &Operation) {
        match operation {
            Operation::DropTable { table } => {
                self.tables.remove(&table.name);
            }
            Operation::RenameTable { from, to } => {
                if let Some(known) = self.tables.remove(from) {
                    self.tables.insert(to.clone(), known);
                }
            }
            Operation::DropColumn { table, column, .. } => {
                if let Some(known) = self.tables.get_mut(table) {
                    known.columns.remove(&column.name);
                }
            }
            Operation::RenameColumn { table, from, to } => {
                let Some(known) = self.tables.get_mut(table) else { return };
                if let Some(name) = known.columns.remove(from) {
                    known.columns.insert(to.clone(), name);
                }
            }
            _ => {}
        }
    }
}

/// Whether an operation adds a rule that these columns are unique together in all rows.
fn is_unique(operation: &Operation, table: &str, columns: &[String]) -> bool {
    let same = |other: &[String]| other.len() == columns.len() && other.iter().all(|one| columns.contains(one));
    match operation {
        Operation::AddConstraint { table: at, constraint: Constraint::Unique(unique) } => {
            at == table && same(&unique.columns)
        }
        Operation::AddIndex { table: at, index } => {
            at == table && index.unique && index.filter.is_none() && index.columns().is_some_and(|key| same(&key))
        }
        _ => false,
    }
}

/// Whether an insert that leaves the column out is refused.
fn needs_value(column: &Column) -> bool {
    !column.nullable && column.default.is_none() && !matches!(column.kind, Kind::Id | Kind::BigId)
}

/// The columns of an index, those that its expressions name among them.
fn key_of(index: &Index, table: &Table) -> Vec<String> {
    let is_in = |name: &str| {
        index.parts.iter().any(|part| match &part.key {
            IndexKey::Column(column) => column == name,
            IndexKey::Expression(sql) => mentions(sql, name),
        })
    };
    table.columns.iter().map(|column| column.name.clone()).filter(|name| is_in(name)).collect()
}

/// A change of a known column that the release cannot live with, and the hint. The release sends defaults itself: another
/// default, or none, makes no difference to it.
fn altered(from: &Column, to: &Column) -> Option<(String, &'static str)> {
    let alike = match (&from.kind, &to.kind) {
        (Kind::Text { .. }, Kind::Text { .. }) | (Kind::Enum { .. }, Kind::Enum { .. }) => true,
        // SQLite keeps decimals as whole numbers: with another scale the same number is another value.
        (Kind::Decimal { scale: one, .. }, Kind::Decimal { scale: other, .. }) => one == other,
        (one, other) => conversion(one, other) == Conversion::Same,
    };
    if !alike {
        let (before, after) = (kind_words(&from.kind), kind_words(&to.kind));
        let why = format!("changes from {before} to {after}: the running release still reads and writes {before}.");
        return Some((why, BESIDE));
    }
    if from.nullable && !to.nullable {
        return Some((NOW_NOT_NULL.to_owned(), WRITES_FIRST));
    }
    if let (Kind::Integer, Kind::Bigint) = (&from.kind, &to.kind) {
        let why = "takes larger numbers: the running release cannot read rows with numbers beyond 2^53 - 1.";
        return Some((why.to_owned(), READS_FIRST));
    }
    if let Some(change) = words_changed(&from.kind, &to.kind) {
        return Some(change);
    }
    if matches!(conversion(&from.kind, &to.kind), Conversion::Checked | Conversion::Lossy(_)) {
        let after = kind_words(&to.kind);
        let why =
            format!("takes fewer values, {after}: the running release may still write others, which are refused.");
        return Some((why, WRITES_FIRST));
    }
    None
}

/// New words of an enum: the release fails where it reads one.
fn words_changed(from: &Kind, to: &Kind) -> Option<(String, &'static str)> {
    let (Kind::Enum { values: before, .. }, Kind::Enum { values: after, .. }) = (from, to) else { return None };
    let new: Vec<String> = after.iter().filter(|word| !before.contains(word)).map(|word| format!("`{word}`")).collect();
    if new.is_empty() {
        return None;
    }
    let why = format!("gets the words {}: the running release cannot read rows that have them", new.join(", "));
    Some(match before.iter().all(|word| after.contains(word)) {
        true => (format!("{why}."), READS_FIRST),
        false => (format!("{why}, and may still write old words, which are refused."), TWO_REVISIONS),
    })
}
