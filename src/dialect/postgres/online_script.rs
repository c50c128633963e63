//! The steps of a plan, each with the notes on its lock, its rows, and why it is a step of its own.

use super::online_plan::{Build, Fill, Plan, Rule};
use crate::dialect::online::{OnlineStep, OnlineWay};
use crate::dialect::quote;
use std::collections::BTreeSet;

impl Plan {
    /// The steps, in order.
    pub(super) fn into_steps(self) -> Vec<OnlineStep> {
        let mut steps = Vec::new();
        if !self.expand.is_empty() {
            let tables = self.expand.iter().map(|brief| brief.table.as_str());
            let why = match self.fills.is_empty() {
                true => "Apart: what only adds comes first, and can be undone without a loss.",
                false => "Apart: the trigger fills rows that are written while the steps after it run.",
            };
            let notes = notes(&[moment(tables), "Rows: not read, and not written.".into(), why.into()]);
            let undo = self.expand.iter().rev().flat_map(|brief| brief.undo.clone()).collect();
            let statements = self.expand.iter().flat_map(|brief| brief.up.clone()).collect();
            steps.push(OnlineStep { way: OnlineWay::Transaction, notes, statements, undo: Some(undo) });
        }
        steps.extend(self.fills.iter().map(batches));
        steps.extend(self.indexes.iter().map(build));
        if !self.rules.is_empty() {
            steps.push(add_rules(&self.rules));
        }
        steps.extend(self.rules.iter().filter(|rule| rule.validate).map(validate));
        steps.push(last(&self.last));
        steps
    }
}

fn batches(fill: &Fill) -> OnlineStep {
    let (of, set) = (quote(&fill.table), quote(&fill.column));
    let mut lines = vec![
        format!("Lock: ROW EXCLUSIVE on {of}, and the rows of a batch."),
        format!("Rows: reads all of {of}, writes those in which {set} is NULL."),
        "Apart: each batch is a transaction of its own, so that no row stays locked for long.".into(),
    ];
    if fill.is_kept {
        lines.push("Not restored: rows that had NULL keep their values when the steps are taken back.".into());
    }
    OnlineStep {
        way: OnlineWay::Batches { table: fill.table.clone(), key: fill.key.clone() },
        notes: notes(&lines),
        statements: vec![fill.update.clone()],
        undo: Some(Vec::new()),
    }
}

fn build(index: &Build) -> OnlineStep {
    let of = quote(&index.table);
    OnlineStep {
        way: OnlineWay::Statement,
        notes: notes(&[
            format!("Lock: SHARE UPDATE EXCLUSIVE on {of}: rows are read and written meanwhile."),
            format!("Rows: reads all of {of}, twice."),
            "Apart: no transaction can hold CREATE INDEX CONCURRENTLY.".into(),
        ]),
        statements: vec![index.create.clone()],
        undo: Some(vec![format!("DROP INDEX CONCURRENTLY IF EXISTS {}", quote(&index.name))]),
    }
}

fn add_rules(rules: &[Rule]) -> OnlineStep {
    let tables = rules.iter().flat_map(|rule| [Some(rule.table.as_str()), rule.target.as_deref()]).flatten();
    let add = |rule: &Rule| {
        let later = if rule.validate { " NOT VALID" } else { "" };
        format!("ALTER TABLE {} ADD CONSTRAINT {} {}{later}", quote(&rule.table), quote(&rule.name), rule.body)
    };
    let undo = |rule: &Rule| format!("ALTER TABLE {} DROP CONSTRAINT {}", quote(&rule.table), quote(&rule.name));
    OnlineStep {
        way: OnlineWay::Transaction,
        notes: notes(&[
            moment(tables),
            "Rows: not read. NOT VALID: holds for rows that are written from now on.".into(),
            "Apart: its locks end before the next steps read the rows.".into(),
        ]),
        statements: rules.iter().map(add).collect(),
        undo: Some(rules.iter().rev().map(undo).collect()),
    }
}

fn validate(rule: &Rule) -> OnlineStep {
    let of = quote(&rule.table);
    let target = rule.target.as_ref().map(|target| format!(", ROW SHARE on {}", quote(target))).unwrap_or_default();
    OnlineStep {
        way: OnlineWay::Statement,
        notes: notes(&[
            format!("Lock: SHARE UPDATE EXCLUSIVE on {of}{target}: rows are read and written meanwhile."),
            format!("Rows: reads all of {of}."),
            "Apart: no other lock is held while it reads.".into(),
        ]),
        statements: vec![format!("ALTER TABLE {of} VALIDATE CONSTRAINT {}", quote(&rule.name))],
        undo: Some(Vec::new()),
    }
}

fn last(statements: &[(String, String)]) -> OnlineStep {
    let first = match statements.is_empty() {
        true => vec!["Records that the revision is applied.".to_owned()],
        false => vec![
            moment(statements.iter().map(|(table, _)| table.as_str())),
            "Rows: not read; those of a dropped table or column go.".into(),
            "Apart: changes what a running release may name, once all rows are ready; and records the revision.".into(),
        ],
    };
    let statements = statements.iter().map(|(_, statement)| statement.clone()).collect();
    OnlineStep { way: OnlineWay::Transaction, notes: notes(&first), statements, undo: None }
}

/// Each note on one line, whatever the names in it are.
fn notes(lines: &[String]) -> Vec<String> {
    lines.iter().map(|line| line.replace(char::is_control, " ")).collect()
}

/// The note on locks that others do not wait for.
fn moment<'a>(tables: impl Iterator<Item = &'a str>) -> String {
    let tables: BTreeSet<String> = tables.map(|table| quote(table).to_string()).collect();
    let tables: Vec<String> = tables.into_iter().collect();
    format!("Lock: ACCESS EXCLUSIVE on {}, for a moment.", tables.join(", "))
}
