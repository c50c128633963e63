//! Drift on real databases: each kind of difference made by hand, found, graded, and mended by the SQL that its fix tells.

mod support;

use plinth::dialect::DialectName;
use plinth::drift::{Findings, Grade};
use plinth::schema::Schema;
use serde_json::json;
use support::drifting::{Knows, Place, NOTHING};
use support::tables::{key, schema, table};
use Grade::{Blocked, Destructive, MissingData, Safe};

fn models() -> Schema {
    let columns = json!([
        ["email", "text", { "max": 50 }],
        ["name", "text"],
        ["age", "int32", { "nullable": true }],
        ["score", "integer", { "default": { "value": 7 } }],
        ["team_id", "integer", { "nullable": true }],
    ]);
    let more = json!({
        "uniques": [{ "columns": ["email"] }],
        "checks": [{ "sql": "age > 0", "columns": ["age"] }],
        "foreignKeys": [key(&["team_id"], "teams", &["id"], "cascade")],
        "indexes": [{ "parts": [{ "column": "name" }] },
                    { "parts": [{ "column": "age", "desc": true }], "unique": true, "where": "age > 5", "name": "oldest" }],
    });
    schema(json!([
        table("teams", json!([["title", "text"]]), json!({})),
        table("users", columns, more),
        table(
            "words",
            json!([["one", "text"], ["two", "date", { "nullable": true }], ["three", "boolean"]]),
            json!({})
        ),
    ]))
}

/// Differences that the same SQL makes on both.
fn on_both(place: &mut Place) {
    let sqlite = place.dialect.name() == DialectName::Sqlite;
    place.differs("DROP TABLE words", &[("words", "table", "", MissingData)]);
    let found = place.differs("ALTER TABLE words RENAME TO terms", &[("words", "table", "", MissingData)]);
    assert_eq!(found.differences[0].alike, ["terms"]);
    assert_eq!(found.differences[0].message, "words: expected a table, found none. Renamed? terms is new and alike.");

    place.differs("ALTER TABLE words DROP COLUMN two", &[("words", "column", "two", MissingData)]);
    let text = if sqlite { "TEXT" } else { "text COLLATE \"C\"" };
    let extra = format!("ALTER TABLE words ADD COLUMN my_extra {text}");
    let found = place.differs(&extra, &[("words", "column", "my_extra", Destructive)]);
    assert_eq!(found.differences[0].model.as_deref(), Some("myExtra: c.text().nullable()"));
    assert_eq!(found.differences[0].message, format!("words.my_extra: expected no such column, found {text}."));
    assert_eq!(
        found.differences[0].fix,
        "To keep it, declare `myExtra: c.text().nullable()` in the models, then run `plinth revision` and `plinth upgrade`. Or drop it. \
         Run `plinth repair --destructive`, which runs: ALTER TABLE \"words\" DROP COLUMN \"my_extra\";"
    );
    let renamed = [("words", "column", "full_one", Destructive), ("words", "column", "one", MissingData)];
    let found = place.differs("ALTER TABLE words RENAME COLUMN one TO full_one", &renamed);
    assert_eq!(found.differences[1].alike, ["full_one"]);
    assert!(found.differences[1].message.ends_with("Renamed? words.full_one is new and alike."));

    place.differs("DROP INDEX users_name_idx", &[("users", "index", "users_name_idx", Safe)]);
    place.differs("DROP INDEX oldest", &[("users", "index", "oldest", Safe)]);
    let changed = "DROP INDEX oldest; CREATE UNIQUE INDEX oldest ON users (age DESC) WHERE age > 6";
    place.differs(changed, &[("users", "index", "oldest", Safe)]);
    let found = place.differs(
        "CREATE UNIQUE INDEX words_three_idx ON words (three)",
        &[("words", "index", "words_three_idx", Destructive)],
    );
    assert_eq!(found.differences[0].model.as_deref(), Some("index(t.three).unique()"));
    let ours = "CREATE INDEX words_three_idx ON words (three)";
    place.differs(ours, &[("words", "index", "words_three_idx", Safe)]);

    // Others may add an index that is not unique; one that has the parts of a missing one is named.
    let found = place.differs("CREATE INDEX by_hand ON words (three)", &[]);
    assert_eq!(told(&found), ["an index by_hand of words"]);
    let found = place.differs(
        "DROP INDEX users_name_idx; CREATE INDEX by_hand ON users (name)",
        &[("users", "index", "users_name_idx", Safe)],
    );
    assert_eq!(found.differences[0].alike, ["by_hand"]);

    let found = place.differs(
        "CREATE TABLE notes (a int); CREATE VIEW v AS SELECT 1 AS one; CREATE TABLE _litestream_seq (a int);
         CREATE TABLE _prisma_migrations (a int); CREATE TABLE schema_migrations (a int); CREATE TABLE plinth_history (a int)",
        &[],
    );
    let foreign = [
        "a table notes",
        "a table of Litestream _litestream_seq",
        "a table of Plinth plinth_history",
        "a table of Prisma _prisma_migrations",
        "a table of another migration tool schema_migrations",
        "a view v",
    ];
    assert_eq!(told(&found), foreign);
}

