//! Random changes of a schema, with the choices that make them unambiguous.

use super::kinds::{condition, constant, default, NAMES};
use super::prune::{columns_of, fresh, prune};
use super::recipe::*;
use plinth::diff::{conversion, Backfill, Choices, ColumnMap, Conversion, Rename};
use plinth::schema::expression::{mentions, rename_column};
use plinth::schema::names::fold;
use plinth::schema::{Column, Index, IndexKey, Kind, Schema, Table};
use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::HashSet;
use std::fmt;

/// How careful a change is with rows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Care {
    /// Anything that can be done.
    Free,
    /// Nothing that rows could refuse: no new keys, uniques or checks, no kind that some value would not fit, no word taken away.
    Gentle,
}

/// A schema, what it becomes, and what a person decided.
#[derive(Clone)]
pub struct Change {
    pub from: Schema,
    pub to: Schema,
    pub choices: Choices,
}

impl fmt::Debug for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let json = |value| serde_json::to_string_pretty(value).unwrap_or_default();
        let choices = serde_json::to_string_pretty(&self.choices).unwrap_or_default();
        write!(f, "\nfrom {}\nto {}\nchoices {choices}", json(&self.from), json(&self.to))
    }
}

/// One step of a change; numbers pick among what is there.
#[derive(Clone, Debug)]
enum Edit {
    AddTable(TableRecipe),
    DropTable(usize),
    RenameTable(usize, usize, bool),
    SwapTables(usize, usize),
    AddColumn(usize, ColumnRecipe),
    DropColumn(usize, usize),
    RenameColumn(usize, usize, usize, bool),
    SwapColumns(usize, usize, usize),
    Kind(usize, usize, Kind),
    Nullable(usize, usize),
    Default(usize, usize, Option<u8>),
    Comment(usize, Option<usize>, bool),
    PrimaryKey(usize, Vec<usize>),
    AddObject(usize, ObjectRecipe),
    DropObject(usize, usize),
    RenameObject(usize, usize, usize),
    SwapObjects(usize, usize, usize),
    RewriteCheck(usize, usize, u8),
    EnumWords(usize, Vec<u8>),
}

/// A schema, changed in a few ways.
pub fn change(care: Care) -> impl Strategy<Value = Change> {
    let marks = prop::bool::weighted(0.3);
    (schema_and_enums(), vec(edit(), 0..=6), marks).prop_map(move |((from, enums), edits, marks)| {
        let mut work = Work { from: &from, to: remember(from.clone()), enums, care };
        edits.iter().for_each(|edit| work.apply(edit));
        let (to, choices) = work.finish(marks);
        Change { from, to, choices }
    })
}

