//! Rows to try revisions on: on both databases, for schemas that make it hard.

mod support;

use plinth::dialect::postgres::syntax::Postgres;
use plinth::dialect::sqlite::syntax::Sqlite;
use plinth::dialect::{Dialect, DialectName};
use plinth::engine::sqlite::admin::AdminConnection;
use plinth::migrate::prove::proof::create;
use plinth::migrate::prove::rows::{seed, Seeded};
use plinth::migrate::prove::snapshot::{canonical, snapshot, Snapshot};
use plinth::schema::Schema;
use plinth::statement::{Execute, Statement};
use plinth::value::Value;
use serde_json::json;
use std::collections::HashMap;
use support::tables::{column, key, schema, table};

/// Seeds it on both databases; the same rows twice on each.
fn on_both(schema: &Schema, check: impl Fn(&dyn Dialect, &Seeded, &Snapshot, &mut dyn Execute)) {
    let run = |dialect: &dyn Dialect, connection: &mut dyn Execute| {
        let mut before: Option<(Seeded, Vec<String>)> = None;
        for _ in 0..2 {
            connection.batch("BEGIN").unwrap();
            create(dialect, connection, schema).unwrap();
            let seeded = seed(dialect, connection, schema, &HashMap::new()).unwrap();
            let rows = snapshot(connection, schema).unwrap();
            let all = texts(schema, &rows);
            check(dialect, &seeded, &rows, connection);
            connection.batch("ROLLBACK").unwrap();
            if let Some(before) = before.replace((seeded.clone(), all.clone())) {
                assert_eq!(before, (seeded, all), "not the same rows again");
            }
        }
    };
    run(&Sqlite, &mut AdminConnection::open(":memory:", 100).unwrap());
    if let Some(database) = support::Database::new() {
        run(&Postgres, &mut database.open());
    }
}

fn texts(schema: &Schema, rows: &Snapshot) -> Vec<String> {
    let mut all = Vec::new();
    for table in &schema.tables {
        for row in &rows[&table.name] {
            let cells: Vec<String> =
                table.columns.iter().zip(row).map(|(c, value)| canonical(&c.kind, value)).collect();
            all.push(format!("{}: {}", table.name, cells.join(" | ")));
        }
    }
    all
}

fn number(connection: &mut dyn Execute, sql: &str) -> i64 {
    connection.query(&Statement::new(sql)).unwrap()[0][0].as_int().unwrap()
}

#[test]
fn the_edges_of_every_kind() {
    let schema = schema(json!([table(
        "all",
        json!([
            ["integer", "integer"],
            ["bigint", "bigint"],
            ["int32", "int32", { "nullable": true }],
            ["real", "real"],
            ["decimal", "decimal", { "precision": 18, "scale": 4 }],
            ["text", "text", { "nullable": true }],
            ["short", "text", { "max": 5 }],
            ["boolean", "boolean"],
            ["uuid", "uuid"],
            ["timestamp", "timestamp"],
            ["date", "date"],
            ["json", "json", { "nullable": true }],
            ["bytes", "bytes"],
            ["word", "enum", { "enum": "w", "values": ["a", "it's", "c", "d", "e", "f", "g", "h", "i", "j"] }],
        ]),
        json!({})
    )]));
    on_both(&schema, |dialect, seeded, rows, connection| {
        assert_eq!(seeded.rows["all"], 10);
        let negative_zero = |row: &Vec<Value>| row.iter().any(|value| format!("{value:?}") == "Real(-0.0)");
        assert!(rows["all"].iter().any(negative_zero), "{}", dialect.name());
        assert!(seeded.unseeded.is_empty());
        let mut has = |condition: &str| {
            let found = number(connection, &format!("SELECT count(*) FROM \"all\" WHERE {condition}"));
            assert!(found > 0, "{condition} on {}", dialect.name());
        };
        has("\"text\" = ''");
        has("\"text\" IS NULL");
        has("length(\"text\") = 4000");
        has("short = '🦀🦀🦀🦀🦀'");
        has("\"integer\" = 0");
        has("\"integer\" = -1");
        has("\"integer\" = 9007199254740991");
        has("\"bigint\" = 9223372036854775807");
        has("int32 IS NULL");
        has("json IS NULL");
        if dialect.name() == DialectName::Sqlite {
            has("json = 'null'");
            has("\"decimal\" = 999999999999999999");
            has("bytes = x''");
            has("timestamp = '0001-01-01T00:00:00.000Z'");
            has("date = '9999-12-31'");
        } else {
            has("json = 'null'");
            has("\"decimal\" = 99999999999999.9999");
            has("bytes = ''");
            has("timestamp = '9999-12-31 23:59:59.999+00'");
            has("date = '0001-01-01'");
        }
        assert_eq!(number(connection, "SELECT count(DISTINCT word) FROM \"all\""), 10);
    });
}

