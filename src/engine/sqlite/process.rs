//! What is set once for the whole process, before SQLite is used in it.

use libsqlite3_sys as ffi;
use std::ffi::c_int;
use std::sync::Once;

/// Sets what can only be set before SQLite's first use in the process: connections stay on their threads, so their locks
/// are not needed; and allocations need not be counted.
pub fn initialize() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: variadic configuration calls as documented; ignored (SQLITE_MISUSE) when SQLite is already in use.
        unsafe {
            ffi::sqlite3_config(ffi::SQLITE_CONFIG_MULTITHREAD);
            ffi::sqlite3_config(ffi::SQLITE_CONFIG_MEMSTATUS, 0 as c_int);
        }
        survive_size_limit();
    });
}

/// A write past the limit of a file's size (RLIMIT_FSIZE) ends the process by a signal, unless that
/// is ignored: then it fails, and is an error like any other. A process that handles the signal
/// keeps its handler.
#[cfg(unix)]
fn survive_size_limit() {
    extern "C" {
        fn signal(number: c_int, handler: usize) -> usize;
    }
    const SIGXFSZ: c_int = 25;
    const DEFAULT: usize = 0;
    const IGNORE: usize = 1;
    // SAFETY: the C library's own function, with a signal that Linux, macOS and the BSDs number alike.
    unsafe {
        let before = signal(SIGXFSZ, IGNORE);
        if before != DEFAULT && before != IGNORE {
            signal(SIGXFSZ, before);
        }
    }
}

#[cfg(not(unix))]
fn survive_size_limit() {}
