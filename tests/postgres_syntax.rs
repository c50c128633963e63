//! The places where PostgreSQL's queries differ, run by a server: what they find, and that indexes serve them.

mod support;

use plinth::dialect::compile::Syntax;
use plinth::dialect::postgres::ddl::{create_index, create_table};
use plinth::dialect::postgres::syntax::Postgres;
use plinth::query::Nulls;
use plinth::schema::{Kind, Models};
use plinth::statement::{Execute, Statement};
use serde_json::json;
use std::sync::Barrier;
use support::Database;

fn texts(connection: &mut dyn Execute, sql: &str) -> Vec<String> {
    let rows = connection.query(&Statement::new(sql)).unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    rows.iter().map(|row| row[0].as_str().unwrap_or_default().to_owned()).collect()
}

/// `value` is compared with a parameter whose type the server has to find out, as the engine leaves it.
fn found(connection: &mut dyn Execute, kind: &str, value: &str, condition: &str, parameter: &str) -> bool {
    let sql = format!("PREPARE p AS SELECT count(*)::text FROM (SELECT {value}::{kind} AS v) t WHERE {condition}");
    connection.batch(&sql).unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    let found = texts(connection, &format!("EXECUTE p('{parameter}')"));
    connection.batch("DEALLOCATE p").unwrap();
    found == ["1"]
}

#[test]
fn one_parameter_is_a_list_of_any_kind() {
    let Some(database) = Database::new() else { return };
    let mut connection = database.open();
    let text = Kind::Text { max: None };
    let decimal = Kind::Decimal { precision: 18, scale: 2 };
    for (kind, sql, value, inside, outside) in [
        (Kind::Integer, "bigint", "2", "{1,2}", "{1}"),
        (Kind::Int32, "integer", "2", "{1,2}", "{}"),
        (Kind::Real, "double precision", "-0.5", "{-0.5}", "{0.5}"),
        (decimal, "numeric(18,2)", "1.50", "{1.5}", "{1.51}"),
        (text, "text COLLATE \"C\"", "'a,\"b\\'", "{\"a,\\\"b\\\\\"}", "{a}"),
        (Kind::Text { max: Some(9) }, "varchar(9) COLLATE \"C\"", "'x'", "{\"x\",longer than the column}", "{X}"),
        (Kind::Boolean, "boolean", "true", "{t}", "{false}"),
        (
            Kind::Uuid,
            "uuid",
            "'01890a5d-ac96-774b-bcce-b302099a8057'",
            "{01890a5d-ac96-774b-bcce-b302099a8057}",
            "{00000000-0000-0000-0000-000000000000}",
        ),
        (Kind::Timestamp, "timestamptz(3)", "'2026-01-01T00:00:00.001Z'", "{2026-01-01T00:00:00.001Z}", "{}"),
        (Kind::Date, "date", "'2026-01-31'", "{2026-01-30,2026-01-31}", "{2026-01-30}"),
        (Kind::Bytes, "bytea", "'\\x00ff'", "{00ff,ab}", "{ff00}"),
    ] {
        let list = Postgres.in_list("v", "$1", &kind);
        assert!(found(&mut connection, sql, value, &list, inside), "{kind:?}");
        assert!(!found(&mut connection, sql, value, &list, outside), "{kind:?}");
        assert!(found(&mut connection, sql, value, &format!("({list}) IS NOT TRUE"), outside), "{kind:?}");
        assert!(found(&mut connection, sql, "NULL", &format!("({list}) IS NOT TRUE"), inside), "{kind:?}");
    }
}

