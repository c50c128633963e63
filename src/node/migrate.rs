//! Migrations as JavaScript calls them: JSON in, JSON out, on a thread of Node's pool.

use super::{administration, answered, report, Administration, DatabasePlace};
use crate::database::repairs::{self, RepairOptions};
use crate::database::{kept, migrations, protection};
use crate::migrate::report::verbs::Options;
use crate::statement::{Hears, Wait};
use napi::bindgen_prelude::{AsyncTask, Env, Function, Unknown};
use napi::threadsafe_function::ThreadsafeFunctionCallMode::NonBlocking;
use napi_derive::napi;
use serde::Serialize;
use std::sync::Arc;

/// Who is called with the JSON of each step, from whichever thread.
pub(super) type Steps<T> = Box<dyn FnMut(&T) + Send>;

pub(super) fn steps<T: Serialize>(
    on_progress: Option<Function<'_, String, Unknown<'static>>>,
) -> napi::Result<Steps<T>> {
    let Some(function) = on_progress else { return Ok(Box::new(|_| {})) };
    let function = function.build_threadsafe_function::<String>().build()?;
    Ok(Box::new(move |step| {
        if let Ok(json) = report(step) {
            function.call(json, NonBlocking);
        }
    }))
}

/// Functions that are called while the core works, each with the JSON of one event.
#[napi(object, object_to_js = false)]
pub struct Listeners<'env> {
    /// Of the steps of revisions.
    pub on_progress: Option<Function<'env, String, Unknown<'static>>>,
    /// That the call waits for others.
    pub on_wait: Option<Function<'env, String, Unknown<'static>>>,
}

/// Options, with the function that is called when the call waits.
fn read_with(options: &str, on_wait: Option<Function<'_, String, Unknown<'static>>>) -> napi::Result<Options> {
    let options = read(options)?;
    let Some(function) = on_wait else { return Ok(options) };
    let function = function.build_threadsafe_function::<String>().build()?;
    let hears = move |wait: &Wait| {
        if let Ok(json) = report(wait) {
            function.call(json, NonBlocking);
        }
    };
    Ok(Options { hears: Some(Hears(Arc::new(hears))), ..options })
}

fn read(options: &str) -> napi::Result<Options> {
    answered(|| Options::from_json(options))
}

/// Writes the revisions that lead to the models.
#[napi]
pub fn revise(schema: String, options: String, settings: Option<String>) -> AsyncTask<Administration> {
    administration(move || migrations::revise(&schema, &options, settings.as_deref()))
}

/// Models against head.
#[napi]
pub fn check(schema: String, options: String, settings: Option<String>) -> AsyncTask<Administration> {
    administration(move || migrations::check(&schema, &options, settings.as_deref()))
}

/// Applies what is pending. With models, its errors name columns as JavaScript does.
#[napi]
pub fn upgrade(
    env: &Env,
    schema: Option<String>,
    options: String,
    place: DatabasePlace<'_>,
    listeners: Listeners<'_>,
) -> napi::Result<AsyncTask<Administration>> {
    let (target, options, mut steps) =
        (place.target(env)?, read_with(&options, listeners.on_wait)?, steps(listeners.on_progress)?);
    Ok(administration(move || {
        let models = schema.map(|schema| super::models(&schema)).transpose()?;
        report(&migrations::upgrade(&target, models.as_ref(), &options, &mut steps)?)
    }))
}

/// Takes revisions back.
#[napi]
pub fn downgrade(
    env: &Env,
    options: String,
    place: DatabasePlace<'_>,
    listeners: Listeners<'_>,
) -> napi::Result<AsyncTask<Administration>> {
    let (target, options, mut steps) =
        (place.target(env)?, read_with(&options, listeners.on_wait)?, steps(listeners.on_progress)?);
    Ok(administration(move || report(&migrations::downgrade(&target, &options, &mut steps)?)))
}

/// What is kept.
#[napi]
pub fn list_kept(env: &Env, options: String, place: DatabasePlace<'_>) -> napi::Result<AsyncTask<Administration>> {
    let (target, options) = (place.target(env)?, read(&options)?);
    Ok(administration(move || report(&kept::list(&target, &options)?)))
}

