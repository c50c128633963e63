//! Waiting for others that change the tables of the same database: as long as they make progress, and not for ever.

use crate::error::{Code, Error, Result};
use crate::statement::{Due, Execute, Patience, Wait};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long one waits before it asks again.
const PAUSE: Duration = Duration::from_millis(25);
/// How often one looks at the holder, at most.
const LOOK: Duration = Duration::from_secs(1);

/// The session or process that holds the lock.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holder {
    /// The process or the session, as messages name it.
    pub name: Option<String>,
    /// The way to end it, for messages.
    pub end: Option<String>,
    /// Something that differs from look to look as long as the holder works.
    pub mark: String,
}

/// Asks for a lock until it is given. `look` finds the holder.
///
/// Errors: `BUSY` if the call's patience is used up, or if the holder has stood still for too long.
pub fn wait(
    connection: &mut dyn Execute,
    ask: &mut dyn FnMut(&mut dyn Execute) -> Result<bool>,
    look: &mut dyn FnMut(&mut dyn Execute) -> Result<Holder>,
) -> Result<()> {
    let patience = connection.patience();
    let start = Instant::now();
    let result = until_given(connection, &patience, start, ask, look);
    patience.spend(start.elapsed());
    result
}

fn until_given(
    connection: &mut dyn Execute,
    patience: &Patience,
    start: Instant,
    ask: &mut dyn FnMut(&mut dyn Execute) -> Result<bool>,
    look: &mut dyn FnMut(&mut dyn Execute) -> Result<Holder>,
) -> Result<()> {
    let before = patience.waited();
    let often = LOOK.min(patience.standstill / 4);
    let mut holder = Holder::default();
    let (mut looked, mut moved, mut due) = (None, start, Due::default());
    while !ask(connection)? {
        let now = Instant::now();
        if looked.is_none_or(|looked| now - looked >= often) {
            let found = look(connection)?;
            if found.mark != holder.mark {
                moved = now;
            }
            (looked, holder) = (Some(now), found);
        }
        let waited = before + (now - start);
        if waited >= patience.limit {
            return Err(busy(&holder, used_up(patience.limit)));
        }
        if now - moved >= patience.standstill {
            return Err(busy(&holder, stands_still(&holder, patience.standstill)));
        }
        if due.is_now(now - start) {
            patience.tell(&Wait { holder: holder.name.clone(), waited_ms: waited.as_millis() as u64, tries: None });
        }
        sleep(PAUSE.min(patience.limit.saturating_sub(waited)));
    }
    Ok(())
}

fn busy(holder: &Holder, (message, hint): (String, String)) -> Error {
    let error = Error::new(Code::Busy, message).hint(hint);
    match &holder.name {
        Some(name) => error.found(name.as_str()),
        None => error,
    }
}

fn used_up(limit: Duration) -> (String, String) {
    let message = format!("Other processes have been changing the tables of this database for {}.", told(limit));
    (message, "Make the call again when they have finished, or with a longer `timeout`.".into())
}

fn stands_still(holder: &Holder, standstill: Duration) -> (String, String) {
    let who = holder.name.as_deref().unwrap_or("another process");
    let message = format!(
        "The tables of this database are locked by {who}, which has not made progress for {}.",
        told(standstill)
    );
    let end = holder.end.as_deref().unwrap_or("end it");
    (message, format!("If it hangs, {end}: its uncommitted work is undone. Then make the call again."))
}

/// `600 seconds`, `500 milliseconds`.
pub(super) fn told(time: Duration) -> String {
    match time.as_millis() {
        millis if millis < 1000 => format!("{millis} milliseconds"),
        1000 => "1 second".into(),
        millis if millis % 1000 == 0 => format!("{} seconds", millis / 1000),
        millis => format!("{:.1} seconds", millis as f64 / 1000.0),
    }
}
