//! The shape of a PostgreSQL database: read from the catalogs, foretold for a schema, and the same by either way.

mod support;

use plinth::dialect::name::{Name, Naming};
use plinth::dialect::postgres::syntax::Postgres;
use plinth::dialect::shape::{compare, ConstraintName, Shape};
use plinth::dialect::{Contents, Kinds};
use plinth::engine::postgres::admin::AdminConnection;
use plinth::schema::{Models, Schema};
use plinth::statement::{Execute, Statement};
use serde_json::json;
use support::exotic::EXOTIC;
use support::{run, target, Database};

/// Every kind, every default, constraints and indexes of every sort, a cycle, odd names.
fn name(spelled: &str) -> Name {
    Naming::Exact.name(spelled)
}

fn everything() -> Models {
    let text = json!({ "format": 1, "models": [
        { "model": "users", "table": "users", "primaryKey": ["id"], "comment": "Who's who", "columns": [
            { "property": "id", "name": "id", "kind": "id" },
            { "property": "email", "name": "email", "kind": "text", "max": 320, "comment": "C:\\mail\u{0}" },
            { "property": "role", "name": "role", "kind": "enum", "enum": "user_role", "values": ["admin", "it's", "a\\b"],
              "default": { "value": "it's" } },
            { "property": "active", "name": "active", "kind": "boolean", "default": { "value": true } },
            { "property": "preferences", "name": "preferences", "kind": "json", "default": { "value": { "b": 1, "a": "b'c" } } },
            { "property": "organizationId", "name": "organization_id", "kind": "integer", "nullable": true, "comment": "" },
            { "property": "createdAt", "name": "created_at", "kind": "timestamp", "default": "now" },
          ],
          "uniques": [{ "columns": ["email"] }],
          "checks": [{ "sql": "email LIKE '%@%'", "columns": ["email"] },
                     { "sql": "role IN ('admin', 'it''s') OR created_at < '2026-01-31T12:00:00Z'", "columns": ["role"] }],
          "foreignKeys": [{ "columns": ["organization_id"], "target": "organizations", "references": ["id"], "onDelete": "set null", "onUpdate": "cascade" }],
          "indexes": [{ "parts": [{ "column": "role" }, { "column": "created_at", "desc": true }] },
                      { "parts": [{ "column": "organization_id" }], "name": "up" },
                      { "parts": [{ "column": "organization_id", "desc": true }], "name": "down" },
                      { "parts": [{ "expression": "lower(email)", "desc": true }], "unique": true, "where": "active", "name": "odd .users USING \"name" }] },
        { "model": "organizations", "table": "organizations", "primaryKey": ["id"], "columns": [
            { "property": "id", "name": "id", "kind": "bigId" }, { "property": "owner", "name": "owner", "kind": "integer", "nullable": true }],
          "foreignKeys": [{ "columns": ["owner"], "target": "users", "references": ["id"] }] },
        { "model": "all", "table": "every\".\"thing USING ", "primaryKey": ["a", "b"], "columns": [
            { "property": "a", "name": "a", "kind": "integer", "default": { "value": -7 } },
            { "property": "b", "name": "b", "kind": "uuid", "default": { "value": "01890a5d-ac96-774b-bcce-b302099a8057" } },
            { "property": "c", "name": "c", "kind": "bigint", "default": { "value": "-9223372036854775808" } },
            { "property": "d", "name": "d", "kind": "int32", "default": { "value": -2147483648_i64 } },
            { "property": "e", "name": "e", "kind": "real", "default": { "value": -0.0 } },
            { "property": "f", "name": "f", "kind": "decimal", "precision": 18, "scale": 6, "default": { "value": "-1.5" } },
            { "property": "g", "name": "g", "kind": "text", "default": { "value": "1e3\\n" } },
            { "property": "h", "name": "h", "kind": "timestamp", "default": { "value": "2026-01-31T12:00:00Z" } },
            { "property": "i", "name": "i", "kind": "date", "default": { "value": "2026-01-31" } },
            { "property": "j", "name": "j", "kind": "json", "nullable": true, "default": { "value": null } },
            { "property": "k", "name": "k", "kind": "bytes", "default": { "value": "00ff" } },
            { "property": "l", "name": "l", "kind": "date", "default": "now" },
            { "property": "m", "name": "select", "kind": "text", "nullable": true },
            { "property": "n", "name": "n", "kind": "real", "default": { "value": 1e300 } }],
          "indexes": [{ "parts": [{ "column": "select", "desc": true }], "name": "every" }] },
    ] });
    Models::from_json(&text.to_string()).unwrap()
}

