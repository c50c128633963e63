//! Random schemas, and random changes of them with the choices that make each unambiguous: for laws that must hold for all.
//!
//! `schema()` makes one that the models could declare; `change(Care::Free)` one, what it becomes, and the choices. `check` runs a law over
//! many of them, shrinks what fails, and prints the seed: `PLINTH_TEST_SEED=<n>` repeats a run, `PLINTH_TEST_CASES=<n>` makes it longer, with other cases
//! each time.

// Each file of tests takes what it needs.
#![allow(dead_code, unused_imports)]

mod by_hand;
mod by_hand_objects;
mod edit;
mod finish;
mod kinds;
mod models;
mod prune;
mod recase;
mod recipe;
mod work;

pub use by_hand::{by_hand, ByHand, Scene, Told, What, ALL};
pub use edit::{change, walk, Care, Change, Walk};
#[allow(unused_imports)] // Each file of tests takes what it needs.
pub use kinds::odd_name;
pub use models::models_json;
#[allow(unused_imports)] // Few files of tests take it.
pub use recase::recased;
pub use recipe::schema;

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngSeed, TestCaseError, TestError, TestRunner};
use std::fmt::Debug;
use std::time::{SystemTime, UNIX_EPOCH};

/// The default seed.
const SEED: u64 = 20_261_121;

/// Runs a law over `cases` random values, or as many as PLINTH_TEST_CASES says.
#[track_caller]
pub fn check<S: Strategy>(cases: u32, strategy: S, law: impl Fn(S::Value) -> Result<(), TestCaseError>)
where
    S::Value: Debug,
{
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let asked = number("PLINTH_TEST_CASES");
    let clock = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64;
    // The same cases each time, so that a change is judged by what it does; a longer run looks for others.
    let seed = number("PLINTH_TEST_SEED").unwrap_or_else(|| asked.map_or(SEED, |_| clock()));
    let cases = asked.map_or(cases, |cases| cases as u32);
    let config = Config { cases, rng_seed: RngSeed::Fixed(seed), failure_persistence: None, ..Config::default() };
    eprintln!("{cases} cases, PLINTH_TEST_SEED={seed}");
    match TestRunner::new(config).run(&strategy, law) {
        Ok(()) => {}
        Err(TestError::Abort(reason)) => panic!("gave up: {reason}; PLINTH_TEST_SEED={seed}"),
        Err(TestError::Fail(reason, least)) => panic!("{reason}\nPLINTH_TEST_SEED={seed}\nleast case: {least:?}"),
    }
}
