//! Writes comparisons of moments, of which JavaScript has milliseconds and a database may hold more.

use super::{quote, Compiler};
use crate::plan::{Form, Param, Wire};
use crate::query::Operator;
use crate::schema::{Column, Kind};

impl Compiler<'_> {
    /// A comparison by the millisecond: a range, so that an index serves, whatever a column holds beyond that.
    pub(super) fn compare_moment(&mut self, name: &str, nullable: bool, op: Operator) -> String {
        let syntax = self.syntax;
        let mut next = |form: Form| {
            let wire = if form == Form::List { Wire::Text } else { Wire::Time };
            self.param(Param { wire, form })
        };
        match op {
            Operator::IsNull => format!("{name} IS NULL"),
            Operator::NotNull => format!("{name} IS NOT NULL"),
            Operator::Eq | Operator::Key | Operator::Prefix | Operator::Like => {
                syntax.same_moment(name, &next(Form::Plain))
            }
            Operator::Ne if !syntax.holds_more_than_milliseconds() => match nullable {
                true => syntax.distinct(name, &next(Form::Plain)),
                false => format!("{name} <> {}", next(Form::Plain)),
            },
            Operator::Ne => format!("({}) IS NOT TRUE", syntax.same_moment(name, &next(Form::Plain))),
            Operator::Lt => format!("{name} < {}", next(Form::Plain)),
            Operator::Lte => format!("{name} <= {}", next(Form::Last)),
            Operator::Gt => format!("{name} > {}", next(Form::Last)),
            Operator::Gte => format!("{name} >= {}", next(Form::Plain)),
            Operator::In => syntax.moment_in(name, &next(Form::List)),
            Operator::NotIn => format!("({}) IS NOT TRUE", syntax.moment_in(name, &next(Form::List))),
        }
    }

    /// The part of a key that is a moment. The database refuses the statement if more than one row has the key to the
    /// millisecond: a subquery that is compared gives one row.
    pub(super) fn only_moment(&mut self, model: usize, column: usize) -> String {
        let table = self.models.table(model);
        let name = quote(&table.columns[column].name);
        let value = self.param(Param { wire: Wire::Time, form: Form::Plain });
        let alias = self.alias();
        let (same, alike) =
            (self.syntax.same_moment(&name, &value), self.alike(model, &table.primary_key, &alias, column));
        let other = self.syntax.same_moment(&format!("{alias}.{name}"), &value);
        let table = self.table(model);
        format!("({same} AND {name} = (SELECT {alias}.{name} FROM {table} {alias} WHERE {other}{alike}))")
    }

    /// The RETURNING expression with which the database refuses an upsert if its row is beside
    /// another that has the same key to the millisecond; `None` if the key has no moment, or the
    /// database holds moments no more precisely.
    pub(super) fn no_other_moment(&mut self, model: usize, key: &[usize]) -> Option<String> {
        let table = self.models.table(model);
        if !self.syntax.holds_more_than_milliseconds() {
            return None;
        }
        let moment = *key.iter().find(|column| table.columns[**column].kind == Kind::Timestamp)?;
        let names: Vec<String> = key.iter().map(|column| table.columns[*column].name.clone()).collect();
        let (alias, name, written) = (self.alias(), quote(&table.columns[moment].name), self.table(model));
        let alike = self.alike(model, &names, &alias, moment);
        let ours = self.syntax.millisecond(&format!("{written}.{name}"));
        let same = self.syntax.same_moment(&format!("{alias}.{name}"), &ours);
        // Two rows for each other row: more than a value has.
        Some(format!(
            "(SELECT {alias}.{name} FROM {written} {alias}, generate_series(1, 2) \
             WHERE {same} AND {alias}.{name} <> {written}.{name}{alike})"
        ))
    }

    /// Of the other columns of a key, that those of an alias are as the row's own.
    fn alike(&self, model: usize, key: &[String], alias: &str, but: usize) -> String {
        let (table, own) = (self.models.table(model), self.table(model));
        let others = table.columns.iter().enumerate().filter(|(at, column)| *at != but && key.contains(&column.name));
        let equal = |(_, column): (usize, &Column)| {
            let name = quote(&column.name);
            let [left, right] = [alias, own.as_str()].map(|table| self.apart(&column.kind, &format!("{table}.{name}")));
            format!(" AND {left} = {right}")
        };
        others.map(equal).collect()
    }
}
