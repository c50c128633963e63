//! Objects that other tools lose when they change a table of SQLite, and ours must not: on real
//! databases, with rows.

use plinth::dialect::sqlite::syntax::Sqlite;
use plinth::dialect::{Contents, Definitions, Transactions};
use plinth::diff::{apply, diff, reverse, Choices, Operation, Outcome};
use plinth::engine::sqlite::admin::AdminConnection;
use plinth::error::{Code, Result};
use plinth::migrate::prove::proof::create;
use plinth::schema::{Models, Schema};
use plinth::statement::{Execute, Row, Statement};
use plinth::value::Value;
use serde_json::{json, Value as Json};

/// A model, its columns and what else it has.
fn model(name: &str, columns: Json, more: Json) -> Json {
    let mut model = json!({ "model": name, "table": name, "primaryKey": [columns[0]["name"]], "columns": columns });
    for column in model["columns"].as_array_mut().unwrap() {
        column["property"] = column["name"].clone();
    }
    for (key, value) in more.as_object().unwrap() {
        model[key] = value.clone();
    }
    model
}

fn schema(models: Vec<Json>) -> Schema {
    Models::from_json(&json!({ "format": 1, "models": models }).to_string()).unwrap().schema
}

fn id() -> Json {
    json!({ "name": "id", "kind": "id" })
}

/// `users`, with one more column that forces a rebuild (its default is no constant), and what points to them.
fn users_and_posts(more: &[Json]) -> Schema {
    let mut columns = vec![id(), json!({ "name": "email", "kind": "text" })];
    columns.extend_from_slice(more);
    schema(vec![
        model("users", json!(columns), json!({ "uniques": [{ "columns": ["email"] }] })),
        model(
            "posts",
            json!([id(), { "name": "user_id", "kind": "integer" }]),
            json!({ "foreignKeys": [{ "columns": ["user_id"], "target": "users", "references": ["id"], "onDelete": "cascade" }] }),
        ),
    ])
}

fn stamped() -> Json {
    json!({ "name": "seen_at", "kind": "timestamp", "default": "now" })
}

fn database(schema: &Schema, sql: &str) -> AdminConnection {
    let mut connection = AdminConnection::open(":memory:", 100).unwrap();
    create(&Sqlite, &mut connection, schema).unwrap();
    connection.batch(sql).unwrap();
    connection
}

fn operations(from: &Schema, to: &Schema, choices: Json) -> Vec<Operation> {
    let choices: Choices = serde_json::from_value(choices).unwrap();
    match diff(from, to, &choices).unwrap() {
        Outcome::Operations(operations) => operations,
        Outcome::Questions(questions) => panic!("{questions:?}"),
    }
}

/// Carries out operations, as the runner does.
fn carry_out(connection: &mut AdminConnection, from: &Schema, operations: &[Operation]) -> Result<()> {
    let statements = Sqlite.render(from, operations)?;
    let tables: Vec<String> = operations.iter().flat_map(|operation| operation.tables()).map(str::to_owned).collect();
    Sqlite.revision_transaction(connection, &tables, &mut |connection| {
        statements.iter().try_for_each(|sql| Sqlite.run_statement(connection, sql, &mut |_, _| {}))
    })
}

/// The same from one schema to another, and looks whether it led there.
fn change(connection: &mut AdminConnection, from: &Schema, to: &Schema) {
    let operations = operations(from, to, json!({}));
    carry_out(connection, from, &operations).unwrap();
    leads_to(connection, to);
}

fn leads_to(connection: &mut AdminConnection, to: &Schema) {
    let expected = Sqlite.normalize(connection, to).unwrap();
    let found = Sqlite.introspect(connection, None).unwrap();
    assert_eq!(found.tables, expected.tables);
}

fn rows(connection: &mut AdminConnection, sql: &str) -> Vec<Row> {
    connection.query(&Statement::new(sql)).unwrap()
}

fn number(connection: &mut AdminConnection, sql: &str) -> i64 {
    rows(connection, sql)[0][0].as_int().unwrap()
}

