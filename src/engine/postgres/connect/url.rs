//! PostgreSQL URLs, as libpq, its drivers and Prisma write them, read into what a connection needs.

use super::parameter::{
    configure, flag, invalid, number, option, word, wrong, SessionAttrs, SslMode, SESSION_ATTRS, SSL_MODES,
};
use crate::error::Result;
use percent_encoding::{percent_decode_str, utf8_percent_encode, AsciiSet, CONTROLS};
use std::net::IpAddr;
use std::time::Duration;
use tokio_postgres::config::SslNegotiation;
use tokio_postgres::Config;

/// How long an attempt to connect may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const PORT: u16 = 5432;

/// The places where servers of this machine listen when a URL names no host, as libpq looks for
/// them.
const LOCAL: [&str; 3] = ["/var/run/postgresql", "/tmp", "localhost"];

/// The characters of a URL's user and database that would be read as something else.
const RESERVED: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'%').add(b'/').add(b':').add(b'<').add(b'>').add(b'?').add(b'@');

/// A PostgreSQL URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostgresUrl {
    /// The servers, in the order in which they are tried; never empty.
    pub servers: Vec<Server>,
    /// User, password, database and what else the protocol knows; without hosts. Its `Debug` hides the password.
    pub config: Config,
    /// Whether connections are encrypted, and how much is verified.
    pub ssl_mode: SslMode,
    /// The certificates of the authorities to trust: a file, or `system`.
    pub root_cert: Option<String>,
    /// Which of the servers will do.
    pub session: SessionAttrs,
    /// Whether the servers are tried in a random order.
    pub shuffled: bool,
    /// How long one attempt may take; `None`: as long as it takes.
    pub connect_timeout: Option<Duration>,
    /// Whether statements are kept prepared on their connections.
    pub prepare: Option<bool>,
    /// Connections of a pool at most.
    pub pool_size: Option<usize>,
    /// How long a call waits for a connection of the pool.
    pub pool_timeout: Option<Duration>,
    /// Whether the URL names a host at all.
    named: bool,
}

/// One server of a URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// Its name, its address, or the folder of its socket.
    pub host: String,
    /// Its address, where the URL spares us asking for it.
    pub addr: Option<IpAddr>,
    /// Its port.
    pub port: u16,
}

impl Server {
    /// Whether it is reached by a socket in the file system.
    pub fn is_socket(&self) -> bool {
        self.host.starts_with('/')
    }

    /// How errors name it.
    pub fn shown(&self) -> String {
        match self.is_socket() {
            true => format!("{}/.s.PGSQL.{}", self.host, self.port),
            false => join(&self.host, self.port),
        }
    }

    fn is_remote(&self) -> bool {
        match self.addr.or_else(|| self.host.parse().ok()) {
            Some(addr) => !addr.is_loopback() && !addr.is_unspecified(),
            None => !self.is_socket() && !self.host.eq_ignore_ascii_case("localhost"),
        }
    }
}

impl PostgresUrl {
    /// How reports name it: `postgresql://user@host:5432/database`, without password and parameters.
    pub fn shown(&self) -> String {
        let encode = |text: &str| utf8_percent_encode(text, RESERVED).to_string();
        let user = self.config.get_user().map(|user| encode(user) + "@").unwrap_or_default();
        let servers: Vec<String> = match self.named {
            true => self.servers.iter().map(|s| join(&s.host.replace('/', "%2F"), s.port)).collect(),
            false => Vec::new(),
        };
        let database = self.config.get_dbname().map(|name| format!("/{}", encode(name))).unwrap_or_default();
        format!("postgresql://{user}{}{database}", servers.join(","))
    }

    /// The name of its database: without one the server takes that of the user.
    pub fn database(&self) -> &str {
        self.config.get_dbname().or(self.config.get_user()).unwrap_or_default()
    }

    /// Whether one of its servers is, or may be, another machine.
    pub fn remote(&self) -> bool {
        self.servers.iter().any(Server::is_remote)
    }
}

fn join(host: &str, port: u16) -> String {
    match host.contains(':') {
        true => format!("[{host}]:{port}"),
        false => format!("{host}:{port}"),
    }
}

