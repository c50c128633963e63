//! Pages: rows that come behind a given one in an order.

use super::parse::invalid;
use super::{Filter, Order, Select};
use crate::error::Result;
use serde_json::Value;

/// One part of the order of a page, with what is known of the row that it comes behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Behind {
    /// The part.
    pub order: Order,
    /// Whether that row has a value there, which is the next parameter; else it has none.
    pub known: bool,
}

/// Limits a select to the rows behind one: `"after":[true,false]` says for each part of its order whether that row has a value
/// there. Its parameters follow those of the filter.
pub(super) fn limit(select: &mut Select, json: &Value) -> Result<()> {
    let flags = match json {
        Value::Null => return Ok(()),
        flags => flags.as_array().ok_or_else(|| invalid("A page begins behind a list of values."))?,
    };
    if flags.is_empty() || flags.len() != select.order.len() {
        return Err(invalid("A page begins behind a value for each part of its order."));
    }
    if select.order.iter().any(|order| order.path) {
        return Err(invalid("A page is not ordered by places in JSON."));
    }
    let behind = |(order, flag): (&Order, &Value)| Behind { order: *order, known: *flag == true };
    let after = Filter::Behind(select.order.iter().zip(flags).map(behind).collect());
    let filter = std::mem::replace(&mut select.rows.filter, Filter::And(Vec::new()));
    select.rows.filter = match filter {
        Filter::And(all) if all.is_empty() => after,
        filter => Filter::And(vec![filter, after]),
    };
    Ok(())
}