fn edit() -> impl Strategy<Value = Edit> {
    let at = || 0..8usize;
    let name = || 0..NAMES.len();
    prop_oneof![
        2 => table_recipe().prop_map(Edit::AddTable),
        2 => at().prop_map(Edit::DropTable),
        2 => (at(), name(), any::<bool>()).prop_map(|(t, n, follow)| Edit::RenameTable(t, n, follow)),
        1 => (at(), at()).prop_map(|(a, b)| Edit::SwapTables(a, b)),
        4 => (at(), column_recipe()).prop_map(|(t, column)| Edit::AddColumn(t, column)),
        4 => (at(), at()).prop_map(|(t, c)| Edit::DropColumn(t, c)),
        4 => (at(), at(), name(), any::<bool>()).prop_map(|(t, c, n, follow)| Edit::RenameColumn(t, c, n, follow)),
        2 => (at(), at(), at()).prop_map(|(t, a, b)| Edit::SwapColumns(t, a, b)),
        5 => (at(), at(), super::kinds::kind()).prop_map(|(t, c, kind)| Edit::Kind(t, c, kind)),
        1 => (at(), at(), prop_oneof![Just(Kind::Id), Just(Kind::BigId)]).prop_map(|(t, c, kind)| Edit::Kind(t, c, kind)),
        3 => (at(), at()).prop_map(|(t, c)| Edit::Nullable(t, c)),
        3 => (at(), at(), prop::option::of(any::<u8>())).prop_map(|(t, c, choice)| Edit::Default(t, c, choice)),
        2 => (at(), prop::option::of(at()), any::<bool>()).prop_map(|(t, c, there)| Edit::Comment(t, c, there)),
        2 => (at(), vec(at(), 1..=3)).prop_map(|(t, key)| Edit::PrimaryKey(t, key)),
        5 => (at(), object_recipe()).prop_map(|(t, object)| Edit::AddObject(t, object)),
        3 => (at(), at()).prop_map(|(t, o)| Edit::DropObject(t, o)),
        2 => (at(), at(), name()).prop_map(|(t, o, n)| Edit::RenameObject(t, o, n)),
        2 => (at(), at(), at()).prop_map(|(t, a, b)| Edit::SwapObjects(t, a, b)),
        2 => (at(), at(), any::<u8>()).prop_map(|(t, c, n)| Edit::RewriteCheck(t, c, n)),
        3 => (at(), vec(any::<u8>(), 1..=4)).prop_map(|(e, words)| Edit::EnumWords(e, words)),
    ]
}

/// Every table and column remembers what it is called in `from`.
fn remember(mut schema: Schema) -> Schema {
    for table in &mut schema.tables {
        table.renamed_from = Some(table.name.clone());
        for column in &mut table.columns {
            column.renamed_from = Some(column.name.clone());
        }
    }
    schema
}

struct Work<'a> {
    from: &'a Schema,
    to: Schema,
    enums: Enums,
    care: Care,
}

