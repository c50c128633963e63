//! Proofs of revisions: what is right is proven on both databases, what is wrong is caught, and nothing is left behind.

mod support;

use plinth::dialect::postgres::syntax::Postgres;
use plinth::dialect::sqlite::syntax::Sqlite;
use plinth::dialect::{Dialect, DialectName};
use plinth::diff::{apply, diff, reverse, Choices, Operation, Outcome};
use plinth::engine::sqlite::admin::AdminConnection;
use plinth::error::{Code, Error, Result};
use plinth::migrate::prove::proof::{prove, Proof, Proven};
use plinth::schema::{Models, Schema};
use plinth::statement::{Execute, Statement};
use plinth::value::Value;
use serde_json::json;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};
use support::tables::{key, schema, table};

/// A revision as `revision` would write it.
struct Written {
    from: Schema,
    operations: Vec<Operation>,
}

impl Written {
    fn new(from: &Schema, to: &Schema, choices: &Choices) -> Option<Self> {
        match diff(from, to, choices) {
            Ok(Outcome::Operations(operations)) => Some(Written { from: from.clone(), operations }),
            _ => None,
        }
    }

    fn scripts(&self, dialect: &dyn Dialect) -> (String, String) {
        let to = apply(&self.from, &self.operations).unwrap();
        let script = |schema: &Schema, operations: &[Operation]| {
            let statements = dialect.render(schema, operations).unwrap();
            statements.iter().map(|statement| format!("{statement};\n")).collect::<String>()
        };
        (script(&self.from, &self.operations), script(&to, &reverse(&self.operations)))
    }

    fn prove(&self, dialect: &dyn Dialect, connection: &mut dyn Execute, up: &str, down: &str) -> Result<Proven> {
        prove(dialect, connection, &Proof { from: &self.from, operations: &self.operations, up, down })
    }

    /// Proves it as it was rendered and then edited, on every database that is here.
    fn on_both(
        &self,
        edit: impl Fn(&dyn Dialect, &mut String, &mut String),
        check: impl Fn(DialectName, Result<Proven>),
    ) {
        for mut place in places() {
            let (mut up, mut down) = self.scripts(place.dialect);
            edit(place.dialect, &mut up, &mut down);
            let before = place.everything();
            let result = self.prove(place.dialect, place.connection.as_mut(), &up, &down);
            check(place.dialect.name(), result);
            if place.dialect.name() == DialectName::Postgres {
                assert_eq!(place.everything(), before, "something was left behind");
            }
        }
    }
}

/// A database to prove things on.
struct Place {
    dialect: &'static dyn Dialect,
    connection: Box<dyn Execute>,
    _database: Option<support::Database>,
}

impl Place {
    /// All schemas, tables, functions and types of the database.
    fn everything(&mut self) -> Vec<Vec<Value>> {
        if self.dialect.name() == DialectName::Sqlite {
            return Vec::new();
        }
        let sql = "SELECT nspname::text, 's' FROM pg_namespace UNION ALL SELECT relname::text, 'c' FROM pg_class \
                   UNION ALL SELECT proname::text, 'p' FROM pg_proc ORDER BY 1, 2";
        self.connection.query(&Statement::new(sql)).unwrap()
    }
}

fn places() -> Vec<Place> {
    let memory = AdminConnection::open(":memory:", 100).unwrap();
    let mut places = vec![Place { dialect: &Sqlite, connection: Box::new(memory), _database: None }];
    if let Some(database) = support::Database::new() {
        let connection = Box::new(database.open());
        places.push(Place { dialect: &Postgres, connection, _database: Some(database) });
    }
    places
}

