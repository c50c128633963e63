//! Operations as postgres's statements.

use crate::diff::Operation;
use crate::error::{Code, Error, Result};
use crate::schema::Schema;

/// See `Dialect::render`.
pub(super) fn render(_from: &Schema, _operations: &[Operation]) -> Result<Vec<String>> {
    Err(Error::new(Code::Internal, "unwritten"))
}
