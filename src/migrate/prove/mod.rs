//! The proof of a revision on a scratch database: rows to try it on, its scripts there and back, and a comparison of both sides.

mod filled;
mod functions;
pub mod in_steps;
mod onlookers;
pub mod proof;
mod random_values;
pub mod replay;
pub mod restored;
pub mod rows;
mod same;
pub mod snapshot;
mod step_run;
pub mod trace;
