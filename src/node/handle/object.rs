//! The object that JavaScript holds: its methods, and its end, whichever of the two sides goes first.

use super::Handle;
use crate::database::{Database, Target};
use crate::error::caught;
use crate::node::answer::Answer;
use crate::node::inbox::Inbox;
use crate::node::raw::{self, Js};
use crate::node::wire::Arrays;
use napi::sys;
use std::collections::{HashMap, VecDeque};
use std::ffi::c_void;
use std::ptr;
use std::sync::Arc;

/// Makes the object. `wake` is called, without arguments, when there are answers.
///
/// # Safety
/// `env` and the values must be live.
pub unsafe fn create(env: sys::napi_env, database: Database, inbox: Arc<Inbox>, arrays: Arrays, wake: Js) -> Js {
    let handle = Box::into_raw(Box::new(Handle {
        database: Some(Arc::new(database)),
        inbox: Arc::clone(&inbox),
        arrays,
        plans: HashMap::new(),
        outbox: Vec::new(),
        building: Vec::new(),
        limit: None,
        stoppable: HashMap::new(),
        answers: VecDeque::new(),
        watches: HashMap::new(),
        current: Answer::default(),
        closing: None,
    }));
    let (mut object, mut function) = (ptr::null_mut(), ptr::null_mut());
    // SAFETY: `env` and the values are live, as the caller guarantees. The handle is freed by the object's finalizer, after its last method.
    unsafe {
        sys::napi_create_object(env, &mut object);
        let name = raw::string(env, "plinth");
        sys::napi_create_threadsafe_function(
            env,
            wake,
            ptr::null_mut(),
            name,
            0,
            1,
            ptr::null_mut(),
            None,
            ptr::null_mut(),
            None,
            &mut function,
        );
        inbox.wake_by(env, function);
        for (name, method) in [
            ("compile", Handle::compile as raw::Method<Handle>),
            ("release", Handle::release),
            ("submit", Handle::submit),
            ("inline", Handle::inline),
            ("discard", Handle::discard),
            ("limit", Handle::limit),
            ("stop", Handle::stop),
            ("control", Handle::control),
            ("steer", Handle::steer),
            ("flush", Handle::flush),
            ("call", Handle::call),
            ("callControl", Handle::call_control),
            ("next", Handle::next),
            ("chunk", |h, call| h.current.chunk(call.env, &h.arrays)),
            ("wide", |h, call| h.current.wide(call.env)),
            ("bytes", |h, call| h.current.bytes(call.env)),
            ("keys", |h, call| h.current.keys(call.env)),
            ("links", |h, call| h.current.links(call.env, &h.arrays)),
            ("skipped", |h, call| h.current.skipped(call.env)),
            ("columns", |h, call| h.current.columns(call.env)),
            ("timings", |h, call| h.current.timings(call.env)),
            ("error", |h, call| h.current.error(call.env)),
            ("statements", Handle::statements),
            ("prepares", Handle::prepares),
            ("readsCommitted", Handle::reads_committed),
            ("pool", Handle::pool),
            ("verify", Handle::verify),
            ("hold", Handle::hold),
            ("end", Handle::end),
            ("close", Handle::close),
        ] {
            raw::method(env, object, name, handle, method);
        }
        sys::napi_wrap(env, object, handle.cast(), Some(finalize), ptr::null_mut(), ptr::null_mut());
        // Runs before the environment goes: no thread may call into it after that.
        sys::napi_add_env_cleanup_hook(env, Some(cleanup), handle.cast());
    }
    object
}

unsafe extern "C" fn cleanup(handle: *mut c_void) {
    // SAFETY: the hook is removed before the handle is freed.
    shut(unsafe { &mut *handle.cast::<Handle>() });
}

unsafe extern "C" fn finalize(env: sys::napi_env, handle: *mut c_void, _: *mut c_void) {
    // SAFETY: made by `create`, finalized once.
    unsafe {
        sys::napi_remove_env_cleanup_hook(env, Some(cleanup), handle);
        let mut handle = Box::from_raw(handle.cast::<Handle>());
        shut(&mut handle);
        handle.arrays.release(env);
    }
}

/// Ends a handle that is not used any more: a panic then has no caller to report to, and must not unwind into Node.
fn shut(handle: &mut Handle) {
    let _ = caught(|| {
        handle.shut();
        Ok(())
    });
}

/// The database of a handle; `None` for any other value, and for a closed handle.
pub fn target(env: sys::napi_env, object: Js) -> Option<Target> {
    let mut data = ptr::null_mut();
    // SAFETY: only handles are wrapped by this module, and `napi_unwrap` fails for what is not wrapped.
    let handle = unsafe {
        if sys::napi_unwrap(env, object, &mut data) != sys::Status::napi_ok || data.is_null() {
            return None;
        }
        &*data.cast::<Handle>()
    };
    handle.database.as_ref().map(|d| d.target.clone())
}
