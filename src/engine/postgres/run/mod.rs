//! What runs on a connection: plans, inserts of many rows, streams, transactions, and calls that are stopped.

pub mod connection;
mod copy;
mod insert;
pub mod session;
pub mod stop;
mod stream;
