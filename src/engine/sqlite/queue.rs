//! A queue of tasks between the threads that ask and those that run.

use crate::engine::task::{Control, Task, Work};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long a thread looks for the next task before it sleeps.
const SPIN: Duration = Duration::from_micros(30);

thread_local! {
    /// The signal that wakes this thread.
    static OWN: Arc<Condvar> = Arc::default();
}

/// Tasks in the order in which they came.
#[derive(Default)]
pub struct Queue {
    state: Mutex<State>,
    /// How many tasks there are, to be looked at without the lock.
    length: AtomicUsize,
}

#[derive(Default)]
struct State {
    tasks: VecDeque<Waiting>,
    /// The threads that sleep until there are tasks. The last is woken first: the pages that it read last are at hand.
    sleeping: Vec<Arc<Condvar>>,
    /// How many threads look for tasks without being woken, and how many were woken and are on their way.
    looking: usize,
    woken: usize,
    closed: bool,
}

struct Waiting {
    task: Task,
    since: Instant,
}

/// The state of the queue for a session that shares it with others.
#[derive(Default)]
pub struct Turn {
    /// Whether tasks of its own are there.
    pub own: bool,
    /// Tasks of others that have waited too long.
    pub expired: Vec<Task>,
    /// Whether there will be no more.
    pub closed: bool,
}

impl State {
    /// The threads to wake, so that each task has one.
    fn wanted(&mut self) -> Vec<Arc<Condvar>> {
        let count = self.tasks.len().saturating_sub(self.looking + self.woken).min(self.sleeping.len());
        self.woken += count;
        self.sleeping.split_off(self.sleeping.len() - count)
    }

    fn holds(&self, session: u32) -> bool {
        self.tasks.iter().any(|w| w.task.session == session)
    }

    fn turn(&mut self, session: u32, patience: Duration) -> Turn {
        let own = self.holds(session);
        let late = |w: &&Waiting| w.task.session != session && w.since.elapsed() >= patience;
        let late = self.tasks.iter().take_while(late).count();
        let expired = self.tasks.drain(..late).map(|w| w.task).collect();
        Turn { own, expired, closed: self.closed }
    }
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere leaves the list whole: nothing is changed half-way under the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds tasks; gives them back when the queue is closed.
    pub fn push(&self, tasks: impl IntoIterator<Item = Task>) -> Vec<Task> {
        let mut state = self.lock();
        if state.closed {
            return tasks.into_iter().collect();
        }
        let since = Instant::now();
        state.tasks.extend(tasks.into_iter().map(|task| Waiting { task, since }));
        self.length.store(state.tasks.len(), Ordering::Release);
        let wanted = state.wanted();
        drop(state);
        wanted.iter().for_each(|thread| thread.notify_one());
        Vec::new()
    }

    /// Puts tasks back at the front, in their order.
    pub fn put_back(&self, tasks: Vec<Task>) {
        let mut state = self.lock();
        let since = Instant::now();
        for task in tasks.into_iter().rev() {
            state.tasks.push_front(Waiting { task, since });
        }
    }

    /// Waits for tasks, or until the queue is closed. `spins`: looks for them a moment before it sleeps.
    pub fn wait(&self, spins: bool) {
        drop(self.wait_locked(spins));
    }

    /// The same, and takes its share of them from the front, up to `most`; empty when the queue is closed and drained.
    pub fn take(&self, most: usize, spins: bool) -> Vec<Task> {
        let mut state = self.wait_locked(spins);
        // Others come for the rest: a quick task does not wait behind a slow one for which another thread is awake.
        let count = state.tasks.len().div_ceil(1 + state.looking + state.woken).min(most);
        let taken = state.tasks.drain(..count).map(|w| w.task).collect();
        self.length.store(state.tasks.len(), Ordering::Release);
        taken
    }

