//! Writes where a page begins as SQL: behind a row, in an order that no two rows share.

use super::{quote, Compiler};
use crate::plan::{Form, Param, Wire};
use crate::query::{Behind, Known, Nulls};

/// One part of an order, and the value that the row before has there.
struct Part {
    name: String,
    /// The placeholder; none for NULL.
    value: Option<String>,
    desc: bool,
    /// Whether a NULL may come behind a value.
    nulls_behind: bool,
    nullable: bool,
}

impl Part {
    fn word(&self) -> &'static str {
        if self.desc {
            "<"
        } else {
            ">"
        }
    }

    /// The condition for a row to come behind in this part alone; `None` if no row can.
    fn behind(&self) -> Option<String> {
        let name = &self.name;
        match &self.value {
            Some(value) if self.nulls_behind => Some(format!("({name} {} {value} OR {name} IS NULL)", self.word())),
            Some(value) => Some(format!("{name} {} {value}", self.word())),
            None if self.nulls_behind => None,
            None => Some(format!("{name} IS NOT NULL")),
        }
    }

    fn equal(&self) -> String {
        match &self.value {
            Some(value) => format!("{} = {value}", self.name),
            None => format!("{} IS NULL", self.name),
        }
    }

    /// A condition that surely holds for all rows that follow: a range, which an index serves.
    fn range(&self) -> Option<String> {
        let value = self.value.as_ref().filter(|_| !self.nulls_behind)?;
        Some(format!("{} {}= {value}", self.name, self.word()))
    }
}

impl Compiler<'_> {
    pub(super) fn behind(&mut self, model: usize, behind: &[Behind], prefix: &str) -> String {
        let mut parts = Vec::new();
        for Behind { order, known } in behind {
            let column = &self.models.table(model).columns[order.column];
            let (name, nullable) = (format!("{prefix}{}", quote(&column.name)), column.nullable);
            let value = match known {
                Known::Null => None,
                Known::Value => Some(self.column_param(model, order.column)),
                Known::Exact => Some(self.param(Param { wire: Wire::Text, form: Form::Plain })),
            };
            let nulls_behind = nullable && order.nulls == Nulls::Last;
            parts.push(Part { name, value, desc: order.desc, nulls_behind, nullable });
        }
        let one_way = parts.iter().all(|p| !p.nullable && p.value.is_some() && p.desc == parts[0].desc);
        if one_way && parts.len() > 1 {
            let names: Vec<&str> = parts.iter().map(|p| p.name.as_str()).collect();
            let values: Vec<&str> = parts.iter().filter_map(|p| p.value.as_deref()).collect();
            return format!("({}) {} ({})", names.join(", "), parts[0].word(), values.join(", "));
        }
        let condition = parts.iter().rev().fold(None, |rest: Option<String>, part| {
            let same = rest.map(|rest| format!("({} AND {rest})", part.equal()));
            match (part.behind(), same) {
                (Some(behind), Some(same)) => Some(format!("({behind} OR {same})")),
                (behind, same) => behind.or(same),
            }
        });
        let condition = condition.unwrap_or_else(|| "1 = 0".into());
        match parts.first().and_then(Part::range) {
            Some(range) if parts.len() > 1 => format!("({range} AND {condition})"),
            _ => condition,
        }
    }
}
