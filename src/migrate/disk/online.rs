//! The script of a revision that runs online: its steps as text, and read from it. Pure.
//!
//! It is ordinary SQL, which a person may run as it is. Lines that begin with `-- plinth:` say where a step begins, how it runs
//! and what undoes it:
//!
//! ```sql
//! -- plinth: step 1, transaction
//! -- Locks users for a moment. Reads no rows.
//! ALTER TABLE "users" ADD COLUMN "name" character varying;
//! -- plinth: undo
//! -- ALTER TABLE "users" DROP COLUMN "name";
//!
//! -- plinth: step 2, batches of "users" by "id"
//! UPDATE "users" SET "name" = lower("email")
//!   WHERE /* plinth: rows of a batch */ ("name" IS NULL);
//! -- plinth: nothing to undo
//!
//! -- plinth: step 3, statement
//! CREATE INDEX CONCURRENTLY "users_name_idx" ON "users" ("name");
//! -- plinth: undo
//! -- DROP INDEX CONCURRENTLY IF EXISTS "users_name_idx";
//! ```

use super::record::invalid;
use super::split::{controls_transaction, statements};
use crate::dialect::online::{OnlineStep, OnlineWay, BATCH};
use crate::dialect::quote;
use crate::error::Result;
use crate::sql::{significant, unquoted, Kind, Rules};

const MARK: &str = "-- plinth: ";
const UNDO: &str = "undo";
const NO_UNDO: &str = "nothing to undo";
const STEP: &str = "step ";

/// The script: the header, then the steps.
pub fn write(header: &str, steps: &[OnlineStep]) -> String {
    let mut script = header.to_owned();
    for (at, step) in steps.iter().enumerate() {
        script.push_str(&format!("\n{MARK}{STEP}{}, {}\n", at + 1, way(&step.way)));
        step.notes.iter().for_each(|note| script.push_str(&format!("-- {note}\n")));
        step.statements.iter().for_each(|statement| script.push_str(&format!("{statement};\n")));
        match step.undo.as_deref() {
            None => {}
            Some([]) => script.push_str(&format!("{MARK}{NO_UNDO}\n")),
            Some(undo) => {
                script.push_str(&format!("{MARK}{UNDO}\n"));
                let lines: Vec<String> = undo.iter().map(|statement| format!("{statement};")).collect();
                lines.join("\n").lines().for_each(|line| script.push_str(&format!("-- {line}\n")));
            }
        }
    }
    script
}

fn way(way: &OnlineWay) -> String {
    match way {
        OnlineWay::Transaction => "transaction".into(),
        OnlineWay::Statement => "statement".into(),
        OnlineWay::Batches { table, key } => {
            let key: Vec<String> = key.iter().map(|column| quote(column).to_string()).collect();
            format!("batches of {} by {}", quote(table), key.join(", "))
        }
    }
}

/// The steps of a script; `path` is its name in errors. Errors: `REVISION_INVALID` if it has no steps, a step has a way that is
/// not known, the numbers are not 1, 2 and so on, a step in batches has not one UPDATE with the place of the batch, or SQL
/// stands before the first step.
pub fn read(script: &str, path: &str) -> Result<Vec<OnlineStep>> {
    let mut steps = Vec::new();
    let mut blocks = blocks(script);
    let before = blocks.next().map(|(_, text)| text).unwrap_or_default();
    if !statements(&before, Rules::Postgres).is_empty() {
        return Err(fault(format!("{path} has SQL before its first step."), before.trim()));
    }
    for (heading, text) in blocks {
        let number = steps.len() + 1;
        if heading.split(',').next() != Some(&number.to_string()) {
            let message = format!("{path} has step {heading} where step {number} is due.");
            return Err(fault(message, &heading).expected("steps in the order of their numbers, from 1"));
        }
        steps.push(step(&heading, &text, path)?);
    }
    match steps.last() {
        None => Err(fault(format!("{path} has no steps."), "no line `-- plinth: step 1, ...`")),
        Some(last) if last.way != OnlineWay::Transaction => {
            let message = format!("The last step of {path} is not a `transaction`, in which the revision is recorded.");
            Err(fault(message, &format!("step {}, {}", steps.len(), way(&last.way))))
        }
        Some(_) => Ok(steps),
    }
}

/// The parts of a script with their headings: first the one before all steps, whose heading is empty.
fn blocks(script: &str) -> impl Iterator<Item = (String, String)> {
    let mut blocks = vec![(String::new(), String::new())];
    for line in script.lines() {
        match line.strip_prefix(MARK).and_then(|rest| rest.strip_prefix(STEP)) {
            Some(heading) => blocks.push((heading.trim().to_owned(), String::new())),
            None => {
                if let Some((_, text)) = blocks.last_mut() {
                    text.push_str(line);
                    text.push('\n');
                }
            }
        }
    }
    blocks.into_iter()
}

