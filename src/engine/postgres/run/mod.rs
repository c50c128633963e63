//! The work of a connection: plans, inserts of many rows, streams, transactions, and calls that are
//! stopped.

mod copy;
mod insert;
mod insert_rows;
pub mod runner;
pub mod session;
mod statements;
pub mod stop;
mod stream;
pub mod wire;
