//! init on a real PostgreSQL server: fresh, again, over what others made, half-way failures, many at once.

mod support;

use plinth::dialect::found::TableKind;
use plinth::dialect::postgres::introspect::{columns, inventory};
use plinth::dialect::postgres::syntax::Postgres;
use plinth::dialect::DialectName;
use plinth::engine::postgres::admin::AdminConnection;
use plinth::error::{Code, Error, Result};
use plinth::init::InitReport;
use plinth::schema::Models;
use plinth::statement::{Execute, Statement};
use plinth::value::Value;
use serde_json::{json, Value as Json};
use std::sync::Barrier;
use support::{fresh, run, server, Database};

fn init(connection: &mut dyn Execute, models: &Models) -> Result<InitReport> {
    plinth::init::init(&Postgres, connection, models)
}

fn models(models: &[Json]) -> Models {
    Models::from_json(&json!({ "format": 1, "models": models }).to_string()).unwrap()
}

fn table(name: &str, columns: &[Json], more: Json) -> Json {
    let mut all = vec![json!({ "property": "id", "name": "id", "kind": "id" })];
    all.extend_from_slice(columns);
    let mut model = json!({ "model": name, "table": name, "primaryKey": ["id"], "columns": all });
    model.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    model
}

fn reference(name: &str, target: &str) -> (Json, Json) {
    let column = json!({ "property": name, "name": name, "kind": "integer", "nullable": true });
    (column, json!({ "columns": [name], "target": target, "references": ["id"] }))
}

/// users <-> organizations, items -> users, comments -> comments.
fn cyclic() -> Models {
    let (organization, to_organizations) = reference("organization_id", "organizations");
    let (owner, to_users) = reference("owner_id", "users");
    let (parent, to_comments) = reference("parent_id", "comments");
    let name = json!({ "property": "name", "name": "name", "kind": "text" });
    models(&[
        table("items", std::slice::from_ref(&owner), json!({ "foreignKeys": [to_users] })),
        table(
            "users",
            &[name, organization],
            json!({ "foreignKeys": [to_organizations], "indexes": [{ "parts": [{ "column": "name" }] }] }),
        ),
        table("organizations", &[owner], json!({ "foreignKeys": [to_users] })),
        table("comments", &[parent], json!({ "foreignKeys": [to_comments] })),
    ])
}

fn rows(connection: &mut dyn Execute, sql: &str) -> Vec<Vec<Value>> {
    connection.query(&Statement::new(sql)).unwrap()
}

fn texts(connection: &mut dyn Execute, sql: &str) -> Vec<String> {
    rows(connection, sql).iter().map(|row| row[0].as_str().unwrap_or_default().to_owned()).collect()
}

/// All relations, types and constraints except our own: equal before and after a change that must
/// not touch them.
fn snapshot(connection: &mut dyn Execute) -> Vec<String> {
    texts(
        connection,
        "SELECT 'r ' || oid || relname FROM pg_class WHERE relnamespace::regnamespace::text !~ '^(pg_|information)' \
         UNION ALL SELECT 't ' || oid || typname FROM pg_type WHERE typnamespace::regnamespace::text !~ '^(pg_|information)' \
         UNION ALL SELECT 'c ' || oid || conname FROM pg_constraint \
         UNION ALL SELECT 'n ' || oid || nspname FROM pg_namespace WHERE nspname !~ '^pg_(temp|toast_temp)' ORDER BY 1",
    )
}

#[test]
fn fresh_then_again() {
    let Some(database) = Database::new() else { return };
    let mut connection = database.open();
    let report = init(&mut connection, &cyclic()).unwrap();
    assert_eq!(report.dialect, DialectName::Postgres);
    assert_eq!(report.created.tables, ["comments", "users", "items", "organizations"]);
    assert_eq!(report.created.indexes, ["users_name_idx"]);
    assert!(report.existing.tables.is_empty() && report.pending.is_empty());
    let keys = texts(&mut connection, "SELECT conname::text FROM pg_constraint WHERE contype = 'f' ORDER BY 1");
    let expected = ["comments_parent_id_fkey", "items_owner_id_fkey", "organizations_owner_id_fkey"];
    assert_eq!(keys[..3], expected);
    assert_eq!(keys[3..], ["users_organization_id_fkey"]);

    let before = snapshot(&mut connection);
    let again = init(&mut connection, &cyclic()).unwrap();
    assert!(again.created.tables.is_empty() && again.created.indexes.is_empty());
    assert_eq!(again.pending, [""; 0]);
    assert_eq!(again.existing.tables, ["comments", "users", "items", "organizations"]);
    assert_eq!(snapshot(&mut connection), before);
    connection.batch("INSERT INTO plinth_seeds VALUES ('a', now())").unwrap();
}

