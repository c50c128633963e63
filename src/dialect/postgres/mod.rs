//! The PostgreSQL dialect.

pub mod ddl;
pub mod syntax;
