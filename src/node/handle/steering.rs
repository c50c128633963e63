//! The methods that steer sessions, and those that stop calls.

use super::Handle;
use crate::engine::stop::{Stop, Why};
use crate::engine::task::{Completion, Control, Isolation, Sink, Step, Stream, Task, Work};
use crate::node::answer::undefined;
use crate::node::raw::{self, Call, Js};
use crate::node::wire::Head;
use std::sync::Arc;
use std::time::Duration;

impl Handle {
    fn control_task(&mut self, call: &Call<'_>) -> Option<Task> {
        let n = self.arrays.get(Head::Rows) as u32;
        let work = match raw::text(call.env, call.args[0]).as_str() {
            "fetch" => Work::Stream(Stream { number: n, step: Step::Next }),
            "close" => Work::Stream(Stream { number: n, step: Step::Close }),
            "begin" => Work::Control(Control::Begin(Isolation::of(n)?)),
            "beginRead" => Work::Control(Control::BeginRead(Isolation::of(n)?)),
            "commit" => Work::Control(Control::Commit),
            "rollback" => Work::Control(Control::Rollback),
            "savepoint" => Work::Control(Control::Savepoint(n)),
            "release" => Work::Control(Control::Release(n)),
            "undo" => Work::Control(Control::Undo(n)),
            _ => return None,
        };
        let (watch, stop) = (self.watch(), self.limit.take());
        Some(self.task(work, watch, stop))
    }

    /// control(word): steers the session in the head; the number of a savepoint, and the isolation of a transaction, is
    /// where rows are counted; so is that of the stream of `fetch` and `close`.
    pub(super) fn control(&mut self, call: &Call<'_>) -> Js {
        if let Some(task) = self.control_task(call) {
            self.put(task);
        }
        undefined()
    }

    /// steer(word): like control, but answered at once, like inline, if it begins a transaction that has to wait for nothing.
    pub(super) fn steer(&mut self, call: &Call<'_>) -> Js {
        let Some(task) = self.control_task(call) else { return undefined() };
        let done = match &self.database {
            Some(database) if self.outbox.is_empty() => database.engine.run_in_session(&task),
            _ => None,
        };
        self.answer_or_put(call, task, done)
    }

    /// callControl(word): like control, but waits.
    pub(super) fn call_control(&mut self, call: &Call<'_>) -> Js {
        match self.control_task(call) {
            Some(task) => self.run_blocking(call, task),
            None => undefined(),
        }
    }

    /// limit(): the call that crosses next can be stopped, after the milliseconds in the head's row count if they are not 0.
    /// The head's `More` says how: 0: by its caller; 1: by itself; 2: by its caller, as what ends a transaction or a part of it;
    /// 3: the same, by itself, after the milliseconds in the head's `Batch`.
    pub(super) fn limit(&mut self, _: &Call<'_>) -> Js {
        let after = self.arrays.get(Head::Rows).max(0) as u64;
        let after = (after > 0).then(|| Duration::from_millis(after));
        self.limit = Some(Arc::new(match self.arrays.get(Head::More) {
            0 => Stop::by_caller(after),
            1 => Stop::after(after),
            2 => Stop::of_end(after, None),
            _ => Stop::of_end(after, Some(Duration::from_millis(self.arrays.get(Head::Batch).max(0) as u64))),
        }));
        undefined()
    }

    /// stop(): stops the call of the ticket in the head: for being late when the head's row count
    /// is not 0, else at the request of its caller. It is answered all the same, with its result
    /// where that came first.
    pub(super) fn stop(&mut self, _: &Call<'_>) -> Js {
        let ticket = self.arrays.get(Head::Ticket) as u32;
        let why = if self.arrays.get(Head::Rows) != 0 { Why::Late } else { Why::Aborted };
        if self.stoppable.remove(&ticket).is_some_and(|stop| stop.stop(why)) {
            self.outbox.retain(|task| task.ticket != ticket);
            if let Some(database) = &self.database {
                database.engine.forget(ticket);
            }
            self.inbox.deliver(vec![Completion { ticket, result: Err(why.error()) }]);
        }
        undefined()
    }
}
