//! Proofs of revisions that give rows with NULL the default of their column: that value, and no other one.

mod support;

use plinth::dialect::postgres::syntax::Postgres;
use plinth::dialect::sqlite::syntax::Sqlite;
use plinth::dialect::Dialect;
use plinth::diff::{apply, diff, reverse, Choices, Outcome};
use plinth::engine::sqlite::admin::AdminConnection;
use plinth::error::{Code, Error};
use plinth::migrate::prove::proof::{prove, Proof, Proven};
use plinth::schema::Schema;
use plinth::statement::Execute;
use serde_json::{json, Value};
use support::tables::{column, schema, table};

/// Things with one column of this kind.
fn things(kind: &Value, more: Value) -> Schema {
    let mut written = column(&json!(["x", kind["kind"]]));
    for part in [kind, &more] {
        written.as_object_mut().unwrap().extend(part.as_object().unwrap().clone());
    }
    let mut model = table("things", json!([]), json!({}));
    model["columns"].as_array_mut().unwrap().push(written);
    schema(json!([model]))
}

/// Proves that NULL ends, or begins, in a column, by scripts that these follow; on every database that is here.
fn proven(from: &Schema, to: &Schema, more: (&str, &str), check: impl Fn(Result<Proven, Error>)) {
    let choices = json!({ "backfills": [{ "table": "things", "column": "x", "value": { "fill": "default" } }] });
    let choices: Choices = serde_json::from_value(choices).unwrap();
    let Outcome::Operations(operations) = diff(from, to, &choices).unwrap() else { panic!("a question") };
    let after = apply(from, &operations).unwrap();
    let on = |dialect: &dyn Dialect, connection: &mut dyn Execute| {
        let script = |statements: Vec<String>| statements.iter().map(|sql| format!("{sql};\n")).collect::<String>();
        let up = script(dialect.render(from, &operations).unwrap()) + more.0;
        let down = script(dialect.render(&after, &reverse(&operations)).unwrap()) + more.1;
        check(prove(dialect, connection, &Proof { from, operations: &operations, up: &up, down: &down }));
    };
    on(&Sqlite, &mut AdminConnection::open(":memory:", 100).unwrap());
    if let Some(database) = support::Database::new() {
        on(&Postgres, &mut database.open());
    }
}

fn failed(result: Result<Proven, Error>, words: &str) {
    let error = result.expect_err(words);
    assert_eq!((error.code, error.table.as_deref()), (Code::ProofFailed, Some("things")), "{error}");
    assert_eq!(error.columns, ["x"], "{error}");
    assert!(error.message.contains(words), "no `{words}` in: {error}");
}

#[test]
fn rows_with_null_get_the_default_of_every_kind() {
    let kinds = [
        (json!({ "kind": "text" }), json!("d'd")),
        (json!({ "kind": "text", "max": 5 }), json!("dd")),
        (json!({ "kind": "text", "lowercase": true }), json!("dd")),
        (json!({ "kind": "enum", "enum": "word", "values": ["a", "b"] }), json!("a")),
        (json!({ "kind": "integer" }), json!(7)),
        (json!({ "kind": "int32" }), json!(-7)),
        (json!({ "kind": "bigint" }), json!("9007199254740993")),
        (json!({ "kind": "real" }), json!(0.1)),
        (json!({ "kind": "real" }), json!("-0")),
        (json!({ "kind": "decimal", "precision": 8, "scale": 2 }), json!("1.5")),
        (json!({ "kind": "boolean" }), json!(true)),
        (json!({ "kind": "uuid" }), json!("01890a5d-ac96-474b-bcce-b302099a8057")),
        (json!({ "kind": "timestamp" }), json!("2026-02-28T01:02:03Z")),
        (json!({ "kind": "date" }), json!("2026-02-28")),
        (json!({ "kind": "json" }), json!({ "b": [1, null], "a": "x" })),
    ];
    for (kind, default) in kinds {
        let (from, to) =
            (things(&kind, json!({ "nullable": true })), things(&kind, json!({ "default": { "value": default } })));
        proven(&from, &to, ("", ""), |result| assert_eq!(result, Ok(Proven::default()), "{kind}"));
        proven(&to, &from, ("", ""), |result| assert_eq!(result, Ok(Proven::default()), "{kind}"));
    }
}

#[test]
fn another_value_in_the_rows_that_had_null_fails() {
    let text = json!({ "kind": "text" });
    let (from, to) =
        (things(&text, json!({ "nullable": true })), things(&text, json!({ "default": { "value": "dd" } })));
    let wrong = "UPDATE things SET x = 'WRONG' WHERE x = 'dd';";
    let words = r#""dd" replaces NULL, and it has "WRONG""#;
    proven(&from, &to, (wrong, ""), |result| failed(result, words));
    proven(&from, &to, ("", wrong), |result| failed(result, words));
}
