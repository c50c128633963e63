//! Revisions that run in steps, beside the sessions that use their tables. What is done is noted in `plinth_steps`, so that a
//! run that ended goes on at its step, or is taken back.

mod batches;
mod course;
mod forward;
mod going_on;
mod hindrance;
mod rows;
mod take_back;
mod way;
