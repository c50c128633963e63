//! The needs of an operation: if its object has changed, `apply` reports it, naming the table and
//! the part.

use plinth::diff::{apply, Operation};
use plinth::error::Code;
use plinth::schema::{Models, Schema};
use serde_json::{json, Value};

fn schema() -> Schema {
    let text = json!({ "format": 1, "models": [
        { "model": "users", "table": "users", "primaryKey": ["id"],
          "columns": [
            { "property": "id", "name": "id", "kind": "id" },
            { "property": "email", "name": "email", "kind": "text" },
            { "property": "phone", "name": "phone", "kind": "text", "nullable": true },
            { "property": "boss", "name": "boss", "kind": "integer", "nullable": true },
          ],
          "uniques": [{ "columns": ["email"] }],
          "checks": [{ "sql": "length(phone) > 1", "columns": ["phone"] }],
          "indexes": [{ "parts": [{ "column": "boss" }] }],
          "foreignKeys": [{ "columns": ["boss"], "target": "users", "references": ["id"] }] },
        { "model": "posts", "table": "posts", "primaryKey": ["id"],
          "columns": [
            { "property": "id", "name": "id", "kind": "id" },
            { "property": "author", "name": "author", "kind": "integer" },
          ],
          "foreignKeys": [{ "columns": ["author"], "target": "users", "references": ["id"] }] },
    ] });
    Models::from_json(&text.to_string()).unwrap().schema
}

fn column(name: &str, kind: &str) -> Value {
    json!({ "name": name, "kind": kind })
}

fn nullable(name: &str, kind: &str) -> Value {
    json!({ "name": name, "kind": kind, "nullable": true })
}

fn key(name: &str, table: &str, references: &str) -> Value {
    let columns = ["boss"];
    json!({ "foreignKey": { "name": name, "columns": columns, "table": table, "references": [references] } })
}

