//! Two schemas compared: table by table, column by column, constraint by constraint, as operations and questions.

use super::convert::{conversion, Conversion};
use super::decided::{of_column, unknown, Decided};
use super::describe::{default_words, kind_words};
use super::likeness::{keeps, Likeness};
use super::named::{columns_of, relations};
use super::objects::{adding, dropping, renames, Before, Renamed, What};
use super::order::Phases;
use super::rename::{pair, sequence, Pairing};
use super::same::same_column;
use super::shift::{column_renames, shift, Matched};
use super::{Choices, Operation, Outcome, Question, Rename, RowValue, ValueMap};
use crate::error::{Code, Error, Result};
use crate::schema::names::{fold, primary_key_name};
use crate::schema::{Column, ForeignKey, Kind, Schema, Table};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

/// See `super::diff`.
pub(super) fn diff(from: &Schema, to: &Schema, choices: &Choices) -> Result<Outcome> {
    let mut comparison = Comparison {
        from,
        to,
        decided: Decided::new(choices)?,
        phases: Phases::default(),
        questions: Vec::new(),
        asked: HashSet::new(),
    };
    comparison.run()?;
    let Comparison { decided, phases, questions, .. } = comparison;
    if !questions.is_empty() {
        return Ok(Outcome::Questions(questions));
    }
    decided.check_used()?;
    Ok(Outcome::Operations(phases.into_operations()))
}

struct Comparison<'a> {
    from: &'a Schema,
    to: &'a Schema,
    decided: Decided<'a>,
    phases: Phases,
    questions: Vec<Question>,
    /// New columns, as (table, column), that may be old ones: not yet asked anything else.
    asked: HashSet<(&'a str, &'a str)>,
}

impl<'a> Comparison<'a> {
    fn run(&mut self) -> Result<()> {
        let (from, to) = (self.from, self.to);
        let tables = self.pair_tables()?;
        let mut matched = Vec::new();
        for (a, b) in &tables.pairs {
            let (old, new) = (&from.tables[*a], &to.tables[*b]);
            matched.push(self.match_columns(old, new)?);
        }
        self.decided.check_tables(|name| matched.iter().any(|table| table.new.name == name))?;
        let gone: HashSet<&str> = tables.gone.iter().map(|a| from.tables[*a].name.as_str()).collect();
        self.rename(&matched);
        let shifted = shift(&matched, &gone);
        self.compare_objects(&matched, &shifted, &gone);
        for (matched, shifted) in matched.iter().zip(&shifted) {
            self.compare_columns(matched, shifted)?;
        }
        self.phases.drop_tables(tables.gone.iter().map(|a| from.tables[*a].clone()).collect());
        let created = tables.new.iter().map(|b| plain(&to.tables[*b])).collect();
        let places: HashMap<&str, usize> = matched.iter().enumerate().map(|(i, m)| (m.new.name.as_str(), i)).collect();
        let later = |key: &ForeignKey| {
            places.get(key.table.as_str()).is_some_and(|i| !is_ready(&shifted[*i], matched[*i].new, key))
        };
        self.phases.create_tables(created, later);
        Ok(())
    }

    fn pair_tables(&mut self) -> Result<Pairing> {
        let from: Vec<&str> = self.from.tables.iter().map(|table| table.name.as_str()).collect();
        let to: Vec<(&str, Option<&str>)> =
            self.to.tables.iter().map(|table| (table.name.as_str(), table.renamed_from.as_deref())).collect();
        let chosen = positions(&self.decided.tables, &from, &to)?;
        let pairing = pair(&from, &to, &chosen);
        let likeness = Likeness::new(self.to, &pairing.new);
        for a in &pairing.gone {
            if self.decided.drops(from[*a]) {
                continue;
            }
            let mut candidates = contested(&pairing, *a);
            candidates.extend(likeness.of(&self.from.tables[*a]));
            // To SQLite it is the same name, however unlike the tables are.
            candidates.extend(pairing.new.iter().filter(|b| fold(from[*a]) == fold(to[**b].0)));
            let mut seen = HashSet::new();
            candidates.retain(|b| seen.insert(*b));
            self.ask_rename(None, from[*a], candidates.into_iter().map(|b| to[b].0));
        }
        Ok(pairing)
    }

    fn ask_rename(&mut self, table: Option<&str>, from: &str, to: impl Iterator<Item = &'a str>) {
        let to: Vec<String> = to.map(str::to_owned).collect();
        if !to.is_empty() {
            let table = table.map(str::to_owned);
            self.questions.push(Question::Rename { table, from: from.to_owned(), to });
        }
    }

