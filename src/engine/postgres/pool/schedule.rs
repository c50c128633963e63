//! Which connection runs what, and when another is opened: decisions alone, no connection in sight.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Reads that are on their way on one connection before another is used.
const READS_AHEAD: usize = 16;
/// Writes that are on their way on one connection: each waits for the disk, and those of other connections need not.
const WRITES_AHEAD: usize = 2;
/// A connection that has answered nothing for so long, though it owes answers, is given no more: what it runs is slow.
const STUCK: Duration = Duration::from_millis(5);
/// After a failure to connect, how long the existing connections do without another.
const RESPITE: Duration = Duration::from_secs(1);

/// The needs of a piece of work from a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// It reads, and may share it.
    Read,
    /// It writes, and may share it.
    Write,
    /// It needs it for itself, until it is released.
    Alone,
}

/// A decision.
#[derive(Debug, PartialEq)]
pub enum Step<T> {
    /// The connection of this slot runs this.
    Run(usize, T),
    /// A connection is to be opened in this slot.
    Open(usize),
}

/// Connections, and the work that waits for one: first come, first served.
pub struct Pool<T> {
    slots: Vec<Slot>,
    waiting: VecDeque<Waiting<T>>,
    /// No connection is opened before.
    respite: Option<Instant>,
}

struct Waiting<T> {
    need: Need,
    work: T,
    /// Until when it waits; `None`: as long as it takes.
    deadline: Option<Instant>,
}

#[derive(Clone, Debug, PartialEq)]
struct Slot {
    state: State,
    /// Answers that it owes.
    load: usize,
    /// Whether one piece of work has it for itself.
    taken: bool,
    /// When it last answered, or was given work while it owed nothing.
    progress: Instant,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Empty,
    Opening,
    Open,
}

impl<T> Pool<T> {
    /// A pool of so many connections, none of them open.
    pub fn new(size: usize, now: Instant) -> Self {
        let slot = Slot { state: State::Empty, load: 0, taken: false, progress: now };
        Pool { slots: vec![slot; size.max(1)], waiting: VecDeque::new(), respite: None }
    }

    /// Adds work that waits until `deadline` at most; `None`: as long as it takes.
    pub fn push(&mut self, need: Need, work: T, deadline: Option<Instant>) {
        self.waiting.push_back(Waiting { need, work, deadline });
    }

    /// Adds work again that was given to a connection and did not run: it goes first.
    pub fn push_again(&mut self, need: Need, work: T, deadline: Option<Instant>) {
        self.waiting.push_front(Waiting { need, work, deadline });
    }

    /// What to do next; to be asked until there is nothing.
    pub fn step(&mut self, now: Instant) -> Option<Step<T>> {
        let need = self.waiting.front()?.need;
        let preferred = self.slot_for(need, now);
        let content = preferred.is_some_and(|(_, best)| best);
        if !content && self.opening() < self.waiting.len() {
            if let Some(empty) = self.empty(now) {
                self.slots[empty].state = State::Opening;
                return Some(Step::Open(empty));
            }
        }
        let (at, _) = preferred?;
        let work = self.waiting.pop_front()?.work;
        let slot = &mut self.slots[at];
        if slot.load == 0 {
            slot.progress = now;
        }
        slot.load += 1;
        slot.taken = need == Need::Alone;
        Some(Step::Run(at, work))
    }

    /// The best slot that may be given this now, and whether another connection would be no better.
    fn slot_for(&self, need: Need, now: Instant) -> Option<(usize, bool)> {
        let open = || self.slots.iter().enumerate().filter(|(_, s)| s.state == State::Open && !s.taken);
        let moving = |slot: &Slot| slot.load == 0 || now.duration_since(slot.progress) < STUCK;
        match need {
            // The last one: those that reads share stay the first.
            Need::Alone => open().rfind(|(_, s)| s.load == 0).map(|(at, _)| (at, true)),
            Need::Read => {
                let mut able = open().filter(|(_, s)| moving(s));
                able.find(|(_, s)| s.load < READS_AHEAD).map(|(at, _)| (at, true))
            }
            Need::Write => {
                let able = open().filter(|(_, s)| s.load < WRITES_AHEAD && moving(s));
                able.min_by_key(|(_, s)| s.load).map(|(at, s)| (at, s.load == 0))
            }
        }
    }

    fn opening(&self) -> usize {
        self.slots.iter().filter(|s| s.state == State::Opening).count()
    }