#[test]
fn children_for_every_parent_and_cycles() {
    let nullable = json!({ "nullable": true });
    let link = json!({ "model": "links", "table": "links", "primaryKey": ["user_id", "item_id"], "columns": [
        column(&json!(["user_id", "integer"])), column(&json!(["item_id", "integer"])) ],
        "foreignKeys": [key(&["user_id"], "users", &["id"], "cascade"), key(&["item_id"], "items", &["id"], "cascade")] });
    let schema = schema(json!([
        table(
            "items",
            json!([["owner_id", "integer"], ["parent_id", "integer", nullable]]),
            json!({ "foreignKeys": [
            key(&["owner_id"], "users", &["id"], "cascade"), key(&["parent_id"], "items", &["id"], "set null")] })
        ),
        table(
            "users",
            json!([["organization_id", "integer", nullable]]),
            json!({ "foreignKeys": [
            key(&["organization_id"], "organizations", &["id"], "set null")] })
        ),
        table(
            "organizations",
            json!([["owner_id", "integer"]]),
            json!({ "foreignKeys": [
            key(&["owner_id"], "users", &["id"], "cascade")], "uniques": [{ "columns": ["owner_id"] }] })
        ),
        table(
            "strict",
            json!([["itself", "integer"]]),
            json!({ "foreignKeys": [key(&["itself"], "strict", &["id"], "cascade")] })
        ),
        table(
            "one",
            json!([["other_id", "integer"]]),
            json!({ "foreignKeys": [key(&["other_id"], "other", &["id"], "cascade")] })
        ),
        table(
            "other",
            json!([["one_id", "integer"]]),
            json!({ "foreignKeys": [key(&["one_id"], "one", &["id"], "cascade")] })
        ),
        link,
    ]));
    on_both(&schema, |_, seeded, _, connection| {
        let unseeded: Vec<&str> = seeded.unseeded.iter().map(|u| u.table.as_str()).collect();
        assert_eq!(unseeded, ["one", "other"], "no row could be written there");
        assert!(seeded.unseeded[0].reason.contains("each waits for the other"), "{:?}", seeded.unseeded);
        for (sql, expected) in [
            ("SELECT count(*) FROM users WHERE id NOT IN (SELECT owner_id FROM items)", 0),
            ("SELECT count(*) FROM users WHERE id NOT IN (SELECT user_id FROM links)", 0),
            ("SELECT count(*) FROM organizations WHERE owner_id NOT IN (SELECT id FROM users)", 0),
            ("SELECT count(*) FROM strict WHERE id <> itself", 0),
        ] {
            assert_eq!(number(connection, sql), expected, "{sql}");
        }
        for sql in [
            "SELECT count(*) FROM items WHERE parent_id <> id",
            "SELECT count(*) FROM items WHERE parent_id IS NULL",
            "SELECT count(*) FROM users WHERE organization_id IS NOT NULL",
            "SELECT count(*) FROM strict",
            "SELECT count(*) FROM organizations",
            "SELECT count(*) FROM links",
        ] {
            assert!(number(connection, sql) > 0, "{sql}");
        }
    });
}

