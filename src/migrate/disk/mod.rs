//! Revisions on the disk: their folders, records, versions and scripts, and how they follow each other.

pub mod folder;
pub mod graph;
pub mod online;
pub mod record;
pub mod script;
pub mod split;
pub mod version;