const PEOPLE: &str =
    "INSERT INTO users (id, email) VALUES (1, 'a'), (3, 'b'); INSERT INTO posts (user_id) VALUES (1), (1), (3)";

#[test]
fn children_that_cascade_stay() {
    let (from, to) = (users_and_posts(&[]), users_and_posts(&[stamped()]));
    let mut connection = database(&from, PEOPLE);
    change(&mut connection, &from, &to);
    assert_eq!(number(&mut connection, "SELECT count(*) FROM posts"), 3);
    assert_eq!(number(&mut connection, "PRAGMA foreign_keys"), 1);
    connection.batch("DELETE FROM users WHERE id = 1").unwrap();
    assert_eq!(number(&mut connection, "SELECT count(*) FROM posts"), 1);
}

#[test]
fn a_number_is_never_given_twice() {
    let (from, to) = (users_and_posts(&[]), users_and_posts(&[stamped()]));
    let mut connection =
        database(&from, "INSERT INTO users (id, email) VALUES (1, 'a'), (90, 'b'); DELETE FROM users WHERE id = 90");
    change(&mut connection, &from, &to);
    connection.batch("INSERT INTO users (email) VALUES ('c')").unwrap();
    assert_eq!(number(&mut connection, "SELECT max(id) FROM users"), 91);
    // Without rows, the counter is all that remains.
    connection.batch("DELETE FROM users").unwrap();
    change(&mut connection, &to, &from);
    let back = users_and_posts(&[json!({ "name": "at", "kind": "timestamp", "default": "now" })]);
    change(&mut connection, &from, &back);
    connection.batch("INSERT INTO users (email) VALUES ('d')").unwrap();
    assert_eq!(number(&mut connection, "SELECT max(id) FROM users"), 92);
}

#[test]
fn rowids_stay_where_no_column_is_one() {
    let table = |more: &[Json]| {
        let mut columns = vec![json!({ "name": "code", "kind": "text" })];
        columns.extend_from_slice(more);
        schema(vec![model("things", json!(columns), json!({}))])
    };
    let (from, to) = (table(&[]), table(&[stamped()]));
    let mut connection = database(&from, "INSERT INTO things (rowid, code) VALUES (1, 'a'), (3, 'b')");
    change(&mut connection, &from, &to);
    let found = rows(&mut connection, "SELECT rowid, code FROM things ORDER BY rowid");
    assert_eq!(found, [[Value::Int(1), "a".into()], [Value::Int(3), "b".into()]]);
    let odd = table(&[json!({ "name": "RowId", "kind": "integer", "nullable": true }), stamped()]);
    change(&mut connection, &to, &odd);
    let found = rows(&mut connection, "SELECT _rowid_, code FROM things ORDER BY _rowid_");
    assert_eq!(found, [[Value::Int(1), "a".into()], [Value::Int(3), "b".into()]]);
}

#[test]
fn views_triggers_and_indexes_of_others_stay() {
    let (from, to) = (users_and_posts(&[]), users_and_posts(&[stamped()]));
    let mut connection = database(&from, PEOPLE);
    let others = "CREATE VIEW v AS SELECT email FROM users;
        CREATE TABLE log (what);
        CREATE TRIGGER on_users AFTER UPDATE OF email ON users BEGIN INSERT INTO log VALUES (new.email); END;
        CREATE TRIGGER on_posts AFTER INSERT ON posts BEGIN UPDATE users SET email = email || '!' WHERE id = new.user_id; END;
        CREATE INDEX lower_email ON users (lower(email) DESC) WHERE email <> ''";
    connection.batch(others).unwrap();
    let told = "SELECT type, name, sql FROM sqlite_schema WHERE name IN ('v', 'on_users', 'on_posts', 'lower_email') ORDER BY name";
    let before = rows(&mut connection, told);
    let operations = operations(&from, &to, json!({}));
    carry_out(&mut connection, &from, &operations).unwrap();
    assert_eq!(rows(&mut connection, told), before);
    connection.batch("INSERT INTO posts (user_id) VALUES (3)").unwrap();
    assert_eq!(rows(&mut connection, "SELECT what FROM log"), [["b!".into()]]);
    assert_eq!(number(&mut connection, "SELECT count(*) FROM v"), 2);
}

