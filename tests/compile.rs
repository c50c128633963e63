//! The SQL for SQLite: the exact SQL of each form of query, of its includes, and of the probes that
//! name a foreign key.

use plinth::dialect::compile::compile;
use plinth::dialect::postgres::syntax::Postgres;
use plinth::dialect::sqlite::syntax::Sqlite;
use plinth::plan::{Form, Gives, Plan, Wire};
use plinth::query::parse;
use plinth::schema::Models;
use serde_json::{json, Value};

fn models() -> Models {
    let text = json!({ "format": 1, "models": [
        { "model": "users", "table": "users", "primaryKey": ["id"], "columns": [
            { "property": "id", "name": "id", "kind": "id" },
            { "property": "email", "name": "email", "kind": "text" },
            { "property": "nick", "name": "nick_name", "kind": "text", "nullable": true },
            { "property": "price", "name": "price", "kind": "decimal", "precision": 8, "scale": 2, "nullable": true },
            { "property": "data", "name": "data", "kind": "json", "nullable": true },
            { "property": "raw", "name": "raw", "kind": "bytes", "nullable": true },
            { "property": "secret", "name": "secret", "kind": "text", "nullable": true, "private": true },
            { "property": "orgId", "name": "org_id", "kind": "integer", "nullable": true } ],
          "uniques": [{ "columns": ["email"] }],
          "foreignKeys": [{ "columns": ["org_id"], "target": "orgs", "references": ["id"] }],
          "relations": [{ "name": "org", "kind": "one", "target": "orgs", "key": "orgId" },
                        { "name": "tags", "kind": "many", "target": "tags", "through": "userTags" }] },
        { "model": "orgs", "table": "or\"gs", "primaryKey": ["id"], "columns": [
            { "property": "id", "name": "id", "kind": "id" },
            { "property": "name", "name": "name", "kind": "text" } ],
          "relations": [{ "name": "users", "kind": "many", "target": "users", "key": "orgId" }] },
        { "model": "tags", "table": "tags", "primaryKey": ["id"], "columns": [
            { "property": "id", "name": "id", "kind": "id" },
            { "property": "label", "name": "label", "kind": "text" } ] },
        { "model": "userTags", "table": "user_tags", "primaryKey": ["user_id", "tag_id"], "columns": [
            { "property": "userId", "name": "user_id", "kind": "integer" },
            { "property": "tagId", "name": "tag_id", "kind": "integer" } ],
          "foreignKeys": [{ "columns": ["user_id"], "target": "users", "references": ["id"], "onDelete": "cascade" },
                          { "columns": ["tag_id"], "target": "tags", "references": ["id"], "onDelete": "restrict" }] },
        { "model": "places", "table": "places", "primaryKey": ["land", "no"], "columns": [
            { "property": "land", "name": "land", "kind": "text" },
            { "property": "no", "name": "no", "kind": "integer" } ] },
        { "model": "visits", "table": "visits", "primaryKey": ["id"], "columns": [
            { "property": "id", "name": "id", "kind": "id" },
            { "property": "land", "name": "land", "kind": "text", "nullable": true },
            { "property": "no", "name": "no", "kind": "integer", "nullable": true } ],
          "foreignKeys": [{ "columns": ["land", "no"], "target": "places", "references": ["land", "no"] }] },
        { "model": "notes", "table": "notes", "primaryKey": ["id"], "columns": [
            { "property": "id", "name": "id", "kind": "id" },
            { "property": "word", "name": "word", "kind": "text" } ],
          "foreignKeys": [{ "columns": ["word"], "target": "words", "references": ["text"] }],
          "relations": [{ "name": "about", "kind": "one", "target": "words", "key": "word" }] },
        { "model": "words", "table": "words", "primaryKey": ["text"], "columns": [
            { "property": "text", "name": "text", "kind": "text" },
            { "property": "n", "name": "n", "kind": "integer" } ],
          "relations": [{ "name": "notes", "kind": "many", "target": "notes", "key": "word" }] },
        { "model": "ticks", "table": "ticks", "primaryKey": ["id"], "columns": [
            { "property": "id", "name": "id", "kind": "id" } ] },
    ]});
    Models::from_json(&text.to_string()).unwrap()
}

fn plan(query: &Value) -> Plan {
    let models = models();
    let query = parse(&models, &query.to_string()).unwrap_or_else(|e| panic!("{query}: {e}"));
    compile(&Sqlite, &models, &query)
}

/// Asserts the SQL of the only statement of each query.
fn check(cases: &[(Value, &str)]) {
    for (query, sql) in cases {
        let plan = plan(query);
        assert_eq!(plan.nodes.len(), 1, "{query}");
        assert_eq!(plan.nodes[0].sql, *sql, "{query}");
        assert_eq!(plan.nodes[0].params, 0..plan.params.len(), "{query}");
    }
}

