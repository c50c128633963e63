//! The surface that JavaScript sees. Nothing is decided here: each function converts, and calls the core.
// The macros of napi export nothing in a test build.
#![cfg_attr(test, allow(dead_code))]

mod answer;
mod backup;
mod handle;
mod inbox;
mod migrate;
mod raw;
mod wire;

use crate::database::{self, Database, Target};
use crate::dialect::DialectName;
use crate::engine::settings::Settings;
use crate::error::{caught, Code, Error, Result};
use crate::schema::{Models, Reserved};
use answer::to_json;
use inbox::Inbox;
use napi::bindgen_prelude::{AsyncTask, Env, Function, JsValue, Object, Unknown};
use napi::Task;
use napi_derive::napi;
use serde::Deserialize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

fn thrown(error: Error) -> napi::Error {
    napi::Error::from_reason(to_json(&error))
}

/// Does the work of a call. A panic is its error: unwinding into Node would end the process.
fn answered<T>(work: impl FnOnce() -> Result<T>) -> napi::Result<T> {
    caught(work).map_err(thrown)
}

/// Names that JavaScript reserves, passed when it has a schema checked.
#[derive(Deserialize)]
struct ReservedNames {
    /// The names that no model can have.
    models: Vec<String>,
    /// The dialects whose own columns no table can have.
    dialects: Vec<DialectName>,
}

/// Checks a schema; `reserved`: see `ReservedNames`. Throws the JSON of an error that lists every problem.
#[napi]
pub fn check_schema(schema: String, reserved: String) -> napi::Result<()> {
    answered(|| {
        let names: ReservedNames = serde_json::from_str(&reserved)
            .map_err(|error| Error::new(Code::Internal, format!("The reserved names are not JSON: {error}.")))?;
        let columns = names.dialects.iter().map(|dialect| dialect.system_columns()).collect();
        let models = Models::checked(&schema, &Reserved { models: names.models, columns })?;
        // Freed after the lock: freeing many models takes a while.
        let _before = checked().replace((schema, models));
        Ok(())
    })
}

/// The schema that was checked last, with its models, until a call uses them.
fn checked() -> MutexGuard<'static, Option<(String, Models)>> {
    static CHECKED: Mutex<Option<(String, Models)>> = Mutex::new(None);
    CHECKED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The models of a schema, which is not read again if it was checked last.
fn models(schema: &str) -> Result<Models> {
    // A statement of its own: in the match, the lock would be held while a schema is read.
    let taken = checked().take_if(|(text, _)| text == schema);
    match taken {
        Some((_, models)) => Ok(models),
        None => Models::from_json(schema),
    }
}

/// The meaning of a URL, as JSON: how reports name the database (never with a password), its
/// dialect, and whether it is on another machine. Throws where the URL means none.
#[napi]
pub fn describe_url(settings: String) -> napi::Result<String> {
    answered(|| report(&database::describe(&Settings::from_json(&settings)?)?))
}

/// A new UUID of version 7, later than those before it.
#[napi]
pub fn uuid() -> String {
    ::uuid::Uuid::now_v7().to_string()
}

/// The length that both shared arrays must have.
#[napi]
pub fn wire_length() -> u32 {
    wire::LENGTH as u32
}

/// The arrays that JavaScript and Rust share, see `wire`.
#[napi(object, object_to_js = false)]
pub struct SharedArrays<'env> {
    /// An Int32Array.
    pub ints: Unknown<'env>,
    /// A Float64Array.
    pub floats: Unknown<'env>,
}

/// Opens a database: an object of functions, see `handle`. It connects with its first call.
#[napi]
pub fn open_database<'env>(
    env: &'env Env,
    schema: String,
    settings: String,
    shared: SharedArrays<'env>,
    wake: Unknown<'env>,
) -> napi::Result<Object<'env>> {
    let inbox = Arc::new(Inbox::default());
    let opened = answered(|| open(&schema, &settings, Arc::clone(&inbox)))?;
    let arrays = wire::Arrays::new(env.raw(), shared.ints.raw(), shared.floats.raw())
        .ok_or_else(|| napi::Error::from_reason("The shared arrays are too short."))?;
    // SAFETY: the environment and the values are those of this very call.
    Ok(Object::from_raw(env.raw(), unsafe { handle::create(env.raw(), opened, inbox, arrays, wake.raw()) }))
}

fn open(schema: &str, settings: &str, inbox: Arc<Inbox>) -> Result<Database> {
    Ok(Database::open(models(schema)?, database::target(&Settings::from_json(settings)?)?, inbox))
}

/// Work of initDb and resetDb, on a thread of Node's pool; gives its report as JSON.
pub struct Administration {
    work: Option<Box<dyn FnOnce() -> Result<String> + Send>>,
}

impl Task for Administration {
    type Output = String;
    type JsValue = String;

    fn compute(&mut self) -> napi::Result<String> {
        let work = self.work.take().ok_or_else(|| napi::Error::from_reason("The work is already done."))?;
        answered(work)
    }

    fn resolve(&mut self, _: Env, report: String) -> napi::Result<String> {
        Ok(report)
    }
}

fn administration(work: impl FnOnce() -> Result<String> + Send + 'static) -> AsyncTask<Administration> {
    AsyncTask::new(Administration { work: Some(Box::new(work)) })
}

/// The database that administration works on.
#[napi(object, object_to_js = false)]
pub struct DatabasePlace<'env> {
    /// Its place, as JSON.
    pub settings: String,
    /// Its handle if it is open.
    pub handle: Option<Unknown<'env>>,
}

impl DatabasePlace<'_> {
    /// The database of the handle, or the one that the settings mean.
    fn target(&self, env: &Env) -> napi::Result<Target> {
        match self.handle.as_ref().and_then(|handle| handle::target(env.raw(), handle.raw())) {
            Some(target) => Ok(target),
            None => answered(|| database::target(&Settings::from_json(&self.settings)?)),
        }
    }
}

fn report(report: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string(report)
        .map_err(|e| Error::new(crate::error::Code::Internal, format!("A report is not valid JSON: {e}.")))
}

/// initDb: applies what is pending, and creates what is missing.
#[napi]
pub fn init_database(
    env: &Env,
    schema: String,
    place: DatabasePlace<'_>,
    options: Option<String>,
    on_wait: Option<Function<'_, String, Unknown<'static>>>,
) -> napi::Result<AsyncTask<Administration>> {
    let (target, options) = (place.target(env)?, migrate::of_init(options, on_wait)?);
    Ok(administration(move || report(&database::init(&target, &models(&schema)?, &options)?)))
}

/// resetDb: drops everything, then creates.
#[napi]
pub fn reset_database(
    env: &Env,
    schema: String,
    place: DatabasePlace<'_>,
    options: Option<String>,
    on_wait: Option<Function<'_, String, Unknown<'static>>>,
) -> napi::Result<AsyncTask<Administration>> {
    let (target, options) = (place.target(env)?, migrate::of_init(options, on_wait)?);
    Ok(administration(move || report(&database::reset(&target, &models(&schema)?, &options)?)))
}

/// The objects that resetDb would destroy.
#[napi]
pub fn survey_database(env: &Env, place: DatabasePlace<'_>) -> napi::Result<AsyncTask<Administration>> {
    let target = place.target(env)?;
    Ok(administration(move || report(&database::survey(&target)?)))
}
