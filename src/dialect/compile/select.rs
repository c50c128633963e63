//! Writes selects as SQL: the rows that are asked for, and for each relation of an include one statement more.

use super::{quote, Compiler};
use crate::plan::{Form, Gives, Link, Node, Output, Param, Wire};
use crate::query::{Counted, Filter, Include, Order, Select};
use crate::schema::{Column, Models, Relation, RelationKind};

impl Compiler<'_> {
    pub(super) fn select(&mut self, select: &Select) {
        let model = select.rows.model;
        let mut outputs: Vec<Output> = select.columns.iter().map(|c| self.output(model, *c, false)).collect();
        let mut names = self.names(model, &select.columns);
        let keys = self.include_keys(select, &mut outputs, &mut names, "");
        if names.is_empty() {
            names.push("1".into());
        }
        let from = format!("{}{}", self.table(model), self.filter_clause(&select.rows, 0, 0, ""));
        let mut sql = if select.distinct.is_empty() || says_distinct(select, &outputs) {
            let distinct = if select.distinct.is_empty() { "" } else { "DISTINCT " };
            let order = self.order_clause(select, "", &select.distinct, 0, 0);
            format!("SELECT {distinct}{} FROM {from}{order}", names.join(", "))
        } else {
            self.first_of_each(select, &names, &from)
        };
        sql += &self.limit_clause(select.limit, select.offset);
        self.statement(sql, 0, outputs);
        self.includes(select, 0, &keys);
    }

    /// Of rows that are alike in some columns the first: rows are numbered among those they are like, and in all for the order.
    fn first_of_each(&mut self, select: &Select, names: &[String], from: &str) -> String {
        let model = select.rows.model;
        let order = self.order_clause(select, "", &self.ties(model), 0, 0);
        let alike = self.names(model, &select.distinct).join(", ");
        let columns: Vec<String> = names.iter().enumerate().map(|(i, n)| format!("{n} AS c{i}")).collect();
        let kept: Vec<String> = (0..names.len()).map(|i| format!("c{i}")).collect();
        format!(
            "SELECT {} FROM (SELECT {}, row_number() OVER (PARTITION BY {alike}{order}) AS n, \
             row_number() OVER ({}) AS place FROM {from}) r WHERE n = 1 ORDER BY place",
            kept.join(", "),
            columns.join(", "),
            order.trim_start()
        )
    }

    /// The columns of the key: what orders rows that are alike in everything else.
    fn ties(&self, model: usize) -> Vec<usize> {
        let table = self.models.table(model);
        table.primary_key.iter().filter_map(|k| table.columns.iter().position(|c| c.name == *k)).collect()
    }

    pub(super) fn limit_clause(&mut self, limit: bool, offset: bool) -> String {
        let number = Param { wire: Wire::Int, form: Form::Plain };
        let mut sql = String::new();
        if limit {
            sql += &format!(" LIMIT {}", self.param(number, 0, 0));
        }
        if offset {
            if !limit {
                // SQLite has no OFFSET without LIMIT; this one is larger than any table, on every database.
                sql += " LIMIT 9223372036854775807";
            }
            sql += &format!(" OFFSET {}", self.param(number, 0, 0));
        }
        sql
    }

    /// Where each include, then each count, finds its key among the outputs; adds those that were not selected, hidden.
    fn include_keys(
        &self,
        select: &Select,
        outputs: &mut Vec<Output>,
        names: &mut Vec<String>,
        prefix: &str,
    ) -> Vec<usize> {
        let model = select.rows.model;
        let included = select.include.iter().map(|i| i.relation);
        let relations = included.chain(select.counts.iter().map(|c| c.relation));
        let from = relations.map(|r| self.models.models[model].relations[r].from);
        from.map(|column| self.key_output(model, column, outputs, names, prefix)).collect()
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

    fn order_clause(&mut self, select: &Select, prefix: &str, ties: &[usize], start: usize, before: usize) -> String {
        let named = |column: usize| select.order.iter().any(|o| o.column == column && !o.path);
        let rest = ties.iter().filter(|t| !named(**t)).map(|t| Order::of(*t, false));
        let all: Vec<Order> = select.order.iter().copied().chain(rest).collect();
        let part = |order| self.order_parts(select.rows.model, order, prefix, start, before);
        let parts: Vec<String> = all.into_iter().flat_map(part).collect();
        match parts.is_empty() {
            true => String::new(),
            false => format!(" ORDER BY {}", parts.join(", ")),
        }
    }

    fn includes(&mut self, select: &Select, parent: usize, keys: &[usize]) {
        let (included, counted) = keys.split_at(select.include.len());
        for (include, key) in select.include.iter().zip(included) {
            self.related(select.rows.model, include, parent, *key);
        }
        for (counted, key) in select.counts.iter().zip(counted) {
            self.counted(select.rows.model, counted, parent, *key);
        }
    }

    /// The rows of one relation for all parents at once: their keys are the first parameter, as a JSON array.
    fn related(&mut self, owner: usize, include: &Include, parent: usize, parent_output: usize) {
        let models = self.models;
        let relation = &models.models[owner].relations[include.relation];
        let select = &include.select;
        let target = relation.target;
        let start = self.params.len();
        let way = Way::of(models, relation);
        let (from, prefix, key_name) = (&way.from, way.prefix, &way.key_name);
        let mut outputs: Vec<Output> = select.columns.iter().map(|c| self.output(target, *c, false)).collect();
        let mut names: Vec<String> =
            self.names(target, &select.columns).iter().map(|n| format!("{prefix}{n}")).collect();
        let keys = self.include_keys(select, &mut outputs, &mut names, prefix);
        let output = match relation.through {
            None => self.key_output(target, relation.to, &mut outputs, &mut names, prefix),
            Some(_) => {
                outputs.push(way.output());
                names.push(key_name.clone());
                outputs.len() - 1
            }
        };
        let condition = self.of_parents(&way, target, &select.rows.filter, start);
        let ties = self.ties(target);
        let many = relation.kind == RelationKind::Many;
        let order = match many {
            true => self.order_clause(select, prefix, &ties, start, 1),
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
        let gives = if many { Gives::Many } else { Gives::One };
        let link = Link { parent, parent_output, output, relation: relation.name.clone(), gives };
        self.nodes.push(Node { sql, params, outputs, link: Some(link) });
        let here = self.nodes.len() - 1;
        self.includes(select, here, &keys);
    }

    /// How many rows of one relation each parent has, for all parents at once; of those without any there is no row.
    fn counted(&mut self, owner: usize, counted: &Counted, parent: usize, parent_output: usize) {
        let models = self.models;
        let relation = &models.models[owner].relations[counted.relation];
        let start = self.params.len();
        let way = Way::of(models, relation);
        let condition = self.of_parents(&way, relation.target, &counted.filter, start);
        let key = &way.key_name;
        let sql = format!("SELECT count(*), {key} FROM {} WHERE {condition} GROUP BY {key}", way.from);
        let number = Output { name: "value".into(), wire: Wire::Int, form: Form::Plain, origin: None, hidden: false };
        let link = Link { parent, parent_output, output: 1, relation: relation.name.clone(), gives: Gives::Count };
        let (params, outputs) = (start..self.params.len(), vec![number, way.output()]);
        self.nodes.push(Node { sql, params, outputs, link: Some(link) });
    }

    /// The condition on the rows of a relation that belong to any of the parents and meet a filter.
    fn of_parents(&mut self, way: &Way, target: usize, filter: &Filter, start: usize) -> String {
        let inside = self.syntax.in_list(&way.key_name, &self.syntax.placeholder(1), &way.key.kind);
        match filter {
            Filter::And(all) if all.is_empty() => inside,
            filter => format!("{inside} AND {}", self.filter(target, filter, start, 1, way.prefix)),
        }
    }
}

/// Whether nothing but the columns that are told apart is wanted, in an order by them: then SELECT DISTINCT says it all.
fn says_distinct(select: &Select, outputs: &[Output]) -> bool {
    let told = |column: &usize| select.distinct.contains(column);
    outputs.len() == select.columns.len()
        && select.columns.len() == select.distinct.len()
        && select.columns.iter().all(told)
        && select.order.iter().all(|o| told(&o.column))
}

/// From where the rows of a relation come, and the key by which they find their parents.
struct Way<'a> {
    from: String,
    /// What the columns of the rows themselves begin with.
    prefix: &'static str,
    key: &'a Column,
    key_name: String,
}

impl<'a> Way<'a> {
    fn of(models: &'a Models, relation: &Relation) -> Self {
        let target = models.table(relation.target);
        let to = &target.columns[relation.to];
        match &relation.through {
            None => Way { from: quote(&target.name), prefix: "", key: to, key_name: quote(&to.name) },
            Some(through) => {
                let association = models.table(through.model);
                let near = &association.columns[through.near];
                let far = quote(&association.columns[through.far].name);
                let (between, rows) = (quote(&association.name), quote(&target.name));
                let from = format!("{between} j JOIN {rows} t ON t.{} = j.{far}", quote(&to.name));
                Way { from, prefix: "t.", key: near, key_name: format!("j.{}", quote(&near.name)) }
            }
        }
    }

    /// The key where it is not among the row's own columns.
    fn output(&self) -> Output {
        let Column { name, kind, .. } = self.key;
        Output { name: name.clone(), wire: kind.wire(), form: kind.form(), origin: None, hidden: true }
    }
}
