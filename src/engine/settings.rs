//! The settings of an engine, as JavaScript passes them: the URL, and additions from the
//! environment and the options.

use crate::error::{Code, Error, Result};
use serde::Deserialize;

/// Settings of a database.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Settings {
    /// The database's URL; see `url::parse`.
    pub url: String,
    /// Where a relative path starts.
    pub base: String,
    /// SQLite: whether a commit waits for the disk (`full`, the default) or not (`normal`).
    pub durability: Option<String>,
    /// PostgreSQL: the pool.
    pub pool: PoolSettings,
    /// PostgreSQL: whether statements are kept prepared on their connections; by default, if no
    /// pooler is found.
    pub prepare: Option<bool>,
    /// PostgreSQL: the certificate of the authority to trust, PEM or the path of a file with it (`PG_SSL_ROOT_CERT`).
    pub root_cert: Option<String>,
    /// PostgreSQL: whether a certificate is accepted that no authority has signed (`PG_SSL_ALLOW_SELF_SIGNED`).
    pub allow_self_signed: bool,
}

/// Settings of a pool of connections.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PoolSettings {
    /// Connections at most; 10.
    pub size: Option<u32>,
    /// How long a call waits for a connection, in milliseconds; 10,000.
    pub acquire_timeout_ms: Option<u64>,
    /// After how long without work a connection is closed, in milliseconds; 30,000. 0: never.
    pub idle_timeout_ms: Option<u64>,
}

impl Settings {
    /// Reads settings from JSON.
    pub fn from_json(json: &str) -> Result<Self> {
        serde_json::from_str(json)
            .map_err(|error| Error::new(Code::Internal, format!("The settings are not valid JSON: {error}.")))
    }

    /// Only a URL, all else as by default.
    pub fn of(url: impl Into<String>, base: impl Into<String>) -> Self {
        Settings { url: url.into(), base: base.into(), ..Settings::default() }
    }
}
