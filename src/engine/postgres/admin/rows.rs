//! Rows of an administrative connection as values.

use crate::engine::postgres::codec::cell::read;
use crate::error::{Code, Error, Result};
use crate::statement::Row;
use crate::value::Value;
use std::error::Error as StdError;
use tokio_postgres::types::{FromSql, Type};

/// The bytes of a value, of whatever type.
pub struct Raw<'a>(pub &'a [u8]);

impl<'a> FromSql<'a> for Raw<'a> {
    fn from_sql(_: &Type, bytes: &'a [u8]) -> std::result::Result<Self, Box<dyn StdError + Sync + Send>> {
        Ok(Raw(bytes))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// The values of a row. Errors: `VALUE_UNREADABLE`, where the type of a column is none that is read.
pub fn values(row: &tokio_postgres::Row) -> Result<Row> {
    let value = |at: usize| {
        let unread = || {
            let message = format!("The column {} is of a type that is not read: cast it to text.", at + 1);
            Error::new(Code::ValueUnreadable, message)
        };
        match row.try_get::<_, Option<Raw<'_>>>(at).map_err(|_| unread())? {
            None => Ok(Value::Null),
            Some(Raw(bytes)) => read(row.columns()[at].type_().oid(), bytes).ok_or_else(unread),
        }
    };
    (0..row.len()).map(value).collect()
}
