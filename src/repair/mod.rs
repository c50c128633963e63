//! Repair of drift: what can be corrected without losing anything, what needs a decision or a permission, and the transaction
//! that does it.

pub mod decisions;
mod holds;
mod later;
mod losses;
pub mod plan;
pub mod refused;
pub mod report;
pub mod run;
pub mod steps;

pub use decisions::{Decisions, Wanted};
pub use plan::{plan, Plan, Wish};
pub use report::RepairReport;
pub use run::{planned, run, Asked};
