//! Writing a revision, and whether the models and the revisions of the folder hold together.

pub mod check;
mod dialects;
pub mod old_release;
pub mod renames;
pub mod revise;
mod step_files;
pub mod trial;
