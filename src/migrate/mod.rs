//! Migrations: revision folders, what is pending, and running them.

pub mod harness;
pub mod history;
pub mod lock;
