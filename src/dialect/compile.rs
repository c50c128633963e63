//! Writes queries as SQL. What differs between databases is behind `Syntax`; everything else is the same text on all of them.

use super::probes::probes;
use crate::plan::{Action, Form, Link, Node, Output, Param, Plan, Wire};
use crate::query::{Filter, Include, Matching, Operator, Query, Select};
use crate::schema::{Kind, Models, RelationKind};

/// The few places where databases write the same query differently.
pub trait Syntax {
    /// The n-th placeholder, from 1.
    fn placeholder(&self, n: usize) -> String;
    /// `value` is one of the elements of the JSON array in the placeholder.
    fn in_list(&self, value: &str, placeholder: &str, kind: &Kind) -> String;
    /// `value` matches the pattern; case counts, a backslash escapes.
    fn like(&self, value: &str, pattern: &str) -> String;
    /// Not equal, where a null is a value like any other.
    fn distinct(&self, left: &str, right: &str) -> String;
    /// Equal as JSON: the order of keys does not count.
    fn json_equal(&self, left: &str, right: &str) -> String;
    /// One part of ORDER BY; a null comes before every value.
    fn order(&self, value: &str, desc: bool, nullable: bool) -> String;
    /// What RETURNING must ask for so that the key of a new row is known, where the database does not tell by itself.
    /// `given`: whether the insert names the key, so that the sequence of the table has to follow.
    fn generated_key(&self, table: &str, column: &str, given: bool) -> Option<String>;
    /// Whether an error names the foreign key that was violated.
    fn names_foreign_keys(&self) -> bool;
}

/// A name as SQL writes it.
pub fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Compiles a checked query.
pub fn compile(syntax: &dyn Syntax, models: &Models, query: &Query) -> Plan {
    let mut c = Compiler::new(syntax, models);
    let (mut values, mut keyed) = (None, false);
    let (action, model) = match query {
        Query::Select(select) => {
            c.select(select);
            (Action::Select, Some(select.rows.model))
        }
        Query::Count(rows) => (Action::Select, c.scalar(rows, "count(*)", "", Wire::Int)),
        Query::Exists(rows) => (Action::Select, c.scalar(rows, "1", " LIMIT 1", Wire::Int)),
        Query::Insert(insert) => {
            let key = c.generated_key(insert);
            let tail = key.map(|key| format!(" RETURNING {key}")).unwrap_or_default();
            keyed = !tail.is_empty();
            let sql = c.insert(insert) + &tail;
            c.statement(sql, 0, Vec::new());
            values = c.insert_in_parts(insert, tail);
            (Action::Insert, Some(insert.model))
        }
        Query::Upsert { insert, on, set } => {
            let mut sql = c.insert(insert);
            let names = |list: &[usize]| c.names(insert.model, list).join(", ");
            sql += &format!(" ON CONFLICT ({}) DO UPDATE SET ", names(on));
            sql += &match set.is_empty() {
                // A row is only returned when something is set.
                true => format!("{0} = excluded.{0}", names(&on[..1])),
                false => c.assignments(insert.model, set, 0),
            };
            // Behind the row's columns, where nobody reads it: only what it does counts.
            let key = c.generated_key(insert).filter(|_| c.gives_key(insert));
            c.returning(sql, insert.model, key);
            (Action::Upsert, Some(insert.model))
        }
        Query::Update { rows, set, returning } => {
            let assignments = c.assignments(rows.model, set, 0);
            let sql = format!("UPDATE {} SET {assignments}{}", c.table(rows.model), c.filter_clause(rows, 0, 0, ""));
            match returning {
                true => c.returning(sql, rows.model, None),
                false => c.statement(sql, 0, Vec::new()),
            }
            (Action::Update, Some(rows.model))
        }
        Query::Delete(rows) => {
            let sql = format!("DELETE FROM {}{}", c.table(rows.model), c.filter_clause(rows, 0, 0, ""));
            c.statement(sql, 0, Vec::new());
            (Action::Delete, Some(rows.model))
        }
        Query::Raw { pieces, params } => {
            let mut sql = pieces[0].clone();
            for (wire, piece) in params.iter().zip(&pieces[1..]) {
                let placeholder = c.param(Param { wire: *wire, form: Form::Plain }, 0, 0);
                sql += &placeholder;
                sql += piece;
            }
            c.statement(sql, 0, Vec::new());
            (Action::Raw, None)
        }
    };
    let Compiler { params, nodes, .. } = c;
    let probes = if syntax.names_foreign_keys() { Vec::new() } else { probes(syntax, models, query) };
    Plan { action, model, nodes, params, probes, values, keyed }
}

