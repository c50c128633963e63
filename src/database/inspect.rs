//! Administrative work that only reads, for a limited time.

use super::Target;
use crate::dialect::{self, Dialect};
use crate::engine::postgres::admin::AdminConnection;
use crate::engine::sqlite;
use crate::engine::stop::Stop;
use crate::error::{caught, Result};
use crate::statement::Execute;
use std::sync::Arc;
use std::time::Duration;

/// Runs work that only reads on a connection of its own. A panic in it ends with that connection. Errors: `TIMEOUT` if a query is
/// not done in time; the query is stopped.
pub(super) fn inspect<T>(
    target: &Target,
    limit: Option<Duration>,
    work: impl FnOnce(&dyn Dialect, &mut dyn Execute) -> Result<T>,
) -> Result<T> {
    let stop = Arc::new(Stop::after(limit));
    caught(|| match target {
        Target::Sqlite(target) => {
            sqlite::reading::run(target, &stop, |connection| work(&dialect::sqlite::syntax::Sqlite, connection))
        }
        Target::Postgres(target) => {
            let mut connection = AdminConnection::open_by(target, &stop)?;
            work(&dialect::postgres::syntax::Postgres, &mut connection)
        }
    })
}
