//! Writes queries as SQL. Differences between databases are behind `Syntax`; everything else is the
//! same text on all of them.

mod aggregate;
mod assign;
mod claim;
mod filter;
mod moment;
mod page;
mod path;
mod select;
mod way;

use super::probes::probes;
use crate::plan::{Action, Check, Form, Node, Origin, Output, Param, Plan, Wire};
use crate::query::{Lock, Matching, Nulls, Order, Query, Reading};
use crate::schema::{Kind, Models};
use std::ops::Range;

/// The few places where databases write the same query differently.
pub trait Syntax {
    /// The n-th placeholder, from 1.
    fn placeholder(&self, n: usize) -> String;
    /// `value` is one of the elements of the JSON array in the placeholder.
    fn in_list(&self, value: &str, placeholder: &str, kind: &Kind) -> String;
    /// `value` matches the pattern; case counts, whatever the collation of a column, and a backslash escapes.
    fn like(&self, value: &str, pattern: &str) -> String;
    /// Text compared by code points, whatever its collation: an index in that order serves it.
    fn by_code_point(&self, value: &str) -> String;
    /// `value`, a moment, is within the millisecond of the placeholder.
    fn same_moment(&self, value: &str, placeholder: &str) -> String;
    /// `value`, a moment, is within the millisecond of one of the list in the placeholder.
    fn moment_in(&self, value: &str, placeholder: &str) -> String;
    /// A moment cut off to its millisecond; the value itself if the database holds no more.
    fn millisecond(&self, value: &str) -> String;
    /// Whether a column of moments may hold more than milliseconds.
    fn holds_more_than_milliseconds(&self) -> bool;
    /// Where the rows of a relation come from if its key may be equal in the database without being alike: see `Sources`.
    fn numbered(&self, sources: &Sources<'_>) -> Numbered;
    /// Whether keys of this kind are equal only if they are alike.
    fn is_alike(&self, kind: &Kind) -> bool;
    /// Not equal, where a null is a value like any other.
    fn distinct(&self, left: &str, right: &str) -> String;
    /// Equal as JSON: the order of keys does not count.
    fn json_equal(&self, left: &str, right: &str) -> String;
    /// The value in JSON at the path in the placeholder, read in this way; NULL if the path leads
    /// to nothing.
    fn json_at(&self, value: &str, path: &str, reading: Reading) -> String;
    /// The JSON of a number in the placeholder as `json_at` reads numbers.
    fn json_number(&self, placeholder: &str) -> String;
    /// JSON is equal to one of the elements of the JSON array in the placeholder.
    fn json_in(&self, value: &str, placeholder: &str) -> String;
    /// One part of ORDER BY. `nulls`: where a null goes; of no meaning where the value is never one.
    fn order(&self, value: &str, desc: bool, nullable: bool, nulls: Nulls) -> String;
    /// The sum of a column's values in a group, as a number to compare and to order by.
    fn sum(&self, value: &str, kind: &Kind) -> String;
    /// The same as it is returned: text with every digit, except for reals.
    fn exact_sum(&self, value: &str, kind: &Kind) -> String;
    /// The sum as a double, divided by how many values there are.
    fn average(&self, value: &str, kind: &Kind) -> String;
    /// The sum of a column's number and of another; NULL if either is. Fails with `OUT_OF_RANGE` if the kind cannot hold it.
    fn add(&self, value: &str, amount: &str, kind: &Kind) -> String;
    /// The elements of a column's JSON array and those of another; NULL counts as an empty one. Fails with `VALUE_INVALID` if
    /// the column has JSON of another type.
    fn append(&self, value: &str, elements: &str) -> String;
    /// The members of a column's JSON object with those of another in their place; NULL counts as an empty one. Fails with
    /// `VALUE_INVALID` if the column has JSON of another type.
    fn merge(&self, value: &str, members: &str) -> String;
    /// The RETURNING list with which the key of a new row is known, if the database does not report
    /// it by itself. `given`: whether the insert names the key, so that the sequence of the table
    /// has to follow.
    fn generated_key(&self, table: &str, column: &str, given: bool) -> Option<String>;
    /// The end of a select that locks its rows, those of this table; empty if a transaction that may write has the whole
    /// database to itself.
    fn lock(&self, table: &str, lock: Lock) -> String;
    /// Whether rows are locked one by one.
    fn locks_rows(&self) -> bool;
    /// Whether an error names the foreign key that was violated.
    fn names_foreign_keys(&self) -> bool;
}

/// The source of the rows of a relation, all names quoted: those of `rows` belong to the parents
/// whose keys are equal to their `key`, as the database compares the two columns.
pub struct Sources<'a> {
    /// The table that has the key of the relation.
    pub rows: &'a str,
    /// The alias of its rows.
    pub alias: &'a str,
    /// The key.
    pub key: &'a str,
    /// The table of the parents.
    pub parents: &'a str,
    /// Their column whose values are the list of keys.
    pub parents_key: &'a str,
    /// The table of the column that the foreign key refers to: the parents' or the rows'.
    pub referenced: &'a str,
    /// That column.
    pub referenced_key: &'a str,
}

