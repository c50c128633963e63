//! A PostgreSQL database as connections to it need it known.

use super::prepare::Prepare;
use super::tls::Tls;
use super::url::PostgresUrl;
use crate::engine::settings::Settings;
use crate::error::Result;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// A PostgreSQL database, and how to connect to it. Its `Debug` hides the password.
#[derive(Clone, Debug)]
pub struct Target {
    /// Its pool of connections.
    pub pool: Pool,
    /// Whether statements are kept prepared on their connections; not behind a transaction pooler.
    pub prepare: Arc<Prepare>,
    /// Whether transactions are read committed unless they ask for more: found out when the first connection is made. It
    /// decides for all, as with `prepare`.
    pub read_committed: Arc<OnceLock<bool>>,
    /// How reports name it. Holds no password.
    pub shown: String,
    pub(super) url: Arc<PostgresUrl>,
    pub(super) tls: Arc<Tls>,
}

/// The limits of a pool of connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pool {
    /// Connections at most.
    pub size: usize,
    /// How long a call waits for a connection; `None`: as long as it takes.
    pub acquire_timeout: Option<Duration>,
    /// After how long without work a connection is closed; `None`: never.
    pub idle_timeout: Option<Duration>,
}

impl Target {
    /// The database of a URL, with the settings beside it, which come first.
    pub fn new(url: &PostgresUrl, settings: &Settings) -> Result<Self> {
        let pool = &settings.pool;
        let acquire_timeout =
            pool.acquire_timeout_ms.map(Duration::from_millis).or(url.pool_timeout).unwrap_or(Duration::from_secs(10));
        let idle_timeout = Duration::from_millis(pool.idle_timeout_ms.unwrap_or(30_000));
        Ok(Target {
            pool: Pool {
                size: pool.size.map(|size| size as usize).or(url.pool_size).unwrap_or(10).max(1),
                acquire_timeout: (!acquire_timeout.is_zero()).then_some(acquire_timeout),
                idle_timeout: (!idle_timeout.is_zero()).then_some(idle_timeout),
            },
            prepare: Arc::new(Prepare::new(settings.prepare.or(url.prepare))),
            read_committed: Arc::default(),
            shown: url.shown(),
            tls: Arc::new(Tls::new(url, settings)),
            url: Arc::new(url.clone()),
        })
    }

    /// The database's name. A server takes the user's name if there is none.
    pub fn database(&self) -> Option<&str> {
        self.url.config.get_dbname().or(self.url.config.get_user())
    }

    /// How long an attempt to connect may take; `None`: as long as it takes.
    pub fn connect_timeout(&self) -> Option<Duration> {
        self.url.connect_timeout
    }

    /// Another database of the same servers, with the same user.
    pub fn with_database(&self, name: &str) -> Self {
        let mut other = self.clone();
        Arc::make_mut(&mut other.url).config.dbname(name);
        other.shown = other.url.shown();
        other
    }
}