    fn match_columns(&mut self, old: &'a Table, new: &'a Table) -> Result<Matched<'a>> {
        let mut matched = Matched { old, new, columns: Pairing::default(), renames: Vec::new(), gone: Vec::new() };
        let chosen = self.decided.columns(&new.name);
        if chosen.is_empty() && old.columns == new.columns {
            matched.columns.pairs = (0..old.columns.len()).map(|i| (i, i)).collect();
            return Ok(matched);
        }
        let from: Vec<&str> = old.columns.iter().map(|column| column.name.as_str()).collect();
        let to: Vec<(&str, Option<&str>)> =
            new.columns.iter().map(|column| (column.name.as_str(), column.renamed_from.as_deref())).collect();
        let pairing = pair(&from, &to, &positions(chosen, &from, &to)?);
        for a in &pairing.gone {
            if self.decided.drops(&format!("{}.{}", new.name, from[*a])) {
                continue;
            }
            let kept = |b: &&usize| {
                let (before, after) = (&old.columns[*a], &new.columns[**b]);
                let same_but_case = fold(&before.name) == fold(&after.name);
                keeps(&before.kind, &after.kind)
                    || same_but_case && conversion(&before.kind, &after.kind) != Conversion::Impossible
            };
            let mut candidates = contested(&pairing, *a);
            candidates.extend(pairing.new.iter().filter(kept));
            self.asked.extend(candidates.iter().map(|b| (new.name.as_str(), to[*b].0)));
            self.ask_rename(Some(&new.name), from[*a], candidates.into_iter().map(|b| to[b].0));
        }
        (matched.renames, matched.gone) = column_renames(&pairing, &from, &to);
        matched.columns = pairing;
        Ok(matched)
    }

    fn rename(&mut self, matched: &[Matched<'_>]) {
        let changed = matched.iter().filter(|table| table.old.name != table.new.name);
        let renames: Vec<(String, String)> =
            changed.map(|table| (table.old.name.clone(), table.new.name.clone())).collect();
        if !renames.is_empty() {
            let mut taken: HashSet<String> = matched.iter().map(|table| fold(&table.old.name)).collect();
            let avoided = relation_names(self.from).chain(relation_names(self.to)).map(fold).collect::<HashSet<_>>();
            let avoid = |name: &str| avoided.contains(&fold(name));
            let ordered = sequence(renames, &mut taken, &avoid).into_iter();
            self.phases.rename_tables.extend(ordered.map(|(from, to)| Operation::RenameTable { from, to }));
        }
        for table in matched {
            let name = || table.new.name.clone();
            let ordered = table.renames.iter().cloned();
            let operations = ordered.map(|(from, to)| Operation::RenameColumn { table: name(), from, to });
            self.phases.rename_columns.extend(operations);
        }
    }

    fn compare_objects(&mut self, matched: &[Matched<'a>], shifted: &[Cow<'a, Table>], gone_tables: &HashSet<&str>) {
        let renamed = matched.iter().filter(|table| table.old.name != table.new.name);
        let claimed: HashSet<String> =
            renamed.flat_map(|table| [fold(&table.new.name), fold(&primary_key_name(&table.new.name))]).collect();
        let claimed = &claimed;
        let mut tables = Vec::with_capacity(matched.len());
        for (table, shifted) in matched.iter().zip(shifted) {
            let gone: Vec<String> = table.gone.iter().map(|(name, _)| name.clone()).collect();
            let before = Before { old: table.old, shifted, renames: &table.renames, gone: &gone, gone_tables, claimed };
            tables.push(Renamed { shifted, new: table.new, changes: before.changes(table.new) });
        }
        self.phases.rename_others = renames(&mut tables);
        for (Renamed { new, changes, .. }, table) in tables.iter().zip(matched) {
            for (what, at) in &changes.dropped {
                let drops = match what {
                    What::Key => &mut self.phases.drop_keys,
                    _ => &mut self.phases.drop_others,
                };
                drops.push(dropping(table.old, *what, *at));
            }
            for (what, at) in &changes.added {
                let adds = match what {
                    What::Key => &mut self.phases.add_keys,
                    _ => &mut self.phases.add_others,
                };
                adds.push(adding(new, *what, *at));
            }
        }
    }

    fn compare_columns(&mut self, matched: &Matched<'a>, shifted: &Table) -> Result<()> {
        let Matched { old, new, columns, gone, .. } = matched;
        let table = || new.name.clone();
        for b in &columns.new {
            let column = &new.columns[*b];
            let backfill = self.value_of_new(new, column)?;
            // An identity numbers the rows itself.
            let numbered = matches!(column.kind, Kind::Id | Kind::BigId);
            if backfill.is_none() && !column.nullable && column.default.is_none() && !numbered {
                self.ask_backfill(new, column, None);
            }
            let column = column.plain();
            self.phases.add_columns.push(Operation::AddColumn { table: table(), column, backfill });
        }
        for (a, b) in &columns.pairs {
            let before = &shifted.columns[*a];
            if !same_column(before, &new.columns[*b]) {
                self.alter_column(shifted, before, new, &new.columns[*b])?;
            }
        }
        for (name, at) in gone {
            let dropped = &old.columns[*at];
            // The values of the rows on the way back; a new column of this name has the choice for
            // itself.
            let backfill = match new.column(&dropped.name) {
                None => {
                    let chosen = self.decided.backfill(&new.name, &dropped.name, default_of(dropped));
                    chosen.map_err(|error| unrecorded(error, dropped))?
                }
                Some(_) => None,
            };
            let column = Column { name: name.clone(), ..dropped.plain() };
            self.phases.drop_columns.push(Operation::DropColumn { table: table(), column, backfill });
        }
        if shifted.primary_key != new.primary_key {
            let (from, to) = (shifted.primary_key.clone(), new.primary_key.clone());
            self.phases.primary_keys.push(Operation::AlterPrimaryKey { table: table(), from, to });
        }
        if old.comment != new.comment {
            let (from, to) = (old.comment.clone(), new.comment.clone());
            self.phases.comments.push(Operation::CommentTable { table: table(), from, to });
        }
        Ok(())
    }

    fn alter_column(&mut self, shifted: &Table, from: &Column, new: &'a Table, to: &'a Column) -> Result<()> {
        if conversion(&from.kind, &to.kind) == Conversion::Impossible {
            return Err(unsupported(new, from, to));
        }
        let place = (new.name.as_str(), to.name.as_str());
        let mut map = Vec::new();
        if from.kind != to.kind && matches!(to.kind, Kind::Enum { .. }) {
            for chosen in self.decided.maps(place.0, place.1) {
                let value = ValueMap { from: chosen.from.clone(), to: chosen.to.clone() };
                check_map(&from.kind, &to.kind, &value).map_err(|fault| of_column(place, fault))?;
                map.push(value);
            }
        }
        let mut backfill = None;
        if from.nullable && !to.nullable {
            backfill = self.chosen(new, to)?;
            if backfill.is_none() {
                self.ask_backfill(new, to, first_answer(new, to));
            }
        }
        // The same on the way back.
        let restore = match !from.nullable && to.nullable {
            // No revision records that a default is random.
            true => {
                let random = to.random.then_some(RowValue::Random);
                self.decided.backfill(place.0, place.1, default_of(from).or(random))?
            }
            false => None,
        };
        let loosened = to.nullable && shifted.primary_key.contains(&from.name);
        let (table, from, to) = (new.name.clone(), from.plain(), to.plain());
        let phase = if loosened { &mut self.phases.loosen_columns } else { &mut self.phases.alter_columns };
        phase.push(Operation::AlterColumn { table, from, to, map, backfill, restore });
        Ok(())
    }

    /// The value of rows in a new column: the chosen one, or random UUIDs if its default is random.
    fn value_of_new(&mut self, table: &'a Table, column: &'a Column) -> Result<Option<RowValue>> {
        Ok(match self.chosen(table, column)? {
            // Databases give it to rows by themselves.
            Some(RowValue::Default) => None,
            None if column.random && !points(table, column) => Some(RowValue::Random),
            chosen => chosen,
        })
    }

    /// The chosen value of rows in a column.
    fn chosen(&mut self, table: &'a Table, column: &'a Column) -> Result<Option<RowValue>> {
        let place = (table.name.as_str(), column.name.as_str());
        let chosen = self.decided.backfill(place.0, place.1, default_of(column))?;
        if chosen == Some(RowValue::Random) && points(table, column) {
            return Err(of_column(place, "the column points to rows, and no row has a random key".into()).hint(
                format!("Write a SQL expression instead: --backfill \"{}.{}=<SQL expression>\".", place.0, place.1),
            ));
        }
        Ok(chosen)
    }

    fn ask_backfill(&mut self, table: &Table, column: &Column, default: Option<String>) {
        if !self.asked.contains(&(table.name.as_str(), column.name.as_str())) {
            let (table, name) = (table.name.clone(), column.name.clone());
            self.questions.push(Question::Backfill { table, column: name, kind: kind_words(&column.kind), default });
        }
    }
}