#[test]
fn json_is_equal_by_value() {
    let Some(database) = Database::new() else { return };
    let mut connection = database.open();
    let equal = Postgres.json_equal("v", "$1");
    for (value, parameter, expected) in [
        (r#"'{"a":1,"b":[1.0]}'"#, r#"{ "b": [1], "a": 1.00 }"#, true),
        ("'[1,2]'", "[2,1]", false),
        ("'null'", "null", true),
        ("NULL", "null", false),
    ] {
        assert_eq!(found(&mut connection, "jsonb", value, &equal, parameter), expected, "{value} {parameter}");
    }
    assert!(found(&mut connection, "jsonb", "NULL", &Postgres.distinct("v", "$1"), "null"));
}

/// The same cases as of the function that SQLite has for it.
#[test]
fn like_follows_the_standard() {
    let Some(database) = Database::new() else { return };
    let mut connection = database.open();
    let like = Postgres.like("v", "$1");
    for (pattern, text, expected) in [
        ("", "", true),
        ("", "a", false),
        ("%", "", true),
        ("a%", "abc", true),
        ("A%", "abc", false),
        ("%c", "abc", true),
        ("a_c", "aéc", true),
        ("a_c", "ac", false),
        ("_", "😀", true),
        ("100\\%", "100%", true),
        ("100\\%", "1000", false),
        ("%\\_%", "a_b", true),
        ("%\\_%", "ab", false),
        ("%a%b%c", "xxaxxbxxbxc", true),
        ("\\\\", "\\", true),
        ("%é", "café", true),
        ("\\é", "é", true),
    ] {
        let value = format!("'{text}'");
        for kind in ["text COLLATE \"C\"", "varchar(99) COLLATE \"C\""] {
            assert_eq!(found(&mut connection, kind, &value, &like, pattern), expected, "{pattern:?} {text:?}");
        }
    }
}

/// A table of a thousand rows with an index for each order, and one that `LIKE 'x%'` can use.
#[test]
fn indexes_serve_the_orders() {
    let Some(database) = Database::new() else { return };
    let mut connection = database.open();
    let text = json!({ "format": 1, "models": [{ "model": "t", "table": "t", "primaryKey": ["id"],
        "columns": [{ "property": "id", "name": "id", "kind": "id" },
            { "property": "n", "name": "n", "kind": "integer", "nullable": true },
            { "property": "m", "name": "m", "kind": "integer", "nullable": true },
            { "property": "s", "name": "s", "kind": "text" }],
        "indexes": [{ "parts": [{ "column": "n" }] }, { "parts": [{ "column": "m", "desc": true }, { "column": "s" }] },
            { "parts": [{ "column": "s" }] }] }] });
    let models = Models::from_json(&text.to_string()).unwrap();
    let table = models.table(0);
    connection.batch(&create_table(table)).unwrap();
    for index in &table.indexes {
        connection.batch(&create_index(table, index)).unwrap();
    }
    connection.batch("INSERT INTO t (n, m, s) SELECT nullif(i % 100, 7), nullif(i % 90, 8), i FROM generate_series(1, 1000) i; ANALYZE t").unwrap();
    for desc in [false, true] {
        for (order, index) in [
            (Postgres.order("n", desc, true, Nulls::of(desc)), "t_n_idx"),
            (Postgres.order("m", desc, true, Nulls::of(desc)), "t_m_s_idx"),
            (Postgres.order("s", desc, false, Nulls::of(desc)), "t_s_idx"),
        ] {
            let plan = texts(&mut connection, &format!("EXPLAIN SELECT * FROM t ORDER BY {order} LIMIT 5")).join("\n");
            assert!(plan.contains(index) && !plan.contains("Sort"), "{order}\n{plan}");
        }
    }
    let first = |desc| {
        format!(
            "SELECT coalesce(n::text, 'null') FROM t ORDER BY {} LIMIT 1",
            Postgres.order("n", desc, true, Nulls::of(desc))
        )
    };
    assert_eq!(texts(&mut connection, &first(false)), ["null"]);
    assert_eq!(texts(&mut connection, &first(true)), ["99"]);
    let like = Postgres.like("s", "'12%'");
    connection.batch("SET enable_seqscan = off").unwrap();
    let plan = texts(&mut connection, &format!("EXPLAIN SELECT * FROM t WHERE {like}"));
    assert!(plan.join("\n").contains("t_s_idx"), "{plan:?}");
}

/// Inserts a row with a key, as a plan does; gives what the statement returns.
fn insert(connection: &mut dyn Execute, key: Option<i64>) -> i64 {
    let returned = Postgres.generated_key("it's \"t\"", "last", key.is_some()).unwrap();
    let values = match key {
        Some(key) => format!("(last) VALUES ({key})"),
        None => "DEFAULT VALUES".to_owned(),
    };
    let sql = format!("INSERT INTO \"it's \"\"t\"\"\" {values} RETURNING {returned}");
    let rows = connection.query(&Statement::new(sql)).unwrap();
    rows[0][0].as_int().unwrap()
}

#[test]
fn a_sequence_follows_the_keys_that_are_given() {
    let Some(database) = Database::new() else { return };
    let mut connection = database.open();
    let create = "CREATE TABLE \"it's \"\"t\"\"\" (last bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, seq int)";
    connection.batch(create).unwrap();
    for (key, expected) in [
        (Some(3), 3),
        (Some(1), 1),
        (Some(2), 2),
        (None, 4),
        (Some(i64::MIN), i64::MIN),
        (Some(-1), -1),
        (Some(5), 5),
        (Some(1_000_000), 1_000_000),
        (Some(20), 20),
        (None, 1_000_001),
        (Some(9_007_199_254_740_991), 9_007_199_254_740_991),
        (None, 9_007_199_254_740_992),
    ] {
        assert_eq!(insert(&mut connection, key), expected);
    }
    // Without a sequence, or not for this role, the key is the key.
    connection.batch("ALTER TABLE \"it's \"\"t\"\"\" ALTER last DROP IDENTITY").unwrap();
    assert_eq!(insert(&mut connection, Some(77)), 77);
}

#[test]
fn the_sequence_follows_many_connections() {
    let Some(database) = Database::new() else { return };
    database.open().batch("CREATE TABLE \"it's \"\"t\"\"\" (last bigserial PRIMARY KEY)").unwrap();
    let barrier = Barrier::new(4);
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let (database, barrier) = (&database, &barrier);
            scope.spawn(move || {
                let mut connection = database.open();
                barrier.wait();
                for i in 0..200 {
                    let key = 1 + i * 4 + thread;
                    assert_eq!(insert(&mut connection, Some(key)), key);
                }
            });
        }
    });
    assert!(insert(&mut database.open(), None) > 800);
}

#[test]
fn a_role_that_may_only_insert_gives_keys() {
    let (Some(database), Some(server)) = (Database::new(), support::server()) else { return };
    let role = support::fresh("writer");
    support::run(&server, &format!("CREATE ROLE {role}"));
    let mut connection = database.open();
    let sql = format!(
        "CREATE TABLE \"it's \"\"t\"\"\" (last bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY); \
         GRANT SELECT, INSERT ON \"it's \"\"t\"\"\" TO {role}; SET ROLE {role}"
    );
    connection.batch(&sql).unwrap();
    assert_eq!(insert(&mut connection, Some(7)), 7);
    assert_eq!(insert(&mut connection, None), 1);
    connection.batch(&format!("RESET ROLE; DROP OWNED BY {role}")).unwrap();
    support::run(&server, &format!("DROP ROLE {role}"));
}
