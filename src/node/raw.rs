//! The few calls of Node-API that the hot path makes itself: a function of its own costs a sixth of a generated one.

use super::answer::to_json;
use crate::error::panicked;
use napi::sys;
use std::ffi::{c_char, c_void};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::ptr;

/// A JavaScript value.
pub type Js = sys::napi_value;

/// Calls from JavaScript: their environment and arguments.
pub struct Call<'a> {
    /// The environment.
    pub env: sys::napi_env,
    /// The arguments; missing ones are undefined.
    pub args: &'a [Js],
}

/// A method of a handle of type `T`.
pub type Method<T> = fn(&mut T, &Call<'_>) -> Js;

struct Bound<T> {
    data: *mut T,
    method: Method<T>,
}

/// Arguments of a method at most.
const ARGUMENTS: usize = 4;

/// Adds a method to an object. `data` must outlive the object.
///
/// # Safety
/// `env` and `object` must be live, and no two methods may run at once: JavaScript sees to that.
pub unsafe fn method<T: 'static>(env: sys::napi_env, object: Js, name: &str, data: *mut T, method: Method<T>) {
    let bound = Box::into_raw(Box::new(Bound { data, method }));
    let mut function = ptr::null_mut();
    // SAFETY: `env` and `object` are live, as the caller guarantees; the binding is freed with the function, after its last call.
    unsafe {
        let bytes = name.as_ptr().cast::<c_char>();
        sys::napi_create_function(env, bytes, name.len() as isize, Some(enter::<T>), bound.cast(), &mut function);
        sys::napi_add_finalizer(env, function, bound.cast(), Some(free::<T>), ptr::null_mut(), ptr::null_mut());
        let mut key = ptr::null_mut();
        sys::napi_create_string_utf8(env, bytes, name.len() as isize, &mut key);
        sys::napi_set_property(env, object, key, function);
    }
}

unsafe extern "C" fn free<T>(_: sys::napi_env, bound: *mut c_void, _: *mut c_void) {
    // SAFETY: made by `method`, freed once by the garbage collector.
    drop(unsafe { Box::from_raw(bound.cast::<Bound<T>>()) });
}

unsafe extern "C" fn enter<T: 'static>(env: sys::napi_env, info: sys::napi_callback_info) -> Js {
    let mut args = [ptr::null_mut(); ARGUMENTS];
    let mut count = ARGUMENTS;
    let mut data = ptr::null_mut();
    // SAFETY: called by Node with a live environment; `data` was set by `method`, and lives as long as the function.
    let (bound, handle) = unsafe {
        sys::napi_get_cb_info(env, info, &mut count, args.as_mut_ptr(), ptr::null_mut(), &mut data);
        let bound = &*data.cast::<Bound<T>>();
        (bound, &mut *bound.data)
    };
    // A panic must become an exception: unwinding into Node is undefined.
    match catch_unwind(AssertUnwindSafe(|| (bound.method)(handle, &Call { env, args: &args }))) {
        Ok(value) => value,
        Err(_) => {
            throw(env, &to_json(&panicked()));
            ptr::null_mut()
        }
    }
}

/// Throws an error whose message is the JSON of ours.
pub fn throw(env: sys::napi_env, json: &str) {
    let message = string(env, json);
    let mut error = ptr::null_mut();
    // SAFETY: the environment is live; Node checks the rest.
    unsafe {
        sys::napi_create_error(env, ptr::null_mut(), message, &mut error);
        sys::napi_throw(env, error);
    }
}

/// A JavaScript string of UTF-8.
pub fn string(env: sys::napi_env, text: &str) -> Js {
    let mut value = ptr::null_mut();
    // SAFETY: pointer and length agree.
    unsafe { sys::napi_create_string_utf8(env, text.as_ptr().cast(), text.len() as isize, &mut value) };
    value
}

/// A JavaScript string of bytes, each a character below 256.
pub fn latin1(env: sys::napi_env, text: &[u8]) -> Js {
    let mut value = ptr::null_mut();
    // SAFETY: pointer and length agree.
    unsafe { sys::napi_create_string_latin1(env, text.as_ptr().cast(), text.len() as isize, &mut value) };
    value
}

/// A JavaScript string of UTF-16.
pub fn utf16(env: sys::napi_env, text: &[u16]) -> Js {
    let mut value = ptr::null_mut();
    // SAFETY: pointer and length agree.
    unsafe { sys::napi_create_string_utf16(env, text.as_ptr(), text.len() as isize, &mut value) };
    value
}

/// A JavaScript number.
pub fn number(env: sys::napi_env, n: f64) -> Js {
    let mut value = ptr::null_mut();
    // SAFETY: the environment is live.
    unsafe { sys::napi_create_double(env, n, &mut value) };
    value
}

/// A typed array over a copy of these elements.
pub fn typed_array<T: Copy>(env: sys::napi_env, kind: i32, elements: &[T]) -> Js {
    let (mut data, mut buffer, mut value) = (ptr::null_mut(), ptr::null_mut(), ptr::null_mut());
    let bytes = std::mem::size_of_val(elements);
    // SAFETY: the new buffer has as many bytes as are copied; an empty one may have no memory at all.
    unsafe {
        sys::napi_create_arraybuffer(env, bytes, &mut data, &mut buffer);
        if bytes > 0 {
            ptr::copy_nonoverlapping(elements.as_ptr().cast::<u8>(), data.cast::<u8>(), bytes);
        }
        sys::napi_create_typedarray(env, kind, elements.len(), buffer, 0, &mut value);
    }
    value
}

/// The memory of a typed array and its length in elements; `None` for anything else.
pub fn memory(env: sys::napi_env, value: Js) -> Option<(*mut c_void, usize)> {
    let mut is = false;
    let (mut kind, mut length, mut offset) = (0, 0, 0);
    let (mut data, mut buffer) = (ptr::null_mut(), ptr::null_mut());
    // SAFETY: all pointers are valid; the type is asked for first.
    unsafe {
        sys::napi_is_typedarray(env, value, &mut is);
        if !is {
            return None;
        }
        sys::napi_get_typedarray_info(env, value, &mut kind, &mut length, &mut data, &mut buffer, &mut offset);
    }
    Some((data, length))
}

/// The text of a JavaScript string; empty for anything else.
pub fn text(env: sys::napi_env, value: Js) -> String {
    let mut length = 0;
    // SAFETY: first the length, then as many bytes and a NUL.
    unsafe {
        if sys::napi_get_value_string_utf8(env, value, ptr::null_mut(), 0, &mut length) != sys::Status::napi_ok {
            return String::new();
        }
        let mut bytes = vec![0u8; length + 1];
        sys::napi_get_value_string_utf8(env, value, bytes.as_mut_ptr().cast(), length + 1, &mut length);
        bytes.truncate(length);
        String::from_utf8(bytes).unwrap_or_default()
    }
}
