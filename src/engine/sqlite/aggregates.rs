//! The SQL aggregates that queries need and SQLite lacks: sums that are exact whatever the order of the rows, where SQLite's own
//! fail as soon as one step leaves 64 bits.

use crate::engine::packed::write_decimal_sum;
use libsqlite3_sys as ffi;
use std::ffi::{c_int, CStr};
use std::{mem, ptr};

/// SQLite's error message for doubles that add up to more than a double holds.
pub const OUT_OF_RANGE: &str = "plinth: a sum is out of range";
const NO_NUMBER: &CStr = c"plinth: a value to be added up is not a number";

/// The sum so far. SQLite gives it zeroed.
#[repr(C)]
#[derive(Clone, Copy)]
struct Sum {
    /// Of whole numbers. The bits of an i128, in two: SQLite aligns to 8 bytes.
    low: u64,
    high: u64,
    /// Of doubles.
    real: f64,
    /// How many values.
    count: u64,
    /// Whether a double is among them.
    reals: bool,
    /// Whether a value is not a number.
    wrong: bool,
}

impl Sum {
    fn whole(&self) -> i128 {
        (u128::from(self.high) << 64 | u128::from(self.low)) as i128
    }

    fn add_whole(&mut self, n: i64) {
        // So many rows that it overflows do not exist.
        let sum = self.whole().wrapping_add(i128::from(n)) as u128;
        self.low = sum as u64;
        self.high = (sum >> 64) as u64;
    }

    /// Of all values, as a double.
    fn double(&self) -> f64 {
        self.real + self.whole() as f64
    }
}

/// Registers the aggregates on a connection.
///
/// # Safety
/// `db` must be an open connection.
pub unsafe fn register(db: *mut ffi::sqlite3) {
    type Final = unsafe extern "C" fn(*mut ffi::sqlite3_context);
    let flags = ffi::SQLITE_UTF8 | ffi::SQLITE_DETERMINISTIC;
    for (name, arguments, last) in [
        (c"plinth_sum", 1, finish_sum as Final),
        (c"plinth_sum_text", 2, finish_text as Final),
        (c"plinth_avg", 2, finish_average as Final),
    ] {
        // SAFETY: the name is a C string and the functions match the signature; there is no data to free.
        unsafe {
            ffi::sqlite3_create_function_v2(
                db,
                name.as_ptr(),
                arguments,
                flags,
                ptr::null_mut(),
                None,
                Some(step),
                Some(last),
                None,
            );
        }
    }
}

unsafe extern "C" fn step(context: *mut ffi::sqlite3_context, count: c_int, values: *mut *mut ffi::sqlite3_value) {
    // SAFETY: called by SQLite with a live context and as many values as the function was registered with; what it gives for
    // the context is zeroed, large enough and aligned to 8 bytes.
    unsafe {
        let value = *values;
        let sum = ffi::sqlite3_aggregate_context(context, mem::size_of::<(Sum, i64)>() as c_int).cast::<(Sum, i64)>();
        if sum.is_null() {
            return ffi::sqlite3_result_error_nomem(context);
        }
        let (sum, scale) = &mut *sum;
        if count > 1 {
            *scale = ffi::sqlite3_value_int64(*values.add(1));
        }
        match ffi::sqlite3_value_type(value) {
            ffi::SQLITE_INTEGER => sum.add_whole(ffi::sqlite3_value_int64(value)),
            ffi::SQLITE_FLOAT => {
                sum.real += ffi::sqlite3_value_double(value);
                sum.reals = true;
            }
            ffi::SQLITE_NULL => return,
            _ => sum.wrong = true,
        }
        sum.count += 1;
    }
}

/// Gives the result of `finish` for the sum and its scale; NULL if there was no value.
unsafe fn finish(context: *mut ffi::sqlite3_context, finish: impl FnOnce(&Sum, u8)) {
    // SAFETY: called by SQLite with a live context; without a step there is nothing, and nothing is made.
    unsafe {
        let sum = ffi::sqlite3_aggregate_context(context, 0).cast::<(Sum, i64)>();
        match sum.as_ref() {
            Some((sum, _)) if sum.wrong => ffi::sqlite3_result_error(context, NO_NUMBER.as_ptr(), -1),
            Some((sum, _)) if !sum.double().is_finite() => {
                ffi::sqlite3_result_error(context, OUT_OF_RANGE.as_ptr().cast(), OUT_OF_RANGE.len() as c_int);
            }
            Some((sum, scale)) if sum.count > 0 => finish(sum, *scale as u8),
            _ => ffi::sqlite3_result_null(context),
        }
    }
}

/// As a number to compare: beyond 64 bits the double next to it.
unsafe extern "C" fn finish_sum(context: *mut ffi::sqlite3_context) {
    // SAFETY: called by SQLite with a live context, which takes one result.
    unsafe {
        finish(context, |sum, _| match i64::try_from(sum.whole()) {
            Ok(whole) if !sum.reals => ffi::sqlite3_result_int64(context, whole),
            _ => ffi::sqlite3_result_double(context, sum.double()),
        });
    }
}

/// As text with every digit, so many of them after the point.
unsafe extern "C" fn finish_text(context: *mut ffi::sqlite3_context) {
    // SAFETY: called by SQLite with a live context, which takes one result; SQLite copies the text.
    unsafe {
        finish(context, |sum, scale| {
            if sum.reals {
                return ffi::sqlite3_result_error(context, NO_NUMBER.as_ptr(), -1);
            }
            let text = text(sum, scale);
            ffi::sqlite3_result_text(context, text.as_ptr().cast(), text.len() as c_int, ffi::SQLITE_TRANSIENT());
        });
    }
}

/// The sum as a double, divided by how many values there were.
unsafe extern "C" fn finish_average(context: *mut ffi::sqlite3_context) {
    // SAFETY: called by SQLite with a live context, which takes one result.
    unsafe {
        finish(context, |sum, scale| {
            let total = match scale {
                0 => sum.double(),
                // Of the digits, so that it is the double next to the sum.
                _ => text(sum, scale).parse().unwrap_or(f64::NAN),
            };
            ffi::sqlite3_result_double(context, total / sum.count as f64);
        });
    }
}

fn text(sum: &Sum, scale: u8) -> String {
    let mut out = Vec::new();
    write_decimal_sum(&mut out, sum.whole(), scale);
    String::from_utf8(out).unwrap_or_default()
}