/// Parents with all sorts of values, and children that go with them.
fn families(columns: serde_json::Value) -> Schema {
    let nullable = json!({ "nullable": true });
    let mut all = vec![
        json!(["name", "text"]),
        json!(["ratio", "real"]),
        json!(["amount", "integer", nullable]),
        json!(["extra", "json", nullable]),
    ];
    all.extend(columns.as_array().unwrap().iter().cloned());
    let children = json!([["parent_id", "integer"], ["elder_id", "integer", nullable], ["note", "text", nullable]]);
    schema(json!([
        table("parents", json!(all), json!({})),
        table(
            "children",
            children,
            json!({ "foreignKeys": [
                key(&["parent_id"], "parents", &["id"], "cascade"),
                key(&["elder_id"], "children", &["id"], "set null"),
            ]})
        ),
        table("bystanders", json!([["name", "text"]]), json!({})),
    ]))
}

/// Adds `parents.phone`.
fn phone() -> Written {
    let to = families(json!([["phone", "text", { "nullable": true }]]));
    Written::new(&families(json!([])), &to, &Choices::default()).unwrap()
}

fn failed(name: DialectName, result: Result<Proven>, parts: &[&str]) -> Error {
    let error = result.expect_err(&format!("it was proven on {name}: {parts:?}"));
    assert_eq!(error.code, Code::ProofFailed, "{error}");
    for part in [&[name.as_str()], parts].concat() {
        assert!(error.message.contains(part), "no `{part}` in: {}", error.message);
    }
    error
}

#[test]
fn every_case_is_proven() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut faults = Vec::new();
    let mut proven = 0;
    for mut place in places() {
        let mut folders: Vec<_> = fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().path()).collect();
        folders.sort();
        for folder in folders {
            let read = |name: &str| fs::read_to_string(folder.join(name)).ok();
            let models = |text: String| Models::from_json(&text).unwrap().schema;
            let from = read("from.json").map(models).unwrap_or_default();
            let to = models(read("to.json").unwrap());
            let choices = read("choices.json").map(|text| serde_json::from_str(&text).unwrap()).unwrap_or_default();
            let Some(written) = Written::new(&from, &to, &choices) else { continue };
            let name = folder.file_name().unwrap().to_string_lossy().into_owned();
            let (up, down) = written.scripts(place.dialect);
            if place.dialect.name() == DialectName::Sqlite {
                place.connection = Box::new(AdminConnection::open(":memory:", 100).unwrap());
            }
            match written.prove(place.dialect, place.connection.as_mut(), &up, &down) {
                Ok(done) => {
                    proven += 1;
                    // A row there would point, after the down, to one that is gone.
                    let expected: &[&str] = if name == "table-renamed-over-a-dropped-one" { &["pets"] } else { &[] };
                    let unseeded: Vec<&str> = done.unseeded.iter().map(|it| it.table.as_str()).collect();
                    assert_eq!(unseeded, expected, "{name} on {}: {:?}", place.dialect.name(), done.unseeded);
                }
                Err(error) => faults.push(format!("{name}: {error}\n-- up\n{up}-- down\n{down}")),
            }
        }
    }
    assert!(faults.is_empty(), "{} faults\n\n{}", faults.len(), faults.join("\n\n"));
    assert!(proven >= 60, "only {proven} cases");
}

#[test]
fn what_is_right_is_proven() {
    phone().on_both(|_, _, _| (), |name, result| assert_eq!(result, Ok(Proven::default()), "{name}"));
}

#[test]
fn edits_that_belong_to_a_person_are_proven() {
    let edit = |dialect: &dyn Dialect, up: &mut String, down: &mut String| {
        up.push_str("UPDATE parents SET phone = 'none' WHERE amount IS NULL;\n");
        up.push_str("CREATE VIEW seen AS SELECT name FROM parents;\n");
        if dialect.name() == DialectName::Sqlite {
            up.push_str(
                "CREATE TRIGGER on_phone AFTER UPDATE OF phone ON parents BEGIN DELETE FROM bystanders WHERE 0; END;\n",
            );
            down.insert_str(0, "DROP TRIGGER on_phone;\n");
        }
        down.insert_str(0, "DROP VIEW seen;\n");
    };
    phone().on_both(edit, |name, result| assert_eq!(result, Ok(Proven::default()), "{name}"));
}

