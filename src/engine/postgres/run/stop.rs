//! Stopping a call that runs on a server: the server is asked over a connection of its own, and the call's connection is
//! given nothing else before it is certain that what was asked is over.

use super::wire::{Connection, Ran};
use crate::engine::postgres::error::failure::{Cause, Failure};
use crate::engine::stop::Stop;
use crate::error::Code;
use std::future::Future;
use std::pin::{pin, Pin};
use std::time::{Duration, Instant};
use tokio::time::timeout;

/// How long the server is asked, and waited for; then the call is answered, and its connection given up.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a call that the server was asked to stop is waited for before it is asked again: what was asked too early, before
/// the statement had come, or between two statements, was in vain.
const AGAIN: (Duration, Duration) = (Duration::from_millis(10), Duration::from_millis(500));
/// How often the last round trip is tried: what was asked may have met it.
const ROUNDS: usize = 3;

/// Runs a call that may be stopped; nothing else may use the connection meanwhile. `rest`: what brings the connection to
/// rest behind one that was.
pub async fn stoppable<T>(
    connection: &Connection,
    stop: Option<&Stop>,
    rest: &str,
    call: impl Future<Output = Ran<T>>,
) -> Ran<T> {
    let Some(stop) = stop else { return call.await };
    connection.alone(true);
    let mut call = pin!(call);
    let why = tokio::select! {
        biased;
        result = &mut call => {
            connection.alone(false);
            return result;
        }
        why = stop.stopped() => why,
    };
    let since = Instant::now();
    let result = asked(connection, since, call).await;
    connection.alone(false);
    let Some(result) = result else {
        connection.abandon();
        return Err(Failure { error: why.error(), cause: Cause::Lost { certain: false } });
    };
    if !connection.is_lost() && !at_rest(connection, rest).await {
        connection.abandon();
    }
    result.map_err(|failure| match failure.error.code == Code::Timeout || failure.is_lost() {
        true => Failure { error: why.error(), ..failure },
        false => failure,
    })
}

/// Asks the server until the call has ended; `None` where it does not.
async fn asked<T>(
    connection: &Connection,
    since: Instant,
    mut call: Pin<&mut impl Future<Output = Ran<T>>>,
) -> Option<Ran<T>> {
    let (mut pause, longest) = AGAIN;
    loop {
        let mut asking = pin!(connection.way.ask(&connection.target, connection.client().cancel_token()));
        tokio::select! {
            biased;
            result = &mut call => {
                // It has ended by itself: what was asked must not meet the next one.
                asking.await;
                return Some(result);
            }
            () = &mut asking => {}
        }
        if let Ok(result) = timeout(pause, &mut call).await {
            return Some(result);
        }
        if since.elapsed() > PATIENCE {
            return None;
        }
        pause = (pause * 2).min(longest);
    }
}

/// Goes to the server and back: whatever it was asked to stop has come to an end then.
async fn at_rest(connection: &Connection, rest: &str) -> bool {
    for _ in 0..ROUNDS {
        if let Ok(Ok(())) = timeout(PATIENCE, connection.client().batch_execute(rest)).await {
            return true;
        }
        if connection.is_lost() {
            break;
        }
    }
    false
}
