//! A second connection that looks at the first while that waits for an answer: for which session it waits, and whether the server
//! answers at all. A statement may take as long as it takes; a server that answers no question is given up.

use super::rows::values;
use crate::engine::postgres::connect::servers::{connect, Connected, Probe};
use crate::engine::postgres::connect::target::Target;
use crate::engine::postgres::error::sqlstate::from_postgres;
use crate::error::{Code, Error, Result};
use crate::statement::{Blocker, Due, Patience, Row, Sight, Wait};
use futures_util::future::{select, Either};
use std::future::Future;
use std::pin::pin;
use std::thread;
use std::time::{Duration, Instant};
use tokio::runtime::Builder;
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};
use tokio_postgres::types::Type;
use tokio_postgres::Client;

/// After how long a wait it is looked for the first time, and how often from then on.
const OFTEN: Duration = Duration::from_secs(1);
/// The same if the holder of a lock is looked for, which is waited for briefly.
const AT_ONCE: Duration = Duration::from_millis(5);
/// For how long it is looked so often, beyond the time for which a lock is waited for.
const BRIEFLY: Duration = Duration::from_millis(100);
/// After how long another second connection is tried if one could not be made.
const LATER: Duration = Duration::from_secs(5);
/// How long a second connection is waited for before the next try of a lock.
const SOON: Duration = Duration::from_millis(500);
/// How long an answer may take if `connect_timeout` sets no limit.
const ANSWER: Duration = Duration::from_secs(10);
/// How often there may be no answer on a connection that was made, one after the other.
const UNANSWERED: u32 = 3;

/// Looks at a connection while it waits.
pub struct Lookout {
    /// The server of the connection.
    target: Target,
    /// The number of the session.
    pid: i32,
    /// How long an answer may take.
    limit: Duration,
    /// How the session is found that this one waits for.
    sight: Option<Sight>,
    patience: Patience,
    at_once: bool,
    second: Option<Second>,
    opening: Option<Opening>,
    /// The moment when the last second connection was begun.
    begun: Option<Instant>,
    blocker: Option<Blocker>,
    /// How often there was no answer, since there was one.
    unanswered: u32,
}

/// The second connection. A thread of its own moves its bytes, until this is dropped.
struct Second {
    client: Client,
    _over: oneshot::Sender<()>,
}

/// A second connection that is being made.
struct Opening {
    client: oneshot::Receiver<Result<Client>>,
    over: oneshot::Sender<()>,
}

impl Lookout {
    /// A lookout for the session of this number. `limit`: how long an attempt to connect may take.
    pub fn new(target: Target, pid: i32, limit: Option<Duration>) -> Self {
        let limit = limit.unwrap_or(ANSWER);
        Lookout {
            target,
            pid,
            limit,
            sight: None,
            patience: Patience::default(),
            at_once: false,
            second: None,
            opening: None,
            begun: None,
            blocker: None,
            unanswered: 0,
        }
    }

    /// The number of the session.
    pub fn pid(&self) -> i32 {
        self.pid
    }

    /// Looks for the session that is waited for, too, and reports it as the patience has it. The second connection is made from now
    /// on: once the server is silent, none can be made.
    pub fn set_sight(&mut self, sight: Sight) {
        self.sight = Some(sight);
        self.begin();
    }

    /// Whom to tell of waits.
    pub fn set_patience(&mut self, patience: Patience) {
        self.patience = patience;
    }

    /// Looks at once from now on, or only after a while. At once needs the second connection before there is a wait.
    pub async fn look_at_once(&mut self, at_once: bool) {
        self.at_once = at_once && self.sight.is_some();
        // One that did not come soon is not waited for again.
        let waited = self.opening.is_some() && self.begun.is_some_and(|begun| begun.elapsed() > SOON);
        if self.at_once && !waited {
            // Without it the session that is waited for stays unknown.
            self.has_second(SOON).await;
        }
    }

    /// The session that was seen last during the statement that failed.
    pub fn blocker(&mut self) -> Option<Blocker> {
        self.blocker.take()
    }

    /// A statement was carried out: the session that it waited for is in its way no more.
    pub fn succeeded(&mut self) {
        self.blocker = None;
    }

    /// Whether the server was given up.
    pub fn is_given_up(&self) -> bool {
        self.unanswered >= UNANSWERED
    }

    /// Waits for an answer. Errors: `CONNECTION_LOST` if the server answers no question.
    pub async fn beside<T>(&mut self, answer: impl Future<Output = T>) -> Result<T> {
        if self.is_given_up() {
            return Err(self.silent());
        }
        let mut answer = pin!(answer);
        let first = if self.at_once { AT_ONCE } else { OFTEN };
        let answered = match timeout(first, &mut answer).await {
            Ok(answer) => Ok(answer),
            Err(_) => {
                let looks = pin!(self.look());
                match select(answer, looks).await {
                    Either::Left((answer, _)) => Ok(answer),
                    Either::Right((silent, _)) => Err(silent),
                }
            }
        };
        if answered.is_ok() {
            self.unanswered = 0;
        }
        answered
    }

