//! Writes conditions on a place in JSON: comparisons of its value, and an order by it.

use super::{quote, Compiler};
use crate::plan::{Form, Param, Wire};
use crate::query::{Operator, Order, Reading};

const JSON: Param = Param { wire: Wire::Json, form: Form::Plain };
const TEXT: Param = Param { wire: Wire::Text, form: Form::Plain };

impl Compiler<'_> {
    /// A comparison of a place in the JSON of a column; `name` is the column's SQL.
    pub(super) fn at_path(&mut self, name: &str, reading: Reading, op: Operator) -> String {
        let syntax = self.syntax;
        let path = self.param(TEXT);
        let value = syntax.json_at(name, &path, reading);
        let mut next = || match reading {
            Reading::Text => self.param(TEXT),
            Reading::Number => syntax.json_number(&self.param(JSON)),
            Reading::Json | Reading::Rank => self.param(JSON),
        };
        match op {
            Operator::IsNull => format!("{value} IS NULL"),
            Operator::NotNull => format!("{value} IS NOT NULL"),
            Operator::Eq | Operator::Key => syntax.json_equal(&value, &next()),
            Operator::Ne => format!("({}) IS NOT TRUE", syntax.json_equal(&value, &next())),
            Operator::In => syntax.json_in(&value, &next()),
            Operator::NotIn => format!("({}) IS NOT TRUE", syntax.json_in(&value, &next())),
            Operator::Lt => format!("{value} < {}", next()),
            Operator::Lte => format!("{value} <= {}", next()),
            Operator::Gt => format!("{value} > {}", next()),
            Operator::Gte => format!("{value} >= {}", next()),
            Operator::Like => syntax.like(&value, &next()),
            Operator::Prefix => format!("({value} >= {} AND {value} < {})", next(), next()),
        }
    }

    /// The parts of ORDER BY for a place in the JSON of a column: by the type of the value, then
    /// numbers and text by themselves. If they are read there is nothing else of the same type, so
    /// that no null of theirs is beside a value.
    pub(super) fn order_by_path(&mut self, name: &str, order: Order) -> Vec<String> {
        let path = self.param(TEXT);
        let syntax = self.syntax;
        let part = |reading| syntax.order(&syntax.json_at(name, &path, reading), order.desc, true, order.nulls);
        [Reading::Rank, Reading::Number, Reading::Text].map(part).into()
    }

    /// The parts of ORDER BY for one part of an order; `prefix` names the table where more than one is in scope.
    pub(super) fn order_parts(&mut self, model: usize, order: Order, prefix: &str) -> Vec<String> {
        let stored = &self.models.table(model).columns[order.column];
        let name = format!("{prefix}{}", quote(&stored.name));
        if !order.path {
            return vec![self.syntax.order(&name, order.desc, stored.nullable, order.nulls)];
        }
        let from = self.params.len();
        let parts = self.order_by_path(&name, order);
        self.hide(model, order.column, from);
        parts
    }
}