#[test]
fn what_hangs_on_a_table_that_is_renamed_follows_there_and_back() {
    let named = |table: &str, column: &str, unique: bool| {
        let more = if unique { json!({ "uniques": [{ "columns": [column], "name": "only" }] }) } else { json!({}) };
        let column = json!({ "name": column, "kind": "text" });
        schema(vec![model(table, json!([id(), column]), more)])
    };
    let (from, to) = (named("users", "email", false), named("people", "mail", true));
    let choices = json!({ "renames": [{ "from": "users", "to": "people" }, { "table": "people", "from": "email", "to": "mail" }] });
    let mut connection = database(&from, "INSERT INTO users (email) VALUES ('a')");
    connection
        .batch(
            "CREATE TABLE log (what); CREATE VIEW v AS SELECT email AS e FROM users;
             CREATE TRIGGER g AFTER UPDATE ON users BEGIN INSERT INTO log VALUES (new.email); END;
             CREATE INDEX i ON users (lower(email))",
        )
        .unwrap();
    let up = operations(&from, &to, choices);
    carry_out(&mut connection, &from, &up).unwrap();
    connection.batch("UPDATE people SET mail = 'b'").unwrap();
    carry_out(&mut connection, &to, &reverse(&up)).unwrap();
    connection.batch("UPDATE users SET email = 'c'").unwrap();
    assert_eq!(rows(&mut connection, "SELECT what FROM log"), [["b".into()], ["c".into()]]);
    assert_eq!(rows(&mut connection, "SELECT e FROM v"), [["c".into()]]);
    assert_eq!(number(&mut connection, "SELECT count(*) FROM sqlite_schema WHERE name = 'i'"), 1);
}

#[test]
fn a_broken_view_that_is_none_of_our_business_is_in_nobodys_way() {
    let (from, to) = (
        users_and_posts(&[json!({ "name": "a", "kind": "text", "nullable": true })]),
        users_and_posts(&[json!({ "name": "b", "kind": "text", "nullable": true })]),
    );
    let mut connection = database(&from, PEOPLE);
    connection
        .batch("CREATE VIEW \"odd: view\" AS SELECT * FROM nowhere; CREATE VIEW upon AS SELECT * FROM \"odd: view\"")
        .unwrap();
    let renamed = operations(&from, &to, json!({ "renames": [{ "table": "users", "from": "a", "to": "b" }] }));
    carry_out(&mut connection, &from, &renamed).unwrap();
    let without = users_and_posts(&[]);
    carry_out(&mut connection, &to, &operations(&to, &without, json!({}))).unwrap();
    assert_eq!(number(&mut connection, "SELECT count(*) FROM sqlite_schema WHERE type = 'view'"), 2);
    leads_to(&mut connection, &without);
}

#[test]
fn a_table_left_of_an_unfinished_change_is_told_with_the_way_out() {
    let (from, to) = (users_and_posts(&[]), users_and_posts(&[stamped()]));
    let mut connection = database(&from, PEOPLE);
    let change = operations(&from, &to, json!({}));
    connection.batch("CREATE TABLE PLINTH_NEW_users (id)").unwrap();
    let error = carry_out(&mut connection, &from, &change).unwrap_err();
    assert_eq!(error.code, Code::SqlFailed);
    assert!(error.hint.as_deref().is_some_and(|hint| hint.contains("drop it")), "{error:?}");
    connection.batch("DROP TABLE PLINTH_NEW_users").unwrap();
    carry_out(&mut connection, &from, &change).unwrap();
    leads_to(&mut connection, &to);
}

