//! The moment at which a read on the thread that asks is stopped. Time that other programs had the processor counts only up to a
//! limit: on a busy machine every read would look slow now and then.

use crate::engine::pace::BOUND;
use std::cell::Cell;
use std::time::{Duration, Instant};

/// After this time a read is stopped, whatever else the processor did.
const LIMIT: Duration = Duration::from_millis(10);

/// The bound of what a connection runs.
#[derive(Debug, Default)]
pub struct Bound {
    /// When it began, and when it is next looked at; `None`: it runs without a bound.
    began: Cell<Option<Instant>>,
    next: Cell<Option<Instant>>,
    /// Whether it was stopped there.
    is_passed: Cell<bool>,
    /// How the thread had used the processor when that was last looked at, and when that was.
    used: Cell<Usage>,
    looked: Cell<Option<Instant>>,
}

/// How a call on the thread that asks ended.
pub enum End {
    /// In time, as far as the thread had the processor.
    InTime,
    /// Late, after so long: it could not be stopped earlier.
    Late(Duration),
    /// It was stopped.
    Stopped,
}

impl Bound {
    /// A call begins at this moment, which is now, and runs to its end.
    #[inline]
    pub fn watch(&self, now: Instant) {
        // A system call: calls in quick succession share one.
        if self.looked.get().is_none_or(|looked| now.duration_since(looked) > BOUND) {
            self.used.set(Usage::now());
            self.looked.set(Some(now));
        }
        self.is_passed.set(false);
    }

    /// A read begins at this moment, which is now; it is to be stopped behind the bound.
    #[inline]
    pub fn begin(&self, now: Instant) {
        self.watch(now);
        self.began.set(Some(now));
        self.next.set(Some(now + BOUND));
    }

    /// Whether what runs is to be stopped.
    #[inline]
    pub fn is_behind(&self) -> bool {
        match (self.began.get(), self.next.get()) {
            (Some(began), Some(next)) => self.is_behind_at(began, next, Instant::now()),
            _ => false,
        }
    }

    fn is_behind_at(&self, began: Instant, next: Instant, now: Instant) -> bool {
        if now < next {
            return false;
        }
        let is_late = self.is_late(began, now);
        self.next.set(Some(now + BOUND));
        self.is_passed.set(is_late);
        is_late
    }

    /// A call has ended that began at this moment.
    #[inline]
    pub fn end(&self, began: Instant, ended: Instant) -> End {
        self.next.set(None);
        if self.is_passed.get() {
            return End::Stopped;
        }
        match ended - began {
            took if took >= BOUND && self.is_late(began, ended) => End::Late(took),
            _ => End::InTime,
        }
    }

    /// Whether a call has had the processor, or waited for something else, for longer than the bound.
    #[cold]
    fn is_late(&self, began: Instant, now: Instant) -> bool {
        let (before, after) = (self.used.get(), Usage::now());
        if now - began >= LIMIT || after.lost == before.lost {
            return true;
        }
        // Others ran on the thread between the look and the beginning.
        let others = self.looked.get().map_or(Duration::ZERO, |looked| began.saturating_duration_since(looked));
        after.spent.saturating_sub(before.spent).saturating_sub(others) >= BOUND
    }
}

/// How a thread has used the processor; always the same if the system does not tell.
#[derive(Clone, Copy, Debug, Default)]
struct Usage {
    /// How long it had the processor.
    spent: Duration,
    /// How often it lost the processor though it could go on.
    lost: i64,
}

impl Usage {
    /// That of this thread until now.
    #[cfg(all(target_os = "linux", target_pointer_width = "64"))]
    fn now() -> Self {
        /// `struct rusage`: two times of seconds and microseconds, by the program and for it by the system, then 14 numbers, all of
        /// 64 bits, of which the last is how often it lost the processor.
        const NUMBERS: usize = 18;
        const RUSAGE_THREAD: i32 = 1;
        extern "C" {
            fn getrusage(who: i32, usage: *mut [i64; NUMBERS]) -> i32;
        }
        let mut usage = [0; NUMBERS];
        // SAFETY: the C library's own function, which fills a structure of this size.
        if unsafe { getrusage(RUSAGE_THREAD, &mut usage) } != 0 {
            return Usage::default();
        }
        let micros = (usage[0] + usage[2]) * 1_000_000 + usage[1] + usage[3];
        Usage { spent: Duration::from_micros(micros.unsigned_abs()), lost: usage[NUMBERS - 1] }
    }

    #[cfg(not(all(target_os = "linux", target_pointer_width = "64")))]
    fn now() -> Self {
        Usage::default()
    }
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
        assert!(matches!(sleeping(LIMIT), End::Late(took) if took >= LIMIT), "a wait of the limit is late in any case");
        let late = (0..50).filter(|_| matches!(sleeping(2 * BOUND), End::Late(took) if took >= 2 * BOUND)).count();
        assert!(late > 0, "a wait of twice the bound was never late");
        let in_time = (0..1000).filter(|_| matches!(sleeping(Duration::ZERO), End::InTime)).count();
        assert!(in_time > 0, "no short read was in time");
    }
}
