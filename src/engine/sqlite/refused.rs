//! SQL that is refused before it runs: several statements, and what would change the connection itself.

use super::connection::{Connection, Raw};
use crate::error::{Code, Error, Result};
use libsqlite3_sys as ffi;
use std::ffi::{c_char, c_int, c_void};
use std::ptr;

impl Connection {
    /// Prepares a statement that a person wrote: one only, and none that would change the connection itself.
    pub fn prepare_foreign(&self, sql: &str) -> Result<Raw> {
        let refused =
            |what: &str, hint: &str| Error::new(Code::SqlRefused, format!("sql`` does not run {what}.")).hint(hint);
        let mut forbidden = false;
        // SAFETY: the flag outlives the authorizer, which is removed right after.
        let prepared = unsafe {
            ffi::sqlite3_set_authorizer(self.handle(), Some(authorize), ptr::addr_of_mut!(forbidden).cast());
            let prepared = self.prepare(sql);
            ffi::sqlite3_set_authorizer(self.handle(), None, ptr::null_mut());
            prepared
        };
        if forbidden {
            return Err(refused(
                "transaction control, PRAGMA or ATTACH",
                "Use transaction(), session() or the options of open().",
            ));
        }
        let raw = prepared?;
        let rest = &sql[sql.len() - raw.rest..];
        if raw.statement.is_null() {
            return Err(refused("an empty statement", "Write one statement."));
        }
        if !only_comments(self, rest) {
            return Err(refused("several statements at once", "Write one statement a call."));
        }
        Ok(raw)
    }
}

/// Whether SQLite finds no further statement in a text.
fn only_comments(connection: &Connection, rest: &str) -> bool {
    rest.trim().is_empty() || connection.prepare(rest).is_ok_and(|raw| raw.statement.is_null())
}

/// Refuses what would change the connection rather than the data.
unsafe extern "C" fn authorize(
    flag: *mut c_void,
    action: c_int,
    _: *const c_char,
    _: *const c_char,
    _: *const c_char,
    _: *const c_char,
) -> c_int {
    let refused =
        [ffi::SQLITE_TRANSACTION, ffi::SQLITE_SAVEPOINT, ffi::SQLITE_ATTACH, ffi::SQLITE_DETACH, ffi::SQLITE_PRAGMA];
    if refused.contains(&action) {
        // SAFETY: `prepare_foreign` passes a pointer to a live bool.
        unsafe { *flag.cast::<bool>() = true };
        return ffi::SQLITE_DENY;
    }
    ffi::SQLITE_OK
}