fn step(heading: &str, text: &str, path: &str) -> Result<OnlineStep> {
    let place = format!("Step {heading} of {path}");
    let way = heading.split_once(", ").and_then(|(_, words)| read_way(words));
    let way = way.ok_or_else(|| {
        let message = format!("{place} has an unknown way.");
        fault(message, heading).expected("`transaction`, `statement` or `batches of \"table\" by \"key\"`")
    })?;
    let undo_at = |mark: &str| text.lines().position(|line| line.trim_end() == format!("{MARK}{mark}"));
    let (undo, end) = match (undo_at(UNDO), undo_at(NO_UNDO)) {
        (Some(at), _) => (Some(read_undo(text, at + 1)), at),
        (None, Some(at)) => (Some(Vec::new()), at),
        (None, None) => (None, text.lines().count()),
    };
    let left: Vec<&str> = text.lines().skip(end + 1).filter(|line| !line.starts_with("--")).collect();
    if !left.iter().all(|line| line.trim().is_empty()) {
        let message = format!("{place} has SQL below its undo that is not a comment: it would not run.");
        return Err(fault(message, left.join("\n").trim()).expected("what undoes the step, each line after `-- `"));
    }
    let lines: Vec<&str> = text.lines().take(end).collect();
    let comments = lines.iter().take_while(|line| line.starts_with("--"));
    let notes = comments.map(|line| line.trim_start_matches('-').trim().to_owned()).collect();
    let sql = lines.join("\n");
    let found = statements(&sql, Rules::Postgres).into_iter().map(|piece| piece.sql.to_owned());
    let statements: Vec<String> = found.collect();
    // The last step may do no more than record the revision.
    let complete = match &way {
        OnlineWay::Batches { table, .. } => statements.len() == 1 && is_batch(&statements[0], table),
        OnlineWay::Statement => !statements.is_empty(),
        OnlineWay::Transaction => true,
    };
    if !complete {
        let message = format!("{place} has not the SQL of its way.");
        let expected = match &way {
            OnlineWay::Batches { table, .. } => {
                format!("one UPDATE {} with WHERE {BATCH} (condition)", quote(table))
            }
            _ => "statements".into(),
        };
        return Err(fault(message, sql.trim()).expected(expected));
    }
    let all = statements.iter().chain(undo.iter().flatten());
    if let Some(control) = all.into_iter().find(|sql| controls_transaction(sql, Rules::Postgres)) {
        let message = format!("{place} has `{control}`: what a step does and that it is done are one transaction.");
        return Err(fault(message, control).expected("statements that change tables and rows"));
    }
    Ok(OnlineStep { way, notes, statements, undo })
}

/// Whether SQL is an UPDATE of the table that ends with the place of a batch and a condition in brackets.
fn is_batch(sql: &str, table: &str) -> bool {
    let Some((update, condition)) = sql.split_once(BATCH) else { return false };
    let mut words = significant(update, Rules::Postgres).filter_map(|token| {
        let text = &update[token.at.clone()];
        match token.kind {
            Kind::Quoted(quote) => Some(unquoted(text, quote)),
            Kind::Word if !text.eq_ignore_ascii_case("only") => Some(text.to_ascii_lowercase()),
            _ => None,
        }
    });
    let is_update = words.next().as_deref() == Some("update") && words.next().as_deref() == Some(table);
    let (mut depth, mut is_whole) = (0, !condition.contains(BATCH));
    for (at, token) in significant(condition, Rules::Postgres).enumerate() {
        // Whatever is outside of the first bracket would reach beyond the rows of its condition.
        is_whole &= depth > 0 || (at == 0 && token.kind == Kind::Sign('('));
        depth += match token.kind {
            Kind::Sign('(') => 1,
            Kind::Sign(')') => -1,
            _ => 0,
        };
    }
    is_update && is_whole && depth == 0 && !condition.trim().is_empty()
}

fn read_undo(text: &str, from: usize) -> Vec<String> {
    let lines: Vec<&str> = text.lines().skip(from).map_while(|line| line.strip_prefix("--")).collect();
    let sql = lines.iter().map(|line| line.strip_prefix(' ').unwrap_or(line)).collect::<Vec<_>>().join("\n");
    statements(&sql, Rules::Postgres).into_iter().map(|piece| piece.sql.to_owned()).collect()
}

fn read_way(words: &str) -> Option<OnlineWay> {
    match words {
        "transaction" => return Some(OnlineWay::Transaction),
        "statement" => return Some(OnlineWay::Statement),
        _ => {}
    }
    let mut names = names(words.strip_prefix("batches of ")?, " by ")?;
    let table = names.next()?;
    let key: Vec<String> = names.collect();
    (!key.is_empty()).then_some(OnlineWay::Batches { table, key })
}

/// The quoted names of `"table" by "a", "b"`, in order.
fn names(words: &str, by: &str) -> Option<impl Iterator<Item = String>> {
    let mut names = Vec::new();
    let mut rest = words;
    loop {
        let (name, after) = quoted(rest)?;
        names.push(name);
        if after.is_empty() {
            return Some(names.into_iter());
        }
        rest = after.strip_prefix(if names.len() == 1 { by } else { ", " })?;
    }
}

