//! PostgreSQL: connections of a pool on two threads, statements that stand alone pipelined, sessions on connections of their own.

pub mod admin;
mod cell;
pub mod connect;
pub mod error;
pub mod target;
mod tls;
pub mod url;
