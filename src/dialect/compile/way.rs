//! From where the rows of an include come, and how each finds its parents.

use super::{origin_of, quote, Compiler, Numbered, Sources};
use crate::plan::{Check, Output, Wire};
use crate::query::Filter;
use crate::schema::{Models, Relation, RelationKind};

/// The rows of a relation, for all parents at once.
pub(super) struct Way {
    /// The text behind FROM.
    pub(super) from: String,
    /// The prefix of the columns of the rows themselves.
    pub(super) prefix: &'static str,
    /// Their prefix in the order.
    pub(super) order_prefix: &'static str,
    /// The value that the rows of one parent have in common.
    pub(super) key: String,
    /// Limits the rows to those of the parents; `None` if `from` does.
    inside: Option<String>,
    /// How the key crosses.
    output: Output,
}

impl Compiler<'_> {
    /// The way to the rows of a relation of a model.
    pub(super) fn way(&self, owner: usize, relation: &Relation) -> Way {
        let models: &Models = self.models;
        let target = models.table(relation.target);
        let (table, to) = (quote(&target.name), &target.columns[relation.to]);
        // The table that has the key, and what joins the rows themselves to it.
        let (rows, alias, key, join, origin) = match &relation.through {
            None => (table.clone(), "t", to, None, origin_of(models, relation.target, relation.to)),
            Some(through) => {
                let association = models.table(through.model);
                let far = quote(&association.columns[through.far].name);
                let join = format!("{table} t ON t.{} = j.{far}", quote(&to.name));
                let origin = origin_of(models, through.model, through.near);
                (quote(&association.name), "j", &association.columns[through.near], Some(join), origin)
            }
        };
        let name = quote(&key.name);
        if self.syntax.is_alike(&key.kind) {
            let (from, prefix, key_name) = match join {
                None => (rows, "", name),
                Some(join) => (format!("{rows} {alias} JOIN {join}"), "t.", format!("{alias}.{name}")),
            };
            let inside = self.syntax.in_list(&key_name, &self.syntax.placeholder(1), &key.kind);
            let (wire, form) = (key.kind.wire(), key.kind.form());
            let (check, origin) = (Check::of(&key.kind), Some(origin));
            let output = Output { name: key.name.clone(), wire, form, check, origin, hidden: true };
            return Way { from, prefix, order_prefix: prefix, key: key_name, inside: Some(inside), output };
        }
        let parents = models.table(owner);
        let (parents, parents_key) = (quote(&parents.name), quote(&parents.columns[relation.from].name));
        let (referenced, referenced_key) = match relation.kind {
            RelationKind::One => (&rows, &name),
            RelationKind::Has | RelationKind::Many => (&parents, &parents_key),
        };
        let sources = Sources {
            rows: &rows,
            alias,
            key: &name,
            parents: &parents,
            parents_key: &parents_key,
            referenced,
            referenced_key,
        };
        let Numbered { from, place, join: then, order_prefix } = self.syntax.numbered(&sources);
        let from = join.iter().fold(from, |from, join| format!("{from} {then} {join}"));
        let output = Output { hidden: true, ..Output::number("place", Wire::Int) };
        Way { from, prefix: "t.", order_prefix, key: place, inside: None, output }
    }
}

impl Way {
    /// Whether rows are given the place of their parent's key, not the key itself.
    pub(super) fn is_numbered(&self) -> bool {
        self.inside.is_none()
    }

    /// The key as a column of the result that stays in the engine.
    pub(super) fn output(&self) -> Output {
        self.output.clone()
    }

    /// The condition on the rows that belong to any of the parents and meet a filter: a WHERE, if there is any.
    pub(super) fn condition(&self, compiler: &mut Compiler<'_>, target: usize, filter: &Filter) -> String {
        let met = match filter {
            Filter::And(all) if all.is_empty() => None,
            filter => Some(compiler.filter(target, filter, self.prefix)),
        };
        let parts: Vec<String> = self.inside.iter().cloned().chain(met).collect();
        match parts.is_empty() {
            true => String::new(),
            false => format!(" WHERE {}", parts.join(" AND ")),
        }
    }
}