/// An object that names a renamed column or table differs in that name only.
fn renamed(place: &mut Place) {
    place.start_over();
    place.run("ALTER TABLE users RENAME COLUMN email TO mail; ALTER TABLE teams RENAME TO groups");
    let found = place.find(&NOTHING, true).differences;
    let of = |object: &str| found.iter().filter(|it| it.object == object).collect::<Vec<_>>();
    assert_eq!(of("table")[0].alike, ["groups"]);
    assert_eq!(of("unique")[0].fix, "Decide about mail: this difference ends with it.");
    assert_eq!(of("foreign key")[0].fix, "Decide about groups: this difference ends with it.");
    let others = found.iter().filter(|it| !["table", "column"].contains(&it.object));
    assert!(others.clone().all(|it| it.grade == Safe), "{:#?}", others.collect::<Vec<_>>());
    let fix =
        "If it was renamed, run `plinth repair --rename groups:teams`, which keeps what it holds. If it was not: \
               `plinth repair --recreate teams`.";
    assert_eq!(of("table")[0].fix, fix);
    place.mends("renamed", &Findings { differences: found, ..Findings::default() });
    assert_eq!(place.find(&NOTHING, true).differences, []);
}

#[test]
fn as_json() {
    let mut place = Place::sqlite(models());
    place.run("DROP TABLE words; CREATE TABLE notes (a)");
    let found = serde_json::to_value(place.find(&NOTHING, true)).unwrap();
    let keys: Vec<&str> = found["differences"][0].as_object().unwrap().keys().map(String::as_str).collect();
    let mut expected =
        ["table", "object", "name", "expected", "found", "grade", "message", "why", "fix", "model", "rows", "alike"];
    expected.sort_unstable();
    assert_eq!(keys.iter().collect::<std::collections::BTreeSet<_>>(), expected.iter().collect());
    assert_eq!(found["differences"][0]["grade"], "missing-data");
    assert_eq!(found["foreign"], json!([{ "what": "a table", "name": "notes", "table": null }]));
}

fn told(found: &Findings) -> Vec<String> {
    let on = |table: &Option<String>| table.as_ref().map(|table| format!(" of {table}")).unwrap_or_default();
    found.foreign.iter().map(|thing| format!("{} {}{}", thing.what, thing.name, on(&thing.table))).collect()
}

/// Without revisions the models are the basis: what they have gained since was never there.
fn without_revisions(place: &mut Place) {
    let add = |place: &mut Place, sql: &str, known: Knows| -> Vec<(String, Grade, String)> {
        place.start_over();
        place.run(sql);
        let found = place.find(&known, false).differences;
        found.into_iter().map(|it| (it.name.unwrap_or_default(), it.grade, it.fix)).collect()
    };
    let found = add(place, "DROP TABLE words", Knows(&[]));
    assert_eq!(
        found[..],
        [(String::new(), Safe, "Run `plinth init` or `plinth repair`: both create missing tables.".into())]
    );
    assert_eq!(add(place, "DROP TABLE words", Knows(&["words"]))[0].1, MissingData);
    let drop = "ALTER TABLE words DROP COLUMN two; ALTER TABLE words DROP COLUMN one";
    let found = add(place, drop, Knows(&["words"]));
    assert_eq!(
        found.iter().map(|(name, grade, _)| (name.as_str(), *grade)).collect::<Vec<_>>(),
        [("one", Blocked), ("two", Safe)]
    );
    let date = if place.dialect.name() == DialectName::Sqlite { "DATE TEXT" } else { "date" };
    assert_eq!(
        found[1].2,
        format!("Run `plinth repair`, which runs: ALTER TABLE \"words\" ADD COLUMN \"two\" {date};")
    );
    let found = add(place, drop, Knows(&["words.one", "words.two"]));
    assert!(found.iter().all(|(_, grade, _)| *grade == MissingData), "{found:?}");
}