#[test]
fn rows_that_point_to_their_own_table_fit_what_becomes_of_them() {
    let points = |kind: &str, more: serde_json::Value| {
        schema(json!([table("nodes", json!([["points", kind, { "nullable": true }]]), more)]))
    };
    let keys = json!({ "foreignKeys": [key(&["points"], "nodes", &["id"], "no action")] });
    let (from, to) = (points("integer", keys), points("boolean", json!({})));
    let written = Written::new(&from, &to, &Choices::default()).unwrap();
    written.on_both(|_, _, _| (), |name, result| assert_eq!(result, Ok(Proven::default()), "{name}"));
}

#[test]
fn sql_that_leads_elsewhere() {
    let cases: [(&str, &str, &[&str]); 5] = [
        ("CREATE INDEX by_hand ON parents (name);", "", &["`up`", "the index `by_hand` of `parents` should not exist"]),
        ("ALTER TABLE bystanders RENAME COLUMN name TO title;", "", &["`up`", "`bystanders.name` is missing"]),
        ("ALTER TABLE children ADD COLUMN more integer;", "", &["`up`", "`children.more` should not exist"]),
        ("CREATE TABLE more (a integer);", "", &["`up`", "the table `more` should not exist"]),
        ("", "CREATE TABLE more (a integer);", &["`down`", "the table `more` should not exist"]),
    ];
    for (up_more, down_more, parts) in cases {
        let edit = |_: &dyn Dialect, up: &mut String, down: &mut String| {
            up.push_str(up_more);
            down.push_str(down_more);
        };
        phone().on_both(edit, |name, result| drop(failed(name, result, parts)));
    }
    let other = |_: &dyn Dialect, up: &mut String, _: &mut String| {
        *up = "ALTER TABLE parents ADD COLUMN phone integer".into();
    };
    phone().on_both(other, |name, result| {
        let error = failed(name, result, &["`up`", "the column `parents.phone` is `"]);
        assert_eq!((error.table.as_deref(), error.columns.as_slice()), (Some("parents"), &["phone".to_owned()][..]));
        assert!(error.found.is_some_and(|found| found.eq_ignore_ascii_case("integer")));
    });
    let nothing = |_: &dyn Dialect, up: &mut String, _: &mut String| *up = "-- later\n".into();
    phone().on_both(nothing, |name, result| {
        drop(failed(name, result, &["`up`", "the script holds no statement", "`parents.phone` is missing"]));
    });
}

#[test]
fn sql_that_loses_or_changes_rows() {
    let last = "(SELECT max(id) FROM parents)";
    let cases: Vec<(String, &[&str])> = vec![
        (
            "DELETE FROM children WHERE id = (SELECT max(id) FROM children WHERE id NOT IN \
             (SELECT elder_id FROM children WHERE elder_id IS NOT NULL))"
                .into(),
            &["`children` has lost 1 of"],
        ),
        (format!("DELETE FROM parents WHERE id = {last}"), &["`parents`"]),
        ("UPDATE parents SET name = name || '!' WHERE id = 2".into(), &["`parents.name` has changed", "id = 2"]),
        ("UPDATE parents SET ratio = 0.0 WHERE ratio = 0.0".into(), &["`parents.ratio` has changed", "it had -0.0"]),
        ("UPDATE parents SET amount = 0 WHERE amount IS NULL".into(), &["`parents.amount`", "it had NULL, and has 0"]),
        ("UPDATE parents SET extra = NULL WHERE extra IS NOT NULL".into(), &["`parents.extra`", "and has NULL"]),
        ("INSERT INTO bystanders (name) VALUES ('new')".into(), &["`bystanders` has a row that did not exist before"]),
    ];
    for (sql, parts) in cases {
        for step in ["`up`", "`down`"] {
            let edit = |_: &dyn Dialect, up: &mut String, down: &mut String| {
                let script = if step == "`up`" { up } else { down };
                script.push_str(&format!("{sql};\n"));
            };
            phone().on_both(edit, |name, result| drop(failed(name, result, &[&[step], parts].concat())));
        }
    }
}

