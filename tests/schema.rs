//! The schema's JSON: what valid models become, and each problem of invalid ones.

use plinth::error::{Code, Problem};
use plinth::schema::models::Through;
use plinth::schema::{Action, Default, Models, RelationKind, Reserved, SystemColumns};
use serde_json::{json, Value};

fn column(property: &str, kind: &str) -> Value {
    json!({ "property": property, "name": property, "kind": kind })
}

/// A column with more keys.
fn with(mut column: Value, more: Value) -> Value {
    let more = more.as_object().unwrap().clone();
    column.as_object_mut().unwrap().extend(more);
    column
}

/// A model with an id and these columns; `more` adds to it.
fn model(name: &str, columns: &[Value], more: Value) -> Value {
    let mut all = vec![column("id", "id")];
    all.extend_from_slice(columns);
    with(json!({ "model": name, "table": name, "columns": all, "primaryKey": ["id"] }), more)
}

fn read(models: &[Value]) -> Result<Models, Vec<Problem>> {
    let text = json!({ "format": 1, "models": models }).to_string();
    // The names that JavaScript reserves for its own calls, and the columns of one database.
    let reserved = Reserved {
        models: vec!["sync".into(), "then".into()],
        columns: vec![SystemColumns { database: "Oracle", contains: |name| name == "rownum" }],
    };
    Models::checked(&text, &reserved).map_err(|error| {
        assert_eq!(error.code, Code::SchemaInvalid);
        assert!(!error.problems.is_empty());
        error.problems
    })
}

/// Expects one problem alone, at this place ("model", "model.column" or ""), with these words in it.
#[track_caller]
fn refused(models: &[Value], place: &str, words: &str) {
    let problems = read(models).expect_err("this should be refused");
    assert_eq!(problems.len(), 1, "{problems:#?}");
    let parts = [problems[0].model.as_deref(), problems[0].column.as_deref()];
    let found = parts.into_iter().flatten().collect::<Vec<_>>().join(".");
    assert_eq!(found, place, "{problems:#?}");
    assert!(problems[0].message.contains(words), "`{words}` is not in: {}", problems[0].message);
}

fn key(columns: &[&str], target: &str, references: &[&str]) -> Value {
    json!({ "columns": columns, "target": target, "references": references })
}

