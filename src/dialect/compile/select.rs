//! Writes selects as SQL: the rows that are asked for, and for each relation of an include one statement more.

use super::{quote, Compiler};
use crate::plan::{Form, Link, Node, Output, Param, Wire};
use crate::query::{Filter, Include, Order, Select};
use crate::schema::RelationKind;

impl Compiler<'_> {
    pub(super) fn select(&mut self, select: &Select) {
        let model = select.rows.model;
        let mut outputs: Vec<Output> = select.columns.iter().map(|c| self.output(model, *c, false)).collect();
        let mut names = self.names(model, &select.columns);
        let keys = self.include_keys(select, &mut outputs, &mut names, "");
        if names.is_empty() {
            names.push("1".into());
        }
        let filter = self.filter_clause(&select.rows, 0, 0, "");
        let mut sql = format!("SELECT {} FROM {}{filter}", names.join(", "), self.table(model));
        sql += &self.order_clause(select, "", &[]);
        let number = Param { wire: Wire::Int, form: Form::Plain };
        if select.limit {
            sql += &format!(" LIMIT {}", self.param(number, 0, 0));
        }
        if select.offset {
            if !select.limit {
                // SQLite has no OFFSET without LIMIT; this one is larger than any table, on every database.
                sql += " LIMIT 9223372036854775807";
            }
            sql += &format!(" OFFSET {}", self.param(number, 0, 0));
        }
        self.statement(sql, 0, outputs);
        self.includes(select, 0, &keys);
    }

    /// Where each include finds its key among the outputs; adds those that were not selected, hidden.
    fn include_keys(
        &self,
        select: &Select,
        outputs: &mut Vec<Output>,
        names: &mut Vec<String>,
        prefix: &str,
    ) -> Vec<usize> {
        let model = select.rows.model;
        let mut key = |include: &Include| {
            let from = self.models.models[model].relations[include.relation].from;
            self.key_output(model, from, outputs, names, prefix)
        };
        select.include.iter().map(&mut key).collect()
    }

    fn key_output(
        &self,
        model: usize,
        column: usize,
        outputs: &mut Vec<Output>,
        names: &mut Vec<String>,
        prefix: &str,
    ) -> usize {
        let wanted = self.output(model, column, true);
        if let Some(at) = outputs.iter().position(|o| o.origin == wanted.origin) {
            return at;
        }
        outputs.push(wanted);
        names.push(format!("{prefix}{}", self.names(model, &[column])[0]));
        outputs.len() - 1
    }

    fn order_clause(&self, select: &Select, prefix: &str, ties: &[usize]) -> String {
        let table = self.models.table(select.rows.model);
        let given = select.order.iter().copied();
        let rest = ties.iter().filter(|t| !select.order.iter().any(|o| o.column == **t)).map(|t| Order::of(*t, false));
        let part = |order: Order| {
            let stored = &table.columns[order.column];
            self.syntax.order(&format!("{prefix}{}", quote(&stored.name)), order.desc, stored.nullable, order.nulls)
        };
        let parts: Vec<String> = given.chain(rest).map(part).collect();
        match parts.is_empty() {
            true => String::new(),
            false => format!(" ORDER BY {}", parts.join(", ")),
        }
    }

    fn includes(&mut self, select: &Select, parent: usize, keys: &[usize]) {
        for (include, key) in select.include.iter().zip(keys) {
            self.related(select.rows.model, include, parent, *key);
        }
    }

    /// The rows of one relation for all parents at once: their keys are the first parameter, as a JSON array.
    fn related(&mut self, owner: usize, include: &Include, parent: usize, parent_output: usize) {
        let models = self.models;
        let relation = &models.models[owner].relations[include.relation];
        let select = &include.select;
        let target = relation.target;
        let start = self.params.len();
        let prefix = if relation.through.is_some() { "t." } else { "" };
        let mut outputs: Vec<Output> = select.columns.iter().map(|c| self.output(target, *c, false)).collect();
        let mut names: Vec<String> =
            self.names(target, &select.columns).iter().map(|n| format!("{prefix}{n}")).collect();
        let keys = self.include_keys(select, &mut outputs, &mut names, prefix);

        let (key_kind, key_name, from, output) = match &relation.through {
            None => {
                let output = self.key_output(target, relation.to, &mut outputs, &mut names, prefix);
                let column = &models.table(target).columns[relation.to];
                (&column.kind, quote(&column.name), self.table(target), output)
            }
            Some(through) => {
                let association = models.table(through.model);
                let near = &association.columns[through.near];
                let far = quote(&association.columns[through.far].name);
                let to = quote(&models.table(target).columns[relation.to].name);
                let key_name = format!("j.{}", quote(&near.name));
                outputs.push(Output {
                    name: near.name.clone(),
                    wire: near.kind.wire(),
                    form: near.kind.form(),
                    origin: None,
                    hidden: true,
                });
                names.push(key_name.clone());
                let from = format!("{} j JOIN {} t ON t.{to} = j.{far}", self.table(through.model), self.table(target));
                (&near.kind, key_name, from, outputs.len() - 1)
            }
        };
        let inside = self.syntax.in_list(&key_name, &self.syntax.placeholder(1), key_kind);
        let condition = match &select.rows.filter {
            Filter::And(all) if all.is_empty() => inside,
            filter => format!("{inside} AND {}", self.filter(target, filter, start, 1, prefix)),
        };
        let table = models.table(target);
        let ties: Vec<usize> =
            table.primary_key.iter().filter_map(|k| table.columns.iter().position(|c| c.name == *k)).collect();
        let many = relation.kind == RelationKind::Many;
        let order = match many {
            true => self.order_clause(select, prefix, &ties),
            false => String::new(),
        };
        let sql = match select.limit {
            false => format!("SELECT {} FROM {from} WHERE {condition}{order}", names.join(", ")),
            true => {
                // So many rows of each parent: number them within their parent, then keep the first.
                let columns: Vec<String> = names.iter().enumerate().map(|(i, n)| format!("{n} AS c{i}")).collect();
                let limit = self.param(Param { wire: Wire::Int, form: Form::Plain }, start, 1);
                let kept: Vec<String> = (0..names.len()).map(|i| format!("c{i}")).collect();
                format!(
                    "SELECT {} FROM (SELECT {}, row_number() OVER (PARTITION BY {key_name}{order}) AS n FROM {from} \
                     WHERE {condition}) r WHERE n <= {limit} ORDER BY n",
                    kept.join(", "),
                    columns.join(", ")
                )
            }
        };
        let params = start..self.params.len();
        let link = Link { parent, parent_output, output, relation: relation.name.clone(), many };
        self.nodes.push(Node { sql, params, outputs, link: Some(link) });
        let here = self.nodes.len() - 1;
        self.includes(select, here, &keys);
    }
}
