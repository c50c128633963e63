//! A column that becomes lower-cased: its rows are folded with the revision, as the models fold, and rows that cannot be are
//! named.

mod support;

use plinth::dialect::DialectName;
use plinth::diff::{diff, Choices, Operation, Outcome};
use plinth::error::Code;
use plinth::schema::Schema;
use serde_json::{json, Value as Json};
use support::revisions::{Draft, Place};
use support::tables::{key, schema, table};

on_both!(
    rows_are_folded,
    rows_that_become_one_are_named,
    keys_follow,
    keys_to_what_stays_are_refused,
    a_text_that_grows,
    rows_that_a_trigger_keeps_are_named,
    rows_that_edited_sql_leaves_are_named
);

const A: &str = "20260101000000";
const B: &str = "20260102000000";

fn users(email: Json, more: Json) -> Schema {
    schema(json!([table("users", json!([["email", "text", email]]), more)]))
}

fn operations(from: &Schema, to: &Schema) -> Vec<Operation> {
    match diff(from, to, &Choices::default()).unwrap() {
        Outcome::Operations(operations) => operations,
        Outcome::Questions(questions) => panic!("{questions:?}"),
    }
}

fn start(place: &Place, from: &Schema, to: &Schema) {
    place.generate(Draft::of(A, "first", &[]), &Schema::default(), from);
    place.upgrade("head").unwrap();
    place.generate(Draft::of(B, "lower", &[A]), from, to);
}

/// A database of the same kind.
fn another(place: &Place) -> Place {
    match place.dialect.name() {
        DialectName::Sqlite => Place::sqlite().unwrap(),
        _ => Place::postgres().unwrap(),
    }
}

fn texts(place: &Place, sql: &str) -> Vec<String> {
    place.column(sql).iter().map(|value| value.as_str().unwrap_or("NULL").to_owned()).collect()
}

fn rows_are_folded(place: &Place) {
    let unique = json!({ "uniques": [{ "columns": ["email"] }] });
    let (from, to) = (
        users(json!({ "nullable": true }), unique.clone()),
        users(json!({ "nullable": true, "lowercase": true }), unique),
    );
    let operations = operations(&from, &to);
    let words: Vec<String> = operations.iter().map(Operation::describe).collect();
    assert_eq!(words, ["Change the column users.email: lower case"]);
    assert_eq!(operations[0].loses().as_deref(), Some("the values of users.email lose their capital letters"));
    start(place, &from, &to);
    let given = ["Ada@Example.com", "ada", "ÀÉ", "ΟΔΟΣ ΣΑΣ", "İ", "Straße 7", "ПРИВЕТ", "a\nB", "'\"\\[]^Z", "ﬀ Ǆ"];
    for text in given {
        place.run(&format!("INSERT INTO users (email) VALUES ({})", place.dialect.literal(&text_kind(), &json!(text))));
    }
    // More than a batch of rows.
    place.run(
        "INSERT INTO users (email) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500) \
         SELECT 'É' || i FROM n",
    );
    place.run("INSERT INTO users (email) VALUES (NULL)");
    place.upgrade("head").unwrap();
    let found = texts(place, "SELECT email FROM users ORDER BY id");
    let expected: Vec<String> = given.iter().map(|text| text.to_lowercase()).collect();
    assert_eq!(found[..given.len()], expected);
    assert!(found[given.len()..].iter().all(|text| text.starts_with('é') || text == "NULL"));
    assert_eq!(found.len(), given.len() + 2501);
    // The earlier value is not known any more, and the way back leaves it.
    place.downgrade("-1").unwrap();
    assert_eq!(texts(place, "SELECT email FROM users ORDER BY id"), found);
}

fn text_kind() -> plinth::schema::Kind {
    plinth::schema::Kind::Text { max: None }
}

fn rows_that_become_one_are_named(place: &Place) {
    let unique = json!({ "uniques": [{ "columns": ["email"] }] });
    // The constraint exists already, or comes with the same revision.
    let to = users(json!({ "lowercase": true }), unique.clone());
    for from in [users(json!({}), unique), users(json!({}), json!({}))] {
        let place = &another(place);
        start(place, &from, &to);
        place.run("INSERT INTO users (email) VALUES ('SECRET'), ('other'), ('secret'), ('É'), ('é')");
        let error = place.refuses();
        assert_eq!((error.code, error.table.as_deref()), (Code::RowsRefused, Some("users")), "{error:?}");
        assert_eq!(
            error.message,
            "20260102000000_lower cannot be applied: 4 rows of users have the same users.email in lower case: id 1, 3, 4, 5."
        );
        assert!(error.hint.is_some());
        place.run("DELETE FROM users WHERE id IN (1, 4)");
        place.upgrade("head").unwrap();
        assert_eq!(texts(place, "SELECT email FROM users ORDER BY id"), ["other", "secret", "é"]);
    }
}

