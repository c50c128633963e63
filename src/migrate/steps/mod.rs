//! From a set of revisions to the schema that they make, the steps that lead elsewhere, and what one step runs. Pure.

pub mod destination;
pub mod fold;
pub mod step;
