//! Plinth's core: models in, SQL out, rows back. ARCHITECTURE.md has the map.
//!
//! ```text
//! sql, value, deep_json <- schema <- diff, query    error: everywhere
//! value <- statement <- engine      plan: between dialect and engine
//! schema, diff, query, plan, statement <- dialect
//! diff, dialect <- kept
//! kept, diff, dialect, engine <- migrate <- drift <- repair <- init <- reset <- database <- node
//! ```
#![warn(missing_docs)]

pub mod database;
pub mod deep_json;
pub mod dialect;
pub mod diff;
pub mod drift;
pub mod engine;
pub mod error;
pub mod init;
pub mod kept;
pub mod migrate;
#[cfg(feature = "node")]
mod node;
pub mod plan;
pub mod query;
pub mod repair;
pub mod reset;
pub mod schema;
pub mod sql;
pub mod statement;
pub mod time;
pub mod value;
