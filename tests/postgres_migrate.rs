//! Operations on tables, columns, constraints and indexes on PostgreSQL: their exact statements,
//! carried out there and back over rows. Changes of a column are in `postgres_migrate_columns`.

mod support;

use plinth::diff::apply;
use plinth::error::Code;
use serde_json::{json, Value as Json};
use support::migrating::{assert_sql, operations, schema, table, walk};

#[test]
fn columns_come_and_go() {
    let color = json!({ "name": "color", "kind": "enum", "enum": "color", "values": ["red", "it's"], "default": { "value": "red" }, "comment": "Paint" });
    let Some(mut w) = walk(
        json!([table("t", json!([]), json!({}))]),
        json!([
            { "op": "addColumn", "table": "t", "column": { "name": "note", "kind": "text", "nullable": true } },
            { "op": "addColumn", "table": "t", "column": color },
            { "op": "addColumn", "table": "t", "column": { "name": "country", "kind": "text", "max": 2 }, "backfill": "'X' || id" },
            { "op": "addColumn", "table": "t", "column": { "name": "size", "kind": "integer", "default": { "value": 1 } }, "backfill": "id * 2" },
        ]),
    ) else {
        return;
    };
    w.run("INSERT INTO t VALUES (1), (2)");
    let (up, down) = w.there_and_back();
    assert_sql(
        &up,
        &[
            r#"ALTER TABLE "t" ADD COLUMN "note" text COLLATE "C""#,
            r#"ALTER TABLE "t" ADD COLUMN "color" text COLLATE "C" NOT NULL DEFAULT 'red' CONSTRAINT "t_color_check" CHECK ("color" IN ('red', 'it''s'))"#,
            r#"COMMENT ON COLUMN "t"."color" IS 'Paint'"#,
            r#"ALTER TABLE "t" ADD COLUMN "country" character varying(2) COLLATE "C""#,
            r#"UPDATE "t" SET "country" = 'X' || id"#,
            r#"ALTER TABLE "t" ALTER COLUMN "country" SET NOT NULL"#,
            r#"ALTER TABLE "t" ADD COLUMN "size" bigint"#,
            r#"UPDATE "t" SET "size" = id * 2"#,
            "ALTER TABLE \"t\"\n  ALTER COLUMN \"size\" SET DEFAULT 1,\n  ALTER COLUMN \"size\" SET NOT NULL",
        ],
    );
    assert_sql(
        &down,
        &[
            r#"ALTER TABLE "t" DROP COLUMN "size""#,
            r#"ALTER TABLE "t" DROP COLUMN "country""#,
            r#"ALTER TABLE "t" DROP COLUMN "color""#,
            r#"ALTER TABLE "t" DROP COLUMN "note""#,
        ],
    );
    w.up();
    assert_eq!(
        w.rows("SELECT id, color, country, size FROM t ORDER BY id"),
        [
            r#"{"id": 1, "size": 2, "color": "red", "country": "X1"}"#,
            r#"{"id": 2, "size": 4, "color": "red", "country": "X2"}"#
        ]
    );
}

#[test]
fn a_column_comes_back_with_some_value_where_it_must_have_one() {
    let kinds = json!([
        { "name": "a", "kind": "text", "max": 5 }, { "name": "b", "kind": "integer" }, { "name": "c", "kind": "boolean" },
        { "name": "d", "kind": "uuid" }, { "name": "e", "kind": "timestamp" }, { "name": "f", "kind": "date" },
        { "name": "g", "kind": "json" }, { "name": "h", "kind": "bytes" }, { "name": "i", "kind": "real" },
        { "name": "j", "kind": "decimal", "precision": 4, "scale": 4 }, { "name": "k", "kind": "bigint" }, { "name": "l", "kind": "int32" },
        { "name": "m", "kind": "enum", "enum": "e", "values": ["x", "y", "z"] },
    ]);
    let drops: Vec<Json> = kinds
        .as_array()
        .unwrap()
        .iter()
        .map(|column| json!({ "op": "dropColumn", "table": "t", "column": column }))
        .collect();
    let Some(mut w) = walk(json!([table("t", kinds.clone(), json!({}))]), json!(drops)) else { return };
    let one = "'a', 1, true, gen_random_uuid(), now(), now(), '[]', 'x', 1.5, 0.5, 1, 1, 'y'";
    w.run(&format!("INSERT INTO t VALUES (1, {one}), (2, {one})"));
    let (_, down) = w.there_and_back();
    assert_sql(
        &down[..2],
        &[
            "-- What these rows held is not known: they get a value that may stand there.\nALTER TABLE \"t\" ADD COLUMN \"m\" text COLLATE \"C\" NOT NULL DEFAULT 'x' CONSTRAINT \"t_m_check\" CHECK (\"m\" IN ('x', 'y', 'z'))",
            r#"ALTER TABLE "t" ALTER COLUMN "m" DROP DEFAULT"#,
        ],
    );
    assert_eq!(
        w.rows("SELECT a, b, c, d, e, f, g, length(h) AS h, i, j, k, l, m FROM t WHERE id = 1"),
        [
            r#"{"a": "", "b": 0, "c": false, "d": "00000000-0000-0000-0000-000000000000", "e": "1970-01-01T00:00:00+00:00", "f": "1970-01-01", "g": {}, "h": 0, "i": 0, "j": 0.0000, "k": 0, "l": 0, "m": "x"}"#
        ]
    );
    // If no two rows may have the same value, each gets its own.
    let uniques: Vec<Json> = "abdefghijkl"
        .chars()
        .map(|c| json!({ "op": "dropConstraint", "table": "t", "constraint": { "unique": { "name": format!("t_{c}_key"), "columns": [c.to_string()] } } }))
        .collect();
    let all = [uniques.clone(), drops].concat();
    let constraints: Vec<Json> = uniques.iter().map(|op| op["constraint"]["unique"].clone()).collect();
    let mut w = walk(json!([table("t", kinds, json!({ "uniques": constraints }))]), json!(all)).unwrap();
    w.run("INSERT INTO t SELECT n, n, n, true, gen_random_uuid(), now() + n * interval '1 hour', date '2026-01-01' + n::int, to_jsonb(n), n::text::bytea, n, n * 0.0001, n, n, 'y' FROM generate_series(1, 30) n");
    w.there_and_back();
    assert_eq!(w.int("SELECT count(*) FROM t"), Some(30));
}

