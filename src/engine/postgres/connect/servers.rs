//! Connecting: the servers of a URL one after the other, encrypted as it says; what can go wrong, in words that help.

use super::notices::{drive, Notices};
use super::parameter::{SessionAttrs, SslMode};
use super::pooler;
use super::target::Target;
use super::tls;
use super::url::Server;
use super::way::Way;
use crate::engine::postgres::error::handshake::{is_about_tls, obstacle, pooler_state, Obstacle};
use crate::engine::postgres::error::sqlstate::from_postgres;
use crate::error::{Code, Error, Result};
use futures_util::future::{select, Either};
use std::error::Error as _;
use std::future::Future;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::net::IpAddr;
use std::pin::{pin, Pin};
use std::sync::Arc;
use tokio::net::lookup_host;
use tokio::time::timeout;
use tokio_postgres::config::SslMode as Negotiated;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Config, NoTls, SimpleQueryMessage};

/// The task that moves a connection's bytes: polled as long as the client is used, it ends when the
/// connection does.
pub type Driver = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A connection that was made.
pub struct Connected {
    /// The client that speaks on it.
    pub client: Client,
    /// The task that moves its bytes.
    pub driver: Driver,
    /// The notices of the server.
    pub notices: Arc<Notices>,
    /// How it was made.
    pub way: Way,
}

/// Whether it matters to a connection that a pooler stands between, and which isolation transactions have by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Probe {
    /// It keeps statements prepared where it may, and runs transactions: what is not known of either, the server is asked.
    Needed,
    /// Its statements have no names, and its transactions say their isolation.
    Needless,
}

/// Connects to the first server of the URL that will do. Needs a tokio runtime with I/O and time.
pub async fn connect(target: &Target, probe: Probe) -> Result<Connected> {
    let mut servers: Vec<&Server> = target.url.servers.iter().collect();
    if target.url.shuffled {
        let random = RandomState::new();
        servers.sort_by_cached_key(|server| random.hash_one(server.shown()));
    }
    let wanted: &[SessionAttrs] = match target.url.session {
        SessionAttrs::PreferStandby => &[SessionAttrs::Standby, SessionAttrs::Any],
        ref one => std::slice::from_ref(one),
    };
    let mut failures = Vec::new();
    for wanted in wanted {
        failures.clear();
        for server in &servers {
            match connect_to(target, server, (*wanted, probe)).await {
                Ok(connected) => return Ok(connected),
                Err(error) if is_final(error.code) => return Err(error),
                Err(error) => failures.push(error),
            }
        }
    }
    let messages: Vec<String> = failures.iter().map(|error| error.message.clone()).collect();
    let told = failures.into_iter().reduce(more_telling);
    let told = told.ok_or_else(|| Error::new(Code::Internal, "The database URL has no server."))?;
    Err(told.says(messages.join(" ")))
}

/// Whether another server, or address, would say the same: it is about user, password, database or options.
fn is_final(code: Code) -> bool {
    matches!(code, Code::AuthenticationFailed | Code::UnknownDatabase | Code::PermissionDenied | Code::UrlInvalid)
}

/// The later of two failures, unless the earlier is of a server that answered: an answer is more
/// precise than another's silence.
fn more_telling(earlier: Error, later: Error) -> Error {
    let silent = |error: &Error| matches!(error.code, Code::HostUnreachable | Code::ConnectionRefused);
    match silent(&later) && !silent(&earlier) {
        true => earlier,
        false => later,
    }
}

/// Connects to one server, at the first of its addresses where that succeeds.
async fn connect_to(target: &Target, server: &Server, wanted: (SessionAttrs, Probe)) -> Result<Connected> {
    if server.addr.is_some() || server.is_socket() {
        return attempt(target, server, server.addr, wanted).await;
    }
    let unknown = |reason: String| {
        Error::new(Code::HostUnreachable, format!("The host {} cannot be found: {reason}.", server.host))
            .hint("Check the host in DATABASE_URL, and that this machine can resolve names.")
    };
    let found = within(target, lookup_host((server.host.as_str(), server.port))).await;
    let found = found.ok_or_else(|| unknown("no answer in time".into()))?;
    let mut last = unknown("it has no address".into());
    for addr in found.map_err(|error| unknown(error.to_string()))? {
        match attempt(target, server, Some(addr.ip()), wanted).await {
            Err(error) if !is_final(error.code) => last = more_telling(last, error),
            result => return result,
        }
    }
    Err(last)
}

/// `None`: not within the time of one attempt.
async fn within<T>(target: &Target, work: impl Future<Output = T>) -> Option<T> {
    match target.url.connect_timeout {
        Some(limit) => timeout(limit, work).await.ok(),
        None => Some(work.await),
    }
}