/// Every kind, nullable or not, with each form of default.
fn everything() -> Models {
    let column = |name: &str, more: Json| {
        let mut column = json!({ "property": name, "name": name });
        column.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        column
    };
    let uuid = "01890a5d-ac96-774b-bcce-b302099a8057";
    let mut columns = vec![
        column("integer", json!({ "kind": "integer", "default": { "value": -9007199254740991_i64 } })),
        column("bigint", json!({ "kind": "bigint", "default": { "value": "-9223372036854775808" } })),
        column("int32", json!({ "kind": "int32", "default": { "value": -2147483648_i64 } })),
        column("zero", json!({ "kind": "real", "default": { "value": -0.0 } })),
        column("large", json!({ "kind": "real", "default": { "value": 1.7976931348623157e308 } })),
        column("small", json!({ "kind": "real", "default": { "value": 5e-324 } })),
        column("decimal", json!({ "kind": "decimal", "precision": 18, "scale": 6, "default": { "value": "-1.5" } })),
        column(
            "whole",
            json!({ "kind": "decimal", "precision": 18, "scale": 0, "default": { "value": "999999999999999999" } }),
        ),
        column("text", json!({ "kind": "text", "default": { "value": "it's \\ \"x\"\n🦀 $1 ?" } })),
        column("empty", json!({ "kind": "text", "max": 10485760, "default": { "value": "" } })),
        column("yes", json!({ "kind": "boolean", "default": { "value": true } })),
        column("no", json!({ "kind": "boolean", "default": { "value": false } })),
        column("uuid", json!({ "kind": "uuid", "default": { "value": uuid } })),
        column("moment", json!({ "kind": "timestamp", "default": { "value": "0001-01-01T00:00:00.001Z" } })),
        column("last", json!({ "kind": "timestamp", "default": { "value": "9999-12-31T23:59:59.999Z" } })),
        column("clock", json!({ "kind": "timestamp", "default": "now" })),
        column("day", json!({ "kind": "date", "default": { "value": "2024-02-29" } })),
        column("today", json!({ "kind": "date", "default": "now" })),
        column("object", json!({ "kind": "json", "default": { "value": { "b": ["\\", "'", 1.5, null], "a": "é" } } })),
        column("null", json!({ "kind": "json", "default": { "value": null } })),
        column("bytes", json!({ "kind": "bytes", "default": { "value": "005c27ff" } })),
        column("none", json!({ "kind": "bytes", "default": { "value": "" } })),
        column(
            "word",
            json!({ "kind": "enum", "enum": "words", "values": ["a\\b", "it's", ""], "default": { "value": "a\\b" } }),
        ),
    ];
    let bare = columns.clone().into_iter().map(|mut column| {
        let fields = column.as_object_mut().unwrap();
        fields.remove("default");
        for field in ["property", "name"] {
            let name = format!("{}_n", fields[field].as_str().unwrap());
            fields.insert(field.into(), name.into());
        }
        fields.insert("nullable".into(), true.into());
        column
    });
    let bare: Vec<Json> = bare.collect();
    columns.extend(bare);
    let index = json!({ "parts": [{ "column": "text_n" }, { "column": "day", "desc": true }, { "expression": "lower(text)" }], "where": "yes", "unique": true });
    let checks = json!([{ "sql": "whole > 0 OR text LIKE '%\\_%'", "columns": ["whole"] }]);
    let more =
        json!({ "indexes": [index], "checks": checks, "uniques": [{ "columns": ["uuid", "day"] }], "comment": "it's" });
    let big = json!({ "model": "big", "table": "big", "primaryKey": ["id"], "columns": [{ "property": "id", "name": "id", "kind": "bigId" }] });
    models(&[table("everything", &columns, more), big])
}

