//! Values as PostgreSQL sends and takes them.

mod array;
pub mod cell;
pub mod decode;
pub mod encode;
mod stored;
pub mod unreadable;
