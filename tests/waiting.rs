//! Waiting for another that changes the tables: as long as it makes progress, and not for ever.

mod support;

use plinth::database;
use plinth::dialect::postgres::LOCK;
use plinth::dialect::DialectName;
use plinth::error::{Code, Error};
use plinth::init::InitReport;
use plinth::migrate::report::verbs::Options;
use plinth::schema::Models;
use plinth::statement::{Execute, Hears, Statement, Wait};
use serde_json::json;
use std::sync::{mpsc, Arc, Mutex};
use std::thread::sleep;
use std::time::{Duration, Instant};
use support::revisions::{Draft, Place};

on_both!(
    one_that_works_is_waited_for,
    one_that_stands_still_is_not,
    a_timeout_ends_the_wait_for_one_that_works,
    who_waits_hears_of_it,
);

fn models() -> Models {
    let users = json!({ "model": "users", "table": "users", "primaryKey": ["id"], "columns": [
        { "property": "id", "name": "id", "kind": "id" } ] });
    Models::from_json(&json!({ "format": 1, "models": [users] }).to_string()).unwrap()
}

fn init(place: &Place, timeout: u64, standstill: u64) -> Result<InitReport, Error> {
    let options = Options { timeout: Some(timeout), standstill: Some(standstill), ..Options::default() };
    database::init(&place.target, &models(), &options)
}

/// Does work while another holds the lock; `step` is what the other does with its connection, over and over.
fn beside<T: Send>(
    place: &Place,
    time: Duration,
    step: impl Fn(&mut dyn Execute) + Sync,
    work: impl FnOnce() -> T,
) -> T {
    init(place, 1000, 1000).unwrap();
    place.run("CREATE TABLE notes (body text)");
    let (ready, held) = mpsc::channel();
    std::thread::scope(|scope| {
        let step = &step;
        scope.spawn(move || {
            let mut holder = place.open();
            match place.dialect.name() {
                DialectName::Sqlite => holder.batch("PRAGMA cache_size = 10; BEGIN IMMEDIATE").unwrap(),
                DialectName::Postgres => {
                    holder.query(&Statement::new(format!("SELECT 1 FROM pg_advisory_lock({LOCK})"))).map(drop).unwrap()
                }
            }
            ready.send(()).unwrap();
            let start = Instant::now();
            while start.elapsed() < time {
                step(holder.as_mut());
                sleep(Duration::from_millis(100));
            }
            if place.dialect.name() == DialectName::Sqlite {
                holder.batch("COMMIT").unwrap();
            }
        });
        held.recv().unwrap();
        work()
    })
}

/// Hundred kilobytes, more than the cache holds.
const NOTE: &str = "INSERT INTO notes VALUES ('xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'); \
                    INSERT INTO notes SELECT a.body FROM (VALUES (1), (2), (3), (4), (5), (6), (7), (8), (9), (10)) AS n, \
                    (SELECT body FROM notes LIMIT 250) AS a";

fn write(connection: &mut dyn Execute) {
    connection.batch(NOTE).unwrap();
}

fn one_that_works_is_waited_for(place: &Place) {
    let start = Instant::now();
    beside(place, Duration::from_millis(2500), write, || init(place, 60_000, 800)).unwrap();
    assert!(start.elapsed() >= Duration::from_millis(2500), "it did not wait");
}

fn one_that_stands_still_is_not(place: &Place) {
    let start = Instant::now();
    let error = beside(
        place,
        Duration::from_millis(3000),
        |_| {},
        || {
            let error = init(place, 60_000, 800).unwrap_err();
            assert!(start.elapsed() < Duration::from_millis(2800), "it waited for the end");
            error
        },
    );
    assert_eq!((error.code, error.retryable), (Code::Busy, true));
    assert!(error.message.contains("has not made progress for 800 milliseconds"), "{error:?}");
    match place.dialect.name() {
        DialectName::Postgres => {
            assert!(error.found.as_ref().unwrap().starts_with("the session "), "{error:?}");
            assert!(error.hint.unwrap().contains("end it (`SELECT pg_terminate_backend("));
        }
        DialectName::Sqlite if cfg!(target_os = "linux") => {
            assert_eq!(error.found.as_deref(), Some("a transaction of this process"));
        }
        DialectName::Sqlite => {}
    }
}