impl Work<'_> {
    fn apply(&mut self, edit: &Edit) {
        let gentle = self.care == Care::Gentle;
        let risky = matches!(
            edit,
            Edit::PrimaryKey(..)
                | Edit::AddObject(
                    _,
                    ObjectRecipe::Unique { .. } | ObjectRecipe::Key { .. } | ObjectRecipe::Check { .. }
                )
                | Edit::AddObject(_, ObjectRecipe::Index { unique: true, .. })
                | Edit::RewriteCheck(..)
        );
        if self.to.tables.is_empty() && !matches!(edit, Edit::AddTable(_)) || gentle && risky {
            return;
        }
        let before = self.clone_state();
        self.carry_out(edit);
        prune(&mut self.to, &self.enums);
        if gentle && !self.is_gentle() {
            (self.to, self.enums) = before;
        }
    }

    fn clone_state(&self) -> (Schema, Enums) {
        (self.to.clone(), self.enums.clone())
    }

    fn carry_out(&mut self, edit: &Edit) {
        let tables = self.to.tables.len();
        match edit {
            Edit::AddTable(recipe) => {
                let avoid = self.from.tables.iter().map(|table| fold(&table.name)).collect();
                add_table(&mut self.to, recipe, &avoid);
                add_objects(&mut self.to, tables, &recipe.objects, &self.enums, &HashSet::new());
            }
            Edit::DropTable(t) => drop(self.to.tables.remove(t % tables)),
            Edit::RenameTable(t, name, follow) => {
                let from = self.to.tables[t % tables].name.clone();
                let to = table_name(&self.to, NAMES[*name], &HashSet::new());
                self.rename_table(&from, &to);
                forget_names(&mut self.to.tables[t % tables], *follow);
            }
            Edit::SwapTables(a, b) => {
                let (a, b) = (self.to.tables[a % tables].name.clone(), self.to.tables[b % tables].name.clone());
                if a != b {
                    self.rename_table(&a, "between");
                    self.rename_table(&b, &a);
                    self.rename_table("between", &b);
                }
            }
            Edit::AddColumn(t, recipe) => {
                let avoid = self.old_columns(t % tables);
                let mut recipe = recipe.clone();
                // No constant of these suits every row of both databases.
                recipe.nullable |= recipe.kind == Kind::Bytes;
                add_column(&mut self.to.tables[t % tables], &recipe, &avoid);
            }
            Edit::AddObject(t, recipe) => {
                let avoid = self.old_columns(t % tables);
                add_objects(&mut self.to, t % tables, std::slice::from_ref(recipe), &self.enums, &avoid);
            }
            Edit::EnumWords(e, words) => self.enum_words(*e, words),
            Edit::DropColumn(t, c)
            | Edit::Nullable(t, c)
            | Edit::RenameColumn(t, c, ..)
            | Edit::Kind(t, c, _)
            | Edit::Default(t, c, _) => {
                let columns = self.to.tables[t % tables].columns.len();
                self.edit_column(t % tables, c % columns, edit);
            }
            Edit::SwapColumns(t, a, b) => {
                let table = &self.to.tables[t % tables];
                let (a, b) = (pick(&table.columns, *a).name.clone(), pick(&table.columns, *b).name.clone());
                if a != b {
                    self.rename_column(t % tables, &a, "between");
                    self.rename_column(t % tables, &b, &a);
                    self.rename_column(t % tables, "between", &b);
                }
            }
            Edit::Comment(t, c, there) => {
                let comment = there.then(|| "new".to_owned());
                let table = &mut self.to.tables[t % tables];
                let columns = table.columns.len();
                match c {
                    Some(c) => table.columns[c % columns].comment = comment,
                    None => table.comment = comment,
                }
            }
            Edit::PrimaryKey(t, key) => {
                let table = &mut self.to.tables[t % tables];
                let mut seen = HashSet::new();
                let names =
                    key.iter().map(|at| pick(&table.columns, *at).name.clone()).filter(|n| seen.insert(n.clone()));
                table.primary_key = names.collect();
            }
            Edit::DropObject(t, o) => drop_object(&mut self.to.tables[t % tables], *o),
            Edit::RenameObject(t, o, name) => {
                let mut names = object_names(&mut self.to.tables[t % tables]);
                let count = names.len().max(1);
                names.iter_mut().skip(o % count).take(1).for_each(|place| **place = NAMES[*name].to_owned());
            }
            Edit::SwapObjects(t, a, b) => {
                let mut names = object_names(&mut self.to.tables[t % tables]);
                if !names.is_empty() {
                    let (a, b) = (a % names.len(), b % names.len());
                    let (one, other) = (names[a].clone(), names[b].clone());
                    *names[a] = other;
                    *names[b] = one;
                }
            }
            Edit::RewriteCheck(t, c, n) => {
                let table = &mut self.to.tables[t % tables];
                let column = pick(&table.columns, usize::from(*n)).clone();
                if !table.checks.is_empty() {
                    let at = c % table.checks.len();
                    table.checks[at].sql = condition(*n, &column, &column, *n > 99);
                }
            }
        }
    }

    fn edit_column(&mut self, t: usize, c: usize, edit: &Edit) {
        let column = self.to.tables[t].columns[c].clone();
        match edit {
            Edit::DropColumn(..) if self.to.tables[t].columns.len() == 1 => {}
            Edit::DropColumn(..) => {
                let table = &mut self.to.tables[t];
                table.columns.remove(c);
                drop_sql(table, &column.name);
            }
            Edit::RenameColumn(_, _, name, follow) => {
                let mut taken = self.to.tables[t].columns.iter().map(|column| fold(&column.name)).collect();
                self.rename_column(t, &column.name, &fresh(NAMES[*name], &mut taken));
                forget_names(&mut self.to.tables[t], *follow);
            }
            Edit::Kind(_, _, kind) => {
                let kind = match kind {
                    Kind::Enum { name, .. } => Kind::Enum { name: name.clone(), values: self.enums[name].clone() },
                    kind => kind.clone(),
                };
                let old = self.old(t).and_then(|table| table.column(column.renamed_from.as_ref()?));
                if old.is_some_and(|old| conversion(&old.kind, &kind) == Conversion::Impossible) {
                    return;
                }
                let table = &mut self.to.tables[t];
                drop_sql(table, &column.name);
                let place = &mut table.columns[c];
                place.default = place.default.as_ref().and_then(|_| default(&kind, 3));
                place.kind = kind;
            }
            Edit::Nullable(..) => self.to.tables[t].columns[c].nullable ^= true,
            Edit::Default(_, _, choice) => {
                self.to.tables[t].columns[c].default = choice.and_then(|choice| default(&column.kind, choice));
            }
            _ => unreachable!("no edit of a column"),
        }
    }

    fn rename_table(&mut self, from: &str, to: &str) {
        for table in &mut self.to.tables {
            if table.name == from {
                table.name = to.to_owned();
            }
            table.foreign_keys.iter_mut().filter(|key| key.table == from).for_each(|key| key.table = to.to_owned());
        }
    }

    fn rename_column(&mut self, t: usize, from: &str, to: &str) {
        let follow = |name: &mut String| {
            if name == from {
                *name = to.to_owned();
            }
        };
        let table = &mut self.to.tables[t];
        table.columns.iter_mut().for_each(|column| follow(&mut column.name));
        table.primary_key.iter_mut().for_each(follow);
        table.uniques.iter_mut().flat_map(|unique| &mut unique.columns).for_each(follow);
        table.foreign_keys.iter_mut().flat_map(|key| &mut key.columns).for_each(follow);
        table.checks.iter_mut().for_each(|check| check.sql = rename_column(&check.sql, from, to));
        for index in &mut table.indexes {
            for part in &mut index.parts {
                match &mut part.key {
                    IndexKey::Column(name) => follow(name),
                    IndexKey::Expression(sql) => *sql = rename_column(sql, from, to),
                }
            }
            index.filter = index.filter.as_ref().map(|sql| rename_column(sql, from, to));
        }
        let name = table.name.clone();
        for key in self.to.tables.iter_mut().flat_map(|table| &mut table.foreign_keys) {
            if key.table == name {
                key.references.iter_mut().for_each(follow);
            }
        }
    }

    fn enum_words(&mut self, e: usize, choices: &[u8]) {
        let at = e % self.enums.len();
        let words = self.enums.values_mut().nth(at).expect("counted");
        for choice in choices {
            let i = usize::from(*choice) % words.len();
            match choice % 4 {
                0 => words.rotate_left(i),
                1 if words.len() > 1 => drop(words.remove(i)),
                _ => {
                    let word = format!("word {choice}");
                    if !words.contains(&word) {
                        words.insert(i, word);
                    }
                }
            }
        }
    }

    /// The table as it was, where there was one.
    fn old(&self, t: usize) -> Option<&Table> {
        self.from.table(self.to.tables[t].renamed_from.as_ref()?)
    }

    /// What its columns were called: a new one of such a name would be taken for it.
    fn old_columns(&self, t: usize) -> HashSet<String> {
        self.old(t).iter().flat_map(|table| &table.columns).map(|column| fold(&column.name)).collect()
    }

    fn is_gentle(&self) -> bool {
        (0..self.to.tables.len()).all(|t| self.old(t).is_none_or(|old| is_gentle(old, &self.to.tables[t])))
    }

    /// What it came to, with the choices; with `marks` renames are said by the models where they can.
    fn finish(mut self, marks: bool) -> (Schema, Choices) {
        self.part();
        for _ in 0..3 {
            self.mend();
        }
        let mut choices = Choices::default();
        let names = |schema: &Schema| schema.tables.iter().map(|table| table.name.clone()).collect::<HashSet<_>>();
        let (before, after) = (names(self.from), names(&self.to));
        let kept: HashSet<String> = self.to.tables.iter().filter_map(|table| table.renamed_from.clone()).collect();
        let gone = self.from.tables.iter().filter(|table| !kept.contains(&table.name));
        choices.drops.extend(gone.map(|table| table.name.clone()));
        for table in &mut self.to.tables {
            let Some(origin) = table.renamed_from.clone() else {
                table.columns.iter_mut().for_each(|column| column.renamed_from = None);
                continue;
            };
            let marked = marks && !before.contains(&table.name) && !after.contains(&origin);
            decide(None, &origin, &table.name, marked, &mut table.renamed_from, &mut choices);
            column_choices(self.from.table(&origin).expect("it was there"), table, marks, &mut choices);
        }
        (self.to, choices)
    }

    /// Gives what is new another name than what is gone has: it would be taken for it.
    fn part(&mut self) {
        let kept: HashSet<String> = self.to.tables.iter().filter_map(|table| table.renamed_from.clone()).collect();
        let avoid: HashSet<String> = self.from.tables.iter().map(|table| fold(&table.name)).collect();
        for t in 0..self.to.tables.len() {
            let table = &self.to.tables[t];
            let name = table.name.clone();
            let Some(old) = self.old(t).cloned() else {
                if self.from.table(&name).is_some() && !kept.contains(&name) {
                    let free = table_name(&self.to, &name, &avoid);
                    self.rename_table(&name, &free);
                }
                continue;
            };
            let kept: HashSet<String> = table.columns.iter().filter_map(|column| column.renamed_from.clone()).collect();
            for column in table.columns.clone().iter().filter(|column| column.renamed_from.is_none()) {
                if old.column(&column.name).is_some() && !kept.contains(&column.name) {
                    let there = self.to.tables[t].columns.iter();
                    let mut taken: HashSet<String> =
                        there.chain(&old.columns).map(|column| fold(&column.name)).collect();
                    self.rename_column(t, &column.name, &fresh(&column.name, &mut taken));
                }
            }
        }
        prune(&mut self.to, &self.enums);
    }

    /// Takes back kinds that repairs made out of reach.
    fn mend(&mut self) {
        for t in 0..self.to.tables.len() {
            let old = self.old(t).cloned();
            for c in 0..self.to.tables[t].columns.len() {
                let column = &mut self.to.tables[t].columns[c];
                let old = old.as_ref().and_then(|old| old.column(column.renamed_from.as_ref()?));
                let Some(old) = old else { continue };
                if conversion(&old.kind, &column.kind) == Conversion::Impossible {
                    column.kind = old.kind.clone();
                    column.default = old.default.clone();
                }
                if old.nullable
                    && !column.nullable
                    && column.kind == Kind::Bytes
                    && !self.to.tables[t].primary_key.contains(&old.name)
                {
                    self.to.tables[t].columns[c].nullable = true;
                }
            }
        }
        prune(&mut self.to, &self.enums);
    }
}