#[test]
fn valid_models() {
    let models = read(&[
        json!({
            "model": "users", "table": "users", "comment": "People", "renamedFrom": "people",
            "columns": [
                column("id", "id"),
                { "property": "email", "name": "email", "kind": "text", "max": 320, "lowercase": true },
                { "property": "role", "name": "role", "kind": "enum", "enum": "user_role", "values": ["admin", "member"],
                  "default": { "value": "member" } },
                { "property": "balance", "name": "balance", "kind": "decimal", "precision": 10, "scale": 2,
                  "default": { "value": "1.5" } },
                { "property": "secret", "name": "secret", "kind": "text", "nullable": true, "private": true },
                { "property": "token", "name": "token", "kind": "uuid", "default": "random" },
                { "property": "organizationId", "name": "organization_id", "kind": "integer", "nullable": true,
                  "comment": "Employer", "renamedFrom": "company_id" },
                { "property": "updatedAt", "name": "updated_at", "kind": "timestamp", "default": "now", "touch": true },
            ],
            "uniques": [{ "columns": ["email"] }, { "name": "one_token", "columns": ["token"] }],
            "checks": [{ "sql": "balance > 0", "columns": ["balance"] }, { "sql": "id > 0" }, { "sql": "id > 1" },
                       { "sql": "role <> 'x'", "columns": ["role"] }],
            "foreignKeys": [{ "columns": ["organization_id"], "target": "Orgs", "references": ["id"], "onDelete": "set null" }],
            "indexes": [{ "parts": [{ "column": "organization_id" }, { "column": "role", "desc": true }] },
                        { "parts": [{ "expression": "lower(email)" }], "unique": true, "where": "secret IS NULL" }],
            "relations": [{ "name": "organization", "kind": "one", "target": "Orgs", "key": "organizationId" },
                          { "name": "settings", "kind": "has", "target": "settings", "key": "userId" },
                          { "name": "tags", "kind": "many", "target": "tags", "through": "userTags" }]
        }),
        model("Orgs", &[], json!({ "table": "organizations", "relations": [
            { "name": "users", "kind": "many", "target": "users", "key": "organizationId" }] })),
        json!({ "model": "settings", "table": "settings", "primaryKey": ["user_id"],
            "columns": [{ "property": "userId", "name": "user_id", "kind": "bigint" }],
            "foreignKeys": [key(&["user_id"], "users", &["id"])] }),
        model("tags", &[], json!({})),
        json!({ "model": "userTags", "table": "user_tags", "primaryKey": ["tag_id", "user_id"],
            "columns": [{ "property": "userId", "name": "user_id", "kind": "integer" },
                        { "property": "tagId", "name": "tag_id", "kind": "integer" }],
            "foreignKeys": [key(&["user_id"], "users", &["id"]), key(&["tag_id"], "tags", &["id"])] }),
    ])
    .unwrap();

    let users = models.table(0);
    assert_eq!(users.primary_key, ["id"]);
    assert_eq!((users.comment.as_deref(), users.renamed_from.as_deref()), (Some("People"), Some("people")));
    let names = |names: &mut dyn Iterator<Item = &String>| names.cloned().collect::<Vec<_>>();
    assert_eq!(names(&mut users.uniques.iter().map(|u| &u.name)), ["users_email_key", "one_token"]);
    let checks = ["users_balance_check", "users_check", "users_check1", "users_role_check1"];
    assert_eq!(names(&mut users.checks.iter().map(|c| &c.name)), checks);
    let indexes = ["users_organization_id_role_idx", "users_expr_idx"];
    assert_eq!(names(&mut users.indexes.iter().map(|i| &i.name)), indexes);
    assert_eq!(users.foreign_keys[0].name, "users_organization_id_fkey");
    assert_eq!(users.foreign_keys[0].table, "organizations");
    assert_eq!(users.foreign_keys[0].on_delete, Action::SetNull);
    assert_eq!(models.table(4).primary_key, ["tag_id", "user_id"]);

    let (balance, _) = models.column(0, 3);
    assert_eq!(balance.default, Some(Default::Value(json!("1.50"))));
    let (token, _) = models.column(0, 5);
    assert_eq!((&token.default, token.random), (&None, true));
    let (_, email) = models.column(0, 1);
    assert!(!email.private && !email.touch);
    assert!(models.column(0, 4).1.private && models.column(0, 7).1.touch);
    assert_eq!(models.column(0, 7).0.default, Some(Default::Now));

    let relation = |model: usize, i: usize| models.models[model].relations[i].clone();
    let summary = |model, i| {
        let relation = relation(model, i);
        (relation.kind, relation.target, relation.from, relation.to)
    };
    assert_eq!(summary(0, 0), (RelationKind::One, 1, 6, 0));
    assert_eq!(summary(0, 1), (RelationKind::Has, 2, 0, 0));
    assert_eq!(summary(0, 2), (RelationKind::Many, 3, 0, 0));
    assert_eq!(relation(0, 2).through, Some(Through { model: 4, near: 0, far: 1 }));
    assert_eq!(summary(1, 0), (RelationKind::Many, 0, 0, 6));
}

#[test]
fn the_neutral_schema_survives_its_own_json() {
    let models = read(&[model("a", &[with(column("n", "decimal"), json!({ "precision": 4, "scale": 2 }))], json!({}))]);
    let schema = models.unwrap().schema;
    let text = serde_json::to_string(&schema).unwrap();
    assert_eq!(serde_json::from_str::<plinth::schema::Schema>(&text).unwrap(), schema);
}

#[test]
fn every_problem_at_once() {
    let broken =
        |name: &str| model(name, &[with(column("n", "int32"), json!({ "default": { "value": "x" } }))], json!({}));
    let problems = read(&[broken("a"), broken("b"), model("sync", &[], json!({}))]).unwrap_err();
    assert_eq!(problems.len(), 3);
    let error = Models::from_json("{}").unwrap_err();
    assert!(error.message.contains("`\"format\": 1` is missing"));
}

