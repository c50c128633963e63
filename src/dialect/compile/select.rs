//! Writes selects as SQL: the rows that are asked for, and for each relation of an include one statement more.

use super::Compiler;
use crate::plan::{Check, Form, Gives, Link, Node, Output, Param, Wire};
use crate::query::{Counted, Include, Order, Select};
use crate::schema::RelationKind;

/// The text between SELECT and FROM.
struct SelectList<'a> {
    /// The model of the rows.
    model: usize,
    /// Names the table of the rows, if more than one is in scope.
    prefix: &'a str,
    /// The SQL of each column of the result.
    names: Vec<String>,
    /// How each is read.
    outputs: Vec<Output>,
}

impl SelectList<'_> {
    /// Adds a column; gives its place.
    fn push(&mut self, name: String, output: Output) -> usize {
        self.names.push(name);
        self.outputs.push(output);
        self.outputs.len() - 1
    }
}

impl Compiler<'_> {
    pub(super) fn select(&mut self, select: &Select) {
        let model = select.rows.model;
        let mut list = self.select_list(select, "");
        self.add_exact_outputs(select, &mut list);
        let keys = self.include_keys(select, &mut list);
        let distinct = !select.distinct.is_empty() && says_distinct(select, &list.outputs);
        let key = self.row_key(&mut list, !distinct);
        let SelectList { mut names, outputs, .. } = list;
        if names.is_empty() {
            names.push("1".into());
        }
        let from = format!("{}{}", self.table(model), self.filter_clause(&select.rows, ""));
        let mut sql = if select.distinct.is_empty() {
            let order = self.order_clause(select, "", &[]);
            format!("SELECT {} FROM {from}{order}", names.join(", "))
        } else if distinct {
            self.each_once(select, &from)
        } else {
            self.first_of_each(select, &names, &from)
        };
        sql += &self.limit_clause(select.limit, select.offset);
        self.statement(sql, outputs);
        self.keyed_by(key);
        self.includes(select, 0, &keys);
    }

    /// The columns that a select names.
    fn select_list<'a>(&self, select: &Select, prefix: &'a str) -> SelectList<'a> {
        let model = select.rows.model;
        let names = self.names(model, &select.columns).iter().map(|name| format!("{prefix}{name}")).collect();
        let outputs = select.columns.iter().map(|column| self.output(model, *column, false)).collect();
        SelectList { model, prefix, names, outputs }
    }

    /// Each combination of the columns once, in an order by them.
    fn each_once(&self, select: &Select, from: &str) -> String {
        let model = select.rows.model;
        let named = |column: usize| select.order.iter().any(|order| order.column == column);
        let rest = select.distinct.iter().filter(|column| !named(**column)).map(|column| Order::of(*column, false));
        let order = select.order.iter().copied().chain(rest).map(|order| self.order_apart(model, order));
        let (columns, order) = (self.told_apart(model, &select.columns), order.collect::<Vec<_>>());
        format!("SELECT DISTINCT {} FROM {from} ORDER BY {}", columns.join(", "), order.join(", "))
    }

    /// Of rows that are alike in some columns the first: rows are numbered among those they are like, and in all for the order.
    fn first_of_each(&mut self, select: &Select, names: &[String], from: &str) -> String {
        let model = select.rows.model;
        let order = self.order_clause(select, "", &self.ties(model));
        let alike = self.told_apart(model, &select.distinct).join(", ");
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

    /// Adds the columns of a cursor whose values milliseconds do not say.
    fn add_exact_outputs(&self, select: &Select, list: &mut SelectList<'_>) {
        if !self.syntax.holds_more_than_milliseconds() {
            return;
        }
        for column in &select.exact {
            let plain = self.output(list.model, *column, false);
            // Another output of the same column; no include takes it for its key.
            let exact = Output { wire: Wire::Text, form: Form::Exact, check: Check::Any, ..plain };
            list.push(self.select_name(*column, list), exact);
        }
    }

    /// The columns of the key: what orders rows that are alike in everything else.
    pub(super) fn ties(&self, model: usize) -> Vec<usize> {
        let table = self.models.table(model);
        table.primary_key.iter().filter_map(|k| table.columns.iter().position(|c| c.name == *k)).collect()
    }

    pub(super) fn limit_clause(&mut self, limit: bool, offset: bool) -> String {
        let number = Param { wire: Wire::Int, form: Form::Plain };
        let mut sql = String::new();
        if limit {
            sql += &format!(" LIMIT {}", self.param(number));
        }
        if offset {
            if !limit {
                // SQLite has no OFFSET without LIMIT; this one is larger than any table, on every database.
                sql += " LIMIT 9223372036854775807";
            }
            sql += &format!(" OFFSET {}", self.param(number));
        }
        sql
    }

    /// The place of the key of each include, then of each count, among the outputs; adds those that
    /// were not selected, hidden.
    fn include_keys(&self, select: &Select, list: &mut SelectList<'_>) -> Vec<usize> {
        let included = select.include.iter().map(|i| i.relation);
        let relations = included.chain(select.counts.iter().map(|c| c.relation));
        let model = &self.models.models[list.model];
        relations.map(|relation| self.key_output(model.relations[relation].from, list)).collect()
    }

    fn key_output(&self, column: usize, list: &mut SelectList<'_>) -> usize {
        let wanted = self.output(list.model, column, true);
        let there = list.outputs.iter().position(|output| output.origin == wanted.origin);
        there.unwrap_or_else(|| list.push(self.select_name(column, list), wanted))
    }

    fn select_name(&self, column: usize, list: &SelectList<'_>) -> String {
        format!("{}{}", list.prefix, self.names(list.model, &[column])[0])
    }

    /// Which outputs hold the primary key of a row, for errors. If rows that cannot be read are
    /// left out, and `add` says that more columns do no harm, those that were not selected are
    /// fetched too: to leave a row out needs its name.
    fn row_key(&self, list: &mut SelectList<'_>, add: bool) -> Vec<usize> {
        let ties = self.ties(list.model);
        if add && self.skips && !ties.iter().any(|column| self.models.column(list.model, *column).1.private) {
            for column in ties {
                self.key_output(column, list);
            }
        }
        self.key_of_rows(list.model, &list.outputs)
    }

    fn order_clause(&mut self, select: &Select, prefix: &str, ties: &[usize]) -> String {
        let named = |column: usize| select.order.iter().any(|o| o.column == column && !o.path);
        let rest = ties.iter().filter(|t| !named(**t)).map(|t| Order::of(*t, false));
        let all: Vec<Order> = select.order.iter().copied().chain(rest).collect();
        let part = |order| self.order_parts(select.rows.model, order, prefix);
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
        self.begin_relation();
        let way = self.way(owner, relation);
        let (from, key_name) = (&way.from, &way.key);
        let mut list = self.select_list(select, way.prefix);
        let keys = self.include_keys(select, &mut list);
        let output = match relation.through {
            None if !way.is_numbered() => self.key_output(relation.to, &mut list),
            _ => list.push(key_name.clone(), way.output()),
        };
        let key = self.row_key(&mut list, true);
        let SelectList { names, outputs, .. } = list;
        let condition = way.condition(self, target, &select.rows.filter);
        let ties = self.ties(target);
        let many = relation.kind == RelationKind::Many;
        let order = match many {
            true => self.order_clause(select, way.order_prefix, &ties),
            false => String::new(),
        };
        let sql = match select.limit {
            false => format!("SELECT {} FROM {from}{condition}{order}", names.join(", ")),
            true => {
                // So many rows of each parent: number them within their parent, then keep the first.
                let columns: Vec<String> = names.iter().enumerate().map(|(i, n)| format!("{n} AS c{i}")).collect();
                let limit = self.param(Param { wire: Wire::Int, form: Form::Plain });
                let kept: Vec<String> = (0..names.len()).map(|i| format!("c{i}")).collect();
                format!(
                    "SELECT {} FROM (SELECT {}, row_number() OVER (PARTITION BY {key_name}{order}) AS n FROM \
                     {from}{condition}) r WHERE n <= {limit} ORDER BY n",
                    kept.join(", "),
                    columns.join(", ")
                )
            }
        };
        let params = self.own_params();
        let gives = if many { Gives::Many } else { Gives::One };
        let (relation, is_place) = (relation.name.clone(), way.is_numbered());
        let link = Link { parent, parent_output, output, is_place, relation, gives };
        self.nodes.push(Node { sql, params, outputs, link: Some(link), key });
        let here = self.nodes.len() - 1;
        self.includes(select, here, &keys);
    }

    /// How many rows of one relation each parent has, for all parents at once; of those without any there is no row.
    fn counted(&mut self, owner: usize, counted: &Counted, parent: usize, parent_output: usize) {
        let models = self.models;
        let relation = &models.models[owner].relations[counted.relation];
        self.begin_relation();
        let way = self.way(owner, relation);
        let condition = way.condition(self, relation.target, &counted.filter);
        let key = &way.key;
        let sql = format!("SELECT count(*), {key} FROM {}{condition} GROUP BY {key}", way.from);
        let number = Output::number("value", Wire::Int);
        let (relation, is_place) = (relation.name.clone(), way.is_numbered());
        let link = Link { parent, parent_output, output: 1, is_place, relation, gives: Gives::Count };
        let (params, outputs) = (self.own_params(), vec![number, way.output()]);
        self.nodes.push(Node { sql, params, outputs, link: Some(link), key: Vec::new() });
    }
}

/// Whether only the distinguished columns are wanted, in an order by them: then SELECT DISTINCT is
/// enough.
fn says_distinct(select: &Select, outputs: &[Output]) -> bool {
    let told = |column: &usize| select.distinct.contains(column);
    outputs.len() == select.columns.len()
        && select.columns.len() == select.distinct.len()
        && select.columns.iter().all(told)
        && select.order.iter().all(|o| told(&o.column))
}
