//! The codes of errors.

use serde::Serialize;

/// The kind of failure, as a name that never changes. docs/reference/errors.md says when each one
/// occurs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum Code {
    /// The models contradict themselves; `problems` lists every fault.
    SchemaInvalid,
    /// The database URL cannot be understood.
    UrlInvalid,
    /// The file cannot be opened: no permission, a folder, an unusable path.
    CannotOpen,
    /// The file exists and is not a database.
    NotADatabase,
    /// The database is damaged.
    Corrupt,
    /// A write to a file or folder that may only be read.
    ReadOnly,
    /// No room left on the disk, or the size limit of the file is reached.
    DiskFull,
    /// The operating system failed a read or a write.
    IoFailed,
    /// The file of an open database, or its log, was deleted, replaced, cut short or overwritten.
    FileGone,
    /// Another connection holds the lock for longer than the timeout. Worth a retry.
    Busy,
    /// The host of the URL cannot be reached: no such name, no route, no answer in time.
    HostUnreachable,
    /// Nothing listens on the host's port, or on the socket.
    ConnectionRefused,
    /// The server refuses the user or the password.
    AuthenticationFailed,
    /// The server has no database of this name.
    UnknownDatabase,
    /// The server has no connection left. Worth a retry.
    TooManyConnections,
    /// No encrypted connection could be made: the certificate is not trusted, or the server has no TLS.
    TlsFailed,
    /// The server is starting up or shutting down. Worth a retry.
    ServerUnavailable,
    /// The connection broke while a call was running; `may_have_committed` says what is known of it.
    ConnectionLost,
    /// No connection of the pool was free in time. Worth a retry.
    PoolTimeout,
    /// The statement ran longer than the database or its caller allows.
    Timeout,
    /// The caller stopped the call.
    Aborted,
    /// A transaction that cannot be put in an order with others. Worth a retry, from its beginning.
    SerializationFailure,
    /// Transactions that wait for each other; this one was ended. Worth a retry, from its beginning.
    Deadlock,
    /// The role may not do this.
    PermissionDenied,
    /// A model that the schema does not have.
    UnknownModel,
    /// A column that the model does not have.
    UnknownColumn,
    /// An operator that `where` does not have, or not for this kind of column.
    UnknownOperator,
    /// A relation that the model does not have.
    UnknownRelation,
    /// An option that the call does not have.
    UnknownOption,
    /// A query that cannot be what was meant: an empty select, a negative limit, a key of the wrong shape.
    QueryInvalid,
    /// An updateMany or deleteMany without a where and without `all: true`.
    WhereRequired,
    /// A value that its column cannot hold.
    ValueInvalid,
    /// A stored value that is not of its column's kind.
    ValueUnreadable,
    /// No row with this key.
    NotFound,
    /// A second row with the same unique values.
    UniqueViolation,
    /// A foreign key without its row, or a row that others still point to.
    ForeignKeyViolation,
    /// A null in a column that forbids it.
    NotNullViolation,
    /// A row that a CHECK refuses.
    CheckViolation,
    /// The database refused a statement.
    SqlFailed,
    /// A statement that `db.sql` does not run: transaction control, several at once.
    SqlRefused,
    /// A call on a database handle after `close()`.
    Closed,
    /// A call on a session or transaction after its end.
    SessionEnded,
    /// A call in a transaction that has failed: it can only be rolled back.
    SessionFailed,
    /// A blocking write while an asynchronous transaction of this process is open: waiting would never end.
    SyncBlocked,
    /// A reset that a guard forbids.
    ResetRefused,
    /// The rows that a step would destroy cannot be kept: they are too much, or others would see
    /// them.
    KeepRefused,
    /// Nothing is kept under this number.
    KeptUnknown,
    /// What is kept does not fit any more; `problems` lists every difference.
    RestoreRefused,
    /// A call that a protected database does not allow without its word; `lost` has the losses.
    Protected,
    /// A revision's folder that cannot be read: a file is missing, operations.json is not what it should be, two have one version.
    RevisionInvalid,
    /// No revision of this version; or a prefix that several have.
    RevisionUnknown,
    /// A revision that was applied, and whose SQL is not any more what ran.
    RevisionEdited,
    /// A revision that was applied, and whose folder is gone.
    RevisionMissing,
    /// A revision that goes in several transactions, and is half done.
    RevisionUnfinished,
    /// A revision that cannot run in steps on these tables, and is to; or that would break a publication.
    OnlineRefused,
    /// A newer release has applied revisions, and something that the models name is gone.
    RevisionAhead,
    /// Two revisions that change the same thing, neither knowing of the other.
    RevisionConflict,
    /// The SQL of a revision failed; the message names file, statement and line.
    RevisionFailed,
    /// A revision that does not lead where its operations say, there or back; it was not written.
    ProofFailed,
    /// A decision that only a person can take: a rename, a value for existing rows. The hint has
    /// the flags.
    DecisionRequired,
    /// A choice (`--rename`, `--backfill`, `--map`, `--drop`) that has an unknown name, or
    /// contradicts another.
    ChoiceInvalid,
    /// Values of one kind cannot become values of another.
    ConversionUnsupported,
    /// Rows that the change cannot hold, with their number and keys.
    RowsRefused,
    /// The database is not as its revisions left it, and the change would lose what was added.
    Drifted,
    /// Tables that no revision made, and that differ from what the revisions would make.
    AdoptionRefused,
    /// A fault of Plinth itself.
    Internal,
}

impl Code {
    /// Whether the same call may succeed when it is made again.
    pub(super) fn is_retryable(self) -> bool {
        matches!(
            self,
            Code::Busy
                | Code::HostUnreachable
                | Code::ConnectionRefused
                | Code::TooManyConnections
                | Code::ServerUnavailable
                | Code::PoolTimeout
                | Code::SerializationFailure
                | Code::Deadlock
        )
    }
}
