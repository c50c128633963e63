//! Random changes of a schema, with the choices that make them unambiguous.

use super::finish::finish;
use super::kinds::NAMES;
use super::recipe::{
    column_recipe, object_recipe, schema_and_enums, table_recipe, ColumnRecipe, ObjectRecipe, TableRecipe,
};
use super::work::Work;
use plinth::diff::{apply, diff, Choices, Operation, Outcome};
use plinth::schema::{Kind, Schema};
use proptest::collection::vec;
use proptest::prelude::*;
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

/// One step of a change; numbers pick among existing objects.
#[derive(Clone, Debug)]
pub enum Edit {
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
        let mut work = Work::new(&from, enums, care);
        edits.iter().for_each(|edit| work.apply(edit));
        let (to, choices) = finish(work, marks);
        Change { from, to, choices }
    })
}

/// A schema, and what leads on from it, one change after the other.
#[derive(Clone, Debug)]
pub struct Walk {
    pub from: Schema,
    /// Each with the schema that it leads to.
    pub steps: Vec<(Vec<Operation>, Schema)>,
}

/// A schema, and up to so many changes. Those that change nothing, or that a person would be asked about, are left out.
pub fn walk(steps: usize) -> impl Strategy<Value = Walk> {
    let step = (vec(edit(), 1..=4), prop::bool::weighted(0.3));
    (schema_and_enums(), vec(step, 1..=steps)).prop_map(|((from, mut enums), steps)| {
        let (mut here, mut taken) = (from.clone(), Vec::new());
        for (edits, marks) in steps {
            let mut work = Work::new(&here, enums.clone(), Care::Free);
            edits.iter().for_each(|edit| work.apply(edit));
            let enums_then = work.enums.clone();
            let (to, choices) = finish(work, marks);
            let Ok(Outcome::Operations(operations)) = diff(&here, &to, &choices) else { continue };
            if !operations.is_empty() {
                here = apply(&here, &operations).unwrap();
                enums = enums_then;
                taken.push((operations, here.clone()));
            }
        }
        Walk { from, steps: taken }
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
