//! Binds packed parameters to a statement and packs its rows: the innermost loop of the row path.

use crate::engine::packed::{any, read_decimal, scale_list, write_decimal, Bind, Chunk, NULL};
use crate::error::{Code, Error, Result};
use crate::plan::{Check, Form, Output, Param, Wire, MAX_SAFE};
use crate::time;
use libsqlite3_sys as ffi;
use std::ffi::{c_char, c_int, CStr};

/// How to read one column of a row.
pub struct Column {
    /// How it crosses.
    pub wire: Wire,
    /// How it is stored.
    pub form: Form,
    /// A further condition on a value.
    pub check: Check,
    /// Whether it stays here.
    pub hidden: bool,
}

impl From<&Output> for Column {
    fn from(output: &Output) -> Self {
        Column { wire: output.wire, form: output.form, check: output.check.clone(), hidden: output.hidden }
    }
}

/// Binds one parameter. Text and bytes are not copied: they must stay alive until the statement is reset.
///
/// # Safety
/// `statement` must be a live statement that is not being stepped.
#[inline]
pub unsafe fn bind(statement: *mut ffi::sqlite3_stmt, at: usize, param: &Param, value: Bind<'_>) -> Result<()> {
    let at = at as c_int;
    // SAFETY: guaranteed by the caller; lengths belong to their pointers.
    let code = unsafe {
        match (value, param.form) {
            (Bind::Null, _) => ffi::sqlite3_bind_null(statement, at),
            (Bind::Int(n), _) => ffi::sqlite3_bind_int64(statement, at, n),
            (Bind::Real(f), _) => ffi::sqlite3_bind_double(statement, at, f),
            (Bind::Time(millis), _) => {
                let text = time::write(millis);
                ffi::sqlite3_bind_text(
                    statement,
                    at,
                    text.as_ptr().cast(),
                    text.len() as c_int,
                    ffi::SQLITE_TRANSIENT(),
                )
            }
            (Bind::Text(text), Form::Plain | Form::List) => bind_text(statement, at, text),
            (Bind::Text(text), Form::Decimal(scale)) => match read_decimal(text, scale) {
                Some(scaled) => ffi::sqlite3_bind_int64(statement, at, scaled),
                None => return Err(Error::new(Code::ValueInvalid, "The value is not an exact number of its column.")),
            },
            (Bind::Text(text), form) => match scale_list(text, form) {
                Some(list) => ffi::sqlite3_bind_text(
                    statement,
                    at,
                    list.as_ptr().cast(),
                    list.len() as c_int,
                    ffi::SQLITE_TRANSIENT(),
                ),
                None => {
                    return Err(Error::new(
                        Code::ValueInvalid,
                        "A value of the list is not an exact number of its column.",
                    ))
                }
            },
            // An empty slice may have any pointer, and a null pointer would bind NULL.
            (Bind::Bytes([]), _) => ffi::sqlite3_bind_zeroblob(statement, at, 0),
            (Bind::Bytes(bytes), _) => {
                ffi::sqlite3_bind_blob64(statement, at, bytes.as_ptr().cast(), bytes.len() as u64, ffi::SQLITE_STATIC())
            }
        }
    };
    match code {
        ffi::SQLITE_OK => Ok(()),
        ffi::SQLITE_TOOBIG => Err(Error::new(Code::ValueInvalid, "The value is larger than the database can hold.")
            .expected("at most 1,000,000,000 bytes")),
        code => Err(Error::new(Code::Internal, format!("A parameter could not be bound (SQLite code {code})."))),
    }
}

/// Refuses a person's statement whose parameters are not these many, each of them in place: a value
/// inside quotes or a comment of the SQL is not a parameter, and would be dropped silently.
///
/// # Safety
/// `statement` must be a live statement.
pub unsafe fn check_parameters(statement: *mut ffi::sqlite3_stmt, given: usize) -> Result<()> {
    let error = |message: String, hint: &str| Err(Error::new(Code::SqlRefused, message).hint(hint));
    // SAFETY: guaranteed by the caller; a name lives as long as its statement.
    let name = |n: usize| unsafe {
        let name = ffi::sqlite3_bind_parameter_name(statement, n as c_int);
        (!name.is_null()).then(|| CStr::from_ptr(name).to_bytes())
    };
    // SAFETY: the caller guarantees a live statement, which is only asked how many parameters it has.
    let count = unsafe { ffi::sqlite3_bind_parameter_count(statement) } as usize;
    let foreign = count > given || (1..=count).any(|n| name(n).is_some_and(|name| !name.starts_with(b"?")));
    let lost = if foreign { None } else { (1..=given).find(|n| name(*n).is_none()) };
    if let Some(n) = lost {
        let message = format!("Value {n} of the SQL stands inside quotes or a comment, where it is not bound.");
        return error(message, "Build the text in JavaScript and bind it whole: LIKE ${`%${word}%`}.");
    }
    if foreign {
        let message = "The SQL has a parameter of its own that no value is bound to.".into();
        return error(message, "Write the value into the template: ${value}.");
    }
    Ok(())
}

