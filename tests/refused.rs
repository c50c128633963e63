//! Rows that a revision cannot hold: it changes nothing, and says which and how many; never what is in them.

mod support;

use plinth::dialect::DialectName;
use plinth::diff::{apply, Operation};
use plinth::error::Code;
use plinth::schema::Schema;
use serde_json::{json, Value as Json};
use std::fs;
use support::revisions::{Draft, Place};

on_both!(rows_are_named, rows_that_fit_are_kept, values_that_do_not_convert, a_long_copy_tells_how_far_it_is);

const A: &str = "20260101000000";
const B: &str = "20260102000000";

fn schema() -> Schema {
    serde_json::from_value(json!({ "tables": [
        { "name": "users", "primaryKey": ["id"], "columns": [
            { "name": "id", "kind": "id" }, { "name": "email", "kind": "text", "nullable": true }, role(&["admin", "member", "viewer"]),
            { "name": "age", "kind": "integer", "nullable": true }, { "name": "boss_id", "kind": "integer", "nullable": true } ] } ] }))
    .unwrap()
}

fn role(words: &[&str]) -> Json {
    json!({ "name": "role", "kind": "enum", "enum": "role", "values": words })
}

fn email(more: Json) -> Json {
    let mut column = json!({ "name": "email", "kind": "text", "nullable": true });
    column.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    column
}

fn start(place: &Place) {
    place.generate(Draft::of(A, "users", &[]), &Schema::default(), &schema());
    place.upgrade("head").unwrap();
    place.run(
        "INSERT INTO users (email, role, age, boss_id) VALUES ('secret', 'admin', 30, NULL), ('secret', 'viewer', 7, 1), \
         (NULL, 'viewer', NULL, 99), ('a secret that is long', 'member', 200, 1)",
    );
}

/// The revision of this operation, as it is generated.
fn revision(place: &Place, operation: Json) {
    let operation: Operation = serde_json::from_value(operation).unwrap();
    let (from, operations) = (schema(), [operation]);
    let to = apply(&from, &operations).unwrap();
    let _ = fs::remove_dir_all(place.dir().join("20260102000000_change"));
    place.render(Draft::of(B, "change", &[A]), &from, &to, &operations);
}

fn alter(from: Json, to: Json) -> Json {
    json!({ "op": "alterColumn", "table": "users", "from": from, "to": to })
}

fn constraint(constraint: Json) -> Json {
    json!({ "op": "addConstraint", "table": "users", "constraint": constraint })
}

fn rows_are_named(place: &Place) {
    start(place);
    let unique = constraint(json!({ "unique": { "name": "users_email_key", "columns": ["email"] } }));
    let index = json!({ "op": "addIndex", "table": "users", "index": { "name": "u", "unique": true, "parts": [{ "column": "email" }] } });
    let check = constraint(json!({ "check": { "name": "users_age_check", "sql": "age < 100" } }));
    let key = constraint(
        json!({ "foreignKey": { "name": "users_boss_id_fkey", "columns": ["boss_id"], "table": "users", "references": ["id"] } }),
    );
    let short = alter(email(json!({})), email(json!({ "max": 10 })));
    let words = alter(role(&["admin", "member", "viewer"]), role(&["admin", "member"]));
    for (operation, column, message) in [
        (unique, "email", "2 rows of users have the same users.email: id 1, 2."),
        (index, "email", "2 rows of users have the same users.email: id 1, 2."),
        (check, "", "One row of users has values that the check users_age_check refuses in users: id 4."),
        (key, "boss_id", "One row of users has users.boss_id values without a row in users: id 3."),
        (short, "email", "One row of users has more than 10 characters in users.email: id 4."),
        (words, "role", "2 rows of users have a word in users.role that the enum has no more: id 2, 3."),
    ] {
        revision(place, operation);
        let error = place.refuses();
        assert_eq!((error.code, error.table.as_deref()), (Code::RowsRefused, Some("users")), "{message} {error:?}");
        assert_eq!(error.message, format!("20260102000000_change cannot be applied: {message}"));
        assert_eq!(error.columns.first().map(String::as_str).unwrap_or_default(), column);
        assert!(!error.message.contains("secret") && error.hint.is_some());
    }
}

fn rows_that_fit_are_kept(place: &Place) {
    start(place);
    place.run("UPDATE users SET role = 'member' WHERE role = 'viewer'");
    revision(place, alter(role(&["admin", "member", "viewer"]), role(&["admin", "member"])));
    assert_eq!(place.upgrade("head").unwrap().applied.len(), 1);
    assert_eq!(place.number("SELECT count(*) FROM users WHERE role = 'member'"), 3);
    assert_eq!(place.downgrade("-1").unwrap().reverted.len(), 1);
    assert_eq!(place.number("SELECT count(*) FROM users"), 4);
}

fn values_that_do_not_convert(place: &Place) {
    start(place);
    let operation = alter(email(json!({})), json!({ "name": "email", "kind": "integer", "nullable": true }));
    revision(place, operation.clone());
    let error = place.refuses();
    assert_eq!((error.code, error.table.as_deref()), (Code::RowsRefused, Some("users")), "{error:?}");
    assert!(error.message.contains("users.email") && !error.message.contains("secret"), "{error:?}");
    place.run("UPDATE users SET email = '12'");
    assert_eq!(place.upgrade("head").unwrap().applied.len(), 1);
    assert_eq!(place.number("SELECT max(email) FROM users WHERE email = 12"), 12);
}

/// On SQLite a table that is made anew is copied in pieces, and reports it.
fn a_long_copy_tells_how_far_it_is(place: &Place) {
    start(place);
    place.run(
        "INSERT INTO users (email, role) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000) \
         SELECT 'e', 'admin' FROM n",
    );
    place.run("UPDATE users SET boss_id = NULL");
    let key = json!({ "name": "boss", "columns": ["boss_id"], "table": "users", "references": ["id"] });
    revision(place, constraint(json!({ "foreignKey": key })));
    let mut steps = Vec::new();
    let upgraded = plinth::database::migrations::upgrade(&place.target, None, &place.options(), &mut |step| {
        steps.push(step.clone())
    });
    assert_eq!(upgraded.unwrap().applied.len(), 1);
    assert_eq!(place.number("SELECT count(*) FROM users"), 60_004);
    let copied: Vec<(i64, i64)> = steps.iter().filter_map(|step| Some((step.rows?, step.of?))).collect();
    if place.dialect.name() == DialectName::Sqlite {
        assert_eq!(copied.last(), Some(&(60_004, 60_004)), "{copied:?}");
        assert!(copied.windows(2).all(|pair| pair[0].0 <= pair[1].0) && copied.len() > 1);
    }
}
