//! Migrations: revision folders, what is pending, and running them.
//!
//! tests/layers.rs says which room may name which: disk <- log, steps <- report <- run <- prove <- write.

pub mod disk;
pub mod log;
pub mod prove;
pub mod report;
pub mod run;
pub mod steps;
pub mod write;

pub use disk::record::{Direction, Record, Revision};
