//! The place of a SQLite database, and when a commit to it counts as done.

use super::files::Files;
use std::sync::Arc;

/// When a commit counts as done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// When it is on the disk: it survives a power cut.
    #[default]
    Full,
    /// When the operating system has it: it survives the end of the process; the last commits may not survive a power cut.
    Normal,
}

/// The place of a database, and the settings of its connections.
#[derive(Clone, Debug)]
pub struct Target {
    /// A path, or a `file:` URI for a database in memory.
    pub path: String,
    /// Whether it is in memory.
    pub memory: bool,
    /// When a commit counts as done.
    pub durability: Durability,
    /// Whether its file is made if it does not exist.
    pub create: bool,
    /// Its files, once it was opened. Clones share them.
    pub files: Arc<Files>,
}

impl Target {
    /// The database at a path or a `file:` URI; nothing is known of its files yet.
    pub fn new(path: impl Into<String>, memory: bool, durability: Durability) -> Self {
        Target { path: path.into(), memory, durability, create: true, files: Arc::default() }
    }
}
