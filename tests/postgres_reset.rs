//! reset on a real PostgreSQL server: whatever is there goes, but nothing of extensions and of other schemas.

mod support;

use plinth::dialect::found::Survey;
use plinth::dialect::postgres::syntax::Postgres;
use plinth::dialect::DialectName;
use plinth::error::{Code, Result};
use plinth::migrate::log::protection::Guard;
use plinth::reset::ResetReport;
use plinth::schema::Models;
use plinth::statement::{Execute, Patience, Statement};
use serde_json::json;
use std::sync::Barrier;
use std::time::Duration;
use support::exotic::EXOTIC;
use support::{fresh, run, server, Database};

fn reset(connection: &mut dyn Execute, models: &Models) -> Result<ResetReport> {
    plinth::reset::reset(&Postgres, connection, models, (Guard::Open, &mut |_, _| Ok(Default::default())))
}

fn survey(connection: &mut dyn Execute) -> Survey {
    plinth::reset::survey(&Postgres, connection).unwrap()
}

fn models_with(check: &str) -> Models {
    let text = json!({ "format": 1, "models": [{ "model": "users", "table": "users", "primaryKey": ["id"],
        "columns": [{ "property": "id", "name": "id", "kind": "id" }], "checks": [{ "sql": check }] }] });
    Models::from_json(&text.to_string()).unwrap()
}

fn models() -> Models {
    models_with("id <> 0")
}

fn texts(connection: &mut dyn Execute, sql: &str) -> Vec<String> {
    let rows = connection.query(&Statement::new(sql)).unwrap();
    rows.iter().map(|row| row[0].as_str().unwrap_or_default().to_owned()).collect()
}

/// All that stands in a schema, but what is part of something.
fn objects(connection: &mut dyn Execute, schema: &str) -> Vec<String> {
    texts(
        connection,
        &format!(
            "SELECT d.objid || ' ' || i.type || ' ' || i.identity FROM pg_depend d \
             CROSS JOIN pg_identify_object(d.classid, d.objid, 0) i WHERE d.refclassid = 'pg_namespace'::regclass \
             AND d.refobjid = '{schema}'::regnamespace AND NOT EXISTS (SELECT FROM pg_depend p WHERE p.classid = d.classid \
             AND p.objid = d.objid AND p.objsubid = 0 AND p.deptype = 'i') ORDER BY 1"
        ),
    )
}

#[test]
fn reset_drops_whatever_is_there() {
    let Some(database) = Database::new() else { return };
    let mut connection = database.open();
    connection.batch(EXOTIC).unwrap();
    let others = objects(&mut connection, "other");
    let seen = survey(&mut connection);
    let counted = |name: &str| seen.tables.iter().find(|table| table.name == name).map(|table| table.rows);
    assert_eq!(counted("Größe 🦀"), Some(Some(2)));
    assert_eq!(counted("measures"), Some(Some(3)));
    assert_eq!(counted("measures_2020"), None);
    assert_eq!((counted("parent"), counted("child")), (Some(Some(1)), Some(Some(1))));
    assert_eq!(counted("far"), Some(None));
    assert_eq!(seen.views, ["v", "over", "mat", "on mat"]);
    assert_eq!(seen.triggers, ["touch on quo\"te", "each on measures"]);
    for other in ["type public.mood", "function public.touch()", "sequence public.loose", "aggregate public.nothing()"]
    {
        assert!(seen.others.iter().any(|seen| seen == other), "{:?}", seen.others);
    }
    assert!(!seen.others.iter().any(|other| other.contains("_seq")), "{:?}", seen.others);

    let report = reset(&mut connection, &models()).unwrap();
    assert!(seen.bytes.is_some_and(|bytes| bytes > 0));
    assert_eq!(report.dropped, Survey { bytes: None, ..seen });
    assert_eq!((report.dialect, report.init.created.tables.len()), (DialectName::Postgres, 1));
    let left = objects(&mut connection, "public");
    let left: Vec<&str> = left.iter().filter_map(|name| name.split_once(' ').map(|(_, name)| name)).collect();
    let expected = ["table public.plinth_seeds", "table public.plinth_shape", "table public.users"];
    let extension = |name: &&&str| !expected.contains(*name);
    // The objects of an extension still exist, and nothing else.
    let made = texts(
        &mut connection,
        "SELECT i.type || ' ' || i.identity FROM pg_depend d CROSS JOIN pg_identify_object(d.classid, d.objid, 0) i \
         WHERE d.deptype = 'e' UNION ALL SELECT 'extension ' || extname FROM pg_extension",
    );
    assert!(left.iter().filter(extension).all(|name| made.iter().any(|made| made == name)), "{left:?}");
    assert!(expected.iter().all(|name| left.contains(name)), "{left:?}");
    assert_eq!(objects(&mut connection, "other"), others);
    let after = survey(&mut connection);
    assert!(after.views.is_empty() && after.triggers.is_empty() && after.others.is_empty(), "{after:?}");
    // Our objects are counted, and go with the next.
    connection.batch("INSERT INTO users DEFAULT VALUES; INSERT INTO users DEFAULT VALUES").unwrap();
    let again = reset(&mut connection, &models()).unwrap();
    let rows: Vec<_> = again.dropped.tables.iter().map(|table| (table.name.as_str(), table.rows)).collect();
    assert_eq!(rows, [("users", Some(2)), ("plinth_seeds", Some(0)), ("plinth_shape", Some(1))]);
}