fn introspect(connection: &mut AdminConnection) -> Shape {
    Postgres.introspect(connection, None).unwrap()
}

fn texts(connection: &mut dyn Execute, sql: &str) -> Vec<String> {
    let rows = connection.query(&Statement::new(sql)).unwrap();
    rows.iter().map(|row| row[0].as_str().unwrap_or_default().to_owned()).collect()
}

fn assert_same(expected: &Shape, found: &Shape) {
    let differences = compare(expected, found);
    assert!(differences.is_empty(), "{differences:#?}");
    assert_eq!(expected.tables, found.tables);
}

fn foreign(shape: &Shape) -> Vec<String> {
    let on = |table: &Option<Name>| table.as_ref().map(|table| format!(" of {table}")).unwrap_or_default();
    shape.foreign.iter().map(|object| format!("{} {}{}", object.what, object.name, on(&object.table))).collect()
}

#[test]
fn what_is_created_is_what_was_foretold() {
    let Some(database) = Database::new() else { return };
    let models = everything();
    let mut connection = database.open();
    let foretold = Postgres.normalize(&mut connection, &models.schema).unwrap();
    plinth::init::init(&Postgres, &mut connection, &models).unwrap();
    let found = introspect(&mut connection);
    assert_same(&foretold, &found);
    assert_eq!(foretold.foreign, []);
    assert_eq!(found.foreign, []);
    let users = &found.tables[&name("users")];
    assert_eq!(users.columns[&name("id")].declared, "bigint GENERATED BY DEFAULT AS IDENTITY");
    assert_eq!(users.columns[&name("email")].declared, "character varying(320) COLLATE \"C\"");
    assert_eq!(users.columns[&name("email")].comment.as_deref(), Some("C:\\mail"));
    assert_eq!(users.columns[&name("organization_id")].comment, None);
    assert!(users.columns[&name("organization_id")].nullable && !users.columns[&name("email")].nullable);
    assert_eq!(users.columns[&name("preferences")].default.as_deref(), Some("'{\"a\": \"b''c\", \"b\": 1}'::jsonb"));
    assert_eq!(users.constraints[&ConstraintName::Named(name("users_pkey"))], "PRIMARY KEY (id)");
    assert_eq!(
        users.constraints[&ConstraintName::Named(name("users_organization_id_fkey"))],
        "FOREIGN KEY (organization_id) REFERENCES organizations(id) ON UPDATE CASCADE ON DELETE SET NULL"
    );
    assert_eq!(users.indexes[&name("users_role_created_at_idx")], "(role, created_at DESC)");
    assert_eq!(users.indexes[&name("up")], "(organization_id NULLS FIRST)");
    assert_eq!(users.indexes[&name("odd .users USING \"name")], "UNIQUE (lower((email)::text) DESC) WHERE active");
    assert_eq!(found.tables[&name("every\".\"thing USING ")].indexes[&name("every")], "(\"select\" DESC NULLS LAST)");
    // The declared form of every kind equals the found one, so that both have the same words.
    for (table, model) in models.schema.tables.iter().map(|table| (table, &found.tables[&name(&table.name)])) {
        for column in &table.columns {
            assert_eq!(model.columns[&name(&column.name)].declared, Postgres.declared_type(&column.kind));
        }
    }
    // A second time, and nothing was left behind.
    assert_same(&foretold, &Postgres.normalize(&mut connection, &models.schema).unwrap());
    assert_eq!(texts(&mut connection, "SELECT nspname::text FROM pg_namespace WHERE nspname LIKE 'plinth%'"), [""; 0]);
}

