//! The graph of revisions and what words mean in it: versions, prefixes, head, base, +n, -n; and that any order will do.

use plinth::error::{Code, Error};
use plinth::migrate::disk::graph::Graph;
use plinth::migrate::steps::destination::{downgrade, stamp, upgrade};
use plinth::migrate::Revision;
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::path::PathBuf;

fn version(number: usize) -> String {
    format!("202611201015{number:02}")
}

fn revision(number: usize, after: &[usize]) -> Revision {
    let (version, name) = (version(number), format!("r{number}"));
    let folder = PathBuf::from(format!("/somewhere/migrations/{version}_{name}"));
    let after = after.iter().map(|number| self::version(*number)).collect();
    Revision { version, name, after, operations: vec![], checksums: [].into(), folder, files: [].into() }
}

fn names(revisions: &[&Revision]) -> Vec<String> {
    revisions.iter().map(|revision| revision.name.clone()).collect()
}

fn set(numbers: &[usize]) -> BTreeSet<String> {
    numbers.iter().map(|number| version(*number)).collect()
}

/// 1, then 2 and 3 that do not know each other, then 4 after both; 5 after 3 alone.
fn branches() -> Vec<Revision> {
    let after: [&[usize]; 5] = [&[], &[1], &[1], &[2, 3], &[3]];
    (1..=5).map(|number| revision(number, after[number - 1])).collect()
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
fn leaves_ancestors_and_strangers() {
    let revisions = branches();
    let graph = Graph::new(&revisions);
    assert_eq!(graph.leaves(), [version(4), version(5)]);
    assert_eq!(names(&graph.ancestors(&version(4))), ["r1", "r2", "r3"]);
    assert_eq!(names(&graph.ancestors(&version(5))), ["r1", "r3"]);
    assert!(graph.knows(&version(4), &version(1)) && !graph.knows(&version(3), &version(2)));
    let unmerged: Vec<_> =
        graph.unmerged().iter().map(|(later, earlier)| (later.name.as_str(), earlier.name.as_str())).collect();
    assert_eq!(unmerged, [("r5", "r2"), ("r5", "r4")], "4 came after both 2 and 3");
    assert_eq!(names(&graph.out_of_order(&set(&[1, 3]))), ["r2"]);
    assert_eq!(graph.out_of_order(&set(&[])), [] as [&Revision; 0]);
    assert_eq!(Graph::new(&[]).leaves(), [] as [&str; 0]);
}

#[test]
fn upgrades() {
    let revisions = branches();
    let graph = Graph::new(&revisions);
    let to = |applied: &[usize], to: &str| upgrade(&graph, &set(applied), to);
    let ok = |applied: &[usize], word: &str| names(&to(applied, word).unwrap());
    assert_eq!(ok(&[], "head"), ["r1", "r2", "r3", "r4", "r5"]);
    assert_eq!(ok(&[1, 3], "head"), ["r2", "r4", "r5"], "what is out of order comes first");
    assert_eq!(ok(&[1], "+2"), ["r2", "r3"]);
    assert_eq!(ok(&[], &version(5)), ["r1", "r3", "r5"], "only what it comes after");
    assert_eq!(ok(&[1, 2, 3], "20261120101504_r"), ["r4"]);
    assert_eq!(ok(&[1, 2, 3, 4, 5], "head"), [""; 0]);
    assert_eq!(ok(&[1, 3, 5], &version(3)), [""; 0]);
    assert_eq!(ok(&[1], "current"), [""; 0]);
    let past =
        refused(to(&[1, 2, 3, 4], "+2"), Code::RevisionUnknown, "`+2` leads past the head: one revision is pending.");
    assert_eq!(past.found.as_deref(), Some("one revision is pending"));
    refused(to(&[], "+0"), Code::RevisionUnknown, "`+0` does not say how many");
    refused(to(&[], "+x"), Code::RevisionUnknown, "`+x` does not say how many");
    refused(to(&[], "-1"), Code::RevisionUnknown, "`-1` leads back");
    refused(to(&[], "base"), Code::RevisionUnknown, "`base` leads back");
    let error = refused(to(&[1, 9], "head"), Code::RevisionMissing, "The database has the revision 20261120101509");
    assert!(error.message.contains("its folder is missing"), "{error}");
    refused(
        to(&[8, 9], "head"),
        Code::RevisionMissing,
        "20261120101508, 20261120101509, and their folders are missing",
    );
}

#[test]
fn downgrades_take_back_the_last_applied_first() {
    let revisions = branches();
    let graph = Graph::new(&revisions);
    let order = |numbers: &[usize]| numbers.iter().map(|number| version(*number)).collect::<Vec<_>>();
    let to = |applied: &[usize], to: &str| downgrade(&graph, &order(applied), to);
    let ok = |applied: &[usize], word: &str| names(&to(applied, word).unwrap());
    assert_eq!(ok(&[1, 3, 5, 2], "-1"), ["r2"], "the log decides, not the version");
    assert_eq!(ok(&[1, 3, 5, 2], "-3"), ["r2", "r5", "r3"]);
    assert_eq!(ok(&[1, 3, 5, 2], "base"), ["r2", "r5", "r3", "r1"]);
    assert_eq!(ok(&[1, 3, 5, 2], &version(3)), ["r2", "r5"]);
    assert_eq!(ok(&[], "base"), [""; 0]);
    refused(to(&[1, 2], "-3"), Code::RevisionUnknown, "`-3` leads past the base: 2 revisions are applied.");
    refused(to(&[], "-1"), Code::RevisionUnknown, "`-1` leads past the base: no revision is applied.");
    refused(to(&[1], &version(2)), Code::RevisionUnknown, "20261120101502_r2 is not applied");
    refused(to(&[1], "head"), Code::RevisionUnknown, "`head` leads forward");
    refused(to(&[1], "+1"), Code::RevisionUnknown, "`+1` leads forward");
    refused(to(&[1, 9], "-1"), Code::RevisionMissing, "20261120101509");
}

#[test]
fn stamps() {
    let revisions = branches();
    let graph = Graph::new(&revisions);
    assert_eq!(names(&stamp(&graph, "head").unwrap()), ["r1", "r2", "r3", "r4", "r5"]);
    assert_eq!(names(&stamp(&graph, &version(5)).unwrap()), ["r1", "r3", "r5"]);
    assert_eq!(names(&stamp(&graph, "base").unwrap()), [""; 0]);
    refused(stamp(&graph, "+1"), Code::RevisionUnknown, "`+1` is not a target for a stamp");
}

#[test]
fn versions_and_their_beginnings() {
    let mut revisions = branches();
    revisions.push(Revision { version: "20270101000000".into(), name: "later".into(), ..revision(6, &[]) });
    let graph = Graph::new(&revisions);
    for word in ["20270101000000", "2027", "20270101000000_later"] {
        assert_eq!(graph.find(word).unwrap().name, "later", "{word}");
    }
    let error = refused(
        graph.find("2026"),
        Code::RevisionUnknown,
        "`2026` is the beginning of 5 revisions: 20261120101501_r1, ",
    );
    assert!(error.message.ends_with("20261120101505_r5."), "{error}");
    refused(graph.find("1999"), Code::RevisionUnknown, "There is no revision `1999`.");
    refused(graph.find(""), Code::RevisionUnknown, "There is no revision ``.");
    let none = refused(Graph::new(&[]).find("x"), Code::RevisionUnknown, "There is no revision `x`.");
    assert!(none.hint.unwrap().contains("plinth revision"));
    let many: Vec<Revision> = (10..40).map(|number| revision(number, &[])).collect();
    let error = refused(Graph::new(&many).find("2026"), Code::RevisionUnknown, "is the beginning of 30 revisions");
    assert!(error.message.ends_with("20261120101519_r19, and 20 more."), "{error}");
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
            let revision = |(number, chosen): (usize, &Vec<_>)| revision(number, &after(number, chosen));
            all.iter().enumerate().map(revision).collect()
        },
    )
}

