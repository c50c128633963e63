//! The way that a connection was made: its server is reached again to ask it to stop what runs on the connection.

use super::parameter::{SessionAttrs, SslMode};
use super::target::Target;
use super::url::Server;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{ready, Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{CancelToken, NoTls};

/// How long one attempt to ask may take.
const ASKING: Duration = Duration::from_secs(2);

/// The way that a connection was made, to go it again.
#[derive(Clone, Debug)]
pub struct Way {
    /// The server's name, or the folder of its socket.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The address; `None` for a socket.
    pub addr: Option<IpAddr>,
}

impl Way {
    /// The database at the server to which this way leads, whatever else its URL names. An attempt to connect has no limit.
    pub fn only(&self, target: &Target) -> Target {
        let mut only = target.clone();
        let url = Arc::make_mut(&mut only.url);
        url.servers = vec![Server { host: self.host.clone(), addr: self.addr, port: self.port }];
        url.session = SessionAttrs::Any;
        url.connect_timeout = None;
        only
    }

    /// Asks the server to stop what runs on the connection of this token; ends when it has done so, or cannot be reached.
    pub async fn ask(&self, target: &Target, token: CancelToken) {
        let asked = async {
            match self.addr {
                Some(addr) => {
                    let Ok(stream) = TcpStream::connect((addr, self.port)).await else { return };
                    match target.tls.connector() {
                        Ok(mut tls) if target.tls.mode != SslMode::Disable => {
                            let Ok(tls) = MakeTlsConnect::<Heard<TcpStream>>::make_tls_connect(&mut tls, &self.host);
                            let _ = token.cancel_query_raw(Heard(stream), tls).await;
                        }
                        _ => drop(token.cancel_query_raw(Heard(stream), NoTls).await),
                    }
                }
                #[cfg(unix)]
                None => {
                    let path = format!("{}/.s.PGSQL.{}", self.host, self.port);
                    let Ok(stream) = tokio::net::UnixStream::connect(path).await else { return };
                    let _ = token.cancel_query_raw(Heard(stream), NoTls).await;
                }
                #[cfg(not(unix))]
                None => {}
            }
        };
        // A server that cannot be reached now may be in a moment.
        let _ = timeout(ASKING, asked).await;
    }
}

/// A stream that ends only when the other side has ended it: the server closes it when it has passed on what it was asked.
struct Heard<S>(S);

impl<S: AsyncRead + Unpin> AsyncRead for Heard<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Heard<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            let mut bytes = [0; 256];
            let mut buf = ReadBuf::new(&mut bytes);
            ready!(Pin::new(&mut self.0).poll_read(cx, &mut buf))?;
            if buf.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
        }
    }
}
