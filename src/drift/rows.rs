//! The part of rows in a comparison: rows that keep a difference from being repaired, and rows that
//! break a rule which the database should have enforced. Reads rows; tells no value except keys.

mod broken;
mod rule;
mod telling;

use super::basis::{Basis, Live};
use super::definition::foreign_key_parts;
use super::finding::{Finding, Findings, Grade, RowsFound};
use super::look::{About, Sides};
use crate::dialect::found::Orphans;
use crate::dialect::name::Name;
use crate::dialect::Dialect;
use crate::error::{Code, Error, Result};
use crate::migrate::run::refusal::listed;
use crate::statement::Execute;
use rule::{rule_of, Rule};
use serde::Serialize;
use telling::Telling;

/// How much damage is reported.
const DAMAGE: usize = 100;

/// What is asked of rows.
pub struct RowScan<'a> {
    /// Whether the database looks for damage, too.
    pub deep: bool,
    /// Which differences rows are read for; none for all, and for rows that break existing rules.
    pub only: Option<&'a dyn Fn(&Finding) -> bool>,
    /// Whether a column of a table is private; `None` if no model has it.
    pub is_private: &'a dyn Fn(&str, &str) -> Option<bool>,
    /// Called before each step, and when all are done.
    pub report: &'a mut dyn FnMut(&ScanProgress),
}

/// How far a scan has come.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ScanProgress {
    /// The table that is read; none for the file as a whole.
    pub table: Option<String>,
    /// How many steps are done.
    pub done: usize,
    /// Of how many.
    pub of: usize,
}

/// One step of a scan.
enum Step {
    /// Damage of the file.
    Damage,
    /// Rows that violate foreign keys of a table.
    Orphans(Name),
    /// Rows that break checks of a table, or hold NULL in a column that forbids it.
    Broken(Name),
    /// Rows that keep the finding with this number from being repaired.
    Rule(usize, Rule),
}

struct Scanner<'a> {
    dialect: &'a dyn Dialect,
    basis: &'a Basis<'a>,
    live: &'a Live,
    is_private: &'a dyn Fn(&str, &str) -> Option<bool>,
}

