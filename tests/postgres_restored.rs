//! The server's text of a table is read the same once it was run again, as a restored dump does.

mod support;

use plinth::dialect::postgres::syntax::Postgres;
use plinth::dialect::shape::Shape;
use plinth::dialect::Contents;
use plinth::engine::postgres::admin::AdminConnection;
use plinth::statement::Execute;
use support::restored::RESTORE;
use support::Database;

const COLUMNS: &str =
    "v varchar(5) COLLATE \"C\", v2 varchar(9), w text, n numeric(5,2), i int, sm smallint, r float8, \
    arr text[], d date, ts timestamptz(3), j jsonb, b boolean";

/// Conditions of which the server keeps another text once its own is run, and others that are like them.
const CONDITIONS: [&str; 24] = [
    "v IN ('a', 'b')",
    "v NOT IN ('a,b', 'c)d', 'it''s', E'back\\\\slash')",
    "v IN ('(ARRAY[', 'x])::text[]')",
    "v IN (upper('a'), NULL, v2)",
    "v IN ('a'::varchar(3), 'b') AND (v IS NULL OR v2 NOT IN ('c', 'd'))",
    "CASE WHEN v IN ('a', 'b') THEN coalesce(v2, 'x') END IN ('c', 'd')",
    "v = ANY (ARRAY[CASE WHEN b THEN v ELSE v2 END, 'z'])",
    "w = ANY (ARRAY[v, v2])",
    "w = ANY (ARRAY[ARRAY[v, 'a'], ARRAY[v2, 'b']])",
    "w = ANY (ARRAY[(ARRAY[v, v2])[1], 'b'])",
    "n = ANY (ARRAY[i, sm, 3, -4])",
    "r = ANY (ARRAY[1, 2])",
    "v = 'a' OR v LIKE 'b%'",
    "v = ANY ('{a,b}')",
    "w IN ('a', 'b')",
    "lower(v) IN ('a', 'b')",
    "arr <@ ARRAY['a', 'b']",
    "ARRAY[v, v2]::text[] = arr",
    "i IN (1, 3000000000)",
    "n IN (1, 2.5)",
    "d IN ('2020-01-01', '2021-01-01') AND (ts AT TIME ZONE 'UTC')::date > d",
    "j->>'a' IN ('a', 'b')",
    "trim(v) <> '' AND substring(w from 1 for 2) <> 'x' AND extract(year from d) > 2000",
    "(v, i) IN (('a', 1), ('b', 2))",
];

fn shape(connection: &mut AdminConnection) -> Shape {
    Postgres.introspect(connection, None).unwrap()
}

#[test]
fn a_condition_is_read_the_same_once_its_text_was_run_again() {
    let Some(database) = Database::new() else { return };
    let mut connection = database.open();
    let mut table = format!("CREATE TABLE t ({COLUMNS}, flag boolean DEFAULT (current_user IN ('a', 'b')), ");
    table += "word varchar(5) DEFAULT 'x', kept boolean GENERATED ALWAYS AS (v IN ('a', 'b')) STORED)";
    connection.batch(&table).unwrap();
    for (number, condition) in CONDITIONS.iter().enumerate() {
        let sql = format!(
            "ALTER TABLE t ADD CONSTRAINT c{number} CHECK ({condition}); \
             CREATE INDEX i{number} ON t (({condition})) WHERE {condition}"
        );
        // Not what an index may compute: then the check alone.
        if connection.batch(&sql).is_err() {
            connection.batch(&format!("ALTER TABLE t ADD CONSTRAINT c{number} CHECK ({condition})")).unwrap();
        }
    }
    let before = shape(&mut connection);
    let table = before.tables.values().next().unwrap();
    assert!(table.constraints.len() == CONDITIONS.len() && table.indexes.len() > CONDITIONS.len() / 2, "{table:#?}");
    for time in ["once", "twice"] {
        connection.batch(RESTORE).unwrap();
        let after = shape(&mut connection);
        for (name, text) in &table.constraints {
            assert_eq!(after.tables.values().next().unwrap().constraints.get(name), Some(text), "{time}");
        }
        assert_eq!(after, before, "{time}");
    }
}

#[test]
fn lists_that_differ_are_told_apart() {
    let Some(database) = Database::new() else { return };
    let mut connection = database.open();
    let mut seen = std::collections::BTreeSet::new();
    for condition in [
        "v IN ('a', 'b')",
        "v IN ('a', 'c')",
        "v IN ('b', 'a')",
        "v IN ('a, b')",
        "v NOT IN ('a', 'b')",
        "v2 IN ('a', 'b')",
    ] {
        connection.batch(&format!("CREATE TABLE t ({COLUMNS}, CONSTRAINT c CHECK ({condition}))")).unwrap();
        let found = shape(&mut connection).tables.into_values().next().unwrap().constraints;
        assert!(seen.insert(found.into_values().collect::<Vec<_>>()), "{condition} is like another");
        connection.batch("DROP TABLE t").unwrap();
    }
}
