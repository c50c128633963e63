//! The way to a server: what the URL and the settings ask for, encryption, and a connection that was made.

pub mod notices;
mod parameter;
pub(super) mod pooler;
pub(super) mod prepare;
pub(super) mod servers;
pub mod target;
pub(super) mod tls;
pub mod url;
pub(super) mod way;

pub use parameter::{SessionAttrs, SslMode};