#[test]
fn a_view_of_a_column_that_goes_undoes_all() {
    let (from, to) =
        (users_and_posts(&[json!({ "name": "a", "kind": "text", "nullable": true })]), users_and_posts(&[]));
    let mut connection = database(&from, PEOPLE);
    connection.batch("CREATE VIEW v AS SELECT a FROM users").unwrap();
    let error = carry_out(&mut connection, &from, &operations(&from, &to, json!({}))).unwrap_err();
    assert!(error.message.contains("view v"), "{error:?}");
    leads_to(&mut connection, &from);
    assert_eq!(number(&mut connection, "SELECT count(*) FROM posts"), 3);
    assert_eq!(number(&mut connection, "PRAGMA foreign_keys"), 1);
    assert_eq!(number(&mut connection, "PRAGMA legacy_alter_table"), 0);
}

/// Kinds and values, and their results; `None` if the change must fail.
#[test]
fn values_change_their_kind_or_fail_but_never_change_unseen() {
    let text = json!({ "kind": "text" });
    let decimal = |scale: u8| json!({ "kind": "decimal", "precision": 6, "scale": scale });
    let kind = |name: &str| json!({ "kind": name });
    let words = json!({ "kind": "enum", "enum": "e", "values": ["a", "b"] });
    let cases = [
        (&text, &kind("integer"), "'42'", Some("42")),
        (&text, &kind("integer"), "'-9007199254740991'", Some("-9007199254740991")),
        (&text, &kind("integer"), "'9007199254740992'", None),
        (&text, &kind("bigint"), "'-9223372036854775808'", Some("-9223372036854775808")),
        (&text, &kind("bigint"), "'9223372036854775808'", None),
        (&text, &kind("integer"), "'042'", None),
        (&text, &kind("integer"), "'4x'", None),
        (&text, &kind("integer"), "''", None),
        (&text, &kind("int32"), "'2147483648'", None),
        (&text, &decimal(2), "'-0.5'", Some("-50")),
        (&text, &decimal(2), "'1234.5'", Some("123450")),
        (&text, &decimal(2), "'12345'", None),
        (&text, &decimal(2), "'1.234'", None),
        (&text, &decimal(2), "'1.'", None),
        (&text, &decimal(2), "'.5'", None),
        (&text, &decimal(2), "'1-2'", None),
        (&text, &decimal(2), "'1.2.3'", None),
        (&text, &kind("boolean"), "'true'", Some("1")),
        (&text, &kind("boolean"), "'yes'", None),
        (&text, &kind("timestamp"), "'2026-02-28T23:59:59.999Z'", Some("'2026-02-28T23:59:59.999Z'")),
        (&text, &kind("timestamp"), "'2026-02-30T00:00:00.000Z'", None),
        (&text, &kind("timestamp"), "'now'", None),
        (&text, &kind("date"), "'0001-01-01'", Some("'0001-01-01'")),
        (&text, &kind("date"), "'2026-13-01'", None),
        (
            &text,
            &kind("uuid"),
            "'01890a5d-ac96-774b-bcce-b302099a8057'",
            Some("'01890a5d-ac96-774b-bcce-b302099a8057'"),
        ),
        (&text, &kind("uuid"), "'01890A5D-ac96-774b-bcce-b302099a8057'", None),
        (&text, &kind("uuid"), "'01890a5dac96-774b-bcce-b302-099a8057'", None),
        (&text, &kind("json"), "'{\"a\":1}'", Some("'{\"a\":1}'")),
        (&text, &kind("json"), "'{'", None),
        (&text, &words, "'b'", Some("'b'")),
        (&text, &words, "'c'", None),
        (&text, &json!({ "kind": "text", "max": 2 }), "'éé'", Some("'éé'")),
        (&text, &json!({ "kind": "text", "max": 2 }), "'abc'", None),
        (&kind("integer"), &kind("int32"), "2147483648", None),
        (&kind("integer"), &kind("real"), "9007199254740992", Some("9007199254740992.0")),
        (&kind("integer"), &kind("real"), "9007199254740993", None),
        (&kind("integer"), &decimal(2), "9999", Some("999900")),
        (&kind("integer"), &decimal(2), "10000", None),
        (&kind("integer"), &kind("boolean"), "2", None),
        (&kind("integer"), &text, "-7", Some("'-7'")),
        (&kind("real"), &kind("integer"), "2.0", Some("2")),
        (&kind("real"), &kind("integer"), "2.5", None),
        (&kind("real"), &kind("integer"), "1e300", None),
        (&kind("real"), &decimal(2), "0.1", Some("10")),
        (&kind("real"), &decimal(2), "0.125", None),
        (&kind("real"), &decimal(2), "1e300", None),
        (&decimal(2), &kind("integer"), "150", None),
        (&decimal(2), &kind("integer"), "-200", Some("-2")),
        (&decimal(2), &kind("real"), "150", Some("1.5")),
        (&decimal(2), &decimal(1), "155", None),
        (&decimal(2), &decimal(4), "9999", Some("999900")),
        (&decimal(2), &decimal(4), "10000", None),
        (&decimal(2), &text, "-5", Some("'-0.05'")),
        (&kind("boolean"), &text, "1", Some("'true'")),
        (&kind("timestamp"), &kind("date"), "'2026-02-28T23:59:59.999Z'", Some("'2026-02-28'")),
        (&kind("date"), &kind("timestamp"), "'2026-02-28'", Some("'2026-02-28T00:00:00.000Z'")),
    ];
    for (from, to, value, expected) in cases {
        for nullable in [true, false] {
            let of = |kind: &Json| {
                let mut column = kind.clone();
                column["name"] = json!("x");
                column["nullable"] = json!(nullable);
                schema(vec![model("things", json!([id(), column]), json!({}))])
            };
            let (before, after) = (of(from), of(to));
            let null = if nullable { "INSERT INTO things (x) VALUES (NULL);" } else { "" };
            let mut connection = database(&before, &format!("{null} INSERT INTO things (x) VALUES ({value})"));
            let steps = operations(&before, &after, json!({}));
            let done = carry_out(&mut connection, &before, &steps);
            let what = format!("{from} {value} -> {to}: {done:?}");
            match expected {
                Some(expected) => {
                    assert!(done.is_ok(), "{what}");
                    leads_to(&mut connection, &after);
                    let sql = format!("SELECT quote(x) = quote({expected}) FROM things WHERE x IS NOT NULL");
                    assert_eq!(rows(&mut connection, &sql), [[Value::Int(1)]], "{what}");
                    assert_eq!(
                        number(&mut connection, "SELECT count(*) FROM things WHERE x IS NULL"),
                        i64::from(nullable)
                    );
                }
                None => {
                    assert!(done.is_err(), "{what}");
                    leads_to(&mut connection, &before);
                    let sql = format!("SELECT quote(x) = quote({value}) FROM things WHERE x IS NOT NULL");
                    assert_eq!(rows(&mut connection, &sql), [[Value::Int(1)]], "{what}");
                }
            }
        }
    }
}

