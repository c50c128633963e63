//! The SQL functions that queries need and SQLite lacks: LIKE as the standard has it, and JSON by value: equal to another, among others.

use crate::deep_json;
use libsqlite3_sys as ffi;
use serde_json::{Number, Value};
use std::collections::HashSet;
use std::ffi::{c_int, c_void};
use std::ptr;

/// Registers the functions on a connection.
///
/// # Safety
/// `db` must be an open connection.
pub unsafe fn register(db: *mut ffi::sqlite3) {
    let flags = ffi::SQLITE_UTF8 | ffi::SQLITE_DETERMINISTIC;
    for (name, function) in [
        (c"plinth_like", sql_like as Function),
        (c"plinth_json_eq", sql_json_eq as Function),
        (c"plinth_json_in", sql_json_in as Function),
    ] {
        // SAFETY: the name is a C string and the functions match the signature; there is no data to free.
        unsafe {
            ffi::sqlite3_create_function_v2(
                db,
                name.as_ptr(),
                2,
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

type Function = unsafe extern "C" fn(*mut ffi::sqlite3_context, c_int, *mut *mut ffi::sqlite3_value);

/// Both arguments as text; `None` if one is NULL.
unsafe fn arguments<'a>(values: *mut *mut ffi::sqlite3_value) -> Option<(&'a [u8], &'a [u8])> {
    // SAFETY: SQLite passes as many values as the function was registered with: two, alive until it returns.
    unsafe {
        let text = |i: usize| {
            let value = *values.add(i);
            let text = ffi::sqlite3_value_text(value);
            let length = ffi::sqlite3_value_bytes(value) as usize;
            (!text.is_null()).then(|| std::slice::from_raw_parts(text, length))
        };
        Some((text(0)?, text(1)?))
    }
}

unsafe extern "C" fn sql_like(context: *mut ffi::sqlite3_context, _: c_int, values: *mut *mut ffi::sqlite3_value) {
    // SAFETY: called by SQLite with a live context and two values.
    unsafe {
        match arguments(values) {
            Some((pattern, text)) => ffi::sqlite3_result_int(context, c_int::from(like(pattern, text))),
            None => ffi::sqlite3_result_null(context),
        }
    }
}

unsafe extern "C" fn sql_json_eq(context: *mut ffi::sqlite3_context, _: c_int, values: *mut *mut ffi::sqlite3_value) {
    // SAFETY: called by SQLite with a live context and two values: it is registered with two.
    unsafe {
        match arguments(values) {
            Some((a, b)) => ffi::sqlite3_result_int(context, c_int::from(json_eq(a, b))),
            None => ffi::sqlite3_result_null(context),
        }
    }
}

/// A list that values are sought in: text and numbers by their hashes, the rest one by one.
#[derive(Default)]
struct List {
    texts: HashSet<String>,
    numbers: HashSet<u64>,
    others: Vec<Value>,
}

impl List {
    fn of(elements: Vec<Value>) -> Self {
        let mut list = List::default();
        for element in elements {
            match element {
                Value::String(text) => drop(list.texts.insert(text)),
                Value::Number(number) => list.numbers.extend(bits(&number)),
                other => list.others.push(other),
            }
        }
        list
    }

    fn holds(&self, value: &Value) -> bool {
        match value {
            Value::String(text) => self.texts.contains(text),
            Value::Number(number) => bits(number).is_some_and(|bits| self.numbers.contains(&bits)),
            other => self.others.iter().any(|element| same(other, element)),
        }
    }
}

/// The bits that equal numbers share, as `same` compares them: 0 and -0 are equal.
fn bits(number: &Number) -> Option<u64> {
    number.as_f64().map(|number| (number + 0.0).to_bits())
}

/// `plinth_json_in(value, list)`: the list is the same for every row of a statement, and is read once.
unsafe extern "C" fn sql_json_in(context: *mut ffi::sqlite3_context, _: c_int, values: *mut *mut ffi::sqlite3_value) {
    // SAFETY: called by SQLite with a live context and two values. What is kept for the second argument is a list that this function made, and SQLite drops it by
    // `drop_list`; it may do so when it is handed over, so that it is asked for anew.
    unsafe {
        let Some((value, list)) = arguments(values) else { return ffi::sqlite3_result_null(context) };
        let mut kept = ffi::sqlite3_get_auxdata(context, 1).cast::<List>();
        if kept.is_null() {
            let Some(Value::Array(list)) = read(list) else { return ffi::sqlite3_result_int(context, 0) };
            let made = Box::into_raw(Box::new(List::of(list)));
            ffi::sqlite3_set_auxdata(context, 1, made.cast(), Some(drop_list));
            kept = ffi::sqlite3_get_auxdata(context, 1).cast();
            if kept.is_null() {
                return ffi::sqlite3_result_error_nomem(context);
            }
        }
        let found = read(value).is_some_and(|value| (*kept).holds(&value));
        ffi::sqlite3_result_int(context, c_int::from(found));
    }
}

unsafe extern "C" fn drop_list(list: *mut c_void) {
    // SAFETY: made by Box::into_raw of a list, and handed here once.
    drop(unsafe { Box::from_raw(list.cast::<List>()) });
}

fn read(bytes: &[u8]) -> Option<Value> {
    deep_json::read(str::from_utf8(bytes).ok()?).ok()
}

fn json_eq(a: &[u8], b: &[u8]) -> bool {
    a == b || matches!((read(a), read(b)), (Some(a), Some(b)) if same(&a, &b))
}

/// Equal by value: 1 and 1.0 are one number.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(k, a)| b.get(k).is_some_and(|b| same(a, b)))
        }
        (a, b) => a == b,
    }
}