#[test]
fn on_sqlite() {
    let mut place = Place::sqlite(models());
    on_both(&mut place);
    without_revisions(&mut place);
    renamed(&mut place);
}

/// SQLite changes these only by making the table anew.
#[test]
fn tables_made_anew_on_sqlite() {
    let mut place = Place::sqlite(schema(json!([table(
        "t",
        json!([["a", "text", { "max": 50 }], ["b", "integer", { "nullable": true, "default": { "value": 1 } }]]),
        json!({ "uniques": [{ "columns": ["a"] }], "checks": [{ "sql": "b > 0", "columns": ["b"] }] })
    )])));
    let sql = place.dialect.create_table(&place.schema.tables[0]);
    let mut differs = |from: &str, to: &str, expected: &[(&str, &str, &str, Grade)]| {
        let changed = sql.replacen(from, to, 1);
        assert_ne!(changed, sql, "{from}");
        place.differs(&format!("DROP TABLE t; {changed}"), expected)
    };
    let found = differs("VARCHAR(50)", "TEXT", &[("t", "column", "a", Destructive)]);
    assert_eq!(found.differences[0].message, "t.a: expected VARCHAR(50), found TEXT.");
    assert_eq!(found.differences[0].model.as_deref(), Some("a: c.text()"));
    differs("VARCHAR(50)", "VARCHAR(20)", &[("t", "column", "a", Safe)]);
    differs("\"b\" INTEGER", "\"b\" BLOB", &[("t", "column", "b", Blocked)]);
    differs("VARCHAR(50) NOT NULL", "VARCHAR(50)", &[("t", "nullable", "a", Safe)]);
    differs("\"b\" INTEGER", "\"b\" INTEGER NOT NULL", &[("t", "nullable", "b", Destructive)]);
    differs("VARCHAR(50) NOT NULL", "VARCHAR(50) COLLATE NOCASE NOT NULL", &[("t", "column", "a", Safe)]);
    differs("DEFAULT 1", "DEFAULT 2", &[("t", "default", "b", Safe)]);
    let found = differs(" DEFAULT 1", "", &[("t", "default", "b", Safe)]);
    assert_eq!(found.differences[0].message, "t.b: expected the default 1, found none.");
    differs(
        "\"b\" INTEGER DEFAULT 1",
        "\"b\" INTEGER AS (length(a))",
        &[("t", "column", "b", Blocked), ("t", "default", "b", Safe)],
    );
    differs(" AUTOINCREMENT", "", &[("t", "primary key", "t_pkey", Safe)]);
    differs("(\"a\")", "(\"a\", \"b\")", &[("t", "unique", "t_a_key", Safe)]);
    let unique = "  CONSTRAINT \"t_a_key\" UNIQUE (\"a\"),\n";
    differs(unique, "", &[("t", "unique", "t_a_key", Safe)]);
    let found = differs("\"t_a_key\"", "\"k\"", &[("t", "unique", "k", Destructive), ("t", "unique", "t_a_key", Safe)]);
    assert_eq!(found.differences[1].alike, ["k"]);
    assert_eq!(found.differences[0].model.as_deref(), Some("unique(t.a).name('k')"));
    differs("CHECK (b > 0)", "CHECK (b > 1)", &[("t", "check", "t_b_check", Safe)]);
    let unnamed = "CONSTRAINT \"t_b_check\" CHECK (b > 0)";
    differs(unnamed, &format!("{unnamed}, CHECK (b < 9)"), &[("t", "check", "", Destructive)]);
    let reference = format!("{unnamed}, CONSTRAINT f FOREIGN KEY (b) REFERENCES t (id) ON DELETE CASCADE");
    let found = differs(unnamed, &reference, &[("t", "foreign key", "f", Destructive)]);
    let line = "foreignKey([t.b], 't', ['id'], { onDelete: 'cascade' }).name('f')";
    assert_eq!(found.differences[0].model.as_deref(), Some(line));
    let keyed = "INTEGER CONSTRAINT \"t_pkey\" PRIMARY KEY AUTOINCREMENT";
    let strict = sql.replacen(keyed, "INTEGER PRIMARY KEY", 1).replace("VARCHAR(50)", "TEXT");
    let options =
        [("t", "column", "a", Destructive), ("t", "primary key", "t_pkey", Safe), ("t", "options", "", Destructive)];
    for word in ["STRICT", "WITHOUT ROWID"] {
        place.differs(&format!("DROP TABLE t; {strict} {word}"), &options);
    }
}