    fn empty(&self, now: Instant) -> Option<usize> {
        let rests = self.respite.is_some_and(|until| now < until) && self.connected();
        self.slots.iter().position(|s| s.state == State::Empty).filter(|_| !rests)
    }

    /// Whether any connection is there, or about to be.
    pub fn connected(&self) -> bool {
        self.slots.iter().any(|s| s.state != State::Empty)
    }

    /// The connection of a slot is open.
    pub fn opened(&mut self, at: usize, now: Instant) {
        self.slots[at] = Slot { state: State::Open, load: 0, taken: false, progress: now };
        self.respite = None;
    }

    /// A connection could not be opened.
    pub fn failed(&mut self, at: usize, now: Instant) {
        self.slots[at].state = State::Empty;
        self.respite = Some(now + RESPITE);
    }

    /// The connection of a slot is gone.
    pub fn closed(&mut self, at: usize) {
        self.slots[at].state = State::Empty;
        self.slots[at].load = 0;
        self.slots[at].taken = false;
    }

    /// A connection has answered; where it was taken, it is released.
    pub fn answered(&mut self, at: usize, now: Instant) {
        let slot = &mut self.slots[at];
        slot.load = slot.load.saturating_sub(1);
        slot.taken = false;
        slot.progress = now;
    }

    /// Connections that owe an answer or belong to one piece of work, and how much work waits for one.
    pub fn used(&self) -> (usize, usize) {
        (self.slots.iter().filter(|slot| slot.load > 0).count(), self.waiting.len())
    }

    /// Whether any work waits.
    pub fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Takes away the first work that waits and is meant.
    pub fn take(&mut self, meant: impl Fn(&T) -> bool) -> Option<T> {
        let at = self.waiting.iter().position(|waiting| meant(&waiting.work))?;
        self.waiting.remove(at).map(|waiting| waiting.work)
    }

    /// All work that waits.
    pub fn take_waiting(&mut self) -> Vec<T> {
        self.waiting.drain(..).map(|waiting| waiting.work).collect()
    }

    /// Work that has waited too long.
    pub fn take_expired(&mut self, now: Instant) -> Vec<T> {
        let mut expired = Vec::new();
        let mut at = 0;
        while at < self.waiting.len() {
            if self.waiting[at].deadline.is_some_and(|deadline| deadline <= now) {
                expired.extend(self.waiting.remove(at).map(|waiting| waiting.work));
            } else {
                at += 1;
            }
        }
        expired
    }

    /// Connections that have had nothing to do for so long; they count as closing, and are given no more work.
    pub fn take_idle(&mut self, idle: Duration, now: Instant) -> Vec<usize> {
        let mut found = Vec::new();
        for (at, slot) in self.slots.iter_mut().enumerate() {
            if slot.state == State::Open && slot.load == 0 && now.duration_since(slot.progress) >= idle {
                slot.taken = true;
                found.push(at);
            }
        }
        found
    }

