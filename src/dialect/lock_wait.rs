//! How a statement of a revision waits for locks that others hold.

/// How a statement waits for locks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockWait {
    /// Briefly: while it waits, it keeps others from the table.
    Brief,
    /// For some seconds: it reads or writes rows, and keeps no other session from the table.
    Rows,
    /// Without a limit: it keeps no other session from reading and writing, and leaves an invalid index behind if it is ended.
    Unlimited,
    /// As the settings of the session say.
    Session,
}