#[test]
fn on_postgres() {
    let Some(mut place) = Place::postgres(models()) else { return };
    on_both(&mut place);
    without_revisions(&mut place);
    renamed(&mut place);
}

#[test]
fn columns_on_postgres() {
    let Some(mut place) = Place::postgres(models()) else { return };
    let mut users = |change: &str, expected: &[(&str, &str, &str, Grade)]| {
        place.differs(&format!("ALTER TABLE users {change}"), expected)
    };
    let found = users("ALTER email TYPE text COLLATE \"C\"", &[("users", "column", "email", Destructive)]);
    let message = "users.email: expected character varying(50) COLLATE \"C\", found text COLLATE \"C\".";
    assert_eq!(found.differences[0].message, message);
    assert_eq!(found.differences[0].model.as_deref(), Some("email: c.text()"));
    users("ALTER email TYPE varchar(20) COLLATE \"C\"", &[("users", "column", "email", Safe)]);
    users("ALTER name TYPE text COLLATE \"default\"", &[("users", "column", "name", Safe)]);
    users("ALTER score TYPE int", &[("users", "column", "score", Safe)]);
    users("ALTER age TYPE smallint", &[("users", "column", "age", Safe)]);
    users("ALTER name TYPE bytea USING NULL", &[("users", "column", "name", Blocked)]);
    users("ALTER score TYPE numeric", &[("users", "column", "score", Blocked)]);
    users("ALTER name DROP NOT NULL", &[("users", "nullable", "name", Safe)]);
    users("ALTER age SET NOT NULL", &[("users", "nullable", "age", Destructive)]);
    users("ALTER score DROP DEFAULT", &[("users", "default", "score", Safe)]);
    users("ALTER score SET DEFAULT 8", &[("users", "default", "score", Safe)]);
    users("ALTER name SET DEFAULT 'x'", &[("users", "default", "name", Safe)]);
    users("ALTER id DROP IDENTITY", &[("users", "column", "id", Safe)]);
    let serial = [("users", "column", "id", Safe), ("users", "default", "id", Safe)];
    users("ALTER id DROP IDENTITY, ALTER id SET DEFAULT 5", &serial);
    users("ALTER id SET GENERATED ALWAYS", &[("users", "column", "id", Safe)]);
    users(
        "DROP score, ADD score bigint NOT NULL GENERATED ALWAYS AS (id + 1) STORED",
        &[("users", "column", "score", Blocked), ("users", "default", "score", Safe)],
    );
    place.differs("COMMENT ON COLUMN users.name IS 'It''s'", &[("users", "comment", "name", Safe)]);
    place.differs("COMMENT ON TABLE users IS 'People'", &[("users", "comment", "", Safe)]);
}

