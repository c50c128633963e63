//! The plan of a repair: which differences it ends, by which steps, and what remains. Pure.

use super::decisions::Decisions;
use super::holds::{Columns, Holds};
use super::refused::{blocked, Refusals};
use super::steps::{is_remade, renames, Orders, Step, Work};
use crate::dialect::correction::Correction;
use crate::dialect::found::ColumnUser;
use crate::dialect::name::Name;
use crate::dialect::Dialect;
use crate::drift::{findings, Basis, Finding, Findings, Grade, Live};
use crate::schema::expression::mentions;
use std::collections::BTreeSet;

/// The permissions of a repair.
#[derive(Clone, Copy)]
pub struct Wish<'a> {
    /// What was decided.
    pub decisions: &'a Decisions,
    /// Whether it may drop extra objects.
    pub destructive: bool,
    /// Of a start: the tables whose rows it does not read, since they are large. None if it does
    /// not run at a start.
    pub large: Option<&'a BTreeSet<Name>>,
    /// The corrections that the database refused.
    pub refused: &'a Refusals,
}

/// The plan of a repair.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// Its steps, in order.
    pub steps: Vec<Step>,
    /// The tables that it changes or creates.
    pub tables: BTreeSet<Name>,
    /// The differences that it ends.
    pub solved: Vec<Finding>,
    /// The differences that are left.
    pub remains: Vec<Finding>,
    /// The content when it is done.
    pub after: Live,
}

/// The parts that distinguish one difference from another.
pub fn key(finding: &Finding) -> (&str, &str, Option<&str>, Option<&str>, Option<&str>) {
    let Finding { table, object, name, expected, found, .. } = finding;
    (table, object, name.as_deref(), expected.as_deref(), found.as_deref())
}

/// Makes the plan. `seen`: the differences, with what rows say of them.
pub fn plan(
    dialect: &dyn Dialect,
    (basis, live): (&Basis<'_>, &Live),
    seen: &Findings,
    wish: Wish<'_>,
    orders: &Orders,
) -> Plan {
    if wish.decisions.renames.is_empty() {
        return Planner { dialect, basis, live, wish, orders }.plan(&seen.differences);
    }
    let naming = dialect.naming();
    let after = wish.decisions.renamed(naming, basis, live);
    let differences = with_rows(findings(dialect, basis, &after).differences, &seen.differences);
    let corrections = wish.decisions.corrections();
    let noted = wish.decisions;
    let recreate = Decisions { renames: Vec::new(), ..wish.decisions.clone() };
    let wish = Wish { decisions: &recreate, ..wish };
    let orders = in_new_names(orders, &corrections);
    let rest = Planner { dialect, basis, live: &after, wish, orders: &orders }.plan(&differences);
    let renamed = renames(dialect, &corrections);
    let mut tables = rest.tables;
    for (table, correction) in &corrections {
        tables.insert(table.clone());
        if let Correction::RenameTable(to) = correction {
            tables.insert(to.clone());
        }
    }
    let solved = seen.differences.iter().filter(|it| !rest.remains.iter().any(|left| key(left) == key(it)));
    let mut solved: Vec<Finding> = solved.cloned().collect();
    noted.note(naming, &mut solved);
    Plan { steps: [renamed, rest.steps].concat(), tables, solved, ..rest }
}

/// The order of columns once these renames are done.
fn in_new_names(orders: &Orders, corrections: &[(Name, Correction)]) -> Orders {
    let mut orders = orders.clone();
    for (table, correction) in corrections {
        match correction {
            Correction::RenameTable(to) => {
                if let Some(columns) = orders.remove(table) {
                    orders.insert(to.clone(), columns);
                }
            }
            Correction::RenameColumn(from, to) => {
                let columns = orders.get_mut(table).into_iter().flatten();
                columns.filter(|name| *name == from).for_each(|name| *name = to.clone());
            }
            _ => {}
        }
    }
    orders
}

/// A finding about rows holds for the differences as long as they are the same.
pub(super) fn with_rows(mut differences: Vec<Finding>, scanned: &[Finding]) -> Vec<Finding> {
    for finding in &mut differences {
        if let Some(known) = scanned.iter().find(|it| key(it) == key(finding)) {
            finding.clone_from(known);
        }
    }
    differences
}

struct Planner<'a> {
    dialect: &'a dyn Dialect,
    basis: &'a Basis<'a>,
    live: &'a Live,
    wish: Wish<'a>,
    orders: &'a Orders,
}