    /// Looks until the server is given up.
    async fn look(&mut self) -> Error {
        let (mut due, mut blocked, since) = (Due::default(), None, Instant::now());
        loop {
            let at_once = self.at_once && since.elapsed() < self.patience.locks.once + BRIEFLY;
            let mut pause = if at_once { AT_ONCE } else { OFTEN };
            if !self.has_second(self.limit).await {
                // A connection that cannot be made says nothing of the server: it may have too many.
                sleep(OFTEN).await;
                continue;
            }
            match timeout(self.limit, self.ask()).await {
                Ok(Ok(rows)) => {
                    self.unanswered = 0;
                    let seen = self.sight.and_then(|sight| (sight.read)(&rows));
                    if let Some(blocker) = &seen {
                        let waited = blocked.get_or_insert_with(Instant::now).elapsed();
                        if !at_once && due.is_now(OFTEN + waited) {
                            let (holder, waited_ms) = (Some(blocker.name.clone()), waited.as_millis() as u64);
                            self.patience.tell(&Wait { holder, waited_ms, tries: None });
                        }
                    }
                    self.blocker = seen.or(self.blocker.take());
                }
                // One whose network is gone is for keepalive to find.
                Ok(Err(_)) => {
                    self.second = None;
                    pause = OFTEN;
                }
                Err(_) => {
                    self.unanswered += 1;
                    if self.is_given_up() {
                        return self.silent();
                    }
                    // It may be this connection alone that is silent.
                    self.begin();
                    pause = Duration::ZERO;
                }
            }
            sleep(pause).await;
        }
    }

    /// Begins to make a second connection; not too often.
    fn begin(&mut self) {
        let lately = self.begun.is_some_and(|begun| begun.elapsed() < LATER);
        if self.opening.is_none() && !lately {
            self.begun = Some(Instant::now());
            self.opening = Opening::begin(&self.target).ok();
        }
    }

    /// Whether there is a second connection, at the latest after this time. A new one takes the place of the former one: it has
    /// just been answered.
    async fn has_second(&mut self, limit: Duration) -> bool {
        if self.second.is_none() {
            self.begin();
        }
        if let Some(opening) = &mut self.opening {
            let limit = if self.second.is_none() { limit } else { Duration::ZERO };
            if let Ok(made) = timeout(limit, &mut opening.client).await {
                if let (Some(Opening { over, .. }), Ok(Ok(client))) = (self.opening.take(), made) {
                    self.second = Some(Second { client, _over: over });
                    self.unanswered = 0;
                }
            }
        }
        self.second.is_some()
    }

    /// Asks on the second connection, which stays if the answer is not waited for any more.
    async fn ask(&mut self) -> Result<Vec<Row>> {
        let Some(second) = &self.second else { return Ok(Vec::new()) };
        let sql = self.sight.map_or("SELECT WHERE $1 > 0", |sight| sight.sql);
        let rows = second.client.query_typed(sql, &[(&self.pid, Type::INT4)]).await;
        rows.map_err(|error| from_postgres(&error))?.iter().map(values).collect()
    }

    fn silent(&self) -> Error {
        let waited = UNANSWERED * self.limit;
        let message = format!(
            "The server has answered nothing for {} seconds, neither here nor on another connection.",
            waited.as_secs()
        );
        Error::new(Code::ConnectionLost, message)
            .hint("Check the server and the network, then make the call again: what was not committed is undone.")
    }
}

impl Opening {
    fn begin(target: &Target) -> Result<Opening> {
        let target = target.clone();
        let runtime = Builder::new_current_thread().enable_all().build().map_err(refused)?;
        let (sender, client) = oneshot::channel();
        let (over, ended) = oneshot::channel::<()>();
        let work = move || {
            runtime.block_on(async {
                let connected = pin!(connect(&target, Probe::Needless));
                let mut ended = pin!(ended);
                let Either::Left((connected, _)) = select(connected, &mut ended).await else { return };
                let driver = match connected {
                    Ok(Connected { client, driver, .. }) => sender.send(Ok(client)).is_ok().then_some(driver),
                    Err(error) => {
                        // An error that comes too late is of no use.
                        drop(sender.send(Err(error)));
                        None
                    }
                };
                if let Some(driver) = driver {
                    select(driver, ended).await;
                }
            });
        };
        thread::Builder::new().name("plinth-lookout".into()).spawn(work).map_err(refused)?;
        Ok(Opening { client, over })
    }
}

fn refused(error: std::io::Error) -> Error {
    Error::new(Code::Internal, format!("A second connection could not be made: {error}."))
}
