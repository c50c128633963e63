//! reset: drops what a database holds, whoever made it, and creates what the models say.

use crate::dialect::Dialect;
use crate::error::Result;
use crate::init::{create_missing, InitReport};
use crate::schema::Models;
use crate::statement::Execute;
use serde::Serialize;

pub use crate::dialect::found::{Survey, SurveyedTable};

/// What a reset destroyed, and what it made. URL and the time it took are added by the caller.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ResetReport {
    /// `sqlite` or `postgres`.
    pub dialect: String,
    /// What is gone.
    pub dropped: Survey,
    /// What was created after it.
    pub init: InitReport,
}

/// What a reset would destroy. Changes nothing.
pub fn survey(dialect: &dyn Dialect, connection: &mut dyn Execute) -> Result<Survey> {
    dialect.survey(connection)
}

/// Drops all and creates from the models, as one transaction: where it fails, nothing has changed.
pub fn reset(dialect: &dyn Dialect, connection: &mut dyn Execute, models: &Models) -> Result<ResetReport> {
    let mut report = ResetReport { dialect: dialect.name().into(), ..ResetReport::default() };
    dialect.reset_transaction(connection, &mut |connection| {
        report.dropped = dialect.survey(connection)?;
        dialect.drop_all(connection)?;
        report.init = create_missing(dialect, connection, models)?;
        Ok(())
    })?;
    Ok(report)
}
