//! The transaction of one revision on sqlite.

use crate::dialect::Work;
use crate::error::{Code, Error, Result};
use crate::statement::Execute;

/// See `Dialect::revision_transaction`.
pub(super) fn transaction(_connection: &mut dyn Execute, _tables: &[String], _work: Work<'_>) -> Result<()> {
    Err(Error::new(Code::Internal, "unwritten"))
}
