//! The notices of a server that matter: a commit has not reached its synchronous replica.

use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_postgres::error::DbError;
use tokio_postgres::{AsyncMessage, Connection};

/// The server's function that waits for the replica. Its name stands in for the message, which is in the server's language.
const WAITS_FOR_REPLICA: &str = "SyncRepWaitForLSN";

/// The notices of one connection.
#[derive(Debug, Default)]
pub struct Notices {
    unconfirmed: AtomicBool,
}

impl Notices {
    fn note(&self, notice: &DbError) {
        if notice.routine() == Some(WAITS_FOR_REPLICA) {
            self.unconfirmed.store(true, Ordering::SeqCst);
        }
    }

    /// Whether a commit was answered without its replica since this was last asked: it is in this server alone.
    pub fn take_unconfirmed(&self) -> bool {
        self.unconfirmed.swap(false, Ordering::SeqCst)
    }
}

/// Moves the bytes of a connection until its end, and keeps its notices.
pub(super) async fn drive<S, T>(mut connection: Connection<S, T>, notices: Arc<Notices>)
where
    S: AsyncRead + AsyncWrite + Unpin,
    T: AsyncRead + AsyncWrite + Unpin,
{
    // An error ends it as well: the calls learn of that themselves.
    while let Some(Ok(message)) = poll_fn(|cx| connection.poll_message(cx)).await {
        if let AsyncMessage::Notice(notice) = message {
            notices.note(&notice);
        }
    }
}