unsafe fn bind_text(statement: *mut ffi::sqlite3_stmt, at: c_int, text: &[u8]) -> c_int {
    let pointer: *const c_char = if text.is_empty() { c"".as_ptr() } else { text.as_ptr().cast() };
    // SAFETY: only `bind` calls this, with a live statement; the length is that of the text, which outlives the binding.
    unsafe {
        ffi::sqlite3_bind_text64(
            statement,
            at,
            pointer,
            text.len() as u64,
            ffi::SQLITE_STATIC(),
            ffi::SQLITE_UTF8 as u8,
        )
    }
}

/// Appends the statement's current row to a chunk. On failure: the number of the column that could not be read.
///
/// # Safety
/// The last step of `statement` must have given a row of as many columns as `columns`.
#[inline]
pub unsafe fn row(
    statement: *mut ffi::sqlite3_stmt,
    columns: &[Column],
    chunk: &mut Chunk,
) -> std::result::Result<(), usize> {
    for (i, column) in columns.iter().enumerate() {
        let mark = column.hidden.then(|| chunk.mark());
        // SAFETY: the row is current and the column exists.
        let read = unsafe { cell(ffi::sqlite3_column_value(statement, i as c_int), column, chunk) };
        if !read {
            return Err(i);
        }
        if let Some(mark) = mark {
            chunk.cut(mark);
        }
    }
    chunk.rows += 1;
    Ok(())
}

/// The text of a value, without a copy.
///
/// # Safety
/// `value` must be alive and hold text.
#[inline]
pub unsafe fn text<'a>(value: *mut ffi::sqlite3_value) -> &'a [u8] {
    // SAFETY: guaranteed by the caller; the pointer is asked for before the length, as SQLite wants it.
    unsafe {
        let start = ffi::sqlite3_value_text(value);
        let length = ffi::sqlite3_value_bytes(value) as usize;
        if start.is_null() {
            &[]
        } else {
            std::slice::from_raw_parts(start, length)
        }
    }
}

unsafe fn blob<'a>(value: *mut ffi::sqlite3_value) -> &'a [u8] {
    // SAFETY: the callers pass a value of the current row, which is alive; the pointer is asked for before the length, as SQLite
    // wants it.
    unsafe {
        let start = ffi::sqlite3_value_blob(value);
        let length = ffi::sqlite3_value_bytes(value) as usize;
        if start.is_null() {
            &[]
        } else {
            std::slice::from_raw_parts(start.cast(), length)
        }
    }
}

