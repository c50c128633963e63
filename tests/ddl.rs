//! SQLite's DDL: its exact text, and that SQLite takes it and keeps the values that go in.

use plinth::dialect::sqlite::ddl::{create_index, create_table, declared_type};
use plinth::engine::sqlite::admin::AdminConnection;
use plinth::schema::order::creation_order;
use plinth::schema::{Kind, Models};
use plinth::statement::{Execute, Statement};
use plinth::value::Value;
use serde_json::json;

fn models() -> Models {
    let text = json!({ "format": 1, "models": [
        { "model": "users", "table": "users", "primaryKey": ["id"], "columns": [
            { "property": "id", "name": "id", "kind": "id" },
            { "property": "email", "name": "email", "kind": "text", "max": 320 },
            { "property": "role", "name": "role", "kind": "enum", "enum": "user_role", "values": ["admin", "it's"],
              "default": { "value": "it's" } },
            { "property": "active", "name": "active", "kind": "boolean", "default": { "value": true } },
            { "property": "preferences", "name": "preferences", "kind": "json", "default": { "value": { "a": "b'c" } } },
            { "property": "organizationId", "name": "organization_id", "kind": "integer", "nullable": true },
            { "property": "createdAt", "name": "created_at", "kind": "timestamp", "default": "now" },
          ],
          "uniques": [{ "columns": ["email"] }],
          "checks": [{ "sql": "email LIKE '%@%'", "columns": ["email"] }],
          "foreignKeys": [{ "columns": ["organization_id"], "target": "organizations", "references": ["id"], "onDelete": "set null", "onUpdate": "cascade" }],
          "indexes": [{ "parts": [{ "column": "role" }, { "column": "created_at", "desc": true }] },
                      { "parts": [{ "expression": "lower(email)" }], "unique": true, "where": "active = 1", "name": "odd \"name" }] },
        { "model": "organizations", "table": "organizations", "primaryKey": ["id"], "columns": [
            { "property": "id", "name": "id", "kind": "bigId" }] },
        { "model": "everything", "table": "every\"thing", "primaryKey": ["a", "b"], "columns": [
            { "property": "a", "name": "a", "kind": "integer", "default": { "value": -7 } },
            { "property": "b", "name": "b", "kind": "uuid", "default": { "value": "01890a5d-ac96-774b-bcce-b302099a8057" } },
            { "property": "c", "name": "c", "kind": "bigint", "default": { "value": "-9223372036854775808" } },
            { "property": "d", "name": "d", "kind": "int32", "default": { "value": 2147483647 } },
            { "property": "e", "name": "e", "kind": "real", "default": { "value": 0.1 } },
            { "property": "f", "name": "f", "kind": "decimal", "precision": 18, "scale": 6, "default": { "value": "-1.5" } },
            { "property": "g", "name": "g", "kind": "text", "default": { "value": "1e3" } },
            { "property": "h", "name": "h", "kind": "timestamp", "default": { "value": "2026-01-31T12:00:00Z" } },
            { "property": "i", "name": "i", "kind": "date", "default": { "value": "2026-01-31" } },
            { "property": "j", "name": "j", "kind": "json", "nullable": true, "default": { "value": null } },
            { "property": "k", "name": "k", "kind": "bytes", "default": { "value": "00ff" } },
            { "property": "l", "name": "l", "kind": "date", "default": "now" },
            { "property": "m", "name": "m", "kind": "boolean", "nullable": true },
            { "property": "n", "name": "n", "kind": "real", "default": { "value": 1e300 } },
            { "property": "o", "name": "select", "kind": "text", "nullable": true },
          ] },
    ]});
    Models::from_json(&text.to_string()).unwrap()
}

#[test]
fn a_table() {
    let models = models();
    let expected = r#"CREATE TABLE "users" (
  "id" INTEGER CONSTRAINT "users_pkey" PRIMARY KEY AUTOINCREMENT,
  "email" VARCHAR(320) NOT NULL,
  "role" TEXT NOT NULL DEFAULT 'it''s',
  "active" BOOLEAN NOT NULL DEFAULT 1,
  "preferences" JSON TEXT NOT NULL DEFAULT '{"a":"b''c"}',
  "organization_id" INTEGER,
  "created_at" TIMESTAMP TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  CONSTRAINT "users_email_key" UNIQUE ("email"),
  CONSTRAINT "users_email_length_check" CHECK (length("email") <= 320),
  CONSTRAINT "users_role_check" CHECK ("role" IN ('admin', 'it''s')),
  CONSTRAINT "users_active_boolean_check" CHECK ("active" IN (0, 1)),
  CONSTRAINT "users_preferences_json_check" CHECK (json_valid("preferences")),
  CONSTRAINT "users_email_check" CHECK (email LIKE '%@%'),
  CONSTRAINT "users_organization_id_fkey" FOREIGN KEY ("organization_id") REFERENCES "organizations" ("id") ON DELETE SET NULL ON UPDATE CASCADE
)"#;
    assert_eq!(create_table(models.table(0)), expected);
}