/// Reads what follows `postgresql://`.
///
/// Errors: `URL_INVALID`. They name a parameter that is wrong, and repeat nothing else: any part may be a password's.
pub fn parse(rest: &str) -> Result<PostgresUrl> {
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, rest) = rest.split_at(end);
    if rest.contains('@') {
        return Err(invalid("The database URL has an @ after its host.")
            .hint("In a user or password, @ : / ? # % are written %40 %3A %2F %3F %23 %25."));
    }
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    if path.to_ascii_lowercase().contains("password=") {
        return Err(invalid("The database URL has a password in the place of its database's name.")
            .hint("Parameters follow the database's name and a question mark: postgresql://host/database?a=1&b=2."));
    }
    let (credentials, hosts) = authority.rsplit_once('@').unwrap_or(("", authority));
    let (user, password) = match credentials.split_once(':') {
        Some((user, password)) => (user, Some(password)),
        None => (credentials, None),
    };

    let mut parts = Parts::default();
    parts.config.application_name("plinth");
    // A server that is gone without a word is noticed within a minute, and not after the two hours of most systems; within
    // 15 seconds where something was sent to it.
    parts
        .config
        .keepalives_idle(Duration::from_secs(30))
        .keepalives_interval(Duration::from_secs(10))
        .keepalives_retries(3)
        .tcp_user_timeout(Duration::from_secs(15));
    if !user.is_empty() {
        parts.config.user(decode(user, "user")?);
    }
    if let Some(password) = password.filter(|password| !password.is_empty()) {
        parts.config.password(percent_decode_str(password).collect::<Vec<u8>>());
    }
    if let Some(name) = path.strip_prefix('/').filter(|name| !name.is_empty()) {
        parts.config.dbname(decode(name, "database")?);
    }
    for host in hosts.split(',') {
        let (host, port) = split_port(host)?;
        parts.hosts.push(decode(host, "host")?);
        parts.ports.push(port.to_owned());
    }
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        parts.set(&decode(key, "name of a parameter")?, decode(value, "value of a parameter")?)?;
    }
    parts.finish()
}

fn decode(text: &str, what: &str) -> Result<String> {
    let text = percent_decode_str(text).decode_utf8();
    match text {
        Ok(text) if !text.contains('\0') => Ok(text.into_owned()),
        _ => Err(invalid(format!("The {what} in the database URL is not valid UTF-8."))),
    }
}

/// The host and the port of `host`, `host:port` and `[address]:port`.
fn split_port(text: &str) -> Result<(&str, &str)> {
    let Some(rest) = text.strip_prefix('[') else { return Ok(text.split_once(':').unwrap_or((text, ""))) };
    let (address, rest) = rest.split_once(']').ok_or_else(|| invalid("An address in the URL lacks its ]."))?;
    match rest.strip_prefix(':') {
        None if !rest.is_empty() => Err(invalid("After the ] of an address comes a colon and the port.")),
        port => Ok((address, port.unwrap_or_default())),
    }
}

/// A URL while it is read.
#[derive(Default)]
struct Parts {
    hosts: Vec<String>,
    addrs: Vec<String>,
    ports: Vec<String>,
    options: Vec<String>,
    config: Config,
    ssl_mode: SslMode,
    root_cert: Option<String>,
    session: SessionAttrs,
    shuffled: bool,
    connect_timeout: Option<u64>,
    prepare: Option<bool>,
    pool_size: Option<usize>,
    pool_timeout: Option<u64>,
}