/// LIKE over UTF-8: `%` any run, `_` any one character, `\` takes the next character as it is.
fn like(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    // The place to go on after a mismatch: behind the last `%`, one character further in the text.
    let mut retry: Option<(usize, usize)> = None;
    loop {
        let matched = match pattern.get(p) {
            Some(b'%') => {
                retry = Some((p + 1, t));
                p += 1;
                continue;
            }
            None if t == text.len() => return true,
            Some(b'_') if t < text.len() => {
                t += character(text[t]);
                p += 1;
                true
            }
            Some(b'\\') if p + 1 < pattern.len() && text.get(t) == Some(&pattern[p + 1]) => {
                t += 1;
                p += 2;
                true
            }
            Some(b'\\') if p + 1 < pattern.len() => false,
            Some(b'_') | None => false,
            Some(byte) if text.get(t) == Some(byte) => {
                t += 1;
                p += 1;
                true
            }
            Some(_) => false,
        };
        if matched {
            continue;
        }
        match retry {
            Some((after, from)) if from < text.len() => {
                p = after;
                t = from + character(text[from]);
                retry = Some((after, t));
            }
            _ => return false,
        }
    }
}

/// The length in bytes of the character that starts with this byte.
fn character(first: u8) -> usize {
    match first {
        0xf0.. => 4,
        0xe0.. => 3,
        0xc0.. => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn like_follows_the_standard() {
        for (pattern, text, expected) in [
            ("", "", true),
            ("", "a", false),
            ("%", "", true),
            ("a%", "abc", true),
            ("A%", "abc", false),
            ("%c", "abc", true),
            ("%b%", "abc", true),
            ("a_c", "aéc", true),
            ("a_c", "ac", false),
            ("_", "😀", true),
            ("100\\%", "100%", true),
            ("100\\%", "1000", false),
            ("%\\_%", "a_b", true),
            ("%\\_%", "ab", false),
            ("%a%b%c", "xxaxxbxxbxc", true),
            ("\\\\", "\\", true),
            ("%é", "café", true),
            ("%a\0b%", "xa\0by", true),
            ("a%b", "a", false),
        ] {
            assert_eq!(like(pattern.as_bytes(), text.as_bytes()), expected, "{pattern:?} {text:?}");
        }
    }

    #[test]
    fn a_list_holds_what_is_equal_to_an_element() {
        let texts =
            [r#""a""#, "1", "1.0", "-0", "0.0", "9007199254740993", "true", "null", "[1.0]", r#"{"a":[1]}"#, r#""1""#];
        let values: Vec<Value> = texts.iter().filter_map(|text| read(text.as_bytes())).collect();
        assert_eq!(values.len(), texts.len());
        for element in &values {
            let list = List::of(vec![element.clone()]);
            for value in &values {
                assert_eq!(list.holds(value), same(value, element), "{value} in [{element}]");
            }
        }
    }

    #[test]
    fn json_is_equal_by_value() {
        assert!(json_eq(br#"{"a":1,"b":[1.0]}"#, br#"{ "b": [1], "a": 1 }"#));
        assert!(!json_eq(b"[1,2]", b"[2,1]"));
        assert!(!json_eq(b"null", b"false"));
    }
}