#[test]
fn children_that_cascades_take() {
    let copy = "CREATE TEMPORARY TABLE kept AS SELECT * FROM parents;\nDELETE FROM parents;\n\
                INSERT INTO parents SELECT * FROM kept;\nDROP TABLE kept;\n";
    let edit = |_: &dyn Dialect, up: &mut String, _: &mut String| up.push_str(copy);
    phone().on_both(edit, |name, result| match name {
        // A revision runs with foreign keys off there: nothing is taken.
        DialectName::Sqlite => assert_eq!(result, Ok(Proven::default())),
        name => drop(failed(name, result, &["`up`", "`children` has lost"])),
    });
    // Outside a transaction they are on.
    let edit = |dialect: &dyn Dialect, up: &mut String, _: &mut String| {
        if dialect.name() == DialectName::Sqlite {
            *up = format!("-- plinth: no transaction\n{up}{copy}");
        } else {
            up.push_str(copy);
        }
    };
    phone().on_both(edit, |name, result| drop(failed(name, result, &["`up`", "`children` has lost"])));
}

/// `parents.amount` in another way.
fn amount(column: serde_json::Value, choices: serde_json::Value) -> Written {
    let mut to = families(json!([]));
    let other = schema(json!([table("parents", json!([column]), json!({}))]));
    let place = to.tables[0].columns.iter().position(|column| column.name == "amount").unwrap();
    to.tables[0].columns[place] = other.tables[0].columns[1].clone();
    Written::new(&families(json!([])), &to, &serde_json::from_value(choices).unwrap()).unwrap()
}

#[test]
fn altered_columns_are_watched() {
    let nullable = json!({ "nullable": true });
    let backfill = json!({ "backfills": [{ "table": "parents", "column": "amount", "value": "7" }] });
    let wider = || amount(json!(["amount", "bigint", nullable]), json!({}));
    let narrower = || amount(json!(["amount", "int32", nullable]), json!({}));
    let text = || amount(json!(["amount", "text", nullable]), json!({}));
    let filled = || amount(json!(["amount", "integer"]), backfill.clone());
    for written in [wider(), narrower(), text(), filled()] {
        written.on_both(|_, _, _| (), |name, result| assert_eq!(result, Ok(Proven::default()), "{name}"));
    }
    let cases: [(Written, &str, &str, &[&str]); 6] = [
        (
            wider(),
            "UPDATE parents SET amount = amount + 1 WHERE amount = 0",
            "",
            &["`up`", "amount", "had 0, and has 1"],
        ),
        (narrower(), "UPDATE parents SET amount = 5 WHERE amount IS NULL", "", &["`up`", "had NULL, and has 5"]),
        (
            text(),
            "UPDATE parents SET amount = NULL WHERE amount = '0'",
            "",
            &["`up`", "had 0 as a value, and has NULL"],
        ),
        (text(), "", "UPDATE parents SET amount = 3 WHERE amount = -1", &["`down`", "had -1, and has 3"]),
        (filled(), "UPDATE parents SET amount = 7", "", &["`up`", "`parents.amount` has changed", "and has 7"]),
        (filled(), "", "UPDATE parents SET amount = 8 WHERE amount = 42", &["`down`", "had 42, and has 8"]),
    ];
    for (written, up_more, down_more, parts) in cases {
        let edit = |_: &dyn Dialect, up: &mut String, down: &mut String| {
            up.push_str(up_more);
            down.push_str(down_more);
        };
        written.on_both(edit, |name, result| drop(failed(name, result, parts)));
    }
}

