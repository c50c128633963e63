//! The surface that JavaScript sees. Nothing is decided here: each function converts, and calls the core.

mod handle;
mod raw;
mod wire;

use crate::database::{memory_path, Database};
use crate::engine::sqlite::Durability;
use crate::engine::url::{self, Location};
use crate::error::{Error, Result};
use crate::schema::Models;
use handle::{to_json, Inbox};
use napi::bindgen_prelude::{Env, JsValue, Object, Unknown};
use napi_derive::napi;
use std::path::Path;
use std::sync::Arc;

fn thrown(error: Error) -> napi::Error {
    napi::Error::from_reason(to_json(&error))
}

/// Checks a schema. Throws the JSON of an error that lists every problem.
#[napi]
pub fn check_schema(schema: String) -> napi::Result<()> {
    Models::from_json(&schema).map(|_| ()).map_err(thrown)
}

/// How reports name a database; never with a password. Throws where the URL means none.
#[napi]
pub fn shown_url(url: String, base: String) -> napi::Result<String> {
    url::parse(&url, Path::new(&base)).map(|l| l.shown()).map_err(thrown)
}

/// `n` UUIDs of version 7, one after the other, 36 characters each.
#[napi]
pub fn uuids(n: u32) -> String {
    (0..n).map(|_| uuid::Uuid::now_v7().to_string()).collect()
}

/// The version of SQLite that is compiled in.
#[napi]
pub fn sqlite_version() -> String {
    // SAFETY: a static text.
    unsafe { std::ffi::CStr::from_ptr(libsqlite3_sys::sqlite3_libversion()) }.to_string_lossy().into_owned()
}

/// The length that both shared arrays must have.
#[napi]
pub fn wire_length() -> u32 {
    wire::LENGTH as u32
}

/// Opens a database: an object of functions, see `handle`. It connects with its first call.
#[napi]
#[allow(clippy::too_many_arguments)] // One crossing, by position: each argument is a primitive or an array.
pub fn open_database<'env>(
    env: &'env Env,
    schema: String,
    url: String,
    base: String,
    durability: String,
    ints: Unknown<'env>,
    floats: Unknown<'env>,
    wake: Unknown<'env>,
) -> napi::Result<Object<'env>> {
    let inbox = Arc::new(Inbox::default());
    let opened = open(&schema, &url, &base, &durability, Arc::clone(&inbox)).map_err(thrown)?;
    let arrays = wire::Arrays::new(env.raw(), ints.raw(), floats.raw())
        .ok_or_else(|| napi::Error::from_reason("The shared arrays are too short."))?;
    // SAFETY: the environment and the values are those of this very call.
    Ok(Object::from_raw(env.raw(), unsafe { handle::create(env.raw(), opened, inbox, arrays, wake.raw()) }))
}

fn open(schema: &str, url: &str, base: &str, durability: &str, inbox: Arc<Inbox>) -> Result<Database> {
    let models = Models::from_json(schema)?;
    let location: Location = url::parse(url, Path::new(base))?;
    let durability = if durability == "normal" { Durability::Normal } else { Durability::Full };
    Ok(Database::open(models, &location, durability, memory_path(), inbox))
}
