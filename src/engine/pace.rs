//! The pace of a plan: whether its reads are quick enough to run on the thread that asks for them.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// How long a read may hold the thread that asks for it.
pub const BOUND: Duration = Duration::from_millis(1);
/// Bytes of one row's texts and bytes, above which its plan never runs on the thread that asks: one step of a statement
/// copies all of a value, and nothing stops it meanwhile.
pub const BIG_ROW: usize = 1 << 16;

/// How often a plan must be quick on another thread: at first, after it was stopped at the bound, and after it ran far
/// beyond it, in a step that nothing could stop.
const AT_FIRST: u32 = 2;
const AFTER_STOP: u32 = 64;
const AFTER_HOLD: u32 = 1024;
const NEVER: u32 = u32::MAX;

/// How often a plan must still be quick on another thread, before it may run on the thread that asks. No plan is kept away for
/// ever for its time alone: a cold cache or a busy disk passes.
#[derive(Debug)]
pub struct Pace(AtomicU32);

impl Default for Pace {
    fn default() -> Self {
        Pace(AtomicU32::new(AT_FIRST))
    }
}

impl Pace {
    /// That of a plan which is known to be quick.
    pub fn quick() -> Self {
        Pace(AtomicU32::new(0))
    }

    /// Whether the plan may run on the thread that asks.
    #[inline]
    pub fn is_quick(&self) -> bool {
        self.0.load(Ordering::Relaxed) == 0
    }

    /// Whether it took long on the thread that asks, and has not made up for that elsewhere.
    #[inline]
    pub fn is_slow(&self) -> bool {
        self.0.load(Ordering::Relaxed) > AT_FIRST
    }

    /// It ran on another thread, for so long.
    pub fn ran_elsewhere(&self, took: Duration) {
        match self.0.load(Ordering::Relaxed) {
            NEVER => {}
            _ if took > BOUND => self.owe(AT_FIRST),
            0 => {}
            // If another thread changes it at the same time, one of the two runs is not counted.
            owed => drop(self.0.compare_exchange(owed, owed - 1, Ordering::Relaxed, Ordering::Relaxed)),
        }
    }

    /// It met a row above `BIG_ROW`.
    #[cold]
    pub fn met_big(&self) {
        self.0.store(NEVER, Ordering::Relaxed);
    }

    /// It was stopped on the thread that asks, at the bound.
    #[cold]
    pub fn was_stopped(&self) {
        self.owe(AFTER_STOP);
    }

    /// It held the thread that asks for so long: more than the bound.
    #[cold]
    pub fn was_late(&self, took: Duration) {
        self.owe(if took > 4 * BOUND { AFTER_HOLD } else { AFTER_STOP });
    }

    fn owe(&self, runs: u32) {
        self.0.fetch_max(runs, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUICK: Duration = Duration::from_micros(50);
    const SLOW: Duration = Duration::from_millis(2);

    /// How many quick runs elsewhere it takes until the plan may run here.
    fn owed(pace: &Pace) -> u32 {
        let mut runs = 0;
        while !pace.is_quick() && runs < 10_000 {
            pace.ran_elsewhere(QUICK);
            runs += 1;
        }
        runs
    }

    #[test]
    fn a_plan_is_quick_after_a_few_quick_runs_elsewhere() {
        let pace = Pace::default();
        assert_eq!(owed(&pace), AT_FIRST);
        pace.ran_elsewhere(QUICK);
        assert!(pace.is_quick());
    }

    #[test]
    fn a_slow_run_elsewhere_starts_the_count_again() {
        let pace = Pace::default();
        pace.ran_elsewhere(QUICK);
        pace.ran_elsewhere(SLOW);
        assert_eq!(owed(&pace), AT_FIRST);
    }

    #[test]
    fn a_stop_at_the_bound_and_a_hold_beyond_it_cost_trust() {
        let pace = Pace::quick();
        pace.was_stopped();
        assert_eq!(owed(&pace), AFTER_STOP);
        pace.was_late(SLOW);
        assert_eq!(owed(&pace), AFTER_STOP);
        pace.was_late(10 * BOUND);
        pace.was_stopped();
        pace.ran_elsewhere(SLOW);
        assert_eq!(owed(&pace), AFTER_HOLD, "what costs less does not shorten it");
    }

    #[test]
    fn a_big_row_keeps_a_plan_away_for_good() {
        let pace = Pace::quick();
        pace.met_big();
        pace.was_stopped();
        pace.ran_elsewhere(SLOW);
        assert_eq!(owed(&pace), 10_000);
    }
}
