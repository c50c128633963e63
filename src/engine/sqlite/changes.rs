//! The SQL functions that change a column by its own value: `plinth_add`, `plinth_json_append`, `plinth_json_merge`. The functions
//! of SQLite itself turn sums into doubles, and drop members that are null.

use libsqlite3_sys as ffi;
use serde::de::{MapAccess, Visitor};
use serde::Deserializer as _;
use serde_json::value::RawValue;
use std::collections::HashMap;
use std::ffi::{c_int, CStr};
use std::{fmt, ptr, slice, str};

/// The message of SQLite's error if a column cannot hold a sum.
pub const OUT_OF_RANGE: &str = "plinth: a sum of a column is out of range";
/// The message if JSON is not an array to append elements to.
pub const NOT_AN_ARRAY: &str = "plinth: JSON is not an array";
/// The message if JSON is not an object to put members into.
pub const NOT_AN_OBJECT: &str = "plinth: JSON is not an object";
const NO_NUMBER: &CStr = c"plinth: a value to be added to is not a number";

type Function = unsafe extern "C" fn(*mut ffi::sqlite3_context, c_int, *mut *mut ffi::sqlite3_value);

/// Registers the functions on a connection.
///
/// # Safety
/// `db` must be an open connection.
pub unsafe fn register(db: *mut ffi::sqlite3) {
    let flags = ffi::SQLITE_UTF8 | ffi::SQLITE_DETERMINISTIC;
    for (name, arguments, function) in [
        (c"plinth_add", 2, sql_add as Function),
        (c"plinth_add", 4, sql_add as Function),
        (c"plinth_json_append", 2, sql_append as Function),
        (c"plinth_json_merge", 2, sql_merge as Function),
    ] {
        // SAFETY: the name is a C string and the functions match the signature; there is no data to free.
        unsafe {
            ffi::sqlite3_create_function_v2(
                db,
                name.as_ptr(),
                arguments,
                flags,
                ptr::null_mut(),
                Some(function),
                None,
                None,
                None,
            );
        }
    }
}

/// A number of SQLite.
#[derive(Clone, Copy)]
enum Number {
    Whole(i64),
    Real(f64),
}

impl Number {
    fn double(self) -> f64 {
        match self {
            Number::Whole(n) => n as f64,
            Number::Real(n) => n,
        }
    }

    /// The sum, if it is within the range of whole numbers, or finite.
    fn plus(self, other: Number, least: i64, greatest: i64) -> Option<Number> {
        match (self, other) {
            (Number::Whole(a), Number::Whole(b)) => {
                a.checked_add(b).filter(|sum| (least..=greatest).contains(sum)).map(Number::Whole)
            }
            (a, b) => Some(a.double() + b.double()).filter(|sum| sum.is_finite()).map(Number::Real),
        }
    }
}

/// `plinth_add(value, amount)`, `plinth_add(value, amount, least, greatest)`.
unsafe extern "C" fn sql_add(context: *mut ffi::sqlite3_context, count: c_int, values: *mut *mut ffi::sqlite3_value) {
    // SAFETY: called by SQLite with a live context and as many values as it was registered with: two or four.
    unsafe {
        let number = |i: usize| {
            let value = *values.add(i);
            match ffi::sqlite3_value_type(value) {
                ffi::SQLITE_INTEGER => Some(Number::Whole(ffi::sqlite3_value_int64(value))),
                ffi::SQLITE_FLOAT => Some(Number::Real(ffi::sqlite3_value_double(value))),
                _ => None,
            }
        };
        let bound = |i: usize, none: i64| if count == 4 { ffi::sqlite3_value_int64(*values.add(i)) } else { none };
        if (0..2).any(|i| ffi::sqlite3_value_type(*values.add(i)) == ffi::SQLITE_NULL) {
            return ffi::sqlite3_result_null(context);
        }
        let (Some(value), Some(amount)) = (number(0), number(1)) else {
            return ffi::sqlite3_result_error(context, NO_NUMBER.as_ptr(), -1);
        };
        match value.plus(amount, bound(2, i64::MIN), bound(3, i64::MAX)) {
            Some(Number::Whole(sum)) => ffi::sqlite3_result_int64(context, sum),
            Some(Number::Real(sum)) => ffi::sqlite3_result_double(context, sum),
            None => fail(context, OUT_OF_RANGE),
        }
    }
}

unsafe extern "C" fn sql_append(context: *mut ffi::sqlite3_context, _: c_int, values: *mut *mut ffi::sqlite3_value) {
    // SAFETY: called by SQLite with a live context and two values.
    unsafe { change(context, values, append, NOT_AN_ARRAY) }
}

unsafe extern "C" fn sql_merge(context: *mut ffi::sqlite3_context, _: c_int, values: *mut *mut ffi::sqlite3_value) {
    // SAFETY: called by SQLite with a live context and two values.
    unsafe { change(context, values, merge, NOT_AN_OBJECT) }
}

