//! Changes that a column's own value refuses.

use super::{Code, Error};

impl Error {
    /// A number that its column cannot hold.
    pub fn out_of_range() -> Self {
        Error::new(Code::ValueInvalid, "A number is out of the range of its column.")
            .expected("a number within the range of its column")
    }

    /// JSON of another type than a change needs; `expected` is `a JSON array` or `a JSON object`.
    pub fn not_json_of(expected: &str) -> Self {
        let found = "JSON of another type";
        let message = format!("A stored value is {found}: expected {expected}.");
        Error::new(Code::ValueInvalid, message).expected(expected).found(found)
    }
}
