//! Operations on tables to which others have added something: it stays, or the change is refused whole.

mod support;

use plinth::diff::Operation;
use plinth::schema::Schema;
use plinth::statement::Execute;
use serde_json::{json, Value as Json};
use support::migrating::{assert_at, execute, Walk};

fn schema() -> Schema {
    let column = |name: &str, kind: &str| json!({ "name": name, "kind": kind, "nullable": true });
    serde_json::from_value(json!({ "tables": [
        { "name": "users", "columns": [{ "name": "id", "kind": "id" }, column("email", "text"), column("size", "int32"), column("note", "text")],
          "primaryKey": ["id"], "indexes": [{ "name": "users_size_idx", "parts": [{ "column": "size" }] }] },
    ] }))
    .unwrap()
}

fn operations(list: Json) -> Vec<Operation> {
    serde_json::from_value(list).unwrap()
}

/// The objects of others on it: a view, a trigger that changes rows, row security, an index of
/// another method, statistics.
const OTHERS: &str = "
INSERT INTO users (email, size) VALUES ('a', 1), ('b', 2);
CREATE VIEW emails AS SELECT id, email FROM users;
CREATE FUNCTION mark() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN new.note = ''marked''; RETURN new; END';
CREATE TRIGGER mark BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION mark();
CREATE POLICY mine ON users USING (email <> ''); ALTER TABLE users ENABLE ROW LEVEL SECURITY;
CREATE INDEX by_hash ON users USING hash (email);
CREATE STATISTICS s ON email, size FROM users;
GRANT SELECT ON users TO PUBLIC;
CREATE TABLE other (id int REFERENCES users);
INSERT INTO other VALUES (2)";

fn kept(w: &mut Walk) -> Vec<String> {
    let table = "(SELECT oid FROM pg_class WHERE relname IN ('users', 'people'))";
    w.rows(&format!(
        "SELECT tgname::text AS name FROM pg_trigger WHERE tgrelid = {table} AND NOT tgisinternal \
         UNION ALL SELECT polname FROM pg_policy WHERE polrelid = {table} \
         UNION ALL SELECT pg_get_viewdef('emails'::regclass) \
         UNION ALL SELECT stxname FROM pg_statistic_ext WHERE stxrelid = {table} \
         UNION ALL SELECT relname FROM pg_class WHERE relname = 'by_hash' \
         UNION ALL SELECT relacl::text FROM pg_class WHERE oid = {table} \
         UNION ALL SELECT conname FROM pg_constraint WHERE confrelid = {table} ORDER BY 1"
    ))
}

#[test]
fn what_others_added_stays() {
    let change = json!([
        { "op": "addColumn", "table": "users", "column": { "name": "country", "kind": "text" }, "backfill": "'XX'" },
        { "op": "alterColumn", "table": "users", "from": { "name": "size", "kind": "int32", "nullable": true },
          "to": { "name": "size", "kind": "text" }, "backfill": "'0'" },
        { "op": "commentTable", "table": "users", "from": null, "to": "People" },
        { "op": "dropColumn", "table": "users", "column": { "name": "note", "kind": "text", "nullable": true } },
    ]);
    let from = schema();
    let Some(mut w) = Walk::new(&from, Vec::new()) else { return };
    w.run(OTHERS);
    // The statistics name the column whose type changes, so that PostgreSQL itself sees to them.
    let before = kept(&mut w);
    assert_eq!(before.len(), 7);
    let change = operations(change);
    let to = plinth::diff::apply(&from, &change).unwrap();
    execute(&mut w.connection, &from, &change).unwrap();
    assert_eq!(kept(&mut w), before);
    assert_eq!(
        w.rows("SELECT id, email, size, country FROM users ORDER BY id"),
        [
            r#"{"id": 1, "size": "1", "email": "a", "country": "XX"}"#,
            r#"{"id": 2, "size": "2", "email": "b", "country": "XX"}"#
        ]
    );
    execute(&mut w.connection, &to, &plinth::diff::reverse(&change)).unwrap();
    assert_eq!(kept(&mut w), before);
    // A view and a reference follow a rename.
    let rename = operations(
        json!([{ "op": "renameTable", "from": "users", "to": "people" }, { "op": "renameColumn", "table": "people", "from": "email", "to": "mail" }]),
    );
    execute(&mut w.connection, &from, &rename).unwrap();
    assert_eq!(w.int("SELECT count(*) FROM emails WHERE email <> ''"), Some(2));
    assert_eq!(kept(&mut w).len(), 7);
}

#[test]
fn what_others_need_is_not_dropped() {
    let from = schema();
    let Some(mut w) = Walk::new(&from, Vec::new()) else { return };
    w.run("CREATE VIEW emails AS SELECT email FROM users; CREATE TABLE other (id int REFERENCES users); INSERT INTO users (email) VALUES ('a')");
    let refused = [
        json!([{ "op": "addColumn", "table": "users", "column": { "name": "more", "kind": "text", "nullable": true } },
               { "op": "dropColumn", "table": "users", "column": { "name": "email", "kind": "text", "nullable": true } }]),
        json!([{ "op": "alterColumn", "table": "users", "from": { "name": "email", "kind": "text", "nullable": true },
                 "to": { "name": "email", "kind": "text", "max": 5, "nullable": true } }]),
        json!([{ "op": "dropTable", "table": from.tables[0] }]),
    ];
    for change in refused {
        let change = operations(change);
        execute(&mut w.connection, &from, &change).unwrap_err();
        w.run("DROP VIEW emails; DROP TABLE other");
        assert_at(&mut w.connection, &from, "after a refusal");
        w.run("CREATE VIEW emails AS SELECT email FROM users; CREATE TABLE other (id int REFERENCES users)");
    }
    assert_eq!(w.int("SELECT count(*) FROM emails"), Some(1));
}

#[test]
fn partitions_follow_their_table() {
    let from: Schema = serde_json::from_value(json!({ "tables": [
        { "name": "events", "columns": [{ "name": "id", "kind": "bigint" }, { "name": "at", "kind": "date" }], "primaryKey": ["id", "at"] }] }))
    .unwrap();
    let Some(mut w) = Walk::new(&from, Vec::new()) else { return };
    w.run(
        "DROP TABLE events; CREATE TABLE events (id bigint NOT NULL, at date NOT NULL, CONSTRAINT events_pkey PRIMARY KEY (id, at)) PARTITION BY RANGE (at); \
         CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01'); \
         CREATE TABLE events_rest PARTITION OF events DEFAULT; INSERT INTO events VALUES (1, '2026-05-05'), (2, '2020-01-01')",
    );
    let change = operations(json!([
        { "op": "addColumn", "table": "events", "column": { "name": "country", "kind": "text" }, "backfill": "'XX'" },
        { "op": "addIndex", "table": "events", "index": { "name": "events_idx", "parts": [{ "column": "country" }] } },
    ]));
    execute(&mut w.connection, &from, &change).unwrap();
    assert_eq!(w.int("SELECT count(*) FROM events_2026 WHERE country = 'XX'"), Some(1));
    let to = plinth::diff::apply(&from, &change).unwrap();
    execute(&mut w.connection, &to, &plinth::diff::reverse(&change)).unwrap();
    assert_eq!(w.int("SELECT count(*) FROM events"), Some(2));
    // A whole script of statements that a person could run too.
    w.connection.batch("DROP TABLE events").unwrap();
}
