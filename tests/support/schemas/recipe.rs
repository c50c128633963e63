//! Recipes, which shrink well, and the valid schemas made of them.

use super::kinds::{condition, default, expression, kind, NAMES};
use super::prune::{fresh, prune, targets};
use plinth::schema::names::{fold, primary_key_name};
use plinth::schema::{Action, Check, Column, ForeignKey, Index, IndexKey, IndexPart, Kind, Schema, Table, Unique};
use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::{BTreeMap, HashSet};

/// A column to be.
#[derive(Clone, Debug)]
pub struct ColumnRecipe {
    pub name: usize,
    pub kind: Kind,
    pub nullable: bool,
    pub default: Option<u8>,
    pub comment: Option<usize>,
}

/// A unique constraint, check, index or foreign key to be; numbers pick among existing objects.
#[derive(Clone, Debug)]
pub enum ObjectRecipe {
    Unique {
        columns: Vec<usize>,
        name: Option<usize>,
    },
    Check {
        template: u8,
        columns: (usize, usize),
        quoted: bool,
        name: Option<usize>,
    },
    Index {
        parts: Vec<(usize, Option<u8>, bool)>,
        unique: bool,
        filter: Option<(u8, usize)>,
        quoted: bool,
        name: Option<usize>,
    },
    Key {
        target: usize,
        key: usize,
        reuse: bool,
        nullable: bool,
        actions: (Action, Action),
        name: Option<usize>,
    },
}

/// A table to be.
#[derive(Clone, Debug)]
pub struct TableRecipe {
    pub name: usize,
    pub identity: Option<Kind>,
    pub columns: Vec<ColumnRecipe>,
    pub key: Vec<usize>,
    pub objects: Vec<ObjectRecipe>,
    pub comment: Option<usize>,
}

const COMMENTS: [&str; 4] = ["what it is for", "it's \"odd\" \\ -- ;", "two\nlines", "🦀"];

/// The words of each enum.
pub type Enums = BTreeMap<String, Vec<String>>;

/// A schema, and its enums.
pub fn schema_and_enums() -> impl Strategy<Value = (Schema, Enums)> {
    (enums(), vec(table_recipe(), 1..=5)).prop_map(|(enums, recipes)| {
        let mut schema = Schema::default();
        for recipe in &recipes {
            add_table(&mut schema, recipe, &HashSet::new());
        }
        for (at, recipe) in recipes.iter().enumerate() {
            add_objects(&mut schema, at, &recipe.objects, &enums, &HashSet::new());
        }
        prune(&mut schema, &enums);
        (schema, enums)
    })
}

/// A schema that models could declare.
pub fn schema() -> impl Strategy<Value = Schema> {
    schema_and_enums().prop_map(|(schema, _)| schema)
}

pub fn column_recipe() -> impl Strategy<Value = ColumnRecipe> {
    let name = prop_oneof![3 => 0..6usize, 2 => 0..NAMES.len()];
    (name, kind(), any::<bool>(), prop::option::of(any::<u8>()), prop::option::weighted(0.1, 0..COMMENTS.len()))
        .prop_map(|(name, kind, nullable, default, comment)| ColumnRecipe { name, kind, nullable, default, comment })
}

pub fn table_recipe() -> impl Strategy<Value = TableRecipe> {
    let identity = prop_oneof![2 => Just(None), 3 => Just(Some(Kind::Id)), 1 => Just(Some(Kind::BigId))];
    let columns = vec(column_recipe(), 1..=5);
    (
        0..NAMES.len(),
        identity,
        columns,
        vec(0..6usize, 1..=3),
        vec(object_recipe(), 0..=4),
        prop::option::weighted(0.1, 0..COMMENTS.len()),
    )
        .prop_map(|(name, identity, columns, key, objects, comment)| TableRecipe {
            name,
            identity,
            columns,
            key,
            objects,
            comment,
        })
}