#[test]
fn an_impossible_change_says_the_way_out() {
    let of = |kind: &str| schema(vec![model("things", json!([id(), { "name": "x", "kind": kind }]), json!({}))]);
    let (from, to) = (of("bytes"), of("text"));
    let column = |schema: &Schema| schema.tables[0].column("x").unwrap().clone();
    let operation = Operation::AlterColumn {
        table: "things".into(),
        from: column(&from),
        to: column(&to),
        map: vec![],
        backfill: None,
        restore: None,
    };
    let error = Sqlite.render(&from, &[operation]).unwrap_err();
    assert_eq!(error.code, Code::ConversionUnsupported);
    assert!(error.hint.is_some_and(|hint| hint.contains("drop the old")));
}

#[test]
fn a_check_lets_null_pass_where_add_constraint_would_not() {
    let of = |sql: &[&str]| {
        let checks: Vec<Json> = sql.iter().map(|sql| json!({ "sql": sql, "columns": ["x"] })).collect();
        let columns = json!([id(), { "name": "x", "kind": "integer", "nullable": true }]);
        schema(vec![model("things", columns, json!({ "checks": checks }))])
    };
    let (from, to) = (of(&[]), of(&["x > 0"]));
    let mut connection = database(&from, "INSERT INTO things (x) VALUES (NULL), (1)");
    change(&mut connection, &from, &to);
    change(&mut connection, &to, &from);
    connection.batch("INSERT INTO things (x) VALUES (-1)").unwrap();
    assert!(carry_out(&mut connection, &from, &operations(&from, &to, json!({}))).is_err());
}

