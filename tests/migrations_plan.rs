//! The schema at any set of revisions, in any order; and the named ones if two do not fit.

use plinth::dialect::postgres::syntax::Postgres;
use plinth::dialect::sqlite::syntax::Sqlite;
use plinth::dialect::Dialect;
use plinth::diff::{diff, same, Choices, Constraint, Operation, Outcome};
use plinth::error::{Code, Error};
use plinth::migrate::disk::graph::Graph;
use plinth::migrate::steps::destination::downgrade;
use plinth::migrate::steps::fold::{fold, head};
use plinth::migrate::steps::step::State;
use plinth::migrate::{Direction, Revision};
use plinth::schema::{Action, Check, Column, ForeignKey, Index, IndexKey, IndexPart, Kind, Schema, Table};
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::path::PathBuf;

fn column(name: &str) -> Column {
    Column { nullable: true, ..Column::new(name, Kind::Integer) }
}

fn create(name: &str) -> Operation {
    let columns = vec![Column { nullable: false, ..column("key") }];
    Operation::CreateTable {
        table: Table { name: name.into(), columns, primary_key: vec!["key".into()], ..Table::default() },
    }
}

fn add(table: &str, name: &str) -> Operation {
    Operation::AddColumn { table: table.into(), column: column(name), backfill: None }
}

fn rename(from: &str, to: &str) -> Operation {
    Operation::RenameTable { from: from.into(), to: to.into() }
}

fn version(number: usize) -> String {
    format!("202611201015{number:02}")
}

fn revision(number: usize, after: &[usize], operations: Vec<Operation>) -> Revision {
    let (version, name) = (version(number), format!("r{number}"));
    let folder = PathBuf::from(format!("/somewhere/migrations/{version}_{name}"));
    let after = after.iter().map(|number| self::version(*number)).collect();
    Revision { version, name, after, operations, checksums: [].into(), folder, files: [].into() }
}

fn set(numbers: &[usize]) -> BTreeSet<String> {
    numbers.iter().map(|number| version(*number)).collect()
}

/// 1, then 2 and 3 that do not know each other, then 4 after both; 5 after 3 alone.
fn branches() -> Vec<Revision> {
    let after: [&[usize]; 5] = [&[], &[1], &[1], &[2, 3], &[3]];
    (1..=5).map(|number| revision(number, after[number - 1], vec![create(&format!("t{number}"))])).collect()
}

#[track_caller]
fn refused<T: std::fmt::Debug>(result: Result<T, Error>, code: Code, words: &str) -> Error {
    let error = result.expect_err("this should be refused");
    assert_eq!(error.code, code, "{error:?}");
    assert!(error.message.contains(words), "`{words}` is not in: {}", error.message);
    assert!(error.hint.is_some(), "{error:?}");
    error
}

#[test]
fn the_fold_of_any_set() {
    let revisions = branches();
    let graph = Graph::new(&revisions);
    let tables = |schema: Schema| schema.tables.into_iter().map(|table| table.name).collect::<Vec<_>>();
    assert_eq!(tables(head(&graph).unwrap()), ["t1", "t2", "t3", "t4", "t5"]);
    assert_eq!(tables(fold(&graph, [&revisions[0], &revisions[2]]).unwrap()), ["t1", "t3"]);
    assert_eq!(State::new(&graph, set(&[1, 5])).unwrap().schema().tables.len(), 2);
    refused(State::new(&graph, set(&[7])).map(|_| ()), Code::RevisionMissing, "20261120101507");
}