#[test]
fn neither_the_schema_nor_the_session_shows() {
    let Some(database) = Database::new() else { return };
    let models = everything();
    let plain = Postgres.normalize(&mut database.open(), &models.schema).unwrap();
    let odd = "SET TimeZone = 'America/St_Johns'; SET DateStyle = 'SQL, DMY'; SET extra_float_digits = 0; \
        SET quote_all_identifiers = on; SET bytea_output = escape; SET standard_conforming_strings = off";
    for path in ["\"A \"\"schema\"\".x\", public", "\"A \"\"schema\"\".x\"", "\"A \"\"schema\"\".x\", pg_catalog"] {
        let mut connection = database.open();
        connection.batch("DROP SCHEMA IF EXISTS \"A \"\"schema\"\".x\" CASCADE").unwrap();
        connection
            .batch(&format!("SET search_path = {path}; {}", &odd[..odd.rfind("; SET standard").unwrap()]))
            .unwrap();
        plinth::init::init(&Postgres, &mut connection, &models).unwrap();
        connection.batch(odd).unwrap();
        assert_same(&plain, &introspect(&mut connection));
        assert_same(&plain, &Postgres.normalize(&mut connection, &models.schema).unwrap());
        assert_eq!(texts(&mut connection, "SHOW search_path"), [path]);
        assert_eq!(texts(&mut connection, "SHOW TimeZone"), ["America/St_Johns"]);
    }
}

#[test]
fn within_a_transaction_it_leaves_the_transaction_as_it_was() {
    let Some(database) = Database::new() else { return };
    let mut connection = database.open();
    connection.batch("BEGIN; CREATE TABLE mine (id int); SET LOCAL search_path = public").unwrap();
    let shape = Postgres.normalize(&mut connection, &everything().schema).unwrap();
    assert_eq!(shape.tables.len(), 3);
    assert_eq!(introspect(&mut connection).tables.keys().map(Name::spelled).collect::<Vec<_>>(), ["mine"]);
    // A failure leaves it usable too.
    let mut broken = everything().schema;
    broken.tables[0].checks[0].sql = "no_such_column > 0".into();
    Postgres.normalize(&mut connection, &broken).unwrap_err();
    assert_eq!(texts(&mut connection, "SHOW search_path"), ["public"]);
    connection.batch("COMMIT").unwrap();
    Postgres.normalize(&mut connection, &broken).unwrap_err();
    assert_eq!(introspect(&mut connection).tables.keys().map(Name::spelled).collect::<Vec<_>>(), ["mine"]);
}

#[test]
fn a_role_that_may_create_no_schema_has_its_temporary_one() {
    let Some(database) = Database::new() else { return };
    let expected = Postgres.normalize(&mut database.open(), &everything().schema).unwrap();
    let mut connection = database.open();
    let role = support::fresh("plain_role");
    connection.batch(&format!("CREATE ROLE {role}; SET ROLE {role}")).unwrap();
    connection.batch("CREATE SCHEMA nope").unwrap_err();
    let found = Postgres.normalize(&mut connection, &everything().schema).unwrap();
    connection.batch(&format!("RESET ROLE; DROP ROLE {role}")).unwrap();
    assert_same(&expected, &found);
}