#[test]
fn a_backfill_reads_the_row_as_it_is_by_then() {
    let of = |columns: &[Json]| {
        let columns: Vec<Json> = [&[id()], columns].concat();
        schema(vec![model("things", json!(columns), json!({}))])
    };
    let from = of(&[json!({ "name": "a", "kind": "integer" })]);
    let to = of(&[
        json!({ "name": "a", "kind": "integer" }),
        json!({ "name": "b", "kind": "integer" }),
        json!({ "name": "c", "kind": "integer" }),
    ]);
    let choices = json!({ "backfills": [{ "table": "things", "column": "b", "value": "a + 1" }, { "table": "things", "column": "c", "value": "\"b\" * 2" }] });
    let mut connection = database(&from, "INSERT INTO things (a) VALUES (1), (5)");
    carry_out(&mut connection, &from, &operations(&from, &to, choices)).unwrap();
    leads_to(&mut connection, &to);
    let found = rows(&mut connection, "SELECT a, b, c FROM things ORDER BY id");
    assert_eq!(found, [[Value::Int(1), Value::Int(2), Value::Int(4)], [Value::Int(5), Value::Int(6), Value::Int(12)]]);
}

#[test]
fn what_a_dropped_column_held_gets_a_value_that_may_stand_there() {
    let columns = json!([id(), { "name": "code", "kind": "text" }, { "name": "user_id", "kind": "integer" }, { "name": "n", "kind": "real" }]);
    let more = json!({ "uniques": [{ "columns": ["code"] }, { "columns": ["user_id"] }],
        "foreignKeys": [{ "columns": ["user_id"], "target": "users", "references": ["id"] }] });
    let users = || model("users", json!([id()]), json!({}));
    let from = schema(vec![users(), model("things", columns, more)]);
    let to = schema(vec![users(), model("things", json!([id()]), json!({}))]);
    let mut connection = database(
        &from,
        "INSERT INTO users (id) VALUES (7), (9), (11); INSERT INTO things VALUES (4, 'a', 11, 0.5), (6, 'b', 7, 1.5)",
    );
    let up = operations(&from, &to, json!({}));
    carry_out(&mut connection, &from, &up).unwrap();
    leads_to(&mut connection, &to);
    carry_out(&mut connection, &to, &reverse(&up)).unwrap();
    leads_to(&mut connection, &apply(&to, &reverse(&up)).unwrap());
    let found = rows(&mut connection, "SELECT id, code, user_id, n FROM things ORDER BY id");
    assert_eq!(found[0], [Value::Int(4), "1".into(), Value::Int(7), Value::Real(0.0)]);
    assert_eq!(found[1], [Value::Int(6), "2".into(), Value::Int(9), Value::Real(0.0)]);
}

/// Many rows are copied in pieces, and one hears how far it is.
#[test]
fn a_large_copy_tells_how_far_it_is() {
    let (from, to) = (users_and_posts(&[]), users_and_posts(&[stamped()]));
    let fill = "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 120000)
        INSERT INTO users (id, email) SELECT i * 2 - 7, 'user' || i FROM n";
    let mut connection = database(&from, fill);
    let before = rows(&mut connection, "SELECT count(*), sum(id), min(id), max(id) FROM users");
    let statements = Sqlite.render(&from, &operations(&from, &to, json!({}))).unwrap();
    let mut heard = Vec::new();
    Sqlite
        .revision_transaction(&mut connection, &["users".into()], &mut |connection| {
            statements
                .iter()
                .try_for_each(|sql| Sqlite.run_statement(connection, sql, &mut |n, of| heard.push((n, of))))
        })
        .unwrap();
    assert_eq!(rows(&mut connection, "SELECT count(*), sum(id), min(id), max(id) FROM users"), before);
    assert!(heard.len() >= 3 && heard.is_sorted() && heard.last() == Some(&(120_000, 120_000)), "{heard:?}");
    leads_to(&mut connection, &to);
}
