//! The verbs of migrations on a database: where it is, which revisions there are, who keeps others out.

use super::Target;
use crate::error::{Code, Error, Result};
use crate::migrate::report::{
    DowngradeReport, HistoryReport, Options, Report, StampReport, StatusReport, UpgradeReport,
};
use crate::schema::Models;

fn unwritten<T>() -> Result<T> {
    Err(Error::new(Code::Internal, "This verb is not written yet."))
}

/// Applies what is pending.
pub fn upgrade(_: &Target, _: Option<&Models>, _: &Options, _: Report<'_>) -> Result<UpgradeReport> {
    unwritten()
}

/// Takes revisions back, the last applied first.
pub fn downgrade(_: &Target, _: &Options, _: Report<'_>) -> Result<DowngradeReport> {
    unwritten()
}

/// Records revisions as applied, or as not applied, without running anything.
pub fn stamp(_: &Target, _: &Options) -> Result<StampReport> {
    unwritten()
}

/// All revisions, and what was done to this database.
pub fn history(_: &Target, _: &Options) -> Result<HistoryReport> {
    unwritten()
}

/// Head against current.
pub fn status(_: &Target, _: &Options) -> Result<StatusReport> {
    unwritten()
}

/// Writes the revisions that lead to the models; gives JSON.
pub fn revise(_schema: &str, _options: &str, _settings: Option<&str>) -> Result<String> {
    unwritten()
}

/// Models against head; gives JSON.
pub fn check(_schema: &str, _options: &str, _settings: Option<&str>) -> Result<String> {
    unwritten()
}