pub fn object_recipe() -> impl Strategy<Value = ObjectRecipe> {
    let name = || prop::option::weighted(0.3, 0..NAMES.len());
    let at = || 0..8usize;
    let part = (at(), prop::option::weighted(0.3, any::<u8>()), any::<bool>());
    let action = || {
        prop::sample::select(vec![
            Action::NoAction,
            Action::Cascade,
            Action::SetNull,
            Action::Restrict,
            Action::SetDefault,
        ])
    };
    prop_oneof![
        (vec(at(), 1..=2), name()).prop_map(|(columns, name)| ObjectRecipe::Unique { columns, name }),
        (any::<u8>(), (at(), at()), any::<bool>(), name())
            .prop_map(|(template, columns, quoted, name)| ObjectRecipe::Check { template, columns, quoted, name }),
        (vec(part, 1..=3), any::<bool>(), prop::option::weighted(0.3, (any::<u8>(), at())), any::<bool>(), name())
            .prop_map(|(parts, unique, filter, quoted, name)| ObjectRecipe::Index {
                parts,
                unique,
                filter,
                quoted,
                name
            }),
        (0..5usize, at(), any::<bool>(), any::<bool>(), (action(), action()), name()).prop_map(
            |(target, key, reuse, nullable, actions, name)| ObjectRecipe::Key {
                target,
                key,
                reuse,
                nullable,
                actions,
                name
            }
        ),
    ]
}

fn enums() -> impl Strategy<Value = Enums> {
    let words =
        vec(prop::sample::select(vec!["new", "done", "it's", "two words", "Größe", "\"quoted\"", "a,b"]), 1..=4);
    vec(words, 3).prop_map(|lists| {
        let distinct = |list: Vec<&str>| {
            let mut seen = HashSet::new();
            list.into_iter().filter(|word| seen.insert(*word)).map(str::to_owned).collect()
        };
        let names = ["mood", "Größe", "it's \"odd\""].map(str::to_owned);
        names.into_iter().zip(lists.into_iter().map(distinct)).collect()
    })
}

/// The names of tables and of their primary keys.
pub fn table_names(schema: &Schema) -> HashSet<String> {
    schema.tables.iter().flat_map(|table| [fold(&table.name), fold(&primary_key_name(&table.name))]).collect()
}

/// A name for a table that neither a table nor a primary key has.
pub fn table_name(schema: &Schema, wanted: &str, avoid: &HashSet<String>) -> String {
    let there = table_names(schema);
    let mut taken: HashSet<String> = there.union(avoid).cloned().collect();
    loop {
        let name = fresh(wanted, &mut taken);
        if !there.contains(&fold(&primary_key_name(&name))) {
            return name;
        }
    }
}

/// Adds a table without its objects.
pub fn add_table(schema: &mut Schema, recipe: &TableRecipe, avoid: &HashSet<String>) {
    let name = table_name(schema, NAMES[recipe.name], avoid);
    let mut table = Table { name, comment: recipe.comment.map(|i| COMMENTS[i].to_owned()), ..Table::default() };
    if let Some(kind) = &recipe.identity {
        let id = ColumnRecipe { name: 5, kind: kind.clone(), nullable: false, default: None, comment: None };
        add_column(&mut table, &id, &HashSet::new());
    }
    for column in &recipe.columns {
        add_column(&mut table, column, &HashSet::new());
    }
    for at in &recipe.key {
        let name = &pick(&table.columns, *at).name;
        if !table.primary_key.contains(name) {
            table.primary_key.push(name.clone());
        }
    }
    schema.tables.push(table);
}

/// Adds a column under a free name.
pub fn add_column(table: &mut Table, recipe: &ColumnRecipe, avoid: &HashSet<String>) {
    let mut taken: HashSet<String> = table.columns.iter().map(|column| fold(&column.name)).collect();
    taken.extend(avoid.iter().cloned());
    table.columns.push(Column {
        default: recipe.default.and_then(|choice| default(&recipe.kind, choice)),
        nullable: recipe.nullable,
        comment: recipe.comment.map(|i| COMMENTS[i].to_owned()),
        ..Column::new(&fresh(NAMES[recipe.name], &mut taken), recipe.kind.clone())
    });
}

