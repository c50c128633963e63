//! The shape of a SQLite database: what was declared is read whole, and the same thing written in two ways is one shape.

use plinth::dialect::name::{Name, Naming};
use plinth::dialect::shape::{compare, ConstraintName, Shape, TableShape};
use plinth::dialect::sqlite::syntax::Sqlite;
use plinth::dialect::{Contents, Definitions};
use plinth::engine::sqlite::admin::AdminConnection;
use plinth::schema::order::creation_order;
use plinth::schema::Models;
use plinth::statement::Execute;
use serde_json::json;

fn name(spelled: &str) -> Name {
    Naming::AnyCase.name(spelled)
}

fn database(sql: &str) -> AdminConnection {
    let mut connection = AdminConnection::open(":memory:", 100).unwrap();
    connection.batch(sql).unwrap();
    connection
}

fn shape(sql: &str) -> Shape {
    Sqlite.introspect(&mut database(sql), None).unwrap()
}

fn table(sql: &str) -> TableShape {
    shape(sql).tables.remove(&name("t")).unwrap()
}

fn one_shape(ways: &[&str]) {
    for way in ways {
        assert_eq!(table(way), table(ways[0]), "{way}");
    }
}

fn all_differ(ways: &[&str]) {
    for (at, way) in ways.iter().enumerate() {
        for other in &ways[at + 1..] {
            assert_ne!(table(way), table(other), "{way} and {other}");
        }
    }
}

#[test]
fn what_we_create_is_what_we_foretold() {
    let text = json!({ "format": 1, "models": [
        { "model": "users", "table": "users", "primaryKey": ["id"], "columns": [
            { "property": "id", "name": "id", "kind": "id" },
            { "property": "email", "name": "email", "kind": "text", "max": 320 },
            { "property": "role", "name": "role", "kind": "enum", "enum": "user_role", "values": ["admin", "it's"], "default": { "value": "it's" } },
            { "property": "active", "name": "active", "kind": "boolean", "default": { "value": true } },
            { "property": "preferences", "name": "preferences", "kind": "json", "default": { "value": { "a": "b'c" } } },
            { "property": "organizationId", "name": "organization_id", "kind": "integer", "nullable": true },
            { "property": "createdAt", "name": "createdAt", "kind": "timestamp", "default": "now" } ],
          "uniques": [{ "columns": ["email"] }],
          "checks": [{ "sql": "email LIKE '%@%' AND (createdAt > '2' OR -1 < 0)", "columns": ["email"] }],
          "foreignKeys": [{ "columns": ["organization_id"], "target": "organizations", "references": ["id"], "onDelete": "set null", "onUpdate": "cascade" }],
          "indexes": [{ "parts": [{ "column": "role" }, { "column": "createdAt", "desc": true }] },
                      { "parts": [{ "expression": "lower(email)" }], "unique": true, "where": "active = 1", "name": "odd \"name" }] },
        { "model": "organizations", "table": "organizations", "primaryKey": ["id"], "columns": [
            { "property": "id", "name": "id", "kind": "bigId" }] },
        { "model": "order", "table": "order", "primaryKey": ["select", "b"], "columns": [
            { "property": "a", "name": "select", "kind": "integer", "default": { "value": -7 } },
            { "property": "b", "name": "b", "kind": "decimal", "precision": 18, "scale": 6, "default": { "value": "-1.5" } },
            { "property": "k", "name": "k", "kind": "bytes", "default": { "value": "00ff" } },
            { "property": "n", "name": "n", "kind": "real", "default": { "value": 1e300 } } ] },
    ]});
    let models = Models::from_json(&text.to_string()).unwrap();
    let mut connection = database("");
    for at in creation_order(&models.schema.tables).tables {
        let table = models.table(at);
        connection.batch(&Sqlite.create_table(table)).unwrap();
        for index in &table.indexes {
            connection.batch(&Sqlite.create_index(table, index)).unwrap();
        }
    }
    let expected = Sqlite.normalize(&mut connection, &models.schema).unwrap();
    let found = Sqlite.introspect(&mut connection, None).unwrap();
    assert_eq!(compare(&expected, &found), []);
    assert_eq!(expected, found);
    let users = &found.tables[&name("users")];
    assert_eq!(users.columns[&name("active")].default.as_deref(), Some("1"));
    assert_eq!(users.columns[&name("email")].declared, "VARCHAR(320)");
    assert_eq!(users.constraints[&ConstraintName::Named(name("users_pkey"))], "PRIMARY KEY (id) AUTOINCREMENT");
    assert_eq!(
        users.constraints[&ConstraintName::Named(name("users_role_check"))],
        "CHECK (role IN ('admin', 'it''s'))"
    );
    assert_eq!(
        users.constraints[&ConstraintName::Named(name("users_email_check"))],
        "CHECK (email LIKE '%@%' AND (createdat > '2' OR -1 < 0))"
    );
    assert_eq!(
        users.constraints[&ConstraintName::Named(name("users_organization_id_fkey"))],
        "FOREIGN KEY (organization_id) REFERENCES organizations (id) ON DELETE SET NULL ON UPDATE CASCADE"
    );
    assert_eq!(users.indexes[&name("users_role_createdat_idx")], "(role, createdat DESC)");
    assert_eq!(users.indexes[&name("odd \"name")], "UNIQUE (lower(email)) WHERE active = 1");
    assert_eq!(
        found.tables[&name("order")].constraints[&ConstraintName::Named(name("order_pkey"))],
        "PRIMARY KEY (\"select\", b)"
    );
    assert_eq!(found.tables[&name("order")].columns[&name("k")].default.as_deref(), Some("X'00ff'"));
}