#[test]
fn two_that_change_the_same_are_both_named() {
    let both_add = [
        revision(1, &[], vec![create("users"), create("teams")]),
        revision(2, &[1], vec![add("users", "phone")]),
        revision(3, &[1], vec![add("teams", "name")]),
        revision(4, &[1], vec![add("users", "phone")]),
    ];
    let error = refused(
        head(&Graph::new(&both_add)),
        Code::RevisionConflict,
        "20261120101502_r2 and 20261120101504_r4 both change",
    );
    assert_eq!(error.table.as_deref(), Some("users"));
    assert!(error.message.contains("`phone`"), "{error}");

    let renamed = [
        revision(1, &[], vec![create("users")]),
        revision(2, &[1], vec![rename("users", "people")]),
        revision(3, &[1], vec![add("users", "phone")]),
    ];
    let error = refused(
        head(&Graph::new(&renamed)),
        Code::RevisionConflict,
        "20261120101502_r2 and 20261120101503_r3 both change",
    );
    assert_eq!(error.table.as_deref(), Some("users"));
}

#[test]
fn one_that_lacks_what_it_comes_after() {
    let revisions = [revision(1, &[], vec![create("users")]), revision(2, &[1], vec![add("users", "phone")])];
    let error = fold(&Graph::new(&revisions), [&revisions[1]]);
    refused(error, Code::RevisionConflict, "20261120101502_r2 comes after 20261120101501_r1, which is not applied");
    let broken = [revision(1, &[], vec![create("users")]), revision(2, &[1], vec![add("people", "phone")])];
    let path = "migrations/20261120101502_r2/operations.json does not fit what it comes after";
    refused(head(&Graph::new(&broken)), Code::RevisionInvalid, path);
}

#[test]
fn an_order_that_makes_a_difference_is_a_conflict() {
    // Nothing here finds anything gone; but what the rename makes of the check depends on which came first.
    let rename = Operation::RenameColumn { table: "users".into(), from: "phone".into(), to: "mobile".into() };
    let check = Constraint::Check(Check { name: "users_phone_check".into(), sql: "phone > 0".into() });
    let revisions = [
        revision(1, &[], vec![create("users"), add("users", "phone")]),
        revision(2, &[1], vec![rename]),
        revision(3, &[1], vec![Operation::AddConstraint { table: "users".into(), constraint: check }]),
        revision(4, &[1], vec![create("others")]),
    ];
    let graph = Graph::new(&revisions);
    let state = State::new(&graph, set(&[1, 4])).unwrap();
    let to = state.change(&revisions[1], Direction::Up).unwrap().to;
    assert!(to.table("others").is_some() && to.table("users").unwrap().column("mobile").is_some());
    let state = State::new(&graph, set(&[1, 3])).unwrap();
    let words = "20261120101503_r3 and 20261120101502_r2 both change the table `users`";
    let error = refused(state.change(&revisions[1], Direction::Up), Code::RevisionConflict, words);
    assert!(error.message.contains("Which of them comes first makes a difference"), "{error}");
}

#[test]
fn what_others_still_need_is_not_taken_back() {
    let revisions = [revision(1, &[], vec![create("users")]), revision(2, &[1], vec![add("users", "phone")])];
    let graph = Graph::new(&revisions);
    let state = State::new(&graph, set(&[1, 2])).unwrap();
    let words = "20261120101501_r1 cannot be reverted: 20261120101502_r2 comes after it and is applied";
    refused(state.change(&revisions[0], Direction::Down), Code::RevisionConflict, words);
}

