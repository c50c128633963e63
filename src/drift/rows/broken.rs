//! Rows that break the checks of their own table, or hold NULL in a column that forbids it: they
//! were written while the checks of the database were turned off. They are rows as all others, and
//! no damage.

use super::rule::{breaks_check, Rule};
use super::{Scanner, Telling};
use crate::dialect::name::Name;
use crate::dialect::quote;
use crate::drift::finding::{Finding, Grade, RowsFound};
use crate::drift::look::About;
use crate::error::Result;
use crate::migrate::run::refusal::listed;
use crate::statement::{Execute, Statement};

/// A rule that a table has.
struct Held {
    /// The constraint or the column.
    name: Option<String>,
    /// The rule, in the database's own terms.
    definition: String,
    rule: Rule,
}

impl Scanner<'_> {
    /// The rules of a table that some of its rows break.
    pub(super) fn broken(&self, connection: &mut dyn Execute, table: &Name) -> Result<Vec<Finding>> {
        let held = self.held(table);
        let read = self.attempt(connection, |connection| counts(connection, table, &held))?;
        let counts = match read {
            Ok(counts) => counts,
            Err(error) => {
                let about = About { table, object: "rows", name: None, expected: None, found: None };
                let message = format!("{table}: its rows could not be read: {}.", error.clause());
                let fix = "Run `plinth drift --deep`, which checks the file for damage.";
                let why = "Whether rows break the checks of the table is not known.";
                return Ok(vec![about.finding(Grade::Blocked, message, why, fix.into())]);
            }
        };
        let broken = held.into_iter().zip(counts).filter(|(_, count)| *count > 0);
        broken.map(|(held, count)| self.breaks(connection, table, held, count)).collect()
    }

    /// The checks of a table, and its columns that must not be NULL.
    fn held(&self, table: &Name) -> Vec<Held> {
        let Some(found) = self.live.shape.tables.get(table) else { return Vec::new() };
        let checks = found.constraints.iter().filter_map(|(name, definition)| {
            let name = name.named().map(|name| name.spelled().to_owned());
            let rule = breaks_check(definition, name.as_deref())?;
            Some(Held { name, definition: definition.clone(), rule })
        });
        let columns = found.columns.iter().filter(|(_, column)| !column.nullable).map(|(name, _)| {
            let name = name.spelled();
            // `column IS NULL` alone is false of such a column, without a look at it.
            let condition = format!("coalesce({}, NULL) IS NULL", quote(name));
            let what = format!("NULL in {}", listed(table.spelled(), &[name.to_owned()]));
            Held { name: Some(name.into()), definition: "NOT NULL".into(), rule: Rule { condition, what, advice: "" } }
        });
        checks.chain(columns).collect()
    }

    fn breaks(&self, connection: &mut dyn Execute, table: &Name, held: Held, count: i64) -> Result<Finding> {
        let Held { name, definition, rule } = held;
        let telling: Telling = self.telling(table);
        let keys =
            self.attempt(connection, |connection| telling.keys(connection, &rule.condition))?.unwrap_or_default();
        let found = match count {
            1 => "one row that breaks it".to_owned(),
            n => format!("{n} rows that break it"),
        };
        let place = match (definition.as_str(), &name) {
            ("NOT NULL", Some(column)) => format!("{table}.{column}"),
            _ => table.to_string(),
        };
        let message = format!("{place}: expected rows that keep to {definition}, found {found}.");
        let why = telling.sentence(&rule.what, count, &keys);
        let why = format!("{why} They were written while the database did not enforce its rules.");
        let fix = "Change these rows, or declare another rule in the models.".to_owned();
        let about = About { table, object: "rows", name, expected: Some(definition), found: Some(found) };
        let rows = Some(RowsFound { count, keys: telling.data(&keys) });
        Ok(Finding { rows, ..about.finding(Grade::Blocked, message, &why, fix) })
    }
}

/// How many rows break each of these rules, by one look at the table.
fn counts(connection: &mut dyn Execute, table: &Name, held: &[Held]) -> Result<Vec<i64>> {
    let mut counts = Vec::new();
    // A row of a result has at most 2,000 columns.
    for held in held.chunks(1000) {
        let filters: Vec<String> =
            held.iter().map(|held| format!("count(*) FILTER (WHERE {})", held.rule.condition)).collect();
        let sql = format!("SELECT {} FROM {}", filters.join(", "), quote(table.spelled()));
        let rows = connection.query(&Statement::new(sql))?;
        counts.extend(rows.into_iter().flatten().map(|count| count.as_int().unwrap_or_default()));
    }
    Ok(counts)
}