/// Builds the nodes of one plan.
pub(super) struct Compiler<'a> {
    pub(super) syntax: &'a dyn Syntax,
    pub(super) models: &'a Models,
    /// The plan's parameters so far.
    pub(super) params: Vec<Param>,
    nodes: Vec<Node>,
}

impl<'a> Compiler<'a> {
    pub(super) fn new(syntax: &'a dyn Syntax, models: &'a Models) -> Self {
        Compiler { syntax, models, params: Vec::new(), nodes: Vec::new() }
    }

    pub(super) fn table(&self, model: usize) -> String {
        quote(&self.models.table(model).name)
    }

    pub(super) fn names(&self, model: usize, columns: &[usize]) -> Vec<String> {
        columns.iter().map(|c| quote(&self.models.table(model).columns[*c].name)).collect()
    }

    /// Takes the next parameter; `start` is where this statement's parameters begin, `before` how many it binds ahead of them.
    fn param(&mut self, param: Param, start: usize, before: usize) -> String {
        self.params.push(param);
        self.syntax.placeholder(self.params.len() - start + before)
    }

    pub(super) fn column_param(&mut self, model: usize, column: usize, start: usize, before: usize) -> String {
        let kind = &self.models.table(model).columns[column].kind;
        self.param(Param { wire: kind.wire(), form: kind.form() }, start, before)
    }

    fn assignments(&mut self, model: usize, set: &[usize], start: usize) -> String {
        let names = self.names(model, set);
        let parts = set.iter().zip(names).map(|(c, n)| format!("{n} = {}", self.column_param(model, *c, start, 0)));
        parts.collect::<Vec<_>>().join(", ")
    }

    /// Ends a statement that gives back the row it wrote, private columns left out, and what else it must return.
    fn returning(&mut self, sql: String, model: usize, also: Option<String>) {
        let shown: Vec<usize> =
            (0..self.models.table(model).columns.len()).filter(|c| !self.models.column(model, *c).1.private).collect();
        let names = self.names(model, &shown).into_iter().chain(also).collect::<Vec<_>>();
        let sql = format!("{sql} RETURNING {}", names.join(", "));
        let outputs = shown.iter().map(|c| self.output(model, *c, false)).collect();
        self.statement(sql, 0, outputs);
    }

    fn statement(&mut self, sql: String, start: usize, outputs: Vec<Output>) {
        self.nodes.push(Node { sql, params: start..self.params.len(), outputs, link: None });
    }

    fn scalar(&mut self, rows: &Matching, value: &str, tail: &str, wire: Wire) -> Option<usize> {
        let filter = self.filter_clause(rows, 0, 0, "");
        let sql = format!("SELECT {value} FROM {}{filter}{tail}", self.table(rows.model));
        let output = Output { name: "value".into(), wire, form: Form::Plain, origin: None, hidden: false };
        self.statement(sql, 0, vec![output]);
        Some(rows.model)
    }

    fn output(&self, model: usize, column: usize, hidden: bool) -> Output {
        let (stored, property) = self.models.column(model, column);
        Output {
            name: property.name.clone(),
            wire: stored.kind.wire(),
            form: stored.kind.form(),
            origin: Some((self.models.table(model).name.clone(), property.name.clone())),
            hidden,
        }
    }

