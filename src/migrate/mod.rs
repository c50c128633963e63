//! Migrations: revision folders, what is pending, and running them.

pub mod capitals;
pub mod check;
pub mod colliding;
mod definitions;
pub mod fold;
pub mod folder;
pub mod graph;
pub mod harness;
pub mod history;
pub mod lock;
mod names_before;
pub mod plan;
pub mod printed;
pub mod prove;
pub mod record;
pub mod recorded;
pub mod refused;
pub mod renames;
pub mod report;
pub mod revise;
pub mod rows;
pub mod runner;
pub mod running;
pub mod script;
pub mod snapshot;
pub mod split;
pub mod status;
pub mod target;
pub mod touched;
pub mod trace;
pub mod trial;
pub mod unreadable;
pub mod verify;
pub mod version;

pub use record::{Direction, Record, Revision};