#[test]
fn what_others_made_is_told_and_is_no_error() {
    let Some(database) = Database::new() else { return };
    run(&database.url, EXOTIC);
    let mut connection = database.open();
    let shape = introspect(&mut connection);
    let tables: Vec<&str> = shape.tables.keys().map(Name::spelled).collect();
    assert_eq!(
        tables,
        ["Größe 🦀", "child", "measures", "nothing", "parent", "points", "quo\"te", "typed"],
        "partitions, foreign tables and views are none of ours"
    );
    let columns = |table: &str| {
        let all = shape.tables[&name(table)].columns.iter();
        all.map(|(name, column)| format!("{name} {}", column.declared)).collect::<Vec<_>>()
    };
    assert_eq!(
        columns("quo\"te"),
        [
            "b bit varying(5)",
            "back integer",
            "c pair",
            "g integer GENERATED ALWAYS AS ((1 + 1)) STORED",
            "i integer[]",
            "id bigint GENERATED BY DEFAULT AS IDENTITY",
            "m mood",
            "p positive",
            "ps positive[]",
            "s bigint",
            "t interval(3)"
        ]
    );
    let quote = &shape.tables[&name("quo\"te")];
    assert_eq!(quote.columns[&name("s")].default.as_deref(), Some("nextval('loose'::regclass)"));
    assert_eq!(quote.columns[&name("g")].default, None);
    assert_eq!(
        quote.constraints[&ConstraintName::Named(name("quo\"te_back_fkey"))],
        "FOREIGN KEY (back) REFERENCES \"Größe 🦀\"(id) DEFERRABLE INITIALLY DEFERRED"
    );
    let size = &shape.tables[&name("Größe 🦀")];
    assert_eq!(size.columns[&name("id")].default.as_deref(), Some("nextval of its own sequence"));
    assert_eq!(size.columns[&name("id")].declared, "integer");
    assert_eq!(size.indexes[&name("i\"x")], "(twice(t)) WHERE (t > 0)");
    assert_eq!(
        shape.tables[&name("points")].constraints[&ConstraintName::Named(name("points_id_fkey"))],
        "FOREIGN KEY (id) REFERENCES other.hidden(id)"
    );
    let options = |table: &str| shape.tables[&name(table)].options.as_str();
    assert_eq!(options("measures"), "PARTITION BY RANGE (at)");
    assert_eq!(options("child"), "INHERITS (parent)");
    assert_eq!(options("typed"), "OF pair");
    assert_eq!(options("parent"), "");
    assert_eq!(shape.tables[&name("measures")].indexes[&name("measures_id_idx")], "(id)");
    let foreign = foreign(&shape);
    for expected in [
        "a partition measures_2020 of measures",
        "a partition measures_rest_0 of measures_rest",
        "a policy mine of parent",
        "row-level security enabled of parent",
        "a rule quiet of parent",
        "a trigger touch of quo\"te",
        "a trigger each of measures",
        "a view v",
        "a view on mat",
        "a materialized view mat",
        "a foreign table far",
        "a sequence loose",
        "a type mood",
        "a type positive",
        "a type pair",
        "a function twice(integer)",
        "an aggregate total(integer)",
        "an operator ===(integer,integer)",
        "a collation plain",
    ] {
        let found = foreign.iter().any(|line| line == expected);
        assert!(found, "{expected} is not among {foreign:#?}");
    }
    assert!(!foreign.iter().any(|line| line.contains("_id_seq") || line.contains("hidden")), "{foreign:#?}");
    // Only some of it.
    let some = Postgres.introspect(&mut connection, Some(&[name("parent"), name("nowhere")])).unwrap();
    assert_eq!(some.tables.keys().map(Name::spelled).collect::<Vec<_>>(), ["parent"]);
    assert_eq!(some.tables[&name("parent")], shape.tables[&name("parent")]);
    let attached = ["a policy mine of parent", "a rule quiet of parent", "row-level security enabled of parent"];
    assert_eq!(self::foreign(&some), attached);
}