    fn filter_clause(&mut self, rows: &Matching, start: usize, before: usize, prefix: &str) -> String {
        match &rows.filter {
            Filter::And(all) if all.is_empty() => String::new(),
            filter => format!(" WHERE {}", self.filter(rows.model, filter, start, before, prefix)),
        }
    }

    /// A condition; `prefix` names the table where more than one is in scope.
    pub(super) fn filter(
        &mut self,
        model: usize,
        filter: &Filter,
        start: usize,
        before: usize,
        prefix: &str,
    ) -> String {
        let mut several = |list: &[Filter], word: &str, none: &str| match list.is_empty() {
            true => none.to_owned(),
            false => {
                let parts: Vec<String> = list.iter().map(|f| self.filter(model, f, start, before, prefix)).collect();
                format!("({})", balanced(&parts, word))
            }
        };
        match filter {
            Filter::And(all) => several(all, " AND ", "1 = 1"),
            Filter::Or(any) => several(any, " OR ", "1 = 0"),
            // SQL's third truth value ends here: what is not true is false.
            Filter::Not(inner) => format!("({}) IS NOT TRUE", self.filter(model, inner, start, before, prefix)),
            Filter::Compare(column, operator) => self.compare(model, *column, *operator, start, before, prefix),
        }
    }

    fn compare(
        &mut self,
        model: usize,
        column: usize,
        op: Operator,
        start: usize,
        before: usize,
        prefix: &str,
    ) -> String {
        let stored = &self.models.table(model).columns[column];
        let (kind, nullable) = (stored.kind.clone(), stored.nullable);
        let name = format!("{prefix}{}", quote(&stored.name));
        let syntax = self.syntax;
        let mut next = || self.column_param(model, column, start, before);
        let json = matches!(kind, Kind::Json);
        match op {
            Operator::IsNull => format!("{name} IS NULL"),
            Operator::NotNull => format!("{name} IS NOT NULL"),
            Operator::Eq if json => syntax.json_equal(&name, &next()),
            Operator::Ne if json => format!("({}) IS NOT TRUE", syntax.json_equal(&name, &next())),
            Operator::Eq => format!("{name} = {}", next()),
            Operator::Ne if nullable => syntax.distinct(&name, &next()),
            Operator::Ne => format!("{name} <> {}", next()),
            Operator::Lt => format!("{name} < {}", next()),
            Operator::Lte => format!("{name} <= {}", next()),
            Operator::Gt => format!("{name} > {}", next()),
            Operator::Gte => format!("{name} >= {}", next()),
            Operator::Like => syntax.like(&name, &next()),
            Operator::Prefix => format!("({name} >= {} AND {name} < {})", next(), next()),
            Operator::In | Operator::NotIn => {
                let form = match kind.form() {
                    Form::Decimal(scale) => Form::DecimalList(scale),
                    _ => Form::List,
                };
                let list = self.param(Param { wire: Wire::Text, form }, start, before);
                let inside = syntax.in_list(&name, &list, &kind);
                match op {
                    Operator::In => inside,
                    _ => format!("({inside}) IS NOT TRUE"),
                }
            }
        }
    }

    fn select(&mut self, select: &Select) {
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
        let given = select.order.iter().map(|(c, desc)| (*c, *desc));
        let rest = ties.iter().filter(|t| !select.order.iter().any(|(c, _)| c == *t)).map(|t| (*t, false));
        let part = |(column, desc): (usize, bool)| {
            let stored = &table.columns[column];
            self.syntax.order(&format!("{prefix}{}", quote(&stored.name)), desc, stored.nullable)
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

/// Conditions joined by a word. Long lists are nested in halves: databases bound how deep an expression is, and read
/// `a OR b OR c` as one level more for each.
fn balanced(parts: &[String], word: &str) -> String {
    if parts.len() <= 64 {
        return parts.join(word);
    }
    let (left, right) = parts.split_at(parts.len() / 2);
    format!("({}){word}({})", balanced(left, word), balanced(right, word))
}
