//! Proofs of revisions that give rows random UUIDs: each run gives others, so that their kind is compared, and that no two are the
//! same.

mod support;

use plinth::dialect::postgres::syntax::Postgres;
use plinth::dialect::sqlite::syntax::Sqlite;
use plinth::dialect::Dialect;
use plinth::diff::{apply, diff, reverse, Choices, Outcome};
use plinth::engine::sqlite::admin::AdminConnection;
use plinth::error::{Code, Error};
use plinth::migrate::prove::proof::{prove, Proof, Proven};
use plinth::schema::{Models, Schema};
use plinth::statement::Execute;
use serde_json::{json, Value};

/// Things with these columns; the token is unique.
fn things(columns: &[Value]) -> Schema {
    let mut all = vec![
        json!({ "property": "id", "name": "id", "kind": "id" }),
        json!({ "property": "name", "name": "name", "kind": "text" }),
    ];
    all.extend(columns.iter().cloned());
    let is_token = |column: &Value| column["name"] == "token";
    let uniques = if columns.iter().any(is_token) { json!([{ "columns": ["token"] }]) } else { json!([]) };
    let model =
        json!({ "model": "things", "table": "things", "columns": all, "primaryKey": ["id"], "uniques": uniques });
    Models::from_json(&json!({ "format": 1, "models": [model] }).to_string()).unwrap().schema
}

fn token(more: Value) -> Value {
    let mut token = json!({ "property": "token", "name": "token", "kind": "uuid" });
    token.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    token
}

fn random() -> Value {
    token(json!({ "default": "random" }))
}

/// Proves a change whose script up is followed by `more`, on every database that is here.
fn proven(from: &Schema, to: &Schema, choices: Value, more: &str, check: impl Fn(Result<Proven, Error>)) {
    let choices: Choices = serde_json::from_value(choices).unwrap();
    let Outcome::Operations(operations) = diff(from, to, &choices).unwrap() else { panic!("a question") };
    let after = apply(from, &operations).unwrap();
    let on = |dialect: &dyn Dialect, connection: &mut dyn Execute| {
        let script = |statements: Vec<String>| statements.iter().map(|sql| format!("{sql};\n")).collect::<String>();
        let up = script(dialect.render(from, &operations).unwrap()) + more;
        let down = script(dialect.render(&after, &reverse(&operations)).unwrap());
        check(prove(dialect, connection, &Proof { from, operations: &operations, up: &up, down: &down }));
    };
    on(&Sqlite, &mut AdminConnection::open(":memory:", 100).unwrap());
    if let Some(database) = support::Database::new() {
        on(&Postgres, &mut database.open());
    }
}

fn failed(result: Result<Proven, Error>, words: &str) {
    let error = result.unwrap_err();
    assert_eq!((error.code, error.table.as_deref()), (Code::ProofFailed, Some("things")), "{error}");
    assert_eq!(error.columns, ["token"], "{error}");
    assert!(error.message.contains(words), "{error}");
}

const OF_VERSION_4: &str =
    "UPDATE things SET token = '01890a5d-ac96-474b-bcce-b302099a8057' WHERE id = (SELECT min(id) FROM things);";
const ONE_FOR_ALL: &str = "UPDATE things SET token = '01890a5d-ac96-774b-bcce-b302099a8057';";

#[test]
fn a_new_column_has_another_one_in_each_row() {
    let (from, to) = (things(&[]), things(&[random()]));
    proven(&from, &to, json!({}), "", |result| assert_eq!(result, Ok(Proven::default())));
    proven(&from, &to, json!({}), OF_VERSION_4, |result| failed(result, "not a UUID of version 7: 01890a5d-ac96-474b"));
}

#[test]
fn the_same_one_in_two_rows_fails_where_no_constraint_does() {
    let without = |mut schema: Schema| {
        schema.tables[0].uniques.clear();
        schema
    };
    let (from, to) = (things(&[]), without(things(&[random()])));
    proven(&from, &to, json!({}), "", |result| assert_eq!(result, Ok(Proven::default())));
    proven(&from, &to, json!({}), ONE_FOR_ALL, |result| failed(result, "the same random UUID in two rows"));
}

#[test]
fn a_nullable_column_has_one_in_each_row_too() {
    let (from, to) = (things(&[]), things(&[token(json!({ "default": "random", "nullable": true }))]));
    proven(&from, &to, json!({}), "", |result| assert_eq!(result, Ok(Proven::default())));
    let emptied = "UPDATE things SET token = NULL WHERE id = (SELECT min(id) FROM things);";
    proven(&from, &to, json!({}), emptied, |result| failed(result, "a row without a random UUID"));
}

#[test]
fn rows_with_null_get_one_and_the_others_keep_theirs() {
    let (from, to) = (things(&[token(json!({ "nullable": true }))]), things(&[random()]));
    let choices = json!({ "backfills": [{ "table": "things", "column": "token", "value": { "fill": "default" } }] });
    proven(&from, &to, choices.clone(), "", |result| assert_eq!(result, Ok(Proven::default())));
    let replaced = "UPDATE things SET token = '01890a5d-ac96-474b-bcce-b302099a8057' WHERE substr(CAST(token AS text), 15, 1) = '7' \
                    AND id = (SELECT max(id) FROM things WHERE substr(CAST(token AS text), 15, 1) = '7');";
    proven(&from, &to, choices, replaced, |result| {
        let error = result.unwrap_err();
        assert_eq!(
            (error.code, error.columns.as_slice()),
            (Code::ProofFailed, ["token".to_owned()].as_slice()),
            "{error}"
        );
    });
}

#[test]
fn a_row_with_null_that_gets_the_uuid_of_another_row_fails() {
    let without = |mut schema: Schema| {
        schema.tables[0].uniques.clear();
        schema
    };
    let (from, to) = (without(things(&[token(json!({ "nullable": true }))])), without(things(&[random()])));
    let choices = json!({ "backfills": [{ "table": "things", "column": "token", "value": { "fill": "default" } }] });
    proven(&from, &to, choices.clone(), "", |result| assert_eq!(result, Ok(Proven::default())));
    // The UUIDs that rows have at first begin with zeros, or with an earlier moment.
    let is_new = "substr(CAST(token AS text), 15, 1) = '7' AND CAST(token AS text) NOT LIKE '01890a5d%'";
    let copied = format!(
        "UPDATE things SET token = (SELECT token FROM things WHERE NOT ({is_new}) ORDER BY id LIMIT 1) \
         WHERE id = (SELECT min(id) FROM things WHERE {is_new});"
    );
    proven(&from, &to, choices, &copied, |result| failed(result, "the same random UUID in two rows"));
}