#[test]
fn statements_that_fail_are_named() {
    let edit = |_: &dyn Dialect, up: &mut String, _: &mut String| {
        *up = format!("-- a header\n\n{up}\n\nSELECT 1;\nUPDATE parents\nSET nothing = 1;\n");
    };
    phone().on_both(edit, |name, result| {
        let error = failed(name, result, &["`up`", "statement 3 (line ", "`UPDATE parents`) failed: ", "nothing"]);
        assert!(!error.retryable);
    });
    let edit =
        |_: &dyn Dialect, _: &mut String, down: &mut String| *down = "ALTER TABLE parents DROP COLUMN fax".into();
    phone().on_both(edit, |name, result| drop(failed(name, result, &["`down`", "statement 1 (line 1, ", "fax"])));
}

#[test]
fn downs_that_are_missing_or_do_not_lead_back() {
    for (script, parts) in [
        ("", ["`down`", "the script holds no statement", "`parents.phone` should not exist"]),
        ("-- nothing to do", ["`down`", "the script holds no statement", "`parents.phone` should not exist"]),
        ("SELECT 1", ["`down`", "does not lead where", "`parents.phone` should not exist"]),
    ] {
        let edit = |_: &dyn Dialect, _: &mut String, down: &mut String| *down = script.into();
        phone().on_both(edit, |name, result| drop(failed(name, result, &parts)));
    }
}

#[test]
fn an_up_that_cannot_run_twice() {
    let edit = |_: &dyn Dialect, up: &mut String, _: &mut String| up.push_str("CREATE VIEW seen AS SELECT 1 AS one;\n");
    phone().on_both(edit, |name, result| drop(failed(name, result, &["`up again`", "CREATE VIEW seen", "seen"])));
}

#[test]
fn what_stands_beside_the_tables_is_missed() {
    let edit = |_: &dyn Dialect, up: &mut String, _: &mut String| up.push_str("DROP VIEW proof_view_0;\n");
    phone().on_both(edit, |name, result| drop(failed(name, result, &["`up`", "view"])));
    let edit = |dialect: &dyn Dialect, up: &mut String, _: &mut String| {
        let on = if dialect.name() == DialectName::Postgres { " ON parents" } else { "" };
        up.push_str(&format!("DROP TRIGGER proof_trigger_0{on};\n"));
    };
    phone().on_both(edit, |name, result| drop(failed(name, result, &["`up`", "trigger"])));
    let edit = |dialect: &dyn Dialect, up: &mut String, _: &mut String| {
        up.push_str(match dialect.name() {
            DialectName::Sqlite => "UPDATE sqlite_sequence SET seq = 1 WHERE name = 'bystanders';\n",
            _ => "ALTER SEQUENCE bystanders_id_seq RESTART;\n",
        });
    };
    phone().on_both(edit, |name, result| drop(failed(name, result, &["`up`", "would give numbers again"])));
}

#[test]
fn a_script_stays_in_its_transaction() {
    for word in ["COMMIT", "rollback", "BEGIN", "end"] {
        let edit = |_: &dyn Dialect, up: &mut String, _: &mut String| up.push_str(&format!("{word};\n"));
        phone().on_both(edit, |name, result| drop(failed(name, result, &["`up`", "must not be in it", word])));
    }
}

#[test]
fn outside_a_transaction() {
    let Some(database) = support::Database::new() else { return };
    let mut connection = database.open();
    let mut place = Place { dialect: &Postgres, connection: Box::new(database.open()), _database: None };
    let to = schema(json!([table(
        "a",
        json!([["x", "integer"]]),
        json!({ "indexes": [{ "parts": [{ "column": "x" }] }] })
    )]));
    let from = schema(json!([table("a", json!([["x", "integer"]]), json!({}))]));
    let written = Written::new(&from, &to, &Choices::default()).unwrap();
    let up = "-- plinth: no transaction\nCREATE INDEX CONCURRENTLY a_x_idx ON a (x);\n";
    let down = "-- plinth: no transaction\nDROP INDEX CONCURRENTLY a_x_idx;\n";
    let before = place.everything();
    let path = |connection: &mut dyn Execute| connection.query(&Statement::new("SHOW search_path")).unwrap();
    let path_before = path(&mut connection);
    assert_eq!(written.prove(&Postgres, &mut connection, up, down), Ok(Proven::default()));
    assert_eq!(written.prove(&Postgres, &mut connection, up, "DROP INDEX a_x_idx"), Ok(Proven::default()));
    assert_eq!(place.everything(), before);
    failed(DialectName::Postgres, written.prove(&Postgres, &mut connection, up, "SELECT 1"), &["`down`", "a_x_idx"]);
    let broken = format!("{up}SELECT nothing;\n");
    failed(
        DialectName::Postgres,
        written.prove(&Postgres, &mut connection, &broken, down),
        &["`up`", "statement 2 (line 3"],
    );
    assert_eq!(place.everything(), before);
    assert_eq!(path(&mut connection), path_before);
}

