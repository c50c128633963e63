//! Reads in quick succession hold a transaction open beside them: they must stay fresh, and the log
//! must not grow for it.

use plinth::engine::pace::Pace;
use plinth::engine::packed::{ParamChunk, Params};
use plinth::engine::sqlite::{Connection, Durability, Sqlite, Target};
use plinth::engine::watch::Watch;
use plinth::engine::{Completion, Engine, Run, Sink};
use plinth::plan::{Action, Form, Node, Output, Param, Plan, Wire};
use std::sync::Arc;
use std::time::{Duration, Instant};

struct Nobody;

impl Sink for Nobody {
    fn deliver(&self, _: Vec<Completion>) {}
}

fn plan() -> Arc<Plan> {
    let outputs = vec![Output::number("n", Wire::Int)];
    let node = Node { sql: "SELECT n FROM t WHERE id = ?1".into(), params: 0..1, outputs, link: None, key: Vec::new() };
    let params = vec![Param { wire: Wire::Int, form: Form::Plain }];
    Arc::new(Plan {
        action: Action::Select,
        model: None,
        nodes: vec![node],
        params,
        private: Vec::new(),
        probes: Vec::new(),
        values: None,
        skips_duplicates: false,
        keyed: false,
        generated: None,
        skips: false,
        locks: false,
    })
}

fn run(plan: &Arc<Plan>) -> Run {
    let chunk = ParamChunk { rows: 1, ints: vec![1], floats: vec![0.0], ..ParamChunk::default() };
    let (plan, params) = (Arc::clone(plan), Params { chunks: vec![chunk] });
    Run { id: 1, plan, pace: Arc::new(Pace::quick()), params, watch: Watch::default() }
}

#[test]
fn reads_see_the_commits_of_others_at_once_and_let_their_log_start_over() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db").to_string_lossy().into_owned();
    let target = Target::new(path.clone(), false, Durability::Normal);
    let other = Connection::open(&target).unwrap();
    other.batch("CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER); INSERT INTO t VALUES (1, 0)").unwrap();
    let engine = Sqlite::new(target, Arc::new(Nobody));
    let plan = plan();
    // A blocking read opens the connection; then reads are answered at once.
    let task = plinth::engine::Task {
        ticket: 0,
        session: 0,
        work: plinth::engine::Work::Run(run(&plan)),
        watch: Watch::default(),
        stop: None,
    };
    engine.run_blocking(task).unwrap();
    let read = || engine.run_inline(&run(&plan)).expect("answered at once").result.unwrap().chunks[0].ints[0];

    for n in 1..=200 {
        other.batch(&format!("UPDATE t SET n = {n}")).unwrap();
        for _ in 0..n {
            assert_eq!(read(), n);
        }
    }

    // Without a pause between them, too, a moment comes at which the log can be emptied.
    let log = format!("{path}-wal");
    let deadline = Instant::now() + Duration::from_secs(10);
    while std::fs::metadata(&log).unwrap().len() > 0 {
        assert!(Instant::now() < deadline, "the log was never emptied");
        other.batch("PRAGMA busy_timeout = 0; PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
        for _ in 0..100 {
            read();
        }
    }
    engine.close();
}