fn a_timeout_ends_the_wait_for_one_that_works(place: &Place) {
    let error = beside(place, Duration::from_millis(2000), write, || init(place, 500, 60_000)).unwrap_err();
    assert_eq!((error.code, error.retryable), (Code::Busy, true));
    assert!(error.message.contains("for 500 milliseconds") && error.hint.unwrap().contains("timeout"));
}

#[test]
fn what_one_call_waits_on_several_connections_is_added_up() {
    let patience = Options { timeout: Some(700), ..Options::default() }.patience();
    patience.clone().spend(Duration::from_millis(600));
    assert_eq!((patience.waited(), patience.limit), (Duration::from_millis(600), Duration::from_millis(700)));
}

fn who_waits_hears_of_it(place: &Place) {
    let heard: Arc<Mutex<Vec<Wait>>> = Arc::default();
    let ears = Arc::clone(&heard);
    let hears = Some(Hears(Arc::new(move |wait: &Wait| ears.lock().unwrap().push(wait.clone()))));
    let options = Options { timeout: Some(60_000), hears, ..Options::default() };
    beside(place, Duration::from_millis(1800), |_| {}, || database::init(&place.target, &models(), &options)).unwrap();
    let heard = heard.lock().unwrap();
    assert_eq!(heard.len(), 1, "{heard:?}");
    assert!((1000..1800).contains(&heard[0].waited_ms), "{heard:?}");
    assert_eq!(heard[0].holder.is_some(), cfg!(target_os = "linux") || place.dialect.name() == DialectName::Postgres);
}

#[test]
fn a_long_statement_of_a_session_whose_lock_another_session_holds_is_progress() {
    let Some(place) = Place::postgres() else { return };
    place.write(Draft {
        version: "20260101000000",
        name: "slow",
        up: "SELECT pg_sleep(3);",
        down: "SELECT 1;",
        ..Draft::default()
    });
    std::thread::scope(|scope| {
        let running = scope.spawn(|| place.upgrade("head").unwrap());
        let sleeps = "SELECT count(*) FROM pg_stat_activity \
                      WHERE datname = current_database() AND query LIKE 'SELECT pg_sleep(3)%'";
        while place.number(sleeps) == 0 {
            sleep(Duration::from_millis(20));
        }
        let start = Instant::now();
        init(&place, 60_000, 800).unwrap();
        assert!(start.elapsed() > Duration::from_millis(2000), "it did not wait");
        assert_eq!(running.join().unwrap().applied.len(), 1);
    });
}

#[test]
fn a_session_that_waits_for_a_lock_itself_makes_no_progress() {
    let Some(place) = Place::postgres() else { return };
    place.run("CREATE TABLE theirs (id integer)");
    let (version, up) = ("20260101000000", "LOCK TABLE theirs;");
    place.write(Draft { version, name: "blocked", up, down: "SELECT 1;", ..Draft::default() });
    let mut theirs = place.open();
    theirs.batch("BEGIN; LOCK TABLE theirs").unwrap();
    std::thread::scope(|scope| {
        let running = scope.spawn(|| place.upgrade("head").unwrap());
        while place.number(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
        ) == 0
        {
            sleep(Duration::from_millis(20));
        }
        let error = init(&place, 60_000, 800).unwrap_err();
        assert!(error.code == Code::Busy && error.message.contains("has not made progress"), "{error:?}");
        // The session that holds the lock, and the one that works.
        assert_eq!(error.hint.unwrap().matches("pg_terminate_backend(").count(), 2);
        theirs.batch("COMMIT").unwrap();
        assert_eq!(running.join().unwrap().applied.len(), 1);
    });
}