#[test]
fn every_kind_and_a_composite_key() {
    let models = models();
    let expected = r#"CREATE TABLE "every""thing" (
  "a" INTEGER NOT NULL DEFAULT -7,
  "b" UUID TEXT NOT NULL DEFAULT '01890a5d-ac96-774b-bcce-b302099a8057',
  "c" INTEGER NOT NULL DEFAULT -9223372036854775808,
  "d" INT NOT NULL DEFAULT 2147483647,
  "e" REAL BLOB NOT NULL DEFAULT 0.1,
  "f" DECIMAL_INT(18,6) NOT NULL DEFAULT -1500000,
  "g" TEXT NOT NULL DEFAULT '1e3',
  "h" TIMESTAMP TEXT NOT NULL DEFAULT '2026-01-31T12:00:00.000Z',
  "i" DATE TEXT NOT NULL DEFAULT '2026-01-31',
  "j" JSON TEXT DEFAULT 'null',
  "k" BLOB NOT NULL DEFAULT X'00ff',
  "l" DATE TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d', 'now')),
  "m" BOOLEAN,
  "n" REAL BLOB NOT NULL DEFAULT 1e300,
  "select" TEXT,
  CONSTRAINT "every""thing_pkey" PRIMARY KEY ("a", "b"),
  CONSTRAINT "every""thing_j_json_check" CHECK (json_valid("j")),
  CONSTRAINT "every""thing_m_boolean_check" CHECK ("m" IN (0, 1))
)"#;
    assert_eq!(create_table(models.table(2)), expected);
}

#[test]
fn indexes() {
    let models = models();
    let users = models.table(0);
    let plain = r#"CREATE INDEX "users_role_created_at_idx" ON "users" ("role", "created_at" DESC)"#;
    assert_eq!(create_index("users", &users.indexes[0]), plain);
    let odd = r#"CREATE UNIQUE INDEX "odd ""name" ON "users" ((lower(email))) WHERE active = 1"#;
    assert_eq!(create_index("users", &users.indexes[1]), odd);
}

fn created() -> AdminConnection {
    let models = models();
    let mut connection = AdminConnection::open(":memory:", 100).unwrap();
    for i in creation_order(&models.schema.tables).tables {
        let table = models.table(i);
        connection.batch(&create_table(table)).unwrap();
        for index in &table.indexes {
            connection.batch(&create_index(&table.name, index)).unwrap();
        }
    }
    connection
}

#[test]
fn sqlite_takes_it_and_fills_in_the_defaults() {
    let mut connection = created();
    connection.batch("INSERT INTO \"every\"\"thing\" DEFAULT VALUES").unwrap();
    let rows = connection.query(&Statement::new("SELECT * FROM \"every\"\"thing\"")).unwrap();
    let text = |text: &str| Value::Text(text.into());
    let expected = [
        Value::Int(-7),
        text("01890a5d-ac96-774b-bcce-b302099a8057"),
        Value::Int(i64::MIN),
        Value::Int(2147483647),
        Value::Real(0.1),
        Value::Int(-1500000),
        text("1e3"),
        text("2026-01-31T12:00:00.000Z"),
        text("2026-01-31"),
        text("null"),
        Value::Bytes(vec![0, 255]),
    ];
    assert_eq!(rows[0][..11], expected);
    assert_eq!(rows[0][11].as_str().unwrap().len(), 10);
    assert_eq!(rows[0][12..], [Value::Null, Value::Real(1e300), Value::Null]);
    connection.batch("INSERT INTO users (email) VALUES ('a@b')").unwrap();
    let now = connection.query(&Statement::new("SELECT created_at FROM users")).unwrap();
    let now = now[0][0].as_str().unwrap();
    assert!(now.len() == 24 && now.ends_with('Z') && &now[10..11] == "T", "{now}");
}

#[test]
fn sqlite_enforces_it_under_the_given_names() {
    let mut connection = created();
    for (sql, name) in [
        ("INSERT INTO users (email, role) VALUES ('a@b', 'x')", "users_role_check"),
        ("INSERT INTO users (email, active) VALUES ('a@b', 2)", "users_active_boolean_check"),
        ("INSERT INTO users (email, preferences) VALUES ('a@b', '{')", "users_preferences_json_check"),
        ("INSERT INTO users (email) VALUES ('ab')", "users_email_check"),
        ("INSERT INTO users (email) VALUES (printf('%.*c', 321, '@'))", "users_email_length_check"),
    ] {
        let error = connection.batch(sql).unwrap_err();
        assert_eq!(error.constraint.as_deref(), Some(name), "{error:?}");
    }
}

/// The result for a text of digits shows the affinity: text, an integer, a real, or, without any,
/// the text itself.
#[test]
fn each_declared_type_has_the_intended_affinity() {
    let decimal = Kind::Decimal { precision: 18, scale: 2 };
    let enumeration = Kind::Enum { name: "e".into(), values: vec!["x".into()] };
    let cases = [
        (Kind::Id, "integer", "integer"),
        (Kind::Integer, "integer", "integer"),
        (Kind::Bigint, "integer", "integer"),
        (Kind::Int32, "integer", "integer"),
        // None at all: the affinity of REAL would make integers of whole numbers, and 0 of -0.
        (Kind::Real, "text", "integer"),
        (decimal, "integer", "integer"),
        (Kind::Text { max: None }, "text", "text"),
        (Kind::Text { max: Some(5) }, "text", "text"),
        (enumeration, "text", "text"),
        (Kind::Boolean, "integer", "integer"),
        (Kind::Uuid, "text", "text"),
        (Kind::Timestamp, "text", "text"),
        (Kind::Date, "text", "text"),
        (Kind::Json, "text", "text"),
        (Kind::Bytes, "text", "integer"),
    ];
    for (kind, of_text, of_integer) in cases {
        let declared = declared_type(&kind);
        let mut connection = AdminConnection::open(":memory:", 100).unwrap();
        connection.batch(&format!("CREATE TABLE t (a {declared}); INSERT INTO t VALUES ('12'), (12)")).unwrap();
        let rows = connection.query(&Statement::new("SELECT typeof(a) FROM t ORDER BY rowid")).unwrap();
        assert_eq!((rows[0][0].as_str(), rows[1][0].as_str()), (Some(of_text), Some(of_integer)), "{declared}");
    }
}
