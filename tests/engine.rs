//! The engine on real databases, through its own interface: every task is answered once, whatever happens around it.

use plinth::database::{Database, Target};
use plinth::engine::packed::{Outcome, ParamChunk, Params};
use plinth::engine::settings::Settings;
use plinth::engine::sqlite::{self, Connection, Durability};
use plinth::engine::task::SNAPSHOT;
use plinth::engine::watch::Watch;
use plinth::engine::{Completion, Control, Isolation, Run, Sink, Task, Work};
use plinth::error::{Code, Result};
use plinth::schema::Models;
use serde_json::json;
use std::collections::HashMap;
use std::sync::mpsc::{channel, Receiver, Sender};
use std::sync::{Arc, Barrier, Mutex};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Longer than anything takes on a loaded machine; only a task that is never answered waits so long.
const PATIENCE: Duration = Duration::from_secs(60);

struct Answers(Mutex<Sender<Completion>>);

impl Sink for Answers {
    fn deliver(&self, completions: Vec<Completion>) {
        for completion in completions {
            // A test that has ended listens no more.
            let _ = self.0.lock().unwrap().send(completion);
        }
    }
}

struct Fixture {
    database: Database,
    answers: Receiver<Completion>,
    // Removed after the database is closed: fields drop in order.
    _folder: Option<Arc<TempDir>>,
}

fn models() -> Models {
    let schema = json!({ "format": 1, "models": [{
        "model": "users", "table": "users", "primaryKey": ["id"],
        "columns": [
            { "property": "id", "name": "id", "kind": "id" },
            { "property": "email", "name": "email", "kind": "text" },
        ],
        "uniques": [{ "columns": ["email"] }],
    }] });
    Models::from_json(&schema.to_string()).unwrap()
}

fn file(folder: &Arc<TempDir>) -> Target {
    let path = folder.path().join("app.db").to_str().unwrap().to_owned();
    Target::Sqlite(sqlite::Target::new(path, false, Durability::Normal))
}

fn memory() -> Target {
    plinth::database::target(&Settings::of("sqlite::memory:", ".")).unwrap()
}

fn open(target: Target, folder: Option<Arc<TempDir>>) -> Fixture {
    let (sender, answers) = channel();
    let sink = Arc::new(Answers(Mutex::new(sender)));
    Fixture { database: Database::open(models(), target, sink), answers, _folder: folder }
}

fn folder() -> Arc<TempDir> {
    Arc::new(tempfile::tempdir().unwrap())
}

/// With the table, in a new file.
fn fixture() -> Fixture {
    let folder = folder();
    let fixture = open(file(&folder), Some(folder));
    plinth::database::init(&fixture.database.target, &fixture.database.models, &Default::default()).unwrap();
    fixture
}

fn both() -> [Fixture; 2] {
    let memory = open(memory(), None);
    plinth::database::init(&memory.database.target, &memory.database.models, &Default::default()).unwrap();
    [fixture(), memory]
}

fn text(values: &[&str]) -> Params {
    let chunk = ParamChunk {
        rows: 1,
        ints: values.iter().map(|v| v.len() as i32).collect(),
        floats: vec![0.0; values.len()],
        text: values.concat().into_bytes(),
        bytes: Vec::new(),
    };
    Params { chunks: vec![chunk] }
}

impl Fixture {
    fn run(&self, query: &str, params: Params) -> Work {
        let (number, plan) = self.database.compile(query).unwrap();
        Work::Run(Run { id: u64::from(number), plan, pace: Arc::default(), params, watch: Watch::default() })
    }

    fn sql(&self, sql: &str) -> Work {
        self.run(&json!({ "op": "sql", "pieces": [sql], "params": [] }).to_string(), text(&[]))
    }