#[test]
fn extensions_keep_their_objects() {
    let Some(database) = Database::new() else { return };
    let mut connection = database.open();
    let known =
        "SELECT name::text FROM pg_available_extensions WHERE name IN ('citext', 'pgcrypto', 'hstore') ORDER BY 1";
    for name in texts(&mut connection, known) {
        connection.batch(&format!("CREATE EXTENSION {name}")).unwrap();
    }
    let extensions = objects(&mut connection, "public");
    if extensions.iter().any(|object| object.contains("citext")) {
        let sql = "CREATE TABLE mails (mail citext UNIQUE); CREATE FUNCTION lower2(citext) RETURNS citext LANGUAGE sql AS 'SELECT $1'; \
                   CREATE DOMAIN mail AS citext CHECK (value <> ''); CREATE VIEW mv AS SELECT mail = 'x' AS is FROM mails";
        connection.batch(sql).unwrap();
    }
    reset(&mut connection, &Models::from_json(r#"{"format":1,"models":[]}"#).unwrap()).unwrap();
    connection.batch("DROP TABLE plinth_seeds, plinth_shape").unwrap();
    assert_eq!(objects(&mut connection, "public"), extensions);
}

#[test]
fn what_hangs_on_ours_from_elsewhere_refuses_it() {
    let Some(database) = Database::new() else { return };
    for (sql, named) in [
        ("CREATE VIEW far.v AS SELECT * FROM v; CREATE VIEW far.w AS SELECT * FROM far.v", "view far.v; view far.w."),
        ("CREATE TABLE far.t (id bigint REFERENCES a)", "table constraint t_id_fkey on far.t."),
        ("CREATE TABLE far.t (m mood)", "table far.t."),
        ("CREATE TABLE far.t (id int DEFAULT nextval('public.s'))", "default value for far.t.id."),
        ("CREATE TABLE far.t (id int CHECK (f(id) > 0))", "table constraint t_id_check on far.t."),
        ("CREATE TABLE far.t (id int); CREATE INDEX i ON far.t (f(id))", "index far.i."),
        ("CREATE TABLE far.t (id int); CREATE POLICY p ON far.t USING (f(id) = 1)", "policy p on far.t."),
        (
            "CREATE TABLE far.t (id int); CREATE TRIGGER g BEFORE INSERT ON far.t EXECUTE FUNCTION tg()",
            "trigger g on far.t.",
        ),
        ("CREATE TABLE far.t (id int); CREATE RULE r AS ON DELETE TO far.t DO DELETE FROM a", "rule r on far.t."),
        ("CREATE TABLE far.t PARTITION OF p FOR VALUES IN (1)", "table far.t."),
        ("CREATE TABLE far.t () INHERITS (a)", "table far.t."),
        (
            "CREATE TABLE far.t (id int) PARTITION BY LIST (id); CREATE TABLE q PARTITION OF far.t DEFAULT",
            "table far.t, which has rows in q.",
        ),
        ("CREATE TABLE far.t (id int); CREATE TABLE q () INHERITS (far.t)", "table far.t, which has rows in q."),
        ("CREATE FUNCTION far.f(mood) RETURNS int LANGUAGE sql AS 'SELECT 1'", "function far.f(public.mood)."),
        ("CREATE MATERIALIZED VIEW far.m AS SELECT 1 AS one FROM a", "materialized view far.m."),
        ("CREATE EVENT TRIGGER e ON ddl_command_start EXECUTE FUNCTION ev()", "event trigger e."),
        ("CREATE TYPE far.c AS (m mood)", "type far.c."),
        ("CREATE DOMAIN far.d AS mood", "type far.d."),
        ("CREATE VIEW far.v AS SELECT f(1)", "view far.v."),
    ] {
        let mut connection = database.open();
        connection
            .batch(
                "CREATE SCHEMA far; CREATE TYPE mood AS ENUM ('x'); CREATE SEQUENCE s; CREATE TABLE a (id bigint PRIMARY KEY); \
                 CREATE VIEW v AS SELECT * FROM a; CREATE TABLE p (id int) PARTITION BY LIST (id); CREATE INDEX ON p (id); \
                 CREATE FUNCTION f(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1'; \
                 CREATE FUNCTION tg() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END'; \
                 CREATE FUNCTION ev() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'",
            )
            .unwrap();
        connection.batch(sql).unwrap();
        let before = (objects(&mut connection, "public"), objects(&mut connection, "far"));
        let error = reset(&mut connection, &models()).unwrap_err();
        assert_eq!(error.code, Code::ResetRefused, "{sql}: {error:?}");
        assert!(error.message.ends_with(named) && error.hint.is_some(), "{sql}: {error:?}");
        assert_eq!((objects(&mut connection, "public"), objects(&mut connection, "far")), before, "{sql}");
        // With both schemas on the path nothing is elsewhere, but what stands in no schema.
        connection.batch("DROP EVENT TRIGGER IF EXISTS e; SET search_path = public, far").unwrap();
        reset(&mut connection, &models()).unwrap();
        assert_eq!(objects(&mut connection, "far"), [""; 0], "{sql}");
        connection.batch("DROP SCHEMA far").unwrap();
    }
}

/// References that look like dependencies and are not, or do not block a reset.
#[test]
fn what_points_elsewhere_does_not_refuse_it() {
    let Some(database) = Database::new() else { return };
    let mut connection = database.open();
    connection
        .batch(
            "CREATE SCHEMA far; CREATE TABLE far.t (id int PRIMARY KEY, big text); CREATE TYPE far.mood AS ENUM ('x'); \
             CREATE TABLE ours (id int REFERENCES far.t, m far.mood, big text, again int REFERENCES far.t ON DELETE CASCADE); \
             CREATE VIEW v AS SELECT * FROM far.t; CREATE PUBLICATION pub FOR TABLE ours; \
             CREATE TYPE mood AS ENUM ('x'); CREATE FUNCTION f(mood) RETURNS int LANGUAGE sql AS 'SELECT 1'; \
             CREATE CAST (mood AS int) WITH FUNCTION f(mood); COMMENT ON TABLE ours IS 'x'; GRANT SELECT ON ours TO public; \
             ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO public; \
             INSERT INTO far.t VALUES (1); INSERT INTO ours VALUES (1)",
        )
        .unwrap();
    let far = objects(&mut connection, "far");
    reset(&mut connection, &models()).unwrap();
    assert_eq!(objects(&mut connection, "far"), far);
    assert_eq!(texts(&mut connection, "SELECT pubname::text FROM pg_publication"), ["pub"]);
    connection.batch("DELETE FROM far.t").unwrap();
}

#[test]
fn the_servers_own_schemas_are_never_ours() {
    let Some(database) = Database::new() else { return };
    let mut connection = database.open();
    connection.batch("CREATE TABLE t (a int); SET search_path = public, pg_catalog, information_schema").unwrap();
    let seen = survey(&mut connection);
    assert_eq!((seen.tables.len(), seen.views.len(), seen.others.len()), (1, 0, 0));
    reset(&mut connection, &models()).unwrap();
    connection.batch("SELECT * FROM information_schema.tables").unwrap();
}

#[test]
fn a_reset_that_fails_half_way_changes_nothing() {
    let Some(database) = Database::new() else { return };
    let mut connection = database.open();
    connection.batch(EXOTIC).unwrap();
    let before = objects(&mut connection, "public");
    assert_eq!(reset(&mut connection, &models_with("nonsense()")).unwrap_err().code, Code::SqlFailed);
    assert_eq!(objects(&mut connection, "public"), before);
    assert_eq!(texts(&mut connection, "SELECT count(*)::text FROM measures"), ["3"]);
}

#[test]
fn what_belongs_to_another_role_is_not_dropped() {
    let (Some(database), Some(server)) = (Database::new(), server()) else { return };
    let role = fresh("user");
    run(&server, &format!("CREATE ROLE {role}"));
    let mut connection = database.open();
    let sql = format!("CREATE TABLE t (a int); CREATE TABLE secret (a int); GRANT ALL ON SCHEMA public TO {role}; GRANT ALL ON t TO {role}; SET ROLE {role}");
    connection.batch(&sql).unwrap();
    // A survey says what it can.
    let rows: Vec<_> = survey(&mut connection).tables.iter().map(|table| table.rows).collect();
    assert_eq!(rows, [Some(0), None]);
    let error = reset(&mut connection, &models()).unwrap_err();
    assert_eq!(error.code, Code::PermissionDenied, "{error:?}");
    connection.batch(&format!("RESET ROLE; DROP OWNED BY {role}; SELECT * FROM t")).unwrap();
    run(&server, &format!("DROP ROLE {role}"));
}

#[test]
fn resets_and_inits_at_once() {
    let Some(database) = Database::new() else { return };
    let barrier = Barrier::new(8);
    std::thread::scope(|scope| {
        for i in 0..8 {
            let (database, barrier) = (&database, &barrier);
            scope.spawn(move || {
                let mut connection = database.open();
                barrier.wait();
                for _ in 0..5 {
                    match i % 2 {
                        0 => drop(plinth::init::init(&Postgres, &mut connection, &models()).unwrap()),
                        _ => drop(reset(&mut connection, &models()).unwrap()),
                    }
                }
            });
        }
    });
    let mut connection = database.open();
    let last = plinth::init::init(&Postgres, &mut connection, &models()).unwrap();
    assert_eq!((last.existing.tables.len(), last.pending.len()), (1, 0));
}

#[test]
fn a_reset_waits_for_others_but_not_for_ever() {
    let Some(database) = Database::new() else { return };
    let mut connection = database.open();
    reset(&mut connection, &models()).unwrap();
    let mut holder = database.open();
    holder.batch("BEGIN; INSERT INTO users DEFAULT VALUES").unwrap();
    let mut patience = Patience::default();
    patience.locks.all = Duration::from_secs(1);
    connection.set_patience(patience);
    let error = reset(&mut connection, &models()).unwrap_err();
    assert!(error.code == Code::Busy && error.retryable, "{error:?}");
    holder.batch("COMMIT").unwrap();
    assert_eq!(reset(&mut connection, &models()).unwrap().dropped.tables[0].rows, Some(1));
}

#[test]
fn many_tables() {
    let Some(database) = Database::new() else { return };
    let mut connection = database.open();
    connection
        .batch("DO $$ BEGIN FOR i IN 1..300 LOOP EXECUTE format('CREATE TABLE t%s (id bigserial PRIMARY KEY, a int REFERENCES t%s)', i, greatest(1, i - 1)); END LOOP; END $$")
        .unwrap();
    assert_eq!(reset(&mut connection, &models()).unwrap().dropped.tables.len(), 300);
}
