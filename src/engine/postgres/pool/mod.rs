//! The pool of connections: which one runs what, and the threads that carry it out.

mod linger;
mod schedule;
pub mod state;
pub mod worker;