/// The predecessors of one, found the slow way.
fn closure(revisions: &[Revision], version: &str) -> BTreeSet<String> {
    let revision = revisions.iter().find(|revision| revision.version == version).unwrap();
    let direct = revision.after.iter().cloned();
    direct.clone().chain(direct.flat_map(|version| closure(revisions, &version))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn ancestors_are_the_closure(revisions in graphs()) {
        let graph = Graph::new(&revisions);
        let leaves: BTreeSet<&str> = graph.leaves().into_iter().collect();
        let mut reached = BTreeSet::new();
        for revision in &revisions {
            let expected = closure(&revisions, &revision.version);
            let found: Vec<String> = graph.ancestors(&revision.version).into_iter().map(|r| r.version.clone()).collect();
            prop_assert!(found.is_sorted());
            prop_assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), expected.clone());
            if leaves.contains(revision.version.as_str()) {
                reached.extend(expected);
                reached.insert(revision.version.clone());
            }
        }
        prop_assert_eq!(reached.len(), revisions.len(), "the leaves reach all");
    }

    #[test]
    fn pairs_are_merged_by_what_comes_after_both(revisions in graphs()) {
        let graph = Graph::new(&revisions);
        let found: BTreeSet<(String, String)> =
            graph.unmerged().into_iter().map(|(later, earlier)| (later.version.clone(), earlier.version.clone())).collect();
        let all: Vec<(String, BTreeSet<String>)> =
            revisions.iter().map(|r| (r.version.clone(), closure(&revisions, &r.version))).collect();
        for (i, (later, known)) in all.iter().enumerate() {
            for (earlier, _) in &all[..i] {
                let merged = all.iter().any(|(_, known)| known.contains(later) && known.contains(earlier));
                let expected = !known.contains(earlier) && !merged;
                prop_assert_eq!(found.contains(&(later.clone(), earlier.clone())), expected);
            }
        }
    }

    #[test]
    fn upgrades_are_in_order_and_whole(revisions in graphs(), applied in proptest::collection::vec(any::<bool>(), 20), target: proptest::sample::Index) {
        let graph = Graph::new(&revisions);
        let applied: BTreeSet<String> =
            revisions.iter().zip(applied).filter(|(_, is)| *is).map(|(revision, _)| revision.version.clone()).collect();
        let target = &revisions[target.index(revisions.len())];
        for to in ["head", target.version.as_str()] {
            let steps = upgrade(&graph, &applied, to).unwrap();
            prop_assert!(steps.windows(2).all(|pair| pair[0].version < pair[1].version));
            prop_assert!(steps.iter().all(|revision| !applied.contains(&revision.version)));
            let after: BTreeSet<String> = applied.iter().cloned().chain(steps.iter().map(|r| r.version.clone())).collect();
            let wanted = if to == "head" {
                revisions.iter().map(|r| r.version.clone()).collect()
            } else {
                let mut wanted = closure(&revisions, to);
                wanted.insert(to.into());
                wanted
            };
            prop_assert!(wanted.is_subset(&after));
            prop_assert!(steps.iter().all(|revision| wanted.contains(&revision.version)));
        }
    }
}
