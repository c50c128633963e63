//! The pool of connections: which one runs what, and the threads that carry it out.

mod beside;
mod job;
mod linger;
mod schedule;
mod slot;
pub mod state;
pub mod thread;
pub mod worker;