/// The meaning of the default of a column for existing rows; `None` if it has no default.
fn default_of(column: &Column) -> Option<RowValue> {
    match &column.default {
        Some(_) => Some(RowValue::Default),
        None => column.random.then_some(RowValue::Random),
    }
}

/// A choice of the default of a dropped column that has none. No revision records that a default is random.
fn unrecorded(error: Error, dropped: &Column) -> Error {
    if dropped.kind != Kind::Uuid || dropped.default.is_some() {
        return error;
    }
    let message = format!("{}, or a random one: revisions do not record .defaultRandom()", error.message);
    error.says(message)
}

/// The default of an existing column that may not be NULL any more, in words.
fn first_answer(table: &Table, column: &Column) -> Option<String> {
    match &column.default {
        Some(default) => Some(default_words(default)),
        None => (column.random && !points(table, column)).then(|| "a random UUID each".into()),
    }
}

/// Whether a column points to rows of a table: no row has a random key.
fn points(table: &Table, column: &Column) -> bool {
    table.foreign_keys.iter().any(|key| key.columns.contains(&column.name))
}

/// Positions of chosen renames, which must name existing objects.
fn positions(chosen: &[&Rename], from: &[&str], to: &[(&str, Option<&str>)]) -> Result<Vec<(usize, usize)>> {
    let position = |rename: &&Rename| {
        let a = from.iter().position(|name| *name == rename.from).ok_or_else(|| unknown(rename, "the old name"))?;
        let b = to.iter().position(|(name, _)| *name == rename.to).ok_or_else(|| unknown(rename, "the new name"))?;
        Ok((a, b))
    };
    chosen.iter().map(position).collect()
}

