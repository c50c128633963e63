//! Drift: what of a database is not as it should be, how grave each difference is, and what to do about it.

mod alike;
pub mod basis;
mod column;
mod constraint;
pub(crate) mod definition;
pub mod expected;
pub mod finding;
pub(crate) mod follow;
mod foreign;
pub mod grade;
mod look;
mod model_line;
mod object;
pub mod report;
pub mod rows;
pub mod seen;
mod types;

pub use basis::{Basis, Known, Live};
pub use finding::{Finding, Findings, ForeignThing, Grade};
pub use grade::findings;
pub use report::{drift, drift_by_what_is_stored, DriftReport, Grades};
pub use rows::{RowScan, ScanProgress};