impl Parts {
    fn set(&mut self, key: &str, value: String) -> Result<()> {
        let list = || value.split(',').map(str::to_owned).collect();
        match key {
            "host" => self.hosts = list(),
            "hostaddr" => self.addrs = list(),
            "port" => self.ports = list(),
            "options" => self.options.push(value),
            "search_path" | "statement_timeout" | "lock_timeout" | "idle_in_transaction_session_timeout" => {
                self.options.push(option(key, &value));
            }
            // Prisma's: one name, as it is.
            "schema" => self.options.push(option("search_path", &format!("\"{}\"", value.replace('"', "\"\"")))),
            "sslmode" => self.ssl_mode = word(key, &value, &SSL_MODES)?,
            "ssl" => self.ssl_mode = if flag(key, &value)? { SslMode::Require } else { SslMode::Disable },
            "sslrootcert" => self.root_cert = Some(value),
            "target_session_attrs" => self.session = word(key, &value, &SESSION_ATTRS)?,
            "load_balance_hosts" => self.shuffled = word(key, &value, &[("disable", false), ("random", true)])?,
            "connect_timeout" => self.connect_timeout = Some(number(key, &value)?),
            "prepare" => self.prepare = Some(flag(key, &value)?),
            "pgbouncer" => self.prepare = Some(!flag(key, &value)?),
            "pool_size" | "connection_limit" => match number(key, &value)? {
                0 => return Err(wrong(key, "a number from 1")),
                size => self.pool_size = Some(size),
            },
            "pool_timeout" => self.pool_timeout = Some(number(key, &value)?),
            // Kerberos is not spoken here; a URL that does not insist on it loses nothing.
            "gssencmode" => word(key, &value, &[("disable", ()), ("prefer", ())])?,
            _ => configure(&mut self.config, key, &value)?,
        }
        Ok(())
    }

    fn finish(mut self) -> Result<PostgresUrl> {
        let direct = self.config.get_ssl_negotiation() == SslNegotiation::Direct;
        if direct && matches!(self.ssl_mode, SslMode::Disable | SslMode::Prefer) {
            return Err(wrong("sslnegotiation", "sslmode=require or more with `direct`"));
        }
        if !self.options.is_empty() {
            self.config.options(self.options.join(" "));
        }
        let named = !self.addrs.is_empty() || self.hosts.iter().any(|host| !host.is_empty());
        let servers = self.servers(named)?;
        Ok(PostgresUrl {
            servers,
            config: self.config,
            ssl_mode: self.ssl_mode,
            root_cert: self.root_cert,
            session: self.session,
            shuffled: self.shuffled,
            connect_timeout: match self.connect_timeout {
                Some(0) => None,
                Some(seconds) => Some(Duration::from_secs(seconds)),
                None => Some(CONNECT_TIMEOUT),
            },
            prepare: self.prepare,
            pool_size: self.pool_size,
            pool_timeout: self.pool_timeout.map(Duration::from_secs),
            named,
        })
    }

    fn servers(&self, named: bool) -> Result<Vec<Server>> {
        let count = self.addrs.len().max(self.hosts.len());
        let hosts = match named {
            // `hostaddr` alone needs no host; the URL's empty one stands for none.
            true if count > self.hosts.len() && self.hosts.iter().all(String::is_empty) => vec![String::new(); count],
            true => self.hosts.clone(),
            false => LOCAL.iter().skip(usize::from(!cfg!(unix)) * 2).map(|host| (*host).to_owned()).collect(),
        };
        if !self.addrs.is_empty() && self.addrs.len() != hosts.len() {
            return Err(invalid("The database URL needs as many `hostaddr` as hosts."));
        }
        if self.ports.len() > 1 && self.ports.len() != hosts.len() {
            return Err(invalid("The database URL needs one port, or as many ports as hosts."));
        }
        let server = |(i, host): (usize, &String)| {
            let addr = self.addrs.get(i).map(|addr| addr.parse().map_err(|_| wrong("hostaddr", "IP addresses")));
            let addr: Option<IpAddr> = addr.transpose()?;
            let host = match addr {
                Some(addr) if host.is_empty() => addr.to_string(),
                _ if host.is_empty() => "localhost".into(),
                _ => host.clone(),
            };
            let of_name = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '%');
            if !host.starts_with('/') && !host.chars().all(of_name) {
                return Err(invalid("The host in the database URL is not valid."));
            }
            let port = self.ports.get(i).or(self.ports.first()).map_or("", String::as_str);
            let port = match port {
                "" => PORT,
                port => port.parse().ok().filter(|port| *port > 0).ok_or_else(|| {
                    invalid("The port in the database URL is not a number from 1 to 65535.")
                        .hint("In a user or password, @ : / ? # % are written %40 %3A %2F %3F %23 %25.")
                })?,
            };
            Ok(Server { host, addr, port })
        };
        hosts.iter().enumerate().map(server).collect()
    }
}
