//! Plinth's core: models in, SQL out, rows back. ARCHITECTURE.md has the map.
//!
//! ```text
//! value <- schema <- query          error: everywhere
//! value <- statement <- engine      plan: between dialect and engine
//! schema, query, plan, statement <- dialect
//! dialect, engine <- init, reset <- database <- node
//! ```
#![warn(missing_docs)]

pub mod database;
pub mod dialect;
pub mod engine;
pub mod error;
pub mod init;
#[cfg(feature = "node")]
mod node;
pub mod plan;
pub mod query;
pub mod reset;
pub mod schema;
pub mod statement;
pub mod time;
pub mod value;