fn decide(table: Option<&str>, from: &str, to: &str, marked: bool, mark: &mut Option<String>, choices: &mut Choices) {
    *mark = (marked && from != to).then(|| from.to_owned());
    if from != to && !marked {
        let table = table.map(str::to_owned);
        choices.renames.push(Rename { table, from: from.to_owned(), to: to.to_owned() });
    }
}

fn column_choices(old: &Table, table: &mut Table, marks: bool, choices: &mut Choices) {
    let names = |columns: &[Column]| columns.iter().map(|column| column.name.clone()).collect::<HashSet<_>>();
    let (before, after) = (names(&old.columns), names(&table.columns));
    let kept: HashSet<String> = table.columns.iter().filter_map(|column| column.renamed_from.clone()).collect();
    let gone = old.columns.iter().filter(|column| !kept.contains(&column.name));
    choices.drops.extend(gone.map(|column| format!("{}.{}", table.name, column.name)));
    for column in &mut table.columns {
        let mut backfill = |column: &Column| {
            let sql = constant(&column.kind).unwrap_or_else(|| "''".into());
            choices.backfills.push(Backfill { table: table.name.clone(), column: column.name.clone(), sql });
        };
        let Some(origin) = column.renamed_from.clone() else {
            if !column.nullable && column.default.is_none() && !matches!(column.kind, Kind::Id | Kind::BigId) {
                backfill(column);
            }
            continue;
        };
        let was = old.column(&origin).expect("it was there");
        if was.nullable && !column.nullable {
            backfill(column);
        }
        let marked = marks && !before.contains(&column.name) && !after.contains(&origin);
        decide(Some(&table.name), &origin, &column.name, marked, &mut column.renamed_from, choices);
        if let (Kind::Enum { values: before, .. }, Kind::Enum { values, .. }) = (&was.kind, &column.kind) {
            for word in before.iter().filter(|word| !values.contains(word)) {
                let (table, column) = (table.name.clone(), column.name.clone());
                choices.maps.push(ColumnMap { table, column, from: word.clone(), to: values[0].clone() });
            }
        }
    }
}