    /// When there will be something to look after: work that has waited too long, a connection that is stuck or idle.
    pub fn next_look(&self, idle: Option<Duration>, now: Instant) -> Option<Instant> {
        let expiry = self.waiting.iter().filter_map(|waiting| waiting.deadline).min();
        // The moment when a busy connection comes to rest is not known: it is looked at again as if it did now.
        let since = |slot: &Slot| if slot.load == 0 { slot.progress } else { now };
        let open = self.slots.iter().filter(|s| s.state == State::Open && (s.load > 0 || !s.taken));
        let rest = idle.and_then(|idle| open.map(|s| since(s) + idle).min());
        let again = self.respite.filter(|until| *until > now && !self.waiting.is_empty());
        [expiry, rest, again].into_iter().flatten().min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Bench {
        pool: Pool<u32>,
        now: Instant,
        next: u32,
    }

    impl Bench {
        fn new(size: usize) -> Self {
            let now = Instant::now();
            Bench { pool: Pool::new(size, now), now, next: 0 }
        }

        fn push(&mut self, need: Need) -> u32 {
            self.next += 1;
            self.pool.push(need, self.next, Some(self.now + Duration::from_secs(10)));
            self.next
        }

        /// All decisions that are due; connections open at once.
        fn run(&mut self) -> Vec<(usize, u32)> {
            let mut ran = Vec::new();
            while let Some(step) = self.pool.step(self.now) {
                match step {
                    Step::Run(at, work) => ran.push((at, work)),
                    Step::Open(at) => self.pool.opened(at, self.now),
                }
            }
            ran
        }

        fn loads(&self) -> Vec<usize> {
            self.pool.slots.iter().map(|s| s.load).collect()
        }
    }

    #[test]
    fn reads_share_the_first_connections() {
        let mut bench = Bench::new(4);
        for _ in 0..READS_AHEAD + 1 {
            bench.push(Need::Read);
        }
        bench.run();
        assert_eq!(bench.loads(), [READS_AHEAD, 1, 0, 0]);
        assert_eq!(bench.pool.used(), (2, 0));
    }

    #[test]
    fn writes_are_spread_and_then_wait() {
        let mut bench = Bench::new(2);
        for _ in 0..2 * WRITES_AHEAD + 1 {
            bench.push(Need::Write);
        }
        assert_eq!(bench.run().len(), 2 * WRITES_AHEAD);
        assert_eq!(bench.loads(), [WRITES_AHEAD; 2]);
        bench.pool.answered(1, bench.now);
        assert_eq!(bench.run(), [(1, 2 * WRITES_AHEAD as u32 + 1)]);
    }

    #[test]
    fn who_needs_a_connection_alone_gets_it_in_turn() {
        let mut bench = Bench::new(1);
        let read = bench.push(Need::Read);
        let alone = bench.push(Need::Alone);
        let late = bench.push(Need::Read);
        assert_eq!(bench.run(), [(0, read)]);
        assert_eq!(bench.pool.used(), (1, 2));
        bench.pool.answered(0, bench.now);
        assert_eq!(bench.run(), [(0, alone)]);
        bench.pool.answered(0, bench.now);
        assert_eq!(bench.run(), [(0, late)]);
    }

    #[test]
    fn nothing_is_put_behind_what_is_slow() {
        let mut bench = Bench::new(2);
        bench.push(Need::Read);
        bench.run();
        bench.now += STUCK;
        let quick = bench.push(Need::Read);
        assert_eq!(bench.run(), [(1, quick)]);
        bench.now += STUCK;
        bench.push(Need::Read);
        assert_eq!(bench.run(), [], "it waits for either");
        bench.pool.answered(1, bench.now);
        assert_eq!(bench.run(), [(1, 3)]);
    }

    #[test]
    fn without_a_new_connection_those_that_are_there_go_on() {
        let mut bench = Bench::new(2);
        bench.push(Need::Write);
        bench.run();
        bench.push(Need::Write);
        assert_eq!(bench.pool.step(bench.now), Some(Step::Open(1)));
        bench.pool.failed(1, bench.now);
        assert_eq!(bench.pool.step(bench.now), Some(Step::Run(0, 2)), "no other attempt at once");
        bench.now += RESPITE;
        bench.push(Need::Alone);
        assert_eq!(bench.pool.step(bench.now), Some(Step::Open(1)));
    }

    #[test]
    fn what_has_no_deadline_waits_for_ever() {
        let mut bench = Bench::new(1);
        bench.push(Need::Alone);
        bench.run();
        bench.pool.push(Need::Read, 2, None);
        assert_eq!(bench.pool.next_look(None, bench.now), None);
        assert_eq!(bench.pool.take_expired(bench.now + Duration::from_secs(3_000_000)), Vec::<u32>::new());
    }

    #[test]
    fn what_waits_too_long_and_who_idles_is_found() {
        let mut bench = Bench::new(1);
        bench.push(Need::Alone);
        bench.run();
        let waits = bench.push(Need::Read);
        assert_eq!(bench.pool.next_look(None, bench.now), Some(bench.now + Duration::from_secs(10)));
        assert_eq!(bench.pool.take_expired(bench.now + Duration::from_secs(9)), Vec::<u32>::new());
        assert_eq!(bench.pool.take_expired(bench.now + Duration::from_secs(10)), [waits]);
        let idle = Duration::from_secs(30);
        assert_eq!(bench.pool.take_idle(idle, bench.now + idle), Vec::<usize>::new(), "it is taken");
        bench.pool.answered(0, bench.now);
        assert_eq!(bench.pool.next_look(Some(idle), bench.now), Some(bench.now + idle));
        assert_eq!(bench.pool.take_idle(idle, bench.now + idle), [0]);
        bench.push(Need::Read);
        assert_eq!(bench.run(), [], "a connection that closes takes no work");
        bench.pool.closed(0);
        assert_eq!(bench.run().len(), 1);
    }
}