impl Planner<'_> {
    fn plan(&self, differences: &[Finding]) -> Plan {
        let undecided = self.undecided(differences);
        let mut wanted: Vec<bool> = differences.iter().map(|finding| self.may(finding, &undecided)).collect();
        loop {
            let chosen: Vec<&Finding> =
                differences.iter().zip(&wanted).filter(|(_, it)| **it).map(|(f, _)| f).collect();
            let work = Work::of(self.dialect, self.basis, &chosen);
            let after = work.after(self.dialect, self.basis, self.live);
            let mistyped = self.mistyped(differences, &wanted);
            let left = differences.iter().zip(&wanted).filter(|(finding, it)| !**it && finding.object == "options");
            let other_options = left.map(|(finding, _)| self.dialect.naming().name(&finding.table)).collect();
            let holds = Holds {
                naming: self.dialect.naming(),
                expected: self.basis.expected,
                before: &self.live.shape,
                after: &after.shape,
                undecided: &undecided,
                mistyped: &mistyped,
                other_options: &other_options,
            };
            let before = wanted.clone();
            for (finding, wanted) in differences.iter().zip(&mut wanted).filter(|(_, wanted)| **wanted) {
                *wanted = !self.holds(&holds, finding);
            }
            if before == wanted {
                return self.made((differences, &chosen), &undecided, &work, after);
            }
        }
    }

    fn made(
        &self,
        (differences, chosen): (&[Finding], &[&Finding]),
        undecided: &Columns,
        work: &Work<'_>,
        after: Live,
    ) -> Plan {
        let mut remains = with_rows(findings(self.dialect, self.basis, &after).differences, differences);
        remains.iter_mut().for_each(|finding| self.note(finding, undecided));
        // Rows that break an existing rule, and damage, are in no shape.
        let of_rows = differences.iter().filter(|finding| matches!(finding.object, "rows" | "damage")).cloned();
        let tables = chosen.iter().map(|finding| self.dialect.naming().name(&finding.table)).collect();
        let solved = differences.iter().filter(|it| !remains.iter().any(|left| key(left) == key(it)));
        let solved = solved.filter(|finding| !matches!(finding.object, "rows" | "damage")).cloned().collect();
        let steps = work.steps(self.dialect, self.live, self.orders);
        Plan { steps, tables, solved, remains: remains.into_iter().chain(of_rows).collect(), after }
    }

    /// Whether a difference may be ended, as far as it alone says.
    fn may(&self, finding: &Finding, undecided: &Columns) -> bool {
        let can = !finding.corrections.is_empty() || finding.object == "table";
        let is_refused = self.wish.refused.of(finding).is_some();
        let is_free = !is_refused && self.user(finding).is_none();
        can && is_free && self.is_granted(finding) && self.is_decided(finding, undecided) && !self.is_large(finding)
    }

    fn is_granted(&self, finding: &Finding) -> bool {
        match finding.grade {
            Grade::Safe => true,
            Grade::MissingData => self.wish.large.is_none(),
            Grade::Destructive => self.wish.destructive,
            Grade::Blocked => false,
        }
    }

    fn is_decided(&self, finding: &Finding, undecided: &Columns) -> bool {
        let naming = self.dialect.naming();
        let table = naming.name(&finding.table);
        match (finding.object, &finding.name) {
            ("table", _) => finding.alike.is_empty() || self.wish.decisions.recreates(&table, None),
            ("column", Some(name)) => !undecided.contains(&(table, naming.name(name))),
            _ => true,
        }
    }

    /// The view or trigger that names the column that would be dropped, and would not work afterwards.
    fn user(&self, finding: &Finding) -> Option<&ColumnUser> {
        let dropped = finding.corrections.iter().find_map(|correction| match correction {
            Correction::DropColumn(name) => Some(name),
            _ => None,
        })?;
        let names = |user: &&ColumnUser| mentions(&user.sql, dropped.spelled()) && mentions(&user.sql, &finding.table);
        self.live.inventory.users.iter().find(names)
    }

    /// Whether it reads a table that is too large for a start.
    fn is_large(&self, finding: &Finding) -> bool {
        let table = self.dialect.naming().name(&finding.table);
        let reads = || {
            let corrections = &finding.corrections;
            corrections.iter().any(|it| it.reads_rows()) || is_remade(self.dialect, &table, corrections)
        };
        self.wish.large.is_some_and(|large| large.contains(&table)) && reads()
    }

    /// Says why a difference remains that could be ended.
    fn note(&self, finding: &mut Finding, undecided: &Columns) {
        if let Some(refusal) = self.wish.refused.of(finding) {
            return refusal.note(finding);
        }
        if let (Some(user), true) = (self.user(finding), self.is_granted(finding)) {
            let ColumnUser { what, name, .. } = user;
            return blocked(finding, &format!("The {what} {name} names it."), &format!("the {what} {name}"));
        }
        if finding.corrections.is_empty() && finding.object != "table" || !self.is_granted(finding) {
            return;
        }
        let why = if !self.is_decided(finding, undecided) {
            "Something is missing and something is extra, perhaps by a rename: neither is touched until that is decided."
        } else if self.is_large(finding) {
            "A start does not read a table of more than 10,000 rows or 32 MB: `plinth repair` does."
        } else {
            "It waits until the objects that it names are repaired."
        };
        finding.why = format!("{} {why}", finding.why);
    }

    fn holds(&self, holds: &Holds<'_>, finding: &Finding) -> bool {
        if finding.object != "table" {
            return holds.hold(finding);
        }
        let name = self.dialect.naming().name(&finding.table);
        let tables = self.basis.schema.map(|schema| &schema.tables);
        let declared = tables.into_iter().flatten().find(|table| self.dialect.naming().name(&table.name) == name);
        declared.is_none_or(|table| holds.hold_table(table))
    }

    /// The columns of tables in which something is missing and something is extra: only a person
    /// knows whether the one was the other.
    fn undecided(&self, differences: &[Finding]) -> Columns {
        let naming = self.dialect.naming();
        let of = |finding: &Finding| {
            let name = finding.name.as_deref()?;
            let is_column = finding.object == "column" && (finding.expected.is_none() || finding.found.is_none());
            is_column.then(|| (naming.name(&finding.table), naming.name(name), finding.found.is_none()))
        };
        let columns: Vec<(Name, Name, bool)> = differences.iter().filter_map(of).collect();
        let is_open =
            |(table, name, missing): &(Name, Name, bool)| *missing && !self.wish.decisions.recreates(table, Some(name));
        let both = |table: &Name| {
            let extra = columns.iter().any(|(of, _, missing)| of == table && !missing);
            extra && columns.iter().any(|it| it.0 == *table && is_open(it))
        };
        let open = columns.iter().filter(|it| both(&it.0) && (!it.2 || is_open(it)));
        open.map(|(table, name, _)| (table.clone(), name.clone())).collect()
    }

    /// The columns that keep a type that they should not have.
    fn mistyped(&self, differences: &[Finding], wanted: &[bool]) -> Columns {
        let naming = self.dialect.naming();
        let left = differences.iter().zip(wanted).filter(|(_, wanted)| !**wanted).map(|(finding, _)| finding);
        let typed = left.filter(|it| it.object == "column" && it.expected.is_some() && it.found.is_some());
        typed.filter_map(|it| Some((naming.name(&it.table), naming.name(it.name.as_deref()?)))).collect()
    }
}
