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
    /// The value that the row has there.
    pub known: Known,
}

/// What is known of a value of the row before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// It is NULL.
    Null,
    /// It is the next parameter, which crosses as values of its column do.
    Value,
    /// It is the next parameter, a moment with every digit, as text.
    Exact,
}

/// Limits a select to the rows behind one: `"after":["value","null","exact"]` says for each part of its order what is known of
/// that row. Its parameters follow those of the filter.
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
    let behind = |(order, flag): (&Order, &Value)| {
        let known = match flag.as_str() {
            Some("null") => Known::Null,
            Some("value") => Known::Value,
            Some("exact") => Known::Exact,
            _ => return Err(invalid("A page begins behind a value, an exact one, or null.")),
        };
        Ok(Behind { order: *order, known })
    };
    let after = Filter::Behind(select.order.iter().zip(flags).map(behind).collect::<Result<_>>()?);
    let filter = std::mem::replace(&mut select.rows.filter, Filter::And(Vec::new()));
    select.rows.filter = match filter {
        Filter::And(all) if all.is_empty() => after,
        filter => Filter::And(vec![filter, after]),
    };
    Ok(())
}