async fn attempt(
    target: &Target,
    server: &Server,
    addr: Option<IpAddr>,
    wanted: (SessionAttrs, Probe),
) -> Result<Connected> {
    let mut config = target.url.config.clone();
    config.host(&server.host).port(server.port);
    if let Some(addr) = addr {
        config.hostaddr(addr);
    }
    let work = async {
        let notices = Arc::<Notices>::default();
        let (client, driver) = open(target, server, &mut config, &notices).await?;
        let way = Way { host: server.host.clone(), port: server.port, addr };
        check(target, Connected { client, driver, notices, way }, server, wanted).await
    };
    within(target, work).await.unwrap_or_else(|| {
        Err(Error::new(Code::HostUnreachable, format!("{} did not answer in time.", server.shown())).hint(
            "Check host and port in DATABASE_URL, and the firewalls between; `connect_timeout` sets how long to wait.",
        ))
    })
}

/// Opens a connection, encrypted as the URL says. Where encryption is a preference it is done without when it fails.
async fn open(
    target: &Target,
    server: &Server,
    config: &mut Config,
    notices: &Arc<Notices>,
) -> Result<(Client, Driver)> {
    let mode = match target.tls.mode {
        // A socket does not leave the machine: libpq does not encrypt there either, whatever `sslmode` says.
        _ if server.is_socket() => Negotiated::Disable,
        SslMode::Disable => Negotiated::Disable,
        SslMode::Prefer => Negotiated::Prefer,
        SslMode::Require | SslMode::VerifyCa | SslMode::VerifyFull => Negotiated::Require,
    };
    config.ssl_mode(mode);
    if mode != Negotiated::Disable {
        match config.connect(target.tls.connector()?).await {
            Ok((client, connection)) => return Ok((client, Box::pin(drive(connection, Arc::clone(notices))))),
            Err(error) if target.tls.optional() && speaks_of_tls(&error) => config.ssl_mode(Negotiated::Disable),
            Err(error) => return Err(refused(target, server, &error)),
        };
    }
    let (client, connection) = config.connect(NoTls).await.map_err(|error| refused(target, server, &error))?;
    Ok((client, Box::pin(drive(connection, Arc::clone(notices)))))
}

/// Whether the same might succeed without encryption: the handshake failed, or the server wants none of this user.
fn speaks_of_tls(error: &tokio_postgres::Error) -> bool {
    match error.code() {
        Some(state) => *state == SqlState::INVALID_AUTHORIZATION_SPECIFICATION,
        None => rustls_error(error).is_some() || is_about_tls(error),
    }
}

/// Asks whether the server is what `target_session_attrs` wants, whether a pooler stands before it,
/// and which isolation transactions have by default: one round trip, and none if nothing of that
/// matters.
async fn check(
    target: &Target,
    mut connected: Connected,
    server: &Server,
    (wanted, probe): (SessionAttrs, Probe),
) -> Result<Connected> {
    let probes = probe == Probe::Needed && target.prepare.kept().is_none();
    let asks = probe == Probe::Needed && target.read_committed.get().is_none();
    if wanted == SessionAttrs::Any && !probes && !asks {
        return Ok(connected);
    }
    let Connected { client, driver, .. } = &mut connected;
    let question = match wanted {
        SessionAttrs::Any => "SELECT pg_backend_pid(), current_setting('default_transaction_isolation')",
        _ => {
            "SELECT pg_backend_pid(), current_setting('default_transaction_isolation'), pg_is_in_recovery(), \
             current_setting('transaction_read_only')"
        }
    };
    let answer = {
        let question = pin!(client.simple_query(question));
        match select(question, driver).await {
            Either::Left((answer, _)) => answer.map_err(|error| refused(target, server, &error))?,
            Either::Right(_) => return Err(unavailable(server, "it closed the connection")),
        }
    };
    let row = answer.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(row),
        _ => None,
    });
    let says = |column: usize| row.and_then(|row| row.try_get(column).ok().flatten()).unwrap_or_default();
    if probes {
        target.prepare.settle(!pooler::stands_between(client, says(0).parse().ok()));
    }
    if asks {
        // Another connection may have come first, with the same answer.
        let _ = target.read_committed.set(matches!(says(1), "read committed" | "read uncommitted"));
    }
    let (follows, read_only) = (says(2) == "t", says(3) == "on");
    let (fits, what) = match wanted {
        SessionAttrs::ReadWrite => (!read_only, "accepts no writes"),
        SessionAttrs::ReadOnly => (read_only, "accepts writes"),
        SessionAttrs::Primary => (!follows, "is a standby"),
        SessionAttrs::Standby => (follows, "is not a standby"),
        SessionAttrs::Any | SessionAttrs::PreferStandby => (true, ""),
    };
    match fits {
        true => Ok(connected),
        false => Err(Error::new(Code::ServerUnavailable, format!("{} {what}.", server.shown()))
            .hint("`target_session_attrs` in DATABASE_URL asks for another server.")),
    }
}

fn unavailable(server: &Server, reason: &str) -> Error {
    Error::new(Code::ServerUnavailable, format!("{} cannot be used now: {reason}.", server.shown()))
        .hint("The server is starting or stopping, or is not PostgreSQL. Try again in a moment.")
}

