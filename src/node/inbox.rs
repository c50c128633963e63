//! Answers on their way from the engine's threads to JavaScript, which is woken once for all
//! waiting ones.

use crate::engine::{Completion, Sink};
use napi::sys;
use std::ffi::c_void;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Answers that JavaScript has not taken.
#[derive(Default)]
pub struct Inbox {
    answers: Mutex<Vec<Completion>>,
    signalled: AtomicBool,
    wake: Mutex<Option<Wake>>,
    /// The same function for JavaScript's thread, which alone sets it and takes it away: so it need not wait for a thread
    /// that is calling it.
    own: AtomicPtr<c_void>,
}

struct Wake(sys::napi_threadsafe_function);

// SAFETY: made to be called from any thread.
unsafe impl Send for Wake {}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Inbox {
    /// Calls this function from now on when there are answers. It alone does not keep the process alive.
    pub fn wake_by(&self, env: sys::napi_env, function: sys::napi_threadsafe_function) {
        // SAFETY: the function is alive until `disconnect`.
        unsafe { sys::napi_unref_threadsafe_function(env, function) };
        self.own.store(function.cast(), Ordering::Relaxed);
        *lock(&self.wake) = Some(Wake(function));
    }

    /// Whether the process is to stay alive for answers to come.
    pub fn hold(&self, env: sys::napi_env, yes: bool) {
        let function: sys::napi_threadsafe_function = self.own.load(Ordering::Relaxed).cast();
        if function.is_null() {
            return;
        }
        // SAFETY: the function is alive until `disconnect`, which this thread calls.
        unsafe {
            match yes {
                true => sys::napi_ref_threadsafe_function(env, function),
                false => sys::napi_unref_threadsafe_function(env, function),
            };
        }
    }

    /// Lets go of the function.
    pub fn disconnect(&self) {
        self.own.store(ptr::null_mut(), Ordering::Relaxed);
        let wake = lock(&self.wake).take();
        if let Some(wake) = wake {
            // SAFETY: taken out, so that it is not called any more.
            unsafe { sys::napi_release_threadsafe_function(wake.0, sys::ThreadsafeFunctionReleaseMode::release) };
        }
    }

    /// All waiting answers.
    pub fn take(&self) -> Vec<Completion> {
        self.signalled.store(false, Ordering::SeqCst);
        std::mem::take(&mut *lock(&self.answers))
    }
}

impl Sink for Inbox {
    fn deliver(&self, mut completions: Vec<Completion>) {
        lock(&self.answers).append(&mut completions);
        if self.signalled.swap(true, Ordering::SeqCst) {
            return;
        }
        if let Some(wake) = &*lock(&self.wake) {
            let mode = sys::ThreadsafeFunctionCallMode::nonblocking;
            // SAFETY: the function is released only after it was taken out of here.
            unsafe { sys::napi_call_threadsafe_function(wake.0, ptr::null_mut(), mode) };
        }
    }
}