/// Rows of a relation, joined to the list of their parents' keys, which is the first placeholder.
pub struct Numbered {
    /// The text behind FROM.
    pub from: String,
    /// The place of the parent's key in the list, from 0.
    pub place: String,
    /// How a table that the rows lead to is joined after them.
    pub join: &'static str,
    /// The prefix of the columns of the order.
    pub order_prefix: &'static str,
}

/// A name as SQL writes it.
pub fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A column as errors name it.
fn origin_of(models: &Models, model: usize, column: usize) -> Origin {
    Origin {
        model: models.models[model].name.clone(),
        table: models.table(model).name.clone(),
        column: models.column(model, column).1.name.clone(),
    }
}

/// Compiles a checked query.
pub fn compile(syntax: &dyn Syntax, models: &Models, query: &Query) -> Plan {
    let mut c = Compiler::new(syntax, models);
    let (mut values, mut keyed, mut generated) = (None, false, None);
    let (action, model) = match query {
        Query::Select(select) => {
            (c.skips, c.checks) = (select.skips, select.skips || select.checks);
            c.select(select);
            (Action::Select, Some(select.rows.model))
        }
        Query::Count(rows) => (Action::Select, c.scalar(rows, "count(*)", "", Wire::Int)),
        Query::Combinations(rows, columns) => (Action::Select, c.combinations(rows, columns)),
        Query::Exists(rows) => (Action::Select, c.scalar(rows, "1", " LIMIT 1", Wire::Int)),
        Query::Aggregate(aggregate) => {
            c.aggregate(aggregate);
            (Action::Select, Some(aggregate.rows.model))
        }
        Query::Insert(insert) => {
            let key = c.generated_key(insert);
            let tail = key.map(|key| format!(" RETURNING {key}")).unwrap_or_default();
            keyed = !tail.is_empty();
            let sql = c.insert(insert) + &tail;
            c.statement(sql, Vec::new());
            values = c.insert_in_parts(insert, tail);
            generated = c.generated(insert);
            (Action::Insert, Some(insert.model))
        }
        Query::InsertNew { insert, on } => {
            let key = c.generated_key(insert);
            keyed = key.is_some();
            let returning = key.map(|key| format!(" RETURNING {key}")).unwrap_or_default();
            let sql = format!("{}{}{returning}", c.insert(insert), c.unless_duplicate(insert, on));
            c.statement(sql, Vec::new());
            generated = c.generated(insert);
            (Action::Insert, Some(insert.model))
        }
        Query::Upsert { insert, on, set, version, returning } => {
            let mut sql = c.insert(insert);
            let names = |list: &[usize]| c.names(insert.model, list).join(", ");
            sql += &format!(" ON CONFLICT ({}) DO UPDATE SET ", names(on));
            sql += &match set.is_empty() {
                // A row is only returned when something is set.
                true => format!("{0} = excluded.{0}", names(&on[..1])),
                false => c.assignments(insert.model, set),
            };
            if let Some(version) = version {
                let own = c.own(insert.model, *version);
                sql += &format!(" WHERE {own} = {}", c.column_param(insert.model, *version));
            }
            // Behind the row's columns, where its value is not read: only its effect counts.
            let key = c.generated_key(insert).filter(|_| c.gives_key(insert));
            let also = key.into_iter().chain(c.no_other_moment(insert.model, on)).collect::<Vec<_>>();
            match returning {
                true => c.returning(sql, insert.model, also),
                false if also.is_empty() => c.statement(sql, Vec::new()),
                false => c.statement(format!("{sql} RETURNING {}", also.join(", ")), Vec::new()),
            }
            (Action::Upsert, Some(insert.model))
        }
        Query::Update { rows, set, returning } => {
            let assignments = c.assignments(rows.model, set);
            let sql = format!("UPDATE {} SET {assignments}{}", c.table(rows.model), c.filter_clause(rows, ""));
            match returning {
                true => c.returning(sql, rows.model, Vec::new()),
                false => c.statement(sql, Vec::new()),
            }
            (Action::Update, Some(rows.model))
        }
        Query::Claim { select, set } => {
            c.claim(select, set);
            (Action::Update, Some(select.rows.model))
        }
        Query::Delete { rows, returning } => {
            let sql = format!("DELETE FROM {}{}", c.table(rows.model), c.filter_clause(rows, ""));
            match returning {
                true => c.returning(sql, rows.model, Vec::new()),
                false => c.statement(sql, Vec::new()),
            }
            (Action::Delete, Some(rows.model))
        }
        Query::Raw { pieces, params } => {
            let mut sql = pieces[0].clone();
            for (wire, piece) in params.iter().zip(&pieces[1..]) {
                let placeholder = c.param(Param { wire: *wire, form: Form::Plain });
                sql += &placeholder;
                sql += piece;
            }
            c.statement(sql, Vec::new());
            (Action::Raw, None)
        }
    };
    let Compiler { params, nodes, private, skips, .. } = c;
    let locks = matches!(query, Query::Select(select) if select.lock.is_some());
    let skips_duplicates = matches!(query, Query::InsertNew { .. });
    let probes = if syntax.names_foreign_keys() { Vec::new() } else { probes(syntax, models, query, params.len()) };
    Plan { action, model, nodes, params, private, probes, values, keyed, generated, skips, locks, skips_duplicates }
}

