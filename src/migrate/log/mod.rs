//! A database's records of its revisions and of its tables, and the lock that one runner holds on
//! it.

pub mod begun;
pub mod harness;
pub mod history;
pub mod lock;
pub mod own_table;
pub mod protection;
pub mod recorded;
pub mod repairs;
pub mod settings;
pub mod shapes;
pub mod unfinished;
