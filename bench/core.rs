//! The cost of the pure core and of introspection, without Node: 1,000 tables of 20 columns folded,
//! compared, rendered, and read back. `cargo run --release --example core -- [postgresql://...]`
//! prints milliseconds as JSON; `npm run bench -- migrations` calls it.

use plinth::dialect::postgres::syntax::Postgres;
use plinth::dialect::sqlite::syntax::Sqlite;
use plinth::dialect::Dialect;
use plinth::diff::{apply, diff, Choices, Operation, Outcome};
use plinth::engine::settings::Settings;
use plinth::engine::url::{self, Location};
use plinth::engine::{postgres, sqlite};
use plinth::schema::{Models, Schema};
use plinth::statement::Execute;
use serde_json::{json, Value};
use std::path::Path;
use std::time::Instant;

const TABLES: usize = 1000;
const ROUNDS: usize = 5;
const KINDS: [&str; 6] = ["text", "integer", "timestamp", "boolean", "json", "uuid"];

/// Tables that point to each other, with a check, a unique constraint and two indexes each; `more` adds a column to every one.
fn schema(more: bool) -> Schema {
    let column = |i: usize| json!({ "property": format!("c{i}"), "name": format!("c{i}"), "kind": KINDS[i % KINDS.len()], "nullable": i % 2 == 0 });
    let table = |t: usize| {
        let name = format!("table_{t}");
        let mut columns = vec![json!({ "property": "id", "name": "id", "kind": "id" })];
        columns.push(json!({ "property": "parent", "name": "parent", "kind": "integer", "nullable": true }));
        columns.extend((0..if more { 19 } else { 18 }).map(column));
        json!({ "model": name, "table": name, "primaryKey": ["id"], "columns": columns,
            "uniques": [{ "columns": ["c0", "c1"] }],
            "checks": [{ "sql": "c1 > 0" }],
            "foreignKeys": [{ "columns": ["parent"], "target": format!("table_{}", t / 2), "references": ["id"] }],
            "indexes": [{ "parts": [{ "column": "c2", "desc": true }] },
                        { "parts": [{ "column": "c1" }, { "column": "c3" }], "where": "c3" }] })
    };
    let models = json!({ "format": 1, "models": (0..TABLES).map(table).collect::<Vec<Value>>() });
    Models::from_json(&models.to_string()).expect("the schema is valid").schema
}

fn operations(from: &Schema, to: &Schema) -> Vec<Operation> {
    match diff(from, to, &Choices::default()).expect("it can be changed") {
        Outcome::Operations(operations) => operations,
        Outcome::Questions(questions) => panic!("nothing is to be decided: {questions:?}"),
    }
}

/// The median of some rounds, in milliseconds.
fn median(mut work: impl FnMut()) -> f64 {
    let mut times: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed().as_secs_f64() * 1000.0
        })
        .collect();
    times.sort_by(f64::total_cmp);
    (times[ROUNDS / 2] * 10.0).round() / 10.0
}

/// A revision of everything: fold what created the tables, compare with models that changed each, render it there and back.
fn core(dialect: &dyn Dialect) -> Value {
    let (old, new) = (schema(false), schema(true));
    let created = operations(&Schema::default(), &old);
    let folded = apply(&Schema::default(), &created).expect("it applies");
    let changes = operations(&folded, &new);
    assert!(changes.len() >= TABLES);
    let fold = median(|| drop(apply(&Schema::default(), &created)));
    let compare = median(|| drop(operations(&folded, &new)));
    let render = median(|| drop(dialect.render(&folded, &changes).expect("it renders")));
    json!({ "fold": fold, "diff": compare, "render": render })
}

/// Reads the 1,000 tables of a database.
fn introspection(dialect: &dyn Dialect, connection: &mut dyn Execute) -> f64 {
    let statements = dialect.render(&Schema::default(), &operations(&Schema::default(), &schema(false)));
    connection.batch("BEGIN").expect("it begins");
    for statement in statements.expect("it renders") {
        connection.batch(&statement).expect("it runs");
    }
    connection.batch("COMMIT").expect("it commits");
    median(|| {
        let shape = dialect.introspect(connection, None).expect("it reads");
        assert_eq!(shape.tables.len(), TABLES);
    })
}

fn main() {
    let mut memory = sqlite::admin::AdminConnection::open(":memory:", 1000).expect("SQLite opens");
    let mut report = json!({
        "sqlite": core(&Sqlite),
        "postgres": core(&Postgres),
        "introspect": { "sqlite": introspection(&Sqlite, &mut memory) },
    });
    if let Some(url) = std::env::args().nth(1) {
        let settings = Settings::of(&url, "/");
        let Ok(Location::Postgres(place)) = url::parse(&settings.url, Path::new("/")) else {
            panic!("no PostgreSQL URL")
        };
        let target = postgres::Target::new(&place, &settings).expect("the settings are good");
        let mut server = postgres::admin::AdminConnection::open(&target).expect("PostgreSQL answers");
        report["introspect"]["postgres"] = json!(introspection(&Postgres, &mut server));
    }
    println!("{report}");
}