/// Adds constraints and indexes; what is not valid, `prune` takes out.
pub fn add_objects(schema: &mut Schema, at: usize, recipes: &[ObjectRecipe], enums: &Enums, avoid: &HashSet<String>) {
    // So that keys point to what stays.
    prune(schema, enums);
    for recipe in recipes {
        let named = |name: &Option<usize>| name.map_or_else(|| "?".to_owned(), |i| NAMES[i].to_owned());
        let table = &mut schema.tables[at];
        match recipe {
            ObjectRecipe::Unique { columns, name } => {
                let columns = columns.iter().map(|i| pick(&table.columns, *i).name.clone()).collect();
                table.uniques.push(Unique { name: named(name), columns });
            }
            ObjectRecipe::Check { template, columns, quoted, name } => {
                let (a, b) = (pick(&table.columns, columns.0), pick(&table.columns, columns.1));
                let sql = condition(*template, a, b, *quoted);
                table.checks.push(Check { name: named(name), sql });
            }
            ObjectRecipe::Index { parts, unique, filter, quoted, name } => {
                let part = |(at, choice, desc): &(usize, Option<u8>, bool)| {
                    let column = pick(&table.columns, *at);
                    let key = match choice {
                        Some(choice) => IndexKey::Expression(expression(*choice, column, *quoted)),
                        None => IndexKey::Column(column.name.clone()),
                    };
                    IndexPart { key, desc: *desc }
                };
                let filter = filter.map(|(choice, at)| {
                    let column = pick(&table.columns, at);
                    condition(choice, column, column, *quoted)
                });
                let parts = parts.iter().map(part).collect();
                table.indexes.push(Index { name: named(name), parts, unique: *unique, filter });
            }
            ObjectRecipe::Key { target, key, reuse, nullable, actions, name } => {
                let target = pick(&schema.tables, *target).clone();
                let references = pick(&targets(&target), *key).clone();
                let new = New { nullable: *nullable, avoid };
                let key = foreign_key(&mut schema.tables[at], &target, references, *reuse, &new);
                let key = ForeignKey { on_delete: actions.0, on_update: actions.1, ..key };
                schema.tables[at].foreign_keys.push(ForeignKey { name: named(name), ..key });
            }
        }
        prune(schema, enums);
    }
}

/// The form of a new column of a key.
struct New<'a> {
    nullable: bool,
    avoid: &'a HashSet<String>,
}

/// A key to these columns, from existing columns or, if none fits, from new ones.
fn foreign_key(table: &mut Table, target: &Table, references: Vec<String>, reuse: bool, new: &New<'_>) -> ForeignKey {
    let mut columns: Vec<String> = Vec::new();
    for reference in &references {
        let kind = match &target.column(reference).expect("a key has its columns").kind {
            Kind::Id => Kind::Integer,
            Kind::BigId => Kind::Bigint,
            kind => kind.clone(),
        };
        let fits = |column: &&Column| column.kind == kind && !columns.contains(&column.name);
        let there = table.columns.iter().find(fits).filter(|_| reuse).map(|column| column.name.clone());
        columns.push(there.unwrap_or_else(|| {
            let mut taken: HashSet<String> = table.columns.iter().map(|column| fold(&column.name)).collect();
            taken.extend(new.avoid.iter().cloned());
            let nullable = new.nullable;
            let name = fresh("points", &mut taken);
            let default = default(&kind, 0).filter(|_| !nullable);
            table.columns.push(Column { nullable, default, ..Column::new(&name, kind) });
            name
        }));
    }
    let action = Action::NoAction;
    ForeignKey {
        name: String::new(),
        columns,
        table: target.name.clone(),
        references,
        on_delete: action,
        on_update: action,
    }
}

/// The element that a number picks.
pub fn pick<T>(list: &[T], at: usize) -> &T {
    &list[at % list.len()]
}
