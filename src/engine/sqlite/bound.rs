//! The moment at which a read on the thread that asks is stopped. Time that other programs had the processor does not count:
//! on a busy machine every read would look slow now and then.

use crate::engine::pace::BOUND;
use std::cell::Cell;
use std::time::{Duration, Instant};

/// The bound of what a connection runs.
#[derive(Debug, Default)]
pub struct Bound {
    /// `None`: it runs without one.
    at: Cell<Option<Instant>>,
    /// Whether it was stopped there.
    is_passed: Cell<bool>,
    /// How often the thread had lost the processor when that was last looked at, and when that was.
    lost: Cell<u64>,
    looked: Cell<Option<Instant>>,
}

/// How a read with a bound ended.
pub enum End {
    /// In time, as far as the thread had the processor.
    InTime,
    /// Late, after so long: it could not be stopped earlier.
    Late(Duration),
    /// It was stopped.
    Stopped,
}

impl Bound {
    /// A read begins at this moment, which is now.
    #[inline]
    pub fn begin(&self, now: Instant) {
        // A system call: reads in quick succession share one.
        if self.looked.get().is_none_or(|looked| now.duration_since(looked) > BOUND) {
            self.lost.set(preemptions());
            self.looked.set(Some(now));
        }
        self.is_passed.set(false);
        self.at.set(Some(now + BOUND));
    }

    /// Whether what runs is to be stopped.
    #[inline]
    pub fn is_behind(&self) -> bool {
        self.at.get().is_some_and(|at| self.is_behind_at(at, Instant::now()))
    }

    fn is_behind_at(&self, at: Instant, now: Instant) -> bool {
        if now < at {
            return false;
        }
        if self.has_lost_processor() {
            self.at.set(Some(now + BOUND));
            return false;
        }
        self.is_passed.set(true);
        true
    }

    /// A read has ended.
    #[inline]
    pub fn end(&self, began: Instant, ended: Instant) -> End {
        let at = self.at.take();
        if self.is_passed.get() {
            return End::Stopped;
        }
        match at {
            // Later than `began` and BOUND, if it was put off.
            Some(at) if ended > at && !self.has_lost_processor() => End::Late(ended - began),
            _ => End::InTime,
        }
    }

    /// Whether the thread has lost the processor since that was last looked at.
    #[cold]
    fn has_lost_processor(&self) -> bool {
        let now = preemptions();
        self.lost.replace(now) != now
    }
}

/// How often this thread lost the processor though it could go on; always 0 if the system does not tell.
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
fn preemptions() -> u64 {
    /// `struct rusage`: two times of two numbers each, then 14 numbers, all of 64 bits; the last is the one.
    const NUMBERS: usize = 18;
    const RUSAGE_THREAD: i32 = 1;
    extern "C" {
        fn getrusage(who: i32, usage: *mut [i64; NUMBERS]) -> i32;
    }
    let mut usage = [0; NUMBERS];
    // SAFETY: the C library's own function, which fills a structure of this size.
    match unsafe { getrusage(RUSAGE_THREAD, &mut usage) } {
        0 => usage[NUMBERS - 1] as u64,
        _ => 0,
    }
}

#[cfg(not(all(target_os = "linux", target_pointer_width = "64")))]
fn preemptions() -> u64 {
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Works until the bound stops it; how long that took.
    fn until_stopped(bound: &Bound) -> Duration {
        let began = Instant::now();
        bound.begin(began);
        while !bound.is_behind() {
            assert!(began.elapsed() < Duration::from_secs(60), "never stopped");
        }
        assert!(matches!(bound.end(began, Instant::now()), End::Stopped));
        began.elapsed()
    }

    #[test]
    fn work_is_stopped_behind_the_bound_and_not_before() {
        let bound = Bound::default();
        assert!(!bound.is_behind(), "without a bound nothing is stopped");
        for _ in 0..5 {
            assert!(until_stopped(&bound) >= BOUND);
        }
        assert!(!bound.is_behind(), "the bound ended with the read");
    }

    #[test]
    fn a_read_that_could_not_be_stopped_is_late_and_a_short_one_is_not() {
        let bound = Bound::default();
        let sleeping = |time| {
            let began = Instant::now();
            bound.begin(began);
            // Waiting is not the same as losing the processor.
            std::thread::sleep(time);
            bound.end(began, Instant::now())
        };
        let late = (0..50).filter(|_| matches!(sleeping(2 * BOUND), End::Late(took) if took >= 2 * BOUND)).count();
        assert!(late > 0, "a wait of twice the bound was never late");
        let in_time = (0..1000).filter(|_| matches!(sleeping(Duration::ZERO), End::InTime)).count();
        assert!(in_time > 0, "no short read was in time");
    }
}