#[test]
fn shapes() {
    for (text, words) in [
        ("{", "not JSON"),
        ("{}", "missing"),
        (r#"{"format":2,"models":[]}"#, "Unknown format 2"),
        (r#"{"format":1,"models":{}}"#, "must be an array"),
        (r#"{"format":1,"models":[1]}"#, "Wrong shape"),
    ] {
        let error = Models::from_json(text).unwrap_err();
        assert!(error.code == Code::SchemaInvalid && error.problems[0].message.contains(words), "{text}: {error:?}");
    }
    refused(&[model("a", &[column("n", "int64")], json!({}))], "a.n", "int64");
    refused(&[model("a", &[column("n", "enum")], json!({}))], "a.n", "Wrong shape");
    refused(&[model("a", &[with(column("n", "real"), json!({ "max": 3 }))], json!({}))], "a.n", "Unknown key `max`");
    refused(&[model("a", &[with(column("n", "real"), json!({ "default": "later" }))], json!({}))], "a.n", "later");
    refused(&[model("a", &[], json!({ "colums": [] }))], "a", "colums");
}

#[test]
fn columns_of_the_database_itself() {
    refused(&[model("a", &[column("rownum", "real")], json!({}))], "a.rownum", "Every table of Oracle has a column");
    assert!(read(&[model("a", &[column("RowNum", "real")], json!({}))]).is_ok());
}

#[test]
fn model_and_table_names() {
    refused(&[model("a", &[], json!({})), model("a", &[], json!({ "table": "b" }))], "a", "Two models");
    refused(&[model("a", &[], json!({})), model("b", &[], json!({ "table": "A" }))], "b", "taken by the table of `a`");
    for name in ["sync", "then"] {
        refused(&[model(name, &[], json!({ "table": "t" }))], name, "is taken");
    }
    refused(&[model("", &[], json!({ "table": "t" }))], "", "needs a name");
    for (name, words) in [
        ("", "is empty"),
        ("a\0", "NUL"),
        ("plinth_x", "`plinth_`"),
        ("Sqlite_x", "`sqlite_`"),
        ("__diesel_x", "`__diesel`"),
        (&"t".repeat(64), "64 bytes"),
    ] {
        refused(&[model("a", &[], json!({ "table": name }))], "a", words);
    }
    read(&[model("a", &[], json!({ "table": "t".repeat(63) }))]).unwrap();
}

#[test]
fn column_names() {
    let two = [column("n", "real"), with(column("n", "real"), json!({ "name": "m" }))];
    refused(&[model("a", &two, json!({}))], "a.n", "Two columns have this property");
    let two = [column("n", "real"), with(column("m", "real"), json!({ "name": "N" }))];
    refused(&[model("a", &two, json!({}))], "a.m", "Two columns are called `N`");
    for property in ["and", "or", "not", "__proto__", "constructor"] {
        let reserved = with(column(property, "real"), json!({ "name": "n" }));
        refused(&[model("a", &[reserved], json!({}))], &format!("a.{property}"), "cannot be a property");
    }
    let long = with(column("n", "real"), json!({ "name": "é".repeat(32) }));
    refused(&[model("a", &[long], json!({}))], "a.n", "64 bytes");
}

#[test]
fn primary_keys() {
    let plain = |more: Value| with(json!({ "model": "a", "table": "a", "columns": [column("n", "integer")] }), more);
    refused(&[plain(json!({}))], "a", "No primary key");
    refused(&[plain(json!({ "primaryKey": ["m"] }))], "a", "unknown column `m`");
    refused(&[plain(json!({ "primaryKey": ["n", "n"] }))], "a", "twice");
    let nullable = with(column("n", "integer"), json!({ "nullable": true }));
    refused(&[plain(json!({ "primaryKey": ["n"], "columns": [nullable] }))], "a.n", "cannot be nullable");
    refused(&[model("a", &[column("other", "bigId")], json!({}))], "a.other", "one identity");
    refused(&[model("a", &[column("n", "real")], json!({ "primaryKey": ["id", "n"] }))], "a.id", "by itself");
    let default = with(column("n", "id"), json!({ "default": { "value": 1 } }));
    refused(&[plain(json!({ "columns": [default] }))], "a.n", "numbers the rows");
    assert_eq!(read(&[plain(json!({ "columns": [column("n", "id")] }))]).unwrap().table(0).primary_key, ["n"]);
}

#[test]
fn kinds_and_modifiers() {
    let cases = [
        (json!({ "kind": "decimal", "precision": 19, "scale": 0 }), "1 to 18"),
        (json!({ "kind": "decimal", "precision": 0, "scale": 0 }), "1 to 18"),
        (json!({ "kind": "decimal", "precision": 2, "scale": 3 }), "cannot exceed"),
        (json!({ "kind": "text", "max": 0 }), "max of a text"),
        (json!({ "kind": "enum", "enum": "e", "values": [] }), "no values"),
        (json!({ "kind": "enum", "enum": "e", "values": ["x", "x"] }), "twice"),
        (json!({ "kind": "enum", "enum": "", "values": ["x"] }), "is empty"),
        (json!({ "kind": "text", "default": "now" }), "defaultNow()"),
        (json!({ "kind": "text", "default": "random" }), "defaultRandom()"),
        (json!({ "kind": "text", "touch": true }), "touch()"),
        (json!({ "kind": "text", "version": true }), "version()"),
        (json!({ "kind": "integer", "version": true, "nullable": true }), "cannot be nullable"),
        (json!({ "kind": "integer", "version": true, "private": true }), "cannot be private"),
        (json!({ "kind": "integer", "version": true, "default": { "value": 1 } }), "cannot have a default"),
        (json!({ "kind": "uuid", "lowercase": true }), "lowercase()"),
        (json!({ "kind": "int32", "default": { "value": 2147483648_i64 } }), "-2147483648 to 2147483647"),
        (json!({ "kind": "text", "max": 2, "default": { "value": "abc" } }), "at most 2"),
        (json!({ "kind": "text", "lowercase": true, "default": { "value": "A" } }), "lower case"),
        (json!({ "kind": "enum", "enum": "e", "values": ["x"], "default": { "value": "y" } }), "one of x"),
        (json!({ "kind": "decimal", "precision": 3, "scale": 2, "default": { "value": "10.0" } }), "at most 1 before"),
        (json!({ "kind": "date", "default": { "value": "2026-02-30" } }), "a day"),
        (json!({ "kind": "uuid", "default": { "value": "x" } }), "a UUID"),
        (json!({ "kind": "text", "nullable": true, "default": { "value": null } }), "a string"),
    ];
    for (more, words) in cases {
        refused(&[model("a", &[with(column("n", "text"), more)], json!({}))], "a.n", words);
    }
}

#[test]
fn enums_agree() {
    let word = |values: Value| with(column("n", "enum"), json!({ "enum": "e", "values": values }));
    read(&[model("a", &[word(json!(["x"]))], json!({})), model("b", &[word(json!(["x"]))], json!({}))]).unwrap();
    let models = [model("a", &[word(json!(["x"]))], json!({})), model("b", &[word(json!(["y"]))], json!({}))];
    refused(&models, "b.n", "has other values in a.n");
}

#[test]
fn constraints_and_indexes() {
    let cases = [
        (json!({ "uniques": [{ "columns": ["x"] }] }), "`x`, which is not a column"),
        (json!({ "uniques": [{ "columns": [] }] }), "no columns"),
        (json!({ "uniques": [{ "columns": ["n", "n"] }] }), "twice"),
        (json!({ "uniques": [{ "name": "plinth_u", "columns": ["n"] }] }), "reserved"),
        (json!({ "uniques": [{ "name": "A_pkey", "columns": ["n"] }] }), "taken by the primary key"),
        (json!({ "uniques": [{ "name": "", "columns": ["n"] }] }), "is empty"),
        (json!({ "checks": [{ "sql": " " }] }), "empty"),
        (json!({ "checks": [{ "sql": "n > 0); DROP TABLE a; --" }] }), "closes a bracket"),
        (json!({ "checks": [{ "sql": "n > 0", "columns": ["x"] }] }), "not a column"),
        (json!({ "checks": [{ "sql": "n > 0", "name": "c" }, { "sql": "n > 1", "name": "c" }] }), "taken by a check"),
        (json!({ "indexes": [{ "parts": [] }] }), "has no parts"),
        (json!({ "indexes": [{ "parts": [{ "column": "x" }] }] }), "not a column"),
        (json!({ "indexes": [{ "parts": [{ "column": "n", "expression": "n" }] }] }), "not one column or one"),
        (json!({ "indexes": [{ "parts": [{}] }] }), "not one column or one"),
        (json!({ "indexes": [{ "parts": [{ "column": "n" }], "where": "" }] }), "empty"),
        (
            json!({ "indexes": [{ "parts": [{ "column": "n" }] }, { "parts": [{ "column": "n" }] }] }),
            "taken by an index",
        ),
        (json!({ "indexes": [{ "name": "a", "parts": [{ "column": "n" }] }] }), "taken by the table"),
    ];
    for (more, words) in cases {
        refused(&[model("a", &[column("n", "integer")], more)], "a", words);
    }
    let index = |table: &str| model(table, &[], json!({ "indexes": [{ "name": "i", "parts": [{ "column": "id" }] }] }));
    refused(&[index("a"), index("b")], "b", "taken by an index of `a`");
}

#[test]
fn foreign_keys() {
    let target = model(
        "users",
        &[column("name", "text"), column("code", "text")],
        json!({ "uniques": [{ "columns": ["code"] }] }),
    );
    let from = |kind: &str, key: Value| {
        [target.clone(), model("items", &[column("ref", kind)], json!({ "foreignKeys": [key] }))]
    };
    for kind in ["integer", "bigint"] {
        read(&from(kind, key(&["ref"], "users", &["id"]))).unwrap();
    }
    read(&from("text", key(&["ref"], "users", &["code"]))).unwrap();
    refused(&from("int32", key(&["ref"], "users", &["id"])), "items.ref", "`ref` is int32, but `users.id`");
    refused(&from("text", key(&["ref"], "users", &["name"])), "items.ref", "neither its primary key nor unique");
    refused(&from("integer", key(&["ref"], "people", &["id"])), "items.ref", "is missing in schema()");
    refused(&from("integer", key(&["ref"], "users", &["key"])), "items.ref", "`users.key`, which does not exist");
    refused(&from("integer", key(&["ref"], "users", &["id", "code"])), "items.ref", "1 columns cannot point to 2");
    refused(&from("integer", key(&["ref"], "users", &[])), "items.ref", "1 columns cannot point to 0");
    refused(&from("integer", key(&["nope"], "users", &["id"])), "items", "not a column of this model");
    let with_action = |action: &str| with(key(&["ref"], "users", &["id"]), json!({ "onDelete": action }));
    refused(&from("integer", with_action("set null")), "items.ref", "`ref` is not nullable");
    refused(&from("integer", with_action("set default")), "items.ref", "no default");
    refused(&from("integer", with_action("explode")), "items", "explode");
    let other = with(key(&["ref"], "users", &["id"]), json!({ "onUpdate": "set null" }));
    refused(&from("integer", other), "items.ref", "on update set null");
}

#[test]
fn foreign_keys_find_their_target() {
    let target = model(
        "people",
        &[with(column("taxCode", "text"), json!({ "name": "tax_code" }))],
        json!({ "table": "natural_persons", "uniques": [{ "columns": ["tax_code"] }] }),
    );
    for (name, reference) in [("people", "taxCode"), ("natural_persons", "tax_code"), ("naturalPersons", "taxCode")] {
        let from = model("a", &[column("ref", "text")], json!({ "foreignKeys": [key(&["ref"], name, &[reference])] }));
        let models = read(&[from, target.clone()]).unwrap();
        let found = &models.table(0).foreign_keys[0];
        assert_eq!((found.table.as_str(), found.references[0].as_str()), ("natural_persons", "tax_code"));
    }
}

#[test]
fn composite_foreign_keys() {
    let target = json!({ "model": "t", "table": "t", "primaryKey": ["x", "y"], "columns": [column("x", "integer"), column("y", "text")] });
    let from = |references: &[&str]| {
        let columns = [column("a", "integer"), column("b", "text")];
        [model("m", &columns, json!({ "foreignKeys": [key(&["a", "b"], "t", references)] })), target.clone()]
    };
    assert_eq!(read(&from(&["x", "y"])).unwrap().table(0).foreign_keys[0].name, "m_a_b_fkey");
    assert_eq!(read(&from(&["y", "x"])).unwrap_err().len(), 2);
}

/// users <- posts.authorId, with these relations of users and of posts.
fn blog(users: Value, posts: Value, more: Value) -> Vec<Value> {
    let columns =
        [column("authorId", "integer"), column("note", "json"), column("loose", "integer"), column("word", "text")];
    let posts = with(json!({ "foreignKeys": [key(&["authorId"], "users", &["id"])], "relations": posts }), more);
    vec![
        model("users", &[], json!({ "relations": users })),
        model("posts", &columns, posts),
        model("tags", &[], json!({})),
    ]
}

#[test]
fn relations() {
    let one = |target: &str, key: &str| json!([{ "name": "r", "kind": "one", "target": target, "key": key }]);
    let none = || json!([]);
    read(&blog(none(), one("users", "authorId"), json!({}))).unwrap();
    // Without a foreign key: the primary key of the other side.
    let loose = read(&blog(none(), one("tags", "loose"), json!({}))).unwrap();
    assert_eq!(loose.models[1].relations[0].to, 0);
    refused(&blog(none(), one("nope", "authorId"), json!({})), "posts", "the model `nope` is missing");
    refused(&blog(none(), one("users", "nope"), json!({})), "posts", "no column `nope`");
    refused(&blog(none(), one("tags", "authorId"), json!({})), "posts", "points to the table `users`");
    refused(&blog(none(), one("users", "note"), json!({})), "posts", "a column of json cannot be its key");
    refused(&blog(none(), one("users", "word"), json!({})), "posts", "`posts.word` is text");
    let kind = |kind: &str, key: &str| json!([{ "name": "r", "kind": kind, "target": "posts", "key": key }]);
    read(&blog(kind("many", "authorId"), none(), json!({}))).unwrap();
    refused(&blog(kind("has", "authorId"), none(), json!({})), "users", "is not unique");
    read(&blog(kind("has", "authorId"), none(), json!({ "uniques": [{ "columns": ["authorId"] }] }))).unwrap();
    refused(
        &blog(json!([{ "name": "r", "kind": "many", "target": "posts" }]), none(), json!({})),
        "users",
        "needs a key",
    );
    let named = |name: &str| json!([{ "name": name, "kind": "one", "target": "users", "key": "authorId" }]);
    refused(&blog(none(), named("word"), json!({})), "posts", "a column has this name");
    refused(&blog(none(), named("__proto__"), json!({})), "posts", "cannot be the name");
    let twice = json!([named("r")[0], named("r")[0]]);
    refused(&blog(none(), twice, json!({})), "posts", "two relations");
    let through = json!([{ "name": "r", "kind": "one", "target": "users", "through": "posts" }]);
    refused(&blog(none(), through, json!({})), "posts", "only r.many");
}

#[test]
fn relations_through_another_model() {
    let columns = [column("a", "integer"), column("b", "integer"), column("c", "integer")];
    let models = |keys: Value, relation: Value| {
        let relation = with(json!({ "name": "r", "kind": "many", "through": "links" }), relation);
        [
            model("users", &[], json!({ "relations": [relation] })),
            model("tags", &[], json!({})),
            model("links", &columns, json!({ "foreignKeys": keys })),
        ]
    };
    let to = |column: &str, table: &str| key(&[column], table, &["id"]);
    let tags = || json!({ "target": "tags" });
    let both = read(&models(json!([to("a", "users"), to("b", "tags")]), tags())).unwrap();
    assert_eq!(both.models[0].relations[0].through, Some(Through { model: 2, near: 1, far: 2 }));
    refused(&models(json!([to("a", "users")]), tags()), "users", "no foreign key to `tags`");
    refused(&models(json!([to("b", "tags")]), tags()), "users", "no foreign key to `users`");
    let twice = || json!([to("a", "users"), to("b", "users"), to("c", "tags")]);
    refused(&models(twice(), tags()), "users", "several foreign keys to `users`");
    let chosen = read(&models(twice(), json!({ "target": "tags", "key": "b" }))).unwrap();
    assert_eq!(chosen.models[0].relations[0].through, Some(Through { model: 2, near: 2, far: 3 }));
    let friends = read(&models(twice(), json!({ "target": "users", "key": "a" }))).unwrap();
    assert_eq!(friends.models[0].relations[0].through, Some(Through { model: 2, near: 1, far: 2 }));
    refused(&models(json!([]), json!({ "target": "tags", "through": "nope" })), "users", "the model `nope` is missing");
}