/// Asks rows about what a comparison found. To be called in the snapshot of the comparison.
pub fn scan(
    dialect: &dyn Dialect,
    connection: &mut dyn Execute,
    (basis, live): (&Basis<'_>, &Live),
    findings: &mut Findings,
    scan: &mut RowScan<'_>,
) -> Result<()> {
    let scanner = Scanner { dialect, basis, live, is_private: scan.is_private };
    let steps = scanner.steps(&findings.differences, scan);
    let of = steps.len();
    let mut found = Vec::new();
    let mut last = None;
    for (done, step) in steps.iter().enumerate() {
        last = scanner.table_of(step, &findings.differences);
        (scan.report)(&ScanProgress { table: last.clone(), done, of });
        match step {
            Step::Damage => found.extend(scanner.damage(connection)?),
            Step::Orphans(table) => found.extend(scanner.orphans(connection, table)?),
            Step::Broken(table) => found.extend(scanner.broken(connection, table)?),
            Step::Rule(at, rule) => scanner.hold(connection, &mut findings.differences[*at], rule)?,
        }
    }
    (scan.report)(&ScanProgress { table: last, done: of, of });
    findings.differences.extend(found);
    findings.differences.sort_by_key(|finding| dialect.naming().name(&finding.table));
    Ok(())
}

impl Scanner<'_> {
    fn steps(&self, differences: &[Finding], scan: &RowScan<'_>) -> Vec<Step> {
        let mut steps = Vec::new();
        steps.extend(scan.deep.then_some(Step::Damage));
        if self.dialect.may_break_rules() && scan.only.is_none() {
            let tables = self.basis.expected.tables.keys().filter(|name| self.live.shape.tables.contains_key(name));
            steps.extend(tables.map(|name| Step::Broken(name.clone())));
            let tables = self.basis.expected.tables.keys().filter(|name| self.has_foreign_keys(name));
            steps.extend(tables.map(|name| Step::Orphans(name.clone())));
        }
        let wanted = |finding: &&Finding| scan.only.is_none_or(|only| only(finding));
        let rules =
            differences.iter().enumerate().filter(|(_, finding)| wanted(finding)).filter_map(|(at, finding)| {
                let name = self.dialect.naming().name(&finding.table);
                Some(Step::Rule(at, rule_of(self.dialect, self.sides(&name)?, &self.live.shape, finding)?))
            });
        steps.extend(rules);
        steps
    }

    fn has_foreign_keys(&self, table: &Name) -> bool {
        let constraints = self.live.shape.tables.get(table).map(|table| table.constraints.values());
        constraints.into_iter().flatten().any(|definition| definition.starts_with("FOREIGN KEY"))
    }

    fn sides<'a>(&'a self, name: &'a Name) -> Option<Sides<'a>> {
        let (expected, found) = (self.basis.expected.tables.get(name)?, self.live.shape.tables.get(name)?);
        Some(Sides { name, expected, found })
    }

    fn table_of(&self, step: &Step, differences: &[Finding]) -> Option<String> {
        match step {
            Step::Damage => None,
            Step::Orphans(table) | Step::Broken(table) => Some(table.spelled().to_owned()),
            Step::Rule(at, _) => Some(differences[*at].table.clone()),
        }
    }

    fn telling(&self, table: &Name) -> Telling {
        let declared = self.basis.schema.and_then(|schema| {
            schema.tables.iter().find(|declared| self.dialect.naming().name(&declared.name) == *table)
        });
        match (declared, self.sides(table)) {
            (Some(declared), Some(sides)) => Telling::of(self.dialect.naming(), sides, declared, self.is_private),
            _ => Telling::none(table.spelled()),
        }
    }

    /// Does work that a table, a role or damage may refuse: the scan then goes on with the next step.
    fn attempt<T>(
        &self,
        connection: &mut dyn Execute,
        work: impl Fn(&mut dyn Execute) -> Result<T>,
    ) -> Result<std::result::Result<T, Error>> {
        let mut done = None;
        let result = self.dialect.attempt(connection, &mut |connection| {
            done = Some(work(connection)?);
            Ok(())
        });
        let missing = || Error::new(Code::Internal, "A step of a scan ended without its work.");
        match result {
            Ok(()) => Ok(Ok(done.ok_or_else(missing)?)),
            Err(error) if is_refusal(&error) => Ok(Err(error)),
            Err(error) => Err(error),
        }
    }

    /// Asks which rows keep a finding from being repaired.
    fn hold(&self, connection: &mut dyn Execute, finding: &mut Finding, rule: &Rule) -> Result<()> {
        let telling = self.telling(&self.dialect.naming().name(&finding.table));
        let counted = self.attempt(connection, |connection| telling.ask(connection, &rule.condition))?;
        let (count, keys) = match counted {
            Ok(counted) => counted,
            Err(error) => {
                finding.why.push_str(&format!(" Its rows could not be read: {}.", error.clause()));
                return Ok(());
            }
        };
        finding.rows = Some(RowsFound { count, keys: telling.data(&keys) });
        let is_blocked = finding.grade == Grade::Blocked;
        if count == 0 {
            match (is_blocked, finding.object) {
                // Nothing is left to decide: there is no row.
                (true, "column") if !finding.corrections.is_empty() => {
                    finding.grade = Grade::Safe;
                    finding.why = "The table has no rows.".into();
                }
                (true, _) => finding.why.push_str(" No row breaks the expected rule."),
                (false, "column") => {}
                (false, _) => finding.why = "No row changes, and no row breaks the expected rule.".into(),
            }
            return Ok(());
        }
        let sentence = telling.sentence(&rule.what, count, &keys);
        finding.why = match is_blocked {
            true => format!("{sentence} {}", finding.why),
            false => format!("{sentence} The database refuses the rule until no row breaks it."),
        };
        finding.fix =
            [rule.advice, &finding.fix].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
        finding.grade = Grade::Blocked;
        Ok(())
    }

    /// The foreign keys of a table that rows violate although the table declares them.
    fn orphans(&self, connection: &mut dyn Execute, table: &Name) -> Result<Vec<Finding>> {
        let checked = self.attempt(connection, |connection| self.dialect.orphans(connection, table.spelled()))?;
        match checked {
            Ok(orphans) => orphans.iter().map(|orphans| self.orphan(connection, table, orphans)).collect(),
            Err(error) => {
                let about = About { table, object: "rows", name: None, expected: None, found: None };
                let message = format!("{table}: its foreign keys could not be checked: {}.", error.clause());
                let fix = "Repair the tables that the keys reference first, then run `plinth drift --rows` again.";
                let why = "Whether rows violate the foreign keys of the table is not known.";
                Ok(vec![about.finding(Grade::Blocked, message, why, fix.into())])
            }
        }
    }

    fn orphan(&self, connection: &mut dyn Execute, table: &Name, orphans: &Orphans) -> Result<Finding> {
        let Orphans { columns, parent, count } = orphans;
        let naming = self.dialect.naming();
        let constraints = self.live.shape.tables.get(table).map(|table| &table.constraints);
        let same = |definition: &str| {
            let key = foreign_key_parts(definition)?;
            let is_same = naming.names(&key.columns) == naming.names(columns) && naming.same(&key.parent, parent);
            is_same.then_some(key)
        };
        let key = constraints
            .into_iter()
            .flatten()
            .find_map(|(name, definition)| Some((name, definition, same(definition)?)));
        let telling = self.telling(table);
        let mut keys = Vec::new();
        if let Some((_, _, key)) = &key {
            let condition = rule::orphaned_by(table, key);
            keys = self.attempt(connection, |connection| telling.keys(connection, &condition))?.unwrap_or_default();
        }
        let place = listed(table.spelled(), columns);
        let what = format!("{place} values without a row in {parent}");
        let found = match count {
            1 => "one row without".to_owned(),
            n => format!("{n} rows without"),
        };
        let message = format!("{place}: expected a row of {parent} for each value, found {found}.");
        let about = About {
            table,
            object: "rows",
            name: key.as_ref().and_then(|(name, ..)| name.named()).map(|name| name.spelled().to_owned()),
            expected: key.as_ref().map(|(_, definition, _)| (*definition).clone()),
            found: Some(found),
        };
        let why = telling.sentence(&what, *count, &keys);
        let why = format!("{why} They were written while foreign keys were not enforced.");
        let fix = format!(
            "Correct or delete these rows, or restore the missing rows of {parent}. `PRAGMA \
             foreign_key_check({table})` lists all of them."
        );
        let rows = Some(RowsFound { count: *count, keys: telling.data(&keys) });
        Ok(Finding { rows, ..about.finding(Grade::Blocked, message, &why, fix) })
    }

    /// Damage of the file.
    fn damage(&self, connection: &mut dyn Execute) -> Result<Vec<Finding>> {
        let lines = match self.attempt(connection, |connection| self.dialect.damage(connection, DAMAGE))? {
            Ok(lines) => lines.unwrap_or_default(),
            Err(error) => vec![error.clause().to_owned()],
        };
        let file = self.dialect.naming().name("");
        let finding = |line: String| {
            let message = format!("The database file is damaged: {line}.");
            let about = About { table: &file, object: "damage", name: None, expected: None, found: Some(line) };
            let why = "No statement can restore damaged data.";
            let fix =
                "Restore the database from a backup. If all of the damage is entries of indexes, `REINDEX` builds the \
                       indexes again from the rows.";
            about.finding(Grade::Blocked, message, why, fix.into())
        };
        Ok(lines.into_iter().map(finding).collect())
    }
}

/// Whether one step of a scan is refused, and the next may succeed.
fn is_refusal(error: &Error) -> bool {
    matches!(
        error.code,
        Code::SqlFailed | Code::PermissionDenied | Code::Corrupt | Code::ValueInvalid | Code::ValueUnreadable
    )
}