/// Applies an atomic change: the first value is the stored JSON, the second the argument of the change. NULL counts as empty.
///
/// # Safety
/// `context` must be live, and there must be two live values.
unsafe fn change(
    context: *mut ffi::sqlite3_context,
    values: *mut *mut ffi::sqlite3_value,
    change: fn(&str, &str) -> Option<String>,
    refusal: &str,
) {
    // SAFETY: as the caller says; the texts are alive until the function returns, and SQLite copies the result.
    unsafe {
        let text = |i: usize| {
            let value = *values.add(i);
            let start = ffi::sqlite3_value_text(value);
            let length = ffi::sqlite3_value_bytes(value) as usize;
            (!start.is_null()).then(|| slice::from_raw_parts(start, length))
        };
        if ffi::sqlite3_value_type(*values) == ffi::SQLITE_NULL {
            return ffi::sqlite3_result_value(context, *values.add(1));
        }
        let read = |bytes: Option<_>| bytes.and_then(|bytes| str::from_utf8(bytes).ok());
        let changed = read(text(0)).zip(read(text(1))).and_then(|(own, given)| change(own, given));
        match changed {
            Some(json) => ffi::sqlite3_result_text64(
                context,
                json.as_ptr().cast(),
                json.len() as u64,
                ffi::SQLITE_TRANSIENT(),
                ffi::SQLITE_UTF8 as u8,
            ),
            None => fail(context, refusal),
        }
    }
}

/// # Safety
/// `context` must be live.
unsafe fn fail(context: *mut ffi::sqlite3_context, message: &str) {
    // SAFETY: as the caller says; SQLite copies the message.
    unsafe { ffi::sqlite3_result_error(context, message.as_ptr().cast(), message.len() as c_int) }
}

/// The text between the brackets of a JSON array; `None` if the JSON is not an array. The items are not checked.
fn elements(json: &str) -> Option<&str> {
    Some(json.trim().strip_prefix('[')?.strip_suffix(']')?.trim())
}

/// The elements of both arrays, each as it is written.
fn append(own: &str, given: &str) -> Option<String> {
    let parts: Vec<&str> = [elements(own)?, elements(given)?].into_iter().filter(|part| !part.is_empty()).collect();
    Some(format!("[{}]", parts.join(",")))
}

/// The members of both objects, each as it is written: those of the second in the place of those of the first.
fn merge(own: &str, given: &str) -> Option<String> {
    let mut all = Members::default();
    all.read(own)?;
    all.read(given)?;
    let mut json = String::with_capacity(own.len() + given.len());
    for (i, (name, value)) in all.list.iter().enumerate() {
        json.push(if i == 0 { '{' } else { ',' });
        json += &serde_json::to_string(name).ok()?;
        json.push(':');
        json += value.get();
    }
    json += if all.list.is_empty() { "{}" } else { "}" };
    Some(json)
}

/// The members of JSON objects, in their order. Of two with one name the last counts.
#[derive(Default)]
struct Members<'a> {
    list: Vec<(String, &'a RawValue)>,
    /// Where each name is in the list.
    places: HashMap<String, usize>,
}

impl<'a> Members<'a> {
    /// Adds those of an object; `None` if it is not an object.
    fn read(&mut self, json: &'a str) -> Option<()> {
        let mut reader = serde_json::Deserializer::from_str(json);
        reader.disable_recursion_limit();
        reader.deserialize_map(self).ok()
    }
}

impl<'a> Visitor<'a> for &mut Members<'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some((name, value)) = map.next_entry::<String, &RawValue>()? {
            match self.places.get(&name) {
                Some(place) => self.list[*place].1 = value,
                None => {
                    self.places.insert(name.clone(), self.list.len());
                    self.list.push((name, value));
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_appended_as_they_are_written() {
        for (own, given, expected) in [
            ("[]", "[1]", Some("[1]")),
            (" [ 1 , 2 ] ", "[[3]]", Some("[1 , 2,[3]]")),
            ("[1e400,12345678901234567890]", "[null]", Some("[1e400,12345678901234567890,null]")),
            ("[1]", "[]", Some("[1]")),
            ("{}", "[1]", None),
            ("null", "[1]", None),
            ("\"[]\"", "[1]", None),
        ] {
            assert_eq!(append(own, given).as_deref(), expected, "{own} {given}");
        }
    }

    #[test]
    fn members_are_merged_at_the_top_alone() {
        for (own, given, expected) in [
            ("{}", r#"{"a":1}"#, Some(r#"{"a":1}"#)),
            (
                r#"{ "a": {"x": 1}, "b": 1e400 }"#,
                r#"{"a":{"y":2},"c":null}"#,
                Some(r#"{"a":{"y":2},"b":1e400,"c":null}"#),
            ),
            (r#"{"a":1,"a":2}"#, "{}", Some(r#"{"a":2}"#)),
            (r#"{"\u0061":1}"#, r#"{"a":2}"#, Some(r#"{"a":2}"#)),
            (r#"{"é\"":1}"#, "{}", Some(r#"{"é\"":1}"#)),
            ("[1]", "{}", None),
            ("null", "{}", None),
        ] {
            assert_eq!(merge(own, given).as_deref(), expected, "{own} {given}");
        }
        let deep = format!("{{\"a\":{}1{}}}", "[".repeat(10_000), "]".repeat(10_000));
        assert_eq!(merge(&deep, "{}").as_deref(), Some(deep.as_str()));
    }
}
