//! Failures: the server's states, the meaning of a failure for its connection, and SQL that is
//! refused before it is sent.

pub mod failure;
pub mod handshake;
pub mod refused;
pub mod sqlstate;
mod violated;