/// Builds the nodes of one plan.
pub(in crate::dialect) struct Compiler<'a> {
    pub(in crate::dialect) syntax: &'a dyn Syntax,
    pub(in crate::dialect) models: &'a Models,
    /// The plan's parameters so far.
    pub(in crate::dialect) params: Vec<Param>,
    /// Which of them are values of private columns.
    private: Vec<usize>,
    nodes: Vec<Node>,
    /// Where the parameters of the statement that is being written begin.
    start: usize,
    /// How many parameters that statement binds before them: the keys of the parents, if it reads a relation.
    bound_before: usize,
    /// How many tables of subqueries have a name of their own.
    aliases: usize,
    /// Whether rows that cannot be read are left out.
    skips: bool,
    /// Whether JSON is checked as it is read.
    checks: bool,
}

impl<'a> Compiler<'a> {
    pub(in crate::dialect) fn new(syntax: &'a dyn Syntax, models: &'a Models) -> Self {
        Compiler {
            syntax,
            models,
            params: Vec::new(),
            private: Vec::new(),
            nodes: Vec::new(),
            start: 0,
            bound_before: 0,
            aliases: 0,
            skips: false,
            checks: false,
        }
    }

    pub(in crate::dialect) fn table(&self, model: usize) -> String {
        quote(&self.models.table(model).name)
    }

    pub(in crate::dialect) fn names(&self, model: usize, columns: &[usize]) -> Vec<String> {
        columns.iter().map(|c| quote(&self.models.table(model).columns[*c].name)).collect()
    }

    /// The expressions that distinguish rows by these columns: their values as JavaScript has them.
    pub(in crate::dialect) fn told_apart(&self, model: usize, columns: &[usize]) -> Vec<String> {
        let table = self.models.table(model);
        let one = |column: &usize| {
            let column = &table.columns[*column];
            self.apart(&column.kind, &quote(&column.name))
        };
        columns.iter().map(one).collect()
    }

    /// The same for one value of a kind.
    pub(in crate::dialect) fn apart(&self, kind: &Kind, value: &str) -> String {
        match kind {
            Kind::Timestamp => self.syntax.millisecond(value),
            _ => value.to_owned(),
        }
    }

    /// One part of ORDER BY, by what tells rows apart.
    pub(in crate::dialect) fn order_apart(&self, model: usize, order: Order) -> String {
        let stored = &self.models.table(model).columns[order.column];
        let value = self.apart(&stored.kind, &quote(&stored.name));
        self.syntax.order(&value, order.desc, stored.nullable, order.nulls)
    }