#[test]
fn leftovers_of_dead_proofs_are_dropped() {
    let Some(database) = support::Database::new() else { return };
    let mut connection = database.open();
    let recent = format!("plinth_proof_{}", uuid::Uuid::now_v7().simple());
    let old = "plinth_proof_01890a5dac96774bbcceb302099a8057";
    for name in [old, &recent, "plinth_proof_mine"] {
        connection.batch(&format!("CREATE SCHEMA {name}; CREATE TABLE {name}.t (a integer)")).unwrap();
    }
    let (up, down) = phone().scripts(&Postgres);
    phone().prove(&Postgres, &mut connection, &up, &down).unwrap();
    let rows = connection
        .query(&Statement::new("SELECT nspname::text FROM pg_namespace WHERE nspname LIKE 'plinth%' ORDER BY nspname"));
    assert_eq!(rows.unwrap(), [[Value::Text(recent)], [Value::from("plinth_proof_mine")]]);
}

#[test]
fn a_connection_that_breaks_leaves_nothing() {
    let Some(database) = support::Database::new() else { return };
    let mut place = Place { dialect: &Postgres, connection: Box::new(database.open()), _database: None };
    let before = place.everything();
    let (mut up, down) = phone().scripts(&Postgres);
    up.push_str("SELECT pg_sleep(60);\n");
    let mut connection = database.open();
    let proof = std::thread::spawn(move || phone().prove(&Postgres, &mut connection, &up, &down));
    let asleep = "SELECT pg_terminate_backend(pid)::text FROM pg_stat_activity \
                  WHERE query LIKE 'SELECT pg_sleep%' AND datname = current_database()";
    let deadline = Instant::now() + Duration::from_secs(30);
    while place.connection.query(&Statement::new(asleep)).unwrap().is_empty() {
        assert!(Instant::now() < deadline, "the proof never came so far");
        std::thread::sleep(Duration::from_millis(20));
    }
    failed(DialectName::Postgres, proof.join().unwrap(), &["`up`", "SELECT pg_sleep"]);
    while place.everything() != before {
        assert!(Instant::now() < deadline, "something was left behind");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn twenty_tables_that_point_to_each_other() {
    let tables: Vec<_> = (0..20)
        .map(|n| {
            let keys = match n {
                0 => json!({}),
                n => json!({ "foreignKeys": [key(&["other_id"], &format!("t{}", n - 1), &["id"], "cascade")],
                             "indexes": [{ "parts": [{ "column": "name" }] }] }),
            };
            table(
                &format!("t{n}"),
                json!([["name", "text"], ["other_id", "integer", { "nullable": true }], ["extra", "json"],
                ["at", "timestamp"], ["word", "enum", { "enum": "w", "values": ["a", "b"] }]]),
                keys,
            )
        })
        .collect();
    let written = Written::new(&Schema::default(), &schema(json!(tables)), &Choices::default()).unwrap();
    for mut place in places() {
        let (up, down) = written.scripts(place.dialect);
        written.prove(place.dialect, place.connection.as_mut(), &up, &down).unwrap();
    }
}