#[test]
fn the_same_thing_written_in_other_ways() {
    one_shape(&[
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT NOT NULL DEFAULT 'x' CHECK (a <> ''))",
        "create table T(\"ID\" integer  primary\nkey not null, [A] text default('x') not null, check ((`a` <> '')))",
        "CREATE TABLE t (id INTEGER, a TEXT /* why */ CHECK (\"A\" != '') NOT NULL NULL DEFAULT (('x')), PRIMARY KEY (id ASC))",
    ]);
    one_shape(&[
        "CREATE TABLE t (a UNIQUE REFERENCES p (id) ON DELETE CASCADE, b); CREATE TABLE p (id PRIMARY KEY)",
        "CREATE TABLE t (a, b, UNIQUE (a), FOREIGN KEY (a) REFERENCES P (ID) ON DELETE CASCADE ON UPDATE NO ACTION); CREATE TABLE p (id PRIMARY KEY)",
        "CREATE TABLE t (a UNIQUE ON CONFLICT ABORT COLLATE BINARY REFERENCES p ON DELETE CASCADE DEFERRABLE, b); CREATE TABLE p (id PRIMARY KEY)",
        "CREATE TABLE t (a UNIQUE REFERENCES p MATCH SIMPLE ON DELETE CASCADE NOT DEFERRABLE INITIALLY DEFERRED, b); CREATE TABLE p (id PRIMARY KEY)",
    ]);
    one_shape(&[
        "CREATE TABLE t (a, b); CREATE INDEX i ON t (lower(a) DESC, b COLLATE NOCASE) WHERE b > 0",
        "CREATE TABLE t (A, B); create index \"I\" on T ((LOWER(\"a\"))desc,`b` collate nocase asc) where(B>0)",
    ]);
    one_shape(&["CREATE TABLE t (a, b AS (a + 1))", "CREATE TABLE t (a, b GENERATED ALWAYS AS ((A+1)) VIRTUAL)"]);
    one_shape(&["CREATE TABLE t (a); ALTER TABLE t ADD COLUMN b TEXT", "CREATE TABLE t (a, b TEXT)"]);
    one_shape(&[
        "CREATE TABLE t (a PRIMARY KEY) WITHOUT ROWID",
        "CREATE TABLE t (a NOT NULL PRIMARY KEY) WITHOUT ROWID",
    ]);
}

