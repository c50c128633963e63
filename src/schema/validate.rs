//! Whether models make sense: every problem found, or the schema and its models with all names resolved.

use super::columns::read_columns;
use super::constraints::{read_constraints, read_foreign_keys};
use super::json::ModelJson;
use super::names::{fault, fold, kind_check_name, primary_key_name};
use super::relations::read_relations;
use super::{Kind, Model, Models, Schema, Table};
use crate::error::{Code, Error, Problem, Result};
use std::collections::hash_map::{Entry, HashMap};

/// Names that are taken where the models are used.
#[derive(Clone, Debug, Default)]
pub struct Reserved {
    /// The names that no model can have, since `db` has something else under them.
    pub models: Vec<String>,
    /// The columns that every table of a database has by itself.
    pub columns: Vec<SystemColumns>,
}

/// The columns that every table of a database has by itself.
#[derive(Clone, Copy, Debug)]
pub struct SystemColumns {
    /// The name of the database.
    pub database: &'static str,
    /// Whether a name is one of them.
    pub contains: fn(&str) -> bool,
}

/// The problems found so far.
#[derive(Default)]
pub(super) struct Problems(Vec<Problem>);

impl Problems {
    /// Adds a problem of the schema as a whole.
    pub fn schema(&mut self, message: impl Into<String>) {
        self.0.push(Problem { model: None, column: None, message: message.into() });
    }

    /// Adds a problem of a model.
    pub fn model(&mut self, model: &str, message: impl Into<String>) {
        self.0.push(Problem { model: Some(model.to_owned()), column: None, message: message.into() });
    }

    /// Adds a problem of a column, named by its property.
    pub fn column(&mut self, model: &str, property: &str, message: impl Into<String>) {
        let column = Some(property.to_owned());
        self.0.push(Problem { model: Some(model.to_owned()), column, message: message.into() });
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Fails if there is any problem.
    pub fn into_result(self) -> Result<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        let mut message = match self.0.len() {
            1 => "The models have a problem:".to_owned(),
            many => format!("The models have {many} problems:"),
        };
        for problem in &self.0 {
            let place = [problem.model.as_deref(), problem.column.as_deref()];
            let place: Vec<&str> = place.into_iter().flatten().collect();
            let colon = if place.is_empty() { "" } else { ": " };
            message.push_str(&format!("\n  {}{colon}{}", place.join("."), problem.message));
        }
        Err(Error { problems: self.0, ..Error::new(Code::SchemaInvalid, message) })
    }
}

/// The places of the models and of their tables, by their names; of those that share one, the first.
pub(super) struct Places<'a> {
    models: HashMap<&'a str, usize>,
    tables: HashMap<&'a str, usize>,
}

impl<'a> Places<'a> {
    fn of(written: &'a [ModelJson]) -> Self {
        let by = |name: fn(&ModelJson) -> &str| {
            let mut places = HashMap::new();
            for (i, json) in written.iter().enumerate() {
                places.entry(name(json)).or_insert(i);
            }
            places
        };
        Places { models: by(|json| &json.model), tables: by(|json| &json.table) }
    }

    /// The model of this name.
    pub fn model(&self, name: &str) -> Option<usize> {
        self.models.get(name).copied()
    }

    /// The table of this name.
    pub fn table(&self, name: &str) -> Option<usize> {
        self.tables.get(name).copied()
    }
}

/// What is read so far: tables and models, and where each is.
pub(super) struct Known<'a> {
    pub schema: &'a Schema,
    pub models: &'a [Model],
    pub places: &'a Places<'a>,
}

/// Models whose tables are made, one by one; what points to other models comes last.
pub(super) fn validate(written: Vec<ModelJson>, reserved: &Reserved) -> Result<Models> {
    let mut problems = Problems::default();
    let mut schema = Schema::default();
    let mut models = Vec::with_capacity(written.len());
    for json in &written {
        let (table, model) = read_table(json, &mut problems);
        schema.tables.push(table);
        models.push(model);
    }
    let places = Places::of(&written);
    for (i, json) in written.iter().enumerate() {
        let known = Known { schema: &schema, models: &models, places: &places };
        schema.tables[i].foreign_keys = read_foreign_keys(i, &json.foreign_keys, &known, &mut problems);
    }
    check_model_names(&models, reserved, &mut problems);
    check_column_names(&schema, &models, reserved, &mut problems);
    check_object_names(&schema, &models, &mut problems);
    check_enums(&schema, &models, &mut problems);
    let known = Known { schema: &schema, models: &models, places: &places };
    let relations: Vec<_> =
        written.iter().enumerate().map(|(i, json)| read_relations(i, &json.relations, &known, &mut problems)).collect();
    for (model, relations) in models.iter_mut().zip(relations) {
        model.relations = relations;
    }
    problems.into_result()?;
    Ok(Models { schema, models })
}

