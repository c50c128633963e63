//! A queue of tasks between the threads that ask and those that run.

use crate::engine::task::{Task, Work};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long a thread looks for the next task before it sleeps.
const SPIN: Duration = Duration::from_micros(30);

/// Tasks in the order in which they came.
#[derive(Default)]
pub struct Queue {
    state: Mutex<State>,
    wake: Condvar,
    /// How many tasks there are, to be looked at without the lock.
    length: AtomicUsize,
}

#[derive(Default)]
struct State {
    tasks: VecDeque<Task>,
    closed: bool,
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
        state.tasks.extend(tasks);
        let waiting = state.tasks.len();
        drop(state);
        self.length.store(waiting, Ordering::Release);
        match waiting {
            1 => self.wake.notify_one(),
            _ => self.wake.notify_all(),
        }
        Vec::new()
    }

    /// Puts tasks back at the front, in their order.
    pub fn put_back(&self, tasks: Vec<Task>) {
        let mut state = self.lock();
        for task in tasks.into_iter().rev() {
            state.tasks.push_front(task);
        }
    }

    /// Waits for tasks and takes up to `most` of them from the front; empty when the queue is closed and drained.
    pub fn take(&self, most: usize) -> Vec<Task> {
        self.wait_for(|tasks| tasks.drain(..tasks.len().min(most)).collect())
    }

    /// Takes up to `most` tasks that are there and stand alone, up to the first that does not; never waits.
    pub fn more(&self, most: usize) -> VecDeque<Task> {
        let mut state = self.lock();
        let alone = |t: &&Task| t.session == 0 && matches!(t.work, Work::Run(_));
        let count = state.tasks.iter().take(most).take_while(alone).count();
        state.tasks.drain(..count).collect()
    }

    /// Waits for tasks of one session and takes them, leaving the others; empty when the queue is closed and holds none.
    pub fn take_session(&self, session: u32) -> Vec<Task> {
        self.wait_for(|tasks| {
            // Mostly none is there: the tasks of others wait, possibly thousands.
            if !tasks.iter().any(|t| t.session == session) {
                return Vec::new();
            }
            let (taken, left): (VecDeque<Task>, VecDeque<Task>) = tasks.drain(..).partition(|t| t.session == session);
            *tasks = left;
            taken.into()
        })
    }

    fn wait_for(&self, mut take: impl FnMut(&mut VecDeque<Task>) -> Vec<Task>) -> Vec<Task> {
        let mut state = self.lock();
        let mut spun = false;
        loop {
            let taken = take(&mut state.tasks);
            self.length.store(state.tasks.len(), Ordering::Release);
            if !taken.is_empty() || state.closed {
                return taken;
            }
            if !spun {
                spun = true;
                drop(state);
                self.spin();
                state = self.lock();
                continue;
            }
            state = self.wake.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Who awaits one call after the other asks again at once: to look for a moment is cheaper than to sleep and be woken.
    fn spin(&self) {
        let start = Instant::now();
        while self.length.load(Ordering::Acquire) == 0 && start.elapsed() < SPIN {
            std::hint::spin_loop();
        }
    }

    /// Takes no more tasks; those that are there are still run.
    pub fn close(&self) {
        self.lock().closed = true;
        self.wake.notify_all();
    }

    /// Takes no more tasks and gives back those that are there.
    pub fn end(&self) -> Vec<Task> {
        let mut state = self.lock();
        state.closed = true;
        let left = state.tasks.drain(..).collect();
        drop(state);
        self.wake.notify_all();
        left
    }
}