/// The name in quotes at the beginning, and what follows it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut name = String::new();
    let mut letters = text.strip_prefix('"')?.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' if letters.next_if(|(_, next)| *next == '"').is_some() => name.push('"'),
            '"' => return Some((name, &text[at + 2..])),
            letter => name.push(letter),
        }
    }
    None
}

fn fault(message: String, found: &str) -> crate::error::Error {
    invalid(message)
        .expected("the steps, as `plinth revision` wrote them")
        .found(found)
        .hint("Restore the file from version control. Without it, the revision runs as one transaction.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_that_steers_its_transaction_is_refused() {
        for control in ["COMMIT", "begin", "ROLLBACK"] {
            for script in [
                format!("-- plinth: step 1, transaction\nSELECT 1;\n{control};\n"),
                format!("-- plinth: step 1, statement\nSELECT 1;\n-- plinth: undo\n-- {control};\n"),
            ] {
                let error = read(&script, "up").unwrap_err();
                assert_eq!(error.code, crate::error::Code::RevisionInvalid);
                assert!(error.message.contains(control), "{}", error.message);
            }
        }
    }

    fn steps() -> Vec<OnlineStep> {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        vec![
            OnlineStep {
                way: OnlineWay::Transaction,
                notes: texts(&["Locks users for a moment.", "Reads no rows."]),
                statements: texts(&["ALTER TABLE \"users\"\n  ADD a text,\n  ADD b text", "SELECT ';'"]),
                undo: Some(texts(&["ALTER TABLE \"users\"\n  DROP a,\n  DROP b"])),
            },
            OnlineStep {
                way: OnlineWay::Batches { table: "the \"users\"".into(), key: texts(&["id", "a,b"]) },
                notes: Vec::new(),
                statements: vec![format!("UPDATE \"the \"\"users\"\"\" SET a = 1\n  WHERE {BATCH} (a IS NULL)")],
                undo: Some(Vec::new()),
            },
            OnlineStep { way: OnlineWay::Statement, notes: Vec::new(), statements: texts(&["SELECT 1"]), undo: None },
            OnlineStep {
                way: OnlineWay::Transaction,
                notes: texts(&["Records it."]),
                statements: Vec::new(),
                undo: None,
            },
        ]
    }

    #[test]
    fn a_script_is_read_as_it_was_written() {
        let script = write("-- The header.\n", &steps());
        assert_eq!(read(&script, "up").unwrap(), steps(), "{script}");
        assert_eq!(read(&script.replace('\n', "\r\n"), "up").unwrap().len(), 4);
    }

    #[test]
    fn a_batch_is_of_its_table_and_of_its_condition_alone() {
        for (sql, is) in [
            ("UPDATE users SET a = 1 WHERE {} (a IS NULL)", true),
            ("UPDATE ONLY \"users\" AS u SET a = 1 WHERE {} (a IS NULL AND (b OR c))", true),
            ("UPDATE posts SET a = 1 WHERE {} (a IS NULL)", false),
            ("UPDATE users SET a = 1 WHERE {} (a IS NULL) OR (b)", false),
            ("UPDATE users SET a = 1 WHERE {} a IS NULL", false),
            ("UPDATE users SET a = 1 WHERE {}", false),
            ("DELETE FROM users WHERE {} (a IS NULL)", false),
        ] {
            assert_eq!(is_batch(&sql.replace("{}", BATCH), "users"), is, "{sql}");
        }
    }

    #[test]
    fn faults_are_named() {
        for (script, fault) in [
            ("", "has no steps"),
            ("SELECT 1;\n-- plinth: step 1, statement\nSELECT 1;", "before its first step"),
            ("-- plinth: step 1, quickly\nSELECT 1;", "unknown way"),
            ("-- plinth: step 2, statement\nSELECT 1;", "where step 1 is due"),
            ("-- plinth: step 1, statement\nSELECT 1;\n-- plinth: step 1, statement\nSELECT 1;", "where step 2 is due"),
            ("-- plinth: step 1, batches of users by id\nSELECT 1;", "unknown way"),
            ("-- plinth: step 1, batches of \"users\" by \"id\"\nUPDATE users SET a = 1;", "not the SQL of its way"),
            ("-- plinth: step 1, statement\n-- plinth: undo\n-- SELECT 1;", "not the SQL of its way"),
            ("-- plinth: step 1, statement\nSELECT 1;", "last step of up.postgres.online.sql is not"),
            ("-- plinth: step 1, statement\nSELECT 1;\n-- plinth: undo\n-- SELECT 1;\nSELECT 2;", "would not run"),
        ] {
            let error = read(script, "up.postgres.online.sql").unwrap_err();
            assert!(error.message.contains(fault), "{script}: {}", error.message);
        }
    }
}