    fn create(&self, email: &str) -> Work {
        self.run(r#"{"op":"insert","model":"users","columns":["email"]}"#, text(&[email]))
    }

    fn submit(&self, tasks: impl IntoIterator<Item = (u32, u32, Work)>) {
        let task = |(ticket, session, work)| Task { ticket, session, work, watch: Watch::default(), stop: None };
        self.database.engine.submit(tasks.into_iter().map(task).collect());
    }

    /// The answers of this many tasks, by ticket; a second answer to one is a failure.
    fn take(&self, count: usize) -> HashMap<u32, Result<Outcome>> {
        let mut taken = HashMap::new();
        while taken.len() < count {
            let answer = self.answers.recv_timeout(PATIENCE).expect("a task was not answered");
            assert!(taken.insert(answer.ticket, answer.result).is_none(), "{} was answered twice", answer.ticket);
        }
        taken
    }

    /// Runs one task and waits for it.
    fn one(&self, session: u32, work: Work) -> Result<Outcome> {
        self.submit([(u32::MAX >> 2, session, work)]);
        self.take(1).into_values().next().unwrap()
    }

    fn code(&self, session: u32, work: Work) -> Option<Code> {
        self.one(session, work).err().map(|error| error.code)
    }

    fn count(&self) -> i32 {
        self.one(0, self.run(r#"{"op":"count","model":"users"}"#, text(&[]))).unwrap().chunks[0].ints[0]
    }
}

fn codes(answers: &HashMap<u32, Result<Outcome>>) -> Vec<Option<Code>> {
    let mut sorted: Vec<_> = answers.iter().map(|(t, r)| (*t, r.as_ref().err().map(|e| e.code))).collect();
    sorted.sort_unstable_by_key(|(ticket, _)| *ticket);
    sorted.into_iter().map(|(_, code)| code).collect()
}

#[test]
fn every_task_of_several_threads_is_answered_once() {
    for fixture in both() {
        let (number, plan) =
            fixture.database.compile(r#"{"op":"insert","model":"users","columns":["email"]}"#).unwrap();
        std::thread::scope(|scope| {
            for thread in 0..4u32 {
                let (engine, plan) = (&fixture.database.engine, &plan);
                scope.spawn(move || {
                    for i in 0..500 {
                        // Every tenth exists already.
                        let email = format!("{thread} {}", if i % 10 == 9 { i - 1 } else { i });
                        let run = Run {
                            id: u64::from(number),
                            plan: Arc::clone(plan),
                            pace: Arc::default(),
                            params: text(&[&email]),
                            watch: Watch::default(),
                        };
                        engine.submit(vec![Task {
                            ticket: thread * 500 + i,
                            session: 0,
                            work: Work::Run(run),
                            watch: Watch::default(),
                            stop: None,
                        }]);
                    }
                });
            }
        });
        for (ticket, result) in fixture.take(2000) {
            let expected = if ticket % 10 == 9 { Some(Code::UniqueViolation) } else { None };
            assert_eq!(result.err().map(|e| e.code), expected);
        }
        assert_eq!(fixture.count(), 1800);
    }
}

#[test]
fn a_panic_is_an_answer_and_nothing_else_is_lost() {
    for fixture in both() {
        let broken = || {
            let Work::Run(mut run) = fixture.create("x") else { unreachable!() };
            // Fewer parameters than the plan has.
            run.params.chunks[0].ints.clear();
            Work::Run(run)
        };
        assert_eq!(fixture.code(0, broken()), Some(Code::Internal));
        fixture.submit([
            (1, 0, fixture.create("a")),
            (2, 0, broken()),
            (3, 0, fixture.create("b")),
            (4, 9, Work::Control(Control::Begin(Isolation::Default))),
            (5, 9, fixture.create("c")),
            (6, 9, broken()),
            (7, 9, fixture.create("d")),
            (8, 9, Work::Control(Control::Commit)),
        ]);
        let internal = Some(Code::Internal);
        assert_eq!(codes(&fixture.take(8)), [None, internal, None, None, None, internal, None, None]);
        assert_eq!(fixture.count(), 4);
    }
}

#[test]
fn a_session_has_its_tasks_to_itself_and_what_comes_after_its_end_is_refused() {
    for fixture in both() {
        fixture.submit([
            (1, 5, Work::Control(Control::Begin(Isolation::Default))),
            (2, 0, fixture.create("outside")),
            (3, 5, fixture.create("a")),
            (4, 6, Work::Control(Control::Begin(Isolation::Default))),
            (5, 6, fixture.create("b")),
            (6, 5, Work::Control(Control::Rollback)),
            (7, 5, fixture.create("late")),
            (8, 5, Work::Control(Control::Savepoint(1))),
            (9, 5, Work::Control(Control::Commit)),
            (10, 6, Work::Control(Control::Commit)),
        ]);
        let ended = Some(Code::SessionEnded);
        assert_eq!(codes(&fixture.take(10)), [None, None, None, None, None, None, ended, ended, ended, None]);
        assert_eq!(fixture.count(), 2);
    }
}

#[test]
fn a_session_that_never_began_is_refused() {
    for fixture in both() {
        for session in [7, 7 | SNAPSHOT] {
            let ended = Some(Code::SessionEnded);
            assert_eq!(fixture.code(session, fixture.create("a")), ended);
            assert_eq!(fixture.code(session, Work::Control(Control::Commit)), ended);
            assert_eq!(fixture.code(session, Work::Control(Control::Undo(3))), ended);
        }
        assert_eq!(fixture.count(), 0);
    }
}

#[test]
fn savepoints_are_kept_and_undone_by_their_numbers() {
    for fixture in both() {
        let control = |ticket, control| (ticket, 5, Work::Control(control));
        fixture.submit([
            control(1, Control::Begin(Isolation::Default)),
            (2, 5, fixture.create("a")),
            control(3, Control::Savepoint(1)),
            (4, 5, fixture.create("b")),
            control(5, Control::Savepoint(2)),
            (6, 5, fixture.create("c")),
            control(7, Control::Undo(2)),
            control(8, Control::Undo(2)),
            control(9, Control::Release(1)),
            control(10, Control::Commit),
        ]);
        let unknown = Some(Code::SqlFailed);
        assert_eq!(codes(&fixture.take(10)), [None, None, None, None, None, None, None, unknown, None, None]);
        assert_eq!(fixture.count(), 2);
    }
}

#[test]
fn snapshots_keep_their_moment_refuse_writes_and_end() {
    let fixture = fixture();
    let session = 3 | SNAPSHOT;
    let count = || fixture.run(r#"{"op":"count","model":"users"}"#, text(&[]));
    assert_eq!(fixture.code(session, Work::Control(Control::BeginRead(Isolation::Default))), None);
    assert_eq!(fixture.code(0, fixture.create("a")), None);
    assert_eq!(fixture.one(session, count()).unwrap().chunks[0].ints[0], 0);
    assert_eq!(fixture.code(session, fixture.create("b")), Some(Code::ReadOnly));
    assert_eq!(fixture.code(session, fixture.sql("DELETE FROM users")), Some(Code::ReadOnly));
    fixture.submit([(1, session, Work::Control(Control::Commit)), (2, session, count()), (3, session, count())]);
    let ended = Some(Code::SessionEnded);
    assert_eq!(codes(&fixture.take(3)), [None, ended, ended]);
    assert_eq!(fixture.code(session, count()), ended);
    assert_eq!(fixture.count(), 1);
}

#[test]
fn close_runs_what_is_queued_and_refuses_what_comes_after() {
    for fixture in both() {
        fixture.submit((0..500).map(|i| (i, 0, fixture.create(&format!("{i}")))));
        // Only the database knows that these write: a reader hands them on.
        fixture.submit((500..600).map(|i| (i, 0, fixture.sql(&format!("INSERT INTO users (email) VALUES ('{i}')")))));
        fixture.submit([(600, 5, Work::Control(Control::Begin(Isolation::Default))), (601, 5, fixture.create("open"))]);
        fixture.submit([(602, 6 | SNAPSHOT, Work::Control(Control::BeginRead(Isolation::Default)))]);
        fixture.database.engine.close();
        let answers = fixture.take(603);
        assert!(answers.values().all(|r| r.is_ok()), "{:?}", codes(&answers));
        assert_eq!(fixture.code(0, fixture.create("late")), Some(Code::Closed));
        assert_eq!(fixture.code(5, Work::Control(Control::Commit)), Some(Code::Closed));
        let Work::Run(run) = fixture.create("late") else { unreachable!() };
        let blocking = fixture.database.engine.run_blocking(Task {
            ticket: 0,
            session: 0,
            work: Work::Run(run),
            watch: Watch::default(),
            stop: None,
        });
        assert_eq!(blocking.unwrap_err().code, Code::Closed);
        fixture.database.engine.close();
    }
}

#[test]
fn a_session_that_is_open_when_the_engine_closes_is_rolled_back() {
    let folder = folder();
    let first = open(file(&folder), Some(Arc::clone(&folder)));
    plinth::database::init(&first.database.target, &first.database.models, &Default::default()).unwrap();
    first.submit([(1, 5, Work::Control(Control::Begin(Isolation::Default))), (2, 5, first.create("a"))]);
    first.take(2);
    drop(first);
    assert_eq!(open(file(&folder), Some(folder)).count(), 0);
}

#[test]
fn abandon_waits_for_no_lock_and_no_query() {
    let fixture = fixture();
    let Target::Sqlite(target) = &fixture.database.target else { unreachable!("a file") };
    let holder = Connection::open(target).unwrap();
    holder.batch("BEGIN IMMEDIATE").unwrap();
    fixture.submit((0..2000).map(|i| (i, 0, fixture.create(&format!("{i}")))));
    let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n";
    fixture.submit([(5000, 0, fixture.sql(endless))]);
    fixture.submit([(5001, 1 | SNAPSHOT, Work::Control(Control::BeginRead(Isolation::Default)))]);
    fixture.submit([(5002, 1 | SNAPSHOT, fixture.sql(endless))]);
    // The snapshot has begun: the threads are at work.
    while fixture.answers.recv_timeout(PATIENCE).unwrap().ticket != 5001 {}
    let start = Instant::now();
    fixture.database.engine.abandon();
    // The lock alone would be waited for 10 seconds, the query for ever.
    assert!(start.elapsed() < Duration::from_secs(9), "it took {:?}", start.elapsed());
    holder.batch("ROLLBACK").unwrap();
}

#[test]
fn a_lock_that_is_not_given_is_busy_for_all_that_wait_together() {
    let fixture = fixture();
    assert_eq!(fixture.count(), 0);
    let Target::Sqlite(target) = &fixture.database.target else { unreachable!("a file") };
    let holder = Connection::open(target).unwrap();
    holder.batch("BEGIN IMMEDIATE").unwrap();
    let start = Instant::now();
    fixture.submit((0..50).map(|i| (i, 0, fixture.create(&format!("{i}")))));
    assert_eq!(codes(&fixture.take(50)), vec![Some(Code::Busy); 50]);
    assert!(start.elapsed() < Duration::from_secs(60), "one after the other: {:?}", start.elapsed());
    holder.batch("ROLLBACK").unwrap();
    assert_eq!(fixture.code(0, fixture.create("a")), None);
    assert_eq!(fixture.count(), 1);
}

#[test]
fn more_shapes_than_are_kept_prepared_are_all_answered_right() {
    for fixture in both() {
        for round in 0..2 {
            for i in 0..700u32 {
                fixture.submit([(i, 0, fixture.sql(&format!("SELECT {i} + {round}")))]);
            }
            for (ticket, result) in fixture.take(700) {
                assert_eq!(result.unwrap().chunks[0].floats[0], f64::from(ticket + round));
            }
        }
    }
}

#[test]
fn many_engines_that_open_a_new_file_at_once_all_work() {
    for _ in 0..5 {
        let folder = folder();
        let barrier = Barrier::new(16);
        std::thread::scope(|scope| {
            for i in 0..16 {
                let (folder, barrier) = (&folder, &barrier);
                scope.spawn(move || {
                    let fixture = open(file(folder), None);
                    barrier.wait();
                    assert_eq!(fixture.code(0, fixture.sql("CREATE TABLE IF NOT EXISTS t (a)")), None);
                    assert_eq!(fixture.code(0, fixture.sql(&format!("INSERT INTO t VALUES ({i})"))), None);
                });
            }
        });
        let fixture = open(file(&folder), Some(folder));
        let count = fixture.one(0, fixture.sql("SELECT count(*) FROM t")).unwrap();
        assert_eq!(count.chunks[0].floats[0], 16.0);
    }
}

#[test]
fn blocking_tasks_have_sessions_of_their_own() {
    for fixture in both() {
        let blocking = |session, work| {
            fixture.database.engine.run_blocking(Task { ticket: 1, session, work, watch: Watch::default(), stop: None })
        };
        blocking(1, Work::Control(Control::Begin(Isolation::Default))).unwrap();
        blocking(1, fixture.create("a")).unwrap();
        // The same number, and another session: it waits for the lock.
        fixture.submit([(1, 1, Work::Control(Control::Begin(Isolation::Default))), (2, 1, fixture.create("b"))]);
        blocking(1, Work::Control(Control::Savepoint(1))).unwrap();
        blocking(1, fixture.create("undone")).unwrap();
        blocking(1, Work::Control(Control::Undo(1))).unwrap();
        blocking(1, Work::Control(Control::Commit)).unwrap();
        assert_eq!(codes(&fixture.take(2)), [None, None]);
        assert_eq!(fixture.code(1, Work::Control(Control::Commit)), None);
        assert_eq!(blocking(1, Work::Control(Control::Commit)).unwrap_err().code, Code::SessionEnded);
        assert_eq!(fixture.count(), 2);
    }
}
