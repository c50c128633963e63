//! The meaning of a failed handshake: tokio-postgres and poolers report it in words alone, which
//! are English.

use std::error::Error as _;
use tokio_postgres::error::SqlState;

/// The obstacle that kept the client's side from a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine::postgres) enum Obstacle {
    /// The server speaks no TLS.
    NoTls,
    /// The server asks for a password, and there is none.
    PasswordMissing,
    /// The client does not authenticate as the server asks.
    Authentication,
    /// Something else.
    Other,
}

/// The obstacle of an error of tokio-postgres that no server sent, and its reason in words.
pub(in crate::engine::postgres) fn obstacle(error: &tokio_postgres::Error) -> (Obstacle, String) {
    let reason = error.source().map_or_else(|| error.to_string(), ToString::to_string);
    let obstacle = match () {
        () if reason.contains("does not support TLS") => Obstacle::NoTls,
        () if reason == "password missing" => Obstacle::PasswordMissing,
        () if error.to_string().contains("authentication") => Obstacle::Authentication,
        () => Obstacle::Other,
    };
    (obstacle, reason)
}

/// Whether an error of tokio-postgres is about encryption.
pub(in crate::engine::postgres) fn is_about_tls(error: &tokio_postgres::Error) -> bool {
    error.to_string().contains("TLS")
}

/// The state of a pooler's message: its own words, which are English, or those of its server, in
/// any language.
pub(in crate::engine::postgres) fn pooler_state(message: &str, database: Option<&str>, user: Option<&str>) -> SqlState {
    let states = [
        ("no such database", SqlState::INVALID_CATALOG_NAME),
        ("does not exist", SqlState::INVALID_CATALOG_NAME),
        ("no such user", SqlState::INVALID_PASSWORD),
        ("authentication failed", SqlState::INVALID_PASSWORD),
        ("no more connections", SqlState::TOO_MANY_CONNECTIONS),
        ("too many", SqlState::TOO_MANY_CONNECTIONS),
        ("startup parameter", SqlState::INVALID_PARAMETER_VALUE),
    ];
    if let Some((_, state)) = states.into_iter().find(|(text, _)| message.contains(text)) {
        return state;
    }
    // Of a database that is missing the server says little but its name.
    let named =
        |name: &str| message.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '-').any(|word| word == name);
    match database {
        Some(database) if named(database) && user != Some(database) => SqlState::INVALID_CATALOG_NAME,
        _ => SqlState::CANNOT_CONNECT_NOW,
    }
}
