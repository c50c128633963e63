//! Parameters of a PostgreSQL URL: the words and numbers that they may be.

use crate::engine::unknown_parameter::unknown_parameter;
use crate::error::{Code, Error, Result};
use std::str::FromStr;
use std::time::Duration;
use tokio_postgres::config::{ChannelBinding, SslNegotiation};
use tokio_postgres::Config;

/// `sslmode`: https://www.postgresql.org/docs/current/libpq-ssl.html#LIBPQ-SSL-PROTECTION
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SslMode {
    /// Never encrypted.
    Disable,
    /// Encrypted where the server can.
    #[default]
    Prefer,
    /// Always encrypted.
    Require,
    /// Encrypted, with a certificate of a trusted authority.
    VerifyCa,
    /// Encrypted, with a certificate of a trusted authority that is made out to this host.
    VerifyFull,
}

/// `target_session_attrs`: what a server must be to be connected to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SessionAttrs {
    /// Anything.
    #[default]
    Any,
    /// It accepts writes.
    ReadWrite,
    /// It refuses writes.
    ReadOnly,
    /// It follows no other.
    Primary,
    /// It follows another.
    Standby,
    /// One that follows another if there is one, else any.
    PreferStandby,
}

/// The words of `sslmode`.
pub(super) const SSL_MODES: [(&str, SslMode); 6] = [
    ("disable", SslMode::Disable),
    // Encrypted only if the server insists: nothing is promised that `prefer` does not keep.
    ("allow", SslMode::Prefer),
    ("prefer", SslMode::Prefer),
    ("require", SslMode::Require),
    ("verify-ca", SslMode::VerifyCa),
    ("verify-full", SslMode::VerifyFull),
];

/// The words of `target_session_attrs`.
pub(super) const SESSION_ATTRS: [(&str, SessionAttrs); 6] = [
    ("any", SessionAttrs::Any),
    ("read-write", SessionAttrs::ReadWrite),
    ("read-only", SessionAttrs::ReadOnly),
    ("primary", SessionAttrs::Primary),
    ("standby", SessionAttrs::Standby),
    ("prefer-standby", SessionAttrs::PreferStandby),
];

const NEGOTIATIONS: [(&str, SslNegotiation); 2] =
    [("postgres", SslNegotiation::Postgres), ("direct", SslNegotiation::Direct)];

const CHANNEL_BINDINGS: [(&str, ChannelBinding); 3] =
    [("disable", ChannelBinding::Disable), ("prefer", ChannelBinding::Prefer), ("require", ChannelBinding::Require)];

/// A setting of the session as an option of the server's command line, where a backslash keeps a space.
pub(super) fn option(name: &str, value: &str) -> String {
    format!("-c {name}={}", value.replace('\\', "\\\\").replace(' ', "\\ "))
}

/// The parameters that the protocol's own configuration knows.
pub(super) fn configure(config: &mut Config, key: &str, value: &str) -> Result<()> {
    // libpq's way to say "as by default".
    if key.starts_with("keepalives_") && value == "0" {
        return Ok(());
    }
    match key {
        "user" => config.user(value),
        "password" => config.password(value),
        "dbname" => config.dbname(value),
        "application_name" => config.application_name(value),
        "sslnegotiation" => config.ssl_negotiation(word(key, value, &NEGOTIATIONS)?),
        "channel_binding" => config.channel_binding(word(key, value, &CHANNEL_BINDINGS)?),
        "keepalives" => config.keepalives(number::<u32>(key, value)? != 0),
        "keepalives_idle" => config.keepalives_idle(Duration::from_secs(number(key, value)?)),
        "keepalives_interval" => config.keepalives_interval(Duration::from_secs(number(key, value)?)),
        "keepalives_count" | "keepalives_retries" => config.keepalives_retries(number(key, value)?),
        "tcp_user_timeout" => config.tcp_user_timeout(Duration::from_millis(number(key, value)?)),
        _ => return Err(unknown(key)),
    };
    Ok(())
}

/// The meaning of one of these words.
pub(super) fn word<T: Copy>(key: &str, value: &str, words: &[(&str, T)]) -> Result<T> {
    let found = words.iter().find(|(word, _)| *word == value).map(|(_, meaning)| *meaning);
    found.ok_or_else(|| wrong(key, &words.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", ")))
}

/// Yes or no.
pub(super) fn flag(key: &str, value: &str) -> Result<bool> {
    word(key, value, &[("true", true), ("false", false), ("1", true), ("0", false)])
}

/// A whole number.
pub(super) fn number<T: FromStr>(key: &str, value: &str) -> Result<T> {
    value.parse().map_err(|_| wrong(key, "a whole number"))
}

/// The error of a URL that cannot be read. It repeats nothing of the URL.
pub(super) fn invalid(message: impl Into<String>) -> Error {
    Error::new(Code::UrlInvalid, message)
        .expected("postgresql://user:password@host:5432/database")
        .hint("Set DATABASE_URL, in the environment or in .env.")
}

/// The error of a value that a parameter cannot have.
pub(super) fn wrong(key: &str, expected: &str) -> Error {
    invalid(format!("The parameter `{key}` of the database URL has an invalid value.")).expected(expected)
}

/// The parameters of a PostgreSQL URL.
const PARAMETERS: [&str; 33] = [
    "application_name",
    "channel_binding",
    "connect_timeout",
    "connection_limit",
    "dbname",
    "gssencmode",
    "host",
    "hostaddr",
    "idle_in_transaction_session_timeout",
    "keepalives",
    "keepalives_count",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_retries",
    "load_balance_hosts",
    "lock_timeout",
    "options",
    "password",
    "pgbouncer",
    "pool_size",
    "pool_timeout",
    "port",
    "prepare",
    "schema",
    "search_path",
    "ssl",
    "sslmode",
    "sslnegotiation",
    "sslrootcert",
    "statement_timeout",
    "target_session_attrs",
    "tcp_user_timeout",
    "user",
];

fn unknown(key: &str) -> Error {
    let (message, hint) = unknown_parameter(key, &PARAMETERS, "a PostgreSQL URL");
    invalid(message).hint(hint)
}

#[cfg(test)]
mod tests {
    use super::super::url::parse;
    use super::*;

    #[test]
    fn the_parameters_that_hints_name_are_known() {
        for name in PARAMETERS {
            // The value may be refused; the name is not unknown.
            let refused = parse(&format!("h/d?{name}=1")).err().is_some_and(|error| error.message.contains("unknown"));
            assert!(!refused, "{name}");
        }
    }
}
