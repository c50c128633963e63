//! Writes aggregates as SQL.

use super::filter::balanced;
use super::{quote, Compiler};
use crate::plan::{Check, Form, Output, Wire};
use crate::query::{Aggregate, Function, GroupOrder, Having, Measure, Order};
use crate::schema::Kind;

impl Compiler<'_> {
    pub(super) fn aggregate(&mut self, aggregate: &Aggregate) {
        let model = aggregate.rows.model;
        let groups = self.told_apart(model, &aggregate.groups);
        let columns = aggregate.groups.iter().map(|column| self.output(model, *column, false));
        let measures = aggregate.measures.iter().map(|measure| self.measure_output(model, *measure));
        let mut outputs: Vec<Output> = columns.chain(measures).collect();
        for (at, output) in outputs.iter_mut().enumerate() {
            // By place: a column may be called like a measure.
            output.name = at.to_string();
        }
        let values = aggregate.measures.iter().map(|measure| self.measure(model, *measure, true));
        let values: Vec<String> = groups.iter().cloned().chain(values).collect();
        let filter = self.filter_clause(&aggregate.rows, "");
        let mut sql = format!("SELECT {} FROM {}{filter}", values.join(", "), self.table(model));
        if !groups.is_empty() {
            sql += &format!(" GROUP BY {}", groups.join(", "));
        }
        if aggregate.having != Having::And(Vec::new()) {
            sql += &format!(" HAVING {}", self.having(model, &aggregate.having));
        }
        sql += &self.group_order(aggregate);
        sql += &self.limit_clause(aggregate.limit, aggregate.offset);
        self.statement(sql, outputs);
    }

    /// The SQL of a measure. `given`: as it is given back, which may be of more digits than a number to compare has.
    fn measure(&self, model: usize, measure: Measure, given: bool) -> String {
        let Some(column) = measure.column else { return "count(*)".into() };
        let column = &self.models.table(model).columns[column];
        let name = quote(&column.name);
        match measure.function {
            Function::Count => format!("count({name})"),
            Function::CountDistinct => format!("count(DISTINCT {})", self.apart(&column.kind, &name)),
            Function::Sum if given => self.syntax.exact_sum(&name, &column.kind),
            Function::Sum => self.syntax.sum(&name, &column.kind),
            Function::Avg => self.syntax.average(&name, &column.kind),
            Function::Min => format!("min({name})"),
            Function::Max => format!("max({name})"),
        }
    }

    fn measure_output(&self, model: usize, measure: Measure) -> Output {
        let kind = self.measure_kind(model, measure);
        let (wire, form) = match measure.function {
            // A sum crosses as text with every digit, whatever JavaScript makes of it.
            Function::Sum if kind != Kind::Real => (Wire::Text, Form::Plain),
            _ => (kind.wire(), kind.form()),
        };
        let check = match measure.function {
            Function::Min | Function::Max => Check::of(&kind),
            _ => Check::Any,
        };
        let origin = measure.column.and_then(|column| self.output(model, column, false).origin);
        Output { name: String::new(), wire, form, check, origin, hidden: false }
    }

    /// The kind of a measure's values; the query was checked, so there is one.
    fn measure_kind(&self, model: usize, measure: Measure) -> Kind {
        let column = measure.column.map(|column| &self.models.table(model).columns[column].kind);
        measure.kind(column).unwrap_or(Kind::Integer)
    }

    fn having(&mut self, model: usize, having: &Having) -> String {
        let mut several = |list: &[Having], word: &str, none: &str| match list.is_empty() {
            true => none.to_owned(),
            false => {
                let parts: Vec<String> = list.iter().map(|part| self.having(model, part)).collect();
                format!("({})", balanced(&parts, word))
            }
        };
        match having {
            Having::And(all) => several(all, " AND ", "1 = 1"),
            Having::Or(any) => several(any, " OR ", "1 = 0"),
            Having::Not(inner) => format!("({}) IS NOT TRUE", self.having(model, inner)),
            Having::Compare(measure, operator) => {
                let kind = self.measure_kind(model, *measure);
                let value = self.measure(model, *measure, false);
                let from = self.params.len();
                let condition = self.compare_value(&value, &kind, measure.nullable(), *operator);
                if let Some(column) = measure.column {
                    self.hide(model, column, from);
                }
                condition
            }
        }
    }

    /// Groups have a total order, the same on every database: groups that are equal in the
    /// requested order follow their columns.
    fn group_order(&self, aggregate: &Aggregate) -> String {
        let model = aggregate.rows.model;
        let said = |column: &usize| {
            aggregate.order.iter().any(|part| matches!(part, GroupOrder::Column(order) if order.column == *column))
        };
        let column = |order: Order| self.order_apart(model, order);
        let given = aggregate.order.iter().map(|part| match part {
            GroupOrder::Column(order) => column(*order),
            GroupOrder::Measure(measure, order) => {
                let value = self.measure(model, *measure, false);
                self.syntax.order(&value, order.desc, measure.nullable(), order.nulls)
            }
        });
        let rest = aggregate.groups.iter().filter(|group| !said(group)).map(|group| column(Order::of(*group, false)));
        let parts: Vec<String> = given.chain(rest).collect();
        match parts.is_empty() {
            true => String::new(),
            false => format!(" ORDER BY {}", parts.join(", ")),
        }
    }
}