#[test]
fn every_kind_and_default_comes_back() {
    let Some(database) = Database::new() else { return };
    let mut connection = database.open();
    init(&mut connection, &everything()).unwrap();
    let again = init(&mut connection, &everything()).unwrap();
    assert_eq!(again.pending, [""; 0]);
    assert_eq!(again.existing.tables, ["everything", "big"]);

    // They are read here as text, which a server may be set to write otherwise.
    connection.batch("SET extra_float_digits = 1; SET bytea_output = 'hex'; SET DateStyle = 'ISO'").unwrap();
    connection.batch("INSERT INTO everything DEFAULT VALUES").unwrap();
    let value = |connection: &mut dyn Execute, sql: &str| {
        rows(connection, &format!("SELECT ({sql})::text FROM everything"))[0][0].as_str().unwrap().to_owned()
    };
    for (sql, expected) in [
        ("id", "1"),
        ("\"integer\"", "-9007199254740991"),
        ("\"bigint\"", "-9223372036854775808"),
        ("int32", "-2147483648"),
        ("zero", "-0"),
        ("large", "1.7976931348623157e+308"),
        ("small", "5e-324"),
        ("\"decimal\"", "-1.500000"),
        ("whole", "999999999999999999"),
        ("\"text\"", "it's \\ \"x\"\n🦀 $1 ?"),
        ("empty", ""),
        ("yes", "true"),
        ("no", "false"),
        ("uuid", "01890a5d-ac96-774b-bcce-b302099a8057"),
        ("moment AT TIME ZONE 'UTC'", "0001-01-01 00:00:00.001"),
        ("last AT TIME ZONE 'UTC'", "9999-12-31 23:59:59.999"),
        ("clock = date_trunc('milliseconds', clock)", "true"),
        ("abs(extract(epoch FROM clock - now())) < 5", "true"),
        ("day", "2024-02-29"),
        ("today = (now() AT TIME ZONE 'UTC')::date", "true"),
        ("object", r#"{"a": "é", "b": ["\\", "'", 1.5, null]}"#),
        ("\"null\" = 'null' AND \"null\" IS NOT NULL", "true"),
        ("bytes", "\\x005c27ff"),
        ("none", "\\x"),
        ("word", "a\\b"),
        ("num_nulls(text_n, bytes_n, word_n, null_n)", "4"),
    ] {
        assert_eq!(value(&mut connection, sql), expected, "{sql}");
    }
    let comment = "SELECT obj_description('everything'::regclass, 'pg_class')";
    assert_eq!(texts(&mut connection, comment), ["it's"]);
    let error = connection.batch("UPDATE everything SET word = 'x'").unwrap_err();
    assert_eq!((error.code, error.constraint.as_deref()), (Code::CheckViolation, Some("everything_word_check")));
}

#[test]
fn text_is_ordered_by_code_points() {
    let Some(database) = Database::new() else { return };
    let mut connection = database.open();
    init(&mut connection, &cyclic()).unwrap();
    connection.batch("INSERT INTO users (name) VALUES ('b'), ('a'), ('B'), ('é'), ('Z'), ('')").unwrap();
    let names = texts(&mut connection, "SELECT name FROM users ORDER BY name");
    assert_eq!(names, ["", "B", "Z", "a", "b", "é"]);
}

#[test]
fn weird_names() {
    let Some(database) = Database::new() else { return };
    let mut connection = database.open();
    let long = "é".repeat(31) + "x";
    let names = [r#"quo"te's; DROP TABLE x; --"#, "Größe 🦀", "UPPER", "select", "$1 ? %s \\", " ", &long];
    let tables: Vec<Json> = names
        .iter()
        .map(|name| {
            let key = format!("{}k", &name[..name.char_indices().nth(name.chars().count() - 1).unwrap().0]);
            json!({ "model": name, "table": name, "primaryKey": [key], "comment": name,
                "columns": [{ "property": "k", "name": key, "kind": "id" },
                    { "property": "w", "name": name, "kind": "enum", "enum": name, "values": [name], "nullable": true },
                    { "property": "r", "name": "r", "kind": "integer", "nullable": true }],
                "uniques": [{ "columns": [name] }],
                "indexes": [{ "parts": [{ "column": name, "desc": true }], "name": format!("{name}i").chars().skip(1).collect::<String>() }],
                "foreignKeys": [{ "columns": ["r"], "target": name, "references": [key] }] })
        })
        .collect();
    let models = models(&tables);
    let report = init(&mut connection, &models).unwrap();
    assert_eq!(report.created.tables.len(), names.len());
    let again = init(&mut connection, &models).unwrap();
    assert_eq!((again.existing.tables.len(), again.pending.len()), (names.len(), 0), "{:?}", again.pending);
    // Other names by their case: other tables.
    connection.batch("ALTER TABLE \"UPPER\" RENAME TO \"Upper\"").unwrap();
    let pending = init(&mut connection, &models).unwrap().pending;
    assert!(pending.len() == 1 && pending[0].starts_with("The table `UPPER` existed and is gone"), "{pending:?}");
    // If that is not known, it is created.
    connection.batch("DELETE FROM plinth_shape WHERE name = 'UPPER'").unwrap();
    let error = init(&mut connection, &models).unwrap_err();
    assert!(error.message.contains("UPPER"), "{error:?}");
    connection.batch("DROP TABLE \"Upper\"").unwrap();
    assert_eq!(init(&mut connection, &models).unwrap().created.tables, ["UPPER"]);
}

#[test]
fn differences_are_seen_and_left() {
    let Some(database) = Database::new() else { return };
    let mut connection = database.open();
    let sql = "CREATE DOMAIN d AS text; CREATE TYPE e AS ENUM ('x');
        CREATE TABLE users (id bigserial PRIMARY KEY, name text, old e, \"Name\" text COLLATE \"C\");
        CREATE TABLE items (id int GENERATED ALWAYS AS IDENTITY, owner_id bigint GENERATED ALWAYS AS (1 + 1) STORED, d d[])";
    connection.batch(sql).unwrap();
    let before = snapshot(&mut connection);
    let users = table(
        "users",
        &[json!({ "property": "name", "name": "name", "kind": "text" }), reference("organization_id", "items").0],
        json!({ "indexes": [{ "parts": [{ "column": "name" }] }] }),
    );
    let items = table("items", &[reference("owner_id", "users").0], json!({}));
    let report = init(&mut connection, &models(&[users, items])).unwrap();
    assert_eq!(report.existing.tables, ["users", "items"]);
    assert_eq!(
        report.pending,
        [
            "The column `users.id` is `bigint`, the models declare `bigint GENERATED BY DEFAULT AS IDENTITY`.",
            "The column `users.name` is `text`, the models declare `text COLLATE \"C\"`.",
            "The table `users` has no column `organization_id`, which the models declare.",
            "The table `users` has a column `old`, which no model declares.",
            "The table `users` has a column `Name`, which no model declares.",
            "The table `users` has no index `users_name_idx`, which the models declare.",
            "The column `items.id` is `integer GENERATED ALWAYS AS IDENTITY`, the models declare `bigint GENERATED BY DEFAULT AS IDENTITY`.",
            "The column `items.owner_id` is `bigint GENERATED ALWAYS AS ((1 + 1))`, the models declare `bigint`.",
            "The table `items` has a column `d`, which no model declares.",
        ]
    );
    connection.batch("DROP TABLE plinth_seeds, plinth_shape").unwrap();
    assert_eq!(snapshot(&mut connection), before);
}

#[test]
fn a_name_that_another_object_holds_changes_nothing() {
    let Some(database) = Database::new() else { return };
    for (sql, words) in [
        ("CREATE VIEW comments AS SELECT 1 AS a", "a view"),
        ("CREATE MATERIALIZED VIEW comments AS SELECT 1 AS a", "a view"),
        ("CREATE SEQUENCE comments", "a sequence"),
        ("CREATE TYPE comments AS (a int)", "a type"),
        ("CREATE TYPE comments AS ENUM ('a')", "comments"),
        ("CREATE TABLE t (a int); CREATE INDEX comments ON t (a)", "an index of the table `t`"),
        ("CREATE TABLE t (a int); CREATE INDEX users_name_idx ON t (a)", "an index of the table `t`"),
        ("CREATE TABLE t (a int CONSTRAINT users_pkey PRIMARY KEY)", "users_pkey"),
        ("CREATE TABLE users_name_idx (a int)", "a table"),
    ] {
        let mut connection = database.open();
        connection.batch(sql).unwrap();
        let before = snapshot(&mut connection);
        let error = init(&mut connection, &cyclic()).unwrap_err();
        assert!(error.code == Code::SqlFailed && error.message.contains(words), "{sql}: {error:?}");
        assert!(error.table.is_some(), "{error:?}");
        assert_eq!(snapshot(&mut connection), before);
        // The connection is not left within a transaction.
        connection.batch("BEGIN; COMMIT; DROP SCHEMA public CASCADE; CREATE SCHEMA public").unwrap();
    }
    let mut connection = database.open();
    let error = init(&mut connection, &models(&[table("pg_class", &[], json!({}))])).unwrap_err();
    assert!(error.message.contains("a table of PostgreSQL itself"), "{error:?}");
}

#[test]
fn a_table_that_the_server_refuses_undoes_all() {
    let Some(database) = Database::new() else { return };
    let mut connection = database.open();
    let before = snapshot(&mut connection);
    let bad = table("zzz", &[], json!({ "checks": [{ "sql": "nonsense()" }] }));
    let error = init(&mut connection, &models(&[table("aaa", &[], json!({})), bad])).unwrap_err();
    assert_eq!((error.code, error.table.as_deref()), (Code::SqlFailed, Some("zzz")));
    let bad = table("zzz", &[], json!({ "indexes": [{ "parts": [{ "expression": "now()" }], "name": "late" }] }));
    let error = init(&mut connection, &models(&[table("aaa", &[], json!({})), bad])).unwrap_err();
    assert_eq!((error.table.as_deref(), error.constraint.as_deref()), (Some("zzz"), Some("late")));
    assert_eq!(snapshot(&mut connection), before);
}

#[test]
fn ten_at_once() {
    let Some(database) = Database::new() else { return };
    let barrier = Barrier::new(10);
    let created: usize = std::thread::scope(|scope| {
        let work = || {
            let mut connection = database.open();
            barrier.wait();
            init(&mut connection, &cyclic()).unwrap().created.tables.len()
        };
        let threads: Vec<_> = (0..10).map(|_| scope.spawn(work)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(created, 4);
}

/// As servers may be set up: what a session begins with must not matter.
#[test]
fn settings_of_the_session_do_not_matter() {
    let Some(database) = Database::new() else { return };
    let mut connection = database.open();
    connection
        .batch(
            "SET default_transaction_isolation = 'serializable'; SET default_transaction_deferrable = on; \
             SET statement_timeout = '50ms'; SET standard_conforming_strings = off; SET DateStyle = 'German'; \
             SET TimeZone = 'Asia/Kolkata'; SET default_toast_compression = 'pglz'; SET quote_all_identifiers = on",
        )
        .unwrap();
    let mut holder = database.open();
    holder.batch("BEGIN; SELECT pg_advisory_xact_lock(123610927625320)").unwrap();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| init(&mut connection, &everything()).unwrap());
        std::thread::sleep(std::time::Duration::from_millis(300));
        assert!(!waiting.is_finished());
        holder.batch("COMMIT").unwrap();
        assert_eq!(waiting.join().unwrap().created.tables.len(), 2);
    });
    let again = init(&mut connection, &everything()).unwrap();
    assert_eq!(again.pending, [""; 0]);
    connection.batch("INSERT INTO everything DEFAULT VALUES").unwrap();
    let text = texts(&mut database.open(), "SELECT \"text\" || word FROM everything");
    assert_eq!(text, ["it's \\ \"x\"\n🦀 $1 ?a\\b"]);
}

/// A connection with this search path.
fn on_path(database: &Database, path: &str) -> AdminConnection {
    let mut connection = database.open();
    connection.batch(&format!("SET search_path = {path}")).unwrap();
    connection
}

fn place(connection: &mut dyn Execute, table: &str) -> Vec<String> {
    texts(
        connection,
        &format!("SELECT relnamespace::regnamespace::text FROM pg_class WHERE relname = '{table}' ORDER BY 1"),
    )
}

#[test]
fn the_first_schema_of_the_search_path_is_made() {
    let Some(database) = Database::new() else { return };
    let models = models(&[table("a", &[], json!({}))]);
    let name = r#""My ""App"" ü""#;
    let mut connection = on_path(&database, &format!("{name}, public"));
    assert_eq!(init(&mut connection, &models).unwrap().created.tables, ["a"]);
    assert_eq!(place(&mut connection, "a"), [name]);
    assert_eq!(place(&mut connection, "plinth_seeds"), [name]);
    let again = init(&mut connection, &models).unwrap();
    assert_eq!((again.existing.tables.len(), again.pending.len()), (1, 0));
    // A table in another schema is not seen; one in a later schema of the path exists.
    assert_eq!(init(&mut on_path(&database, "public"), &models).unwrap().created.tables, ["a"]);
    let further = init(&mut on_path(&database, "third, public"), &models).unwrap();
    assert_eq!(further.existing.tables, ["a"]);
    // "$user" is no wish for a schema, unless there is one.
    let mut connection = on_path(&database, "\"$user\", fourth");
    assert_eq!(init(&mut connection, &models).unwrap().created.tables, ["a"]);
    connection.batch("CREATE SCHEMA AUTHORIZATION CURRENT_USER").unwrap();
    let mut connection = on_path(&database, "\"$user\", fifth");
    assert_eq!(init(&mut connection, &models).unwrap().created.tables, ["a"]);
    assert!(texts(&mut connection, "SELECT nspname::text FROM pg_namespace WHERE nspname = 'fifth'").is_empty());
}

#[test]
fn a_search_path_to_nowhere_says_so() {
    let Some(database) = Database::new() else { return };
    let models = models(&[table("a", &[], json!({}))]);
    for path in ["''", "\"$user\""] {
        let error = init(&mut on_path(&database, path), &models).unwrap_err();
        assert!(error.message.contains("names no schema") && error.hint.is_some(), "{error:?}");
    }
}

/// A role without rights in the schema, which must not find its tables in the next one instead.
#[test]
fn a_schema_that_may_not_be_used() {
    let (Some(database), Some(server)) = (Database::new(), server()) else { return };
    let role = fresh("reader");
    run(&server, &format!("CREATE ROLE {role}"));
    let mut connection = on_path(&database, "app, public");
    connection.batch(&format!("CREATE SCHEMA app; GRANT ALL ON SCHEMA public TO {role}; SET ROLE {role}")).unwrap();
    let models = models(&[table("a", &[], json!({}))]);
    let check = |error: Error| assert!(error.code == Code::PermissionDenied && error.hint.is_some(), "{error:?}");
    check(init(&mut connection, &models).unwrap_err());
    connection.batch(&format!("RESET ROLE; GRANT USAGE ON SCHEMA app TO {role}; SET ROLE {role}")).unwrap();
    check(init(&mut connection, &models).unwrap_err());
    connection.batch(&format!("RESET ROLE; DROP OWNED BY {role}")).unwrap();
    assert_eq!(place(&mut connection, "a"), [""; 0]);
    run(&server, &format!("DROP ROLE {role}"));
}

#[test]
fn what_others_made_is_read() {
    let Some(database) = Database::new() else { return };
    let mut connection = database.open();
    connection.batch(support::exotic::EXOTIC).unwrap();
    let found = inventory(&mut connection).unwrap();
    let kind = |name: &str| found.tables.iter().find(|table| table.name == name).map(|table| table.kind);
    assert_eq!(kind("Größe 🦀"), Some(TableKind::Ordinary));
    assert_eq!(kind("measures"), Some(TableKind::Ordinary));
    assert_eq!(kind("far"), Some(TableKind::Foreign));
    assert_eq!(kind("hidden"), None);
    assert_eq!(found.views, ["v", "over", "mat", "on mat"]);
    assert!(found.others.iter().any(|other| other.name == "loose" && other.what == "a sequence"));
    assert!(found.indexes.iter().any(|index| index.name == "quo\"te_pkey" && index.table == "quo\"te"));
    for table in found.tables.iter().filter(|table| table.kind == TableKind::Ordinary) {
        columns(&mut connection, &table.name).unwrap();
    }
    let declared: Vec<String> =
        columns(&mut connection, "quo\"te").unwrap().into_iter().map(|column| column.declared).collect();
    assert_eq!(
        declared,
        [
            "bigint GENERATED BY DEFAULT AS IDENTITY",
            "mood",
            "positive",
            "pair",
            "positive[]",
            "integer[]",
            "bigint",
            "integer GENERATED ALWAYS AS ((1 + 1))",
            "interval(3)",
            "bit varying(5)",
            "integer",
        ]
    );
    // A model of the same name as a partitioned or a foreign table.
    let report = init(&mut connection, &models(&[table("measures", &[], json!({})), table("far", &[], json!({}))]));
    let pending = report.unwrap().pending;
    assert!(pending.contains(&"The table `far` is on another server, the models declare an ordinary table.".into()));
}