fn rustls_error(error: &tokio_postgres::Error) -> Option<&rustls::Error> {
    error.source()?.downcast_ref::<io::Error>()?.get_ref()?.downcast_ref()
}

/// Why a server could not be connected to.
fn refused(target: &Target, server: &Server, error: &tokio_postgres::Error) -> Error {
    if let Some(refusal) = error.as_db_error() {
        return rejected(target, server, refusal.code(), refusal.message()).unwrap_or_else(|| from_postgres(error));
    }
    if let Some(fault) = rustls_error(error) {
        return tls::failure(fault, &server.shown());
    }
    if let Some(fault) = error.source().and_then(|source| source.downcast_ref::<io::Error>()) {
        return unreachable(server, fault);
    }
    let (obstacle, reason) = obstacle(error);
    match obstacle {
        Obstacle::NoTls => Error::new(Code::TlsFailed, format!("{} does not support TLS.", server.shown()))
            .hint("Turn it on at the server (ssl = on), or, on a network that you trust, use sslmode=prefer."),
        Obstacle::PasswordMissing => authentication(target, server, "it asks for a password")
            .hint("The URL holds no password: postgresql://user:password@host/database"),
        Obstacle::Authentication => authentication(target, server, &reason),
        Obstacle::Other => unavailable(server, &reason),
    }
}

fn authentication(target: &Target, server: &Server, reason: &str) -> Error {
    let user = target.url.config.get_user().map_or_else(String::new, |user| format!(" \"{user}\""));
    Error::new(Code::AuthenticationFailed, format!("{} refuses the user{user}: {reason}.", server.shown()))
        .hint("Check user and password in DATABASE_URL; in them, @ : / ? # % are written %40 %3A %2F %3F %23 %25.")
}

fn unreachable(server: &Server, fault: &io::Error) -> Error {
    let shown = server.shown();
    match fault.kind() {
        io::ErrorKind::ConnectionRefused | io::ErrorKind::NotFound => {
            Error::new(Code::ConnectionRefused, format!("Nothing listens at {shown}."))
                .hint("Start the server, or check host and port in DATABASE_URL.")
        }
        io::ErrorKind::PermissionDenied => {
            Error::new(Code::HostUnreachable, format!("This process may not connect to {shown}."))
                .hint("Check the permissions of the socket, or the network restrictions of this process.")
        }
        io::ErrorKind::ConnectionReset | io::ErrorKind::UnexpectedEof | io::ErrorKind::BrokenPipe => {
            unavailable(server, "it closed the connection")
        }
        io::ErrorKind::InvalidData => unavailable(server, "its answer is not PostgreSQL's"),
        _ => Error::new(Code::HostUnreachable, format!("{shown} cannot be reached: {fault}."))
            .hint("Check host and port in DATABASE_URL, and the network between."),
    }
}

/// The meaning of a server's refusal, if it is about the connection.
fn rejected(target: &Target, server: &Server, state: &SqlState, message: &str) -> Option<Error> {
    let state = match *state {
        // pgbouncer has one state for all its messages.
        SqlState::PROTOCOL_VIOLATION => pooler_state(message, target.database(), target.url.config.get_user()),
        ref state => state.clone(),
    };
    Some(match state {
        SqlState::INVALID_PASSWORD => authentication(target, server, message),
        SqlState::INVALID_AUTHORIZATION_SPECIFICATION => authentication(target, server, message).hint(
            "Check the user in DATABASE_URL. The server's pg_hba.conf lists which users may connect from where, and whether \
             only encrypted (`sslmode`).",
        ),
        SqlState::INVALID_CATALOG_NAME => {
            let name = target.database().unwrap_or_default();
            Error::new(Code::UnknownDatabase, format!("{} has no database \"{name}\".", server.shown()))
                .hint("Create it with initDb() or `plinth init`, or check the name in DATABASE_URL.")
        }
        SqlState::TOO_MANY_CONNECTIONS => {
            Error::new(Code::TooManyConnections, format!("{} takes no more connections: {message}.", server.shown()))
                .hint("Make the pools smaller (pool.size), raise max_connections, or put a pooler before the server.")
        }
        SqlState::CANNOT_CONNECT_NOW
        | SqlState::ADMIN_SHUTDOWN
        | SqlState::CRASH_SHUTDOWN
        | SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE => unavailable(server, message),
        SqlState::UNDEFINED_OBJECT
        | SqlState::INVALID_PARAMETER_VALUE
        | SqlState::SYNTAX_ERROR
        | SqlState::CANT_CHANGE_RUNTIME_PARAM => {
            Error::new(Code::UrlInvalid, format!("{} refuses the URL's options: {message}.", server.shown())).hint(
                "`options`, `search_path`, `schema` and the timeouts in DATABASE_URL become settings of the session.",
            )
        }
        _ => return None,
    })
}
