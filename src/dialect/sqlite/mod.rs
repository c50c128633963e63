//! The SQLite dialect.

pub mod syntax;