#[test]
fn what_is_not_as_it_was_is_named() {
    let table = |name: &str| json!({ "name": name, "columns": [column("id", "id")], "primaryKey": ["id"] });
    let cases = [
        (json!({ "op": "createTable", "table": table("Users") }), "Users", "taken"),
        (json!({ "op": "createTable", "table": table("users_email_key") }), "users_email_key", "taken"),
        (json!({ "op": "dropTable", "table": table("tags") }), "tags", "gone"),
        (json!({ "op": "dropTable", "table": table("posts") }), "posts", "has changed"),
        (json!({ "op": "dropTable", "table": schema().tables[0] }), "users", "`posts` points to it"),
        (json!({ "op": "renameTable", "from": "people", "to": "persons" }), "people", "gone"),
        (json!({ "op": "renameTable", "from": "posts", "to": "USERS" }), "posts", "taken"),
        (json!({ "op": "commentTable", "table": "users", "from": "old", "to": null }), "users", "comment"),
        (
            json!({ "op": "addColumn", "table": "users", "column": column("Email", "text") }),
            "users",
            "`Email` is taken",
        ),
        (json!({ "op": "addColumn", "table": "people", "column": column("x", "text") }), "people", "gone"),
        (json!({ "op": "dropColumn", "table": "users", "column": column("fax", "text") }), "users", "`fax` is gone"),
        (
            json!({ "op": "dropColumn", "table": "users", "column": column("phone", "text") }),
            "users",
            "`phone` has changed",
        ),
        (
            json!({ "op": "dropColumn", "table": "users", "column": nullable("phone", "text") }),
            "users",
            "users_phone_check",
        ),
        (
            json!({ "op": "dropColumn", "table": "users", "column": column("email", "text") }),
            "users",
            "users_email_key",
        ),
        (
            json!({ "op": "dropColumn", "table": "users", "column": nullable("boss", "integer") }),
            "users",
            "users_boss_fkey",
        ),
        (json!({ "op": "dropColumn", "table": "users", "column": column("id", "id") }), "users", "the primary key"),
        (json!({ "op": "renameColumn", "table": "users", "from": "fax", "to": "x" }), "users", "`fax` is gone"),
        (json!({ "op": "renameColumn", "table": "users", "from": "phone", "to": "EMAIL" }), "users", "taken"),
        (
            json!({ "op": "alterColumn", "table": "users", "from": column("email", "json"), "to": column("email", "text") }),
            "users",
            "`email` has changed",
        ),
        (json!({ "op": "alterPrimaryKey", "table": "users", "from": ["email"], "to": ["id"] }), "users", "primary key"),
        (json!({ "op": "alterPrimaryKey", "table": "users", "from": ["id"], "to": ["fax"] }), "users", "`fax` is gone"),
        (
            json!({ "op": "addConstraint", "table": "posts", "constraint": { "unique": { "name": "users_boss_idx", "columns": ["author"] } } }),
            "posts",
            "taken",
        ),
        (
            json!({ "op": "addConstraint", "table": "users", "constraint": { "check": { "name": "Users_Boss_Fkey", "sql": "1 = 1" } } }),
            "users",
            "taken",
        ),
        (json!({ "op": "addConstraint", "table": "users", "constraint": key("k", "people", "id") }), "people", "gone"),
        (
            json!({ "op": "addConstraint", "table": "users", "constraint": key("k", "posts", "code") }),
            "posts",
            "`code` is gone",
        ),
        (
            json!({ "op": "dropConstraint", "table": "users", "constraint": { "check": { "name": "users_phone_check", "sql": "phone <> ''" } } }),
            "users",
            "users_phone_check",
        ),
        (
            json!({ "op": "dropConstraint", "table": "users", "constraint": key("users_boss_fkey", "posts", "id") }),
            "users",
            "users_boss_fkey",
        ),
        (json!({ "op": "renameConstraint", "table": "users", "from": "x", "to": "y" }), "users", "`x` is gone"),
        (
            json!({ "op": "renameConstraint", "table": "users", "from": "users_phone_check", "to": "users_email_key" }),
            "users",
            "taken",
        ),
        (
            json!({ "op": "addIndex", "table": "posts", "index": { "name": "users_boss_idx", "parts": [{ "column": "author" }] } }),
            "posts",
            "taken",
        ),
        (
            json!({ "op": "addIndex", "table": "posts", "index": { "name": "i", "parts": [{ "column": "boss" }] } }),
            "posts",
            "`boss` is gone",
        ),
        (
            json!({ "op": "dropIndex", "table": "users", "index": { "name": "users_boss_idx", "parts": [{ "column": "boss", "desc": true }] } }),
            "users",
            "users_boss_idx",
        ),
        (json!({ "op": "renameIndex", "table": "users", "from": "x", "to": "y" }), "users", "`x` is gone"),
    ];
    for (operation, table, words) in cases {
        let operation: Operation =
            serde_json::from_value(operation.clone()).unwrap_or_else(|e| panic!("{operation}: {e}"));
        let error = apply(&schema(), std::slice::from_ref(&operation)).expect_err(&format!("{operation:?}"));
        assert_eq!(
            (error.code, error.table.as_deref()),
            (Code::RevisionConflict, Some(table)),
            "{operation:?}: {error}"
        );
        assert!(error.message.contains(words), "{operation:?}: {error}");
    }
}

#[test]
fn a_column_to_which_others_point_stays() {
    let drop_key = json!({ "op": "alterPrimaryKey", "table": "users", "from": ["id"], "to": ["email"] });
    let drop_self =
        json!({ "op": "dropConstraint", "table": "users", "constraint": key("users_boss_fkey", "users", "id") });
    let drop_column = json!({ "op": "dropColumn", "table": "users", "column": column("id", "id") });
    let operations: Vec<Operation> =
        [drop_key, drop_self, drop_column].into_iter().map(|json| serde_json::from_value(json).unwrap()).collect();
    assert!(apply(&schema(), &operations[..2]).is_ok());
    let error = apply(&schema(), &operations).unwrap_err();
    assert!(error.message.contains("posts_author_fkey"), "{error}");
}