    fn wait_locked(&self, spins: bool) -> MutexGuard<'_, State> {
        let mut state = self.lock();
        if spins && state.tasks.is_empty() && !state.closed {
            self.length.store(0, Ordering::Release);
            state.looking += 1;
            drop(state);
            self.spin();
            state = self.lock();
            state.looking -= 1;
        }
        while state.tasks.is_empty() && !state.closed {
            state = Self::sleep(state, None);
        }
        state
    }

    /// Sleeps until tasks come, the queue is closed, or so much time has passed.
    fn sleep(mut state: MutexGuard<'_, State>, most: Option<Duration>) -> MutexGuard<'_, State> {
        let own = OWN.with(Arc::clone);
        state.sleeping.push(Arc::clone(&own));
        let mut state = match most {
            Some(most) => own.wait_timeout(state, most).map_or_else(|e| e.into_inner().0, |(state, _)| state),
            None => own.wait(state).unwrap_or_else(PoisonError::into_inner),
        };
        match state.sleeping.iter().position(|other| Arc::ptr_eq(other, &own)) {
            // It was not woken: the time has passed, or the queue is closed.
            Some(at) => drop(state.sleeping.remove(at)),
            None => state.woken -= 1,
        }
        state
    }

    /// Takes up to `most` waiting tasks that stand alone, up to the first that does not; never
    /// waits.
    pub fn more(&self, most: usize) -> VecDeque<Task> {
        let mut state = self.lock();
        let alone = |w: &&Waiting| w.task.session == 0 && matches!(w.task.work, Work::Run(_));
        let count = state.tasks.iter().take(most).take_while(alone).count();
        state.tasks.drain(..count).map(|w| w.task).collect()
    }

    /// Takes the tasks from the front that have waited for so long, up to the first that belongs to an open transaction or stream.
    pub fn late(&self, patience: Duration) -> Vec<Task> {
        let mut state = self.lock();
        let begins = |task: &Task| match task.work {
            Work::Run(_) => task.session == 0,
            Work::Control(Control::Begin(_) | Control::BeginRead(_)) => true,
            Work::Control(_) | Work::Stream(_) => false,
        };
        let late = |w: &&Waiting| begins(&w.task) && w.since.elapsed() >= patience;
        let count = state.tasks.iter().take_while(late).count();
        state.tasks.drain(..count).map(|w| w.task).collect()
    }

    /// Whether no tasks wait.
    pub fn is_empty(&self) -> bool {
        self.lock().tasks.is_empty()
    }

    /// Whether tasks of a session wait.
    pub fn holds(&self, session: u32) -> bool {
        self.lock().holds(session)
    }

    /// Takes the tasks of a session that wait.
    pub fn take_session(&self, session: u32) -> Vec<Task> {
        let mut state = self.lock();
        // Mostly its tasks are all there are, or none: those of others wait, possibly thousands.
        if !state.holds(session) {
            return Vec::new();
        }
        let (own, others) = state.tasks.drain(..).partition::<VecDeque<_>, _>(|w| w.task.session == session);
        state.tasks = others;
        own.into_iter().map(|w| w.task).collect()
    }

    /// Waits for tasks of one session, and for those of others to have waited longer than `patience`.
    pub fn wait_session(&self, session: u32, patience: Duration) -> Turn {
        let mut state = self.lock();
        loop {
            let turn = state.turn(session, patience);
            if turn.own || !turn.expired.is_empty() || turn.closed {
                return turn;
            }
            let left = state.tasks.front().map(|first| patience.saturating_sub(first.since.elapsed()));
            state = Self::sleep(state, left);
        }
    }

    /// A caller that awaits one call after the other asks again at once: to look for a moment is
    /// cheaper than to sleep and be woken.
    fn spin(&self) {
        let start = Instant::now();
        while self.length.load(Ordering::Acquire) == 0 && start.elapsed() < SPIN {
            std::hint::spin_loop();
        }
    }

    /// Takes no more tasks; the waiting ones are still run.
    pub fn close(&self) {
        Self::end_of(&mut self.lock());
    }

    /// Takes no more tasks and gives back the waiting ones.
    pub fn end(&self) -> Vec<Task> {
        let mut state = self.lock();
        Self::end_of(&mut state);
        state.tasks.drain(..).map(|w| w.task).collect()
    }

    fn end_of(state: &mut State) {
        state.closed = true;
        state.sleeping.iter().for_each(|thread| thread.notify_one());
    }
}