/// `users.email`, and `logins.email` that points to it.
fn logins(user: Json, login: Json) -> Schema {
    let keys = json!({ "foreignKeys": [key(&["email"], "users", &["email"], "cascade")] });
    schema(json!([
        table("users", json!([["email", "text", user]]), json!({ "uniques": [{ "columns": ["email"] }] })),
        table("logins", json!([["email", "text", login]]), keys)
    ]))
}

fn keys_follow(place: &Place) {
    // The other column becomes lower-cased too, or only follows.
    for login in [json!({ "lowercase": true }), json!({})] {
        let place = &another(place);
        let from = logins(json!({}), json!({}));
        start(place, &from, &logins(json!({ "lowercase": true }), login));
        place.run("INSERT INTO users (email) VALUES ('Ada'), ('É'), ('bob')");
        place.run("INSERT INTO logins (email) VALUES ('É'), ('Ada'), ('bob'), ('Ada')");
        place.upgrade("head").unwrap();
        assert_eq!(texts(place, "SELECT email FROM users ORDER BY id"), ["ada", "é", "bob"]);
        assert_eq!(texts(place, "SELECT email FROM logins ORDER BY id"), ["é", "ada", "bob", "ada"]);
    }
}

fn keys_to_what_stays_are_refused(place: &Place) {
    start(place, &logins(json!({}), json!({})), &logins(json!({}), json!({ "lowercase": true })));
    place.run("INSERT INTO users (email) VALUES ('Ada'), ('bob')");
    place.run("INSERT INTO logins (email) VALUES ('bob'), ('Ada')");
    let error = place.refuses();
    assert_eq!(error.code, Code::RowsRefused, "{error:?}");
    assert_eq!(
        error.message,
        "20260102000000_lower cannot be applied: One row of logins has logins.email values without a row in users in lower case: id 2."
    );
}

fn a_text_that_grows(place: &Place) {
    let (from, to) = (users(json!({ "max": 2 }), json!({})), users(json!({ "max": 2, "lowercase": true }), json!({})));
    start(place, &from, &to);
    place.run("INSERT INTO users (email) VALUES ('AB'), ('aİ')");
    let error = place.refuses();
    assert_eq!(
        (error.code, error.message.as_str()),
        (
            Code::RowsRefused,
            "20260102000000_lower cannot be applied: One row of users has more than 2 characters in users.email in lower case: id 2."
        )
    );
}

/// A trigger that silently keeps rows of users from changes.
fn keep_rows(place: &Place) {
    place.run(match place.dialect.name() {
        DialectName::Sqlite => "CREATE TRIGGER keep BEFORE UPDATE ON users BEGIN SELECT RAISE(IGNORE); END",
        _ => {
            "CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; \
             CREATE TRIGGER keep BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION keep()"
        }
    });
}

fn rows_that_a_trigger_keeps_are_named(place: &Place) {
    let (from, to) = (users(json!({}), json!({})), users(json!({ "lowercase": true }), json!({})));
    start(place, &from, &to);
    place.run("INSERT INTO users (email) VALUES ('ada'), ('Bob')");
    keep_rows(place);
    let error = place.refuses();
    assert_eq!(
        (error.code, error.message.as_str()),
        (
            Code::RowsRefused,
            "20260102000000_lower cannot be applied: One row of users has capital letters in users.email, which is lower case: id 2."
        )
    );
    assert!(error.hint.is_some_and(|hint| hint.contains("a trigger")));
    place.run(if place.dialect.name() == DialectName::Sqlite {
        "DROP TRIGGER keep"
    } else {
        "DROP TRIGGER keep ON users"
    });
    place.upgrade("head").unwrap();
    assert_eq!(texts(place, "SELECT email FROM users ORDER BY id"), ["ada", "bob"]);
}

fn rows_that_edited_sql_leaves_are_named(place: &Place) {
    let (from, to) = (users(json!({}), json!({})), users(json!({ "lowercase": true }), json!({})));
    start(place, &from, &to);
    place.run("INSERT INTO users (email) VALUES ('Ada'), ('Bob')");
    std::fs::write(place.file("20260102000000_lower", "up"), "UPDATE users SET email = 'ada' WHERE email = 'Ada';\n")
        .unwrap();
    let error = place.refuses();
    assert_eq!((error.code, error.found.as_deref()), (Code::RowsRefused, Some("1")), "{error:?}");
    assert!(error.message.ends_with(": id 2."), "{error:?}");
}

#[test]
fn what_stands_behind_a_nul_is_folded() {
    // PostgreSQL has no such texts.
    let place = Place::sqlite().unwrap();
    start(&place, &users(json!({}), json!({})), &users(json!({ "lowercase": true }), json!({})));
    place.run("INSERT INTO users (email) VALUES ('a' || char(0) || 'ABC'), ('b' || char(0) || 'É')");
    place.upgrade("head").unwrap();
    assert_eq!(texts(&place, "SELECT email FROM users ORDER BY id"), ["a\0abc", "b\0é"]);
}
