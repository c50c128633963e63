//! Backup and restore as JavaScript calls them: JSON in, JSON out, on a thread of Node's pool.

use super::migrate::steps;
use super::{administration, answered, report, Administration, DatabasePlace};
use crate::database::backup::{self, Options};
use napi::bindgen_prelude::{AsyncTask, Env, Function, Unknown};
use napi_derive::napi;

/// Copies the database into a new file.
#[napi]
pub fn backup_database(
    env: &Env,
    options: String,
    place: DatabasePlace<'_>,
    on_progress: Option<Function<'_, String, Unknown<'static>>>,
) -> napi::Result<AsyncTask<Administration>> {
    let options = answered(|| Options::from_json(&options))?;
    let (target, mut steps) = (place.target(env)?, steps(on_progress)?);
    Ok(administration(move || report(&backup::backup(&target, &options, &mut steps)?)))
}

/// Puts the content of a file in the place of what the database holds.
#[napi]
pub fn restore_database(
    env: &Env,
    options: String,
    place: DatabasePlace<'_>,
    on_progress: Option<Function<'_, String, Unknown<'static>>>,
) -> napi::Result<AsyncTask<Administration>> {
    let options = answered(|| Options::from_json(&options))?;
    let (target, mut steps) = (place.target(env)?, steps(on_progress)?);
    Ok(administration(move || report(&backup::restore(&target, &options, &mut steps)?)))
}