#[test]
fn a_reference_comes_back_to_a_row_that_is_there() {
    let key = json!({ "name": "t_owner_fkey", "columns": ["owner"], "table": "users", "references": ["id"] });
    let Some(mut w) = walk(
        json!([
            table("users", json!([]), json!({})),
            table("t", json!([{ "name": "owner", "kind": "integer" }]), json!({ "foreignKeys": [key] })),
        ]),
        json!([
            { "op": "dropConstraint", "table": "t", "constraint": { "foreignKey": key } },
            { "op": "dropColumn", "table": "t", "column": { "name": "owner", "kind": "integer" } },
        ]),
    ) else {
        return;
    };
    w.run("INSERT INTO users VALUES (7), (8); INSERT INTO t VALUES (1, 8), (2, 8)");
    let (up, down) = w.there_and_back();
    assert_sql(&up, &[r#"ALTER TABLE "t" DROP CONSTRAINT "t_owner_fkey""#, r#"ALTER TABLE "t" DROP COLUMN "owner""#]);
    assert_sql(
        &down,
        &[
            r#"ALTER TABLE "t" ADD COLUMN "owner" bigint"#,
            "-- What these rows held is not known: they get a value that may stand there.\nUPDATE \"t\" SET \"owner\" = coalesce((SELECT parent.\"id\" FROM \"users\" AS parent ORDER BY parent.\"id\" LIMIT 1), 0)",
            r#"ALTER TABLE "t" ALTER COLUMN "owner" SET NOT NULL"#,
            r#"ALTER TABLE "t" ADD CONSTRAINT "t_owner_fkey" FOREIGN KEY ("owner") REFERENCES "users" ("id")"#,
        ],
    );
    assert_eq!(w.int("SELECT min(owner) FROM t"), Some(7));
}

#[test]
fn what_comes_back_before_its_names_do_is_known_by_them() {
    let key = json!({ "name": "t_owner_fkey", "columns": ["owner"], "table": "users", "references": ["id"] });
    let unique = json!({ "name": "t_code_key", "columns": ["code"] });
    let columns = json!([{ "name": "owner", "kind": "integer" }, { "name": "code", "kind": "integer" }]);
    let more = json!({ "foreignKeys": [key], "uniques": [unique] });
    let Some(mut w) = walk(
        json!([table("users", json!([]), json!({})), table("t", columns, more)]),
        json!([
            { "op": "dropConstraint", "table": "t", "constraint": { "foreignKey": key } },
            { "op": "dropConstraint", "table": "t", "constraint": { "unique": unique } },
            { "op": "renameTable", "from": "users", "to": "people" },
            { "op": "renameTable", "from": "t", "to": "users" },
            { "op": "renameColumn", "table": "people", "from": "id", "to": "number" },
            { "op": "dropColumn", "table": "users", "column": { "name": "owner", "kind": "integer" } },
            { "op": "dropColumn", "table": "users", "column": { "name": "code", "kind": "integer" } },
        ]),
    ) else {
        return;
    };
    w.run("INSERT INTO users VALUES (7); INSERT INTO t VALUES (1, 7, 1), (2, 7, 2)");
    w.there_and_back();
    assert_eq!(w.int("SELECT count(DISTINCT code) FROM t WHERE owner = 7"), Some(2));
}

#[test]
fn tables_come_and_go_with_their_cycle() {
    let to =
        |name: &str, target: &str| json!({ "name": name, "columns": ["other"], "table": target, "references": ["id"] });
    let column = json!([{ "name": "other", "kind": "integer", "nullable": true }]);
    let a = table("a", column.clone(), json!({ "comment": "First" }));
    let b = table(
        "b",
        column.clone(),
        json!({ "foreignKeys": [to("b_other_fkey", "a")], "indexes": [{ "name": "b_idx", "parts": [{ "column": "other" }] }] }),
    );
    let Some(mut w) = walk(
        json!([]),
        json!([
            { "op": "createTable", "table": a },
            { "op": "createTable", "table": b },
            { "op": "addConstraint", "table": "a", "constraint": { "foreignKey": to("a_other_fkey", "b") } },
            { "op": "commentTable", "table": "b", "from": null, "to": "It's" },
        ]),
    ) else {
        return;
    };
    let (up, down) = w.there_and_back();
    assert_sql(
        &up,
        &[
            "CREATE TABLE \"a\" (\n  \"id\" bigint GENERATED BY DEFAULT AS IDENTITY (MAXVALUE 9007199254740991) NOT NULL,\n  \"other\" bigint,\n  CONSTRAINT \"a_pkey\" PRIMARY KEY (\"id\")\n)",
            "COMMENT ON TABLE \"a\" IS 'First'",
            "CREATE TABLE \"b\" (\n  \"id\" bigint GENERATED BY DEFAULT AS IDENTITY (MAXVALUE 9007199254740991) NOT NULL,\n  \"other\" bigint,\n  CONSTRAINT \"b_pkey\" PRIMARY KEY (\"id\"),\n  CONSTRAINT \"b_other_fkey\" FOREIGN KEY (\"other\") REFERENCES \"a\" (\"id\")\n)",
            "CREATE INDEX \"b_idx\" ON \"b\" (\"other\" NULLS FIRST)",
            "ALTER TABLE \"a\" ADD CONSTRAINT \"a_other_fkey\" FOREIGN KEY (\"other\") REFERENCES \"b\" (\"id\")",
            "COMMENT ON TABLE \"b\" IS 'It''s'",
        ],
    );
    assert_sql(
        &down,
        &[
            "COMMENT ON TABLE \"b\" IS NULL",
            "ALTER TABLE \"a\" DROP CONSTRAINT \"a_other_fkey\"",
            "DROP TABLE \"b\"",
            "DROP TABLE \"a\"",
        ],
    );
}

#[test]
fn names_change_and_nothing_else() {
    let Some(mut w) = walk(
        json!([
            table(
                "users",
                json!([{ "name": "role", "kind": "enum", "enum": "role", "values": ["a", "b"] }, { "name": "email", "kind": "text" }]),
                json!({
                    "uniques": [{ "name": "users_email_key", "columns": ["email"] }],
                    "checks": [{ "name": "users_email_check", "sql": "email <> '' AND \"email\" <> 'email'" }],
                    "indexes": [{ "name": "users_expr_idx", "parts": [{ "expression": "lower(email)" }, { "column": "role" }], "where": "email > ''" }],
                })
            ),
            table(
                "posts",
                json!([{ "name": "author", "kind": "integer" }]),
                json!({
                    "foreignKeys": [{ "name": "posts_author_fkey", "columns": ["author"], "table": "users", "references": ["id"] }],
                })
            ),
        ]),
        json!([
            { "op": "renameTable", "from": "users", "to": "people" },
            { "op": "renameColumn", "table": "people", "from": "role", "to": "part" },
            { "op": "renameColumn", "table": "people", "from": "email", "to": "order" },
            { "op": "renameColumn", "table": "people", "from": "id", "to": "number" },
            { "op": "renameConstraint", "table": "people", "from": "users_email_key", "to": "people_order_key" },
            { "op": "renameIndex", "table": "people", "from": "users_expr_idx", "to": "people_idx" },
            { "op": "renameConstraint", "table": "posts", "from": "posts_author_fkey", "to": "posts_fk" },
        ]),
    ) else {
        return;
    };
    w.run("INSERT INTO users (role, email) VALUES ('a', 'e'); INSERT INTO posts (author) VALUES (1)");
    let (up, _) = w.there_and_back();
    assert_sql(
        &up,
        &[
            r#"ALTER TABLE "users" RENAME TO "people""#,
            r#"ALTER TABLE "people" RENAME CONSTRAINT "users_pkey" TO "people_pkey""#,
            r#"ALTER TABLE "people" RENAME CONSTRAINT "users_role_check" TO "people_role_check""#,
            r#"ALTER TABLE "people" RENAME COLUMN "role" TO "part""#,
            r#"ALTER TABLE "people" RENAME CONSTRAINT "people_role_check" TO "people_part_check""#,
            r#"ALTER TABLE "people" RENAME COLUMN "email" TO "order""#,
            r#"ALTER TABLE "people" RENAME COLUMN "id" TO "number""#,
            r#"ALTER TABLE "people" RENAME CONSTRAINT "users_email_key" TO "people_order_key""#,
            r#"ALTER INDEX "users_expr_idx" RENAME TO "people_idx""#,
            r#"ALTER TABLE "posts" RENAME CONSTRAINT "posts_author_fkey" TO "posts_fk""#,
        ],
    );
    assert_eq!(w.int("SELECT count(*) FROM users"), Some(1));
}

#[test]
fn another_primary_key() {
    let a = json!({ "name": "a", "kind": "integer" });
    let b = json!({ "name": "b", "kind": "integer" });
    let key = json!({ "name": "u_a_fkey", "columns": ["a"], "table": "t", "references": ["a"] });
    let t = json!({ "name": "t", "columns": [a, b], "primaryKey": ["a"], "uniques": [{ "name": "t_a_key", "columns": ["a"] }] });
    let u = table("u", json!([a]), json!({ "foreignKeys": [key] }));
    let change = json!([{ "op": "alterPrimaryKey", "table": "t", "from": ["a"], "to": ["b", "a"] }]);
    let Some(mut w) = walk(json!([t, u]), change) else { return };
    w.run("INSERT INTO t VALUES (1, 1), (2, 1); INSERT INTO u (a) VALUES (2)");
    let (up, _) = w.there_and_back();
    assert_sql(
        &up,
        &[
            r#"ALTER TABLE "u" DROP CONSTRAINT "u_a_fkey""#,
            r#"ALTER TABLE "t" DROP CONSTRAINT "t_pkey""#,
            r#"ALTER TABLE "t" ADD CONSTRAINT "t_pkey" PRIMARY KEY ("b", "a")"#,
            r#"ALTER TABLE "u" ADD CONSTRAINT "u_a_fkey" FOREIGN KEY ("a") REFERENCES "t" ("a")"#,
        ],
    );
}

#[test]
fn constraints_and_indexes() {
    let columns = json!([{ "name": "a", "kind": "integer" }, { "name": "b", "kind": "text", "nullable": true }]);
    let key =
        json!({ "name": "t_a_fkey", "columns": ["a"], "table": "t", "references": ["id"], "onUpdate": "restrict" });
    let Some(mut w) = walk(
        json!([table("t", columns, json!({}))]),
        json!([
            { "op": "addConstraint", "table": "t", "constraint": { "unique": { "name": "t_b_key", "columns": ["b", "a"] } } },
            { "op": "addIndex", "table": "t", "index": { "name": "t_idx", "unique": true, "parts": [{ "expression": "lower(b)" }, { "column": "b", "desc": true }], "where": "a > 0" } },
            { "op": "addConstraint", "table": "t", "constraint": { "check": { "name": "t_check", "sql": "a IN (1, 2) OR b LIKE 'x%'" } } },
            { "op": "addConstraint", "table": "t", "constraint": { "foreignKey": key } },
        ]),
    ) else {
        return;
    };
    w.run("INSERT INTO t (id, a, b) VALUES (1, 1, 'x')");
    let (up, down) = w.there_and_back();
    assert_sql(
        &up,
        &[
            r#"ALTER TABLE "t" ADD CONSTRAINT "t_b_key" UNIQUE ("b", "a")"#,
            r#"CREATE UNIQUE INDEX "t_idx" ON "t" ((lower(b)), "b" DESC NULLS LAST) WHERE a > 0"#,
            r#"ALTER TABLE "t" ADD CONSTRAINT "t_check" CHECK (a IN (1, 2) OR b LIKE 'x%')"#,
            r#"ALTER TABLE "t" ADD CONSTRAINT "t_a_fkey" FOREIGN KEY ("a") REFERENCES "t" ("id") ON UPDATE RESTRICT"#,
        ],
    );
    assert_sql(
        &down,
        &[
            r#"ALTER TABLE "t" DROP CONSTRAINT "t_a_fkey""#,
            r#"ALTER TABLE "t" DROP CONSTRAINT "t_check""#,
            r#"DROP INDEX "t_idx""#,
            r#"ALTER TABLE "t" DROP CONSTRAINT "t_b_key""#,
        ],
    );
}

#[test]
fn what_is_not_there_is_refused() {
    let from = schema(json!([]));
    let gone = operations(json!([{ "op": "renameColumn", "table": "t", "from": "a", "to": "b" }]));
    assert_eq!(apply(&from, &gone).unwrap_err().code, Code::RevisionConflict);
}