#[test]
fn constraints_and_indexes_on_postgres() {
    let Some(mut place) = Place::postgres(models()) else { return };
    let mut users = |change: &str, expected: &[(&str, &str, &str, Grade)]| {
        place.differs(&format!("ALTER TABLE users {change}"), expected)
    };
    users("DROP CONSTRAINT users_email_key", &[("users", "unique", "users_email_key", Safe)]);
    users("DROP CONSTRAINT users_age_check", &[("users", "check", "users_age_check", Safe)]);
    users("DROP CONSTRAINT users_team_id_fkey", &[("users", "foreign key", "users_team_id_fkey", Safe)]);
    let add =
        "DROP CONSTRAINT users_team_id_fkey, ADD CONSTRAINT users_team_id_fkey FOREIGN KEY (team_id) REFERENCES teams";
    for end in ["", " ON DELETE CASCADE ON UPDATE CASCADE", " ON DELETE CASCADE DEFERRABLE"] {
        users(&format!("{add}{end}"), &[("users", "foreign key", "users_team_id_fkey", Safe)]);
    }
    let found =
        users(&format!("{add} ON DELETE CASCADE NOT VALID"), &[("users", "foreign key", "users_team_id_fkey", Safe)]);
    let validate = "Run `plinth repair`, which runs: ALTER TABLE \"users\" VALIDATE CONSTRAINT \"users_team_id_fkey\";";
    assert_eq!(found.differences[0].fix, validate);
    let renamed = [("users", "unique", "mails", Destructive), ("users", "unique", "users_email_key", Safe)];
    let found = users("RENAME CONSTRAINT users_email_key TO mails", &renamed);
    assert_eq!(found.differences[1].alike, ["mails"]);
    let found = users("ADD CHECK (score > 0)", &[("users", "check", "users_score_check", Destructive)]);
    let line = "check('(score > 0)').name('users_score_check')";
    assert_eq!(found.differences[0].model.as_deref(), Some(line));
    users("ADD EXCLUDE (name WITH =)", &[("users", "constraint", "users_name_excl", Destructive)]);
    users("DROP CONSTRAINT users_pkey", &[("users", "primary key", "users_pkey", Safe)]);
    let key = "DROP CONSTRAINT users_pkey, ADD CONSTRAINT users_pkey PRIMARY KEY (id, name)";
    users(key, &[("users", "primary key", "users_pkey", Blocked)]);
    let found = users("RENAME CONSTRAINT users_pkey TO mine", &[("users", "primary key", "users_pkey", Safe)]);
    assert_eq!(found.differences[0].alike, ["mine"]);
    let other = "DROP CONSTRAINT users_pkey, ADD CONSTRAINT mine PRIMARY KEY (id, name)";
    users(other, &[("users", "primary key", "users_pkey", Blocked)]);
    users("SET UNLOGGED", &[("users", "options", "", Safe)]);

    let invalid = |name: &str| format!("UPDATE pg_index SET indisvalid = false WHERE indexrelid = '{name}'::regclass");
    let found = place.differs(&invalid("users_name_idx"), &[("users", "index", "users_name_idx", Safe)]);
    assert_eq!(found.differences[0].fix, "Run `plinth repair`, which runs: REINDEX INDEX \"users_name_idx\";");
    let extra = format!("CREATE INDEX by_hand ON users (name); {}", invalid("by_hand"));
    place.differs(&extra, &[("users", "index", "by_hand", Safe)]);
    place.differs(
        "ALTER INDEX oldest RENAME TO eldest",
        &[("users", "index", "eldest", Destructive), ("users", "index", "oldest", Safe)],
    );
    place.differs(
        "DROP INDEX users_name_idx; CREATE INDEX users_name_idx ON users USING hash (name)",
        &[("users", "index", "users_name_idx", Safe)],
    );
}

#[test]
fn what_is_foreign_on_postgres() {
    let Some(mut place) = Place::postgres(models()) else { return };
    let found = place.differs(
        "CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
         CREATE TRIGGER touched BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION touch();
         ALTER TABLE users ENABLE ROW LEVEL SECURITY; CREATE POLICY mine ON users USING (age > 1);
         CREATE STATISTICS s ON name, age FROM users; CREATE SEQUENCE loose; CREATE TYPE mood AS ENUM ('sad');
         CREATE RULE quiet AS ON DELETE TO words DO INSTEAD NOTHING; CREATE MATERIALIZED VIEW m AS SELECT 1",
        &[],
    );
    let foreign = [
        "a function touch()",
        "a materialized view m",
        "a policy mine of users",
        "a rule quiet of words",
        "a sequence loose",
        "a statistics object s",
        "a trigger touched of users",
        "a type mood",
        "row-level security enabled of users",
    ];
    assert_eq!(told(&found), foreign);
}

#[test]
fn sequences_behind_on_postgres() {
    let Some(mut place) = Place::postgres(models()) else { return };
    let found = place.differs("INSERT INTO teams VALUES (7, 'a')", &[("teams", "sequence", "id", Safe)]);
    let difference = &found.differences[0];
    assert_eq!(difference.message, "teams.id: expected a next number above 7, found 1.");
    assert_eq!((difference.expected.as_deref(), difference.found.as_deref()), (Some("above 7"), Some("1")));
    place.differs("INSERT INTO teams VALUES (7, 'a'); SELECT setval('teams_id_seq', 7)", &[]);
    let seven = "INSERT INTO teams VALUES (7, 'a'); SELECT setval('teams_id_seq', 6)";
    place.differs(seven, &[("teams", "sequence", "id", Safe)]);
    place.differs("INSERT INTO teams (title) VALUES ('a'), ('b')", &[]);
    place.differs("INSERT INTO teams (title) VALUES ('a'); ALTER SEQUENCE teams_id_seq RESTART WITH 9", &[]);
    // A table of others is not drift.
    place.differs("CREATE TABLE notes (id serial); INSERT INTO notes VALUES (3)", &[]);
}
