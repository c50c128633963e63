//! A repair as it runs: one transaction, in which the database is compared before and after, and the log is written.

use super::decisions::{Decisions, Wanted};
use super::later::whole;
use super::losses::{told, Losses};
use super::plan::{key, plan, Plan, Wish};
use super::refused::{in_words, is_of_others, refused, Refusals};
use super::report::RepairReport;
use super::steps::{renames, Orders, Step};
use crate::dialect::found::SequenceReading;
use crate::dialect::name::Name;
use crate::dialect::{quote, Dialect};
use crate::drift::expected::{Expected, Made};
use crate::drift::report::unmade;
use crate::drift::seen::{see, Look, Project, Seen};
use crate::drift::{findings, rows, Finding, Grade, Live, RowScan, ScanProgress};
use crate::error::{Code, Error, Lost, Result};
use crate::kept::Limits;
use crate::migrate::disk::graph::Graph;
use crate::migrate::log::protection::Guard;
use crate::migrate::log::repairs::{self, Repair};
use crate::migrate::log::shapes;
use crate::migrate::run::destroyed::count;
use crate::schema::Schema;
use crate::statement::{Execute, Statement};
use crate::time::now;
use crate::value::Value;
use serde_json::{json, Value as Json};
use std::collections::BTreeSet;
use std::time::Instant;

/// How many rows a table has that a start does not read any more.
const MANY: i64 = 10_000;

/// How many bytes.
const LARGE: i64 = 32 * 1024 * 1024;

/// How often a repair is begun anew if others change rows or tables meanwhile.
const ATTEMPTS: u32 = 3;

/// What is asked of a repair.
pub struct Asked<'a> {
    /// The revisions of the folder.
    pub graph: &'a Graph<'a>,
    /// The models.
    pub models: Option<&'a Schema>,
    /// What was decided.
    pub wanted: &'a Wanted,
    /// Whether it may drop extra objects.
    pub destructive: bool,
    /// Whether it is part of a start, which reads no large table.
    pub start: bool,
    /// Whether a column of a table is private; `None` if no model has it.
    pub is_private: &'a dyn Fn(&str, &str) -> Option<bool>,
    /// The user that asks, for the log.
    pub by: &'a str,
    /// How much is kept of what it destroys; nothing without it.
    pub keep: Option<Limits>,
    /// Whether what destroys data needs the word of a protected database.
    pub guard: Guard<'a>,
}

impl Asked<'_> {
    /// How sequences are read: a start reads no table for them.
    fn reading(&self) -> SequenceReading {
        SequenceReading { rows: !self.start, in_transaction: true }
    }
}

/// The plan of a repair: its SQL, and what rows forbid. Changes nothing. Errors: `CHOICE_INVALID`; `REVISION_UNFINISHED`.
pub fn planned(dialect: &dyn Dialect, connection: &mut dyn Execute, asked: &Asked<'_>) -> Result<RepairReport> {
    let none = Refusals::default();
    let looked = look(dialect, connection, (asked, &none), &mut Made::new(), true)?;
    let against = looked.sight.seen.expected.against();
    Ok(RepairReport::of(dialect.name(), against, looked.whole(dialect, asked, &none), false))
}

/// Repairs. Errors: `CHOICE_INVALID`; `REVISION_UNFINISHED`; `DRIFTED` if the database differs from
/// the plan afterwards. In each case nothing was changed.
pub fn run(dialect: &dyn Dialect, connection: &mut dyn Execute, asked: &Asked<'_>) -> Result<RepairReport> {
    let mut made = Made::new();
    // Rows are read under the lock: before it, only whether there is anything to do.
    let mut refused = Refusals::default();
    let looked = look(dialect, connection, (asked, &refused), &mut made, false)?;
    if looked.plan.steps.is_empty() {
        let Looked { sight, plan, .. } = look(dialect, connection, (asked, &refused), &mut made, !asked.start)?;
        return Ok(RepairReport::of(dialect.name(), sight.seen.expected.against(), plan, false));
    }
    // Steps that wait for the first ones run in the same transaction.
    let mut tables = looked.whole(dialect, asked, &refused).tables;
    let mut attempt = 1;
    loop {
        let spelled: Vec<String> = tables.iter().map(|name| name.spelled().to_owned()).collect();
        let mut done = None;
        let result = dialect.repair_transaction(connection, &spelled, asked.start, &mut |connection| {
            done = Some(repair(dialect, connection, (asked, &refused), (&made, &tables))?);
            match done {
                Some(Done::Report(_)) => Ok(()),
                _ => Err(Error::new(Code::Internal, "Another process has changed the tables.")),
            }
        });
        let stale = matches!(done, Some(Done::Stale));
        match (result, done) {
            (Ok(()), Some(Done::Report(report))) => return Ok(*report),
            (Ok(()), _) => return Err(Error::new(Code::Internal, "A transaction ended without its work.")),
            (Err(_), Some(Done::Refused(more))) => refused.extend(more),
            (Err(error), _) if attempt < ATTEMPTS && (stale || is_of_others(&error)) => {
                let looked = look(dialect, connection, (asked, &refused), &mut made, false)?;
                tables.extend(looked.whole(dialect, asked, &refused).tables);
                attempt += 1;
            }
            (Err(error), _) => return Err(in_words(error)),
        }
    }
}