#[test]
fn what_means_something_else_is_another_shape() {
    all_differ(&[
        "CREATE TABLE t (a TEXT)",
        "CREATE TABLE t (a TEXT NOT NULL)",
        "CREATE TABLE t (a TEXT NOT NULL ON CONFLICT REPLACE)",
        "CREATE TABLE t (a TEXT DEFAULT 'x')",
        "CREATE TABLE t (a TEXT DEFAULT 'X')",
        "CREATE TABLE t (a TEXT DEFAULT \"X\")",
        "CREATE TABLE t (a VARCHAR(5))",
        "CREATE TABLE t (a TEXT COLLATE NOCASE)",
        "CREATE TABLE t (a TEXT CHECK (a > ''))",
        "CREATE TABLE t (a TEXT CONSTRAINT c CHECK (a > ''))",
        "CREATE TABLE t (a TEXT CONSTRAINT c CHECK (a > 'é'))",
        "CREATE TABLE t (a TEXT CONSTRAINT c CHECK (a > 'É'))",
        "CREATE TABLE t (a TEXT CONSTRAINT c CHECK (a > \"x\"))",
        "CREATE TABLE t (a TEXT CONSTRAINT c CHECK (a > \"X\"))",
        "CREATE TABLE t (a TEXT CONSTRAINT c CHECK (a > 'x'), CONSTRAINT c CHECK (a > 'y'))",
        "CREATE TABLE t (a TEXT) STRICT",
        "CREATE TABLE t (a TEXT PRIMARY KEY)",
        "CREATE TABLE t (a TEXT PRIMARY KEY DESC)",
        "CREATE TABLE t (a TEXT PRIMARY KEY ON CONFLICT IGNORE)",
        "CREATE TABLE t (a TEXT PRIMARY KEY) WITHOUT ROWID",
        "CREATE TABLE t (a TEXT PRIMARY KEY) WITHOUT ROWID, STRICT",
        "CREATE TABLE t (a INTEGER PRIMARY KEY)",
        "CREATE TABLE t (a INTEGER PRIMARY KEY DESC)",
        "CREATE TABLE t (a INTEGER PRIMARY KEY AUTOINCREMENT)",
        "CREATE TABLE t (a INT PRIMARY KEY)",
        "CREATE TABLE t (a TEXT UNIQUE)",
        "CREATE TABLE t (a TEXT, UNIQUE (a COLLATE NOCASE))",
        "CREATE TABLE t (a TEXT UNIQUE ON CONFLICT REPLACE)",
        "CREATE TABLE t (a TEXT CONSTRAINT c UNIQUE)",
        "CREATE TABLE t (a TEXT); CREATE UNIQUE INDEX i ON t (a)",
        "CREATE TABLE t (a TEXT); CREATE INDEX i ON t (a)",
        "CREATE TABLE t (a TEXT); CREATE INDEX i ON t (a DESC)",
        "CREATE TABLE t (a TEXT); CREATE INDEX i ON t (a COLLATE NOCASE)",
        "CREATE TABLE t (a TEXT); CREATE INDEX i ON t (a) WHERE a > 1",
        "CREATE TABLE t (a TEXT REFERENCES p)",
        "CREATE TABLE t (a TEXT REFERENCES p MATCH FULL)",
        "CREATE TABLE t (a TEXT REFERENCES p ON UPDATE CASCADE)",
        "CREATE TABLE t (a TEXT REFERENCES p DEFERRABLE INITIALLY DEFERRED)",
        "CREATE TABLE t (a TEXT CONSTRAINT k REFERENCES p)",
        "CREATE TABLE t (a TEXT AS ('x'), b)",
        "CREATE TABLE t (a TEXT AS ('x') STORED, b)",
    ]);
}

#[test]
fn what_is_not_ours_is_told_and_our_own_is_not() {
    let found = shape(
        "CREATE TABLE t (a); CREATE VIEW v AS SELECT a FROM t; CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT 1; END;
         CREATE VIRTUAL TABLE f USING fts5(x); CREATE TABLE plinth_history (a); CREATE TABLE __diesel_schema_migrations (a);
         CREATE TABLE broken (a); CREATE VIEW w AS SELECT nil FROM nowhere",
    );
    assert_eq!(found.tables.keys().map(Name::spelled).collect::<Vec<_>>(), ["broken", "t"]);
    let told: Vec<(String, Option<&str>)> =
        found.foreign.iter().map(|f| (format!("{} {}", f.what, f.name), f.table.as_ref().map(Name::spelled))).collect();
    let names: Vec<&str> = told.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names[..3], ["a shadow table f_config", "a shadow table f_content", "a shadow table f_data"]);
    assert_eq!(names[5..], ["a trigger g", "a view v", "a view w", "a virtual table f"]);
    assert_eq!(told[5].1, Some("t"));
}

#[test]
fn only_some_tables() {
    let sql = "CREATE TABLE T (a REFERENCES p); CREATE TABLE p (x, id PRIMARY KEY); CREATE VIEW v AS SELECT 1;
        CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT 1; END; CREATE TRIGGER h AFTER INSERT ON p BEGIN SELECT 1; END";
    let found = Sqlite.introspect(&mut database(sql), Some(&[name("t"), name("missing")])).unwrap();
    assert_eq!(found.tables.keys().map(Name::spelled).collect::<Vec<_>>(), ["T"]);
    assert!(found.tables[&name("t")]
        .constraints
        .contains_key(&ConstraintName::Unnamed("FOREIGN KEY (a) REFERENCES p (id)".into())));
    assert_eq!(found.foreign.iter().map(|f| f.name.spelled()).collect::<Vec<_>>(), ["g"]);
}

/// SQLite keeps what it was given; a newer one may keep what our parser does not know.
#[test]
fn what_the_parser_cannot_read_is_no_error() {
    let mut connection = database(
        "CREATE TABLE t (a INTEGER PRIMARY KEY, \"odd name\" varchar(5)); CREATE INDEX i ON t (a);
         PRAGMA writable_schema = ON;
         UPDATE sqlite_schema SET sql = 'CREATE TABLE t NEWFANGLED' WHERE name = 't';
         UPDATE sqlite_schema SET sql = 'CREATE INDEX i NEWFANGLED' WHERE name = 'i'",
    );
    let found = Sqlite.introspect(&mut connection, None).unwrap();
    let t = &found.tables[&name("t")];
    assert_eq!(t.options, "unreadable");
    assert_eq!(t.columns[&name("odd name")].declared, "VARCHAR(5)");
    assert_eq!(t.indexes[&name("i")], "unreadable: CREATE INDEX i NEWFANGLED");
}