    /// Begins the statement of a relation: it binds the keys of the parents first.
    fn begin_relation(&mut self) {
        (self.start, self.bound_before) = (self.params.len(), 1);
    }

    /// Takes the next parameter of the statement that is being written.
    fn param(&mut self, param: Param) -> String {
        self.params.push(param);
        self.syntax.placeholder(self.params.len() - self.start + self.bound_before)
    }

    pub(in crate::dialect) fn column_param(&mut self, model: usize, column: usize) -> String {
        let kind = &self.models.table(model).columns[column].kind;
        let from = self.params.len();
        let placeholder = self.param(Param { wire: kind.wire(), form: kind.form() });
        self.hide(model, column, from);
        placeholder
    }

    /// The parameters since `from` are values for this column: they are hidden from logs and errors
    /// if it is private.
    pub(in crate::dialect) fn hide(&mut self, model: usize, column: usize, from: usize) {
        if self.models.column(model, column).1.private {
            self.private.extend(from..self.params.len());
        }
    }

    /// The columns that are not private.
    fn shown(&self, model: usize) -> Vec<usize> {
        let columns = 0..self.models.table(model).columns.len();
        columns.filter(|column| !self.models.column(model, *column).1.private).collect()
    }

    /// Ends a statement that gives back the row it wrote, private columns left out, and what else it must return.
    fn returning(&mut self, sql: String, model: usize, also: Vec<String>) {
        let shown = self.shown(model);
        let names = self.names(model, &shown).into_iter().chain(also).collect::<Vec<_>>();
        let sql = format!("{sql} RETURNING {}", names.join(", "));
        let outputs: Vec<Output> = shown.iter().map(|c| self.output(model, *c, false)).collect();
        let key = self.key_of_rows(model, &outputs);
        self.statement(sql, outputs);
        self.keyed_by(key);
    }

    fn statement(&mut self, sql: String, outputs: Vec<Output>) {
        self.nodes.push(Node { sql, params: self.own_params(), outputs, link: None, key: Vec::new() });
    }

    /// The parameters so far of the statement that is being written.
    fn own_params(&self) -> Range<usize> {
        self.start..self.params.len()
    }

    /// The rows of the last statement have their primary key in these outputs.
    fn keyed_by(&mut self, key: Vec<usize>) {
        if let Some(node) = self.nodes.last_mut() {
            node.key = key;
        }
    }

    /// Which outputs hold the primary key of a row; see `Node::key`.
    fn key_of_rows(&self, model: usize, outputs: &[Output]) -> Vec<usize> {
        let place = |column: &usize| {
            let (origin, private) = (self.origin(model, *column), self.models.column(model, *column).1.private);
            outputs.iter().position(|o| !private && o.origin.as_ref() == Some(&origin))
        };
        self.ties(model).iter().map(place).collect::<Option<_>>().unwrap_or_default()
    }

    pub(in crate::dialect) fn origin(&self, model: usize, column: usize) -> Origin {
        origin_of(self.models, model, column)
    }

    fn scalar(&mut self, rows: &Matching, value: &str, tail: &str, wire: Wire) -> Option<usize> {
        let filter = self.filter_clause(rows, "");
        let sql = format!("SELECT {value} FROM {}{filter}{tail}", self.table(rows.model));
        let output = Output::number("value", wire);
        self.statement(sql, vec![output]);
        Some(rows.model)
    }

    fn combinations(&mut self, rows: &Matching, columns: &[usize]) -> Option<usize> {
        let (names, filter) = (self.told_apart(rows.model, columns).join(", "), self.filter_clause(rows, ""));
        let all = format!("SELECT DISTINCT {names} FROM {}{filter}", self.table(rows.model));
        let output = Output::number("value", Wire::Int);
        self.statement(format!("SELECT count(*) FROM ({all}) r"), vec![output]);
        Some(rows.model)
    }

    fn output(&self, model: usize, column: usize, hidden: bool) -> Output {
        let (stored, property) = self.models.column(model, column);
        Output {
            name: property.name.clone(),
            wire: stored.kind.wire(),
            form: stored.kind.form(),
            check: match stored.kind {
                // JavaScript parses it, and finds out by itself; here it is about which rows are given.
                Kind::Json if self.checks => Check::Json,
                _ => Check::of(&stored.kind),
            },
            origin: Some(self.origin(model, column)),
            hidden,
        }
    }
}