#[test]
fn what_no_model_says_shows_nevertheless() {
    let Some(database) = Database::new() else { return };
    let mut connection = database.open();
    let pairs = [
        ("a int GENERATED ALWAYS AS IDENTITY", "a int GENERATED BY DEFAULT AS IDENTITY"),
        ("a int GENERATED ALWAYS AS IDENTITY (INCREMENT BY 5)", "a int GENERATED ALWAYS AS IDENTITY"),
        ("a serial", "a int NOT NULL"),
        ("a serial", "a int GENERATED BY DEFAULT AS IDENTITY"),
        ("a text COLLATE \"C\"", "a text"),
        ("a varchar(50)", "a varchar"),
        ("a varchar", "a text"),
        ("a numeric(10,2)", "a numeric"),
        ("a timestamptz(3)", "a timestamptz"),
        ("a int, UNIQUE (a) DEFERRABLE", "a int, UNIQUE (a)"),
        ("a int, UNIQUE (a) INITIALLY DEFERRED", "a int, UNIQUE (a) DEFERRABLE"),
        ("a int, UNIQUE NULLS NOT DISTINCT (a)", "a int, UNIQUE (a)"),
        ("a int, b int, UNIQUE (a) INCLUDE (b)", "a int, b int, UNIQUE (a)"),
        ("a int, b int, PRIMARY KEY (a, b)", "a int, b int, PRIMARY KEY (b, a)"),
        ("a int, EXCLUDE (a WITH =)", "a int, UNIQUE (a)"),
        ("a int, CHECK (a > 0) NO INHERIT", "a int, CHECK (a > 0)"),
        ("a int DEFAULT 1", "a int DEFAULT 2"),
        ("a int GENERATED ALWAYS AS (1) STORED", "a int GENERATED ALWAYS AS (2) STORED"),
        ("a int GENERATED ALWAYS AS (1) STORED", "a int DEFAULT 1"),
    ];
    for (one, other) in pairs {
        let mut shape = |columns: &str| {
            connection.batch(&format!("DROP TABLE IF EXISTS t; CREATE TABLE t ({columns})")).unwrap();
            introspect(&mut connection)
        };
        let (one_shape, other_shape) = (shape(one), shape(other));
        assert!(!compare(&one_shape, &other_shape).is_empty(), "{one} against {other}");
    }
    let indexes = [
        "(a)",
        "(a DESC)",
        "(a NULLS FIRST)",
        "(b text_pattern_ops)",
        "(b)",
        "(b COLLATE \"C\")",
        "(a) INCLUDE (b)",
        "(a) WHERE a > 0",
        "(a) WHERE a > 1",
        "(lower(b))",
        "USING hash (a)",
        "USING gin (to_tsvector('simple', b))",
    ];
    connection.batch("DROP TABLE t; CREATE TABLE t (a int, b text)").unwrap();
    let mut seen = std::collections::BTreeSet::new();
    for index in indexes {
        connection.batch(&format!("CREATE INDEX i ON t {index}")).unwrap();
        assert!(
            seen.insert(introspect(&mut connection).tables[&name("t")].indexes[&name("i")].clone()),
            "{index} is like another"
        );
        connection.batch("DROP INDEX i").unwrap();
    }
    connection.batch("CREATE UNIQUE INDEX i ON t (a) NULLS NOT DISTINCT").unwrap();
    assert_eq!(introspect(&mut connection).tables[&name("t")].indexes[&name("i")], "UNIQUE (a) NULLS NOT DISTINCT");
    // An index whose CONCURRENTLY failed exists, and serves no query.
    connection.batch("DROP INDEX i; INSERT INTO t VALUES (1), (1)").unwrap();
    connection.batch("CREATE UNIQUE INDEX CONCURRENTLY i ON t (a)").unwrap_err();
    assert_eq!(introspect(&mut connection).tables[&name("t")].indexes[&name("i")], "UNIQUE (a) INVALID");
    connection.batch("DROP TABLE t; CREATE UNLOGGED TABLE t (a int); COMMENT ON TABLE t IS ''").unwrap();
    let shape = introspect(&mut connection);
    assert_eq!((shape.tables[&name("t")].options.as_str(), &shape.tables[&name("t")].comment), ("UNLOGGED", &None));
    // Not compared: how it is stored.
    connection.batch("ALTER TABLE t SET (fillfactor = 50)").unwrap();
    assert_eq!(introspect(&mut connection), shape);
}

