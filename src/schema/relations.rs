//! The relations of a model: the words of `r.one`, `r.has` and `r.many` resolved to columns, each problem noted.

use super::columns::RESERVED_PROPERTIES;
use super::constraints::{is_unique, same_type, word};
use super::json::{RelationJson, RelationKindJson};
use super::models::Through;
use super::validate::{Known, Problems};
use super::{Kind, Relation, RelationKind};
use std::collections::HashSet;

/// The relations of one model; those with problems are left out.
pub(super) fn read_relations(
    index: usize,
    written: &[RelationJson],
    known: &Known<'_>,
    problems: &mut Problems,
) -> Vec<Relation> {
    let model = &known.models[index];
    let mut names = HashSet::new();
    let mut relations = Vec::new();
    for json in written {
        let mut refuse = |message: String| problems.model(&model.name, format!("Relation `{}`: {message}", json.name));
        if json.name.is_empty() || RESERVED_PROPERTIES.contains(&json.name.as_str()) {
            refuse("this cannot be the name of a relation".into());
        }
        if !names.insert(&json.name) {
            refuse("two relations have this name".into());
        }
        if model.property(&json.name).is_some() {
            refuse("a column has this name".into());
        }
        match (Resolver { known, this: index }.resolve(json)) {
            Ok(relation) => relations.push(relation),
            Err(message) => refuse(message),
        }
    }
    relations
}

struct Resolver<'a> {
    known: &'a Known<'a>,
    this: usize,
}

type Resolved<T> = Result<T, String>;

impl Resolver<'_> {
    fn resolve(&self, json: &RelationJson) -> Resolved<Relation> {
        let target = self.model(&json.target)?;
        let (kind, from, to, through) = match (json.kind, &json.key, &json.through) {
            (RelationKindJson::Many, key, Some(through)) => {
                let (from, to, through) = self.through(target, &json.target, through, key.as_deref())?;
                (RelationKind::Many, from, to, Some(through))
            }
            (_, _, Some(_)) => return Err("only r.many leads through another model".into()),
            (_, None, None) => return Err("it needs a key".into()),
            (RelationKindJson::One, Some(key), None) => {
                let key = self.property(self.this, key)?;
                (RelationKind::One, key, self.other_side(self.this, key, target)?, None)
            }
            (RelationKindJson::Has, Some(key), None) => {
                let column = self.property(target, key)?;
                let name = self.known.schema.tables[target].columns[column].name.clone();
                if !is_unique(&self.known.schema.tables[target], &[name]) {
                    return Err(format!("`{}.{key}` is not unique: use r.many, or make it unique", json.target));
                }
                (RelationKind::Has, self.other_side(target, column, self.this)?, column, None)
            }
            (RelationKindJson::Many, Some(key), None) => {
                let key = self.property(target, key)?;
                (RelationKind::Many, self.other_side(target, key, self.this)?, key, None)
            }
        };
        Ok(Relation { name: json.name.clone(), kind, target, from, to, through })
    }

    fn model(&self, name: &str) -> Resolved<usize> {
        self.known.places.model(name).ok_or_else(|| format!("the model `{name}` is missing in schema()"))
    }

    fn property(&self, model: usize, name: &str) -> Resolved<usize> {
        let found = self.known.models[model].property(name);
        found.ok_or_else(|| format!("`{}` has no column `{name}`", self.known.models[model].name))
    }

    /// The column of `other` to which the column `key` of `model` leads: by its foreign key, or to the primary key.
    fn other_side(&self, model: usize, key: usize, other: usize) -> Resolved<usize> {
        let (table, target) = (&self.known.schema.tables[model], &self.known.schema.tables[other]);
        let column = &table.columns[key];
        self.usable(&column.kind)?;
        let mut declared = table.foreign_keys.iter().filter(|f| f.columns.len() == 1 && f.columns[0] == column.name);
        let name = format!("{}.{}", self.known.models[model].name, self.known.models[model].properties[key].name);
        let to = match declared.clone().find(|f| f.table == target.name) {
            Some(foreign_key) => &foreign_key.references[0],
            None => match (declared.next(), target.primary_key.as_slice()) {
                (None, [id]) => id,
                (Some(elsewhere), _) => {
                    return Err(format!("`{name}` points to the table `{}`, not to `{}`", elsewhere.table, target.name))
                }
                (None, _) => return Err(format!("`{name}` has no foreign key to `{}`", self.known.models[other].name)),
            },
        };
        let to = self.position(other, to)?;
        let theirs = &target.columns[to].kind;
        self.usable(theirs)?;
        if !same_type(&column.kind, theirs) {
            let there = format!("{}.{}", self.known.models[other].name, self.known.models[other].properties[to].name);
            return Err(format!("`{name}` is {}, but `{there}` is {}", word(&column.kind), word(theirs)));
        }
        Ok(to)
    }

    /// `key`, where given, says which of several keys of the association points to this model.
    fn through(
        &self,
        target: usize,
        target_name: &str,
        name: &str,
        key: Option<&str>,
    ) -> Resolved<(usize, usize, Through)> {
        let model = self.model(name)?;
        let key = key.map(|key| self.property(model, key)).transpose()?;
        let near = self.keys(model, self.this)?;
        let near: Vec<_> = near.into_iter().filter(|(column, _)| key.is_none_or(|key| key == *column)).collect();
        let this = &self.known.models[self.this].name;
        let (near, from) = one(near, || format!("`{name}` has no foreign key to `{this}`"), || ambiguous(name, this))?;
        let far = self.keys(model, target)?;
        let far: Vec<_> = far.into_iter().filter(|(column, _)| *column != near).collect();
        let none = || format!("`{name}` has no foreign key to `{target_name}`");
        let (far, to) = one(far, none, || ambiguous(name, target_name))?;
        Ok((from, to, Through { model, near, far }))
    }

    /// The single-column foreign keys of `model` to `other`: the column, and the column it points to.
    fn keys(&self, model: usize, other: usize) -> Resolved<Vec<(usize, usize)>> {
        let target = &self.known.schema.tables[other].name;
        let keys = self.known.schema.tables[model].foreign_keys.iter();
        let keys = keys.filter(|key| key.table == *target && key.columns.len() == 1);
        keys.map(|key| {
            let (column, to) = (self.position(model, &key.columns[0])?, self.position(other, &key.references[0])?);
            self.usable(&self.known.schema.tables[model].columns[column].kind)?;
            Ok((column, to))
        })
        .collect()
    }

    fn position(&self, model: usize, column: &str) -> Resolved<usize> {
        let found = self.known.schema.tables[model].columns.iter().position(|c| c.name == column);
        found.ok_or_else(|| format!("`{}` has no column `{column}`", self.known.models[model].name))
    }

    /// Rows are brought together by equality, which these kinds do not have on both databases alike.
    fn usable(&self, kind: &Kind) -> Resolved<()> {
        match kind {
            Kind::Bytes | Kind::Json | Kind::Real => Err(format!("a column of {} cannot be its key", word(kind))),
            _ => Ok(()),
        }
    }
}

fn one<T>(found: Vec<T>, none: impl FnOnce() -> String, several: impl FnOnce() -> String) -> Resolved<T> {
    let mut found = found.into_iter();
    match (found.next(), found.next()) {
        (Some(only), None) => Ok(only),
        (None, _) => Err(none()),
        (Some(_), Some(_)) => Err(several()),
    }
}

fn ambiguous(through: &str, target: &str) -> String {
    format!("`{through}` has several foreign keys to `{target}`: choose the one that leads back with `key`")
}