/// Whether any rows of the old table fit the new one.
fn is_gentle(old: &Table, new: &Table) -> bool {
    let origin = |name: &String| new.column(name).and_then(|column| column.renamed_from.clone());
    let key: Vec<String> = new.primary_key.iter().filter_map(origin).collect();
    let unique = |column: &Column| {
        let index = |index: &Index| index.unique && columns_of(index).contains(&column.name);
        new.uniques.iter().any(|unique| unique.columns.contains(&column.name)) || new.indexes.iter().any(index)
    };
    let fits = |column: &Column| {
        let Some(old) = column.renamed_from.as_ref().and_then(|origin| old.column(origin)) else { return true };
        let kept = matches!(conversion(&old.kind, &column.kind), Conversion::Same | Conversion::Sure);
        kept && !(old.nullable && !column.nullable && unique(column))
    };
    let grown = new.uniques.len() > old.uniques.len() || new.foreign_keys.len() > old.foreign_keys.len();
    key == old.primary_key && !grown && new.columns.iter().all(fits)
}

/// Takes away the SQL that names the column: it may not suit it any more.
fn drop_sql(table: &mut Table, column: &str) {
    table.checks.retain(|check| !mentions(&check.sql, column));
    table.indexes.retain(|index| {
        let of_parts =
            index.parts.iter().any(|part| matches!(&part.key, IndexKey::Expression(sql) if mentions(sql, column)));
        !of_parts && !index.filter.as_ref().is_some_and(|sql| mentions(sql, column))
    });
}

fn drop_object(table: &mut Table, at: usize) {
    let counts = [table.uniques.len(), table.checks.len(), table.foreign_keys.len(), table.indexes.len()];
    let mut at = at % counts.iter().sum::<usize>().max(1);
    for (list, count) in counts.into_iter().enumerate() {
        if at < count {
            match list {
                0 => drop(table.uniques.remove(at)),
                1 => drop(table.checks.remove(at)),
                2 => drop(table.foreign_keys.remove(at)),
                _ => drop(table.indexes.remove(at)),
            }
            return;
        }
        at -= count;
    }
}

fn object_names(table: &mut Table) -> Vec<&mut String> {
    let uniques = table.uniques.iter_mut().map(|unique| &mut unique.name);
    let checks = table.checks.iter_mut().map(|check| &mut check.name);
    let keys = table.foreign_keys.iter_mut().map(|key| &mut key.name);
    uniques.chain(checks).chain(keys).chain(table.indexes.iter_mut().map(|index| &mut index.name)).collect()
}

/// Lets objects be called as the models would call them now.
fn forget_names(table: &mut Table, follow: bool) {
    if follow {
        object_names(table).into_iter().for_each(|name| *name = "?".into());
    }
}
