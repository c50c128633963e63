//! The shape of a sqlite database, read and foretold.

use crate::dialect::shape::Shape;
use crate::error::{Code, Error, Result};
use crate::schema::Schema;
use crate::statement::Execute;

/// See `Dialect::introspect`.
pub(super) fn introspect(_connection: &mut dyn Execute, _only: Option<&[String]>) -> Result<Shape> {
    Err(Error::new(Code::Internal, "unwritten"))
}

/// See `Dialect::normalize`.
pub(super) fn normalize(_connection: &mut dyn Execute, _schema: &Schema) -> Result<Shape> {
    Err(Error::new(Code::Internal, "unwritten"))
}
