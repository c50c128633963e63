//! A repair that takes something away, in a database that was protected after a start had looked: the transaction of the repair
//! asks for the word itself.

mod support;

use plinth::dialect::DialectName;
use plinth::engine::sqlite::admin::AdminConnection;
use plinth::error::Code;
use plinth::migrate::disk::graph::Graph;
use plinth::migrate::log::protection::{Guard, Protection, Word};
use plinth::repair::report::Outcome;
use plinth::repair::{run, Asked, Wanted};
use plinth::statement::{Execute, Statement};
use serde_json::json;
use support::tables::{schema, table};
use support::Database;

fn guarded(name: DialectName, connection: &mut dyn Execute) {
    let dialect = name.dialect();
    let schema = schema(json!([table("users", json!([["email", "text"]]), json!({}))]));
    connection.batch(&dialect.create_table(&schema.tables[0])).unwrap();
    connection.batch("INSERT INTO users (email) VALUES ('a'), ('b')").unwrap();
    connection.batch("ALTER TABLE users ADD COLUMN stray integer DEFAULT 7").unwrap();
    let word = Word::new("correct horse");
    let protection = Protection::by(&word).unwrap();
    dialect.transaction(connection, &mut |connection| protection.add(dialect, connection)).unwrap();
    let start = |connection: &mut dyn Execute, word: Option<&Word>| {
        let asked = Asked {
            guard: Guard::Word(word),
            graph: &Graph::new(&[]),
            models: Some(&schema),
            wanted: &Wanted::default(),
            destructive: true,
            start: true,
            is_private: &|_, _| None,
            by: "start",
            keep: None,
        };
        run(dialect, connection, &asked)
    };
    let strays = |connection: &mut dyn Execute| {
        connection.query(&Statement::new("SELECT count(*) FROM users WHERE stray = 7")).unwrap()[0][0].as_int()
    };
    for wrong in [None, Some(Word::new("mule"))] {
        let error = start(connection, wrong.as_ref()).unwrap_err();
        assert_eq!(error.code, Code::Protected);
        assert!(error.message.contains("drops the column users.stray with all its values (2 rows)"), "{error}");
        assert!(!error.to_string().contains("mule"));
        assert_eq!(strays(connection), Some(2));
    }
    let report = start(connection, Some(&word)).unwrap();
    assert_eq!((report.outcome, report.remaining), (Outcome::Repaired, Vec::new()));
}

#[test]
fn a_start_asks_for_the_word_in_its_repair_on_sqlite() {
    guarded(DialectName::Sqlite, &mut AdminConnection::open(":memory:", 1000).unwrap());
}

#[test]
fn a_start_asks_for_the_word_in_its_repair_on_postgres() {
    let Some(database) = Database::new() else { return };
    guarded(DialectName::Postgres, &mut database.open());
}