/// How the work of a transaction ended.
enum Done {
    Report(Box<RepairReport>),
    /// The plan is not the one for which the transaction was begun.
    Stale,
    /// The database refuses to end these differences: all others are ended in another transaction.
    Refused(Refusals),
}

/// What was seen, and what hinders a start.
struct Sight {
    seen: Seen,
    large: Option<BTreeSet<Name>>,
    orders: Orders,
}

/// What was seen, what a person decided about it, and the plan.
struct Looked {
    sight: Sight,
    decisions: Decisions,
    plan: Plan,
}

impl Looked {
    /// The plan with all that follows its first steps.
    fn whole(self, dialect: &dyn Dialect, asked: &Asked<'_>, refused: &Refusals) -> Plan {
        let Looked { sight, decisions, plan } = self;
        let Sight { seen, orders, .. } = &sight;
        let wish = wish(asked, &sight, &decisions, refused);
        whole(dialect, &seen.basis(), (plan, &seen.findings), wish, orders)
    }
}

/// Looks at the database and plans, on a snapshot.
fn look(
    dialect: &dyn Dialect,
    connection: &mut dyn Execute,
    (asked, refused): (&Asked<'_>, &Refusals),
    made: &mut Made,
    rows: bool,
) -> Result<Looked> {
    loop {
        let mut found = None;
        dialect.snapshot(connection, &mut |connection| {
            found = Some(match sight(dialect, connection, asked, (made, rows))? {
                Ok(sight) => {
                    let decisions = decide(dialect, asked, &sight.seen)?;
                    let plan = plan_of(dialect, &sight, wish(asked, &sight, &decisions, refused));
                    Ok(Looked { sight, decisions, plan })
                }
                Err(expected) => Err(expected),
            });
            Ok(())
        })?;
        match found.ok_or_else(|| Error::new(Code::Internal, "A snapshot ended without its work."))? {
            Ok(looked) => return Ok(looked),
            // Outside of the snapshot, in which nothing can be created.
            Err(expected) => *made = expected.make(dialect, connection).map_err(unmade)?,
        }
    }
}

fn decide(dialect: &dyn Dialect, asked: &Asked<'_>, seen: &Seen) -> Result<Decisions> {
    Decisions::of(dialect.naming(), &seen.basis(), &seen.live, asked.wanted)
}

fn wish<'a>(asked: &Asked<'_>, sight: &'a Sight, decisions: &'a Decisions, refused: &'a Refusals) -> Wish<'a> {
    Wish { decisions, destructive: asked.destructive, large: sight.large.as_ref(), refused }
}

fn plan_of(dialect: &dyn Dialect, sight: &Sight, wish: Wish<'_>) -> Plan {
    let Sight { seen, orders, .. } = sight;
    plan(dialect, (&seen.basis(), &seen.live), &seen.findings, wish, orders)
}

/// The present content; the expected one, if that has to be made anew first.
fn sight(
    dialect: &dyn Dialect,
    connection: &mut dyn Execute,
    asked: &Asked<'_>,
    (made, rows): (&Made, bool),
) -> Result<std::result::Result<Sight, Box<Expected>>> {
    let project = Project { graph: asked.graph, models: asked.models, made };
    let mut seen = match see(dialect, connection, &project, None)? {
        Look::Seen(seen) => *seen,
        Look::Unknown(expected) => {
            expected.recorded.check_finished()?;
            return Ok(Err(expected));
        }
    };
    // The changes that a half-done revision has made so far would count as extra.
    seen.expected.recorded.check_finished()?;
    seen.read_sequences(dialect, connection, &project, asked.reading())?;
    let naming = dialect.naming();
    let differing: BTreeSet<Name> = seen.findings.differences.iter().map(|it| naming.name(&it.table)).collect();
    let there: Vec<&Name> = differing.iter().filter(|name| seen.live.shape.tables.contains_key(name)).collect();
    let mut orders = Orders::new();
    for name in there.iter().filter(|_| dialect.makes_anew()) {
        let columns = dialect.columns(connection, name.spelled())?;
        orders.insert((*name).clone(), columns.iter().map(|column| naming.name(&column.name)).collect());
    }
    let mut large = None;
    if asked.start {
        let mut names = BTreeSet::new();
        for name in there {
            if is_large(dialect, connection, name)? {
                names.insert(name.clone());
            }
        }
        large = Some(names);
    }
    if rows {
        let is_small = |finding: &Finding| large.as_ref().is_none_or(|it| !it.contains(&naming.name(&finding.table)));
        let Seen { findings, .. } = &mut seen;
        let mut scanned = std::mem::take(findings);
        let mut nobody = |_: &ScanProgress| {};
        let mut scan =
            RowScan { deep: false, only: Some(&is_small), is_private: asked.is_private, report: &mut nobody };
        rows::scan(dialect, connection, (&seen.basis(), &seen.live), &mut scanned, &mut scan)?;
        seen.findings = scanned;
    }
    Ok(Ok(Sight { seen, large, orders }))
}

/// Whether a table is too large to be read at a start.
fn is_large(dialect: &dyn Dialect, connection: &mut dyn Execute, table: &Name) -> Result<bool> {
    if dialect.bytes(connection, table.spelled())? > LARGE {
        return Ok(true);
    }
    let sql = format!("SELECT count(*) FROM (SELECT 1 FROM {} LIMIT {}) AS few", quote(table.spelled()), MANY + 1);
    let rows = connection.query(&Statement::new(sql))?;
    let count = rows.first().and_then(|row| row.first()).and_then(Value::as_int).unwrap_or_default();
    Ok(count > MANY)
}

/// The work of the transaction: plans anew, changes, compares, records.
fn repair(
    dialect: &dyn Dialect,
    connection: &mut dyn Execute,
    (asked, refusals): (&Asked<'_>, &Refusals),
    (made, tables): (&Made, &BTreeSet<Name>),
) -> Result<Done> {
    let (start, started_at) = (Instant::now(), now());
    let Ok(mut sight) = self::sight(dialect, connection, asked, (made, true))? else { return Ok(Done::Stale) };
    let (mut decisions, mut decided) = (decide(dialect, asked, &sight.seen)?, Decisions::default());
    let before = sight.seen.findings.differences.clone();
    if !plan_of(dialect, &sight, wish(asked, &sight, &decisions, refusals)).tables.is_subset(tables) {
        return Ok(Done::Stale);
    }
    let mut ran = renames(dialect, &decisions.corrections());
    if !ran.is_empty() {
        execute(dialect, connection, &ran).map_err(|(_, error)| error)?;
        decided.renames = std::mem::take(&mut decisions.renames);
        let Ok(renamed) = self::sight(dialect, connection, asked, (made, true))? else { return Ok(Done::Stale) };
        sight = renamed;
    }
    let mut plan = plan_of(dialect, &sight, wish(asked, &sight, &decisions, refusals));
    let mut kept = Vec::new();
    loop {
        check_word(dialect, connection, asked, &plan)?;
        let losses = Losses::keep(dialect, connection, &plan.solved, asked)?;
        if let Err((step, error)) = execute(dialect, connection, &plan.steps) {
            let sides = (&sight.seen.basis(), &sight.seen.live);
            let more = step.and_then(|step| refused(dialect, sides, (&plan, &sight.orders), step, &error));
            return more.map(Done::Refused).ok_or(error);
        }
        losses.note(dialect, connection)?;
        kept.extend(losses.kept);
        let is_last = plan.steps.is_empty();
        ran.append(&mut plan.steps);
        if is_last {
            break;
        }
        compare(dialect, connection, asked, (&sight.seen, &plan))?;
        // The corrections that waited for a column may go on: its rows exist now, and are read.
        let Ok(next) = self::sight(dialect, connection, asked, (made, true))? else { return Ok(Done::Stale) };
        decisions.recreate.clear();
        let rest = plan_of(dialect, &next, wish(asked, &next, &decisions, refusals));
        if !rest.tables.is_subset(tables) {
            break;
        }
        (sight, plan) = (next, rest);
    }
    plan.steps = ran;
    plan.solved = before.into_iter().filter(|it| !plan.remains.iter().any(|left| key(left) == key(it))).collect();
    decided.note(dialect.naming(), &mut plan.solved);
    let seen = sight.seen;
    if !plan.steps.is_empty() {
        dialect.prepare(connection)?;
        remember(dialect, connection, &seen, &plan)?;
        let sql: Vec<&str> = plan.steps.iter().map(|step| step.sql.as_str()).collect();
        let (sql, by) = (sql.join(";\n") + ";", asked.by.to_owned());
        let differences: Json = plan.solved.iter().map(recorded).collect();
        let took_ms = i64::try_from(start.elapsed().as_millis()).unwrap_or_default();
        repairs::add(dialect, connection, &Repair { started_at, took_ms, by, sql, differences })?;
    }
    let report = RepairReport::of(dialect.name(), seen.expected.against(), plan, true);
    Ok(Done::Report(Box::new(RepairReport { kept, ..report })))
}

/// Asks for the word of a protected database before the steps run that destroy something.
fn check_word(dialect: &dyn Dialect, connection: &mut dyn Execute, asked: &Asked<'_>, plan: &Plan) -> Result<()> {
    let destroyed: Vec<&Finding> = plan.solved.iter().filter(|it| it.grade == Grade::Destructive).collect();
    if destroyed.is_empty() {
        return Ok(());
    }
    asked.guard.check(dialect, connection, "the repair", |connection| {
        let lost = destroyed.iter().map(|finding| {
            let rows = count(dialect, connection, &finding.table)?;
            let what = told(finding);
            Ok(Lost { table: Some(finding.table.clone()), rows, what })
        });
        lost.collect()
    })
}

/// Runs steps. All that a repair changes, it changes here.
/// Errors: with the step that failed, if it was one.
fn execute<'a>(
    dialect: &dyn Dialect,
    connection: &mut dyn Execute,
    steps: &'a [Step],
) -> std::result::Result<(), (Option<&'a Step>, Error)> {
    for step in steps {
        dialect.run_statement(connection, &step.sql, &mut |_, _| {}).map_err(|error| match error.table {
            Some(_) => (Some(step), error),
            None => (Some(step), error.table(&step.table)),
        })?;
    }
    connection.settle().map_err(|error| (None, error))
}

/// Errors: `DRIFTED` if what differs now is not what the plan left.
fn compare(
    dialect: &dyn Dialect,
    connection: &mut dyn Execute,
    asked: &Asked<'_>,
    (seen, plan): (&Seen, &Plan),
) -> Result<()> {
    let mut live = Live::read(dialect, connection)?;
    let tables: Vec<Name> =
        live.shape.tables.keys().filter(|name| seen.shape.tables.contains_key(name)).cloned().collect();
    live.behind = dialect.sequences_behind(connection, &tables, asked.reading())?;
    let now = findings(dialect, &seen.basis(), &live).differences;
    let of_shapes = |finding: &&Finding| !matches!(finding.object, "rows" | "damage");
    let planned: Vec<&Finding> = plan.remains.iter().filter(of_shapes).collect();
    let unplanned = now.iter().find(|it| !planned.iter().any(|other| key(other) == key(it)));
    let vanished = planned.iter().find(|it| !now.iter().any(|other| key(other) == key(it)));
    let (finding, is) = match (unplanned, vanished) {
        (None, None) => return Ok(()),
        (Some(finding), _) => (finding, "would remain afterwards"),
        (None, Some(finding)) => (*finding, "would be gone afterwards"),
    };
    let message =
        format!("The repair was undone: a difference {is} that the plan did not foresee. {}", finding.message);
    let (expected, found) = (finding.expected.as_deref(), finding.found.as_deref());
    Err(Error::new(Code::Drifted, message)
        .table(&finding.table)
        .expected(expected.unwrap_or("none"))
        .found(found.unwrap_or("none"))
        .hint(
            "Nothing was changed. `plinth repair --plan` prints the statements, to be run by hand one after the other.",
        ))
}

/// Stores the form of the tables that are as they should be now: an object that is gone later can
/// then be distinguished from one that never existed.
fn remember(dialect: &dyn Dialect, connection: &mut dyn Execute, seen: &Seen, plan: &Plan) -> Result<()> {
    shapes::prepare(dialect, connection)?;
    let naming = dialect.naming();
    let differs = |name: &Name| plan.remains.iter().any(|finding| naming.name(&finding.table) == *name);
    let names: Vec<Name> = seen.expected.unknown().into_iter().filter(|name| !differs(name)).collect();
    shapes::write(dialect, connection, &seen.expected.schema, &names, &seen.shape)
}

fn recorded(finding: &Finding) -> Json {
    json!({
        "table": finding.table,
        "object": finding.object,
        "name": finding.name,
        "grade": finding.grade,
        "message": finding.message,
    })
}
