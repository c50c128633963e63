//! The SQLite dialect.

pub mod ddl;
pub mod introspect;
pub mod syntax;
pub mod transaction;
