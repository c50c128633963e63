//! The end of a change: the choices that say what was meant by it.

use super::kinds::constant;
use super::prune::{fresh, prune};
use super::recipe::table_name;
use super::work::Work;
use plinth::diff::{conversion, Backfill, Choices, ColumnMap, Conversion, ForEach, Rename, RowValue};
use plinth::schema::names::fold;
use plinth::schema::{Column, Kind, Schema, Table};
use std::collections::HashSet;

/// Its result, with the choices; with `marks` the models declare renames if they can.
pub fn finish(mut work: Work<'_>, marks: bool) -> (Schema, Choices) {
    part(&mut work);
    for _ in 0..3 {
        mend(&mut work);
    }
    let mut choices = Choices::default();
    let names = |schema: &Schema| schema.tables.iter().map(|table| table.name.clone()).collect::<HashSet<_>>();
    let (before, after) = (names(work.from), names(&work.to));
    let kept: HashSet<String> = work.to.tables.iter().filter_map(|table| table.renamed_from.clone()).collect();
    let gone = work.from.tables.iter().filter(|table| !kept.contains(&table.name));
    choices.drops.extend(gone.map(|table| table.name.clone()));
    for table in &mut work.to.tables {
        let Some(origin) = table.renamed_from.clone() else {
            table.columns.iter_mut().for_each(|column| column.renamed_from = None);
            continue;
        };
        let marked = marks && !before.contains(&table.name) && !after.contains(&origin);
        let rename = Rename { table: None, from: origin.clone(), to: table.name.clone() };
        decide(rename, marked, &mut table.renamed_from, &mut choices);
        column_choices(work.from.table(&origin).expect("it was there"), table, marks, &mut choices);
    }
    (work.to, choices)
}

/// Gives what is new another name than what is gone has: it would be taken for it.
fn part(work: &mut Work<'_>) {
    let kept: HashSet<String> = work.to.tables.iter().filter_map(|table| table.renamed_from.clone()).collect();
    let avoid: HashSet<String> = work.from.tables.iter().map(|table| fold(&table.name)).collect();
    for t in 0..work.to.tables.len() {
        let table = &work.to.tables[t];
        let name = table.name.clone();
        let Some(old) = work.old(t).cloned() else {
            if work.from.table(&name).is_some() && !kept.contains(&name) {
                let free = table_name(&work.to, &name, &avoid);
                work.rename_table(&name, &free);
            }
            continue;
        };
        let kept: HashSet<String> = table.columns.iter().filter_map(|column| column.renamed_from.clone()).collect();
        for column in table.columns.clone().iter().filter(|column| column.renamed_from.is_none()) {
            if old.column(&column.name).is_some() && !kept.contains(&column.name) {
                let there = work.to.tables[t].columns.iter();
                let mut taken: HashSet<String> = there.chain(&old.columns).map(|column| fold(&column.name)).collect();
                work.rename_column(t, &column.name, &fresh(&column.name, &mut taken));
            }
        }
    }
    prune(&mut work.to, &work.enums);
}

/// Takes back kinds that repairs made out of reach.
fn mend(work: &mut Work<'_>) {
    for t in 0..work.to.tables.len() {
        let old = work.old(t).cloned();
        for c in 0..work.to.tables[t].columns.len() {
            let column = &mut work.to.tables[t].columns[c];
            let old = old.as_ref().and_then(|old| old.column(column.renamed_from.as_ref()?));
            let Some(old) = old else { continue };
            if conversion(&old.kind, &column.kind) == Conversion::Impossible {
                column.kind = old.kind.clone();
                column.default = old.default.clone();
            }
            if old.nullable
                && !column.nullable
                && column.kind == Kind::Bytes
                && !work.to.tables[t].primary_key.contains(&old.name)
            {
                work.to.tables[t].columns[c].nullable = true;
            }
        }
    }
    prune(&mut work.to, &work.enums);
}

/// Says a rename: by a mark of the models if it is to be `marked`, else by a choice.
fn decide(rename: Rename, marked: bool, mark: &mut Option<String>, choices: &mut Choices) {
    let renamed = rename.from != rename.to;
    *mark = (marked && renamed).then(|| rename.from.clone());
    if renamed && !marked {
        choices.renames.push(rename);
    }
}

fn column_choices(old: &Table, table: &mut Table, marks: bool, choices: &mut Choices) {
    let names = |columns: &[Column]| columns.iter().map(|column| column.name.clone()).collect::<HashSet<_>>();
    let (before, after) = (names(&old.columns), names(&table.columns));
    let kept: HashSet<String> = table.columns.iter().filter_map(|column| column.renamed_from.clone()).collect();
    let gone = old.columns.iter().filter(|column| !kept.contains(&column.name));
    choices.drops.extend(gone.map(|column| format!("{}.{}", table.name, column.name)));
    let keys = table.foreign_keys.clone();
    let points = |column: &Column| keys.iter().any(|key| key.columns.contains(&column.name));
    for column in &mut table.columns {
        let is_random = column.random && !points(column);
        let mut backfill = |column: &Column, value: Option<RowValue>| {
            let value = value.unwrap_or_else(|| {
                let sql = constant(&column.kind).unwrap_or_else(|| "''".into());
                match column.comment {
                    Some(_) => RowValue::Each(Box::new(ForEach(
                        ["sqlite", "postgres"].map(|name| (name.into(), sql.clone())).into(),
                    ))),
                    None => RowValue::Sql(sql),
                }
            });
            choices.backfills.push(Backfill { table: table.name.clone(), column: column.name.clone(), value });
        };
        let Some(origin) = column.renamed_from.clone() else {
            let has_value = column.nullable || column.default.is_some() || is_random;
            if !has_value && !matches!(column.kind, Kind::Id | Kind::BigId) {
                backfill(column, None);
            }
            continue;
        };
        let was = old.column(&origin).expect("it was there");
        if was.nullable && !column.nullable {
            let has_default = column.default.is_some() && !points(column) || is_random;
            backfill(column, has_default.then_some(RowValue::Default));
        }
        let marked = marks && !before.contains(&column.name) && !after.contains(&origin);
        let rename = Rename { table: Some(table.name.clone()), from: origin, to: column.name.clone() };
        decide(rename, marked, &mut column.renamed_from, choices);
        if let (Kind::Enum { values: before, .. }, Kind::Enum { values, .. }) = (&was.kind, &column.kind) {
            for word in before.iter().filter(|word| !values.contains(word)) {
                let (table, column) = (table.name.clone(), column.name.clone());
                choices.maps.push(ColumnMap { table, column, from: word.clone(), to: values[0].clone() });
            }
        }
    }
}
