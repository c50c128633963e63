//! The condition on rows for a difference to be repaired, as SQL over its table. Pure.

use crate::dialect::declared::parts;
use crate::dialect::name::{Name, Naming};
use crate::dialect::shape::Shape;
use crate::dialect::{quote, Dialect};
use crate::drift::column::needs_value;
use crate::drift::definition::{columns, foreign_key_parts, index_parts, key_columns, value_part, ForeignKeyParts};
use crate::drift::finding::Finding;
use crate::drift::look::Sides;
use crate::drift::types::fits;
use crate::migrate::run::conditions::{orphaned, repeated, PARENT};
use crate::migrate::run::refusal::listed;
use crate::schema::expression::mentions;

/// A rule, and which rows break it.
pub(super) struct Rule {
    /// SQL: whether a row breaks the rule. The table has its own name.
    pub condition: String,
    /// The fault of such rows: `NULL in users.phone`.
    pub what: String,
    /// What to do about them before the fix of the finding; empty if the fix says it.
    pub advice: &'static str,
}

const MERGE: &str = "Change or merge these rows first.";

/// The rule that a difference lacks; `None` if rows cannot keep it from being repaired, or if it
/// names something missing: then that has to be repaired first.
pub(super) fn rule_of(dialect: &dyn Dialect, sides: Sides<'_>, tables: &Shape, finding: &Finding) -> Option<Rule> {
    let Finding { expected: Some(expected), found, .. } = finding else { return None };
    if found.as_ref() == Some(expected) || !finding.alike.is_empty() && finding.object != "column" {
        return None;
    }
    let place = Place { naming: dialect.naming(), sides };
    match finding.object {
        "column" => place.column(dialect, finding.name.as_deref()?, found.as_deref()),
        "nullable" => place.not_null(expected, finding.name.as_deref()?),
        "check" => place.check(expected, finding.name.as_deref()),
        "unique" => place.unique(&columns(expected.strip_prefix("UNIQUE ")?)?.0),
        "primary key" => place.primary_key(&key_columns(expected)?),
        "foreign key" => place.foreign_key(tables, &foreign_key_parts(expected)?),
        "index" => place.index(expected, finding.name.as_deref()?),
        _ => None,
    }
}

/// The condition of rows whose foreign key points to no row. The referenced table has to exist.
pub(super) fn orphaned_by(table: &Name, key: &ForeignKeyParts) -> String {
    let own: Vec<String> =
        key.columns.iter().map(|column| format!("{}.{}", quote(table.spelled()), quote(column))).collect();
    let parent = format!("{} AS {PARENT}", quote(&key.parent));
    orphaned(&own, Some((&parent, &key.references)))
}

/// The rows that break a check, by its definition; `None` if it is another constraint.
pub(super) fn breaks_check(definition: &str, name: Option<&str>) -> Option<Rule> {
    Some(Rule {
        condition: format!("NOT {}", definition.strip_prefix("CHECK ")?),
        what: format!("values that {} refuses", name.map_or("a check".to_owned(), |name| format!("the check {name}"))),
        advice: "Change these rows first.",
    })
}

struct Place<'a> {
    naming: Naming,
    sides: Sides<'a>,
}

impl Place<'_> {
    fn has(&self, columns: &[String]) -> bool {
        columns.iter().all(|column| self.sides.found.columns.contains_key(&self.naming.name(column)))
    }

    /// Whether all columns that an expression names are there.
    fn decides(&self, sql: &str) -> bool {
        let missing = self.sides.expected.columns.keys().filter(|name| !self.sides.found.columns.contains_key(name));
        !missing.into_iter().any(|name| mentions(sql, name.spelled()))
    }

    fn listed(&self, columns: &[String]) -> String {
        listed(self.sides.name.spelled(), columns)
    }

    fn repeated(&self, parts: &[String], filter: Option<&str>) -> String {
        repeated(&quote(self.sides.name.spelled()), parts, filter)
    }

    /// A column that is missing and needs a value in each row, or has a type whose values do not all fit.
    fn column(&self, dialect: &dyn Dialect, column: &str, found: Option<&str>) -> Option<Rule> {
        let expected = self.sides.expected.columns.get(&self.naming.name(column))?;
        let place = self.listed(&[column.to_owned()]);
        let Some(found) = found else {
            return needs_value(expected).then(|| Rule {
                condition: "1 = 1".into(),
                what: format!("no value for {place}"),
                advice: "",
            });
        };
        let fits = fits(dialect, found, &expected.declared, &quote(column))?;
        let what = format!("values that do not fit {} in {place}", parts(&expected.declared).base);
        Some(Rule { condition: format!("NOT ({fits})"), what, advice: "Change these values first." })
    }

    fn not_null(&self, expected: &str, column: &str) -> Option<Rule> {
        let names = [column.to_owned()];
        (expected == "NOT NULL" && self.has(&names)).then(|| Rule {
            condition: format!("{} IS NULL", quote(column)),
            what: format!("NULL in {}", self.listed(&names)),
            advice: "",
        })
    }

    fn check(&self, expected: &str, name: Option<&str>) -> Option<Rule> {
        breaks_check(expected, name).filter(|_| self.decides(expected))
    }

    fn unique(&self, columns: &[String]) -> Option<Rule> {
        self.has(columns).then(|| Rule {
            condition: self.repeated(&quoted(columns), None),
            what: format!("the same {}", self.listed(columns)),
            advice: MERGE,
        })
    }

    fn primary_key(&self, columns: &[String]) -> Option<Rule> {
        self.has(columns).then(|| {
            let parts = quoted(columns);
            let null: Vec<String> = parts.iter().map(|part| format!("{part} IS NULL")).collect();
            Rule {
                condition: format!("{} OR {}", null.join(" OR "), self.repeated(&parts, None)),
                what: format!("the same {} or NULL", self.listed(columns)),
                advice: MERGE,
            }
        })
    }

    fn foreign_key(&self, tables: &Shape, key: &ForeignKeyParts) -> Option<Rule> {
        let parent = tables.tables.get(&self.naming.name(&key.parent))?;
        let referenced = key.references.iter().all(|name| parent.columns.contains_key(&self.naming.name(name)));
        (referenced && self.has(&key.columns)).then(|| Rule {
            condition: orphaned_by(self.sides.name, key),
            what: format!("{} values without a row in {}", self.listed(&key.columns), key.parent),
            advice: "Correct or delete these rows first.",
        })
    }

    fn index(&self, expected: &str, name: &str) -> Option<Rule> {
        let index = index_parts(expected).filter(|index| index.unique && self.decides(expected))?;
        let parts: Vec<String> = index.parts.iter().map(|part| format!("({})", value_part(part))).collect();
        Some(Rule {
            condition: self.repeated(&parts, index.filter),
            what: format!("the same values of the index {name}"),
            advice: MERGE,
        })
    }
}

fn quoted(columns: &[String]) -> Vec<String> {
    columns.iter().map(|column| quote(column)).collect()
}