#[test]
fn checks_uniques_and_composite_keys() {
    let nullable = json!({ "nullable": true });
    let check = |sql: &str| json!({ "sql": sql });
    let schema = schema(json!([
        table("a", json!([["x", "integer"]]), json!({ "checks": [check("x > 1000 AND x < 1004")] })),
        table("b", json!([["x", "text"]]), json!({ "checks": [check("length(x) BETWEEN 2 AND 5")] })),
        table(
            "c",
            json!([["x", "integer"], ["y", "integer"]]),
            json!({ "checks": [check("x < y"), check("\"x\" >= 0")] })
        ),
        table(
            "d",
            json!([["x", "text"]]),
            json!({ "checks": [check("x LIKE '%@%.%'")], "uniques": [{ "columns": ["x"] }] })
        ),
        table(
            "e",
            json!([["a_id", "integer", nullable], ["b_id", "integer", nullable]]),
            json!({
            "checks": [check("(a_id IS NULL) <> (b_id IS NULL)")],
            "foreignKeys": [key(&["a_id"], "a", &["id"], "cascade"), key(&["b_id"], "b", &["id"], "cascade")] })
        ),
        table(
            "f",
            json!([["x", "integer"], ["y", "text", { "max": 3 }]]),
            json!({ "uniques": [{ "columns": ["x", "y"] }] })
        ),
        table(
            "g",
            json!([["tenant", "integer"], ["f_x", "integer"], ["f_y", "text", { "max": 3 }]]),
            json!({
            "foreignKeys": [key(&["f_x", "f_y"], "f", &["x", "y"], "cascade"), key(&["f_x"], "h", &["n"], "no action")] })
        ),
        json!({ "model": "h", "table": "h", "primaryKey": ["n"], "columns": [column(&json!(["n", "integer"]))] }),
        table(
            "i",
            json!([["x", "text"], ["live", "boolean"]]),
            json!({ "indexes": [
            { "parts": [{ "expression": "lower(x)" }], "unique": true, "where": "live" }] })
        ),
        table(
            "j",
            json!([["x", "decimal", { "precision": 4, "scale": 2 }]]),
            json!({ "checks": [check("x > 12.5 AND x <> 99.99")] })
        ),
        table("k", json!([["x", "boolean"]]), json!({ "uniques": [{ "columns": ["x"] }] })),
        table("l", json!([["x", "text"]]), json!({ "checks": [check("x = 'one' OR x = 'it''s'")] })),
        table("m", json!([["x", "integer"]]), json!({ "checks": [check("x > 5"), check("x < 3")] })),
        table(
            "n",
            json!([["x", "integer", { "default": { "value": 7777 } }]]),
            json!({ "checks": [check("x % 1111 = 0")] })
        ),
    ]));
    on_both(&schema, |dialect, seeded, _, _| {
        let unseeded: Vec<&str> = seeded.unseeded.iter().map(|u| u.table.as_str()).collect();
        assert_eq!(unseeded, ["m"], "{:?} on {}", seeded.unseeded, dialect.name());
        assert!(seeded.unseeded[0].reason.contains("m_check"), "{:?}", seeded.unseeded);
        for (table, least) in
            [("a", 4), ("b", 4), ("c", 4), ("d", 2), ("e", 4), ("f", 4), ("g", 1), ("i", 3), ("j", 4), ("k", 2)]
        {
            assert!(seeded.rows[table] >= least, "{table}: {} rows on {}", seeded.rows[table], dialect.name());
        }
    });
}

#[test]
fn numbers_go_on_beyond_the_greatest() {
    let schema = schema(json!([table("a", json!([["x", "integer"]]), json!({}))]));
    on_both(&schema, |_, seeded, rows, connection| {
        let greatest = rows["a"].iter().filter_map(|row| row[0].as_int()).max().unwrap();
        assert_eq!(rows["a"].len(), seeded.rows["a"]);
        let next = connection.query(&Statement::new("INSERT INTO a (x) VALUES (5) RETURNING id")).unwrap();
        assert_eq!(next[0][0], Value::Int(greatest + 2));
    });
}