/// Revisions of which each comes after some earlier ones and makes a table of its own.
fn graphs() -> impl Strategy<Value = Vec<Revision>> {
    proptest::collection::vec(proptest::collection::vec(any::<proptest::sample::Index>(), 0..3), 1..20).prop_map(
        |all| {
            let after = |number: usize, after: &[proptest::sample::Index]| -> Vec<usize> {
                let chosen: BTreeSet<usize> =
                    after.iter().filter(|_| number > 0).map(|index| index.index(number)).collect();
                chosen.into_iter().collect()
            };
            let revision = |(number, chosen): (usize, &Vec<_>)| {
                revision(number, &after(number, chosen), vec![create(&format!("t{number}"))])
            };
            all.iter().enumerate().map(revision).collect()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_order_leads_to_the_fold_and_back(revisions in graphs(), picks in proptest::collection::vec(any::<proptest::sample::Index>(), 400)) {
        let mut picks = picks.into_iter();
        let graph = Graph::new(&revisions);
        let mut state = State::new(&graph, BTreeSet::new()).unwrap();
        let mut log: Vec<String> = Vec::new();
        while log.len() < revisions.len() {
            let next = match picks.next() {
                Some(pick) => &revisions[pick.index(revisions.len())],
                None => revisions.iter().find(|revision| !log.contains(&revision.version)).unwrap(),
            };
            let known = next.after.iter().all(|version| log.contains(version));
            if known && !log.contains(&next.version) {
                let change = state.change(next, Direction::Up).unwrap();
                state.take(next, Direction::Up, change.to);
                log.push(next.version.clone());
            }
        }
        prop_assert!(same(state.schema(), &head(&graph).unwrap()));
        for revision in downgrade(&graph, &log, "base").unwrap() {
            let change = state.change(revision, Direction::Down).unwrap();
            state.take(revision, Direction::Down, change.to);
            prop_assert!(same(state.schema(), State::new(&graph, state.applied().clone()).unwrap().schema()));
        }
        prop_assert_eq!(state.schema(), &Schema::default());
    }
}

/// Tables of twenty columns, with a check, an index and a foreign key each.
fn many(tables: usize) -> Vec<Table> {
    let kinds = [Kind::Integer, Kind::Text { max: Some(80) }, Kind::Timestamp, Kind::Boolean, Kind::Json];
    let table = |number: usize| {
        let columns = (0..19).map(|at| Column { kind: kinds[at % 5].clone(), ..column(&format!("c{at}")) });
        let id = Column { kind: Kind::Id, nullable: false, ..column("id") };
        let name = format!("t{number}");
        let key = ForeignKey {
            name: format!("{name}_c0_fkey"),
            columns: vec!["c0".into()],
            table: format!("t{}", number / 2),
            references: vec!["id".into()],
            on_delete: Action::Cascade,
            on_update: Action::NoAction,
        };
        let part = IndexPart { key: IndexKey::Column("c1".into()), desc: false };
        Table {
            columns: std::iter::once(id).chain(columns).collect(),
            primary_key: vec!["id".into()],
            checks: vec![Check { name: format!("{name}_check"), sql: "c0 > 0 AND c5 <> 'x'".into() }],
            foreign_keys: vec![key],
            indexes: vec![Index { name: format!("{name}_idx"), parts: vec![part], unique: false, filter: None }],
            name,
            ..Table::default()
        }
    };
    (0..tables).map(table).collect()
}

#[test]
fn a_thousand_tables_change_at_once() {
    let from = Schema { tables: many(1000) };
    let mut to = from.clone();
    for table in to.tables.iter_mut().step_by(2) {
        table.columns.push(column("added"));
        table.columns.remove(19);
    }
    let create = match diff(&Schema::default(), &from, &Choices::default()).unwrap() {
        Outcome::Operations(operations) => operations,
        other => panic!("{other:?}"),
    };
    let drops = (0..1000).step_by(2).map(|number| format!("t{number}.c18")).collect();
    let choices = Choices { drops, ..Choices::default() };
    let revisions = [revision(1, &[], create)];
    let folded = head(&Graph::new(&revisions)).unwrap();
    let Outcome::Operations(operations) = diff(&folded, &to, &choices).unwrap() else { panic!("questions") };
    let sql: Vec<usize> = [&Sqlite as &dyn Dialect, &Postgres]
        .iter()
        .map(|dialect| dialect.render(&folded, &operations).unwrap().len())
        .collect();
    assert_eq!(operations.len(), 1000);
    assert!(sql.iter().all(|statements| *statements >= 1000), "{sql:?}");
}
