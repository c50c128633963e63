//! Dialects: how each database writes what the models say. They know no connection.

pub mod compile;
mod parts;
pub mod postgres;
mod probes;
pub mod sqlite;

pub use compile::quote;
