//! Migrations: revision folders, what is pending, and running them.

pub mod fold;
pub mod folder;
pub mod graph;
pub mod harness;
pub mod history;
pub mod lock;
pub mod plan;
pub mod prove;
pub mod record;
pub mod report;
pub mod rows;
pub mod script;
pub mod snapshot;
pub mod split;
pub mod target;
pub mod trace;
pub mod version;

pub use record::{Direction, Record, Revision};
