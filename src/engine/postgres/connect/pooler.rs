//! Whether a pooler of connections stands before the server: statements that one of its clients prepares may meet another's.

use futures_util::FutureExt;
use std::future::{ready, Ready};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::tls::{ChannelBinding, TlsConnect, TlsStream};
use tokio_postgres::{CancelToken, Client};

/// A CancelRequest: its length, its code, the process id and the secret, four bytes each.
const CANCEL_REQUEST: usize = 16;

/// Whether a pooler stands between, where this process serves the connection (`pg_backend_pid()`). A pooler hands out keys
/// of its own, so that the process of the connection's key is another.
pub fn stands_between(client: &Client, serving: Option<i32>) -> bool {
    serving.is_none() || serving != process_of(&client.cancel_token())
}

/// The process id of a connection's key, which the client shows only to a server that it asks to cancel.
fn process_of(token: &CancelToken) -> Option<i32> {
    let mut written = Vec::new();
    // Nothing here ever waits.
    token.cancel_query_raw(Memory(&mut written), AsIs).now_or_never()?.ok()?;
    let request = written.get(written.len().checked_sub(CANCEL_REQUEST)?..)?;
    Some(i32::from_be_bytes(request[8..12].try_into().ok()?))
}

/// A server in memory that keeps what is written to it, and agrees to whatever encryption it is asked for.
struct Memory<'a>(&'a mut Vec<u8>);

impl AsyncRead for Memory<'_> {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        buf.put_slice(b"S");
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Memory<'_> {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.0.extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl TlsStream for Memory<'_> {
    fn channel_binding(&self) -> ChannelBinding {
        ChannelBinding::none()
    }
}

/// Encrypts nothing.
struct AsIs;

impl<'a> TlsConnect<Memory<'a>> for AsIs {
    type Stream = Memory<'a>;
    type Error = io::Error;
    type Future = Ready<io::Result<Memory<'a>>>;

    fn connect(self, stream: Memory<'a>) -> Self::Future {
        ready(Ok(stream))
    }
}
