//! Revisions as they run: what they run, what they leave behind, and which rows keep one from being applied.

pub mod adopt;
pub mod capitals;
pub mod colliding;
pub mod conditions;
mod definitions;
pub mod destroyed;
pub mod entry;
mod held;
pub mod json_texts;
mod losses;
mod names_before;
mod online;
pub mod printed;
pub mod refusal;
pub mod refused;
pub mod runner;
pub mod running;
mod stamping;
mod statement_waits;
mod told;
pub mod touched;
pub mod verify;
mod ways_out;
