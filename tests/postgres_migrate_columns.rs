//! The change of a column on PostgreSQL: its exact statements, carried out there and back over
//! rows.

mod support;

use plinth::error::Code;
use serde_json::json;
use support::migrating::{altered, assert_at, assert_sql, execute, operations, table, walk};

#[test]
fn words_of_an_enum() {
    let column = |values: &[&str], default: &str| json!({ "name": "status", "kind": "enum", "enum": "status", "values": values, "default": { "value": default } });
    let (old, new) = (column(&["open", "old", "done"], "open"), column(&["done", "new", "open"], "new"));
    let map = json!({ "map": [{ "from": "old", "to": "new" }] });
    let Some(mut w) = walk(json!([table("t", json!([old]), json!({}))]), json!([altered(&old, &new, map)])) else {
        return;
    };
    w.run("INSERT INTO t (status) VALUES ('old'), ('done')");
    let (up, down) = (w.up(), w.down());
    assert_sql(
        &up,
        &[
            r#"ALTER TABLE "t" DROP CONSTRAINT "t_status_check""#,
            r#"UPDATE "t" SET "status" = 'new' WHERE "status" = 'old'"#,
            "ALTER TABLE \"t\"\n  ADD CONSTRAINT \"t_status_check\" CHECK (\"status\" IN ('done', 'new', 'open')),\n  ALTER COLUMN \"status\" SET DEFAULT 'new'",
        ],
    );
    assert_sql(
        &down,
        &[
            r#"ALTER TABLE "t" DROP CONSTRAINT "t_status_check""#,
            r#"UPDATE "t" SET "status" = 'old' WHERE "status" = 'new'"#,
            "ALTER TABLE \"t\"\n  ADD CONSTRAINT \"t_status_check\" CHECK (\"status\" IN ('open', 'old', 'done')),\n  ALTER COLUMN \"status\" SET DEFAULT 'open'",
        ],
    );
    assert_eq!(w.rows("SELECT status FROM t ORDER BY id"), [r#"{"status": "old"}"#, r#"{"status": "done"}"#]);
    // A word goes while a row has it, and no choice replaces it: refused, and nothing has changed.
    let fewer = column(&["open", "done"], "open");
    let gone = operations(json!([altered(&old, &fewer, json!({}))]));
    let refused = execute(&mut w.connection, &w.from, &gone).unwrap_err();
    assert_eq!(refused.code, Code::CheckViolation);
    assert_eq!(refused.constraint.as_deref(), Some("t_status_check"));
    assert_at(&mut w.connection, &w.from, "after a refusal");
    // Two words change places, all at once; another enum's name is nothing to the database.
    let (ab, ba) = (column(&["a", "b", "x"], "x"), column(&["c", "d", "x"], "x"));
    let map = json!({ "map": [{ "from": "a", "to": "d" }, { "from": "b", "to": "c" }] });
    let mut w = walk(json!([table("t", json!([ab]), json!({}))]), json!([altered(&ab, &ba, map)])).unwrap();
    w.run("INSERT INTO t (status) VALUES ('a'), ('b')");
    let up = w.up();
    assert_eq!(
        up[1],
        r#"UPDATE "t" SET "status" = CASE "status" WHEN 'a' THEN 'd' WHEN 'b' THEN 'c' END WHERE "status" IN ('a', 'b')"#
    );
    w.down();
    let mut renamed = ab.clone();
    renamed["enum"] = json!("other");
    let mut w = walk(json!([table("t", json!([ab]), json!({}))]), json!([altered(&ab, &renamed, json!({}))])).unwrap();
    assert_sql(&w.up(), &[]);
    // A text that becomes an enum, and an enum that becomes text.
    let text = json!({ "name": "status", "kind": "text", "default": { "value": "x" } });
    let mut w = walk(json!([table("t", json!([text]), json!({}))]), json!([altered(&text, &ab, json!({}))])).unwrap();
    w.run("INSERT INTO t (status) VALUES ('a')");
    let (up, down) = w.there_and_back();
    assert_sql(&up, &[r#"ALTER TABLE "t" ADD CONSTRAINT "t_status_check" CHECK ("status" IN ('a', 'b', 'x'))"#]);
    assert_sql(&down, &[r#"ALTER TABLE "t" DROP CONSTRAINT "t_status_check""#]);
}

#[test]
fn nullability_and_what_it_moves() {
    let (may, must) =
        (json!({ "name": "a", "kind": "integer", "nullable": true }), json!({ "name": "a", "kind": "integer" }));
    let more = json!({ "indexes": [
        { "name": "t_a_idx", "parts": [{ "column": "a" }, { "column": "b", "desc": true }] },
        { "name": "t_b_idx", "parts": [{ "column": "b" }], "where": "a > 0" }] });
    let tables = json!([table("t", json!([may, { "name": "b", "kind": "integer" }]), more)]);
    let change = json!([altered(&may, &must, json!({ "backfill": "b + 1" }))]);
    let Some(mut w) = walk(tables, change) else { return };
    w.run("INSERT INTO t (a, b) VALUES (NULL, 5), (1, 1)");
    let (up, down) = (w.up(), w.down());
    assert_sql(
        &up,
        &[
            r#"DROP INDEX "t_a_idx""#,
            r#"UPDATE "t" SET "a" = b + 1 WHERE "a" IS NULL"#,
            r#"ALTER TABLE "t" ALTER COLUMN "a" SET NOT NULL"#,
            r#"CREATE INDEX "t_a_idx" ON "t" ("a", "b" DESC)"#,
        ],
    );
    assert_sql(
        &down,
        &[
            r#"DROP INDEX "t_a_idx""#,
            r#"ALTER TABLE "t" ALTER COLUMN "a" DROP NOT NULL"#,
            r#"CREATE INDEX "t_a_idx" ON "t" ("a" NULLS FIRST, "b" DESC)"#,
        ],
    );
    assert_eq!(w.rows("SELECT a FROM t ORDER BY id"), [r#"{"a": 6}"#, r#"{"a": 1}"#]);
}

#[test]
fn rows_that_are_null_are_told_apart_on_the_way_back() {
    let column =
        |nullable: bool| json!({ "name": "a", "kind": "text", "nullable": nullable, "default": { "value": "x" } });
    let change = json!([altered(&column(false), &column(true), json!({}))]);
    let unique = json!({ "uniques": [{ "name": "t_a_key", "columns": ["a"] }] });
    let Some(mut w) = walk(json!([table("t", json!([column(false)]), unique)]), change.clone()) else { return };
    w.up();
    w.run("INSERT INTO t (a) VALUES (NULL), (NULL), ('x')");
    let down = w.down();
    assert_eq!(w.rows("SELECT a FROM t ORDER BY id"), [r#"{"a": "1"}"#, r#"{"a": "2"}"#, r#"{"a": "x"}"#]);
    assert_sql(
        &down,
        &[
            "-- What these rows held is not known: they get a value that may stand there.\nUPDATE \"t\" SET \"a\" = n.n::text\n  FROM (SELECT ctid, row_number() OVER (ORDER BY ctid) AS n FROM \"t\" WHERE \"a\" IS NULL) AS n\n  WHERE \"t\".ctid = n.ctid",
            r#"ALTER TABLE "t" ALTER COLUMN "a" SET NOT NULL"#,
        ],
    );
    // If they need not be unique, they get the default.
    let mut w = walk(json!([table("t", json!([column(false)]), json!({}))]), change).unwrap();
    w.up();
    w.run("INSERT INTO t (a) VALUES (NULL), (NULL)");
    w.down();
    assert_eq!(w.int("SELECT count(*) FROM t WHERE a = 'x'"), Some(2));
}

#[test]
fn an_identity_counts_on() {
    let (plain, numbered) =
        (json!({ "name": "id", "kind": "int32", "default": { "value": 5 } }), json!({ "name": "id", "kind": "id" }));
    let tables = json!([{ "name": "t", "columns": [plain], "primaryKey": ["id"] }]);
    let Some(mut w) = walk(tables, json!([altered(&plain, &numbered, json!({}))])) else { return };
    w.run("INSERT INTO t VALUES (41)");
    let (up, down) = w.there_and_back();
    assert_sql(
        &up,
        &[
            "ALTER TABLE \"t\"\n  ALTER COLUMN \"id\" DROP DEFAULT,\n  ALTER COLUMN \"id\" TYPE bigint,\n  ALTER COLUMN \"id\" ADD GENERATED BY DEFAULT AS IDENTITY (MAXVALUE 9007199254740991)",
            r#"SELECT setval(pg_get_serial_sequence('"t"', 'id'), greatest(max("id"), 1), coalesce(max("id") > 0, false)) FROM "t""#,
        ],
    );
    assert_sql(
        &down,
        &[
            "-- A value that would not stay what it is fails here.\nALTER TABLE \"t\" ADD CONSTRAINT \"t_id_fits\" CHECK (\"id\" BETWEEN -2147483648 AND 2147483647)",
            "ALTER TABLE \"t\" ALTER COLUMN \"id\" DROP IDENTITY",
            "ALTER TABLE \"t\"\n  DROP CONSTRAINT \"t_id_fits\",\n  ALTER COLUMN \"id\" TYPE integer,\n  ALTER COLUMN \"id\" SET DEFAULT 5",
        ],
    );
    w.up();
    w.run("INSERT INTO t DEFAULT VALUES");
    assert_eq!(w.int("SELECT max(id) FROM t"), Some(42));
    w.run("DELETE FROM t");
    w.down();
    w.up();
    w.run("INSERT INTO t DEFAULT VALUES");
    assert_eq!(w.int("SELECT max(id) FROM t"), Some(1));
}

#[test]
fn a_type_changes_under_what_names_the_column() {
    let (from, to) = (
        json!({ "name": "size", "kind": "text", "default": { "value": "1" } }),
        json!({ "name": "size", "kind": "integer", "default": { "value": 1 } }),
    );
    let other = json!({ "name": "note", "kind": "text", "nullable": true });
    let more = json!({
        "checks": [{ "name": "t_size_check", "sql": "size IN ('1', '2')" }, { "name": "t_note_check", "sql": "note <> ''" }],
        "uniques": [{ "name": "t_size_key", "columns": ["size"] }],
        "indexes": [{ "name": "t_size_idx", "parts": [{ "column": "size", "desc": true }] },
                    { "name": "t_expr_idx", "parts": [{ "column": "note" }], "where": "\"size\" = '1'" }],
    });
    let change = json!([altered(&from, &to, json!({}))]);
    let Some(mut w) = walk(json!([table("t", json!([from, other]), more)]), change) else { return };
    w.run("INSERT INTO t (size) VALUES ('1'), ('2')");
    let (up, down) = (w.up(), w.down());
    assert_sql(
        &up,
        &[
            r#"DROP INDEX "t_expr_idx""#,
            "-- A value that would not stay what it is fails here.\nALTER TABLE \"t\" ADD CONSTRAINT \"t_size_fits\" CHECK (CASE WHEN \"size\" ~ '^(0|-?[1-9][0-9]{0,18})$' THEN \"size\"::numeric BETWEEN -9007199254740991 AND 9007199254740991 ELSE \"size\" IS NULL END)",
            "ALTER TABLE \"t\"\n  DROP CONSTRAINT \"t_size_fits\",\n  DROP CONSTRAINT \"t_size_check\",\n  ALTER COLUMN \"size\" DROP DEFAULT,\n  ALTER COLUMN \"size\" TYPE bigint USING \"size\"::bigint,\n  ALTER COLUMN \"size\" SET DEFAULT 1",
            r#"ALTER TABLE "t" ADD CONSTRAINT "t_size_check" CHECK (size IN ('1', '2'))"#,
            r#"CREATE INDEX "t_expr_idx" ON "t" ("note" NULLS FIRST) WHERE "size" = '1'"#,
        ],
    );
    assert_sql(
        &down,
        &[
            r#"DROP INDEX "t_expr_idx""#,
            "ALTER TABLE \"t\"\n  DROP CONSTRAINT \"t_size_check\",\n  ALTER COLUMN \"size\" DROP DEFAULT,\n  ALTER COLUMN \"size\" TYPE text COLLATE \"C\",\n  ALTER COLUMN \"size\" SET DEFAULT '1'",
            r#"ALTER TABLE "t" ADD CONSTRAINT "t_size_check" CHECK (size IN ('1', '2'))"#,
            r#"CREATE INDEX "t_expr_idx" ON "t" ("note" NULLS FIRST) WHERE "size" = '1'"#,
        ],
    );
    assert_eq!(w.rows("SELECT size FROM t ORDER BY id"), [r#"{"size": "1"}"#, r#"{"size": "2"}"#]);
}

#[test]
fn a_key_changes_its_type_with_all_that_leads_to_it() {
    let (number, word) = (json!({ "name": "code", "kind": "int32" }), json!({ "name": "code", "kind": "text" }));
    let key = json!({ "name": "t_code_fkey", "columns": ["code"], "table": "kinds", "references": ["code"], "onDelete": "cascade" });
    let kinds = json!({ "name": "kinds", "columns": [number], "primaryKey": ["code"] });
    let tables = json!([kinds, table("t", json!([number]), json!({ "foreignKeys": [key] }))]);
    let mut other = altered(&number, &word, json!({}));
    other["table"] = json!("kinds");
    let Some(mut w) = walk(tables.clone(), json!([other, altered(&number, &word, json!({}))])) else { return };
    w.run("INSERT INTO kinds VALUES (1), (2); INSERT INTO t (code) VALUES (2)");
    let (up, _) = w.there_and_back();
    assert_sql(
        &up,
        &[
            r#"ALTER TABLE "t" DROP CONSTRAINT "t_code_fkey""#,
            r#"ALTER TABLE "kinds" ALTER COLUMN "code" TYPE text COLLATE "C""#,
            r#"ALTER TABLE "t" ALTER COLUMN "code" TYPE text COLLATE "C""#,
            r#"ALTER TABLE "t" ADD CONSTRAINT "t_code_fkey" FOREIGN KEY ("code") REFERENCES "kinds" ("code") ON DELETE CASCADE"#,
        ],
    );
    // Among numbers the server sees to it by itself.
    let wide = json!({ "name": "code", "kind": "bigint" });
    let mut other = altered(&number, &wide, json!({}));
    other["table"] = json!("kinds");
    let mut w = walk(tables, json!([other, altered(&number, &wide, json!({}))])).unwrap();
    w.run("INSERT INTO kinds VALUES (1), (2); INSERT INTO t (code) VALUES (2)");
    let (up, _) = w.there_and_back();
    assert_eq!(up.len(), 2);
}
