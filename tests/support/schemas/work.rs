//! A schema in the course of a change: its tables and columns remember, in `renamed_from`, what they were called.

use super::edit::{Care, Edit};
use super::kinds::{condition, default, NAMES};
use super::prune::{columns_of, fresh, prune};
use super::recipe::{add_column, add_objects, add_table, pick, table_name, Enums, ObjectRecipe};
use plinth::diff::{conversion, Conversion};
use plinth::schema::expression::{mentions, rename_column};
use plinth::schema::names::fold;
use plinth::schema::{Column, Index, IndexKey, Kind, Schema, Table};
use std::collections::HashSet;

/// A schema that edits change.
pub struct Work<'a> {
    pub from: &'a Schema,
    pub to: Schema,
    pub enums: Enums,
    care: Care,
}

impl<'a> Work<'a> {
    /// Begins with a schema.
    pub fn new(from: &'a Schema, enums: Enums, care: Care) -> Self {
        Work { from, to: remember(from.clone()), enums, care }
    }

    /// Carries out one edit, as far as it leaves the schema valid.
    pub fn apply(&mut self, edit: &Edit) {
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

    pub fn rename_table(&mut self, from: &str, to: &str) {
        for table in &mut self.to.tables {
            if table.name == from {
                table.name = to.to_owned();
            }
            table.foreign_keys.iter_mut().filter(|key| key.table == from).for_each(|key| key.table = to.to_owned());
        }
    }

    pub fn rename_column(&mut self, t: usize, from: &str, to: &str) {
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

    /// The earlier table, if it existed.
    pub fn old(&self, t: usize) -> Option<&Table> {
        self.from.table(self.to.tables[t].renamed_from.as_ref()?)
    }

    /// The earlier names of its columns: a new one of such a name would be taken for it.
    fn old_columns(&self, t: usize) -> HashSet<String> {
        self.old(t).iter().flat_map(|table| &table.columns).map(|column| fold(&column.name)).collect()
    }

    fn is_gentle(&self) -> bool {
        (0..self.to.tables.len()).all(|t| self.old(t).is_none_or(|old| is_gentle(old, &self.to.tables[t])))
    }
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

pub fn object_names(table: &mut Table) -> Vec<&mut String> {
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