/// Brings back what is kept.
#[napi]
pub fn restore_kept(
    env: &Env,
    options: String,
    place: DatabasePlace<'_>,
    on_wait: Option<Function<'_, String, Unknown<'static>>>,
) -> napi::Result<AsyncTask<Administration>> {
    let (target, options) = (place.target(env)?, read_with(&options, on_wait)?);
    Ok(administration(move || report(&kept::restore(&target, &options)?)))
}

/// Takes away what is kept.
#[napi]
pub fn drop_kept(
    env: &Env,
    options: String,
    place: DatabasePlace<'_>,
    on_wait: Option<Function<'_, String, Unknown<'static>>>,
) -> napi::Result<AsyncTask<Administration>> {
    let (target, options) = (place.target(env)?, read_with(&options, on_wait)?);
    Ok(administration(move || report(&kept::drop(&target, &options)?)))
}

/// Protects a database by a word, or ends that.
#[napi]
pub fn protect(env: &Env, options: String, place: DatabasePlace<'_>) -> napi::Result<AsyncTask<Administration>> {
    let (target, options) = (place.target(env)?, answered(|| migrations::read::<protection::Options>(&options))?);
    Ok(administration(move || report(&protection::protect(&target, &options)?)))
}

/// Records revisions as applied without running them.
#[napi]
pub fn stamp(env: &Env, options: String, place: DatabasePlace<'_>) -> napi::Result<AsyncTask<Administration>> {
    let (target, options) = (place.target(env)?, read(&options)?);
    Ok(administration(move || report(&migrations::stamp(&target, &options)?)))
}

/// All revisions, and what was done to this database.
#[napi]
pub fn history(env: &Env, options: String, place: DatabasePlace<'_>) -> napi::Result<AsyncTask<Administration>> {
    let (target, options) = (place.target(env)?, read(&options)?);
    Ok(administration(move || report(&migrations::history(&target, &options)?)))
}

/// Head against current.
#[napi]
pub fn status(env: &Env, options: String, place: DatabasePlace<'_>) -> napi::Result<AsyncTask<Administration>> {
    let (target, options) = (place.target(env)?, read(&options)?);
    Ok(administration(move || report(&migrations::status(&target, &options)?)))
}

/// The live database against what it should hold.
#[napi]
pub fn drift(
    env: &Env,
    schema: Option<String>,
    options: String,
    place: DatabasePlace<'_>,
    on_progress: Option<Function<'_, String, Unknown<'static>>>,
) -> napi::Result<AsyncTask<Administration>> {
    let (target, options, mut steps) = (place.target(env)?, read(&options)?, steps(on_progress)?);
    Ok(administration(move || {
        let models = schema.map(|schema| super::models(&schema)).transpose()?;
        if !options.stored {
            return report(&migrations::drift(&target, models.as_ref(), &options, &mut steps)?);
        }
        match migrations::seen(&target, models.as_ref(), &options)? {
            Ok(seen) => report(&seen),
            Err(reason) => report(&serde_json::json!({ "unknown": reason })),
        }
    }))
}

/// Corrects what differs from what the database should hold.
#[napi]
pub fn repair(
    env: &Env,
    schema: Option<String>,
    options: String,
    place: DatabasePlace<'_>,
    on_wait: Option<Function<'_, String, Unknown<'static>>>,
) -> napi::Result<AsyncTask<Administration>> {
    let asked = answered(|| RepairOptions::from_json(&options))?;
    let (target, options) = (place.target(env)?, read_with(&options, on_wait)?);
    Ok(administration(move || {
        let models = schema.map(|schema| super::models(&schema)).transpose()?;
        report(&repairs::repair(&target, models.as_ref(), &options, &asked)?)
    }))
}

/// The options of init and reset.
pub(super) fn of_init(
    options: Option<String>,
    on_wait: Option<Function<'_, String, Unknown<'static>>>,
) -> napi::Result<Options> {
    read_with(options.as_deref().unwrap_or("{}"), on_wait)
}