/// Packs one value; false when it is not of the column's kind.
#[inline(always)]
unsafe fn cell(value: *mut ffi::sqlite3_value, column: &Column, chunk: &mut Chunk) -> bool {
    // SAFETY: the value is alive as long as its row is current.
    unsafe {
        let kind = ffi::sqlite3_value_type(value);
        match column.wire {
            Wire::Int => match kind {
                ffi::SQLITE_INTEGER => {
                    let n = ffi::sqlite3_value_int64(value);
                    // Beyond 2^53 - 1 a number would no longer be the one that is stored.
                    if n.unsigned_abs() > MAX_SAFE {
                        return false;
                    }
                    chunk.push_int(n);
                }
                ffi::SQLITE_NULL => {
                    chunk.ints.push(NULL);
                    chunk.floats.push(0.0);
                }
                _ => return false,
            },
            Wire::Bool => match kind {
                ffi::SQLITE_INTEGER => match ffi::sqlite3_value_int64(value) {
                    flag @ (0 | 1) => chunk.ints.push(flag as i32),
                    // True to SQLite, but not equal to its true.
                    _ => return false,
                },
                ffi::SQLITE_NULL => chunk.ints.push(NULL),
                _ => return false,
            },
            Wire::Bigint => match kind {
                ffi::SQLITE_INTEGER => {
                    chunk.ints.push(0);
                    chunk.floats.push(f64::from_bits(ffi::sqlite3_value_int64(value) as u64));
                }
                ffi::SQLITE_NULL => {
                    chunk.ints.push(-1);
                    chunk.floats.push(0.0);
                }
                _ => return false,
            },
            Wire::Real => match kind {
                ffi::SQLITE_FLOAT => match ffi::sqlite3_value_double(value) {
                    f if f.is_infinite() && column.check == Check::Finite => return false,
                    f => chunk.floats.push(f),
                },
                ffi::SQLITE_INTEGER => {
                    let number = ffi::sqlite3_value_double(value);
                    // A double that is not the stored number would not be equal to it.
                    if number as i128 != i128::from(ffi::sqlite3_value_int64(value)) {
                        return false;
                    }
                    chunk.floats.push(number);
                }
                ffi::SQLITE_NULL => chunk.floats.push(f64::NAN),
                _ => return false,
            },
            Wire::Time => match kind {
                ffi::SQLITE_TEXT => {
                    let text = text(value);
                    // Moments of another form have another order as text, and are equal to none of ours.
                    if column.form != Form::Foreign && !time::is_written_as_ours(text) {
                        return false;
                    }
                    match time::read(text) {
                        Some(millis) => chunk.floats.push(millis as f64),
                        None => return false,
                    }
                }
                ffi::SQLITE_NULL => chunk.floats.push(f64::NAN),
                _ => return false,
            },
            Wire::Text | Wire::Json => match (kind, column.form) {
                (ffi::SQLITE_NULL, _) => chunk.ints.push(-1),
                (ffi::SQLITE_TEXT, Form::Plain) => {
                    let text = text(value);
                    match chunk.push_text(text) {
                        Some(code) if column.check.accepts(text) => chunk.ints.push(code),
                        _ => return false,
                    }
                }
                (ffi::SQLITE_INTEGER, Form::Decimal(scale)) => {
                    let before = chunk.narrow.len();
                    write_decimal(&mut chunk.narrow, ffi::sqlite3_value_int64(value), scale);
                    chunk.ints.push((chunk.narrow.len() - before) as i32);
                }
                _ => return false,
            },
            Wire::Bytes => match kind {
                ffi::SQLITE_BLOB => {
                    let bytes = blob(value);
                    chunk.ints.push(bytes.len() as i32);
                    chunk.bytes.extend_from_slice(bytes);
                }
                ffi::SQLITE_NULL => chunk.ints.push(-1),
                _ => return false,
            },
            Wire::Any => return any_cell(value, kind, chunk),
        }
    }
    true
}

unsafe fn any_cell(value: *mut ffi::sqlite3_value, kind: c_int, chunk: &mut Chunk) -> bool {
    // SAFETY: only `cell` calls this, with a value that is alive as long as its row is current, and with that value's type.
    let (tag, length, number) = unsafe {
        match kind {
            ffi::SQLITE_INTEGER => match ffi::sqlite3_value_int64(value) {
                n if n.unsigned_abs() <= MAX_SAFE => (any::NUMBER, 0, n as f64),
                n => (any::BIGINT, 0, f64::from_bits(n as u64)),
            },
            ffi::SQLITE_FLOAT => (any::NUMBER, 0, ffi::sqlite3_value_double(value)),
            ffi::SQLITE_TEXT => match chunk.push_text(text(value)) {
                Some(code) => (any::TEXT, code, 0.0),
                None => return false,
            },
            ffi::SQLITE_BLOB => {
                let bytes = blob(value);
                chunk.bytes.extend_from_slice(bytes);
                (any::BYTES, bytes.len() as i32, 0.0)
            }
            _ => (any::NULL, 0, 0.0),
        }
    };
    chunk.ints.extend_from_slice(&[tag, length]);
    chunk.floats.push(number);
    true
}

/// How to read a column of raw SQL from the type with which it was declared; an expression has none.
pub fn declared(kind: Option<&str>) -> (Wire, Form) {
    let Some(kind) = kind else { return (Wire::Any, Form::Plain) };
    match kind.to_ascii_uppercase().as_str() {
        "BOOLEAN" => (Wire::Bool, Form::Plain),
        "TIMESTAMP TEXT" => (Wire::Time, Form::Foreign),
        "JSON TEXT" => (Wire::Json, Form::Plain),
        "REAL" | "REAL BLOB" => (Wire::Real, Form::Plain),
        upper => match upper.strip_prefix("DECIMAL_INT(").and_then(|rest| rest.strip_suffix(')')) {
            Some(digits) => match digits.split_once(',').and_then(|(_, scale)| scale.trim().parse().ok()) {
                Some(scale) => (Wire::Text, Form::Decimal(scale)),
                None => (Wire::Any, Form::Plain),
            },
            None => (Wire::Any, Form::Plain),
        },
    }
}
