//! Stopping a call that runs on a server: the server is asked over a connection of its own, and the call's connection is
//! given nothing else before it is certain that what was asked is over. A server that is silent is not waited for.

use super::wire::{Connection, Ran};
use crate::engine::postgres::error::failure::{Cause, Failure};
use crate::engine::stop::Stop;
use crate::error::Code;
use std::future::Future;
use std::pin::{pin, Pin};
use std::time::Duration;
use tokio::time::{timeout_at, Instant};

/// How long a call that the server was asked to stop is waited for before it is asked again: what was asked too early, before
/// the statement had come, or between two statements, was in vain.
const AGAIN: (Duration, Duration) = (Duration::from_millis(10), Duration::from_millis(500));
/// How often the last round trip is tried: what was asked may have met it.
const ROUNDS: usize = 3;

/// Runs a call that may be stopped; nothing else may use the connection meanwhile. `rest`: what brings the connection to
/// rest behind one that was. The answer comes within the patience of `stop`; a connection that is not at rest by then is
/// given up.
pub async fn stoppable<T>(
    connection: &Connection,
    stop: Option<&Stop>,
    rest: &str,
    call: impl Future<Output = Ran<T>>,
) -> Ran<T> {
    let Some(stop) = stop else { return call.await };
    connection.alone(true);
    // Earlier notices belong to another call.
    connection.notices.take_unconfirmed();
    let mut call = pin!(call);
    let why = tokio::select! {
        biased;
        result = &mut call => {
            connection.alone(false);
            return result;
        }
        why = stop.stopped() => why,
    };
    let until = Instant::now() + stop.patience();
    let result = asked(connection, until, call).await;
    connection.alone(false);
    let unknown = || Failure { error: why.error(), cause: Cause::Lost { certain: false } };
    let Some(result) = result else {
        connection.give_up();
        return Err(unknown());
    };
    if !connection.is_lost() && !at_rest(connection, until, rest).await {
        connection.give_up();
    }
    match result {
        // A commit that waited for its replica is stopped by being answered without it.
        Ok(_) if connection.notices.take_unconfirmed() => Err(unknown()),
        Err(failure) if failure.error.code == Code::Timeout || failure.is_lost() => {
            Err(Failure { error: why.error(), ..failure })
        }
        result => result,
    }
}

/// Asks the server until the call has ended; `None` if it does not in time.
async fn asked<T>(
    connection: &Connection,
    until: Instant,
    mut call: Pin<&mut impl Future<Output = Ran<T>>>,
) -> Option<Ran<T>> {
    let (mut pause, longest) = AGAIN;
    loop {
        let mut asking = pin!(timeout_at(until, connection.ask_to_stop()));
        tokio::select! {
            biased;
            result = &mut call => {
                // It has ended by itself: what was asked must not meet the next one.
                if asking.await.is_err() {
                    connection.give_up();
                }
                return Some(result);
            }
            asked = &mut asking => asked.ok()?,
        }
        let again = until.min(Instant::now() + pause);
        if let Ok(result) = timeout_at(again, &mut call).await {
            return Some(result);
        }
        if again == until {
            return None;
        }
        pause = (pause * 2).min(longest);
    }
}

/// Goes to the server and back. After the answer no stopped statement runs any more.
async fn at_rest(connection: &Connection, until: Instant, rest: &str) -> bool {
    for _ in 0..ROUNDS {
        match timeout_at(until, connection.client().batch_execute(rest)).await {
            Ok(Ok(())) => return true,
            Ok(Err(_)) if !connection.is_lost() => {}
            _ => break,
        }
    }
    false
}
