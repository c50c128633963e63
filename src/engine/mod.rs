//! Engines run plans: they own connections and threads, and know nothing of models beyond what a plan says.

mod add_row;
mod keys;
pub mod pace;
pub mod packed;
pub mod postgres;
pub mod settings;
pub mod sqlite;
pub mod stop;
pub mod task;
mod unknown_parameter;
pub mod unreadable;
pub mod url;
pub mod watch;

pub use task::{Completion, Control, Engine, Inline, Isolation, Run, Sink, Step, Stream, Task, Work};
