//! Writes claims as SQL: rows are picked, locked, changed and given back in the order in which they were picked.

use super::Compiler;
use crate::plan::{Check, Form, Gives, Link, Node, Output, Wire};
use crate::query::{Assignment, Lock, OtherLock, Select, Strength};

/// The lock of a claim: rows that others hold are left to them.
const FREE: Lock = Lock { strength: Strength::Update, other: OtherLock::Skip };

impl Compiler<'_> {
    pub(super) fn claim(&mut self, select: &Select, set: &[Assignment]) {
        match self.syntax.locks_rows() {
            true => self.claim_at_once(select, set),
            false => self.claim_in_turn(select, set),
        }
    }

    /// One statement. The rows are picked once, MATERIALIZED: a join would pick and lock them anew for each row of the table. UPDATE
    /// gives its rows in no order, so that they are numbered as they are picked.
    fn claim_at_once(&mut self, select: &Select, set: &[Assignment]) {
        let model = select.rows.model;
        let (table, shown, keys) = (self.table(model), self.shown(model), self.names(model, &self.ties(model)));
        let aliased: Vec<String> = keys.iter().enumerate().map(|(i, key)| format!("{key} AS plinth_k{i}")).collect();
        let picked = self.picked(select, &aliased.join(", ")) + &self.syntax.lock(&table, FREE);
        let assignments = self.assignments(model, set);
        let same = keys.iter().enumerate().map(|(i, key)| format!("{table}.{key} = p.plinth_k{i}"));
        let names: Vec<String> = self.names(model, &shown).iter().map(|name| format!("{table}.{name}, ")).collect();
        let kept: Vec<String> = (0..shown.len()).map(|i| format!("c{i}, ")).collect();
        let sql = format!(
            "WITH plinth_picked AS MATERIALIZED ({picked}), \
             plinth_numbered AS (SELECT *, row_number() OVER () AS plinth_n FROM plinth_picked), \
             plinth_changed ({}plinth_n) AS (UPDATE {table} SET {assignments} FROM plinth_numbered p WHERE {} \
             RETURNING {}p.plinth_n) SELECT {} FROM plinth_changed ORDER BY plinth_n",
            kept.concat(),
            same.collect::<Vec<_>>().join(" AND "),
            names.concat(),
            match shown.is_empty() {
                true => "1".into(),
                false => kept.concat().trim_end_matches(", ").to_owned(),
            }
        );
        let outputs: Vec<Output> = shown.iter().map(|column| self.output(model, *column, false)).collect();
        let key = self.key_of_rows(model, &outputs);
        self.statement(sql, outputs);
        self.keyed_by(key);
    }

    /// Two statements of a transaction that has the database to itself: the keys of the rows in their order, then the change, whose
    /// rows find their place by their keys.
    fn claim_in_turn(&mut self, select: &Select, set: &[Assignment]) {
        let model = select.rows.model;
        let (ties, shown) = (self.ties(model), self.shown(model));
        let keys = self.names(model, &ties).join(", ");
        let (key, hidden, listed) = match ties.as_slice() {
            [one] => (keys.clone(), self.output(model, *one, true), "value".to_owned()),
            several => {
                let parts: Vec<String> = (0..several.len()).map(|i| format!("value ->> {i}")).collect();
                let text = Output { form: Form::Plain, check: Check::Any, ..Output::number("key", Wire::Text) };
                (format!("json_array({keys})"), Output { hidden: true, ..text }, parts.join(", "))
            }
        };
        let picked = self.picked(select, &key);
        self.statement(picked, vec![hidden.clone()]);
        self.begin_relation();
        let assignments = self.assignments(model, set);
        let mut outputs: Vec<Output> = shown.iter().map(|column| self.output(model, *column, false)).collect();
        let names: Vec<String> = self.names(model, &shown).iter().map(|name| format!("{name}, ")).collect();
        let sql = format!(
            "UPDATE {} SET {assignments} WHERE ({keys}) IN (SELECT {listed} FROM json_each({})) RETURNING {}{key}",
            self.table(model),
            self.syntax.placeholder(1),
            names.concat()
        );
        let row_key = self.key_of_rows(model, &outputs);
        outputs.push(hidden);
        let output = outputs.len() - 1;
        let link =
            Link { parent: 0, parent_output: 0, output, is_place: false, relation: "row".into(), gives: Gives::One };
        self.nodes.push(Node { sql, params: self.own_params(), outputs, link: Some(link), key: row_key });
    }

    /// The select of the rows, of these columns.
    fn picked(&mut self, select: &Select, columns: &str) -> String {
        let from = format!("{}{}", self.table(select.rows.model), self.filter_clause(&select.rows, ""));
        let order = self.order_clause(select, "", &[]);
        format!("SELECT {columns} FROM {from}{order}{}", self.limit_clause(select.limit, select.offset))
    }
}