#[test]
fn ours_and_what_hides_behind_another_are_left_out() {
    let Some(database) = Database::new() else { return };
    let mut connection = database.open();
    connection
        .batch(
            "CREATE TABLE plinth_history (id int PRIMARY KEY); CREATE TABLE __diesel_schema_migrations (v text); \
             CREATE SEQUENCE plinth_numbers; CREATE TABLE shared (a int); CREATE SCHEMA app; \
             CREATE TABLE app.shared (b int); CREATE TABLE app.own (c int REFERENCES plinth_history); \
             CREATE SCHEMA far; CREATE TABLE far.away (d int); SET search_path = app, public",
        )
        .unwrap();
    let shape = introspect(&mut connection);
    assert_eq!(shape.tables.keys().map(Name::spelled).collect::<Vec<_>>(), ["own", "shared"]);
    assert_eq!(shape.tables[&name("shared")].columns.keys().map(Name::spelled).collect::<Vec<_>>(), ["b"]);
    assert_eq!(shape.foreign, []);
    connection.batch("SET search_path = ''").unwrap();
    assert_eq!(introspect(&mut connection), Shape::default());
}

#[test]
fn many_tables_are_read_at_once() {
    let Some(database) = Database::new() else { return };
    let tables = (0..1000).map(|n| {
        let columns: Vec<_> = (0..19)
            .map(|c| json!({ "property": format!("c{c}"), "name": format!("c{c}"), "kind": "text", "default": { "value": "x" } }))
            .collect();
        let mut all = vec![json!({ "property": "id", "name": "id", "kind": "id" })];
        all.extend(columns);
        json!({ "model": format!("t{n}"), "table": format!("t{n}"), "primaryKey": ["id"], "columns": all,
            "indexes": [{ "parts": [{ "column": "c1" }] }, { "parts": [{ "column": "c2" }], "unique": true }] })
    });
    let text = json!({ "format": 1, "models": tables.collect::<Vec<_>>() }).to_string();
    let schema: Schema = Models::from_json(&text).unwrap().schema;
    let mut connection = AdminConnection::open(&target(&database.url)).unwrap();
    let models = Models::from_json(&text).unwrap();
    plinth::init::init(&Postgres, &mut connection, &models).unwrap();
    assert_eq!(introspect(&mut connection).tables.len(), schema.tables.len());
}

#[test]
fn of_an_extension_only_its_name_is_told() {
    let Some(database) = Database::new() else { return };
    let mut connection = database.open();
    let available = "SELECT name::text FROM pg_available_extensions WHERE name IN ('citext', 'hstore') ORDER BY 1";
    if texts(&mut connection, available).len() < 2 {
        eprintln!("skipped: the server has no extensions");
        return;
    }
    connection
        .batch(
            "CREATE EXTENSION citext; CREATE SCHEMA extensions; CREATE EXTENSION hstore SCHEMA extensions; \
             CREATE TABLE t (a citext, b extensions.hstore DEFAULT '', CHECK (a <> ''))",
        )
        .unwrap();
    let shape = introspect(&mut connection);
    assert_eq!(foreign(&shape), ["an extension citext"]);
    assert_eq!(shape.tables[&name("t")].columns[&name("a")].declared, "citext");
    assert_eq!(shape.tables[&name("t")].columns[&name("b")].declared, "extensions.hstore");
    assert_eq!(
        shape.tables[&name("t")].constraints[&ConstraintName::Named(name("t_a_check"))],
        "CHECK ((a <> ''::citext))"
    );
}