fn read_table(json: &ModelJson, problems: &mut Problems) -> (Table, Model) {
    let mut table = Table {
        name: json.table.clone(),
        comment: json.comment.clone(),
        renamed_from: json.renamed_from.clone(),
        ..Table::default()
    };
    let mut model = Model { name: json.model.clone(), properties: Vec::new(), relations: Vec::new() };
    if let Some(fault) = fault(&table.name) {
        problems.model(&model.name, format!("The table name `{}` {fault}", table.name));
    }
    read_columns(json, &mut table, &mut model, problems);
    read_constraints(json, &mut table, &model, problems);
    (table, model)
}

fn check_model_names(models: &[Model], reserved: &Reserved, problems: &mut Problems) {
    let mut seen = HashMap::new();
    for model in models {
        if model.name.is_empty() || model.name.contains('\0') {
            problems.model(&model.name, "A model needs a name without NUL characters");
        }
        if reserved.models.contains(&model.name) {
            problems.model(&model.name, format!("`db.{}` is taken: give the model another name", model.name));
        }
        if seen.insert(&model.name, ()).is_some() {
            problems.model(&model.name, "Two models have this name");
        }
    }
}

fn check_column_names(schema: &Schema, models: &[Model], reserved: &Reserved, problems: &mut Problems) {
    for (table, model) in schema.tables.iter().zip(models) {
        for (column, property) in table.columns.iter().zip(&model.properties) {
            for system in reserved.columns.iter().filter(|system| (system.contains)(&column.name)) {
                let message = format!(
                    "Every table of {} has a column `{}` of its own: give the column another name with .name()",
                    system.database, column.name
                );
                problems.column(&model.name, &property.name, message);
            }
        }
    }
}

/// Tables, indexes, unique constraints and primary keys share one namespace in PostgreSQL, tables and indexes also in
/// SQLite; constraints of one table share another.
fn check_object_names(schema: &Schema, models: &[Model], problems: &mut Problems) {
    let mut of_database: HashMap<String, String> = HashMap::new();
    for (table, model) in schema.tables.iter().zip(models) {
        if !claim(&mut of_database, &table.name, format!("the table of `{}`", model.name), &model.name, problems) {
            // The names that follow from the table's are taken too, and say nothing new.
            continue;
        }
        let mut relations: Vec<(String, String)> = Vec::new();
        if !table.primary_key.is_empty() {
            relations.push((primary_key_name(&table.name), "the primary key".into()));
        }
        relations.extend(table.uniques.iter().map(|u| (u.name.clone(), "a unique constraint".into())));
        let mut of_table: HashMap<String, String> =
            relations.iter().map(|(name, what)| (fold(name), what.clone())).collect();
        relations.extend(table.indexes.iter().map(|i| (i.name.clone(), "an index".into())));
        for (name, what) in relations {
            claim(&mut of_database, &name, format!("{what} of `{}`", model.name), &model.name, problems);
        }
        let kind_checks = table.columns.iter().filter_map(|column| {
            Some((kind_check_name(&table.name, column)?, format!("the check of the column `{}`", column.name)))
        });
        let keys = table.foreign_keys.iter().map(|key| (key.name.clone(), "a foreign key".to_owned()));
        let checks = table.checks.iter().map(|check| (check.name.clone(), "a check".to_owned()));
        for (name, what) in kind_checks.chain(keys).chain(checks) {
            claim(&mut of_table, &name, what, &model.name, problems);
        }
    }
}

/// Takes the name, or notes its holder.
fn claim(names: &mut HashMap<String, String>, name: &str, what: String, model: &str, problems: &mut Problems) -> bool {
    match names.entry(fold(name)) {
        Entry::Occupied(first) => {
            problems.model(model, format!("The name `{name}` of {what} is taken by {}: name one of them", first.get()));
            false
        }
        Entry::Vacant(place) => {
            place.insert(what);
            true
        }
    }
}

fn check_enums(schema: &Schema, models: &[Model], problems: &mut Problems) {
    let mut enums: HashMap<&str, (&[String], String)> = HashMap::new();
    for (table, model) in schema.tables.iter().zip(models) {
        for (column, property) in table.columns.iter().zip(&model.properties) {
            let Kind::Enum { name, values } = &column.kind else { continue };
            match enums.entry(name) {
                Entry::Occupied(first) if first.get().0 != values.as_slice() => {
                    let message = format!("The enum `{name}` has other values in {}", first.get().1);
                    problems.column(&model.name, &property.name, message);
                }
                Entry::Occupied(_) => {}
                Entry::Vacant(place) => {
                    place.insert((values, format!("{}.{}", model.name, property.name)));
                }
            }
        }
    }
}