fn contested(pairing: &Pairing, gone: usize) -> Vec<usize> {
    pairing.contested.iter().filter(|(a, _)| *a == gone).flat_map(|(_, candidates)| candidates.clone()).collect()
}

/// Whether a key of a new table can be made with it: what it points to is there by then, and stays.
fn is_ready(shifted: &Table, new: &Table, key: &ForeignKey) -> bool {
    let kind = |table: &Table, name: &String| table.column(name).map(|column| column.kind.clone());
    let settled = |name: &String| kind(shifted, name).is_some_and(|before| kind(new, name) == Some(before));
    let covers = |columns: &[String]| {
        columns.len() == key.references.len() && columns.iter().all(|column| key.references.contains(column))
    };
    let primary = shifted.primary_key == new.primary_key && covers(&new.primary_key);
    let mut uniques = new.uniques.iter().filter(|unique| covers(&unique.columns));
    let mut indexes = new.indexes.iter().filter(|index| index.unique && index.filter.is_none());
    key.references.iter().all(settled)
        && (primary
            || uniques.any(|unique| shifted.uniques.contains(unique))
            || indexes.any(|index| covers(&columns_of(index)) && shifted.indexes.contains(index)))
}

fn plain(table: &Table) -> Table {
    let columns = table.columns.iter().map(Column::plain).collect();
    Table { renamed_from: None, columns, ..table.clone() }
}

fn relation_names(schema: &Schema) -> impl Iterator<Item = &str> {
    schema.tables.iter().flat_map(relations)
}

fn unsupported(table: &Table, from: &Column, to: &Column) -> Error {
    let (before, after) = (kind_words(&from.kind), kind_words(&to.kind));
    let message = format!("The values of {}.{} cannot become {after}: they are {before}", table.name, to.name);
    let error = Error::new(Code::ConversionUnsupported, message).table(&table.name).column(&to.name);
    error.expected(after).found(before).hint("add a new column, move the values, drop the old")
}

fn check_map(from: &Kind, to: &Kind, map: &ValueMap) -> std::result::Result<(), String> {
    let Kind::Enum { values: after, .. } = to else { return Err("its kind has no words".into()) };
    let before = match from {
        Kind::Enum { values, .. } => Some(values),
        _ => None,
    };
    if before.is_some_and(|words| !words.contains(&map.from)) {
        return Err(format!("`{}` was not one of its words", map.from));
    }
    if after.contains(&map.from) {
        return Err(format!("`{}` stays one of its words", map.from));
    }
    if !after.contains(&map.to) {
        return Err(format!("`{}` is not one of its words", map.to));
    }
    Ok(())
}