/// The condition of a filter on users.
fn condition(filter: Value) -> String {
    let sql = plan(&json!({ "op": "count", "model": "users", "where": filter })).nodes[0].sql.clone();
    sql.split_once(" WHERE ").map_or(String::new(), |(_, condition)| condition.to_owned())
}

const ALL: &str = r#"SELECT "id", "email", "nick_name", "price", "data", "raw", "org_id" FROM "users""#;

#[test]
fn selects() {
    check(&[
        (json!({ "op": "list", "model": "users" }), ALL),
        (json!({ "op": "list", "model": "users", "where": [["id", "eq"]] }), &format!(r#"{ALL} WHERE "id" = ?1"#)),
        (
            json!({ "op": "list", "model": "users", "select": ["secret", "nick"], "where": [["nick", "gt"], ["id", "lte"]],
                    "orderBy": [["nick", "desc"], ["id", "asc"]], "limit": true, "offset": true }),
            r#"SELECT "secret", "nick_name" FROM "users" WHERE ("nick_name" > ?1 AND "id" <= ?2) ORDER BY "nick_name" DESC, "id" LIMIT ?3 OFFSET ?4"#,
        ),
        (
            json!({ "op": "list", "model": "orgs", "offset": true }),
            r#"SELECT "id", "name" FROM "or""gs" LIMIT 9223372036854775807 OFFSET ?1"#,
        ),
        (json!({ "op": "count", "model": "orgs" }), r#"SELECT count(*) FROM "or""gs""#),
        (
            json!({ "op": "exists", "model": "orgs", "where": [["name", "eq"]] }),
            r#"SELECT 1 FROM "or""gs" WHERE "name" = ?1 LIMIT 1"#,
        ),
    ]);
}

#[test]
fn writes() {
    let shown = r#""id", "email", "nick_name", "price", "data", "raw", "org_id""#;
    check(&[
        (
            json!({ "op": "insert", "model": "users", "columns": ["email", "secret"] }),
            r#"INSERT INTO "users" ("email", "secret") VALUES (?1, ?2)"#,
        ),
        (json!({ "op": "insert", "model": "ticks", "columns": [] }), r#"INSERT INTO "ticks" DEFAULT VALUES"#),
        (
            json!({ "op": "upsert", "model": "users", "columns": ["email", "nick"], "on": ["email"], "set": ["nick"] }),
            &format!(
                r#"INSERT INTO "users" ("email", "nick_name") VALUES (?1, ?2) ON CONFLICT ("email") DO UPDATE SET "nick_name" = ?3 RETURNING {shown}"#
            ),
        ),
        (
            json!({ "op": "upsert", "model": "users", "columns": ["email"], "on": ["email"], "set": [] }),
            &format!(
                r#"INSERT INTO "users" ("email") VALUES (?1) ON CONFLICT ("email") DO UPDATE SET "email" = excluded."email" RETURNING {shown}"#
            ),
        ),
        (
            json!({ "op": "update", "model": "users", "set": ["email", "nick"], "where": [["id", "eq"]], "returning": true }),
            &format!(r#"UPDATE "users" SET "email" = ?1, "nick_name" = ?2 WHERE "id" = ?3 RETURNING {shown}"#),
        ),
        (
            json!({ "op": "update", "model": "users", "where": [["id", "key"], ["orgId", "eq"]], "returning": false,
                    "set": [["price", "add"], ["data", "merge"], "nick", ["orgId", "next"]] }),
            r#"UPDATE "users" SET "price" = plinth_add("users"."price", ?1, -99999999, 99999999), "data" = plinth_json_merge("users"."data", ?2), "nick_name" = ?3, "org_id" = plinth_add("users"."org_id", 1, -9007199254740991, 9007199254740991) WHERE ("id" = ?4 AND "org_id" = ?5)"#,
        ),
        (
            json!({ "op": "upsert", "model": "users", "columns": ["email"], "on": ["email"], "version": "orgId",
                    "set": [["data", "append"], ["orgId", "next"]] }),
            &format!(
                r#"INSERT INTO "users" ("email") VALUES (?1) ON CONFLICT ("email") DO UPDATE SET "data" = plinth_json_append("users"."data", ?2), "org_id" = plinth_add("users"."org_id", 1, -9007199254740991, 9007199254740991) WHERE "users"."org_id" = ?3 RETURNING {shown}"#
            ),
        ),
        (
            json!({ "op": "update", "model": "orgs", "set": ["name"], "where": [], "returning": false }),
            r#"UPDATE "or""gs" SET "name" = ?1"#,
        ),
        (
            json!({ "op": "delete", "model": "users", "where": [["nick", "null"]] }),
            r#"DELETE FROM "users" WHERE "nick_name" IS NULL"#,
        ),
        (json!({ "op": "sql", "pieces": ["SELECT ", " + ", ""], "params": ["int", "text"] }), "SELECT ?1 + ?2"),
    ]);
}

#[test]
fn operators() {
    for (operator, sql) in [
        ("eq", r#""nick_name" = ?1"#),
        ("ne", r#""nick_name" IS NOT ?1"#),
        ("lt", r#""nick_name" < ?1"#),
        ("lte", r#""nick_name" <= ?1"#),
        ("gt", r#""nick_name" > ?1"#),
        ("gte", r#""nick_name" >= ?1"#),
        ("null", r#""nick_name" IS NULL"#),
        ("notNull", r#""nick_name" IS NOT NULL"#),
        ("like", r#"plinth_like(?1, "nick_name")"#),
        ("prefix", r#"("nick_name" COLLATE BINARY >= ?1 AND "nick_name" COLLATE BINARY < ?2)"#),
        ("in", r#""nick_name" IN (SELECT value FROM json_each(?1))"#),
        ("notIn", r#"("nick_name" IN (SELECT value FROM json_each(?1))) IS NOT TRUE"#),
    ] {
        assert_eq!(condition(json!([["nick", operator]])), sql);
    }
    assert_eq!(condition(json!([["email", "ne"]])), r#""email" <> ?1"#);
    assert_eq!(condition(json!([["data", "eq"]])), r#"plinth_json_eq("data", ?1)"#);
    assert_eq!(condition(json!([["data", "ne"]])), r#"(plinth_json_eq("data", ?1)) IS NOT TRUE"#);
    assert_eq!(condition(json!([["raw", "in"]])), r#""raw" IN (SELECT unhex(value) FROM json_each(?1))"#);
}

#[test]
fn places_in_json() {
    let number = r#"CASE WHEN json_type("data", ?1) IN ('integer', 'real') THEN "data" ->> ?1 END"#;
    let text = r#"CASE json_type("data", ?1) WHEN 'text' THEN "data" ->> ?1 END"#;
    for (reading, operator, sql) in [
        ("json", "eq", r#"plinth_json_eq(("data" -> ?1), ?2)"#.to_owned()),
        ("json", "ne", r#"(plinth_json_eq(("data" -> ?1), ?2)) IS NOT TRUE"#.to_owned()),
        ("json", "notIn", r#"(plinth_json_in(("data" -> ?1), ?2)) IS NOT TRUE"#.to_owned()),
        ("json", "null", r#"("data" -> ?1) IS NULL"#.to_owned()),
        ("number", "gte", format!("{number} >= (?2 ->> '$')")),
        ("text", "lt", format!("{text} < ?2")),
        ("text", "like", format!("plinth_like(?2, {text})")),
        ("text", "prefix", format!("({text} >= ?2 AND {text} < ?3)")),
    ] {
        assert_eq!(condition(json!([["data", "path", reading, operator]])), sql);
    }
    // The parameters of an order stand between those of the filter and the limit.
    let plan = plan(&json!({ "op": "list", "model": "users", "select": ["id"], "where": [["id", "gt"]],
        "orderBy": [["data", "desc", "last", "path"], ["id", "asc"]], "limit": true }));
    let sql = &plan.nodes[0].sql;
    assert!(
        sql.starts_with(r#"SELECT "id" FROM "users" WHERE "id" > ?1 ORDER BY CASE json_type("data", ?2) "#),
        "{sql}"
    );
    assert!(sql.ends_with(r#" WHEN 'text' THEN "data" ->> ?2 END DESC, "id" LIMIT ?3"#), "{sql}");
}

#[test]
fn locks() {
    let query = |other: &str| {
        json!({ "op": "list", "model": "orgs", "where": [["name", "eq"]], "limit": true, "lock": ["update", other],
                "include": [["users", {}]] })
    };
    let sql = r#"SELECT "id", "name" FROM "or""gs" WHERE "name" = ?1 LIMIT ?2"#;
    assert_eq!((plan(&query("wait")).nodes[0].sql.as_str(), plan(&query("wait")).locks), (sql, true));
    assert!(!plan(&json!({ "op": "list", "model": "orgs" })).locks);
    let models = models();
    for (other, end) in [("wait", ""), ("skip", " SKIP LOCKED"), ("fail", " NOWAIT")] {
        let query = parse(&models, &query(other).to_string()).unwrap();
        let nodes = compile(&Postgres, &models, &query).nodes;
        assert!(nodes[0].sql.ends_with(&format!(r#" LIMIT $2 FOR UPDATE OF "or""gs"{end}"#)), "{}", nodes[0].sql);
        assert!(!nodes[1].sql.contains("FOR UPDATE"), "{}", nodes[1].sql);
    }
    for lock in [json!(["exclusive", "wait"]), json!(["update", "later"]), json!("update")] {
        let query = json!({ "op": "list", "model": "orgs", "lock": lock });
        assert!(parse(&models, &query.to_string()).is_err(), "{lock}");
    }
}

#[test]
fn claims() {
    let models = models();
    let query = |model: &str, column: &str, set: &str| {
        let json = json!({ "op": "claim", "model": model, "where": [[column, "gt"]], "orderBy": [[column, "desc", "last"]],
                           "limit": true, "set": [set] });
        parse(&models, &json.to_string()).unwrap()
    };
    let sql = |query: &_| -> Vec<String> {
        compile(&Sqlite, &models, query).nodes.into_iter().map(|node| node.sql).collect()
    };
    assert_eq!(
        sql(&query("orgs", "id", "name")),
        [
            r#"SELECT "id" FROM "or""gs" WHERE "id" > ?1 ORDER BY "id" DESC LIMIT ?2"#,
            r#"UPDATE "or""gs" SET "name" = ?2 WHERE ("id") IN (SELECT value FROM json_each(?1)) RETURNING "id", "name", "id""#,
        ]
    );
    assert_eq!(
        sql(&query("userTags", "tagId", "tagId")),
        [
            r#"SELECT json_array("user_id", "tag_id") FROM "user_tags" WHERE "tag_id" > ?1 ORDER BY "tag_id" DESC LIMIT ?2"#,
            r#"UPDATE "user_tags" SET "tag_id" = ?2 WHERE ("user_id", "tag_id") IN (SELECT value ->> 0, value ->> 1 FROM json_each(?1)) RETURNING "user_id", "tag_id", json_array("user_id", "tag_id")"#,
        ]
    );
    let plan = compile(&Postgres, &models, &query("orgs", "id", "name"));
    assert_eq!(
        plan.nodes[0].sql,
        r#"WITH plinth_picked AS MATERIALIZED (SELECT "id" AS plinth_k0 FROM "or""gs" WHERE "id" > $1 ORDER BY "id" DESC LIMIT $2 FOR UPDATE OF "or""gs" SKIP LOCKED), plinth_numbered AS (SELECT *, row_number() OVER () AS plinth_n FROM plinth_picked), plinth_changed (c0, c1, plinth_n) AS (UPDATE "or""gs" SET "name" = $3 FROM plinth_numbered p WHERE "or""gs"."id" = p.plinth_k0 RETURNING "or""gs"."id", "or""gs"."name", p.plinth_n) SELECT c0, c1 FROM plinth_changed ORDER BY plinth_n"#
    );
    assert_eq!((plan.nodes.len(), plan.nodes[0].params.clone(), plan.writes()), (1, 0..3, true));
}

#[test]
fn distinct_rows() {
    check(&[
        (
            json!({ "op": "list", "model": "users", "distinct": ["nick"], "select": ["nick"], "where": [["id", "gt"]], "limit": true }),
            r#"SELECT DISTINCT "nick_name" FROM "users" WHERE "id" > ?1 ORDER BY "nick_name" LIMIT ?2"#,
        ),
        (
            json!({ "op": "list", "model": "users", "distinct": ["nick"], "select": ["email"], "orderBy": [["email", "desc"]] }),
            concat!(
                r#"SELECT c0 FROM (SELECT "email" AS c0, row_number() OVER (PARTITION BY "nick_name" ORDER BY "email" DESC, "id") AS n, "#,
                r#"row_number() OVER (ORDER BY "email" DESC, "id") AS place FROM "users") r WHERE n = 1 ORDER BY place"#,
            ),
        ),
        (
            json!({ "op": "count", "model": "users", "distinct": ["nick", "email"], "where": [["id", "gt"]] }),
            r#"SELECT count(*) FROM (SELECT DISTINCT "nick_name", "email" FROM "users" WHERE "id" > ?1) r"#,
        ),
    ]);
}

#[test]
fn conditions() {
    for (filter, sql) in [
        (json!([]), ""),
        (json!([["and", []]]), ""),
        (json!([["or", []]]), "1 = 0"),
        (json!([["not", []]]), "(1 = 1) IS NOT TRUE"),
        (json!([["or", [[["id", "eq"]], []]]]), r#"("id" = ?1 OR 1 = 1)"#),
        (json!([["not", [["id", "eq"]]]]), r#"("id" = ?1) IS NOT TRUE"#),
        (
            json!([["id", "eq"], ["or", [[["email", "eq"]], [["nick", "eq"], ["nick", "ne"]]]]]),
            r#"("id" = ?1 AND ("email" = ?2 OR ("nick_name" = ?3 AND "nick_name" IS NOT ?4)))"#,
        ),
    ] {
        assert_eq!(condition(filter.clone()), sql, "{filter}");
    }
}

#[test]
fn relations_are_subqueries_with_names_of_their_own() {
    let org = r#"SELECT 1 FROM "or""gs" r1 WHERE r1."id" = "users"."org_id""#;
    let tags =
        r#"SELECT 1 FROM "user_tags" r2 JOIN "tags" r1 ON r1."id" = r2."tag_id" WHERE "users"."id" = r2."user_id""#;
    for (filter, sql) in [
        (json!([["org", "some", []]]), format!("EXISTS ({org})")),
        (json!([["org", "none", [["name", "eq"]]]]), format!(r#"NOT EXISTS ({org} AND r1."name" = ?1)"#)),
        (
            json!([["tags", "every", [["label", "like"]]], ["id", "gt"]]),
            format!(r#"(NOT EXISTS ({tags} AND (plinth_like(?1, r1."label")) IS NOT TRUE) AND "id" > ?2)"#),
        ),
        (
            json!([["org", "some", [["users", "some", [["email", "eq"]]]]]]),
            format!(
                r#"EXISTS ({org} AND EXISTS (SELECT 1 FROM "users" r2 WHERE r1."id" = r2."org_id" AND r2."email" = ?1))"#
            ),
        ),
    ] {
        assert_eq!(condition(filter.clone()), sql, "{filter}");
    }
    let plan = plan(&json!({ "op": "list", "model": "users", "select": ["id"], "include": [
        ["tags", { "select": ["id"], "where": [["label", "eq"]] }],
        ["org", { "select": ["id"], "where": [["users", "none", [["id", "eq"]]]] }] ] }));
    assert!(
        plan.nodes[2].sql.ends_with(
            r#"?1)) AND NOT EXISTS (SELECT 1 FROM "users" r1 WHERE "or""gs"."id" = r1."org_id" AND r1."id" = ?2)"#
        ),
        "{}",
        plan.nodes[2].sql
    );
    check(&[(
        json!({ "op": "delete", "model": "orgs", "where": [["users", "none", []]] }),
        r#"DELETE FROM "or""gs" WHERE NOT EXISTS (SELECT 1 FROM "users" r1 WHERE "or""gs"."id" = r1."org_id")"#,
    )]);
}

#[test]
fn long_lists_of_conditions_are_halved() {
    let many: Vec<Value> = (0..65).map(|_| json!([["id", "eq"]])).collect();
    let sql = condition(json!([["or", many]]));
    assert!(sql.starts_with(r#"(("id" = ?1 OR "#) && sql.contains(r#""id" = ?32) OR ("id" = ?33"#), "{sql}");
}

#[test]
fn decimals_cross_as_text_and_are_stored_scaled() {
    let plan = plan(&json!({ "op": "count", "model": "users", "where": [["price", "gt"], ["price", "in"]] }));
    let forms: Vec<_> = plan.params.iter().map(|p| (p.wire, p.form)).collect();
    assert_eq!(forms, [(Wire::Text, Form::Decimal(2)), (Wire::Text, Form::DecimalList(2))]);
}

#[test]
fn includes_are_one_statement_each() {
    let plan = plan(&json!({ "op": "list", "model": "orgs", "select": ["name"], "where": [["id", "in"]], "include": [
        ["users", { "where": [["nick", "eq"]], "orderBy": [["email", "desc"]], "select": ["email"], "limit": true, "include": [
            ["org", { "where": [["name", "like"]] }],
            ["tags", { "orderBy": [["label", "asc"]], "where": [["label", "ne"]] }] ] }],
        ["users", {}] ] }));
    let sql: Vec<&str> = plan.nodes.iter().map(|n| n.sql.as_str()).collect();
    assert_eq!(
        sql,
        [
            r#"SELECT "name", "id" FROM "or""gs" WHERE "id" IN (SELECT value FROM json_each(?1))"#,
            concat!(
                r#"SELECT c0, c1, c2 FROM (SELECT "email" AS c0, "org_id" AS c1, "id" AS c2, "#,
                r#"row_number() OVER (PARTITION BY "org_id" ORDER BY "email" DESC, "id") AS n FROM "users" "#,
                r#"WHERE "org_id" IN (SELECT value FROM json_each(?1)) AND "nick_name" = ?2) r WHERE n <= ?3 ORDER BY n"#,
            ),
            r#"SELECT "id", "name" FROM "or""gs" WHERE "id" IN (SELECT value FROM json_each(?1)) AND plinth_like(?2, "name")"#,
            concat!(
                r#"SELECT t."id", t."label", j."user_id" FROM "user_tags" j JOIN "tags" t ON t."id" = j."tag_id" "#,
                r#"WHERE j."user_id" IN (SELECT value FROM json_each(?1)) AND t."label" <> ?2 ORDER BY t."label", t."id""#,
            ),
            concat!(
                r#"SELECT "id", "email", "nick_name", "price", "data", "raw", "org_id" FROM "users" "#,
                r#"WHERE "org_id" IN (SELECT value FROM json_each(?1)) ORDER BY "id""#,
            ),
        ]
    );
    let params: Vec<_> = plan.nodes.iter().map(|n| n.params.clone()).collect();
    assert_eq!(params, [0..1, 1..3, 3..4, 4..5, 5..5]);
    let parents: Vec<_> = plan.nodes.iter().map(|n| n.link.as_ref().map(|l| l.parent)).collect();
    assert_eq!(parents, [None, Some(0), Some(1), Some(1), Some(0)]);
}

#[test]
fn counts_are_one_grouped_statement_each() {
    let plan = plan(&json!({ "op": "list", "model": "users", "select": ["email"], "where": [["id", "gt"]],
        "include": [["org", { "select": ["name"], "counts": [["users", []]] }]], "counts": [["tags", [["label", "eq"]]]] }));
    let sql: Vec<&str> = plan.nodes.iter().map(|n| n.sql.as_str()).collect();
    assert_eq!(
        sql,
        [
            r#"SELECT "email", "org_id", "id" FROM "users" WHERE "id" > ?1"#,
            r#"SELECT "name", "id" FROM "or""gs" WHERE "id" IN (SELECT value FROM json_each(?1))"#,
            concat!(
                r#"SELECT count(*), "org_id" FROM "users" WHERE "org_id" IN (SELECT value FROM json_each(?1)) "#,
                r#"GROUP BY "org_id""#,
            ),
            concat!(
                r#"SELECT count(*), j."user_id" FROM "user_tags" j JOIN "tags" t ON t."id" = j."tag_id" "#,
                r#"WHERE j."user_id" IN (SELECT value FROM json_each(?1)) AND t."label" = ?2 GROUP BY j."user_id""#,
            ),
        ]
    );
    let params: Vec<_> = plan.nodes.iter().map(|n| n.params.clone()).collect();
    assert_eq!(params, [0..1, 1..1, 1..1, 1..2]);
    let gives: Vec<_> = plan.nodes.iter().filter_map(|n| n.link.as_ref()).map(|l| (l.parent, l.gives)).collect();
    assert_eq!(gives, [(0, Gives::One), (1, Gives::Count), (0, Gives::Count)]);
}

#[test]
fn probes_find_the_violated_foreign_key() {
    let probes = |query: Value| -> Vec<(String, String, Vec<usize>)> {
        plan(&query).probes.into_iter().map(|p| (p.constraint, p.sql, p.params)).collect()
    };
    let own = |constraint: &str, sql: &str, params: &[usize]| (constraint.to_owned(), sql.to_owned(), params.to_vec());
    assert_eq!(
        probes(json!({ "op": "insert", "model": "users", "columns": ["email", "orgId"] })),
        [own(
            "users_org_id_fkey",
            r#"SELECT 1 WHERE ?1 IS NOT NULL AND NOT EXISTS (SELECT 1 FROM "or""gs" WHERE "id" = ?1)"#,
            &[1]
        )]
    );
    assert_eq!(probes(json!({ "op": "insert", "model": "users", "columns": ["email"] })), []);
    assert_eq!(
        probes(json!({ "op": "delete", "model": "tags", "where": [["label", "eq"]] })),
        [own(
            "user_tags_tag_id_fkey",
            r#"SELECT 1 FROM "tags" p JOIN "user_tags" c ON p."id" = c."tag_id" WHERE p."label" = ?1 LIMIT 1"#,
            &[0]
        )]
    );
    // Cascades refuse nothing.
    assert_eq!(probes(json!({ "op": "delete", "model": "users", "where": [["id", "eq"]] })), []);
    assert_eq!(
        probes(
            json!({ "op": "update", "model": "visits", "set": ["no"], "where": [["land", "eq"]], "returning": false })
        ),
        [own(
            "visits_land_no_fkey",
            concat!(
                r#"SELECT 1 FROM "visits" p WHERE p."land" = ?1 AND p."land" IS NOT NULL AND ?2 IS NOT NULL AND "#,
                r#"NOT EXISTS (SELECT 1 FROM "places" r WHERE r."land" = p."land" AND r."no" = ?2) LIMIT 1"#,
            ),
            &[1, 0]
        )]
    );
}

#[test]
fn pages() {
    let behind = |order: Value, after: Value| {
        let query = json!({ "op": "list", "model": "users", "where": [["id", "ne"]], "after": after, "orderBy": order, "limit": true });
        let sql = plan(&query).nodes[0].sql.clone();
        sql.split_once(r#"WHERE ("id" <> ?1 AND "#).unwrap().1.split_once(") ORDER BY").unwrap().0.to_owned()
    };
    assert_eq!(behind(json!([["id", "asc"]]), json!(["exact"])), r#""id" > ?2"#);
    let all = |desc: &str| json!([["email", desc], ["id", desc]]);
    assert_eq!(behind(json!([["id", "asc"]]), json!(["value"])), r#""id" > ?2"#);
    assert_eq!(behind(all("asc"), json!(["value", "value"])), r#"("email", "id") > (?2, ?3)"#);
    assert_eq!(behind(all("desc"), json!(["value", "value"])), r#"("email", "id") < (?2, ?3)"#);
    assert_eq!(
        behind(json!([["email", "desc"], ["id", "asc"]]), json!(["value", "value"])),
        r#"("email" <= ?2 AND ("email" < ?2 OR ("email" = ?2 AND "id" > ?3)))"#
    );
    // NULL comes first upward, last downward.
    let nick = |desc: &str| json!([["nick", desc], ["id", desc]]);
    assert_eq!(
        behind(nick("asc"), json!(["value", "value"])),
        r#"("nick_name" >= ?2 AND ("nick_name" > ?2 OR ("nick_name" = ?2 AND "id" > ?3)))"#
    );
    assert_eq!(
        behind(nick("asc"), json!(["null", "value"])),
        r#"("nick_name" IS NOT NULL OR ("nick_name" IS NULL AND "id" > ?2))"#
    );
    assert_eq!(
        behind(nick("desc"), json!(["value", "value"])),
        r#"(("nick_name" < ?2 OR "nick_name" IS NULL) OR ("nick_name" = ?2 AND "id" < ?3))"#
    );
    assert_eq!(behind(nick("desc"), json!(["null", "value"])), r#"("nick_name" IS NULL AND "id" < ?2)"#);
}

/// The list of keys has the collation of the column that the foreign key refers to, and gives each row its place in it.
#[test]
fn includes_by_keys_that_may_be_equal_without_being_alike() {
    let list = r#"(SELECT * FROM (SELECT "text" AS key, 0 AS n FROM "words" LIMIT 0) UNION ALL SELECT value, key FROM json_each(?1)) k"#;
    let query = json!({ "op": "list", "model": "words", "select": ["n"], "include": [["notes", { "select": ["id"] }]],
        "counts": [["notes", []]] });
    let nodes = plan(&query).nodes;
    assert_eq!(
        nodes[1].sql,
        format!(r#"SELECT t."id", k.n FROM {list} JOIN "notes" t ON k.key = t."word" ORDER BY +t."id""#)
    );
    assert_eq!(
        nodes[2].sql,
        format!(r#"SELECT count(*), k.n FROM {list} JOIN "notes" t ON k.key = t."word" GROUP BY k.n"#)
    );
    let query = json!({ "op": "list", "model": "notes", "select": ["id"], "include": [
        ["about", { "select": ["n"], "where": [["n", "gt"]] }] ] });
    let plan = plan(&query);
    assert_eq!(
        plan.nodes[1].sql,
        format!(r#"SELECT t."n", k.n FROM {list} JOIN "words" t ON k.key = t."text" WHERE t."n" > ?2"#)
    );
    let link = plan.nodes[1].link.as_ref().unwrap();
    assert!(link.is_place && plan.nodes[1].outputs[link.output].hidden);
}

#[test]
fn aggregates() {
    check(&[
        (json!({ "op": "aggregate", "model": "users", "measures": [["count"]] }), r#"SELECT count(*) FROM "users""#),
        (
            json!({ "op": "aggregate", "model": "users", "where": [["nick", "eq"]], "measures": [["sum", "price"], ["sum", "orgId"], ["count", "orgId"]] }),
            r#"SELECT plinth_sum_text("price", 2), plinth_sum_text("org_id", 0), count("org_id") FROM "users" WHERE "nick_name" = ?1"#,
        ),
        (
            json!({ "op": "aggregate", "model": "users", "groupBy": ["nick"], "measures": [["max", "email"], ["countDistinct", "orgId"]],
                    "having": [[["count"], "gt"], ["or", [[[["sum", "price"], "in"]], [["not", [[["avg", "price"], "null"]]]]]]],
                    "orderBy": [[["sum", "price"], "desc", "first"], ["nick", "desc"]], "limit": true, "offset": true }),
            concat!(
                r#"SELECT "nick_name", max("email"), count(DISTINCT "org_id") FROM "users" GROUP BY "nick_name" "#,
                r#"HAVING (count(*) > ?1 AND (plinth_sum("price") IN (SELECT value FROM json_each(?2)) "#,
                r#"OR (plinth_avg("price", 2) IS NULL) IS NOT TRUE)) "#,
                r#"ORDER BY plinth_sum("price") DESC NULLS FIRST, "nick_name" DESC LIMIT ?3 OFFSET ?4"#
            ),
        ),
        (
            json!({ "op": "aggregate", "model": "places", "groupBy": ["land", "no"], "measures": [], "orderBy": [["no", "desc"]] }),
            r#"SELECT "land", "no" FROM "places" GROUP BY "land", "no" ORDER BY "no" DESC, "land""#,
        ),
    ]);
    let plan =
        plan(&json!({ "op": "aggregate", "model": "users", "groupBy": ["price"], "measures": [["sum", "price"]],
                             "having": [[["sum", "price"], "lt"]] }));
    let crossing = |o: &plinth::plan::Output| (o.name.clone(), o.wire, o.form);
    let outputs: Vec<_> = plan.nodes[0].outputs.iter().map(crossing).collect();
    assert_eq!(outputs, [("0".into(), Wire::Text, Form::Decimal(2)), ("1".into(), Wire::Text, Form::Plain)]);
    assert_eq!((plan.params[0].wire, plan.params[0].form), (Wire::Text, Form::Decimal(2)));
}

#[test]
fn what_the_models_do_not_have_is_refused() {
    use plinth::error::Code;
    let models = models();
    for (query, code) in [
        (json!({ "op": "list", "model": "nope" }), Code::UnknownModel),
        (json!({ "op": "list", "model": "users", "where": [["nope", "eq"]] }), Code::UnknownColumn),
        (json!({ "op": "list", "model": "users", "where": [["nick_name", "eq"]] }), Code::UnknownColumn),
        (json!({ "op": "list", "model": "users", "where": [["id", "= 1 OR"]] }), Code::UnknownOperator),
        (json!({ "op": "list", "model": "users", "where": [["id", "like"]] }), Code::UnknownOperator),
        (json!({ "op": "list", "model": "users", "where": [["data", "in"]] }), Code::UnknownOperator),
        (json!({ "op": "list", "model": "users", "where": [["org", "is", []]] }), Code::UnknownOperator),
        (json!({ "op": "list", "model": "users", "where": [["data", "path", "json", "gt"]] }), Code::UnknownOperator),
        (json!({ "op": "list", "model": "users", "where": [["data", "path", "rank", "eq"]] }), Code::UnknownOperator),
        (json!({ "op": "list", "model": "users", "where": [["nick", "path", "json", "eq"]] }), Code::UnknownOperator),
        (json!({ "op": "list", "model": "users", "orderBy": [["nick", "asc", "", "path"]] }), Code::QueryInvalid),
        (json!({ "op": "list", "model": "users", "where": [["org", "some", [["nope", "eq"]]]] }), Code::UnknownColumn),
        (json!({ "op": "list", "model": "users", "include": [["nope", {}]] }), Code::UnknownRelation),
        (json!({ "op": "list", "model": "users", "orderBy": [["data", "asc"]] }), Code::QueryInvalid),
        (json!({ "op": "list", "model": "users", "after": [] }), Code::QueryInvalid),
        (json!({ "op": "list", "model": "users", "after": ["value"], "orderBy": [] }), Code::QueryInvalid),
        (json!({ "op": "list", "model": "users", "after": [true], "orderBy": [["id", "asc"]] }), Code::QueryInvalid),
        (json!({ "op": "list", "model": "users", "after": "x", "orderBy": [["id", "asc"]] }), Code::QueryInvalid),
        (json!({ "op": "aggregate", "model": "users", "measures": [] }), Code::QueryInvalid),
        (json!({ "op": "aggregate", "model": "users" }), Code::QueryInvalid),
        (json!({ "op": "aggregate", "model": "users", "measures": [["median", "id"]] }), Code::QueryInvalid),
        (json!({ "op": "aggregate", "model": "users", "measures": [["sum"]] }), Code::QueryInvalid),
        (json!({ "op": "aggregate", "model": "users", "measures": [["sum", "email"]] }), Code::QueryInvalid),
        (json!({ "op": "aggregate", "model": "users", "measures": [["max", "nope"]] }), Code::UnknownColumn),
        (json!({ "op": "aggregate", "model": "users", "groupBy": ["data"], "measures": [] }), Code::QueryInvalid),
        (
            json!({ "op": "aggregate", "model": "users", "groupBy": ["nick"], "measures": [], "orderBy": [["id", "asc"]] }),
            Code::QueryInvalid,
        ),
        (
            json!({ "op": "aggregate", "model": "users", "groupBy": ["nick"], "measures": [], "having": [[["count"], "like"]] }),
            Code::UnknownOperator,
        ),
        (
            json!({ "op": "aggregate", "model": "users", "groupBy": ["nick"], "measures": [], "having": [["count", "gt"]] }),
            Code::QueryInvalid,
        ),
        (json!({ "op": "list", "model": "users", "distinct": ["data"] }), Code::QueryInvalid),
        (json!({ "op": "update", "model": "users", "set": [["email", "add"]] }), Code::QueryInvalid),
        (json!({ "op": "update", "model": "users", "set": [["price", "merge"]] }), Code::QueryInvalid),
        (json!({ "op": "update", "model": "users", "set": [["price", "halve"]] }), Code::QueryInvalid),
        (json!({ "op": "update", "model": "users", "set": [["nope", "add"]] }), Code::UnknownColumn),
        (json!({ "op": "update", "model": "users" }), Code::QueryInvalid),
        (json!({ "op": "drop", "model": "users" }), Code::QueryInvalid),
        (
            json!({ "op": "upsert", "model": "users", "columns": ["email"], "on": ["nick"], "set": [] }),
            Code::QueryInvalid,
        ),
        (json!({ "op": "sql", "pieces": ["SELECT 1"], "params": ["int"] }), Code::QueryInvalid),
    ] {
        let error = parse(&models, &query.to_string()).expect_err(&query.to_string());
        assert_eq!(error.code, code, "{query}");
    }
}
